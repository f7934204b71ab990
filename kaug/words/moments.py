"""Dates, times and durations of XML Schema 1.1 → words. The year 0000 is 1 BC there, and -0043 is 44 BC."""

import re
from collections.abc import Sequence

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
    name: f"^{form}{_ZONE}$"
    for name, form in {
        "date": f"{_YEAR}-{_MONTH}-{_DAY}",
        "gYear": _YEAR,
        "gYearMonth": f"{_YEAR}-{_MONTH}",
        "gMonthDay": f"--{_MONTH}-{_DAY}",
        "gMonth": f"--{_MONTH}",
        "gDay": f"---{_DAY}",
        "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}",
        "dateTimeStamp": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}",
        "time": _TIME,
    }.items()
}
"""The XSD datatypes of points in time by local name, with the regular expression of their literals."""

_MONTHS = "January February March April May June July August September October November December"
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_SUFFIXES = {"year": "年", "month": "月", "day": "日"}
# Before and after years up to 0, up to 99, and later ones: a bare 44 after a month would not read as a year.
_ERAS = {"en": (["", "AD ", ""], [" BC", "", ""]), "zh": (["公元前", "公元", ""], ["", "", ""])}

_DURATION = re.compile(
    r"(-?)P(?=[0-9T])(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?"
    r"(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?",
    re.ASCII,
)
_UTC = ["Z", "+00:00", "-00:00"]
_UNITS = {"en": ("year", "month", "day", "hour", "minute", "second"), "zh": ("年", "个月", "天", "小时", "分钟", "秒")}


def moment_words(values: pa.Array, name: str, language: str) -> pa.Array:
    """Write points in time in words. Midnight UTC, by which many data sets write a date, is written as a date.

    Args:
        values: Strings, the lexical forms.
        name: One of `MOMENTS`.
        language: `en` or `zh`.

    Returns:
        Strings; null where the form is invalid, such as 30 February.

    Examples:
        >>> moment_words(pa.array(["1979-10-07T14:30:00Z"]), "dateTime", "en")[0].as_py()
        '7 October 1979, 14:30 UTC'
        >>> moment_words(pa.array(["1979-10-07T00:00:00Z"]), "dateTime", "en")[0].as_py()
        '7 October 1979'
        >>> moment_words(pa.array(["1979-10-07", "-0043-03-15", "1979-02-29"]), "date", "en").to_pylist()
        ['7 October 1979', '15 March 44 BC', None]
        >>> moment_words(pa.array(["1979-10-07"]), "date", "zh")[0].as_py()
        '1979年10月7日'
    """
    matches = pc.extract_regex(values, MOMENTS[name])
    fields = {field.name: pc.struct_field(matches, index) for index, field in enumerate(matches.type)}
    valid, english = matches.is_valid(), language == "en"
    parts: dict[str, pa.Array] = {}
    if "year" in fields:
        parts["year"] = _year(fields["year"], language)
    if "month" in fields:
        month = fields["month"]
        parts["month"] = _from_list(_MONTHS.split(), _number(month) - 1) if english else pc.ascii_ltrim(month, "0")
    if "day" in fields:
        parts["day"] = pc.ascii_ltrim(fields["day"], "0")
        valid = pc.and_(valid, _is_day(fields))
    if name == "gDay" and english:
        words = pc.binary_join_element_wise("day", parts["day"], "of the month", " ")
    elif english:
        words = pc.binary_join_element_wise(*reversed(parts.values()), " ") if parts else None
    else:
        pieces = [piece for part, text in parts.items() for piece in (text, _SUFFIXES[part])]
        words = pc.binary_join_element_wise(*pieces, "") if parts else None
    if "minute" in fields:
        second = pc.replace_substring_regex(fields["second"], r"^00(\.0+)?$|\.0+$|(\.[0-9]*[1-9])0+$", r"\2")
        late = pc.and_(pc.equal(fields["minute"], "24:00"), pc.not_equal(second, ""))
        valid = pc.and_not(valid, late)  # 24:00:01 would be the next day
        colon = pc.if_else(pc.equal(second, ""), pa.scalar(""), pa.scalar(":"))
        time = pc.binary_join_element_wise(fields["minute"], colon, second, "")
        day, words = words, pc.binary_join_element_wise(words, time, ", " if english else "") if parts else time
    words = pc.binary_join_element_wise(words, _zone(fields["zone"]), "")
    if "minute" in fields and parts:
        midnight = pc.and_(pc.equal(time, "00:00"), pc.is_in(fields["zone"], pa.array([*_UTC, ""])))
        words = pc.if_else(midnight, day, words)
    return pc.if_else(valid, words, pa.scalar(None, pa.string()))


def duration_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    """Write durations in words: "3 days 4 hours"; other texts and languages are unchanged.

    Examples:
        >>> duration_words(pa.array(["P3DT4H", "-P1Y", "PT0S", "P"]), None, "en").to_pylist()
        ['3 days 4 hours', 'minus 1 year', '0 seconds', 'P']
    """
    if language not in _UNITS:
        return values
    english = language == "en"

    def write(value: str) -> str:
        match = _DURATION.fullmatch(value)
        if not match:
            return value
        sign, *digits = match.groups("0")
        amounts = list(zip(map(decimal_words, digits), _UNITS[language], strict=True))
        amounts = [(number, unit) for number, unit in amounts if number != "0"]
        minus = ("minus " if english else "负") if sign and amounts else ""
        parts = [
            f"{number} {unit}{'' if number == '1' else 's'}" if english else number + unit
            for number, unit in amounts or [("0", _UNITS[language][-1])]
        ]
        return minus + (" " if english else "").join(parts)

    return each_distinct(values, values.is_valid(), write)


def _is_day(fields: dict[str, pa.Array]) -> pa.Array:
    """Return the mask of valid days of the month, with leap years."""
    day = _number(fields["day"])
    if "month" not in fields:
        return pa.array(day > 0)
    month = _number(fields["month"])
    is_day = day <= _DAYS[month - 1]
    if "year" in fields:
        year = _number(fields["year"])
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        is_day &= leap | (month != 2) | (day < 29)
    return pa.array(is_day)


def _number(digits: pa.Array) -> np.typing.NDArray[np.int64]:
    return np.asarray(pc.fill_null(digits, "1").cast(pa.int64()).to_numpy(zero_copy_only=False))


def _from_list(texts: Sequence[str], index: np.typing.NDArray[np.int64]) -> pa.Array:
    return pa.array(texts).take(pa.array(index))


def _year(digits: pa.Array, language: str) -> pa.Array:
    years = _number(digits)
    before, after = (_from_list(texts, np.digitize(years, [1, 100])) for texts in _ERAS[language])
    return pc.binary_join_element_wise(
        before, pa.array(np.where(years > 0, years, 1 - years)).cast(pa.string()), after, ""
    )


def _zone(zone: pa.Array) -> pa.Array | pa.Scalar:
    if not pc.any(pc.not_equal(zone, "")).as_py():
        return pa.scalar("")
    zero = pc.is_in(zone, pa.array(_UTC))
    words = pc.binary_join_element_wise(pa.scalar(" UTC"), pc.if_else(zero, pa.scalar(""), zone), "")
    return pc.if_else(pc.equal(zone, ""), pa.scalar(""), words)
