"""Columns → facts whose subject or object is not what rdfs:domain and rdfs:range say."""

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers as Ints
from kaug.arrays import below, distinct_below, join
from kaug.curation.quality.columns import OWL, RDF, RDFS, XSD, Columns
from kaug.curation.quality.finding import Finding, Item, counted
from kaug.curation.quality.literals import DERIVED

__all__ = ["check_ranges"]

_ANY = (RDFS + "Resource", OWL + "Thing", RDFS + "Literal", OWL + "Class", RDFS + "Class", RDF + "Property")


def check_ranges(c: Columns, most: int) -> list[Finding]:
    """Check the declared domains and ranges. RDFS would infer the type instead; a missing type is as telling."""
    found = []
    for side, end, id_ in (("domain", c.subject, "outside-domain"), ("range", c.object, "outside-range")):
        properties, wanted = c.pairs(RDFS + side)
        strays = _strays(c, properties, wanted, end)
        if strays:
            items = []
            for predicate, wished, rows in sorted(strays, key=lambda stray: (-len(stray[2]), *stray[:2]))[:most]:
                note = (f"{counted(len(rows), 'fact', 'facts')} of “", 0, f"” whose {_END[side]} is not “", 1, "”")
                items.append(Item([predicate, wished], note, len(rows), rows[:3].tolist()))
            many = len(distinct_below(np.concatenate([rows for *_, rows in strays]), c.facts))
            what = f"{counted(many, 'fact has', 'facts have')} {_WITH[side]} that is not of the declared {side}."
            do = f"Give the {_END[side]} the type, or correct the fact or the rdfs:{side}."
            found.append(Finding(id_, "logic", "warning", what, do, many, items))
    return found


_END = {"domain": "subject", "range": "object"}
_WITH = {"domain": "a subject", "range": "an object"}


def _strays(c: Columns, properties: Ints, wanted: Ints, end: Ints) -> list[tuple[int, int, Ints]]:
    """Property, the class or datatype wanted, and the rows of its facts whose end is not that; none without rows."""
    telling = ~np.isin(wanted, c.find(_ANY)) & _understood(c, wanted)
    properties, wanted = properties[telling], wanted[telling]
    named = np.unique(wanted)
    if not len(named):
        return []
    # A union stands for its members.
    union, heads = c.pairs(OWL + "unionOf")
    at, member = c.members(heads)
    child, parent = c.classes_above
    child, parent = np.concatenate([child, member]), np.concatenate([parent, union[at]])
    node, column = below(child, parent, named, np.arange(len(named)))
    entity, kind = c.types
    at, place = join(kind, node)
    order = np.argsort(column[place], kind="stable")
    holder, owners = entity[at][order], column[place][order]
    inside = np.zeros(c.terms, dtype=bool)
    typed = np.zeros(c.terms, dtype=bool)
    typed[entity] = True
    codes, names = c.datatype
    wants_data = _datatypes(c, named)
    found = []
    for predicate, wish in zip(properties.tolist(), np.searchsorted(named, wanted).tolist(), strict=True):
        rows = c.rows(predicate)
        if not len(rows):
            continue
        terms = end[rows]
        literal = c.kind[terms] == 1
        if wants_data[wish] is not None:
            fitting = np.array([_fits(name, wants_data[wish] or "") for name in names] or [False])
            bad = ~literal | ~fitting[codes[terms]]
        else:
            fit = holder[np.searchsorted(owners, wish) : np.searchsorted(owners, wish, side="right")]
            inside[fit] = True
            bad = literal | (typed[terms] & ~inside[terms])
            inside[fit] = False
        if bad.any():
            found.append((predicate, int(named[wish]), rows[bad]))
    return found


def _understood(c: Columns, wanted: Ints) -> NDArray[np.bool_]:
    """Tell which are understood: IRIs and unions; against other class expressions nothing is checked."""
    union, _ = c.pairs(OWL + "unionOf")
    return np.asarray((c.kind[wanted] == 0) | np.isin(wanted, union))


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
