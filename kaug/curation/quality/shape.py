"""Columns → what is odd in the shape of the graph: cycles in hierarchies, orphans, dangling objects, islands, hubs."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, grouped
from kaug.curation.quality.columns import OWL, RDF, RDFS, SKOS, XSD, Columns
from kaug.curation.quality.finding import Finding, Item, counted

__all__ = ["check_cycles", "check_ends", "check_islands", "cycles", "hierarchies"]

_SHOWN = 5
_HUB_SHARE, _HUB_FACTS = 0.05, 100
_KNOWN = (RDFS + "subClassOf", RDFS + "subPropertyOf", SKOS + "broader", SKOS + "narrower", SKOS + "broaderTransitive")
_HIERARCHICAL = re.compile(
    r"is_?a|(?:is_?)?(?:(?:proper_?)?part|member|component|kind|type|child|descendant|sub\w*?)_?of"
    r"|(?:is_?)?(?:contained|located)_?(?:in|by)|within|(?:has_?)?parent\w*|broader\w*|narrower\w*",
    re.IGNORECASE,
)
_STANDARD = (RDF, RDFS, OWL, SKOS, XSD)


def hierarchies(c: Columns) -> Numbers:
    """Return the predicates that should have no cycle: known ones, those declared transitive, those named like one."""
    used = np.unique(c.predicate)
    names = [re.split(r"[#/:]", value)[-1].replace("-", "_") for value in c.values(used).to_pylist()]
    named = np.array([_HIERARCHICAL.fullmatch(name) is not None for name in names], dtype=bool)
    known = np.concatenate([c.find(_KNOWN), c.typed(OWL + "TransitiveProperty")])
    even = np.concatenate([c.typed(OWL + "SymmetricProperty"), c.find([OWL + "sameAs", OWL + "equivalentClass"])])
    return used[(named | np.isin(used, known)) & ~np.isin(used, even)]


def cycles(one: Numbers, other: Numbers) -> list[Numbers]:
    """Find the strongly connected components of a graph that hold a cycle.

    Args:
        one: int64 (n,): where edges start.
        other: int64 (n,): where they end.

    Returns:
        The members of each, ascending; the largest component first, then by its least member. A node that points at
        itself makes one of its own.

    Examples:
        >>> [part.tolist() for part in cycles(np.array([1, 2, 3, 5]), np.array([2, 1, 1, 5]))]
        [[1, 2], [5]]
    """
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    if not len(one):
        return []
    nodes, place = np.unique(np.concatenate([one, other]), return_inverse=True)
    start, end = place[: len(one)], place[len(one) :]
    graph = sp.coo_array((np.ones(len(one), np.int8), (start, end)), shape=(len(nodes), len(nodes)))
    part = connected_components(graph.tocsr(), directed=True, connection="strong")[1]
    cyclic = np.bincount(part) > 1
    cyclic[part[start[start == end]]] = True
    groups = grouped(part)
    found = [nodes[groups[number]] for number in np.flatnonzero(cyclic).tolist()]
    return sorted(found, key=lambda members: (-len(members), int(members[0])))


def check_cycles(c: Columns, most: int) -> Iterator[Finding]:
    """Find cycles in each hierarchy."""
    items = []
    number = np.full(c.terms, -1, dtype=np.int64)
    for predicate in hierarchies(c).tolist():
        rows = c.rows(predicate, axioms=True)
        rows = rows[c.kind[c.object[rows]] != 1]
        circles = cycles(c.subject[rows], c.object[rows])
        for n, members in enumerate(circles):
            number[members] = n
        same = (number[c.subject[rows]] == number[c.object[rows]]) & (number[c.subject[rows]] >= 0)
        rows = rows[same]
        groups = grouped(number[c.subject[rows]])
        for n, members in enumerate(circles):
            facts = rows[groups[n]][:3].tolist() if n < most else []
            terms = [*members[:_SHOWN].tolist(), predicate]
            note = (f"{counted(len(members), 'member', 'members')} in a circle of “", len(terms) - 1, "”")
            items.append(Item(terms, note, len(members), facts))
            number[members] = -1
    items.sort(key=lambda item: (-item.count, item.terms))
    yield Finding("cycle", len(items), items[:most])


def check_ends(c: Columns, most: int) -> Iterator[Finding]:
    """Find orphans, leaves, classes without instances, properties without facts, and objects of which nothing is said."""

    def listed(id_: str, terms: Numbers, total: int = 0) -> Finding:
        items = [Item([term], facts=c.about(term, axioms=True)) for term in terms[:most].tolist()]
        return Finding(id_, len(terms), items, {"total": total})

    facts, axioms = slice(c.facts), slice(c.facts, None)
    used = np.concatenate([c.subject[facts], c.predicate[facts], c.object[facts]])
    described = np.concatenate([c.subject[axioms], c.object[axioms], c.kb.lexicon["predicate"].to_numpy()])
    unused = np.ones(c.terms, dtype=bool)
    unused[np.concatenate([used, described]).astype(np.int64)] = False
    names = np.unique(c.kb.labels["term"].to_numpy()).astype(np.int64)
    yield listed("orphan", names[unused[names]])
    declared = c.typed(OWL + "ObjectProperty", OWL + "DatatypeProperty", RDF + "Property")
    declared = declared[c.kind[declared] == 0]
    yield listed("unused-property", declared[~np.isin(declared, c.predicate[facts])], len(declared))
    classes = c.classes[c.kind[c.classes] == 0]
    classes = classes[~_standard(c, classes)]
    filled = np.concatenate([c.types[1], c.pairs(RDFS + "subClassOf")[1]])
    yield listed("empty-class", classes[~np.isin(classes, filled)], len(classes))
    degree = c.degree
    yield listed("single-fact", c.entities[degree[c.entities] == 1], len(c.entities))
    yield from _dangling(c, most)
    hubs = c.entities[degree[c.entities] >= max(_HUB_FACTS, _HUB_SHARE * c.facts)]
    items = [
        Item(
            [term], (f"{degree[term]:,} facts, {degree[term] / c.facts:.0%} of all",), int(degree[term]), c.about(term)
        )
        for term in hubs[np.lexsort((hubs, -degree[hubs]))][:most].tolist()
    ]
    yield Finding("hub", len(hubs), items, {"share": _HUB_SHARE})


def check_islands(c: Columns, most: int) -> Iterator[Finding]:
    """Find the parts of the graph that no fact links to the largest one."""
    part, sizes = c.components
    if len(sizes) < 2:
        return
    groups = grouped(part)
    items = []
    for number in np.argsort(-sizes, kind="stable")[1 : most + 1].tolist():
        members, size = c.entities[groups[number]][:3].tolist(), int(sizes[number])
        items.append(Item(members, (counted(size, "entity", "entities"),), size, c.about(members[0])))
    outside = counted(int(sizes.sum() - sizes.max()), "entity lies", "entities lie")
    figures = {"parts": len(sizes), "outside": outside, "largest": int(sizes.max())}
    yield Finding("islands", len(sizes) - 1, items, figures)


def _dangling(c: Columns, most: int) -> Iterator[Finding]:
    described = np.zeros(c.terms, dtype=bool)
    described[c.subject] = True
    described[c.kb.labels["term"].to_numpy()] = True
    objects, many = np.unique(c.object[: c.facts], return_counts=True)
    loose = (c.kind[objects] == 0) & ~described[objects]
    loose[loose] = ~_standard(c, objects[loose])
    # Ordered once: those that most facts point at first.
    order = np.flatnonzero(loose)[np.argsort(-many[loose], kind="stable")]
    objects, many = objects[order], many[order]
    subjects = np.unique(c.subject[: c.facts])
    own = pc.unique(_namespaces(c, subjects[c.kind[subjects] == 0]))
    spaces = _namespaces(c, objects)
    inner = pc.is_in(spaces, value_set=own).to_numpy(zero_copy_only=False)
    shown = np.flatnonzero(inner)[:most]
    items = [
        Item([term], (counted(number, "fact", "facts"), *hint), number, c.about(term))
        for term, number, hint in zip(
            objects[shown].tolist(), many[shown].tolist(), _alike(c, described, objects[shown]), strict=True
        )
    ]
    yield Finding("dangling", int(inner.sum()), items)
    outside = pa.table({"space": spaces, "term": objects}).filter(pa.array(~inner))
    groups = outside.group_by("space", use_threads=False).aggregate([("term", "list"), ("term", "count")])
    largest = groups.sort_by([("term_count", "descending"), ("space", "ascending")]).slice(0, most)
    shown_of = pc.list_slice(largest["term_list"], 0, 3).to_pylist()
    items = [
        Item(terms, (f"in {space}",), number, c.example_of(terms))
        for space, number, terms in zip(
            largest["space"].to_pylist(), largest["term_count"].to_pylist(), shown_of, strict=True
        )
    ]
    namespaces = counted(len(groups), "namespace", "namespaces")
    yield Finding("foreign", len(outside), items, {"namespaces": namespaces})


def _alike(c: Columns, described: NDArray[np.bool_], terms: Numbers) -> list[tuple[str, ...]]:
    """For each term, the IRI of something described whose last part is the same but for case, as the end of a note."""
    known = np.flatnonzero(described & (c.kind == 0)).astype(np.int64)
    lasts = [pc.utf8_lower(pc.replace_substring_regex(c.values(part), r"^.*[#/:]", "")) for part in (known, terms)]
    hits = pc.index_in(lasts[1], value_set=lasts[0])
    names = c.values(known).take(hits).to_pylist()
    return [() if name is None else (f"; described is {name}",) for name in names]


def _standard(c: Columns, terms: Numbers) -> NDArray[np.bool_]:
    values = c.values(terms)
    within = [pc.starts_with(values, space).to_numpy(zero_copy_only=False) for space in _STANDARD]
    return np.asarray(np.logical_or.reduce(within))


def _namespaces(c: Columns, terms: Numbers) -> pa.Array:
    return pc.replace_substring_regex(c.values(terms), r"[^#/:]*[#/:]?$", "")
