"""Probes and a model → answers, by free generation, with the log-likelihood of the right answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.evaluation.score import score_answer
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.lexicon.statements import statements
from kaug.models import Precision, fitting_precision, load_language_model, load_tokenizer
from kaug.tables import ANSWERS
from kaug.training.tokens import Template, follow, render_prompts

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["Generated", "answer_probes", "generate", "likelihood", "with_facts"]

_SHORT = 8  # tokens; most answers of a trained model end before


@dataclass(frozen=True)
class Generated:
    """What a model wrote.

    Attributes:
        texts: One string a prompt.
        tokens: int32 (prompts,): generated tokens.
    """

    texts: list[str]
    tokens: NDArray[np.int32]


def generate(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    prompts: Sequence[str],
    *,
    template: Template = "chat",
    system: str | None = None,
    max_new_tokens: int = 48,
    batch_size: int = 32,
    progress: Callable[[int], None] | None = None,
) -> Generated:
    """Let a model answer prompts greedily.

    Args:
        model: A causal language model.
        tokenizer: Its tokenizer.
        prompts: Questions, not yet rendered.
        template: See `kaug.training.tokens.render_prompts`.
        system: See `kaug.training.tokens.render_prompts`.
        max_new_tokens: Answers are cut there.
        batch_size: Prompts of like length that are answered together.
        progress: Called with the number of prompts answered since the last call.

    Returns:
        The answers in the order of the prompts.
    """
    import torch

    rendered = render_prompts(prompts, tokenizer, template, system)
    ids = tokenizer(rendered, add_special_tokens=False)["input_ids"] if rendered else []
    texts = [""] * len(ids)
    tokens = np.zeros(len(ids), dtype=np.int32)
    writer: Any = model.train(False)
    pending = sorted(range(len(ids)), key=lambda row: (len(ids[row]), row))
    # A batch is written until its longest answer ends. So all get a few tokens first, and only those that go on beyond them
    # are written again, together and to their end.
    for limit in sorted({min(_SHORT, max_new_tokens), max_new_tokens}):
        unfinished: list[int] = []
        for start in range(0, len(pending), batch_size):
            batch = pending[start : start + batch_size]
            going_on: list[int] = []
            padded: Any = tokenizer.pad(
                {"input_ids": [ids[row] for row in batch]}, padding_side="left", return_tensors="pt"
            )
            inputs = padded.to(model.device)
            with torch.inference_mode():
                out = writer.generate(
                    **inputs,
                    max_new_tokens=limit,
                    min_new_tokens=1,  # silence is no answer, whichever way a model was trained
                    do_sample=False,
                    pad_token_id=tokenizer.pad_token_id,
                    eos_token_id=tokenizer.eos_token_id,
                )
            for row, new in zip(batch, out[:, inputs["input_ids"].shape[1] :].tolist(), strict=True):
                if tokenizer.eos_token_id not in new and limit < max_new_tokens:
                    going_on.append(row)
                    continue
                length = new.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in new else len(new)
                texts[row] = str(tokenizer.decode(new[:length], skip_special_tokens=True)).strip()
                tokens[row] = length
            if progress:
                progress(len(batch) - len(going_on))
            unfinished += going_on
        pending = unfinished
    return Generated(texts, tokens)


def likelihood(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    prefixes: Sequence[str],
    continuations: Sequence[str],
    *,
    batch_size: int = 32,
    progress: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Score given continuations of given prefixes.

    Args:
        model: A causal language model.
        tokenizer: Its tokenizer.
        prefixes: Rendered prompts, or the beginnings of texts.
        continuations: What follows each.
        batch_size: Rows of like length that are scored together.
        progress: Called with the number of rows scored since the last call.

    Returns:
        Two arrays float32 (rows,): the mean natural log-probability per token of the continuation, and the part of its
        tokens that the model would have written itself (0 to 1).
    """
    import torch

    before = tokenizer(list(prefixes), add_special_tokens=False)["input_ids"] if prefixes else []
    after = tokenizer(list(continuations), add_special_tokens=False)["input_ids"] if continuations else []
    order = sorted(range(len(before)), key=lambda row: (len(before[row]) + len(after[row]), row))
    logs, hits = np.zeros(len(order), dtype=np.float32), np.zeros(len(order), dtype=np.float32)
    model.train(False)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        padded: Any = tokenizer.pad(
            {"input_ids": [before[row] + after[row] for row in batch]}, padding_side="left", return_tensors="pt"
        )
        inputs = padded.to(model.device)
        positions = (inputs["attention_mask"].cumsum(dim=-1) - 1).clamp(min=0)
        # Padding stands on the left, so the continuations end together, and only their logits need be computed.
        width = 1 + max(len(after[row]) for row in batch)
        with torch.inference_mode():
            kept: Any = model(**inputs, position_ids=positions, logits_to_keep=width).logits
        for place, row in enumerate(batch):
            count = min(len(after[row]), len(before[row]) + len(after[row]) - 1)
            if count < 1:
                continue
            targets = inputs["input_ids"][place, -count:]
            scores = torch.log_softmax(kept[place, -count - 1 : -1].float(), dim=-1)
            logs[row] = scores.gather(1, targets[:, None]).mean().item()
            hits[row] = (scores.argmax(dim=-1) == targets).float().mean().item()
        if progress:
            progress(len(batch))
    return logs, hits


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
        template: See `kaug.training.tokens.render_prompts`.
        system: See `kaug.training.tokens.render_prompts`.
        max_new_tokens: Answers are cut there.
        batch_size: Probes answered together.
        precision: What the model computes in; see `kaug.models.fitting_precision`.
        progress: Called with the number of probes answered since the last call.

    Returns:
        ANSWERS, in the order of the probes. A question's score is 1 or 0 (`score_answer`); a passage's is the part of its
        tokens that the model, shown the true text so far, would have written itself.
    """
    import torch

    device: Any = "cuda" if torch.cuda.is_available() else "cpu"
    number = torch.bfloat16 if fitting_precision(precision) == "bf16" else torch.float32
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
    rendered = render_prompts(questions, tokenizer, template, system)
    right = follow(rendered, [answers[row][0] for row in asked])
    logs[asked], _ = likelihood(model, tokenizer, rendered, right, batch_size=batch_size)
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
