r"""Cells of KGTK → RDF literals, and labels with their languages.

KGTK tells values from nodes by their first character: `"` a string, `'` a string with a language, `^` a date, `@` a
place, a digit or sign a quantity; True and False are values too. `|` parts the values of one cell, and `\` escapes.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.importers.terms import literal

__all__ = ["LITERAL", "QUANTITY", "split", "texts", "values"]

LITERAL = r"""^["'^@0-9+.!-]|^(True|False)$"""
"""A pattern of cells that hold a value."""

QUANTITY = "https://w3id.org/kaug/kgtk/quantity"
"""The datatype of a quantity with a unit or a tolerance, which RDF has none for: its text is KGTK's."""

_XSD = "http://www.w3.org/2001/XMLSchema#"
_WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_STRING = r"""(?s)^(?:"(?P<text>.*)"|'(?P<quoted>.*)')(?:@(?P<language>[A-Za-z]+(?:-[A-Za-z0-9]+)*))?$"""
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_PLACE = rf"^@(?P<latitude>{_NUMBER})/(?P<longitude>{_NUMBER})$"
_TIME = r"T(?P<time>[0-9:.]+)(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
_DAY = rf"(?P<year>-?[0-9]{{4,}})(?:-(?P<month>0[0-9]|1[0-2])(?:-(?P<day>[0-2][0-9]|3[01])(?:{_TIME})?)?)?"
_DATE = rf"^\^\+?{_DAY}(?:/(?P<precision>[0-9]+))?$"
_UNITS = rf"^{_NUMBER}(?:[eE][+-]?[0-9]+)?(?:\[{_NUMBER},{_NUMBER}\])?[A-Za-z0-9_./^-]*$"
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\"": '"', r"\'": "'", r"\|": "|", "\0": "\\"}
_BAR = "\1"


