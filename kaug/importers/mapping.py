"""The meaning of a table's columns, as TOML or options → a mapping, checked."""

import re
from collections.abc import Mapping as Mappings
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from kaug.errors import SourceError, nearest
from kaug.files import read_toml
from kaug.importers.columns import Layout, without_ending
from kaug.importers.terms import language_tag

__all__ = [
    "LEXICAL",
    "Mapping",
    "Rule",
    "expand",
    "layout_of",
    "mapping_of",
    "mapping_of_options",
    "read_mapping",
    "rule_of",
]

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
_XSD = _PREFIXES["xsd"]
_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})?"
_YEAR = "-?[0-9]{4,}"
_DAY = f"{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
LEXICAL = {
    _XSD + "integer": "[+-]?[0-9]+",
    _XSD + "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    _XSD + "double": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?INF|NaN",
    _XSD + "boolean": "true|false|0|1",
    _XSD + "date": _DAY + _ZONE,
    _XSD + "dateTime": rf"{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?{_ZONE}",
    _XSD + "gYear": _YEAR + _ZONE,
    _XSD + "gYearMonth": f"{_YEAR}-(0[1-9]|1[0-2]){_ZONE}",
}
"""Patterns of cells by datatype; a cell of another datatype is taken as it is."""


@dataclass(frozen=True)
class Rule:
    """The content of a column.

    Attributes:
        property: The property's IRI, prefixed name or name; empty for the column's name.
        iri: Whether cells name resources, which get IRIs and labels.
        datatype: The datatype of cells, an IRI or prefixed name; empty for text.
        language: The language of text; empty for none.
        separator: What parts the values of one cell; empty where a cell is one value.
    """

    property: str = ""
    iri: bool = False
    datatype: str = ""
    language: str = ""
    separator: str = ""


