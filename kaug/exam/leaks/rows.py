"""A table of EXAMPLES → its columns as the leak guard reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, hex_keys, positions
from kaug.errors import LeakError
from kaug.exam.leaks.words import Words, read_words
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["FactIds", "Leak", "Rows", "read_rows"]


class Leak(NamedTuple):
    """A row that leaks the exam.

    Attributes:
        row: The row's number in its table.
        reason: What the row does, as the end of "the row …".
        probe: What it leaks: a probe by its id and prompt, or a line of an evaluation file.
    """

    row: int
    reason: str
    probe: str


class FactIds:
    """The hex ids of a knowledge base's facts, to find many at once.

    Args:
        kb: The knowledge base.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        keys = hex_keys(kb.hex_ids)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def rows(self, ids: pa.Array) -> Numbers:
        """Return the row number of each fact, int64 (n,).

        Raises:
            LeakError: The knowledge base lacks a fact.
        """
        if not len(ids):
            return np.zeros(0, np.int64)
        known = pc.equal(pc.binary_length(ids), 32).to_numpy(zero_copy_only=False)
        found = positions(self._keys, hex_keys(ids)) if known.all() else np.where(known, 0, -1)
        if (found < 0).any():
            raise LeakError(
                f"A row names fact {ids[int(np.argmin(found))].as_py()!r}, which the knowledge base lacks. Name facts of the "
                "knowledge base that the rows are made from."
            )
        return np.asarray(self._order[found], np.int64)


@dataclass(frozen=True)
class Rows:
    """Training rows in columns.

    Attributes:
        table: EXAMPLES (n,).
        asks: bool (n,): whether the row is a question that a model answers by heart: a closed-book row with a prompt.
        row: int64 (k,): the row of each fact that a row names, ascending.
        fact: int64 (k,): the fact, a row number of `KnowledgeBase.facts`.
        texts: Strings (n,): prompt and completion.
        words: The words of the texts.
    """

    table: pa.Table
    asks: NDArray[np.bool_]
    row: Numbers
    fact: Numbers
    texts: pa.Array
    words: Words

    def facts_of(self, row: int) -> Numbers:
        """Return the facts that a row names."""
        return self.fact[slice(*np.searchsorted(self.row, [row, row + 1]))]

    def where(self, mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
        """Yield each row that names a fact of a mask (k,), with the first such fact."""
        rows, first = np.unique(self.row[mask], return_index=True)
        yield from zip(rows.tolist(), self.fact[mask][first].tolist(), strict=True)


def read_rows(table: pa.Table, ids: FactIds) -> Rows:
    """Read EXAMPLES.

    Raises:
        LeakError: A row names a fact that the knowledge base lacks.
    """
    prompts, completions, facts, family = (
        table[name].combine_chunks() for name in ("prompt", "completion", "facts", "family")
    )
    texts = pc.binary_join_element_wise(prompts, completions, " ")
    asks = pc.and_(pc.equal(family, "closed-book"), pc.not_equal(prompts, "")).to_numpy(zero_copy_only=False)
    counts = pc.list_value_length(facts).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(table.num_rows, dtype=np.int64), counts)
    return Rows(table, asks, row, ids.rows(pc.list_flatten(facts)), texts, read_words(texts))
