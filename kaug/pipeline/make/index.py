"""Facts → `2-index/`: their embeddings and the FAISS index; and that index → facts for texts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.errors import ModelError
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.execution import ExecutionSettings
from kaug.pipeline.stage import Inputs, Job
from kaug.pipeline.workers import in_order
from kaug.progress import Advance
from kaug.retrieval.encoder import Encoder, load_encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.indexing.embeddings import PART
from kaug.retrieval.retriever import Retriever
from kaug.retrieval.settings import RetrievalSettings
from kaug.wording.wording import Wording

__all__ = ["IndexSettings", "SentenceEncoder", "find_facts", "make_index"]


@dataclass(frozen=True)
class IndexSettings:
    """The settings of `[retrieval]` that affect the index, and the language of sentences."""

    not_content: ClassVar[frozenset[str]] = frozenset(["execution"])

    encoder: str
    backend: str
    recall: float
    language: str
    execution: ExecutionSettings = field(default_factory=ExecutionSettings)
    part: int = PART


def make_index(job: Job) -> None:
    """Embed the facts and index them; reuse the embeddings of an older index."""
    settings: IndexSettings = job.settings
    kb = job.inputs.open("1-knowledge", load_kb)
    count = kb.facts.num_rows
    encoder = load_encoder(settings.encoder, settings.backend, texts=count)  # type: ignore[arg-type]
    shared = settings.execution.executor != "local"
    with job.show("embedding facts", count, "facts") as advance:
        index = FactIndex.build(
            kb,
            encoder,
            settings.language,
            advance,
            job.draft.previous,
            recall=settings.recall,
            work=job.draft.work,
            part_size=settings.part,
            encode=partial(_encode_parts, job, encoder, advance) if shared else None,
        )
    index.write(job.draft)


def _encode_parts(
    job: Job, encoder: Encoder, advance: Advance, parts: Sequence[Numbers]
) -> Iterator[NDArray[np.float32]]:
    """Encode the sentences of facts, part by part, where `[execution]` says."""
    if not parts:
        return
    rows = job.draft.work / "rows.npy"
    np.save(rows, np.concatenate(parts))
    ends = np.cumsum([0, *map(len, parts)])
    worker = SentenceEncoder(job.inputs, job.settings, encoder.backend, encoder.digest, rows, ends)
    for vectors in in_order(worker, len(parts), job.settings.execution):
        advance(len(vectors))
        yield vectors


@dataclass(frozen=True)
class SentenceEncoder:
    """Opens a worker that encodes the sentences of facts with the same model and backend, part by part."""

    inputs: Inputs
    settings: IndexSettings
    backend: str
    digest: str
    rows: Path
    ends: Numbers

    def __call__(self) -> Callable[[int], NDArray[np.float32]]:
        """Return the function that encodes the part of a number.

        Raises:
            ModelError: The model has other files on this machine.
        """
        name = self.settings.encoder
        encoder = load_encoder(name, "auto" if self.backend == "static" else self.backend)  # type: ignore[arg-type]
        if encoder.digest != self.digest:
            raise ModelError(
                f"The encoder {name!r} has other files on a machine of the cluster. Put the same model on each, or name a "
                "folder that all of them share."
            )
        wording = Wording(self.inputs.open("1-knowledge", load_kb), self.settings.language)
        rows = np.load(self.rows, mmap_mode="r")

        def encode(number: int) -> NDArray[np.float32]:
            part = rows[self.ends[number] : self.ends[number + 1]]
            return encoder.encode(wording.sentences(np.asarray(part)).to_pylist())

        return encode


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
