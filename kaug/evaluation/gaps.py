"""A model and the facts to teach → what it answers when it is asked for each, and so which it knows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.evaluation.settings import EvaluationSettings
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.find import Precision, fitting_precision, load_language_model, load_tokenizer
from kaug.models.generate import generate
from kaug.models.prompts import Template
from kaug.tables import GAPS
from kaug.wording.answers import gives_away
from kaug.wording.wording import Wording, groups
from kaug.words.containment import score_answer

__all__ = ["ask_facts", "questions_about"]


def questions_about(kb: KnowledgeBase, language: str = "en") -> tuple[pa.Table, int]:
    """Ask for the object of each taught fact, in the plainest template of the training rows, never in one of the exam.

    Args:
        kb: The knowledge base.
        language: The language of the questions.

    Returns:
        A table with the columns `fact` (hex id), `prompt` and `answers` (all names of the object), and the number of facts
        that are not asked for, since the question would hold the answer.
    """
    wording, rows = Wording(kb, language), kb.taught
    subjects, predicates, objects = kb.columns(rows)
    held, parts = 0, [_QUESTIONS.empty_table()]
    for predicate, places in groups(predicates):
        template = wording.templates(predicate, "question")[0]
        prompts = wording.fill(template, subjects[places], objects[places], predicate).text
        answers = [wording.names(term) for term in objects[places].tolist()]
        fair = ~gives_away(prompts, answers)
        held += int((~fair).sum())
        ids = kb.hex_ids.take(pa.array(rows[places]))
        parts.append(pa.table([ids, prompts, answers], schema=_QUESTIONS).filter(pa.array(fair)))
    return pa.concat_tables(parts), held


_QUESTIONS = pa.schema({"fact": pa.string(), "prompt": pa.string(), "answers": pa.list_(pa.string())})


def ask_facts(
    questions: pa.Table,
    folder: Path,
    settings: EvaluationSettings,
    *,
    template: Template = "chat",
    system: str | None = None,
    precision: Precision = "auto",
    progress: Callable[[int], None] | None = None,
) -> pa.Table:
    """Ask a model for facts. It knows one if its answer holds a name of the fact's object, by the scorer `contains`.

    A question about several facts (the two currencies of Bhutan) is asked once, and each of them scored by its own object.

    Args:
        questions: The first result of `questions_about`.
        folder: The model's folder.
        settings: Its `max_new_tokens` and `batch_size` are used.
        template: See `kaug.models.prompts.render_prompts`.
        system: See `kaug.models.prompts.render_prompts`.
        precision: The precision of the model; see `kaug.models.find.fitting_precision`.
        progress: Called with the number of questions answered since the last call.

    Returns:
        GAPS, in the order of the questions.
    """
    import torch

    prompts = questions["prompt"].combine_chunks().dictionary_encode()
    device: Any = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if fitting_precision(precision, folder) == "bf16" else torch.float32
    written = generate(
        load_language_model(folder).to(device, dtype),
        load_tokenizer(folder),
        prompts.dictionary.to_pylist(),
        template=template,
        system=system,
        max_new_tokens=settings.max_new_tokens,
        batch_size=settings.batch_size,
        progress=progress,
    )
    answers = pa.array(written.texts, pa.string()).take(prompts.indices)
    right = zip(answers.to_pylist(), questions["answers"].to_pylist(), strict=True)
    known = np.array([score_answer(text, names) == 1 for text, names in right], dtype=bool)
    return pa.table([questions["fact"], questions["prompt"], answers, pa.array(known)], schema=GAPS)
