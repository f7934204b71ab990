"""Texts' vectors and the terms that they name → the candidate facts of each text, with their reasons and relevance.

    relevance = cosine + 0.5 * strength of the subject + 0.3 * strength of the object
                + 0.1 if the fact connects two terms + nearness in the graph

The strength of a term is 1 if its name stands in the text, less if others bear that name too or if only a part of its words
is there, 0 if none is.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers, best_first, distinct
from kaug.retrieval.graph import FactGraph, Reached
from kaug.retrieval.index import FactIndex
from kaug.retrieval.linking.named import Named

__all__ = ["PARTLY", "REASONS", "Candidates", "Reasons", "explain", "find_candidates", "path_to", "relevance"]

REASONS = ["similar", "neighbour", "partial", "linked", "connects"]
"""Why a fact is taken, the strongest reason last; see `kaug.retrieval.retriever.RETRIEVED`."""

PARTLY = 0.4
"""The minimum strength, half of a name's words, at which a term counts as named in part, and walks start from it."""

# Set on every second fact of LAMA T-REx and every second text of WebNLG; see docs/retrieval.md.
_SUBJECT, _OBJECT, _CONNECTS = 0.5, 0.3, 0.1


class Candidates(NamedTuple):
    """Pairs of a text and a fact, sorted by both.

    Attributes:
        text: int64 (n,): numbers of texts.
        row: int64 (n,): rows of facts.
        score: float32 (n,): the cosine of text and fact.
        nearby: float32 (n,): the square root of the probability that a walk from the text's terms ends at one of the
            fact's ends; 0 without a walk.
    """

    text: Numbers
    row: Numbers
    score: NDArray[np.float32]
    nearby: NDArray[np.float32]


def find_candidates(
    index: FactIndex,
    graph: FactGraph,
    queries: NDArray[np.float32],
    named: Named,
    *,
    near: int,
    reached: Reached | None,
    allowed: NDArray[np.bool_] | None,
) -> Candidates:
    """Find the facts near in meaning, those of the terms named, and those of the terms reached.

    Args:
        index: The index of the facts.
        graph: The facts as a graph.
        queries: float32 (texts, dimension): the texts' unit vectors.
        named: The terms that the texts name. Of hubs, only the facts between two of them count.
        near: How many facts near in meaning a text has.
        reached: The terms that walks from the named ones reach.
        allowed: bool (facts,): which facts may be taken; all, if None.
    """
    hits = index.search_vectors(queries, near, allowed)
    pairs = [(hits["text"].to_numpy().astype(np.int64), hits["row"].to_numpy())]
    pairs += [graph.facts_of(named.text, named.term), graph.between_hubs(named.text, named.term)]
    if reached is not None:
        pairs.append(graph.facts_of(reached.text, reached.term))
    keys = np.concatenate([text * np.int64(len(index)) + row for text, row in pairs])
    text, row = np.divmod(distinct(keys), np.int64(max(len(index), 1)))
    if allowed is not None:
        text, row = text[allowed[row]], row[allowed[row]]
    nearby = np.zeros(len(row), np.float32)
    if reached is not None:
        subject, object_ = (end[row] for end in graph.ends)
        for end, counts in ((subject, True), (object_, subject != object_)):
            entry = reached.find(text, end)
            nearby += np.where((entry >= 0) & counts, reached.probability[entry], 0) if len(reached.text) else 0
    return Candidates(text, row, index.cosines(queries, text, row), np.sqrt(nearby))