@dataclass(frozen=True)
class Mapping:
    """The meaning of a table's columns.

    Attributes:
        subject: The column of the subjects: names, or IRIs.
        predicate: The column of the predicates, where each row is a triple; empty where each row is an entity.
        object: The column of the objects, where each row is a triple.
        label: The column of the subjects' labels; empty for the names in the subject column.
        weight: The column of weights, numbers or empty.
        type: The class of all subjects, if there is one.
        base: The beginning of IRIs made of names; empty for one made of the source's id.
        language: The language of labels; empty for none.
        delimiter: Between cells; empty for what the file's ending says.
        columns: Column → its content; none takes all other columns, as text.
    """

    subject: str
    predicate: str = ""
    object: str = ""
    label: str = ""
    weight: str = ""
    type: str = ""
    base: str = ""
    language: str = "en"
    delimiter: str = ""
    columns: Mappings[str, Rule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse half of a triple, and malformed languages and delimiters."""
        if bool(self.predicate) != bool(self.object):
            raise SourceError("A table of triples needs both the columns predicate and object; give both, or neither.")
        if self.predicate and set(self.columns) - {self.object}:
            raise SourceError(f"In a table of triples only the column of the objects, {self.object!r}, has a rule.")
        if self.language:
            language_tag(self.language)
        if len(self.delimiter) > 1:
            raise SourceError(f"The delimiter should be one character, not {self.delimiter!r}.")


def read_mapping(path: Path) -> Mapping:
    """Read a mapping from a TOML file.

    Args:
        path: The file. Its keys are the attributes of `Mapping`, and `[columns.NAME]` has those of `Rule`.

    Returns:
        The mapping.

    Raises:
        SourceError: It is missing or malformed, or has an unknown key; the message names the nearest known one.
    """
    data = read_toml(path)
    try:
        return mapping_of(data)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from None


def mapping_of(data: Mappings[str, Any]) -> Mapping:
    """Check the keys and values of a mapping.

    Args:
        data: The attributes of `Mapping`; a rule is a dict, or text as `rule_of` takes it.

    Raises:
        SourceError: A key is unknown or missing, or a value is of the wrong type.

    Examples:
        >>> mapping_of({"subject": "name", "columns": {"capital": "iri"}}).columns["capital"].iri
        True
    """
    _check(data, Mapping, "the mapping")
    if not data.get("subject"):
        raise SourceError("The mapping lacks the key 'subject', the column that names what each row is about.")
    rules = data.get("columns", {})
    if not isinstance(rules, Mappings):
        raise SourceError("columns should be a table.")
    columns = {}
    for name, rule in rules.items():
        if isinstance(rule, Mappings):
            _check(rule, Rule, f"columns.{name}")
            columns[name] = _checked(name, Rule(**rule))
        else:
            columns[name] = rule_of(name, rule)
    return Mapping(**{**data, "columns": columns})


def rule_of(name: str, text: str) -> Rule:
    """Read a rule as it is written on the command line.

    Args:
        name: The column.
        text: `iri`, `text`, a datatype such as `xsd:integer`, or a language such as `@en`; then, after a comma, the
            property.

    Examples:
        >>> rule_of("motto", "@en,schema:slogan")
        Rule(property='schema:slogan', iri=False, datatype='', language='en', separator='')
    """
    kind, _, prop = str(text).partition(",")
    rule = Rule(property=prop.strip(), iri=kind == "iri")
    if kind.startswith("@"):
        rule = replace(rule, language=kind[1:])
    elif ":" in kind:
        rule = replace(rule, datatype=kind)
    elif kind not in ("iri", "text"):
        raise SourceError(
            f"Column {name!r} is {kind!r}; it should be iri, text, a datatype (xsd:integer) or a language (@en)."
        )
    return _checked(name, rule)


def mapping_of_options(columns: Sequence[str] = (), **given: str | None) -> dict[str, Any] | None:
    """Make a mapping of what is given on the command line.

    Args:
        columns: Rules, each as NAME=RULE; see `rule_of`.
        given: The other keys of a mapping; None and empty text say nothing.

    Returns:
        What `mapping_of` takes; None if nothing is given.

    Raises:
        SourceError: A rule names no column.

    Examples:
        >>> mapping_of_options(["size=xsd:integer"], subject="name", weight=None)
        {'subject': 'name', 'columns': {'size': 'xsd:integer'}}
    """
    data: dict[str, Any] = {key: text for key, text in given.items() if text}
    for column in columns:
        name, sign, rule = column.partition("=")
        if not (name and sign):
            raise SourceError(f"Column {column!r} should be NAME=RULE, such as population=xsd:integer.")
        data.setdefault("columns", {})[name] = rule
    return data or None


def expand(text: str) -> str:
    """Return the IRI that a prefixed name stands for, or an IRI as it is; empty for a bare name.

    Examples:
        >>> expand("skos:broader"), expand("urn:x:y"), expand("capital")
        ('http://www.w3.org/2004/02/skos/core#broader', 'urn:x:y', '')
    """
    prefix, colon, rest = text.partition(":")
    return (
        _PREFIXES[prefix] + rest
        if prefix in _PREFIXES
        else text
        if colon and re.match(r"[A-Za-z][\w+.-]*$", prefix)
        else ""
    )


def layout_of(path: Path, delimiter: str) -> Layout:
    """Say how a table is read: .csv has commas and quotes, .tsv, .tab and .txt tabs and no quotes.

    Raises:
        SourceError: The ending says nothing, and no delimiter is given.
    """
    ending = Path(without_ending(path)).suffix.lower()
    if ending not in (".csv", ".tsv", ".tab", ".txt") and not delimiter:
        raise SourceError(f"{path}: its name does not end in .csv or .tsv; give the delimiter.")
    return Layout(delimiter or ("," if ending == ".csv" else "\t"), quoted=ending == ".csv" or delimiter in (",", ";"))


def _checked(name: str, rule: Rule) -> Rule:
    if sum(map(bool, (rule.iri, rule.datatype, rule.language))) > 1:
        raise SourceError(f"columns.{name}: a column is iri, or has a datatype, or a language; give one of them.")
    if rule.datatype and not expand(rule.datatype):
        raise SourceError(
            f"columns.{name}: {rule.datatype!r} is no datatype; it should be an IRI or such as xsd:integer."
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
