"""Columns → what stands there twice: entities with one name and type, or with the same facts; values that differ in writing."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers as Ints
from kaug.arrays import join, runs
from kaug.curation.quality.columns import OWL, RDF, RDFS, XSD, Columns
from kaug.curation.quality.finding import Finding, Item, counted

__all__ = ["check_duplicates"]

_SHOWN = 5
_FEWEST = 2
_SHORTEST = 4
_LONGEST = 100


def check_duplicates(c: Columns, most: int) -> list[Finding]:
    """Find duplicates of entities, facts and values."""
    return [
        *_same_name(c, most),
        *_same_facts(c, most),
        *_same_as(c, most),
        *_several_sources(c, most),
        *_variants(c, most),
    ]


def _same_name(c: Columns, most: int) -> list[Finding]:
    rows = c.kb.labels.filter(c.kb.labels["preferred"])
    names = pc.binary_join_element_wise(rows["language"], rows["text"], "\x00").combine_chunks()
    code = np.asarray(names.dictionary_encode().indices.to_numpy(), dtype=np.int64)
    term = rows["term"].to_numpy().astype(np.int64)
    entity, kind = c.types
    order = np.lexsort((kind, entity))
    at, place = join(term, entity[order])
    names_, kinds, owners = code[at], kind[order][place], term[at]
    by = np.lexsort((owners, kinds, names_))
    key = names_[by] * c.terms + kinds[by]
    twice = np.concatenate([[False], (key[1:] == key[:-1]) & (owners[by][1:] == owners[by][:-1])])[: len(by)]
    by, key = by[~twice], key[~twice]
    starts, sizes = runs(key)
    groups = []
    for n in np.flatnonzero(sizes > 1)[np.lexsort((starts[sizes > 1], -sizes[sizes > 1]))]:
        head = by[starts[n]]
        label = rows["text"][int(at[head])].as_py()[:_LONGEST]
        groups.append((owners[by[starts[n] : starts[n] + sizes[n]]], int(kinds[head]), label))
        if len(groups) == most * 4:
            break
    number = len(np.unique(names_[by[starts[sizes > 1]]])) if len(starts) else 0
    if not number:
        return []
    items, seen = [], set()
    for members, of, label in groups:
        if tuple(members.tolist()) in seen:
            continue
        seen.add(tuple(members.tolist()))
        shown = members[:_SHOWN].tolist()
        facts = [row for one in shown[:3] for row in c.about(one)[:1]]
        note = (f"all called “{label}”, and each “", len(shown), "”")
        items.append(Item([*shown, of], note, len(members), facts))
    what = f"{counted(number, 'label is', 'labels are')} shared by entities of one type."
    do = "Most likely one thing twice: merge them, or tell them apart in their labels."
    return [Finding("same-label-and-type", "duplicates", "warning", what, do, number, items[:most])]


def _same_facts(c: Columns, most: int) -> list[Finding]:
    if not c.facts:
        return []
    facts = slice(0, c.facts)
    order = np.argsort(c.subject[facts], kind="stable")
    starts, sizes = runs(c.subject[order])
    # That two things are of one class makes no twins of them.
    telling = np.add.reduceat(
        ~np.isin(c.predicate[order], c.find([RDF + "type", RDFS + "subClassOf"])), starts, dtype=np.int64
    )
    # Sets are compared by two sums of well-mixed words, and so whatever their order: 128 bits.
    pair = c.predicate[order].astype(np.uint64) << np.uint64(32) | c.object[order].astype(np.uint64)
    sums = [
        np.add.reduceat(_mixed(pair + np.uint64(salt)), starts) for salt in (0x9E3779B97F4A7C15, 0xD1B54A32D192ED03)
    ]
    by = np.flatnonzero(telling >= _FEWEST)
    by = by[np.lexsort((starts[by], sums[1][by], sums[0][by], sizes[by]))]
    fresh = np.ones(len(by), dtype=bool)
    a, b = by[1:], by[:-1]
    fresh[1:] = (sizes[a] != sizes[b]) | (sums[0][a] != sums[0][b]) | (sums[1][a] != sums[1][b])
    heads, many = runs(np.cumsum(fresh))
    owner = c.subject[order][starts]
    twins = np.flatnonzero(many > 1)
    if not len(twins):
        return []
    ranked = twins[np.lexsort((owner[by[heads[twins]]], -sizes[by[heads[twins]]], -many[twins]))]
    items = []
    for n in ranked[:most]:
        members = owner[by[heads[n] : heads[n] + many[n]]]
        note = f"{many[n]:,} with the same {counted(int(sizes[by[heads[n]]]), 'fact', 'facts')}"
        items.append(Item(members[:_SHOWN].tolist(), (note,), int(many[n]), c.about(int(members[0]))))
    total = int(many[twins].sum())
    what = f"{counted(len(twins), 'group', 'groups')} of entities of which exactly the same is said ({total:,} in all)."
    do = "Merge them if they are one thing; else say what tells them apart."
    return [Finding("same-facts", "duplicates", "info", what, do, len(twins), items)]


def _same_as(c: Columns, most: int) -> list[Finding]:
    rows = c.rows(OWL + "sameAs", axioms=True)
    if not len(rows):
        return []
    items = [Item([int(c.subject[row]), int(c.object[row])], (), 1, [int(row)]) for row in rows[:most]]
    what = f"{counted(len(rows), 'link', 'links')} of owl:sameAs."
    do = "The facts of either are taught under its own name: merge them in the source if one name is enough."
    return [Finding("same-as", "duplicates", "info", what, do, len(rows), items)]


def _several_sources(c: Columns, most: int) -> list[Finding]:
    sources = c.kb.facts["sources"]
    stated = pc.is_null(c.kb.facts["rule"])  # an inferred fact names the sources that it rests on
    rows = np.flatnonzero(pc.and_(stated, pc.greater(pc.list_value_length(sources), 1)))
    if not len(rows):
        return []
    together = pc.binary_join(sources.take(pa.array(rows)), ", ").combine_chunks().dictionary_encode()
    code = together.indices.to_numpy()
    sizes = np.bincount(code)
    names = together.dictionary.to_pylist()
    items = [
        Item([], (names[n],), int(sizes[n]), rows[np.flatnonzero(code == n)[:3]].tolist())
        for n in sorted(range(len(names)), key=lambda n: (-sizes[n], names[n]))[:most]
    ]
    what = f"{counted(len(rows), 'fact is', 'facts are')} stated by several sources, of {c.facts:,}."
    do = "Nothing: it is kept once. A large overlap may mean that one source is a copy of another."
    return [Finding("several-sources", "duplicates", "info", what, do, len(rows), items)]


def _variants(c: Columns, most: int) -> list[Finding]:
    codes, names = c.datatype
    text = np.array([name in (XSD + "string", RDF + "langString") for name in names] or [False], dtype=bool)
    ends = c.object[: c.facts]
    rows = np.flatnonzero((c.kind[ends] == 1) & text[codes[ends]])
    if not len(rows):
        return []
    pair = np.unique(c.predicate[rows] * c.terms + ends[rows])
    predicate, value = pair // c.terms, pair % c.terms
    terms, place = np.unique(value, return_inverse=True)
    plain = pc.utf8_lower(pc.utf8_normalize(c.values(terms), form="NFKC"))
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, r"\s+", " "))
    tags = pc.fill_null(c.kb.terms["language"].take(pa.array(terms)).combine_chunks().cast(pa.string()), "")
    code = _codes(pc.binary_join_element_wise(tags, plain, "\x00"))[place]
    order = np.lexsort((value, code, predicate))
    starts, sizes = runs(predicate[order] * c.terms + code[order])
    # The case of short values tells them apart: K is kelvin, k is kilo.
    length = pc.utf8_length(plain).to_numpy()[place][order[starts]]
    several = np.flatnonzero((sizes > 1) & (length >= _SHORTEST))
    if not len(several):
        return []
    ranked = several[np.lexsort((starts[several], -sizes[several]))]
    items = []
    for n in ranked[:most]:
        at = order[starts[n] : starts[n] + sizes[n]]
        members = value[at][:_SHOWN].tolist()
        owner = int(predicate[at[0]])
        facts = [
            int(row) for one in members[:3] for row in rows[(ends[rows] == one) & (c.predicate[rows] == owner)][:1]
        ]
        items.append(Item([*members, owner], ("values of “", len(members), "”"), int(sizes[n]), facts))
    what = f"{counted(len(several), 'group', 'groups')} of values that differ only in case, spaces or Unicode form."
    do = "Settle on one way of writing, if they are meant alike."
    return [Finding("value-variants", "duplicates", "warning", what, do, len(several), items)]


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): each bit of the input turns about half of the output.
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _codes(values: pa.Array) -> Ints:
    return np.asarray(values.dictionary_encode().indices.to_numpy(), dtype=np.int64)
