"""Columns → what stands there twice: entities with one name and type, or with the same facts; values that differ in writing."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import grouped, join, mix
from kaug.curation.quality.columns import OWL, RDF, RDFS, XSD, Columns, codes_of
from kaug.curation.quality.finding import Finding, Item, counted

__all__ = ["check_duplicates"]

_SHOWN = 5
_FEWEST_FACTS = 2
_SHORTEST_VALUE = 4
_LONGEST_LABEL = 100


def check_duplicates(c: Columns, most: int) -> Iterator[Finding]:
    """Find duplicates of entities, facts and values."""
    yield from _same_name(c, most)
    yield from _same_facts(c, most)
    rows = c.rows(OWL + "sameAs", axioms=True)
    ends = zip(c.subject[rows[:most]].tolist(), c.object[rows[:most]].tolist(), rows[:most].tolist(), strict=True)
    yield Finding("same-as", len(rows), [Item([one, other], facts=[row]) for one, other, row in ends])
    yield from _several_sources(c, most)
    yield from _variants(c, most)


def _same_name(c: Columns, most: int) -> Iterator[Finding]:
    labels = c.kb.labels.filter(c.kb.labels["preferred"])
    name = codes_of(pc.binary_join_element_wise(labels["language"], labels["text"], "\x00"))
    term = labels["term"].to_numpy().astype(np.int64)
    entity, kind = c.types
    order = np.lexsort((kind, entity))
    label, typed = join(term, entity[order])
    kind = kind[order][typed]
    once = grouped(name[label], kind, term[label]).heads
    label, kind = label[once], kind[once]
    groups = grouped(name[label], kind)
    items: dict[tuple[int, ...], Item] = {}
    for number in groups.largest(4 * most):
        rows = groups[number]
        members = term[label[rows]].tolist()
        text = labels["text"][int(label[rows[0]])].as_py()[:_LONGEST_LABEL]
        shown = members[:_SHOWN]
        note = (f"all called “{text}”, and each “", len(shown), "”")
        item = Item([*shown, int(kind[rows[0]])], note, len(members), c.example_of(shown))
        items.setdefault(tuple(members), item)
    shared = name[label[groups.heads[groups.sizes > 1]]]
    yield Finding("same-label-and-type", len(np.unique(shared)), list(items.values())[:most])


def _same_facts(c: Columns, most: int) -> Iterator[Finding]:
    predicate, value = c.predicate[: c.facts], c.object[: c.facts]
    subjects = grouped(c.subject[: c.facts])
    if not c.facts:
        return
    # That two things are of one class makes no twins of them.
    telling = ~np.isin(predicate[subjects.rows], c.find([RDF + "type", RDFS + "subClassOf"]))
    enough = np.add.reduceat(telling, subjects.starts, dtype=np.int64) >= _FEWEST_FACTS
    # Sets are compared by two sums of well-mixed words, and so whatever their order: 128 bits.
    pair = (predicate.astype(np.uint64) << np.uint64(32) | value.astype(np.uint64))[subjects.rows]
    salts = (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
    sums = [np.add.reduceat(mix(pair + np.uint64(salt)), subjects.starts)[enough] for salt in salts]
    sizes, owner = subjects.sizes[enough], c.subject[subjects.heads][enough]
    sets = grouped(sizes, *sums)
    twins = np.flatnonzero(sets.sizes > 1)
    heads = sets.heads[twins]
    items = []
    for number in twins[np.lexsort((owner[heads], -sizes[heads], -sets.sizes[twins]))][:most].tolist():
        members = owner[sets[number]].tolist()
        note = f"{len(members):,} with the same {counted(int(sizes[sets[number][0]]), 'fact', 'facts')}"
        items.append(Item(members[:_SHOWN], (note,), len(members), c.about(members[0])))
    yield Finding("same-facts", len(twins), items, {"total": int(sets.sizes[twins].sum())})


def _several_sources(c: Columns, most: int) -> Iterator[Finding]:
    sources = c.kb.facts["sources"]
    stated = pc.is_null(c.kb.facts["rule"])  # an inferred fact names the sources that it rests on
    rows = np.flatnonzero(pc.and_(stated, pc.greater(pc.list_value_length(sources), 1)))
    together = pa.table({"names": pc.binary_join(sources.take(pa.array(rows)), ", "), "row": rows})
    groups = together.group_by("names", use_threads=False).aggregate([("row", "list"), ("row", "count")])
    groups = groups.sort_by([("row_count", "descending"), ("names", "ascending")]).slice(0, most)
    groups = groups.append_column("facts", pc.list_slice(groups["row_list"], 0, 3)).drop("row_list")
    items = [Item([], (group["names"],), group["row_count"], group["facts"]) for group in groups.to_pylist()]
    yield Finding("several-sources", len(rows), items, {"total": c.facts})


def _variants(c: Columns, most: int) -> Iterator[Finding]:
    codes, names = c.datatype
    text = np.array([name in (XSD + "string", RDF + "langString") for name in names] or [False], dtype=bool)
    ends = c.object[: c.facts]
    rows = np.flatnonzero((c.kind[ends] == 1) & text[codes[ends]])
    rows = rows[grouped(c.predicate[rows], ends[rows]).heads]  # each value of a predicate once
    predicate, value = c.predicate[rows], ends[rows]
    terms, place = np.unique(value, return_inverse=True)
    plain = pc.utf8_lower(pc.utf8_normalize(c.values(terms), form="NFKC"))
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, r"\s+", " "))
    tags = pc.fill_null(c.kb.terms["language"].take(pa.array(terms)).cast(pa.string()), "")
    groups = grouped(predicate, codes_of(pc.binary_join_element_wise(tags, plain, "\x00"))[place])
    # The case of short values tells them apart: K is kelvin, k is kilo.
    wordy = (pc.utf8_length(plain).to_numpy()[place] >= _SHORTEST_VALUE)[groups.heads]
    alike = groups.largest(where=wordy)
    items = []
    for number in alike[:most]:
        members = groups[number]
        shown = value[members[:_SHOWN]].tolist()
        terms_shown = [*shown, int(predicate[members[0]])]
        items.append(Item(terms_shown, ("values of “", len(shown), "”"), len(members), rows[members[:3]].tolist()))
    yield Finding("value-variants", len(alike), items)
