"""The cache folder of a machine: converted models, measurements."""

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from kaug.errors import ArtifactError, ModelError
from kaug.store.artifact import Artifact, Draft, load, publish

__all__ = ["cache_dir", "cached_artifact", "writing_to_cache"]


def cache_dir() -> Path:
    """Return the folder: `KAUG_CACHE_DIR`, else `kaug` in the user's cache folder."""
    try:
        named = os.environ.get("KAUG_CACHE_DIR")
        return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("kaug")).expanduser()
    except RuntimeError as error:
        raise ModelError("There is no home folder for the cache. Set KAUG_CACHE_DIR to a folder.") from error


@contextlib.contextmanager
def writing_to_cache() -> Iterator[None]:
    """Turn errors of writing to the cache into a ModelError that explains how to choose another folder."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{cache_dir()}: the cache cannot be written: {error.strerror or error}. Set KAUG_CACHE_DIR to another folder."
        ) from error


def cached_artifact(path: Path, stage: str, mark: str, notice: str, make: Callable[[Draft], None]) -> Artifact:
    """Return a verified artifact of the cache; make it if it is missing, altered, or has another fingerprint.

    Args:
        path: Its folder.
        stage: See `kaug.store.artifact.publish`.
        mark: Its fingerprint.
        notice: The log message before it is made, such as "converting a.gguf".
        make: Fills the draft; one process at a time.

    Raises:
        ModelError: The cache cannot be written.
    """
    from filelock import FileLock

    def intact() -> Artifact | None:
        with contextlib.suppress(ArtifactError):
            artifact = load(path, stage=stage)
            return artifact if artifact.fingerprint == mark else None
        return None

    if artifact := intact():
        return artifact
    with writing_to_cache():
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / f".{path.name}.lock"):
            if artifact := intact():  # another process was first
                return artifact
            # The cache owns the folder, and no process writes it: it is broken, stale, or left by a killed process.
            for stale in [path, *path.parent.glob(f".{path.name}.*draft"), *path.parent.glob(f".{path.name}.old")]:
                shutil.rmtree(stale, ignore_errors=True)
            logging.getLogger(__name__).warning("%s in %s, once", notice, path)
            with publish(path, stage=stage, fingerprint=mark) as draft:
                make(draft)
    return load(path, stage=stage)
