"""The training objectives; a new one is a file in this folder and a line in `OBJECTIVES`."""

from collections.abc import Callable
from typing import Any

from kaug.errors import PipelineError, nearest
from kaug.training.objectives.completion import COMPLETION
from kaug.training.objectives.objective import Loss, Objective

__all__ = ["OBJECTIVES", "Loss", "Objective", "loss_of"]

OBJECTIVES: dict[str, Objective] = {
    "completion": COMPLETION,
}
"""The objectives that `[training] objective` can name."""


def loss_of(objective: str | Callable[..., Any]) -> Loss:
    """Return an objective's loss.

    Args:
        objective: A key of `OBJECTIVES`, or your own loss.

    Raises:
        PipelineError: The objective is unknown; the message has the nearest.

    Examples:
        >>> loss_of("completion").__name__
        'cross_entropy'
    """
    if not isinstance(objective, str):
        return objective
    if objective not in OBJECTIVES:
        raise PipelineError(f"There is no training objective {objective!r}.{nearest(objective, OBJECTIVES)}")
    return OBJECTIVES[objective].loss
