import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kaug.arms import Arm
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows, make_rows
from kaug.errors import ArtifactError, ModelError, PipelineError
from kaug.models.find import fitting_precision, load_language_model, load_tokenizer
from kaug.training import adapters, trainer
from kaug.training.adapters import ADAPTERS, Adapter, Lora
from kaug.training.objectives import OBJECTIVES, Objective
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
    run = {name: settings.pop(name) for name in ("seed", "replay", "checkpoints", "progress") if name in settings}
    given = {"tokens": STEPS * 64, "step_tokens": 64, "learning_rate": 1e-2, "checkpoint_steps": EVERY}
    return train_model(table, base, out, TrainingSettings(**given | settings), **run)


def counting(reported: list[int]) -> Any:
    """Keep what progress is told, without its notes."""
    return lambda tokens, note="": reported.append(tokens)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(table: pa.Table, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingRun]:
    """A training that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    return out, train(table, tiny_model, out)


@pytest.fixture(scope="module")
def interrupted(table: pa.Table, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints of trainings that were interrupted after steps 6 and 10: the whole one and the one before it."""
    folder = tmp_path_factory.mktemp("interrupted")
    for last in (6, 10):
        steps: list[int] = []

        def pull_the_plug(tokens: int, note: str = "", last: int = last, steps: list[int] = steps) -> None:
            steps.append(tokens)
            if len(steps) == last:
                raise PulledPlugError

        with pytest.raises(PulledPlugError):
            train(table, tiny_model, folder / "out", checkpoints=folder / f"after-{last}", progress=pull_the_plug)
        assert not (folder / "out" / "model.safetensors").exists()
    for last, step in ((6, 4), (10, 8)):
        assert [path.name for path in (folder / f"after-{last}").iterdir()] == [f"checkpoint-{step}"]  # one at a time
        shutil.copytree(folder / f"after-{last}", folder / "checkpoints", dirs_exist_ok=True)
    return folder / "checkpoints"


