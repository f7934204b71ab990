"""Facts and templates → sentences with character spans, in columns.

A template is a sentence with the slots `{s}` and `{o}`. It comes from the lexicon (RDF annotations of the predicate)
or, for a predicate that the lexicon lacks, from the predicate's label by rule; what something is (`rdf:type`,
`rdfs:subClassOf`) has a rule of its own.
"""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.knowledge.knowledge_base import CLASS_OF, KnowledgeBase
from kaug.knowledge.templates import SLOT, Property
from kaug.wording.wording import Values, by_rule
from kaug.words.values import name_words, words_of

__all__ = ["Said", "fill", "statements", "templates"]


@dataclass(frozen=True)
class Said:
    """Sentences in a column, with the character offsets of both slots (-1 where a template lacks the slot).

    Attributes:
        text: Strings, n.
        subject: int64 (n, 2): start and end of what stands for the subject.
        object: int64 (n, 2): likewise for the object.
    """

    text: pa.Array
    subject: NDArray[np.int64]
    object: NDArray[np.int64]


def templates(kb: KnowledgeBase, predicate: int, name: Property, language: str = "en") -> list[str]:
    """Return the templates of a predicate for one property, the plainest first.

    Args:
        kb: The knowledge base, which holds the lexicon.
        predicate: The predicate's term number.
        name: The property of the lexicon.
        language: BCP 47 tag; a template without a language serves all.

    Returns:
        At least one template for English; for a language that the lexicon lacks, none.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :hasCapital :lome .')
        >>> kb = build_kb([file])
        >>> templates(kb, int(kb.facts["predicate"][0].as_py()), "question")
        ['What is the capital of {s}?', 'Tell me the capital of {s}.']
    """
    found = _entries(kb, language).get((predicate, name), [])
    if found or language.split("-", maxsplit=1)[0] != "en":
        return list(found)
    iri = kb.terms["value"][predicate].as_py()
    if iri in CLASS_OF:
        return list(_CLASS_OF[name])
    if iri in _DESCRIBING:
        return list(_DESCRIBED[name])
    return by_rule(predicate_name(kb, predicate, language), _values(kb).get(predicate, "thing"))[name]


def predicate_name(kb: KnowledgeBase, predicate: int, language: str = "en") -> str:
    """Return what a predicate is called: its label, or its IRI's local name in words.

    Args:
        kb: The knowledge base.
        predicate: The predicate's term number.
        language: BCP 47 tag. In English, a label without a Latin letter is passed over.

    Returns:
        The name. Of a path of types, as in Freebase, the last part is taken: "film.film.directed_by" is "directed by".
    """
    label, name = _called(kb, predicate, language)
    iri = kb.terms["value"][predicate].as_py()
    local = re.split(r"[#/:]", iri.rstrip("#/:"))[-1]
    latin = language.split("-", maxsplit=1)[0] != "en" or re.search("[A-Za-z]", label)
    if latin and label not in (words_of(local), name):
        return label
    return words_of(re.split(r"(?<=[a-z0-9])(?:__|\.)(?=[a-z])", local)[-1]) or label


