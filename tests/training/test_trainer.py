import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows, make_rows
from kaug.errors import PipelineError
from kaug.models.find import fitting_precision, load_language_model, load_tokenizer
from kaug.training import trainer
from kaug.training.settings import TrainingSettings
from kaug.training.trainer import TrainingRun, train_model

PAIRS = [("Togo", "Lomé"), ("Peru", "Lima"), ("Japan", "Tokyo"), ("Kenya", "Nairobi"), ("Bhutan", "Thimphu")]
STEPS, EVERY = 12, 4


class PulledPlugError(Exception):
    """The process ends here."""


@pytest.fixture(scope="module")
def table() -> pa.Table:
    questions = make_rows(
        family="closed-book",
        form="question",
        task="question-answering",
        prompts=pa.array([f"What is the capital of {country}?" for country, _ in PAIRS]),
        completions=pa.array([city for _, city in PAIRS]),
        facts=[[] for _ in PAIRS],
        spans=[[] for _ in PAIRS],
    )
    texts = [f"The capital of {country} is {city}." for country, city in PAIRS]
    return concat_rows([questions, text_rows(texts, [country for country, _ in PAIRS])])


def train(table: pa.Table, base: Path, out: Path, **settings: Any) -> TrainingRun:
    out.mkdir(parents=True, exist_ok=True)
    given = {"tokens": STEPS * 64, "step_tokens": 64, "learning_rate": 1e-2, "checkpoint_steps": EVERY} | settings
    own = {name: given.pop(name) for name in ("seed", "replay", "checkpoints", "progress") if name in given}
    return train_model(table, base, out, TrainingSettings(**given), **own)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(table: pa.Table, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingRun]:
    """A training that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    return out, train(table, tiny_model, out)


@pytest.fixture(scope="module")
def interrupted(table: pa.Table, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints of a training that was interrupted after step 10."""
    folder = tmp_path_factory.mktemp("interrupted")
    steps: list[int] = []

    def pull_the_plug(tokens: int) -> None:
        steps.append(tokens)
        if len(steps) == 10:
            raise PulledPlugError

    with pytest.raises(PulledPlugError):
        train(table, tiny_model, folder / "out", checkpoints=folder / "checkpoints", progress=pull_the_plug)
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == ["checkpoint-4", "checkpoint-8"]
    assert not (folder / "out" / "model.safetensors").exists()
    return folder / "checkpoints"


