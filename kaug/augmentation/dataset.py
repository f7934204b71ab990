"""A knowledge base, and texts → datasets of training rows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kaug.arms import Arm
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.forms import DEFAULT, Form, Rows
from kaug.augmentation.inject import inject_facts
from kaug.augmentation.openbook.positions import POSITIONS
from kaug.augmentation.openbook.protected import prose
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.augmentation.rows import facts_to_teach
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import PipelineError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Kind
from kaug.tables import PROBES, check_table, content_digest
from kaug.text import as_list

if TYPE_CHECKING:
    from datasets import Dataset

    from kaug.retrieval.retriever import Retriever

__all__ = ["closed_book_rows", "open_book_rows"]


def closed_book_rows(
    kb: KnowledgeBase,
    *,
    forms: str | Form | Rows | Sequence[str | Form | Rows] | Mapping[str, float] = DEFAULT,
    arm: str | Arm = "augmented",
    exam: pa.Table | None = None,
    templates: int = 5,
    languages: str | Sequence[str] = "en",
    seed: int = 0,
    max_answers: int = 5,
) -> "Dataset":
    r"""Write closed-book rows, which teach facts without showing them in the prompt.

    Args:
        kb: The knowledge base.
        forms: Names in `kaug.augmentation.forms.FORMS`, or functions of (facts, wording, options) that return EXAMPLES; or a
            share of the text for each name.
        arm: `augmented`, a control (`repeated`, `shuffled`), or your own arm.
        exam: PROBES to hold out: no question about their entities is written, and leaks are errors.
        templates: Templates per predicate and form, at most.
        languages: BCP 47 tags of the languages to write in.
        seed: Seed of the order and templates of passages, the sentences of `repeated` and the shuffle of `shuffled`.
        max_answers: Questions with more right answers are left out; those with several ask for all of them.

    Returns:
        A dataset with the columns of EXAMPLES: `prompt` (may be empty), `completion`, `facts`, `spans` and others. Its
        `info.description` counts the rows left out, one reason per line.

    Raises:
        PipelineError: A form or an arm is unknown, or `templates` or `max_answers` is below 1.
        LeakError: A row leaks the exam.

    Examples:
        >>> import tempfile; from pathlib import Path; import kaug
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome .")
        >>> rows = closed_book_rows(kaug.build_kb([file]), forms="statement")
        >>> rows["completion"][:2]
        ['The capital of Togo is Lome.', 'Togo has Lome as its capital.']
        >>> rows.info.description
        'Closed-book rows.\nrows left out: duplicates: 0'
    """
    for name, number in (("templates", templates), ("max_answers", max_answers)):
        if number < 1:
            raise PipelineError(f"{name} is {number}; it must be at least 1.")
    chosen: Any = [forms] if isinstance(forms, (str, Form)) or callable(forms) else forms
    rows, counts = arm_rows(
        kb,
        arm,
        exam if exam is not None else PROBES.empty_table(),
        [],
        [],
        AugmentationSettings(forms=chosen, templates=templates),
        languages=as_list(languages),
        seed=seed,
        max_answers=max_answers,
    )
    return _dataset(rows, "Closed-book rows.", counts)


def open_book_rows(
    texts: str | Sequence[str],
    retriever: "Retriever",
    *,
    k: int | Mapping[Kind, int] = 5,
    position: str | Sequence[str] = "before",
    threshold: float = 0.5,
    text_ids: str | Sequence[str] | None = None,
    settings: OpenBookSettings | None = None,
    seed: int = 0,
) -> "Dataset":
    """Write open-book rows: texts with the facts that they are about.

    A text is about a fact if it names the fact's subject; it gets taught facts only, and none that it may contradict.

    Args:
        texts: Your texts.
        retriever: The retriever of facts; reuse it between calls. Texts in another language than its index get no facts.
        k: Facts per text, in total or by kind of source (`{"domain": 3, "commonsense": 2}`).
        position: A key of `kaug.augmentation.openbook.positions.POSITIONS`: `before` or `after` the text, in a numbered
            `context` with other facts, `inline` behind the name of their subject; or several.
        threshold: Relevance below which a fact is left out; see `Retriever.retrieve`.
        text_ids: Ids for the texts; digests of their content if None.
        settings: The budget, the brackets in a text, the other facts in a context; the defaults if None.
        seed: Seed of what is drawn for a context.

    Returns:
        A dataset with the columns of EXAMPLES. Texts without matching facts have no row: see the column `text_id`;
        `info.description` counts them.

    Raises:
        PipelineError: The position is unknown, or texts and ids differ in number.

    Examples:
        >>> import tempfile; from pathlib import Path; import kaug
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome .")
        >>> kb = kaug.build_kb([file])
        >>> retriever = kaug.Retriever(kb, kaug.FactIndex.build(kb))
        >>> open_book_rows("In Togo it rains.", retriever, position="inline")["completion"]
        Column(['In Togo (the capital of Togo is Lome) it rains.'])
    """
    for name in as_list(position):
        if name not in POSITIONS:
            raise PipelineError(f"{name!r} is not a position of facts.{nearest(name, POSITIONS)}")
    texts = as_list(texts)
    ids = as_list(text_ids) if text_ids is not None else [content_digest(text, size=8) for text in texts]
    if len(ids) != len(texts):
        raise PipelineError(f"There are {len(texts)} texts and {len(ids)} text_ids; give one id for each text.")
    facts = facts_to_teach(retriever.wording.kb)
    allowed = np.zeros(retriever.wording.kb.facts.num_rows, dtype=bool)
    allowed[facts.rows] = True
    hits = retriever.retrieve([prose(text) for text in texts], k=k, threshold=threshold, allowed=allowed, about=True)
    table, counts = inject_facts(
        retriever.wording, texts, ids, hits, position=position, facts=facts, settings=settings, seed=seed
    )
    return _dataset(table, "Open-book rows.", counts)


def _dataset(table: pa.Table, title: str, counts: Mapping[str, int]) -> "Dataset":
    import datasets

    description = "\n".join([title, *(f"{reason}: {count:,}" for reason, count in counts.items())])
    return datasets.Dataset(check_table(table, "examples"), info=datasets.DatasetInfo(description=description))
