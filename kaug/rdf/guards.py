"""The bytes of an RDF file → the same bytes, or an error if they exceed the limits for the parser.

The parser fetches nothing by itself. It has no limits on nesting, entities and the length of a term; guards add them,
piece by piece. docs/formats.md explains each limit.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.rdf.compressed import line_at, read_pieces
from kaug.rdf.encodings import xml_as_utf8

__all__ = ["LINES", "MAX_CONTEXTS", "MAX_DEPTH", "MAX_ENTITY", "MAX_OBJECT", "MAX_TERM", "guarded_lines"]
__all__ += ["guarded_pieces", "refuse_deep_terms"]

MAX_TERM = 1 << 24
"""Bytes of a literal, an IRI, a comment, or a line of N-Triples: 16 MiB, the parser's own limit for Turtle; it takes half
of that in JSON-LD."""

MAX_DEPTH = {"XML": 1000, "JSON": 100, "triple terms": 100}
"""Levels of nesting, where the parser's time or memory grows with their square, or its stack with each of them."""

MAX_ENTITY = 512
"""Bytes of an XML entity: longer than any namespace, which is what entities abbreviate in RDF."""

MAX_OBJECT = 1 << 28
"""Bytes of one object of JSON-LD: 256 MiB. It is held in memory, at 12 bytes a byte; an array of objects is not."""

MAX_CONTEXTS = 1 << 24
"""Bytes of a JSON-LD context times levels, if it may be copied at each level: 16 MiB; a byte takes about 40 of memory."""

LINES = (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS)
"""The line-based syntaxes."""

SEARCHED = 1 << 22


def guarded_pieces(path: Path, syntax: ox.RdfFormat, size: int = 1 << 18) -> Iterator[bytes]:
    """Read a file in pieces that are safe for the parser.

    Args:
        path: The file, compressed or not.
        syntax: The syntax of the parser.
        size: Bytes to read at a time.

    Yields:
        Its decompressed bytes, without a byte order mark; of N-Triples and N-Quads whole lines, each ending in a newline;
        of XML in UTF-8, whatever encoding it declares.

    Raises:
        SourceError: An error of `read_pieces`; or the file is UTF-16 and no XML, nested too deeply, declares an entity that is
            long, nested or external, or holds a term longer than `MAX_TERM`.
    """
    if syntax in LINES:
        return _watch_triple_terms(guarded_lines(path, size), path)
    pieces = read_pieces(path, size)
    if syntax == ox.RdfFormat.RDF_XML:
        return _guard_xml(_without_mark(xml_as_utf8(pieces, path), path), path)
    guard = _guard_json if syntax == ox.RdfFormat.JSON_LD else _watch_triple_terms
    return guard(_without_mark(pieces, path), path)


def guarded_lines(path: Path, size: int) -> Iterator[bytes]:
    """Read a file of N-Triples or N-Quads as `guarded_pieces`, without the search for nested triple terms.

    The search costs more than reading; `refuse_deep_terms` does it for the few lines that are parsed.
    """
    begin, length = 0, 0
    rest: list[bytes] = []
    for piece in _newlines(_without_mark(read_pieces(path, size), path)):
        end = piece.rfind(b"\n") + 1
        if length + (piece.find(b"\n") if end else len(piece)) > MAX_TERM:
            raise SourceError(f"{path}:{line_at(path, begin)}: the line is longer than {MAX_TERM:,} bytes.")
        if end:
            lines = b"".join([*rest, memoryview(piece)[:end]])
            begin += len(lines)
            rest, length = [], 0
            yield lines
        if end < len(piece):
            rest.append(piece[end:])
            length += len(piece) - end
    if rest:
        yield b"".join([*rest, b"\n"])


