"""The type of adapters, which wrap a model so that only some weights are trained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Adapter", "Wrap"]

Wrap = Callable[[Any], Any]
"""From a model of transformers to the model to train: the same with some weights frozen, or a wrapper whose
`merge_and_unload` returns the model with the trained weights merged, as in peft."""


@dataclass(frozen=True)
class Adapter:
    """An adapter.

    Attributes:
        wrap: Wraps the model. If `[training]` has a section of the adapter's name, that is called instead.
        description: A short description for settings and docs.
        needs: The optional package that it needs, installed by the extra of the adapter's name.
    """

    wrap: Wrap
    description: str
    needs: str = ""
