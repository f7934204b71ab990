"""Facts → two-hop compositions: pairs of facts that share an entity which the question does not name.

Both the exam and the multi-hop form draw from here, each from its own entities.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import pair_keys
from kaug.wording.wording import Wording

__all__ = ["Compositions", "compositions", "refer"]


@dataclass(frozen=True)
class Compositions:
    """Pairs of facts, n: the first leads from what the question names to the bridge entity, the second to the answer.

    Attributes:
        first: int64 (n,): places in the facts given.
        second: int64 (n,): likewise.
        bridge: uint32 (n,): the entity that both facts share, the subject of both.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    bridge: NDArray[np.uint32]


def compositions(
    wording: Wording, subjects: NDArray[np.uint32], predicates: NDArray[np.uint32], objects: NDArray[np.uint32]
) -> Compositions:
    """Pair the facts of each subject: "the currency of [the country whose capital is Lomé]".

    The first fact's object must point to the subject alone among all facts known, and its predicate must have a
    reference in the lexicon; the second has another predicate.

    Args:
        wording: How the facts are said; the references must be in its language.
        subjects: uint32 (n,).
        predicates: uint32 (n,).
        objects: uint32 (n,).

    Returns:
        All pairs, in the order of the facts.
    """
    unique = _pointing_to_one(wording, predicates, objects)
    with_reference = {int(p) for p in np.unique(predicates) if wording.templates(int(p), "inverseReference")}
    usable = unique & np.array([int(p) in with_reference for p in predicates], dtype=bool)
    first, second = [], []
    order = np.argsort(subjects, kind="stable")
    bounds = np.flatnonzero(np.diff(subjects[order])) + 1
    for group in np.split(order, bounds):
        for one in group[usable[group]]:
            others = group[predicates[group] != predicates[one]]
            first.append(np.full(len(others), one, dtype=np.int64))
            second.append(others.astype(np.int64))
    none = np.zeros(0, dtype=np.int64)
    left, right = np.concatenate([none, *first]), np.concatenate([none, *second])
    return Compositions(left, right, subjects[left])


def refer(wording: Wording, predicate: int, objects: pa.Array, variant: int = 0) -> pa.Array:
    """Denote subjects by an object: "the country whose capital is Lomé".

    Args:
        wording: How the facts are said.
        predicate: The term of the predicate between them.
        objects: Strings: how the objects stand in a sentence.
        variant: Which of the predicate's references to take, counted round.

    Returns:
        Strings that can stand for a subject in a template.
    """
    references = wording.templates(predicate, "inverseReference")
    head, tail = references[variant % len(references)].split("{o}")
    return pc.binary_join_element_wise(pa.scalar(head), objects, pa.scalar(tail), "")


def _pointing_to_one(
    wording: Wording, predicates: NDArray[np.uint32], objects: NDArray[np.uint32]
) -> NDArray[np.bool_]:
    _, all_predicates, all_objects = wording.kb.columns()
    known, counts = np.unique(pair_keys(all_predicates, all_objects), return_counts=True)
    wanted = pair_keys(predicates, objects)
    place = np.minimum(np.searchsorted(known, wanted), max(0, len(known) - 1))
    if not len(known):
        return np.zeros(len(wanted), dtype=bool)
    return np.asarray((known[place] == wanted) & (counts[place] == 1))
