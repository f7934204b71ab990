"""Columns of texts → columns of RDF terms: IRIs are made of names, literals checked; see `kaug.rdf.terms`."""

from collections.abc import Callable
from typing import TypeAlias, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.rdf.terms import literals

__all__ = ["Column", "absolute", "iri", "is_iri", "join", "language_tag", "literal", "name", "term"]

Column: TypeAlias = pa.Array | str
"""A column of terms, or the one term that stands in every row."""

# What RFC 3987 allows in an IRI outside its query, by code point.
_UCS = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}" + "".join(
    rf"\x{{{plane:X}{'1000' if plane == 14 else '0000'}}}-\x{{{plane:X}FFFD}}" for plane in range(1, 15)
)
_IN_NAME = r"A-Za-z0-9.~!$&'()*+,;=:@\-" + _UCS
_IN_PATH = _IN_NAME + "_/"
_IN_IRI = _IN_PATH + "?#%"


def name(base: str, texts: pa.Array) -> pa.Array:
    """Make IRIs of names: a space becomes `_`, what an IRI may not hold is percent-encoded, and so are `_ / ? # %`.

    Args:
        base: What the IRIs start with.
        texts: Strings.

    Returns:
        Terms in angle brackets; different names give different IRIs.

    Examples:
        >>> name("http://x.example/", pa.array(["ice cream", "AC/DC", "5%"])).to_pylist()
        ['<http://x.example/ice_cream>', '<http://x.example/AC%2FDC>', '<http://x.example/5%25>']
    """
    return join(f"<{base}", _spell(texts, _IN_NAME, lambda c: "_" if c == " " else _percent(c), "%_", " "), ">")


def iri(base: str, paths: pa.Array) -> pa.Array:
    """Make IRIs of paths, whose `/` and `_` stay.

    Args:
        base: What the IRIs start with.
        paths: Strings, whose percent signs are percent signs and no escapes.

    Returns:
        Terms in angle brackets.

    Examples:
        >>> iri("http://api.conceptnet.io", pa.array(["/c/en/ice_cream", "/c/en/c#"])).to_pylist()
        ['<http://api.conceptnet.io/c/en/ice_cream>', '<http://api.conceptnet.io/c/en/c%23>']
    """
    return join(f"<{base}", _spell(paths, _IN_PATH, _percent, "%"), ">")


def absolute(texts: pa.Array) -> pa.Array:
    """Write absolute IRIs as terms; what they may not hold is percent-encoded.

    Args:
        texts: Strings.

    Returns:
        Terms in angle brackets; null where the text is no absolute IRI.

    Examples:
        >>> absolute(pa.array(["http://x.example/a b?c", "urn:x:y", "no IRI"])).to_pylist()
        ['<http://x.example/a%20b?c>', '<urn:x:y>', None]
    """
    distinct = pc.dictionary_encode(_spell(texts, _IN_IRI, _percent))
    kept = pa.array([text if is_iri(text) else None for text in distinct.dictionary.to_pylist()], pa.string())
    return join("<", kept.take(distinct.indices), ">")


def literal(texts: pa.Array, language: Column = "", datatype: str = "") -> pa.Array:
    r"""Write texts as literals.

    Args:
        texts: Strings.
        language: A language tag, or a column of them; empty for none.
        datatype: An IRI; empty for plain text.

    Returns:
        Terms in quotes, language tags in lower case.

    Raises:
        SourceError: What should be a language tag is none.

    Examples:
        >>> literal(pa.array(['say "ah"']), "en").to_pylist(), literal(pa.array(["1"]), datatype="urn:d").to_pylist()
        (['"say \\"ah\\""@en'], ['"1"^^<urn:d>'])
    """
    if isinstance(language, str):
        return literals(texts, language=language_tag(language) if language else None, datatype=datatype or None)
    tags = pc.dictionary_encode(language)
    written = [language_tag(tag) if tag else None for tag in tags.dictionary.to_pylist()]
    return literals(texts, language=pa.array(written, pa.string()).take(tags.indices))


def term(text: str, language: str = "") -> str:
    """Write one text as a literal.

    Examples:
        >>> term("a dog", "en")
        '"a dog"@en'
    """
    return cast("str", literal(pa.array([text]), language)[0].as_py())


def language_tag(text: str) -> str:
    """Return a language tag in lower case; refuse what is none.

    Raises:
        SourceError: It is no BCP 47 tag.
    """
    try:
        return ox.Literal("", language=text).language or ""
    except ValueError as error:
        raise SourceError(
            f"{text!r} is not a language tag ({error}); it should be one such as en or zh-Hans."
        ) from None


def is_iri(text: str) -> bool:
    """Say whether a text is an absolute IRI, percent-encoded where it has to be."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def join(*parts: Column) -> pa.Array:
    """Join columns and texts row by row; a row with a null is null.

    Examples:
        >>> join("<", pa.array(["a", None]), ">").to_pylist()
        ['<a>', None]
    """
    columns = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    joined = pc.binary_join_element_wise(*columns, "")
    return joined if isinstance(joined, pa.Array) else pa.array([joined.as_py()], pa.string())


def _spell(texts: pa.Array, allowed: str, write: Callable[[str], str], first: str = "", last: str = "") -> pa.Array:
    """Write each character outside of a class as `write` has it: those in `first` before others, `last` after them."""
    hit = pc.match_substring_regex(texts, f"[^{allowed}]")
    if not pc.any(hit).as_py():
        return texts
    rows = texts.filter(hit)
    found = set("".join(pc.unique(pc.replace_substring_regex(rows, f"[{allowed}]+", "")).to_pylist()))
    for char in sorted(found, key=lambda char: (char in last, char not in first, first.find(char), char)):
        rows = pc.replace_substring(rows, char, write(char))
    return pc.replace_with_mask(texts, hit, rows)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())
