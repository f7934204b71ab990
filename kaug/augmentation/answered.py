"""A knowledge base → the questions about things that its facts answer, and so those that it does not."""

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import expand, pair_keys, positions
from kaug.namespaces import OWL, RDFS
from kaug.wording.negatives import identities
from kaug.wording.wording import Wording
from kaug.words.terms import CLASS_OF

__all__ = ["Answered"]

Terms = NDArray[np.uint32]


class Answered:
    """What the facts of a knowledge base answer, taught or not.

    A question is answered by a fact of its predicate, of one that asks the same question, is below it, equivalent or its inverse;
    about the thing, another of its name, or a class above it; or by a restriction.

    Args:
        wording: The wording of the knowledge base.
    """

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._same = identities(wording)
        self._kind, self._says = _kinds(wording, np.unique(wording.kb.columns()[1]))

    def about(self, things: Terms, predicates: Terms, *, by_restrictions: bool = True) -> NDArray[np.bool_]:
        """Mask the things (n,) for which the question of a predicate (n,) is answered: by facts, or restrictions, too."""
        keys = self._keys if by_restrictions else self._by_facts
        asked = np.array([self._kind[p] for p in predicates.tolist()], np.int64)
        found = positions(keys, pair_keys(self._same[things], asked)) >= 0
        some = np.flatnonzero(~found)
        found[some] = self._inherited(things[some], asked[some], keys)
        return found

    @cached_property
    def _by_facts(self) -> NDArray[np.uint64]:
        """The thing and the question in one number, ascending."""
        subjects, predicates, objects = self._wording.kb.columns()
        ends = []
        for one in np.unique(predicates).tolist():
            rows = np.flatnonzero(predicates == one)
            for other, inverse in self._says.get(one, []):
                ends.append(pair_keys(self._same[(objects if inverse else subjects)[rows]], np.full(len(rows), other)))
        return np.unique(np.concatenate([np.zeros(0, np.uint64), *ends]))

    @cached_property
    def _keys(self) -> NDArray[np.uint64]:
        restricted, on = _pairs(self._wording, OWL + "onProperty")
        known = np.isin(on, np.array(list(self._kind), np.uint32))
        kinds = np.array([self._kind[p] for p in on[known].tolist()], np.int64)
        return np.union1d(self._by_facts, pair_keys(self._same[restricted[known]], kinds))

    def _inherited(self, thing: Terms, asked: NDArray[np.int64], keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Mask the questions about things that a fact, or a restriction, of a class above the thing answers."""
        below, above = _pairs(self._wording, *sorted(CLASS_OF), OWL + "equivalentClass")
        order = np.argsort(below, kind="stable")
        below, above = below[order], above[order]
        found = np.zeros(len(thing), bool)
        known = open_ = np.unique(pair_keys(np.arange(len(thing)), thing))
        while len(open_):
            place, term = (open_ >> np.uint64(32)).astype(np.int64), open_.astype(np.uint32)
            found[place[positions(keys, pair_keys(self._same[term], asked[place])) >= 0]] = True
            index, step = expand(*(np.searchsorted(below, term, side) for side in ("left", "right")))
            open_ = np.setdiff1d(pair_keys(place[index], above[step]), known)
            known = np.union1d(known, open_)
        return found


def _pairs(wording: Wording, *iris: str) -> tuple[Terms, Terms]:
    """Return the subjects and objects of predicates, in facts and axioms."""
    kb = wording.kb
    numbers = [pc.index(kb.terms["value"], iri).as_py() for iri in iris]
    tables = [
        table.filter(pa.array(np.isin(table["predicate"].to_numpy(), numbers))) for table in (kb.facts, kb.axioms)
    ]
    subjects, objects = (np.concatenate([table[end].to_numpy() for table in tables]) for end in ("subject", "object"))
    return subjects, objects


def _kinds(
    wording: Wording, predicates: NDArray[np.uint32]
) -> tuple[dict[int, int], dict[int, list[tuple[int, bool]]]]:
    """Number predicates that ask the same question alike; say which questions a fact of each answers, and by which end."""
    kb = wording.kb
    numbers: dict[tuple[str, ...], int] = {}
    kind = {
        p: numbers.setdefault(tuple(wording.templates(p, "question")[:1]), len(numbers)) for p in predicates.tolist()
    }
    related = [(one, other, True) for one, other in wording.inverses]
    for name, both in ((RDFS + "subPropertyOf", False), (OWL + "equivalentProperty", True)):
        rows = kb.axioms.filter(pc.equal(kb.axioms["predicate"], pc.index(kb.terms["value"], name)))
        pairs = list(zip(rows["subject"].to_pylist(), rows["object"].to_pylist(), strict=True))
        related += [(one, other, False) for one, other in pairs + [(b, a) for a, b in pairs if both]]
    symmetric = kb.axioms.filter(pc.equal(kb.axioms["object"], pc.index(kb.terms["value"], OWL + "SymmetricProperty")))
    related += [(one, one, True) for one in symmetric["subject"].to_pylist()]
    says: dict[int, list[tuple[int, bool]]] = {}
    for one, other, inverse in related:
        says.setdefault(one, []).append((other, inverse))
    return kind, {p: [(kind[q], inverse) for q, inverse in _reached(p, says) if q in kind] for p in kind}


def _reached(predicate: int, says: dict[int, list[tuple[int, bool]]]) -> list[tuple[int, bool]]:
    """Follow what a fact says of other predicates, with its ends exchanged or not."""
    reached = [(predicate, False)]
    for one, inverse in reached:
        new = [(other, inverse != exchanged) for other, exchanged in says.get(one, [])]
        reached += [step for step in dict.fromkeys(new) if step not in reached]
    return reached
