"""Triples in columns → the role of each: fact, axiom, label, phrase, template, or a statement about another triple."""

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import pair_keys
from kaug.knowledge.vocabulary import ROLES, STATEMENT_PREDICATES, STATEMENTS, VOCABULARIES
from kaug.namespaces import RDF
from kaug.rdf.columns import Columns, find_term, find_triples
from kaug.words.terms import is_kind, used_terms

__all__ = ["LABEL_ROLES", "Role", "Roles", "find_roles", "is_axiom", "numbered", "read_weights", "role_of_predicates"]


_NAME = r"(?i)[/#:](?:name|label|title|pref_?label)$"
_FEWEST_NAMED, _NEARLY_ALL = 3, 0.95
"""An author's own predicate called "name" names things if it does so many, and so great a fraction of them once."""

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Role(IntEnum):
    """The roles of triples. `vocabulary.toml` has the predicates of each but NONE and FACT."""

    NONE = 0
    FACT = auto()
    AXIOM = auto()  # describes the vocabulary rather than the world: no fact to learn
    CLASS = auto()  # a fact or an axiom, depending on its object
    COMMENT = auto()  # a fact or an axiom, depending on its subject
    PREFERRED = auto()
    TITLE = auto()
    ALTERNATIVE = auto()
    PREFERRED_OF = auto()
    ALTERNATIVE_OF = auto()
    PROPERTY_OF = auto()
    PHRASE = auto()
    TEMPLATE = auto()
    WEIGHT = auto()
    REIFIES = auto()
    SUBJECT = auto()
    PREDICATE = auto()
    OBJECT = auto()
    OF_STATEMENT = auto()  # of a Wikibase: its subject stands for a triple, a reference or a value
    TO_STATEMENT = auto()  # likewise its object


_STATEMENT = (Role.SUBJECT, Role.PREDICATE, Role.OBJECT)
_NAMING = (Role.REIFIES, *_STATEMENT)
LABEL_ROLES = (Role.PREFERRED, Role.TITLE, Role.ALTERNATIVE)
"""The roles of triples whose objects are labels, the best first."""


@dataclass(frozen=True)
class Roles:
    """The role of each triple, int8 (n,), and the number of triples left out by reason."""

    role: NDArray[np.int8]
    counts: dict[str, int]

    def rows(self, *roles: Role) -> Rows:
        """Return the rows of the triples with any of these roles, ascending."""
        return np.flatnonzero(_any_of(self.role, *roles)).astype(np.int64)


def find_roles(columns: Columns, terms: pa.Table, labels: Sequence[str] = ()) -> Roles:
    """Find the role of each triple by its predicate and object.

    Args:
        columns: The triples.
        terms: TERMS of `columns.terms`.
        labels: IRIs of further predicates whose objects are labels.

    Returns:
        The roles, and the number of triples left out by reason.
    """
    subject, predicate, value = columns.triples.T
    literal, blank = is_kind(terms, "literal"), is_kind(terms, "blank")
    triple = blank & pc.starts_with(columns.terms, "<<(").to_numpy(zero_copy_only=False)
    role = role_of_predicates(predicate, terms, labels)
    role[_names(columns.triples, role, terms, literal)] = Role.TITLE
    counts: Counter[str] = Counter()

    def leave_out(rows: Mask, why: str) -> None:
        if rows.any():
            counts[why] += int(rows.sum())
            role[rows] = Role.NONE

    weighed = np.zeros(len(terms), dtype=bool)
    weighed[subject[_any_of(role, *_NAMING)]] = True
    named = weighed.copy()
    named[subject[role == Role.OF_STATEMENT]] = True
    named[value[role == Role.TO_STATEMENT]] = True
    typed = np.flatnonzero(role == Role.CLASS)
    classes = used_terms(terms, value[typed])
    iris = terms["value"].take(pa.array(classes))
    statements = np.zeros(len(terms), dtype=bool)
    statements[classes] = [iri in STATEMENTS for iri in iris.to_pylist()]
    of_statements = typed[statements[value[typed]]]
    named[subject[of_statements]] = True
    about = named[subject] & ~_any_of(role, Role.WEIGHT, *_NAMING)
    about[of_statements] = False
    role[of_statements] = Role.NONE
    leave_out(about | (role == Role.TO_STATEMENT), "triples left out: about a triple")
    leave_out((role != Role.REIFIES) & (triple[value] | triple[subject]), "triples left out: about a triple")
    leave_out((role == Role.WEIGHT) & ~weighed[subject], "triples left out: a weight of no triple")
    is_label = _any_of(role, *LABEL_ROLES, Role.PHRASE)
    leave_out(is_label & ~literal[value], "labels left out: not a literal")
    empty = literal & pc.or_(pc.equal(terms["value"], ""), pc.utf8_is_space(terms["value"])).to_numpy()
    if empty.any():
        said = _any_of(role, Role.FACT, Role.CLASS, Role.COMMENT)
        leave_out(said & empty[value], "triples left out: empty literal")
        leave_out(is_label & empty[value], "labels left out: empty")
    role[_about_lists(columns, role, blank)] = Role.AXIOM
    comment, of_class = (np.flatnonzero(role == kind) for kind in (Role.COMMENT, Role.CLASS))
    if len(comment):
        is_property = _properties(predicate, subject[of_class], value[of_class], terms)
        role[comment] = np.where(is_property[subject[comment]], Role.AXIOM, Role.FACT)
    own = blank.copy()
    own[classes] |= np.any([pc.starts_with(iris, prefix).to_numpy() for prefix in VOCABULARIES], axis=0)
    role[of_class] = np.where(own[value[of_class]], Role.AXIOM, Role.FACT)
    return Roles(role, dict(counts))


