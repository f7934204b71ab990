"""An RDF file → its quads, or chunks of N-Quads, strictly parsed, without network access."""

import functools
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox

from kaug.errors import SourceError, nearest
from kaug.namespaces import RDF
from kaug.rdf.compressed import COMPRESSIONS, as_stream, line_at
from kaug.rdf.contexts import NO_CONTEXTS, Contexts, with_contexts
from kaug.rdf.guards import LINES, MAX_TERM, guarded_lines, guarded_pieces
from kaug.rdf.kinds import advice_for, kind_of

__all__ = ["FORMATS", "MAX_ERRORS", "SEVERAL", "Errors", "count_left_out", "is_rdf_name", "parse_rdf", "parser_message"]
__all__ += ["plain_name", "read_chunks", "read_quads", "read_sound_chunks", "syntax_in", "syntax_of"]

FORMATS: dict[str, ox.RdfFormat] = {
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".n3": ox.RdfFormat.N3,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".turtle": ox.RdfFormat.TURTLE,
    ".rdfs": ox.RdfFormat.RDF_XML,
    ".json": ox.RdfFormat.JSON_LD,
}
"""File endings and their syntaxes; `.gz`, `.bz2`, `.xz` or `.zst` may follow."""

SEVERAL = {".rdf", ".rdfs", ".owl", ".xml", ".json"}
"""Endings of files in several syntaxes: the content decides."""

MAX_ERRORS = 100
"""How many errors of a file are listed."""

_TABLE = " A table is converted to RDF by `kaug import table`."
_HINTS = {".csv": _TABLE, ".tsv": _TABLE}
_LONGEST_MESSAGE = 1000
_QUAD_BYTES = 128  # about the size of a quad in N-Quads
_XML_LITERAL = f"{RDF}XMLLiteral"
_XML_LITERALS = re.compile(rf'"((?:[^"\\]|\\.)*+)"\^\^<{re.escape(_XML_LITERAL)}>')


def syntax_of(path: Path) -> ox.RdfFormat:
    """Return the syntax of a file by its name.

    Raises:
        SourceError: Its ending is not in `FORMATS`.

    Examples:
        >>> syntax_of(Path("a.ttl.gz")).name, syntax_of(Path("A.NT")).name
        ('Turtle', 'N-Triples')
    """
    ending = plain_name(path).suffix.lower()
    if ending not in FORMATS:
        hint = _HINTS.get(ending) or nearest(ending, FORMATS).partition(" Known are")[0]
        raise SourceError(
            f"{path}: unknown kind of file; its name should end in one of {' '.join(FORMATS)}, "
            f"optionally followed by one of {' '.join(COMPRESSIONS)}.{hint}"
        )
    return FORMATS[ending]


def syntax_in(path: Path) -> ox.RdfFormat:
    """Return the syntax of a file by its name, or by its content if the ending is in `SEVERAL`.

    Raises:
        SourceError: Its ending is not in `FORMATS`, or the content is of a kind that is not read.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.owl"
        >>> _ = file.write_text("@prefix : <urn:x:> .")
        >>> syntax_in(file).name
        'Turtle'
    """
    ending = plain_name(path).suffix.lower()
    kind = kind_of(path) if ending in SEVERAL or (ending not in {*FORMATS, *_HINTS} and path.is_file()) else None
    if kind and not kind.syntax and not (kind.attempt and ending in FORMATS):
        raise SourceError(f"{path}: {advice_for(kind, path)}")
    return kind.syntax if kind and kind.syntax and ending in SEVERAL else syntax_of(path)


def is_rdf_name(path: Path) -> bool:
    """Whether a file's ending is in `FORMATS`, optionally followed by that of a compression."""
    return plain_name(path).suffix.lower() in FORMATS


