"""Sources of RDF → the tables of a knowledge base: terms, labels, facts, lexicon."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.knowledge.knowledge_base import KnowledgeBase, clean_text
from kaug.knowledge.lexicon import PROPERTIES, check_template
from kaug.knowledge.rdf import construct, read_quads
from kaug.knowledge.sources import Source, source_of, verify_source
from kaug.tables import FACTS, LABELS, LEXICON, TERMS

__all__ = ["build_kb"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
KAUG = "https://w3id.org/kaug/ns#"

Term = ox.NamedNode | ox.BlankNode | ox.Literal

_PREFERRED = {
    RDFS + "label",
    SKOS + "prefLabel",
    "http://schema.org/name",
    "https://schema.org/name",
    "http://xmlns.com/foaf/0.1/name",
}
_ALTERNATIVE = {SKOS + "altLabel", "http://schema.org/alternateName", "https://schema.org/alternateName"}
_PHRASE = KAUG + "phrase"
# What describes the vocabulary rather than the world is no fact to learn.
_SCHEMA = {RDFS + name for name in ("domain", "range", "comment", "seeAlso", "isDefinedBy", "subPropertyOf")}


def build_kb(
    sources: Sequence[Source | Path],
    *,
    lexicon: Path | None = None,
    languages: Sequence[str] = ("en",),
    select: str | None = None,
    limit: int | None = None,
    where: str = "select",
    progress: Callable[[int], None] | None = None,
) -> KnowledgeBase:
    """Read RDF sources into a knowledge base in memory.

    Args:
        sources: Sources from a manifest, or paths of RDF files.
        lexicon: An RDF file that says predicates in language; what it lacks is said from the predicates' labels.
        languages: The languages, most wanted first, whose labels are kept; labels without a language always are.
        select: A SPARQL CONSTRUCT over the sources; the facts it makes are those taught. None takes all facts but types.
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
    counts: Counter[str] = Counter()
    read = _read_sources(named, counts, progress)
    told = _tell_apart(read, lexicon, {language.lower() for language in languages}, counts)
    taught = construct(select, read.quads, where) if select is not None else None
    used = {part for key in [*told.facts, *told.axioms] for part in key}
    order = sorted(used | {label[0] for label in told.labels} | {template[0] for template in told.templates})
    number = {text: row for row, text in enumerate(order)}
    facts = _facts_table(told.facts, read.stated, number, taught, limit)
    if taught is not None and not pc.any(facts["taught"]).as_py():
        raise SourceError(f"{where}: the selection matches none of the {len(facts)} facts; nothing would be taught.")
    kb = KnowledgeBase(
        terms=_terms_table([read.terms[text] for text in order]),
        labels=_labels_table(told.labels, told.phrases, order, number),
        facts=facts,
        axioms=_facts_table(told.axioms, read.stated, number, set(), None),
        lexicon=_lexicon_table(told.templates, number),
        kinds={source.id: source.kind for source in named},
        languages=tuple(languages),
        counts={},
        digest=hashlib.blake2b(repr(sorted(read.stated)).encode(), digest_size=16).hexdigest(),
        origins={
            source.id: {
                "path": source.path.name,
                "sha256": read.digests[source.id],
                "licence": source.licence,
                "origin": source.origin,
                "attribution": source.attribution,
            }
            for source in named
        },
    )
    counts["facts"] = kb.facts.num_rows
    counts["axioms"] = kb.axioms.num_rows
    counts["facts taught"] = int(pc.sum(kb.facts["taught"]).as_py() or 0)
    counts["labels"] = kb.labels.num_rows
    counts["terms"] = kb.terms.num_rows
    counts["templates"] = kb.lexicon.num_rows
    kb.counts.update(sorted(counts.items()))
    return kb


Key = tuple[str, str, str]  # subject, predicate, object in N-Triples


