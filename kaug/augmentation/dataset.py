"""A knowledge base, and texts → datasets of training rows: kaug as a data library."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kaug.augmentation.arms import Arm, Form, closed_book_rows
from kaug.augmentation.inject import Position, inject_facts
from kaug.exam.leaks import check_leaks, held_out
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Kind
from kaug.tables import check_table, content_digest

if TYPE_CHECKING:
    from datasets import Dataset

    from kaug.retrieval.index import FactIndex

__all__ = ["inject", "teach"]


def teach(
    kb: KnowledgeBase,
    *,
    forms: Sequence[Form] = ("statement", "reversed", "question", "passage", "multi-hop"),
    arm: Arm = "augmented",
    exam: pa.Table | None = None,
    templates: int = 5,
    languages: Sequence[str] = ("en",),
    seed: int = 0,
) -> "Dataset":
    """Write closed-book rows: what a model must say to know the facts by heart.

    Args:
        kb: The knowledge base.
        forms: The forms to write.
        arm: `augmented`, or a control: `repeated`, `shuffled`.
        exam: PROBES to keep out of the rows: no question about their entities is written, and a leak is an error.
        templates: Templates per predicate and form, at most.
        languages: Languages to write in.
        seed: Decides order and phrasing of passages, the sentences of the repeated arm, the shuffle of the shuffled.

    Returns:
        A dataset with the columns of EXAMPLES: `prompt` (may be empty), `completion`, `facts`, `spans` and others.

    Raises:
        LeakError: A row would give away what the exam asks.

    Examples:
        >>> import tempfile; from pathlib import Path; import kaug
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome .")
        >>> kaug.teach(kaug.build_kb([file]), forms=["statement"])["completion"]
        Column(['The capital of Togo is Lome.'])
    """
    kept_out = held_out(kb, exam) if exam is not None else None
    entities = kept_out.entities if kept_out else np.zeros(0, dtype=np.uint32)
    table, _ = closed_book_rows(
        kb, arm, held_out=entities, forms=forms, phrasings=templates, languages=languages, seed=seed
    )
    return _dataset(check_leaks(kb, table, kept_out, arm) if kept_out else table)


def inject(
    texts: Sequence[str],
    kb: KnowledgeBase,
    index: "FactIndex",
    *,
    k: int | Mapping[Kind, int] = 5,
    position: Position = "before",
    threshold: float = 0.5,
    text_ids: Sequence[str] | None = None,
) -> "Dataset":
    """Write open-book rows: texts with the facts that they are about.

    Args:
        texts: Your texts.
        kb: The knowledge base.
        index: The index of its facts.
        k: Facts a text, in all or by kind of source (`{"domain": 3, "commonsense": 2}`).
        position: `before` puts the facts into the prompt, `inline` behind the mention, into the completion.
        threshold: Relevance below which a fact is left out; see `Retriever.retrieve`.
        text_ids: Ids for the texts; digests of their content if None.

    Returns:
        A dataset with the columns of EXAMPLES. A text for which no fact was found has no row: `text_id` tells which.

    Examples:
        >>> import tempfile; from pathlib import Path; import kaug
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome .")
        >>> kb = kaug.build_kb([file])
        >>> kaug.inject(["In Togo it rains."], kb, kaug.FactIndex.build(kb), position="inline")["completion"]
        Column(['In Togo (The capital of Togo is Lome) it rains.'])
    """
    from kaug.retrieval.linker import Linker
    from kaug.retrieval.retriever import Retriever

    ids = list(text_ids) if text_ids is not None else [content_digest(text, size=8) for text in texts]
    retriever = Retriever(kb, index, Linker(kb), index.encoder)
    hits = retriever.retrieve(texts, k, threshold=threshold, language=index.language)
    table, _ = inject_facts(kb, texts, ids, hits, position=position, language=index.language)
    return _dataset(table)


def _dataset(table: pa.Table) -> "Dataset":
    import datasets

    return datasets.Dataset(check_table(table, "examples"))