def plain_name(path: Path) -> Path:
    """Return a path without the ending of a compression."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path


@dataclass
class Errors:
    """What of a file is malformed.

    Attributes:
        number: The number of malformed lines, triples or files.
        first: The messages of the first of them, at most `MAX_ERRORS`.
    """

    number: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, message: str) -> None:
        """Count one; keep its message if it is one of the first."""
        self.number += 1
        if len(self.first) < MAX_ERRORS:
            self.first.append(message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE] + "…")


def parse_rdf(
    path: Path, *, base_iri: str | None = None, contexts: Contexts = NO_CONTEXTS, lenient: bool = False
) -> Iterator[ox.Quad]:
    """Parse one RDF file and yield the parser's quads, which is the fastest way.

    Args:
        path: As for `read_quads`.
        base_iri: As for `read_quads`.
        contexts: As for `read_quads`.
        lenient: Accept malformed IRIs and language tags, which are otherwise errors, or dropped in JSON-LD.

    Yields:
        Its quads in the order of the file. Blank nodes have the labels of the file, or new ones from the parser.

    Raises:
        SourceError: As `read_quads`.
    """
    syntax = syntax_in(path)
    pieces = guarded_pieces(path, syntax)
    stream = as_stream(with_contexts(pieces, contexts) if syntax == ox.RdfFormat.JSON_LD else pieces)
    base_iri = base_iri or f"file:///{quote(plain_name(path).name)}"
    try:
        quads = ox.parse(stream, format=syntax, base_iri=base_iri, lenient=lenient)
        yield from _refuse_formulas(quads, path) if syntax == ox.RdfFormat.N3 else quads
    except SyntaxError as error:
        position, text = f"{path}:{error.lineno}" if error.lineno else str(path), parser_message(error)
        if "LoadDocumentCallback" in text:
            text = "a remote @context is never fetched; write the context into the file, or give it from one: --context IRI=FILE."
        elif not error.lineno:
            text = f"{text.removesuffix('.')} (at line {line_at(path, stream.tell())} or before)."
        if also := _other_kind(path, syntax):
            text = f"{text.removesuffix('.')}. {also}"
        raise SourceError(f"{position}: {text}") from error
    except MemoryError as error:
        if "buffer maximal size" not in str(error):
            raise
        limit = MAX_TERM // 2 if syntax == ox.RdfFormat.JSON_LD else MAX_TERM
        line = line_at(path, stream.tell())
        raise SourceError(f"{path}:{line}: a term or comment here is longer than {limit:,} bytes.") from error


def _other_kind(path: Path, syntax: ox.RdfFormat) -> str:
    """Say what a malformed file looks like, if not like its syntax."""
    kind = kind_of(path)
    alike = {ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS, ox.RdfFormat.TURTLE, ox.RdfFormat.TRIG, ox.RdfFormat.N3}
    if kind is None or kind.syntax == syntax or {kind.syntax, syntax} <= alike:
        return ""
    endings = " or ".join(ending for ending, known in FORMATS.items() if known == kind.syntax)
    return f"It {advice_for(kind, path)}" + (f" Give it a name that ends in {endings}." if endings else "")


def _refuse_formulas(quads: Iterable[ox.Quad], path: Path) -> Iterator[ox.Quad]:
    for quad in quads:
        if quad.graph_name != ox.DefaultGraph():
            raise SourceError(
                f"{path}: holds a formula, {{ … }}: N3 quotes its triples, and does not state them. "
                "Keep rules in a file of their own."
            )
        yield quad


_POSITION = re.compile(
    r"^(?:Parser error )?(?:at line \d+ (?:between columns \d+ and \d+|column \d+): "
    r"|between line \d+ column \d+ and line \d+ column \d+: )?"
)


def parser_message(error: SyntaxError) -> str:
    """Return the parser's message without its position, which kaug's messages add."""
    return _POSITION.sub("", str(error.msg))


def read_quads(
    path: Path, *, base_iri: str | None = None, contexts: Contexts = NO_CONTEXTS, prefix: str = "b"
) -> Iterator[ox.Quad]:
    """Parse one RDF file.

    Args:
        path: A file with an ending in `FORMATS`, compressed or not.
        base_iri: The base of relative IRIs; by default `file:///` and the file's name.
        contexts: Files of JSON-LD contexts, by the IRIs that name them; that of schema.org is known.
        prefix: The prefix of the labels of blank nodes, which are numbered in the order of the file. Quads of several
            files can be combined if each has its own prefix.

    Yields:
        Its quads in the order of the file, those of named graphs with their graph. XML literals of RDF/XML are in
        canonical form.

    Raises:
        SourceError: The file is missing, of an unknown kind, malformed, or beyond a limit of `kaug.rdf.guards`; the
            message has file, line and reason.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:a> <urn:b> "c"@en, [] .')
        >>> [str(quad.object) for quad in read_quads(file)]
        ['"c"@en', '_:b0']
    """
    numbers: dict[str, int] = {}
    xml = syntax_in(path) == ox.RdfFormat.RDF_XML

    def named(term: Any) -> Any:
        if isinstance(term, ox.BlankNode):
            return ox.BlankNode(f"{prefix}{numbers.setdefault(term.value, len(numbers))}")
        if isinstance(term, ox.Triple):
            return ox.Triple(named(term.subject), term.predicate, named(term.object))
        if xml and isinstance(term, ox.Literal) and term.datatype.value == _XML_LITERAL:
            return ox.Literal(_canonical_xml(term.value), datatype=term.datatype)
        return term

    for quad in parse_rdf(path, base_iri=base_iri, contexts=contexts):
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if (
            type(subject) is ox.NamedNode
            and type(value) not in (ox.BlankNode, ox.Triple)
            and not (xml and type(value) is ox.Literal)
            and type(graph) is not ox.BlankNode
        ):
            yield quad
            continue
        yield ox.Quad(named(subject), quad.predicate, named(value), named(graph))


def read_chunks(
    path: Path, *, base_iri: str | None = None, contexts: Contexts = NO_CONTEXTS, size: int = 1 << 21
) -> Iterator[bytes]:
    """Read one RDF file as N-Quads text, without a Python object for each quad.

    Args:
        path: As for `read_quads`.
        base_iri: As for `read_quads`.
        contexts: As for `read_quads`.
        size: The approximate size of a chunk in bytes.

    Yields:
        Chunks of whole lines, each line ending in a newline. N-Triples and N-Quads are the file's own lines: *not
        parsed*, but without carriage returns and lines longer than `MAX_TERM`. Other syntaxes are parsed and serialized,
        one quad per line; labels of blank nodes are as in `parse_rdf`.

    Raises:
        SourceError: As `read_quads`, except for errors in a line of N-Triples or N-Quads.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:a> <urn:b> "c"@en, 1 .')
        >>> for chunk in read_chunks(file):
        ...     print(chunk.decode(), end="")
        <urn:a> <urn:b> "c"@en .
        <urn:a> <urn:b> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
    """
    syntax = syntax_in(path)
    if syntax in LINES:
        yield from _joined(guarded_lines(path, size), size)
        return
    yield from _as_chunks(parse_rdf(path, base_iri=base_iri, contexts=contexts), syntax, size)


def _as_chunks(quads: Iterator[ox.Quad], syntax: ox.RdfFormat, size: int) -> Iterator[bytes]:
    while text := ox.serialize(itertools.islice(quads, max(1, size // _QUAD_BYTES)), format=ox.RdfFormat.N_QUADS):
        if syntax == ox.RdfFormat.RDF_XML and _XML_LITERAL.encode() in text:
            text = _XML_LITERALS.sub(_canonical_literal, text.decode()).encode()
        yield text


def _joined(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Join pieces to chunks of at least `size`; those of compressed files are small."""
    held: list[bytes] = []
    for piece in pieces:
        held.append(piece)
        if sum(map(len, held)) >= size:
            yield b"".join(held)
            held = []
    if held:
        yield b"".join(held)


