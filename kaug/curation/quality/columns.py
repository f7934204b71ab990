"""A knowledge base → its facts and axioms as columns of term numbers, with what the vocabulary says of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers as Ints
from kaug.arrays import distinct_below, join
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["OWL", "RDF", "RDFS", "SKOS", "XSD", "Columns", "gather"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"

_KINDS = ("iri", "literal", "blank")
_EXAMPLES = 3


@dataclass(frozen=True)
class Columns:
    """Facts and axioms in columns; a row below `facts` is a fact, one above it an axiom.

    Attributes:
        kb: The knowledge base.
        subject: int64 (n,): term numbers; likewise `predicate` and `object`.
        facts: How many of the rows are facts.
        kind: int8, one per term: 0 IRI, 1 literal, 2 blank node.
    """

    kb: KnowledgeBase
    subject: Ints
    predicate: Ints
    object: Ints
    facts: int
    kind: NDArray[np.int8]

    @property
    def terms(self) -> int:
        """How many terms there are."""
        return len(self.kind)

    def find(self, iris: Sequence[str]) -> Ints:
        """Return the number of each IRI, -1 where the knowledge base lacks it."""
        missing = sorted(set(iris) - set(self._found))
        if missing:
            # One pass over all IRIs for what was not yet looked for.
            hits = pc.index_in(self._iris, value_set=pa.array(missing, pa.string()))
            at = np.flatnonzero(pc.is_valid(hits).to_numpy(zero_copy_only=False))
            names = hits.take(pa.array(at)).to_pylist()
            place = {missing[name]: int(self._iri_rows[row]) for name, row in zip(names, at.tolist(), strict=True)}
            self._found.update({iri: place.get(iri, -1) for iri in missing})
        return np.array([self._found[iri] for iri in iris], dtype=np.int64)

    def rows(self, predicate: int | str, *, axioms: bool = False) -> Ints:
        """Return the rows with a predicate (a number or an IRI), ascending; the axioms among them if asked for."""
        number = int(self.find([predicate])[0]) if isinstance(predicate, str) else predicate
        order, keys = self._by_predicate
        found = order[np.searchsorted(keys, number) : np.searchsorted(keys, number, side="right")]
        return found if axioms else found[found < self.facts]

    def pairs(self, *predicates: str) -> tuple[Ints, Ints]:
        """Return subjects and objects of all facts and axioms with one of the predicates."""
        rows = np.concatenate([self.rows(predicate, axioms=True) for predicate in predicates])
        return self.subject[rows], self.object[rows]

    def typed(self, *classes: str) -> Ints:
        """Return the terms said to be of one of the classes, in facts or axioms; ascending."""
        subjects, objects = self.pairs(RDF + "type")
        return np.unique(subjects[np.isin(objects, self.find(classes))])

    def about(self, term: int, predicate: int | None = None, *, axioms: bool = False) -> list[int]:
        """Return up to three rows with a term: those where it is the subject first, then those where it is the object.

        Args:
            term: The term.
            predicate: Only rows with this predicate, and with the term as the subject.
            axioms: Take axioms too.
        """
        found: list[int] = []
        for order, keys in (self._by_subject, self._by_object)[: 2 if predicate is None else 1]:
            rows = order[np.searchsorted(keys, term) : np.searchsorted(keys, term, side="right")]
            rows = rows if axioms else rows[rows < self.facts]
            rows = rows if predicate is None else rows[self.predicate[rows] == predicate]
            found += [row for row in rows[:_EXAMPLES].tolist() if row not in found]
        return found[:_EXAMPLES]

    @cached_property
    def entities(self) -> Ints:
        """The IRIs and blank nodes that are the subject or the object of a fact, ascending."""
        ends = np.concatenate([self.subject[: self.facts], self.object[: self.facts]])
        return distinct_below(ends[self.kind[ends] != 1], self.terms)

    @cached_property
    def types(self) -> tuple[Ints, Ints]:
        """Entities and their classes as stated in facts or axioms; not those that say nothing, as owl:Thing."""
        subjects, objects = self.pairs(RDF + "type")
        iris = [OWL + name for name in ("Thing", "NamedIndividual", "Class", "Ontology", "Restriction")]
        idle = self.find([*iris, RDFS + "Resource", RDFS + "Class", RDF + "Property"])
        telling = ~np.isin(objects, idle)
        return subjects[telling], objects[telling]

    @cached_property
    def classes_above(self) -> tuple[Ints, Ints]:
        """Classes and their superclasses, as stated; equivalent ones both ways."""
        child, parent = self.pairs(RDFS + "subClassOf")
        one, other = self.pairs(OWL + "equivalentClass")
        return np.concatenate([child, one, other]), np.concatenate([parent, other, one])

    @cached_property
    def properties_above(self) -> tuple[Ints, Ints]:
        """Properties and their superproperties, as stated; equivalent ones both ways."""
        child, parent = self.pairs(RDFS + "subPropertyOf")
        one, other = self.pairs(OWL + "equivalentProperty")
        return np.concatenate([child, one, other]), np.concatenate([parent, other, one])

    @cached_property
    def classes(self) -> Ints:
        """The terms used or declared as classes, ascending."""
        child, parent = self.pairs(RDFS + "subClassOf")
        found = np.concatenate([self.types[1], child, parent, self.typed(OWL + "Class", RDFS + "Class")])
        return distinct_below(found, self.terms)

    def members(self, heads: Ints) -> tuple[Ints, Ints]:
        """Return the members of RDF lists, as pairs of a position in `heads` and a member."""
        import scipy.sparse as sp
        from scipy.sparse.csgraph import connected_components

        cells, rest = self.pairs(RDF + "rest")
        going = rest != self.find([RDF + "nil"])[0]
        nodes, cell_of = np.unique(np.concatenate([cells[going], rest[going]]), return_inverse=True)
        half = len(cell_of) // 2
        graph = sp.coo_array((np.ones(half, np.int8), (cell_of[:half], cell_of[half:])), shape=(len(nodes),) * 2)
        part = connected_components(graph, directed=False)[1] if len(nodes) else np.zeros(0, np.int32)
        # A list is what hangs together by rdf:rest; a list of one cell stands for itself.
        name = np.arange(self.terms, dtype=np.int64)
        name[nodes] = self.terms + part
        holders, firsts = self.pairs(RDF + "first")
        order = np.argsort(name[holders], kind="stable")
        at, cell = join(name[heads], name[holders][order])
        return at, firsts[order][cell]

    @property
    def datatype(self) -> tuple[Ints, list[str]]:
        """The datatype of every term as a code, -1 for none, and the IRIs that the codes stand for."""
        return _codes(self.kb.terms["datatype"])

    def values(self, terms: Ints) -> pa.Array:
        """Return the values of terms as strings."""
        return self.kb.terms["value"].take(pa.array(terms, pa.int64())).combine_chunks()

    @cached_property
    def _found(self) -> dict[str, int]:
        return {}

    @cached_property
    def _iri_rows(self) -> Ints:
        return np.flatnonzero(self.kind == 0).astype(np.int64)

    @cached_property
    def _iris(self) -> pa.Array:
        return self.values(self._iri_rows)

    @cached_property
    def _by_predicate(self) -> tuple[Ints, Ints]:
        return _sorted(self.predicate)

    @cached_property
    def _by_subject(self) -> tuple[Ints, Ints]:
        return _sorted(self.subject)

    @cached_property
    def _by_object(self) -> tuple[Ints, Ints]:
        return _sorted(self.object)


def gather(kb: KnowledgeBase) -> Columns:
    """Lay a knowledge base out in columns.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :capital :lome ; :area 56785 .')
        >>> columns = gather(build_kb([file]))
        >>> columns.facts, columns.values(columns.entities).to_pylist()
        (2, ['urn:x:lome', 'urn:x:togo'])
    """
    ends = [
        np.concatenate([kb.facts[name].to_numpy(), kb.axioms[name].to_numpy()]).astype(np.int64)
        for name in ("subject", "predicate", "object")
    ]
    codes, names = _codes(kb.terms["kind"])
    kind = np.array([_KINDS.index(name) for name in names] or [0], dtype=np.int8)[codes]
    return Columns(kb, ends[0], ends[1], ends[2], kb.facts.num_rows, kind)


def _sorted(column: Ints) -> tuple[Ints, Ints]:
    order = np.argsort(column, kind="stable")
    return order, column[order]


def _codes(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    column = column.unify_dictionaries().combine_chunks()
    names: Iterable[str] = column.dictionary.to_pylist()
    return pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64), list(names)
