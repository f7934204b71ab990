"""A table in CSV or TSV, with a mapping of its columns → quads."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.importers.columns import Block, decimals, header, read_columns
from kaug.importers.lines import LABEL, TYPE, Quads
from kaug.importers.mapping import LEXICAL, Mapping, Rule, expand, layout_of
from kaug.importers.terms import absolute, literal, name

__all__ = ["import_table"]

_IRI = r"^(https?://|urn:)"


def import_table(
    inputs: Sequence[Path], quads: Quads, mapping: Mapping, base: str, progress: Callable[[int], None]
) -> None:
    """Write the rows of tables: each row a triple, or each row an entity with a column for each property.

    Args:
        inputs: Tables whose first row names the columns.
        quads: What takes the columns.
        mapping: What the columns mean.
        base: What the IRIs of names start with, where the mapping has no base of its own.
        progress: Called with the number of rows read since the last call.

    Raises:
        SourceError: A column is missing, or a cell is not what its column should hold.
    """
    base = mapping.base or base
    for path in inputs:
        layout = layout_of(path, mapping.delimiter)
        named = [mapping.subject, mapping.predicate, mapping.object, mapping.label, mapping.weight, *mapping.columns]
        wanted = list(dict.fromkeys(column for column in named if column))
        names = header(path, layout, wanted)
        rules = dict(mapping.columns)
        if mapping.predicate:
            rules = {mapping.object: rules.get(mapping.object, Rule(iri=True))}
        elif not rules:
            rules = {column: Rule() for column in names if column not in wanted}
            wanted = names
        for column in names:
            if column not in wanted:
                quads.counts[f"columns not read: {column}"] += 1
        if not mapping.predicate:
            for column, rule in rules.items():
                quads.labels(*_property(column, rule, base))
        for block in read_columns(path, names, layout=layout, skip_header=True, only=wanted):
            _rows(block, quads, mapping, base, rules)
            progress(block.rows)


def _rows(block: Block, quads: Quads, mapping: Mapping, base: str, rules: dict[str, Rule]) -> None:
    subjects = pc.utf8_trim_whitespace(block.columns[mapping.subject])
    block.refuse(pc.equal(subjects, ""), "a name or an IRI", mapping.subject)
    subject = _resources(
        block, mapping.subject, subjects, base, quads, "" if mapping.label else mapping.language, not mapping.label
    )
    if mapping.label:
        labels = pc.utf8_trim_whitespace(block.columns[mapping.label])
        there = pc.not_equal(labels, "")
        quads.labels(subject.filter(there), literal(labels.filter(there), mapping.language))
    if mapping.type:
        kind, label = _named(mapping.type, base)
        quads.facts(subject, TYPE, kind)
        if label:
            quads.labels(kind, label)
    weight = _weight(block, mapping.weight) if mapping.weight else None
    predicates = None
    if mapping.predicate:
        texts = pc.utf8_trim_whitespace(block.columns[mapping.predicate])
        block.refuse(pc.equal(texts, ""), "a relation", mapping.predicate)
        predicates = _resources(block, mapping.predicate, texts, f"{base}r/", quads, mapping.language, True)
    for column, rule in rules.items():
        rows, texts = _values(block.columns[column], rule.separator)
        quads.left_out("empty cell", block.rows - len(pc.unique(rows)))
        values = _objects(block, column, rows, texts, rule, base, quads, mapping.language)
        predicate = predicates.take(rows) if predicates is not None else _property(column, rule, base)[0]
        quads.facts(subject.take(rows), predicate, values, None if weight is None else weight.take(rows))


def _values(cells: pa.Array, separator: str) -> tuple[pa.Array, pa.Array]:
    """The row and the text of every value that is not empty."""
    if separator:
        lists = pc.split_pattern(cells, separator)
        rows, texts = pc.cast(pc.list_parent_indices(lists), pa.int64()), pc.list_flatten(lists)
    else:
        rows, texts = pa.array(np.arange(len(cells))), cells
    texts = pc.utf8_trim_whitespace(texts)
    there = pc.not_equal(texts, "")
    return rows.filter(there), texts.filter(there)


def _objects(
    block: Block, column: str, rows: pa.Array, texts: pa.Array, rule: Rule, base: str, quads: Quads, language: str
) -> pa.Array:
    if rule.iri:
        return _resources(block, column, texts, base, quads, language, True, rows)
    datatype = expand(rule.datatype) if rule.datatype else ""
    if datatype in LEXICAL:
        wrong = pc.invert(pc.match_substring_regex(texts, f"^({LEXICAL[datatype]})$"))
        _refuse(block, column, rows, texts, wrong, f"an {rule.datatype}")
    return literal(texts, rule.language, "" if datatype.endswith("XMLSchema#string") else datatype)


def _resources(
    block: Block,
    column: str,
    texts: pa.Array,
    base: str,
    quads: Quads,
    language: str,
    labelled: bool,
    rows: pa.Array | None = None,
) -> pa.Array:
    """Make IRIs of names and keep those that are IRIs; names become labels."""
    whole = pc.match_substring_regex(texts, _IRI)
    terms = name(base, texts)
    if labelled:
        named = pc.invert(whole)
        quads.labels(terms.filter(named), literal(texts.filter(named), language), LABEL)
    if not pc.any(whole).as_py():
        return terms
    terms = pc.if_else(whole, absolute(texts), terms)
    _refuse(block, column, rows, texts, pc.is_null(terms), "an IRI")
    return terms


def _refuse(block: Block, column: str, rows: pa.Array | None, texts: pa.Array, wrong: pa.Array, expected: str) -> None:
    place = pc.index(wrong, True).as_py()
    if place >= 0:
        row = place if rows is None else rows[place].as_py()
        raise SourceError(f"{block.place(row)}: {column} is {texts[place].as_py()!r}; expected {expected}.")


def _weight(block: Block, column: str) -> pa.Array:
    texts = pc.utf8_trim_whitespace(block.columns[column])
    weight = decimals(texts)
    block.refuse(pc.and_(pc.is_null(weight), pc.not_equal(texts, "")), "a number or nothing", column)
    return weight


def _property(column: str, rule: Rule, base: str) -> tuple[str, pa.Array]:
    term, label = _named(rule.property or column, f"{base}r/")
    return term, label if label is not None else literal(pa.array([column.replace("_", " ")]), "en")


def _named(text: str, base: str) -> tuple[str, pa.Array | None]:
    whole = expand(text)
    if not whole:
        return name(base, pa.array([text]))[0].as_py(), literal(pa.array([text.replace("_", " ")]), "en")
    term = absolute(pa.array([whole]))[0].as_py()
    if term is None:
        raise SourceError(f"{text!r} is no IRI.")
    return term, None
