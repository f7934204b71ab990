"""Facts → questions for the object, and inverse questions for the subject, with short answers."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers, expand
from kaug.augmentation.begun import Begun, whole_questions
from kaug.augmentation.rows import Facts, Options, Spans, make_rows, mark_spans, name_facts
from kaug.knowledge.templates import Property
from kaug.wording.answers import Holds
from kaug.wording.sets import ask_for_all, ask_for_one, join_each
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
        questions = whole_questions(facts, wording, name, options, "questions")
        several = options.asked(wording, name, facts).answers[questions.number] > 1
        asked: list[tuple[str, Numbers]] = []
        for predicate, asks in groups(given.predicates[questions.heads()]):
            templates = wording.templates(predicate, name)
            for many, choose in ((False, ask_for_one), (True, ask_for_all)):
                chosen = asks[several[asks] == many]
                texts = choose(templates, wording.language) if len(chosen) and templates else []
                if many:  # the exam may ask in a plural that the rule makes
                    texts = [text for text in texts if text not in wording.templates(predicate, exam)]
                if len(chosen) and templates and not texts:
                    options.left_out["questions left out: no template asks for several answers"] += len(chosen)
                asked += [(template, chosen) for template in texts[: options.templates]]
        if asked:
            sets = _Sets(given, questions, wording, inverse=name == "inverseQuestion")
            rows, held = sets.ask(asked, form)
            if held:
                options.left_out["questions left out: they hold an answer"] += held
            yield rows


class _Sets:
    """Questions in columns: the facts of each, and the answer, which joins their labels, each once."""

    def __init__(self, given: Facts, questions: Begun, wording: Wording, *, inverse: bool) -> None:
        """Join the answers.

        Args:
            given: Facts.
            questions: The questions.
            wording: The wording.
            inverse: Whether the subjects are sought.
        """
        of = np.repeat(np.arange(len(questions.sizes)), questions.sizes)
        self.facts, self.wording, self.inverse = given.take(questions.places), wording, inverse
        self.sizes = questions.sizes
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.heads = self.facts.take(self.starts)
        labels = wording.stemmed(self.facts.subjects if inverse else self.facts.objects)
        self.labels = labels.texts
        self.length = pc.utf8_length(self.labels).to_numpy(zero_copy_only=False)
        names = wording.stemmed(self.heads.objects if inverse else self.heads.subjects, phrases=True)
        self.holds = Holds(names, labels, of)
        self.answers, self.start = join_each(self.labels, of, wording.language)

    def ask(self, asked: Sequence[tuple[str, Numbers]], form: str) -> tuple[pa.Table, int]:
        """Ask questions, given each template with the numbers of those that it asks.

        Returns:
            The rows, and the number of those left out: they hold one of their answers, or ask by a list.
        """
        templates, wording = [template for template, _ in asked], self.wording
        which = np.repeat(np.arange(len(asked)), [len(numbers) for _, numbers in asked])
        question = np.concatenate([numbers for _, numbers in asked])
        heads = self.heads.take(question)
        prompts = wording.fill_each(templates, which, heads.subjects, heads.objects, heads.predicates).text
        hidden = ~self.holds.questions(templates, which, question, prompts)
        if self.inverse:
            hidden &= ~wording.lists(heads.objects)
        prompts, question = prompts.filter(pa.array(hidden)), question[hidden]
        row, kept = expand(self.starts[question], self.starts[question] + self.sizes[question])
        whole = pc.utf8_length(prompts).to_numpy(zero_copy_only=False)[row]
        fact = kept - self.starts[question][row]
        spans = (
            Spans(row, fact, "completion", self.start[kept], self.start[kept] + self.length[kept]),
            Spans(row, fact, "prompt", np.zeros_like(row), whole),
        )
        rows = make_rows(
            family="closed-book",
            form=form,
            task="question-answering",
            prompts=prompts,
            completions=self.answers.take(pa.array(question)),
            facts=name_facts(wording.kb, self.facts.rows[kept], self.sizes[question]),
            spans=mark_spans(len(prompts), *spans),
            language=wording.language,
        )
        return rows, len(hidden) - len(prompts)
