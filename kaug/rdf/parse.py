"""An RDF file → its quads, or chunks of N-Quads, strictly parsed; nothing is fetched."""

import contextlib
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pyoxigraph as ox

from kaug.errors import SourceError, nearest
from kaug.rdf.compressed import COMPRESSIONS, as_stream, line_at
from kaug.rdf.guards import LINES, MAX_TERM, guarded_lines, guarded_pieces

__all__ = [
    "FORMATS",
    "count_left_out",
    "is_rdf_name",
    "parse_rdf",
    "parser_message",
    "read_chunks",
    "read_quads",
    "syntax_of",
]

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
}
"""File name endings and the syntax that each is read as; `.gz`, `.bz2`, `.xz` or `.zst` may follow."""

_NAMED = (ox.NamedNode, ox.Literal)
_QUAD_BYTES = 128  # about what a quad takes in N-Quads


def syntax_of(path: Path) -> ox.RdfFormat:
    """Return the syntax that a file is read as, by its name.

    Raises:
        SourceError: Its name has no ending in `FORMATS`.

    Examples:
        >>> syntax_of(Path("a.ttl.gz")).name, syntax_of(Path("A.NT")).name
        ('Turtle', 'N-Triples')
    """
    ending = _plain_name(path).suffix.lower()
    if ending not in FORMATS:
        hint = " JSON-LD is read from files that end in .jsonld." if ending == ".json" else nearest(ending, FORMATS)
        raise SourceError(
            f"{path}: unknown kind of file; its name should end in one of {' '.join(FORMATS)}, "
            f"and then perhaps in one of {' '.join(COMPRESSIONS)}.{hint if ending else ''}"
        )
    return FORMATS[ending]


def is_rdf_name(path: Path) -> bool:
    """Say whether a file's name has an ending in `FORMATS`, perhaps with that of a compression behind it."""
    return _plain_name(path).suffix.lower() in FORMATS


def parse_rdf(path: Path, *, base_iri: str | None = None, lenient: bool = False) -> Iterator[ox.Quad]:
    """Parse one RDF file without changes: the fastest way to its quads.

    Args:
        path: As for `read_quads`.
        base_iri: As for `read_quads`.
        lenient: Let the parser pass what it would refuse, or in JSON-LD leave out, as no IRI or language tag.

    Yields:
        Its quads in the order of the file. Blank nodes have the labels of the file, or those that the parser gives to
        what has none, which are new each time.

    Raises:
        SourceError: As `read_quads`.
    """
    syntax = syntax_of(path)
    with _named_errors(path, stream := as_stream(guarded_pieces(path, syntax))):
        parser = ox.parse(stream, format=syntax, base_iri=base_iri or _base_iri(path), lenient=lenient)
        yield from _without_formulas(parser, path) if syntax == ox.RdfFormat.N3 else parser


def read_quads(path: Path, *, base_iri: str | None = None, prefix: str = "b") -> Iterator[ox.Quad]:
    """Parse one RDF file.

    Args:
        path: A file with an ending in `FORMATS`, compressed or not.
        base_iri: What relative IRIs are relative to; by default `file:///` and the file's name.
        prefix: How the labels of blank nodes begin. They are numbered in the order of the file, so that the same file
            gives the same labels. Quads of two files can be put together if each has its own prefix.

    Yields:
        Its quads in the order of the file, those of named graphs with their graph. XML literals of RDF/XML are in
        canonical form.

    Raises:
        SourceError: The file is missing, of an unknown kind, malformed, or beyond one of the limits of
            `kaug.rdf.guards`: the message names file, reason and line.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:a> <urn:b> "c"@en, [] .')
        >>> [str(quad.object) for quad in read_quads(file)]
        ['"c"@en', '_:b0']
    """
    numbers: dict[str, int] = {}
    xml = syntax_of(path) == ox.RdfFormat.RDF_XML
    for quad in parse_rdf(path, base_iri=base_iri):
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if xml and isinstance(value, ox.Literal) and value.datatype.value == _XML_LITERAL:
            value = ox.Literal(_canonical(value.value), datatype=value.datatype)
        elif type(subject) is ox.NamedNode and type(value) in _NAMED and type(graph) is not ox.BlankNode:
            yield quad
            continue
        yield ox.Quad(
            _named(subject, numbers, prefix),
            quad.predicate,
            _named(value, numbers, prefix),
            _named(graph, numbers, prefix),
        )


