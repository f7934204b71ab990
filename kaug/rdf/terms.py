r"""Terms in canonical N-Triples → the columns of TERMS (kind, value, datatype, language), and back."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.namespaces import RDF, XSD
from kaug.tables import TERMS

__all__ = ["IRI_CHARACTER", "iris", "literals", "read_terms", "write_terms"]

IRI_CHARACTER = r"""[^\x00-\x20<>"{}|^`\\]"""
"""A valid character of an IRI in N-Triples, Turtle and SPARQL, as a regular expression."""

Positions = NDArray[np.int64]

_KINDS = ("iri", "literal", "blank")
_BLOCK = 1 << 16  # terms at a time: each needs some ten temporary numbers
_LETTERS = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_CODES = {chr(code): f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF) if chr(code) not in _LETTERS}
"""The characters that canonical literals escape, by a letter and by a code."""

_CHARACTERS = {escape: char for char, escape in (_LETTERS | _CODES).items()}
_ESCAPE = re.compile(r"\\(?:u[0-9A-F]{4}|.)")


def read_terms(texts: pa.Array) -> pa.Table:
    r"""Read terms into columns.

    Args:
        texts: Strings: canonical terms; a triple term becomes the value of a blank node.

    Returns:
        TERMS, one row per term.

    Examples:
        >>> read_terms(pa.array(['"a\\"b"@en', "<urn:a>"])).to_pylist()[0]
        {'kind': 'literal', 'value': 'a"b', 'datatype': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString', 'language': 'en'}
    """
    texts = pa.concat_arrays([texts]).cast(pa.string())
    blocks = [_read_block(texts.slice(start, _BLOCK)) for start in range(0, len(texts), _BLOCK)]
    return pa.concat_tables(blocks or [TERMS.empty_table()]).unify_dictionaries().combine_chunks()


def _read_block(texts: pa.Array) -> pa.Table:
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    content = content.slice(ends[0], ends[-1] - ends[0])
    ends -= ends[0]
    data = np.frombuffer(content, np.uint8)
    starts, ends = ends[:-1], ends[1:]
    head = data[starts]
    literal, iri = head == ord('"'), (head == ord("<")) & (data[ends - 1] == ord(">")) & (data[starts + 1] != ord("<"))
    close = ends - iri
    if literal.any():
        quotes = np.flatnonzero(data == ord('"'))
        close[literal] = quotes[np.searchsorted(quotes, ends[literal]) - 1]
    open_ = starts + (literal | iri) + 2 * (head == ord("_"))
    rest = np.minimum(close + 1, ends)
    after = np.where(rest < ends, data[np.minimum(rest, len(data) - 1)], 0)
    typed, tagged = literal & (after == ord("^")), literal & (after == ord("@"))
    value = _slices(content, open_, close)
    backslashes = np.flatnonzero(data == ord("\\"))
    escaped = np.zeros(len(literal), dtype=bool)
    escaped[np.searchsorted(starts, backslashes, side="right") - 1] = True
    value = _unescaped(value, pa.array(escaped & literal), np.unique(data[backslashes + 1]).tobytes())
    languages = _slices(content, rest + 1, ends, tagged).dictionary_encode()
    datatypes = _slices(content, rest + 3, ends - 1, typed).dictionary_encode()
    names = pa.concat_arrays([datatypes.dictionary, pa.array([XSD + "string", RDF + "langString"])])
    number = datatypes.indices.fill_null(0).to_numpy().astype(np.int32)
    number = np.where(typed, number, np.where(tagged, len(names) - 1, len(names) - 2)).astype(np.int32)
    kind = np.where(literal, 1, np.where(iri, 0, 2)).astype(np.int32)
    return pa.table(
        {
            "kind": pa.DictionaryArray.from_arrays(pa.array(kind), pa.array(_KINDS)),
            "value": value,
            "datatype": pa.DictionaryArray.from_arrays(pa.array(number, mask=~literal), names),
            "language": languages,
        },
        schema=TERMS,
    )


def write_terms(terms: pa.Table) -> pa.Array:
    r"""Write terms in canonical N-Triples; see `read_terms`.

    Args:
        terms: TERMS.

    Returns:
        Strings, one per term.

    Examples:
        >>> texts = pa.array(['"a\\\\b\\u0001"', "<urn:a>", '"1"^^<urn:t>', "_:x"])
        >>> write_terms(read_terms(texts)).equals(texts)
        True
    """
    kind, value, datatype, language = (_column(terms[name]) for name in TERMS.names)
    node = pc.if_else(pc.starts_with(value, "<<("), value, pc.binary_join_element_wise("_:", value, ""))
    literal = literals(value, language=language, datatype=datatype)
    return pc.if_else(pc.equal(kind, "literal"), literal, pc.if_else(pc.equal(kind, "iri"), iris(value), node))


