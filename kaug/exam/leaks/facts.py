"""Rows → those that ask or state by their facts what the exam holds out."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pyarrow as pa

from kaug.arrays import pair_keys
from kaug.exam.leaks.held import HeldOut, find_patterns
from kaug.exam.leaks.rows import Leak, Rows
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["FactLeaks"]

ASKS = "asks about an entity that the exam holds out"
JOINS = "joins facts that a question of the exam joins"
PATTERN = "joins facts of two predicates that only the exam joins"
UNTAUGHT = "rests on a fact that the exam asks as not taught"


class FactLeaks:
    """Finds rows whose facts the exam holds out.

    Args:
        kb: The knowledge base.
        probes: PROBES.
        kept_out: What they hold out.
        names: What to call each probe.
    """

    def __init__(self, kb: KnowledgeBase, probes: pa.Table, kept_out: HeldOut, names: list[str]) -> None:
        self._kb, self._names, self._things = kb, names, kept_out.things
        subjects, _, objects = kb.columns()
        self._about = np.isin(subjects, kept_out.entities) | np.isin(objects, kept_out.entities)
        self._untaught = np.zeros(len(kb), bool)
        self._untaught[[kb.row_of[fact] for fact in kept_out.facts]] = True
        self._joined = np.zeros(len(kb), bool)
        self._pairs: dict[frozenset[int], int] = {}
        self._probe_of: dict[frozenset[int], int] = {}  # by both ends, and by one
        for probe, (ids, hops) in enumerate(zip(probes["facts"].to_pylist(), probes["hops"].to_pylist(), strict=True)):
            facts = [kb.row_of[fact] for fact in ids]
            for ends in self._things[np.stack([subjects[facts], objects[facts]], axis=1)].tolist():
                for key in (ends, ends[:1], ends[1:]):
                    self._probe_of.setdefault(frozenset(key), probe)
            if hops > 1:
                self._joined[facts] = True
                self._pairs |= {frozenset(pair): probe for pair in combinations(facts, 2)}
        self._patterns, self._of_pattern = kept_out.patterns, find_patterns(kb, probes)

    def find(self, rows: Rows) -> Iterator[Leak]:
        """Yield the leaks of rows."""
        asked = rows.asks[rows.row]
        for row, fact in rows.where(self._untaught[rows.fact]):
            yield Leak(row, UNTAUGHT, self._probe(fact))
        yield from self._compositions(rows, asked)
        yield from self._by_pattern(rows, asked)
        for row, fact in rows.where(asked & self._about[rows.fact]):
            yield Leak(row, ASKS, self._probe(fact))

    def _by_pattern(self, rows: Rows, asked: np.ndarray) -> Iterator[Leak]:
        """Find questions over paths that join two facts of a pattern, whatever stands between them: conditions have no order."""
        asked = asked & rows.table["query"].is_valid().to_numpy()[rows.row]
        predicates = self._kb.columns(rows.fact)[1]
        held = np.zeros(len(rows.fact), np.uint64)  # the pattern; 0 for none
        for gap in range(1, len(held) if len(self._patterns) else 0):
            same = asked[gap:] & (rows.row[gap:] == rows.row[:-gap])
            if not same.any():
                break
            pairs = pair_keys(predicates[:-gap], predicates[gap:])
            held[:-gap] = np.where(same & np.isin(pairs, self._patterns), pairs, held[:-gap])
        for row, place in zip(*np.unique(rows.row[held > 0], return_index=True), strict=True):
            yield Leak(int(row), PATTERN, self._names[self._of_pattern[int(held[held > 0][place])]])

    def _compositions(self, rows: Rows, asked: np.ndarray) -> Iterator[Leak]:
        chosen = asked & self._joined[rows.fact]
        facts = defaultdict(list)
        for row, fact in zip(rows.row[chosen].tolist(), rows.fact[chosen].tolist(), strict=True):
            facts[row].append(fact)
        for row, several in facts.items():
            found = next(
                (self._pairs[pair] for pair in map(frozenset, combinations(several, 2)) if pair in self._pairs), None
            )
            if found is not None:
                yield Leak(row, JOINS, self._names[found])

    def _probe(self, fact: int) -> str:
        """Name a probe about both ends of a fact, or about one."""
        ends = [int(self._things[end[0]]) for end in self._kb.columns(np.array([fact]))[::2]]
        found = (self._probe_of.get(frozenset(key)) for key in (ends, ends[:1], ends[1:]))
        return next((self._names[probe] for probe in found if probe is not None), "")
