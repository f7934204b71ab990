"""Columns → what contradicts the vocabulary: functional properties, disjoint classes and properties, property axioms."""

import numpy as np

from kaug.arrays import Numbers as Ints
from kaug.arrays import below, join, pairs_within, runs
from kaug.curation.quality.columns import OWL, RDF, RDFS, Columns
from kaug.curation.quality.finding import Finding, Item, counted

__all__ = ["check_disjoint", "check_functional", "check_property_axioms"]

LOOKS_FUNCTIONAL = 0.99
FEWEST_SUBJECTS = 100


def check_functional(c: Columns, most: int) -> list[Finding]:
    """Check properties that have one value at most: declared so, or by the look of the facts."""
    same = _same(c)
    sets = [
        (*_facts_of(c, c.typed(OWL + "FunctionalProperty")), c.subject, same[c.object], "values"),
        (*_limited(c), c.subject, same[c.object], "values"),
        (*_facts_of(c, c.typed(OWL + "InverseFunctionalProperty")), c.object, same[c.subject], "subjects"),
    ]
    keys, sizes, origin = [_NONE], [_NONE], [_NONE]
    for n, (rows, column, declared, end, other, _) in enumerate(sets):
        owner = declared[column]
        seen = np.lexsort((other[rows], end[rows], owner))
        key = owner[seen] * c.terms + end[rows][seen]
        fresh = np.ones(len(seen), dtype=bool)
        fresh[1:] = (key[1:] != key[:-1]) | (other[rows][seen][1:] != other[rows][seen][:-1])
        starts, many = runs(key[fresh])
        keys.append(key[fresh][starts[many > 1]])
        sizes.append(many[many > 1])
        origin.append(np.full(int((many > 1).sum()), n))
    # A property may be declared and restricted at once: each conflict counts once.
    order = np.lexsort((np.concatenate(keys), np.concatenate(origin) > 1))
    alike = np.stack([np.concatenate(keys)[order], np.concatenate(origin)[order] > 1])
    first = order[np.concatenate([[True], (alike[:, 1:] != alike[:, :-1]).any(axis=0)])[: len(order)]]
    key, size, which = (np.concatenate(part)[first] for part in (keys, sizes, origin))
    items = []
    for n in np.lexsort((key, which, -size))[:most]:
        rows, column, declared, end, _, noun = sets[which[n]]
        one, owner = int(key[n] % c.terms), int(key[n] // c.terms)
        facts = np.unique(rows[(end[rows] == one) & (declared[column] == owner)])[:3].tolist()
        items.append(Item([one, owner], (f"has {size[n]:,} {noun} of “", 1, "”"), int(size[n]), facts))
    found = []
    if items:
        what = f"{counted(len(key), 'conflict', 'conflicts')}: more values than a functional property may have."
        do = "Keep the right value, or say that the values are one thing (owl:sameAs), or drop the declaration."
        found.append(Finding("functional-conflict", "logic", "error", what, do, len(key), items))
    return found + _suspects(c, most)


def check_disjoint(c: Columns, most: int) -> list[Finding]:
    """Check that nothing is of two classes that are said to be disjoint, and that no class lies below two such."""
    one, other = _exclusive(c, "disjointWith", "AllDisjointClasses", "complementOf")
    _, heads = c.pairs(OWL + "disjointUnionOf")
    at, member = c.members(heads)
    order = np.argsort(at, kind="stable")
    first, second = pairs_within(at[order])
    one, other = np.concatenate([one, member[order][first]]), np.concatenate([other, member[order][second]])
    named = np.unique(np.concatenate([one, other]))
    if not len(named):
        return []
    apart = _keys(np.searchsorted(named, one), np.searchsorted(named, other), len(named))
    node, column = below(*c.classes_above, named, np.arange(len(named)))
    found: list[Finding] = []
    sub, type_of = c.find([RDFS + "subClassOf", RDF + "type"]).tolist()
    hit = _clashes(node, column, apart, len(named))
    if len(hit):
        items = [
            Item(
                [n, int(named[a]), int(named[b])],
                ("lies below both “", 1, "” and “", 2, "”"),
                1,
                c.about(n, sub, axioms=True),
            )
            for n, a, b in hit[:most].tolist()
        ]
        what = f"{counted(len(hit), 'class', 'classes')} can have no instance: below two classes said to be disjoint."
        do = "Mend the superclass that is wrong, or take the disjointness back."
        found.append(Finding("unsatisfiable-class", "logic", "error", what, do, len(hit), items))
    entity, kind = c.types
    at, place = join(kind, node)
    keys = np.unique(entity[at] * len(named) + column[place])
    hit = _clashes(keys // len(named), keys % len(named), apart, len(named))
    if len(hit):
        items = [
            Item(
                [n, int(named[a]), int(named[b])],
                ("is both “", 1, "” and “", 2, "”"),
                1,
                c.about(n, type_of, axioms=True),
            )
            for n, a, b in hit[:most].tolist()
        ]
        what = f"{counted(len(hit), 'entity is', 'entities are')} of two classes said to be disjoint."
        do = "Remove the type that is wrong; if both are right, the disjointness is not."
        found.append(Finding("disjoint-types", "logic", "error", what, do, len(hit), items))
    return found


def check_property_axioms(c: Columns, most: int) -> list[Finding]:
    """Check asymmetric, irreflexive and disjoint properties."""
    found: list[Finding] = []
    rows, column, declared = _facts_of(c, c.typed(OWL + "AsymmetricProperty"))
    ends, mirrored = c.subject[rows] * c.terms + c.object[rows], c.object[rows] * c.terms + c.subject[rows]
    known, place = np.unique(np.concatenate([ends, mirrored]), return_inverse=True)
    ahead, back = np.split(place + np.tile(column, 2) * len(known), 2)
    both = np.isin(ahead, back)
    # Each clash once, from the side of the smaller term; what points at itself is found below.
    shown = np.flatnonzero(both & (c.subject[rows] < c.object[rows]))
    if len(shown):
        items = []
        for n in shown[:most]:
            mirror = rows[np.flatnonzero(back == ahead[n])]
            terms = [int(c.subject[rows[n]]), int(c.object[rows[n]]), int(declared[column[n]])]
            facts = list(dict.fromkeys([int(rows[n]), *mirror.tolist()]))[:3]
            items.append(Item(terms, ("“", 2, "” holds both ways"), 1, facts))
        what = f"{counted(len(shown), 'pair is', 'pairs are')} related both ways by an asymmetric property."
        do = "Remove the direction that is wrong."
        found.append(Finding("asymmetric-both-ways", "logic", "error", what, do, len(shown), items))
    rows, column, declared = _facts_of(c, c.typed(OWL + "IrreflexiveProperty", OWL + "AsymmetricProperty"))
    selfish = np.flatnonzero(c.subject[rows] == c.object[rows])
    if len(selfish):
        items = [
            Item([int(c.subject[rows[n]]), int(declared[column[n]])], ("“", 1, "” to itself"), 1, [int(rows[n])])
            for n in selfish[:most]
        ]
        what = f"{counted(len(selfish), 'entity is', 'entities are')} related to itself by an irreflexive or asymmetric property."
        do = "Remove the fact."
        found.append(Finding("irreflexive-to-itself", "logic", "error", what, do, len(selfish), items))
    one, other = _exclusive(c, "propertyDisjointWith", "AllDisjointProperties")
    named = np.unique(np.concatenate([one, other]))
    if len(named):
        apart = _keys(np.searchsorted(named, one), np.searchsorted(named, other), len(named))
        rows, column, _ = _facts_of(c, named)
        known, place = np.unique(c.subject[rows] * c.terms + c.object[rows], return_inverse=True)
        keys = np.unique(place.astype(np.int64) * len(named) + column)
        hit = _clashes(keys // len(named), keys % len(named), apart, len(named))
        if len(hit):
            clashes: list[Item] = []
            for n, a, b in hit[:most].tolist():
                terms = [int(known[n] // c.terms), int(known[n] % c.terms), int(named[a]), int(named[b])]
                proof = rows[np.flatnonzero((place == n) & np.isin(column, [a, b]))]
                clashes.append(
                    Item(terms, ("related by both “", 2, "” and “", 3, "”"), 1, np.unique(proof)[:3].tolist())
                )
            what = f"{counted(len(hit), 'pair is', 'pairs are')} related by two properties said to be disjoint."
            do = "Remove the fact that is wrong."
            found.append(Finding("disjoint-properties", "logic", "error", what, do, len(hit), clashes))
    return found


def _suspects(c: Columns, most: int) -> list[Finding]:
    facts = slice(0, c.facts)
    settled = np.concatenate([c.typed(OWL + "FunctionalProperty"), c.find([RDF + "type", RDFS + "subClassOf"])])
    order = np.lexsort((c.subject[facts], c.predicate[facts]))
    subject, predicate = c.subject[order], c.predicate[order]
    starts, sizes = runs(predicate * c.terms + subject)
    owner = predicate[starts]
    used, place = np.unique(owner, return_inverse=True)
    subjects = np.bincount(place, minlength=len(used))
    odd = np.bincount(place[sizes > 1], minlength=len(used))
    looks = (subjects >= FEWEST_SUBJECTS) & (odd > 0) & (subjects - odd >= LOOKS_FUNCTIONAL * subjects)
    looks &= ~np.isin(used, settled)
    hit = np.flatnonzero(looks[place] & (sizes > 1))
    if not len(hit):
        return []
    hit = hit[np.lexsort((starts[hit], -sizes[hit]))]
    items = []
    for n in hit[:most].tolist():
        rows = np.sort(order[starts[n] : starts[n] + sizes[n]])
        share = 1 - odd[place[n]] / subjects[place[n]]
        note = (f"has {sizes[n]} values of “", 1, f"”; {share:.1%} of {subjects[place[n]]:,} subjects have one")
        items.append(Item([int(subject[starts[n]]), int(owner[n])], note, int(sizes[n]), rows[:3].tolist()))
    what = (
        f"{counted(len(hit), 'subject has', 'subjects have')} several values of a predicate of which nearly all others "
        f"have one ({counted(int(looks.sum()), 'predicate', 'predicates')})."
    )
    do = "Look at each: a wrong value among right ones, or a predicate that may have several."
    return [Finding("looks-functional", "logic", "warning", what, do, len(hit), items)]


def _limited(c: Columns) -> tuple[Ints, Ints, Ints]:
    """Rows of facts under an OWL restriction to one value at most, with their restriction's place and its property."""
    node, limit = c.pairs(OWL + "maxCardinality", OWL + "cardinality")
    one = c.values(limit).to_numpy(zero_copy_only=False) == "1"
    holder, properties = c.pairs(OWL + "onProperty")
    at, place = join(np.unique(node[one]), np.sort(holder))
    restriction = np.unique(node[one])[at]
    declared = properties[np.argsort(holder, kind="stable")][place]
    if not len(restriction):
        return _NONE, _NONE, _NONE
    classes, column = below(*c.classes_above, restriction, np.arange(len(restriction)))
    entity, kind = c.types
    at, place = join(kind, classes)
    held = np.unique(entity[at] * len(restriction) + column[place])
    rows, which, _ = _facts_of(c, declared)
    inside = np.isin(c.subject[rows] * len(restriction) + which, held)
    return rows[inside], which[inside], declared


def _facts_of(c: Columns, properties: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows of the facts of properties and of what lies below them, with the place of the property in `properties`."""
    lower, column = below(*c.properties_above, properties, np.arange(len(properties)))
    parts = [c.rows(int(predicate)) for predicate in lower]
    rows = np.concatenate([_NONE, *parts])
    return rows, np.repeat(column, [len(part) for part in parts]).astype(np.int64), properties


def _same(c: Columns) -> Ints:
    """The number that each term goes by, one for all that owl:sameAs links."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    name = np.arange(c.terms, dtype=np.int64)
    one, other = c.pairs(OWL + "sameAs")
    if len(one):
        nodes, place = np.unique(np.concatenate([one, other]), return_inverse=True)
        edges = (np.ones(len(one), np.int8), (place[: len(one)], place[len(one) :]))
        part = connected_components(sp.coo_array(edges, shape=(len(nodes),) * 2), directed=False)[1]
        name[nodes] = nodes[np.unique(part, return_index=True)[1]][part]
    return name


def _exclusive(c: Columns, pairwise: str, group: str, *more: str) -> tuple[Ints, Ints]:
    """Pairs that exclude each other: stated one by one, or as the members of a group."""
    one, other = c.pairs(*(OWL + name for name in (pairwise, *more)))
    node, heads = c.pairs(OWL + "members")
    heads = heads[np.isin(node, c.typed(OWL + group))]
    at, member = c.members(heads)
    order = np.argsort(at, kind="stable")
    first, second = pairs_within(at[order])
    one, other = np.concatenate([one, member[order][first]]), np.concatenate([other, member[order][second]])
    return one[one != other], other[one != other]


def _clashes(group: Ints, column: Ints, apart: Ints, size: int) -> Ints:
    """Groups that hold two columns that exclude each other, int64 (n, 3): group, column, column; the first such pair of each."""
    first, second = pairs_within(group)
    hit = np.isin(_keys(column[first], column[second], size), apart)
    first, second = first[hit], second[hit]
    _, once = np.unique(group[first], return_index=True)
    return np.stack([group[first[once]], column[first[once]], column[second[once]]], axis=1)


def _keys(one: Ints, other: Ints, size: int) -> Ints:
    return np.minimum(one, other) * size + np.maximum(one, other)


_NONE = np.zeros(0, dtype=np.int64)
