"""`[evaluation]` of a pipeline file."""

from typing import ClassVar, Literal

from pydantic import Field

from kaug.settings import Section

__all__ = ["EvaluationSettings"]


class EvaluationSettings(Section):
    """`[evaluation]`: who is examined, and how."""

    not_content: ClassVar[frozenset[str]] = frozenset(["arms", "resamples"])

    arms: list[str] = Field(["base", "base+retrieval"], description="arms examined beside those trained")
    max_new_tokens: int = Field(40, ge=1, le=10_000, description="answers are cut there")
    batch_size: int = Field(32, ge=1, le=10_000, description="questions answered together")
    base_template: Literal["chat", "plain"] = Field(
        "chat", description="how the untrained model is asked: as it knows best"
    )
    resamples: int = Field(10_000, ge=100, le=10**6, description="bootstrap resamples for the intervals")
