"""The facts about an entity → passages that tell them, in several orders and templates."""

import numpy as np
import pyarrow as pa

from kaug.augmentation.passages import choose_facts, compose
from kaug.augmentation.rows import Facts, Options, several_fact_rows
from kaug.augmentation.telling import draw, first_of
from kaug.wording.wording import Wording

__all__ = ["passage_rows"]


def passage_rows(
    facts: Facts, wording: Wording, options: Options, *, passages: int = 2, max_facts: int = 8
) -> pa.Table:
    """Write passages of up to `max_facts` facts about entities with two or more; a span marks the sentence of each.

    The orders of the first two are opposite, so that each fact is read after others and before them: a model that has read a
    fact in one order and wording only cannot use it (Allen-Zhu & Li 2023, arXiv 2309.14316).
    """
    places, passage = choose_facts(facts, wording, options.seed, np.arange(passages), max_facts)
    draws = draw(options.seed, facts.rows[places]) + (passage % max(1, passages)).astype(np.uint64)
    told = compose(facts.take(places), passage, wording, draws)
    texts, _ = told.write()
    told = told.take(first_of(told.facts.subjects[told.starts].astype(np.int64), texts))
    texts, spans = told.write()
    return several_fact_rows(told.facts, told.sizes, wording, form="passage", completions=texts, spans=spans)
