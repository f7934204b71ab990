"""The columns of sources → the tables of a knowledge base: terms, labels, facts, axioms, lexicon."""

import os
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.errors import SourceError
from kaug.http import public_url
from kaug.knowledge.entries import label_table, named_by, read_lexicon, source_entries, template_table
from kaug.knowledge.facts import add_inferred, lines, sources_of_triples, stated_table
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.members import MEMBER, say_members
from kaug.knowledge.owners import name_by_owner
from kaug.knowledge.roles import Role, find_roles, numbered, read_weights
from kaug.knowledge.teach import Given, Teach, reasons_of
from kaug.namespaces import RDF
from kaug.rdf.columns import Columns, merge, read_columns
from kaug.rdf.endpoint import endpoint_file
from kaug.rdf.memory import graph_chunks
from kaug.rdf.read import lean_memory, notes_on, read_files
from kaug.rdf.sources import Source, file_digests, source_of, verify_source, with_own_ids, with_reading
from kaug.rdf.sparql import construct
from kaug.rdf.terms import read_terms
from kaug.tables import FACTS
from kaug.text import as_list

__all__ = ["assemble", "build_kb"]

Inference = Literal["none", "rdfs", "owl"]
Rows = NDArray[np.int64]

_TERM_COLUMNS = {"subject", "predicate", "object", "term"}


def build_kb(
    sources: Any,
    *,
    lexicon: Path | str | None = None,
    languages: str | Sequence[str] = ("en",),
    labels: str | Sequence[str] = (),
    teach: Teach = "knowledge",
    include: Mapping[str, Sequence[str]] | None = None,
    exclude: Mapping[str, Sequence[str]] | None = None,
    longest_text: int = 300,
    select: str | None = None,
    inference: Inference = "none",
    inference_limit: int = 1_000_000,
    min_weight: float | None = None,
    limit: int | None = None,
    skip_errors: bool = False,
    contexts: Mapping[str, Path | str] | None = None,
    where: str = "select",
    progress: Callable[[int], None] | None = None,
) -> KnowledgeBase:
    """Read RDF sources into a knowledge base in memory.

    Args:
        sources: One source or a list of them: the path of an RDF file, of a folder of them, or a pattern, in which `~` is the
            home folder; triples in memory, such as an rdflib graph or a pyarrow table of N-Triples terms (see
            `graph_chunks`); or a `Source` from a manifest.
        lexicon: An RDF file with templates; sentences of other predicates are written from the predicates' labels.
        languages: One language or several, in order of preference. Labels in them and without a language are kept; a term
            without such a label keeps those in another language.
        labels: IRIs of more predicates whose values are names, where a thing has no other label.
        teach: `knowledge` leaves out facts that nobody would teach, by the reasons of `kaug.knowledge.teach.REASONS`:
            types, things without a name, administrative facts and the like. `all` takes all facts.
        include: Facts to teach in any case: `predicates`, `classes`, `namespaces` (IRIs or their beginnings), `sources` (ids).
        exclude: Likewise facts not to teach.
        longest_text: The characters of the longest text that `knowledge` teaches.
        select: A SPARQL CONSTRUCT over the sources: the facts to teach, instead of those that `teach` chooses.
        inference: Add conclusions by the rules of RDFS or of OWL 2 RL; see `infer`.
        inference_limit: The maximum number of facts that each rule adds.
        min_weight: Leave out facts with a smaller weight; those without one stay.
        limit: The maximum number of facts to teach: those with the smallest ids.
        skip_errors: Leave out malformed lines, of other syntaxes triples or the file, with a warning for each; `counts` has
            their number. Otherwise the first is an error.
        contexts: Files of JSON-LD contexts by their IRIs, which are not fetched; that of schema.org is known.
        where: The name of `select` in error messages.
        progress: Called with the number of triples read since the last call.

    Returns:
        The knowledge base. The same triples give the same tables in any order, syntax or file.

    Raises:
        SourceError: A file is missing or malformed, a template lacks a slot, or the selection, or a value of `include` or
            `exclude`, matches no fact.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :capital :lome .')
        >>> len(build_kb(file))
        1
    """
    source_list = list(sources) if isinstance(sources, Sequence) and not isinstance(sources, str) else [sources]
    given_sources = [_source(given, number) for number, given in enumerate(source_list)]
    named = with_reading(with_own_ids(given_sources), skip_errors, contexts or {})
    digests, read = [], []
    with lean_memory():
        for source, given in zip(named, source_list, strict=True):
            if isinstance(given, Source | str | os.PathLike):
                if source.endpoint:
                    endpoint_file(source.endpoint, source.query, source.path, progress=progress)
                files = file_digests(source)
                digests.append(verify_source(source, files))
                made = read_files(source, files, progress=progress)
                read.append(made.columns)
                for note in notes_on([source], [made]):
                    warnings.warn(note, stacklevel=2)
            else:
                digests.append("")
                read.append(read_columns(graph_chunks(given), source.id, progress=progress))
        return assemble(
            named,
            digests,
            read,
            lexicon=Path(lexicon).expanduser() if lexicon else None,
            languages=as_list(languages),
            labels=as_list(labels),
            teach=teach,
            include=include,
            exclude=exclude,
            longest_text=longest_text,
            select=select,
            inference=inference,
            inference_limit=inference_limit,
            min_weight=min_weight,
            limit=limit,
            where=where,
        )


