"""Triples and rules → all conclusions of the rules, round by round, with one derivation of each."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import expand
from kaug.knowledge.inference.joins import BLOCK, Index, Rows, Terms, Triples, first_of_run, join
from kaug.knowledge.inference.rules import CLOSING, READING, Rule

__all__ = ["PAIRS", "TOTAL", "Derived", "close", "gather"]

_DERIVATIONS = 64
"""The derivations of a rule per conclusion that it may make."""

PAIRS = 16 * _DERIVATIONS
"""The pairs of rows that a rule's joins may make per conclusion, most of which may match nothing."""

TOTAL = 8
"""The conclusions of all rules per conclusion that one rule may make."""

Refuse = Callable[[Triples], NDArray[np.bool_]]


@dataclass(frozen=True)
class Derived:
    """Derived rows and their premises.

    Attributes:
        triples: uint32 (3, n).
        rule: int16 (n,): the number of the rule's name; -1 if no rule.
        premises: int64: the premises of all rows, one list after another.
        lengths: int64 (n,): the number of premises of each row.
    """

    triples: Triples
    rule: NDArray[np.int16]
    premises: Rows
    lengths: Rows

    @classmethod
    def concatenate(cls, parts: Iterable["Derived"]) -> "Derived":
        """Put parts one after another."""
        none = cls(np.zeros((3, 0), np.uint32), np.zeros(0, np.int16), np.zeros(0, np.int64), np.zeros(0, np.int64))
        fields = zip(*((part.triples, part.rule, part.premises, part.lengths) for part in (none, *parts)), strict=True)
        return cls(*(np.concatenate(arrays, axis=-1) for arrays in fields))

    def sorted(self) -> "Derived":
        """Sort the rows by predicate, subject, object."""
        order = canonical_order(self.triples)
        premises = gather(self.premises, self.lengths, order)
        return Derived(self.triples.take(order, axis=1), self.rule[order], premises, self.lengths[order])


@dataclass
class _Budget:
    """Tracks how much of its limits each rule has used, and the rules that were stopped."""

    limit: int
    conclusions: Counter[str] = field(default_factory=Counter)
    derivations: Counter[str] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)
    cut: set[str] = field(default_factory=set)
    stopped: dict[str, int] = field(default_factory=dict)

    def room(self, name: str) -> int:
        return min(self.limit - self.conclusions[name], self.limit * TOTAL - self.conclusions.total())

    def allow(self, name: str, pairs: int) -> int:
        allowed = min(pairs, self.limit * PAIRS - self.pairs[name])
        self.pairs[name] += allowed
        if allowed < pairs:
            self.cut.add(name)
        return allowed

    def spent(self, name: str) -> bool:
        return name in self.cut or self.derivations[name] > self.limit * _DERIVATIONS


class _State:
    """All rows so far and their indexes, with and without the rows that closing rules derived (`base`).

    `all[base]` has all rows, `new[base]` those of the last round.
    """

    def __init__(self, triples: Triples, same_as: int) -> None:
        self.triples = triples
        self.same_as = same_as
        self.all = self.new = (Index.build(triples, np.arange(triples.shape[1]), same_as),) * 2

    def add(self, triples: Triples, closing: NDArray[np.bool_]) -> None:
        start = self.triples.shape[1]
        self.triples = np.concatenate([self.triples, triples], axis=1)
        rows = np.arange(start, self.triples.shape[1])
        build = partial(Index.build, self.triples, apart=self.same_as)
        self.new = build(rows), build(rows[~closing])
        self.all = self.all[0].merge(self.new[0]), self.all[1].merge(self.new[1])

    def matches(self, rule: Rule, budget: _Budget, first: bool) -> Iterator[tuple[dict[str, Terms], Rows]]:
        """Find matches of a rule's premises, in blocks; after the first round, at least one premise is new."""
        for fresh in range(1 if first else len(rule.premises)):
            indexes = [
                (self.new if number == fresh and not first else self.all)[pattern.base]
                for number, pattern in enumerate(rule.premises)
            ]
            yield from join(self.triples, rule.premises, indexes, partial(budget.allow, rule.name))


