"""Triples → what follows from them by RDFS or OWL RL, each conclusion with its rule and its premises."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import expand, pair_keys
from kaug.knowledge.inference.closure import Derived, close
from kaug.knowledge.inference.joins import Columns, Rows
from kaug.knowledge.inference.premises import write_out
from kaug.knowledge.inference.rules import CONCLUDED, VOCABULARY, Level, iri, number_rules

__all__ = ["CONCLUDED", "VOCABULARY", "Inferred", "infer"]

_OWN = (":lists", ":chains")  # that a list has a node; that a node is where the rest of a property chain begins
_LISTS = ("owl:propertyChainAxiom", "owl:intersectionOf", "owl:unionOf", "owl:oneOf")
_TOP = ("owl:Thing", "rdfs:Resource", "owl:topObjectProperty", "owl:topDataProperty")
_EXPRESSIONS = ("owl:onProperty", "owl:intersectionOf", "owl:unionOf", "owl:oneOf", "owl:complementOf", "rdf:first")
_CLASS_OBJECT = ("rdf:type", "rdfs:subClassOf", "owl:equivalentClass", "rdfs:domain", "rdfs:range")
_REFLEXIVE = ("rdfs:subClassOf", "rdfs:subPropertyOf", "owl:equivalentClass", "owl:equivalentProperty", "owl:sameAs")
_LIST_LENGTH = 256
_LIST_CELLS = 1 << 24  # what all lists together may take: for each node of each its links, and a row
_ROW_CELLS = 16  # what a row takes, in links
_PREMISES = 32  # how many premises all conclusions together may have for each that a rule may make

Numbers = Mapping[str, int]


@dataclass(frozen=True)
class Inferred:
    """What follows, in the order in which it was inferred: a premise stands before what rests on it.

    Attributes:
        subject: uint32 (n,): term numbers.
        predicate: uint32 (n,).
        object: uint32 (n,).
        rule: Strings, n: the rule's name.
        premises: Lists of int64, n: row numbers. 0 to m-1 are the m rows given, m to m+n-1 the rows inferred.
        counts: How many conclusions each rule made; `rule X stopped at` where a cap stopped it; what was left out.
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
    number: Mapping[str, int] | Callable[[str], int | None],
    literal: NDArray[np.bool_],
    *,
    rules: Level,
    limit: int = 1_000_000,
    blank: NDArray[np.bool_] | None = None,
    list_cells: int = _LIST_CELLS,
) -> Inferred:
    """Infer all that follows from triples by the rules of one level.

    Inference is semi-naive: in each round every rule joins the rows that were new in the round before with all rows. Of
    several derivations of a triple the one kept is that of the earliest round, then of the first rule, then of the first
    premises in the order of the triples: it does not depend on the order in which they are given.

    Args:
        subject: uint32 (m,): term numbers of all triples, the axioms among them.
        predicate: uint32 (m,).
        object: uint32 (m,).
        number: The term number of an IRI of `VOCABULARY`; None, or absent, where it has none. Those of `CONCLUDED` should
            have one: conclusions are made with them.
        literal: bool (terms,): which terms are literals. None becomes a subject.
        rules: `rdfs` or `owl` (which includes `rdfs`).
        limit: The most conclusions that one rule may make; all together may make eight times as many. A rule that reaches
            it stops, as does one that looks at 64 derivations or 1,024 pairs of rows for each conclusion allowed. All
            together may have 32 premises for each; the counts say what was cut.
        blank: bool (terms,): which terms are blank nodes; without it, none. What is concluded of anonymous classes is left
            out; where another conclusion rests on it, its own premises stand in its place.
        list_cells: What all lists together may take: for each of their nodes each link to it, and 16 for the node.

    Returns:
        The conclusions: none that is given, none that is trivial.

    Raises:
        ValueError: A conclusion needs an IRI of `CONCLUDED` that has no number.

    Examples:
        >>> names = ["lome", "City", "Place", *CONCLUDED]
        >>> number = {name: row for row, name in enumerate(names)}
        >>> lome, city, place, type_of, subclass = (np.uint32(row) for row in range(5))
        >>> found = infer(
        ...     *np.array([[city, subclass, place], [lome, type_of, city]]).T, number, np.zeros(7, bool), rules="rdfs"
        ... )
        >>> [names[column[0]].rpartition("#")[2] for column in (found.subject, found.predicate, found.object)]
        ['lome', 'type', 'Place']
        >>> found.rule[0].as_py(), found.premises[0].as_py()
        ('cax-sco', [1, 0])
    """
    if limit < 1:
        raise ValueError(f"limit is {limit}; a rule must be allowed at least one conclusion.")
    given: Columns = (subject, predicate, object)
    find = number.get if isinstance(number, Mapping) else number
    known = {name: found for name in VOCABULARY if (found := find(name)) is not None}
    numbers = _numbers(known, len(literal))
    size = max(numbers.values()) + 1
    order = np.lexsort((object, subject, predicate))
    starts = np.flatnonzero(_differs(given, order))
    asserted = np.minimum.reduceat(order, starts) if len(order) else order
    columns: Columns = (subject[asserted], predicate[asserted], object[asserted])
    counts: Counter[str] = Counter()
    closure = close(
        columns,
        _lists(columns, numbers, counts, list_cells),
        number_rules(rules, numbers),
        _refused(numbers, _padded(literal, size)),
        limit,
        numbers[iri("owl:sameAs")],
    )
    # A rule may be stopped before it concludes anything: that is said too.
    stopped = {f"rule {name} stopped at": made for name, made in closure.stopped.items()}
    derived = closure.derived
    hidden = _hidden(columns, numbers, _padded(blank, size))(derived.columns)
    most = min(_PREMISES * limit, np.iinfo(np.int32).max)
    premises, lengths = write_out(derived, hidden, len(asserted), most)
    shown = np.flatnonzero(~hidden)
    counts["left out: too many premises"] = len(shown) - len(lengths)
    shown = shown[: len(lengths)]
    subject, predicate, object = (column[shown] for column in derived.columns)
    for name in CONCLUDED:
        if name not in known and (predicate == numbers[name]).any():
            raise ValueError(f"A conclusion needs {name}, which has no term number; give one to each IRI of CONCLUDED.")
    names = np.array(closure.names, dtype=np.object_)[derived.rule[shown]]
    counts.update(names.tolist())
    counts["left out: about an anonymous class or property, or the vocabulary"] = int(
        (hidden & (derived.rule >= 0)).sum()
    )
    place = np.concatenate([asserted, np.full(len(hidden), -1)])
    place[len(asserted) + shown] = len(order) + np.arange(len(shown))
    return Inferred(
        subject,
        predicate,
        object,
        pa.array(names, pa.string()),
        pa.ListArray.from_arrays(pa.array(np.append(0, np.cumsum(lengths)), pa.int32()), pa.array(place[premises])),
        dict(sorted({**{name: count for name, count in counts.items() if count}, **stopped}.items())),
    )


