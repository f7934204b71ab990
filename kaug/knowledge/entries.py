"""Triples about words → the tables LABELS and LEXICON."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.knowledge.roles import KAUG, Roles
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.rdf.columns import Columns, find_term
from kaug.rdf.parse import read_quads
from kaug.tables import LABELS, LEXICON
from kaug.words.clean import clean_text

__all__ = ["Entry", "label_table", "read_lexicon", "source_entries", "template_table"]

Entry = tuple[str, str, str, str]
"""A template: the predicate as N-Triples writes it, property, language, text."""


def read_lexicon(path: Path) -> list[Entry]:
    """Read the templates of a lexicon.

    Args:
        path: An RDF file; statements that are not templates are ignored.

    Returns:
        Its templates.

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
    """Read the templates that stand in the sources; see `read_lexicon`."""
    subject, predicate, value = (pa.array(column) for column in columns.triples[roles.templates].T)
    rows = zip(
        columns.terms.take(subject).to_pylist(),
        terms["value"].take(predicate).to_pylist(),
        terms["language"].take(value).to_pylist(),
        terms["value"].take(value).to_pylist(),
        pc.equal(terms["kind"].take(value).cast(pa.string()), "literal").to_pylist(),
        strict=True,
    )
    return [
        entry
        for owner, name, language, text, literal in rows
        if literal
        for entry in _entry(owner, name, language or "", text, "a source")
    ]


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
    return pa.table(
        {
            "predicate": pa.array([number[row[0]] for row in rows], pa.uint32()),
            "property": pa.array([row[1] for row in rows], pa.string()),
            "language": pa.array([row[2] for row in rows], pa.string()),
            "text": clean_text(pa.array([row[3] for row in rows], pa.string())),
        },
        schema=LEXICON,
    )


def label_table(
    columns: Columns, terms: pa.Table, roles: Roles, languages: Sequence[str], counts: Counter[str]
) -> pa.Table:
    """Make LABELS of the wanted languages.

    Args:
        columns: The triples.
        terms: TERMS of `columns.terms`.
        roles: The roles of the triples.
        languages: BCP 47 tags; labels without a language are always kept.
        counts: Takes what is left out, by reason.

    Returns:
        LABELS, each label once.
    """
    tags, tag = _languages(terms)
    wanted = {language.lower() for language in languages}
    known = np.array([not name or bool(wanted & {name, name.split("-", maxsplit=1)[0]}) for name in tags], dtype=bool)
    rows = np.concatenate([roles.preferred, roles.alternative])
    preferred = np.arange(len(rows)) < len(roles.preferred)
    term, value = columns.triples[rows, 0], columns.triples[rows, 2]
    kept = known[tag[value]]
    counts["labels left out: other language"] += int((~kept).sum())
    term, value, preferred = term[kept], value[kept], preferred[kept]
    order = np.lexsort((value, tag[value], ~preferred, term))
    term, value, preferred = term[order], value[order], preferred[order]
    same = np.zeros(len(term), dtype=bool)
    same[1:] = (term[1:] == term[:-1]) & (value[1:] == value[:-1]) & (preferred[1:] == preferred[:-1])
    term, value, preferred = term[~same], value[~same], preferred[~same]
    text = clean_text(terms["value"].take(pa.array(value)).combine_chunks())
    table = pa.table(
        {
            "term": pa.array(term),
            "language": pa.array(tags, pa.string()).take(pa.array(tag[value])),
            "text": text,
            "preferred": pa.array(preferred),
            "phrase": _phrases(columns, terms, roles.phrases, tag, term, tag[value], preferred),
        },
        schema=LABELS,
    )
    return table.filter(pc.not_equal(table["text"], ""))


def _languages(terms: pa.Table) -> tuple[list[str], NDArray[np.int64]]:
    """The languages of all terms in alphabetical order, the empty one first, and the place of each term's among them."""
    language = pc.dictionary_encode(pc.fill_null(terms["language"].cast(pa.string()), "")).combine_chunks()
    names = language.dictionary.to_pylist() if len(language) else []
    tags = sorted({"", *names})
    place = np.array([tags.index(name) for name in names], dtype=np.int64)
    return tags, place[language.indices.to_numpy()] if len(language) else place


def _phrases(
    columns: Columns,
    terms: pa.Table,
    rows: NDArray[np.int64],
    tag: NDArray[np.int64],
    term: NDArray[np.uint32],
    language: NDArray[np.int64],
    preferred: NDArray[np.bool_],
) -> pa.Array:
    """The phrase that goes with each preferred label, by term and language; of several the least."""
    of, value = columns.triples[rows, 0].astype(np.int64), columns.triples[rows, 2]
    many = int(tag.max(initial=0)) + 1
    owner, first = np.unique(of * many + tag[value], return_index=True)
    wanted = term.astype(np.int64) * many + language
    at = np.minimum(np.searchsorted(owner, wanted), max(0, len(owner) - 1))
    hit = preferred & (owner[at] == wanted) if len(owner) else np.zeros(len(wanted), dtype=bool)
    chosen = value[first][at] if len(owner) else np.zeros(len(wanted), dtype=np.uint32)
    return clean_text(terms["value"].take(pa.array(chosen, mask=~hit)).combine_chunks())
