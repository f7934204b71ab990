"""A stage and this machine → an estimate of its time."""

import functools
import math
import time
from pathlib import Path

from kaug.models.check import weight_shapes
from kaug.pipeline.project import Project
from kaug.pipeline.stage import Stage

__all__ = ["parameters", "seconds_for"]

# Floating-point operations for each unit of a stage, in multiples of the model's parameters: a training step makes 6 for each
# token (Kaplan et al. 2020, arXiv 2001.08361), of which a step of few tokens reaches less than half of the speed of a large
# product; an answer costs about as much as 350 tokens read: some words of a trained model less, forty tokens of an untrained
# one more.
_PER_TOKEN, _PER_PROBE = 6 / 0.4, 350.0
_PER_FACT = 5e8  # the default encoder's, for a sentence
_START = 3.0  # seconds to load a model


def seconds_for(stage: Stage, project: Project) -> float | None:
    """Estimate the seconds of a stage on this machine.

    A training's from its measured steps, if there are any; else from the speed of a matrix product and the size of the model.
    """
    if stage.size is None:
        return None
    if stage.kind == "training" and project.pace:
        return _START + stage.size * project.pace
    if stage.kind in ("training", "answers"):
        work = stage.size * (_PER_TOKEN if stage.kind == "training" else _PER_PROBE)
        return _START + work * parameters(project.base()) / _speed(project.precision)
    if stage.kind == "retrieval":
        return _START + stage.size * _PER_FACT / _speed("fp32")
    return None


@functools.cache
def _speed(precision: str) -> float:
    """Measure the floating-point operations per second of a matrix product."""
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
def parameters(folder: Path) -> int:
    """Count the parameters of a model."""
    return sum(math.prod(shape) for shape in weight_shapes(folder).values())
