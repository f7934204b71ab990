"""The bytes of an RDF file → the same bytes, or an error before they harm the parser.

The parser fetches nothing by itself. It has no limits on nesting, entities and the length of a term: they are here. A
guard sees each piece before the parser does, so that nothing has to be read twice.
"""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.rdf.compressed import line_at, read_pieces
from kaug.rdf.limits import MAX_CONTEXTS, MAX_DEPTH, MAX_ENTITY, MAX_OBJECT, MAX_TERM
from kaug.rdf.triple_terms import AT_ONCE, watch_triple_terms

__all__ = ["LINES", "guarded_lines", "guarded_pieces"]

LINES = (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS)
"""The syntaxes in which a line is a statement."""


def guarded_pieces(path: Path, syntax: ox.RdfFormat, size: int = 1 << 18, at_once: int = AT_ONCE) -> Iterator[bytes]:
    """Read a file in pieces that are safe to hand to the parser.

    Args:
        path: The file, compressed or not.
        syntax: What it is parsed as.
        size: Bytes to read at a time.
        at_once: Bytes of text that are searched for triple terms at a time.

    Yields:
        Its decompressed bytes, without a byte order mark; of N-Triples and N-Quads whole lines, each ending in a newline.

    Raises:
        SourceError: As `read_pieces`; or the file is UTF-16, nested too deeply, declares an entity that is long, nested
            or to be fetched, or holds a term longer than `MAX_TERM`.
    """
    if syntax in LINES:
        return watch_triple_terms(guarded_lines(path, size), path, at_once)
    pieces = _without_mark(read_pieces(path, size), path)
    if syntax == ox.RdfFormat.RDF_XML:
        return _xml(pieces, path)
    if syntax == ox.RdfFormat.JSON_LD:
        return _json(pieces, path)
    return watch_triple_terms(pieces, path, at_once)


def guarded_lines(path: Path, size: int) -> Iterator[bytes]:
    """Read a file of N-Triples or N-Quads in pieces of whole lines, as `guarded_pieces` does but for the triple terms.

    Searching them costs more than reading; `refuse_deep_terms` is for the few lines that a parser gets to see.
    """
    return _lines(_without_mark(read_pieces(path, size), path), path)


