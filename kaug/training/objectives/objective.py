"""The type of objectives: a loss over the tokens of a step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Loss", "Objective"]

Loss = Callable[["torch.Tensor", "torch.Tensor", "torch.Tensor"], "torch.Tensor"]
"""From logits, labels and prose to a scalar loss.

Logits are float32 (tokens, vocabulary), of the tokens to be learnt. Labels are int64 (tokens,): the id of each of them. Prose is
bool (tokens,): whether it is from a row of plain text rather than of knowledge."""


@dataclass(frozen=True)
class Objective:
    """A training objective.

    Attributes:
        loss: The loss of one step, the mean over its labels.
        description: A short description for settings and docs.
    """

    loss: Loss
    description: str
