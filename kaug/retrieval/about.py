"""Texts, the terms that they name, and facts → the facts that the texts are about and do not contradict."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, pair_keys, positions
from kaug.retrieval.ranking import REASONS, Candidates, Named
from kaug.wording.wording import Wording
from kaug.words.language_of import language_of

__all__ = ["About"]

_SENSE = 0.7
"""The minimum strength of a subject that is named in full: it is likelier meant than all others of its name together."""

_SINGLE = 0.95
"""A predicate has one value if that fraction of its subjects has one."""

_NEAR, _NEAR_NAME = 0.4, 0.2
"""The minimum cosine of a text and the nearest fact of a subject: a common noun, which may have other senses, or a name."""

_SHARE = 0.5
"""The minimum of that cosine for any subject, as a share of that of the text's nearest subject."""

_WORDS = 100
"""The words of a text at most for each time that it names a topic."""

_OPENING = 3
"""The words at most before the name that a text begins with."""

_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\W_]+")
"""A word, of about two letters in scripts without spaces."""

_NEXT = re.compile(r"(?<=\w\w\w)[.!?…][\"'”’»)]*\s+\S|[。！？]\s*\S|\n\s*\n\s*\S")
"""The beginning of another sentence or paragraph."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"[12]\d{3}")


class About:
    """Tells which facts texts are about.

    A text is about a fact if it names the fact's subject, rather than only its object, if the subject is likely meant by that
    name, in full, and if it is a topic. The topics of a sentence are those of which it names both ends of a fact; where there
    are none, what it names twice; and where there is none of these either, what it begins with. The topics of a longer text are
    what it begins with and what it names again; where there are none, those of a sentence. It names them once in a hundred
    words at least.

    One of its facts must be near in meaning to the text, above all if it is a common noun, which has other senses: a map of keys
    to values is no map to fold.

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

    def mask(self, texts: Sequence[str], pairs: Candidates, named: Named) -> NDArray[np.bool_]:
        """Mask the pairs of a text and a fact where the text is about the fact.

        Args:
            texts: The texts.
            pairs: The pairs.
            named: The terms that the texts name.
        """
        entry = self.subject(pairs.text, pairs.row, named)
        strength, start = np.append(named.strength, np.float32(0))[entry], np.append(named.start, -1)[entry]
        about: NDArray[np.bool_] = (strength >= _SENSE) & (start >= 0)
        rest = np.flatnonzero(about)
        rest = rest[_often(texts, named)[entry[rest]]]
        rest = rest[self._near(texts, pairs.score[rest], entry[rest], named)]
        connects = pairs.reason[rest] == REASONS.index("connects")
        rest = rest[_on_topic(texts, pairs.text[rest], entry[rest], connects, named)]
        about[:] = False
        about[rest] = ~self._contradicted(texts, pairs.text[rest], pairs.row[rest], named)
        return about

    def _near(
        self, texts: Sequence[str], score: NDArray[np.float32], entry: Numbers, named: Named
    ) -> NDArray[np.bool_]:
        """Mask the facts whose subject has one near in meaning to the text, which is unknown of texts in other languages."""
        best = np.zeros(len(named.text), np.float32)
        np.maximum.at(best, entry, score)
        first = np.zeros(len(texts), np.float32)
        np.maximum.at(first, named.text[entry], best[entry])
        subjects, index = np.unique(named.term[entry], return_inverse=True)
        common = np.array([label[:1].islower() for label in self._wording.labels(subjects).to_pylist()], dtype=bool)
        needed = np.maximum(_SHARE * first[named.text[entry]], np.where(common[index], _NEAR, _NEAR_NAME))
        near: NDArray[np.bool_] = best[entry] >= needed
        far = np.unique(named.text[entry[~near]])
        tag = self._wording.language
        foreign = [number for number in far.tolist() if language_of(texts[number], [tag]) != tag]
        return near | np.isin(named.text[entry], foreign)

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


def _often(texts: Sequence[str], named: Named) -> NDArray[np.bool_]:
    """Mask the named terms that are named once in so many words at least."""
    lower = [text.lower() for text in texts]
    words = [len(_WORD.findall(text)) for text in texts]
    spans = zip(named.text.tolist(), named.start.tolist(), named.end.tolist(), strict=True)
    return np.array(
        [
            start >= 0
            and (words[text] <= _WORDS or lower[text].count(texts[text][start:end].lower()) * _WORDS >= words[text])
            for text, start, end in spans
        ],
        dtype=bool,
    )


def _on_topic(
    texts: Sequence[str], text: Numbers, entry: Numbers, connects: NDArray[np.bool_], named: Named
) -> NDArray[np.bool_]:
    """Mask the facts whose subject is a topic of the text; see `About`."""
    used, index = np.unique(text, return_inverse=True)
    long = np.array([_NEXT.search(texts[number]) is not None for number in used.tolist()], dtype=bool)[index]
    twice = (named.start != named.last)[entry]
    opening = np.array(
        [
            len(_WORD.findall(texts[number][:start])) <= _OPENING
            for number, start in zip(text.tolist(), named.start[entry].tolist(), strict=True)
        ],
        dtype=bool,
    )
    topics, rest = np.zeros(len(named.text), dtype=bool), np.ones(len(text), dtype=bool)
    for evidence in (long & (twice | opening), connects, twice, opening):
        topics[entry[evidence & rest]] = True
        rest = ~np.isin(text, named.text[topics])
    return topics[entry]


def _other_number(text: str, value: str) -> bool:
    """Whether a text holds none of the numbers of a value, but others: years, if the value has one."""
    said, own = set(_NUMBER.findall(text)), set(_NUMBER.findall(value))
    years = {number for number in own if _YEAR.fullmatch(number)}
    others = {number for number in said if bool(_YEAR.fullmatch(number)) == bool(years)}
    return bool(own) and bool(others) and not (years or own) & said
