"""Texts, the terms that they name, and facts → the facts that the texts are about and do not contradict."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, pair_keys, positions
from kaug.retrieval.ranking import Named
from kaug.wording.wording import Wording

__all__ = ["About"]

_SENSE = 0.7
"""The minimum strength of a subject that is named in full: it is likelier meant than all others of its name together."""

_SINGLE = 0.95
"""A predicate has one value if that fraction of its subjects has one."""

_OPENING = 3
"""The words at most before the name that a text begins with."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"[12]\d{3}")


class About:
    """Tells which facts texts are about.

    A text is about a fact if it names the fact's subject, rather than only its object, if the subject is likely meant by that
    name, in full, and if it is a topic: the text names both ends of one of its facts; where this is so of none, it names it
    twice; and where there is none of these either, it begins with it.

    It may contradict a fact, which is then left out, if the predicate has one value, the text does not name the fact's, and it
    names another thing that is a value of the predicate, or another number where the value is one.
    """

    def __init__(self, wording: Wording) -> None:
        """Find the predicates with one value, and all values of each."""
        self._wording = wording
        subjects, predicates, objects = wording.kb.columns()
        pairs = distinct(pair_keys(predicates, subjects))
        many = distinct(pair_keys(predicates, subjects)[wording.several()])
        size = wording.kb.terms.num_rows
        all_, several = (
            np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=size) for keys in (pairs, many)
        )
        self._single = several <= (1 - _SINGLE) * all_
        self._values = distinct(pair_keys(predicates, objects))
        self._literal = pc.equal(wording.kb.terms["kind"], "literal").to_numpy()

    def mask(
        self, texts: Sequence[str], text: Numbers, row: Numbers, connects: NDArray[np.bool_], named: Named
    ) -> NDArray[np.bool_]:
        """Mask the pairs of a text and a fact where the text is about the fact.

        Args:
            texts: The texts.
            text: int64 (n,): the text of each pair.
            row: int64 (n,): the row of its fact.
            connects: bool (n,): whether the text names both ends of the fact.
            named: The terms that the texts name.
        """
        entry = self.subject(text, row, named)
        strength, start = np.append(named.strength, np.float32(0))[entry], np.append(named.start, -1)[entry]
        about: NDArray[np.bool_] = (strength >= _SENSE) & (start >= 0)
        rest = np.flatnonzero(about)
        rest = rest[_on_topic(texts, text[rest], entry[rest], connects[rest], named)]
        about[:] = False
        about[rest] = ~self._contradicted(texts, text[rest], row[rest], named)
        return about

    def subject(self, text: Numbers, row: Numbers, named: Named) -> Numbers:
        """Find the entries of facts' subjects among the terms that texts name; -1 where a text does not name it."""
        return named.find(text, self._wording.kb.columns(row)[0].astype(np.int64))

    def _contradicted(self, texts: Sequence[str], text: Numbers, row: Numbers, named: Named) -> NDArray[np.bool_]:
        subjects, predicates, objects = self._wording.kb.columns(row)
        asked = self._single[predicates] & ~self._wording.several(row)
        thing = np.flatnonzero(asked & ~self._literal[objects] & (named.find(text, objects.astype(np.int64)) < 0))
        number = np.flatnonzero(asked & self._literal[objects])
        contradicted = np.zeros(len(row), dtype=bool)
        # The things named in full in the text of each fact, that are values of its predicate.
        full = np.flatnonzero(named.start >= 0)
        first, last = (np.searchsorted(named.text[full], text[thing], side) for side in ("left", "right"))
        index, other = expand(first, last)
        term = named.term[full[other]]
        value = positions(self._values, pair_keys(predicates[thing][index], term)) >= 0
        contradicted[thing[index[value & (term != subjects[thing][index])]]] = True
        labels = self._wording.labels(objects[number]).to_pylist()
        contradicted[number] = [
            _other_number(texts[one], label) for one, label in zip(text[number].tolist(), labels, strict=True)
        ]
        return contradicted


def _on_topic(
    texts: Sequence[str], text: Numbers, entry: Numbers, connects: NDArray[np.bool_], named: Named
) -> NDArray[np.bool_]:
    """Mask the facts whose subject is a topic of the text: linked to something there, else named twice, else at its beginning."""
    twice = (named.start != named.last)[entry]
    opening = [
        start >= 0 and len(texts[one][:start].split()) <= _OPENING
        for one, start in zip(text.tolist(), named.start[entry].tolist(), strict=True)
    ]
    topics, rest = np.zeros(len(named.text), dtype=bool), np.ones(len(text), dtype=bool)
    for evidence in (connects, twice, np.array(opening, dtype=bool)):
        topics[entry[evidence & rest]] = True
        rest = ~np.isin(text, named.text[topics])
    return topics[entry]


def _other_number(text: str, value: str) -> bool:
    """Whether a text holds none of the numbers of a value, but others: years, if the value has one."""
    said, own = set(_NUMBER.findall(text)), set(_NUMBER.findall(value))
    years = {number for number in own if _YEAR.fullmatch(number)}
    others = {number for number in said if bool(_YEAR.fullmatch(number)) == bool(years)}
    return bool(own) and bool(others) and not (years or own) & said
