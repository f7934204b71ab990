"""`[augmentation.open_book]` of a pipeline file."""

from pydantic import Field

from kaug.settings import Section

__all__ = ["OpenBookSettings"]


class OpenBookSettings(Section):
    """`[augmentation.open_book]`: how facts stand in rows with a context."""

    tokens: int = Field(
        default=128, ge=1, le=10**6, description="tokens of a text's facts together at most, at four bytes a token"
    )
    brackets: int = Field(default=3, ge=1, le=1000, description="`inline`: brackets in a text at most")
    distractors: int = Field(
        default=3, ge=0, le=100, description="`context` and questions in context: facts beside those that are needed"
    )
    without_answer: float = Field(
        default=0.2, ge=0, lt=1, description="fraction of the questions in context whose context lacks the answer"
    )
