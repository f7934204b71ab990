"""`[exam]` of a pipeline file."""

from typing import Annotated, Any, get_args

from pydantic import Field, field_validator

from kaug.settings import Section
from kaug.tables import ProbeKind

__all__ = ["ExamSettings"]


class ExamSettings(Section):
    """`[exam]`: what is asked, and so kept out of training."""

    probes_per_kind: dict[ProbeKind, Annotated[int, Field(ge=0, le=10**6)]] = Field(
        200,
        validate_default=True,
        description="at most so many probes of each kind; a table gives each its own, and none to what it leaves out",
    )
    held_out_entities: float = Field(
        0.5, gt=0, le=1, description="part of the taught entities without any trained question"
    )
    held_out_texts: float = Field(0.25, ge=0, le=1, description="part of the texts kept for locality")

    @field_validator("probes_per_kind", mode="before")
    @classmethod
    def _each(cls, given: Any) -> Any:
        if isinstance(given, dict):
            if not any(given.values()):
                raise ValueError("should ask at least one probe of some kind.")
            return given
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise ValueError(f"should be an integer, 1 or more, or a table of kind = integer; found {given!r}.")
        return dict.fromkeys(get_args(ProbeKind), given)
