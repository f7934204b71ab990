"""Training rows and a base model → the time of a training step on this machine, and the memory that it takes."""

import contextlib
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from kaug.progress import Advance
from kaug.training.settings import TrainingSettings
from kaug.training.trainer import train_model

__all__ = ["Pace", "measure_pace"]


@dataclass(frozen=True)
class Pace:
    """The measured speed of a training.

    Attributes:
        steps: The steps measured, without the first one, which is slower.
        tokens: The tokens of these steps.
        seconds: Their wall-clock time.
        memory: The peak memory in bytes: of this process, or on the GPU where there is one.
        device: `cpu` or `cuda`.
    """

    steps: int
    tokens: int
    seconds: float
    memory: int
    device: str

    @property
    def per_token(self) -> float:
        """Seconds for each token."""
        return self.seconds / self.tokens


class _EnoughError(Exception):
    """Ends a training that has been measured."""


def measure_pace(
    rows: pa.Table,
    base: Path,
    settings: TrainingSettings,
    *,
    replay: float = 0.0,
    steps: int = 4,
    most_seconds: float = 20.0,
    progress: Advance | None = None,
) -> Pace:
    """Train for a few steps, and throw the result away.

    It is the training itself, of the same model on blocks of the same rows, that is stopped, so that nothing of it is estimated
    from the model's size.

    Args:
        rows: EXAMPLES, or a sample of them.
        base: A folder with a model.
        settings: The settings of the training.
        replay: See `kaug.training.tokens.Blocks`.
        steps: The steps to measure, at least 1, after the first.
        most_seconds: No step is begun after this time, if one has been measured.
        progress: Called after each step with 1.

    Raises:
        KaugError: An error of the training; see `kaug.training.trainer.train_model`.
    """
    import torch

    ends: list[float] = []
    sizes: list[int] = []

    def watch(amount: int, note: str = "") -> None:
        ends.append(time.perf_counter())
        sizes.append(amount)
        if progress:
            progress(1)
        if len(ends) > steps or (len(ends) > 1 and ends[-1] - ends[0] > most_seconds):
            raise _EnoughError

    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    longer = settings.model_copy(update={"tokens": settings.step_tokens * (steps + 2)})
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(_EnoughError):
        train_model(rows, base, Path(folder), longer, replay=replay, progress=watch)
    memory = torch.cuda.max_memory_allocated() if device == "cuda" else _peak_memory()
    return Pace(len(ends) - 1, sum(sizes[1:]), ends[-1] - ends[0], memory, device)


def _peak_memory() -> int:
    """Return the largest memory that this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # of this program alone: ru_maxrss may count the one that started it
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
