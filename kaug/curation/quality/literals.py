"""Columns → literals that are not what their datatype says, and predicates whose objects are of several kinds."""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Groups, Numbers, grouped
from kaug.curation.quality.columns import RDF, XSD, Columns
from kaug.curation.quality.finding import Finding, Item
from kaug.errors import nearest

__all__ = ["DERIVED", "check_literals", "check_mixed", "fits"]

_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_DATE = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_YEAR = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_INTEGER = r"[+-]?[0-9]+"
_FORMS = {
    "boolean": r"true|false|0|1",
    "decimal": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
    "double": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "integer": _INTEGER,
    "date": _DATE + _ZONE,
    "dateTime": f"{_DATE}T{_TIME}{_ZONE}",
    "dateTimeStamp": f"{_DATE}T{_TIME}{_ZONE.removesuffix('?')}",
    "time": _TIME + _ZONE,
    "gYear": _YEAR + _ZONE,
    "gYearMonth": f"{_YEAR}-(?:0[1-9]|1[0-2]){_ZONE}",
    "gMonth": f"--(?:0[1-9]|1[0-2]){_ZONE}",
    "gDay": f"---(?:0[1-9]|[12][0-9]|3[01]){_ZONE}",
    "gMonthDay": f"--(?:02-(?:0[1-9]|[12][0-9])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])){_ZONE}",
    "duration": r"-?P(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?",
    "yearMonthDuration": r"-?P(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)",
    "dayTimeDuration": r"-?P(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?",
    "hexBinary": r"(?:[0-9a-fA-F]{2})*",
    "base64Binary": r"(?:(?:[A-Za-z0-9+/]\s?){4})*(?:(?:[A-Za-z0-9+/]\s?){2}=\s?=|(?:[A-Za-z0-9+/]\s?){3}=)?",
    "anyURI": r"[^\s<>\"{}|\\^`]*",
    "language": r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
}
_FORMS["float"] = _FORMS["double"]
_BOUNDS = {
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
}
_STRINGS = {
    "string",
    "normalizedString",
    "token",
    "Name",
    "NCName",
    "NMTOKEN",
    "QName",
    "ID",
    "IDREF",
    "ENTITY",
    "NOTATION",
}
_KNOWN = {*_FORMS, *_BOUNDS, *_STRINGS}

_PARENTS = """
integer decimal, long integer, int long, short int, byte short, nonNegativeInteger integer,
positiveInteger nonNegativeInteger, nonPositiveInteger integer, negativeInteger nonPositiveInteger,
unsignedLong nonNegativeInteger, unsignedInt unsignedLong, unsignedShort unsignedInt, unsignedByte unsignedShort,
dateTimeStamp dateTime, yearMonthDuration duration, dayTimeDuration duration,
normalizedString string, token normalizedString, language token
"""
DERIVED = {XSD + child: XSD + parent for child, parent in map(str.split, _PARENTS.split(","))}
"""Each datatype of XML Schema to the one that it is derived from."""


def fits(values: pa.Array, name: str) -> NDArray[np.bool_]:
    """Tell whether lexical forms are valid for a datatype of XML Schema 1.1.

    Args:
        values: Strings, n.
        name: The local name, such as `date`. For the datatypes of text all is valid.

    Returns:
        bool (n,).

    Examples:
        >>> fits(pa.array(["2024-02-29", "2023-02-29", "2024-13-40"]), "date").tolist()
        [True, False, False]
        >>> fits(pa.array(["127", "128", "+5", "x"]), "byte").tolist()
        [True, False, True, False]
    """
    form = _FORMS.get("integer" if name in _BOUNDS else name)
    if form is None:
        return np.ones(len(values), dtype=bool)
    trimmed = pc.replace_substring_regex(values, r"^[ \t\r\n]+|[ \t\r\n]+$", "")
    good = pc.match_substring_regex(trimmed, f"^(?:{form})$").to_numpy(zero_copy_only=False).copy()
    if name in ("date", "dateTime", "dateTimeStamp"):
        good[good] = _day_exists(trimmed.filter(pa.array(good)))
    elif name in _BOUNDS:
        good[good] = _within(trimmed.filter(pa.array(good)), *_BOUNDS[name])
    elif name.endswith("uration"):
        good &= ~pc.match_substring_regex(trimmed, "[PT]$").to_numpy(zero_copy_only=False)
    return np.asarray(good)


