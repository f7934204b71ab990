"""Columns of text → a table of EXAMPLES."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import EXAMPLES, Family, content_digest
from kaug.wording.wording import Wording

__all__ = ["Facts", "Options", "concat_rows", "facts_to_teach", "make_rows", "single_fact_rows"]


@dataclass(frozen=True)
class Facts:
    """The facts that rows are made from, in columns of equal length n.

    The shuffled arm replaces `objects`; `rows`, and so the provenance, stays.

    Attributes:
        rows: int64 row numbers in `KnowledgeBase.facts`.
        subjects: uint32 terms.
        predicates: uint32 terms.
        objects: uint32 terms.
    """

    rows: NDArray[np.int64]
    subjects: NDArray[np.uint32]
    predicates: NDArray[np.uint32]
    objects: NDArray[np.uint32]

    def take(self, index: NDArray[np.int64]) -> "Facts":
        """Return the facts at positions."""
        return Facts(self.rows[index], self.subjects[index], self.predicates[index], self.objects[index])


@dataclass(frozen=True)
class Options:
    """The options of a form.

    Attributes:
        templates: Templates per predicate and form, at most.
        seed: Seed of all draws.
        max_answers: The maximum of right answers to a question.
        objects: uint32: the object of every fact of the knowledge base, as the arm has it, also of those that a form that asks
            questions does not get; None for the true objects.
        left_out: The number of questions left out, by reason; forms add to it.
    """

    templates: int = 5
    seed: int = 0
    max_answers: int = 5
    objects: NDArray[np.uint32] | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    def known_objects(self, kb: KnowledgeBase, facts: Facts) -> NDArray[np.uint32]:
        """Return the object of every fact of the knowledge base, in the arm that the given facts are of."""
        objects = (kb.columns()[2] if self.objects is None else self.objects).copy()
        objects[facts.rows] = facts.objects
        return objects


def facts_to_teach(kb: KnowledgeBase) -> Facts:
    """Return the facts that the pipeline selects for teaching."""
    return Facts(kb.taught, *kb.columns(kb.taught))


def make_rows(
    *,
    family: Family,
    form: str,
    task: str,
    prompts: pa.Array | None,
    completions: pa.Array,
    facts: Sequence[Sequence[str]],
    spans: Sequence[Sequence[tuple[int, str, int, int]]],
    language: str = "en",
    text_ids: Sequence[str] | None = None,
) -> pa.Table:
    """Make EXAMPLES from columns of equal length; a row's id is a digest of its content.

    `facts` has the hex ids of each row's facts, `spans` tuples (index in its facts, field, start, end), `text_ids` the id of the
    user's text that it contains.
    """
    count = len(completions)
    if prompts is None:
        prompts = pa.repeat("", count)
    ids = [
        content_digest(form, prompt, completion, *ids)
        for prompt, completion, ids in zip(prompts.to_pylist(), completions.to_pylist(), facts, strict=True)
    ]
    columns = {
        "id": ids,
        "family": [family] * count,
        "form": [form] * count,
        "task": [task] * count,
        "prompt": prompts,
        "completion": completions,
        "facts": facts,
        "spans": spans,
        "text_id": [None] * count if text_ids is None else text_ids,
        "language": [language] * count,
    }
    return pa.table(columns, schema=EXAMPLES)


def single_fact_rows(
    facts: Facts, wording: Wording, *, form: str, prompts: pa.Array | None, completions: pa.Array
) -> pa.Table:
    """Make closed-book EXAMPLES of one fact each, whose spans cover the whole prompt and completion."""
    ids = wording.kb.hex_ids.take(pa.array(facts.rows)).to_pylist()
    spans = [[(0, "completion", 0, length)] for length in pc.utf8_length(completions).to_pylist()]
    if prompts is not None:
        for marks, length in zip(spans, pc.utf8_length(prompts).to_pylist(), strict=True):
            marks.append((0, "prompt", 0, length))
    return make_rows(
        family="closed-book",
        form=form,
        task="language-modelling" if prompts is None else "question-answering",
        prompts=prompts,
        completions=completions,
        facts=[[fact] for fact in ids],
        spans=spans,
        language=wording.language,
    )


def concat_rows(tables: Sequence[pa.Table]) -> pa.Table:
    """Concatenate tables of EXAMPLES; no tables give an empty one."""
    return pa.concat_tables([EXAMPLES.empty_table(), *tables]).combine_chunks()
