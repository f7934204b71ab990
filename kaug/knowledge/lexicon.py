"""Facts and templates → sentences with character spans, in columns.

A template is a sentence with the slots `{s}` and `{o}`. It comes from the lexicon (RDF annotations of the predicate)
or, for a predicate that the lexicon lacks, from the predicate's label by rule; what something is (`rdf:type`,
`rdfs:subClassOf`) has a rule of its own.
"""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import SourceError
from kaug.knowledge.knowledge_base import CLASS_OF, KnowledgeBase

__all__ = ["PROPERTIES", "Property", "Said", "fill", "statements", "templates"]

Property = Literal["statement", "question", "inverseQuestion", "exam", "inverseExam", "reference", "inverseReference"]

PROPERTIES: dict[str, frozenset[str]] = {
    "statement": frozenset({"s", "o"}),
    "question": frozenset({"s"}),
    "inverseQuestion": frozenset({"o"}),
    "exam": frozenset({"s"}),
    "inverseExam": frozenset({"o"}),
    "reference": frozenset({"s"}),
    "inverseReference": frozenset({"o"}),
}
"""The properties of the lexicon's vocabulary, and the slots that a template of each must hold."""

_SLOT = re.compile(r"\{(\w*)\}")


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


def check_template(name: str, text: str, predicate: str, where: str) -> None:
    """Refuse a template whose slots are not those of its property.

    Raises:
        SourceError: Saying what the property must hold.
    """
    found = _SLOT.findall(text)
    if frozenset(found) != PROPERTIES[name] or len(found) != len(set(found)):
        slots = " and ".join(f"{{{slot}}}" for slot in sorted(PROPERTIES[name], reverse=True))
        raise SourceError(
            f"{where}: kaug:{name} of {predicate} must hold {slots} once each, and no other slot: {text!r}"
        )


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
    table = kb.lexicon
    mask = pc.and_(
        pc.equal(table["predicate"], pa.scalar(predicate, pa.uint32())),
        pc.and_(pc.equal(table["property"], name), pc.is_in(table["language"], pa.array([language, ""]))),
    )
    found: list[str] = table.filter(mask)["text"].to_pylist()
    if found or language.split("-", maxsplit=1)[0] != "en":
        return found
    if kb.terms["value"][predicate].as_py() in CLASS_OF:
        return list(_CLASS_OF[name])
    return _by_rule(kb.text(language)[predicate].as_py())[name]


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
    for index, piece in enumerate(_SLOT.split(template)):
        if index % 2:
            column = subjects if piece == "s" else objects
            spans[piece][:, 0] = place
            place = place + pc.utf8_length(column).to_numpy(zero_copy_only=False)
            spans[piece][:, 1] = place
            parts.append(column)
        else:
            place = place + len(piece)
            parts.append(pa.scalar(piece))
    text = pc.binary_join_element_wise(*parts, "")
    if template.endswith("."):
        text = pc.replace_substring_regex(text, r"\.\.$", ".")  # an object may end in a full stop of its own
    return Said(_sentence(text), spans["s"], spans["o"])


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
    words = kb.phrase(language)
    pieces, places = [pa.array([], pa.string())], [np.zeros(0, dtype=np.int64)]
    for predicate in np.unique(predicates):
        at = np.flatnonzero(predicates == predicate)
        found = templates(kb, int(predicate), "statement", language) or templates(kb, int(predicate), "statement", "en")
        pieces.append(fill(found[0], words.take(pa.array(subjects[at])), words.take(pa.array(objects[at]))).text)
        places.append(at)
    return pa.concat_arrays(pieces).take(pa.array(np.argsort(np.concatenate(places), kind="stable")))


def _sentence(text: pa.Array) -> pa.Array:
    first = pc.utf8_slice_codeunits(text, 0, 1)
    upper = pc.utf8_upper(first)
    same = pc.equal(pc.utf8_length(upper), pc.utf8_length(first))  # ß would become two letters and move every span
    return pc.binary_join_element_wise(pc.if_else(same, upper, first), pc.utf8_slice_codeunits(text, 1), "")


_CLASS_OF: dict[str, list[str]] = {  # the object brings its article: "Togo is a country."
    "statement": ["{s} is {o}.", "{o} is what {s} is."],
    "question": ["What is {s}?", "Tell me what {s} is."],
    "inverseQuestion": ["Name {o}."],
    "exam": ["What kind of thing is {s}?"],
    "inverseExam": ["Give an example of {o}."],
    "reference": ["what {s} is"],
    "inverseReference": ["something that is {o}"],
}

_NO_SLOTS = str.maketrans("{}", "()")
_ARTICLES = {"a", "an"}
_TO_BE_OR_HAVE = {"is", "was", "has", "have"}
_PREPOSITIONS = {"of", "by", "in", "at", "to", "from", "with", "for", "on", "as", "into", "about", "near"}


def _by_rule(label: str) -> dict[str, list[str]]:
    words = label.translate(_NO_SLOTS).split() or ["related", "to"]
    first, last, name = words[0], words[-1], " ".join(words)
    if len(words) == 2 and first == "is" and last in _ARTICLES:
        return {key: [text.replace("{o}", f"{last} {{o}}") for text in texts] for key, texts in _CLASS_OF.items()}
    if last in _ARTICLES or name in _TO_BE_OR_HAVE or (first in ("has", "have") and last in _PREPOSITIONS):
        return _verb(name)
    if last in _PREPOSITIONS:
        return _participle(first, " ".join(words[1:])) if first in ("is", "was") else _participle("is", name)
    if first in _TO_BE_OR_HAVE:
        return _noun(" ".join(words[1:]))
    if len(words) == 1 and name.endswith("s") and not name.endswith(("ss", "us", "is", "ics")):
        return _verb(name)
    return _noun(name)


def _noun(name: str) -> dict[str, list[str]]:
    return {
        "statement": [f"The {name} of {{s}} is {{o}}.", f"{{o}} is the {name} of {{s}}."],
        "question": [f"What is the {name} of {{s}}?", f"Tell me the {name} of {{s}}."],
        "inverseQuestion": [f"What has {{o}} as its {name}?"],
        "exam": [f"Which {name} belongs to {{s}}?"],
        "inverseExam": [f"Name something whose {name} is {{o}}."],
        "reference": [f"the {name} of {{s}}"],
        "inverseReference": [f"the thing whose {name} is {{o}}"],
    }


def _participle(verb: str, name: str) -> dict[str, list[str]]:
    return {
        "statement": [f"{{s}} {verb} {name} {{o}}.", f"{{o}} is what {{s}} {verb} {name}."],
        "question": [f"What {verb} {{s}} {name}?", f"Tell me what {{s}} {verb} {name}."],
        "inverseQuestion": [f"What {verb} {name} {{o}}?"],
        "exam": [f"{{s}} {verb} {name} what?"],
        "inverseExam": [f"Name something that {verb} {name} {{o}}."],
        "reference": [f"what {{s}} {verb} {name}"],
        "inverseReference": [f"the thing that {verb} {name} {{o}}"],
    }


def _verb(name: str) -> dict[str, list[str]]:
    return {
        "statement": [f"{{s}} {name} {{o}}.", f"{{o}} is what {{s}} {name}."],
        "question": [f"{{s}} {name} what?", f"Tell me what {{s}} {name}."],
        "inverseQuestion": [f"What {name} {{o}}?"],
        "exam": [f"Name what {{s}} {name}."],
        "inverseExam": [f"Name something that {name} {{o}}."],
        "reference": [f"what {{s}} {name}"],
        "inverseReference": [f"the thing that {name} {{o}}"],
    }
