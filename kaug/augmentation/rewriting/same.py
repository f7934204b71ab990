"""A text about facts and the same in other words → where each fact's ends are named, or why it does not say the same.

A check by names, numbers and words, without a model. It errs towards refusing: what it cannot read is not taught.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.wording.wording import Wording

__all__ = ["LANGUAGES", "Reader", "Stated"]

_WORDS = tomllib.loads(Path(__file__).with_name("same.toml").read_text(encoding="utf-8"))

LANGUAGES = frozenset(_WORDS)
"""The languages that can be read, by the first part of their tag."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_UNIT = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SENTENCE = re.compile(r"[^.!?。！？]*(?:[.!?](?!\s|$)[^.!?。！？]*)*[.!?。！？]*")
_BEGINS = re.compile(r"(?:^|[.!?:;。！？：；“\"(])\s*$")
_EDGES = " .,;:!?\"'“”()"
_MOST_UNITS = 12  # of a name
_HOLE = "◦"


class Stated(NamedTuple):
    """A fact in a text.

    Attributes:
        subject: Start and end of a name of the subject.
        object: Start and end of a name of the object, the nearest one.
    """

    subject: tuple[int, int]
    object: tuple[int, int]


class Fact(NamedTuple):
    """A fact, as the arm has it: three terms."""

    subject: int
    predicate: int
    object: int


class Reader:
    """Reads texts in one language by the names of a knowledge base.

    Args:
        wording: The wording of the knowledge base.
    """

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        words = _WORDS[wording.language.split("-", maxsplit=1)[0]]
        self._turns = frozenset(map(_stem, words["turns"].split()))
        self._long = "|".join(re.findall(f"[{_UNSPACED}]{{2,}}", words["turns"]))  # several characters, so no unit
        self._several, self._claims = frozenset(words["several"].split()), re.compile(words["claims"])
        self._names: dict[int, list[str]] = {}
        self._of_predicate: dict[int, frozenset[str]] = {}

    def read(self, text: str, facts: Sequence[Fact]) -> list[Stated] | None:
        """Find each fact in a text by names of both ends; None if one is not named."""
        return _pairs(self._mentions(text, facts), facts)

    def compare(
        self, text: str, original: str, facts: Sequence[Fact], *, in_order: bool = False
    ) -> tuple[str | None, list[Stated]]:
        """Compare a rewrite with its original.

        Args:
            text: The rewrite.
            original: The text that it was made from.
            facts: The facts that the original states.
            in_order: Whether the ends must stand in the order of the original.

        Returns:
            Why it does not say the same, None if it does; and where it states each fact.
        """
        for test, reason in _FORMAL.items():
            if test(text, original):
                return reason, []
        mentions = self._mentions(text, facts)
        stated = _pairs(mentions, facts)
        if stated is None:
            return "a name is missing", []
        named = self._mentions(original, facts)
        bare, before = _cut_out(text, mentions), _cut_out(original, named)
        if self._turning(bare) != self._turning(before) or self._says_all(bare, before):
            return "a word that changes the fact", []
        if len(self._claims.findall(bare)) > len(self._claims.findall(before)):
            return "another claim", []
        if self._adds_a_name(bare, original, facts) or (len(facts) == 1 and len(mentions) > len(named)):
            return "another name", []
        if in_order and _orders(stated) != _orders(_pairs(named, facts) or []):
            return "the names in another order", []
        return self._wrong_relation(text, facts, stated), stated

    def _names_of(self, term: int) -> list[str]:
        if term not in self._names:
            number = np.array([term], np.uint32)
            said = [self._wording.labels(number)[0].as_py(), self._wording.phrases(number)[0].as_py()]
            self._names[term] = list(dict.fromkeys([*said, *self._wording.names(term)]))
        return self._names[term]

    def _mentions(self, text: str, facts: Sequence[Fact]) -> list[tuple[int, int, frozenset[int]]]:
        """Find the names of all ends, the longest at each place: start, end, and the terms that have the name."""
        named: dict[str, set[int]] = {}
        for term in sorted({term for fact in facts for term in (fact.subject, fact.object)}):
            for name in self._names_of(term):
                if name.strip():
                    named.setdefault(name, set()).add(term)
        names = sorted(named, key=lambda name: (-len(name), name))
        pattern = re.compile("|".join(f"({_pattern(name)})" for name in names))
        found = []
        for match in pattern.finditer(text):
            said = names[(match.lastindex or 1) - 1]
            same = [terms for name, terms in named.items() if name.casefold() == said.casefold()]
            found.append((*match.span(), frozenset[int]().union(*same)))
        return found

    def _turning(self, text: str) -> list[str]:
        """Return the words of a text that make another fact of it."""
        text = re.sub(r"n['’]t\b", " not", text.casefold())
        words = [_stem(word) for word in _UNIT.findall(text)] + re.findall(self._long or r"(?!)", text)
        return sorted(word for word in words if word in self._turns)

    def _says_all(self, text: str, before: str) -> bool:
        """Whether a text drops all words that say that there are others: "an official language", "one of"."""
        now, then = (self._several.intersection(_UNIT.findall(one.casefold())) for one in (text, before))
        return bool(then) and not now

    def _adds_a_name(self, bare: str, original: str, facts: Sequence[Fact]) -> bool:
        """Whether a text names what its original does not: a thing of the knowledge base, another end, an unknown name."""
        before = set(_runs(original.casefold()))
        for run in _runs(bare):
            if run.casefold() in before:
                continue
            if run in self._proper or any(run.casefold() in self._ends_of(fact.predicate) for fact in facts):
                return True
        words = (match for match in _UNIT.finditer(bare) if match[0][0].isupper())
        return any(word[0].casefold() not in before and not _BEGINS.search(bare[: word.start()]) for word in words)

    @cached_property
    def _proper(self) -> frozenset[str]:
        """The proper names of all terms: those with a capital letter, or two characters of a script without capitals."""
        kb = self._wording.kb
        names = pc.unique(pa.concat_arrays([*kb.labels["text"].chunks, self._wording.labels()]))
        names = pc.utf8_trim(
            names.filter(pc.match_substring_regex(names, r"\p{Lu}|[\p{Han}\p{Hangul}\p{Thai}]{2}")), _EDGES
        )
        return frozenset(
            name for name in names.to_pylist() if len(name) > (1 if re.search(f"[{_UNSPACED}]", name) else 2)
        )

    def _ends_of(self, predicate: int) -> frozenset[str]:
        """The names of all subjects and objects of a predicate, in lower case."""
        if predicate not in self._of_predicate:
            subjects, predicates, objects = self._wording.kb.columns()
            some = predicates == predicate
            names = self._wording.labels(np.unique(np.concatenate([subjects[some], objects[some]]))).to_pylist()
            self._of_predicate[predicate] = frozenset(
                name.strip(_EDGES).casefold() for name in names if len(name) > 1 and re.search(r"[^\W\d_]", name)
            )
        return self._of_predicate[predicate]

    @cached_property
    def _relations(self) -> dict[str, set[int]]:
        """The predicates by what their templates say."""
        said: dict[str, set[int]] = {}
        for predicate in np.unique(self._wording.kb.columns()[1]).tolist():
            for template in self._wording.templates(predicate, "statement"):
                said.setdefault(_words(template), set()).add(predicate)
        return said

    def _wrong_relation(self, text: str, facts: Sequence[Fact], stated: Sequence[Stated]) -> str | None:
        """Compare each sentence that names both ends of a fact with the templates of all predicates."""
        same = {pair for one, other in self._wording.inverses for pair in ((one, other), (other, one))}
        for sentence, (fact, place) in product(_SENTENCE.finditer(text), zip(facts, stated, strict=True)):
            start, end = sentence.span()
            if not all(start <= low and high <= end for low, high in place):
                continue
            said, turned = (
                _words(_filled(text, place, slots, start, end)) for slots in (("{s}", "{o}"), ("{o}", "{s}"))
            )
            right = {fact.predicate} & self._relations.get(said, {fact.predicate})
            if not right:
                return "another relation"
            backwards = self._relations.get(turned, set())
            both_ways = any((fact.predicate, other) in same for other in {fact.predicate, *backwards})
            if backwards and said not in self._relations and not both_ways:
                return "the relation turned round"
        return None


