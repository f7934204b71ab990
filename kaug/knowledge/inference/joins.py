"""Triples in columns, and patterns with variables → the rows that meet all patterns at once, in blocks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import pair_keys
from kaug.knowledge.inference.rules import Pattern, Term

__all__ = ["BLOCK", "Columns", "Index", "Order", "join"]

BLOCK = 1 << 18
"""The most rows that one step of a join holds at a time."""

Rows = NDArray[np.int64]
Keys = NDArray[np.uint64]
Columns = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]
"""Subject, predicate and object of rows, as term numbers."""

_LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Order:
    """Rows in the order of a key, and of a term among equal keys.

    Attributes:
        key: uint64 (n,), ascending.
        term: uint32 (n,), ascending where the keys are equal.
        row: int64 (n,): row numbers.
    """

    key: Keys
    term: NDArray[np.uint32]
    row: Rows

    def span(self, low: Keys, high: Keys) -> tuple[Rows, Rows]:
        """Return where the rows with keys from `low` to `high` begin and end."""
        return np.searchsorted(self.key, low, "left"), np.searchsorted(self.key, high, "right")

    def place(self, key: Keys, term: NDArray[np.uint32]) -> tuple[Rows, NDArray[np.bool_]]:
        """Return where pairs of key and term stand or would stand, and which of them are there."""
        if not len(self.key) or not len(key):
            return np.zeros(len(key), dtype=np.int64), np.zeros(len(key), dtype=bool)
        start = np.searchsorted(self.key, key, "left")
        known = self.key[np.minimum(start, len(self.key) - 1)] == key
        # Where a group of equal keys starts is a number below 2^32: with the term it fits into one key.
        place = np.searchsorted(self._fine, start.astype(np.uint64) << np.uint64(32) | term, "left")
        place = np.where(known, place, start)
        at = np.minimum(place, len(self.key) - 1)
        return place, known & (self.key[at] == key) & (self.term[at] == term)

    def insert(self, other: "Order") -> "Order":
        """Return an order with the rows of another, none of which is here, among these."""
        if not len(self.key):
            return other
        place, _ = self.place(other.key, other.term)
        return Order(
            np.insert(self.key, place, other.key),
            np.insert(self.term, place, other.term),
            np.insert(self.row, place, other.row),
        )

    @cached_property
    def _fine(self) -> Keys:
        begins = np.zeros(len(self.key), dtype=np.uint64)
        changes = np.flatnonzero(self.key[1:] != self.key[:-1]) + 1
        begins[changes] = changes
        return np.maximum.accumulate(begins) << np.uint64(32) | self.term


def sort(key: Keys, term: NDArray[np.uint32], row: Rows) -> Order:
    """Order rows by key, then term."""
    by = np.lexsort((term, key))
    return Order(key[by], term[by], row[by])


@dataclass(frozen=True)
class Index:
    """Some rows of the columns, found by predicate and subject or by predicate and object.

    Attributes:
        by_subject: Key: predicate and subject. Term: object.
        by_object: Key: predicate and object. Term: subject.
        apart: The predicate whose rows are not found by subject alone or object alone.
    """

    by_subject: Order
    by_object: Order
    apart: int = -1

    @classmethod
    def of(cls, columns: Columns, rows: Rows, apart: int = -1) -> "Index":
        """Index rows of the columns by their row numbers."""
        subject, predicate, value = (column[rows] for column in columns)
        return cls(
            sort(pair_keys(predicate, subject), value, rows), sort(pair_keys(predicate, value), subject, rows), apart
        )

    def insert(self, other: "Index") -> "Index":
        """Return an index of these rows and another's."""
        return Index(self.by_subject.insert(other.by_subject), self.by_object.insert(other.by_object), self.apart)

    def holds(self, columns: Columns) -> NDArray[np.bool_]:
        """Return which of the triples in the columns are here."""
        subject, predicate, value = columns
        return self.by_subject.place(pair_keys(predicate, subject), value)[1]

    @cached_property
    def subjects(self) -> Order:
        """The rows by subject alone."""
        return self._alone(self.by_subject)

    @cached_property
    def objects(self) -> Order:
        """The rows by object alone."""
        return self._alone(self.by_object)

    def _alone(self, order: Order) -> Order:
        kept = order.key >> np.uint64(32) != np.uint64(self.apart) if self.apart >= 0 else slice(None)
        return sort((order.key & _LOW)[kept], order.term[kept], order.row[kept])

    def count(self, pattern: Pattern) -> int:
        """Return how many rows meet the constants of a pattern; an upper bound where all its terms are constant."""
        if isinstance(pattern.predicate, str):
            return len(self.by_subject.key)
        order, low, high = self._keys(pattern, {})
        begin, end = order.span(low, high)
        return int(end[0] - begin[0])

    def look_up(self, pattern: Pattern, bound: dict[str, NDArray[np.uint32]]) -> tuple[Order, Rows, Rows]:
        """Return, for every row of the bindings, the span of an order where the pattern may be met."""
        order, low, high = self._keys(pattern, bound)
        return order, *order.span(low, high)

    def _keys(self, pattern: Pattern, bound: dict[str, NDArray[np.uint32]]) -> tuple[Order, Keys, Keys]:
        subject, predicate, value = (_column(term, bound) for term in pattern.terms)
        if predicate is None:
            if subject is None and value is None:
                return self.by_subject, np.zeros(1, np.uint64), np.full(1, np.iinfo(np.uint64).max, np.uint64)
            alone = (subject if subject is not None else value).astype(np.uint64)  # type: ignore[union-attr]
            return (self.subjects if subject is not None else self.objects), alone, alone
        order, known = (self.by_subject, subject) if subject is not None or value is None else (self.by_object, value)
        if known is None:
            low = pair_keys(predicate, np.zeros(1, np.uint32))
            return order, low, low | _LOW
        key = pair_keys(predicate, known)
        return order, key, key


