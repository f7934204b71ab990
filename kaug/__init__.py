"""kaug: an RDF knowledge base → a language model that knows it, and the proof.

The names below are loaded when first used, so that `import kaug` needs neither torch nor faiss.
"""

from typing import TYPE_CHECKING, Any

from kaug.version import __version__ as __version__

if TYPE_CHECKING:
    from kaug.augmentation.dataset import closed_book_rows, open_book_rows
    from kaug.knowledge.build import build_kb
    from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb
    from kaug.pipeline.settings import Pipeline
    from kaug.retrieval.index import FactIndex

__all__ = ["FactIndex", "KnowledgeBase", "Pipeline", "build_kb", "closed_book_rows", "load_kb", "open_book_rows"]

_HOME = {
    "FactIndex": "kaug.retrieval.index",
    "KnowledgeBase": "kaug.knowledge.knowledge_base",
    "Pipeline": "kaug.pipeline.settings",
    "build_kb": "kaug.knowledge.build",
    "closed_book_rows": "kaug.augmentation.dataset",
    "load_kb": "kaug.knowledge.knowledge_base",
    "open_book_rows": "kaug.augmentation.dataset",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'kaug' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
