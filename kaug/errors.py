"""What went wrong → an exception that says where, what, and what would be right.

Every error that a user can cause is a `KaugError`; each is also the built-in error that a library user would
catch. `exit_code` is what the `kaug` command returns for it.
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
    """Any error that kaug raises on purpose."""

    exit_code = 1


class PipelineError(KaugError, ValueError):
    """A pipeline file or a setting is wrong."""

    exit_code = 2


class ModelError(KaugError, LookupError):
    """A model's name leads to no model."""

    exit_code = 2


class SourceError(KaugError, ValueError):
    """A source of knowledge or text is missing, malformed or breaks a shape."""

    exit_code = 3


class TableError(KaugError, ValueError):
    """A table does not have the schema that its name promises."""

    exit_code = 3


class ArtifactError(KaugError, OSError):
    """A finished folder is missing, torn, altered or made for other inputs."""

    exit_code = 4


class LeakError(KaugError, ValueError):
    """A training row would give away what the exam asks."""

    exit_code = 4


def nearest(name: str, known: Iterable[str]) -> str:
    """Say the known name that is nearest to `name`, as the end of an error message.

    Args:
        name: What the user wrote.
        known: The names that would have been right.

    Returns:
        `" Did you mean 'x'?"`, or a list of the known names, the first twenty of many, when none is near.

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
