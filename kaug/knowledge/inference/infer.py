"""Triples → the conclusions from them by RDFS or OWL RL, each with its rule and its premises."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import expand, pair_keys
from kaug.knowledge.inference.closure import Derived, canonical_order, close
from kaug.knowledge.inference.joins import Triples, first_of_run
from kaug.knowledge.inference.premises import write_out
from kaug.knowledge.inference.rules import CONCLUDED, VOCABULARY, Level, iri, number_rules

__all__ = ["CONCLUDED", "VOCABULARY", "Inferred", "infer"]

_OWN = (":lists", ":chains")  # a list has a node; the rest of a property chain begins at a node
_LISTS = ("owl:propertyChainAxiom", "owl:intersectionOf", "owl:unionOf", "owl:oneOf")
_TOP = ("owl:Thing", "rdfs:Resource", "owl:topObjectProperty", "owl:topDataProperty")
_EXPRESSIONS = ("owl:onProperty", "owl:intersectionOf", "owl:unionOf", "owl:oneOf", "owl:complementOf", "rdf:first")
_CLASS_OBJECT = ("rdf:type", "rdfs:subClassOf", "owl:equivalentClass", "rdfs:domain", "rdfs:range")
_REFLEXIVE = ("rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty", "owl:sameAs")
_LIST_LENGTH = 256
_LIST_CELLS = 1 << 24  # the size of all lists: for each node its links, and a row
_ROW_CELLS = 16  # the size of a row, in links
_PREMISES = 32  # the premises of all conclusions per conclusion that a rule may make

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Inferred:
    """Conclusions, in the order in which they were inferred: premises come before their conclusions.

    Attributes:
        subject: uint32 (n,): term numbers.
        predicate: uint32 (n,).
        object: uint32 (n,).
        rule: Strings, n: the rule's name.
        premises: Lists of int64, n: row numbers. 0 to m-1 are the m rows given, m to m+n-1 the rows inferred.
        counts: The number of conclusions of each rule; `rule X stopped at` if a limit stopped it; conclusions left out.
    """

    subject: NDArray[np.uint32]
    predicate: NDArray[np.uint32]
    object: NDArray[np.uint32]
    rule: pa.Array
    premises: pa.ListArray
    counts: dict[str, int]


def infer(
    subject: NDArray[np.uint32],
    predicate: NDArray[np.uint32],
    object: NDArray[np.uint32],
    number: Mapping[str, int],
    literal: Mask,
    *,
    rules: Level,
    limit: int = 1_000_000,
    blank: Mask | None = None,
    list_cells: int = _LIST_CELLS,
) -> Inferred:
    """Infer everything that follows from triples by the rules of one level.

    Inference is semi-naive: in each round every rule joins the rows that were new in the round before with all rows. Of
    several derivations of a triple, kaug keeps that of the earliest round, then of the first rule, then with the first
    premises in the sorted triples: it does not depend on the order of the input.

    Args:
        subject: uint32 (m,): term numbers of all triples, including axioms.
        predicate: uint32 (m,).
        object: uint32 (m,).
        number: The term numbers of the IRIs of `VOCABULARY`; those of `CONCLUDED` are needed for conclusions.
        literal: bool (terms,): which terms are literals, which are never subjects.
        rules: `rdfs` or `owl` (which includes `rdfs`).
        limit: The maximum of conclusions per rule. A rule that reaches it, or another limit that depends on it (see
            docs/inference.md), stops; the counts show it.
        blank: bool (terms,): which terms are blank nodes; None for none. Conclusions about anonymous classes are left out;
            their premises replace them as premises of others.
        list_cells: The maximum size of all lists: 16 for each node, 1 for each link to it.

    Returns:
        The conclusions, without given and trivial ones.

    Raises:
        ValueError: A conclusion needs an IRI of `CONCLUDED` that has no number.

    Examples:
        >>> names = ["lome", "City", "Place", *CONCLUDED]
        >>> number = {name: row for row, name in enumerate(names)}
        >>> lome, city, place, type_of, subclass = (np.uint32(row) for row in range(5))
        >>> inferred = infer(
        ...     *np.array([[city, subclass, place], [lome, type_of, city]]).T, number, np.zeros(7, bool), rules="rdfs"
        ... )
        >>> [names[column[0]].rpartition("#")[2] for column in (inferred.subject, inferred.predicate, inferred.object)]
        ['lome', 'type', 'Place']
        >>> inferred.rule[0].as_py(), inferred.premises[0].as_py()
        ('cax-sco', [1, 0])
    """
    if limit < 1:
        raise ValueError(f"limit is {limit}; a rule must be allowed at least one conclusion.")
    triples = np.stack([subject, predicate, object])
    order = canonical_order(triples)
    given = order[first_of_run(triples.take(order, axis=1))]  # of equal rows the first, as the order is stable
    triples = triples.take(given, axis=1)
    terms = _Terms(number, literal, blank)
    counts: Counter[str] = Counter()
    lists = _read_lists(triples, terms, counts, list_cells)
    same_as = terms.numbers[iri("owl:sameAs")]
    derived, names, stopped = close(triples, lists, number_rules(rules, terms.numbers), terms.refuse, limit, same_as)
    hidden = terms.hidden(derived.triples, triples)
    premises, lengths = write_out(derived, hidden, len(given), min(_PREMISES * limit, np.iinfo(np.int32).max))
    shown = np.flatnonzero(~hidden)
    counts["left out: too many premises"] = len(shown) - len(lengths)
    shown = shown[: len(lengths)]
    subject, predicate, object = derived.triples.take(shown, axis=1)
    for name in CONCLUDED:
        if name not in number and (predicate == terms.numbers[name]).any():
            raise ValueError(f"A conclusion needs {name}, which has no term number; give one to each IRI of CONCLUDED.")
    rule = np.array(names, dtype=np.object_)[derived.rule[shown]]
    counts.update(rule.tolist())
    anonymous = hidden & (derived.rule >= 0)
    counts["left out: about an anonymous class or property, or the vocabulary"] = int(anonymous.sum())
    row = np.append(given, np.full(len(hidden), -1))
    row[len(given) + shown] = len(order) + np.arange(len(shown))
    stops = {f"rule {name} stopped at": count for name, count in stopped.items()}  # 0, too
    return Inferred(
        subject,
        predicate,
        object,
        pa.array(rule, pa.string()),
        pa.ListArray.from_arrays(pa.array(np.append(0, np.cumsum(lengths)), pa.int32()), pa.array(row[premises])),
        dict(sorted({**{name: count for name, count in counts.items() if count}, **stops}.items())),
    )


class _Terms:
    """The terms that rules treat differently; names of rules that have no term get numbers after all terms."""

    def __init__(self, number: Mapping[str, int], literal: Mask, blank: Mask | None) -> None:
        extra = [*_OWN, *(name for name in CONCLUDED if name not in number)]
        self.numbers = {name: number[name] for name in VOCABULARY if name in number}
        self.numbers |= {name: len(literal) + position for position, name in enumerate(extra)}
        self.size = max(self.numbers.values()) + 1
        blank = np.zeros(0, dtype=bool) if blank is None else blank
        self.literal, self.blank = (np.pad(mask, (0, self.size - len(mask))) for mask in (literal, blank))
        self.reflexive = self.mark(map(iri, _REFLEXIVE))
        self.above = self.mark(map(iri, ("rdf:type", "rdfs:subClassOf", "rdfs:subPropertyOf")))
        self.top = self.mark(map(iri, _TOP))

    def mark(self, names: Iterable[str]) -> Mask:
        marked = np.zeros(self.size, dtype=bool)
        marked[[self.numbers[name] for name in names if name in self.numbers]] = True
        return marked

    def refuse(self, triples: Triples) -> Mask:
        """Return which conclusions are dropped: with a literal as subject or predicate, and trivial ones."""
        subject, predicate, value = triples
        trivial = (self.reflexive[predicate] & (subject == value)) | (self.above[predicate] & self.top[value])
        return np.asarray(self.literal[subject] | self.literal[predicate] | trivial)

    def hidden(self, conclusions: Triples, given: Triples) -> Mask:
        """Return which conclusions are hidden: about anonymous classes and properties, the vocabulary, links of lists."""
        subject, predicate, value = given
        anonymous = np.zeros(self.size, dtype=bool)
        anonymous[subject[self.mark(map(iri, _EXPRESSIONS))[predicate]]] = True
        anonymous[value[self.mark(map(iri, _CLASS_OBJECT))[predicate]]] = True
        anonymous &= self.blank
        subject, predicate, value = conclusions
        unnamed = anonymous | self.mark(VOCABULARY)
        return np.asarray(unnamed[subject] | anonymous[value] | (self.blank | self.mark(_OWN))[predicate])


def _read_lists(triples: Triples, terms: _Terms, counts: Counter[str], room: int) -> Derived:
    """Walk the lists of class expressions and property chains: derive from its links that a list has a node."""
    subject, predicate, value = triples
    rest, nil, chain = (terms.numbers.get(iri(name), -1) for name in ("rdf:rest", "rdf:nil", _LISTS[0]))
    links = np.flatnonzero(
        (predicate == rest) & (value != nil)
    )  # ascending by subject, as all rows of one predicate are
    head = node = np.unique(value[terms.mark(map(iri, _LISTS))[predicate]])
    path = np.zeros((len(head), 0), np.int64)  # the links from the head to the node
    seen = np.zeros(0, np.uint64)
    heads, nodes, paths = [head], [node], [path]
    for length in range(1, _LIST_LENGTH + 1):
        seen = np.union1d(seen, pair_keys(head, node))
        low, high = (np.searchsorted(subject[links], node, side) for side in ("left", "right"))
        room -= int((high - low).sum()) * (length + _ROW_CELLS)
        if room < 0:
            counts[f"lists cut after {length} members"] = len(np.unique(head[high > low]))
            break
        owner, position = expand(low, high)
        link = links[position]
        pairs, first = np.unique(pair_keys(head[owner], value[link]), return_index=True)
        first = first[~np.isin(pairs, seen)]
        owner, link = owner[first], link[first]
        if length == _LIST_LENGTH and len(owner):
            counts[f"lists cut after {length} members"] = len(np.unique(head[owner]))
        if length == _LIST_LENGTH or not len(owner):
            break
        path, head, node = np.column_stack((path[owner], link)), head[owner], value[link]
        heads, nodes, paths = [*heads, head], [*nodes, node], [*paths, path]
    head, node = np.concatenate(heads), np.concatenate(nodes)
    lengths = np.concatenate([np.full(*path.shape) for path in paths])
    later = np.unique(node[(lengths > 0) & np.isin(head, value[predicate == chain])])
    total = len(node) + len(later)
    own = np.repeat([terms.numbers[name] for name in _OWN], [len(node), len(later)])
    return Derived(
        np.array([np.append(head, later), own, np.append(node, later)], np.uint32),
        np.full(total, -1, np.int16),
        np.concatenate([path.ravel() for path in paths]),
        np.append(lengths, np.zeros(len(later), np.int64)),
    )
