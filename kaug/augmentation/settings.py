"""`[augmentation]` of a pipeline file."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from kaug.augmentation.forms import DEFAULT, FORMS, Form, find_forms
from kaug.augmentation.shards import SHARD_SIZE
from kaug.settings import PatternText, Section

__all__ = ["AugmentationSettings", "ValidationSettings"]


class ValidationSettings(Section):
    """`[augmentation.validation]`: rows that are kept out of training, to watch it by; facts kept out are not taught."""

    entity: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="fraction of the taught entities whose facts are in `validation_entity` alone",
    )
    phrasing: float = Field(
        default=0.0, ge=0, lt=1, description="fraction of the templates that are in `validation_phrasing` alone"
    )


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
    validation: ValidationSettings = ValidationSettings()
    shard_size: str = Field(
        default=SHARD_SIZE, pattern=r"^[1-9][0-9]{0,5}(KB|MB|GB|KiB|MiB|GiB)$", description="size of a shard, at most"
    )
    arms: list[str] = Field(
        default=["repeated", "shuffled", "augmented"], min_length=1, description="what is trained and compared"
    )

    @field_validator("forms")
    @classmethod
    def _forms(cls, given: list[Any]) -> list[Any]:
        find_forms(given)
        return given
