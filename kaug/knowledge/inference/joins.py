"""Triples in columns, and patterns with variables → the rows that match all patterns at once, in blocks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import pair_keys
from kaug.knowledge.inference.rules import Pattern

__all__ = ["BLOCK", "Index", "Rows", "Triples", "first_of_run", "join"]

BLOCK = 1 << 18
"""The maximum number of rows that one step of a join holds at a time."""

Rows = NDArray[np.int64]
Keys = NDArray[np.uint64]
Terms = NDArray[np.uint32]
Triples = NDArray[np.uint32]
"""Subject, predicate and object of rows, as term numbers, (3, n)."""

_LOW = np.uint64(0xFFFFFFFF)


def first_of_run(columns: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mark the first of each run of equal columns in a sorted matrix (k, n)."""
    first = np.ones(columns.shape[1], dtype=bool)
    first[1:] = (columns[:, 1:] != columns[:, :-1]).any(axis=0)
    return first


@dataclass(frozen=True)
class Order:
    """Row numbers sorted by a key and, among equal keys, by a term: three arrays (n,)."""

    key: Keys
    term: Terms
    row: Rows

    @classmethod
    def sort(cls, key: Keys, term: Terms, row: Rows) -> "Order":
        """Sort rows by key, then term."""
        order = np.lexsort((term, key))
        return cls(key[order], term[order], row[order])

    def find(self, key: Keys, term: Terms) -> tuple[Rows, NDArray[np.bool_]]:
        """Return the position of each pair of key and term, or where it would be inserted, and whether it is present."""
        if not len(self.key) or not len(key):
            return np.zeros(len(key), dtype=np.int64), np.zeros(len(key), dtype=bool)
        last = len(self.key) - 1
        start = np.searchsorted(self.key, key, "left")
        known = self.key[np.minimum(start, last)] == key
        # The start of a run of equal keys is below 2^32: with the term it fits into one number.
        position = np.searchsorted(self._start_and_term, start.astype(np.uint64) << np.uint64(32) | term, "left")
        position = np.where(known, position, start)
        nearest = np.minimum(position, last)
        return position, known & (self.key[nearest] == key) & (self.term[nearest] == term)

    def merge(self, other: "Order") -> "Order":
        """Return the rows of both, which have no pair of key and term in common."""
        if not len(self.key):
            return other
        position, _ = self.find(other.key, other.term)
        return Order(
            np.insert(self.key, position, other.key),
            np.insert(self.term, position, other.term),
            np.insert(self.row, position, other.row),
        )

    @cached_property
    def _start_and_term(self) -> Keys:
        starts = np.zeros(len(self.key), dtype=np.uint64)
        changes = np.flatnonzero(self.key[1:] != self.key[:-1]) + 1
        starts[changes] = changes
        return np.maximum.accumulate(starts) << np.uint64(32) | self.term


@dataclass(frozen=True)
class Index:
    """Some rows of the triples, sorted for lookup.

    Attributes:
        by_subject: Key: predicate and subject. Term: object.
        by_object: Key: predicate and object. Term: subject.
        apart: The predicate whose rows cannot be looked up by subject alone or object alone.
    """

    by_subject: Order
    by_object: Order
    apart: int = -1

    @classmethod
    def build(cls, triples: Triples, rows: Rows, apart: int = -1) -> "Index":
        """Index rows of the triples by their row numbers."""
        subject, predicate, value = triples.take(rows, axis=1)
        by_subject = Order.sort(pair_keys(predicate, subject), value, rows)
        return cls(by_subject, Order.sort(pair_keys(predicate, value), subject, rows), apart)

    def merge(self, other: "Index") -> "Index":
        """Return an index of the rows of both."""
        return Index(self.by_subject.merge(other.by_subject), self.by_object.merge(other.by_object), self.apart)

    def contains(self, triples: Triples) -> NDArray[np.bool_]:
        """Return which triples are indexed."""
        subject, predicate, value = triples
        return self.by_subject.find(pair_keys(predicate, subject), value)[1]

    def count(self, pattern: Pattern) -> int:
        """Count the rows that match the constants of a pattern; an upper bound if all its terms are constants."""
        if isinstance(pattern.predicate, str):
            return len(self.by_subject.key)
        _, low, high = self.look_up(pattern, {})
        return int(high[0] - low[0])

    def look_up(self, pattern: Pattern, bound: dict[str, Terms]) -> tuple[Order, Rows, Rows]:
        """Return an order and, for each row of the bindings, the range of positions where the pattern may match."""
        subject, predicate, value = (
            bound.get(term) if isinstance(term, str) else np.array([term], np.uint32) for term in pattern.terms
        )
        if predicate is not None and value is not None and subject is None:
            order, low = self.by_object, pair_keys(predicate, value)
        elif predicate is not None:
            order, low = self.by_subject, pair_keys(predicate, np.zeros(1, np.uint32) if subject is None else subject)
        elif subject is not None:
            order, low = self._subjects, subject.astype(np.uint64)
        elif value is not None:
            order, low = self._objects, value.astype(np.uint64)
        else:
            return self.by_subject, np.zeros(1, np.int64), np.array([len(self.by_subject.key)])
        high = low | _LOW if subject is None and value is None else low
        return order, np.searchsorted(order.key, low, "left"), np.searchsorted(order.key, high, "right")

    @cached_property
    def _subjects(self) -> Order:
        return self._without_predicate(self.by_subject)

    @cached_property
    def _objects(self) -> Order:
        return self._without_predicate(self.by_object)

    def _without_predicate(self, order: Order) -> Order:
        kept = order.key >> np.uint64(32) != np.uint64(self.apart) if self.apart >= 0 else slice(None)
        return Order.sort((order.key & _LOW)[kept], order.term[kept], order.row[kept])


