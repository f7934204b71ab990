"""Facts with one predicate about several entities → Markdown tables."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers, grouped, rank_in_group, runs
from kaug.augmentation.rows import Facts, Options, concat_rows, make_rows, mark_spans, name_facts
from kaug.augmentation.telling import (
    CARD,
    append,
    first_of,
    fixed_words,
    has_short_ends,
    keep,
    predicate_names,
    spans_of,
)
from kaug.wording.wording import Wording

__all__ = ["table_rows"]

WINDOW = 256
"""The facts of a table stand among so many neighbours in the knowledge base, so that a table needs no others."""


def table_rows(facts: Facts, wording: Wording, options: Options, *, least: int = 3, most: int = 8) -> pa.Table:
    """Write tables of up to `most` lines about `least` or more neighbours with one property, but not all of one value."""
    if not len(facts):
        return concat_rows([])
    keep(facts, has_short_ends(facts, wording, CARD), options, "table: facts left out: a long name or value")
    given = options.all_facts(facts)
    low, high = facts.rows[0] // WINDOW * WINDOW, (facts.rows[-1] // WINDOW + 1) * WINDOW
    near = given.take(np.arange(*np.searchsorted(given.rows, [low, high])))
    near = near.take(np.flatnonzero(has_short_ends(near, wording, CARD)))
    near = near.take(np.lexsort((near.rows, near.predicates, near.rows // WINDOW)))
    lines = pc.binary_join_element_wise(wording.labels(near.subjects), wording.labels(near.objects), " | ")
    near = near.take(np.flatnonzero(first_of(_places(near), lines)))
    table = _places(near) * WINDOW + rank_in_group(_places(near)) // most
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
    return make_rows(
        family="closed-book",
        form="table",
        task="language-modelling",
        prompts=None,
        completions=texts,
        facts=name_facts(wording.kb, told.rows, sizes),
        spans=mark_spans(len(sizes), spans_of(sizes, "completion", start, said)),
        language=wording.language,
    )


def _places(facts: Facts) -> Numbers:
    """Number the predicates of each window, ascending, for facts sorted by both."""
    fresh = np.diff(facts.rows // WINDOW, prepend=-1) != 0
    fresh |= np.diff(facts.predicates.astype(np.int64), prepend=-1) != 0
    return np.cumsum(fresh) - 1
