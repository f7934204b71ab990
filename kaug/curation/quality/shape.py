"""Columns → what is odd in the shape of the graph: cycles in hierarchies, orphans, dangling objects, islands, hubs."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers as Ints
from kaug.arrays import runs
from kaug.curation.quality.columns import OWL, RDF, RDFS, SKOS, XSD, Columns
from kaug.curation.quality.finding import Finding, Item, counted

__all__ = ["check_cycles", "check_ends", "check_islands", "components", "cycles", "degrees", "hierarchies"]

_SHOWN = 5
_HUB_SHARE, _HUB_LEAST = 0.05, 100
_KNOWN = (RDFS + "subClassOf", RDFS + "subPropertyOf", SKOS + "broader", SKOS + "narrower", SKOS + "broaderTransitive")
_HIERARCHICAL = re.compile(
    r"is_?a|(?:is_?)?(?:(?:proper_?)?part|member|component|kind|type|child|descendant|sub\w*?)_?of"
    r"|(?:is_?)?(?:contained|located)_?(?:in|by)|within|(?:has_?)?parent\w*|broader\w*|narrower\w*",
    re.IGNORECASE,
)
_STANDARD = (RDF, RDFS, OWL, SKOS, XSD)


def hierarchies(c: Columns) -> Ints:
    """Return the predicates that should have no cycle: known ones, those declared transitive, those named like one."""
    used = np.unique(c.predicate)
    names = [re.split(r"[#/:]", value)[-1] for value in c.values(used).to_pylist()]
    looks = np.array([_HIERARCHICAL.fullmatch(name.replace("-", "_")) is not None for name in names], dtype=bool)
    found = looks | np.isin(used, c.find(_KNOWN)) | np.isin(used, c.typed(OWL + "TransitiveProperty"))
    even = np.concatenate([c.typed(OWL + "SymmetricProperty"), c.find([OWL + "sameAs", OWL + "equivalentClass"])])
    return used[found & ~np.isin(used, even)]


def cycles(one: Ints, other: Ints) -> list[Ints]:
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
    holds = np.bincount(part) > 1
    holds[part[start[start == end]]] = True
    inside = np.flatnonzero(holds[part])
    order = inside[np.lexsort((inside, part[inside]))]
    starts, sizes = runs(part[order])
    found = [nodes[order[at : at + size]] for at, size in zip(starts.tolist(), sizes.tolist(), strict=True)]
    return sorted(found, key=lambda members: (-len(members), int(members[0])))


def check_cycles(c: Columns, most: int) -> list[Finding]:
    """Find cycles in each hierarchy."""
    items = []
    number = np.full(c.terms, -1, dtype=np.int64)
    for predicate in hierarchies(c).tolist():
        rows = c.rows(predicate, axioms=True)
        rows = rows[c.kind[c.object[rows]] != 1]
        found = cycles(c.subject[rows], c.object[rows])
        for n, members in enumerate(found):
            number[members] = n
        same = (number[c.subject[rows]] == number[c.object[rows]]) & (number[c.subject[rows]] >= 0)
        inner, group = rows[same], number[c.subject[rows[same]]]
        order = np.argsort(group, kind="stable")
        starts = np.searchsorted(group[order], np.arange(min(len(found), most) + 1))
        for n, members in enumerate(found):
            facts = inner[order[starts[n] : starts[n + 1]]][:3].tolist() if n < most else []
            terms = [*members[:_SHOWN].tolist(), predicate]
            tail = f"{counted(len(members), 'member', 'members')} in a circle of “"
            items.append(Item(terms, (tail, len(terms) - 1, "”"), len(members), facts))
            number[members] = -1
    if not items:
        return []
    items.sort(key=lambda item: (-item.count, item.terms))
    what = f"{counted(len(items), 'cycle', 'cycles')} in hierarchies."
    do = "Remove the link that points the wrong way; a thing does not lie above itself."
    return [Finding("cycle", "shape", "warning", what, do, len(items), items[:most])]


def check_ends(c: Columns, most: int) -> list[Finding]:
    """Find orphans, leaves, classes without instances, properties without facts, and objects of which nothing is said."""
    found = []
    ends = np.zeros(c.terms, dtype=bool)
    ends[np.concatenate([c.subject[: c.facts], c.predicate[: c.facts], c.object[: c.facts]])] = True
    described = np.zeros(c.terms, dtype=bool)
    described[np.concatenate([c.subject[c.facts :], c.object[c.facts :], c.kb.lexicon["predicate"].to_numpy()])] = True
    names = np.unique(c.kb.labels["term"].to_numpy()).astype(np.int64)
    orphans = names[~ends[names] & ~described[names]]
    found += _list(
        c,
        most,
        Finding(
            "orphan",
            "shape",
            "warning",
            f"{counted(len(orphans), 'entity has', 'entities have')} a label but no fact.",
            "Say something of it, or leave it out: nothing is taught of it.",
            len(orphans),
        ),
        orphans,
    )
    declared = c.typed(*(OWL + name for name in ("ObjectProperty", "DatatypeProperty")), RDF + "Property")
    declared = declared[c.kind[declared] == 0]
    idle = declared[~np.isin(declared, c.predicate[: c.facts])]
    what = f"{counted(len(idle), 'property is', 'properties are')} declared and not used, of {len(declared):,}."
    do = "Nothing, if the vocabulary is another's; else a source may be missing."
    found += _list(c, most, Finding("unused-property", "shape", "info", what, do, len(idle)), idle)
    classes = c.classes[c.kind[c.classes] == 0]
    classes = classes[~_standard(c, classes)]
    _, above = c.pairs(RDFS + "subClassOf")
    empty = classes[~np.isin(classes, c.types[1]) & ~np.isin(classes, above)]
    what = (
        f"{counted(len(empty), 'class has', 'classes have')} neither an instance nor a subclass, of {len(classes):,}."
    )
    do = "Nothing, in an ontology without instances; else instances may be missing, or typed by another IRI."
    found += _list(c, most, Finding("empty-class", "shape", "info", what, do, len(empty)), empty)
    degree = degrees(c)
    lonely = c.entities[degree[c.entities] == 1]
    what = f"{counted(len(lonely), 'entity occurs', 'entities occur')} in one fact only, of {len(c.entities):,}."
    do = "Little can be asked of it: add facts where it matters."
    found += _list(c, most, Finding("single-fact", "shape", "info", what, do, len(lonely)), lonely)
    return found + _dangling(c, most) + _hubs(c, most, degree)


def check_islands(c: Columns, most: int) -> list[Finding]:
    """Find the parts of the graph that no fact links to the largest one."""
    part, sizes = components(c)
    if len(sizes) < 2:
        return []
    order = np.lexsort((np.arange(len(sizes)), -sizes))[1:]
    _, first = np.unique(part, return_index=True)
    ranked = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[ranked], np.arange(len(sizes)))
    items = []
    for n in order[:most]:
        members = c.entities[ranked[starts[n] : starts[n] + min(int(sizes[n]), 3)]].tolist()
        facts = c.about(int(c.entities[first[n]]))
        items.append(Item(members, (counted(int(sizes[n]), "entity", "entities"),), int(sizes[n]), facts))
    rest = int(sizes.sum() - sizes.max())
    what = (
        f"The graph falls into {len(sizes):,} parts; {counted(rest, 'entity lies', 'entities lie')} outside the largest, "
        f"which has {int(sizes.max()):,}."
    )
    do = "Link them, if they belong together: no question of two hops crosses from one to another."
    return [Finding("islands", "shape", "info", what, do, len(sizes) - 1, items)]


def degrees(c: Columns) -> Ints:
    """Count, for every term, the facts that it is the subject or the object of; int64, one per term."""
    subject, value = c.subject[: c.facts], c.object[: c.facts]
    twice = subject[subject == value]
    found = np.bincount(subject, minlength=c.terms) + np.bincount(value, minlength=c.terms)
    return (found - np.bincount(twice, minlength=c.terms)).astype(np.int64)


def components(c: Columns) -> tuple[Ints, Ints]:
    """Find the weakly connected components of the entities: the component of each, and the sizes of all."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    size = len(c.entities)
    if not size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    links = np.flatnonzero(c.kind[c.object[: c.facts]] != 1)
    place = np.zeros(c.terms, dtype=np.int64)
    place[c.entities] = np.arange(size)
    edges = (np.ones(len(links), np.int8), (place[c.subject[links]], place[c.object[links]]))
    part = connected_components(sp.coo_array(edges, shape=(size, size)).tocsr(), directed=False)[1].astype(np.int64)
    return part, np.bincount(part).astype(np.int64)


