"""Columns → facts whose subject or object is not what rdfs:domain and rdfs:range say."""

import numpy as np

from kaug.knowledge.quality.columns import OWL, RDF, RDFS, XSD, Columns, Ints, below, join
from kaug.knowledge.quality.finding import Finding, Item, counted
from kaug.knowledge.quality.literals import DERIVED

__all__ = ["check_ranges"]

_ANY = (RDFS + "Resource", OWL + "Thing", RDFS + "Literal", OWL + "Class", RDFS + "Class", RDF + "Property")


def check_ranges(c: Columns, most: int) -> list[Finding]:
    """Check the declared domains and ranges. RDFS would infer the type instead; a missing type is as telling."""
    found = []
    for side, end, id_ in (("domain", c.subject, "outside-domain"), ("range", c.object, "outside-range")):
        properties, wanted = c.pairs(RDFS + side)
        rows, expected = _strays(c, properties, wanted, end)
        if len(rows):
            pairs = np.unique(c.predicate[rows] * c.terms + expected)
            place = np.searchsorted(pairs, c.predicate[rows] * c.terms + expected)
            sizes = np.bincount(place, minlength=len(pairs))
            items = []
            for n in np.lexsort((pairs, -sizes))[:most]:
                predicate, wished = int(pairs[n] // c.terms), int(pairs[n] % c.terms)
                shown = rows[place == n][:3]
                note = (f"{counted(int(sizes[n]), 'fact', 'facts')} of “", 0, f"” whose {_END[side]} is no “", 1, "”")
                items.append(Item([predicate, wished], note, int(sizes[n]), shown.tolist()))
            many = len(np.unique(rows))
            what = f"{counted(many, 'fact has', 'facts have')} a {_END[side]} that is not of the declared {side}."
            do = f"Give the {_END[side]} the type, or correct the fact or the rdfs:{side}."
            found.append(Finding(id_, "logic", "warning", what, do, many, items))
    return found


_END = {"domain": "subject", "range": "object"}


def _strays(c: Columns, properties: Ints, wanted: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Rows of facts whose end is not what is wanted, and the class or datatype that is."""
    telling = ~np.isin(wanted, c.find(_ANY)) & _understood(c, wanted)
    properties, wanted = properties[telling], wanted[telling]
    named = np.unique(wanted)
    if not len(named):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # A union stands for its members.
    union, heads = c.pairs(OWL + "unionOf")
    at, member = c.members(heads)
    child, parent = c.classes_above
    child, parent = np.concatenate([child, member]), np.concatenate([parent, union[at]])
    node, column = below(child, parent, named, np.arange(len(named)))
    entity, kind = c.types
    at, place = join(kind, node)
    held = np.unique(entity[at] * len(named) + column[place])
    typed = np.zeros(c.terms, dtype=bool)
    typed[entity] = True
    codes, names = c.datatype
    wants_data = _datatypes(c, named)
    rows_found, wanted_found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for predicate, wish in zip(properties.tolist(), np.searchsorted(named, wanted).tolist(), strict=True):
        rows = c.rows(predicate)
        terms = end[rows]
        literal = c.kind[terms] == 1
        if wants_data[wish] is not None:
            fitting = np.array([_fits(name, wants_data[wish] or "") for name in names] or [False])
            bad = ~literal | ~fitting[codes[terms]]
        else:
            bad = literal | (typed[terms] & ~np.isin(terms * len(named) + wish, held))
        rows_found.append(rows[bad])
        wanted_found.append(np.full(int(bad.sum()), named[wish]))
    return np.concatenate(rows_found), np.concatenate(wanted_found)


def _understood(c: Columns, wanted: Ints) -> np.ndarray:
    """What is no IRI is understood only if it is a union; of other class expressions nothing is said."""
    union, _ = c.pairs(OWL + "unionOf")
    return (c.kind[wanted] == 0) | np.isin(wanted, union)


def _datatypes(c: Columns, named: Ints) -> list[str | None]:
    """The IRI of each that is a datatype, None for a class."""
    declared = set(c.typed(RDFS + "Datatype").tolist())
    values = c.values(named).to_pylist()
    return [
        value if value.startswith(XSD) or value == RDF + "langString" or number in declared else None
        for number, value in zip(named.tolist(), values, strict=True)
    ]


def _fits(datatype: str, wanted: str) -> bool:
    while datatype != wanted and datatype in DERIVED:
        datatype = DERIVED[datatype]
    return datatype == wanted or (wanted == XSD + "string" and datatype == RDF + "langString")
