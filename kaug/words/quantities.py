"""Numbers and quantities with units → words.

`units.tsv` holds the units: their codes of UCUM (the Unified Code for Units of Measure), their symbols and names, and the local
names by which QUDT and DBpedia's datatypes refer to them. In English, units of their words are named too: "square foot per day".
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from kaug.words.english import plural

__all__ = [
    "QUANTITIES",
    "UNIT_DATATYPES",
    "decimal_words",
    "each_distinct",
    "number_words",
    "quantity_words",
    "spelled_quantity_words",
    "unit_symbols",
    "unit_words",
]

QUANTITIES = ("http://w3id.org/lindt/custom_datatypes#", "https://w3id.org/cdt/", "http://w3id.org/cdt/")
"""The namespaces of the datatypes whose literals hold a number and a UCUM code: "5 km"."""

_DBPEDIA, _QUDT = "http://dbpedia.org/datatype/", "http://qudt.org/vocab/unit/"
UNIT_DATATYPES = (_DBPEDIA, _QUDT)
"""The namespaces of the datatypes that are units themselves: "5"^^<http://dbpedia.org/datatype/kilometre>."""

# A number with a unique decimal form: from 0.000001 to fifteen digits before the point.
_PLAIN = r"^(?P<sign>[+-]?)(?P<zeros>0*)(?P<whole>[1-9][0-9]{0,14})?(?:\.(?P<fraction>[0-9]{0,13}))?$"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"

_UNIT = pa.schema([pa.field(form, pa.string()) for form in ("symbol", "one", "many")])
_POWERS = ("square", "cubic")