def _list(c: Columns, most: int, finding: Finding, terms: Ints) -> list[Finding]:
    if not len(terms):
        return []
    items = [Item([term], (), 1, c.about(term, axioms=True)) for term in terms[:most].tolist()]
    return [Finding(**{**finding.__dict__, "items": items})]


def _dangling(c: Columns, most: int) -> list[Finding]:
    said = np.zeros(c.terms, dtype=bool)
    said[c.subject] = True
    said[c.kb.labels["term"].to_numpy()] = True
    objects, many = np.unique(c.object[: c.facts], return_counts=True)
    loose = (c.kind[objects] == 0) & ~said[objects]
    objects, many = objects[loose], many[loose]
    keep = ~_standard(c, objects)
    objects, many = objects[keep], many[keep]
    if not len(objects):
        return []
    subjects = np.unique(c.subject[: c.facts])
    own = pc.unique(_namespaces(c, subjects[c.kind[subjects] == 0]))
    space = _namespaces(c, objects)
    inner = pc.is_in(space, value_set=own).to_numpy(zero_copy_only=False)
    found = []
    if inner.any():
        ranked = np.flatnonzero(inner)[np.lexsort((objects[inner], -many[inner]))]
        alike = _alike(c, said, objects[ranked[:most]])
        items = [
            Item(
                [int(objects[n])],
                (counted(int(many[n]), "fact", "facts"), *hint),
                int(many[n]),
                c.about(int(objects[n])),
            )
            for n, hint in zip(ranked[:most], alike, strict=True)
        ]
        what = (
            f"{counted(int(inner.sum()), 'object is', 'objects are')} pointed at and not described, "
            "in namespaces that describe others."
        )
        do = "Look for a slip in the IRI, or describe the thing: label and type at least."
        found.append(Finding("dangling", "shape", "warning", what, do, int(inner.sum()), items))
    if not inner.all():
        outside = space.filter(pa.array(~inner))
        groups = pa.table({"space": outside, "many": many[~inner]}).group_by("space").aggregate([([], "count_all")])
        rows = sorted(groups.to_pylist(), key=lambda row: (-row["count_all"], row["space"]))
        items = []
        for row in rows[:most]:
            at = np.flatnonzero(~inner & pc.equal(space, row["space"]).to_numpy(zero_copy_only=False))
            ranked = at[np.lexsort((objects[at], -many[at]))][:3]
            facts = [fact for n in ranked for fact in c.about(int(objects[n]))[:1]]
            items.append(Item(objects[ranked].tolist(), (f"in {row['space']}",), row["count_all"], facts))
        total = int((~inner).sum())
        what = (
            f"{counted(total, 'object lies', 'objects lie')} in {counted(len(rows), 'namespace', 'namespaces')} "
            "of which no source says anything."
        )
        do = "Add a source that describes them, or labels at least."
        found.append(Finding("foreign", "shape", "info", what, do, total, items))
    return found


