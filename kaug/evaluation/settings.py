"""`[evaluation]` of a pipeline file."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from kaug.errors import nearest
from kaug.settings import Section

__all__ = ["EvaluationSettings"]


class EvaluationSettings(Section):
    """`[evaluation]`: who is examined, and how."""

    not_content: ClassVar[frozenset[str]] = frozenset(["arms", "resamples"])

    arms: list[str] = Field(["base", "base+retrieval"], description="arms examined beside those trained")
    max_new_tokens: int = Field(40, ge=1, description="answers are cut there")
    batch_size: int = Field(32, ge=1, description="questions answered together")
    base_template: Literal["chat", "plain"] = Field(
        "chat", description="how the untrained model is asked: as it knows best"
    )
    resamples: int = Field(10_000, ge=100, description="bootstrap resamples for the intervals")

    @field_validator("arms")
    @classmethod
    def _known(cls, arms: list[str]) -> list[str]:
        known = [
            name + end for name in ("base", "text", "repeated", "shuffled", "augmented") for end in ("", "+retrieval")
        ]
        for arm in arms:
            if arm not in known:
                raise ValueError(f"there is no arm {arm!r}.{nearest(arm, known)}")
        return arms