@dataclass
class _Read:
    """What the sources hold: their triples, each with the ids of the sources that state it, and the terms in them."""

    quads: list[ox.Quad] = field(default_factory=list)
    stated: dict[Key, list[str]] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


@dataclass
class _Told:
    """The triples told apart: facts; labels (term, language, text, preferred); phrases; templates of the lexicon."""

    facts: list[Key] = field(default_factory=list)
    axioms: list[Key] = field(default_factory=list)
    labels: list[tuple[str, str, str, bool]] = field(default_factory=list)
    phrases: dict[tuple[str, str], str] = field(default_factory=dict)
    templates: list[tuple[str, str, str, str]] = field(default_factory=list)


def _read_sources(sources: list[Source], counts: Counter[str], progress: Callable[[int], None] | None) -> _Read:
    read = _Read()
    for source in sources:
        read.digests[source.id] = verify_source(source)
        before = len(read.quads)
        read.quads.extend(read_quads(source.path))
        counts[f"triples {source.id}"] = len(read.quads) - before
        for quad in read.quads[before:]:
            if isinstance(quad.object, ox.Triple) or isinstance(quad.subject, ox.Triple):
                counts["triples left out: about a triple"] += 1
                continue
            key = (str(quad.subject), str(quad.predicate), str(quad.object))
            for text, term in zip(key, (quad.subject, quad.predicate, quad.object), strict=True):
                read.terms.setdefault(text, term)
            stated = read.stated.setdefault(key, [])
            if source.id not in stated:
                stated.append(source.id)
        if progress:
            progress(len(read.quads) - before)
    return read


def _tell_apart(read: _Read, lexicon: Path | None, wanted: set[str], counts: Counter[str]) -> _Told:
    told = _Told()
    for quad in read_quads(lexicon) if lexicon else ():
        if isinstance(quad.subject, ox.NamedNode):
            read.terms.setdefault(str(quad.subject), quad.subject)
            _add_template(told, str(quad.subject), quad.predicate.value, quad.object, str(lexicon))
    for key in read.stated:
        subject, predicate, value = key
        name, term = read.terms[predicate].value, read.terms[value]
        if name.startswith(KAUG) and name != _PHRASE:
            _add_template(told, subject, name, term, "a source")
        elif name in _PREFERRED or name in _ALTERNATIVE or name == _PHRASE:
            language = (term.language or "").lower() if isinstance(term, ox.Literal) else ""
            if not isinstance(term, ox.Literal):
                counts["labels left out: not a literal"] += 1
            elif language and not wanted & {language, language.split("-", maxsplit=1)[0]}:
                counts["labels left out: other language"] += 1
            elif name == _PHRASE:
                # Of several phrases the least is taken, so that the order of the triples does not matter.
                told.phrases[subject, language] = min(term.value, told.phrases.get((subject, language), term.value))
            else:
                told.labels.append((subject, language, term.value, name in _PREFERRED))
        elif name in _SCHEMA or name.startswith(OWL) or (name == RDF + "type" and _is_schema(term)):
            told.axioms.append(key)
        elif isinstance(term, ox.Literal) and not term.value.strip():
            counts["triples left out: empty literal"] += 1
        else:
            told.facts.append(key)
    return told


def _add_template(told: _Told, predicate: str, iri: str, term: Term | ox.Triple, where: str) -> None:
    name = iri.removeprefix(KAUG)
    if iri.startswith(KAUG) and name in PROPERTIES and isinstance(term, ox.Literal):
        check_template(name, term.value, predicate, where)
        told.templates.append((predicate, name, (term.language or "").lower(), term.value))


def _is_schema(term: Term) -> bool:
    return isinstance(term, ox.NamedNode) and term.value.startswith((RDF, RDFS, OWL, KAUG, SKOS))


