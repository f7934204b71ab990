"""Facts → questions for the object, and inverse questions for the subject, with short answers."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from kaug.arrays import Numbers, grouped
from kaug.augmentation.rows import Facts, Options, make_rows
from kaug.knowledge.templates import Property
from kaug.wording.answers import Asked, gives_away
from kaug.wording.sets import ask_for_all, ask_for_one, join_names
from kaug.wording.wording import Wording, groups

__all__ = ["question_rows"]


def question_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask for the object and the subject of each fact in up to `options.templates` templates; answers are bare labels.

    A question with one right answer is asked as it is; one with up to `options.max_answers` asks for all of them, and is
    answered with all. It is left out if it has more, if the facts do not give all of them, or if it holds one. Questions
    about some entities teach a model to answer questions about others that it has only read about (Allen-Zhu & Li 2023, arXiv
    2309.14316). The facts given here must exclude the exam's entities.
    """
    given = options.all_facts(facts)
    forms: tuple[tuple[str, Property, Property], ...] = (
        ("question", "question", "exam"),
        ("inverse-question", "inverseQuestion", "inverseExam"),
    )
    for form, name, exam in forms:
        known = options.asked(wording, name, facts)
        templates = {predicate: wording.templates(predicate, name) for predicate, _ in groups(facts.predicates)}
        questions = _whole_questions(facts, given, known, options)
        questions = [places for places in questions if templates[int(given.predicates[places[0]])]]
        heads = np.array([places[0] for places in questions], dtype=np.int64)
        several = known.answers[known.question[given.rows[heads]]] > 1
        for predicate, asks in groups(given.predicates[heads]):
            for many, choose in ((False, ask_for_one), (True, ask_for_all)):
                chosen = [questions[ask] for ask in asks[several[asks] == many]]
                texts = choose(templates[predicate], wording.language) if chosen else []
                if many:  # the exam may ask in a plural that the rule makes
                    texts = [text for text in texts if text not in wording.templates(predicate, exam)]
                if chosen and not texts:
                    options.left_out["questions left out: no template asks for several answers"] += len(chosen)
                for template in texts[: options.templates]:
                    rows = _rows(given, chosen, template, wording, form, inverse=name == "inverseQuestion")
                    if rows.num_rows < len(chosen):
                        options.left_out["questions left out: they hold an answer"] += len(chosen) - rows.num_rows
                    yield rows


def _whole_questions(facts: Facts, given: Facts, known: Asked, options: Options) -> list[Numbers]:
    """Return the positions in `given` of the facts of each question whose answers are few and all given.

    These are the questions whose first given fact is among `facts`, in their order.
    """
    number = known.question[given.rows]
    each = grouped(number)
    answers = known.answers[number[each.heads]]
    here = np.isin(given.rows[each.heads], facts.rows)
    many = answers > options.max_answers
    part = ~many & (known.count(given.rows)[number[each.heads]] < answers)
    for left_out, why in (
        (many & here, f"more than {options.max_answers} right answers"),
        (part & here, "an answer is held out or not taught"),
    ):
        if left_out.any():
            options.left_out[f"questions left out: {why}"] += int(left_out.sum())
    kept = np.flatnonzero(~many & ~part & here)
    return [each[int(question)] for question in kept[np.argsort(each.heads[kept])]]


def _rows(
    facts: Facts, questions: Sequence[Numbers], template: str, wording: Wording, form: str, *, inverse: bool
) -> pa.Table:
    """Ask each question, given the positions of its facts; the answer joins their labels, each once.

    Those that hold one of their answers, or ask by a list, are left out.
    """
    heads = facts.take(np.array([places[0] for places in questions]))
    prompts = wording.fill(template, heads.subjects, heads.objects, int(heads.predicates[0])).text
    of = facts.take(np.concatenate(questions))
    known = iter(wording.kb.hex_ids.take(pa.array(of.rows)).to_pylist())
    names = iter(wording.labels(of.subjects if inverse else of.objects).to_pylist())
    ids, answers = [[[next(each) for _ in places] for places in questions] for each in (known, names)]
    hidden = ~gives_away(prompts, answers)
    if inverse:
        hidden &= ~wording.lists(heads.objects)
    prompts = prompts.filter(pa.array(hidden))
    completions, stated, spans = [], [], []
    for place, length in zip(np.flatnonzero(hidden).tolist(), map(len, prompts.to_pylist()), strict=True):
        labels, places = answers[place], questions[place]
        text, starts = join_names(list(dict.fromkeys(labels)), wording.language)
        completions.append(text)
        stated.append(ids[place])
        marks = [(fact, "completion", starts[label], starts[label] + len(label)) for fact, label in enumerate(labels)]
        spans.append([*marks, *((fact, "prompt", 0, length) for fact in range(len(places)))])
    return make_rows(
        family="closed-book",
        form=form,
        task="question-answering",
        prompts=prompts,
        completions=pa.array(completions, pa.string()),
        facts=stated,
        spans=spans,
        language=wording.language,
    )
