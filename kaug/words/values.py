"""RDF values and IRIs → words, in columns.

Values are formatted for sentences: "56,785", "7 October 1979", "5 kilometres". Literals of unknown datatypes and
invalid ones are unchanged.
"""

import html
import re
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.namespaces import RDF, XSD
from kaug.words.clean import spaced_names, without_citations
from kaug.words.moments import MOMENTS, duration_words, moment_words
from kaug.words.quantities import (
    QUANTITIES,
    UNIT_DATATYPES,
    each_distinct,
    number_words,
    quantity_words,
    spelled_quantity_words,
    unit_words,
)

__all__ = [
    "DECIMALS",
    "INTEGERS",
    "UUID",
    "apart",
    "literal_words",
    "name_words",
    "opaque_names",
    "strings",
    "words_of",
]

# Longitude comes first in CRS84, the default; latitude comes first in EPSG:4326.
_CRS = r"<https?://www\.opengis\.net/def/crs/(?:OGC/[0-9.]+/CRS84|EPSG/[0-9.]+/(?P<epsg>4326))>\s*"
_DEGREES = r"[+-]?[0-9]{1,3}(?:\.[0-9]*)?"
_POINT = rf"^\s*(?:{_CRS})?(?i:POINT)\s*\(\s*(?P<x>{_DEGREES})\s+(?P<y>{_DEGREES})\s*\)\s*$"

_NOT_TEXT = r"(?is)<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>"
_BLOCKS = "p|div|br|hr|li|ul|ol|dl|dt|dd|table|tr|td|th|h[1-6]|blockquote|pre|section|article"
_TAG_END = r"""(?:[^>"']|"[^"]*"|'[^']*')*>"""
_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

