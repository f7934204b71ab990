"""The facts about two entities → passages about both, and what joins them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, grouped, positions, rank_in_group
from kaug.augmentation.passages import compose, in_sentences
from kaug.augmentation.rows import Facts, Options, concat_rows, several_fact_rows
from kaug.augmentation.telling import draw, has_short_ends
from kaug.wording.answers import MEASURED
from kaug.wording.wording import Wording

__all__ = ["pair_rows"]

MOST_SHARING = 8
"""A value that more things share says little of two of them; of more facts that lead to one thing, so many are drawn."""


def pair_rows(facts: Facts, wording: Wording, options: Options, *, others: int = 2) -> pa.Table:
    """Write passages about two entities: one for each fact that joins them, one for each that has the value of another.

    "Togo borders Ghana." joins the two, and "The currency of Benin is the CFA franc, too." follows the same of Togo. Up to
    `others` more facts about each stand around. Of the things that share a value, each stands beside the next one; numbers,
    dates, and values that more than `MOST_SHARING` things have are passed over. So a fact begins two passages at most.
    """
    given = options.all_facts(facts)
    here = positions(given.rows, facts.rows)
    low, high = (np.searchsorted(given.subjects, given.objects[here], side) for side in ("left", "right"))
    drawn = options.once("pair: links", lambda: _first_few(given, options.seed))[here]
    links = here[(high > low) & drawn & (given.subjects[here] != given.objects[here])]
    links = links[_apart(given.subjects[links], given.objects[links], wording)]
    after = options.once("pair", lambda: _next_with_the_value(given, wording))[here]
    firsts, seconds = here[after >= 0], after[after >= 0]
    apart = _apart(given.subjects[firsts], given.subjects[seconds], wording)
    firsts, seconds = firsts[apart], seconds[apart]
    by_link = np.stack([links, np.full(len(links), -1)], axis=1), given.objects[links]
    by_value = np.stack([firsts, seconds], axis=1), given.subjects[seconds]
    return concat_rows([_rows(given, core, other, wording, options, others) for core, other in (by_link, by_value)])


def _apart(left: NDArray[np.uint32], right: NDArray[np.uint32], wording: Wording) -> NDArray[np.bool_]:
    """Mask the pairs of things of different names: those of one name would be taken for one thing."""
    names = (pc.utf8_lower(wording.labels(some)) for some in (left, right))
    return np.asarray(pc.not_equal(*names).to_numpy(zero_copy_only=False), bool)


def _first_few(facts: Facts, seed: int) -> NDArray[np.bool_]:
    """Mask up to `MOST_SHARING` facts of each object, drawn by their rows."""
    order = np.lexsort((draw(seed, facts.rows), facts.objects))
    mask = np.zeros(len(facts), bool)
    mask[order[rank_in_group(facts.objects[order]) < MOST_SHARING]] = True
    return mask


def _next_with_the_value(facts: Facts, wording: Wording) -> Numbers:
    """Return the next fact with the same predicate and object; -1 for the last one, where many share them, and for measures.

    That two things have the same number or date is luck.
    """
    sharing = grouped(facts.predicates, facts.objects)
    size = np.repeat(sharing.sizes, sharing.sizes)
    after = np.full(len(facts), -1, np.int64)
    last = np.zeros(len(facts), bool)
    last[sharing.starts + sharing.sizes - 1] = True
    measured = pc.match_substring_regex(wording.kb.terms["value"], MEASURED).to_numpy()[facts.objects[sharing.rows]]
    few = np.flatnonzero(~last & (size <= MOST_SHARING) & ~measured)
    after[sharing.rows[few]] = sharing.rows[few + 1]
    return after


def _rows(
    given: Facts, core: Numbers, other: NDArray[np.uint32], wording: Wording, options: Options, others: int
) -> pa.Table:
    """Write a passage for each row of `core`, int64 (n, 2): the fact that joins, and the same of the other, or -1."""
    first = given.subjects[core[:, 0]]
    before, after = (_some_facts(given, entity, core, options.seed, others) for entity in (first, other))
    after[(given.objects[after] == first[:, None])] = -1  # it may say the same the other way round
    places = np.concatenate([before, core, after], axis=1)
    passage, column = np.divmod(np.flatnonzero(places.ravel() >= 0), places.shape[1])
    some = given.take(places[passage, column])
    fits = in_sentences(some, wording) & has_short_ends(some, wording)
    whole = np.ones(len(core), bool)
    whole[passage[np.isin(column, (others, others + 1)) & ~fits]] = False
    kept = np.flatnonzero(fits & whole[passage])
    some, passage, again = some.take(kept), passage[kept], column[kept] == others + 1
    draws = draw(options.seed, some.rows)
    draws[again] = draws[np.flatnonzero(again) - 1]  # the same template
    told = compose(some, passage, wording, draws, too=again)
    turns = np.flatnonzero((np.diff(told.passage) == 0) & (np.diff(told.facts.subjects.astype(np.int64)) != 0))
    told = told.take(np.bincount(told.passage[turns], minlength=len(told.sizes)) > 0)
    texts, spans = told.write()
    return several_fact_rows(told.facts, told.sizes, wording, form="pair", completions=texts, spans=spans)


def _some_facts(given: Facts, entity: NDArray[np.uint32], core: Numbers, seed: int, count: int) -> Numbers:
    """Choose facts about entities besides those that join them, int64 (n, count), -1 where there are no more."""
    low, high = (np.searchsorted(given.subjects, entity, side) for side in ("left", "right"))
    size = np.maximum(high - low, 1)
    start = (draw(seed, given.rows[core[:, 0]]) % size.astype(np.uint64)).astype(np.int64)
    chosen = np.stack([low + (start + step) % size for step in range(count)], axis=1)
    free = (np.arange(count) < (high - low)[:, None]) & (chosen[:, :, None] != core[:, None, :]).all(axis=2)
    return np.where(free, chosen, -1)
