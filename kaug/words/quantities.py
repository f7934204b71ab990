"""Numbers and quantities with units → words.

Codes and names of units are those of UCUM (the Unified Code for Units of Measure); the names of QUDT and of DBpedia's
datatypes lead to the same units.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "QUANTITIES",
    "UNIT_DATATYPES",
    "decimal_words",
    "each_distinct",
    "number_words",
    "quantity_words",
    "unit_words",
]

QUANTITIES = ("http://w3id.org/lindt/custom_datatypes#", "https://w3id.org/cdt/", "http://w3id.org/cdt/")
"""The namespaces of the datatypes whose literals hold a number and a UCUM code: "5 km"."""

UNIT_DATATYPES = ("http://dbpedia.org/datatype/", "http://qudt.org/vocab/unit/")
"""The namespaces of the datatypes that are units themselves: "5"^^<http://dbpedia.org/datatype/kilometre>."""

# UCUM code | symbol | singular[/plural, where it is not a plain s] | QUDT name | DBpedia name, where it is another one
_TABLE = """
m|m|metre|M
km|km|kilometre|KiloM
cm|cm|centimetre|CentiM
mm|mm|millimetre|MilliM
um|µm|micrometre|MicroM
nm|nm|nanometre|NanoM
[in_i]|in|inch/inches|IN
[ft_i]|ft|foot/feet|FT
[yd_i]|yd|yard|YD
[mi_i]|mi|mile|MI
[nmi_i]|nmi|nautical mile|MI_N
AU|au|astronomical unit|AU
[ly]|ly|light-year|LY|lightYear
pc|pc|parsec|PARSEC
m2|m²|square metre|M2
km2|km²|square kilometre|KiloM2
cm2|cm²|square centimetre|CentiM2
har|ha|hectare|HA
[acr_us]|ac|acre|AC
m3|m³|cubic metre|M3
km3|km³|cubic kilometre|KiloM3
cm3|cm³|cubic centimetre|CentiM3
L|L|litre|L
mL|mL|millilitre|MilliL
g|g|gram|GM
kg|kg|kilogram|KiloGM
mg|mg|milligram|MilliGM
ug|µg|microgram|MicroGM
t|t|tonne|TONNE
u|u|atomic mass unit|U
[lb_av]|lb|pound|LB
[oz_av]|oz|ounce|OZ
s|s|second|SEC
ms|ms|millisecond|MilliSEC
us|µs|microsecond|MicroSEC
ns|ns|nanosecond|NanoSEC
min|min|minute|MIN
h|h|hour|HR
d|d|day|DAY
wk|wk|week|WK
mo|mo|month|MO
a|a|year|YR
Hz|Hz|hertz/hertz|HZ
kHz|kHz|kilohertz/kilohertz|KiloHZ
MHz|MHz|megahertz/megahertz|MegaHZ
GHz|GHz|gigahertz/gigahertz|GigaHZ
N|N|newton|N
Pa|Pa|pascal|PA
hPa|hPa|hectopascal|HectoPA
kPa|kPa|kilopascal|KiloPA
bar|bar|bar|BAR
atm|atm|standard atmosphere|ATM
J|J|joule|J
kJ|kJ|kilojoule|KiloJ
MJ|MJ|megajoule|MegaJ
cal|cal|calorie|CAL
kcal|kcal|kilocalorie|KiloCAL
kW.h|kWh|kilowatt hour|KiloW-HR
eV|eV|electronvolt|EV|electronVolt
W|W|watt|W
kW|kW|kilowatt|KiloW
MW|MW|megawatt|MegaW
GW|GW|gigawatt|GigaW
[HP]|hp|horsepower/horsepower|HP
V|V|volt|V
A|A|ampere|A
Ohm|Ω|ohm|OHM
K|K|kelvin|K
Cel|°C|degree Celsius/degrees Celsius|DEG_C
[degF]|°F|degree Fahrenheit/degrees Fahrenheit|DEG_F
mol|mol|mole|MOL
deg|°|degree|DEG
%|%|per cent/per cent|PERCENT|percent
By|B|byte|BYTE
kBy|kB|kilobyte|KiloBYTE
MBy|MB|megabyte|MegaBYTE
GBy|GB|gigabyte|GigaBYTE
bit|bit|bit|BIT
lm|lm|lumen|LM
cd|cd|candela|CD
lx|lx|lux/lux|LUX
T|T|tesla|T
Bq|Bq|becquerel|BQ
Sv|Sv|sievert|SV
m/s|m/s|metre per second|M-PER-SEC
km/h|km/h|kilometre per hour|KiloM-PER-HR
[mi_i]/h|mph|mile per hour|MI-PER-HR
[kn_i]|kn|knot|KN
m/s2|m/s²|metre per second squared|M-PER-SEC2
m3/s|m³/s|cubic metre per second|M3-PER-SEC
N.m|N⋅m|newton metre|N-M
kg/m3|kg/m³|kilogram per cubic metre|KiloGM-PER-M3
g/cm3|g/cm³|gram per cubic centimetre|GM-PER-CentiM3
g/mol|g/mol|gram per mole|GM-PER-MOL
|per km²|inhabitant per square kilometre||inhabitantsPerSquareKilometre
|USD|US dollar||usDollar
|EUR|euro|
|GBP|pound sterling/pounds sterling|
"""

# What a Decimal says in full, and in no other way, from 0.000001 to fifteen digits before the point.
_PLAIN = r"^(?P<sign>[+-]?)(?P<zeros>0*)(?P<whole>[1-9][0-9]{0,14})?(?:\.(?P<part>[0-9]{0,13}))?$"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"


