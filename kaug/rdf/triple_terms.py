"""Text of RDF 1.2 → an error, if triple terms are nested so deeply that the parser's stack would overflow."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from kaug.errors import SourceError
from kaug.rdf.compressed import line_at, read_pieces
from kaug.rdf.limits import MAX_DEPTH, MAX_TERM

__all__ = ["AT_ONCE", "refuse_deep_terms", "watch_triple_terms"]

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
AT_ONCE = 1 << 22
"""Bytes of text that are searched for triple terms at a time."""


def watch_triple_terms(pieces: Iterator[bytes], path: Path, at_once: int = AT_ONCE) -> Iterator[bytes]:
    """Pass on a file's text until it has so many triple terms that they may be nested too deeply; then read it once more.

    Args:
        pieces: The file's text.
        path: The file.
        at_once: See `refuse_deep_terms`.

    Raises:
        SourceError: See `refuse_deep_terms`.
    """
    seen, tail, most = 0, b"", MAX_DEPTH["triple terms"]
    for piece in pieces:
        if seen <= most:
            seen += piece.count(b"<<(") + (tail + piece[:2]).count(b"<<(")
            tail = piece[-2:] if len(piece) > 1 else (tail + piece)[-2:]
            if seen > most:
                refuse_deep_terms(read_pieces(path), lambda offset: f"{path}:{line_at(path, offset)}", at_once)
        yield piece


def refuse_deep_terms(pieces: Iterable[bytes], place: Callable[[int], str], at_once: int = AT_ONCE) -> None:
    """Raise an error if triple terms are nested more than `MAX_DEPTH["triple terms"]` deep.

    Args:
        pieces: Text of N-Triples, N-Quads, Turtle, TriG or N3, cut anywhere.
        place: From the number of a byte to its place, for the error message.
        at_once: The least bytes that are searched at a time.

    Raises:
        SourceError: They are, or a token is longer than `MAX_TERM`.
    """
    text, offset, depth, most = b"", 0, 0, MAX_DEPTH["triple terms"]
    for piece in chain(pieces, [b""]):
        text += piece
        if piece and len(text) < at_once:
            continue
        cut = len(text)
        for found in _TOKEN.finditer(text):
            if piece and found.end() == len(text):  # perhaps only the beginning of a token
                cut = found.start()
                break
            depth += {1: 1, 2: -1}.get(found.lastindex or 0, 0)
            if depth > most:
                raise SourceError(f"{place(offset + found.start())}: triple terms are nested more than {most} deep.")
        text, offset = text[cut:], offset + cut
        if len(text) > MAX_TERM:
            raise SourceError(f"{place(offset)}: a term is longer than {MAX_TERM:,} bytes.")
