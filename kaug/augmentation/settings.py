"""`[augmentation]` of a pipeline file."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from kaug.arms import Arm
from kaug.augmentation.forms import DEFAULT, FORMS, Form, find_forms
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
    inject: list[Literal["before", "inline"]] = Field(
        default=[], description="open-book rows: the texts with facts in them"
    )
    replay: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="fraction of every arm's tokens that is plain text, so that it goes on reading prose",
    )
    gaps: bool = Field(
        default=False, description="ask the untrained model for every fact first, and teach less of what it knows"
    )
    known: float = Field(
        default=0.25, ge=0, le=1, description="with `gaps`: fraction of the rows about known facts only that is kept"
    )
    arms: list[str] = Field(
        default=["repeated", "shuffled", "augmented"], min_length=1, description="what is trained and compared"
    )

    @field_validator("forms")
    @classmethod
    def _forms(cls, given: list[Any]) -> list[Any]:
        find_forms(given)
        return given

    def for_arm(self, arm: Arm) -> Self:
        """Return the settings without the forms that an arm lacks, and with its own templates and replay, if it has any."""
        own = {name: getattr(arm, name) for name in ("templates", "replay") if getattr(arm, name) is not None}
        return self.model_copy(update={"forms": [form for form in self.forms if form not in arm.without], **own})
