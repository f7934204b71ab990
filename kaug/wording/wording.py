"""A knowledge base and a language → how its terms and facts are said: labels, phrases, templates, sentences.

A template is a sentence with the slots `{s}` and `{o}`. It comes from the lexicon (RDF annotations of the predicate) or,
for a predicate that the lexicon lacks, from the predicate's label by rule; what something is (`rdf:type`,
`rdfs:subClassOf`) has a rule of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import SLOT, Property
from kaug.wording.rules import Values, by_rule
from kaug.words.clean import CONTROL, break_control
from kaug.words.terms import CLASS_OF, class_terms, term_words
from kaug.words.values import name_words, words_of

__all__ = ["Filled", "Wording", "fill", "groups"]

_Numbers = NDArray[np.uint32] | NDArray[np.int64]

_ASKING = 4096
"""To ask for the words of one term takes as long as to find those of so many more."""


class Wording:
    """How a knowledge base is said in one language.

    Cheap to make: words are found when they are asked for, and kept. Hand one on rather than making many.

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
        self._labels, self._phrases = _Found(), _Found()
        self._names: dict[int, tuple[str, str]] = {}

    def labels(self, terms: _Numbers | None = None) -> pa.Array:
        """Return the bare labels of terms.

        A term without a label in the language takes one in the next language of the knowledge base, then one without a
        language, then any; a term without any label is named by the last part of its IRI, a literal by its value in words.

        Args:
            terms: (n,): term numbers; None is all. The words of a few are found faster than those of all.

        Returns:
            Strings (n,), never null.
        """
        return self._find(self._labels, terms, phrases=False)

    def phrases(self, terms: _Numbers | None = None) -> pa.Array:
        """Return how terms stand inside a sentence ("a dog"); see `labels`."""
        return self._find(self._phrases, terms, phrases=True)

    def names(self, term: int) -> list[str]:
        """Return all names of a term that count as a right answer: its label, alternatives, a value in words."""
        low, high = np.searchsorted(self._label_terms, [term, term + 1])
        rows = self.kb.labels.slice(int(low), int(high - low)).to_pylist()
        chosen = [row for row in rows if row["language"].split("-")[0] in (self.language, "")] or rows
        label = self.labels(np.array([term]))[0].as_py()
        return list(dict.fromkeys([label, *(row["text"] for row in chosen)]))

    def predicate_name(self, predicate: int) -> str:
        """Return what a predicate is called: its label, or its IRI's local name in words.

        In English, a label without a Latin letter is passed over. Of a path of types, as in Freebase, the last part is
        taken: "film.film.directed_by" is "directed by".
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
        given = self._lexicon.get((predicate, name), [])
        if given or not self._is_english:
            return list(given)
        iri = self.kb.terms["value"][predicate].as_py()
        if iri in CLASS_OF:
            return list(_CLASS_OF[name])
        if iri in _DESCRIBING:
            return list(_DESCRIBED[name])
        return by_rule(self.predicate_name(predicate), self._values.get(predicate, "thing"))[name]

    def statement(self, predicate: int) -> str:
        """Return the plainest statement template of a predicate, in English where the language has none."""
        given = self.templates(predicate, "statement") or self._english.templates(predicate, "statement")
        return given[0]

    def sentences(self, rows: NDArray[np.int64] | slice | range | list[int] = slice(None)) -> pa.Array:
        """Say each fact in its plainest sentence; what has no template in the language is said in English.

        Args:
            rows: int64 (n,): row numbers of facts; all by default.

        Returns:
            Strings (n,), in the order of `rows`.
        """
        rows = rows if isinstance(rows, slice) else np.asarray(rows, dtype=np.int64)
        subjects, predicates, objects = self.kb.columns(rows)
        self.phrases(np.concatenate([subjects, objects]))
        pieces, order = [pa.array([], pa.string())], [np.zeros(0, dtype=np.int64)]
        for predicate, places in groups(predicates):
            ends = (self.phrases(column[places]) for column in (subjects, objects))
            pieces.append(fill(self.statement(predicate), *ends).text)
            order.append(places)
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
        """The lexicon's templates in the language, by predicate and property."""
        table = self.kb.lexicon
        table = table.filter(pc.is_in(table["language"], pa.array([self.language, ""])))
        templates: dict[tuple[int, str], list[str]] = {}
        for predicate, name, text in zip(
            *(table[name].to_pylist() for name in ("predicate", "property", "text")), strict=True
        ):
            templates.setdefault((predicate, name), []).append(text)
        return templates

    @cached_property
    def _values(self) -> dict[int, Values]:
        return _object_values(self.kb)

    def _find(self, found: "_Found", terms: _Numbers | None, *, phrases: bool) -> pa.Array:
        kb, count = self.kb, self.kb.terms.num_rows

        def find(chosen: NDArray[np.int64]) -> pa.Array:
            classes = self._classes if phrases else None
            return term_words(kb.terms, kb.labels, chosen, [self.language, *kb.languages], phrases, classes)

        if found.terms is not None:
            new = np.arange(count) if terms is None else np.setdiff1d(np.asarray(terms, np.int64), found.terms)
            found.cost += len(new) + (_ASKING if len(new) else 0)
            if terms is None or found.cost > count:  # to go on bit by bit would cost more than to find all
                found.terms, found.words = None, find(np.arange(count))
            elif len(new):
                order = np.argsort(np.concatenate([found.terms, new]))
                found.words = pa.concat_arrays([found.words, find(new)]).take(pa.array(order))
                found.terms = np.concatenate([found.terms, new])[order]
        if terms is None:
            return found.words
        return found.words.take(pa.array(terms if found.terms is None else np.searchsorted(found.terms, terms)))


