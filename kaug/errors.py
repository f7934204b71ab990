"""The exceptions of kaug; messages name the location, the mistake and a correction.

Every error that a user can cause is a `KaugError` and a built-in error, such as ValueError. `exit_code` is the exit
code of the `kaug` command.
"""

import difflib
from collections.abc import Iterable

__all__ = [
    "ArtifactError",
    "KaugError",
    "LeakError",
    "ModelError",
    "PipelineError",
    "SourceError",
    "TableError",
    "nearest",
]


class KaugError(Exception):
    """The base class of kaug's errors."""

    exit_code = 1


class PipelineError(KaugError, ValueError):
    """A pipeline file or a setting is wrong."""

    exit_code = 2


class ModelError(KaugError, LookupError):
    """A model is missing or broken."""

    exit_code = 2


class SourceError(KaugError, ValueError):
    """A source of knowledge or text is missing, malformed or breaks a shape."""

    exit_code = 3


class TableError(KaugError, ValueError):
    """A table does not match its schema."""

    exit_code = 3


class ArtifactError(KaugError, OSError):
    """An artifact is missing, incomplete, altered or made from other inputs."""

    exit_code = 4


class LeakError(KaugError, ValueError):
    """A training row leaks the exam."""

    exit_code = 4


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known name nearest to `name`, as the end of an error message.

    Args:
        name: What the user wrote.
        known: The valid names.

    Returns:
        `" Did you mean 'x'?"`, or the first twenty known names if none is near.

    Examples:
        >>> nearest("langauges", ["languages", "sources"])
        " Did you mean 'languages'?"
        >>> nearest("zzz", ["languages", "sources"])
        ' Known are: languages, sources.'
    """
    names = sorted(set(known))
    close = difflib.get_close_matches(name[:200], names, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {close[0]!r}?"
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f" Known are: {', '.join(names[:20])}{more}." if names else ""
