"""Chunks of N-Quads → numbered terms: canonical lines in arrays, the others with the strict parser.

A chunk is split at its spaces and line ends with array operations, and its terms are numbered. The patterns of
canonical terms are stricter than the grammar; other lines are parsed.
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.errors import SourceError
from kaug.namespaces import XSD
from kaug.rdf.guards import refuse_deep_terms
from kaug.rdf.parse import Errors, parser_message

__all__ = ["NO_ROWS", "Codes", "Part", "canonical_lines", "number_lines", "parse_lines", "write_lines"]

Codes = NDArray[np.uint32]
Rows = NDArray[np.int64]
NO_ROWS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Part:
    """Some lines.

    Attributes:
        terms: Binary: their distinct terms.
        codes: uint32 (n, 4): each line's subject, predicate, object and tail (graph, full stop, newline) in `terms`.
        lines: int64 (n,): their numbers.
    """

    terms: pa.Array
    codes: Codes
    lines: Rows


_EMPTY = Part(pa.array([], pa.binary()), np.zeros((0, 4), np.uint32), NO_ROWS)


def number_lines(chunk: bytes) -> tuple[Part, bytes, NDArray[np.int64]]:
    """Number the terms of the lines of canonical shape; return the other lines, and their positions."""
    data = np.frombuffer(chunk, np.uint8)
    white = np.flatnonzero(data <= ord(" ")).astype(np.int32)
    char = data[white]
    if not (usual := (char == ord(" ")) | (char == ord("\n"))).all():
        white, char = white[usual], char[usual]
    last = np.flatnonzero(char == ord("\n"))  # the end of each line, as a position in `white`
    first = np.concatenate([[0], last[:-1] + 1])
    ends = white[last]
    starts = np.concatenate([[0], ends[:-1] + 1])
    shaped = (last - first >= 3) & (data[ends - 1] == ord("."))
    lines = np.arange(len(ends))
    if not shaped.all():
        regular = np.repeat(shaped, ends + 1 - starts)
        part = number_lines(data[regular].tobytes())[0] if shaped.any() else _EMPTY
        return replace(part, lines=lines[shaped]), data[~regular].tobytes(), lines[~shaped]
    offsets = np.empty(6 * len(ends) + 1, dtype=np.int32)
    cuts = offsets[:-1].reshape(-1, 6)  # subject, space, predicate, space, object, tail
    cuts[:, 0], cuts[:, 1], cuts[:, 3], cuts[:, 5] = starts, white[first], white[first + 1], white[last - 1]
    cuts[:, 2], cuts[:, 4], offsets[-1] = cuts[:, 1] + 1, cuts[:, 3] + 1, len(chunk)
    # The second last space precedes a graph, unless it is in a literal or a triple.
    before = white[last - 2]
    graph = (before > cuts[:, 3]) & np.isin(data[before + 1], np.frombuffer(b"<_", np.uint8))
    if graph.any():
        quotes = np.concatenate([[-1], np.flatnonzero(data == ord('"'))])
        graph[graph] = quotes[np.searchsorted(quotes, ends[graph]) - 1] < before[graph]
        cuts[graph, 5] = before[graph]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(chunk)]
    coded = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers).dictionary_encode()
    codes = coded.indices.to_numpy().view(np.uint32).reshape(-1, 6)[:, [0, 2, 4, 5]]
    return Part(coded.dictionary, codes, lines), b"", NO_ROWS


def parse_lines(
    text: bytes, lines: Rows, syntax: ox.RdfFormat | None, where: str, errors: Errors | None = None
) -> Part:
    """Parse lines strictly, and number the terms of the canonical output; malformed ones go to `errors`, if given."""
    try:
        canonical = _canonical(text, lines, syntax, where)
    except SourceError:
        if errors is None:
            raise
        canonical = b""
        for row, line in enumerate(text.split(b"\n")[: len(lines)]):
            try:
                canonical += _canonical(line + b"\n", lines[row : row + 1], syntax, where)
            except SourceError as error:
                errors.add(str(error))
    return number_lines(canonical)[0] if canonical else _EMPTY


def _canonical(text: bytes, lines: Rows, syntax: ox.RdfFormat | None, where: str) -> bytes:
    def position(offset: int) -> str:
        row = text.count(b"\n", 0, offset)
        return f"{where}:{lines[row]}"

    if b"<<(" in text:
        refuse_deep_terms([text], position)
    syntax = syntax or ox.RdfFormat.N_QUADS
    try:
        return ox.serialize(ox.parse(text, format=syntax), format=ox.RdfFormat.N_QUADS) or b""
    except SyntaxError as error:
        reason, row = error, min(error.lineno or 1, len(lines)) - 1
        if row:  # the parser reports an unterminated line at the next one
            try:
                deque(ox.parse(text.split(b"\n")[row - 1], format=syntax), 0)
            except SyntaxError as earlier:
                reason, row = earlier, row - 1
        raise SourceError(f"{where}:{lines[row]}: {parser_message(reason)}") from reason


def write_lines(terms: pa.Array, codes: Codes) -> bytes:
    """Write numbered lines as text."""
    s, p, o, tail = (terms.take(pa.array(codes[:, column])) for column in range(4))
    ends = pc.binary_join_element_wise(o, tail, b"")
    return b"".join(pc.binary_join_element_wise(s, p, ends, b" ").to_pylist())


# ---------------------------------------------------------------- canonical lines

_PLAIN = r"A-Za-z0-9\-._~!$&'()*+,;="
_WIDE = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}"
_PART = rf"(?:[{_PLAIN}:@/?{_WIDE}]|%[0-9A-Fa-f]{{2}})*"
_HOST = rf"(?:[{_PLAIN}@{_WIDE}]|%[0-9A-Fa-f]{{2}})*(?::[0-9]*)?(?:[/?]{_PART})?"
_IRI = (
    rf"<[A-Za-z][A-Za-z0-9+.\-]*:(?://{_HOST}|(?:/?(?:[{_PLAIN}:@?{_WIDE}]|%[0-9A-Fa-f]{{2}}){_PART})?)(?:#{_PART})?>"
)
_NODE = rf"(?:{_IRI}|_:[A-Za-z0-9_]+)"
_STRING = r'"(?:[^"\\\x00-\x1F\x7F\x{FFFE}\x{FFFF}]|\\[btnfr"\\])*"'
_LITERAL = rf"{_STRING}(?:@[a-z]{{1,8}}(?:-[a-z0-9]{{1,8}})*|\^\^{_IRI})?"
_TERM = rf"^(?:{_NODE}|{_LITERAL}|<<\( {_NODE} {_IRI} (?:{_NODE}|{_LITERAL}) \)>>)$"
_TAIL = rf"^ (?:{_NODE} )?\.\n$"
_XSD_STRING = f"^^<{XSD}string>"  # omitted in the canonical form


def canonical_lines(terms: pa.Array, codes: Codes, *, quads: bool) -> NDArray[np.bool_]:
    """Return the mask of canonical lines, as pyoxigraph's serializer writes them.

    Args:
        terms: See `Part`.
        codes: See `Part`.
        quads: Whether a line may name a graph.

    Returns:
        bool (n,).
    """
    try:
        texts = terms.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8
        valid = [term if term.decode(errors="ignore").encode() == term else b"" for term in terms.to_pylist()]
        texts = pa.array(valid, pa.binary()).cast(pa.string())

    def matches(test: pa.Array) -> NDArray[np.bool_]:
        return np.asarray(test.to_numpy(zero_copy_only=False))

    canonical = matches(pc.match_substring_regex(texts, _TERM))
    literal, triple = matches(pc.starts_with(texts, '"')), matches(pc.starts_with(texts, "<<"))
    canonical &= ~matches(pc.ends_with(texts, _XSD_STRING))
    if triple.any():
        canonical[triple] &= ~matches(pc.match_substring(texts.filter(pa.array(triple)), _XSD_STRING))
    node = canonical & ~literal & ~triple
    iri = node & ~matches(pc.starts_with(texts, "_"))
    tail = matches(pc.match_substring_regex(texts, _TAIL if quads else r"^ \.\n$"))
    return np.asarray(node[codes[:, 0]] & iri[codes[:, 1]] & canonical[codes[:, 2]] & tail[codes[:, 3]])
