"""Terms → their facts, the facts between two of them, and the terms that a short walk reaches.

The facts are the edges of a graph whose nodes are subjects and objects. Lookups take many terms at once.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kaug.arrays import Numbers, expand, join, pair_keys, positions
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["LEAST", "STOP", "FactGraph", "Reached"]

STOP = 0.5
"""The probability that a walk ends at the term where it is."""
LEAST = 1e-4
"""The minimum probability that a term passes on along each of its facts."""


class Reached(NamedTuple):
    """Terms that random walks from texts reach: one entry for each text and term, sorted by both.

    Attributes:
        text: int64 (n,): numbers of texts.
        term: int64 (n,): term numbers.
        probability: float32 (n,): the probability that a walk ends there.
        hop: int64 (n,): the minimum number of steps; 0 for the terms that the text names.
    """

    text: Numbers
    term: Numbers
    probability: NDArray[np.float32]
    hop: Numbers

    def find(self, text: Numbers, term: Numbers) -> Numbers:
        """Find the entries of texts and terms; -1 where no walk from the text reaches the term."""
        return positions(pair_keys(self.text, self.term), pair_keys(text, term))


class FactGraph:
    """The facts of a knowledge base as a graph.

    Attributes:
        most: A term with more facts than this is a hub: its facts are not walked one by one.
        degree: int64 (terms,): the number of facts with each term as subject or object.
        ends: int64 (facts,) twice: the subject and the object of each fact.
    """

    def __init__(self, kb: KnowledgeBase, most: int = 512) -> None:
        """Sort the facts by subject and by object, in about ten nanoseconds a fact and 24 bytes a fact and a term."""
        self.most = most
        subject, _, object_ = (column.astype(np.int64) for column in kb.columns())
        self.ends, self._terms = (subject, object_), kb.terms.num_rows
        self._by_object = kb.facts_by_object
        self._out, self._in = (
            np.append(0, np.cumsum(np.bincount(end, minlength=self._terms))) for end in (subject, object_)
        )
        self.degree = np.diff(self._out) + np.diff(self._in)
        hub = self.degree > most
        both = np.flatnonzero(hub[subject] & hub[object_])
        keys = pair_keys(subject[both], object_[both])
        order = np.argsort(keys, kind="stable")
        self._hub_keys, self._hub_rows = keys[order], both[order]

    def facts_of(self, text: Numbers, term: Numbers) -> tuple[Numbers, Numbers]:
        """Return the facts of terms, as subject or object, except hubs: the text of each term, and the row."""
        small = np.flatnonzero(self.degree[term] <= self.most)
        out, row = expand(self._out[term[small]], self._out[term[small] + 1])
        into, entry = expand(self._in[term[small]], self._in[term[small] + 1])
        return text[small[np.concatenate([out, into])]], np.concatenate([row, self._by_object[entry]])

    def some_facts_of(self, term: Numbers, most: int) -> tuple[Numbers, Numbers, Numbers]:
        """Sample the facts of terms, hubs included: at most `most` as subject and as object, evenly spread.

        Returns:
            int64 (pairs,) three times: positions in `term`, ascending; the rows of the facts; the term at the other end.
        """
        sides = []
        for side, first in enumerate((self._out, self._in)):
            low, count = first[term], np.minimum(first[term + 1] - first[term], most)
            index, turn = expand(np.zeros(len(term), np.int64), count)
            entry = low[index] + turn * (first[term + 1] - low)[index] // count[index]
            row = self._by_object[entry] if side else entry
            sides.append((index, row, self.ends[1 - side][row]))
        index, row, other = (np.concatenate(both) for both in zip(*sides, strict=True))
        order = np.argsort(index, kind="stable")
        return index[order], row[order], other[order]

    def between_hubs(self, text: Numbers, term: Numbers) -> tuple[Numbers, Numbers]:
        """Return the texts and rows of the facts between two hubs that one text names; the terms are sorted by text."""
        hub = self.degree[term] > self.most
        text, term = text[hub], term[hub]
        left, other = join(text, text)
        pair, entry = join(pair_keys(term[left], term[other]), self._hub_keys)
        return text[left[pair]], self._hub_rows[entry]

    def walk(self, text: Numbers, term: Numbers, weight: NDArray[np.float32], hops: int) -> Reached:
        """Walk at random from the terms that texts name: personalised PageRank, by pushes.

        At each term the walk ends with probability `STOP`, or else follows one of its facts. A term passes on only
        shares of at least `LEAST` for each of its facts, so that hubs pass on nothing and the work does not grow with the
        graph (approximate PageRank; Andersen, Chung and Lang, 2006).

        Args:
            text: int64 (n,): numbers of texts, from 0.
            term: int64 (n,): the terms that they name, each once a text.
            weight: float32 (n,), above 0: the weight of each term as a start.
            hops: The maximum number of steps.

        Returns:
            The terms at which walks end.
        """
        size = (int(text.max(initial=-1)) + 1, self._terms)
        line, column, rest = text, term, weight / np.bincount(text, weight, minlength=size[0])[text]
        steps = [(line * self._terms + column, STOP * rest)]
        for _ in range(hops):
            share = (1 - STOP) * rest / np.maximum(self.degree[column], 1)
            passed = share >= LEAST
            pushed = sparse.csr_array((share[passed], (line[passed], column[passed])), shape=size) @ self._neighbours
            after = sparse.coo_array(pushed)
            line, column, rest = after.row.astype(np.int64), after.col.astype(np.int64), after.data
            steps.append((line * self._terms + column, STOP * rest))
        keys, ended = (np.concatenate(column) for column in zip(*steps, strict=True))
        hop = np.repeat(np.arange(len(steps)), [len(step[0]) for step in steps])
        order = np.lexsort((hop, keys))
        keys, first, index = np.unique(keys[order], return_index=True, return_inverse=True)
        probability = np.bincount(index, ended[order], minlength=len(keys))
        text, term = np.divmod(keys, np.int64(self._terms))
        return Reached(text, term, probability.astype(np.float32), hop[order][first])

    @cached_property
    def _neighbours(self) -> sparse.csr_array:
        """The number of facts between each two terms, as a symmetric matrix."""
        ones = np.ones(len(self.ends[0]), np.float32)
        one_way = sparse.csr_array((ones, self.ends), shape=(self._terms, self._terms))
        return sparse.csr_array(one_way + one_way.T)