def _numbers(known: Numbers, terms: int) -> dict[str, int]:
    """Number what the rules need and the caller does not have: numbers after those of all terms."""
    extra = [*_OWN, *(name for name in CONCLUDED if name not in known)]
    return {**known, **{name: terms + at for at, name in enumerate(extra)}}


def _padded(mask: NDArray[np.bool_] | None, size: int) -> NDArray[np.bool_]:
    padded = np.zeros(size, dtype=bool)
    if mask is not None:
        padded[: len(mask)] = mask
    return padded


def _marked(numbers: Numbers, names: Iterable[str], size: int) -> NDArray[np.bool_]:
    marked = np.zeros(size, dtype=bool)
    marked[[numbers[name] for name in names if name in numbers]] = True
    return marked


def _refused(numbers: Numbers, literal: NDArray[np.bool_]) -> Callable[[Columns], NDArray[np.bool_]]:
    """Say which conclusions are none: those with a literal as subject or predicate, and the trivial ones."""
    size = len(literal)
    reflexive = _marked(numbers, map(iri, _REFLEXIVE), size)
    above = _marked(numbers, map(iri, ("rdf:type", "rdfs:subClassOf", "rdfs:subPropertyOf")), size)
    top = _marked(numbers, map(iri, _TOP), size)

    def refused(columns: Columns) -> NDArray[np.bool_]:
        subject, predicate, value = columns
        trivial = (reflexive[predicate] & (subject == value)) | (above[predicate] & top[value])
        none: NDArray[np.bool_] = literal[subject] | literal[predicate] | trivial
        return none

    return refused