def check_literals(c: Columns, most: int) -> Iterator[Finding]:
    """Check the lexical form of every literal in a fact, and the names of the datatypes."""
    codes, names = c.datatype
    used = np.unique(c.object[: c.facts])
    used = used[c.kind[used] == 1]
    invalid: list[tuple[int, str]] = []
    unknown = []
    for code, name in sorted(enumerate(names), key=lambda pair: pair[1]):
        terms = used[codes[used] == code] if name.startswith(XSD) else used[:0]
        short = name.removeprefix(XSD)
        if len(terms) and short not in _KNOWN:
            note = f"xsd:{short[:60]} does not exist.{nearest(short, _KNOWN) if len(short) < 60 else ''}"
            unknown.append(Item(terms[:3].tolist(), (note,), len(terms), c.example_of(terms)))
        invalid += [(term, f"is no xsd:{short}") for term in terms[~fits(c.values(terms), short)].tolist()]
    items = [Item([term], (note,), 1, c.about(term)) for term, note in invalid[:most]]
    yield Finding("invalid-literal", len(invalid), items)
    unknown.sort(key=lambda item: (-item.count, item.note))
    yield Finding("unknown-datatype", sum(item.count for item in unknown), unknown[:most])


def check_mixed(c: Columns, most: int) -> Iterator[Finding]:
    """Find predicates that mix things with literals, or literals of unlike datatypes."""
    codes, names = c.datatype
    families = [_family(name) for name in names]
    kinds = ["things", *sorted(set(families))]
    family = np.array([kinds.index(name) for name in families] or [0], dtype=np.int64)
    ends = c.object[: c.facts]
    groups = grouped(c.predicate[: c.facts], np.where(c.kind[ends] == 1, family[codes[ends]], 0))
    kind = np.where(c.kind[ends[groups.heads]] == 1, family[codes[ends[groups.heads]]], 0)
    predicates = grouped(c.predicate[groups.heads])
    things: list[Item] = []
    datatypes: list[Item] = []
    for number in np.flatnonzero(predicates.sizes > 1).tolist():
        parts = predicates[number]
        if kind[parts[0]] == 0:
            things.append(_mixture(c, groups, parts, kind, kinds))
            parts = parts[1:]
        if len(parts) > 1:
            datatypes.append(_mixture(c, groups, parts, kind, kinds))
    for id_, items in (("mixes-things-and-values", things), ("mixes-datatypes", datatypes)):
        items.sort(key=lambda item: (-item.count, item.terms))
        yield Finding(id_, len(items), items[:most])


def _mixture(c: Columns, groups: Groups, parts: Numbers, kind: Numbers, kinds: list[str]) -> Item:
    parts = parts[np.argsort(-groups.sizes[parts], kind="stable")]
    note = ", ".join(f"{groups.sizes[part]:,} {kinds[kind[part]]}" for part in parts)
    rare = groups[int(parts[-1])]
    return Item([int(c.predicate[rare[0]])], (note,), int(groups.sizes[parts].sum()), rare[:3].tolist())


def _family(datatype: str) -> str:
    # Turtle writes 3 as an integer, 3.5 as a decimal, 3e0 as a double: to mix numbers is no slip, nor are texts with a tag.
    if datatype in (XSD + "string", RDF + "langString"):
        return "text"
    while datatype in DERIVED:
        datatype = DERIVED[datatype]
    short = datatype.replace(XSD, "xsd:")
    return "numbers" if short in ("xsd:decimal", "xsd:double", "xsd:float") else short


def _day_exists(values: pa.Array) -> NDArray[np.bool_]:
    parts = pc.extract_regex(values, r"^(?P<y>-?[0-9]+)-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})")
    month, day = (pc.cast(pc.struct_field(parts, name), pa.int64()).to_numpy(zero_copy_only=False) for name in "md")
    # Years repeat after 400; of long ones the last digits tell.
    year = pc.cast(pc.utf8_slice_codeunits(pc.struct_field(parts, "y"), -4), pa.int64(), safe=True)
    tail = np.abs(year.to_numpy(zero_copy_only=False))
    leap = (tail % 4 == 0) & ((tail % 100 != 0) | (tail % 400 == 0))
    last = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[month] + (leap & (month == 2))
    return np.asarray(day <= last)


def _within(values: pa.Array, low: int | None, high: int | None) -> NDArray[np.bool_]:
    digits = pc.ascii_ltrim(pc.ascii_ltrim(values, "+-"), "0")
    digits = pc.if_else(pc.greater(pc.utf8_length(digits), 30), "1" + "0" * 30, digits)  # beyond all bounds
    sign = pc.if_else(pc.starts_with(values, "-"), "-0", "0")
    number = pc.binary_join_element_wise(sign, digits, "").cast(pa.decimal128(38, 0))
    good = np.ones(len(values), dtype=bool)
    for bound, holds in ((low, pc.greater_equal), (high, pc.less_equal)):
        if bound is not None:
            good &= holds(number, pa.scalar(Decimal(bound), number.type)).to_numpy(zero_copy_only=False)
    return good
