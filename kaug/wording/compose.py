"""Facts → two-hop compositions, pairs of facts that share an entity, the bridge."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import expand, grouped, mix, positions, rank_in_group
from kaug.knowledge.templates import Property
from kaug.wording.answers import asked, identifying
from kaug.wording.sets import definite, in_sentences
from kaug.wording.wording import Wording

__all__ = ["REFERENCES", "Compositions", "Reference", "compositions", "is_short", "refer"]

Reference = Literal["inverseReference", "reference"]

REFERENCES: tuple[Reference, ...] = ("inverseReference", "reference")
"""How to refer to a bridge: as a subject ("the country whose capital is Lomé"), as an object ("the spouse of Ada")."""

_PAIRS = 3
"""A fact is first or second in at most so many compositions of each kind of reference."""

_LONG = r"^\s*\S+(\s+\S+){16}"
"""A text of more than 16 words: no name, and no reference that anybody could read."""


@dataclass(frozen=True)
class Compositions:
    """Pairs of facts: the first leads from the entity that the question names to the bridge, the second to the answer.

    Attributes:
        first: int64 (n,): positions of the given facts, whose subject or object is the bridge.
        second: int64 (n,): positions of the given facts, whose subject is the bridge.
        predicates: uint32 (facts,): the predicates of the given facts.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    predicates: NDArray[np.uint32]

    def by_predicates(self) -> Iterator[tuple[int, int, NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the predicates of the first and of the second fact, and the pairs of facts that have them."""
        before, after = self.predicates[self.first], self.predicates[self.second]
        pairs = grouped(before, after)
        for number, head in enumerate(pairs.heads):
            yield int(before[head]), int(after[head]), self.first[pairs[number]], self.second[pairs[number]]


def compositions(
    wording: Wording,
    by: Reference,
    rows: NDArray[np.int64],
    objects: NDArray[np.uint32],
    answerable: NDArray[np.bool_],
    name: Property,
) -> Compositions:
    """Pair facts that meet in an entity to which the first one refers.

    "The currency of [the country whose capital is Lomé]": capitals identify countries (see `identifying`), and no other fact of
    the knowledge base has this one. "The nationality of [the spouse of Ada]": the fact is the only one of Ada's with this
    predicate. The two facts have different predicates, which are worded in sentences rather than records, and the question does
    not name its answer. Where one entity has many facts, each is in a few pairs, drawn by its row.

    Args:
        wording: The wording of the facts, with references in its language.
        by: The property of the lexicon that refers to the bridge.
        rows: int64 (n,): rows of facts of the knowledge base.
        objects: uint32 (n,): their objects, which are not the true ones in the shuffled arm.
        answerable: bool (n,): whether a question for the object of the fact may be asked.
        name: The property of the lexicon that asks for the object: of training rows or of the exam.

    Returns:
        The pairs, sorted by the first fact.
    """
    subjects, predicates, _ = wording.kb.columns(rows)
    named, bridge = (objects, subjects) if by == "inverseReference" else (subjects, objects)
    seconds = np.flatnonzero(answerable & _in_sentences(wording, name, predicates))
    firsts = np.flatnonzero(_refers(wording, by)[rows])
    draw = mix(rows.astype(np.uint64))
    firsts, seconds = (ends[np.lexsort((draw[ends], at[ends]))] for ends, at in ((firsts, bridge), (seconds, subjects)))
    of_second = grouped(subjects[seconds])  # `seconds` is sorted by subject, so that rows of a group follow one another
    meeting = positions(subjects[seconds][of_second.heads], bridge[firsts])
    firsts, meeting = firsts[meeting >= 0], meeting[meeting >= 0]
    # In a circle of the firsts and seconds of a bridge, each first takes the next few seconds.
    sizes = of_second.sizes[meeting]
    circle = np.maximum(sizes, np.bincount(meeting, minlength=len(of_second.sizes))[meeting])
    index, step = expand(np.zeros(len(firsts), np.int64), np.minimum(circle, _PAIRS))
    place = (rank_in_group(meeting)[index] + step) % circle[index]
    index, place = index[place < sizes[index]], place[place < sizes[index]]
    first, second = firsts[index], seconds[of_second.starts[meeting[index]] + place]
    kept = (predicates[first] != predicates[second]) & (objects[second] != named[first])
    first, second = first[kept], second[kept]
    order = np.lexsort((second, first))
    return Compositions(first[order], second[order], predicates)


def _refers(wording: Wording, by: Reference) -> NDArray[np.bool_]:
    """Mask the facts of the knowledge base that refer to one thing by the name of another."""
    subjects, predicates, objects = wording.kb.columns()
    known = asked(wording, by)
    one: NDArray[np.bool_] = (known.ends[known.question] == 1) & _in_sentences(wording, by, predicates)
    if by == "inverseReference":
        one &= np.isin(predicates, identifying(wording.kb))
    rows = np.flatnonzero(one)
    names = wording.phrases((objects if by == "inverseReference" else subjects)[rows])
    one[rows] = is_short(names)
    return one


def _in_sentences(wording: Wording, name: Property, predicates: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mask the predicates whose fact can be a part of a sentence, stated and as a property of the lexicon says it."""
    known = np.unique(predicates)
    said = [all(_said(wording, each, predicate) for each in (name, "statement")) for predicate in known.tolist()]
    return np.isin(predicates, known[np.array(said, dtype=bool)])


def _said(wording: Wording, name: Property, predicate: int) -> list[str]:
    templates = in_sentences(wording.templates(predicate, name), wording.language)
    return definite(templates, wording.language) if name in REFERENCES else templates


def is_short(names: pa.Array) -> NDArray[np.bool_]:
    """Mask the names that a question or its answer can hold, of at most 16 words."""
    return np.asarray(pc.invert(pc.match_substring_regex(names, _LONG)).to_numpy(zero_copy_only=False), bool)


def refer(wording: Wording, by: Reference, predicate: int, names: pa.Array, variant: int = 0) -> pa.Array:
    """Refer to entities by the name of another: "the country whose capital is Lomé", "the spouse of Ada".

    Args:
        wording: The wording of the facts.
        by: The property of the lexicon.
        predicate: The predicate term.
        names: Strings: the phrases of the other entities.
        variant: The index of the predicate's reference, modulo their number.

    Returns:
        Strings for the slot of a subject.
    """
    references = _said(wording, by, predicate)
    head, tail = references[variant % len(references)].split("{o}" if by == "inverseReference" else "{s}")
    return pc.binary_join_element_wise(pa.scalar(head), names, pa.scalar(tail), "")