def _hidden(columns: Columns, numbers: Numbers, blank: NDArray[np.bool_]) -> Callable[[Columns], NDArray[np.bool_]]:
    """Say which conclusions are not shown: about an anonymous class or property, the vocabulary, or the links of lists."""
    size = len(blank)
    subject, predicate, value = columns
    anonymous = np.zeros(size, dtype=bool)
    anonymous[subject[_marked(numbers, map(iri, _EXPRESSIONS), size)[predicate]]] = True
    anonymous[value[_marked(numbers, map(iri, _CLASS_OBJECT), size)[predicate]]] = True
    anonymous &= blank
    no_subject = anonymous | _marked(numbers, VOCABULARY, size)
    no_predicate = blank | _marked(numbers, _OWN, size)

    def hidden(columns: Columns) -> NDArray[np.bool_]:
        return no_subject[columns[0]] | anonymous[columns[2]] | no_predicate[columns[1]]

    return hidden


def _lists(columns: Columns, numbers: Numbers, counts: Counter[str], room: int) -> Derived:
    """Walk the lists of class expressions and property chains: derive that a list has a node, from its links."""
    subject, predicate, value = columns
    rest, nil = numbers.get(iri("rdf:rest"), -1), numbers.get(iri("rdf:nil"), -1)
    # ascending by subject, as all rows of one predicate are
    links = np.flatnonzero((predicate == rest) & (value != nil))
    heads = np.unique(value[_marked(numbers, map(iri, _LISTS), int(max(numbers.values())) + 1)[predicate]])
    chains = np.unique(value[predicate == numbers.get(iri(_LISTS[0]), -1)])
    head, node, seen = heads, heads, np.zeros(0, np.uint64)
    path = np.zeros((len(head), 0), np.int64)  # the links from the head to the node
    parts, paths = [(head, node)], [path]
    for length in range(1, _LIST_LENGTH + 1):
        seen = np.union1d(seen, pair_keys(head, node))
        low, high = (np.searchsorted(subject[links], node, side) for side in ("left", "right"))
        room -= int((high - low).sum()) * (length + _ROW_CELLS)
        if room < 0:
            counts[f"lists cut after {length} members"] = len(np.unique(head[high > low]))
            break
        owner, link = expand(low, high)
        link = links[link]
        pairs, at = np.unique(pair_keys(head[owner], value[link]), return_index=True)
        new = ~np.isin(pairs, seen)
        owner, link = owner[at[new]], link[at[new]]
        if length == _LIST_LENGTH and len(owner):
            counts[f"lists cut after {length} members"] = len(np.unique(head[owner]))
        if length == _LIST_LENGTH or not len(owner):
            break
        path, head, node = np.column_stack((path[owner], link)), head[owner], value[link]
        parts.append((head, node))
        paths.append(path)
    heads, nodes = (np.concatenate([part[at] for part in parts]) for at in range(2))
    later = np.unique(nodes[len(parts[0][0]) :][np.isin(heads[len(parts[0][0]) :], chains)])
    own = [np.full(len(column), numbers[name], np.uint32) for name, column in zip(_OWN, (nodes, later), strict=True)]
    total = len(nodes) + len(later)
    return Derived(
        (np.concatenate([heads, later]), np.concatenate(own), np.concatenate([nodes, later])),
        np.full(total, -1, np.int16),
        np.concatenate([path.ravel() for path in paths]),
        np.concatenate([*(np.full(*path.shape) for path in paths), np.zeros(len(later), np.int64)]),
    )


def _differs(columns: Columns, order: Rows) -> NDArray[np.bool_]:
    differs = np.ones(len(order), dtype=bool)
    differs[1:] = np.logical_or.reduce([column[order][1:] != column[order][:-1] for column in columns])
    return differs
