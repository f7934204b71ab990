"""Facts → questions with four options, of which one is right and the others are proved wrong."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, mix
from kaug.augmentation.forms.true_false import refuter_of
from kaug.augmentation.rows import Facts, Options, Spans, make_rows, mark_spans, name_facts
from kaug.knowledge.templates import Property
from kaug.wording.answers import gives_away
from kaug.wording.negatives import End
from kaug.wording.sets import ask_for_one, in_sentences
from kaug.wording.wording import Wording, groups

__all__ = ["choice_rows"]

_LETTERS = ("A", "B", "C", "D")
_FORMS: tuple[tuple[Property, End], ...] = (("question", "object"), ("inverseQuestion", "subject"))


def choice_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask for the object, and for the subject, of each fact in one question with four options in an order that is drawn.

    The wrong options are near ones, by class and size, that a functional, or inverse functional, predicate rules out; `proof`
    says how. The answer is the option with its letter. A question has one right answer in the knowledge base, and fewer than
    three wrong options leave it out.
    """
    for name, end in _FORMS:
        known = options.asked(wording, name, facts)
        refuter = refuter_of(facts, wording, options)
        wrong = refuter.others(facts.rows, end, len(_LETTERS) - 1)
        single = known.answers[known.question[facts.rows]] == 1
        fits = np.flatnonzero(single & (wrong >= 0).all(axis=1))
        options.left_out["choices left out: no three other options are proved wrong"] += int(single.sum()) - len(fits)
        for predicate, group in groups(facts.predicates[fits]):
            templates = in_sentences(
                ask_for_one(wording.templates(predicate, name), wording.language), wording.language
            )
            templates = templates[: options.templates]
            places = fits[group]
            variant = _draw(facts.rows[places], options.seed, 1) % np.uint64(len(templates) or 1)
            for number, template in enumerate(templates):
                some = places[variant == number]
                if len(some):
                    yield _rows(facts.take(some), wrong[some], template, wording, options, end)


def _rows(facts: Facts, wrong: Numbers, template: str, wording: Wording, options: Options, end: End) -> pa.Table:
    question = wording.fill(template, facts.subjects, facts.objects, int(facts.predicates[0])).text
    right = facts.objects if end == "object" else facts.subjects
    terms = np.column_stack([right.astype(np.int64), wrong])
    draw: NDArray[np.uint64] = _draw(facts.rows, options.seed, 2)[:, None] ^ terms.astype(np.uint64)
    order = np.argsort(mix(draw), axis=1, kind="stable")
    shown = np.take_along_axis(terms, order, 1)
    place = np.argmin(order, axis=1)  # where the right one, number 0, went
    proof = refuter_of(facts, wording, options).options_proof(facts.rows, end)
    labels = [wording.labels(column) for column in shown.T]
    answer = wording.labels(right)
    kept = ~gives_away(question, [[text] for text in answer.to_pylist()]) & proof.is_valid().to_numpy(
        zero_copy_only=False
    )
    lines = [
        pc.binary_join_element_wise(f"\n{letter}. ", column, "")
        for letter, column in zip(_LETTERS, labels, strict=True)
    ]
    some = pa.array(np.flatnonzero(kept))
    prompts = pc.binary_join_element_wise(question, *lines, "").take(some)
    letters = pa.array(_LETTERS).take(pa.array(place))
    completions = pc.binary_join_element_wise(letters, answer, ". ").take(some)
    rows, zero = np.arange(len(some)), np.zeros(len(some), np.int64)
    asked, whole = (
        pc.utf8_length(texts).to_numpy(zero_copy_only=False) for texts in (question.take(some), completions)
    )
    return make_rows(
        family="closed-book",
        form="choice",
        task="question-answering",
        prompts=prompts,
        completions=completions,
        facts=name_facts(wording.kb, facts.rows[kept]),
        spans=mark_spans(
            len(some), Spans(rows, zero, "completion", zero + 3, whole), Spans(rows, zero, "prompt", zero, asked)
        ),
        language=wording.language,
        proofs=proof.take(some),
    )


def _draw(rows: Numbers, seed: int, purpose: int) -> NDArray[np.uint64]:
    return mix(rows.astype(np.uint64) + np.uint64((seed << 40) + (purpose << 36)))
