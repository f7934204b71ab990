"""Facts → `2-index/`: their embeddings and the FAISS index; and that index → facts for texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.stage import Inputs, Job
from kaug.retrieval.encoder import load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.retriever import Retriever
from kaug.retrieval.settings import RetrievalSettings

__all__ = ["IndexSettings", "find_facts", "make_index"]


@dataclass(frozen=True)
class IndexSettings:
    """The settings of `[retrieval]` that affect the index, and the language of sentences."""

    encoder: str
    backend: str
    recall: float
    language: str


def make_index(job: Job) -> None:
    """Embed the facts and index them; reuse the embeddings of an older index."""
    settings: IndexSettings = job.settings
    kb = job.inputs.open("1-knowledge", load_kb)
    count = kb.facts.num_rows
    encoder = load_encoder(settings.encoder, settings.backend, texts=count)  # type: ignore[arg-type]
    with job.show("embedding facts", count, "facts") as advance:
        index = FactIndex.build(
            kb, encoder, settings.language, advance, job.draft.previous, recall=settings.recall, work=job.draft.work
        )
    index.write(job.draft)


def find_facts(
    inputs: Inputs,
    settings: RetrievalSettings,
    texts: Sequence[str],
    language: str,
    k: int | None = None,
    allowed: Any = None,
    *,
    about: bool = False,
) -> pa.Table:
    """Retrieve facts for texts from the run's index with the settings of `[retrieval]`; see `Retriever.retrieve`."""
    kb = inputs.open("1-knowledge", load_kb)

    def make() -> Retriever:
        encoder = load_encoder(settings.encoder, settings.backend)
        return Retriever(kb, FactIndex.load(inputs["2-index"].path, kb, encoder))

    retriever = inputs.once(("retriever", settings.encoder, settings.backend), make)
    return retriever.retrieve(texts, settings, k=k, language=language, allowed=allowed, about=about)
