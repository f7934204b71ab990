"""Columns → what contradicts the vocabulary: functional properties, disjoint classes, property axioms, domains and ranges."""

from collections.abc import Iterator, Sequence

import numpy as np

from kaug.arrays import Numbers, below, distinct_below, grouped, join, pairs_within
from kaug.curation.quality.columns import OWL, RDF, RDFS, XSD, Columns, linked
from kaug.curation.quality.finding import Finding, Item, counted
from kaug.curation.quality.literals import DERIVED

__all__ = ["check_disjoint", "check_functional", "check_property_axioms", "check_ranges"]

LOOKS_FUNCTIONAL = 0.99
FEWEST_SUBJECTS = 100
_ANY = (RDFS + "Resource", OWL + "Thing", RDFS + "Literal", OWL + "Class", RDFS + "Class", RDF + "Property")


def check_functional(c: Columns, most: int) -> Iterator[Finding]:
    """Check properties that have one value at most: declared so, or by the look of the facts."""
    same = linked(*c.pairs(OWL + "sameAs"), c.terms)
    functional, inverse = c.typed(OWL + "FunctionalProperty"), c.typed(OWL + "InverseFunctionalProperty")
    rows_of = [_facts_of(c, functional), _limited(c), _facts_of(c, inverse)]
    ends = [c.subject, c.subject, c.object]
    conflicts = []
    for number, (rows, owner) in enumerate(rows_of):
        end, other = ends[number][rows], same[(c.object, c.object, c.subject)[number][rows]]
        values = grouped(owner, end, other).heads  # each value once
        groups = grouped(owner[values], end[values])
        heads = values[groups.heads]
        columns = np.stack([owner[heads], end[heads], groups.sizes, np.full(len(heads), number)])
        conflicts.append(columns[:, groups.sizes > 1])
    owner, end, size, number_of = np.concatenate(conflicts, axis=1)
    # A property may be declared and restricted at once: each conflict counts once.
    once = grouped(number_of == 2, owner, end).heads
    ranked = once[np.lexsort((end[once], owner[once], number_of[once], -size[once]))]
    items = []
    for n in ranked[:most].tolist():
        rows, declared = rows_of[number_of[n]]
        shown = rows[(ends[number_of[n]][rows] == end[n]) & (declared == owner[n])]
        note = (f"has {size[n]:,} {'subjects' if number_of[n] == 2 else 'values'} of “", 1, "”")
        items.append(Item([int(end[n]), int(owner[n])], note, int(size[n]), np.unique(shown)[:3].tolist()))
    yield Finding("functional-conflict", len(once), items)
    yield from _suspects(c, most)


def check_disjoint(c: Columns, most: int) -> Iterator[Finding]:
    """Check that nothing is of two classes that are said to be disjoint, and that no class lies below two such."""
    pairs = c.pairs(OWL + "disjointWith", OWL + "complementOf")
    named, apart = _exclusive(c, *pairs, "AllDisjointClasses", c.pairs(OWL + "disjointUnionOf")[1])
    node, column = below(*c.classes_above, named, np.arange(len(named)))
    entity, kind = c.types
    at, place = join(kind, node)
    typed = grouped(entity[at], column[place]).heads
    sub, type_of = c.find([RDFS + "subClassOf", RDF + "type"]).tolist()
    for id_, owner, classes, note, predicate in (
        ("unsatisfiable-class", node, column, "lies below both “", sub),
        ("disjoint-types", entity[at][typed], column[place][typed], "is both “", type_of),
    ):
        hits = _clashes(owner, classes, apart, len(named))
        items = [
            Item([n, int(named[a]), int(named[b])], (note, 1, "” and “", 2, "”"), 1, c.about(n, predicate, axioms=True))
            for n, a, b in hits[:most].tolist()
        ]
        yield Finding(id_, len(hits), items)


