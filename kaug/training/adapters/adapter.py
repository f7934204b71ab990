"""What is trained of a model: a function that wraps it, so that only some weights get gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Adapter", "Wrap"]

Wrap = Callable[[Any], Any]
"""From a model of transformers to the model to train: the same one with some weights frozen, or one around it whose
`merge_and_unload` returns it with what was learnt, as that of peft's LoRA does."""


@dataclass(frozen=True)
class Adapter:
    """An adapter.

    Attributes:
        wrap: Wraps the model. If `[training]` has a section of the adapter's name, that is called in its place.
        description: What it is, in a few words, for settings and docs.
        needs: The package that it needs, if that is an extra; the extra has the adapter's name.
    """

    wrap: Wrap
    description: str
    needs: str = ""