def close(
    triples: Triples, given: Derived, rules: Sequence[Rule], refuse: Refuse, limit: int, same_as: int
) -> tuple[Derived, tuple[str, ...], dict[str, int]]:
    """Apply rules until nothing new follows.

    Args:
        triples: The rows given, in canonical order, each once.
        given: Rows that are derived beforehand; they follow those given.
        rules: The rules, in the order that decides between derivations of the same round.
        refuse: Returns which conclusions are dropped (a literal as subject, trivial ones).
        limit: The maximum number of conclusions of a rule; `_DERIVATIONS`, `PAIRS` and `TOTAL` derive other limits from it.
        same_as: The predicate whose rows are not looked up by subject or object alone.

    Returns:
        The derived rows, numbered after those given, premises before their conclusions; the names of the rules, to which
        `Derived.rule` refers; the rules that a limit stopped, with the number of conclusions of each.
    """
    names = tuple(dict.fromkeys(rule.name for rule in rules))
    closing = [number for number, name in enumerate(names) if name in CLOSING]
    state = _State(np.concatenate([triples, given.triples], axis=1), same_as)
    budget = _Budget(limit)
    derived = [given]
    repeated = [rule for rule in rules if rule.name not in READING]
    while len(derived) == 1 or len(derived[-1].rule):
        derived.append(_round(state, repeated, names, refuse, budget, first=len(derived) == 1))
        state.add(derived[-1].triples, np.isin(derived[-1].rule, closing))
    derived.append(_round(state, [rule for rule in rules if rule.name in READING], names, refuse, budget, first=True))
    return Derived.concatenate(derived), names, budget.stopped


def _round(
    state: _State, rules: Sequence[Rule], names: Sequence[str], refuse: Refuse, budget: _Budget, first: bool
) -> Derived:
    """Apply each rule once; a later rule does not repeat the conclusions of an earlier one."""
    parts: list[Derived] = []
    taken = Index.build(state.triples, np.zeros(0, np.int64))
    for rule in rules:
        if rule.name in budget.stopped:
            continue
        triples, premises, stopped = _conclude(state, rule, refuse, taken, budget, first)
        count, width = premises.shape
        budget.conclusions[rule.name] += count
        if stopped:
            budget.stopped[rule.name] = budget.conclusions[rule.name]
        if count:
            taken = taken.merge(Index.build(triples, np.arange(count)))
            number = np.full(count, names.index(rule.name), np.int16)
            parts.append(Derived(triples, number, premises.ravel(), np.full(count, width)))
    return Derived.concatenate(parts).sorted()


def _conclude(
    state: _State, rule: Rule, refuse: Refuse, taken: Index, budget: _Budget, first: bool
) -> tuple[Triples, Rows, bool]:
    """Return the conclusions of one rule that are neither known nor taken, their premises, and whether a limit cut them."""
    name, room, held = rule.name, budget.room(rule.name), 0
    parts = [(np.zeros((3, 0), np.uint32), np.zeros((0, len(rule.premises)), np.int64))]
    for bound, rows in state.matches(rule, budget, first):
        budget.derivations[name] += len(rows)
        terms = [bound[term] if isinstance(term, str) else np.full(len(rows), term) for term in rule.conclusion.terms]
        triples = np.array(terms, np.uint32)
        kept = ~(refuse(triples) | state.all[False].contains(triples) | taken.contains(triples))
        parts.append((triples.compress(kept, axis=1), rows.compress(kept, axis=0)))
        held += int(kept.sum())
        # Removing duplicates sorts all rows held, so it is not done for every block.
        if held > parts[0][0].shape[1] + 4 * BLOCK:
            parts = [_distinct(parts)]
            held = len(parts[0][1])
        if len(parts[0][1]) > room or budget.spent(name):
            break
    triples, premises = _distinct(parts)
    return triples[:, :room], premises[:room], len(premises) > room or budget.spent(name)


def _distinct(parts: Sequence[tuple[Triples, Rows]]) -> tuple[Triples, Rows]:
    """Keep each conclusion once, in canonical order, with its least premises."""
    triples = np.concatenate([part for part, _ in parts], axis=1)
    premises = np.concatenate([part for _, part in parts])
    order = canonical_order(triples)
    first = first_of_run(triples.take(order, axis=1))
    if not first.all():
        order = order[np.lexsort((*premises[order].T[::-1], np.cumsum(first)))]  # equal conclusions by premises
    order = order[first]
    return triples.take(order, axis=1), premises[order]


def canonical_order(triples: Triples) -> Rows:
    """Return the order of triples by predicate, subject, object."""
    order: Rows = np.lexsort(triples[[2, 0, 1]])
    return order


def gather(flat: Rows, lengths: Rows, chosen: Rows) -> Rows:
    """Return the elements of chosen lists, one list after another.

    Args:
        flat: int64: the elements of all lists, one list after another.
        lengths: int64 (n,): the number of elements of each list.
        chosen: int64 (m,): the lists to take.

    Examples:
        >>> gather(np.array([7, 8, 9]), np.array([2, 0, 1]), np.array([2, 0])).tolist()
        [9, 7, 8]
    """
    ends = np.cumsum(lengths)
    return np.asarray(flat[expand((ends - lengths)[chosen], ends[chosen])[1]])
