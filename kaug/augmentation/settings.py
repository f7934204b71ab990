"""`[augmentation]` of a pipeline file."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from kaug.settings import Section

__all__ = ["AugmentationSettings"]


class AugmentationSettings(Section):
    """`[augmentation]`: what rows are written."""

    not_content: ClassVar[frozenset[str]] = frozenset(["arms", "texts"])

    texts: str | list[str] = Field([], description="your texts: .jsonl or .txt files, as glob patterns")
    forms: list[Literal["statement", "reversed", "question", "passage", "multi-hop"]] = Field(
        ["statement", "reversed", "question", "passage", "multi-hop"], description="closed-book forms"
    )
    templates: int = Field(5, ge=1, description="templates per predicate and form, at most")
    inject: list[Literal["before", "inline"]] = Field([], description="open-book rows: the texts with facts in them")
    replay: float = Field(
        0.0, ge=0, lt=1, description="part of every arm's tokens that is plain text, so that it goes on reading prose"
    )
    arms: list[Literal["text", "repeated", "shuffled", "augmented"]] = Field(
        ["repeated", "shuffled", "augmented"], min_length=1, description="what is trained and compared"
    )

    @model_validator(mode="after")
    def _texts(self) -> Self:
        if "text" in self.arms and not self.texts:
            raise ValueError("the arm 'text' is trained on your texts alone; name them in augmentation.texts.")
        return self
