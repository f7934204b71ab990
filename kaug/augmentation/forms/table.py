"""Facts with one predicate about several entities → Markdown tables."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers, grouped, rank_in_group, runs
from kaug.augmentation.rows import Facts, Options, concat_rows, several_fact_rows
from kaug.augmentation.telling import (
    CARD,
    append,
    first_of,
    fixed_words,
    has_short_ends,
    is_said,
    keep,
    keep_said,
    predicate_names,
    spans_of,
)
from kaug.wording.wording import Wording

__all__ = ["table_rows"]

WINDOW = 256
"""The things of a table stand among so many neighbours in the knowledge base, so that a table needs no others."""


def table_rows(facts: Facts, wording: Wording, options: Options, *, least: int = 3, most: int = 8) -> pa.Table:
    """Write tables about `least` or more neighbours with one property, but not all of one value.

    A table ends after the thing whose line is its `most`th, so that all values of a thing stand in one table; things with more
    than `most` values are left out.
    """
    facts = keep_said(facts, wording, options, "table")
    if not len(facts):
        return concat_rows([])
    keep(facts, has_short_ends(facts, wording, CARD), options, "table: facts left out: a long name or value")
    near, window = _neighbours(facts, wording, options)
    lines = pc.binary_join_element_wise(wording.labels(near.subjects), wording.labels(near.objects), " | ")
    place = grouped(window, near.predicates).numbers
    fits = first_of(place, lines)
    thing = grouped(place, near.subjects).numbers
    fits &= (np.bincount(thing, fits)[thing] <= most).astype(bool)
    kept = np.flatnonzero(fits)
    near, place, thing = near.take(kept), place[kept], thing[kept]
    line = rank_in_group(place)
    table = place * WINDOW + line[np.searchsorted(thing, thing)] // most
    starts, sizes = runs(table)
    number = np.repeat(np.arange(len(sizes)), sizes)
    things, values = (
        np.bincount(number[grouped(number, ends).heads], minlength=len(sizes)) for ends in (near.subjects, near.objects)
    )
    whole = (things >= least) & (values > 1) & np.isin(near.rows[starts], facts.rows)
    told, first, sizes = near.take(np.flatnonzero(np.repeat(whole, sizes))), near.take(starts[whole]), sizes[whole]
    key = fixed_words(wording.language).get("name", "name")
    head = pc.binary_join_element_wise(f"| {key} | ", predicate_names(first, wording), " |\n|---|---|\n| ", "")
    opens = np.zeros(len(told), bool)
    opens[np.cumsum(sizes) - sizes] = True
    opening = pc.if_else(pa.array(opens), head.take(pa.array(np.repeat(np.arange(len(sizes)), sizes))), "\n| ")
    said = pc.binary_join_element_wise(wording.labels(told.subjects), wording.labels(told.objects), " | ")
    texts, start = append(sizes, opening, said, " |")
    return several_fact_rows(
        told, sizes, wording, form="table", completions=texts, spans=spans_of(sizes, "completion", start, said)
    )


def _neighbours(facts: Facts, wording: Wording, options: Options) -> tuple[Facts, Numbers]:
    """Return the facts with short ends in the windows of some facts, by window and predicate, and the window of each."""
    given = options.all_facts(facts)
    window = options.once("table", lambda: _windows(given))
    here = window[np.searchsorted(given.rows, facts.rows[[0, -1]])]
    index = np.arange(np.searchsorted(window, here[0]), np.searchsorted(window, here[1], "right"))
    index = index[has_short_ends(given.take(index), wording, CARD) & is_said(given.take(index), wording)]
    index = index[np.lexsort((index, given.predicates[index], window[index]))]
    return given.take(index), window[index]


def _windows(facts: Facts) -> Numbers:
    """Return the window of each fact: that of the first fact of its subject, which no window cuts in two."""
    starts, sizes = runs(facts.subjects)
    return np.repeat(facts.rows[starts] // WINDOW, sizes)
