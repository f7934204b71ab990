"""Texts → mentions: where a text names terms of the knowledge base, by an automaton over all their labels."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ahocorasick_rs import AhoCorasick
from numpy.typing import NDArray

from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["MENTIONS", "Linker"]

MENTIONS = pa.schema(
    [
        pa.field("text", pa.int32(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("term", pa.uint32(), nullable=False),
        pa.field("surface", pa.string(), nullable=False),
    ]
)
"""Mentions, sorted by text, start, term: characters `start` to `end` of a text, which are `surface`, name `term`."""

_Rule = Literal["any", "lower", "upper", "exact", "exact inside"]
_Form = tuple[int, _Rule, str]

_PLURAL_FROM = 3
_ACRONYM_UP_TO = 5
_SPACES = "\t\n\r\x0b\x0c\x85\xa0\u2007\u2009\u202f\u3000"
# Scripts written without spaces, and Hangul, whose particles follow a name without one.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
_OPENING = frozenset("\"'“‘«‹„([{¿¡*_#>-–—•「『《（")
_ENDING = frozenset(".!?…:;。！？：；\n\r")


class Linker:
    """Finds the terms that a text names.

    Looked for are all labels, in all languages kept, of the IRIs and blank nodes that are subject or object of a fact.
    A term without a label is looked for by the name in its IRI. Letters match whatever their case, but

    - a label that starts with an upper-case letter needs one in the text: "turkey" is not Turkey;
    - one that starts with a lower-case letter needs that too, except at the start of a sentence and in capitals;
    - an acronym (up to five letters, all upper case) is matched as spelt: "who" and "Who" are not the WHO;
    - a label of two letters is matched as spelt and, if the second is lower case ("He"), not where a sentence starts.

    Lower-case English labels of three letters and more are found in the plural (-s, -es, -ies). A mention ends where
    words end, except in scripts without spaces. Of overlapping mentions the leftmost, then the longest, counts. Labels
    of one character, or of two lower-case letters, and those without a letter or digit, are not looked for.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('''@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        ... :t :capital :a . :t rdfs:label "Turkey" . :a rdfs:label "Ankara" .''')
        >>> Linker(build_kb([file])).link(["🦃 No turkey comes from Turkey."])["start"].to_pylist()
        [23]
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        """Build the automaton from a knowledge base; it takes some microseconds a label."""
        forms: dict[str, dict[_Form, None]] = {}
        plurals: dict[str, dict[_Form, None]] = {}
        for term, language, label, rule in _names(kb):
            form = (term, rule, label)
            for spelling in {unicodedata.normalize("NFC", label), unicodedata.normalize("NFD", label)}:
                forms.setdefault(_fold(spelling), {})[form] = None
            if rule in ("lower", "any") and language in ("", "en") and _letters(label) >= _PLURAL_FROM:
                for plural in _plurals(label):
                    plurals.setdefault(plural, {})[form] = None
        # What is itself a label is no plural of another: "news" are not several "new".
        forms.update((plural, found) for plural, found in plurals.items() if plural not in forms)
        self._forms = [tuple(found) for found in forms.values()]
        self._automaton = AhoCorasick(list(forms), store_patterns=False)

    def __len__(self) -> int:
        """Return the number of different surface forms."""
        return len(self._forms)

    def link(self, texts: Sequence[str]) -> pa.Table:
        """Find the mentions in each text.

        Args:
            texts: Any texts, of any length.

        Returns:
            A table of the schema `MENTIONS`; an ambiguous surface gives a row for each of its terms. Offsets count the
            characters of the text as given.
        """
        rows: list[tuple[int, int, int, int, str]] = []
        for number, text in enumerate(texts):
            for start, end, terms in self._mentions(text):
                surface = text[start:end]
                rows.extend((number, start, end, term, surface) for term in terms)
        columns = zip(*rows, strict=True) if rows else ((),) * len(MENTIONS)
        return pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, MENTIONS, strict=True)], schema=MENTIONS
        )

    def _mentions(self, text: str) -> Iterator[tuple[int, int, list[int]]]:
        # All matches, not the automaton's own leftmost-longest: one that the rules refuse must not hide one they allow.
        matches = self._automaton.find_matches_as_indexes(_fold(text), overlapping=True)
        matches.sort(key=lambda match: (match[1], -match[2]))
        free = 0
        for pattern, start, end in matches:
            if start < free or not _stands_alone(text, start, end):
                continue
            terms = {term for term, rule, label in self._forms[pattern] if _allows(rule, label, text, start, end)}
            if terms:
                free = end
                yield start, end, sorted(terms)


