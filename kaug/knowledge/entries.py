"""Triples about words → the tables LABELS and LEXICON."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.arrays import grouped, join, pair_keys, positions
from kaug.knowledge.roles import LABEL_ROLES, Role, Roles
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.knowledge.vocabulary import ROLES
from kaug.namespaces import KAUG
from kaug.rdf.columns import Columns, find_term
from kaug.rdf.parse import read_quads
from kaug.tables import LABELS, LEXICON
from kaug.words.clean import clean_text, spaced_names
from kaug.words.languages import OTHER, language_rank
from kaug.words.values import opaque_names

__all__ = [
    "Entry",
    "Named",
    "count_languages",
    "label_table",
    "named_by",
    "read_lexicon",
    "source_entries",
    "template_table",
]

Entry = tuple[str, str, str, str]
"""A template: the predicate as N-Triples writes it, property, language, text."""

Named = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.int8]]
"""The term of each label, its literal and its role."""


def read_lexicon(path: Path) -> list[Entry]:
    """Read the templates of an RDF file; other statements are ignored.

    Raises:
        SourceError: The file is missing or malformed, or a template lacks a slot.
    """
    entries = []
    for quad in read_quads(path):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
            language = quad.object.language or ""
            entries += _entry(str(quad.subject), quad.predicate.value, language, quad.object.value, str(path))
    return entries


def source_entries(columns: Columns, terms: pa.Table, roles: Roles) -> list[Entry]:
    """Read the templates in the sources; see `read_lexicon`."""
    subject, predicate, value = (pa.array(column) for column in columns.triples[roles.rows(Role.TEMPLATE)].T)
    owners, iris = columns.terms.take(subject).to_pylist(), terms["value"].take(predicate).to_pylist()
    entries = []
    for owner, iri, row in zip(owners, iris, terms.take(value).to_pylist(), strict=True):
        if row["kind"] == "literal":
            entries += _entry(owner, iri, row["language"] or "", row["value"], "a source")
    return entries


def _entry(predicate: str, iri: str, language: str, text: str, where: str) -> list[Entry]:
    name = iri.removeprefix(KAUG)
    if not iri.startswith(KAUG) or name not in PROPERTIES:
        return []
    check_template(name, text, predicate, where)
    return [(predicate, name, language.lower(), text)]


def template_table(entries: Sequence[Entry], columns: Columns) -> pa.Table:
    """Make LEXICON; the plainest template comes first: subject before object, then the shortest."""

    def plainness(entry: Entry) -> tuple[str, str, str, bool, int, str]:
        predicate, name, language, text = entry
        reversed_order = "{o}" in text and "{s}" in text and text.index("{o}") < text.index("{s}")
        return predicate, name, language, reversed_order, len(text), text

    rows = sorted(set(entries), key=plainness)
    number = {predicate: find_term(columns.terms, predicate) for predicate in {row[0] for row in rows}}
    predicate = pa.array([number[row[0]] for row in rows], pa.uint32())
    name, language, text = (pa.array([row[position] for row in rows], pa.string()) for position in (1, 2, 3))
    return pa.table([predicate, name, language, clean_text(text)], schema=LEXICON)


def label_table(
    columns: Columns,
    terms: pa.Table,
    roles: Roles,
    named: Named,
    languages: Sequence[str],
    counts: Counter[str],
) -> pa.Table:
    """Make LABELS of what `named_by` returns, each once: labels in some languages, BCP 47 tags, and without a language.

    A term that has no such label keeps those in the language of most labels among its own; a predicate does so only if its
    IRI is no name either. A label of words joined by underscores is spaced; as it is written it is another label.
    """
    encoded = terms["language"].combine_chunks()
    tags = pa.array(sorted({"", *encoded.dictionary.to_pylist()}), pa.string())
    rank = np.append(pc.index_in(encoded.dictionary, tags).to_numpy(), 0)  # "", no language, is the first
    language = rank[encoded.indices.fill_null(len(encoded.dictionary)).to_numpy()]
    is_wanted = np.array([language_rank(tag, languages) < OTHER for tag in tags.to_pylist()], dtype=bool)

    term, value, kind = named
    kept = is_wanted[language[value]]
    other = _other_language(columns, terms, term, language[value], kept)
    counts["labels left out: other language"] += len(kept) - int(kept.sum() + other.sum())
    counts["terms named in another language"] += len(np.unique(term[other]))
    kept |= other
    term, value, kind = (column[kept] for column in (term, value, kind))
    best = np.zeros(len(terms), dtype=bool)
    best[term[kind == Role.PREFERRED]] = True
    is_alternative = (kind == Role.ALTERNATIVE) | ((kind == Role.TITLE) & best[term])
    distinct = grouped(term, is_alternative, language[value], value).heads
    term, value, is_alternative = (column[distinct] for column in (term, value, is_alternative))

    # A phrase belongs to the preferred label of its term and language; of several, the first by value is used.
    owner, _, text = columns.triples[roles.rows(Role.PHRASE)].T
    keys, first = np.unique(pair_keys(owner, language[text]), return_index=True)
    phrase = positions(keys, pair_keys(term, language[value]))
    phrase[is_alternative] = -1
    table = pa.table(
        [
            pa.array(term),
            tags.take(pa.array(language[value])),
            clean_text(terms["value"].take(pa.array(value)).combine_chunks()),
            pa.array(~is_alternative),
            clean_text(terms["value"].take(pa.array(text[first])).combine_chunks()).take(
                pa.array(phrase, mask=phrase < 0)
            ),
        ],
        schema=LABELS,
    )
    full = table.filter(pc.not_equal(table["text"], ""))
    counts["labels left out: empty"] += len(table) - len(full)
    return _with_spaces(full)


def _with_spaces(labels: pa.Table) -> pa.Table:
    """Write labels of words joined by underscores with spaces; as they are written, they are alternative labels."""
    spaced = spaced_names(labels["text"].combine_chunks())
    written = labels.filter(pc.not_equal(labels["text"], spaced))
    if not len(written):
        return labels
    written = written.set_column(3, LABELS.field("preferred"), pa.repeat(False, len(written)))
    both = pa.concat_tables([labels.set_column(2, LABELS.field("text"), spaced), written])
    return both.take(np.argsort(both["term"].to_numpy(), kind="stable")).combine_chunks()


def named_by(columns: Columns, roles: Roles) -> Named:
    """Return the term of each label, its literal and its role: those stated, and those that a term has by another one."""
    rows = np.concatenate([roles.rows(role) for role in LABEL_ROLES])
    term, _, value = columns.triples[rows].T
    kind = roles.role[rows]
    named, _, by = columns.triples[roles.rows(Role.PREFERRED_OF, Role.ALTERNATIVE_OF)].T
    entity, _, used = columns.triples[roles.rows(Role.PROPERTY_OF)].T
    known = [(named, by), (used, entity), _direct_properties(columns)]
    of, owner = (np.concatenate(part) for part in zip(*known, strict=True))
    if not len(of):
        return term, value, kind
    own = np.full(len(of), Role.NONE, dtype=np.int8)  # as the other term's
    own[: len(named)] = np.where(
        roles.role[roles.rows(Role.PREFERRED_OF, Role.ALTERNATIVE_OF)] == Role.PREFERRED_OF,
        Role.PREFERRED,
        Role.ALTERNATIVE,
    )
    order = np.argsort(term, kind="stable")
    pair, label = join(owner, term[order])
    label = order[label]
    inherited = np.where(own[pair] == Role.NONE, kind[label], own[pair]).astype(np.int8)
    return np.append(term, of[pair]), np.append(value, value[label]), np.append(kind, inherited)


def _direct_properties(columns: Columns) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the predicates of a Wikibase that have an entity, known by their IRIs alone, and the entity of each."""
    is_used = np.zeros(len(columns.terms), dtype=bool)
    is_used[columns.triples[:, 1]] = True
    used, pairs = np.flatnonzero(is_used), []
    for number, text in zip(used.tolist(), columns.terms.take(pa.array(used)).to_pylist(), strict=True):
        found = re.fullmatch("(<.*)/prop/direct(?:-normalized)?(/P[0-9]+>)", text)
        entity = find_term(columns.terms, f"{found[1]}/entity{found[2]}") if found else -1
        if entity >= 0:
            pairs.append((number, entity))
    both = np.array(pairs, dtype=np.uint32).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _other_language(
    columns: Columns,
    terms: pa.Table,
    term: NDArray[np.uint32],
    language: NDArray[np.int32],
    kept: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Mask the labels, none of them wanted, that name terms without a wanted label."""
    without = np.ones(len(terms), dtype=bool)
    without[term[kept]] = False
    rows = np.flatnonzero(without[term])
    if not len(rows):
        return np.zeros(len(term), dtype=bool)
    is_used = np.zeros(len(terms), dtype=bool)
    is_used[columns.triples[:, 1]] = True
    predicates = np.flatnonzero(is_used)
    has_name = ~opaque_names(terms["value"].take(pa.array(predicates))).to_numpy(zero_copy_only=False)
    without[predicates[has_name]] = False
    rows = np.flatnonzero(without[term])
    common = np.argsort(np.argsort(-np.bincount(language, minlength=int(language.max(initial=0)) + 1), kind="stable"))
    best = np.full(len(terms), len(common))
    np.minimum.at(best, term[rows], common[language[rows]])
    return np.asarray(without[term] & (common[language] == best[term]))


def count_languages(columns: Columns) -> dict[str, Counter[str]]:
    """Count the `labels` and the `templates` among triples by language, without its region; "" is none."""
    counts = {}
    labels = [iri for role in LABEL_ROLES for iri in ROLES[role.name.lower()].iris]
    for kind, iris in (("labels", labels), ("templates", [KAUG + name for name in PROPERTIES])):
        predicates = [index for iri in iris if (index := find_term(columns.terms, f"<{iri}>")) >= 0]
        values = columns.triples[np.isin(columns.triples[:, 1], predicates), 2]
        texts = columns.terms.take(pa.array(values))
        tags = pc.extract_regex(texts, r'"@(?P<tag>[A-Za-z]+)[A-Za-z0-9-]*$').field("tag")
        counts[kind] = Counter(pc.utf8_lower(pc.fill_null(tags, "")).to_pylist())
    return counts
