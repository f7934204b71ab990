"""Columns → literals that are not what their datatype says, and predicates whose objects are of several kinds."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import runs
from kaug.curation.quality.columns import RDF, XSD, Columns
from kaug.curation.quality.finding import Finding, Item, counted
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

DERIVED = {
    XSD + child: XSD + parent
    for child, parent in {
        "integer": "decimal",
        "long": "integer",
        "int": "long",
        "short": "int",
        "byte": "short",
        "nonNegativeInteger": "integer",
        "positiveInteger": "nonNegativeInteger",
        "nonPositiveInteger": "integer",
        "negativeInteger": "nonPositiveInteger",
        "unsignedLong": "nonNegativeInteger",
        "unsignedInt": "unsignedLong",
        "unsignedShort": "unsignedInt",
        "unsignedByte": "unsignedShort",
        "dateTimeStamp": "dateTime",
        "yearMonthDuration": "duration",
        "dayTimeDuration": "duration",
        "normalizedString": "string",
        "token": "normalizedString",
        "language": "token",
    }.items()
}
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


def check_literals(c: Columns, most: int) -> list[Finding]:
    """Check the lexical form of every literal in a fact, and the names of the datatypes."""
    codes, names = c.datatype
    used = np.unique(c.object[: c.facts])
    used = used[c.kind[used] == 1]
    of = codes[used]
    wrong, unknown = [], []
    for code, name in sorted(enumerate(names), key=lambda pair: pair[1]):
        terms = used[of == code]
        if len(terms) and name.startswith(XSD):
            short = name.removeprefix(XSD)
            if short not in _KNOWN:
                facts = [row for term in terms[:3] for row in c.about(int(term))[:1]]
                note = f"xsd:{short[:60]} does not exist.{nearest(short, _KNOWN) if len(short) < 60 else ''}"
                unknown.append(Item([int(term) for term in terms[:3]], (note,), len(terms), facts))
            bad = terms[~fits(c.values(terms), short)]
            wrong += [(int(term), f"is no xsd:{short}") for term in bad]
    found = []
    if wrong:
        what = f"{counted(len(wrong), 'literal is', 'literals are')} not valid for the datatype."
        do = "Correct the value or the datatype in the source."
        items = [Item([term], (note,), 1, c.about(term)) for term, note in wrong[:most]]
        found.append(Finding("invalid-literal", "values", "error", what, do, len(wrong), items))
    if unknown:
        total = sum(item.count for item in unknown)
        what = f"{counted(total, 'literal has', 'literals have')} a datatype that XML Schema does not have."
        items = sorted(unknown, key=lambda item: (-item.count, item.note))[:most]
        found.append(Finding("unknown-datatype", "values", "error", what, "Correct the datatype's name.", total, items))
    return found


def check_mixed(c: Columns, most: int) -> list[Finding]:
    """Find predicates that mix things with literals, or literals of unlike datatypes."""
    codes, names = c.datatype
    families = [_family(name) for name in names]
    known = sorted(set(families))
    code = np.array([2 + known.index(name) for name in families] or [0], dtype=np.int64)
    ends = c.object[: c.facts]
    kind = np.where(c.kind[ends] == 1, code[codes[ends]], 0)
    order = np.lexsort((kind, c.predicate[: c.facts]))
    predicate, kind = c.predicate[order], kind[order]
    starts, sizes = runs(predicate * (len(known) + 2) + kind)
    first, many = runs(predicate[starts])
    found = []
    for id_, mixed, what, do in (
        (
            "mixes-things-and-values",
            [n for n in np.flatnonzero(many > 1) if kind[starts[first[n]]] == 0],
            ("predicate has", "predicates have", "both things and literals as objects."),
            "Make things of the literals, or split the predicate in two.",
        ),
        (
            "mixes-datatypes",
            [n for n in np.flatnonzero(many > 1) if many[n] - (kind[starts[first[n]]] == 0) > 1],
            ("predicate has", "predicates have", "literals of several datatypes as objects."),
            "Bring the values to one datatype: usually the rare ones are slips.",
        ),
    ):
        items = []
        for n in mixed:
            block = np.arange(first[n], first[n] + many[n])
            if id_ == "mixes-datatypes":
                block = block[kind[starts[block]] != 0]
            block = block[np.lexsort((block, -sizes[block]))]
            said = ", ".join(f"{sizes[b]:,} {_kind_name(int(kind[starts[b]]), known)}" for b in block)
            rare = block[-1]
            facts = np.sort(order[starts[rare] : starts[rare] + sizes[rare]])[:3].tolist()
            items.append(Item([int(predicate[starts[first[n]]])], (said,), int(sizes[block].sum()), facts))
        if items:
            items.sort(key=lambda item: (-item.count, item.terms))
            line = f"{counted(len(items), *what[:2])} {what[2]}"
            found.append(Finding(id_, "values", "warning", line, do, len(items), items[:most]))
    return found


def _kind_name(code: int, known: list[str]) -> str:
    return "things" if code == 0 else known[code - 2]


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
    negative = pc.starts_with(values, "-").to_numpy(zero_copy_only=False)
    digits = pc.ascii_ltrim(pc.ascii_ltrim(values, "+-"), "0")
    size = pc.utf8_length(digits).to_numpy(zero_copy_only=False)
    good = np.ones(len(values), dtype=bool)
    for bound, sign in ((low, True), (high, False)):
        if bound is None:
            continue
        limit = str(abs(bound)) if bound else ""
        over = size > len(limit)
        if limit:
            same = pa.array(size == len(limit))
            over |= pc.and_(same, pc.greater(digits, limit)).to_numpy(zero_copy_only=False)
        # On its own side of zero a value must not reach beyond the bound; beyond a bound of the other side it never does.
        if bound and (bound > 0) == sign:
            good &= ~negative if sign else negative
            under = size < len(limit)
            if limit:
                under |= pc.and_(pa.array(size == len(limit)), pc.less(digits, limit)).to_numpy(zero_copy_only=False)
            good &= ~under
        else:
            good &= ~((negative if sign else ~negative) & over)
    return good