def number_words(values: pa.Array) -> pa.Array:
    """Format numbers for sentences: with thousands separators, without trailing zeros, without a signed zero.

    Args:
        values: Strings.

    Returns:
        Strings. Other texts, and numbers with more than 15 digits before the point or 5 zeros after it, are unchanged.

    Examples:
        >>> number_words(pa.array(["56785", "-0.50", "5.6785E4", "6.02E23", "about 5"])).to_pylist()
        ['56,785', '-0.5', '56,785', '6.02E23', 'about 5']
    """
    parts = pc.extract_regex(values, _PLAIN)
    sign, zeros, whole, fraction = (pc.coalesce(pc.struct_field(parts, index), pa.scalar("")) for index in range(4))
    before, after = pc.binary_length(whole), pc.binary_length(fraction)
    digits = pc.add(pc.add(pc.binary_length(zeros), before), after)
    # A short fraction below 1 is above 0.000001; longer ones are formatted one by one below.
    plain = pc.and_(pc.and_(parts.is_valid(), pc.greater(digits, 0)), pc.or_(pc.greater(before, 0), pc.less(after, 7)))
    longest = pc.max(before).as_py() or 0
    if longest > 3:
        width = -(-longest // 3) * 3
        padded = pc.ascii_lpad(whole, width, " ").cast(pa.binary())
        groups = [pc.binary_slice(padded, start, start + 3).cast(pa.string()) for start in range(0, width, 3)]
        whole = pc.ascii_ltrim(pc.binary_join_element_wise(*groups, ","), " ,")
    fraction = pc.ascii_rtrim(fraction, "0")
    has_fraction = pc.not_equal(fraction, "")
    minus = pc.and_(pc.equal(sign, "-"), pc.or_(has_fraction, pc.greater(before, 0)))
    words = pc.if_else(pc.greater(before, 0), whole, pa.scalar("0"))
    if pc.any(pc.or_(has_fraction, minus)).as_py():
        signs, points = (
            pc.if_else(mask, pa.scalar(sign), pa.scalar("")) for mask, sign in ((minus, "-"), (has_fraction, "."))
        )
        words = pc.binary_join_element_wise(signs, words, points, fraction, "")
    return each_distinct(pc.if_else(plain, words, values), pc.invert(plain), decimal_words)


def decimal_words(value: str) -> str:
    """Format one number as `number_words` does."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or number.adjusted() not in range(-6, 15):
        return value  # too long to write in full, such as 6.02E23
    return f"{(number + 0).normalize():,f}"  # + 0: no minus zero


def each_distinct(values: pa.Array, mask: pa.Array, function: Callable[[str], str]) -> pa.Array:
    """Replace the rows of a mask, with one call per distinct value."""
    if not pc.any(mask).as_py():
        return values
    chosen = values.filter(mask).dictionary_encode()
    words = pa.array([function(value) for value in chosen.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(values, mask, words.take(chosen.indices))


def quantity_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    """Write literals of a number and a UCUM code, "5 km", in words; null if the code is unknown."""
    parts = pc.extract_regex(values, rf"^\s*(?P<number>{_NUMBER})\s+(?P<unit>\S+)\s*$")
    return _with_unit(pc.struct_field(parts, 0), _unit_rows("code", pc.struct_field(parts, 1)), _units(), language)


def unit_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    """Write numbers whose datatype is a unit in words; null if the unit is unknown."""
    parts = pc.extract_regex(values, rf"^\s*(?P<number>{_NUMBER})\s*$")
    distinct = datatypes.dictionary_encode()
    rows = _unit_rows("qudt", pc.replace_substring(distinct.dictionary, _QUDT, ""))
    units = _units().take(rows).to_pylist()
    for number, datatype in enumerate(distinct.dictionary.to_pylist()):
        if datatype.startswith(_DBPEDIA):
            units[number] = _unit_of(datatype.removeprefix(_DBPEDIA), known=False)
    return _with_unit(pc.struct_field(parts, 0), distinct.indices, pa.Table.from_pylist(units, _UNIT), language)


def spelled_quantity_words(values: pa.Array, language: str) -> pa.Array:
    """Write texts of a number and the name of a unit in brackets in words; others, and unknown units, are null.

    Examples:
        >>> texts = ["1250.0 (kilometrePerSeconds)", "1.0 (inches)", "110 million (dollars)", "3 (of 5)"]
        >>> spelled_quantity_words(pa.array(texts), "en").to_pylist()
        ['1,250 kilometres per second', '1 inch', '110 million dollars', None]
    """
    number = rf"(?P<number>{_NUMBER})(?P<power> (?:thousand|million|billion|trillion))?"
    parts = pc.extract_regex(values, rf"^{number} \((?P<unit>[A-Za-z ]+)\)$")
    if parts.null_count == len(parts):
        return pa.nulls(len(parts), pa.string())
    numbers, powers, names = (pc.struct_field(parts, index) for index in range(3))
    distinct = names.dictionary_encode()
    units = pa.Table.from_pylist([_unit_of(name) for name in distinct.dictionary.to_pylist()], _UNIT)
    return _with_unit(numbers, distinct.indices, units, language, powers)


@cache
def unit_symbols() -> frozenset[str]:
    """Return the symbols and the UCUM codes of the units."""
    return frozenset(filter(None, [*_units()["symbol"].to_pylist(), *_units()["code"].to_pylist()]))


def _with_unit(
    numbers: pa.Array, rows: pa.Array, units: pa.Table, language: str, powers: pa.Array | str = ""
) -> pa.Array:
    units = units.take(rows)
    numbers = pc.binary_join_element_wise(number_words(numbers), powers, "")
    if language != "en":
        return pc.binary_join_element_wise(numbers, units["symbol"].combine_chunks(), " ")
    is_one = pc.is_in(numbers, pa.array(["1", "-1"]))
    names = pc.if_else(is_one, units["one"].combine_chunks(), units["many"].combine_chunks())
    return pc.binary_join_element_wise(numbers, names, " ")


def _unit_rows(column: str, names: pa.Array) -> pa.Array:
    return pc.index_in(names, _units()[column].combine_chunks(), skip_nulls=True)


@lru_cache(maxsize=10_000)
def _unit_of(name: str, known: bool = True) -> dict[str, str | None]:
    """Return the symbol and the names of a unit by its name, in camelCase or spaced; nulls if its words are not `known`."""
    words = _spaced(name)
    row = _named_units().get(words)
    if row:
        return row
    head, per, tail = words.rpartition(" per ")
    first, _, rest = words.partition(" ")
    if per:
        above, below = _unit_of(head, known), _unit_of(tail, known)
        parts = {form: (above[form], below["symbol" if form == "symbol" else "one"]) for form in _UNIT.names}
        joined = {form: f"{a}{'/' if form == 'symbol' else ' per '}{b}" for form, (a, b) in parts.items() if a and b}
    elif first in _POWERS and rest:
        of = _unit_of(rest, known)
        joined = {form: f"{first} {of[form]}" for form in ("one", "many") if of[form]}
    elif not known and name[:1].islower():
        before, space, last = words.rpartition(" ")
        many = (_named_units().get(last) or {"many": plural(last)})["many"]
        joined = {"one": words, "many": f"{before}{space}{many}"}
    else:
        joined = {}
    return {form: joined.get(form) for form in _UNIT.names}


@cache
def _named_units() -> dict[str, dict[str, str | None]]:
    """Return the names of units, in lower case and with the plural of DBpedia's names → the symbol and the names of each."""
    named: dict[str, dict[str, str | None]] = {}
    for row in _units().to_pylist():
        spaced = _spaced(row["dbpedia"] or row["one"])
        for name in (spaced, f"{spaced}s", row["one"].lower(), row["many"].lower()):
            named.setdefault(name, {form: row[form] for form in _UNIT.names})
    return named


def _spaced(name: str) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower()


@cache
def _units() -> pa.Table:
    strings = csv.ConvertOptions(strings_can_be_null=True, null_values=[""])
    return csv.read_csv(
        Path(__file__).with_name("units.tsv"),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
        convert_options=strings,
    )
