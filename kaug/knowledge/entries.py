"""Triples about words → the tables LABELS and LEXICON."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.arrays import grouped, pair_keys, positions
from kaug.knowledge.roles import LABEL_PREDICATES, Role, Roles
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.namespaces import KAUG
from kaug.rdf.columns import Columns, find_term
from kaug.rdf.parse import read_quads
from kaug.tables import LABELS, LEXICON
from kaug.words.clean import clean_text

__all__ = ["Entry", "count_languages", "label_table", "read_lexicon", "source_entries", "template_table"]

Entry = tuple[str, str, str, str]
"""A template: the predicate as N-Triples writes it, property, language, text."""


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
    columns: Columns, terms: pa.Table, roles: Roles, languages: Sequence[str], counts: Counter[str]
) -> pa.Table:
    """Make LABELS, each label once: those of some languages, which are BCP 47 tags, and those without a language."""
    encoded = pc.fill_null(terms["language"].cast(pa.string()), "").combine_chunks().dictionary_encode()
    tags = encoded.dictionary.take(pc.array_sort_indices(encoded.dictionary))
    language = pc.index_in(encoded, tags).to_numpy()
    wanted = pa.array(["", *(one.lower() for one in languages)], pa.string())
    primary = pc.replace_substring_regex(tags, "-.*", "")
    is_wanted = pc.or_(pc.is_in(tags, wanted), pc.is_in(primary, wanted)).to_numpy(zero_copy_only=False)

    preferred, alternative, phrases = (roles.rows(role) for role in (Role.PREFERRED, Role.ALTERNATIVE, Role.PHRASE))
    rows = np.concatenate([preferred, alternative])
    term, _, value = columns.triples[rows].T
    is_alternative = np.arange(len(rows)) >= len(preferred)
    kept = is_wanted[language[value]]
    counts["labels left out: other language"] += len(kept) - int(kept.sum())
    distinct = grouped(*(key[kept] for key in (term, is_alternative, language[value], value))).heads
    term, value, is_alternative = (column[kept][distinct] for column in (term, value, is_alternative))

    # A phrase belongs to the preferred label of its term and language; of several, the first by value is used.
    owner, _, text = columns.triples[phrases].T
    keys, first = np.unique(pair_keys(owner, language[text]), return_index=True)
    phrase = positions(keys, pair_keys(term, language[value]))
    phrase[is_alternative] = -1
    table = pa.table(
        [
            pa.array(term),
            tags.take(pa.array(language[value])),
            clean_text(terms["value"].take(pa.array(value)).combine_chunks()),
            pa.array(~is_alternative),
            clean_text(
                terms["value"].take(pa.array(text[first]).take(pa.array(phrase, mask=phrase < 0))).combine_chunks()
            ),
        ],
        schema=LABELS,
    )
    return table.filter(pc.not_equal(table["text"], ""))


def count_languages(columns: Columns) -> dict[str, Counter[str]]:
    """Count the `labels` and the `templates` among triples by language, without its region; "" is none."""
    counts = {}
    for kind, iris in (("labels", LABEL_PREDICATES), ("templates", [KAUG + name for name in PROPERTIES])):
        predicates = [index for iri in iris if (index := find_term(columns.terms, f"<{iri}>")) >= 0]
        values = columns.triples[np.isin(columns.triples[:, 1], predicates), 2]
        texts = columns.terms.take(pa.array(values))
        tags = pc.extract_regex(texts, r'"@(?P<tag>[A-Za-z]+)[A-Za-z0-9-]*$').field("tag")
        counts[kind] = Counter(pc.utf8_lower(pc.fill_null(tags, "")).to_pylist())
    return counts
