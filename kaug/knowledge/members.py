"""Lists and containers in columns → triples that say their members."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import join
from kaug.knowledge.roles import Role, numbered, role_of_predicates
from kaug.namespaces import RDF, RDFS
from kaug.rdf.columns import Columns, find_term, merge

__all__ = ["MEMBER", "say_members"]

MEMBER = f"<{RDFS}member>"
"""The predicate of the members of a container that has a name."""

Rows = NDArray[np.int64]


def say_members(
    columns: Columns, rows_of_sources: Sequence[Rows], terms: pa.Table, also: Sequence[str], counts: Counter[str]
) -> tuple[Columns, list[Rows]]:
    """Add a triple for each member of a list or a container that a fact has as its object, and of a named container.

    The terms stay as they are. A list of the vocabulary, such as that of owl:unionOf, is left to it.

    Args:
        columns: The merged triples of all sources.
        rows_of_sources: The rows of each source's triples.
        terms: TERMS of `columns.terms`.
        also: The terms that `columns` has besides those of its triples.
        counts: Receives the number of lists and containers.

    Returns:
        The columns, and the rows of each source's triples in them: a source that states the list states its members.
    """
    subject, predicate, value = columns.triples.T
    if find_term(columns.terms, f"<{RDF}first>") < 0 and not len(numbered(columns)):
        return columns, list(rows_of_sources)
    fact = np.isin(role_of_predicates(predicate, terms), (Role.FACT, Role.COMMENT))
    of_list, member, lists = _list_members(columns, fact)
    of_container, item, named = _container_members(columns, terms, fact)
    member_of = find_term(columns.terms, MEMBER)
    said = np.concatenate(
        [
            np.column_stack([subject[of_list], predicate[of_list], member]),
            np.column_stack([subject[of_container], predicate[of_container], item]),
            np.column_stack([subject[named], np.full(len(named), member_of), value[named]]),
        ]
    ).astype(np.uint32)
    if not len(said):
        return columns, list(rows_of_sources)
    origin = np.concatenate([of_list, of_container, named])
    counts["lists and containers said by their members"] = (
        lists + len(np.unique(of_container)) + len(np.unique(subject[named]))
    )
    distinct, index = np.unique(said, axis=0, return_inverse=True)
    extended, (old, new) = merge([columns, Columns(columns.terms, distinct, 0)], also)
    rows = [np.union1d(old[one], new[index.ravel()[np.isin(origin, one)]]) for one in rows_of_sources]
    return extended, rows


def _list_members(columns: Columns, fact: NDArray[np.bool_]) -> tuple[Rows, NDArray[np.uint32], int]:
    """Return the row of each fact about a list, once for each member, the members, and the number of these rows."""
    subject, predicate, value = columns.triples.T
    first, rest = (find_term(columns.terms, f"<{RDF}{name}>") for name in ("first", "rest"))
    cells = np.flatnonzero(predicate == first)
    links = np.flatnonzero(predicate == rest)
    if not len(cells):
        return np.zeros(0, np.int64), np.zeros(0, np.uint32), 0
    # Each cell's distance from the beginning of its list, by pointer doubling over the cell before.
    before = np.arange(len(columns.terms))
    before[value[links]] = subject[links]
    nil = find_term(columns.terms, f"<{RDF}nil>")
    if nil >= 0:
        before[nil] = nil
    begins = before == np.arange(len(before))
    depth = (~begins).astype(np.int64)
    for _ in range(int(len(links) + 1).bit_length()):
        depth, before = depth + depth[before], before[before]
    is_cell = np.zeros(len(columns.terms), bool)
    is_cell[subject[cells]] = True
    is_cell &= begins[before]  # others are in a circle
    heads = np.flatnonzero(fact & is_cell[value])
    cells = cells[is_cell[subject[cells]]]
    cell_subject = subject[cells]
    order = cells[np.lexsort((depth[cell_subject], before[cell_subject]))]
    head, found = join(before[value[heads]], before[subject[order]])
    later = depth[subject[order[found]]] >= depth[value[heads[head]]]
    return heads[head[later]].astype(np.int64), value[order[found[later]]], len(heads)


def _container_members(
    columns: Columns, terms: pa.Table, fact: NDArray[np.bool_]
) -> tuple[Rows, NDArray[np.uint32], Rows]:
    """Return the row of each fact about a nameless container, once for each member, and the members.

    The third array has the rows of the triples that say the members of other containers.
    """
    subject, _, value = columns.triples.T
    rows = numbered(columns)  # ascending by subject, as all triples are
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.uint32), rows
    blank = pc.equal(terms["kind"].cast(pa.string()), "blank").to_numpy()
    contains = np.zeros(len(columns.terms), bool)
    contains[subject[rows]] = True
    about = np.flatnonzero(fact & (contains & blank)[value])
    fact_row, item = join(value[about], subject[rows])
    owned = np.zeros(len(columns.terms), bool)
    owned[value[about]] = True
    return about[fact_row].astype(np.int64), value[rows[item]], rows[~owned[subject[rows]]]
