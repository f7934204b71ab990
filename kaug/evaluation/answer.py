"""Probes and a model → answers, by free generation, with the log-likelihood of the right answer."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.evaluation.score import score_answer
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.find import Precision, fitting_precision, load_language_model, load_tokenizer
from kaug.models.generate import generate, likelihood
from kaug.models.prompts import Template
from kaug.tables import ANSWERS
from kaug.wording.statements import statements

__all__ = ["answer_probes", "with_facts"]


def with_facts(kb: KnowledgeBase, probes: pa.Table, hits: pa.Table, language: str) -> tuple[list[str], list[list[str]]]:
    """Set retrieved facts before the questions.

    Args:
        kb: The knowledge base that the hits are from.
        probes: PROBES. Passages of text (no hop) stay as they are.
        hits: What `Retriever.retrieve` found for the probes' prompts.
        language: BCP 47 tag of the facts' sentences.

    Returns:
        The prompts, and for each the hex ids of the facts set before it.
    """
    prompts: list[str] = probes["prompt"].to_pylist()
    hops = probes["hops"].to_pylist()
    said: list[list[str]] = [[] for _ in prompts]
    facts: list[list[str]] = [[] for _ in prompts]
    sentences = statements(kb, hits["row"].to_numpy(), language).to_pylist()
    for number, fact, sentence in zip(hits["text"].to_pylist(), hits["fact"].to_pylist(), sentences, strict=True):
        if hops[number]:
            said[number].append(sentence)
            facts[number].append(fact)
    return [" ".join([*of, prompt]) for of, prompt in zip(said, prompts, strict=True)], facts


def answer_probes(
    probes: pa.Table,
    folder: Path,
    *,
    prompts: Sequence[str],
    retrieved: Sequence[Sequence[str]],
    arm: str,
    seed: int,
    template: Template = "chat",
    system: str | None = None,
    max_new_tokens: int = 40,
    batch_size: int = 32,
    precision: Precision = "auto",
    progress: Callable[[int], None] | None = None,
) -> pa.Table:
    """Have one model sit the exam.

    Args:
        probes: PROBES.
        folder: The model's folder.
        prompts: What is asked for each probe; facts may stand before the question.
        retrieved: For each probe the hex ids of these facts.
        arm: The arm's name.
        seed: The seed of its training.
        template: See `kaug.models.prompts.render_prompts`.
        system: See `kaug.models.prompts.render_prompts`.
        max_new_tokens: Answers are cut there.
        batch_size: Probes answered together.
        precision: What the model computes in; see `kaug.models.find.fitting_precision`.
        progress: Called with the number of probes answered since the last call.

    Returns:
        ANSWERS, in the order of the probes. A question's score is 1 or 0 (`score_answer`); a passage's is the part of its
        tokens that the model, shown the true text so far, would have written itself.
    """
    import torch

    device: Any = "cuda" if torch.cuda.is_available() else "cpu"
    number = torch.bfloat16 if fitting_precision(precision, folder) == "bf16" else torch.float32
    model, tokenizer = load_language_model(folder).to(device, number), load_tokenizer(folder)
    answers = probes["answers"].to_pylist()
    asked = [row for row, hops in enumerate(probes["hops"].to_pylist()) if hops]
    passages = [row for row, hops in enumerate(probes["hops"].to_pylist()) if not hops]
    questions = [prompts[row] for row in asked]
    written = generate(
        model,
        tokenizer,
        questions,
        template=template,
        system=system,
        max_new_tokens=max_new_tokens,
        batch_size=batch_size,
        progress=progress,
    )
    texts, tokens = [""] * len(prompts), np.zeros(len(prompts), np.int32)
    scores, logs = np.zeros(len(prompts), np.float32), np.zeros(len(prompts), np.float32)
    for row, text, count in zip(asked, written.texts, written.tokens, strict=True):
        texts[row], tokens[row], scores[row] = text, count, score_answer(text, answers[row])
    right = [answers[row][0] for row in asked]
    logs[asked], _ = likelihood(
        model, tokenizer, questions, right, template=template, system=system, batch_size=batch_size
    )
    logs[passages], scores[passages] = likelihood(
        model,
        tokenizer,
        [prompts[row] for row in passages],
        [answers[row][0] for row in passages],
        batch_size=max(1, batch_size // 4),
        progress=progress,
    )
    count = len(prompts)
    return pa.table(
        {
            "probe": probes["id"],
            "arm": [arm] * count,
            "seed": [seed] * count,
            "prompt": list(prompts),
            "answer": texts,
            "score": scores,
            "log_likelihood": logs,
            "tokens": tokens,
            "retrieved": [list(facts) for facts in retrieved],
        },
        schema=ANSWERS,
    )
