"""Facts → questions for the object, and inverse questions for the subject, with short answers."""

import pyarrow as pa

from kaug.augmentation.rows import Facts, Options, concat_rows, single_fact_rows
from kaug.knowledge.templates import Property
from kaug.wording.wording import Wording, fill, groups

__all__ = ["question_rows"]


def question_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Ask for the object and the subject of each fact in up to `options.templates` templates; answers are bare labels.

    Questions about some entities teach a model to answer questions about others that it has only read about (Allen-Zhu
    & Li 2023, arXiv 2309.14316). The facts given here must exclude the exam's entities.
    """
    forms: tuple[tuple[str, Property], ...] = (("question", "question"), ("inverse-question", "inverseQuestion"))
    tables = []
    for form, name in forms:
        for predicate, positions in groups(facts.predicates):
            part = facts.take(positions)
            subjects, objects = wording.phrases(part.subjects), wording.phrases(part.objects)
            answers = wording.labels(part.objects if name == "question" else part.subjects)
            for template in wording.templates(predicate, name)[: options.templates]:
                prompts = fill(template, subjects, objects).text
                tables.append(single_fact_rows(part, wording, form=form, prompts=prompts, completions=answers))
    return concat_rows(tables)
