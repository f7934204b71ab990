"""`[augmentation]` of a pipeline file."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from kaug.arms import Arm
from kaug.augmentation.forms import DEFAULT, FORMS, Form, find_forms
from kaug.augmentation.openbook.positions import POSITIONS
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.augmentation.rewriting.settings import RewriteSettings
from kaug.augmentation.shards import SHARD_SIZE
from kaug.errors import PipelineError, nearest
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


_FORMS: list[str | Form | Callable[..., Any]] = [*DEFAULT]


class AugmentationSettings(Section):
    """`[augmentation]`: the training rows to write."""

    not_content: ClassVar[frozenset[str]] = frozenset(["arms", "texts"])

    texts: PatternText = Field(default=[], description="your texts: .jsonl or .txt files, as glob patterns")
    forms: list[str | SkipJsonSchema[Form] | SkipJsonSchema[Callable[..., Any]]] | dict[str, int | float] = Field(
        default=_FORMS,
        description="closed-book forms, each with all its rows; a table gives each its share of the closed-book text, such as "
        f"{{ statement = 1, question = 3 }}. Forms: {', '.join(FORMS)}; from Python also functions that write rows",
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
    rewrite: RewriteSettings = RewriteSettings()
    validation: ValidationSettings = ValidationSettings()
    shard_size: str = Field(
        default=SHARD_SIZE, pattern=r"^[1-9][0-9]{0,5}(KB|MB|GB|KiB|MiB|GiB)$", description="size of a shard, at most"
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

    @field_validator("forms", mode="before")
    @classmethod
    def _forms(cls, given: Any) -> Any:
        if not isinstance(given, dict | list | tuple | str):
            raise ValueError(f"should be a list of forms, or a table of form = share; found {given!r}.")
        names = [given] if isinstance(given, str) else given
        for share in given.values() if isinstance(given, dict) else ():
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 < share < 10**6:
                raise ValueError(f"a share should be a number above 0; found {share!r}.")
        find_forms(names)
        return given if isinstance(given, dict) else list(names)

    @field_validator("inject")
    @classmethod
    def _inject(cls, given: list[str]) -> list[str]:
        for name in given:
            if name not in POSITIONS:
                raise PipelineError(f"{name!r} is not a position of facts.{nearest(name, POSITIONS)}")
        return given

    def for_arm(self, arm: Arm) -> Self:
        """Return the settings without the forms that an arm lacks, and with its own templates and replay, if it has any."""
        own = {name: getattr(arm, name) for name in ("templates", "replay") if getattr(arm, name) is not None}
        kept = [form for form in self.forms if form not in arm.without]
        forms = {form: self.shares[form] for form in self.shares if form in kept} or kept
        return self.model_copy(update={"forms": forms, **own})

    @property
    def unrewritten(self) -> Self:
        """The same settings without a model that rewrites rows."""
        return self.model_copy(update={"rewrite": RewriteSettings()})

    @property
    def shares(self) -> dict[str, float]:
        """The share of each form in the closed-book text; empty if all rows are written."""
        return self.forms if isinstance(self.forms, dict) else {}
