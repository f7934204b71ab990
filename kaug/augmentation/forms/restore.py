"""The facts about an entity → a passage with masks, to be written out whole."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import rank_in_group
from kaug.augmentation.passages import choose_facts, compose
from kaug.augmentation.rows import Facts, Options, concat_rows, make_rows, mark_spans, name_facts
from kaug.augmentation.telling import draw, fixed_words, has_one_answer, has_short_ends, keep, keep_said
from kaug.wording.wording import Wording

__all__ = ["restore_rows"]


def restore_rows(
    facts: Facts, wording: Wording, options: Options, *, passages: int = 2, max_facts: int = 8
) -> pa.Table:
    """Write passages with masks, and ask for them whole: the first sentence keeps its subject, others may lose it.

    Asking for a text given a masked version of it makes knowledge usable without paraphrases, and in both directions (arXiv
    2510.09885). Only what the rest of the passage determines is masked: an object that is the one right
    answer, and the subject that the passage is about.
    """
    words = fixed_words(wording.language)
    if not words:
        options.left_out[f"restore: facts left out: no words in {wording.language}"] += len(facts)
        return concat_rows([])
    facts = keep_said(facts, wording, options, "restore")
    facts = keep(facts, has_short_ends(facts, wording), options, "restore: facts left out: a long name or value")
    places, passage = choose_facts(facts, wording, options.seed, np.arange(passages), max_facts)
    draws = draw(options.seed, facts.rows[places]) + (passage % passages).astype(np.uint64)
    told = compose(facts.take(places), passage, wording, draws, plain=True)
    draws = draw(options.seed, told.facts.rows * passages + told.passage % passages) % np.uint64(3)
    objects = has_one_answer(told.facts, wording, options, "question") & (draws != 0)
    subjects = ~objects & (draws != 1) & (rank_in_group(told.passage) > 0)
    has_mask = np.bincount(told.passage[objects], minlength=len(told.sizes)) > 0
    objects, subjects = (mask[np.repeat(has_mask, told.sizes)] for mask in (objects, subjects))
    told = told.take(has_mask)
    masked, _ = told.mask(subjects, objects).write()
    texts, spans = told.write()
    return make_rows(
        family="closed-book",
        form="restore",
        task="text-restoration",
        prompts=pc.binary_join_element_wise(words["restore"], masked, ""),
        completions=texts,
        facts=name_facts(wording.kb, told.facts.rows, told.sizes),
        spans=mark_spans(len(texts), spans),
        language=wording.language,
    )
