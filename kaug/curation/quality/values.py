"""Checks of literals: lexical forms that their datatype does not allow, unknown datatypes, objects of several kinds."""

import polars as pl

from kaug.curation.quality.check import Cases, Check, ranked
from kaug.curation.quality.graph import Graph
from kaug.errors import nearest

__all__ = ["CHECKS", "derives", "equal_terms", "fits"]

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
    "base64Binary": r"(?:(?:[A-Za-z0-9+/] ?){4})*(?:(?:[A-Za-z0-9+/] ?){2}= ?=|(?:[A-Za-z0-9+/] ?){3}=)?",
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
_FAR = 2**126  # beyond all bounds
_TEXTS = [
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
]
_KNOWN = {*_FORMS, *_BOUNDS, *_TEXTS}
_PARENTS = """
integer decimal, long integer, int long, short int, byte short, nonNegativeInteger integer,
positiveInteger nonNegativeInteger, nonPositiveInteger integer, negativeInteger nonPositiveInteger,
unsignedLong nonNegativeInteger, unsignedInt unsignedLong, unsignedShort unsignedInt, unsignedByte unsignedShort,
dateTimeStamp dateTime, yearMonthDuration duration, dayTimeDuration duration,
normalizedString string, token normalizedString, language token
"""
_DERIVED = {f"xsd:{child}": f"xsd:{parent}" for child, parent in map(str.split, _PARENTS.split(","))}
_SHOWN = 3
_EXACT = 2.0**53  # floats hold all smaller integers


def fits(values: pl.Series, name: str) -> pl.Series:
    """Return whether lexical forms are valid for a datatype of XML Schema 1.1.

    Args:
        values: Strings.
        name: The local name, such as `date`. All forms are valid for datatypes of text and unknown ones.

    Examples:
        >>> fits(pl.Series(["2024-02-29", "2023-02-29", "2024-13-40"]), "date").to_list()
        [True, False, False]
        >>> fits(pl.Series(["127", "128", "+5", "x"]), "byte").to_list()
        [True, False, True, False]
    """
    form = _FORMS.get("integer" if name in _BOUNDS else name, "(?s:.*)")
    text = pl.col("value").str.strip_chars(" \t\r\n")
    good = text.str.contains(f"^(?:{form})$")
    if name in ("date", "dateTime", "dateTimeStamp"):
        good &= _day_exists(text)
    elif name in _BOUNDS:
        low, high = _BOUNDS[name]
        good &= _integer(text).is_between(-_FAR if low is None else low, _FAR if high is None else high)
    elif name.endswith("uration"):
        good &= ~text.str.contains("[PT]$")
    return pl.DataFrame({"value": values}, schema={"value": pl.String}).select(good.fill_null(False)).to_series()


def derives(datatype: str | None, base: str) -> bool:
    """Return whether a datatype is another one or derived from it; text with a language counts as a string.

    Examples:
        >>> derives("xsd:byte", "xsd:decimal"), derives("xsd:decimal", "xsd:byte")
        (True, False)
    """
    return base in _bases(datatype) or (base == "xsd:string" and datatype == "rdf:langString")


def equal_terms(g: Graph) -> pl.Series:
    """Return the least term that each term is equal to: of numbers, the first with the value, as of 10 and 10.0."""
    numbers = [name for name in g.terms["datatype"].drop_nulls().unique() if _family(name) == "numbers"]
    value = pl.col("value").str.strip_prefix("+").cast(pl.Float64, strict=False)
    value = pl.when(pl.col("datatype").is_in(numbers) & (value.abs() < _EXACT)).then(value)
    first = pl.when(value.is_not_null()).then(pl.col("term").min().over(value)).otherwise(pl.col("term"))
    return g.terms.select(first).to_series()


def _bases(datatype: str | None) -> list[str | None]:
    """A datatype and those that it is derived from, itself first."""
    bases = [datatype]
    while bases[-1] in _DERIVED:
        bases.append(_DERIVED[bases[-1]])
    return bases


def _day_exists(date: pl.Expr) -> pl.Expr:
    # The calendar repeats after 400 years, so the last four digits suffice.
    year, month, day = (
        date.str.extract(r"([0-9]{4})-(0[1-9]|1[0-2])-([0-9]{2})", n).cast(pl.Int32, strict=False) for n in (1, 2, 3)
    )
    return day <= pl.date(2000 + year % 400, month, 1).dt.month_end().dt.day()