def test_the_loss_falls_and_what_was_learnt_is_said(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    from kaug.models.generate import generate

    run = train(table, tiny_model, tmp_path, tokens=60 * 256, step_tokens=256)
    first, last = run.loss[0][1], run.loss[-1][1]
    assert last < first / 10
    model, tokenizer = load_language_model(tmp_path), load_tokenizer(tmp_path)
    said = generate(model, tokenizer, [f"What is the capital of {country}?" for country, _ in PAIRS])
    assert said.texts == [city for _, city in PAIRS]


def test_the_run_is_counted(table: pa.Table, whole: tuple[Path, TrainingRun], tiny_model: Path, tmp_path: Path) -> None:
    _, run = whole
    assert (run.rows, run.steps) == (10, STEPS)
    assert STEPS * 64 <= run.tokens < STEPS * 64 + 64
    assert [step for step, _ in run.loss] == list(range(1, STEPS + 1))
    assert run.seconds > 0
    reported: list[int] = []
    train(table, tiny_model, tmp_path, progress=reported.append)
    assert len(reported) == STEPS
    assert sum(reported) == run.tokens


def test_the_steps_follow_from_the_budget_whatever_the_rows(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    few, many = table.slice(0, 1), table
    runs = [train(rows, tiny_model, tmp_path / str(len(rows)), tokens=200, step_tokens=64) for rows in (few, many)]
    assert [run.steps for run in runs] == [3, 3]
    assert train(few, tiny_model, tmp_path / "one", tokens=1).steps == 1


def test_one_seed_gives_one_model(table, whole, tiny_model: Path, tmp_path: Path) -> None:
    train(table, tiny_model, tmp_path / "same")
    train(table, tiny_model, tmp_path / "other", seed=1)
    assert weights(tmp_path / "same") == weights(whole[0])
    assert weights(tmp_path / "other") != weights(whole[0])


def test_checkpoints_change_nothing(table, whole, tiny_model: Path, tmp_path: Path) -> None:
    train(table, tiny_model, tmp_path / "out", checkpoints=tmp_path / "checkpoints")
    assert weights(tmp_path / "out") == weights(whole[0])


def test_a_resumed_training_ends_as_if_never_interrupted(
    table, whole, interrupted: Path, tiny_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(interrupted, tmp_path / "checkpoints")
    reported: list[int] = []
    run = train(table, tiny_model, tmp_path / "out", checkpoints=tmp_path / "checkpoints", progress=reported.append)
    assert weights(tmp_path / "out") == weights(whole[0])
    assert len(reported) == 1 + STEPS - 8  # what was done before, at once; then step by step
    assert sum(reported) == run.tokens == whole[1].tokens
    assert run.loss == whole[1].loss


@pytest.mark.parametrize("torn", ["model.safetensors", "optimizer.pt", "whole.json", "trainer_state.json", "gone"])
def test_a_torn_checkpoint_is_passed_over(
    table, whole, interrupted: Path, tiny_model: Path, tmp_path: Path, torn: str
) -> None:
    shutil.copytree(interrupted, tmp_path / "checkpoints")
    newest = tmp_path / "checkpoints" / "checkpoint-8"
    if torn == "gone":
        (newest / "model.safetensors").unlink()
    else:
        content = (newest / torn).read_bytes()
        (newest / torn).write_bytes(content[: len(content) // 2])
    reported: list[int] = []
    train(table, tiny_model, tmp_path / "out", checkpoints=tmp_path / "checkpoints", progress=reported.append)
    assert len(reported) == 1 + STEPS - 4  # from the one before
    assert weights(tmp_path / "out") == weights(whole[0])


def test_a_flipped_bit_in_a_checkpoint_is_noticed(
    table, whole, interrupted: Path, tiny_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(interrupted, tmp_path / "checkpoints")
    for folder in (tmp_path / "checkpoints").iterdir():
        content = bytearray((folder / "model.safetensors").read_bytes())
        content[-1] ^= 1
        (folder / "model.safetensors").write_bytes(content)
    reported: list[int] = []
    train(table, tiny_model, tmp_path / "out", checkpoints=tmp_path / "checkpoints", progress=reported.append)
    assert len(reported) == STEPS  # none was whole: from the beginning
    assert weights(tmp_path / "out") == weights(whole[0])


def test_an_empty_table_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no training rows"):
        train(concat_rows([]), tiny_model, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_rows_longer_than_max_length_leave_the_weights_finite(tiny_model: Path, tmp_path: Path) -> None:
    rows = make_rows(
        family="open-book",
        form="inject-before",
        task="language-modelling",
        prompts=pa.array(["A saw is used to cut wood. " * 40, "Where?"]),
        completions=pa.array(["A text.", "There."]),
        facts=[[], []],
        spans=[[], []],
    )
    train(rows, tiny_model, tmp_path, max_length=32, step_tokens=32)
    for parameter in load_language_model(tmp_path).parameters():
        assert np.isfinite(parameter.detach().numpy()).all()


def test_the_saved_folder_is_a_model_for_transformers(whole: tuple[Path, TrainingRun], tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(whole[0], local_files_only=True)
    tokenizer, before = (AutoTokenizer.from_pretrained(folder) for folder in (whole[0], tiny_model))
    assert model.config.use_cache
    assert str(model.dtype) == "torch.float32"
    assert tokenizer.get_vocab() == before.get_vocab()
    assert tokenizer.chat_template == before.chat_template
    assert tokenizer.eos_token == before.eos_token
    config = json.loads((whole[0] / "config.json").read_text())
    assert config["model_type"] == "llama"
    assert weights(whole[0]) != weights(tiny_model)


def test_rows_do_not_see_each_other_in_training(
    table: pa.Table, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the model computes for a row in the first step is what it computes for the row alone."""
    import torch

    seen: list[tuple[Any, ...]] = []

    def watched(folder: Path) -> Any:
        model = load_language_model(folder)

        def note(module: Any, args: Any, given: dict[str, Any], out: Any) -> None:
            seen.append((given["input_ids"], given["position_ids"], out.logits.detach().float()))

        model.register_forward_hook(note, with_kwargs=True)
        return model

    monkeypatch.setattr(trainer, "load_language_model", watched)
    train(table, tiny_model, tmp_path, tokens=100, step_tokens=100)
    ids, positions, logits = seen[0]
    starts = [*torch.nonzero(positions[0] == 0).flatten().tolist(), ids.shape[1]]
    assert len(starts) > 3
    model = load_language_model(tiny_model)
    with (
        torch.no_grad(),
        torch.autocast("cpu", torch.bfloat16, enabled=fitting_precision("auto", tiny_model) == "bf16"),
    ):
        alone = torch.cat([model(ids[:, i:j]).logits.float() for i, j in pairwise(starts)], dim=1)
        merged = model(ids).logits.float()
    assert (logits - alone).abs().max() < 0.5
    assert (merged - alone).abs().max() > 2


def test_products_are_of_the_precision_asked_for(
    table: pa.Table, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def watched(folder: Path) -> Any:
        model = load_language_model(folder)
        model.model.layers[0].mlp.register_forward_hook(lambda module, args, out: seen.append(str(out.dtype)))
        return model

    monkeypatch.setattr(trainer, "load_language_model", watched)
    for precision, number in (("fp32", "torch.float32"), ("bf16", "torch.bfloat16")):
        seen.clear()
        run = train(table, tiny_model, tmp_path / precision, precision=precision)
        assert run.precision == precision
        assert set(seen) == {number}
    assert weights(tmp_path / "fp32") != weights(tmp_path / "bf16")
    fitting = fitting_precision("auto", tiny_model)
    assert train(table, tiny_model, tmp_path / "auto").precision == fitting
    assert weights(tmp_path / "auto") == weights(tmp_path / fitting)
