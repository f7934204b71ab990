"""Triples in columns → the role of each: fact, axiom, label, phrase, template, or a statement about another triple."""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.namespaces import KAUG, OWL, RDF, RDFS, SKOS
from kaug.rdf.columns import Columns, find_term, find_triples

__all__ = ["LABEL_PREDICATES", "Role", "Roles", "find_roles", "is_axiom", "read_weights"]


Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Role(IntEnum):
    """The roles of triples."""

    NONE = 0
    FACT = auto()
    AXIOM = auto()  # describes the vocabulary rather than the world: no fact to learn
    CLASS = auto()  # a fact or an axiom, depending on its object
    COMMENT = auto()  # a fact or an axiom, depending on its subject
    PREFERRED = auto()
    ALTERNATIVE = auto()
    PHRASE = auto()
    TEMPLATE = auto()
    WEIGHT = auto()
    REIFIES = auto()
    SUBJECT = auto()
    PREDICATE = auto()
    OBJECT = auto()


_STATEMENT = {RDF + "subject": Role.SUBJECT, RDF + "predicate": Role.PREDICATE, RDF + "object": Role.OBJECT}
_NAMING = (Role.REIFIES, *_STATEMENT.values())
_ROLES = {
    **_STATEMENT,
    **{RDFS + name: Role.AXIOM for name in ("domain", "range", "seeAlso", "isDefinedBy", "subPropertyOf")},
    **{RDF + name: Role.AXIOM for name in ("first", "rest")},
    RDF + "type": Role.CLASS,
    RDFS + "subClassOf": Role.CLASS,
    RDFS + "comment": Role.COMMENT,
    **dict.fromkeys((RDFS + "label", SKOS + "prefLabel", "http://xmlns.com/foaf/0.1/name"), Role.PREFERRED),
    **dict.fromkeys(("http://schema.org/name", "https://schema.org/name"), Role.PREFERRED),
    **dict.fromkeys((SKOS + "altLabel", SKOS + "hiddenLabel"), Role.ALTERNATIVE),
    **dict.fromkeys(("http://schema.org/alternateName", "https://schema.org/alternateName"), Role.ALTERNATIVE),
    KAUG + "phrase": Role.PHRASE,
    KAUG + "weight": Role.WEIGHT,
    RDF + "reifies": Role.REIFIES,
}
LABEL_PREDICATES = [iri for iri, role in _ROLES.items() if role in (Role.PREFERRED, Role.ALTERNATIVE)]
"""The IRIs of the predicates whose objects are labels."""

_BY_PREFIX = {OWL: Role.AXIOM, KAUG: Role.TEMPLATE}
_VOCABULARIES = (RDF, RDFS, OWL, KAUG, SKOS)


@dataclass(frozen=True)
class Roles:
    """The role of each triple, int8 (n,), and the number of triples left out by reason."""

    role: NDArray[np.int8]
    counts: dict[str, int]

    def rows(self, *roles: Role) -> Rows:
        """Return the rows of the triples with any of these roles, ascending."""
        return np.flatnonzero(np.isin(self.role, roles)).astype(np.int64)


def find_roles(columns: Columns, terms: pa.Table) -> Roles:
    """Find the role of each triple by its predicate and object; `terms` are the TERMS of `columns.terms`."""
    subject, predicate, value = columns.triples.T
    literal, blank = (pc.equal(terms["kind"].cast(pa.string()), kind).to_numpy() for kind in ("literal", "blank"))
    triple = blank & pc.starts_with(columns.terms, "<<(").to_numpy(zero_copy_only=False)
    role = _by_predicate(predicate, terms)
    counts: Counter[str] = Counter()

    def leave_out(rows: Mask, why: str) -> None:
        if rows.any():
            counts[why] += int(rows.sum())
            role[rows] = Role.NONE

    named = np.zeros(len(terms), dtype=bool)
    named[subject[np.isin(role, _NAMING)]] = True
    about = named[subject] & ~np.isin(role, (Role.WEIGHT, *_NAMING))
    is_statement = about & (role == Role.CLASS) & (value == find_term(columns.terms, f"<{RDF}Statement>"))
    role[is_statement] = Role.NONE
    leave_out(about & ~is_statement, "triples left out: about a triple")
    leave_out((role != Role.REIFIES) & (triple[value] | triple[subject]), "triples left out: about a triple")
    leave_out((role == Role.WEIGHT) & ~named[subject], "triples left out: a weight of no triple")
    is_label = np.isin(role, (Role.PREFERRED, Role.ALTERNATIVE, Role.PHRASE))
    leave_out(is_label & ~literal[value], "labels left out: not a literal")
    empty = literal & pc.equal(pc.utf8_trim_whitespace(terms["value"]), "").to_numpy()
    leave_out(np.isin(role, (Role.FACT, Role.CLASS, Role.COMMENT)) & empty[value], "triples left out: empty literal")
    comment, of_class = (np.flatnonzero(role == kind) for kind in (Role.COMMENT, Role.CLASS))
    if len(comment):
        is_property = _properties(predicate, subject[of_class], value[of_class], terms)
        role[comment] = np.where(is_property[subject[comment]], Role.AXIOM, Role.FACT)
    classes, index = np.unique(value[of_class], return_inverse=True)
    iris = terms["value"].take(pa.array(classes))
    own = np.any([pc.starts_with(iris, prefix).to_numpy() for prefix in _VOCABULARIES], axis=0)
    role[of_class] = np.where((blank[classes] | own)[index], Role.AXIOM, Role.FACT)
    return Roles(role, dict(counts))