def _without_mark(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    start = next(pieces, b"")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start[:2].count(0) == 1:
        raise SourceError(f"{path}:1: is encoded in UTF-16; RDF is read as UTF-8. Convert it, with iconv for example.")
    if first := start.removeprefix(b"\xef\xbb\xbf"):
        yield first
    yield from pieces


def _lines(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    begun, length = 0, 0
    rest: list[bytes] = []
    for piece in _newlines(pieces):
        end = piece.rfind(b"\n") + 1
        if length + (piece.find(b"\n") if end else len(piece)) > MAX_TERM:
            raise SourceError(f"{path}:{line_at(path, begun)}: the line is longer than {MAX_TERM:,} bytes.")
        if end:
            whole = b"".join([*rest, memoryview(piece)[:end]])
            begun += len(whole)
            rest, length = [], 0
            yield whole
        if end < len(piece):
            rest.append(piece[end:])
            length += len(piece) - end
    if rest:
        yield b"".join([*rest, b"\n"])


def _newlines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    # A carriage return ends a line, too; the last one of a piece may belong to a newline in the next.
    held = b""
    for piece in pieces:
        text = held + piece
        if b"\r" in text:
            held = b"\r" if text.endswith(b"\r") else b""
            text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        else:
            held = b""
        yield text
    if held:
        yield b"\n"


# ---------------------------------------------------------------- XML


def _xml(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    parser = expat.ParserCreate("utf-8")
    parser.specified_attributes = True
    most = MAX_DEPTH["XML"]
    spaces = [0]  # bytes of the namespaces in scope, for each open element
    usual: set[str] = set()  # names of attributes that say nothing about namespaces and XML literals
    tags = length = literal = size = 0

    def refuse(what: str) -> None:
        raise SourceError(f"{path}:{parser.CurrentLineNumber}: {what}")

    def start(_name: str, attributes: dict[str, str]) -> None:
        nonlocal tags, length, literal, size
        tags, length, declared = tags + 1, 0, 0
        for key, value in attributes.items():
            if key not in usual:
                if key.startswith("xmlns"):
                    declared += len(key) + len(value) + 4
                elif not key.endswith("parseType"):
                    usual.add(key)
                elif not literal and value not in {"Resource", "Collection"}:
                    literal, size = len(spaces) + 1, -parser.CurrentByteIndex
        if parser.CharacterDataHandler and sum(map(len, attributes.values())) > MAX_TERM:
            refuse(f"the attributes are longer than {MAX_TERM:,} bytes when their entities are written out.")
        spaces.append(spaces[-1] + declared)
        if len(spaces) > most + 1:
            refuse(f"elements are nested more than {most} deep.")
        if literal and len(spaces) == literal + 1:
            size += spaces[-1]  # the parser declares them all anew on each outer element of an XML literal
            if size + parser.CurrentByteIndex > MAX_TERM:
                refuse(f"the XML literal is longer than {MAX_TERM:,} bytes, with the namespaces that it needs.")

    def end(_name: str) -> None:
        nonlocal literal
        if len(spaces) == literal:
            literal = 0
        spaces.pop()

    def text(data: str) -> None:
        nonlocal length
        length += len(data)
        if length > MAX_TERM:
            refuse(f"the text is longer than {MAX_TERM:,} bytes when its entities are written out.")

    def entity(name: str, _parameter: bool, value: str | None, *_: Any) -> None:
        # Those that abbreviate a namespace are short and hold no other; the parser expands them without limit.
        if value is None:
            refuse(f"the entity {name!r} is to be fetched; nothing is.")
        elif len(value) > MAX_ENTITY or re.search(r"&(?!#|amp;|lt;|gt;|quot;|apos;)", value):
            refuse(
                f"the entity {name!r} is longer than {MAX_ENTITY} bytes or holds other entities; "
                "write out what it stands for."
            )
        parser.CharacterDataHandler = text

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, entity
    before, line, run = 0, 1, 0
    for piece in chain(pieces, [b""]):
        try:
            parser.Parse(piece, not piece)
        except expat.ExpatError as error:
            raise SourceError(f"{path}:{error.lineno}: no well-formed XML: {expat.ErrorString(error.code)}.") from error
        run += len(piece)
        if tags != before:
            before, line, run = tags, parser.CurrentLineNumber, 0
        elif run > MAX_TERM:
            raise SourceError(f"{path}:{line}: a text or tag is longer than {MAX_TERM:,} bytes.")
        yield piece


# ---------------------------------------------------------------- JSON

_STEPS = np.zeros(256, np.int8)
_STEPS[[*b"{["]] = 1
_STEPS[[*b"}]"]] = -1
_ESCAPE = re.compile(rb"\\[^u]")
# A key that opens a context, however it is written, and is followed by neither null nor a string.
_CONTEXT = re.compile(
    b'"' + b"".join(b"(?:%c|\\\\u00(?i:%02x))" % (sign, sign) for sign in b"@context") + rb'"(?!\s*:\s*(?:null|"))'
)
_HELD = 64  # more than a key that is written in escapes takes


def _json(pieces: Iterator[bytes], path: Path) -> Iterator[bytes]:
    most = MAX_DEPTH["JSON"]
    depth = deepest = quotes = offset = contexts = longest = since = 0
    outer: int | None = None  # the level of what is read one by one: 1 if the file is an array
    opened: tuple[int, int] | None = None  # where the outermost context begins, and its level
    rest = b""
    for piece in chain(pieces, [b""]):
        text = rest + piece
        cut = max(0, len(text) - _HELD) if piece else len(text)
        cut -= (cut - len(text[:cut].rstrip(b"\\"))) % 2  # no half escapes
        text, rest = _ESCAPE.sub(b"__", text), text[cut:]
        signs = np.frombuffer(text, np.uint8)[:cut]
        quoted = (quotes + np.cumsum(signs == ord('"'), dtype=np.uint8)) & 1
        steps = _STEPS[signs] * (1 - quoted).view(np.int8)
        levels = depth + np.cumsum(steps, dtype=np.int32)
        if cut:
            depth, quotes, deepest = int(levels[-1]), int(quoted[-1]), max(deepest, int(levels.max()))
        if deepest > most:
            line = line_at(path, offset + int(np.argmax(levels > most)))
            raise SourceError(f"{path}:{line}: nested more than {most} deep.")
        if outer is None and steps.any():
            outer = int(signs[np.argmax(steps != 0)] == ord("["))
        if (rests := np.flatnonzero(levels <= (outer or 0))).size:
            since = offset + int(rests[-1]) + 1
        if offset + cut - since > MAX_OBJECT:
            raise SourceError(
                f"{path}:{line_at(path, since)}: the object is longer than {MAX_OBJECT:,} bytes; write its nodes into an "
                "array, or as N-Quads."
            )
        starts = []
        if b"@context" in text or b"\\u00" in text:
            starts = [found.start() for found in _CONTEXT.finditer(text) if found.start() < cut]
        contexts += len(starts)
        position = 0
        while opened or starts:
            if opened is None:
                position = starts.pop(0)
                opened = offset + position, int(levels[position])
            closed = np.flatnonzero((steps[position:] < 0) & (levels[position:] <= opened[1]))
            position = position + int(closed[0]) if closed.size else cut
            longest = max(longest, offset + position - opened[0])
            if not closed.size:
                break
            opened, starts = None, [start for start in starts if start > position]
        if contexts > 1 and longest * deepest > MAX_CONTEXTS:
            raise SourceError(
                f"{path}: a @context of {longest:,} bytes, several of them, and {deepest} levels of nesting need more "
                "memory than a file may; write them flatter."
            )
        offset += cut
        yield piece