def split(cells: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    r"""Part cells at each `|` that no backslash escapes.

    Args:
        cells: Strings, n.

    Returns:
        The row of each value (int64, m), its place in the row from 0 on (int64, m), and the value, escapes left as they are.

    Examples:
        >>> [column.to_pylist() for column in split(pa.array([r"a|b\|c", "d"]))]
        [[0, 0, 1], [0, 1, 0], ['a', 'b\\|c', 'd']]
    """
    lists = pc.split_pattern(pc.replace_substring(cells, r"\|", _BAR), "|")
    rows = pc.cast(pc.list_parent_indices(lists), pa.int64())
    starts = pc.cast(lists.offsets, pa.int64())
    first = pc.subtract(starts, starts[0])
    places = pc.subtract(pa.array(np.arange(len(rows))), first.take(rows))
    return rows, places, pc.replace_substring(pc.list_flatten(lists), _BAR, r"\|")


def texts(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Read the strings that labels are, quoted or plain.

    Args:
        cells: Strings.

    Returns:
        Their texts, and their languages: `en` for plain ones, which have none to name.

    Examples:
        >>> [column.to_pylist() for column in texts(pa.array(["a cat", '"a dog"', "'un chat'@fr"]))]
        [['a cat', 'a dog', 'un chat'], ['en', 'en', 'fr']]
    """
    found = pc.extract_regex(cells, _STRING)
    text, language = _text(found), _filled(pc.struct_field(found, "language"))
    return pc.utf8_trim_whitespace(pc.coalesce(text, _unescape(cells))), pc.coalesce(language, pa.scalar("en"))


def values(cells: pa.Array) -> pa.Array:
    """Write the values among cells as literals.

    Args:
        cells: Strings.

    Returns:
        Terms; null where a cell is not a well-formed value of KGTK.

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
    found = pc.extract_regex(cells, _STRING)
    string = literal(_text(found), pc.coalesce(_filled(pc.struct_field(found, "language")), pa.scalar("")))
    place = pc.extract_regex(cells, _PLACE)
    point = pc.binary_join_element_wise(
        pa.scalar("POINT("), *(_plain(pc.struct_field(place, key)) for key in ("longitude", "latitude")), " "
    )
    point = pc.binary_join_element_wise(pc.replace_substring(point, "POINT( ", "POINT("), pa.scalar(")"), "")
    truth = _where(pc.match_substring_regex(cells, "^(True|False)$"), pc.utf8_lower(cells))
    return pc.coalesce(
        string,
        literal(point, datatype=_WKT),
        literal(truth, datatype=f"{_XSD}boolean"),
        *_dates(cells),
        *_numbers(cells),
    )


def _dates(cells: pa.Array) -> list[pa.Array]:
    """Write dates to the precision given (9 a year, 10 a month, 11 a day, more a time), or else that of the text."""
    found = pc.extract_regex(cells, _DATE)
    year, month, day, time, zone, precision = (
        _filled(pc.struct_field(found, key)) for key in ("year", "month", "day", "time", "zone", "precision")
    )
    given = pc.cast(precision, pa.int64())
    finest = pc.case_when(
        pc.make_struct(pc.is_valid(time), pc.is_valid(day), pc.is_valid(month)),
        *(pa.scalar(number, pa.int64()) for number in (14, 11, 10, 9)),
    )
    exact = pc.min_element_wise(pc.coalesce(given, finest), finest)
    exact = pc.if_else(pc.is_valid(found), exact, pa.scalar(None, pa.int64()))
    # 1960-00-00 names no month, whatever its precision says.
    exact = pc.if_else(_is_zero(month), pc.min_element_wise(exact, pa.scalar(9, pa.int64())), exact)
    exact = pc.if_else(_is_zero(day), pc.min_element_wise(exact, pa.scalar(10, pa.int64())), exact)
    months = pc.binary_join_element_wise(year, month, "-")
    days = pc.binary_join_element_wise(months, day, "-")
    clock = pc.if_else(pc.match_substring_regex(time, "^[0-9]{2}:[0-9]{2}$"), _join(time, pa.scalar(":00")), time)
    clock = _where(pc.match_substring_regex(clock, r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?$"), clock)
    moments = _join(days, pa.scalar("T"), clock, pc.coalesce(zone, pa.scalar("")))
    return [
        literal(_where(pc.less_equal(exact, 9), year), datatype=f"{_XSD}gYear"),
        literal(_where(pc.equal(exact, 10), months), datatype=f"{_XSD}gYearMonth"),
        literal(_where(pc.equal(exact, 11), days), datatype=f"{_XSD}date"),
        literal(_where(pc.greater(exact, 11), moments), datatype=f"{_XSD}dateTime"),
    ]


def _is_zero(part: pa.Array) -> pa.Array:
    return pc.coalesce(pc.equal(part, "00"), pa.scalar(False))


def _numbers(cells: pa.Array) -> list[pa.Array]:
    kinds = (("integer", "^[+-]?[0-9]+$"), ("decimal", f"^{_NUMBER}$"), ("double", f"^{_NUMBER}[eE][+-]?[0-9]+$"))
    written = [
        literal(_plain(_where(pc.match_substring_regex(cells, pattern), cells)), datatype=_XSD + kind)
        for kind, pattern in kinds
    ]
    return [*written, literal(_where(pc.match_substring_regex(cells, _UNITS), cells), datatype=QUANTITY)]


def _text(found: pa.Array) -> pa.Array:
    quoted = pc.binary_join_element_wise(pc.struct_field(found, "text"), pc.struct_field(found, "quoted"), "")
    return _unescape(quoted)  # one of the two is empty


def _unescape(column: pa.Array) -> pa.Array:
    if not pc.any(pc.match_substring(column, "\\")).as_py():
        return column
    column = pc.replace_substring(column, "\\\\", "\0")
    for escape, char in _ESCAPES.items():
        column = pc.replace_substring(column, escape, char)
    return column


def _plain(numbers: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(numbers, r"^\+", "")


def _filled(column: pa.Array) -> pa.Array:
    return _where(pc.not_equal(column, ""), column)


def _where(mask: pa.Array, column: pa.Array) -> pa.Array:
    return pc.if_else(mask, column, pa.scalar(None, column.type))


def _join(*parts: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
