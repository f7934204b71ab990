"""An edge file of KGTK, CSKG among them → quads: nodes to IRIs, KGTK's literals to RDF's."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError, nearest
from kaug.importers.atomic import BASE as ATOMIC
from kaug.importers.columns import Block, Layout, decimals, header, read_columns
from kaug.importers.kgtk_values import LITERAL, split, texts, values
from kaug.importers.lines import ALTERNATIVE, LABEL, Quads
from kaug.importers.terms import absolute, iri, literal

__all__ = ["BASE", "import_kgtk"]

BASE = "https://w3id.org/kaug/kgtk/"
_OTHER_NAMES = {"node1": ("from", "subject"), "relation": ("label", "predicate"), "node2": ("to", "object")}
_SPACES = (  # how a node starts, what of that goes, and what the IRI starts with instead
    ("^/[cr]/", "", "http://api.conceptnet.io"),
    ("^[QL][0-9]", "", "http://www.wikidata.org/entity/"),
    ("^P[0-9]", "", "http://www.wikidata.org/prop/direct/"),
    ("^at:[xo][A-Z]", "^at:", f"{ATOMIC}r/"),
    ("^at:([^xo]|.[^A-Z])", "^at:", ATOMIC),
)


def import_kgtk(inputs: Sequence[Path], quads: Quads, base: str, progress: Callable[[int], None]) -> None:
    """Write the edges of KGTK files.

    Args:
        inputs: Files whose first line names the columns: node1, relation (or label), node2, and if there are any
            node1;label, node2;label, relation;label, weight. Other columns are not read.
        quads: What takes the columns.
        base: The beginning of the IRIs of nodes that are of no known kind.
        progress: Called with the number of rows read since the last call.

    Raises:
        SourceError: A column is missing, or a row is malformed.
    """
    for path in inputs:
        names = header(path, Layout())
        found = {role: _column(path, role, names) for role in _OTHER_NAMES}
        said = {role: f"{found[role]};label" for role in _OTHER_NAMES if f"{found[role]};label" in names}
        weight = ["weight"] if "weight" in names else []
        used = [*found.values(), *said.values(), *weight]
        for column in sorted(set(names) - set(used)):
            quads.counts[f"columns not read: {column}"] += 1
        for block in read_columns(path, names, skip_header=True, only=used):
            _edges(block, quads, base, found, said, "weight" if weight else None)
            progress(block.rows)


def _column(path: Path, role: str, names: list[str]) -> str:
    for known in (role, *_OTHER_NAMES[role]):
        if known in names:
            return known
    raise SourceError(f"{path}:1: there is no column {role!r}.{nearest(role, names)}")


def _edges(
    block: Block, quads: Quads, base: str, found: dict[str, str], said: dict[str, str], weight: str | None
) -> None:
    terms: dict[str, pa.Array] = {}
    valued = pa.array([], pa.bool_())
    for role, column in found.items():
        cells = block.columns[column]
        valued = pc.match_substring_regex(cells, LITERAL)
        if role != "node2":
            block.refuse(pc.equal(cells, ""), "a node", column)
            block.refuse(valued, "a node, no literal", column)
        terms[role] = _nodes(cells, base)
        if pc.any(valued).as_py():
            written = values(cells)
            block.refuse(
                pc.and_(valued, pc.is_null(written)),
                "a literal of KGTK, such as \"text\", 'text'@en or ^2020-01-01",
                column,
            )
            terms[role] = pc.if_else(valued, written, terms[role])
    empty = pc.equal(block.columns[found["node2"]], "")
    quads.left_out("no node2", pc.sum(empty).as_py() or 0)
    there = pc.invert(empty)
    weights = None
    if weight is not None:
        weights = decimals(block.columns[weight])
        missing = pc.equal(block.columns[weight], "")
        block.refuse(pc.and_(pc.is_null(weights), pc.invert(missing)), "a number", weight)
        weights = weights.filter(there)
    subject, predicate, value = (terms[role].filter(there) for role in ("node1", "relation", "node2"))
    quads.facts(subject, predicate, value, weights)
    for role, column in said.items():
        rows = pc.and_(there, pc.invert(valued)) if role == "node2" else there
        _labels(quads, terms[role].filter(rows), block.columns[column].filter(rows))


def _nodes(cells: pa.Array, base: str) -> pa.Array:
    terms = iri(base, cells)
    for start, goes, space in _SPACES:
        hit = pc.match_substring_regex(cells, start)
        if pc.any(hit).as_py():
            terms = pc.if_else(hit, iri(space, pc.replace_substring_regex(cells, goes, "") if goes else cells), terms)
    whole = pc.match_substring_regex(cells, "^(https?://|urn:)")
    return pc.if_else(whole, absolute(cells), terms) if pc.any(whole).as_py() else terms


def _labels(quads: Quads, subject: pa.Array, cells: pa.Array) -> None:
    """Write what a column of labels says: the first of a cell is the label, the others are alternatives."""
    node, place, cell = split(cells)
    text, language = texts(cell)
    for predicate, rank in ((LABEL, pc.equal(place, 0)), (ALTERNATIVE, pc.greater(place, 0))):
        rows = pc.and_(rank, pc.not_equal(text, ""))
        quads.labels(subject.take(node.filter(rows)), literal(text.filter(rows), language.filter(rows)), predicate)
