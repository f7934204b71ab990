"""The facts about an entity as lines → a passage that tells them, and back."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers
from kaug.augmentation.passages import choose_facts, compose, in_sentences
from kaug.augmentation.rows import Facts, Field, Options, Spans, concat_rows, make_rows, mark_spans, name_facts
from kaug.augmentation.telling import (
    append,
    draw,
    fixed_words,
    has_short_ends,
    keep,
    keep_said,
    predicate_names,
    spans_of,
)
from kaug.wording.wording import Wording

__all__ = ["describe_rows", "extract_rows"]


def describe_rows(facts: Facts, wording: Wording, options: Options, *, max_facts: int = 8) -> pa.Table:
    """Ask for a text that tells facts, which the prompt lists as "subject | predicate | object", a line each.

    This and `extract_rows` are the two tasks of WebNLG. Their prompts hold the facts, so that they teach to say and to read
    facts rather than to recall them.
    """
    return _rows(facts, wording, options, "describe", max_facts)


def extract_rows(facts: Facts, wording: Wording, options: Options, *, max_facts: int = 8) -> pa.Table:
    """Ask for the facts of a text as lines; see `describe_rows`."""
    return _rows(facts, wording, options, "extract", max_facts)


def _rows(facts: Facts, wording: Wording, options: Options, form: str, max_facts: int) -> pa.Table:
    words, turn = fixed_words(wording.language), int(form == "extract")
    if not words:
        options.left_out[f"{form}: facts left out: no words in {wording.language}"] += len(facts)
        return concat_rows([])
    facts = keep_said(facts, wording, options, form)
    facts = keep(facts, in_sentences(facts, wording), options, f"{form}: facts left out: said in records only")
    facts = keep(facts, has_short_ends(facts, wording), options, f"{form}: facts left out: a long name or value")
    places, passage = choose_facts(facts, wording, options.seed, np.array([turn]), max_facts)
    told = compose(facts.take(places), passage, wording, draw(options.seed, facts.rows[places]) + np.uint64(turn))
    text, lines = (told.before, told.told.text), _lines(told.facts, told.starts, wording)
    asked, given = (lines, text) if form == "describe" else (text, lines)
    prompts, prompt_spans = _write(told.sizes, "prompt", *asked, head=words[form] + "\n")
    completions, completion_spans = _write(told.sizes, "completion", *given)
    return make_rows(
        family="closed-book",
        form=form,
        task="data-to-text" if form == "describe" else "information-extraction",
        prompts=prompts,
        completions=completions,
        facts=name_facts(wording.kb, told.facts.rows, told.sizes),
        spans=mark_spans(len(told.sizes), prompt_spans, completion_spans),
        language=wording.language,
    )


def _lines(facts: Facts, starts: Numbers, wording: Wording) -> tuple[pa.Array, pa.Array]:
    """Return what comes before each line of facts, and the lines."""
    first = np.zeros(len(facts), bool)
    first[starts] = True
    before = pc.if_else(pa.array(first), "", "\n")
    ends = (wording.labels(facts.subjects), predicate_names(facts, wording), wording.labels(facts.objects))
    return before, pc.binary_join_element_wise(*ends, " | ")


def _write(sizes: Numbers, field: Field, before: pa.Array, said: pa.Array, head: str = "") -> tuple[pa.Array, Spans]:
    texts, start = append(sizes, before, said)
    return pc.binary_join_element_wise(head, texts, ""), spans_of(sizes, field, start + len(head), said)
