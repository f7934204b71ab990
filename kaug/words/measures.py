"""Literals → numbers that can be compared, each with its unit."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.namespaces import XSD
from kaug.words.moments import MOMENTS
from kaug.words.quantities import QUANTITIES, UNIT_DATATYPES
from kaug.words.values import DECIMALS, INTEGERS, strings

__all__ = ["MOMENT", "NUMBER", "Measures", "measures"]

NUMBER, MOMENT = "number", "moment"
_NUMBER = r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
_SPELLED = rf"^{_NUMBER} \((?P<unit>[A-Za-z ]+)\)$"
_COMPARED = ("gYear", "gYearMonth", "date", "dateTime", "dateTimeStamp")
_SECONDS = {"year": 12 * 31 * 86400, "month": 31 * 86400, "day": 86400}


class Measures(NamedTuple):
    """What literals measure.

    Attributes:
        number: float64 (n,): greater for a greater quantity or a later moment; NaN for a literal that measures nothing.
        unit: Strings (n,): literals with equal units can be compared; those of moments begin with `moment`.
    """

    number: NDArray[np.float64]
    unit: pa.Array


def measures(value: pa.Array, datatype: pa.Array) -> Measures:
    """Read numbers, quantities with a unit, years, dates and moments.

    Args:
        value: Strings: the lexical forms.
        datatype: Strings, or a dictionary of strings: the datatypes' IRIs.

    Examples:
        >>> values = pa.array(["5 km", "1990", "1979-10-07", "1979-10-08", "-3.5", "Lomé"])
        >>> types = ["http://w3id.org/lindt/custom_datatypes#ucum", XSD + "gYear", XSD + "date", XSD + "date", XSD + "decimal"]
        >>> read = measures(values, pa.array([*types, XSD + "string"]))
        >>> read.unit.to_pylist(), np.diff(read.number)[2], read.number[4]
        (['number km', 'moment gYear', 'moment date', 'moment date', 'number', ''], np.float64(86400.0), np.float64(-3.5))
    """
    values, types = strings(value), strings(datatype).dictionary_encode()
    codes, names = pc.fill_null(types.indices, -1).to_numpy(zero_copy_only=False), types.dictionary.to_pylist()
    number, unit = np.full(len(values), np.nan), pa.repeat(pa.scalar(""), len(values))
    for code, name in enumerate(names):
        rows = pa.array(codes == code)
        found, of = _read(values.filter(rows), name)
        number[codes == code] = found
        unit = pc.replace_with_mask(unit, rows, of)
    return Measures(number, pc.if_else(pa.array(np.isnan(number)), pa.scalar(""), unit))


def _read(values: pa.Array, datatype: str) -> tuple[NDArray[np.float64], pa.Array]:
    """Read literals of one datatype."""
    local = datatype.removeprefix(XSD)
    if local in _COMPARED and datatype.startswith(XSD):
        return _moments(values, local)
    if datatype.startswith(QUANTITIES):
        pattern = rf"^\s*{_NUMBER}\s+(?P<unit>\S+)\s*$"
    elif datatype in INTEGERS | DECIMALS or datatype.startswith(UNIT_DATATYPES):
        pattern = rf"^\s*{_NUMBER}\s*(?P<unit>)$"
    else:
        pattern = _SPELLED
    parts = pc.extract_regex(values, pattern)
    number = pc.utf8_ltrim(pc.struct_field(parts, 0), "+").cast(pa.float64()).to_numpy(zero_copy_only=False)
    of = datatype if datatype.startswith(UNIT_DATATYPES) else pc.coalesce(pc.struct_field(parts, 1), pa.scalar(""))
    return number, pc.utf8_trim(pc.binary_join_element_wise(NUMBER, of, pa.array([""] * len(values)), " "), " ")


def _moments(values: pa.Array, name: str) -> tuple[NDArray[np.float64], pa.Array]:
    """Read moments as seconds, in months of 31 days, which keep their order."""
    parts = pc.extract_regex(values, MOMENTS[name])
    fields = {field.name: pc.struct_field(parts, place) for place, field in enumerate(parts.type)}
    seconds = np.zeros(len(values))
    for field, length in _SECONDS.items():
        if field in fields:
            seconds += fields[field].cast(pa.float64()).to_numpy(zero_copy_only=False) * length
    if "minute" in fields:
        for piece, length in (
            (pc.utf8_slice_codeunits(fields["minute"], 0, 2), 3600),
            (pc.utf8_slice_codeunits(fields["minute"], 3, 5), 60),
            (fields["second"], 1),
        ):
            seconds += piece.cast(pa.float64()).to_numpy(zero_copy_only=False) * length
    zone = pc.replace_substring_regex(pc.coalesce(fields["zone"], pa.scalar("")), r"^(?:Z|[+-]00:00)$", "Z")
    unit = pc.utf8_trim(pc.binary_join_element_wise(f"{MOMENT} {name}", zone, " "), " ")
    return seconds, unit