def read_chunks(path: Path, *, base_iri: str | None = None, size: int = 1 << 21) -> Iterator[bytes]:
    """Read one RDF file as N-Quads text, without a Python object for each quad.

    Args:
        path: As for `read_quads`.
        base_iri: As for `read_quads`.
        size: About how many bytes a chunk has.

    Yields:
        Chunks of whole lines, each line ending in a newline. N-Triples and N-Quads are the file's own lines: *not
        parsed*, but free of carriage returns and of lines longer than `MAX_TERM`. Other syntaxes are parsed, and written
        anew with a line a quad; labels of blank nodes are as in `parse_rdf`.

    Raises:
        SourceError: As `read_quads`; what is wrong in a line of N-Triples or N-Quads is not seen.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:a> <urn:b> "c"@en, 1 .')
        >>> for chunk in read_chunks(file):
        ...     print(chunk.decode(), end="")
        <urn:a> <urn:b> "c"@en .
        <urn:a> <urn:b> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
    """
    syntax = syntax_of(path)
    if syntax in LINES:
        yield from _gathered(guarded_lines(path, size), size)
        return
    quads = parse_rdf(path, base_iri=base_iri)
    while text := ox.serialize(itertools.islice(quads, max(1, size // _QUAD_BYTES)), format=ox.RdfFormat.N_QUADS):
        if syntax == ox.RdfFormat.RDF_XML and _XML_LITERAL.encode() in text:
            text = _XML_LITERALS.sub(_canonical_written, text.decode()).encode()
        yield text


def _gathered(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held) if len(held) > 1 else held[0]
            held, length = [], 0
    if held:
        yield b"".join(held)


def count_left_out(path: Path, read: int) -> int:
    """Count the triples of a JSON-LD file that the parser drops, since a term of theirs is not an IRI.

    The standard has a key that no context maps, and a malformed IRI or language, left out without a word.

    Args:
        path: An RDF file; only in JSON-LD is anything left out.
        read: How many triples it has.

    Raises:
        SourceError: The file cannot be read.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.jsonld"
        >>> _ = file.write_text('{"@id": "urn:a", "urn:b": "read", "no such key": "left out"}')
        >>> count_left_out(file, 1)
        1
    """
    if syntax_of(path) != ox.RdfFormat.JSON_LD:
        return 0
    return sum(1 for _ in parse_rdf(path, lenient=True)) - read


# ---------------------------------------------------------------- names and errors


def _plain_name(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path


def _base_iri(path: Path) -> str:
    return f"file:///{quote(_plain_name(path).name)}"


def _named(term: Any, numbers: dict[str, int], prefix: str) -> Any:
    if isinstance(term, ox.BlankNode):
        return ox.BlankNode(f"{prefix}{numbers.setdefault(term.value, len(numbers))}")
    if isinstance(term, ox.Triple):
        subject, value = (_named(part, numbers, prefix) for part in (term.subject, term.object))
        return ox.Triple(subject, term.predicate, value)
    return term


def _without_formulas(parser: Iterable[ox.Quad], path: Path) -> Iterator[ox.Quad]:
    for quad in parser:
        if quad.graph_name != ox.DefaultGraph():
            raise SourceError(
                f"{path}: holds a formula, {{ … }}: N3 quotes what stands in it, and does not state it. "
                "Keep rules in a file of their own."
            )
        yield quad


@contextlib.contextmanager
def _named_errors(path: Path, stream: BinaryIO) -> Iterator[None]:
    try:
        yield
    except SyntaxError as error:
        place = f"{path}:{error.lineno}" if error.lineno else str(path)
        raise SourceError(f"{place}: {_reason(error, path, stream)}") from error
    except MemoryError as error:
        if "buffer maximal size" not in str(error):
            raise
        most = MAX_TERM // 2 if syntax_of(path) == ox.RdfFormat.JSON_LD else MAX_TERM
        line = line_at(path, stream.tell())
        raise SourceError(f"{path}:{line}: a term or comment here is longer than {most:,} bytes.") from error


def parser_message(error: SyntaxError) -> str:
    """Return the parser's message without its position, which kaug's messages give themselves."""
    return re.sub(r"^(Parser error )?(at line \d+ (between columns \d+ and \d+|column \d+): )?", "", str(error.msg))


def _reason(error: SyntaxError, path: Path, stream: BinaryIO) -> str:
    text = parser_message(error)
    if "LoadDocumentCallback" in text:
        return "a remote @context is never fetched; write the context into the file."
    if error.lineno:
        return text
    return f"{text.removesuffix('.')} (at line {line_at(path, stream.tell())} or before)."


# ---------------------------------------------------------------- XML literals

_XML_LITERAL = "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral"
_XML_LITERALS = re.compile(rf'"((?:[^"\\]|\\.)*+)"\^\^<{re.escape(_XML_LITERAL)}>')


def _canonical(text: str) -> str:
    # RDF/XML asks for exclusive canonical XML; the parser declares every namespace in scope. Both mean the same.
    try:
        return ET.canonicalize(f"<x>{text}</x>", with_comments=True)[len("<x>") : -len("</x>")]
    except ET.ParseError:
        return text


def _canonical_written(found: re.Match[str]) -> str:
    (quad,) = ox.parse(f"<x:x> <x:x> {found[0]} .", format=ox.RdfFormat.N_TRIPLES)
    return str(ox.Literal(_canonical(quad.object.value), datatype=ox.NamedNode(_XML_LITERAL)))
