"""A model's shapes → its precision on this machine, bfloat16 or float32, measured once."""

import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from kaug.models.cache import cache_dir, writing_to_cache
from kaug.models.check import check_files, weight_shapes
from kaug.store.digests import fingerprint
from kaug.store.files import write_whole

__all__ = [
    "Precision",
    "PrecisionChoice",
    "choose_precision",
    "fitting_precision",
    "has_bf16",
    "processor",
    "time_products",
]

Precision = Literal["auto", "bf16", "fp32"]
"""The precision of a language model: bfloat16 or float32."""

CLEARLY = 1.1
"""The minimum speed-up for bfloat16 over float32: it is less exact, and measurements are noisy."""

_TOKENS = 128  # the size of a step, and measured in seconds
_ROUNDS = 3

Shapes = Mapping[tuple[int, ...], int]
"""The shapes of matrices with their counts."""


@dataclass(frozen=True)
class PrecisionChoice:
    """The precision of a model, and the measurement behind it.

    Attributes:
        precision: `bf16` or `fp32`.
        seconds: Seconds for the matrix products of 128 tokens, forward and backward, by precision; empty if not
            measured.
    """

    precision: Literal["bf16", "fp32"]
    seconds: dict[str, float] = field(default_factory=dict)


def choose_precision(
    wanted: Precision, folder: Path, *, measure: Callable[[str, Shapes], float] | None = None
) -> PrecisionChoice:
    """Choose the precision of a language model on this machine; `bf16` and `fp32` are returned unchanged.

    `auto` is bfloat16 on a GPU that supports it, and on a processor if it is clearly faster for this model's shapes, as
    with AMX, but not always with AVX-512. The measurement, by `time_products` unless `measure` is given, is cached by
    machine, version of torch and shapes.
    """
    if wanted != "auto":
        return PrecisionChoice(wanted)
    import torch

    if torch.cuda.is_available():
        return PrecisionChoice("bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32")
    if not has_bf16():
        return PrecisionChoice("fp32")
    size = check_files(folder).get("vocab_size")
    shapes: Counter[tuple[int, ...]] = Counter(shape for shape in weight_shapes(folder).values() if len(shape) == 2)
    # The output layer may share the embeddings' matrix: it is one product in either case.
    shapes.update({shape: 1 - count for shape, count in shapes.items() if shape[0] == size})
    mark = fingerprint(
        processor=processor(), threads=torch.get_num_threads(), torch=torch.__version__, shapes=sorted(shapes.items())
    )
    file = cache_dir() / "precision" / f"{mark}.json"
    kept = _kept(file)
    if kept is None:
        with writing_to_cache():
            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(cache_dir() / ".precision.lock"):  # one process measures, the others use its result
                kept = _kept(file)
                if kept is None:
                    seconds = {name: (measure or time_products)(name, shapes) for name in ("fp32", "bf16")}
                    kept = PrecisionChoice("bf16" if seconds["bf16"] * CLEARLY < seconds["fp32"] else "fp32", seconds)
                    write_whole(file, json.dumps(asdict(kept)))
    return kept


def fitting_precision(wanted: Precision, folder: Path) -> Literal["bf16", "fp32"]:
    """Return the precision of a model on this machine; see `choose_precision`."""
    return choose_precision(wanted, folder).precision


def has_bf16() -> bool:
    """Whether torch has kernels for bfloat16 on this processor; without them it is tens of times slower."""
    import torch

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def time_products(precision: str, shapes: Shapes) -> float:
    """Return the seconds that the matrix products of 128 tokens take, forward and backward; shapes are (outputs, inputs)."""
    import torch

    linear: Any = torch.nn.functional.linear
    total = 0.0
    for (outputs, inputs), count in shapes.items():
        weight = torch.zeros(outputs, inputs, requires_grad=True)
        given = torch.ones(_TOKENS, inputs, requires_grad=True)
        best = float("inf")
        for _ in range(1 + _ROUNDS):  # the first warms up
            started = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                made = linear(given, weight)
            made.backward(torch.ones_like(made))
            best = min(best, time.perf_counter() - started)
        total += count * best
    return total


def processor() -> str:
    """Return the processor's name and features, some of which a virtual machine may hide."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(line for line in lines if line.startswith(("model name", "flags", "Features")))


def _kept(file: Path) -> PrecisionChoice | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        seconds = {name: float(kept["seconds"][name]) for name in ("fp32", "bf16")}
        return PrecisionChoice("bf16" if kept["precision"] == "bf16" else "fp32", seconds)
    except (OSError, ValueError, KeyError, TypeError):
        return None
