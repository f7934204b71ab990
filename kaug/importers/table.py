"""A table in CSV or TSV, with a mapping of its columns → quads."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Mappings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.importers.delimited import Block, Delimited, without_ending
from kaug.importers.mapping import LEXICAL, Mapping, Rule, expand, mapping_of
from kaug.importers.quads import TYPE, Quads
from kaug.importers.terms import absolute, literal, name

__all__ = ["import_table"]


def import_table(
    inputs: Sequence[Path], quads: Quads, *, mapping: Path | Mappings[str, Any] | None, base: str
) -> Iterator[int]:
    """Write the rows of tables: each row a triple, or each row an entity with a column for each property.

    The first row names the columns; see `kaug.importers.mapping.mapping_of` for their meaning. IRIs made from names are
    below `base` unless the mapping has its own.
    """
    if mapping is None:
        raise SourceError(
            "importer 'table' needs a mapping: name the column of the subjects, `--subject NAME`, or a file, `--mapping FILE`."
        )
    meaning = mapping_of(mapping)
    base = meaning.base or base
    named = [meaning.subject, meaning.predicate, meaning.object, meaning.label, meaning.weight, *meaning.columns]
    for path in inputs:
        file = _open(path, meaning.delimiter)
        used = list(dict.fromkeys(filter(None, named)))
        names = file.header(used)
        rules = dict(meaning.columns)
        if meaning.predicate:
            rules = {meaning.object: rules.get(meaning.object, Rule(iri=True))}
        elif not rules:
            rules = {column: Rule() for column in names if column not in used}
            used = names
        for column in names:
            if column not in used:
                quads.counts[f"columns not read: {column}"] += 1
        if not meaning.predicate:
            for column, rule in rules.items():
                quads.labels(*_term(rule.property or column, f"{base}r/", column))
        for block in file.blocks(only=used):
            _write_rows(block, quads, meaning, base, rules)
            yield block.rows


def _open(path: Path, delimiter: str) -> Delimited:
    ending = Path(without_ending(path)).suffix.lower()
    if ending not in (".csv", ".tsv", ".tab", ".txt") and not delimiter:
        raise SourceError(f"{path}: its name does not end in .csv or .tsv; give the delimiter.")
    return Delimited(
        path, delimiter or ("," if ending == ".csv" else "\t"), quoted=ending == ".csv" or delimiter in (",", ";")
    )


def _write_rows(block: Block, quads: Quads, mapping: Mapping, base: str, rules: dict[str, Rule]) -> None:
    texts = {column: pc.utf8_trim_whitespace(cells) for column, cells in block.columns.items()}
    block.refuse(pc.equal(texts[mapping.subject], ""), "a name or an IRI", mapping.subject)
    language = None if mapping.label else mapping.language
    subject = _resources(block, quads, mapping.subject, texts[mapping.subject], base, language)
    if mapping.label:
        there = pc.not_equal(texts[mapping.label], "")
        quads.labels(subject.filter(there), literal(texts[mapping.label].filter(there), mapping.language))
    if mapping.type:
        kind, label = _term(mapping.type, base)
        quads.facts(subject, TYPE, kind)
        quads.labels(kind, label)
    weight = block.weights(mapping.weight) if mapping.weight else None
    predicates = None
    if relations := mapping.predicate:
        block.refuse(pc.equal(texts[relations], ""), "a relation", relations)
        predicates = _resources(block, quads, relations, texts[relations], f"{base}r/", mapping.language)
    for column, rule in rules.items():
        rows, values = _values(texts[column], rule.separator)
        quads.left_out("empty cell", block.rows - len(pc.unique(rows)))
        if rule.iri:
            terms = _resources(block, quads, column, values, base, mapping.language, rows)
        else:
            terms = _literals(block, column, values, rule, rows)
        predicate = predicates.take(rows) if predicates is not None else _term(rule.property or column, f"{base}r/")[0]
        quads.facts(subject.take(rows), predicate, terms, None if weight is None else weight.take(rows))


def _resources(
    block: Block,
    quads: Quads,
    column: str,
    texts: pa.Array,
    base: str,
    language: str | None,
    rows: pa.Array | None = None,
) -> pa.Array:
    """Make IRIs from names, which become labels if they have a language; keep texts that are IRIs."""
    is_iri = pc.match_substring_regex(texts, "^(https?://|urn:)")
    terms = name(base, texts)
    if language is not None:
        named = pc.invert(is_iri)
        quads.labels(terms.filter(named), literal(texts.filter(named), language))
    if pc.any(is_iri).as_py():
        terms = pc.if_else(is_iri, absolute(texts), terms)
        block.refuse(pc.is_null(terms), "an IRI", column, texts, rows)
    return terms


def _literals(block: Block, column: str, texts: pa.Array, rule: Rule, rows: pa.Array) -> pa.Array:
    datatype = expand(rule.datatype)
    if datatype in LEXICAL:
        wrong = pc.invert(pc.match_substring_regex(texts, f"^({LEXICAL[datatype]})$"))
        block.refuse(wrong, f"an {rule.datatype}", column, texts, rows)
    return literal(texts, rule.language, datatype)


def _values(cells: pa.Array, separator: str) -> tuple[pa.Array, pa.Array]:
    """Return the row and the text of each value that is not empty."""
    rows, texts = pa.array(np.arange(len(cells))), cells
    if separator:
        lists = pc.split_pattern(cells, separator)
        rows, texts = pc.list_parent_indices(lists), pc.utf8_trim_whitespace(pc.list_flatten(lists))
    there = pc.not_equal(texts, "")
    return rows.filter(there), texts.filter(there)


def _term(text: str, base: str, label: str = "") -> tuple[str, pa.Array]:
    """Make the IRI of a name, a prefixed name or an IRI; its label is the name or `label`."""
    if whole := expand(text):
        term = absolute(pa.array([whole]))[0].as_py()
        if term is None:
            raise SourceError(f"{text!r} is not an IRI.")
    else:
        term, label = name(base, pa.array([text]))[0].as_py(), text
    return term, literal(pa.array([label.replace("_", " ")] if label else [], pa.string()), "en")