def _names(triples: NDArray[np.uint32], role: NDArray[np.int8], terms: pa.Table, literal: Mask) -> Mask:
    """Mask the triples of an author's own predicates called "name" or "label" that name nearly all of their subjects once.

    A subject may have a name in each language.
    """
    subject, predicate, value = triples.T
    facts = np.flatnonzero(role == Role.FACT)
    used = used_terms(terms, predicate[facts])
    called = pc.match_substring_regex(terms["value"].take(pa.array(used)), _NAME).to_numpy(zero_copy_only=False)
    found = np.zeros(len(role), bool)
    for one in used[called].tolist():
        rows = facts[predicate[facts] == one]
        tags = terms["language"].take(pa.array(value[rows])).combine_chunks().dictionary_encode()
        languages = pc.fill_null(tags.indices, -1).to_numpy().astype(np.int64) + 1
        sizes = np.unique(pair_keys(subject[rows], languages), return_counts=True)[1]
        names = len(sizes) >= _FEWEST_NAMED and float((sizes == 1).mean()) >= _NEARLY_ALL
        found[rows] = names and bool(literal[value[rows]].all())
    return found


def _any_of(role: NDArray[np.int8], *roles: Role) -> Mask:
    """Mask the triples of any of some roles, in a tenth of the time of `np.isin`."""
    return np.asarray(np.logical_or.reduce([role == one for one in roles]))


def is_axiom(predicate: NDArray[np.uint32], terms: pa.Table) -> Mask:
    """Mask the predicates of triples that describe the vocabulary."""
    return np.asarray(role_of_predicates(predicate, terms) == Role.AXIOM)


def role_of_predicates(predicate: NDArray[np.uint32], terms: pa.Table, labels: Sequence[str] = ()) -> NDArray[np.int8]:
    """Return the role of triples by their predicates alone; see `find_roles`."""
    roles = np.zeros(len(terms), dtype=np.int8)
    roles[predicate] = 1
    used = np.flatnonzero(roles)
    for number, iri in zip(used, terms["value"].take(pa.array(used)).to_pylist(), strict=True):
        roles[number] = Role.TITLE if iri in labels else _role_of(iri)
    return roles[predicate]


def _role_of(iri: str) -> Role:
    names = (Role[name.upper()] for name, names in ROLES.items() if iri in names)
    patterns = (Role[name.upper()] for name, pattern in STATEMENT_PREDICATES.items() if re.search(pattern, iri))
    return next(itertools.chain(names, patterns), Role.FACT)


def _about_lists(columns: Columns, role: NDArray[np.int8], blank: Mask) -> Mask:
    """Mask the facts about lists and nameless containers, which `say_members` says by their members."""
    subject, predicate, value = columns.triples.T
    cells = np.zeros(len(columns.terms), dtype=bool)
    if len(said := numbered(columns)):
        cells[subject[said]] = True
        cells &= blank
    if (first := find_term(columns.terms, f"<{RDF}first>")) >= 0:
        cells[subject[predicate == first]] = True
    if (nil := find_term(columns.terms, f"<{RDF}nil>")) >= 0:
        cells[nil] = True
    return np.asarray(cells[value] & _any_of(role, Role.FACT, Role.COMMENT))


def numbered(columns: Columns) -> Rows:
    """Return the rows of the triples that say a member of a container, by rdf:_1 and so on."""
    start = f"<{RDF}_"
    first = bisect.bisect_left(range(len(columns.terms)), start, key=lambda row: columns.terms[row].as_py())
    last = bisect.bisect_left(range(len(columns.terms)), start + "a", key=lambda row: columns.terms[row].as_py())
    numbers = pc.match_substring_regex(columns.terms[first:last], "_[1-9][0-9]*>$").to_numpy(zero_copy_only=False)
    if not numbers.any():
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.isin(columns.triples[:, 1], first + np.flatnonzero(numbers))).astype(np.int64)


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
    for role in _STATEMENT:
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
