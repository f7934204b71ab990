"""Facts → two-hop compositions, pairs of facts that share an entity, the bridge."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import grouped, pair_keys, positions
from kaug.wording.wording import Wording

__all__ = ["Compositions", "compositions", "refer"]


@dataclass(frozen=True)
class Compositions:
    """Pairs of facts: the first leads from the entity that the question names to the bridge, the second to the answer.

    Attributes:
        first: int64 (n,): rows of the given facts.
        second: int64 (n,): rows of the given facts.
        bridge: uint32 (n,): the subject of both facts.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    bridge: NDArray[np.uint32]


def compositions(
    wording: Wording, subjects: NDArray[np.uint32], predicates: NDArray[np.uint32], objects: NDArray[np.uint32]
) -> Compositions:
    """Pair the facts of each subject: "the currency of [the country whose capital is Lomé]".

    No other fact of the knowledge base has the first fact's predicate and object, and its predicate has a reference in the
    lexicon; the second fact has another predicate.

    Args:
        wording: The wording of the facts, with references in its language.
        subjects: uint32 (n,).
        predicates: uint32 (n,).
        objects: uint32 (n,).

    Returns:
        All pairs, in the order of the facts.
    """
    keys, counts = np.unique(pair_keys(*wording.kb.columns()[1:]), return_counts=True)
    row = positions(keys, pair_keys(predicates, objects))
    with_reference = [p for p in np.unique(predicates).tolist() if wording.templates(p, "inverseReference")]
    usable = (row >= 0) & np.isin(predicates, with_reference)
    usable[usable] = counts[row[usable]] == 1
    none = np.zeros(0, dtype=np.int64)
    first, second = [none], [none]
    facts = grouped(subjects)
    for number in range(len(facts.sizes)):
        group = facts[number]
        for fact in group[usable[group]]:
            others = group[predicates[group] != predicates[fact]]
            first.append(np.full(len(others), fact))
            second.append(others)
    left, right = np.concatenate(first), np.concatenate(second)
    return Compositions(left, right, subjects[left])


def refer(wording: Wording, predicate: int, objects: pa.Array, variant: int = 0) -> pa.Array:
    """Refer to subjects by an object: "the country whose capital is Lomé".

    Args:
        wording: The wording of the facts.
        predicate: The predicate term.
        objects: Strings: the phrases of the objects.
        variant: The index of the predicate's reference, modulo their number.

    Returns:
        Strings for the slot of a subject.
    """
    references = wording.templates(predicate, "inverseReference")
    head, tail = references[variant % len(references)].split("{o}")
    return pc.binary_join_element_wise(pa.scalar(head), objects, pa.scalar(tail), "")
