"""Facts → questions for the object, and inverse questions for the subject, with short answers."""

import numpy as np
import pyarrow as pa

from kaug.augmentation.rows import Facts, concat_rows, single_fact_rows
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import Property
from kaug.wording.statements import fill, templates

__all__ = ["question_rows"]


def question_rows(
    kb: KnowledgeBase, facts: Facts, *, inverse: bool, phrasings: int = 3, language: str = "en"
) -> pa.Table:
    """Ask for one end of each fact, given the other.

    Questions about some entities teach a model to answer questions about the others from what it read of them
    (Allen-Zhu & Li 2023, arXiv 2309.14316). So the facts given here must leave the exam's entities out.

    Args:
        kb: The knowledge base.
        facts: The facts, without those of held-out entities.
        inverse: Ask for the subject.
        phrasings: At most so many templates a predicate.
        language: BCP 47 tag.

    Returns:
        EXAMPLES; the completion is the bare label of what is asked for.
    """
    words, labels = kb.phrase(language), kb.text(language)
    name: Property = "inverseQuestion" if inverse else "question"
    tables = []
    for predicate in np.unique(facts.predicates):
        some = facts.take(np.flatnonzero(facts.predicates == predicate))
        subjects, objects = words.take(pa.array(some.subjects)), words.take(pa.array(some.objects))
        answers = labels.take(pa.array(some.subjects if inverse else some.objects))
        form = "inverse-question" if inverse else "question"
        for template in templates(kb, int(predicate), name, language)[:phrasings]:
            asked = fill(template, subjects, objects).text
            tables.append(single_fact_rows(kb, some, form=form, prompts=asked, completions=answers, language=language))
    return concat_rows(tables)
