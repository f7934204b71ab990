"""Columns of text → a table of EXAMPLES."""

from binascii import hexlify
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from xxhash import xxh3_128_digest

from kaug.arrays import Numbers, runs
from kaug.augmentation.near import Near
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import Property
from kaug.tables import EXAMPLES, Family
from kaug.wording.answers import Asked, asked
from kaug.wording.wording import Wording

__all__ = [
    "Facts",
    "Field",
    "Options",
    "Spans",
    "concat_rows",
    "facts_to_teach",
    "make_rows",
    "mark_spans",
    "name_facts",
    "row_ids",
    "several_fact_rows",
    "single_fact_rows",
    "write",
]

Field = Literal["prompt", "completion"]
T = TypeVar("T")

BLOCK = 5_000
"""How many facts rows are written about at a time, so that memory does not grow with their number."""


@dataclass(frozen=True)
class Facts:
    """The facts that rows are made from, in columns of equal length n.

    The shuffled arm replaces `objects`; `rows`, and so the provenance, stays.

    Attributes:
        rows: int64 row numbers in `KnowledgeBase.facts`, ascending, so that the facts of one subject stand together.
        subjects: uint32 terms.
        predicates: uint32 terms.
        objects: uint32 terms.
    """

    rows: NDArray[np.int64]
    subjects: NDArray[np.uint32]
    predicates: NDArray[np.uint32]
    objects: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: NDArray[np.int64]) -> "Facts":
        """Return the facts at positions."""
        return Facts(self.rows[index], self.subjects[index], self.predicates[index], self.objects[index])

    def blocks(self, size: int) -> Iterator["Facts"]:
        """Cut into blocks of about `size` facts, never between two facts of one subject."""
        starts = runs(self.subjects)[0]
        cuts = starts[np.searchsorted(starts, np.arange(size, len(self), size)) - 1]
        for start, end in pairwise(np.unique(np.concatenate([[0], cuts, [len(self)]])).tolist()):
            yield self.take(np.arange(start, end))


