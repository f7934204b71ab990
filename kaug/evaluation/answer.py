"""Probes and a model → answers, by free generation, with their scores and the log-likelihood of the right answer."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.errors import TableError, nearest
from kaug.evaluation.scorers import AnsweredProbe, Score, Scorer, select_scorers
from kaug.evaluation.settings import EvaluationSettings
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.find import Precision, fitting_precision, load_language_model, load_tokenizer
from kaug.models.generate import generate, likelihood
from kaug.models.prompts import Template
from kaug.tables import ANSWERS
from kaug.wording.wording import Wording

__all__ = ["answer_probes", "score_answers", "with_facts"]


def with_facts(
    kb: KnowledgeBase,
    probes: pa.Table,
    hits: pa.Table,
    language: str,
    scorers: Mapping[str, Scorer | Score] | None = None,
) -> tuple[list[str], list[list[str]]]:
    """Put retrieved facts before the questions, not before texts to be continued; return prompts and ids of facts."""
    prompts: list[str] = probes["prompt"].to_pylist()
    names = probes["scorer"].to_pylist()
    known = select_scorers(names, scorers)
    shown: list[list[str]] = [[] for _ in prompts]
    facts: list[list[str]] = [[] for _ in prompts]
    sentences = Wording(kb, language).sentences(hits["row"].to_numpy()).to_pylist()
    for row, fact, sentence in zip(hits["text"].to_pylist(), hits["fact"].to_pylist(), sentences, strict=True):
        if known[names[row]].generates:
            shown[row].append(sentence)
            facts[row].append(fact)
    return [" ".join([*before, prompt]) for before, prompt in zip(shown, prompts, strict=True)], facts


def answer_probes(
    probes: pa.Table,
    folder: Path,
    settings: EvaluationSettings,
    *,
    prompts: Sequence[str],
    retrieved: Sequence[Sequence[str]],
    arm: str,
    seed: int,
    template: Template = "chat",
    system: str | None = None,
    precision: Precision = "auto",
    scorers: Mapping[str, Scorer | Score] | None = None,
    progress: Callable[[int], None] | None = None,
) -> pa.Table:
    """Answer the exam with one model.

    Args:
        probes: PROBES.
        folder: The model's folder.
        settings: Its `max_new_tokens` and `batch_size` are used.
        prompts: The prompt of each probe, including retrieved facts.
        retrieved: The hex ids of the facts in each prompt.
        arm: The arm's name.
        seed: The seed of its training.
        template: See `kaug.models.prompts.render_prompts`.
        system: See `kaug.models.prompts.render_prompts`.
        precision: The precision of the model; see `kaug.models.find.fitting_precision`.
        scorers: Scorers or functions by name, in addition to `kaug.evaluation.scorers.SCORERS`.
        progress: Called with the number of probes answered since the last call.

    Returns:
        ANSWERS, in the order of the probes, scored by the scorer in each probe's column `scorer`.

    Raises:
        PipelineError: A scorer is unknown.
        TableError: A scorer returned a number outside 0 … 1.
    """
    import torch

    names = probes["scorer"].to_pylist()
    known = select_scorers(names, scorers)
    device: Any = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if fitting_precision(precision, folder) == "bf16" else torch.float32
    model, tokenizer = load_language_model(folder).to(device, dtype), load_tokenizer(folder)
    answers = probes["answers"].to_pylist()
    questions = [row for row, name in enumerate(names) if known[name].generates]
    texts = [row for row, name in enumerate(names) if not known[name].generates]
    question_prompts = [prompts[row] for row in questions]
    written = generate(
        model,
        tokenizer,
        question_prompts,
        template=template,
        system=system,
        max_new_tokens=settings.max_new_tokens,
        batch_size=settings.batch_size,
        progress=progress,
    )
    wrote, tokens = [""] * len(prompts), np.zeros(len(prompts), np.int32)
    logs, accuracies = np.zeros(len(prompts), np.float32), np.zeros(len(prompts), np.float32)
    for row, text, count in zip(questions, written.texts, written.tokens, strict=True):
        wrote[row], tokens[row] = text, count
    right = [answers[row][0] for row in questions]
    logs[questions], accuracies[questions] = likelihood(
        model, tokenizer, question_prompts, right, template=template, system=system, batch_size=settings.batch_size
    )
    logs[texts], accuracies[texts] = likelihood(
        model,
        tokenizer,
        [prompts[row] for row in texts],
        [answers[row][0] for row in texts],
        batch_size=max(1, settings.batch_size // 4),
        progress=progress,
    )
    count = len(prompts)
    table = pa.table(
        {
            "probe": probes["id"],
            "arm": [arm] * count,
            "seed": [seed] * count,
            "prompt": list(prompts),
            "answer": wrote,
            "score": np.zeros(count, np.float32),
            "log_likelihood": logs,
            "token_accuracy": accuracies,
            "tokens": tokens,
            "retrieved": [list(facts) for facts in retrieved],
        },
        schema=ANSWERS,
    )
    return score_answers(probes, table, scorers)


def score_answers(probes: pa.Table, answers: pa.Table, scorers: Mapping[str, Scorer | Score] | None = None) -> pa.Table:
    """Score answers again, without running a model.

    Args:
        probes: PROBES.
        answers: ANSWERS to these probes, from any arms, in any order.
        scorers: See `answer_probes`.

    Returns:
        The answers with the column `score` replaced.

    Raises:
        PipelineError: A scorer is unknown.
        TableError: An answer belongs to no probe, or a scorer returned a number outside 0 … 1.

    Examples:
        >>> from kaug.tables import PROBES
        >>> score_answers(PROBES.empty_table(), ANSWERS.empty_table()).num_rows
        0
    """
    known = select_scorers(probes["scorer"].to_pylist(), scorers)
    columns = probes.select(["id", "scorer", "answers", "choices"]).to_pylist()
    exam = {probe["id"]: probe for probe in columns}
    scores = np.zeros(answers.num_rows, np.float32)
    for row, answer in enumerate(answers.to_pylist()):
        if answer["probe"] not in exam:
            raise TableError(
                f"There is an answer to the probe {answer['probe']!r}, which is not in the exam."
                f"{nearest(answer['probe'], exam)}"
            )
        probe = exam[answer["probe"]]
        answered = AnsweredProbe(
            answer["answer"], probe["answers"], probe["choices"], answer["log_likelihood"], answer["token_accuracy"]
        )
        score = float(known[probe["scorer"]].score(answered))
        if not (math.isfinite(score) and 0 <= score <= 1):
            raise TableError(
                f"The scorer {probe['scorer']!r} gave {score} for the probe {probe['id']!r}; it should be from 0 to 1."
            )
        scores[row] = score
    return answers.set_column(answers.schema.get_field_index("score"), ANSWERS.field("score"), pa.array(scores))
