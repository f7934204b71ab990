"""A knowledge base and a language → labels and phrases for its terms, templates and sentences for its facts.

A template is a sentence with the slots `{s}` and `{o}`. It comes from the lexicon (RDF annotations of the predicate) or,
for a predicate that the lexicon lacks, from the predicate's label by rule; `rdf:type` and `rdfs:subClassOf` have their
own templates.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import grouped
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import SLOT, Property
from kaug.namespaces import XSD
from kaug.wording.frames import fill_frame
from kaug.wording.rules import Values, by_rule
from kaug.words.clean import CONTROL, break_control
from kaug.words.terms import CLASS_OF, class_terms, term_words
from kaug.words.values import name_words, words_of

__all__ = ["Filled", "Wording", "fill", "groups"]

_Numbers = NDArray[np.uint32] | NDArray[np.int64]

_CALL_OVERHEAD = 4096
"""The overhead of a lookup, in terms."""


class Wording:
    """The labels, phrases and sentences of a knowledge base in one language.

    Words are computed on demand and cached, so reuse an instance.

    Attributes:
        kb: The knowledge base.
        language: BCP 47 tag.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :hasCapital :lome .')
        >>> wording = Wording(build_kb([file]))
        >>> wording.sentences([0]).to_pylist()
        ['The capital of togo is lome.']
        >>> wording.templates(wording.kb.facts["predicate"][0].as_py(), "question")
        ['What is the capital of {s}?', 'Tell me the capital of {s}.']
    """

    def __init__(self, kb: KnowledgeBase, language: str = "en") -> None:
        self.kb, self.language = kb, language
        self._is_english = language.split("-", maxsplit=1)[0] == "en"
        self._labels, self._phrases = _Words(), _Words()
        self._names: dict[int, tuple[str, str]] = {}

    def labels(self, terms: _Numbers | None = None) -> pa.Array:
        """Return the bare labels of terms.

        A term without a label in the language takes one in the next language of the knowledge base, then one without a
        language, then any. Without any label, the text is the last part of its IRI, or the literal's value in words.

        Args:
            terms: (n,): term numbers; None for all, which takes longer than a few.

        Returns:
            Strings (n,), never null.
        """
        return self._find(self._labels, terms, phrases=False)

    def phrases(self, terms: _Numbers | None = None) -> pa.Array:
        """Return phrases for terms inside a sentence ("a dog"); see `labels`."""
        return self._find(self._phrases, terms, phrases=True)

    def names(self, term: int) -> list[str]:
        """Return all names of a term that are right answers: its label, alternative labels, a value in words."""
        low, high = np.searchsorted(self._label_terms, [term, term + 1])
        rows = self.kb.labels.slice(int(low), int(high - low)).to_pylist()
        chosen = [row for row in rows if row["language"].split("-")[0] in (self.language, "")] or rows
        label = self.labels(np.array([term]))[0].as_py()
        return list(dict.fromkeys([label, *(row["text"] for row in chosen)]))

    def predicate_name(self, predicate: int) -> str:
        """Return a predicate's label, or its IRI's local name in words.

        In English, a label without a Latin letter is ignored. The name of a path of types, as in Freebase, is its last part:
        "film.film.directed_by" is "directed by".
        """
        if predicate not in self._names:
            others = [] if self._names else pc.unique(self.kb.facts["predicate"]).to_pylist()
            terms = list(dict.fromkeys([predicate, *others]))
            names = name_words(self.kb.terms["value"].take(pa.array(terms)))
            labels = self.labels(np.array(terms, dtype=np.int64))
            self._names.update(zip(terms, zip(labels.to_pylist(), names.to_pylist(), strict=True), strict=True))
        label, name = self._names[predicate]
        local = re.split(r"[#/:]", self.kb.terms["value"][predicate].as_py().rstrip("#/:"))[-1]
        latin = not self._is_english or re.search("[A-Za-z]", label)
        if latin and label not in (words_of(local), name):
            return label
        return words_of(re.split(r"(?<=[a-z0-9])(?:__|\.)(?=[a-z])", local)[-1]) or label

    def templates(self, predicate: int, name: Property) -> list[str]:
        """Return the templates of a predicate for one property of the lexicon, the plainest first.

        Args:
            predicate: The predicate's term number.
            name: The property. A template of the lexicon without a language serves every language.

        Returns:
            In English at least one template; none in a language that the lexicon lacks.
        """
        templates = self._lexicon.get((predicate, name), [])
        if templates or not self._is_english:
            return list(templates)
        iri = self.kb.terms["value"][predicate].as_py()
        if iri in CLASS_OF:
            return fill_frame("class")[name]
        if iri in _DESCRIPTIONS:
            return fill_frame("description")[name]
        return by_rule(self.predicate_name(predicate), self._values.get(predicate, "thing"))[name]

    def statement(self, predicate: int) -> str:
        """Return the plainest statement template of a predicate, in English where the language has none."""
        return (self.templates(predicate, "statement") or self._english.templates(predicate, "statement"))[0]

    def sentences(self, rows: NDArray[np.int64] | slice | range | list[int] = slice(None)) -> pa.Array:
        """Write each fact as its plainest sentence, in English where the language has no template.

        Args:
            rows: int64 (n,): row numbers of facts; all by default.

        Returns:
            Strings (n,), in the order of `rows`.
        """
        rows = rows if isinstance(rows, slice) else np.asarray(rows, dtype=np.int64)
        subjects, predicates, objects = self.kb.columns(rows)
        self.phrases(np.concatenate([subjects, objects]))
        pieces, order = [pa.array([], pa.string())], [np.zeros(0, dtype=np.int64)]
        for predicate, group in groups(predicates):
            ends = (self.phrases(column[group]) for column in (subjects, objects))
            pieces.append(fill(self.statement(predicate), *ends).text)
            order.append(group)
        return pa.concat_arrays(pieces).take(pa.array(np.argsort(np.concatenate(order))))

    @cached_property
    def _english(self) -> "Wording":
        return self if self._is_english else Wording(self.kb)

    @cached_property
    def _label_terms(self) -> NDArray[np.uint32]:
        return np.asarray(self.kb.labels["term"].to_numpy())

    @cached_property
    def _classes(self) -> NDArray[np.bool_] | None:
        return class_terms(self.kb.terms, self.kb.facts, self.kb.axioms) if self._is_english else None

    @cached_property
    def _lexicon(self) -> dict[tuple[int, str], list[str]]:
        """Return the lexicon's templates in the language, by predicate and property."""
        table = self.kb.lexicon.filter(pc.is_in(self.kb.lexicon["language"], pa.array([self.language, ""])))
        templates: dict[tuple[int, str], list[str]] = {}
        for row in table.to_pylist():
            templates.setdefault((row["predicate"], row["property"]), []).append(row["text"])
        return templates

    @cached_property
    def _values(self) -> dict[int, Values]:
        return _object_values(self.kb)

    def _find(self, words: "_Words", terms: _Numbers | None, *, phrases: bool) -> pa.Array:
        """Return the words of terms and cache them; compute those of all terms once this costs less than more lookups."""
        kb, count = self.kb, self.kb.terms.num_rows
        if words.row is None:
            words.row = np.full(count, -1, np.int64)

        def find(chosen: NDArray[np.int64]) -> pa.Array:
            classes = self._classes if phrases else None
            return term_words(kb.terms, kb.labels, chosen, [self.language, *kb.languages], phrases, classes)

        new = np.arange(count) if terms is None else np.asarray(terms, np.int64)
        new = new[words.row[new] < 0]
        numbers = np.arange(len(new))
        words.row[new] = numbers  # of a term that is given twice, the last stays
        new = new[words.row[new] == numbers]
        words.cost += len(new) + (_CALL_OVERHEAD if len(new) else 0)
        if not words.complete and (terms is None or words.cost > count):
            words.row, words.complete = np.arange(count), True
            words.texts = find(words.row)
        elif len(new):
            words.row[new] = len(words.texts) + np.arange(len(new))
            words.texts = pa.concat_arrays([words.texts, find(new)])
        return words.texts if terms is None else words.texts.take(pa.array(words.row[np.asarray(terms, np.int64)]))