def read_sound_chunks(
    path: Path, errors: Errors, *, base_iri: str | None = None, size: int = 1 << 21
) -> Iterator[bytes]:
    r"""Read a file as `read_chunks` without the triples whose IRIs or language tags are malformed.

    Args:
        path: A file that is not line-based, for which `read_chunks` raises an error.
        errors: Gets a message for each triple that is left out.
        base_iri: As for `read_quads`.
        size: As for `read_chunks`.

    Yields:
        As `read_chunks`.

    Raises:
        SourceError: The file is malformed in another way.

    Examples:
        >>> import tempfile
        >>> file, errors = Path(tempfile.mkdtemp()) / "a.ttl", Errors()
        >>> _ = file.write_text("<urn:a> <urn:b> <urn:no iri>, <urn:c> .")
        >>> b"".join(read_sound_chunks(file, errors)), errors.number
        (b'<urn:a> <urn:b> <urn:c> .\n', 1)
    """

    @functools.lru_cache(maxsize=1 << 16)
    def reason(term: Any) -> str:
        try:
            if isinstance(term, ox.NamedNode):
                ox.NamedNode(term.value)
            elif isinstance(term, ox.Literal):
                ox.NamedNode(term.datatype.value)
                _ = term.language and ox.Literal(term.value, language=term.language)
            elif isinstance(term, ox.Triple):
                return reason(term.subject) or reason(term.predicate) or reason(term.object)
        except ValueError as error:
            return str(error)
        return ""

    def sound() -> Iterator[ox.Quad]:
        for quad in parse_rdf(path, base_iri=base_iri, lenient=True):
            if wrong := next(
                filter(None, map(reason, (quad.subject, quad.predicate, quad.object, quad.graph_name))), ""
            ):
                errors.add(f"{path}: {wrong}: {quad}")
            else:
                yield quad

    yield from _as_chunks(sound(), syntax_in(path), size)


def count_left_out(path: Path, read: int, contexts: Contexts = NO_CONTEXTS) -> int:
    """Count the triples of a JSON-LD file that the parser drops because a term is not an IRI.

    Args:
        path: An RDF file; the count is 0 unless it is JSON-LD.
        read: The number of its triples.
        contexts: As for `read_quads`.

    Raises:
        SourceError: The file cannot be read.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.jsonld"
        >>> _ = file.write_text('{"@id": "urn:a", "urn:b": "read", "no such key": "left out"}')
        >>> count_left_out(file, 1)
        1
    """
    if syntax_in(path) != ox.RdfFormat.JSON_LD:
        return 0
    return sum(1 for _ in parse_rdf(path, contexts=contexts, lenient=True)) - read


def _canonical_xml(text: str) -> str:
    # RDF/XML requires exclusive canonical XML; the parser declares every namespace in scope, which is equivalent.
    try:
        return ET.canonicalize(f"<x>{text}</x>", with_comments=True)[len("<x>") : -len("</x>")]
    except ET.ParseError:
        return text


def _canonical_literal(match: re.Match[str]) -> str:
    (quad,) = ox.parse(f"<x:x> <x:x> {match[0]} .", format=ox.RdfFormat.N_TRIPLES)
    return str(ox.Literal(_canonical_xml(quad.object.value), datatype=ox.NamedNode(_XML_LITERAL)))