def _terms_table(terms: list[Term]) -> pa.Table:
    kinds = [
        "literal" if isinstance(t, ox.Literal) else "iri" if isinstance(t, ox.NamedNode) else "blank" for t in terms
    ]
    columns = {
        "kind": kinds,
        "value": [term.value for term in terms],
        "datatype": [term.datatype.value if isinstance(term, ox.Literal) else None for term in terms],
        "language": [term.language if isinstance(term, ox.Literal) else None for term in terms],
    }
    return pa.table(
        {field.name: pa.array(columns[field.name], pa.string()).cast(field.type) for field in TERMS}, schema=TERMS
    )


def _labels_table(
    labels: list[tuple[str, str, str, bool]],
    phrases: dict[tuple[str, str], str],
    order: list[str],
    number: dict[str, int],
) -> pa.Table:
    rows = sorted({(number[term], not preferred, language, text) for term, language, text, preferred in labels})
    table = pa.table(
        {
            "term": pa.array([row[0] for row in rows], pa.uint32()),
            "language": pa.array([row[2] for row in rows], pa.string()),
            "text": clean_text(pa.array([row[3] for row in rows], pa.string())),
            "preferred": pa.array([not row[1] for row in rows], pa.bool_()),
            "phrase": clean_text(
                pa.array([None if row[1] else phrases.get((order[row[0]], row[2])) for row in rows], pa.string())
            ),
        },
        schema=LABELS,
    )
    return table.filter(pc.not_equal(table["text"], ""))


def _facts_table(
    facts: list[Key],
    stated: dict[Key, list[str]],
    number: dict[str, int],
    taught: set[str] | None,
    limit: int | None,
) -> pa.Table:
    rows = sorted(facts, key=lambda key: (number[key[0]], number[key[1]], number[key[2]]))
    lines = [" ".join(row) for row in rows]
    ids = [hashlib.blake2b(f"{line} .".encode(), digest_size=16).digest() for line in lines]
    type_of = f"<{RDF}type>"
    chosen = np.array(
        [line in taught for line in lines] if taught is not None else [row[1] != type_of for row in rows], dtype=bool
    )
    if limit is not None and chosen.sum() > limit:
        kept = set(sorted(fact for fact, take in zip(ids, chosen, strict=True) if take)[:limit])
        chosen &= np.array([fact in kept for fact in ids], dtype=bool)
    return pa.table(
        {
            "fact": pa.array(ids, pa.binary(16)),
            "subject": pa.array([number[row[0]] for row in rows], pa.uint32()),
            "predicate": pa.array([number[row[1]] for row in rows], pa.uint32()),
            "object": pa.array([number[row[2]] for row in rows], pa.uint32()),
            "sources": pa.array([sorted(stated[row]) for row in rows], pa.list_(pa.string())),
            "rule": pa.nulls(len(rows), pa.string()),
            "premises": pa.array([[] for _ in rows], pa.list_(pa.binary(16))),
            "weight": pa.nulls(len(rows), pa.float32()),
            "taught": pa.array(chosen, pa.bool_()),
        },
        schema=FACTS,
    )


def _lexicon_table(templates: list[tuple[str, str, str, str]], number: dict[str, int]) -> pa.Table:
    # The plainest template comes first: subject before object, then the shortest. It is what embeds and shows a fact.
    def plainness(entry: tuple[str, str, str, str]) -> tuple[int, str, str, bool, int, str]:
        predicate, name, language, text = entry
        reversed_order = "{o}" in text and "{s}" in text and text.index("{o}") < text.index("{s}")
        return number[predicate], name, language, reversed_order, len(text), text

    rows = sorted(set(templates), key=plainness)
    return pa.table(
        {
            "predicate": pa.array([number[row[0]] for row in rows], pa.uint32()),
            "property": pa.array([row[1] for row in rows], pa.string()),
            "language": pa.array([row[2] for row in rows], pa.string()),
            "text": clean_text(pa.array([row[3] for row in rows], pa.string())),
        },
        schema=LEXICON,
    )