class _Words:
    """The cached words: term t has `texts[row[t]]`, with t for row[t] once they are complete, with -1 if not cached."""

    def __init__(self) -> None:
        self.row: NDArray[np.int64] | None = None
        self.texts = pa.array([], pa.string())
        self.complete = False
        self.cost = 0  # in terms


def groups(predicates: NDArray[np.uint32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Group facts by predicate.

    Args:
        predicates: uint32 (n,).

    Yields:
        Each predicate, ascending, and the int64 rows of its facts, ascending.

    Examples:
        >>> [(predicate, rows.tolist()) for predicate, rows in groups(np.array([7, 3, 7], np.uint32))]
        [(3, [1]), (7, [0, 2])]
    """
    facts = grouped(predicates)
    for number, head in enumerate(facts.heads):
        yield int(predicates[head]), facts[number]


@dataclass(frozen=True)
class Filled:
    """A column of sentences, with the character offsets of both slots (-1 if the template lacks the slot).

    Attributes:
        text: Strings (n,).
        subject: int64 (n, 2): start and end of the subject.
        object: int64 (n, 2): start and end of the object.
    """

    text: pa.Array
    subject: NDArray[np.int64]
    object: NDArray[np.int64]


def fill(template: str, subjects: pa.Array, objects: pa.Array) -> Filled:
    """Fill the slots of a template from two columns.

    Args:
        template: A sentence with `{s}`, `{o}` or both.
        subjects: Strings (n,).
        objects: Strings (n,).

    Returns:
        The sentences, their first letter in upper case, with exact character spans. A chat-control token that arises
        between two parts (`Togo <` before `|im_end|`) is broken up.

    Examples:
        >>> filled = fill("{o} is its capital: {s}.", pa.array(["Togo"]), pa.array(["Lomé"]))
        >>> filled.text[0].as_py(), filled.subject.tolist(), filled.object.tolist()
        ('Lomé is its capital: Togo.', [[21, 25]], [[0, 4]])
    """
    parts: list[pa.Array | pa.Scalar] = []
    spans = {name: np.full((len(subjects), 2), -1, dtype=np.int64) for name in "so"}
    end = np.zeros(len(subjects), dtype=np.int64)
    for index, piece in enumerate(SLOT.split(template)):
        if index % 2:
            column = subjects if piece == "s" else objects
            start, end = end, end + pc.utf8_length(column).to_numpy(zero_copy_only=False)
            spans[piece] = np.stack([start, end], axis=1)
            parts.append(column)
        else:
            end = end + len(piece)
            parts.append(pa.scalar(piece))
    text = pc.binary_join_element_wise(*parts, "")
    if template.endswith("}.") and pc.any(pc.ends_with(text, "..")).as_py():
        text = pc.replace_substring_regex(text, r"\.\.$", ".")  # an object may end in a full stop of its own
    if template[:1] == "{" or template[:1].islower():
        text = _sentence(text)
    for row in np.flatnonzero(pc.match_substring_regex(text, CONTROL).to_numpy(zero_copy_only=False)):
        breaks = np.array([match.start() + 1 for match in re.finditer(f"(?={CONTROL})", text[int(row)].as_py())])
        for span in spans.values():
            if span[row, 0] >= 0:
                span[row] += np.searchsorted(breaks, span[row, 0], "right"), np.searchsorted(breaks, span[row, 1])
    return Filled(break_control(text), spans["s"], spans["o"])


def _sentence(text: pa.Array) -> pa.Array:
    """Capitalise the first letter, unless that gives two characters, as for ß, which would shift every span."""
    first = pc.utf8_slice_codeunits(text, 0, 1)
    upper = pc.utf8_upper(first)
    same = pc.equal(pc.utf8_length(upper), pc.utf8_length(first))
    return pc.binary_join_element_wise(pc.if_else(same, upper, first), pc.utf8_slice_codeunits(text, 1), "")


def _object_values(kb: KnowledgeBase) -> dict[int, Values]:
    """Return the kind of objects of each predicate whose objects are all of one kind; numbers may include years."""
    datatypes = pc.cast(kb.terms["datatype"], pa.string())
    codes = np.zeros(kb.terms.num_rows, dtype=np.int8)
    for datatype in pc.unique(datatypes).to_pylist():
        if datatype in _KIND_OF:
            codes[pc.equal(datatypes, datatype).fill_null(False).to_numpy()] = _KINDS.index(_KIND_OF[datatype])
    year, count = _KINDS.index("year"), _KINDS.index("count")
    counts = np.flatnonzero(codes == count)
    codes[counts[pc.match_substring_regex(kb.terms["value"].take(pa.array(counts)), _YEAR).to_numpy()]] = year
    _, predicates, objects = kb.columns()
    stated = pa.table({"predicate": predicates, "kind": codes[objects]})
    ranges = stated.group_by("predicate").aggregate([("kind", "min"), ("kind", "max")])
    kinds = {}
    for predicate, low, high in zip(*(column.to_pylist() for column in ranges.columns), strict=True):
        if low == high or (low, high) == (year, count):
            kinds[predicate] = _KINDS[high]
    return kinds


_KINDS: list[Values] = ["thing", "truth", "date", "year", "time", "count"]
_INTEGERS = ("integer", "int", "long", "short", "nonNegativeInteger", "positiveInteger", "unsignedInt", "unsignedShort")
_KIND_OF: dict[str, Values] = {
    XSD + "boolean": "truth",
    XSD + "date": "date",
    XSD + "dateTime": "date",
    XSD + "gYear": "year",
    XSD + "time": "time",
    **{XSD + name: "count" for name in _INTEGERS},
}
_YEAR = r"^(1\d{3}|20\d{2})$"
_DESCRIPTIONS = {
    "http://www.w3.org/2000/01/rdf-schema#comment",
    "http://www.w3.org/2004/02/skos/core#definition",
    "http://purl.org/dc/terms/description",
    "http://purl.org/dc/elements/1.1/description",
}
