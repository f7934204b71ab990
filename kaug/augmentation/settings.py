"""`[augmentation]` of a pipeline file."""

from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from kaug.augmentation.forms import DEFAULT, FORMS, Form, find_forms
from kaug.augmentation.openbook.positions import POSITIONS
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.errors import PipelineError, nearest
from kaug.settings import PatternText, Section

__all__ = ["AugmentationSettings"]


class AugmentationSettings(Section):
    """`[augmentation]`: the training rows to write."""

    not_content: ClassVar[frozenset[str]] = frozenset(["arms", "texts"])

    texts: PatternText = Field(default=[], description="your texts: .jsonl or .txt files, as glob patterns")
    forms: list[str | SkipJsonSchema[Form] | SkipJsonSchema[Callable[..., Any]]] = Field(
        default=list(DEFAULT),
        description=f"closed-book forms: {', '.join(FORMS)}; from Python also functions that write rows",
        json_schema_extra={"items": {"type": "string", "enum": list(FORMS)}},
    )
    templates: int = Field(default=5, ge=1, le=1000, description="templates per predicate and form, at most")
    inject: list[str] = Field(
        default=[],
        description=f"open-book rows: where the texts' facts stand: {', '.join(POSITIONS)}",
        json_schema_extra={"items": {"type": "string", "enum": list(POSITIONS)}},
    )
    open_book: OpenBookSettings = OpenBookSettings()
    replay: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="fraction of every arm's tokens that is plain text, so that it goes on reading prose",
    )
    arms: list[str] = Field(
        default=["repeated", "shuffled", "augmented"], min_length=1, description="what is trained and compared"
    )

    @field_validator("forms")
    @classmethod
    def _forms(cls, given: list[Any]) -> list[Any]:
        find_forms(given)
        return given

    @field_validator("inject")
    @classmethod
    def _inject(cls, given: list[str]) -> list[str]:
        for name in given:
            if name not in POSITIONS:
                raise PipelineError(f"{name!r} is not a position of facts.{nearest(name, POSITIONS)}")
        return given