def join(
    columns: Columns, patterns: Sequence[Pattern], indexes: Sequence[Index], allow: Callable[[int], int]
) -> Iterator[tuple[dict[str, NDArray[np.uint32]], Rows]]:
    """Find the rows that meet all patterns at once.

    The patterns are taken in an order of few rows first, each one sharing a variable with those before it.

    Args:
        columns: All rows.
        patterns: What is to be met.
        indexes: For each pattern, the rows that may meet it.
        allow: Is told how many pairs of rows a step is about to make, `BLOCK` at most, and returns how many of them it may.

    Yields:
        In blocks of at most `BLOCK`: the terms of each variable, (n,), and the rows that meet the patterns,
        (n, patterns). The order depends on the order of the rows alone.
    """
    counts = [index.count(pattern) for pattern, index in zip(patterns, indexes, strict=True)]
    if 0 in counts:
        return
    bound: set[str] = set()
    left, steps = list(range(len(patterns))), []
    while left:
        near = [at for at in left if not bound or bound & _variables(patterns[at])] or left
        # To begin with a pattern of any predicate would be to begin with all rows.
        best = min(near, key=lambda at: (not bound and isinstance(patterns[at].predicate, str), counts[at], at))
        left.remove(best)
        steps.append(best)
        bound |= _variables(patterns[best])
    back = np.argsort(steps)
    pairs = [(patterns[at], indexes[at]) for at in steps]
    for terms, rows in _extend(columns, pairs, {}, np.zeros((1, 0), np.int64), allow):
        yield terms, rows[:, back]


def _extend(
    columns: Columns,
    steps: list[tuple[Pattern, Index]],
    bound: dict[str, NDArray[np.uint32]],
    rows: Rows,
    allow: Callable[[int], int],
) -> Iterator[tuple[dict[str, NDArray[np.uint32]], Rows]]:
    if not steps:
        yield bound, rows
        return
    pattern, index = steps[0]
    order, begin, end = index.look_up(pattern, bound)
    ends = np.cumsum(np.broadcast_to(end - begin, len(rows)))
    offset = begin - ends + (end - begin)
    for first in range(0, int(ends[-1]) if len(ends) else 0, BLOCK):
        flat = np.arange(first, first + allow(min(BLOCK, int(ends[-1]) - first)))
        if not len(flat):
            return
        owner = np.searchsorted(ends, flat, "right")
        row = order.row[flat + offset[owner]]
        found = {name: terms[owner] for name, terms in bound.items()}
        kept = np.ones(len(row), dtype=bool)
        for term, column in zip(pattern.terms, columns, strict=True):
            if isinstance(term, int):
                kept &= column[row] == term
            elif term in found:
                kept &= column[row] == found[term]
            else:
                found[term] = column[row]
        chosen = rows[owner]
        if not kept.all():
            found, chosen, row = {name: terms[kept] for name, terms in found.items()}, chosen[kept], row[kept]
        if len(row):
            yield from _extend(columns, steps[1:], found, np.column_stack((chosen, row)), allow)


def _variables(pattern: Pattern) -> set[str]:
    return {term for term in pattern.terms if isinstance(term, str)}


def _column(term: Term, bound: dict[str, NDArray[np.uint32]]) -> NDArray[np.uint32] | None:
    return bound.get(term) if isinstance(term, str) else np.array([term], np.uint32)