def _stem(word: str) -> str:
    return word.removesuffix("ly").removesuffix("y").removesuffix("e")


def _pattern(name: str) -> str:
    """Find a name as whole words, in any case; one of a letter or two, which may be a word, in its own."""
    body = r"\s+".join(map(re.escape, name.split()))
    first, last = (re.fullmatch(f"[^\\W{_UNSPACED}]", name.strip()[side]) for side in (0, -1))
    flag = "" if len(name.strip()) <= 2 else "i"
    return (r"(?<!\w)" if first else "") + (f"(?{flag}:{body})" if flag else body) + (r"(?!\w)" if last else "")


def _pairs(mentions: Sequence[tuple[int, int, frozenset[int]]], facts: Sequence[Fact]) -> list[Stated] | None:
    """Choose for each fact the mentions of its ends that stand nearest; None if one is not named."""
    chosen = []
    for fact in facts:
        pairs = [
            (abs(one[0] - other[0]), one[:2], other[:2])
            for one, other in product(mentions, mentions)
            if fact.subject in one[2] and fact.object in other[2] and one is not other
        ]
        if not pairs:
            return None
        chosen.append(Stated(*min(pairs)[1:]))
    return chosen


def _orders(stated: Sequence[Stated]) -> list[bool]:
    return [place.subject < place.object for place in stated]


def _cut_out(text: str, mentions: Sequence[tuple[int, int, frozenset[int]]]) -> str:
    for start, end, _ in reversed(mentions):
        text = text[:start] + _HOLE + text[end:]
    return text


def _runs(text: str) -> Iterator[str]:
    """Yield all runs of up to twelve words, or characters of scripts without spaces, as they stand."""
    units = [match.span() for match in _UNIT.finditer(text)]
    for first, (start, _) in enumerate(units):
        for _, end in units[first : first + _MOST_UNITS]:
            if _HOLE in text[start:end]:
                break
            yield text[start:end]


def _filled(text: str, place: Stated, slots: tuple[str, str], start: int, end: int) -> str:
    for (low, high), slot in sorted(zip(place, slots, strict=True), reverse=True):
        text, end = text[:low] + slot + text[high:], end + len(slot) - (high - low)
    return text[start:end]


def _words(template: str) -> str:
    return " ".join(re.findall(r"\{[so]\}|\w+", template.casefold()))


_FORMAL: dict[Callable[[str, str], bool], str] = {
    lambda text, _: not text: "no text",
    lambda text, original: len(text) > 1.5 * len(original) + 40: "too long",
    lambda text, _: "\n" in text or "\r" in text: "several paragraphs",
    lambda text, original: _words(text) == _words(original): "the same words",
    lambda text, original: len(re.findall("[?？]", text)) > len(re.findall("[?？]", original)): "a question",
    lambda text, original: set(_NUMBER.findall(text)) != set(_NUMBER.findall(original)): "other numbers",
}
"""What is wrong with a rewrite, whatever it says."""