def _names(kb: KnowledgeBase) -> Iterator[tuple[int, str, str, _Rule]]:
    wanted = _entities(kb)
    labels = kb.labels.filter(pa.array(wanted[kb.labels["term"].to_numpy()]))
    columns = (labels[name].to_pylist() for name in ("term", "language", "text"))
    for term, language, text in zip(*columns, strict=True):
        label = " ".join(text.split())
        if _worth_looking(label):
            yield term, language.split("-")[0], label, _rule(label)
    wanted[labels["term"].to_numpy()] = False
    wanted &= pc.equal(kb.terms["kind"].cast(pa.string()), "iri").to_numpy()
    unlabelled = np.flatnonzero(wanted)
    for term, text in zip(unlabelled.tolist(), kb.text().take(pa.array(unlabelled)).to_pylist(), strict=True):
        label = " ".join(text.split())
        if _worth_looking(label):
            yield term, "", label, "any"


def _entities(kb: KnowledgeBase) -> NDArray[np.bool_]:
    found = np.zeros(kb.terms.num_rows, bool)
    for side in ("subject", "object"):
        found[kb.facts[side].to_numpy()] = True
    found &= pc.not_equal(kb.terms["kind"].cast(pa.string()), "literal").to_numpy()
    return found


def _worth_looking(label: str) -> bool:
    if len(label) < 2 or (len(label) == 2 and label.islower()):
        return False
    return any(character.isalnum() for character in label)


def _rule(label: str) -> _Rule:
    if len(label) == 2 and label[0].isupper():
        return "exact" if label.isupper() else "exact inside"
    if label.isupper() and len(label) <= _ACRONYM_UP_TO:
        return "exact"
    return "upper" if label[0].isupper() else "lower" if label[0].islower() else "any"


def _allows(rule: _Rule, label: str, text: str, start: int, end: int) -> bool:
    match rule:
        case "any":
            return True
        case "exact":
            return text[start:end] == label
        case "exact inside":
            return text[start:end] == label and not _starts_sentence(text, start)
        case "upper":
            return text[start].isupper()
        case "lower":
            return not text[start].isupper() or text[start:end].isupper() or _starts_sentence(text, start)


def _fold(text: str) -> str:
    """Lower the case and make spaces and apostrophes one, each character by one character."""
    if not text.isascii():
        # Lone surrogates have no UTF-8; and İ is the one character whose lower case is two.
        text = text.encode("utf-8", "replace").decode().replace("İ", "i")
    text = text.lower().replace("ς", "σ").replace("’", "'")
    for space in _SPACES:
        text = text.replace(space, " ")
    return text


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (start and _joined(text[start - 1], text[start])) and not (
        end < len(text) and _joined(text[end - 1], text[end])
    )


def _joined(left: str, right: str) -> bool:
    if unicodedata.combining(right):
        return True
    if not ((left.isalnum() or left == "_") and (right.isalnum() or right == "_")):
        return False
    return not (_UNSPACED.match(left) or _UNSPACED.match(right))


def _starts_sentence(text: str, start: int) -> bool:
    place = start - 1
    while place >= 0 and text[place] not in _ENDING and (text[place].isspace() or text[place] in _OPENING):
        place -= 1
    return place < 0 or text[place] in _ENDING


def _letters(label: str) -> int:
    return sum(character.isalpha() for character in label)


def _plurals(label: str) -> Iterable[str]:
    word = _fold(label)
    if not ("a" <= word[-1] <= "z"):
        return ()
    if re.search(r"[^aeiou]y$", word):
        return (word[:-1] + "ies",)
    if re.search(r"(s|x|z|ch|sh)$", word):
        return (word + "es",)
    return (word + "s", word + "es") if word.endswith("o") else (word + "s",)
