"""The base of every section of a pipeline file, which stands beside the stage that it sets."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

__all__ = ["Section"]


class Section(BaseModel):
    """A table of a pipeline file: unknown keys are refused, values are not coerced, nothing changes afterwards.

    Attributes:
        not_content: The keys that decide no artifact's content, or whose content counts by its digest: they are no part of a
            fingerprint.
    """

    not_content: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)