def _without_mark(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    start = next(pieces, b"")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start[:2].count(0) == 1:
        raise SourceError(f"{path}:1: is encoded in UTF-16; RDF is read as UTF-8. Convert it, with iconv for example.")
    return filter(None, chain([start.removeprefix(b"\xef\xbb\xbf")], pieces))


def _newlines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    # A carriage return ends a line, too; the last one of a piece may belong to a newline in the next.
    held = b""
    for piece in pieces:
        text, held = held + piece, b""
        if b"\r" in text:
            held = b"\r" if text.endswith(b"\r") else b""
            text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield text
    if held:
        yield b"\n"


# ---------------------------------------------------------------- triple terms

_TOKEN = re.compile(
    rb"""(<<\()                                                  # 1: one more deep
    | (\)>>)                                                    # 2: one less
    | (?:<<? | \)>? | \\)\Z                                     # the beginning of either, or of an escape
    | \#[^\n\r]*+
    | \"{3} (?:[^"\\] | \\(?:.|\Z) | "(?!""))*+ (?:\"{3}|\Z)
    | '{3} (?:[^'\\] | \\(?:.|\Z) | '(?!''))*+ (?:'{3}|\Z)
    | " (?:[^"\\\n\r] | \\(?:.|\Z))*+ (?:"|\Z)
    | ' (?:[^'\\\n\r] | \\(?:.|\Z))*+ (?:'|\Z)
    | <[^<>"{}|^`\x00-\x20]*+ (?:>|\Z)
    | \\.""",
    re.DOTALL | re.VERBOSE,
)


def _watch_triple_terms(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Yield a file's text; search it from the start once it has enough triple terms to be nested too deeply."""
    count, tail = 0, b""
    for piece in pieces:
        if count <= MAX_DEPTH["triple terms"]:
            count += piece.count(b"<<(") + (tail + piece[:2]).count(b"<<(")
            tail = (tail + piece[-2:])[-2:]
            if count > MAX_DEPTH["triple terms"]:
                refuse_deep_terms(read_pieces(path), lambda offset: f"{path}:{line_at(path, offset)}")
        yield piece


def refuse_deep_terms(pieces: Iterable[bytes], position: Callable[[int], str]) -> None:
    """Raise an error if triple terms are nested more than `MAX_DEPTH["triple terms"]` deep.

    Args:
        pieces: Text of N-Triples, N-Quads, Turtle, TriG or N3, cut anywhere.
        position: From the offset of a byte to file and line, for the error message.

    Raises:
        SourceError: They are nested too deeply, or a token is longer than `MAX_TERM`.
    """
    text, offset, depth, limit = b"", 0, 0, MAX_DEPTH["triple terms"]
    for piece in chain(pieces, [b""]):
        text += piece
        if piece and len(text) < SEARCHED:
            continue
        cut = len(text)
        for token in _TOKEN.finditer(text):
            if piece and token.end() == len(text):  # it may go on in the next piece
                cut = token.start()
                break
            depth += {1: 1, 2: -1}.get(token.lastindex or 0, 0)
            if depth > limit:
                raise SourceError(
                    f"{position(offset + token.start())}: triple terms are nested more than {limit} deep."
                )
        text, offset = text[cut:], offset + cut
        if len(text) > MAX_TERM:
            raise SourceError(f"{position(offset)}: a term is longer than {MAX_TERM:,} bytes.")


# ---------------------------------------------------------------- XML


def _guard_xml(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    parser = expat.ParserCreate("utf-8")
    parser.specified_attributes = True
    namespaces = [0]  # for each open element, the bytes of all namespaces in scope
    ordinary: set[str] = set()  # attributes that declare no namespace and no XML literal
    tags = length = 0  # the number of tags; the length of text since the last
    literal_level = literal_size = 0  # of the XML literal that is open

    def refuse(reason: str) -> None:
        raise SourceError(f"{path}:{parser.CurrentLineNumber}: {reason}")

    def start(_name: str, attributes: dict[str, str]) -> None:
        nonlocal tags, length, literal_level, literal_size
        tags, length, declared = tags + 1, 0, 0
        for key, value in attributes.items():
            if key in ordinary:
                continue
            if key.startswith("xmlns"):
                declared += len(key) + len(value) + 4
            elif not key.endswith("parseType"):
                ordinary.add(key)
            elif not literal_level and value not in {"Resource", "Collection"}:
                literal_level, literal_size = len(namespaces) + 1, -parser.CurrentByteIndex
        if parser.CharacterDataHandler and sum(map(len, attributes.values())) > MAX_TERM:
            refuse(f"the attributes are longer than {MAX_TERM:,} bytes when their entities are written out.")
        namespaces.append(namespaces[-1] + declared)
        if len(namespaces) > MAX_DEPTH["XML"] + 1:
            refuse(f"elements are nested more than {MAX_DEPTH['XML']} deep.")
        if literal_level and len(namespaces) == literal_level + 1:
            literal_size += namespaces[-1]  # the parser declares them again on each outer element of an XML literal
            if literal_size + parser.CurrentByteIndex > MAX_TERM:
                refuse(f"the XML literal is longer than {MAX_TERM:,} bytes, with the namespaces that it needs.")

    def end(_name: str) -> None:
        nonlocal literal_level
        if len(namespaces) == literal_level:
            literal_level = 0
        namespaces.pop()

    def text(data: str) -> None:
        nonlocal length
        length += len(data)
        if length > MAX_TERM:
            refuse(f"the text is longer than {MAX_TERM:,} bytes when its entities are written out.")

    def entity(name: str, _parameter: bool, value: str | None, *_: Any) -> None:
        # Entities that abbreviate namespaces are short and not nested; the parser expands them without limit.
        if value is None:
            refuse(f"the entity {name!r} is external; nothing is fetched.")
        elif len(value) > MAX_ENTITY or re.search(r"&(?!#|amp;|lt;|gt;|quot;|apos;)", value):
            refuse(f"the entity {name!r} is longer than {MAX_ENTITY} bytes or holds other entities; write it out.")
        parser.CharacterDataHandler = text

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, entity
    tags_before, line, size = 0, 1, 0
    for piece in chain(pieces, [b""]):
        try:
            parser.Parse(piece, not piece)
        except expat.ExpatError as error:
            raise SourceError(f"{path}:{error.lineno}: no well-formed XML: {expat.ErrorString(error.code)}.") from error
        size += len(piece)
        if tags != tags_before:
            tags_before, line, size = tags, parser.CurrentLineNumber, 0
        elif size > MAX_TERM:
            raise SourceError(f"{path}:{line}: a text or tag is longer than {MAX_TERM:,} bytes.")
        yield piece


# ---------------------------------------------------------------- JSON

_STEPS = np.zeros(256, np.int8)
_STEPS[[*b"{["]] = 1
_STEPS[[*b"}]"]] = -1
_ESCAPE = re.compile(rb"\\[^u]")
# A key that opens a context, however it is written, and is followed by neither null nor a string.
_CONTEXT = re.compile(
    b'"' + b"".join(b"(?:%c|\\\\u00(?i:%02x))" % (char, char) for char in b"@context") + rb'"(?!\s*:\s*(?:null|"))'
)
_KEY = 64  # longer than that key, written in escapes


def _guard_json(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    limit = MAX_DEPTH["JSON"]
    depth = deepest = quotes = offset = contexts = longest = begin = 0
    outer: int | None = None  # the level of the objects that are read one by one: 1 if the file is an array
    context: tuple[int, int] | None = None  # where the outermost open context begins, and its level
    rest = b""
    for piece in chain(pieces, [b""]):
        text = rest + piece
        cut = max(0, len(text) - _KEY) if piece else len(text)
        cut -= (cut - len(text[:cut].rstrip(b"\\"))) % 2  # no half escapes
        text, rest = _ESCAPE.sub(b"__", text), text[cut:]
        chars = np.frombuffer(text, np.uint8)[:cut]
        quoted = (quotes + np.cumsum(chars == ord('"'), dtype=np.uint8)) & 1
        steps = _STEPS[chars] * (1 - quoted).view(np.int8)
        levels = depth + np.cumsum(steps, dtype=np.int32)
        if cut:
            depth, quotes, deepest = int(levels[-1]), int(quoted[-1]), max(deepest, int(levels.max()))
        if deepest > limit:
            line = line_at(path, offset + int(np.argmax(levels > limit)))
            raise SourceError(f"{path}:{line}: nested more than {limit} deep.")
        if outer is None and steps.any():
            outer = int(chars[np.argmax(steps != 0)] == ord("["))
        if (between := np.flatnonzero(levels <= (outer or 0))).size:
            begin = offset + int(between[-1]) + 1
        if offset + cut - begin > MAX_OBJECT:
            raise SourceError(
                f"{path}:{line_at(path, begin)}: the object is longer than {MAX_OBJECT:,} bytes; write its nodes into an "
                "array, or as N-Quads."
            )
        keys = _CONTEXT.finditer(text) if b"@context" in text or b"\\u00" in text else ()
        starts = [key.start() for key in keys if key.start() < cut]
        contexts += len(starts)
        closes = iter(np.flatnonzero(steps < 0).tolist() if context or starts else ())
        position = -1
        for start in [*starts, cut]:  # a context within another does not count
            while context and (position := next(closes, cut)) < cut:
                if offset + position > context[0] and levels[position] <= context[1]:
                    longest, context = max(longest, offset + position - context[0]), None
            if context is None and position <= start < cut:
                context = offset + start, int(levels[start])
        if context:
            longest = max(longest, offset + cut - context[0])
        if contexts > 1 and longest * deepest > MAX_CONTEXTS:
            raise SourceError(
                f"{path}: a @context of {longest:,} bytes, several of them, and {deepest} levels of nesting need more "
                "memory than a file may; write them flatter."
            )
        offset += cut
        yield piece
