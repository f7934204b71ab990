"""Facts → the datatype by which each literal is written, and the kind of each predicate's values.

A value's meaning depends on its predicate: 1887 is a year after "founded" and a code after "postal code", and a string such
as "1868-11-18" is a date if all values of its predicate are dates.
"""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import pair_keys
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.namespaces import RDF, XSD
from kaug.wording.rules import Values
from kaug.words.terms import term_words
from kaug.words.values import DECIMALS, INTEGERS

__all__ = ["object_values", "written_terms"]

_Mask = NDArray[np.bool_]

_VERSIONS = r"(?i)\bversion$"
_CODES = (
    r"(?i)\b(?:year|id|identifier|version|zip|fax|telephone|mobile|isbn|issn|isni|doi|ean|gtin|sku|serial|plz|"
    r"\w*(?:code|phone|jahr|nummer|postleitzahl|année|año)|[a-z]+[ -]?(?:number|no\.?|num|numéro|número))$|"
    r"\b(?:year of|code postal|código|numéro de|número de)\b|(?:年份|编号|邮编|电话|番号)$"
)
_COUNTS = r"(?i)^(?:number|count|total|sum|amount) "

_YEAR = r"(?:1[0-9]{3}|20[0-9]{2})"
_DAY = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_FAMILIES: list[dict[str, str]] = [
    {"integer": r"^[+-]?(?:0|[1-9][0-9]{0,14})$", "decimal": r"^[+-]?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}$"},
    {"gYear": f"^{_YEAR}$", "date": f"^{_DAY}$", "dateTime": f"^{_DAY}T{_TIME}$"},
    {"boolean": r"^(?:true|false)$"},
]
"""Datatypes that the values of one predicate may mix, with the pattern of each for strings; later families win."""

_QUANTITY = r"^[+-]?[0-9.]+ \([A-Za-z ]+\)$"
_LONGEST = 40
_STRINGS = {XSD + "string", RDF + "langString"}
_KINDS: list[Values] = ["thing", "truth", "date", "year", "time", "count", "text", "string"]
_KIND_OF: dict[str, Values] = {
    XSD + "boolean": "truth",
    XSD + "date": "date",
    XSD + "dateTime": "date",
    XSD + "dateTimeStamp": "date",
    XSD + "gYear": "year",
    XSD + "gYearMonth": "year",
    XSD + "time": "time",
    **dict.fromkeys(INTEGERS, "count"),
    **dict.fromkeys(_STRINGS, "string"),
}
_SENTENCE = r"^.{100}|^(?:\S+ +){4}.*\p{Ll}{3}[.!?][\"'”’)]*$"


