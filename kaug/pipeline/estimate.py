"""A stage and this machine → about how long it takes."""

import functools
import json
import struct
import time
from pathlib import Path

from kaug.pipeline.project import Project
from kaug.pipeline.stage import Stage

__all__ = ["duration", "seconds_for"]

# Floating-point operations for each unit of a stage, in multiples of the model's parameters: a training step makes 6 for each
# token (Kaplan et al. 2020, arXiv 2001.08361), of which a step of few tokens reaches less than half of the speed of a large
# product; an answer costs about as much as 350 tokens read: some words of a trained model less, forty tokens of an untrained
# one more.
_PER_TOKEN, _PER_PROBE = 6 / 0.4, 350.0
_PER_FACT = 5e8  # the default encoder's, for a sentence
_START = 3.0  # seconds to load a model


def seconds_for(stage: Stage, project: Project) -> float | None:
    """Estimate how long a stage takes here, from the speed of a matrix product and the size of the model.

    Args:
        stage: The stage; its `size` is in tokens for training, in probes for answers, in facts for the index.
        project: Its project, which names the model.

    Returns:
        Seconds, right to a factor of two or so; None for stages that take no time to speak of, or of unknown size.
    """
    if stage.size is None:
        return None
    if stage.kind == "training":
        return _START + stage.size * _PER_TOKEN * _parameters(project.base()) / _speed(project.precision())
    if stage.kind == "answers":
        return _START + stage.size * _PER_PROBE * _parameters(project.base()) / _speed(project.precision())
    if stage.kind == "retrieval":
        return _START + stage.size * _PER_FACT / _speed("fp32")
    return None


def duration(seconds: float) -> str:
    """Write a duration in the largest unit that fits.

    Examples:
        >>> duration(8), duration(200), duration(9000)
        ('8 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@functools.cache
def _speed(precision: str) -> float:
    """Measure how many floating-point operations a second a matrix product makes here."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    size = 4096 if device == "cuda" else 1024
    matrix = torch.ones(size, size, device=device, dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
    best = float("inf")
    for _ in range(4):
        started = time.perf_counter()
        product = matrix @ matrix
        product[0, 0].item()  # waits for the device
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


@functools.cache
def _parameters(folder: Path) -> int:
    """Count the parameters of a model from the headers of its safetensors files."""
    count = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            header = json.loads(handle.read(length))
        for name, tensor in header.items():
            if name != "__metadata__":
                size = 1
                for extent in tensor["shape"]:
                    size *= extent
                count += size
    return count
