"""`[augmentation]` of a pipeline file."""

from typing import ClassVar, Literal

from pydantic import Field

from kaug.settings import PatternText, Section

__all__ = ["AugmentationSettings"]


class AugmentationSettings(Section):
    """`[augmentation]`: what rows are written."""

    not_content: ClassVar[frozenset[str]] = frozenset(["arms", "texts"])

    texts: PatternText = Field([], description="your texts: .jsonl or .txt files, as glob patterns")
    forms: list[Literal["statement", "reversed", "question", "passage", "multi-hop"]] = Field(
        ["statement", "reversed", "question", "passage", "multi-hop"], description="closed-book forms"
    )
    templates: int = Field(5, ge=1, le=1000, description="templates per predicate and form, at most")
    inject: list[Literal["before", "inline"]] = Field([], description="open-book rows: the texts with facts in them")
    replay: float = Field(
        0.0, ge=0, lt=1, description="part of every arm's tokens that is plain text, so that it goes on reading prose"
    )
    arms: list[str] = Field(
        ["repeated", "shuffled", "augmented"], min_length=1, description="what is trained and compared"
    )