def path_to(
    index: FactIndex, graph: FactGraph, queries: NDArray[np.float32], reached: Reached, text: int, row: int
) -> list[int]:
    """Find the facts that lead from a named term to a fact, each the nearest in meaning to the text that leads on.

    Returns:
        Rows of facts, from the named term on; empty if the fact has a named term, or no walk reaches it.
    """
    ends = np.array([end[row] for end in graph.ends])
    entry = reached.find(np.full(2, text), ends)
    hops = np.where(entry >= 0, reached.hop[entry], np.iinfo(np.int64).max)
    term, hop = int(ends[hops.argmin()]), int(hops.min())
    path: list[int] = []
    while 0 < hop < np.iinfo(np.int64).max:
        before = reached.term[(reached.text == text) & (reached.hop < hop)]
        rows = _facts_between(graph, term, before)
        other = np.where(graph.ends[0][rows] == term, graph.ends[1][rows], graph.ends[0][rows])
        # The last step was from the hop before; or from a nearer term that at first had too little to pass on.
        hops = reached.hop[reached.find(np.full(len(rows), text), other)]
        rows, other = rows[hops == hops.max()], other[hops == hops.max()]
        score = index.cosines(queries, np.full(len(rows), text), rows)
        best = best_first(np.zeros(len(rows), np.int64), score, index.order[rows])[0]
        path.insert(0, int(rows[best]))
        term, hop = int(other[best]), int(hops.max())
    return path


def _facts_between(graph: FactGraph, term: int, others: Numbers) -> Numbers:
    """Find the rows of the facts between a term, which may be a hub, and others, sorted."""
    if graph.degree[term] <= graph.most:
        _, rows = graph.facts_of(np.zeros(1, np.int64), np.array([term]))
    else:
        nowhere = np.zeros(len(others) + 1, np.int64)
        rows = np.concatenate(
            [graph.facts_of(nowhere[1:], others)[1], graph.between_hubs(nowhere, np.append(others, term))[1]]
        )
    left, right = (end[rows] for end in graph.ends)
    rows = rows[((left == term) & np.isin(right, others)) | ((right == term) & np.isin(left, others))]
    return distinct(rows)


class Reasons(NamedTuple):
    """Reasons of pairs of a text and a fact.

    Attributes:
        left: int64 (n,): the entry of the fact's subject among the terms that the text names; -1 for none.
        right: int64 (n,): the entry of its object.
        subject: float32 (n,): how surely the subject is named, from 0 to 1.
        object: float32 (n,): how surely the object is.
        reason: int64 (n,): the reason's position in `REASONS`.
    """

    left: Numbers
    right: Numbers
    subject: NDArray[np.float32]
    object: NDArray[np.float32]
    reason: Numbers

    def take(self, index: Numbers) -> "Reasons":
        """Return some of the pairs."""
        left, right, subject, object_, reason = self
        return Reasons(left[index], right[index], subject[index], object_[index], reason[index])


def explain(pairs: Candidates, named: Named, graph: FactGraph) -> Reasons:
    """Find how surely the text of each pair names the fact's ends, where, and so the reason to take the fact.

    Args:
        pairs: Pairs of a text and a fact.
        named: The terms that the texts name.
        graph: The facts as a graph.
    """
    subject, object_ = (ends[pairs.row] for ends in graph.ends)
    left, right = named.find(pairs.text, subject), named.find(pairs.text, object_)
    strengths = named.strength_at(left), named.strength_at(right)
    reason = np.where(pairs.nearby > 0, REASONS.index("neighbour"), REASONS.index("similar"))
    reason = np.where(np.maximum(*strengths) >= PARTLY, REASONS.index("partial"), reason)
    full = named.in_full(left), named.in_full(right)
    reason = np.where(full[0] | full[1], REASONS.index("linked"), reason)
    both = np.flatnonzero(full[0] & full[1] & (subject != object_))
    # Two terms of one ambiguous mention are not two things that the text brings together.
    start, last = named.start, named.last
    apart = (start[left[both]] != last[right[both]]) | (last[left[both]] != start[right[both]])
    reason[both[apart]] = REASONS.index("connects")
    return Reasons(left, right, *strengths, reason)


def relevance(pairs: Candidates, reasons: Reasons) -> NDArray[np.float32]:
    """Return the relevance of each pair, float32 (n,), rounded to six decimals."""
    named = _SUBJECT * reasons.subject + _OBJECT * reasons.object
    connects = _CONNECTS * (reasons.reason == REASONS.index("connects"))
    relevant: NDArray[np.float32] = (pairs.score + named + connects + pairs.nearby).astype(np.float32)
    return relevant.round(6)