@pytest.mark.slow
def test_the_loss_falls_and_what_was_learnt_is_said(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    from kaug.models.generate import generate

    run = train(table, tiny_model, tmp_path, tokens=60 * 256, step_tokens=256)
    first, last = run.loss[0][1], run.loss[-1][1]
    assert last < first / 10
    model, tokenizer = load_language_model(tmp_path), load_tokenizer(tmp_path)
    said = generate(model, tokenizer, [f"What is the capital of {country}?" for country, _ in PAIRS])
    assert said.texts == [city for _, city in PAIRS]


@pytest.mark.slow
def test_the_run_is_counted(table: pa.Table, whole: tuple[Path, TrainingRun], tiny_model: Path, tmp_path: Path) -> None:
    _, run = whole
    assert (run.rows, run.steps) == (10, STEPS)
    assert STEPS * 64 <= run.tokens < STEPS * 64 + 64
    assert [step for step, _ in run.loss] == list(range(1, STEPS + 1))
    assert run.seconds > 0
    reported: list[int] = []
    train(table, tiny_model, tmp_path, progress=counting(reported))
    assert len(reported) == STEPS
    assert sum(reported) == run.tokens


@pytest.mark.slow
def test_the_steps_follow_from_the_budget_whatever_the_rows(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    few, many = table.slice(0, 1), table
    runs = [train(rows, tiny_model, tmp_path / str(len(rows)), tokens=200, step_tokens=64) for rows in (few, many)]
    assert [run.steps for run in runs] == [3, 3]
    assert train(few, tiny_model, tmp_path / "one", tokens=1).steps == 1


@pytest.mark.slow
def test_one_seed_gives_one_model(table, whole, tiny_model: Path, tmp_path: Path) -> None:
    train(table, tiny_model, tmp_path / "same")
    train(table, tiny_model, tmp_path / "other", seed=1)
    assert weights(tmp_path / "same") == weights(whole[0])
    assert weights(tmp_path / "other") != weights(whole[0])


@pytest.mark.slow
def test_checkpoints_change_nothing(table, whole, tiny_model: Path, tmp_path: Path) -> None:
    train(table, tiny_model, tmp_path / "out", checkpoints=tmp_path / "checkpoints")
    assert weights(tmp_path / "out") == weights(whole[0])


@pytest.mark.slow
def test_a_resumed_training_ends_as_if_never_interrupted(
    table, whole, interrupted: Path, tiny_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(interrupted, tmp_path / "checkpoints")
    reported: list[int] = []
    run = train(
        table,
        tiny_model,
        tmp_path / "out",
        checkpoints=tmp_path / "checkpoints",
        progress=counting(reported),
    )
    assert weights(tmp_path / "out") == weights(whole[0])
    assert len(reported) == 1 + STEPS - 8  # what was done before, at once; then step by step
    assert sum(reported) == run.tokens == whole[1].tokens
    assert run.loss == whole[1].loss


@pytest.mark.parametrize("torn", ["model.safetensors", "optimizer.pt", "whole.json", "trainer_state.json", "gone"])
@pytest.mark.slow
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
    train(
        table,
        tiny_model,
        tmp_path / "out",
        checkpoints=tmp_path / "checkpoints",
        progress=counting(reported),
    )
    assert len(reported) == 1 + STEPS - 4  # from the one before
    assert weights(tmp_path / "out") == weights(whole[0])


@pytest.mark.slow
def test_a_flipped_bit_in_a_checkpoint_is_noticed(
    table, whole, interrupted: Path, tiny_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(interrupted, tmp_path / "checkpoints")
    for folder in (tmp_path / "checkpoints").iterdir():
        content = bytearray((folder / "model.safetensors").read_bytes())
        content[-1] ^= 1
        (folder / "model.safetensors").write_bytes(content)
    reported: list[int] = []
    train(
        table,
        tiny_model,
        tmp_path / "out",
        checkpoints=tmp_path / "checkpoints",
        progress=counting(reported),
    )
    assert len(reported) == STEPS  # none was whole: from the beginning
    assert weights(tmp_path / "out") == weights(whole[0])


def test_an_empty_table_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no training rows"):
        train(concat_rows([]), tiny_model, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_rows_do_not_see_each_other_in_training(
    table: pa.Table, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the model computes for a row in the first step is what it computes for the row alone."""
    import torch

    seen: list[tuple[Any, ...]] = []

    def watched(folder: Path) -> Any:
        model = load_language_model(folder)

        def note(module: Any, args: Any, given: dict[str, Any], out: Any) -> None:
            kept = given["logits_to_keep"]
            seen.append((given["input_ids"], given["position_ids"], kept, out.logits.detach().float()))

        model.register_forward_hook(note, with_kwargs=True)
        return model

    monkeypatch.setattr(trainer, "load_language_model", watched)
    train(table, tiny_model, tmp_path, tokens=100, step_tokens=100)
    ids, positions, kept, logits = seen[0]
    assert 0 < len(kept) < ids.shape[1] - 1  # not those of prompts
    starts = [*torch.nonzero(positions[0] == 0).flatten().tolist(), ids.shape[1]]
    assert len(starts) > 3
    model = load_language_model(tiny_model)
    with (
        torch.no_grad(),
        torch.autocast("cpu", torch.bfloat16, enabled=fitting_precision("auto", tiny_model) == "bf16"),
    ):
        alone = torch.cat([model(ids[:, i:j]).logits.float() for i, j in pairwise(starts)], dim=1)
        merged = model(ids).logits.float()
    assert (logits - alone[:, kept]).abs().max() < 0.5
    assert (merged - alone).abs().max() > 2


@pytest.mark.slow
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


@pytest.mark.slow
def test_checkpoints_are_kept_by_their_steps_whatever_the_clock_says(
    table: pa.Table, whole: tuple[Path, TrainingRun], interrupted: Path, tiny_model: Path, tmp_path: Path
) -> None:
    shutil.copytree(interrupted, tmp_path / "checkpoints")
    for folder, future in (("checkpoint-4", 4e9), ("checkpoint-8", 1e9)):  # the clock was set back in between
        os.utime(tmp_path / "checkpoints" / folder, (future, future))
    reported: list[int] = []
    train(
        table,
        tiny_model,
        tmp_path / "out",
        checkpoints=tmp_path / "checkpoints",
        progress=counting(reported),
    )
    assert len(reported) == 1 + STEPS - 8
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == [f"checkpoint-{STEPS}"]
    assert weights(tmp_path / "out") == weights(whole[0])


@pytest.mark.slow
def test_a_training_that_diverges_stops_at_its_step(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    seen: list[Any] = []

    def diverging(logits: Any, labels: Any, prose: Any) -> Any:
        seen.append(len(labels))
        loss = OBJECTIVES["completion"].loss(logits, labels, prose)
        return loss * float("nan") if len(seen) == 3 else loss

    with pytest.raises(ModelError, match=f"The loss of step 3 of {STEPS} is nan: the training has diverged") as caught:
        train(table, tiny_model, tmp_path, objective=diverging)
    assert caught.value.exit_code == 2
    assert len(seen) == 3
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ModelError, match=r"The loss of step \d+ of 40 is (nan|inf)"):
        train(
            table,
            tiny_model,
            tmp_path,
            learning_rate=10.0,
            tokens=40 * 64,
            precision="fp32",
            warmup=0.0,
            objective=huge,
        )


def huge(logits: Any, labels: Any, prose: Any) -> Any:
    return OBJECTIVES["completion"].loss(logits, labels, prose).exp().exp().exp()


@pytest.mark.slow
def test_a_disk_without_room_is_refused_before_the_training(
    table: pa.Table, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (tiny_model / "model.safetensors").stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2 * size))
    train(table, tiny_model, tmp_path / "without")
    with pytest.raises(ArtifactError, match=r"the training needs 0\.00 GB on the disk") as caught:
        train(table, tiny_model, tmp_path / "with", checkpoints=tmp_path / "checkpoints")
    assert caught.value.exit_code == 4


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20_000, 200_000])
def test_a_file_that_cannot_be_written_is_an_artifact_error(tiny_model: Path, tmp_path: Path, limit: int) -> None:
    code = (
        "import resource, sys; from pathlib import Path; import pyarrow as pa\n"
        "from kaug.training.settings import TrainingSettings; from kaug.training.trainer import train_model\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "table = pa.table({'prompt': [''], 'completion': ['The capital of Togo is Lome.']})\n"
        "settings = TrainingSettings(tokens=640, step_tokens=64, checkpoint_steps=2, precision='fp32')\n"
        "try: train_model(table, Path(sys.argv[1]), Path(sys.argv[2]), settings, checkpoints=Path(sys.argv[2], 'c'))\n"
        "except Exception as error: print(type(error).__name__, getattr(error, 'exit_code', None), error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny_model), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(f"ArtifactError 4 {tmp_path}: cannot be written: "), done.stdout + done.stderr
    assert done.stdout.count("\n") == 1


@pytest.mark.slow
def test_an_objective_is_a_function_and_a_line_in_the_table(
    table: pa.Table, whole: tuple[Path, TrainingRun], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int, bool, int]] = []

    def smoothed(logits: Any, labels: Any, prose: Any) -> Any:
        from torch.nn.functional import cross_entropy

        seen.append((len(logits), len(labels), bool((labels < 0).any()), int(prose.sum())))
        return cross_entropy(logits, labels, label_smoothing=0.1)

    monkeypatch.setitem(OBJECTIVES, "smoothed", Objective(smoothed, "cross-entropy with label smoothing"))
    run = train(table, tiny_model, tmp_path / "named", objective="smoothed")
    assert run.loss[-1][1] < run.loss[0][1]
    assert weights(tmp_path / "named") != weights(whole[0])
    assert len(seen) == STEPS
    assert all(0 < tokens == learnt and not ignored for tokens, learnt, ignored, _ in seen)
    assert any(0 < prose < tokens for tokens, _, _, prose in seen)
    train(table, tiny_model, tmp_path / "given", objective=smoothed)  # from Python it needs no name
    assert weights(tmp_path / "given") == weights(tmp_path / "named")
    with pytest.raises(PipelineError, match=r"no training objective 'smothed'\. Did you mean 'smoothed'\?"):
        TrainingSettings(tokens=1, objective="smothed")


@pytest.mark.parametrize(
    "values",
    [
        {"tokens": 10**13},
        {"step_tokens": 10**6 + 1},
        {"step_tokens": 10**23},
        {"learning_rate": float("inf")},
        {"learning_rate": float("nan")},
        {"weight_decay": float("inf")},
        {"max_length": 10**9},
        {"checkpoint_steps": 10**30},
    ],
)
def test_absurd_settings_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(PipelineError):
        TrainingSettings(**{"tokens": 1000} | values)


@pytest.mark.slow
def test_what_a_model_is_saved_with_says_nothing_on_decoding(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_model, tmp_path / "base")
    (tmp_path / "base" / "generation_config.json").write_text('{"num_beams": 4, "temperature": 3.0, "do_sample": true}')
    train(table, tmp_path / "base", tmp_path / "out", tokens=64)
    saved = json.loads((tmp_path / "out" / "generation_config.json").read_text())
    tokenizer = load_tokenizer(tiny_model)
    assert {
        name: value for name, value in saved.items() if name not in ("transformers_version", "_from_model_config")
    } == {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def tensors(file: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(file)


def train_last_layer(model: Any) -> Any:
    model.requires_grad_(False)
    model.model.layers[-1].requires_grad_(True)
    return model


@pytest.mark.slow
def test_lora_trains_its_matrices_alone_and_merges_them(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    run = train(
        table, tiny_model, tmp_path / "out", adapter="lora", lora=Lora(rank=4, alpha=8), checkpoints=tmp_path / "c"
    )
    assert run.adapter == "lora"
    assert run.loss[-1][1] < run.loss[0][1]
    assert not (tmp_path / "out" / "adapter_config.json").exists()
    before, after = tensors(tiny_model / "model.safetensors"), tensors(tmp_path / "out" / "model.safetensors")
    learnt = tensors(tmp_path / "c" / f"checkpoint-{STEPS}" / "adapter_model.safetensors")
    linear = {name for name in before if name.endswith("_proj.weight")}
    assert before.keys() == after.keys()
    assert len(linear) == 2 * 7
    assert len(learnt) == 2 * len(linear)
    for name, weight in before.items():
        if name not in linear:
            assert after[name].equal(weight)
            continue
        prefix = f"base_model.model.{name.removesuffix('.weight')}"
        a, b = learnt[f"{prefix}.lora_A.weight"], learnt[f"{prefix}.lora_B.weight"]
        assert a.shape[0] == b.shape[1] == 4
        assert b.abs().max() > 1e-3
        assert (after[name] - (weight + 8 / 4 * b @ a)).abs().max() < 1e-6


@pytest.mark.slow
def test_a_training_with_lora_is_resumed_to_the_same_weights(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    settings = {"adapter": "lora", "lora": Lora(dropout=0.2), "checkpoints": tmp_path / "checkpoints"}
    steps: list[int] = []

    def pull_the_plug(tokens: int, note: str = "") -> None:
        steps.append(tokens)
        if len(steps) == 10:
            raise PulledPlugError

    with pytest.raises(PulledPlugError):
        train(table, tiny_model, tmp_path / "out", **settings, progress=pull_the_plug)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-8"]
    reported: list[int] = []
    train(table, tiny_model, tmp_path / "out", **settings, progress=counting(reported))
    assert len(reported) == 1 + STEPS - 8
    train(table, tiny_model, tmp_path / "whole", **settings | {"checkpoints": None})
    assert weights(tmp_path / "out") == weights(tmp_path / "whole")
    train(table, tiny_model, tmp_path / "other", **settings | {"checkpoints": None}, seed=1)
    assert weights(tmp_path / "other") != weights(tmp_path / "whole")


@pytest.mark.slow
def test_an_adapter_is_a_function_and_a_line_in_the_table(
    table: pa.Table, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ADAPTERS, "last", Adapter(train_last_layer, "the last layer alone"))
    train(table, tiny_model, tmp_path / "named", adapter="last")
    before, after = tensors(tiny_model / "model.safetensors"), tensors(tmp_path / "named" / "model.safetensors")
    assert {name for name in before if not after[name].equal(before[name])} == {
        name for name in before if name.startswith("model.layers.1.")
    }
    assert train(table, tiny_model, tmp_path / "given", adapter=train_last_layer).adapter == "train_last_layer"
    assert weights(tmp_path / "given") == weights(tmp_path / "named")
    with pytest.raises(PipelineError, match=r"An adapter should return the model that it gets.*; found NoneType\."):
        train(table, tiny_model, tmp_path / "none", adapter=lambda model: None)
    with pytest.raises(PipelineError, match=r"There is no adapter 'lorra'\. Did you mean 'lora'\?"):
        TrainingSettings(tokens=1, adapter="lorra")


def test_a_missing_package_of_an_adapter_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PipelineError, match=r"The adapter 'lora' needs peft\. Get it with: pip install 'kaug\[lora\]'"):
        TrainingSettings(tokens=1, adapter="lora")


def test_the_settings_of_an_adapter_count_only_where_it_is_used() -> None:
    settings = TrainingSettings(tokens=1, lora=Lora(rank=4))
    assert settings.content() == TrainingSettings(tokens=1).content()
    arm = settings.for_arm(Arm("light", "", "augmented", adapter="lora", learning_rate=3e-3))
    assert (arm.adapter, arm.learning_rate, arm.objective) == ("lora", 3e-3, "completion")
    assert arm.content()["lora"] == {"rank": 4, "alpha": 32, "dropout": 0.0}
    assert settings.for_arm(Arm("full", "", "augmented")) == settings


@pytest.mark.parametrize("values", [{"rank": 0}, {"alpha": 0}, {"dropout": 1.0}, {"rnk": 4}])
def test_absurd_settings_of_lora_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(PipelineError):
        Lora(**values)


@pytest.mark.slow
def test_a_selection_of_a_dataset_is_trained_on_alone(table: pa.Table, tiny_model: Path, tmp_path: Path) -> None:
    import datasets

    import kaug

    chosen = datasets.Dataset(table).select([0, 2])
    settings = TrainingSettings(tokens=64, step_tokens=64, precision="fp32")
    assert kaug.train(chosen, tiny_model, tmp_path / "out", settings).rows == 2
