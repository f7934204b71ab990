"""A knowledge base → its facts and axioms as columns of term numbers, with what the vocabulary says of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct_below, join
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["OWL", "RDF", "RDFS", "SKOS", "XSD", "Columns", "codes_of", "gather", "linked"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"

_PARTS = ("subject", "predicate", "object")
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
    subject: Numbers
    predicate: Numbers
    object: Numbers
    facts: int
    kind: NDArray[np.int8]
    _numbers: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def terms(self) -> int:
        """How many terms there are."""
        return len(self.kind)

    def find(self, iris: Sequence[str]) -> Numbers:
        """Return the number of each IRI, -1 where the knowledge base lacks it."""
        new = [iri for iri in dict.fromkeys(iris) if iri not in self._numbers]
        if new:  # one pass over all IRIs for those not yet looked for
            hits = pc.index_in(self._iris, value_set=pa.array(new, pa.string()))
            rows = np.flatnonzero(hits.is_valid())
            names = hits.take(pa.array(rows)).to_pylist()
            self._numbers.update(dict.fromkeys(new, -1))
            self._numbers.update(zip((new[name] for name in names), self._iri_terms[rows].tolist(), strict=True))
        return np.array([self._numbers[iri] for iri in iris], dtype=np.int64)

    def rows(self, predicate: int | str, *, axioms: bool = False) -> Numbers:
        """Return the rows with a predicate (a number or an IRI), ascending; with `axioms` those of axioms, too."""
        number = int(self.find([predicate])[0]) if isinstance(predicate, str) else predicate
        rows = self._with("predicate", number)
        return rows if axioms else rows[rows < self.facts]

    def pairs(self, *predicates: str) -> tuple[Numbers, Numbers]:
        """Return subjects and objects of all facts and axioms with one of the predicates."""
        rows = np.concatenate([self.rows(predicate, axioms=True) for predicate in predicates])
        return self.subject[rows], self.object[rows]

    def typed(self, *classes: str) -> Numbers:
        """Return the terms said to be of one of the classes, in facts or axioms; ascending."""
        subjects, objects = self.pairs(RDF + "type")
        return np.unique(subjects[np.isin(objects, self.find(classes))])

    def about(self, term: int, predicate: int | None = None, *, axioms: bool = False) -> list[int]:
        """Return up to three rows with a term: those where it is the subject first, then those where it is the object.

        Args:
            term: The term.
            predicate: Take rows with this predicate and the term as the subject alone.
            axioms: Take axioms too.
        """
        rows: list[int] = []
        for name in ("subject", "object") if predicate is None else ("subject",):
            some = self._with(name, term)
            some = some if axioms else some[some < self.facts]
            some = some if predicate is None else some[self.predicate[some] == predicate]
            rows += [row for row in some[:_EXAMPLES].tolist() if row not in rows]
        return rows[:_EXAMPLES]

    def example_of(self, terms: Iterable[int]) -> list[int]:
        """Return one row about each of the first three terms."""
        return [row for term in list(terms)[:_EXAMPLES] for row in self.about(int(term))[:1]]

    @cached_property
    def entities(self) -> Numbers:
        """The IRIs and blank nodes that are the subject or the object of a fact, ascending."""
        ends = np.concatenate([self.subject[: self.facts], self.object[: self.facts]])
        return distinct_below(ends[self.kind[ends] != 1], self.terms)

    @cached_property
    def degree(self) -> Numbers:
        """The number of facts that each term is the subject or the object of; int64, one per term."""
        subject, value = self.subject[: self.facts], self.object[: self.facts]
        return np.bincount(np.concatenate([subject, value[subject != value]]), minlength=self.terms).astype(np.int64)

    @cached_property
    def components(self) -> tuple[Numbers, Numbers]:
        """The weakly connected components of the entities: the component of each entity, and the sizes of all."""
        links = np.flatnonzero(self.kind[self.object[: self.facts]] != 1)
        name = linked(self.subject[links], self.object[links], self.terms)[self.entities]
        _, part, sizes = np.unique(name, return_inverse=True, return_counts=True)
        return part.astype(np.int64), sizes.astype(np.int64)

    @cached_property
    def types(self) -> tuple[Numbers, Numbers]:
        """Entities and their classes as stated in facts or axioms; not those that say nothing, as owl:Thing."""
        subjects, objects = self.pairs(RDF + "type")
        iris = [OWL + name for name in ("Thing", "NamedIndividual", "Class", "Ontology", "Restriction")]
        telling = ~np.isin(objects, self.find([*iris, RDFS + "Resource", RDFS + "Class", RDF + "Property"]))
        return subjects[telling], objects[telling]

    @cached_property
    def classes_above(self) -> tuple[Numbers, Numbers]:
        """Classes and their superclasses, as stated; equivalent ones both ways."""
        return self._above(RDFS + "subClassOf", OWL + "equivalentClass")

    @cached_property
    def properties_above(self) -> tuple[Numbers, Numbers]:
        """Properties and their superproperties, as stated; equivalent ones both ways."""
        return self._above(RDFS + "subPropertyOf", OWL + "equivalentProperty")

    @cached_property
    def classes(self) -> Numbers:
        """The terms used or declared as classes, ascending."""
        declared = self.typed(OWL + "Class", RDFS + "Class")
        used = np.concatenate([self.types[1], *self.pairs(RDFS + "subClassOf"), declared])
        return distinct_below(used, self.terms)

    def members(self, heads: Numbers) -> tuple[Numbers, Numbers]:
        """Return the members of RDF lists, as pairs of a position in `heads` and a member."""
        cells, rest = self.pairs(RDF + "rest")
        going = rest != self.find([RDF + "nil"])[0]
        # A list is what hangs together by rdf:rest; a list of one cell stands for itself.
        name = linked(cells[going], rest[going], self.terms)
        holders, firsts = self.pairs(RDF + "first")
        order = np.argsort(name[holders], kind="stable")
        at, cell = join(name[heads], name[holders][order])
        return at, firsts[order][cell]

    @cached_property
    def datatype(self) -> tuple[Numbers, list[str]]:
        """The datatype of every term as a code, -1 for none, and the IRIs that the codes stand for."""
        return _coded(self.kb.terms["datatype"])

    def values(self, terms: Numbers) -> pa.Array:
        """Return the values of terms as strings."""
        return self.kb.terms["value"].take(pa.array(terms, pa.int64())).combine_chunks()

    def _above(self, sub: str, same: str) -> tuple[Numbers, Numbers]:
        (child, parent), (one, other) = self.pairs(sub), self.pairs(same)
        return np.concatenate([child, one, other]), np.concatenate([parent, other, one])

    def _with(self, name: str, number: int) -> Numbers:
        order, keys = self._sorted[name]
        return order[np.searchsorted(keys, number) : np.searchsorted(keys, number, side="right")]

    @cached_property
    def _sorted(self) -> dict[str, tuple[Numbers, Numbers]]:
        columns = {name: getattr(self, name) for name in _PARTS}
        orders = {name: np.argsort(column, kind="stable") for name, column in columns.items()}
        return {name: (order, columns[name][order]) for name, order in orders.items()}

    @cached_property
    def _iri_terms(self) -> Numbers:
        return np.flatnonzero(self.kind == 0).astype(np.int64)

    @cached_property
    def _iris(self) -> pa.Array:
        return self.values(self._iri_terms)


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
    subject, predicate, value = (
        np.concatenate([kb.facts[name].to_numpy(), kb.axioms[name].to_numpy()]).astype(np.int64) for name in _PARTS
    )
    codes, names = _coded(kb.terms["kind"])
    kind = np.array([_KINDS.index(name) for name in names] or [0], dtype=np.int8)[codes]
    return Columns(kb, subject, predicate, value, kb.facts.num_rows, kind)


def codes_of(values: pa.Array | pa.ChunkedArray) -> Numbers:
    """Number equal strings alike, in the order in which they first stand."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return np.asarray(values.dictionary_encode().indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def linked(one: Numbers, other: Numbers, size: int) -> Numbers:
    """Name what links join by the least number among it.

    Args:
        one: int64 (n,): where links start, below `size`.
        other: int64 (n,): where they end.
        size: How many numbers there are.

    Returns:
        int64 (size,): the least number that each is linked to, over any number of links; its own without a link.

    Examples:
        >>> linked(np.array([3, 1]), np.array([1, 4]), 6).tolist()
        [0, 1, 2, 1, 1, 5]
    """
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    if not len(one):
        return np.arange(size, dtype=np.int64)
    edges = sp.coo_array((np.ones(len(one), np.int8), (one, other)), shape=(size, size))
    part = connected_components(edges, directed=False)[1]
    least = np.empty(int(part.max()) + 1, dtype=np.int64)
    least[part[::-1]] = np.arange(size)[::-1]  # of several that are set at once, the last stands
    return np.asarray(least[part])


def _coded(column: pa.ChunkedArray) -> tuple[Numbers, list[str]]:
    column = column.unify_dictionaries().combine_chunks()
    return pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False).astype(
        np.int64
    ), column.dictionary.to_pylist()
