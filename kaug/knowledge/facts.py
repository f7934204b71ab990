"""Triples in columns → FACTS with their ids and sources, and inferred facts with their premises."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.knowledge.roles import is_axiom
from kaug.rdf.columns import Columns, find_term
from kaug.tables import FACTS

__all__ = ["add_inferred", "lines", "sources_of_premises", "sources_of_triples", "stated_table"]

Rows = NDArray[np.int64]

_BATCH = 1 << 14
_ORDER = [(name, "ascending") for name in ("subject", "predicate", "object")]


def sources_of_triples(ids: Sequence[str], rows: Sequence[Rows], triples: int) -> pa.ListArray:
    """List the sources of each triple, given the rows of each source's triples."""
    names = sorted(set(ids))
    flags = np.zeros((triples, len(names)), dtype=bool)
    for name, stated in zip(ids, rows, strict=True):
        flags[stated, names.index(name)] = True
    return _source_lists(names, flags)


def stated_table(columns: Columns, rows: Rows, sources: pa.ListArray, weights: NDArray[np.float32]) -> pa.Table:
    """Make FACTS, without `untaught`, of some rows of the triples, their sources and weights."""
    triples = columns.triples[rows]
    return _fact_table(
        triples,
        _fact_ids(columns.terms, triples),
        sources.take(pa.array(rows)),
        pa.nulls(len(rows), pa.string()),
        pa.ListArray.from_arrays(pa.array(np.zeros(len(rows) + 1, dtype=np.int32)), pa.array([], pa.binary(16))),
        pa.array(weights[rows], mask=np.isnan(weights[rows])),
    )


def _fact_table(
    triples: NDArray[np.uint32], ids: pa.Array, sources: pa.Array, rule: pa.Array, premises: pa.Array, weight: pa.Array
) -> pa.Table:
    columns = [ids, *(pa.array(column) for column in triples.T), sources, rule, premises, weight]
    return pa.table(columns, FACTS.names[:-1])


def lines(terms: pa.Array, triples: NDArray[np.uint32], *end: str) -> Iterator[pa.Array]:
    """Write triples as N-Triples, each with `end`, in batches."""
    for start in range(0, len(triples), _BATCH):
        parts = [terms.take(pa.array(column)) for column in triples[start : start + _BATCH].T]
        yield pc.binary_join_element_wise(*parts, *end, " ")


def _fact_ids(terms: pa.Array, triples: NDArray[np.uint32]) -> pa.Array:
    fresh = hashlib.blake2b(digest_size=16).copy  # faster than a new one with its size

    def digest(line: bytes) -> bytes:
        made = fresh()
        made.update(line)
        return made.digest()

    ids = [b"".join(map(digest, batch.cast(pa.binary()).to_pylist())) for batch in lines(terms, triples, ".")]
    return pa.Array.from_buffers(pa.binary(16), len(triples), [None, pa.py_buffer(b"".join(ids))])


def add_inferred(
    columns: Columns,
    facts: pa.Table,
    axioms: pa.Table,
    terms: pa.Table,
    inference: Literal["rdfs", "owl"],
    limit: int,
    counts: Counter[str],
) -> tuple[pa.Table, pa.Table]:
    """Add the conclusions from facts and axioms; see `infer`.

    Args:
        columns: All triples, for their terms.
        facts: FACTS without `untaught`.
        axioms: Likewise.
        terms: TERMS of `columns.terms`.
        inference: The rules.
        limit: The maximum number of facts that each rule adds.
        counts: Receives the number of facts of each rule, and the limits that were reached.

    Returns:
        Both tables with the conclusions added.
    """
    from kaug.knowledge.inference.infer import VOCABULARY, infer

    stated = pa.concat_tables([facts, axioms]).sort_by(_ORDER).combine_chunks()
    literal, blank = (pc.equal(terms["kind"].cast(pa.string()), kind).to_numpy() for kind in ("literal", "blank"))
    number = {iri: find_term(columns.terms, f"<{iri}>") for iri in VOCABULARY}
    subject, predicate, value = (stated[name].to_numpy() for name, _ in _ORDER)
    inferred = infer(subject, predicate, value, number, literal, rules=inference, limit=limit, blank=blank)
    counts.update(inferred.counts)
    triples = np.stack([inferred.subject, inferred.predicate, inferred.object], axis=1)
    ids = pa.concat_arrays([stated["fact"].combine_chunks(), _fact_ids(columns.terms, triples)])
    made = _fact_table(
        triples,
        ids[len(stated) :],
        sources_of_premises(stated["sources"].combine_chunks(), inferred.premises),
        inferred.rule,
        pa.ListArray.from_arrays(inferred.premises.offsets.cast(pa.int32()), ids.take(inferred.premises.values)),
        pa.nulls(len(triples), pa.float32()),
    ).cast(stated.schema)
    of_vocabulary = is_axiom(inferred.predicate, terms)
    facts, axioms = (
        pa.concat_tables([table, made.filter(pa.array(kept))]).sort_by(_ORDER).combine_chunks()
        for table, kept in ((facts, ~of_vocabulary), (axioms, of_vocabulary))
    )
    return facts, axioms


def sources_of_premises(stated: pa.ListArray, premises: pa.ListArray, batch: int = _BATCH) -> pa.ListArray:
    """Find the sources of inferred triples: those of all their premises.

    Args:
        stated: Lists of strings, m: the sources of the stated triples.
        premises: Lists of int64, n: the rows that each inferred triple follows from. 0 to m-1 are those stated, m to m+n-1
            those inferred.
        batch: The number of premises to read at a time.

    Returns:
        Lists of strings, n, each sorted.

    Examples:
        >>> sources_of_premises(pa.array([["b"], ["a", "c"]]), pa.array([[0, 3], [1]])).to_pylist()
        [['a', 'b', 'c'], ['a', 'c']]
    """
    ids = sorted(pc.unique(stated.values).to_pylist())
    column = pc.index_in(stated.values, pa.array(ids, pa.string())).to_numpy()
    offsets, rows = premises.offsets.to_numpy(), premises.values.to_numpy()
    flags = np.zeros((len(stated) + len(premises), len(ids)), dtype=bool)
    flags[np.repeat(np.arange(len(stated)), np.diff(stated.offsets.to_numpy())), column] = True
    # In batches, since each premise takes a row of flags.
    cuts = np.unique(np.append(np.searchsorted(offsets, np.arange(0, len(rows), batch)), len(premises)))
    before = -1
    while len(premises) and int(flags.sum()) != before:
        before = int(flags.sum())
        for first, last in itertools.pairwise(cuts):
            of_premises = flags[rows[offsets[first] : offsets[last]]]
            starts = offsets[first:last] - offsets[first]
            flags[len(stated) + first : len(stated) + last] = np.logical_or.reduceat(of_premises, starts, axis=0)
    return _source_lists(ids, flags[len(stated) :])


def _source_lists(ids: Sequence[str], flags: NDArray[np.bool_]) -> pa.ListArray:
    offsets = np.append(0, np.cumsum(flags.sum(axis=1))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids, pa.string()).take(pa.array(np.nonzero(flags)[1])))
