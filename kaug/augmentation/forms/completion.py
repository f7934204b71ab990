"""Facts → the beginnings of statements as prompts, and their last name as the completion."""

import re

import numpy as np
import pyarrow as pa

from kaug.augmentation.rows import Facts, Options
from kaug.augmentation.telling import has_one_answer, recall_rows
from kaug.knowledge.templates import Property
from kaug.wording.wording import Wording, is_reversed

__all__ = ["completion_rows"]

_LAST = re.compile(r"(?s).*\{[so]\}[.。]?")


def completion_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Cut statements of each fact before their last name, if that is the one right answer, in up to `options.templates`.

    The prompt names one end of the fact, so that the completion must recall the other: "The capital of Togo is" ▸ "Lomé.",
    "Lomé is the capital of" ▸ "Togo." Templates that do not end in a name are left out.
    """
    order, parts = [np.zeros(0, np.int64)], [("", "")][:0]
    answers = [pa.array([], pa.string())]
    ends: tuple[tuple[Property, bool], ...] = (("question", False), ("inverseQuestion", True))
    for name, backward in ends:
        single = np.flatnonzero(has_one_answer(facts, wording, options, name))
        for predicate, manner, places in wording.groups(facts.rows[single]):
            templates = wording.templates(predicate, "statement", manner)
            fitting = [text for text in templates if is_reversed(text) == backward and _LAST.fullmatch(text)]
            some = facts.take(single[places])
            for template in fitting[: options.templates]:
                filled = wording.fill(template, some.subjects, some.objects, predicate)
                last = (filled.subject if backward else filled.object)[:, 0].tolist()
                texts = zip(filled.text.to_pylist(), last, strict=True)
                parts += [(text[:start].rstrip(), text[start:]) for text, start in texts]
                order.append(single[places])
                answers.append(wording.labels(some.subjects if backward else some.objects))
    prompts, completions = (pa.array([part[which] for part in parts], pa.string()) for which in (0, 1))
    told = facts.take(np.concatenate(order))
    return recall_rows(told, prompts, completions, pa.concat_arrays(answers), wording, options, "completion")
