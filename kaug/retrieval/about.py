"""Texts, the terms that they name, and facts → the facts that the texts are about and do not contradict."""

import re
from collections.abc import Sequence
from typing import NamedTuple

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

_NEAR, _JOINED, _NEAR_NAME = 0.5, 0.4, 0.2
"""The minimum cosine of a text and the nearest fact of a subject: of a common noun, which may have other senses or another
role; of one of which the text names both ends of a fact, of each of its facts that is shown, and of a name in a document; of
another name."""

_MORE = 0.05
"""How much nearer they must be in a document, which tells of more things."""

_SHARE = 0.5
"""The minimum of that cosine for any subject, as a share of that of the text's nearest subject."""

_WORDS = 100
"""The words of a text for each time that it names a topic, at most; a text with more words is a document."""

_PART = 1 / 3
"""A document names a topic in its first third and in its last, and a third as often as what it names most often."""

_OPENING = 3
"""The words at most before the name that a text begins with."""

_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\W_]+")
"""A word, of about two letters in scripts without spaces."""

_NEXT = re.compile(r"(?<=\w\w\w)[.!?…][\"'”’»)]*\s+\S|[。！？]\s*\S|\n\s*\n\s*\S")
"""The beginning of another sentence or paragraph."""

_PARAGRAPH = re.compile(r"\n\s*\n\s*\S")
"""The beginning of another paragraph."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"[12]\d{3}")


class _Places(NamedTuple):
    """For each term that texts name: the words of the text, those before its first and before its last mention, its mentions."""

    words: Numbers
    first: Numbers
    last: Numbers
    mentions: Numbers


class About:
    """Tells which facts texts are about.

    A text is about a fact if it names the fact's subject, rather than only its object, if the subject is likely meant by that
    name, in full, and if it is a topic. The topics of a sentence are those of which it names both ends of a fact; where there
    are none, what it names twice; and where there is none of these either, what it begins with. The topics of a few sentences
    are what they begin with and what two of them name; where there are none, and they are one paragraph, those of whose facts
    they name both ends. The topics of a document, of more than a hundred words, are what it names in its first third and in its
    last, once in a hundred words, and a third as often as what it names most often: not what stands in one item of a list, or
    in one of its parts.

    One of its facts must be near in meaning to the text, above all if it is a common noun, which has other senses and roles: a
    map of keys to values is no map to fold. Of a common noun a fact is taken only if it is near itself, or if the text names
    both its ends.

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
        connects = pairs.reason == REASONS.index("connects")
        places = _places(texts, named)
        document = (np.append(places.words, 0) > _WORDS)[entry]
        rest = rest[self._near(texts, pairs.score[rest], entry[rest], connects[rest], document[rest], named)]
        rest = rest[_on_topic(texts, entry[rest], connects[rest], named, places)]
        about[:] = False
        about[rest] = ~self._contradicted(texts, pairs.text[rest], pairs.row[rest], named)
        return about

    def _near(
        self,
        texts: Sequence[str],
        score: NDArray[np.float32],
        entry: Numbers,
        connects: NDArray[np.bool_],
        document: NDArray[np.bool_],
        named: Named,
    ) -> NDArray[np.bool_]:
        """Mask the facts that are near in meaning to the text.

        How near a text in another language is, is unknown: it must name both ends of a fact of the subject.
        """
        best, first = np.zeros(len(named.text), np.float32), np.zeros(len(texts), np.float32)
        np.maximum.at(best, entry, score)
        np.maximum.at(first, named.text[entry], best[entry])
        joined = np.isin(entry, entry[connects])
        common = self._is_common(named.term[entry])
        needed = np.where(common, np.where(joined, _JOINED, _NEAR), np.where(document, _JOINED, _NEAR_NAME))
        more = _MORE * document
        near: NDArray[np.bool_] = best[entry] >= np.maximum(_SHARE * first[named.text[entry]], needed + more)
        near &= ~common | connects | (score >= _JOINED + more)
        tag = self._wording.language
        used = np.unique(named.text[entry]).tolist()
        foreign = [number for number in used if language_of(texts[number], [tag]) != tag]
        return np.where(np.isin(named.text[entry], foreign), np.where(common, connects, joined), near)

    def _is_common(self, term: Numbers) -> NDArray[np.bool_]:
        """Mask the terms with a common noun for a label, rather than a name."""
        terms, index = np.unique(term, return_inverse=True)
        labels = self._wording.labels(terms).to_pylist()
        return np.array([label[:1].islower() for label in labels], dtype=bool)[index]

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
    texts: Sequence[str], entry: Numbers, connects: NDArray[np.bool_], named: Named, places: _Places
) -> NDArray[np.bool_]:
    """Mask the facts whose subject is a topic of the text; see `About`."""
    text, places = named.text[entry], _Places._make(column[entry] for column in places)
    document = places.words > _WORDS
    used, index = np.unique(text, return_inverse=True)
    several, parted = (
        np.array([pattern.search(texts[number]) is not None for number in used.tolist()], dtype=bool)[index]
        for pattern in (_NEXT, _PARAGRAPH)
    )
    twice, opening = places.first < places.last, places.first <= _OPENING
    again = several & np.array(
        [
            _NEXT.search(texts[number], start, last + 1) is not None
            for number, start, last in zip(text, named.start[entry].tolist(), named.last[entry].tolist(), strict=True)
        ],
        dtype=bool,
    )
    topics, rest = np.zeros(len(named.text), dtype=bool), np.ones(len(entry), dtype=bool)
    for evidence in (
        np.where(document, _throughout(text, places), again | (several & opening)),
        connects & ~document & ~parted,
        twice & ~document & ~several,
        opening & ~document & ~several,
    ):
        topics[entry[evidence & rest]] = True
        rest &= ~np.isin(text, named.text[topics])
    return topics[entry]


def _throughout(text: Numbers, places: _Places) -> NDArray[np.bool_]:
    """Mask what a document names in its first part and in its last, and often enough."""
    most = np.zeros(int(text.max(initial=0)) + 1, np.int64)
    np.maximum.at(most, text, places.mentions)
    often: NDArray[np.bool_] = places.mentions >= np.maximum(places.words / _WORDS, _PART * most[text])
    return often & (places.first <= _PART * places.words) & (places.last >= (1 - _PART) * places.words)


def _places(texts: Sequence[str], named: Named) -> _Places:
    """Count the words before the mentions of each term."""
    words, first, last = (np.zeros(len(named.text), np.int64) for _ in range(3))
    for number in np.unique(named.text).tolist():
        part = slice(*np.searchsorted(named.text, [number, number + 1]))
        starts = np.array([word.start() for word in _WORD.finditer(texts[number])])
        words[part] = len(starts)
        first[part], last[part] = (np.searchsorted(starts, column[part]) for column in (named.start, named.last))
    return _Places(words, first, last, named.mentions)


def _other_number(text: str, value: str) -> bool:
    """Whether a text holds none of the numbers of a value, but others: years, if the value has one."""
    said, own = set(_NUMBER.findall(text)), set(_NUMBER.findall(value))
    years = {number for number in own if _YEAR.fullmatch(number)}
    others = {number for number in said if bool(_YEAR.fullmatch(number)) == bool(years)}
    return bool(own) and bool(others) and not (years or own) & said
