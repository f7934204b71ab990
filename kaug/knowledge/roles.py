"""Triples in columns → the role of each: fact, axiom, label, phrase, template, or said about another triple."""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import join
from kaug.rdf.columns import Columns, find_term, find_triples

__all__ = ["KAUG", "RDF", "Roles", "is_axiom", "tell_roles", "weights"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
KAUG = "https://w3id.org/kaug/ns#"

_PREFERRED = {
    RDFS + "label",
    SKOS + "prefLabel",
    "http://schema.org/name",
    "https://schema.org/name",
    "http://xmlns.com/foaf/0.1/name",
}
_ALTERNATIVE = {
    SKOS + "altLabel",
    SKOS + "hiddenLabel",
    "http://schema.org/alternateName",
    "https://schema.org/alternateName",
}
_PHRASE = KAUG + "phrase"
_WEIGHT = KAUG + "weight"
# What describes the vocabulary rather than the world is no fact to learn.
_AXIOM = {RDFS + name for name in ("domain", "range", "seeAlso", "isDefinedBy", "subPropertyOf")}
_AXIOM |= {RDF + "first", RDF + "rest"}
_CLASS_AXIOM = {RDF + "type", RDFS + "subClassOf"}
_VOCABULARIES = (RDF, RDFS, OWL, KAUG, SKOS)

Rows = NDArray[np.int64]


class _Role(IntEnum):
    NONE = 0
    FACT = auto()
    AXIOM = auto()
    CLASS = auto()  # a fact or an axiom, by its object
    COMMENT = auto()  # a fact or an axiom, by its subject
    PREFERRED = auto()
    ALTERNATIVE = auto()
    PHRASE = auto()
    TEMPLATE = auto()
    WEIGHT = auto()
    REIFIES = auto()
    SUBJECT = auto()
    PREDICATE = auto()
    OBJECT = auto()


_STATEMENT = {RDF + "subject": _Role.SUBJECT, RDF + "predicate": _Role.PREDICATE, RDF + "object": _Role.OBJECT}
_NAMING = (_Role.REIFIES, _Role.SUBJECT, _Role.PREDICATE, _Role.OBJECT)


@dataclass(frozen=True)
class Roles:
    """The rows of triples, int64, by what they are.

    Attributes:
        facts: What can be taught.
        axioms: What describes the vocabulary.
        preferred: Preferred labels.
        alternative: Other labels.
        phrases: How a term stands in a sentence.
        templates: Entries of the lexicon.
        statements: Triples that name another triple, as RDF 1.2 or RDF 1.1 reification does.
        weights: The weight of the triple so named.
        counts: How many were left out, by reason.
    """

    facts: Rows
    axioms: Rows
    preferred: Rows
    alternative: Rows
    phrases: Rows
    templates: Rows
    statements: Rows
    weights: Rows
    counts: dict[str, int]


def tell_roles(columns: Columns, terms: pa.Table) -> Roles:
    """Tell what each triple is, by its predicate and object.

    Args:
        columns: The triples.
        terms: TERMS of `columns.terms`.

    Returns:
        The roles.
    """
    subject, predicate, value = columns.triples.T
    literal, blank = (pc.equal(terms["kind"].cast(pa.string()), kind).to_numpy() for kind in ("literal", "blank"))
    triple = blank & pc.starts_with(columns.terms, "<<(").to_numpy(zero_copy_only=False)
    role = _by_predicate(predicate, terms)
    counts: Counter[str] = Counter()

    def leave_out(rows: NDArray[np.bool_], why: str) -> None:
        if rows.any():
            counts[why] += int(rows.sum())
            role[rows] = _Role.NONE

    named = np.zeros(len(terms), dtype=bool)
    named[subject[np.isin(role, _NAMING)]] = True
    about = named[subject] & ~np.isin(role, (_Role.WEIGHT, *_NAMING))
    bookkeeping = about & (role == _Role.CLASS) & np.isin(value, [find_term(columns.terms, f"<{RDF}Statement>")])
    role[bookkeeping] = _Role.NONE
    leave_out(about & ~bookkeeping, "triples left out: about a triple")
    leave_out((role != _Role.REIFIES) & (triple[value] | triple[subject]), "triples left out: about a triple")
    leave_out((role == _Role.WEIGHT) & ~named[subject], "triples left out: a weight of no triple")
    is_label = np.isin(role, (_Role.PREFERRED, _Role.ALTERNATIVE, _Role.PHRASE))
    leave_out(is_label & ~literal[value], "labels left out: not a literal")
    empty = literal & pc.equal(pc.utf8_trim_whitespace(terms["value"]), "").to_numpy()
    leave_out(np.isin(role, (_Role.FACT, _Role.CLASS, _Role.COMMENT)) & empty[value], "triples left out: empty literal")
    comment = role == _Role.COMMENT
    if comment.any():
        is_property = _properties(columns, role, terms)
        role[comment] = np.where(is_property[subject[comment]], _Role.AXIOM, _Role.FACT)
    of_class = role == _Role.CLASS
    schema = np.zeros(len(terms), dtype=bool)
    objects = np.unique(value[of_class])
    texts = terms["value"].take(pa.array(objects))
    schema[objects] = blank[objects] | np.any([_starts(texts, name) for name in _VOCABULARIES], axis=0)
    role[of_class] = np.where(schema[value[of_class]], _Role.AXIOM, _Role.FACT)

    def rows(*roles: _Role) -> Rows:
        return np.flatnonzero(np.isin(role, roles)).astype(np.int64)

    return Roles(
        rows(_Role.FACT),
        rows(_Role.AXIOM),
        rows(_Role.PREFERRED),
        rows(_Role.ALTERNATIVE),
        rows(_Role.PHRASE),
        rows(_Role.TEMPLATE),
        rows(*_NAMING),
        rows(_Role.WEIGHT),
        dict(counts),
    )


def is_axiom(predicate: NDArray[np.uint32], terms: pa.Table) -> NDArray[np.bool_]:
    """Tell for each predicate of a triple whether it describes the vocabulary."""
    return np.asarray(_by_predicate(predicate, terms) == _Role.AXIOM)


def _by_predicate(predicate: NDArray[np.uint32], terms: pa.Table) -> NDArray[np.int8]:
    roles = np.zeros(len(terms), dtype=np.int8)
    roles[predicate] = 1
    used = np.flatnonzero(roles)
    roles[used] = [_role(iri) for iri in terms["value"].take(pa.array(used)).to_pylist()]
    return roles[predicate]


def _role(iri: str) -> int:
    if iri in _PREFERRED:
        return _Role.PREFERRED
    if iri in _ALTERNATIVE:
        return _Role.ALTERNATIVE
    if iri in _STATEMENT:
        return _STATEMENT[iri]
    if iri in _CLASS_AXIOM:
        return _Role.CLASS
    if iri in _AXIOM or iri.startswith(OWL):
        return _Role.AXIOM
    if iri.startswith(KAUG):
        return {_PHRASE: _Role.PHRASE, _WEIGHT: _Role.WEIGHT}.get(iri, _Role.TEMPLATE)
    if iri == RDFS + "comment":
        return _Role.COMMENT
    return _Role.REIFIES if iri == RDF + "reifies" else _Role.FACT


def _properties(columns: Columns, role: NDArray[np.int8], terms: pa.Table) -> NDArray[np.bool_]:
    """Which terms are properties: as a predicate, or by their type."""
    found = np.zeros(len(terms), dtype=bool)
    found[columns.triples[:, 1]] = True
    subject, _, value = columns.triples[role == _Role.CLASS].T
    kinds = np.unique(value)
    of_properties = pc.match_substring_regex(terms["value"].take(pa.array(kinds)), "[#/][A-Za-z]*Property$").to_numpy()
    found[subject[np.isin(value, kinds[of_properties])]] = True
    return found


def _starts(texts: pa.ChunkedArray, prefix: str) -> NDArray[np.bool_]:
    return np.asarray(pc.starts_with(texts, prefix).to_numpy(zero_copy_only=False))


def weights(columns: Columns, terms: pa.Table, roles: Roles, counts: Counter[str]) -> NDArray[np.float32]:
    """Read what the sources say about triples as their `kaug:weight`.

    Args:
        columns: The triples.
        terms: TERMS of `columns.terms`.
        roles: Their roles.
        counts: Takes what is left out, by reason.

    Returns:
        float32 (n,): the greatest weight of each triple, not a number where there is none.
    """
    found = np.full(len(columns.triples), np.nan, dtype=np.float32)
    if not len(roles.weights):
        return found
    name, row = _named_triples(columns, roles)
    subject, _, value = columns.triples[roles.weights].T
    numbers, bad = _numbers(terms["value"].take(pa.array(value)))
    if bad:
        counts["weights left out: not a number"] += bad
    # Each name of a triple meets each weight of that name.
    order = np.argsort(name, kind="stable")
    weight, named = join(subject, name[order])
    rows, values = row[order][named], numbers[weight]
    counts["weights left out: the triple itself is not stated"] += int((rows < 0).sum())
    keep = (rows >= 0) & ~np.isnan(values)
    best = np.full(len(found), -np.inf, dtype=np.float32)
    np.maximum.at(best, rows[keep], values[keep])
    return np.where(np.isfinite(best), best, found)


def _numbers(texts: pa.ChunkedArray) -> tuple[NDArray[np.float32], int]:
    fits = pc.match_substring_regex(texts, r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$")
    numbers = pc.if_else(fits, pc.utf8_ltrim(texts, "+"), None).cast(pa.float32())
    return numbers.to_numpy().astype(np.float32), int(pc.sum(pc.invert(fits)).as_py() or 0)


def _named_triples(columns: Columns, roles: Roles) -> tuple[NDArray[np.int64], Rows]:
    """The names given to triples, and the row of the triple of each; -1 where it is not stated."""
    subject, predicate, value = columns.triples[roles.statements].T.astype(np.int64)
    reifies = predicate == find_term(columns.terms, f"<{RDF}reifies>")
    names, parts = [subject[reifies]], [_inside(columns.terms, value[reifies])]
    # RDF 1.1: the three parts of a statement stand in triples of their own.
    ends = []
    for iri in _STATEMENT:
        at = predicate == find_term(columns.terms, f"<{iri}>")
        ends.append((subject[at], value[at]))
    whole = np.unique(ends[0][0])
    for owner, _ in ends:
        single, often = np.unique(owner, return_counts=True)
        whole = whole[np.isin(whole, single[often == 1])]
    names.append(whole)
    sides = []
    for owner, side in ends:
        order = np.argsort(owner, kind="stable")
        sides.append(side[order][np.searchsorted(owner[order], whole)] if len(whole) else whole)
    parts.append(np.stack(sides, axis=1))
    return np.concatenate(names), find_triples(columns, np.concatenate(parts))


def _inside(terms: pa.Array, triples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Subject, predicate and object of triple terms, (n, 3); -1 where a part occurs in no other triple."""
    unique, inverse = np.unique(triples, return_inverse=True)
    texts = pc.utf8_slice_codeunits(terms.take(pa.array(unique)), 4, -4)
    parts = pc.list_flatten(pc.split_pattern(texts, " ", max_splits=2)).dictionary_encode()
    known = pc.fill_null(pc.index_in(parts.dictionary, value_set=terms), -1).to_numpy().astype(np.int64)
    return known[parts.indices.to_numpy()].reshape(-1, 3)[inverse] if len(unique) else np.zeros((0, 3), np.int64)