def _alike(c: Columns, said: NDArray[np.bool_], terms: Ints) -> list[tuple[str, ...]]:
    """For each term, the IRI of something described whose last part is the same but for case, as the end of a note."""
    known = np.flatnonzero(said & (c.kind == 0)).astype(np.int64)
    lasts = [pc.utf8_lower(pc.replace_substring_regex(c.values(part), r"^.*[#/:]", "")) for part in (known, terms)]
    hits = pc.index_in(lasts[1], value_set=lasts[0]).to_pylist()
    names = c.values(known[[hit for hit in hits if hit is not None]]).to_pylist()[::-1]
    return [() if hit is None else (f"; described is {names.pop()}",) for hit in hits]


def _hubs(c: Columns, most: int, degree: Ints) -> list[Finding]:
    least = max(_HUB_LEAST, _HUB_SHARE * c.facts)
    hubs = c.entities[degree[c.entities] >= least]
    hubs = hubs[np.lexsort((hubs, -degree[hubs]))]
    if not len(hubs):
        return []
    items = [
        Item(
            [term], (f"{degree[term]:,} facts, {degree[term] / c.facts:.0%} of all",), int(degree[term]), c.about(term)
        )
        for term in hubs[:most].tolist()
    ]
    what = f"{counted(len(hubs), 'entity occurs', 'entities occur')} in {_HUB_SHARE:.0%} of the facts or more."
    do = "See that such facts say something; else leave them out of what is taught: they crowd out others."
    return [Finding("hub", "shape", "info", what, do, len(hubs), items)]


def _standard(c: Columns, terms: Ints) -> NDArray[np.bool_]:
    found = np.zeros(len(terms), dtype=bool)
    values = c.values(terms)
    for space in _STANDARD:
        found |= pc.starts_with(values, space).to_numpy(zero_copy_only=False)
    return found


def _namespaces(c: Columns, terms: Ints) -> pa.Array:
    return pc.replace_substring_regex(c.values(terms), r"[^#/:]*[#/:]?$", "")
