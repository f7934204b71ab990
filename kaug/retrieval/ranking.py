"""Texts' vectors and the terms that they name → the candidate facts of each text, with their reasons and relevance.

    relevance = cosine + 0.5 * strength of the subject + 0.3 * strength of the object
                + 0.1 if the fact connects two terms + nearness in the graph

The strength of a term is 1 if its name is in the text, less if other terms have that name too or if the text has only some of
its words, 0 if it has none.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers, best_first, distinct, pair_keys, positions
from kaug.retrieval.graph import FactGraph, Reached
from kaug.retrieval.index import FactIndex

__all__ = ["IN_PART", "PARTLY", "REASONS", "Candidates", "Named", "join_names", "path_to", "rank_candidates"]

REASONS = ["similar", "neighbour", "partial", "linked", "connects"]
"""The reasons to take a fact, the strongest last; see `kaug.retrieval.retriever.RETRIEVED`."""

IN_PART = 0.8
"""The strength of a term if all words of its name are in a text, but not the name itself."""

PARTLY = 0.4
"""The minimum strength (half of the name's words) of a term that is named in part and that walks start from."""

# Set on every second fact of LAMA T-REx and every second text of WebNLG; see docs/retrieval.md.
_SUBJECT, _OBJECT, _CONNECTS = 0.5, 0.3, 0.1


class Named(NamedTuple):
    """Terms that texts name: one entry for each text and term, sorted by both.

    Attributes:
        text: int64 (n,): numbers of texts.
        term: int64 (n,): term numbers.
        strength: float32 (n,), in (0, 1]: for a full name the square root of its sense (1 if no other term has it), else
            `IN_PART` times its share.
        start: int64 (n,): the first character of the first mention; -1 for a name in part.
        end: int64 (n,): the character after it, or -1.
        last: int64 (n,): the first character of the last mention, or -1.
        mentions: int64 (n,): their number; 0 for a name in part.
    """

    text: Numbers
    term: Numbers
    strength: NDArray[np.float32]
    start: Numbers
    end: Numbers
    last: Numbers
    mentions: Numbers

    def find(self, text: Numbers, term: Numbers) -> Numbers:
        """Find the entries of texts and terms; -1 where a text does not name the term."""
        return positions(pair_keys(self.text, self.term), pair_keys(text, term))


def join_names(mentions: pa.Table, shares: pa.Table) -> Named:
    """Join the names that are in texts in full and in part.

    Args:
        mentions: A table of the schema `kaug.retrieval.linking.senses.SENSES`.
        shares: A table of the schema `kaug.retrieval.linking.overlap.SHARES`.
    """
    full = pair_keys(mentions["text"].to_numpy(), mentions["term"].to_numpy())
    order = np.lexsort((mentions["start"].to_numpy(), full))
    full, first, count = np.unique(full[order], return_index=True, return_counts=True)
    start, end = (mentions[name].to_numpy().astype(np.int64)[order] for name in ("start", "end"))
    sense = np.maximum.reduceat(mentions["sense"].to_numpy()[order], first) if len(first) else np.zeros(0)
    part = pair_keys(shares["text"].to_numpy(), shares["term"].to_numpy())
    rest = np.flatnonzero(~np.isin(part, full))
    strength = np.concatenate([np.sqrt(sense), IN_PART * shares["share"].to_numpy()[rest]]).astype(np.float32)
    keys = np.concatenate([full, part[rest]])
    order = np.argsort(keys)
    columns = ((start[first], -1), (end[first], -1), (start[first + count - 1], -1), (count, 0))
    spans = (np.append(column, np.full(len(rest), none))[order] for column, none in columns)
    text, term = keys[order] >> np.uint64(32), keys[order] & np.uint64(0xFFFFFFFF)
    return Named(text.astype(np.int64), term.astype(np.int64), strength[order], *spans)


class Candidates(NamedTuple):
    """Pairs of a text and a fact.

    Attributes:
        text: int64 (n,): numbers of texts.
        row: int64 (n,): rows of facts.
        score: float32 (n,): the cosine of text and fact.
        relevance: float32 (n,), rounded to six decimals.
        reason: int64 (n,): the reason to take the fact, a position in `REASONS`.
        mention: int64 (n,): the entry of the fact's subject, or else of its object, among the terms named in full; or -1.
        surest: int64 (n,): the end of the fact with the greater strength; the subject on a tie.
    """

    text: Numbers
    row: Numbers
    score: NDArray[np.float32]
    relevance: NDArray[np.float32]
    reason: Numbers
    mention: Numbers
    surest: Numbers

    def take(self, index: Numbers) -> "Candidates":
        """Return the pairs at some positions."""
        return Candidates._make(column[index] for column in self)


def rank_candidates(
    index: FactIndex,
    graph: FactGraph,
    queries: NDArray[np.float32],
    named: Named,
    *,
    near: int,
    reached: Reached | None,
    allowed: NDArray[np.bool_] | None,
) -> Candidates:
    """Collect the facts near in meaning, of the terms named and of the terms reached, sorted by text and row.

    Args:
        index: The index of the facts.
        graph: The facts as a graph.
        queries: float32 (texts, dimension): the texts' unit vectors.
        named: The terms that the texts name. Of hubs, only the facts between two of them count.
        near: The number of facts near in meaning of each text.
        reached: The terms that walks from the named ones reach.
        allowed: bool (facts,): the facts that may be taken; all if None.
    """
    hits = index.search_vectors(queries, near, allowed)
    pairs = [(hits["text"].to_numpy().astype(np.int64), hits["row"].to_numpy())]
    pairs += [graph.facts_of(named.text, named.term), graph.between_hubs(named.text, named.term)]
    if reached is not None:
        pairs.append(graph.facts_of(reached.text, reached.term))
    facts = np.int64(max(len(index), 1))
    text, row = np.divmod(distinct(np.concatenate([text * facts + row for text, row in pairs])), facts)
    if allowed is not None:
        text, row = text[allowed[row]], row[allowed[row]]
    subject, object_ = ends = tuple(end[row] for end in graph.ends)
    score = index.cosines(queries, text, row)
    nearby = _nearby(text, subject, object_, reached)
    left, right = (named.find(text, end) for end in ends)
    strengths = [np.append(named.strength, np.float32(0))[entry] for entry in (left, right)]
    in_full = [np.append(named.start, -1)[entry] >= 0 for entry in (left, right)]
    reason = np.where(nearby > 0, REASONS.index("neighbour"), REASONS.index("similar"))
    reason[np.maximum(*strengths) >= PARTLY] = REASONS.index("partial")
    reason[in_full[0] | in_full[1]] = REASONS.index("linked")
    both = np.flatnonzero(in_full[0] & in_full[1] & (subject != object_))
    # Two terms of the same ambiguous mentions do not connect.
    start, last = named.start, named.last
    apart = (start[left[both]] != start[right[both]]) | (last[left[both]] != last[right[both]])
    reason[both[apart]] = REASONS.index("connects")
    connects = _CONNECTS * (reason == REASONS.index("connects"))
    relevance = (score + (_SUBJECT * strengths[0] + _OBJECT * strengths[1]) + connects + nearby).astype(np.float32)
    mention = np.where(in_full[0], left, np.where(in_full[1], right, -1))
    surest = np.where(strengths[1] > strengths[0], object_, subject)
    return Candidates(text, row, score, relevance.round(6), reason, mention, surest)


def _nearby(text: Numbers, subject: Numbers, object_: Numbers, reached: Reached | None) -> NDArray[np.float32]:
    """Return the square root of the probability that a walk from the text's terms ends at one of a fact's ends."""
    nearby = np.zeros(len(text), np.float32)
    if reached is None:
        return nearby
    for end, counts in ((subject, True), (object_, subject != object_)):
        entry = reached.find(text, end)
        nearby += np.where(counts, np.append(reached.probability, np.float32(0))[entry], 0)
    return np.sqrt(nearby)


def path_to(
    index: FactIndex, graph: FactGraph, queries: NDArray[np.float32], reached: Reached, text: int, row: int
) -> list[int]:
    """Find the path of facts from a named term to a fact; of several facts at a step, the nearest in meaning is taken.

    Returns:
        The rows of the facts, starting at the named term; empty if the fact has a named term, or no walk reaches it.
    """
    part = slice(*np.searchsorted(reached.text, [text, text + 1]))
    terms, steps = reached.term[part], reached.hop[part]
    ends = np.array([end[row] for end in graph.ends])
    entry = positions(terms, ends)
    hops = np.where(entry >= 0, steps[entry], np.iinfo(np.int64).max)
    term, hop = int(ends[hops.argmin()]), int(hops.min())
    path: list[int] = []
    while 0 < hop < np.iinfo(np.int64).max:
        rows = _facts_between(graph, term, terms[steps < hop])
        other = np.where(graph.ends[0][rows] == term, graph.ends[1][rows], graph.ends[0][rows])
        # The last step came from the hop before, or from a nearer term that passed on too little at first.
        hops = steps[positions(terms, other)]
        rows, other = rows[hops == hops.max()], other[hops == hops.max()]
        score = index.cosines(queries, np.full(len(rows), text), rows)
        best = best_first(np.zeros(len(rows), np.int64), score, index.order[rows])[0]
        path.insert(0, int(rows[best]))
        term, hop = int(other[best]), int(hops.max())
    return path


def _facts_between(graph: FactGraph, term: int, others: Numbers) -> Numbers:
    """Return the sorted rows of the facts between a term, which may be a hub, and others."""
    if graph.degree[term] <= graph.most:
        _, rows = graph.facts_of(np.zeros(1, np.int64), np.array([term]))
    else:
        one_text = np.zeros(len(others) + 1, np.int64)
        hubs = graph.between_hubs(one_text, np.append(others, term))[1]
        rows = np.concatenate([graph.facts_of(one_text[1:], others)[1], hubs])
    left, right = (end[rows] for end in graph.ends)
    return distinct(rows[((left == term) & np.isin(right, others)) | ((right == term) & np.isin(left, others))])
