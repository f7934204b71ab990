"""Dates, times and durations of XML Schema 1.1 → words.

Years count as RDF 1.1 has it, by XSD 1.1: there the year 0000 is 1 BC, and -0043 is 44 BC.
"""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.words.quantities import decimal_words, each_distinct

__all__ = ["MOMENTS", "duration_words", "moment_words"]

_YEAR = r"(?P<year>-?(?:[1-9][0-9]{3,8}|0[0-9]{3}))"
_MONTH, _DAY = r"(?P<month>0[1-9]|1[0-2])", r"(?P<day>0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?P<minute>(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00):(?P<second>[0-5][0-9](?:\.[0-9]+)?)"
_ZONE = r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"

MOMENTS = {
    "date": f"^{_YEAR}-{_MONTH}-{_DAY}{_ZONE}$",
    "gYear": f"^{_YEAR}{_ZONE}$",
    "gYearMonth": f"^{_YEAR}-{_MONTH}{_ZONE}$",
    "gMonthDay": f"^--{_MONTH}-{_DAY}{_ZONE}$",
    "gMonth": f"^--{_MONTH}{_ZONE}$",
    "gDay": f"^---{_DAY}{_ZONE}$",
    "dateTime": f"^{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}$",
    "dateTimeStamp": f"^{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}$",
    "time": f"^{_TIME}{_ZONE}$",
}
"""The local names of XSD's datatypes for points in time, each with the regular expression of its literals."""

_MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

_DURATION = re.compile(
    r"(-?)P(?=[0-9T])(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?"
    r"(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?",
    re.ASCII,
)
_UNITS = {"en": ("year", "month", "day", "hour", "minute", "second"), "zh": ("年", "个月", "天", "小时", "分钟", "秒")}


def moment_words(values: pa.Array, name: str, language: str) -> pa.Array:
    """Write points in time as a sentence has them.

    Args:
        values: Strings, the lexical forms.
        name: One of `MOMENTS`.
        language: `en` or `zh`.

    Returns:
        Strings; null where the form is not one of the datatype's, 30 February among them.

    Examples:
        >>> moment_words(pa.array(["1979-10-07T14:30:00Z"]), "dateTime", "en")[0].as_py()
        '7 October 1979, 14:30 UTC'
        >>> moment_words(pa.array(["1979-10-07", "-0043-03-15", "1979-02-29"]), "date", "en").to_pylist()
        ['7 October 1979', '15 March 44 BC', None]
        >>> moment_words(pa.array(["1979-10-07"]), "date", "zh")[0].as_py()
        '1979年10月7日'
    """
    found = pc.extract_regex(values, MOMENTS[name])
    fields = {field.name: pc.struct_field(found, place) for place, field in enumerate(found.type)}
    valid, english = found.is_valid(), language == "en"
    parts: list[pa.Array] = []
    if "day" in fields:
        parts.append(pc.ascii_ltrim(fields["day"], "0"))
        valid = pc.and_(valid, _is_day(fields))
    if "month" in fields:
        parts.append(_month(fields["month"]) if english else pc.ascii_ltrim(fields["month"], "0"))
    if "year" in fields:
        parts.append(_year(fields["year"], english=english))
    if not english:
        suffixes = [suffix for key, suffix in (("day", "日"), ("month", "月"), ("year", "年")) if key in fields]
        parts = [pc.binary_join_element_wise(*both, "") for both in zip(parts, suffixes, strict=True)][::-1]
    words = pc.binary_join_element_wise(*parts, " " if english else "") if parts else None
    if english and name == "gDay":
        words = pc.binary_join_element_wise("day", words, "of the month", " ")
    if "minute" in fields:
        second = pc.replace_substring_regex(fields["second"], r"^00(\.0+)?$|\.0+$|(\.[0-9]*[1-9])0+$", r"\2")
        late = pc.and_(pc.equal(fields["minute"], "24:00"), pc.not_equal(second, ""))
        valid = pc.and_not(valid, late)  # what ends at 24:00 ends there; a second more is another day
        colon = pc.if_else(pc.equal(second, ""), pa.scalar(""), pa.scalar(":"))
        time = pc.binary_join_element_wise(fields["minute"], colon, second, "")
        words = time if words is None else pc.binary_join_element_wise(words, time, ", " if english else "")
    return pc.if_else(
        valid, pc.binary_join_element_wise(words, _zone(fields["zone"]), ""), pa.scalar(None, pa.string())
    )


def duration_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    """Write durations as their parts: "3 days 4 hours"; what is none, or is in neither language, stays as it is.

    Examples:
        >>> duration_words(pa.array(["P3DT4H", "-P1Y", "PT0S", "P"]), None, "en").to_pylist()
        ['3 days 4 hours', 'minus 1 year', '0 seconds', 'P']
    """
    if language not in _UNITS:
        return values
    english, units = language == "en", _UNITS[language]

    def say(value: str) -> str:
        found = _DURATION.fullmatch(value)
        if not found:
            return value
        numbers = [decimal_words(part) if part else "0" for part in found.groups()[1:]]
        parts = [
            f"{number} {unit}{'' if number == '1' else 's'}" if english else number + unit
            for number, unit in zip(numbers, units, strict=True)
            if number != "0"
        ]
        minus = {"en": "minus ", "zh": "负"}[language] if found[1] and parts else ""
        return minus + (" " if english else "").join(parts or [f"0 {units[-1]}s" if english else "0" + units[-1]])

    return each_distinct(values, values.is_valid(), say)


def _is_day(fields: dict[str, pa.Array]) -> pa.Array:
    """Whether the day is one of its month, and the 29 February one of a leap year; null where nothing was read."""
    day = _number(fields["day"])
    if "month" not in fields:
        return pa.array(day > 0)
    month = _number(fields["month"])
    known = day <= _DAYS[np.maximum(month, 1) - 1]
    if "year" in fields:
        year = _number(fields["year"])
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        known &= leap | (month != 2) | (day < 29)
    return pa.array(known)


def _number(digits: pa.Array) -> np.typing.NDArray[np.int64]:
    return np.asarray(pc.fill_null(digits, "0").cast(pa.int64()).to_numpy(zero_copy_only=False))


def _month(digits: pa.Array) -> pa.Array:
    return pa.array(_MONTHS).take(pa.array(np.maximum(_number(digits), 1) - 1))


def _year(digits: pa.Array, *, english: bool) -> pa.Array:
    years = _number(digits)
    words = pa.array(np.where(years > 0, years, 1 - years)).cast(pa.string())
    before, early = pa.array(years <= 0), pa.array((years > 0) & (years < 100))
    # A bare 44 after a month would be read as anything but a year.
    if english:
        words = pc.binary_join_element_wise(pc.if_else(early, pa.scalar("AD "), pa.scalar("")), words, "")
        return pc.binary_join_element_wise(words, pc.if_else(before, pa.scalar(" BC"), pa.scalar("")), "")
    era = pc.if_else(before, pa.scalar("公元前"), pc.if_else(early, pa.scalar("公元"), pa.scalar("")))
    return pc.binary_join_element_wise(era, words, "")


def _zone(zone: pa.Array) -> pa.Array | pa.Scalar:
    if not pc.any(pc.not_equal(zone, "")).as_py():
        return pa.scalar("")
    zero = pc.is_in(zone, pa.array(["Z", "+00:00", "-00:00"]))
    offset = pc.if_else(zero, pa.scalar(""), zone)
    return pc.if_else(pc.equal(zone, ""), pa.scalar(""), pc.binary_join_element_wise(pa.scalar(" UTC"), offset, ""))
