"""The facts about an entity → a record of them: lines of keys and values, and JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, grouped, runs
from kaug.augmentation.rows import Facts, Options, several_fact_rows
from kaug.augmentation.telling import (
    append,
    choose_few,
    codes,
    first_of,
    fixed_words,
    has_short_ends,
    keep,
    keep_said,
    predicate_names,
    spans_of,
)
from kaug.wording.wording import Wording

__all__ = ["record_rows"]


def record_rows(facts: Facts, wording: Wording, options: Options, *, max_facts: int = 12) -> Iterator[pa.Table]:
    """Write up to `max_facts` facts of each entity as lines "key: value", and as JSON; keys are names of properties.

    A property with several values has a line for each, and an array in JSON. Entities with one fact are left out.
    """
    key = fixed_words(wording.language).get("name", "name")
    facts = keep_said(facts, wording, options, "record")
    facts = keep(facts, has_short_ends(facts, wording), options, "record: facts left out: a long name or value")
    names = predicate_names(facts, wording)
    free = np.asarray(pc.not_equal(names, key).to_numpy(zero_copy_only=False), bool)
    facts = keep(facts, free, options, f"record: facts left out: the key is {key}")
    some = facts.take(choose_few(facts, options.seed, max_facts))
    keys = predicate_names(some, wording)
    place = grouped(some.subjects, codes(keys))
    order = np.lexsort((place.heads[place.numbers], some.subjects))  # the values of a key stand together
    some, keys = some.take(order), keys.take(pa.array(order))
    group = grouped(some.subjects, codes(keys)).numbers
    fits = first_of(group, wording.labels(some.objects))  # a key says nothing twice
    fits &= np.bincount(some.subjects[fits], minlength=int(some.subjects.max(initial=0)) + 1)[some.subjects] > 1
    kept = np.flatnonzero(fits)
    some, keys, group = some.take(kept), keys.take(pa.array(kept)), group[kept]
    for pieces in (_lines(some, keys, key, wording), _json(some, keys, group, key, wording)):
        yield _rows(some, pieces, wording)


def _rows(facts: Facts, pieces: Sequence[pa.Array | str], wording: Wording) -> pa.Table:
    sizes = runs(facts.subjects)[1]
    texts, start = append(sizes, *pieces)
    return several_fact_rows(
        facts, sizes, wording, form="record", completions=texts, spans=spans_of(sizes, "completion", start, pieces[1])
    )


def _lines(facts: Facts, keys: pa.Array, key: str, wording: Wording) -> list[pa.Array | str]:
    """Return what comes before each value, the values, and what comes after them."""
    name = pc.binary_join_element_wise(f"{key}: ", wording.labels(facts.subjects), "")
    head = pc.if_else(_first(facts.subjects), name, "")
    return [pc.binary_join_element_wise(head, "\n", keys, ": ", ""), wording.labels(facts.objects), ""]


def _json(facts: Facts, keys: pa.Array, group: Numbers, key: str, wording: Wording) -> list[pa.Array | str]:
    """Return what comes before each value, the values, and what comes after them."""
    several = (np.bincount(group, minlength=int(group.max(initial=-1)) + 1) > 1)[group]
    name = pc.binary_join_element_wise(
        f"{{{_quoted(pa.array([key]))[0]}: ", _quoted(wording.labels(facts.subjects)), ""
    )
    opening = pc.binary_join_element_wise(
        _quoted(keys), pa.array(np.where(several, ": [", ": ").tolist(), pa.string()), ""
    )
    head, opening = pc.if_else(_first(facts.subjects), name, ""), pc.if_else(_first(group), opening, "")
    closing = pc.if_else(pc.and_(_last(group), pa.array(several)), "]", "")
    return [
        pc.binary_join_element_wise(head, ", ", opening, ""),
        _quoted(wording.labels(facts.objects)),
        pc.binary_join_element_wise(closing, pc.if_else(_last(facts.subjects), "}", ""), ""),
    ]


def _quoted(texts: pa.Array) -> pa.Array:
    return pa.array([json.dumps(text, ensure_ascii=False) for text in texts.to_pylist()], pa.string())


def _first(keys: NDArray[Any]) -> pa.Array:
    """Mask the first of each run of equal keys."""
    mask = np.zeros(len(keys), bool)
    mask[runs(keys)[0]] = True
    return pa.array(mask)


def _last(keys: NDArray[Any]) -> pa.Array:
    starts, sizes = runs(keys)
    mask = np.zeros(len(keys), bool)
    mask[starts + sizes - 1] = True
    return pa.array(mask)
