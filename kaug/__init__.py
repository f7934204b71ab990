"""kaug: an RDF knowledge base → a language model that knows it, and the proof.

The names below are loaded when first used, so that `import kaug` needs neither torch nor faiss.

    kb = kaug.build_kb("facts.ttl")
    exam = kaug.draw_exam(kb)
    rows = kaug.closed_book_rows(kb, exam=exam)
    kaug.train(rows, "smollm2-135m", "build/model", kaug.TrainingSettings(tokens=20_000))
    answers = [kaug.ask(exam, "smollm2-135m", arm="base"), kaug.ask(exam, "build/model", arm="augmented")]
    kaug.write_report("build/report", exam, answers, kb)
"""

from typing import TYPE_CHECKING, Any

from kaug.version import __version__ as __version__

if TYPE_CHECKING:
    from kaug.augmentation.dataset import closed_book_rows as closed_book_rows
    from kaug.augmentation.dataset import open_book_rows as open_book_rows
    from kaug.augmentation.exporters import write_rows as write_rows
    from kaug.errors import KaugError as KaugError
    from kaug.evaluation.settings import EvaluationSettings as EvaluationSettings
    from kaug.exam.draw import draw_exam as draw_exam
    from kaug.exam.settings import ExamSettings as ExamSettings
    from kaug.knowledge.build import build_kb as build_kb
    from kaug.knowledge.knowledge_base import KnowledgeBase as KnowledgeBase
    from kaug.knowledge.knowledge_base import load_kb as load_kb
    from kaug.library import ask as ask
    from kaug.library import gains as gains
    from kaug.library import run as run
    from kaug.library import train as train
    from kaug.library import write_report as write_report
    from kaug.pipeline.settings import Pipeline as Pipeline
    from kaug.retrieval.index import FactIndex as FactIndex
    from kaug.retrieval.retriever import Retriever as Retriever
    from kaug.retrieval.settings import RetrievalSettings as RetrievalSettings
    from kaug.training.settings import TrainingSettings as TrainingSettings

_HOME = {
    "EvaluationSettings": "kaug.evaluation.settings",
    "ExamSettings": "kaug.exam.settings",
    "FactIndex": "kaug.retrieval.index",
    "KaugError": "kaug.errors",
    "KnowledgeBase": "kaug.knowledge.knowledge_base",
    "Pipeline": "kaug.pipeline.settings",
    "RetrievalSettings": "kaug.retrieval.settings",
    "Retriever": "kaug.retrieval.retriever",
    "TrainingSettings": "kaug.training.settings",
    "ask": "kaug.library",
    "build_kb": "kaug.knowledge.build",
    "closed_book_rows": "kaug.augmentation.dataset",
    "draw_exam": "kaug.exam.draw",
    "gains": "kaug.library",
    "load_kb": "kaug.knowledge.knowledge_base",
    "open_book_rows": "kaug.augmentation.dataset",
    "run": "kaug.library",
    "train": "kaug.library",
    "write_report": "kaug.library",
    "write_rows": "kaug.augmentation.exporters",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


if not TYPE_CHECKING:  # otherwise a type checker would accept any name

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module 'kaug' has no attribute {name!r}")
        import importlib

        return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