class _Found:
    """The words found so far: `words[i]` is how `terms[i]`, ascending, is called; without `terms`, all are found."""

    def __init__(self) -> None:
        self.terms: NDArray[np.int64] | None = np.zeros(0, np.int64)
        self.words = pa.array([], pa.string())
        self.cost = 0  # in terms


def groups(predicates: NDArray[np.uint32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Group facts by predicate.

    Args:
        predicates: uint32 (n,).

    Yields:
        Each predicate, ascending, and the int64 places of its facts, ascending.

    Examples:
        >>> [(predicate, places.tolist()) for predicate, places in groups(np.array([7, 3, 7], np.uint32))]
        [(3, [1]), (7, [0, 2])]
    """
    order = np.argsort(predicates, kind="stable")
    bounds = np.flatnonzero(np.diff(predicates[order])) + 1
    for places in np.split(order, bounds) if len(order) else ():
        yield int(predicates[places[0]]), places


@dataclass(frozen=True)
class Filled:
    """Sentences in a column, with the character offsets of both slots (-1 where a template lacks the slot).

    Attributes:
        text: Strings (n,).
        subject: int64 (n, 2): start and end of what stands for the subject.
        object: int64 (n, 2): likewise for the object.
    """

    text: pa.Array
    subject: NDArray[np.int64]
    object: NDArray[np.int64]


def fill(template: str, subjects: pa.Array, objects: pa.Array) -> Filled:
    """Fill a template's slots from two columns.

    Args:
        template: A sentence with `{s}`, `{o}` or both.
        subjects: Strings, n: what stands for the subject.
        objects: Strings, n.

    Returns:
        The sentences, their first letter in upper case, with exact character spans. What would be a chat-control token only
        once its parts stand together (`Togo <` before `|im_end|`) is broken up.

    Examples:
        >>> filled = fill("{o} is its capital: {s}.", pa.array(["Togo"]), pa.array(["Lomé"]))
        >>> filled.text[0].as_py(), filled.subject.tolist(), filled.object.tolist()
        ('Lomé is its capital: Togo.', [[21, 25]], [[0, 4]])
    """
    parts: list[pa.Array | pa.Scalar] = []
    spans = {name: np.full((len(subjects), 2), -1, dtype=np.int64) for name in "so"}
    place = np.zeros(len(subjects), dtype=np.int64)
    for index, piece in enumerate(SLOT.split(template)):
        if index % 2:
            column = subjects if piece == "s" else objects
            spans[piece][:, 0] = place
            place = place + pc.utf8_length(column).to_numpy(zero_copy_only=False)
            spans[piece][:, 1] = place
            parts.append(column)
        else:
            place = place + len(piece)
            parts.append(pa.scalar(piece))
    if parts and isinstance(parts[0], pa.Scalar) and template[0] != "{":
        parts[0] = pa.scalar(_upper(template.split("{", maxsplit=1)[0]))
    text = pc.binary_join_element_wise(*parts, "")
    if template.endswith("}.") and pc.any(pc.ends_with(text, "..")).as_py():
        text = pc.replace_substring_regex(text, r"\.\.$", ".")  # an object may end in a full stop of its own
    text = _sentence(text) if template.startswith("{") else text
    for row in np.flatnonzero(pc.match_substring_regex(text, CONTROL).to_numpy(zero_copy_only=False)):
        breaks = np.array([found.start() + 1 for found in re.finditer(f"(?={CONTROL})", text[int(row)].as_py())])
        for span in spans.values():
            if span[row, 0] >= 0:
                span[row] += np.searchsorted(breaks, span[row, 0], "right"), np.searchsorted(breaks, span[row, 1])
    return Filled(break_control(text), spans["s"], spans["o"])


def _sentence(text: pa.Array) -> pa.Array:
    first = pc.utf8_slice_codeunits(text, 0, 1)
    upper = pc.utf8_upper(first)
    same = pc.equal(pc.utf8_length(upper), pc.utf8_length(first))  # ß would become two letters and move every span
    return pc.binary_join_element_wise(pc.if_else(same, upper, first), pc.utf8_slice_codeunits(text, 1), "")


def _upper(text: str) -> str:
    upper = text[:1].upper()
    return upper + text[1:] if len(upper) == len(text[:1]) else text


def _object_values(kb: KnowledgeBase) -> dict[int, Values]:
    """What the objects of each predicate are, where they are all of one kind."""
    datatypes = pc.cast(kb.terms["datatype"], pa.string())
    codes = np.zeros(kb.terms.num_rows, dtype=np.int8)
    for datatype in pc.unique(datatypes).to_pylist():
        if datatype in _KIND_OF:
            codes[pc.equal(datatypes, datatype).fill_null(False).to_numpy()] = _KINDS.index(_KIND_OF[datatype])
    number, year = _KINDS.index("count"), _KINDS.index("year")
    counts = np.flatnonzero(codes == number)
    years = pc.match_substring_regex(kb.terms["value"].take(pa.array(counts)), _YEAR)
    codes[counts[years.to_numpy()]] = year
    _, predicates, objects = kb.columns()
    stated = np.zeros((kb.terms.num_rows, len(_KINDS)), dtype=bool)
    stated[predicates, codes[objects]] = True
    used = np.flatnonzero(stated.any(axis=1))
    low, high = stated[used].argmax(axis=1), number - stated[used, ::-1].argmax(axis=1)
    kinds = np.where((low == year) & (high == number), number, np.where(low == high, low, 0))
    return {int(term): _KINDS[kind] for term, kind in zip(used, kinds, strict=True) if kind}


_XSD = "http://www.w3.org/2001/XMLSchema#"
_KINDS: list[Values] = ["thing", "truth", "date", "year", "time", "count"]
_INTEGERS = ("integer", "int", "long", "short", "nonNegativeInteger", "positiveInteger", "unsignedInt", "unsignedShort")
_KIND_OF: dict[str, Values] = {
    _XSD + "boolean": "truth",
    _XSD + "date": "date",
    _XSD + "dateTime": "date",
    _XSD + "gYear": "year",
    _XSD + "time": "time",
    **{_XSD + name: "count" for name in _INTEGERS},
}
_YEAR = r"^(1\d{3}|20\d{2})$"


_DESCRIBING = {
    "http://www.w3.org/2000/01/rdf-schema#comment",
    "http://www.w3.org/2004/02/skos/core#definition",
    "http://purl.org/dc/terms/description",
    "http://purl.org/dc/elements/1.1/description",
}
_DESCRIBED: dict[str, list[str]] = {
    "statement": ["{s} is described as follows: {o}.", "“{o}” is how {s} is described."],
    "question": ["How is {s} described?", "Tell me how {s} is described."],
    "inverseQuestion": ["What is described as “{o}”?"],
    "exam": ["Give a description of {s}."],
    "inverseExam": ["Name what these words describe: “{o}”."],
    "reference": ["the description of {s}"],
    "inverseReference": ["what is described as “{o}”"],
}


_CLASS_OF: dict[str, list[str]] = {  # the object brings its article: "Togo is a country."
    "statement": ["{s} is {o}.", "{o} is what {s} is."],
    "question": ["What is {s}?", "Tell me what {s} is."],
    "inverseQuestion": ["Name {o}."],
    "exam": ["What kind of thing is {s}?"],
    "inverseExam": ["Give an example of {o}."],
    "reference": ["what {s} is"],
    "inverseReference": ["something that is {o}"],
}
