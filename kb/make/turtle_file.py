"""Triples → a Turtle file: the same bytes for the same triples, written whole or not at all."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from kaug.rdf.compressed import whole_file

PREFIXES = {
    "chem": "https://w3id.org/kaug/chem#",
    "city": "https://w3id.org/kaug/city/",
    "continent": "https://w3id.org/kaug/continent/",
    "country": "https://w3id.org/kaug/country/",
    "currency": "https://w3id.org/kaug/currency/",
    "element": "https://w3id.org/kaug/element/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "https://w3id.org/kaug/geo#",
    "kaug": "https://w3id.org/kaug/ns#",
    "language": "https://w3id.org/kaug/language/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "person": "https://w3id.org/kaug/person/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "series": "https://w3id.org/kaug/series/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

# What NFKD does not take apart, and the apostrophes that names are written with.
_ASCII = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i"}
    | dict.fromkeys("’‘ʻʼ", "'")
)


def to_ascii(text: str) -> str:
    """Returns the text as it is typed without accents: ``Côte d’Ivoire`` → ``Cote d'Ivoire``."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_ASCII))
    return "".join(c for c in decomposed if c.isascii())


def fold(text: str) -> str:
    """Returns what two spellings of one name share: letters and digits, without accents and case."""
    return "".join(c for c in to_ascii(text).lower() if c.isalnum())


class Turtle:
    """A set of triples, named by prefixed names such as ``country:FR``."""

    def __init__(self) -> None:
        """Starts with no triple."""
        self._triples: set[ox.Triple] = set()

    def link(self, subject: str, predicate: str, *objects: str) -> None:
        """Adds a triple to each of the objects, all of them resources."""
        for name in objects:
            self._triples.add(ox.Triple(_iri(subject), _iri(predicate), _iri(name)))

    def value(self, subject: str, predicate: str, text: str, datatype: str = "xsd:string") -> None:
        """Adds a triple to a typed value."""
        self._triples.add(ox.Triple(_iri(subject), _iri(predicate), ox.Literal(text, datatype=_iri(datatype))))

    def text(self, subject: str, predicate: str, text: str, language: str) -> None:
        """Adds a triple to a text in a language."""
        self._triples.add(ox.Triple(_iri(subject), _iri(predicate), ox.Literal(text, language=language)))

    def name(self, subject: str, language: str, label: str, others: Iterable[str] = ()) -> None:
        """Adds the one label in a language and the other names, plain spellings of the label among them."""
        self.text(subject, "rdfs:label", label, language)
        plain = to_ascii(label) if language == "en" else label.replace("’", "'")
        for other in {plain, *others} - {label, ""}:
            self.text(subject, "skos:altLabel", other, language)

    def count(self, *prefixes: str) -> int:
        """Returns how many triples have a predicate that starts with one of the prefixed names."""
        starts = tuple(_iri(prefix).value for prefix in prefixes)
        return sum(triple.predicate.value.startswith(starts) for triple in self._triples)

    def write(self, path: Path, heading: str) -> None:
        """Writes the triples in order, under a heading of comment lines.

        Args:
            path: The file; a reader sees the old one or the new one, never a part.
            heading: What the file is and whose data it holds.
        """
        ordered = sorted(self._triples, key=_order)
        text = "".join(map(str, ordered))
        prefixes = {prefix: space for prefix, space in PREFIXES.items() if f"<{space}" in text}
        turtle = ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""
        lines = turtle.decode().splitlines()
        # The serialiser keeps prefixes in a hash map: their order changes from run to run.
        head = sorted(line for line in lines if line.startswith("@prefix"))
        body = (line for line in lines if not line.startswith("@prefix"))
        comment = (f"# {line}".rstrip() for line in heading.strip().splitlines())
        with whole_file(path, make_folder=True) as file:
            file.write("\n".join([*comment, "", *head, "", *body, ""]).encode())


def _iri(name: str) -> ox.NamedNode:
    prefix, _, local = name.partition(":")
    return ox.NamedNode(PREFIXES[prefix] + local)


def _order(triple: ox.Triple) -> tuple[str, bool, str, str, str]:
    is_type = triple.predicate.value == PREFIXES["rdf"] + "type"
    language = (isinstance(triple.object, ox.Literal) and triple.object.language) or ""
    return str(triple.subject), not is_type, triple.predicate.value, language, str(triple.object)
