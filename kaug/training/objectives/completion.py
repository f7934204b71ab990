"""Next-token cross-entropy: the loss with which language models are trained."""

from typing import TYPE_CHECKING

from kaug.training.objectives.objective import Objective

if TYPE_CHECKING:
    import torch

__all__ = ["COMPLETION"]


def cross_entropy(logits: "torch.Tensor", labels: "torch.Tensor", prose: "torch.Tensor") -> "torch.Tensor":
    """Return the mean cross-entropy over the labels; see `kaug.training.objectives.objective.Loss`."""
    import torch

    return torch.nn.functional.cross_entropy(logits, labels)


COMPLETION = Objective(cross_entropy, "next-token cross-entropy on the completions")
