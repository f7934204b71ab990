"""Training rows and a base model → a fine-tuned model, by transformers' Trainer, with checkpoints and exact resume."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kaug.models.find import Precision, fitting_precision, load_language_model, load_tokenizer, quiet_transformers
from kaug.models.prompts import Template
from kaug.store.digests import file_digest
from kaug.store.files import write_whole
from kaug.training.tokens import Block, encode_rows, pack

if TYPE_CHECKING:
    from transformers import TrainerCallback

__all__ = ["TrainingRun", "train_model"]

_MARK = "whole.json"


@dataclass(frozen=True)
class TrainingRun:
    """What one training was.

    Attributes:
        rows: Distinct rows.
        tokens: Tokens seen, prompts included, rows counted as often as they were seen.
        steps: Optimizer steps.
        seconds: Wall-clock time of this process in the training loop; less than the whole if it was resumed.
        precision: What was computed in.
        loss: Pairs of step and mean training loss since the last pair.
    """

    rows: int
    tokens: int
    steps: int
    seconds: float
    precision: str
    loss: list[tuple[int, float]] = field(default_factory=list)


def train_model(
    table: pa.Table,
    base: Path,
    out: Path,
    *,
    tokens: int,
    step_tokens: int = 256,
    learning_rate: float = 3e-4,
    warmup: float = 0.05,
    weight_decay: float = 0.0,
    precision: Precision = "auto",
    template: Template = "chat",
    system: str | None = None,
    max_length: int = 512,
    checkpoint_steps: int = 100,
    replay: float = 0.0,
    seed: int = 0,
    checkpoints: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> TrainingRun:
    """Fine-tune all weights of a causal language model, held in float32: AdamW, cosine decay, bf16 autocast where that is fast.

    Args:
        table: EXAMPLES.
        base: A folder with a model that transformers saved.
        out: The folder to write model and tokenizer into; it exists.
        tokens: The token budget: `tokens // step_tokens` steps are made, whatever the number of rows.
        step_tokens: Tokens a step.
        learning_rate: Its peak.
        warmup: Part of the steps over which it rises, 0 to 1.
        weight_decay: AdamW's.
        precision: `bf16` autocasts, `fp32` does not, `auto` does where the machine is made for it.
        template: See `kaug.training.tokens.render_prompts`.
        system: See `kaug.training.tokens.render_prompts`.
        max_length: Longer rows are cut.
        checkpoint_steps: A checkpoint is written after every so many steps.
        replay: See `kaug.training.tokens.pack`.
        seed: Decides the order of rows, and dropout where the model has it.
        checkpoints: Where checkpoints go. If whole ones are there, training resumes from the last, and ends with the same
            weights as without the interruption.
        progress: Called with the number of tokens seen since the last call.

    Returns:
        What the training was.

    Raises:
        PipelineError: The table is empty.
    """
    import torch
    from transformers import Trainer, TrainingArguments, set_seed

    tokenizer = load_tokenizer(base)
    rows = encode_rows(table, tokenizer, template=template, system=system, max_length=max_length)
    steps = max(1, tokens // step_tokens)
    blocks = list(pack(rows, steps=steps, step_tokens=step_tokens, seed=seed, replay=replay))
    set_seed(seed)
    model = load_language_model(base)
    model.config.use_cache = False
    on_cpu = not torch.cuda.is_available()
    computed_in = fitting_precision(precision, base)
    arguments = TrainingArguments(
        output_dir=str(checkpoints or out),
        max_steps=steps,
        per_device_train_batch_size=1,
        train_sampling_strategy="sequential",
        learning_rate=learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=int(warmup * steps),
        weight_decay=weight_decay,
        optim="adamw_torch_fused",
        bf16=computed_in == "bf16",
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        seed=seed,
        data_seed=seed,
        logging_steps=max(1, steps // 50),
        save_strategy="steps" if checkpoints else "no",
        save_steps=checkpoint_steps,
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    watch = _watcher(blocks, progress)
    with quiet_transformers():
        trainer = Trainer(model=model, args=arguments, train_dataset=blocks, data_collator=_collate, callbacks=[watch])
        _remove_default_printing(trainer)
        started = time.perf_counter()
        trainer.train(resume_from_checkpoint=_last_whole(checkpoints))
        seconds = time.perf_counter() - started
        model.config.use_cache = True
        model.cpu().save_pretrained(out)
        tokenizer.save_pretrained(out)
    loss = [(int(entry["step"]), float(entry["loss"])) for entry in trainer.state.log_history if "loss" in entry]
    return TrainingRun(
        len(rows.offsets) - 1, sum(len(block.ids) for block in blocks), steps, seconds, computed_in, loss
    )


def _collate(blocks: list[Block]) -> dict[str, Any]:
    import torch

    (block,) = blocks
    return {
        "input_ids": torch.from_numpy(block.ids)[None],
        "labels": torch.from_numpy(block.labels)[None],
        "position_ids": torch.from_numpy(block.positions)[None],
    }


def _watcher(blocks: list[Block], progress: Callable[[int], None] | None) -> "TrainerCallback":
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        """Report tokens, and mark each checkpoint as whole once every file of it is on disk."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if progress and state.global_step:
                progress(sum(len(block.ids) for block in blocks[: state.global_step]))

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if progress:
                progress(len(blocks[state.global_step - 1].ids))

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            sizes = {
                file.name: [file.stat().st_size, file_digest(file)]
                for file in sorted(folder.iterdir())
                if file.is_file()
            }
            write_whole(folder / _MARK, json.dumps(sizes))

    return Watch()


def _last_whole(checkpoints: Path | None) -> str | None:
    if checkpoints is None or not checkpoints.is_dir():
        return None
    found = sorted(checkpoints.glob("checkpoint-*"), key=lambda folder: int(folder.name.split("-")[1]))
    for folder in reversed(found):
        try:
            marked: dict[str, list[Any]] = json.loads((folder / _MARK).read_text())
            if all(
                [(folder / name).stat().st_size, file_digest(folder / name)] == [*known]
                for name, known in marked.items()
            ):
                return str(folder)
        except (OSError, ValueError):
            pass
        shutil.rmtree(folder)  # torn by an interruption
    return None


def _remove_default_printing(trainer: Any) -> None:
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