def iris(values: pa.Array) -> pa.Array:
    """Write IRIs in N-Triples.

    Args:
        values: Strings.

    Returns:
        Strings; null where `values` is.

    Examples:
        >>> iris(pa.array(["urn:a"])).to_pylist()
        ['<urn:a>']
    """
    return pc.binary_join_element_wise("<", pc.cast(values, pa.string()), ">", "")


def literals(
    values: pa.Array, *, language: str | pa.Array | None = None, datatype: str | pa.Array | None = None
) -> pa.Array:
    r"""Write literals in canonical N-Triples.

    Args:
        values: Strings: lexical forms.
        language: One BCP 47 tag for all, or a column of tags; null for none.
        datatype: One IRI for all, or a column; null is `xsd:string`, which is not written. It is ignored where there is
            a language.

    Returns:
        Strings; null where `values` is.

    Examples:
        >>> literals(pa.array(['say "a\tb"'])).to_pylist()
        ['"say \\"a\\tb\\""']
        >>> literals(pa.array(["x", "y"]), language=pa.array(["en", None])).to_pylist()
        ['"x"@en', '"y"']
    """
    text = pc.cast(values, pa.string())
    text = _escaped(text)
    tag = pc.binary_join_element_wise("@", _column(language), "")
    kind = _column(datatype)
    kind = pc.if_else(pc.equal(kind, XSD + "string"), pa.scalar(None, pa.string()), kind)
    ending = pc.coalesce(tag, pc.binary_join_element_wise("^^<", kind, ">", ""), pa.scalar(""))
    return pc.binary_join_element_wise('"', text, '"', ending, "")


def _column(value: str | pa.Array | None) -> pa.Array:
    """Return a column of strings as one array; one string for all rows as a scalar."""
    if value is None or isinstance(value, str):
        return pa.scalar(value, pa.string())
    value = pc.cast(value, pa.string())
    return value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value


def _escaped(texts: pa.Array) -> pa.Array:
    """Escape the characters of literals that N-Triples does not write as they are."""
    rows = pc.match_substring_regex(texts, r'["\\\x00-\x1F\x7F\x{FFFE}\x{FFFF}]')
    if not pc.any(rows).as_py():
        return texts
    new = texts.filter(rows)
    for char, escape in _LETTERS.items():
        new = pc.replace_substring(new, char, escape)
    if pc.any(pc.match_substring_regex(new, r"[\x00-\x1F\x7F\x{FFFE}\x{FFFF}]")).as_py():
        for char, escape in _CODES.items():
            new = pc.replace_substring(new, char, escape)
    return pc.replace_with_mask(texts, rows, new)


def _unescaped(texts: pa.Array, rows: pa.Array, letters: bytes) -> pa.Array:
    """Replace the escapes, backslashes with some letters, in the texts of some rows; the rare codes text by text."""
    if not pc.any(rows).as_py():
        return texts
    escaped = texts.filter(rows)
    coded = pc.match_substring(escaped, "\\u")
    new = pc.replace_substring(escaped, "\\\\", "\0")  # no canonical term holds a NUL
    for char, escape in list(_LETTERS.items())[1:]:
        if ord(escape[1]) in letters:
            new = pc.replace_substring(new, escape, char)
    new = pc.replace_substring(new, "\0", "\\")
    if pc.any(coded).as_py():
        decoded = [_ESCAPE.sub(lambda match: _CHARACTERS[match[0]], text) for text in escaped.filter(coded).to_pylist()]
        new = pc.replace_with_mask(new, coded, pa.array(decoded, pa.string()))
    return pc.replace_with_mask(texts, rows, new)


def _slices(content: pa.Buffer, low: Positions, high: Positions, where: NDArray[np.bool_] | None = None) -> pa.Array:
    """Slice strings from a buffer, in ascending order of positions; null where `where` is false."""
    if where is not None:
        low, high = low[where], high[where]
    cuts = np.append(np.stack([low, high], axis=1).ravel(), len(content)).astype(np.int32)
    pieces = pa.Array.from_buffers(pa.string(), len(cuts) - 1, [None, pa.py_buffer(cuts), content])
    strings = pieces.take(pa.array(np.arange(0, 2 * len(low), 2, dtype=np.int32)))
    if where is None:
        return strings
    return strings.take(pa.array(np.where(where, np.cumsum(where) - 1, 0).astype(np.int32), mask=~where))
