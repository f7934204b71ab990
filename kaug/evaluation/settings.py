"""`[evaluation]` of a pipeline file."""

from typing import ClassVar, Literal

from pydantic import Field

from kaug.settings import Section

__all__ = ["MAX_RESAMPLES", "EvaluationSettings"]

MAX_RESAMPLES = 1_000_000
"""More resamples take minutes and do not change the second decimal of an interval."""


class EvaluationSettings(Section):
    """`[evaluation]`: the arms to evaluate, and the options."""

    not_content: ClassVar[frozenset[str]] = frozenset(["arms", "resamples"])

    arms: list[str] = Field(default=["base", "base+retrieval"], description="arms examined beside those trained")
    max_new_tokens: int = Field(default=40, ge=1, le=10_000, description="maximum tokens of an answer")
    batch_size: int = Field(default=32, ge=1, le=10_000, description="questions answered together")
    base_template: Literal["chat", "plain"] = Field(
        default="chat", description="prompt template of the untrained model"
    )
    resamples: int = Field(
        default=10_000, ge=100, le=MAX_RESAMPLES, description="bootstrap resamples for the intervals"
    )