def check_property_axioms(c: Columns, most: int) -> Iterator[Finding]:
    """Check asymmetric, irreflexive and disjoint properties."""
    rows, owner = _facts_of(c, c.typed(OWL + "AsymmetricProperty"))
    subject, value = c.subject[rows], c.object[rows]
    groups = grouped(owner, np.minimum(subject, value), np.maximum(subject, value))
    group = groups.numbers
    back = np.bincount(group, subject > value, len(groups.sizes)) > 0
    # Each clash once, from the side of the smaller term; what points at itself is found below.
    ahead = np.flatnonzero((subject < value) & back[group])
    items = []
    for n in ahead[:most].tolist():
        pair = groups[group[n]]
        facts = [rows[n], *rows[pair[subject[pair] > value[pair]]]][:3]
        terms = [int(subject[n]), int(value[n]), int(owner[n])]
        items.append(Item(terms, ("“", 2, "” holds both ways"), 1, [int(row) for row in facts]))
    yield Finding("asymmetric-both-ways", len(ahead), items)

    rows, owner = _facts_of(c, c.typed(OWL + "IrreflexiveProperty", OWL + "AsymmetricProperty"))
    selfish = np.flatnonzero(c.subject[rows] == c.object[rows])
    items = [
        Item([int(c.subject[rows[n]]), int(owner[n])], ("“", 1, "” to itself"), 1, [int(rows[n])])
        for n in selfish[:most].tolist()
    ]
    yield Finding("irreflexive-to-itself", len(selfish), items)

    named, apart = _exclusive(c, *c.pairs(OWL + "propertyDisjointWith"), "AllDisjointProperties")
    rows, owner = _facts_of(c, named)
    column = np.searchsorted(named, owner)
    groups = grouped(c.subject[rows], c.object[rows])
    pair = groups.numbers
    once = grouped(pair, column).heads
    hits = _clashes(pair[once], column[once], apart, len(named))
    items = []
    for n, a, b in hits[:most].tolist():
        shown = rows[groups[n][np.isin(column[groups[n]], [a, b])]]
        terms = [int(c.subject[shown[0]]), int(c.object[shown[0]]), int(named[a]), int(named[b])]
        items.append(Item(terms, ("related by both “", 2, "” and “", 3, "”"), 1, np.unique(shown)[:3].tolist()))
    yield Finding("disjoint-properties", len(hits), items)


def check_ranges(c: Columns, most: int) -> Iterator[Finding]:
    """Check the declared domains and ranges. RDFS would infer the type instead; a missing type is as telling."""
    for side, name, end in (("domain", "subject", c.subject), ("range", "object", c.object)):
        strays = list(_strays(c, *c.pairs(RDFS + side), end))
        items = []
        for predicate, wanted, rows in sorted(strays, key=lambda stray: (-len(stray[2]), *stray[:2]))[:most]:
            note = (f"{counted(len(rows), 'fact', 'facts')} of “", 0, f"” whose {name} is not “", 1, "”")
            items.append(Item([predicate, wanted], note, len(rows), rows[:3].tolist()))
        number = len(distinct_below(np.concatenate([end[:0], *(rows for *_, rows in strays)]), c.facts))
        yield Finding(f"outside-{side}", number, items)


def _suspects(c: Columns, most: int) -> Iterator[Finding]:
    settled = np.concatenate([c.typed(OWL + "FunctionalProperty"), c.find([RDF + "type", RDFS + "subClassOf"])])
    groups = grouped(c.predicate[: c.facts], c.subject[: c.facts])
    used, place = np.unique(c.predicate[groups.heads], return_inverse=True)
    subjects = np.bincount(place, minlength=len(used))
    odd = np.bincount(place[groups.sizes > 1], minlength=len(used))
    looks = (subjects >= FEWEST_SUBJECTS) & (odd > 0) & (subjects - odd >= LOOKS_FUNCTIONAL * subjects)
    looks &= ~np.isin(used, settled)
    several = groups.largest(where=looks[place])
    items = []
    for number in several[:most]:
        rows, which = groups[number], place[number]
        share = 1 - odd[which] / subjects[which]
        note = (f"has {len(rows)} values of “", 1, f"”; {share:.1%} of {subjects[which]:,} subjects have one")
        items.append(Item([int(c.subject[rows[0]]), int(used[which])], note, len(rows), rows[:3].tolist()))
    predicates = counted(int(looks.sum()), "predicate", "predicates")
    yield Finding("looks-functional", len(several), items, {"predicates": predicates})


def _facts_of(c: Columns, properties: Numbers) -> tuple[Numbers, Numbers]:
    """Rows of the facts of properties and of what lies below them, with the property of each."""
    rows, column = _facts_by_column(c, properties)
    return rows, properties[column]


def _facts_by_column(c: Columns, properties: Numbers) -> tuple[Numbers, Numbers]:
    lower, column = below(*c.properties_above, properties, np.arange(len(properties)))
    parts = [c.rows(int(predicate)) for predicate in lower]
    return np.concatenate([lower[:0], *parts]), np.repeat(column, [len(part) for part in parts]).astype(np.int64)


