from pathlib import Path
from typing import Any

import pytest

from kaug.errors import ModelError
from kaug.models.precision import PrecisionChoice, choose_precision, fitting_precision, time_products


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A processor that can compute in bfloat16, and an empty cache."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("kaug.models.precision.has_bf16", lambda: True)
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def timer(fp32: float, bf16: float, asked: list[Any] | None = None) -> Any:
    def measure(precision: str, shapes: Any) -> float:
        if asked is not None:
            asked.append((precision, dict(shapes)))
        return {"fp32": fp32, "bf16": bf16}[precision]

    return measure


def test_what_was_asked_for_is_not_measured(tiny_model: Path, without_gpu: Path) -> None:
    asked: list[Any] = []
    for wanted in ("bf16", "fp32"):
        assert choose_precision(wanted, tiny_model, measure=timer(1, 2, asked)) == PrecisionChoice(wanted)
    assert asked == []
    assert not without_gpu.exists()


@pytest.mark.parametrize(("fp32", "bf16", "fitting"), [(1.0, 0.5, "bf16"), (1.0, 0.95, "fp32"), (1.0, 2.0, "fp32")])
def test_on_a_processor_bfloat16_must_be_clearly_faster(
    tiny_model: Path, without_gpu: Path, fp32: float, bf16: float, fitting: str
) -> None:
    choice = choose_precision("auto", tiny_model, measure=timer(fp32, bf16))
    assert choice == PrecisionChoice(fitting, {"fp32": fp32, "bf16": bf16})


def test_a_machine_is_measured_once_for_a_models_shapes(tiny_model: Path, without_gpu: Path) -> None:
    asked: list[Any] = []
    first = choose_precision("auto", tiny_model, measure=timer(1.0, 0.5, asked))
    again = choose_precision("auto", tiny_model, measure=timer(0.5, 1.0, asked))
    assert first == again
    assert [name for name, _ in asked] == ["fp32", "bf16"]
    # Two layers: queries and outputs of 32 x 32, keys and values of 16 x 32, three products inside; one of the vocabulary.
    (words,) = {shape for shape in asked[0][1] if shape[0] > 64}
    assert asked[0][1] == {words: 1, (32, 32): 4, (16, 32): 4, (64, 32): 4, (32, 64): 2}
    assert fitting_precision("auto", tiny_model) == "bf16"


@pytest.mark.parametrize("damage", ["", "{}", '{"precision": "bf16"}', "[1]"])
def test_a_damaged_measurement_is_taken_anew(tiny_model: Path, without_gpu: Path, damage: str) -> None:
    choose_precision("auto", tiny_model, measure=timer(1.0, 0.5))
    (kept,) = (without_gpu / "precision").iterdir()
    kept.write_text(damage)
    for measured in (timer(0.5, 1.0), timer(1.0, 0.5)):
        assert choose_precision("auto", tiny_model, measure=measured).precision == "fp32"


def test_without_units_for_bfloat16_nothing_is_measured(
    tiny_model: Path, without_gpu: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kaug.models.precision.has_bf16", lambda: False)
    assert choose_precision("auto", tiny_model, measure=timer(1.0, 0.5)) == PrecisionChoice("fp32")


@pytest.mark.parametrize(("has_bf16", "fitting"), [(True, "bf16"), (False, "fp32")])
def test_a_gpu_says_by_itself(
    tiny_model: Path, without_gpu: Path, monkeypatch: pytest.MonkeyPatch, has_bf16: bool, fitting: str
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    assert choose_precision("auto", tiny_model, measure=timer(1.0, 0.5)) == PrecisionChoice(fitting)


def test_products_take_time() -> None:
    shapes = {(64, 32): 3, (32, 64): 1}
    assert all(0 < time_products(name, shapes) < 5 for name in ("fp32", "bf16"))


def test_a_cache_that_cannot_be_written_is_named(
    tiny_model: Path, without_gpu: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="KAUG_CACHE_DIR"):
        choose_precision("auto", tiny_model, measure=timer(1.0, 0.5))
