"""The meaning of a table's columns, as TOML, a dict or options of the command → a mapping, checked."""

import re
from collections.abc import Mapping as Mappings
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from kaug.errors import SourceError, nearest
from kaug.files import read_toml
from kaug.importers.terms import language_tag

__all__ = ["LEXICAL", "Mapping", "Rule", "expand", "mapping_of", "mapping_of_options"]

_PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "schema": "https://schema.org/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "dcterms": "http://purl.org/dc/terms/",
}
_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})?"
_YEAR = "-?[0-9]{4,}"
_DAY = f"{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_LEXICAL = {
    "integer": "[+-]?[0-9]+",
    "decimal": _NUMBER,
    "double": rf"{_NUMBER}([eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    "boolean": "true|false|0|1",
    "date": _DAY + _ZONE,
    "dateTime": rf"{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?{_ZONE}",
    "gYear": _YEAR + _ZONE,
    "gYearMonth": f"{_YEAR}-(0[1-9]|1[0-2]){_ZONE}",
}
LEXICAL = {_PREFIXES["xsd"] + name: pattern for name, pattern in _LEXICAL.items()}
"""Patterns of cells by datatype; other datatypes are not checked."""


@dataclass(frozen=True)
class Rule:
    """The content of a column."""

    property: str = ""  # an IRI, a prefixed name or a name; empty for the column's name
    iri: bool = False  # whether cells name resources, which get IRIs and labels
    datatype: str = ""  # an IRI or a prefixed name; empty for text
    language: str = ""  # of text; empty for none
    separator: str = ""  # of several values in a cell; empty if a cell is one value


@dataclass(frozen=True)
class Mapping:
    """The meaning of a table's columns."""

    subject: str  # the column of the subjects: names, or IRIs
    predicate: str = ""  # the column of the predicates, if each row is a triple; empty if each row is an entity
    object: str = ""  # the column of the objects, if each row is a triple
    label: str = ""  # the column of the subjects' labels; empty for the names in the subject column
    weight: str = ""  # the column of weights, numbers or empty
    type: str = ""  # the class of all subjects
    base: str = ""  # the namespace of IRIs made from names; empty for one made from the source's id
    language: str = "en"  # of labels; empty for none
    delimiter: str = ""  # the character between cells; empty for that of the file's ending
    columns: Mappings[str, Rule] = field(default_factory=dict)  # if empty, all other columns, as text


def mapping_of(data: Path | Mappings[str, Any]) -> Mapping:
    """Check the keys and values of a mapping.

    Args:
        data: The attributes of `Mapping`, as a dict or in a TOML file. A rule is a dict of the attributes of `Rule`; or text:
            `iri`, `text`, a datatype such as `xsd:integer` or a language such as `@en`; then, after a comma, the property.

    Raises:
        SourceError: A key is unknown or missing, or a value is wrong; the message suggests the nearest key.

    Examples:
        >>> mapping_of({"subject": "name", "columns": {"motto": "@en,schema:slogan"}}).columns["motto"]
        Rule(property='schema:slogan', iri=False, datatype='', language='en', separator='')
    """
    if isinstance(data, Path):
        content = read_toml(data)
        try:
            return mapping_of(content)
        except SourceError as error:
            raise SourceError(f"{data}: {error}") from None
    _check(data, Mapping, "the mapping")
    if not data.get("subject"):
        raise SourceError("The mapping lacks the key 'subject', the column that names what each row is about.")
    rules = data.get("columns", {})
    if not isinstance(rules, Mappings):
        raise SourceError("columns should be a table.")
    mapping = Mapping(**{**data, "columns": {name: _rule(name, rule) for name, rule in rules.items()}})
    if bool(mapping.predicate) != bool(mapping.object):
        raise SourceError("A table of triples needs both the columns predicate and object; give both, or neither.")
    if mapping.predicate and set(rules) - {mapping.object}:
        raise SourceError(f"In a table of triples only the column of the objects, {mapping.object!r}, has a rule.")
    if mapping.language:
        language_tag(mapping.language)
    if len(mapping.delimiter) > 1:
        raise SourceError(f"The delimiter should be one character, not {mapping.delimiter!r}.")
    return mapping


def mapping_of_options(columns: Sequence[str] = (), **keys: str | None) -> dict[str, Any] | None:
    """Make the argument of `mapping_of` from options of the command: rules as NAME=RULE, and keys with a value.

    Returns:
        The mapping; None without options.

    Raises:
        SourceError: A rule names no column.

    Examples:
        >>> mapping_of_options(["size=xsd:integer"], subject="name", weight=None)
        {'subject': 'name', 'columns': {'size': 'xsd:integer'}}
    """
    data: dict[str, Any] = {key: text for key, text in keys.items() if text}
    for column in columns:
        name, sign, rule = column.partition("=")
        if not (name and sign):
            raise SourceError(f"Column {column!r} should be NAME=RULE, such as population=xsd:integer.")
        data.setdefault("columns", {})[name] = rule
    return data or None


def expand(text: str) -> str:
    """Return the IRI of a prefixed name, or an IRI unchanged; empty for a bare name.

    Examples:
        >>> expand("skos:broader"), expand("urn:x:y"), expand("capital")
        ('http://www.w3.org/2004/02/skos/core#broader', 'urn:x:y', '')
    """
    prefix, colon, rest = text.partition(":")
    if colon and prefix in _PREFIXES:
        return _PREFIXES[prefix] + rest
    return text if colon and re.fullmatch(r"[A-Za-z][\w+.-]*", prefix) else ""


def _rule(name: str, given: object) -> Rule:
    if isinstance(given, Mappings):
        _check(given, Rule, f"columns.{name}")
        rule = Rule(**given)
    else:
        kind, _, prop = str(given).partition(",")
        if not (kind in ("iri", "text") or kind.startswith("@") or ":" in kind):
            raise SourceError(
                f"Column {name!r} is {kind!r}; it should be iri, text, a datatype (xsd:integer) or a language (@en)."
            )
        language = kind[1:] if kind.startswith("@") else ""
        rule = Rule(prop.strip(), kind == "iri", kind if ":" in kind and not language else "", language)
    if sum(map(bool, (rule.iri, rule.datatype, rule.language))) > 1:
        raise SourceError(f"columns.{name}: a column is iri, or has a datatype, or a language; give one of them.")
    if rule.datatype and not expand(rule.datatype):
        raise SourceError(
            f"columns.{name}: {rule.datatype!r} is not a datatype; it should be an IRI or such as xsd:integer."
        )
    if rule.language:
        language_tag(rule.language)
    return rule


def _check(data: Mappings[str, Any], kind: type, where: str) -> None:
    known = {one.name: one.type for one in fields(kind)}
    for key, value in data.items():
        if key not in known:
            raise SourceError(f"{where} has the unknown key {key!r}.{nearest(key, known)}")
        wanted = bool if known[key] is bool else str
        if key != "columns" and not isinstance(value, wanted):
            raise SourceError(f"{where}: {key} should be {'true or false' if wanted is bool else 'text'}.")
