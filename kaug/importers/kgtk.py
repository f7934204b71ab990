"""An edge file of KGTK, such as CSKG → quads: nodes to IRIs, KGTK's literals to RDF's."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError, nearest
from kaug.importers.atomic import BASE as ATOMIC
from kaug.importers.delimited import Block, Delimited
from kaug.importers.kgtk_values import LITERAL, split, texts, values
from kaug.importers.quads import ALTERNATIVE, LABEL, Quads
from kaug.importers.terms import absolute, decimals, iri, literal

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


def import_kgtk(inputs: Sequence[Path], quads: Quads, *, base: str) -> Iterator[int]:
    """Write the edges of KGTK files.

    Args:
        inputs: Files whose first line names the columns: node1, relation (or label), node2; optionally node1;label,
            node2;label, relation;label, weight. Other columns are ignored and counted.
        quads: The writer.
        base: The namespace of nodes that are of no known kind.

    Yields:
        The number of rows of each block.

    Raises:
        SourceError: A column is missing, or a row is malformed.
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
        is_literal = pc.match_substring_regex(cells, LITERAL)
        terms[role] = _nodes(cells, base)
        if role != "node2":
            block.refuse(pc.equal(cells, ""), "a node", column)
            block.refuse(is_literal, "a node, no literal", column)
        elif pc.any(is_literal).as_py():
            terms[role] = pc.replace_with_mask(terms[role], is_literal, values(cells.filter(is_literal)))
            malformed = pc.and_(is_literal, pc.is_null(terms[role]))
            block.refuse(malformed, "a literal of KGTK, such as \"text\", 'text'@en or ^2020-01-01", column)
        block.refuse(pc.is_null(terms[role]), "an IRI", column)
    kept = quads.keep("no node2", pc.not_equal(block.columns[columns["node2"]], ""))
    weight = None
    if "weight" in block.columns:
        weight = decimals(block.columns["weight"])
        wrong = pc.and_(pc.is_null(weight), pc.not_equal(block.columns["weight"], ""))
        block.refuse(wrong, "a number", "weight")
        weight = weight.filter(kept)
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
    """Write the labels in each cell: the first is the preferred one, the others are alternatives."""
    row, rank, cell = split(cells)
    text, language = texts(cell)
    for predicate, ranked in ((LABEL, pc.equal(rank, 0)), (ALTERNATIVE, pc.greater(rank, 0))):
        rows = pc.and_(ranked, pc.not_equal(text, ""))
        quads.labels(subject.take(row.filter(rows)), literal(text.filter(rows), language.filter(rows)), predicate)
