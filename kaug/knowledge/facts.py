"""Triples in columns → FACTS with their ids and sources, those that follow from others with their reasons."""

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

__all__ = ["Stated", "add_inferred", "lines", "sources_of_premises", "stated_table"]

Rows = NDArray[np.int64]

_BATCH = 1 << 14
_ORDER = [(name, "ascending") for name in ("subject", "predicate", "object")]


class Stated:
    """Which source states which triple."""

    def __init__(self, ids: Sequence[str], places: Sequence[Rows], triples: int) -> None:
        self.ids = sorted(set(ids))
        self.flags = np.zeros((triples, len(self.ids)), dtype=bool)
        for name, rows in zip(ids, places, strict=True):
            self.flags[rows, self.ids.index(name)] = True


def _lists(ids: Sequence[str], flags: NDArray[np.bool_]) -> pa.ListArray:
    offsets = np.append(0, np.cumsum(flags.sum(axis=1))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids, pa.string()).take(pa.array(np.nonzero(flags)[1])))


def stated_table(columns: Columns, rows: Rows, stated: Stated, heavy: NDArray[np.float32]) -> pa.Table:
    """Make FACTS of triples, without `taught`.

    Args:
        columns: All triples.
        rows: int64 (n,): those wanted.
        stated: Which source states which.
        heavy: float32 (n,): their weights, not a number where there is none.

    Returns:
        The table, n rows.
    """
    triples = columns.triples[rows]
    return pa.table(
        {
            "fact": _fact_ids(columns.terms, triples),
            "subject": pa.array(triples[:, 0]),
            "predicate": pa.array(triples[:, 1]),
            "object": pa.array(triples[:, 2]),
            "sources": _lists(stated.ids, stated.flags[rows]),
            "rule": pa.nulls(len(rows), pa.string()),
            "premises": pa.ListArray.from_arrays(
                pa.array(np.zeros(len(rows) + 1, dtype=np.int32)), pa.array([], pa.binary(16))
            ),
            "weight": pa.array(heavy, mask=np.isnan(heavy)),
        }
    )


def lines(terms: pa.Array, triples: NDArray[np.uint32]) -> Iterator[list[str]]:
    """Write triples as N-Triples, a batch at a time."""
    for batch in _joined(terms, triples):
        yield batch.to_pylist()


def _joined(terms: pa.Array, triples: NDArray[np.uint32], *end: str) -> Iterator[pa.Array]:
    for start in range(0, len(triples), _BATCH):
        batch = triples[start : start + _BATCH]
        parts = [terms.take(pa.array(batch[:, place])) for place in range(3)]
        yield pc.binary_join_element_wise(*parts, *end, " ")


def _fact_ids(terms: pa.Array, triples: NDArray[np.uint32]) -> pa.Array:
    digest, ids = hashlib.blake2b, []
    for batch in _joined(terms, triples, "."):
        ids.append(b"".join([digest(line, digest_size=16).digest() for line in batch.cast(pa.binary()).to_pylist()]))
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
    """Add what follows from facts and axioms; see `infer`.

    Args:
        columns: All triples, for their terms.
        facts: FACTS without `taught`.
        axioms: Likewise.
        terms: TERMS of `columns.terms`.
        inference: The rules.
        limit: How many facts each rule may add.
        counts: Takes what each rule added, and what a limit cut off.

    Returns:
        Both tables, longer.
    """
    from kaug.knowledge.inference.infer import VOCABULARY, infer

    stated = pa.concat_tables([facts, axioms])
    stated = stated.take(pc.sort_indices(stated, _ORDER)).combine_chunks()
    subject, predicate, value = (stated[name].to_numpy() for name in ("subject", "predicate", "object"))
    literal, blank = (pc.equal(terms["kind"].cast(pa.string()), kind).to_numpy() for kind in ("literal", "blank"))
    number = {iri: find_term(columns.terms, f"<{iri}>") for iri in VOCABULARY}
    found = infer(subject, predicate, value, number, literal, rules=inference, limit=limit, blank=blank)
    counts.update(found.counts)
    triples = np.stack([found.subject, found.predicate, found.object], axis=1)
    ids = pa.concat_arrays([stated["fact"].combine_chunks(), _fact_ids(columns.terms, triples)])
    made = pa.table(
        {
            "fact": ids[len(stated) :],
            "subject": pa.array(found.subject),
            "predicate": pa.array(found.predicate),
            "object": pa.array(found.object),
            "sources": sources_of_premises(stated["sources"].combine_chunks(), found.premises),
            "rule": found.rule,
            "premises": pa.ListArray.from_arrays(
                found.premises.offsets.cast(pa.int32()), ids.take(found.premises.values)
            ),
            "weight": pa.nulls(len(triples), pa.float32()),
        }
    )
    vocabulary = is_axiom(found.predicate, terms)
    tables = []
    for table, kept in ((facts, ~vocabulary), (axioms, vocabulary)):
        joined = pa.concat_tables([table, made.filter(pa.array(kept)).cast(table.schema)])
        tables.append(joined.take(pc.sort_indices(joined, _ORDER)).combine_chunks())
    return tables[0], tables[1]


def sources_of_premises(stated: pa.ListArray, premises: pa.ListArray, batch: int = _BATCH) -> pa.ListArray:
    """Find the sources that inferred triples rest on: those of all their premises.

    Args:
        stated: Lists of strings, m: the sources of the triples stated.
        premises: Lists of int64, n: of each inferred triple the rows that it follows from. 0 to m-1 are those stated, m to
            m+n-1 those inferred.
        batch: How many premises to look at at a time.

    Returns:
        Lists of strings, n, each sorted.

    Examples:
        >>> sources_of_premises(pa.array([["b"], ["a", "c"]]), pa.array([[0, 3], [1]])).to_pylist()
        [['a', 'b', 'c'], ['a', 'c']]
    """
    names = stated.values.dictionary_encode()
    ids = names.dictionary.to_pylist()
    count, offsets, rests_on = len(stated), premises.offsets.to_numpy(), premises.values.to_numpy()
    flags = np.zeros((count + len(premises), len(ids)), dtype=bool)
    owner = np.repeat(np.arange(count), np.diff(stated.offsets.to_numpy()))
    flags[owner, names.indices.to_numpy()] = True
    # A batch of premises at a time: all at once would be a row of flags for each.
    cuts = np.unique(np.append(np.searchsorted(offsets, np.arange(0, len(rests_on), batch)), len(premises)))
    before = -1
    while len(premises) and int(flags.sum()) != before:
        before = int(flags.sum())
        for first, last in itertools.pairwise(cuts):
            flat = rests_on[offsets[first] : offsets[last]]
            flags[count + first : count + last] = np.logical_or.reduceat(
                flags[flat], offsets[first:last] - offsets[first], axis=0
            )
    order = np.argsort(ids)
    return _lists([ids[place] for place in order], flags[count:, order])
