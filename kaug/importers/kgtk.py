r"""An edge file of KGTK, such as CSKG → quads: nodes to IRIs, KGTK's literals to RDF's.

KGTK distinguishes literals from nodes by their first character: `"` a string, `'` a string with a language, `^` a date,
`@` a pair of coordinates, a digit or sign a quantity; True and False are literals too. `|` separates the values of a
cell, `\` escapes.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError, nearest
from kaug.importers.atomic import BASE as ATOMIC
from kaug.importers.delimited import Block, Delimited
from kaug.importers.quads import ALTERNATIVE, LABEL, Quads
from kaug.importers.terms import absolute, iri, language_tag, literal
from kaug.namespaces import XSD
from kaug.rdf.terms import literals

__all__ = ["import_kgtk"]

_NAMES = {
    "node1": ("node1", "from", "subject"),
    "relation": ("relation", "label", "predicate"),
    "node2": ("node2", "to", "object"),
}
_NAMESPACES = (  # the pattern of a node, the prefix to remove, the namespace
    ("^/[cr]/", "", "http://api.conceptnet.io"),
    ("^[QL][0-9]", "", "http://www.wikidata.org/entity/"),
    ("^P[0-9]", "", "http://www.wikidata.org/prop/direct/"),
    ("^at:[xo][A-Z]", "^at:", f"{ATOMIC}r/"),
    ("^at:([^xo]|.[^A-Z])", "^at:", ATOMIC),
)
_LITERAL = r"""^["'^@0-9+.!-]|^(True|False)$"""
_QUANTITY = "https://w3id.org/kaug/kgtk/quantity"  # with a unit or a tolerance, for which RDF has no datatype
_WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_STRING = re.compile(r"""(?s)^(?:"(?P<text>.*)"|'(?P<quoted>.*)')(?:@(?P<language>[A-Za-z]+(?:-[A-Za-z0-9]+)*))?$""")
_COORDINATES = re.compile(rf"@({_NUMBER})/({_NUMBER})")
_DATE = re.compile(
    r"\^\+?(-?[0-9]{4,})(?:-(0[0-9]|1[0-2])(?:-([0-2][0-9]|3[01])"
    r"(?:T([0-9:.]+)(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?(?:/([0-9]{1,3}))?"
)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")
_NUMBERS = {
    f"{XSD}integer": re.compile(r"[+-]?[0-9]+"),
    f"{XSD}decimal": re.compile(_NUMBER),
    f"{XSD}double": re.compile(rf"{_NUMBER}[eE][+-]?[0-9]+"),
    _QUANTITY: re.compile(rf"{_NUMBER}(?:[eE][+-]?[0-9]+)?(?:\[{_NUMBER},{_NUMBER}\])?[A-Za-z0-9_./^-]*"),
}
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
_BAR = "\1"


def import_kgtk(inputs: Sequence[Path], quads: Quads, *, base: str) -> Iterator[int]:
    """Write the edges of KGTK files, whose first line names the columns.

    These are node1, relation (or label), node2; optionally node1;label, node2;label, relation;label, weight. Other
    columns are ignored and counted. Nodes of unknown kinds get IRIs below `base`.
    """
    for path in inputs:
        file = Delimited(path)
        names = file.header()
        columns = {role: _column(path, role, names) for role in _NAMES}
        used = [*columns.values(), *(f"{column};label" for column in columns.values()), "weight"]
        used = [column for column in used if column in names]
        for column in sorted(set(names) - set(used)):
            quads.counts[f"columns not read: {column}"] += 1
        for block in file.blocks(only=used):
            _write_edges(block, quads, base, columns)
            yield block.rows


def _column(path: Path, role: str, names: list[str]) -> str:
    for name in _NAMES[role]:
        if name in names:
            return name
    raise SourceError(f"{path}:1: there is no column {role!r}.{nearest(role, names)}")


def _write_edges(block: Block, quads: Quads, base: str, columns: dict[str, str]) -> None:
    terms: dict[str, pa.Array] = {}
    for role, column in columns.items():
        cells = block.columns[column]
        is_literal = pc.match_substring_regex(cells, _LITERAL)
        terms[role] = _nodes(cells, base)
        if role != "node2":
            block.refuse(pc.equal(cells, ""), "a node", column)
            block.refuse(is_literal, "a node, no literal", column)
        elif pc.any(is_literal).as_py():
            terms[role] = pc.replace_with_mask(terms[role], is_literal, _literals(cells.filter(is_literal)))
            malformed = pc.and_(is_literal, pc.is_null(terms[role]))
            block.refuse(malformed, "a literal of KGTK, such as \"text\", 'text'@en or ^2020-01-01", column)
        block.refuse(pc.is_null(terms[role]), "an IRI", column)
    kept = quads.keep("no node2", pc.not_equal(block.columns[columns["node2"]], ""))
    weight = block.weights("weight").filter(kept) if "weight" in block.columns else None
    subject, predicate, value = (terms[role].filter(kept) for role in _NAMES)
    quads.facts(subject, predicate, value, weight)
    for role, column in columns.items():
        if f"{column};label" in block.columns:
            rows = pc.and_not(kept, is_literal) if role == "node2" else kept
            _write_labels(quads, terms[role].filter(rows), block.columns[f"{column};label"].filter(rows))


def _nodes(cells: pa.Array, base: str) -> pa.Array:
    terms = iri(base, cells)
    for pattern, prefix, namespace in _NAMESPACES:
        matching = pc.match_substring_regex(cells, pattern)
        if pc.any(matching).as_py():
            paths = pc.replace_substring_regex(cells, prefix, "") if prefix else cells
            terms = pc.if_else(matching, iri(namespace, paths), terms)
    is_iri = pc.match_substring_regex(cells, "^(https?://|urn:)")
    return pc.if_else(is_iri, absolute(cells), terms) if pc.any(is_iri).as_py() else terms


def _write_labels(quads: Quads, subject: pa.Array, cells: pa.Array) -> None:
    """Write the labels in each cell: first the preferred one, then alternatives."""
    row, rank, cell = _split(cells)
    text, language = _texts(cell)
    for predicate, ranked in ((LABEL, pc.equal(rank, 0)), (ALTERNATIVE, pc.greater(rank, 0))):
        rows = pc.and_(ranked, pc.not_equal(text, ""))
        quads.labels(subject.take(row.filter(rows)), literal(text.filter(rows), language.filter(rows)), predicate)


def _split(cells: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    r"""Split cells at each unescaped `|`; return the row, the position in the cell, and the text of each value."""
    lists = pc.split_pattern(pc.replace_substring(cells, r"\|", _BAR), "|")
    rows = pc.list_parent_indices(lists)
    starts = pc.subtract(lists.offsets, lists.offsets[0])
    ranks = pc.subtract(pa.array(np.arange(len(rows))), starts.take(rows))
    return rows, ranks, pc.replace_substring(pc.list_flatten(lists), _BAR, r"\|")


def _texts(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the texts and languages (default `en`) of labels, quoted or plain."""
    parts = pc.extract_regex(cells, _STRING.pattern)
    text, quoted, language = (pc.struct_field(parts, key) for key in ("text", "quoted", "language"))
    text = pc.coalesce(pc.binary_join_element_wise(text, quoted, ""), cells)  # one of the two is empty
    escaped = pc.match_substring(text, "\\")
    plain = pa.array(map(_unescape, text.filter(escaped).to_pylist()), pa.string())
    text = pc.utf8_trim_whitespace(pc.replace_with_mask(text, escaped, plain))
    return text, pc.if_else(pc.equal(pc.coalesce(language, ""), ""), "en", language)


def _literals(cells: pa.Array) -> pa.Array:
    """Convert KGTK literals to terms; null where a cell is not well-formed."""
    distinct = pc.dictionary_encode(cells)
    parts = zip(*map(_literal, distinct.dictionary.to_pylist()), strict=True)
    text, language, datatype = (pa.array(column, pa.string()) for column in parts)
    return literals(text, language=language, datatype=datatype).take(distinct.indices)


def _literal(cell: str) -> tuple[str | None, str | None, str | None]:
    """Return the text, the language and the datatype of a literal; no text if it is not well-formed."""
    if string := _STRING.match(cell):
        language = string["language"]
        return _unescape(string["text"] or string["quoted"] or ""), language and language_tag(language), None
    if coordinates := _COORDINATES.fullmatch(cell):
        latitude, longitude = (number.removeprefix("+") for number in coordinates.groups())
        return f"POINT({longitude} {latitude})", None, _WKT
    if cell in ("True", "False"):
        return cell.lower(), None, f"{XSD}boolean"
    if date := _DATE.fullmatch(cell):
        return _date(*date.groups())
    for datatype, pattern in _NUMBERS.items():
        if pattern.fullmatch(cell):
            return cell if datatype == _QUANTITY else cell.removeprefix("+"), None, datatype
    return None, None, None


def _date(
    year: str, month: str | None, day: str | None, time: str | None, zone: str | None, precision: str | None
) -> tuple[str | None, None, str]:
    """Write a date to its precision (9 is a year, 10 a month, 11 a day, more a time), limited by its parts."""
    finest = 14 if time else 11 if day else 10 if month else 9
    # 1960-00-00 has no month, whatever its precision.
    finest = 9 if month == "00" else min(finest, 10) if day == "00" else finest
    exact = min(int(precision), finest) if precision else finest
    if exact <= 9:
        return year, None, f"{XSD}gYear"
    if exact == 10:
        return f"{year}-{month}", None, f"{XSD}gYearMonth"
    if exact == 11:
        return f"{year}-{month}-{day}", None, f"{XSD}date"
    clock = _CLOCK.fullmatch(time or "")
    seconds = "" if clock and clock[1] else ":00"
    return f"{year}-{month}-{day}T{time}{seconds}{zone or ''}" if clock else None, None, f"{XSD}dateTime"


def _unescape(text: str) -> str:
    return re.sub(r"""\\([\\tnr"'|])""", lambda escape: _ESCAPES.get(escape[1], escape[1]), text)