@dataclass(frozen=True)
class Options:
    """The options of a form.

    Attributes:
        templates: Templates per predicate and form, at most.
        seed: Seed of all draws.
        max_answers: The maximum of right answers to a question.
        facts: All facts that rows may state together with the given ones, in the order of the knowledge base; a form gets a
            block of them at a time. None if the given ones are all.
        objects: uint32: the object of every fact of the knowledge base, as the arm has it, also of those that a form that asks
            questions does not get; None for the true objects.
        held_out_patterns: uint64, sorted: pairs of predicates, either first (see `pair_keys`), which no path may join.
        left_out: The number of rows or questions left out, by reason; forms add to it.
        open_book: How many other facts stand beside those that answer a question.
        computed: The cache of `once`; blocks of the same facts share it.
    """

    templates: int = 5
    seed: int = 0
    max_answers: int = 5
    facts: Facts | None = None
    objects: NDArray[np.uint32] | None = None
    held_out_patterns: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    left_out: Counter[str] = field(default_factory=Counter)
    open_book: OpenBookSettings = field(default_factory=OpenBookSettings)
    computed: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def all_facts(self, facts: Facts) -> Facts:
        """Return all facts that rows about the given ones may state."""
        return facts if self.facts is None else self.facts

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what a function computes of all facts; computed once, and not for every block."""
        if key not in self.computed:
            self.computed[key] = compute()
        found: T = self.computed[key]
        return found

    def near(self, facts: Facts) -> Near:
        """Return what draws facts near given ones from all facts that rows may state; computed once."""
        every = self.all_facts(facts)
        return self.once("near", lambda: Near(every.subjects, every.predicates))

    def asked(self, wording: Wording, name: Property, facts: Facts) -> Asked:
        """Return all facts of the knowledge base by the question that asks for them, as the arm has them; computed once."""
        key = ("asked", wording.language, name)
        return self.once(key, lambda: asked(wording, name, self.all_objects(wording.kb, facts)))

    def all_objects(self, kb: KnowledgeBase, facts: Facts) -> NDArray[np.uint32]:
        """Return the object of every fact of the knowledge base, uint32, as the arm has it."""
        if self.objects is not None:
            return self.objects
        facts, objects = self.all_facts(facts), kb.columns()[2].copy()
        objects[facts.rows] = facts.objects
        return objects


class Spans(NamedTuple):
    """Where rows state their facts, in columns of equal length k; the order does not matter.

    Attributes:
        row: int64: the row.
        fact: int64: the fact's position among the facts of the row.
        field: The field, `prompt` or `completion`.
        start: int64: the first character.
        end: int64: the character after the last.
    """

    row: Numbers
    fact: Numbers
    field: Field
    start: Numbers
    end: Numbers


def facts_to_teach(kb: KnowledgeBase) -> Facts:
    """Return the facts that the pipeline selects for teaching."""
    return Facts(kb.taught, *kb.columns(kb.taught))


def name_facts(kb: KnowledgeBase, rows: Numbers, sizes: Numbers | None = None) -> pa.ListArray:
    """Make the column `facts`.

    Args:
        kb: The knowledge base.
        rows: int64 (m,): rows of facts in `KnowledgeBase.facts`, those of the first row of EXAMPLES first.
        sizes: int64 (n,): the number of facts of each row of EXAMPLES; one each if None.
    """
    sizes = np.ones(len(rows), np.int64) if sizes is None else sizes
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), kb.hex_ids.take(pa.array(rows)))


def mark_spans(count: int, *spans: Spans) -> pa.ListArray:
    """Make the column `spans` of `count` rows; the spans of a row are in the order given, then as they stand in their column."""
    row, fact, start, end = (
        np.concatenate([np.zeros(0, np.int64), *(np.asarray(each[name], np.int64) for each in spans)])
        for name in (0, 1, 3, 4)
    )
    inside = np.concatenate(
        [np.zeros(0, np.int8), *(np.full(len(s.row), s.field == "completion", np.int8) for s in spans)]
    )
    order = np.argsort(row, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=count))]).astype(np.int32)
    fields = pa.DictionaryArray.from_arrays(pa.array(inside[order]), pa.array(["prompt", "completion"])).cast(
        pa.string()
    )
    parts = [
        pa.array(fact[order].astype(np.int32)),
        fields,
        *(pa.array(x[order].astype(np.int32)) for x in (start, end)),
    ]
    kind = EXAMPLES.field("spans").type
    values = pa.StructArray.from_arrays(parts, fields=list(kind.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=kind)


def write(field: Field, *pieces: str | pa.Array | tuple[pa.Array, int]) -> tuple[pa.Array, list[Spans]]:
    """Join pieces of text to one column; a piece with the position of a fact states that fact.

    Args:
        field: The field that the text is of, `prompt` or `completion`.
        pieces: Strings, the same in all rows; columns of strings (n,); and pairs of a column and the position of the fact
            that it states among the facts of its row.

    Returns:
        Strings (n,), and the spans of the facts.

    Examples:
        >>> text, spans = write("completion", (pa.array(["Lomé is in Togo."]), 0), " ", (pa.array(["Togo is in Africa."]), 1))
        >>> text[0].as_py(), [(span.start[0], span.end[0]) for span in spans]
        ('Lomé is in Togo. Togo is in Africa.', [(np.int64(0), np.int64(16)), (np.int64(17), np.int64(35))])
    """
    columns = [piece if isinstance(piece, str) else piece[0] if isinstance(piece, tuple) else piece for piece in pieces]
    count = next(len(column) for column in columns if not isinstance(column, str))
    end, spans = np.zeros(count, np.int64), []
    for piece, column in zip(pieces, columns, strict=True):
        length = len(column) if isinstance(column, str) else pc.utf8_length(column).to_numpy(zero_copy_only=False)
        start, end = end, end + length
        if isinstance(piece, tuple):
            spans.append(Spans(np.arange(count), np.full(count, piece[1]), field, start, end))
    return pc.binary_join_element_wise(*(pa.scalar(c) if isinstance(c, str) else c for c in columns), ""), spans


def make_rows(
    *,
    family: Family,
    form: str,
    task: str,
    prompts: pa.Array | None,
    completions: pa.Array,
    facts: pa.ListArray | Sequence[Sequence[str]],
    spans: pa.ListArray | Sequence[Sequence[tuple[int, str, int, int]]],
    language: str = "en",
    text_ids: Sequence[str] | None = None,
    queries: pa.Array | None = None,
    proofs: pa.Array | None = None,
) -> pa.Table:
    """Make EXAMPLES from columns of equal length; a row's id is a digest of its content.

    Args:
        family: The family of all rows.
        form: The form of all rows.
        task: The task of all rows: `language-modelling`, `question-answering` and the like.
        prompts: Strings (n,); None for rows without a prompt.
        completions: Strings (n,).
        facts: The hex ids of each row's facts (n,); see `name_facts`.
        spans: Where each row states its facts (n,): (index in its facts, field, start, end); see `mark_spans`.
        language: BCP 47 tag of all rows.
        text_ids: The id of the user's text that each row contains (n,).
        queries: Strings (n,): SPARQL that returns what the row answers.
        proofs: Strings (n,): why a statement of the row is false, or its question has no answer.
    """
    count = len(completions)
    prompts = pa.repeat("", count) if prompts is None else prompts
    facts = facts if isinstance(facts, pa.ListArray) else pa.array(facts, EXAMPLES.field("facts").type)
    columns = {
        "id": row_ids(form, prompts, completions, facts),
        **{
            name: pa.repeat(pa.scalar(text, pa.string()), count)
            for name, text in (("family", family), ("form", form), ("task", task), ("language", language))
        },
        "prompt": prompts,
        "completion": completions,
        "facts": facts,
        "spans": spans if isinstance(spans, pa.ListArray) else pa.array(spans, EXAMPLES.field("spans").type),
        "text_id": pa.nulls(count, pa.string()) if text_ids is None else text_ids,
        "query": pa.nulls(count, pa.string()) if queries is None else queries,
        "proof": pa.nulls(count, pa.string()) if proofs is None else proofs,
    }
    return pa.table({name: columns[name] for name in EXAMPLES.names}, schema=EXAMPLES)


def row_ids(forms: str | pa.Array, prompts: pa.Array, completions: pa.Array, facts: pa.ListArray) -> pa.Array:
    """Make the ids of rows, digests of their content, from columns of equal length."""
    contents = pc.binary_join_element_wise(forms, prompts, completions, pc.binary_join(facts, ","), "\0")
    _, offsets, data = contents.buffers()
    ends, letters = np.frombuffer(offsets, np.int32)[: len(contents) + 1].tolist(), memoryview(data or b"")
    digests = b"".join([xxh3_128_digest(letters[start:end]) for start, end in pairwise(ends)])
    places = pa.array(np.arange(0, len(digests) * 2 + 1, 32, dtype=np.int32))
    return pa.StringArray.from_buffers(len(contents), places.buffers()[1], pa.py_buffer(hexlify(digests)))


def single_fact_rows(
    facts: Facts, wording: Wording, *, form: str, prompts: pa.Array | None, completions: pa.Array
) -> pa.Table:
    """Make closed-book EXAMPLES of one fact each, whose spans cover the whole prompt and completion."""
    one = np.zeros(len(facts.rows), np.int64)
    numbers = np.arange(len(facts.rows))
    columns: tuple[tuple[Field, pa.Array | None], ...] = (("completion", completions), ("prompt", prompts))
    spans = [
        Spans(numbers, one, name, one, pc.utf8_length(texts).to_numpy(zero_copy_only=False))
        for name, texts in columns
        if texts is not None
    ]
    return make_rows(
        family="closed-book",
        form=form,
        task="language-modelling" if prompts is None else "question-answering",
        prompts=prompts,
        completions=completions,
        facts=name_facts(wording.kb, facts.rows),
        spans=mark_spans(len(facts.rows), *spans),
        language=wording.language,
    )


def several_fact_rows(
    facts: Facts, sizes: Numbers, wording: Wording, *, form: str, completions: pa.Array, spans: Spans
) -> pa.Table:
    """Make closed-book EXAMPLES without prompts, of `sizes` facts each (n,), those of the first row first."""
    return make_rows(
        family="closed-book",
        form=form,
        task="language-modelling",
        prompts=None,
        completions=completions,
        facts=name_facts(wording.kb, facts.rows, sizes),
        spans=mark_spans(len(sizes), spans),
        language=wording.language,
    )


def concat_rows(tables: Sequence[pa.Table]) -> pa.Table:
    """Concatenate tables of EXAMPLES; no tables give an empty one."""
    return pa.concat_tables([EXAMPLES.empty_table(), *tables]).combine_chunks()
