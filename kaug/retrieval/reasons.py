"""Weighed facts and the terms that their texts name → why each fact would be taken, and how surely its ends are named."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.retrieval.candidates import Candidates
from kaug.retrieval.graph import FactGraph
from kaug.retrieval.linking.named import Named

__all__ = ["PARTLY", "REASONS", "Why", "explain"]

REASONS = ["similar", "neighbour", "partial", "linked", "connects"]
"""Why a fact is taken, the strongest reason last; see `kaug.retrieval.retriever.RETRIEVED`."""

PARTLY = 0.4
"""From this strength on, half of a name's words, a term counts as named in part, and walks start from it."""


class Why(NamedTuple):
    """Reasons of pairs of a text and a fact.

    Attributes:
        left: int64 (n,): where the fact's subject stands among the terms that the text names; -1 for nowhere.
        right: int64 (n,): where its object does.
        subject: float32 (n,): how surely the subject is named, from 0 to 1.
        object: float32 (n,): how surely the object is.
        reason: int64 (n,): the reason's place in `REASONS`.
    """

    left: Numbers
    right: Numbers
    subject: NDArray[np.float32]
    object: NDArray[np.float32]
    reason: Numbers

    def take(self, places: Numbers) -> "Why":
        """Return some of the pairs."""
        left, right, subject, object_, reason = self
        return Why(left[places], right[places], subject[places], object_[places], reason[places])


def explain(pairs: Candidates, named: Named, graph: FactGraph) -> Why:
    """Say of each pair how surely the text names the fact's ends, where, and so why the fact would be taken.

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
    return Why(left, right, *strengths, reason)
