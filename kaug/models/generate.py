"""A model and prompts → generated texts, and the likelihood of given continuations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kaug.models.prompts import Template, encode_prompts, encode_texts, follow, render_prompts

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = ["Generated", "generate", "likelihood"]

_SHORT = 8  # tokens; most answers of a trained model are shorter


@dataclass(frozen=True)
class Generated:
    """The texts that a model generated.

    Attributes:
        texts: One string per prompt.
        tokens: int32 (prompts,): the number of generated tokens.
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
    """Generate answers to prompts greedily, ignoring the decoding settings of the model's folder.

    The prompts are rendered here; see `kaug.models.prompts.render_prompts`. Prompts of similar length share a batch;
    `progress` gets the number of answers since the last call. The answers are in the order of the prompts.
    """
    import torch

    ids = encode_prompts(prompts, tokenizer, template, system)
    texts = [""] * len(ids)
    tokens = np.zeros(len(ids), dtype=np.int32)
    writer: Any = model.train(False)
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    writer.generation_config = _greedy(1, **ends)  # transformers fills other settings from the model's own
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
                # The end token is not part of the answer.
                out = writer.generate(**inputs, generation_config=_greedy(limit, min_new_tokens=1, **ends))
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


def _greedy(limit: int, **settings: int | None) -> Any:
    from transformers import GenerationConfig

    greedy: Any = GenerationConfig
    return greedy(max_new_tokens=limit, do_sample=False, num_beams=1, **settings)


def likelihood(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    prefixes: Sequence[str],
    continuations: Sequence[str],
    *,
    template: Template | None = None,
    system: str | None = None,
    batch_size: int = 32,
    progress: Callable[[int], None] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Score continuations of prefixes, which are questions with a template, or texts without one.

    Returns:
        Two arrays float32 (rows,): the mean natural log-probability per token of the continuation, and the fraction of
        its tokens that the model ranks first.
    """
    import torch

    if template:
        before = encode_prompts(prefixes, tokenizer, template, system)
        continuations = follow(render_prompts(prefixes, tokenizer, template, system), continuations)
    else:
        before = encode_texts(prefixes, tokenizer)
    after = encode_texts(continuations, tokenizer)
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
        # Padding is on the left, so all continuations end together, and only their logits are computed.
        width = 1 + max(len(after[row]) for row in batch)
        with torch.inference_mode():
            kept: Any = model(**inputs, position_ids=positions, logits_to_keep=width).logits
        for position, row in enumerate(batch):
            count = min(len(after[row]), len(before[row]) + len(after[row]) - 1)
            if count < 1:
                continue
            targets = inputs["input_ids"][position, -count:]
            scores = torch.log_softmax(kept[position, -count - 1 : -1].float(), dim=-1)
            logs[row] = scores.gather(1, targets[:, None]).mean().item()
            hits[row] = (scores.argmax(dim=-1) == targets).float().mean().item()
        if progress:
            progress(len(batch))
    return logs, hits
