"""The base of every section of a pipeline file, which stands beside the stage that it sets, and the types of its values."""

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict

__all__ = ["PathText", "PatternText", "Section"]


class Section(BaseModel):
    """A table of a pipeline file: unknown keys are refused, values are not coerced, nothing changes afterwards.

    Attributes:
        not_content: The keys that decide no artifact's content, or whose content counts by its digest: they are no part of a
            fingerprint.
    """

    not_content: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, allow_inf_nan=False
    )

    def content(self) -> dict[str, Any]:
        """Return the values that decide what is made, by key: all but those of `not_content`."""
        return self.model_dump(exclude=set(self.not_content))


def check_path(path: str) -> str:
    """Return a path, a pattern or the name of a model as it is; refuse what no file system could hold.

    Raises:
        ValueError: It is empty or too long, holds the character U+0000, or starts from a home folder that does not exist.
    """
    shown = repr(path if len(path) <= 60 else path[:60] + "…")
    if not path:
        raise ValueError("should not be empty.")
    if "\0" in path:
        raise ValueError(f"{shown} holds the character U+0000, which no path may hold.")
    if len(path) > 4_000 or any(len(part.encode("utf-8", "replace")) > 255 for part in path.split("/")):
        raise ValueError(f"{shown} is too long for a path: at most 4,000 characters, and 255 bytes between slashes.")
    try:
        Path(path).expanduser()
    except RuntimeError:
        raise ValueError(f"{shown} starts from a home folder that does not exist; write the whole path.") from None
    return path


def check_patterns(patterns: str | list[str]) -> str | list[str]:
    """Return glob patterns as they are; refuse those that can match no file.

    Raises:
        ValueError: As `check_path`; or `**` stands for a part of a name, or no name of a file follows the folder.
    """
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        if not pattern and pattern is patterns:
            continue  # no texts
        check_path(pattern)
        if not Path(pattern).name or Path(pattern).name == "..":
            raise ValueError(f"{pattern!r} names no file; write for instance 'texts/*.txt'.")
        if any("**" in part and part != "**" for part in Path(pattern).parts):
            raise ValueError(f"{pattern!r}: ** should stand alone between slashes, as in 'texts/**/*.txt'.")
    return patterns


PathText = Annotated[str, AfterValidator(check_path)]
"""A path, a pattern of paths, or the name of a model."""

PatternText = Annotated[str | list[str], AfterValidator(check_patterns)]
"""One glob pattern or several; an empty text is none."""
