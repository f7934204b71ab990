"""Facts → two-hop compositions: pairs of facts that share an entity which the question does not name.

Both the exam and the multi-hop form draw from here, each from its own entities.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import pair_keys
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.statements import templates

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
    kb: KnowledgeBase,
    subjects: NDArray[np.uint32],
    predicates: NDArray[np.uint32],
    objects: NDArray[np.uint32],
    language: str = "en",
) -> Compositions:
    """Pair the facts of each subject: "the currency of [the country whose capital is Lomé]".

    The first fact's object must point to the subject alone among all facts known, and its predicate must have a
    reference in the lexicon; the second has another predicate.

    Args:
        kb: The knowledge base.
        subjects: uint32 (n,).
        predicates: uint32 (n,).
        objects: uint32 (n,).
        language: The language that the reference must be in.

    Returns:
        All pairs, in the order of the facts.
    """
    unique = _pointing_to_one(kb, predicates, objects)
    with_reference = {int(p) for p in np.unique(predicates) if templates(kb, int(p), "inverseReference", language)}
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


def refer(kb: KnowledgeBase, predicate: int, objects: pa.Array, language: str = "en", variant: int = 0) -> pa.Array:
    """Denote subjects by an object: "the country whose capital is Lomé".

    Args:
        kb: The knowledge base.
        predicate: The term of the predicate between them.
        objects: Strings: how the objects stand in a sentence.
        language: BCP 47 tag.
        variant: Which of the predicate's references to take, counted round.

    Returns:
        Strings that can stand for a subject in a template.
    """
    found = templates(kb, predicate, "inverseReference", language)
    head, tail = found[variant % len(found)].split("{o}")
    return pc.binary_join_element_wise(pa.scalar(head), objects, pa.scalar(tail), "")


def _pointing_to_one(
    kb: KnowledgeBase, predicates: NDArray[np.uint32], objects: NDArray[np.uint32]
) -> NDArray[np.bool_]:
    everything = np.arange(kb.facts.num_rows, dtype=np.int64)
    _, all_predicates, all_objects = kb.columns(everything)
    found, counts = np.unique(pair_keys(all_predicates, all_objects), return_counts=True)
    wanted = pair_keys(predicates, objects)
    place = np.minimum(np.searchsorted(found, wanted), max(0, len(found) - 1))
    if not len(found):
        return np.zeros(len(wanted), dtype=bool)
    return np.asarray((found[place] == wanted) & (counts[place] == 1))