def written_terms(kb: KnowledgeBase) -> pa.Table:
    """Return TERMS with the datatypes by which literals are written in sentences.

    - Strings are numbers, dates and years, or booleans if all values of a predicate look so.
    - Integers are years, without thousands separators, if all values of a predicate look so (1000 to 2099).
    - Integers are strings, as they are spelled, if the predicate's name says that they identify something: a year, a code,
      a phone number, an id, a version; so are the decimals of a version.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :holm :postalCode 94103 ; :opened "1868-11-18" ; :people 12345 .')
        >>> terms = written_terms(build_kb([file]))
        >>> {row["value"]: row["datatype"].split("#")[1] for row in terms.to_pylist() if row["datatype"]}
        {'12345': 'integer', '1868-11-18': 'date', '94103': 'string'}
    """
    terms = kb.terms
    _, predicates, objects = kb.columns()
    encoded = terms["datatype"].cast(pa.string()).combine_chunks().dictionary_encode()
    names: list[str] = encoded.dictionary.to_pylist()
    names += sorted(({XSD + name for family in _FAMILIES for name in family} | {XSD + "string"}) - set(names))
    number_of = {name: number for number, name in enumerate(names)}
    datatype = pc.fill_null(encoded.indices, -1).to_numpy()

    def typed(wanted: Iterable[str]) -> _Mask:
        return np.isin(datatype, [number_of[name] for name in wanted if name in number_of])

    def objects_of(facts: _Mask) -> _Mask:
        mask = np.zeros(len(terms), bool)
        mask[objects[facts]] = True
        return mask

    text, integer, decimal = typed({XSD + "string"}), typed(INTEGERS), typed(DECIMALS)
    rows = np.flatnonzero(objects_of(np.ones(len(objects), bool)) & (text | integer))
    values = terms["value"].take(pa.array(rows)).combine_chunks()
    short = pc.less_equal(pc.binary_length(values), _LONGEST)
    rows, values = rows[short.to_numpy(zero_copy_only=False)], values.filter(short)
    for family in _FAMILIES:
        looks = np.full(len(terms), -1)
        for name, pattern in family.items():
            looks[rows[pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False)]] = number_of[
                XSD + name
            ]
        own = typed({XSD + name for name in family}) | ((integer | decimal) & ("integer" in family))
        looks = np.where(own, datatype, looks)
        if "integer" in family:  # "5.3 (litres)" is a number as well
            looks[rows[pc.match_substring_regex(values, _QUANTITY).to_numpy(zero_copy_only=False)]] = number_of[
                XSD + "string"
            ]
        others = np.bincount(predicates, weights=looks[objects] < 0, minlength=len(terms))
        chosen = objects_of(others[predicates] == 0)
        datatype = np.where(chosen, looks, datatype)
    used = np.flatnonzero(np.bincount(predicates, minlength=len(terms)))
    words = term_words(terms, kb.labels, used, ["en"])
    for pattern, numbers in ((_CODES, integer), (_VERSIONS, integer | decimal)):
        fits = pc.and_not(pc.match_substring_regex(words, pattern), pc.match_substring_regex(words, _COUNTS))
        named = np.isin(predicates, used[fits.to_numpy(zero_copy_only=False)])
        chosen = objects_of(named) & (text | numbers)
        datatype = np.where(chosen, number_of[XSD + "string"], datatype)
    written = pa.DictionaryArray.from_arrays(pa.array(datatype.astype(np.int32), mask=datatype < 0), pa.array(names))
    field = terms.schema.field("datatype")
    return terms.set_column(terms.column_names.index("datatype"), field, written.cast(field.type))


def object_values(kb: KnowledgeBase, terms: pa.Table) -> dict[int, Values]:
    """Return the kind of values of each predicate.

    Dates and years are dates ("on" becomes "in" before a year), numbers may include years, and a fifth of sentences is enough
    to set all strings in quotes.

    Args:
        kb: The knowledge base.
        terms: The result of `written_terms`.
    """
    _, predicates, objects = kb.columns()
    used = np.unique(objects)
    kinds = np.zeros(len(terms), dtype=np.int8)
    kinds[used] = _term_kinds(terms.select(["value", "datatype"]).take(pa.array(used)))
    keys, counts = np.unique(pair_keys(predicates, kinds[objects].astype(np.uint32)), return_counts=True)
    numbers: dict[int, dict[Values, int]] = {}
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        numbers.setdefault(key >> 32, {})[_KINDS[key & 0xFFFFFFFF]] = count
    return {predicate: _one_kind(some) for predicate, some in numbers.items()}


def _one_kind(numbers: dict[Values, int]) -> Values:
    kinds = set(numbers)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {"date", "year"}:
        return "date"
    if kinds == {"year", "count"}:
        return "count"
    things = numbers.get("thing", 0)
    if things * 2 >= sum(numbers.values()):
        return "thing"
    if things:  # a few addresses, or nodes, among literals
        return _one_kind({kind: number for kind, number in numbers.items() if kind != "thing"})
    return "text" if numbers.get("text", 0) * 5 >= sum(numbers.values()) else "string"


def _term_kinds(terms: pa.Table) -> NDArray[np.int8]:
    """Return the kinds of terms, as positions in `_KINDS`, by datatype and lexical form."""
    datatypes, values = pc.cast(terms["datatype"], pa.string()), terms["value"]
    codes = np.zeros(terms.num_rows, dtype=np.int8)
    for datatype in pc.unique(datatypes).to_pylist():
        if datatype in _KIND_OF:
            codes[pc.equal(datatypes, datatype).fill_null(False).to_numpy()] = _KINDS.index(_KIND_OF[datatype])
    looks: list[tuple[Values, str, Values]] = [
        ("string", _SENTENCE, "text"),
        ("string", f"^{_YEAR}$", "year"),
        ("count", f"^{_YEAR}$", "year"),
    ]
    for kind, pattern, found in looks:
        rows = np.flatnonzero(codes == _KINDS.index(kind))
        codes[rows[pc.match_substring_regex(values.take(pa.array(rows)), pattern).to_numpy()]] = _KINDS.index(found)
    return codes