def _integer(text: pl.Expr) -> pl.Expr:
    number = text.str.strip_prefix("+").cast(pl.Int128, strict=False)
    return number.fill_null(pl.when(text.str.starts_with("-")).then(-_FAR).otherwise(_FAR))


def _invalid_literals(g: Graph) -> Cases:
    """Literals whose lexical form their datatype does not allow."""
    parts = [g.literals.clear().select("term", "datatype")]
    for (name,), literals in g.literals.partition_by("datatype", as_dict=True).items():
        if str(name).startswith("xsd:"):
            bad = ~fits(literals["value"], str(name).removeprefix("xsd:"))
            parts.append(literals.filter(bad).select("term", "datatype"))
    return pl.concat(parts).sort("datatype", "term").select("datatype", terms=pl.concat_list("term"))


def _unknown_datatypes(g: Graph) -> Cases:
    """Datatypes in the namespace of XML Schema that it does not have."""
    short = pl.col("datatype").str.strip_prefix("xsd:")
    unknown = g.literals.filter(pl.col("datatype").str.starts_with("xsd:"), ~short.is_in(_KNOWN))
    cases = unknown.group_by(short).agg(terms=pl.col("term").head(_SHOWN), count=pl.len())
    hints = [nearest(name, _KNOWN) if len(name) < 60 else "" for name in cases["datatype"]]
    cases = cases.with_columns(pl.col("datatype").str.head(60), hint=pl.Series(hints, dtype=pl.String))
    return ranked(cases, "datatype", "hint"), {"count": len(unknown)}


def _mixed_kinds(g: Graph) -> Cases:
    """Predicates with both things and literals as objects."""
    parts = _kinds_of_objects(g)
    things = (pl.col("kind") == "things").any().over("predicate")
    return _mixtures(parts.filter(things))


def _mixed_datatypes(g: Graph) -> Cases:
    """Predicates whose literals have several datatypes."""
    return _mixtures(_kinds_of_objects(g).filter(pl.col("kind") != "things"))


def _kinds_of_objects(g: Graph) -> pl.DataFrame:
    """The objects of each predicate by `kind`: `things`, or the family of a literal's datatype; with `count` and `facts`."""
    family = {name: _family(name) for name in g.terms["datatype"].drop_nulls().unique()}
    kind = g.get("datatype", "object").replace_strict(family, return_dtype=pl.String).fill_null("things")
    return g.facts.group_by("predicate", kind=kind).agg(count=pl.len(), facts=pl.col("row").head(_SHOWN))


def _family(datatype: str) -> str:
    # Turtle writes 3 as an integer, 3.5 as a decimal, 3e0 as a double: mixed numbers are no mistake, nor are tagged texts.
    if datatype in ("xsd:string", "rdf:langString"):
        return "text"
    base = _bases(datatype)[-1]
    return "numbers" if base in ("xsd:decimal", "xsd:double", "xsd:float") else str(base)


def _mixtures(parts: pl.DataFrame) -> pl.DataFrame:
    """Predicates of several kinds of objects, with the facts of the rarest."""
    things_first = pl.col("kind") != "things"
    parts = parts.sort("predicate", "count", things_first, "kind", descending=[False, True, False, False])
    texts = [f"{count:,} {kind}" for count, kind in parts.select("count", "kind").iter_rows()]
    parts = parts.with_columns(text=pl.Series(texts, dtype=pl.String))
    cases = parts.group_by("predicate").agg(
        pl.col("count").sum(), pl.col("facts").last(), note=pl.col("text").str.join(", "), kinds=pl.len()
    )
    cases = cases.filter(pl.col("kinds") > 1).with_columns(terms=pl.concat_list("predicate"))
    return ranked(cases, "predicate")


# fmt: off
CHECKS = [
    Check("invalid-literal", "error", "{count:literal is|literals are} not valid for the datatype.",
        "Correct the value or the datatype in the source.",
        _invalid_literals, "is not a valid {datatype}", examples="about"),
    Check("unknown-datatype", "error", "{count:literal has|literals have} a datatype that XML Schema does not have.",
        "Correct the datatype's name.",
        _unknown_datatypes, "xsd:{datatype} does not exist.{hint}", examples="each"),
    Check("mixes-things-and-values", "warning", "{count:predicate has|predicates have} both things and literals as objects.",
        "Replace the literals by things, or split the predicate in two.",
        _mixed_kinds, "{note}"),
    Check("mixes-datatypes", "warning", "{count:predicate has|predicates have} literals of several datatypes as objects.",
        "Use one datatype: the rare ones are usually mistakes.",
        _mixed_datatypes, "{note}"),
]
# fmt: on
