"""The columns of sources → the tables of a knowledge base: terms, labels, facts, axioms, lexicon."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.errors import SourceError
from kaug.knowledge.columns import Columns, find_term, merge
from kaug.knowledge.entries import label_table, read_lexicon, source_entries, template_table
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.rdf import construct
from kaug.knowledge.read import lean_memory, read_source
from kaug.knowledge.roles import RDF, is_axiom, tell_roles, weights
from kaug.knowledge.sources import Source, source_of, verify_source
from kaug.knowledge.terms import read_terms
from kaug.tables import FACTS

__all__ = ["assemble", "build_kb"]

Inference = Literal["none", "rdfs", "owl"]
Rows = NDArray[np.int64]

_BATCH = 1 << 17
_TERM_COLUMNS = {"subject", "predicate", "object", "term"}


def build_kb(
    sources: Sequence[Source | Path],
    *,
    lexicon: Path | None = None,
    languages: Sequence[str] = ("en",),
    select: str | None = None,
    inference: Inference = "none",
    inference_limit: int = 1_000_000,
    min_weight: float | None = None,
    limit: int | None = None,
    where: str = "select",
    progress: Callable[[int], None] | None = None,
) -> KnowledgeBase:
    """Read RDF sources into a knowledge base in memory.

    Args:
        sources: Sources from a manifest, paths of RDF files, of folders of them, or globs.
        lexicon: An RDF file that says predicates in language; what it lacks is said from the predicates' labels.
        languages: The languages, most wanted first, whose labels are kept; labels without a language always are.
        select: A SPARQL CONSTRUCT over the sources; the facts it makes are those taught. None takes all facts but types.
        inference: Add what follows from the facts and axioms, by the rules of RDFS or of OWL 2 RL; see `infer`.
        inference_limit: How many facts each rule may add.
        min_weight: Leave out facts whose weight is less; those without a weight stay.
        limit: Teach at most so many facts, those with the smallest ids.
        where: Where `select` stands, for error messages.
        progress: Called with the number of triples read since the last call.

    Returns:
        The knowledge base. The same triples give the same tables, whatever their order, syntax or file.

    Raises:
        SourceError: A file is missing or malformed, a template lacks a slot, or the selection matches no fact.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :capital :lome .')
        >>> build_kb([file]).facts.num_rows
        1
    """
    named = [source if isinstance(source, Source) else source_of(Path(source)) for source in sources]
    digests = [verify_source(source) for source in named]
    with lean_memory():
        return assemble(
            named,
            digests,
            [read_source(source, progress) for source in named],
            lexicon=lexicon,
            languages=languages,
            select=select,
            inference=inference,
            inference_limit=inference_limit,
            min_weight=min_weight,
            limit=limit,
            where=where,
        )


def assemble(
    sources: Sequence[Source],
    digests: Sequence[str],
    read: Sequence[Columns],
    *,
    lexicon: Path | None,
    languages: Sequence[str],
    select: str | None,
    inference: Inference,
    inference_limit: int,
    min_weight: float | None,
    limit: int | None,
    where: str,
) -> KnowledgeBase:
    """Put sources that were read together into a knowledge base; see `build_kb` for the settings.

    Args:
        sources: The sources.
        digests: The SHA-256 of each, from `verify_source`.
        read: What each holds, from `read_source`.
        lexicon: See `build_kb`, as for all that follow.
        languages: The languages whose labels are kept.
        select: A SPARQL CONSTRUCT.
        inference: The rules.
        inference_limit: How many facts each rule may add.
        min_weight: The least weight.
        limit: Teach at most so many facts.
        where: Where `select` stands.

    Returns:
        The knowledge base.
    """
    counts: Counter[str] = Counter({f"triples {one.id}": part.read for one, part in zip(sources, read, strict=True)})
    entries = read_lexicon(lexicon) if lexicon else []
    wanted = [entry[0] for entry in entries]
    if inference != "none":
        from kaug.knowledge.inference import VOCABULARY

        wanted += [f"<{iri}>" for iri in VOCABULARY]
    columns, places = merge(read, wanted)
    terms = read_terms(columns.terms)
    roles = tell_roles(columns, terms)
    counts.update(roles.counts)
    stated = _Stated([source.id for source in sources], places, len(columns.triples))
    heavy = weights(columns, terms, roles, counts)
    rows = roles.facts
    if min_weight is not None:
        light = heavy[rows] < min_weight  # what has no weight stays
        counts["facts left out: weight below min_weight"] += int(light.sum())
        rows = rows[~light]
    facts, axioms = (_stated_table(columns, of, stated, heavy[of]) for of in (rows, roles.axioms))
    if inference != "none":
        facts, axioms = _add_inferred(columns, facts, axioms, terms, inference, inference_limit, counts)
    taught = _taught(columns, facts, select, limit, where)
    facts = facts.append_column(FACTS.field("taught"), pa.array(taught))
    axioms = axioms.append_column(FACTS.field("taught"), pa.array(np.zeros(len(axioms), dtype=bool)))
    entries += source_entries(columns, terms, roles)
    tables = _compact(
        terms,
        facts=facts.cast(FACTS),
        axioms=axioms.cast(FACTS),
        labels=label_table(columns, terms, roles, languages, counts),
        lexicon=template_table(entries, columns),
    )
    counts["facts taught"] = int(taught.sum())
    for name, what in (("facts", "facts"), ("axioms", "axioms"), ("labels", "labels"), ("terms", "terms")):
        counts[what] = tables[name].num_rows
    counts["templates"] = tables["lexicon"].num_rows
    always = ("facts", "facts taught", "axioms", "labels", "terms", "templates")
    return KnowledgeBase(
        tables,
        kinds={source.id: source.kind for source in sources},
        languages=tuple(languages),
        counts={name: count for name, count in sorted(counts.items()) if count or name in always},
        origins={
            source.id: {
                "path": source.path.name,
                "sha256": digest,
                "licence": source.licence,
                "origin": source.origin or source.endpoint,
                "attribution": source.attribution,
            }
            for source, digest in zip(sources, digests, strict=True)
        },
    )


class _Stated:
    """Which source states which triple."""

    def __init__(self, ids: Sequence[str], places: Sequence[Rows], triples: int) -> None:
        self.ids = sorted(set(ids))
        self.flags = np.zeros((triples, len(self.ids)), dtype=bool)
        for name, rows in zip(ids, places, strict=True):
            self.flags[rows, self.ids.index(name)] = True


def _lists(ids: Sequence[str], flags: NDArray[np.bool_]) -> pa.ListArray:
    offsets = np.append(0, np.cumsum(flags.sum(axis=1))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids, pa.string()).take(pa.array(np.nonzero(flags)[1])))


def _stated_table(columns: Columns, rows: Rows, stated: _Stated, heavy: NDArray[np.float32]) -> pa.Table:
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


def _lines(terms: pa.Array, triples: NDArray[np.uint32]) -> Iterator[list[str]]:
    """Write triples as N-Triples, a batch at a time."""
    for start in range(0, len(triples), _BATCH):
        batch = triples[start : start + _BATCH]
        parts = [terms.take(pa.array(batch[:, place])) for place in range(3)]
        yield pc.binary_join_element_wise(*parts, " ").to_pylist()


def _fact_ids(terms: pa.Array, triples: NDArray[np.uint32]) -> pa.Array:
    digest, ids = hashlib.blake2b, []
    for start in range(0, len(triples), _BATCH):
        batch = triples[start : start + _BATCH]
        parts = [terms.take(pa.array(batch[:, place])) for place in range(3)]
        lines = pc.binary_join_element_wise(*parts, ".", " ").cast(pa.binary()).to_pylist()
        ids.append(b"".join([digest(line, digest_size=16).digest() for line in lines]))
    return pa.Array.from_buffers(pa.binary(16), len(triples), [None, pa.py_buffer(b"".join(ids))])


def _add_inferred(
    columns: Columns,
    facts: pa.Table,
    axioms: pa.Table,
    terms: pa.Table,
    inference: Literal["rdfs", "owl"],
    limit: int,
    counts: Counter[str],
) -> tuple[pa.Table, pa.Table]:
    from kaug.knowledge.inference import infer

    stated = pa.concat_tables([facts, axioms])
    order = pc.sort_indices(stated, [(name, "ascending") for name in ("subject", "predicate", "object")])
    stated = stated.take(order).combine_chunks()
    spo = [stated[name].to_numpy() for name in ("subject", "predicate", "object")]
    literal = pc.equal(terms["kind"].cast(pa.string()), "literal").combine_chunks().to_numpy(zero_copy_only=False)
    found = infer(*spo, lambda iri: find_term(columns.terms, f"<{iri}>"), literal, rules=inference, limit=limit)
    counts.update(found.counts)
    triples = np.stack([found.subject, found.predicate, found.object], axis=1)
    ids = pa.concat_arrays([stated["fact"].combine_chunks(), _fact_ids(columns.terms, triples)])
    made = pa.table(
        {
            "fact": ids[len(stated) :],
            "subject": pa.array(found.subject),
            "predicate": pa.array(found.predicate),
            "object": pa.array(found.object),
            "sources": _sources_of_premises(stated["sources"].combine_chunks(), found.premises),
            "rule": found.rule,
            "premises": pa.ListArray.from_arrays(found.premises.offsets.cast(pa.int32()), ids.take(found.premises.values)),
            "weight": pa.nulls(len(triples), pa.float32()),
        }
    )
    vocabulary = is_axiom(found.predicate, terms)
    tables = []
    for table, kept in ((facts, ~vocabulary), (axioms, vocabulary)):
        joined = pa.concat_tables([table, made.filter(pa.array(kept)).cast(table.schema)])
        by = [(name, "ascending") for name in ("subject", "predicate", "object")]
        tables.append(joined.take(pc.sort_indices(joined, by)).combine_chunks())
    return tables[0], tables[1]


def _sources_of_premises(stated: pa.ListArray, premises: pa.ListArray) -> pa.ListArray:
    """What is inferred comes from the sources of all that it rests on."""
    names = stated.values.dictionary_encode()
    ids = names.dictionary.to_pylist()
    count, offsets, rests_on = len(stated), premises.offsets.to_numpy(), premises.values.to_numpy()
    flags = np.zeros((count + len(premises), len(ids)), dtype=bool)
    owner = np.repeat(np.arange(count), np.diff(stated.offsets.to_numpy()))
    flags[owner, names.indices.to_numpy()] = True
    before = -1
    while len(premises) and int(flags.sum()) != before:
        before = int(flags.sum())
        flags[count:] = np.logical_or.reduceat(flags[rests_on], offsets[:-1], axis=0)
    order = np.argsort(ids)
    return _lists([ids[place] for place in order], flags[count:, order])


def _taught(
    columns: Columns, facts: pa.Table, select: str | None, limit: int | None, where: str
) -> NDArray[np.bool_]:
    triples = np.stack([facts[name].to_numpy() for name in ("subject", "predicate", "object")], axis=1)
    if select is None:
        chosen = triples[:, 1] != max(find_term(columns.terms, f"<{RDF}type>"), -1) % 2**32
    else:
        texts = (" .\n".join([*lines, ""]).encode() for lines in _lines(columns.terms, columns.triples))
        quads = (quad for text in texts for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES))
        made = construct(select, quads, where)
        chosen = np.array([line in made for lines in _lines(columns.terms, triples) for line in lines], dtype=bool)
        if not chosen.any():
            raise SourceError(f"{where}: the selection matches none of the {len(facts)} facts; nothing would be taught.")
    if limit is not None and chosen.sum() > limit:
        rows = np.flatnonzero(chosen)
        ids = np.frombuffer(facts["fact"].combine_chunks().buffers()[1], dtype=">u8").reshape(-1, 2)[rows]
        chosen[:] = False
        chosen[rows[np.lexsort((ids[:, 1], ids[:, 0]))[:limit]]] = True
    return chosen


def _compact(terms: pa.Table, **tables: pa.Table) -> dict[str, pa.Table]:
    """Keep the terms that a table names; a label's text is no term of its own."""
    used = np.zeros(len(terms), dtype=bool)
    for table in tables.values():
        for name in _TERM_COLUMNS & set(table.column_names):
            used[table[name].to_numpy()] = True
    number = (np.cumsum(used) - 1).astype(np.uint32)
    found = {"terms": terms.filter(pa.array(used)).combine_chunks()}
    for key, table in tables.items():
        for name in _TERM_COLUMNS & set(table.column_names):
            place = table.column_names.index(name)
            table = table.set_column(place, table.schema.field(name), pa.array(number[table[name].to_numpy()]))
        found[key] = table
    return found
