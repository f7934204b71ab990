"""The axioms of a knowledge base → what cannot be: functional predicates, disjoint classes, closed lists of values.

Axioms of OWL and shapes of SHACL are read. Each is a premise by which a statement can be proved false; that a statement is not
in the knowledge base proves nothing, since the knowledge base may be incomplete.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import below, join, pair_keys
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.namespaces import OWL, RDF, RDFS

__all__ = ["Constraints", "class_of_terms"]

_SH = "http://www.w3.org/ns/shacl#"
_DISJOINT = (OWL + "disjointWith", OWL + "complementOf")
_AT_MOST = (OWL + "maxCardinality", OWL + "cardinality", _SH + "maxCount")
_FEWEST = 4

Terms = NDArray[np.uint32]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Constraints:
    """What the axioms of a knowledge base rule out.

    Attributes:
        kb: The knowledge base.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text(
        ...     "@prefix : <urn:x:> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        ...     ":capital a owl:FunctionalProperty . :togo :capital :lome ; :borders :benin ."
        ... )
        >>> kb = build_kb(file)
        >>> [kb.terms["value"][int(term)].as_py() for term in Constraints(kb).functional]
        ['urn:x:capital']
    """

    kb: KnowledgeBase

    @cached_property
    def irreflexive(self) -> Terms:
        """The predicates that never relate a thing to itself, which the asymmetric ones do not either."""
        return np.union1d(self._below_properties(self._typed(OWL + "IrreflexiveProperty")), self.asymmetric)

    @cached_property
    def asymmetric(self) -> Terms:
        """The predicates that never hold both ways."""
        return self._below_properties(self._typed(OWL + "AsymmetricProperty"))

    @cached_property
    def nothing(self) -> bool:
        """Whether the axioms rule out nothing that is read here."""
        found: list[NDArray[Any]] = [self.functional, self.inverse_functional, self.irreflexive, self.limited]
        found += [self.listed[0], self.enumerations[0], self.disjoint[0]]
        return not any(len(each) for each in found)

    @cached_property
    def functional(self) -> Terms:
        """The predicates with at most one object for each subject."""
        return self._below_properties(
            np.union1d(self._typed(OWL + "FunctionalProperty"), self._inverse_of("InverseFunctionalProperty"))
        )

    @cached_property
    def inverse_functional(self) -> Terms:
        """The predicates with at most one subject for each object."""
        return self._below_properties(
            np.union1d(self._typed(OWL + "InverseFunctionalProperty"), self._inverse_of("FunctionalProperty"))
        )

    @cached_property
    def limited(self) -> Keys:
        """Pairs of subject and predicate, sorted keys, of which a class or shape of the subject allows one object."""
        return self._in_scope(self._at_most(1))[0]

    @cached_property
    def forbidden(self) -> Keys:
        """Pairs of subject and predicate, sorted keys, of which a class or shape of the subject allows no object."""
        nodes, classes = self._pairs(OWL + "allValuesFrom")
        nothing = nodes[classes == self._number(OWL + "Nothing")]
        return self._in_scope(np.union1d(nothing, self._at_most(0)))[0]

    @cached_property
    def of_members(self) -> Terms:
        """The predicates whose facts about a class are about its members: all but annotations are such."""
        return np.union1d(self._typed(OWL + "ObjectProperty"), self._typed(OWL + "DatatypeProperty"))

    @cached_property
    def listed(self) -> tuple[Keys, Terms]:
        """Pairs of subject and predicate, sorted keys, whose objects are all in a list (sh:in); the first cell of each list."""
        nodes, heads = self._pairs(_SH + "in")
        keys, place = self._in_scope(nodes)
        return keys, heads[place]

    @cached_property
    def enumerations(self) -> tuple[Terms, Terms]:
        """Classes with a closed list of members (owl:oneOf), ascending, and the first cell of each list."""
        classes, heads = self._pairs(OWL + "oneOf")
        lists = dict(zip(classes.tolist(), heads.tolist(), strict=True))
        for one, other in zip(*map(np.ndarray.tolist, self._pairs(OWL + "equivalentClass")), strict=True):
            for left, right in ((one, other), (other, one)):
                if right in lists:
                    lists.setdefault(left, lists[right])
        found = sorted(lists)
        return np.array(found, np.uint32), np.array([lists[one] for one in found], np.uint32)

    @cached_property
    def ranges(self) -> tuple[Terms, Terms]:
        """The predicates, ascending, and a class that all objects of each have (rdfs:range)."""
        return self._declared("range")

    @cached_property
    def domains(self) -> tuple[Terms, Terms]:
        """The predicates, ascending, and a class that all subjects of each have (rdfs:domain)."""
        return self._declared("domain")

    @cached_property
    def disjoint(self) -> tuple[Terms, Terms]:
        """Pairs of classes without a common member, both ways round, sorted: owl:disjointWith, AllDisjointClasses and more."""
        groups, heads = self._pairs(OWL + "members")
        kept = np.isin(groups, self._typed(OWL + "AllDisjointClasses"))
        heads = np.concatenate([heads[kept], self._pairs(OWL + "disjointUnionOf")[1]])
        some = [np.array(self.members(head), np.uint32) for head in heads.tolist()]
        one, other = self._pairs(*_DISJOINT)
        left = np.concatenate([one, other, *(np.repeat(each, len(each)) for each in some)])
        right = np.concatenate([other, one, *(np.tile(each, len(each)) for each in some)])
        keys = np.unique(pair_keys(left, right)[left != right])
        return (keys >> np.uint64(32)).astype(np.uint32), keys.astype(np.uint32)

    @cached_property
    def above(self) -> tuple[Keys, Keys]:
        """Classes that exclude others, or are a domain or range: sorted keys of (class, one above or itself), (member, class)."""
        named = np.unique(np.concatenate([self.disjoint[0], self.ranges[1], self.domains[1]])).astype(np.int64)
        node, column = below(*self._subclasses, named, np.arange(len(named)))
        classes = pair_keys(node, named[column] if len(named) else column)
        members, of = self._pairs(RDF + "type")
        member, place = join(of.astype(np.int64), node)
        instances = np.unique(pair_keys(members[member], named[column[place]] if len(named) else place))
        return np.sort(classes), instances

    def members(self, head: int) -> list[int]:
        """Return the members of an RDF list, given its first cell."""
        found: list[int] = []
        seen: set[int] = set()
        while head in self._cells and head not in seen:
            seen.add(head)
            member, head = self._cells[head]
            found.append(member)
        return found

    @cached_property
    def _cells(self) -> dict[int, tuple[int, int]]:
        first, rest = (
            dict(zip(*map(np.ndarray.tolist, self._pairs(RDF + name)), strict=True)) for name in ("first", "rest")
        )
        return {cell: (member, rest.get(cell, -1)) for cell, member in first.items()}

    @cached_property
    def _subclasses(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        child, parent = self._pairs(RDFS + "subClassOf")
        one, other = self._pairs(OWL + "equivalentClass")
        return (
            np.concatenate([child, one, other]).astype(np.int64),
            np.concatenate([parent, other, one]).astype(np.int64),
        )

    def _in_scope(self, nodes: Terms) -> tuple[Keys, NDArray[np.int64]]:
        """Return sorted keys (subject, predicate) of what property shapes and restrictions are about, and the node of each."""
        path = dict(zip(*map(np.ndarray.tolist, self._pairs(OWL + "onProperty", _SH + "path")), strict=True))
        has, shape = self._pairs(_SH + "property")
        shape_of: dict[int, list[int]] = {}
        for one, other in zip(has.tolist(), shape.tolist(), strict=True):
            shape_of.setdefault(other, []).append(one)
        targets: dict[int, list[int]] = {}
        for one, other in zip(*map(np.ndarray.tolist, self._pairs(_SH + "targetClass")), strict=True):
            targets.setdefault(one, []).append(other)
        classes = [
            (number, path[node], of)
            for number, node in enumerate(nodes.tolist())
            if node in path
            for owner in [node, *shape_of.get(node, [])]
            for of in [owner, *targets.get(owner, [])]
        ]
        number, predicate, of = np.array(classes, np.int64).reshape(-1, 3).T
        below_it, column = below(*self._subclasses, of, np.arange(len(of)))
        members, kinds = self._pairs(RDF + "type")
        member, place = join(kinds.astype(np.int64), below_it)
        keys = pair_keys(members[member], predicate[column[place]])
        keys, first = np.unique(keys, return_index=True)
        return keys, number[column[place]][first]

    def _at_most(self, count: int) -> Terms:
        """Return the property shapes and restrictions that allow at most so many objects."""
        nodes, numbers = self._pairs(*_AT_MOST)
        said = pc.equal(self.kb.terms["value"].take(pa.array(numbers)), str(count)).to_numpy(zero_copy_only=False)
        chosen: Terms = nodes[said]
        return chosen

    def _declared(self, name: str) -> tuple[Terms, Terms]:
        predicates, classes = self._pairs(RDFS + name)
        kinds = self.kb.terms["kind"].take(pa.array(classes)).cast(pa.string())
        named = pc.equal(kinds, "iri").to_numpy(zero_copy_only=False)
        predicates, first = np.unique(predicates[named], return_index=True)
        return predicates, classes[named][first]

    def _inverse_of(self, name: str) -> Terms:
        one, other = self._pairs(OWL + "inverseOf")
        of = self._typed(OWL + name)
        return np.concatenate([one[np.isin(other, of)], other[np.isin(one, of)]])

    def _below_properties(self, tops: Terms) -> Terms:
        child, parent = (part.astype(np.int64) for part in self._pairs(RDFS + "subPropertyOf"))
        return np.unique(below(child, parent, tops.astype(np.int64), np.zeros(len(tops), np.int64))[0]).astype(
            np.uint32
        )

    def _typed(self, iri: str) -> Terms:
        subjects, classes = self._pairs(RDF + "type")
        return np.unique(subjects[classes == self._number(iri)])

    def _pairs(self, *iris: str) -> tuple[Terms, Terms]:
        """Return the subjects and objects of some predicates, in facts and axioms."""
        numbers = [number for number in map(self._number, iris) if number >= 0]
        tables = (self.kb.facts, self.kb.axioms)
        wanted = [np.isin(table["predicate"].to_numpy(), numbers) for table in tables]
        subjects, objects = (
            np.concatenate([table[end].to_numpy()[mask] for table, mask in zip(tables, wanted, strict=True)])
            for end in ("subject", "object")
        )
        return subjects, objects

    def _number(self, iri: str) -> int:
        return int(pc.index(self.kb.terms["value"], iri).as_py())


def class_of_terms(kb: KnowledgeBase) -> NDArray[np.int64]:
    """Return a class of each term, the smallest with four members or more; of a class one above it; -1 if there is none.

    Returns:
        int64 (terms,).
    """
    constraints = Constraints(kb)
    pairs = [constraints._pairs(RDF + "type"), constraints._pairs(RDFS + "subClassOf")]
    terms, classes = (np.concatenate(column).astype(np.int64) for column in zip(*pairs, strict=True))
    counts = np.bincount(classes, minlength=kb.terms.num_rows)[classes]
    order = np.lexsort((classes, np.where(counts < _FEWEST, np.iinfo(np.int64).max, counts), terms))
    first = order[np.diff(terms[order], prepend=-1) > 0]
    found = np.full(kb.terms.num_rows, -1, np.int64)
    found[terms[first]] = classes[first]
    return found
