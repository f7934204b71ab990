"""Columns of texts → columns of RDF terms, as canonical N-Triples writes them; see `kaug.rdf.terms`."""

from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.rdf.terms import literals

__all__ = ["Column", "absolute", "decimals", "iri", "is_iri", "join", "language_tag", "literal", "name"]

Column: TypeAlias = pa.Array | str
"""A column of terms, or one term for every row."""

# The characters that RFC 3987 allows in an IRI outside its query.
_UCS = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}" + "".join(
    rf"\x{{{plane:X}{'1000' if plane == 14 else '0000'}}}-\x{{{plane:X}FFFD}}" for plane in range(1, 15)
)
_IN_NAME = r"A-Za-z0-9.~!$&'()*+,;=:@\-" + _UCS
_IN_PATH = _IN_NAME + "_/"
_MOST_DIGITS = 100


def name(base: str, texts: pa.Array) -> pa.Array:
    """Make a distinct IRI for each name: a space becomes `_`; `_ / ? # %` and the like are encoded.

    Examples:
        >>> name("http://x.example/", pa.array(["ice cream", "AC/DC", "5%"])).to_pylist()
        ['<http://x.example/ice_cream>', '<http://x.example/AC%2FDC>', '<http://x.example/5%25>']
    """
    return join(f"<{base}", _encode(texts, _IN_NAME, space="_"), ">")


def iri(base: str, paths: pa.Array) -> pa.Array:
    """Make IRIs from paths, keeping `/` and `_`; a percent sign is encoded like other characters.

    Examples:
        >>> iri("http://api.conceptnet.io", pa.array(["/c/en/ice_cream", "/c/en/c#"])).to_pylist()
        ['<http://api.conceptnet.io/c/en/ice_cream>', '<http://api.conceptnet.io/c/en/c%23>']
    """
    return join(f"<{base}", _encode(paths, _IN_PATH), ">")


def absolute(texts: pa.Array) -> pa.Array:
    """Write absolute IRIs as terms, with invalid characters percent-encoded; null where a text is not an IRI.

    Examples:
        >>> absolute(pa.array(["http://x.example/a b?c", "urn:x:y", "no IRI"])).to_pylist()
        ['<http://x.example/a%20b?c>', '<urn:x:y>', None]
    """
    distinct = pc.dictionary_encode(_encode(texts, _IN_PATH + "?#%"))
    iris = pa.array([text if is_iri(text) else None for text in distinct.dictionary.to_pylist()], pa.string())
    return join("<", iris.take(distinct.indices), ">")


def literal(texts: pa.Array, language: Column = "", datatype: str = "") -> pa.Array:
    r"""Write texts as literals with a language tag, a column of tags, or a datatype; a malformed tag is an error.

    Examples:
        >>> literal(pa.array(['say "ah"']), "en").to_pylist(), literal(pa.array(["1"]), datatype="urn:d").to_pylist()
        (['"say \\"ah\\""@en'], ['"1"^^<urn:d>'])
    """
    if isinstance(language, str):
        return literals(texts, language=language_tag(language) if language else None, datatype=datatype or None)
    tags = pc.dictionary_encode(language)
    checked = [language_tag(tag) if tag else None for tag in tags.dictionary.to_pylist()]
    return literals(texts, language=pa.array(checked, pa.string()).take(tags.indices))


def decimals(texts: pa.Array) -> pa.Array:
    """Write numbers in the canonical form of xsd:decimal; null for other texts and numbers of over 100 digits.

    Examples:
        >>> decimals(pa.array(["2", "+0.50", "1e-3", "many"])).to_pylist()
        ['2.0', '0.5', '0.001', None]
    """
    distinct = pc.dictionary_encode(texts)
    return pa.array([_decimal(text) for text in distinct.dictionary.to_pylist()], pa.string()).take(distinct.indices)


def _decimal(text: str) -> str | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS or len(text) > _MOST_DIGITS:
        return None
    whole, _, part = format(number, "f").partition(".")
    part = part.rstrip("0") or "0"
    return f"{'0' if whole == '-0' and part == '0' else whole}.{part}"


def language_tag(text: str) -> str:
    """Return a BCP 47 language tag in lower case; a malformed one is an error."""
    try:
        return ox.Literal("", language=text).language or ""
    except ValueError as error:
        raise SourceError(
            f"{text!r} is not a language tag ({error}); it should be one such as en or zh-Hans."
        ) from None


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def join(*parts: Column) -> pa.Array:
    """Concatenate columns and texts row by row; a row with a null is null.

    Examples:
        >>> join("<", pa.array(["a", None]), ">").to_pylist()
        ['<a>', None]
    """
    joined = pc.binary_join_element_wise(*parts, "")
    return joined if isinstance(joined, pa.Array) else pa.array([joined.as_py()], pa.string())


def _encode(texts: pa.Array, allowed: str, space: str = "%20") -> pa.Array:
    """Percent-encode the characters outside a class, except spaces."""
    hit = pc.match_substring_regex(texts, f"[^{allowed}]")
    if not pc.any(hit).as_py():
        return texts
    rows = texts.filter(hit)
    chars = set("".join(pc.unique(pc.replace_substring_regex(rows, f"[{allowed}]+", "")).to_pylist()))
    # The characters of the encoding come first, a space last, since it becomes `_`.
    for char in sorted(chars, key=lambda char: (char == " ", char not in "%_", char)):
        code = "".join(f"%{byte:02X}" for byte in char.encode())
        rows = pc.replace_substring(rows, char, space if char == " " else code)
    return pc.replace_with_mask(texts, hit, rows)