def join(
    triples: Triples, patterns: Sequence[Pattern], indexes: Sequence[Index], allow: Callable[[int], int]
) -> Iterator[tuple[dict[str, Terms], Rows]]:
    """Find the rows that match all patterns at once.

    Patterns with few rows are joined first; each next one shares a variable with those before it.

    Args:
        triples: All rows.
        patterns: The patterns.
        indexes: For each pattern, the rows that may match it.
        allow: Called with the number of pairs of rows that a step is about to make, at most `BLOCK`; returns how many it may.

    Yields:
        Blocks of at most `BLOCK` rows: the terms of each variable, (n,), and the rows that match the patterns,
        (n, patterns). The order depends on the order of the rows only.
    """
    counts = [index.count(pattern) for pattern, index in zip(patterns, indexes, strict=True)]
    if 0 in counts:
        return
    bound: set[str] = set()
    left, order = list(range(len(patterns))), []
    while left:
        near = [number for number in left if not bound or bound & _variables(patterns[number])] or left
        # A pattern with a variable predicate would start with all rows.
        best = min(near, key=lambda n: (not bound and isinstance(patterns[n].predicate, str), counts[n], n))
        left.remove(best)
        order.append(best)
        bound |= _variables(patterns[best])
    steps = [(patterns[number], indexes[number]) for number in order]
    for terms, rows in _extend(triples, steps, {}, np.zeros((1, 0), np.int64), allow):
        yield terms, rows[:, np.argsort(order)]


def _extend(
    triples: Triples,
    steps: list[tuple[Pattern, Index]],
    bound: dict[str, Terms],
    rows: Rows,
    allow: Callable[[int], int],
) -> Iterator[tuple[dict[str, Terms], Rows]]:
    """Join partial matches with the rows of the next pattern, a block of pairs at a time, and go on with each block."""
    if not steps:
        yield bound, rows
        return
    pattern, index = steps[0]
    order, low, high = index.look_up(pattern, bound)
    ends = np.cumsum(np.broadcast_to(high - low, len(rows)))
    offset = high - ends
    for first in range(0, int(ends[-1]) if len(ends) else 0, BLOCK):
        pairs = np.arange(first, first + allow(min(BLOCK, int(ends[-1]) - first)))
        if not len(pairs):
            return
        owner = np.searchsorted(ends, pairs, "right")
        row = order.row[pairs + offset[owner]]
        matched = {name: terms[owner] for name, terms in bound.items()}
        kept = np.ones(len(row), dtype=bool)
        for term, column in zip(pattern.terms, triples, strict=True):
            if isinstance(term, int):
                kept &= column[row] == term
            elif term in matched:
                kept &= column[row] == matched[term]
            else:
                matched[term] = column[row]
        so_far = rows[owner]
        if not kept.all():
            matched = {name: terms.compress(kept) for name, terms in matched.items()}
            so_far, row = so_far.compress(kept, axis=0), row.compress(kept)
        if len(row):
            yield from _extend(triples, steps[1:], matched, np.column_stack((so_far, row)), allow)


def _variables(pattern: Pattern) -> set[str]:
    return {term for term in pattern.terms if isinstance(term, str)}
