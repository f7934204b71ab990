"""The base class of sections of a pipeline file, the types of their values, and error messages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from kaug.errors import PipelineError, nearest
from kaug.text import as_list

__all__ = ["PathText", "PatternText", "Section", "cut", "explain", "renamed_or_nearest"]

_RENAMED = {"floor": "threshold", "only": "filter", "phrasings": "templates", "mismatched": "shuffled"}
"""Former names of keys and arms → current names."""


class Section(BaseModel):
    """A table of a pipeline file: unknown keys are errors, values are not converted, and instances are frozen.

    In Python, a string is accepted as a list of one.

    Attributes:
        not_content: The keys that fingerprints ignore: they do not affect artifacts, or count by the digest of their
            content.

    Raises:
        PipelineError: A key is unknown or missing, or its value is wrong.
    """

    not_content: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, allow_inf_nan=False
    )

    def __init__(self, **values: Any) -> None:
        lists = {name for name, field in type(self).model_fields.items() if get_origin(field.annotation) is list}
        try:
            super().__init__(
                **{key: [value] if key in lists and isinstance(value, str) else value for key, value in values.items()}
            )
        except ValidationError as error:
            name = type(self).__name__
            raise PipelineError("\n".join(f"{name}: {text}" for _, text in explain(type(self), error))) from None

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # so pydantic makes inner sections without it

    def content(self) -> dict[str, Any]:
        """Return the values that affect artifacts, by key: all except `not_content`."""
        values = self.model_dump(exclude=set(self.not_content))
        return values | {key: value.content() for key, value in self if key in values and isinstance(value, Section)}


def explain(cls: type[BaseModel], error: ValidationError) -> Iterator[tuple[list[str], str]]:
    """Explain the mistakes in the values of a section.

    Args:
        cls: The section's class.
        error: The error of pydantic.

    Yields:
        The path of keys and the message of each mistake; for an unknown key it has the nearest one.
    """
    for problem in error.errors():
        # Messages of checks of the whole pipeline begin with their key.
        names = [str(part) for part in problem["loc"] if part != "[key]"] or problem["ctx"]["key"].split(".")
        key = cut(".".join(names))
        if problem["type"] == "extra_forbidden":
            yield names, f"unknown key {key!r}.{renamed_or_nearest(names[-1], _fields(cls, names[:-1]))}"
        elif problem["type"] == "missing":
            field = _fields(cls, names[:-1]).get(names[-1])
            yield names, f"the key {key!r} is missing: {(field and field.description) or ''}"
        elif problem["type"] in {"value_error", "arms"}:
            yield names, f"{key!r}: {problem['msg'].removeprefix('Value error, ')}"
        else:
            yield names, f"{key!r}: {problem['msg']}; found {cut(repr(problem['input']))}."


def renamed_or_nearest(name: str, known: Iterable[str]) -> str:
    """Return the current name of a former one, else the nearest known name, as the end of an error message."""
    known = list(known)
    return f" It is called {_RENAMED[name]!r} now." if _RENAMED.get(name) in known else nearest(name, known)


def cut(text: str, length: int = 200) -> str:
    """Cut a text to fit a message."""
    return text if len(text) <= length else text[:length] + "…"


def _fields(cls: type[BaseModel], names: Sequence[str]) -> Mapping[str, Any]:
    """Return the fields of the section at a path of keys; empty if it is not a section."""
    left = list(names)
    while left:
        name = left.pop(0)
        inner = cls.model_fields[name].annotation if name in cls.model_fields else None
        if inner is not None and left and get_args(inner)[1:] and isinstance(get_args(inner)[1], type):
            inner, _ = get_args(inner)[1], left.pop(0)  # a table of sections, such as `arms`
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return {}
        cls = inner
    return cls.model_fields


def check_path(path: str) -> str:
    """Return a path, a pattern or a model's name unchanged; raise an error for names that no file system allows."""
    shown = repr(cut(path, 60))
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
    """Return glob patterns unchanged; raise an error for those that cannot match a file."""
    for pattern in as_list(patterns):
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
"""One or more glob patterns; an empty text is none."""
