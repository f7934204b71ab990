"""Training rows and a base model → a fine-tuned model, by transformers' Trainer, with checkpoints and exact resume."""

import contextlib
import json
import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kaug.errors import ArtifactError, ModelError, PipelineError
from kaug.models.check import check_finite
from kaug.models.find import load_language_model, load_tokenizer
from kaug.models.precision import choose_precision
from kaug.models.quiet import quiet_transformers
from kaug.progress import Advance
from kaug.store.digests import file_digest
from kaug.store.files import FULL, write_whole
from kaug.training.objectives import Loss, loss_of
from kaug.training.settings import TrainingSettings
from kaug.training.tokens import IGNORED, Block, Blocks, encode_rows

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, TrainerCallback

__all__ = ["TrainingRun", "train_model"]

_MARK = "whole.json"


@dataclass(frozen=True)
class TrainingRun:
    """The record of a training.

    Attributes:
        rows: Distinct rows.
        tokens: Tokens seen, including prompts and repeated rows.
        steps: Optimizer steps.
        seconds: Wall-clock time of this process in the training loop; excludes earlier processes if it was resumed.
        precision: The precision of the computation.
        precision_seconds: The measurement behind it; see `kaug.models.precision.PrecisionChoice`.
        loss: Pairs of step and mean training loss since the last pair.
        adapter: The adapter's name; empty if all weights were trained.
    """

    rows: int
    tokens: int
    steps: int
    seconds: float
    precision: str
    precision_seconds: dict[str, float] = field(default_factory=dict)
    loss: list[tuple[int, float]] = field(default_factory=list)
    adapter: str = ""


