r"""Cells of KGTK → RDF literals, and labels with their languages.

KGTK tells literals from nodes by their first character: `"` a string, `'` a string with a language, `^` a date, `@` a pair of
coordinates, a digit or sign a quantity; True and False are literals too. `|` separates the values of a cell, `\` escapes.
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.importers.terms import language_tag
from kaug.rdf.terms import literals

__all__ = ["LITERAL", "QUANTITY", "split", "texts", "values"]

LITERAL = r"""^["'^@0-9+.!-]|^(True|False)$"""
"""A pattern of cells that are literals."""

QUANTITY = "https://w3id.org/kaug/kgtk/quantity"
"""The datatype of a quantity with a unit or a tolerance, which RDF has none for; its text is KGTK's."""

_XSD = "http://www.w3.org/2001/XMLSchema#"
_WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_STRING = re.compile(r"""(?s)^(?:"(?P<text>.*)"|'(?P<quoted>.*)')(?:@(?P<language>[A-Za-z]+(?:-[A-Za-z0-9]+)*))?$""")
_COORDINATES = re.compile(rf"@({_NUMBER})/({_NUMBER})")
_DATE = re.compile(
    r"\^\+?(-?[0-9]{4,})(?:-(0[0-9]|1[0-2])(?:-([0-2][0-9]|3[01])"
    r"(?:T([0-9:.]+)(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?(?:/([0-9]{1,3}))?"
)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")
_NUMBERS = {
    f"{_XSD}integer": re.compile(r"[+-]?[0-9]+"),
    f"{_XSD}decimal": re.compile(_NUMBER),
    f"{_XSD}double": re.compile(rf"{_NUMBER}[eE][+-]?[0-9]+"),
    QUANTITY: re.compile(rf"{_NUMBER}(?:[eE][+-]?[0-9]+)?(?:\[{_NUMBER},{_NUMBER}\])?[A-Za-z0-9_./^-]*"),
}
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
_BAR = "\1"


def split(cells: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    r"""Split cells at each `|` that no backslash escapes.

    Args:
        cells: Strings, n.

    Returns:
        The row of each value (m), its rank in the cell, from 0 (m), and the value, with its escapes.

    Examples:
        >>> [column.to_pylist() for column in split(pa.array([r"a|b\|c", "d"]))]
        [[0, 0, 1], [0, 1, 0], ['a', 'b\\|c', 'd']]
    """
    lists = pc.split_pattern(pc.replace_substring(cells, r"\|", _BAR), "|")
    rows = pc.list_parent_indices(lists)
    starts = pc.subtract(lists.offsets, lists.offsets[0])
    ranks = pc.subtract(pa.array(np.arange(len(rows))), starts.take(rows))
    return rows, ranks, pc.replace_substring(pc.list_flatten(lists), _BAR, r"\|")


def texts(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Read the strings of labels, quoted or plain.

    Args:
        cells: Strings.

    Returns:
        Their texts, and their languages: `en` for those without.

    Examples:
        >>> [column.to_pylist() for column in texts(pa.array(["a cat", '"a dog"', "'un chat'@fr"]))]
        [['a cat', 'a dog', 'un chat'], ['en', 'en', 'fr']]
    """
    parts = pc.extract_regex(cells, _STRING.pattern)
    text, quoted, language = (pc.struct_field(parts, key) for key in ("text", "quoted", "language"))
    text = pc.coalesce(pc.binary_join_element_wise(text, quoted, ""), cells)  # one of the two is empty
    escaped = pc.match_substring(text, "\\")
    plain = pa.array(map(_unescape, text.filter(escaped).to_pylist()), pa.string())
    text = pc.utf8_trim_whitespace(pc.replace_with_mask(text, escaped, plain))
    return text, pc.if_else(pc.equal(pc.coalesce(language, ""), ""), "en", language)


def values(cells: pa.Array) -> pa.Array:
    """Write literals of KGTK as terms.

    Args:
        cells: Strings.

    Returns:
        Terms; null for a cell that is not well-formed.

    Examples:
        >>> cells = ['"a"', "'b'@fr", "^1960-11-05T00:00/11", "^1960-00-00/9", "+17", "3.5", "10m", "@33.98/-118.45", "True", "a"]
        >>> for term in values(pa.array(cells)).to_pylist():
        ...     print(term)
        "a"
        "b"@fr
        "1960-11-05"^^<http://www.w3.org/2001/XMLSchema#date>
        "1960"^^<http://www.w3.org/2001/XMLSchema#gYear>
        "17"^^<http://www.w3.org/2001/XMLSchema#integer>
        "3.5"^^<http://www.w3.org/2001/XMLSchema#decimal>
        "10m"^^<https://w3id.org/kaug/kgtk/quantity>
        "POINT(-118.45 33.98)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>
        "true"^^<http://www.w3.org/2001/XMLSchema#boolean>
        None
    """
    distinct = pc.dictionary_encode(cells)
    parts = zip(*map(_literal, distinct.dictionary.to_pylist()), strict=True)
    text, language, datatype = (pa.array(column, pa.string()) for column in parts)
    return literals(text, language=language, datatype=datatype).take(distinct.indices)


def _literal(cell: str) -> tuple[str | None, str | None, str | None]:
    """Return the text, the language and the datatype of a literal; no text if it is not well-formed."""
    if string := _STRING.match(cell):
        language = string["language"]
        return _unescape(string["text"] or string["quoted"] or ""), language and language_tag(language), None
    if coordinates := _COORDINATES.fullmatch(cell):
        latitude, longitude = (number.removeprefix("+") for number in coordinates.groups())
        return f"POINT({longitude} {latitude})", None, _WKT
    if cell in ("True", "False"):
        return cell.lower(), None, f"{_XSD}boolean"
    if date := _DATE.fullmatch(cell):
        return _date(*date.groups())
    for datatype, pattern in _NUMBERS.items():
        if pattern.fullmatch(cell):
            return cell if datatype == QUANTITY else cell.removeprefix("+"), None, datatype
    return None, None, None


def _date(
    year: str, month: str | None, day: str | None, time: str | None, zone: str | None, precision: str | None
) -> tuple[str | None, None, str]:
    """Write a date to its precision (9 a year, 10 a month, 11 a day, more a time), but no finer than its parts are."""
    finest = 14 if time else 11 if day else 10 if month else 9
    # 1960-00-00 has no month, whatever its precision.
    finest = 9 if month == "00" else min(finest, 10) if day == "00" else finest
    exact = min(int(precision), finest) if precision else finest
    if exact <= 9:
        return year, None, f"{_XSD}gYear"
    if exact == 10:
        return f"{year}-{month}", None, f"{_XSD}gYearMonth"
    if exact == 11:
        return f"{year}-{month}-{day}", None, f"{_XSD}date"
    clock = _CLOCK.fullmatch(time or "")
    seconds = "" if clock and clock[1] else ":00"
    return f"{year}-{month}-{day}T{time}{seconds}{zone or ''}" if clock else None, None, f"{_XSD}dateTime"


def _unescape(text: str) -> str:
    return re.sub(r"""\\([\\tnr"'|])""", lambda escape: _ESCAPES.get(escape[1], escape[1]), text)