def number_words(values: pa.Array) -> pa.Array:
    """Write numbers as people do: thousands apart, no trailing zeros, no sign of zero.

    Args:
        values: Strings.

    Returns:
        Strings. What is no number, or has more than 15 digits before the point or 5 zeros after it, stays as it is.

    Examples:
        >>> number_words(pa.array(["56785", "-0.50", "5.6785E4", "6.02E23", "about 5"])).to_pylist()
        ['56,785', '-0.5', '56,785', '6.02E23', 'about 5']
    """
    found = pc.extract_regex(values, _PLAIN)
    sign, zeros, whole, part = (pc.coalesce(pc.struct_field(found, place), pa.scalar("")) for place in range(4))
    before, after = pc.binary_length(whole), pc.binary_length(part)
    digits = pc.add(pc.add(pc.binary_length(zeros), before), after)
    # A short fraction without a whole is above 0.000001 in any case; longer ones are counted out one by one below.
    plain = pc.and_(pc.and_(found.is_valid(), pc.greater(digits, 0)), pc.or_(pc.greater(before, 0), pc.less(after, 7)))
    longest = pc.max(before).as_py() or 0
    if longest > 3:
        width = -(-longest // 3) * 3
        padded = pc.ascii_lpad(whole, width, " ").cast(pa.binary())
        groups = [pc.binary_slice(padded, at, at + 3).cast(pa.string()) for at in range(0, width, 3)]
        whole = pc.ascii_ltrim(pc.binary_join_element_wise(*groups, ","), " ,")
    part = pc.ascii_rtrim(part, "0")
    more = pc.not_equal(part, "")
    minus = pc.and_(pc.equal(sign, "-"), pc.or_(more, pc.greater(before, 0)))
    words = pc.if_else(pc.greater(before, 0), whole, pa.scalar("0"))
    if pc.any(pc.or_(more, minus)).as_py():
        empty = pa.scalar("")
        signs, points = pc.if_else(minus, pa.scalar("-"), empty), pc.if_else(more, pa.scalar("."), empty)
        words = pc.binary_join_element_wise(signs, words, points, part, "")
    return each_distinct(pc.if_else(plain, words, values), pc.invert(plain), decimal_words)


def decimal_words(value: str) -> str:
    """Write one number as `number_words` does."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or number.adjusted() not in range(-6, 15):
        return value  # nobody writes 6.02E23 in full
    return f"{(number + 0).normalize():,f}"  # + 0: there is no minus zero in words


def each_distinct(values: pa.Array, where: pa.Array, say: Callable[[str], str]) -> pa.Array:
    """Replace the rows that a mask chooses, one call for each distinct value among them."""
    if not pc.any(where).as_py():
        return values
    chosen = values.filter(where).dictionary_encode()
    said = pa.array([say(value) for value in chosen.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(values, where, said.take(chosen.indices))


def quantity_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    """Write literals of a number and a UCUM code, "5 km", in words; null where the code is not known."""
    found = pc.extract_regex(values, rf"^\s*(?P<number>{_NUMBER})\s+(?P<unit>\S+)\s*$")
    places = pc.index_in(pc.struct_field(found, 1), pa.array(_units()["code"]), skip_nulls=True)
    return _with_unit(pc.struct_field(found, 0), places, language)


def unit_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    """Write numbers whose datatype is a unit in words; null where the unit is not known."""
    found = pc.extract_regex(values, rf"^\s*(?P<number>{_NUMBER})\s*$")
    distinct = datatypes.dictionary_encode()
    names = distinct.dictionary
    qudt = pc.index_in(_after(names, UNIT_DATATYPES[1]), pa.array(_units()["qudt"]), skip_nulls=True)
    dbpedia = pc.index_in(_after(names, UNIT_DATATYPES[0]), pa.array(_units()["dbpedia"]), skip_nulls=True)
    return _with_unit(pc.struct_field(found, 0), pc.coalesce(dbpedia, qudt).take(distinct.indices), language)


def _after(names: pa.Array, prefix: str) -> pa.Array:
    return pc.if_else(pc.starts_with(names, prefix), pc.utf8_slice_codeunits(names, len(prefix)), pa.scalar(None))


def _with_unit(numbers: pa.Array, places: pa.Array, language: str) -> pa.Array:
    units, numbers = _units(), number_words(numbers)
    if language != "en":
        return pc.binary_join_element_wise(numbers, pa.array(units["symbol"]).take(places), " ")
    one = pc.is_in(numbers, pa.array(["1", "-1"]))
    names = pc.if_else(one, pa.array(units["one"]).take(places), pa.array(units["many"]).take(places))
    return pc.binary_join_element_wise(numbers, names, " ")


@cache
def _units() -> dict[str, list[str | None]]:
    columns: dict[str, list[str | None]] = {name: [] for name in ("code", "symbol", "one", "many", "qudt", "dbpedia")}
    for line in _TABLE.strip().splitlines():
        code, symbol, names, qudt, *dbpedia = line.split("|")
        one, _, many = names.partition("/")
        head, per, tail = one.partition(" per ")
        first, *rest = one.replace("-", " ").split()
        row = (code or None, symbol, one, many or head + "s" + per + tail, qudt or None)
        camel = first + "".join(word[0].upper() + word[1:] for word in rest)
        for name, cell in zip(columns, (*row, dbpedia[0] if dbpedia else camel), strict=True):
            columns[name].append(cell)
    return columns
