"""Terms of lines → which lines are canonical N-Triples or N-Quads, as pyoxigraph's serializer writes them.

The patterns are narrower than the grammar: what they pass is right, and what they do not pass may be.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["canonical_lines"]

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
_XSD_STRING = "^^<http://www.w3.org/2001/XMLSchema#string>"


def canonical_lines(terms: pa.Array, codes: NDArray[np.uint32], *, quads: bool) -> NDArray[np.bool_]:
    """Tell which lines are canonical.

    Args:
        terms: Binary: the different pieces of the lines.
        codes: uint32 (n, 4): each line's subject, predicate, object and tail (graph, full stop, newline) in `terms`.
        quads: Whether a line may name a graph.

    Returns:
        bool (n,).
    """
    try:
        texts = terms.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8
        texts = pa.array([_decoded(term) for term in terms.to_pylist()], pa.string())
    good = _matches(texts, _TERM)
    good &= ~pc.ends_with(texts, _XSD_STRING).to_numpy(zero_copy_only=False)
    triple = pc.starts_with(texts, "<<").to_numpy(zero_copy_only=False)
    if triple.any():
        good[triple] &= ~pc.match_substring(texts.filter(pa.array(triple)), _XSD_STRING).to_numpy(zero_copy_only=False)
    literal = pc.starts_with(texts, '"').to_numpy(zero_copy_only=False)
    node = good & ~literal & ~triple
    iri = node & ~pc.starts_with(texts, "_").to_numpy(zero_copy_only=False)
    tail = _matches(texts, _TAIL if quads else r"^ \.\n$")
    return np.asarray(node[codes[:, 0]] & iri[codes[:, 1]] & good[codes[:, 2]] & tail[codes[:, 3]])


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False))


def _decoded(term: bytes) -> str:
    try:
        return term.decode()
    except UnicodeDecodeError:
        return ""