def train_model(
    table: pa.Table,
    base: Path,
    out: Path,
    settings: TrainingSettings,
    *,
    seed: int = 0,
    replay: float = 0.0,
    checkpoints: Path | None = None,
    progress: Advance | None = None,
) -> TrainingRun:
    """Fine-tune a causal language model, held in float32: AdamW, cosine decay, bf16 autocast if that is fast.

    All weights are trained, or those of `settings.adapter`; added weights are merged into the model.

    Args:
        table: EXAMPLES.
        base: A folder with a model that transformers saved.
        out: An existing folder for model and tokenizer.
        settings: The settings; there are `settings.tokens // settings.step_tokens` steps, whatever the number of rows.
            Its `model` is ignored: `base` is trained.
        seed: Seed of the order of rows, and of dropout if the model has it.
        replay: See `kaug.training.tokens.Blocks`.
        checkpoints: The folder of checkpoints. Training resumes from the last complete one, and gives the same weights
            as without the interruption.
        progress: Called with the number of tokens seen since the last call, and the last loss as a note.

    Returns:
        The record of the training.

    Raises:
        PipelineError: The table is empty, or the adapter's result cannot be merged.
        ModelError: The base model is invalid, or the loss of a step is not finite.
        ArtifactError: There is not enough space on the disk.

    Examples:
        >>> from kaug.training.settings import TrainingSettings
        >>> settings = TrainingSettings(tokens=100_000, learning_rate=1e-4)
        >>> run = train_model(table, Path("model"), Path("trained"), settings)  # doctest: +SKIP
    """
    import torch
    from transformers import GenerationConfig, TrainingArguments, set_seed

    tokenizer = load_tokenizer(base)
    rows = encode_rows(
        table, tokenizer, template=settings.template, system=settings.system, max_length=settings.max_length
    )
    steps = max(1, settings.tokens // settings.step_tokens)
    blocks = Blocks(rows, steps=steps, step_tokens=settings.step_tokens, seed=seed, replay=replay)
    set_seed(seed)
    base_model = load_language_model(base)
    base_model.config.use_cache = False
    model = _adapted(base_model, settings)
    _check_space(model, out, checkpoints)
    on_cpu = not torch.cuda.is_available()
    computed = choose_precision(settings.precision, base)
    arguments = TrainingArguments(
        output_dir=str(checkpoints or out),
        max_steps=steps,
        per_device_train_batch_size=1,
        train_sampling_strategy="sequential",
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=int(settings.warmup * steps),
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        bf16=computed.precision == "bf16",
        use_cpu=on_cpu,
        dataloader_pin_memory=not on_cpu,
        seed=seed,
        data_seed=seed,
        logging_steps=max(1, steps // 50),
        save_strategy="steps" if checkpoints else "no",
        save_steps=settings.checkpoint_steps,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    with quiet_transformers(), _disk_errors(out):
        trainer = _trainer(loss_of(settings.objective), steps)(
            model=model,
            args=arguments,
            train_dataset=blocks,
            data_collator=_collate,
            callbacks=[_watcher(blocks, progress)],
        )
        _remove_default_printing(trainer)
        started = time.perf_counter()
        trainer.train(resume_from_checkpoint=_last_whole(checkpoints))
        seconds = time.perf_counter() - started
        model = model.cpu()
        if model is not base_model:
            model = model.merge_and_unload()
        check_finite(model.state_dict(), out)
        model.config.use_cache = True
        decoding: Any = GenerationConfig
        model.generation_config = decoding(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    loss = [(int(entry["step"]), float(entry["loss"])) for entry in trainer.state.log_history if "loss" in entry]
    return TrainingRun(
        len(rows.offsets) - 1,
        sum(blocks.tokens),
        steps,
        seconds,
        computed.precision,
        computed.seconds,
        loss,
        str(getattr(settings.adapter, "__name__", settings.adapter or "")),
    )


def _adapted(model: "PreTrainedModel", settings: TrainingSettings) -> Any:
    if settings.wrap is None:
        return model
    adapted = settings.wrap(model)
    if adapted is not model and not hasattr(adapted, "merge_and_unload"):
        raise PipelineError(
            "An adapter should return the model that it gets, or one around it that has `merge_and_unload`, as that of LoRA; "
            f"found {type(adapted).__name__}."
        )
    return adapted


def _trainer(loss: Loss, steps: int) -> Any:
    from transformers import Trainer

    class ObjectiveTrainer(Trainer):
        """A Trainer with the loss of an objective, which stops if it is not finite."""

        def compute_loss(
            self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            given = dict(inputs)
            labels, prose = (given.pop(name)[0, 1:] for name in ("labels", "prose"))
            # The logits of a token predict the next one; those of prompts are not computed.
            learnt = (labels != IGNORED).nonzero()[:, 0]
            logits: torch.Tensor = model(**given, logits_to_keep=learnt).logits
            value = loss(logits[0].float(), labels[learnt], prose[learnt])
            if not math.isfinite(value.item()):
                raise ModelError(
                    f"The loss of step {self.state.global_step + 1} of {steps} is {value.item()}: the training has "
                    "diverged. Lower training.learning_rate, or raise training.warmup."
                )
            return value

    return ObjectiveTrainer


def _check_space(model: "PreTrainedModel", out: Path, checkpoints: Path | None) -> None:
    """Raise an error if the disk lacks space for the model, and two checkpoints of weights and two moments each."""
    size = sum(parameter.numel() * 4 for parameter in model.parameters())
    trained = sum(parameter.numel() * 4 for parameter in model.parameters() if parameter.requires_grad)
    there = sum(file.stat().st_size for file in checkpoints.rglob("*") if file.is_file()) if checkpoints else 0
    needed = size + (max(0, 2 * size + 4 * trained - there) if checkpoints else 0)
    free = shutil.disk_usage(out).free
    if free < needed:
        raise ArtifactError(
            f"{out}: the training needs {needed / 1e9:.2f} GB on the disk, and {free / 1e9:.2f} GB are free. Make room, or name "
            "another folder with --out."
        )


@contextlib.contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    """Turn any library's error of writing a file into an ArtifactError."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        # torch gives neither errno nor a reason if it cannot write a file.
        full = getattr(error, "errno", None) in FULL or any(
            words in str(error)
            for words in ("No space left", "os error 28", "File too large", "PytorchStreamWriter", "inline_container")
        )
        if isinstance(error, ArtifactError) or not full:
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise ArtifactError(f"{out}: cannot be written: {reason}. Make room on the disk, and run again.") from error


def _collate(blocks: list[Block]) -> dict[str, Any]:
    import torch

    (block,) = blocks
    return {
        "input_ids": torch.from_numpy(block.ids)[None],
        "labels": torch.from_numpy(block.labels)[None],
        "position_ids": torch.from_numpy(block.positions)[None],
        "prose": torch.from_numpy(block.prose)[None],
    }


def _watcher(blocks: Blocks, progress: Advance | None) -> "TrainerCallback":
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        """Report tokens; mark each checkpoint as complete once all its files are on disk, then remove the previous one."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step:
                blocks.skip_to(state.global_step)
                if progress:
                    progress(sum(blocks.tokens[: state.global_step]))

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            losses = [entry["loss"] for entry in state.log_history[-2:] if "loss" in entry]
            if progress:
                progress(blocks.tokens[state.global_step - 1], f"loss {losses[-1]:.2f}" if losses else "")

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            sizes = {
                file.name: [file.stat().st_size, file_digest(file)]
                for file in sorted(folder.iterdir())
                if file.is_file()
            }
            write_whole(folder / _MARK, json.dumps(sizes))
            for other in _by_step(folder.parent):
                if other != folder:
                    shutil.rmtree(other)

    return Watch()


def _by_step(checkpoints: Path) -> list[Path]:
    """Return the checkpoints in a folder by step, since clocks may be set back."""
    numbered = [
        folder for folder in checkpoints.glob("checkpoint-*") if folder.name.removeprefix("checkpoint-").isdecimal()
    ]
    return sorted(numbered, key=lambda folder: int(folder.name.removeprefix("checkpoint-")))


def _last_whole(checkpoints: Path | None) -> str | None:
    if checkpoints is None or not checkpoints.is_dir():
        return None
    for folder in reversed(_by_step(checkpoints)):
        try:
            marked: dict[str, list[Any]] = json.loads((folder / _MARK).read_text())
            if all(
                [(folder / name).stat().st_size, file_digest(folder / name)] == [*known]
                for name, known in marked.items()
            ):
                return str(folder)
        except (OSError, ValueError, AttributeError, TypeError):
            pass
        shutil.rmtree(folder)  # incomplete after an interruption
    return None


def _remove_default_printing(trainer: Any) -> None:
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