def _source(given: Any, number: int) -> Source:
    if isinstance(given, Source):
        return given
    if isinstance(given, str | os.PathLike):
        return source_of(Path(given).expanduser())
    return Source(f"memory-{number}", Path(f"memory-{number}"))


def assemble(
    sources: Sequence[Source],
    digests: Sequence[str],
    read: Sequence[Columns],
    *,
    lexicon: Path | None,
    languages: Sequence[str],
    labels: Sequence[str],
    teach: Teach,
    include: Mapping[str, Sequence[str]] | None,
    exclude: Mapping[str, Sequence[str]] | None,
    longest_text: int,
    select: str | None,
    inference: Inference,
    inference_limit: int,
    min_weight: float | None,
    limit: int | None,
    where: str,
) -> KnowledgeBase:
    """Combine sources, the SHA-256 and the columns of each, into a knowledge base; the settings are those of `build_kb`."""
    counts: Counter[str] = Counter({f"triples {one.id}": part.read for one, part in zip(sources, read, strict=True)})
    for source, part in zip(sources, read, strict=True):
        counts.update({f"{reason}, {source.id}": number for reason, number in part.left_out.items()})
    entries = read_lexicon(lexicon) if lexicon else []
    wanted = [entry[0] for entry in entries]
    if any(len(numbered(one)) for one in read):
        wanted.append(MEMBER)
    if inference != "none":
        from kaug.knowledge.inference.infer import VOCABULARY

        wanted += [f"<{iri}>" for iri in VOCABULARY]
    columns, rows_of_sources = merge(read, wanted)
    terms = read_terms(columns.terms)
    columns, rows_of_sources = say_members(columns, rows_of_sources, terms, wanted, counts)
    roles = find_roles(columns, terms, labels)
    counts.update(roles.counts)
    stated_by = sources_of_triples([source.id for source in sources], rows_of_sources, len(columns.triples))
    weights = read_weights(columns, terms, roles, counts)
    rows = roles.rows(Role.FACT)
    if min_weight is not None:
        light = weights[rows] < min_weight  # NaN, no weight, stays
        counts["facts left out: weight below min_weight"] += int(light.sum())
        rows = rows[~light]
    facts, axioms = (stated_table(columns, chosen, stated_by, weights) for chosen in (rows, roles.rows(Role.AXIOM)))
    if inference != "none":
        facts, axioms = add_inferred(columns, facts, axioms, terms, inference, inference_limit, counts)
    entries += source_entries(columns, terms, roles)
    lexicon_table = template_table(entries, columns)
    named = named_by(columns, roles)
    names = name_by_owner(terms, facts, label_table(columns, terms, roles, named, languages, counts), languages)
    untaught = reasons_of(
        Given(
            terms,
            facts,
            axioms,
            names,
            named[:2],
            lexicon_table["predicate"].to_numpy(),
            languages,
            longest_text,
        ),
        teach=teach,
        include=include,
        exclude=exclude,
        selected=None if select is None else _selected(columns, terms, facts, select, where),
        limit=limit,
    )
    tables = _compact(
        terms,
        facts=facts.append_column("untaught", untaught).cast(FACTS),
        axioms=axioms.append_column("untaught", pa.repeat("axiom", len(axioms)).dictionary_encode()).cast(FACTS),
        labels=names,
        lexicon=lexicon_table,
    )
    why = Counter({reason["values"]: reason["counts"] for reason in pc.value_counts(untaught.drop_null()).to_pylist()})
    counts.update({f"facts not taught: {reason}": number for reason, number in why.items()})
    if len(facts) and why.total() == len(facts):
        warnings.warn(_nothing_taught(why), stacklevel=3)
    counts["facts taught"] = untaught.null_count
    sizes = {name: tables[name].num_rows for name in ("facts", "axioms", "labels", "terms")}
    counts.update(sizes | {"templates": tables["lexicon"].num_rows})
    always = (*sizes, "facts taught", "templates")
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
                "origin": source.origin or public_url(source.endpoint),
                "attribution": source.attribution,
            }
            for source, digest in zip(sources, digests, strict=True)
        },
    )


