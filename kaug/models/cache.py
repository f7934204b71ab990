"""The folder for what kaug derives once on a machine: converted models, measurements."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from kaug.errors import ModelError

__all__ = ["cache_dir", "writing_to_cache"]


def cache_dir() -> Path:
    """Return the folder: `KAUG_CACHE_DIR`, else `kaug` in the user's cache folder.

    Raises:
        ModelError: The user has no home folder, and `KAUG_CACHE_DIR` is not set.
    """
    try:
        named = os.environ.get("KAUG_CACHE_DIR")
        return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("kaug")).expanduser()
    except RuntimeError as error:
        raise ModelError("There is no home folder for the cache. Set KAUG_CACHE_DIR to a folder.") from error


@contextlib.contextmanager
def writing_to_cache() -> Iterator[None]:
    """Turn a failure to write into the cache into an error that says how to name another folder.

    Raises:
        ModelError: In place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{cache_dir()}: the cache cannot be written: {error.strerror or error}. Set KAUG_CACHE_DIR to another folder."
        ) from error
