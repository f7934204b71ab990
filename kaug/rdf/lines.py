"""Chunks of N-Quads → numbers for the pieces of each line; lines of another look → the same, from the strict parser.

A chunk is cut at its spaces and line ends, all at once, and its terms are numbered: no line is touched by a loop.
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.errors import SourceError
from kaug.rdf.parse import parser_message
from kaug.rdf.guards import refuse_deep_terms

__all__ = ["NO_PLACES", "Codes", "Part", "number_lines", "parse_lines", "write_lines"]

Codes = NDArray[np.uint32]


@dataclass(frozen=True)
class Part:
    """Some lines: terms of their own as bytes; (n, 4) places of subject, predicate, object and tail in them; line numbers."""

    terms: pa.Array
    codes: Codes
    lines: NDArray[np.int64]


NO_PLACES = np.zeros(0, dtype=np.int64)
NO_LINES = Part(pa.array([], pa.binary()), np.zeros((0, 4), np.uint32), NO_PLACES)
_NEWLINE = b"\n"


def number_lines(chunk: bytes) -> tuple[Part, bytes, NDArray[np.int64]]:
    """Number the terms of the lines that have the canonical shape; return the others as they are, and their places."""
    data = np.frombuffer(chunk, np.uint8)
    white = np.flatnonzero(data <= ord(" ")).astype(np.int32)
    sign = data[white]
    if not (plain := (sign == ord(" ")) | (sign == ord("\n"))).all():
        white, sign = white[plain], sign[plain]
    at = np.flatnonzero(sign == ord("\n"))  # where each line ends, among the white spaces
    first = np.concatenate([[0], at[:-1] + 1])
    ends = white[at]
    starts = np.concatenate([[0], ends[:-1] + 1])
    shaped = (at - first >= 3) & (data[ends - 1] == ord("."))
    lines = np.arange(len(ends))
    if not shaped.all():
        regular = np.repeat(shaped, ends + 1 - starts)
        part = number_lines(data[regular].tobytes())[0] if shaped.any() else NO_LINES
        return replace(part, lines=lines[shaped]), data[~regular].tobytes(), lines[~shaped]
    pieces = np.empty(6 * len(ends) + 1, dtype=np.int32)
    cuts = pieces[:-1].reshape(-1, 6)
    cuts[:, 0], cuts[:, 1], cuts[:, 3], cuts[:, 5], pieces[-1] = (
        starts,
        white[first],
        white[first + 1],
        white[at - 1],
        len(chunk),
    )
    cuts[:, 2], cuts[:, 4] = cuts[:, 1] + 1, cuts[:, 3] + 1
    # The last space but one comes before a graph, unless it belongs to a literal or a triple.
    before = white[at - 2]
    graph = (before > cuts[:, 3]) & np.isin(data[before + 1], np.frombuffer(b"<_", np.uint8))
    if graph.any():
        quotes = np.concatenate([[-1], np.flatnonzero(data == ord('"'))])
        graph[graph] = quotes[np.searchsorted(quotes, ends[graph]) - 1] < before[graph]
        cuts[graph, 5] = before[graph]
    buffers = [None, pa.py_buffer(pieces), pa.py_buffer(chunk)]
    coded = pa.Array.from_buffers(pa.binary(), len(pieces) - 1, buffers).dictionary_encode()
    codes = coded.indices.to_numpy().view(np.uint32).reshape(-1, 6)[:, [0, 2, 4, 5]]
    return Part(coded.dictionary, codes, lines), b"", NO_PLACES


def parse_lines(text: bytes, lines: NDArray[np.int64], syntax: ox.RdfFormat | None, where: str) -> Part:
    """Have the strict parser read lines, and number what it makes of them."""
    if b"<<(" in text:
        refuse_deep_terms([text], lambda offset: f"{where}:{lines[text[:offset].count(_NEWLINE)]}")
    syntax = syntax or ox.RdfFormat.N_QUADS
    try:
        canonical = ox.serialize(ox.parse(text, format=syntax), format=ox.RdfFormat.N_QUADS)
    except SyntaxError as error:
        found, at = error, min(error.lineno or 1, len(lines)) - 1
        if at:  # the parser sees that a line has no end only when the next begins
            try:
                deque(ox.parse(text.split(_NEWLINE)[at - 1], format=syntax), 0)
            except SyntaxError as before:
                found, at = before, at - 1
        raise SourceError(f"{where}:{lines[at]}: {parser_message(found)}") from found
    return number_lines(canonical)[0] if canonical else NO_LINES


def write_lines(terms: pa.Array, codes: Codes) -> bytes:
    """Write lines as they were."""
    s, p, o, tail = (terms.take(pa.array(codes[:, column])) for column in range(4))
    ends = pc.binary_join_element_wise(o, tail, b"")
    return b"".join(pc.binary_join_element_wise(s, p, ends, b" ").to_pylist())