def _nothing_taught(why: Counter[str]) -> str:
    counted = ", ".join(f"{reason} ({number:,})" for reason, number in why.most_common())
    return (
        f"None of the {why.total():,} facts is taught: {counted}. "
        '[knowledge] teach = "all" takes all of them; [knowledge.include] takes those of some predicates or classes.'
    )


def _selected(columns: Columns, terms: pa.Table, facts: pa.Table, select: str, where: str) -> NDArray[np.bool_]:
    """Mask the facts that a query selects."""
    triples = np.stack([facts[name].to_numpy() for name in ("subject", "predicate", "object")], axis=1)
    texts = ("\n".join(batch.to_pylist()).encode() for batch in lines(columns.terms, columns.triples, "."))
    quads = (quad for text in texts for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES))
    made = construct(select, quads, where)
    stored = _as_stored(columns.terms, terms)
    selected = np.array([line in made for batch in lines(stored, triples) for line in batch.to_pylist()], dtype=bool)
    if not selected.any():
        raise SourceError(f"{where}: the selection matches none of the {len(facts)} facts; nothing would be taught.")
    return selected


def _as_stored(texts: pa.Array, terms: pa.Table) -> pa.Array:
    """Write terms as the store returns them: it keeps the values of typed literals, not their spelling."""
    plain = pa.array(["http://www.w3.org/2001/XMLSchema#string", RDF + "langString"])
    typed = pc.and_(pc.is_valid(terms["datatype"]), pc.invert(pc.is_in(terms["datatype"].cast(pa.string()), plain)))
    store, node = ox.Store(), ox.NamedNode("urn:kaug:literal")
    again = []
    for text in texts.filter(typed).to_pylist():
        (quad,) = ox.parse(f"<urn:a> <urn:b> {text} .", format=ox.RdfFormat.N_TRIPLES)
        store.add(ox.Quad(node, node, quad.object))
        again.append(str(next(store.quads_for_pattern(None, None, None)).object))
        store.clear()
    return pc.replace_with_mask(texts, typed.combine_chunks(), pa.array(again, pa.string()))


def _compact(terms: pa.Table, **tables: pa.Table) -> dict[str, pa.Table]:
    """Keep the terms that a table refers to, and number them again."""
    used = np.zeros(len(terms), dtype=bool)
    for table in tables.values():
        for name in _TERM_COLUMNS & set(table.column_names):
            used[table[name].to_numpy()] = True
    number = (np.cumsum(used) - 1).astype(np.uint32)
    kept = terms.filter(pa.array(used)).combine_chunks()
    for name in ("datatype", "language"):  # dictionaries without values of dropped terms
        values = kept[name].cast(pa.string()).combine_chunks().dictionary_encode()
        kept = kept.set_column(kept.column_names.index(name), kept.schema.field(name), values)
    compact = {"terms": kept}
    for key, table in tables.items():
        arrays = [
            pa.array(number[table[name].to_numpy()]) if name in _TERM_COLUMNS else table[name]
            for name in table.column_names
        ]
        compact[key] = pa.table(arrays, schema=table.schema)
    return compact
