"""Training rows → blocks of token ids, one per optimizer step.

Rows are never cut across blocks and never padded: a block concatenates rows, with positions that restart at each row,
from which transformers builds the attention mask that separates rows (only if `use_cache` is off).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.errors import PipelineError
from kaug.models.prompts import Template, encode_prompts, encode_texts, follow, render_prompts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["Block", "Blocks", "Rows", "encode_rows"]

IGNORED = -100


@dataclass(frozen=True)
class Rows:
    """Tokenised rows, concatenated.

    Attributes:
        ids: int32 (tokens,): token ids of all rows.
        labels: int32 (tokens,): the same ids where the loss applies, -100 elsewhere.
        offsets: int64 (rows + 1,): row i is `ids[offsets[i]:offsets[i + 1]]`.
        prose: bool (rows,): the rows of plain text; None if there are none.
    """

    ids: NDArray[np.int32]
    labels: NDArray[np.int32]
    offsets: NDArray[np.int64]
    prose: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Block:
    """The rows of one optimizer step: token ids, labels, positions and the mask of prose, each (tokens,)."""

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    positions: NDArray[np.int64]
    prose: NDArray[np.bool_]


def encode_rows(
    table: pa.Table,
    tokenizer: "PreTrainedTokenizerBase",
    *,
    template: Template = "chat",
    system: str | None = None,
    max_length: int = 512,
) -> Rows:
    """Tokenise training rows; the loss applies to the completion and the end token.

    Only the chat template's own markers become control tokens.

    Args:
        table: EXAMPLES, or any table with string columns `prompt` and `completion`; with a column `form`, rows of the form
            `text` are prose.
        tokenizer: The model's tokenizer.
        template: See `kaug.models.prompts.render_prompts`; rows without a prompt are plain text in either case.
        system: See `kaug.models.prompts.render_prompts`.
        max_length: The maximum tokens of a row, at least 2; longer rows are cut. A long prompt loses its beginning,
            until half of the tokens are left for the completion.

    Returns:
        The rows in the table's order.
    """
    prompts: list[str] = table["prompt"].to_pylist()
    completions: list[str] = table["completion"].to_pylist()
    if not prompts:
        return Rows(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(1, np.int64))
    prompted = [row for row, prompt in enumerate(prompts) if prompt]
    questions = [prompts[row] for row in prompted]
    rendered, before = [""] * len(prompts), [list[int]()] * len(prompts)
    for row, text, ids_of_prompt in zip(
        prompted,
        render_prompts(questions, tokenizer, template, system),
        encode_prompts(questions, tokenizer, template, system),
        strict=True,
    ):
        rendered[row], before[row] = text, ids_of_prompt
    after = encode_texts(follow(rendered, completions), tokenizer)
    end = [tokenizer.eos_token_id]
    ids, labels = [], []
    for whole, right in zip(before, after, strict=True):
        room = max_length - min(len(right) + 1, max_length // 2)
        left = whole[max(0, len(whole) - room) :]
        ids.append([*left, *right, *end][:max_length])
        labels.append([*[IGNORED] * len(left), *right, *end][:max_length])
    offsets = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in ids], out=offsets[1:])
    flat = [token for row in ids for token in row]
    flat_labels = [token for row in labels for token in row]
    prose = np.array([form == "text" for form in table["form"].to_pylist()]) if "form" in table.column_names else None
    return Rows(np.array(flat, np.int32), np.array(flat_labels, np.int32), offsets, prose)


class Blocks:
    """Blocks of shuffled rows, each made on request, in order; only the rows are in memory.

    Rows are repeated until all steps are filled. Rows without labels (only an end token) are left out, since a step of
    them has no loss. After every step the number of tokens seen is on schedule, or at most one row above. So every arm
    has the same number of steps and, within a row, of tokens, and of tokens of prose; arms with fewer rows repeat them
    more often.

    Attributes:
        tokens: The number of tokens of each block up to the last requested.
    """

    def __init__(self, rows: Rows, *, steps: int, step_tokens: int, seed: int, replay: float = 0.0) -> None:
        """Choose the rows of the first block.

        Args:
            rows: The rows.
            steps: Number of blocks.
            step_tokens: The tokens of a block, within one row; it has at least one row.
            seed: Seed of the order.
            replay: The fraction of tokens of prose, if there are both prose and other rows; with 0, all rows are
                equally frequent.

        Raises:
            PipelineError: No row has labels.
        """
        self.tokens: list[int] = []
        self._rows = rows
        self._steps = steps
        self._chosen = _choose_rows(rows, steps=steps, step_tokens=step_tokens, seed=seed, replay=replay)
        self._last: list[int] = []
        self._choose()

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Block:
        if not len(self.tokens) - 1 <= step < self._steps:
            raise IndexError(f"block {step}: blocks are laid in order, once; this is {len(self.tokens) - 1}.")
        self.skip_to(step)
        return _lay(self._rows, self._last)

    def skip_to(self, step: int) -> None:
        """Skip all blocks before one, without making them."""
        while len(self.tokens) <= min(step, self._steps - 1):
            self._choose()

    def _choose(self) -> None:
        self._last = next(self._chosen)
        self.tokens.append(sum(int(self._rows.offsets[row + 1] - self._rows.offsets[row]) for row in self._last))


def _choose_rows(rows: Rows, *, steps: int, step_tokens: int, seed: int, replay: float) -> Iterator[list[int]]:
    """Choose the rows of each block; see `Blocks`."""
    spans = [slice(int(start), int(end)) for start, end in pairwise(rows.offsets)]
    useful = np.array([row for row, span in enumerate(spans) if (rows.labels[span][1:] != IGNORED).any()], np.int64)
    if not len(useful):
        raise PipelineError("There are no training rows; nothing can be trained. Widen the selection or add texts.")
    prose = rows.prose[useful] if rows.prose is not None and replay else np.zeros(len(useful), dtype=bool)
    kinds = useful[~prose], useful[prose]
    generator = np.random.default_rng([seed, 1])
    waiting: tuple[list[int], list[int]] = [], []
    lengths = np.diff(rows.offsets)
    seen = [0, 0]
    for step in range(1, steps + 1):
        chosen: list[int] = []
        while not chosen or sum(seen) < step * step_tokens:
            due = seen[1] < replay * sum(seen)
            kind = 1 if len(kinds[1]) and (due or not len(kinds[0])) else 0
            if not waiting[kind]:
                waiting[kind].extend(generator.permutation(kinds[kind])[::-1].tolist())
            chosen.append(waiting[kind].pop())
            seen[kind] += int(lengths[chosen[-1]])
        yield chosen


def _lay(rows: Rows, chosen: list[int]) -> Block:
    """Concatenate rows."""
    spans = [slice(int(rows.offsets[row]), int(rows.offsets[row + 1])) for row in chosen]
    labels = [rows.labels[span].astype(np.int64) for span in spans]
    for label in labels:
        label[0] = IGNORED  # else the last token of a row would predict the first of the next
    prose = np.zeros(len(chosen), dtype=bool) if rows.prose is None else rows.prose[chosen]
    return Block(
        np.concatenate([rows.ids[span] for span in spans]).astype(np.int64),
        np.concatenate(labels),
        np.concatenate([np.arange(len(label)) for label in labels]),
        np.repeat(prose, [len(label) for label in labels]),
    )
