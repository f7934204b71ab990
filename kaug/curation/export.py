"""A knowledge base → RDF in any syntax, an rdflib graph, a table of readable columns.

Labels come out as rdfs:label, skos:altLabel and kaug:phrase, templates of the lexicon with kaug's own properties, facts and
axioms as they are, a weight as kaug:weight of an rdf:Statement: building from the output gives the same facts with the same ids,
and the same labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.arrays import text_bytes
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.owners import named_by_owner
from kaug.namespaces import KAUG, RDF, RDFS, SKOS, XSD
from kaug.rdf.compressed import whole_file
from kaug.rdf.parse import FORMATS, syntax_of
from kaug.rdf.serialize import prefixes_of, refuse_in_xml, write_quads
from kaug.rdf.terms import write_terms
from kaug.wording.wording import Wording

if TYPE_CHECKING:
    import rdflib

Numbers = NDArray[np.int64]

__all__ = ["FORMATS", "to_quads", "to_rdflib", "to_table", "write_rdf"]

_PROPERTIES = [
    *(f"{RDFS}label", f"{SKOS}altLabel", f"{KAUG}phrase", f"{KAUG}weight"),
    *(f"{RDF}subject", f"{RDF}predicate", f"{RDF}object", f"{RDF}type", f"{RDF}Statement"),
]
_PARTS = ("subject", "predicate", "object")
_SOURCE = "urn:kaug:source:"
_INFERRED = "urn:kaug:inferred"
_FACT = "urn:kaug:fact:"
_CHUNK = 100_000
_TERM = pa.schema([(name, pa.string()) for name in ("kind", "value", "datatype", "language")])


def to_quads(
    kb: KnowledgeBase, *, rows: Sequence[int] | None = None, graphs: bool = False, inferred: bool = True
) -> Iterator[bytes]:
    """Write a knowledge base as N-Quads.

    Args:
        kb: The knowledge base.
        rows: Row numbers of the facts to write, with the labels of their terms and the templates of their predicates. None
            for all, axioms included.
        graphs: Put each fact and axiom into a graph `urn:kaug:source:ID` for every source that states it, and inferred
            ones into the graph `urn:kaug:inferred` alone. Labels and templates are in the default graph.
        inferred: Include inferred facts and axioms.

    Yields:
        Whole lines of canonical N-Quads, sorted, each once; without graphs they are N-Triples as well.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:a> <urn:b> <urn:c> ; <http://xmlns.com/foaf/0.1/name> "A"@en .')
        >>> print(b"".join(to_quads(build_kb([file]))).decode(), end="")
        <urn:a> <http://www.w3.org/2000/01/rdf-schema#label> "A"@en .
        <urn:a> <urn:b> <urn:c> .
    """
    return _chunks(_lines(_triples(kb, rows, inferred), graphs=graphs))


def write_rdf(kb: KnowledgeBase, path: Path, *, inferred: bool = True) -> int:
    """Write a knowledge base to a file, atomically.

    Args:
        kb: The knowledge base.
        path: The file; its ending, one of `FORMATS`, decides the syntax, and `.gz` after it that it is compressed. Files of
            `.nq` and `.trig` have a named graph for each source and one for inferred facts, as `to_quads` with `graphs`;
            others have none.
        inferred: Include inferred facts and axioms.

    Returns:
        The number of lines as N-Quads.

    Raises:
        SourceError: The ending is unknown, or RDF/XML cannot express the triples.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.ttl").write_text('<https://e.org/a> <https://e.org/b> <https://e.org/c> .')
        >>> write_rdf(build_kb([folder / "a.ttl"]), folder / "b.ttl")
        1
        >>> print((folder / "b.ttl").read_text(), end="")
        @prefix e: <https://e.org/> .
        e:a e:b e:c .
    """
    path = Path(path)
    syntax = syntax_of(path)
    triples = _triples(kb, None, inferred)
    if syntax == ox.RdfFormat.RDF_XML:
        kinds, values = (triples.terms[name].combine_chunks() for name in ("kind", "value"))
        typed = triples.codes[:, 1] == pc.index(values, f"{RDF}type").as_py()
        classes = triples.codes[typed, 2]
        classes = classes[pc.equal(kinds, "iri").to_numpy(zero_copy_only=False)[classes]]
        names = np.unique(np.concatenate([triples.codes[:, 1], classes]))  # both are written as elements
        refuse_in_xml(values, values.take(pa.array(names)), path)
    graphs = syntax.supports_datasets and syntax != ox.RdfFormat.JSON_LD
    lines = _lines(triples, graphs=graphs, by_graph=syntax == ox.RdfFormat.TRIG)
    prefixes = {**({"source": _SOURCE} if graphs else {}), **_prefixes(triples)}
    write_quads(_chunks(lines), path, prefixes=prefixes)
    return len(lines)


def to_rdflib(kb: KnowledgeBase, rows: Sequence[int] | None = None, *, inferred: bool = True) -> "rdflib.Graph":
    """Make an rdflib graph of a knowledge base.

    Args:
        kb: The knowledge base.
        rows: Row numbers of facts, as for `to_quads`.
        inferred: Include inferred facts and axioms.

    Returns:
        The graph, with the prefixes that `write_rdf` would write. Literals keep their lexical forms, also such as rdflib
        would write otherwise ("01"); blank nodes keep their canonical names.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:a> <urn:b> "01"^^<http://www.w3.org/2001/XMLSchema#integer> .')
        >>> [str(o) for o in to_rdflib(build_kb([file])).objects()]
        ['01']
    """
    import rdflib

    def node(kind: str, value: str, datatype: str | None, language: str | None) -> rdflib.term.Node:
        if kind != "literal":
            return rdflib.URIRef(value) if kind == "iri" else rdflib.BNode(value)
        typed = None if language or datatype in (None, f"{XSD}string") else rdflib.URIRef(datatype)
        return rdflib.Literal(value, lang=language, datatype=typed, normalize=False)

    triples = _triples(kb, rows, inferred)
    used, index = np.unique(triples.codes, return_inverse=True)
    nodes = [node(**term) for term in triples.terms.take(pa.array(used)).to_pylist()]
    graph = rdflib.Graph(bind_namespaces="none")
    for name, namespace in _prefixes(triples).items():
        graph.bind(name, namespace)
    for subject, predicate, value in index.reshape(-1, 3).tolist():
        graph.add((nodes[subject], nodes[predicate], nodes[value]))
    return graph


def to_table(kb: KnowledgeBase, language: str = "en", *, inferred: bool = True) -> pa.Table:
    """Return the facts of a knowledge base as a table with readable columns.

    Args:
        kb: The knowledge base.
        language: BCP 47 tag of labels and sentences; for terms without a label in it, see `Wording`.
        inferred: Include inferred facts.

    Returns:
        One row a fact, in the order of FACTS: `fact` (32 hex digits); `subject`, `predicate`, `object` (IRIs, lexical forms,
        blank nodes with `_:`); `datatype` and `language` of an object that is a literal; `subject_label`, `predicate_label`,
        `object_label`, `sentence`; `sources` (list of strings), `rule`, `weight`, as in FACTS; `taught`, and the reason why
        not, `untaught`.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:x:togo> <urn:x:hasCapital> <urn:x:lome> .')
        >>> to_table(build_kb([file])).select(["subject", "object_label", "sentence"]).to_pylist()
        [{'subject': 'urn:x:togo', 'object_label': 'lome', 'sentence': 'The capital of togo is lome.'}]
    """
    rows = np.arange(len(kb)) if inferred else np.flatnonzero(kb.facts["rule"].is_null())
    facts, terms, wording = kb.facts.take(pa.array(rows)), _plain(kb.terms), Wording(kb, language)
    names = pc.binary_join_element_wise(pc.if_else(pc.equal(terms["kind"], "blank"), "_:", ""), terms["value"], "")
    parts = {name: facts[name].combine_chunks() for name in _PARTS}
    columns = {name: names.take(part) for name, part in parts.items()}
    for name in ("datatype", "language"):
        columns[name] = terms[name].take(parts["object"])
    for name, part in parts.items():
        columns[f"{name}_label"] = wording.labels(np.asarray(part))
    columns["sentence"] = wording.sentences(rows)
    rest = {name: facts[name] for name in ("sources", "rule", "weight")}
    rest |= {"taught": facts["untaught"].is_null(), "untaught": facts["untaught"].cast(pa.string())}
    return pa.table({"fact": kb.hex_ids.take(pa.array(rows)), **columns, **rest})


def write_table_file(kb: KnowledgeBase, path: Path, language: str = "en", *, inferred: bool = True) -> int:
    """Write `to_table` as Parquet or CSV, atomically.

    Args:
        kb: The knowledge base.
        path: The file; its name ends in .parquet or .csv, where a fact's sources are joined by a space.
        language: See `to_table`.
        inferred: See `to_table`.

    Returns:
        The number of facts written.

    Raises:
        SourceError: The file cannot be written.
    """
    table = to_table(kb, language, inferred=inferred)
    with whole_file(path) as handle:
        if path.suffix.lower() == ".parquet":
            import pyarrow.parquet

            pyarrow.parquet.write_table(table, handle)
        else:
            import pyarrow.csv

            sources = pc.binary_join(table["sources"], " ")
            pyarrow.csv.write_csv(table.set_column(table.column_names.index("sources"), "sources", sources), handle)
    return int(table.num_rows)


@dataclass(frozen=True)
class _Triples:
    """Triples as numbers (n, 3) of terms, and the named graphs of each; an empty string is the default graph."""

    terms: pa.Table
    codes: Numbers
    graphs: pa.ListArray


def _plain(terms: pa.Table) -> pa.Table:
    return terms.select(_TERM.names).cast(_TERM).combine_chunks()


def _triples(kb: KnowledgeBase, rows: Sequence[int] | None, inferred: bool) -> _Triples:
    facts = kb.facts if rows is None else kb.facts.take(pa.array(np.asarray(rows, dtype=np.int64)))
    tables = [facts, *([kb.axioms] if rows is None else [])]
    if not inferred:
        facts, *_ = tables = [table.filter(pc.is_null(table["rule"])) for table in tables]
    written = pa.concat_tables(tables).combine_chunks()
    codes = np.column_stack([_numbers(written[name]) for name in _PARTS])
    # Names by the owner are made again by every build.
    labels = kb.labels.filter(pa.array(~named_by_owner(kb.terms, kb.labels)[kb.labels["term"].to_numpy()]))
    lexicon = kb.lexicon
    if rows is not None:
        labels = labels.filter(pa.array(np.isin(_numbers(labels["term"]), codes)))
        lexicon = lexicon.filter(pa.array(np.isin(_numbers(lexicon["predicate"]), codes[:, 1])))
    terms = [_plain(kb.terms)]
    parts = [codes]

    def add_terms(
        kind: str, values: pa.ChunkedArray, language: pa.ChunkedArray | None = None, datatype: str = ""
    ) -> Numbers:
        first = sum(map(len, terms))
        tags = _text(None, len(values)) if language is None else pc.if_else(pc.equal(language, ""), None, language)
        columns = [_text(kind, len(values)), values, _text(datatype or None, len(values)), tags]
        terms.append(pa.table(columns, schema=_TERM))
        return np.arange(first, first + len(values))

    def add_triples(subjects: Numbers, predicates: Numbers, values: Numbers) -> None:
        parts.append(np.column_stack([subjects, np.broadcast_to(predicates, len(subjects)), values]))

    label, alternative, phrase, weight, *reification = add_terms("iri", pa.array(_PROPERTIES))
    texts = add_terms("literal", labels["text"], labels["language"])
    add_triples(_numbers(labels["term"]), np.where(labels["preferred"].to_numpy(), label, alternative), texts)
    labels = labels.filter(labels["phrase"].is_valid())
    add_triples(_numbers(labels["term"]), phrase, add_terms("literal", labels["phrase"], labels["language"]))
    properties = add_terms("iri", pc.binary_join_element_wise(KAUG, lexicon["property"], ""))
    add_triples(_numbers(lexicon["predicate"]), properties, add_terms("literal", lexicon["text"], lexicon["language"]))
    facts = facts.filter(facts["weight"].is_valid())
    names = add_terms("iri", pa.array([f"{_FACT}{fact.hex()}" for fact in facts["fact"].to_pylist()], pa.string()))
    add_triples(names, weight, add_terms("literal", facts["weight"].cast(pa.string()), datatype=f"{XSD}float"))
    for predicate, part in zip(reification, _PARTS, strict=False):
        add_triples(names, predicate, _numbers(facts[part]))
    add_triples(names, reification[3], np.broadcast_to(reification[4], len(names)))
    triples = np.concatenate(parts)
    default = pa.array([[""]]).take(pa.array(np.zeros(len(triples) - len(written), dtype=np.int64)))
    return _Triples(pa.concat_tables(terms).combine_chunks(), triples, pa.concat_arrays([_graphs(written), default]))


def _graphs(facts: pa.Table) -> pa.ListArray:
    """Return the graphs of facts: those of the sources that state them, or that of inferred facts."""
    sources = facts["sources"].combine_chunks()
    names = sources.flatten().dictionary_encode()
    graphs = pa.array([_SOURCE + quote(name, safe="") for name in names.dictionary.to_pylist()], pa.string())
    lists = pa.ListArray.from_arrays(pc.subtract(sources.offsets, sources.offsets[0]), graphs.take(names.indices))
    lists = pc.if_else(pc.equal(pc.list_value_length(lists), 0), pa.scalar([""], lists.type), lists)
    return pc.if_else(facts["rule"].combine_chunks().is_valid(), pa.scalar([_INFERRED], lists.type), lists)


def _numbers(column: pa.ChunkedArray) -> Numbers:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _text(value: str | None, length: int) -> pa.Array:
    return pa.array([value], pa.string()).take(pa.array(np.zeros(length, dtype=np.int64)))


def _lines(triples: _Triples, *, graphs: bool, by_graph: bool = False) -> pa.Array:
    """Write triples as lines of canonical N-Quads without line ends: each once, sorted, or sorted within each graph."""
    written = write_terms(triples.terms)
    columns = [written.take(pa.array(triples.codes[:, column])) for column in range(3)]
    text = pc.binary_join_element_wise(*columns, " ")
    graph = _text("", len(text))
    if graphs:
        text, graph = text.take(pc.list_parent_indices(triples.graphs)), pc.list_flatten(triples.graphs)
        graph = pc.if_else(pc.equal(graph, ""), "", pc.binary_join_element_wise(" <", graph, ">", ""))
    lines = pc.binary_join_element_wise(text, graph, " .", "")
    table = pa.table({"graph": graph if by_graph else pa.nulls(len(lines), pa.string()), "line": lines})
    order = pc.sort_indices(table, sort_keys=[("graph", "ascending"), ("line", "ascending")])
    return pc.unique(lines.take(order))


def _prefixes(triples: _Triples) -> dict[str, str]:
    used = triples.terms.take(pa.array(np.unique(triples.codes)))
    datatypes = pc.if_else(used["language"].is_valid(), pa.scalar(None, pa.string()), used["datatype"])
    return prefixes_of(pc.if_else(pc.equal(used["kind"], "iri"), used["value"], datatypes))


def _chunks(lines: pa.Array) -> Iterator[bytes]:
    for start in range(0, len(lines), _CHUNK):
        yield bytes(text_bytes(pc.binary_join_element_wise(lines.slice(start, _CHUNK), "\n", "")))