_HUMP = r"\p{Ll}\p{Lu}|\p{Nd}\p{Lu}\p{Ll}|\p{Lu}\p{Lu}\p{Ll}"
UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""A regular expression of UUIDs."""
_OPAQUE = rf"^[A-Z]*[_.-]?[0-9][0-9A-Z_.-]*$|^{UUID}$"
# Identifiers of any namespace; others that are _OPAQUE may be names (A380, U2), as may words with a number (Apollo_11).
_IDENTIFIER = (
    r"^(?:[QPL][0-9]+(?:-[FS][0-9]+)?|[A-Za-z]{1,2}[0-9]{5,}|[A-Za-z]+[_:-](?:[0-9]{5,}|0[0-9]+)|[A-Za-z]*[A-Z]{2}[A-Z]*[a-z]+[_:][0-9]+|"
    rf"[mg]\.[0-9a-z_]+|[0-9]{{5,}}|[0-9]+(?:[.-][0-9]+)+|[0-9a-fA-F]{{16,}}|{UUID})$"
)
# Of nodes that their author numbered: r96, O2, b1_p1; but VAV1, AHU_1, ch-1, A380 are what people call them.
_SHORT = "^(?:[a-z][0-9]+|[A-Za-z]{2}[0-9]+|[A-Z][0-9]{1,2}|[A-Z][0-9]{4,})[a-z]?(?:[_-][A-Za-z]{0,4}[0-9]+)*$"
_NUMBERED = "^[A-Za-z]+[_:][0-9]+$"

_Write = Callable[[pa.Array, pa.Array, str], pa.Array]  # lexical forms, datatypes, language → words, or null


def literal_words(value: pa.Array, datatype: pa.Array, language: str = "en") -> pa.Array:
    """Write the values of literals in words.

    Numbers get thousands separators in every language. Dates, times and durations are in words in English and Chinese,
    and stay in ISO 8601 in other languages. Units have names in English, and symbols in other languages.

    Args:
        value: Strings: the lexical forms.
        datatype: Strings, or a dictionary of strings: the datatypes' IRIs; null for none.
        language: BCP 47 tag of the words.

    Returns:
        Strings, null where the value is. Not empty unless the value is.

    Examples:
        >>> xsd = "http://www.w3.org/2001/XMLSchema#"
        >>> values = pa.array(["56785", "true", "1979-10-07", "P3DT4H", "1979-02-30", "Lomé"])
        >>> types = [xsd + name for name in ("integer", "boolean", "date", "duration", "date", "string")]
        >>> literal_words(values, pa.array(types)).to_pylist()
        ['56,785', 'yes', '7 October 1979', '3 days 4 hours', '1979-02-30', 'Lomé']
        >>> ucum = pa.array(["http://w3id.org/lindt/custom_datatypes#ucum"])
        >>> literal_words(pa.array(["5 km"]), ucum)[0].as_py()
        '5 kilometres'
    """
    values, types = strings(value), strings(datatype).dictionary_encode()
    language = language.split("-", maxsplit=1)[0].lower()
    writers = [*map(_writer, types.dictionary.to_pylist()), None]  # the last is for literals without a datatype
    writer_of_row = pc.fill_null(types.indices, len(writers) - 1).to_numpy(zero_copy_only=False)
    names = types.dictionary.take(types.indices)
    for write in dict.fromkeys(filter(None, writers)):
        rows = pa.array(np.array([writer == write for writer in writers])[writer_of_row])
        some = values.filter(rows)
        words = write(some, names.filter(rows), language)
        words = pc.if_else(pc.equal(pc.fill_null(words, ""), ""), some, words)
        values = pc.replace_with_mask(values, rows, words)
    return values


def opaque_names(iri: pa.Array, instances: pa.Array | None = None) -> pa.Array:
    """Tell which IRIs end in an identifier that nobody reads.

    Identifiers are numbers with a letter or a prefix (`Q42`, `GO_0008150`, `NCBITaxon_9606`), long numbers, hexadecimal digests,
    UUIDs. Shorter codes (`C1`, `A380`) and words with a number (`Apollo_11`) count where most of the given IRIs of their
    namespace are codes; of instances, one or two letters with a number (`r96`, `b1_p1`), where three and a third of the
    instances are.

    Args:
        iri: Strings.
        instances: Booleans: whether each is an IRI of an instance, neither a predicate nor a class; null for none.

    Returns:
        Booleans.

    Examples:
        >>> opaque_names(pa.array(["http://x.org/Q42", "http://y.org/A380", "http://y.org/Togo"])).to_pylist()
        [True, False, False]
        >>> opaque_names(pa.array(["http://x.org/C1", "http://x.org/C2", "http://x.org/Lome"])).to_pylist()
        [True, True, False]
        >>> names = pa.array([f"http://x.org/{name}" for name in ("r1", "r2", "s4", "VAV1", "Lome", "near")])
        >>> opaque_names(names, pa.array([True] * 5 + [False])).to_pylist()
        [True, True, True, False, False, False]
    """
    iris = pc.ascii_rtrim(strings(iri), "#/:")
    names = _last_part(iris)
    code = pc.match_substring_regex(names, _OPAQUE)
    identifier = pc.match_substring_regex(names, _IDENTIFIER)
    instances = pa.repeat(False, len(iris)) if instances is None else instances
    short = pc.and_(instances, pc.match_substring_regex(names, _SHORT))
    if not pc.any(pc.or_(code, short)).as_py():
        return identifier
    spaces = pc.replace_substring_regex(iris, "[^#/:]*$", "").dictionary_encode()
    space = spaces.indices.to_numpy()

    def count(mask: pa.Array) -> NDArray[np.int64]:
        return np.bincount(space[mask.to_numpy(zero_copy_only=False)], minlength=len(spaces.dictionary))

    mostly = count(code) > np.bincount(space, minlength=len(spaces.dictionary)) / 2
    often = (count(short) >= 3) & (count(short) >= count(instances) / 3)
    code = pc.and_(pc.or_(code, pc.match_substring_regex(names, _NUMBERED)), pa.array(mostly[space]))
    return pc.or_(identifier, pc.or_(code, pc.and_(short, pa.array(often[space]))))


def name_words(iri: pa.Array, *, split: bool = True) -> pa.Array:
    """Write the last part of IRIs, or of other names, in words.

    The last part follows the last `#`, `/` or `:`; its UTF-8 is percent-decoded. Then:

    - An identifier stays: digits, or digits with capitals before or among them (`Q42`, `GO_0008150`), or a UUID.
    - Parts between `_` or spaces, or words joined by hyphens, of which one begins with a capital, are a proper name: it
      keeps its capitals and hyphens (`New_York`, `Paris_(Texas)`, `Guinea-Bissau`).
    - Without such a capital they are words, the hyphens between them too (`date-of-birth`).
    - camelCase is words in lower case, acronyms kept (`hasLegalName`, `LegalEntity`, `HTMLPage`), if `split`.
    - Anything else stays: `Togo`, `capital`, `WHO`.

    Args:
        iri: Strings.
        split: Split camelCase: right for predicates and classes, wrong for names of things (`JavaScript`, `McDonald`).

    Returns:
        Strings, null where the IRI is; not empty unless it is.

    Examples:
        >>> names = ["http://x.org/Togo", "New_York", "Paris_(Texas)", "hasLegalName", "HTMLPage", "Lom%C3%A9", "Q42"]
        >>> name_words(pa.array(names)).to_pylist()
        ['Togo', 'New York', 'Paris (Texas)', 'has legal name', 'HTML page', 'Lomé', 'Q42']
    """
    iris = strings(iri)
    names = _last_part(pc.ascii_rtrim(iris, "#/:"))
    names = pc.if_else(pc.equal(names, ""), iris, names)
    names = each_distinct(names, pc.match_substring(names, "%"), _decoded)
    words = pc.replace_substring(names, "_", " ")
    words = pc.replace_substring_regex(words, "  +", " ") if pc.any(pc.match_substring(words, "  ")).as_py() else words
    words = pc.ascii_trim(words, " ")
    opaque = pc.match_substring_regex(names, _OPAQUE)
    capital = pc.match_substring_regex(words, r"(?:^|[ -])[^\pL -]*\p{Lu}")
    proper = pc.and_(pc.match_substring_regex(words, "[ -]"), capital)
    plain = pc.invert(pc.or_(opaque, proper))
    hyphens = pc.and_(plain, pc.match_substring(words, "-"))
    if pc.any(hyphens).as_py():
        apart = pc.ascii_trim(pc.replace_substring_regex(words.filter(hyphens), "[- ]+", " "), " ")
        words = pc.replace_with_mask(words, hyphens, apart)
    humps = pc.and_(plain, pc.match_substring_regex(words, _HUMP))
    if split and pc.any(humps).as_py():
        words = pc.replace_with_mask(words, humps, _lower_words(words.filter(humps)))
    return pc.if_else(pc.or_(opaque, pc.equal(words, "")), names, words)


def strings(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Convert a column of strings, also dictionary-encoded or chunked, to one array."""
    column = column.cast(pa.string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _last_part(iris: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(iris, r"(?s)^.*[#/:]", "")


def _decoded(name: str) -> str:
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError:
        return name


def _lower_words(names: pa.Array) -> pa.Array:
    """Split camelCase, with words except acronyms in lower case."""
    names = pc.replace_substring_regex(names, r"(\p{Ll})(\p{Lu})", r"\1 \2")
    names = pc.replace_substring_regex(names, r"([\p{Nd}\p{Lu}])(\p{Lu}\p{Ll})", r"\1 \2")
    lists = pc.split_pattern(names, " ")
    words = lists.flatten()
    first, rest = pc.utf8_slice_codeunits(words, 0, 1), pc.utf8_slice_codeunits(words, 1)
    acronym = pc.and_(pc.utf8_is_upper(words), pc.greater(pc.utf8_length(words), 1))
    words = pc.if_else(acronym, words, pc.binary_join_element_wise(pc.utf8_lower(first), rest, ""))
    return pc.binary_join(pa.ListArray.from_arrays(lists.offsets, words), " ")


def apart(names: pa.Array) -> pa.Array:
    """Take names in CamelCase apart, with their capitals.

    Examples:
        >>> apart(pa.array(["ChateauMargaux", "ClosDeVougeotCotesDOr", "IsleOfMan", "USRegion", "PeterMcCoy1998"])).to_pylist()
        ['Chateau Margaux', 'Clos de Vougeot Cotes D Or', 'Isle of Man', 'US Region', 'Peter McCoy 1998']
    """
    for pattern, by in (
        (r"(\p{Ll})(\p{Lu}|\d)", r"\1 \2"),
        (r"(\p{Lu})(\p{Lu}\p{Ll})", r"\1 \2"),
        (r"\bMc (\p{Lu})", r"Mc\1"),
        *((f" {word} ", f" {word.lower()} ") for word in ("Of", "And", "The", "In", "On", "De", "Du", "La")),
    ):
        names = pc.replace_substring_regex(names, pattern, by)
    return names


def _writer(datatype: str) -> _Write | None:
    if datatype.startswith(QUANTITIES):
        return quantity_words
    return unit_words if datatype.startswith(UNIT_DATATYPES) else _WRITERS.get(datatype)


def _string_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    words, closed = spaced_names(without_citations(values)), pc.fill_null(pc.ends_with(values, ")"), False)
    quantities = spelled_quantity_words(values.filter(closed), language)
    return pc.replace_with_mask(words, closed, pc.coalesce(quantities, words.filter(closed)))


def _boolean_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    yes, no = ("是", "否") if language == "zh" else ("yes", "no")
    return pa.array([yes, yes, no, no]).take(pc.index_in(values, pa.array(["true", "1", "false", "0"])))


def _point_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    parts = pc.extract_regex(values, _POINT)
    epsg, x, y = (pc.struct_field(parts, index) for index in range(3))
    swap = pc.equal(epsg, "4326")
    degrees = [pc.if_else(swap, y, x), pc.if_else(swap, x, y)]
    inside = [
        pc.less_equal(pc.abs(pc.cast(pc.fill_null(pc.utf8_ltrim(part, "+"), "0"), pa.float64())), most)
        for part, most in zip(degrees, (180.0, 90.0), strict=True)
    ]
    longitude, latitude = (number_words(part) for part in degrees)
    before, between = {"en": ("latitude ", ", longitude "), "zh": ("纬度", ",经度")}.get(language, ("", ", "))
    words = pc.binary_join_element_wise(before, latitude, between, longitude, "")
    return pc.if_else(pc.and_(*inside), words, pa.scalar(None, pa.string()))


def _text_content(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    texts = pc.replace_substring_regex(values, _NOT_TEXT, "")
    texts = pc.replace_substring_regex(texts, rf"(?i)</?(?:{_BLOCKS})(?:[\s/]{_TAG_END}|>)", " ")
    texts = pc.replace_substring_regex(texts, rf"<[/!?A-Za-z]{_TAG_END}", "")
    texts = each_distinct(texts, pc.match_substring(texts, "&"), html.unescape)
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"\s+", " "))


def _hex_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    valid = pc.match_substring_regex(values, "^(?:[0-9a-fA-F]{2})+$")
    return _bytes_words(valid, pc.divide(pc.binary_length(values), 2))


def _base64_words(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    packed = pc.replace_substring_regex(values, r"\s+", "")
    valid = pc.and_(pc.match_substring_regex(packed, _BASE64), pc.not_equal(packed, ""))
    count = pc.subtract(pc.multiply(pc.divide(pc.binary_length(packed), 4), 3), pc.count_substring(packed, "="))
    return _bytes_words(valid, count)


def _bytes_words(valid: pa.Array, count: pa.Array) -> pa.Array:
    unit = pc.if_else(pc.equal(count, 1), pa.scalar("byte"), pa.scalar("bytes"))
    words = pc.binary_join_element_wise("binary data of", number_words(count.cast(pa.string())), unit, " ")
    return pc.if_else(valid, words, pa.scalar(None, pa.string()))


def _number(values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    return number_words(values)


def _moment(name: str, values: pa.Array, datatypes: pa.Array, language: str) -> pa.Array:
    return moment_words(values, name, language) if language in ("en", "zh") else values


_WHOLE = (
    "integer long int short byte unsignedLong unsignedInt unsignedShort unsignedByte "
    "positiveInteger negativeInteger nonNegativeInteger nonPositiveInteger"
)
INTEGERS = frozenset(XSD + name for name in _WHOLE.split())
"""The datatypes of integers."""

DECIMALS = frozenset(XSD + name for name in ("decimal", "double", "float"))
"""The datatypes of other numbers."""

_WRITERS: dict[str, _Write] = {
    **dict.fromkeys(INTEGERS | DECIMALS, _number),
    **{XSD + name: partial(_moment, name) for name in MOMENTS},
    **{XSD + name: duration_words for name in ("duration", "dayTimeDuration", "yearMonthDuration")},
    **dict.fromkeys((XSD + "string", RDF + "langString"), _string_words),
    XSD + "boolean": _boolean_words,
    XSD + "hexBinary": _hex_words,
    XSD + "base64Binary": _base64_words,
    RDF + "HTML": _text_content,
    RDF + "XMLLiteral": _text_content,
    "http://www.opengis.net/ont/geosparql#wktLiteral": _point_words,
    "http://www.openlinksw.com/schemas/virtrdf#Geometry": _point_words,
}


def words_of(name: str) -> str:
    """Convert the local part of an IRI to words.

    Examples:
        >>> words_of("hasLegalName"), words_of("drive_nails"), words_of("HTMLPage")
        ('has legal name', 'drive nails', 'HTML page')
    """
    name = re.sub(r"[_\-+.]+", " ", _decoded(name))
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(word if len(word) > 1 and word.isupper() else word[0].lower() + word[1:] for word in name.split())