def is_axiom(predicate: NDArray[np.uint32], terms: pa.Table) -> Mask:
    """Mask the predicates of triples that describe the vocabulary."""
    return np.asarray(_by_predicate(predicate, terms) == Role.AXIOM)


def _by_predicate(predicate: NDArray[np.uint32], terms: pa.Table) -> NDArray[np.int8]:
    roles = np.zeros(len(terms), dtype=np.int8)
    roles[predicate] = 1
    used = np.flatnonzero(roles)
    for number, iri in zip(used, terms["value"].take(pa.array(used)).to_pylist(), strict=True):
        by_prefix = next((role for prefix, role in _BY_PREFIX.items() if iri.startswith(prefix)), Role.FACT)
        roles[number] = _ROLES.get(iri, by_prefix)
    return roles[predicate]


def _properties(
    predicate: NDArray[np.uint32], typed: NDArray[np.uint32], kind: NDArray[np.uint32], terms: pa.Table
) -> Mask:
    """Mask the terms that are properties: predicates, and subjects of a class that is named so."""
    properties = np.zeros(len(terms), dtype=bool)
    properties[predicate] = True
    kinds, index = np.unique(kind, return_inverse=True)
    of_properties = pc.match_substring_regex(terms["value"].take(pa.array(kinds)), "[#/][A-Za-z]*Property$").to_numpy()
    properties[typed[of_properties[index]]] = True
    return properties


def read_weights(columns: Columns, terms: pa.Table, roles: Roles, counts: Counter[str]) -> NDArray[np.float32]:
    """Return the greatest `kaug:weight` of each triple, float32 (n,), NaN if none; count those left out by reason."""
    weights = np.full(len(columns.triples), np.nan, dtype=np.float32)
    rows = roles.rows(Role.WEIGHT)
    if not len(rows):
        return weights
    subject, _, value = columns.triples[rows].T
    texts = terms["value"].take(pa.array(value))
    is_number = pc.match_substring_regex(texts, r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$")
    numbers = pc.if_else(is_number, pc.utf8_ltrim(texts, "+"), None).cast(pa.float32())
    if numbers.null_count:
        counts["weights left out: not a number"] += numbers.null_count
    name, row = _named_triples(columns, roles)
    given = pa.table({"name": subject.astype(np.int64), "weight": numbers})
    pairs = given.join(pa.table({"name": name, "row": row}), "name", join_type="inner")
    row = pairs["row"].to_numpy()
    counts["weights left out: the triple itself is not stated"] += int((row < 0).sum())
    np.fmax.at(weights, row[row >= 0], pairs["weight"].to_numpy()[row >= 0].astype(np.float32))
    weights[~np.isfinite(weights)] = np.nan
    return weights


def _named_triples(columns: Columns, roles: Roles) -> tuple[NDArray[np.int64], Rows]:
    """Return the names of triples, and the row of the triple of each; -1 if it is not stated."""
    rows = roles.rows(Role.REIFIES)
    name, _, value = columns.triples[rows].T.astype(np.int64)
    # RDF 1.1: the three parts of a statement are in triples of their own, one each.
    statements = None
    for role in _STATEMENT.values():
        owner, _, part = columns.triples[roles.rows(role)].T.astype(np.int64)
        single = (
            pa.table({"name": owner, role.name: part})
            .group_by("name")
            .aggregate([(role.name, "count"), (role.name, "min")])
        )
        single = single.filter(pc.equal(single[f"{role.name}_count"], 1)).select(["name", f"{role.name}_min"])
        statements = statements.join(single, "name", join_type="inner") if statements is not None else single
    assert statements is not None
    whole, *parts = (column.to_numpy() for column in statements.columns)
    named = np.concatenate([_inside(columns.terms, value), np.stack(parts, axis=1)])
    return np.concatenate([name, whole]), find_triples(columns, named)


def _inside(terms: pa.Array, triples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return subject, predicate and object of triple terms, (n, 3); -1 if a part is in no other triple."""
    unique, index = np.unique(triples, return_inverse=True)
    if not len(unique):
        return np.zeros((0, 3), np.int64)
    texts = pc.utf8_slice_codeunits(terms.take(pa.array(unique)), 4, -4)
    parts = pc.list_flatten(pc.split_pattern(texts, " ", max_splits=2)).dictionary_encode()
    known = pc.fill_null(pc.index_in(parts.dictionary, value_set=terms), -1).to_numpy().astype(np.int64)
    return np.asarray(known[parts.indices.to_numpy()].reshape(-1, 3)[index])
