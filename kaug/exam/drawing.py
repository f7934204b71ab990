"""What a kind of probes is."""

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Kind"]


@dataclass(frozen=True)
class Kind:
    """A kind of probes."""

    draw: Any
    scorer: str
    title: str
    asks: str
    role: Literal["gain", "retention"]