def _limited(c: Columns) -> tuple[Numbers, Numbers]:
    """Rows of facts under an OWL restriction to one value at most, with the property of each."""
    node, limit = c.pairs(OWL + "maxCardinality", OWL + "cardinality")
    single = np.unique(node[c.values(limit).to_numpy(zero_copy_only=False) == "1"])
    holder, properties = c.pairs(OWL + "onProperty")
    order = np.argsort(holder, kind="stable")
    at, place = join(single, holder[order])
    restriction, declared = single[at], properties[order][place]
    classes, column = below(*c.classes_above, restriction, np.arange(len(restriction)))
    entity, kind = c.types
    at, place = join(kind, classes)
    held = np.unique(entity[at] * len(restriction) + column[place])
    rows, which = _facts_by_column(c, declared)
    inside = np.isin(c.subject[rows] * len(restriction) + which, held)
    return rows[inside], declared[which[inside]]


def _exclusive(
    c: Columns, one: Numbers, other: Numbers, group: str, heads: Numbers | None = None
) -> tuple[Numbers, Numbers]:
    """What excludes something else, ascending, and the pairs that exclude each other, as keys of places in it.

    Args:
        c: The columns.
        one: Pairs stated one by one.
        other: Likewise.
        group: The class of those nodes of which the members exclude each other.
        heads: Lists of which the members exclude each other.
    """
    node, lists = c.pairs(OWL + "members")
    lists = lists[np.isin(node, c.typed(OWL + group))]
    at, member = c.members(lists if heads is None else np.concatenate([lists, heads]))
    order = np.argsort(at, kind="stable")
    first, second = (member[order][half] for half in pairs_within(at[order]))
    one, other = np.concatenate([one, first]), np.concatenate([other, second])
    one, other = one[one != other], other[one != other]
    named = np.unique(np.concatenate([one, other]))
    return named, _keys(np.searchsorted(named, one), np.searchsorted(named, other), len(named))


def _clashes(group: Numbers, column: Numbers, apart: Numbers, size: int) -> Numbers:
    """Groups that hold two columns that exclude each other, int64 (n, 3): group, column, column; the first such pair of each."""
    first, second = pairs_within(group)
    hit = np.isin(_keys(column[first], column[second], size), apart)
    first, second = first[hit], second[hit]
    _, once = np.unique(group[first], return_index=True)
    return np.stack([group[first[once]], column[first[once]], column[second[once]]], axis=1)


def _keys(one: Numbers, other: Numbers, size: int) -> Numbers:
    return np.minimum(one, other) * size + np.maximum(one, other)


def _strays(c: Columns, properties: Numbers, wanted: Numbers, end: Numbers) -> Iterator[tuple[int, int, Numbers]]:
    """Property, the class or datatype wanted, and the rows of its facts whose end is not that; none without rows."""
    union, heads = c.pairs(OWL + "unionOf")
    # Against class expressions other than unions nothing is checked.
    telling = ~np.isin(wanted, c.find(_ANY)) & ((c.kind[wanted] == 0) | np.isin(wanted, union))
    properties, wanted = properties[telling], wanted[telling]
    named = np.unique(wanted)
    # A union stands for its members.
    at, member = c.members(heads)
    child, parent = c.classes_above
    node, column = below(
        np.concatenate([child, member]), np.concatenate([parent, union[at]]), named, np.arange(len(named))
    )
    entity, kind = c.types
    at, place = join(kind, node)
    order = np.argsort(column[place], kind="stable")
    holder, owners = entity[at][order], column[place][order]
    inside, typed = np.zeros((2, c.terms), dtype=bool)
    typed[entity] = True
    codes, names = c.datatype
    datatypes = _datatypes(c, named)
    for predicate, wish in zip(properties.tolist(), np.searchsorted(named, wanted).tolist(), strict=True):
        rows = c.rows(predicate)
        terms, datatype = end[rows], datatypes[wish]
        literal = c.kind[terms] == 1
        if datatype is not None:
            fitting = np.array([_fits(name, datatype) for name in names] or [False])
            bad = ~literal | ~fitting[codes[terms]]
        else:
            fit = holder[np.searchsorted(owners, wish) : np.searchsorted(owners, wish, side="right")]
            inside[fit] = True
            bad = literal | (typed[terms] & ~inside[terms])
            inside[fit] = False
        if bad.any():
            yield predicate, int(named[wish]), rows[bad]


def _datatypes(c: Columns, named: Numbers) -> Sequence[str | None]:
    """The IRI of each that is a datatype, None for a class."""
    declared = np.isin(named, c.typed(RDFS + "Datatype")).tolist()
    return [
        value if datatype or value.startswith(XSD) or value == RDF + "langString" else None
        for value, datatype in zip(c.values(named).to_pylist(), declared, strict=True)
    ]


def _fits(datatype: str, wanted: str) -> bool:
    while datatype != wanted and datatype in DERIVED:
        datatype = DERIVED[datatype]
    return datatype == wanted or (wanted == XSD + "string" and datatype == RDF + "langString")
