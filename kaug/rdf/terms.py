r"""Terms as canonical N-Triples writes them → the columns of TERMS: kind, value, datatype, language; and back."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.tables import TERMS

__all__ = ["ESCAPES", "IRI_CHARACTER", "iris", "literals", "read_terms", "text_bytes", "write_terms"]

ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
"""The characters of literals that N-Triples writes with a letter, the backslash first; others are written by number."""

IRI_CHARACTER = r"""[^\x00-\x20<>"{}|^`\\]"""
"""A character that an IRI in N-Triples, Turtle and SPARQL may hold, as a regular expression."""

_KINDS = ("iri", "literal", "blank")
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_LANGUAGE_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_BLOCK = 1 << 16  # terms at a time: some ten numbers a term come and go
_RARE = [chr(code) for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF) if chr(code) not in ESCAPES]


def read_terms(texts: pa.Array) -> pa.Table:
    r"""Read terms into columns.

    Args:
        texts: Strings: canonical terms; a triple term is kept whole as the value of a blank node.

    Returns:
        TERMS, one row a term.

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
    at = np.where(rest < ends, data[np.minimum(rest, len(data) - 1)], 0)
    typed, tagged = literal & (at == ord("^")), literal & (at == ord("@"))
    value = _slices(content, open_, close)
    escaped = literal & pc.match_substring(value, "\\").to_numpy(zero_copy_only=False)
    if escaped.any():
        value = pc.replace_with_mask(value, pa.array(escaped), _unescaped(value.filter(pa.array(escaped))))
    languages = _slices(content, rest + 1, ends, tagged).dictionary_encode()
    datatypes = _slices(content, rest + 3, ends - 1, typed).dictionary_encode()
    names = pa.concat_arrays([datatypes.dictionary, pa.array([_STRING, _LANGUAGE_STRING])])
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
    r"""Write terms as canonical N-Triples does; see `read_terms`.

    Args:
        terms: TERMS.

    Returns:
        Strings, one a term.

    Examples:
        >>> texts = pa.array(['"a\\\\b\\u0001"', "<urn:a>", '"1"^^<urn:t>', "_:x"])
        >>> write_terms(read_terms(texts)).equals(texts)
        True
    """
    kind, value, datatype, language = (_column(terms[name], terms.num_rows) for name in TERMS.names)
    node = pc.if_else(pc.starts_with(value, "<<("), value, pc.binary_join_element_wise("_:", value, ""))
    literal = literals(value, language=language, datatype=datatype)
    return pc.if_else(pc.equal(kind, "literal"), literal, pc.if_else(pc.equal(kind, "iri"), iris(value), node))


def iris(values: pa.Array) -> pa.Array:
    """Write IRIs as N-Triples does.

    Args:
        values: Strings.

    Returns:
        Strings; null where there is none.

    Examples:
        >>> iris(pa.array(["urn:a"])).to_pylist()
        ['<urn:a>']
    """
    return pc.binary_join_element_wise("<", pc.cast(values, pa.string()), ">", "")


def literals(
    values: pa.Array, *, language: str | pa.Array | None = None, datatype: str | pa.Array | None = None
) -> pa.Array:
    r"""Write literals as canonical N-Triples does.

    Args:
        values: Strings: lexical forms.
        language: One BCP 47 tag for all, or a column of tags; null is none.
        datatype: One IRI for all, or a column; null is `xsd:string`, which is not written. It counts where there is no
            language.

    Returns:
        Strings; null where `values` is.

    Examples:
        >>> literals(pa.array(['say "a\tb"'])).to_pylist()
        ['"say \\"a\\tb\\""']
        >>> literals(pa.array(["x", "y"]), language=pa.array(["en", None])).to_pylist()
        ['"x"@en', '"y"']
    """
    text = _escaped(pc.cast(values, pa.string()))
    if not isinstance(language, pa.Array | pa.ChunkedArray) and not isinstance(datatype, pa.Array | pa.ChunkedArray):
        ending = f"@{language}" if language else f"^^<{datatype}>" if datatype and datatype != _STRING else ""
        return pc.binary_join_element_wise('"', text, f'"{ending}', "")
    tag = pc.binary_join_element_wise("@", _column(language, len(values)), "")
    kind = _column(datatype, len(values))
    kind = pc.if_else(pc.equal(kind, _STRING), pa.scalar(None, pa.string()), kind)
    ending = pc.coalesce(tag, pc.binary_join_element_wise("^^<", kind, ">", ""), pa.scalar(""))
    return pc.binary_join_element_wise('"', text, '"', ending, "")


def text_bytes(texts: pa.Array) -> memoryview:
    """Return the texts of a column, one after the other, as UTF-8: a view of the column's buffer, no copy.

    Args:
        texts: Strings or binary values, with offsets of 32 bits.

    Examples:
        >>> bytes(text_bytes(pa.array(["a", "b", "c"])[1:]))
        b'bc'
    """
    if not len(texts):
        return memoryview(b"")
    offsets = memoryview(texts.buffers()[1]).cast("i")
    return memoryview(texts.buffers()[2])[offsets[texts.offset] : offsets[texts.offset + len(texts)]]


def _column(value: str | pa.Array | None, length: int) -> pa.Array:
    if value is None or isinstance(value, str):
        return pa.array([value], pa.string()).take(pa.array(np.zeros(length, dtype=np.int64)))
    value = pc.cast(value, pa.string())
    return value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value


def _escaped(texts: pa.Array) -> pa.Array:
    """Escape the characters of literals that N-Triples does not write as they are."""
    hit = pc.match_substring_regex(texts, r'["\\\x00-\x1F\x7F\x{FFFE}\x{FFFF}]')
    if not pc.any(hit).as_py():
        return texts
    rows = texts.filter(hit)
    for char, written in ESCAPES.items():
        rows = pc.replace_substring(rows, char, written)
    if pc.any(pc.match_substring_regex(rows, r"[\x00-\x1F\x7F\x{FFFE}\x{FFFF}]")).as_py():
        for char in _RARE:
            rows = pc.replace_substring(rows, char, f"\\u{ord(char):04X}")
    return pc.replace_with_mask(texts, hit, rows)


def _slices(
    content: pa.Buffer, low: NDArray[np.int64], high: NDArray[np.int64], where: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Cut strings out of a buffer, in ascending order of their places; null where they are not wanted."""
    if where is not None:
        low, high = low[where], high[where]
    cuts = np.append(np.stack([low, high], axis=1).ravel(), len(content)).astype(np.int32)
    pieces = pa.Array.from_buffers(pa.string(), len(cuts) - 1, [None, pa.py_buffer(cuts), content])
    found = pieces.take(pa.array(np.arange(0, 2 * len(low), 2, dtype=np.int32)))
    if where is None:
        return found
    place = np.where(where, np.cumsum(where) - 1, 0).astype(np.int32)
    return found.take(pa.array(place, mask=~where))


def _unescaped(texts: pa.Array) -> pa.Array:
    coded = pc.match_substring(texts, "\\u")
    plain = pc.replace_substring(texts, "\\\\", "\0")  # no canonical term holds a NUL
    for char, written in list(ESCAPES.items())[1:]:
        plain = pc.replace_substring(plain, written, char)
    plain = pc.replace_substring(plain, "\0", "\\")
    if not pc.any(coded).as_py():
        return plain
    plain_of = {written: char for char, written in ESCAPES.items()}
    escape = re.compile(r"\\(?:u([0-9A-F]{4})|(.))")
    one_by_one = [
        escape.sub(lambda found: chr(int(found[1], 16)) if found[1] else plain_of[found[0]], text)
        for text in texts.filter(coded).to_pylist()
    ]
    return pc.replace_with_mask(plain, coded, pa.array(one_by_one, pa.string()))
