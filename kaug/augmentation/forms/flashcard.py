"""Facts → cards with a name and a property on the front, and the value on the back, both ways round."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers
from kaug.augmentation.begun import whole_questions
from kaug.augmentation.rows import Facts, Options, Spans, make_rows, mark_spans, name_facts
from kaug.augmentation.telling import CARD, fixed_words, has_short_ends, keep_said, lengths, predicate_names
from kaug.knowledge.templates import Property
from kaug.wording.answers import Holds
from kaug.wording.sets import join_each
from kaug.wording.wording import Wording, groups
from kaug.words.stems import with_stems

__all__ = ["flashcard_rows"]


def flashcard_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Write "Togo — capital" ▸ "Lomé" and "? — capital: Lomé" ▸ "Togo"; the back gives all right answers.

    A card is left out, and counted, if it has more than `options.max_answers` right answers, if the facts do not give all of
    them, if it holds one, if a name or value is long, or if its property has the name of another.
    """
    facts = keep_said(facts, wording, options, "flashcard")
    given = options.all_facts(facts)
    alike = options.once(("flashcard", wording.language), lambda: _of_one_name(wording))
    ways: tuple[tuple[Property, bool], ...] = (("question", False), ("inverseQuestion", True))
    for name, inverse in ways:
        cards = whole_questions(facts, wording, name, options, "flashcard: rows")
        some, sizes = given.take(cards.places), cards.sizes
        bad = ~has_short_ends(some, wording, CARD) | np.isin(some.predicates, alike)
        if inverse:
            bad |= wording.lists(some.objects)
        card = np.repeat(np.arange(len(sizes)), sizes)
        fits = np.bincount(card[bad], minlength=len(sizes)) == 0
        if not fits.all():
            options.left_out["flashcard: rows left out: a long name, or a name of several properties"] += int(
                (~fits).sum()
            )
        kept = np.flatnonzero(fits[card])
        yield _rows(some.take(kept), sizes[fits], wording, options, inverse=inverse)


def _of_one_name(wording: Wording) -> Numbers:
    """Return the predicates that share their name with others that ask other questions."""
    named: dict[str, dict[tuple[str, ...], list[int]]] = {}
    for predicate, _ in groups(wording.kb.columns()[1]):
        asks = tuple(wording.templates(predicate, "question"))
        named.setdefault(wording.predicate_name(predicate).lower(), {}).setdefault(asks, []).append(predicate)
    several = [some for by_question in named.values() if len(by_question) > 1 for some in by_question.values()]
    return np.array([predicate for some in several for predicate in some], np.int64)


def _rows(facts: Facts, sizes: Numbers, wording: Wording, options: Options, *, inverse: bool) -> pa.Table:
    words, head = fixed_words(wording.language), facts.take(np.cumsum(sizes) - sizes)
    names = predicate_names(head, wording)
    if inverse:
        asked = words.get("unknown", "?") + " — "
        prompts = pc.binary_join_element_wise(asked, names, words.get("colon", ": "), wording.labels(head.objects), "")
    else:
        prompts = pc.binary_join_element_wise(wording.labels(head.subjects), names, " — ")
    labels = wording.labels(facts.subjects if inverse else facts.objects)
    card = np.repeat(np.arange(len(sizes)), sizes)
    hidden = ~Holds(with_stems(prompts), with_stems(labels), card).names
    if not hidden.all():
        options.left_out["flashcard: rows left out: they hold the answer"] += int((~hidden).sum())
    kept = np.flatnonzero(hidden[card])
    facts, labels, sizes, prompts = facts.take(kept), labels.take(pa.array(kept)), sizes[hidden], prompts.filter(hidden)
    card = np.repeat(np.arange(len(sizes)), sizes)
    fact = np.arange(len(card)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    joined, start = join_each(labels, card, wording.language)
    return make_rows(
        family="closed-book",
        form="flashcard",
        task="question-answering",
        prompts=prompts,
        completions=joined,
        facts=name_facts(wording.kb, facts.rows, sizes),
        spans=mark_spans(
            len(sizes),
            Spans(card, fact, "completion", start, start + lengths(labels)),
            Spans(card, fact, "prompt", np.zeros(len(card), np.int64), lengths(prompts)[card]),
        ),
        language=wording.language,
    )
