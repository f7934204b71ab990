"""The facts about an entity → a passage that does not name it, and the question what it is about."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.augmentation.passages import choose_facts, compose
from kaug.augmentation.rows import Facts, Options, concat_rows, make_rows, mark_spans, name_facts
from kaug.augmentation.telling import draw, fixed_words, has_one_answer, has_short_ends, keep, keep_said
from kaug.wording.answers import gives_away
from kaug.wording.wording import Wording

__all__ = ["gist_rows"]

_FEW = 3
"""Of so many facts, it takes one that tells things apart; of more, one that nothing else shares."""

_MOSTLY = 0.9


def gist_rows(facts: Facts, wording: Wording, options: Options, *, max_facts: int = 8) -> pa.Table:
    """Ask what a passage is about that has a mask for its subject; the answer is the label.

    One fact or more of the passage is known of nothing else, so that there is one right answer. In a short passage, this is one
    of a predicate that mostly tells things apart: a spouse does, a cause of death that one person has does not. It is the
    comprehension task of Self-Tuning (arXiv 2406.06326) turned to entities.
    """
    words = fixed_words(wording.language)
    if not words:
        options.left_out[f"gist: facts left out: no words in {wording.language}"] += len(facts)
        return concat_rows([])
    facts = keep_said(facts, wording, options, "gist")
    facts = keep(facts, has_short_ends(facts, wording), options, "gist: facts left out: a long name or value")
    places, passage = choose_facts(facts, wording, options.seed, np.zeros(1, np.int64), max_facts)
    told = compose(
        facts.take(places), passage, wording, draw(options.seed, facts.rows[places]) + np.uint64(2), plain=True
    )
    telling = has_one_answer(told.facts, wording, options, "inverseQuestion")
    apart = options.once(("gist", wording.language), lambda: _tell_apart(facts, wording, options))
    telling &= (told.sizes[told.passage] > _FEW) | apart[told.facts.predicates]
    told = told.take(np.bincount(told.passage[telling], minlength=len(told.sizes)) > 0)
    every = np.ones(len(told.facts), bool)
    told = told.mask(every, ~every)
    answers = wording.labels(told.facts.subjects[told.starts])
    bare = pc.replace_substring_regex(answers, r" \([^()]*\)$", "")  # "Georgia (country)"
    hidden = ~gives_away(told.write()[0], [[answer] for answer in bare.to_pylist()])
    told, answers = told.take(hidden), answers.filter(pa.array(hidden))
    texts, spans = told.write("prompt")
    return make_rows(
        family="closed-book",
        form="gist",
        task="question-answering",
        prompts=pc.binary_join_element_wise(texts, words["gist"], "\n"),
        completions=answers,
        facts=name_facts(wording.kb, told.facts.rows, told.sizes),
        spans=mark_spans(len(texts), spans),
        language=wording.language,
    )


def _tell_apart(facts: Facts, wording: Wording, options: Options) -> NDArray[np.bool_]:
    """Mask the predicates most facts of which are known of one thing only, bool (terms,)."""
    known, predicates = options.asked(wording, "inverseQuestion", facts), wording.kb.columns()[1]
    alone = known.answers[known.question] == 1
    every, some = (np.bincount(of, minlength=wording.kb.terms.num_rows) for of in (predicates, predicates[alone]))
    return some >= _MOSTLY * np.maximum(every, 1)
