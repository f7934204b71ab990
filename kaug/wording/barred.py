"""The axioms of a knowledge base → what things cannot have, with the proof: a country has no atomic number.

What has a value of a predicate is a member of the predicate's domain. So a member of a class that excludes the domain has none;
nor has a member of a class that allows none. Members of a class below it have none either, and so a class has none that axioms
speak of. A predicate whose facts are about members of the excluded class proves nothing of them.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, grouped, mix, pair_keys, unpair
from kaug.knowledge.constraints import Constraints
from kaug.wording.saying import compose
from kaug.wording.wording import Wording
from kaug.words.terms import class_terms

__all__ = ["Barred", "find_barred", "say_why"]

Terms = NDArray[np.uint32]


class Barred(NamedTuple):
    """Things and what they cannot have, in columns of equal length n.

    Attributes:
        things: uint32, ascending.
        predicates: uint32.
        domains: int64: the class of all that have the predicate; -1 where the thing's class allows no value.
        own: int64: the class of the thing, or the thing itself, that excludes it; -1 where the domain is.
    """

    things: Terms
    predicates: Terms
    domains: Numbers
    own: Numbers

    def take(self, index: Numbers) -> "Barred":
        """Return some of them."""
        return Barred(*(column[index] for column in self))  # type: ignore[arg-type]


def find_barred(wording: Wording, things: Terms, predicates: Terms, seed: int) -> Barred:
    """Find things that cannot have a value of one of some predicates, and draw one such predicate for each.

    Args:
        wording: The wording of the knowledge base.
        things: uint32, ascending: the things to ask about.
        predicates: uint32, ascending: the predicates to ask for.
        seed: Seed of the draw.
    """
    constraints = Constraints(wording.kb)
    members = np.union1d(constraints.above[0], constraints.above[1])
    rules = _rules(wording, constraints, members, predicates)
    member, own = unpair(members[np.isin(unpair(members)[0], things)])
    low, high = (np.searchsorted(rules.own, own, side) for side in ("left", "right"))
    member, own, low, high = (column[high > low] for column in (member, own, low, high))
    # One of a thing's classes, and one of the predicates that it excludes.
    draw = mix(mix(pair_keys(member, own)) + np.uint64(seed))
    order = np.lexsort((draw, member))
    first = order[np.diff(member[order], prepend=-1) > 0]
    rule = low[first] + (mix(draw[first]) % (high - low)[first].astype(np.uint64)).astype(np.int64)
    found = rules.take(rule)._replace(things=member[first].astype(np.uint32))
    classes = class_terms(wording.kb.terms, wording.kb.facts, wording.kb.axioms)
    found = found.take(np.flatnonzero(~classes[found.things] | np.isin(found.predicates, constraints.of_members)))
    thing, predicate = unpair(constraints.forbidden)
    kept = np.isin(thing, things) & np.isin(predicate, predicates) & ~np.isin(thing, found.things)
    once = np.flatnonzero(kept)[grouped(thing[kept]).heads]
    none = np.full(len(once), -1)
    every = Barred(
        np.concatenate([found.things, thing[once].astype(np.uint32)]),
        np.concatenate([found.predicates, predicate[once].astype(np.uint32)]),
        np.concatenate([found.domains, none]),
        np.concatenate([found.own, none]),
    )
    return every.take(np.argsort(every.things, kind="stable"))


def _rules(wording: Wording, constraints: Constraints, members: NDArray[np.uint64], predicates: Terms) -> Barred:
    """Find the classes, ascending, whose members have no value of a predicate, since they are not in its domain.

    Args:
        wording: The wording of the knowledge base.
        constraints: Its axioms.
        members: Sorted keys of (member or class below, class).
        predicates: uint32: the predicates to find.
    """
    of, domain = constraints.domains
    of, domain = of[asked := np.isin(of, predicates)], domain[asked]
    lower, upper = unpair(constraints.above[0])
    index, place = expand(*(np.searchsorted(lower, domain.astype(np.int64), side) for side in ("left", "right")))
    left, right = constraints.disjoint
    step, excluded = expand(
        *(np.searchsorted(left, upper[place].astype(np.uint32), side) for side in ("left", "right"))
    )
    own, rule = right[excluded], index[step]
    labelled = np.unique(wording.kb.labels["term"].to_numpy())
    kept = np.isin(own, labelled) & np.isin(domain[rule], labelled)
    kept &= ~np.isin(pair_keys(of[rule], own), _broken(wording, members, predicates))
    own, rule = own[kept], rule[kept]
    once = grouped(own, of[rule]).heads
    own, rule = own[once], rule[once]
    return Barred(own, of[rule], domain[rule].astype(np.int64), own.astype(np.int64))


def _broken(wording: Wording, members: NDArray[np.uint64], predicates: Terms) -> NDArray[np.uint64]:
    """Pair each predicate with the classes of the subjects of its facts, as keys."""
    subjects, of, _ = wording.kb.columns()
    known = distinct(pair_keys(subjects, of)[np.isin(of, predicates)])
    subject, predicate = unpair(known)
    member, classes = unpair(members)
    index, place = expand(*(np.searchsorted(member, subject, side) for side in ("left", "right")))
    return distinct(pair_keys(predicate[index], classes[place]))


def say_why(wording: Wording, barred: Barred, words: dict[str, str]) -> tuple[pa.Array, pa.Array]:
    """Say that things have no value of a predicate, and why.

    Args:
        wording: The wording of the knowledge base.
        barred: Things and predicates.
        words: Templates of answers and proofs: `barred` and `barred-proof` where a class of the thing excludes the domain,
            `itself-proof` where it does so itself, `forbidden` and `forbidden-proof` where its class allows no value.

    Returns:
        Strings (n,): the answers, and the proofs.
    """
    names = [wording.predicate_name(predicate) for predicate in barred.predicates.tolist()]
    known = np.maximum(np.stack([barred.domains, barred.own]), 0)
    slots = {"p": pa.array(names, pa.string()), "s": wording.phrases(barred.things)}
    slots |= dict(zip(("class", "own"), map(wording.phrases, known), strict=True))
    texts = {
        name: compose(words[name], **slots)
        for name in ("barred", "barred-proof", "itself-proof", "forbidden", "forbidden-proof")
    }
    itself, forbidden = pa.array(barred.own == barred.things), pa.array(barred.domains < 0)
    proofs = pc.if_else(itself, texts["itself-proof"], texts["barred-proof"])
    return (
        pc.if_else(forbidden, texts["forbidden"], texts["barred"]),
        pc.if_else(forbidden, texts["forbidden-proof"], proofs),
    )
