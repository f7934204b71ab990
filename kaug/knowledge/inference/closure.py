"""Triples and rules → all that the rules conclude, round by round, one derivation of each conclusion."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import expand
from kaug.knowledge.inference.joins import BLOCK, Columns, Index, Rows, join
from kaug.knowledge.inference.rules import CLOSING, READING, Rule, Term

__all__ = ["PAIRS", "TOTAL", "Closure", "Derived", "close", "gather"]

_EFFORT = 64
"""How many derivations a rule may look at for every conclusion that it may make."""

PAIRS = 16 * _EFFORT
"""How many pairs of rows its joins may make on the way, most of which may come to nothing."""

TOTAL = 8
"""How many conclusions all rules together may make for every one that one rule may make."""

Refuse = Callable[[Columns], NDArray[np.bool_]]


@dataclass(frozen=True)
class Derived:
    """Rows and what each rests on.

    Attributes:
        columns: The terms of the rows, n each.
        rule: int16 (n,): a number of the rule's name; -1 if no rule.
        premises: int64: the premises of all rows, one row's after another's.
        lengths: int64 (n,): how many premises each row has.
    """

    columns: Columns
    rule: NDArray[np.int16]
    premises: Rows
    lengths: Rows


@dataclass(frozen=True)
class Closure:
    """What was given, and what was derived.

    Attributes:
        derived: The rows derived, from the first row after those given; a premise stands before what rests on it.
        names: The names of the rules, to which `derived.rule` refers.
        stopped: The rules that a cap stopped, with the number of rows that each derived.
    """

    derived: Derived
    names: tuple[str, ...]
    stopped: dict[str, int]


@dataclass(frozen=True)
class _Part:
    columns: Columns
    premises: Rows  # (n, premises)


class _State:
    """All rows so far, indexed: `whole`, those that no closing rule derived (`base`), and the same of the last round."""

    def __init__(self, columns: Columns, same_as: int) -> None:
        self.columns = columns
        self.same_as = same_as
        self.whole = self.new = Index.of(columns, np.arange(len(columns[0])), same_as)
        self.base = self.new_base = self.whole

    def add(self, columns: Columns, closing: NDArray[np.bool_]) -> None:
        start = len(self.columns[0])
        self.columns = _concatenate([self.columns, columns])
        rows = np.arange(start, len(self.columns[0]))
        self.new = Index.of(self.columns, rows, self.same_as)
        self.new_base = Index.of(self.columns, rows[~closing], self.same_as)
        self.whole, self.base = self.whole.insert(self.new), self.base.insert(self.new_base)


def close(columns: Columns, given: Derived, rules: Sequence[Rule], refuse: Refuse, limit: int, same_as: int) -> Closure:
    """Apply rules until nothing new follows.

    Args:
        columns: The rows given, in canonical order, none twice.
        given: Rows that are derived beforehand; they follow those given.
        rules: The rules, in the order that decides between derivations of the same round.
        refuse: Says which conclusions are none (a literal as subject; what is trivial).
        limit: The most rows that the rules of one name may derive; they may look at `_EFFORT` times as many derivations and
            make `PAIRS` times as many pairs. All rules together may derive `TOTAL` times as many rows.
        same_as: The predicate whose rows are not found by subject or object alone.

    Returns:
        The closure.
    """
    names = tuple(dict.fromkeys(rule.name for rule in rules))
    state = _State(_concatenate([columns, given.columns]), same_as)
    budget = _Budget(limit)
    derived = [given]
    closing = [at for at, name in enumerate(names) if name in CLOSING]
    turns = [rule for rule in rules if rule.name not in READING]
    first = True
    while first or len(derived[-1].lengths):
        derived.append(_round(state, turns, names, refuse, budget, first))
        state.add(derived[-1].columns, np.isin(derived[-1].rule, closing))
        first = False
    derived.append(_round(state, [rule for rule in rules if rule.name in READING], names, refuse, budget, True))
    return Closure(_join_derived(derived), names, budget.stopped)


@dataclass
class _Budget:
    """What the rules of each name may still do: `made` rows of `limit`, what they looked at, and who was stopped."""

    limit: int
    made: Counter[str] = field(default_factory=Counter)
    effort: Counter[str] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)
    cut: set[str] = field(default_factory=set)
    stopped: dict[str, int] = field(default_factory=dict)

    def room(self, name: str) -> int:
        return min(self.limit - self.made[name], self.limit * TOTAL - self.made.total())

    def allow(self, name: str, pairs: int) -> int:
        allowed = min(pairs, self.limit * PAIRS - self.pairs[name])
        self.pairs[name] += allowed
        if allowed < pairs:
            self.cut.add(name)
        return allowed

    def spent(self, name: str) -> bool:
        return name in self.cut or self.effort[name] > self.limit * _EFFORT


def _round(
    state: _State, rules: Sequence[Rule], names: Sequence[str], refuse: Refuse, budget: _Budget, first: bool
) -> Derived:
    """Apply each rule once; what an earlier one concludes, a later one does not conclude again."""
    found: list[Derived] = []
    taken = Index.of(state.columns, np.zeros(0, np.int64))
    for rule in rules:
        if rule.name in budget.stopped:
            continue
        part, more = _conclude(state, rule, refuse, taken, budget, first)
        budget.made[rule.name] += len(part.premises)
        if more:
            budget.stopped[rule.name] = budget.made[rule.name]
        if count := len(part.premises):
            taken = taken.insert(Index.of(part.columns, np.arange(count)))
            number = np.full(count, names.index(rule.name), np.int16)
            lengths = np.full(count, part.premises.shape[1], np.int64)
            found.append(Derived(part.columns, number, part.premises.ravel(), lengths))
    return _sort(_join_derived(found))


def _conclude(
    state: _State, rule: Rule, refuse: Refuse, taken: Index, budget: _Budget, first: bool
) -> tuple[_Part, bool]:
    """Find what one rule concludes from the new rows and all rows, neither known nor taken, and whether a cap cut it."""
    parts: list[_Part] = []
    width, room, held, distinct = len(rule.premises), budget.room(rule.name), 0, 0
    for fresh in range(1 if first else width):
        indexes = [
            (state.new_base if pattern.base else state.new)
            if at == fresh and not first
            else (state.base if pattern.base else state.whole)
            for at, pattern in enumerate(rule.premises)
        ]
        for bound, rows in join(state.columns, rule.premises, indexes, partial(budget.allow, rule.name)):
            budget.effort[rule.name] += len(rows)
            subject, predicate, value = (_fill(term, bound, len(rows)) for term in rule.conclusion.terms)
            columns = (subject, predicate, value)
            kept = ~(refuse(columns) | state.whole.holds(columns) | taken.holds(columns))
            parts.append(_Part(_take(columns, kept), rows[kept]))
            held += int(kept.sum())
            # To look for repeats is to sort all that is held: not at every block.
            if held > distinct + 4 * BLOCK:
                parts = [_distinct(parts, width)]
                held = distinct = len(parts[0].premises)
            if distinct > room or budget.spent(rule.name):
                break
        if distinct > room or budget.spent(rule.name):
            break
    part = _distinct(parts, width)
    more = len(part.premises) > room or budget.spent(rule.name)
    return _Part(_take(part.columns, slice(room)), part.premises[:room]), more


def _distinct(parts: list[_Part], width: int) -> _Part:
    """Keep each conclusion once, in canonical order, with its least premises."""
    empty = np.zeros(0, np.uint32)
    columns = _concatenate([(empty, empty, empty), *(part.columns for part in parts)])
    premises = np.concatenate([np.zeros((0, width), np.int64), *(part.premises for part in parts)])
    order = _canonical(columns)
    columns = _take(columns, order)
    again = _repeats(columns)
    if again.any():
        group = np.cumsum(~again)  # equal conclusions, in one group; within it, by premises
        order = order[np.lexsort((*(premises[order, at] for at in reversed(range(width))), group))]
        columns = _take(columns, ~again)
        order = order[~again]
    return _Part(columns, premises[order])


def _join_derived(parts: list[Derived]) -> Derived:
    empty = np.zeros(0, np.uint32)
    return Derived(
        _concatenate([(empty, empty, empty), *(part.columns for part in parts)]),
        np.concatenate([np.zeros(0, np.int16), *(part.rule for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.premises for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.lengths for part in parts)]),
    )


def _sort(rows: Derived) -> Derived:
    order = _canonical(rows.columns)
    premises = gather(rows.premises, rows.lengths, order)
    return Derived(_take(rows.columns, order), rows.rule[order], premises, rows.lengths[order])


def gather(flat: Rows, lengths: Rows, chosen: Rows) -> Rows:
    """Take some of the lists that stand one after another in a column.

    Args:
        flat: int64: the elements of all lists.
        lengths: int64 (n,): how many elements each list has.
        chosen: int64 (m,): which lists to take.

    Returns:
        The elements of the lists chosen, one list's after another's.

    Examples:
        >>> gather(np.array([7, 8, 9]), np.array([2, 0, 1]), np.array([2, 0])).tolist()
        [9, 7, 8]
    """
    ends = np.cumsum(lengths)
    return np.asarray(flat[expand((ends - lengths)[chosen], ends[chosen])[1]])


def _fill(term: Term, bound: dict[str, NDArray[np.uint32]], count: int) -> NDArray[np.uint32]:
    return bound[term] if isinstance(term, str) else np.full(count, term, np.uint32)


def _canonical(columns: Columns) -> Rows:
    order: Rows = np.lexsort((columns[2], columns[0], columns[1]))
    return order


def _repeats(columns: Columns) -> NDArray[np.bool_]:
    """Which rows, of sorted ones, say the same as the row before."""
    again = np.zeros(len(columns[0]), dtype=bool)
    again[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    return again


def _take(columns: Columns, chosen: Rows | NDArray[np.bool_] | slice) -> Columns:
    return columns[0][chosen], columns[1][chosen], columns[2][chosen]


def _concatenate(parts: Sequence[Columns]) -> Columns:
    subject, predicate, value = (np.concatenate([part[at] for part in parts]) for at in range(3))
    return subject, predicate, value