def fill(template: str, subjects: pa.Array, objects: pa.Array) -> Said:
    """Fill a template's slots from two columns.

    Args:
        template: A sentence with `{s}`, `{o}` or both.
        subjects: Strings, n: what stands for the subject.
        objects: Strings, n.

    Returns:
        The sentences, their first letter in upper case, with exact character spans.

    Examples:
        >>> said = fill("{o} is its capital: {s}.", pa.array(["Togo"]), pa.array(["Lomé"]))
        >>> said.text[0].as_py(), said.subject.tolist(), said.object.tolist()
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
    return Said(_sentence(text) if template.startswith("{") else text, spans["s"], spans["o"])


def statements(kb: KnowledgeBase, rows: NDArray[np.int64], language: str = "en") -> pa.Array:
    """Say each fact in its plainest sentence.

    Args:
        kb: The knowledge base.
        rows: int64 (n,): row numbers of facts.
        language: BCP 47 tag; predicates without a template in it are said in English.

    Returns:
        Strings, n, in the order of `rows`.
    """
    rows = np.asarray(rows, dtype=np.int64)
    subjects, predicates, objects = kb.columns(rows)
    kb.find_phrases(language, np.concatenate([subjects, objects]))
    order = np.argsort(predicates, kind="stable")
    bounds = np.flatnonzero(np.diff(predicates[order])) + 1
    pieces = [pa.array([], pa.string())]
    for at in np.split(order, bounds) if len(order) else ():
        predicate = int(predicates[at[0]])
        found = templates(kb, predicate, "statement", language) or templates(kb, predicate, "statement", "en")
        pieces.append(fill(found[0], *(kb.phrase(language, ends[at]) for ends in (subjects, objects))).text)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return pa.concat_arrays(pieces).take(pa.array(place))


def _sentence(text: pa.Array) -> pa.Array:
    first = pc.utf8_slice_codeunits(text, 0, 1)
    upper = pc.utf8_upper(first)
    same = pc.equal(pc.utf8_length(upper), pc.utf8_length(first))  # ß would become two letters and move every span
    return pc.binary_join_element_wise(pc.if_else(same, upper, first), pc.utf8_slice_codeunits(text, 1), "")


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


def _upper(text: str) -> str:
    upper = text[:1].upper()
    return upper + text[1:] if len(upper) == len(text[:1]) else text


def _entries(kb: KnowledgeBase, language: str) -> dict[tuple[int, str], list[str]]:
    """The lexicon's templates in a language by predicate and property, read once a knowledge base."""
    known: dict[str, dict[tuple[int, str], list[str]]] = vars(kb).setdefault("_entries", {})
    if language not in known:
        found: dict[tuple[int, str], list[str]] = {}
        table = kb.lexicon.filter(pc.is_in(kb.lexicon["language"], pa.array([language, ""])))
        rows = zip(*(table[name].to_pylist() for name in ("predicate", "property", "text")), strict=True)
        for predicate, name, text in rows:
            found.setdefault((predicate, name), []).append(text)
        known[language] = found
    return known[language]


def _called(kb: KnowledgeBase, predicate: int, language: str) -> tuple[str, str]:
    """A predicate's label, and the last part of its IRI in words; found for all predicates at once, and kept."""
    known: dict[int, tuple[str, str]] = vars(kb).setdefault("_called", {}).setdefault(language, {})
    if predicate not in known:
        others = [] if known else pc.unique(kb.facts["predicate"]).to_pylist()
        found = list(dict.fromkeys([predicate, *others]))
        names = name_words(kb.terms["value"].take(pa.array(found)))
        labels = kb.text(language, np.array(found, dtype=np.int64))
        known.update(zip(found, zip(labels.to_pylist(), names.to_pylist(), strict=True), strict=True))
    return known[predicate]


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


def _values(kb: KnowledgeBase) -> dict[int, Values]:
    """What the objects of each predicate are, where they are all of one kind."""
    known: dict[int, Values] | None = vars(kb).get("_values")
    if known is None:
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
        found = np.flatnonzero(stated.any(axis=1))
        low, high = stated[found].argmax(axis=1), number - stated[found, ::-1].argmax(axis=1)
        kinds = np.where((low == year) & (high == number), number, np.where(low == high, low, 0))
        known = {int(term): _KINDS[kind] for term, kind in zip(found, kinds, strict=True) if kind}
        vars(kb)["_values"] = known
    return known


_CLASS_OF: dict[str, list[str]] = {  # the object brings its article: "Togo is a country."
    "statement": ["{s} is {o}.", "{o} is what {s} is."],
    "question": ["What is {s}?", "Tell me what {s} is."],
    "inverseQuestion": ["Name {o}."],
    "exam": ["What kind of thing is {s}?"],
    "inverseExam": ["Give an example of {o}."],
    "reference": ["what {s} is"],
    "inverseReference": ["something that is {o}"],
}
