r"""Terms as canonical N-Triples writes them → the columns of TERMS: kind, value, datatype, language; and back."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.tables import TERMS

__all__ = ["read_terms", "write_terms"]

_KINDS = ("iri", "literal", "blank")
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_LANGUAGE_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_BLOCK = 1 << 16  # terms at a time: some ten numbers a term come and go
_ESCAPES = {'"': '"', "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


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
    terms = terms.combine_chunks()
    kind, value, datatype, language = (
        one.combine_chunks().cast(pa.string()) if isinstance(one, pa.ChunkedArray) else one.cast(pa.string())
        for one in (terms[name] for name in TERMS.names)
    )
    escape = pc.match_substring_regex(value, r'["\\\x00-\x1F\x7F\x{FFFE}\x{FFFF}]')
    escape = pc.and_(escape, pc.equal(kind, "literal"))
    if pc.any(escape).as_py():
        value = pc.replace_with_mask(value, escape, _escaped(value.filter(escape)))
    tail = pc.if_else(
        pc.is_valid(language),
        pc.binary_join_element_wise("@", pc.fill_null(language, ""), ""),
        pc.if_else(
            pc.equal(datatype, _STRING), "", pc.binary_join_element_wise("^^<", pc.fill_null(datatype, ""), ">", "")
        ),
    )
    literal = pc.binary_join_element_wise('"', value, '"', pc.fill_null(tail, ""), "")
    node = pc.if_else(pc.starts_with(value, "<<("), value, pc.binary_join_element_wise("_:", value, ""))
    iri = pc.binary_join_element_wise("<", value, ">", "")
    return pc.if_else(pc.equal(kind, "literal"), literal, pc.if_else(pc.equal(kind, "iri"), iri, node))


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
    for letter, sign in _ESCAPES.items():
        plain = pc.replace_substring(plain, f"\\{letter}", sign)
    plain = pc.replace_substring(plain, "\0", "\\")
    if not pc.any(coded).as_py():
        return plain
    escape = re.compile(r"\\(?:u([0-9A-F]{4})|(.))")
    one_by_one = [
        escape.sub(lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[2], found[2]), text)
        for text in texts.filter(coded).to_pylist()
    ]
    return pc.replace_with_mask(plain, coded, pa.array(one_by_one, pa.string()))


def _escaped(texts: pa.Array) -> pa.Array:
    texts = pc.replace_substring(texts, "\\", "\\\\")
    for letter, sign in _ESCAPES.items():
        texts = pc.replace_substring(texts, sign, f"\\{letter}")
    control = pc.match_substring_regex(texts, r"[\x00-\x1F\x7F\x{FFFE}\x{FFFF}]")
    if not pc.any(control).as_py():
        return texts
    pattern = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")
    coded = [pattern.sub(lambda found: f"\\u{ord(found[0]):04X}", text) for text in texts.filter(control).to_pylist()]
    return pc.replace_with_mask(texts, control, pa.array(coded, pa.string()))
