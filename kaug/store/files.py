"""Text, bytes or a stream → a file that appears whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["FULL", "is_full", "open_whole", "sync", "write_whole"]

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Error numbers of a full disk, a full quota or a limit on files."""


@contextlib.contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file that is replaced once the block ends; if the block fails, the old file stays.

    Args:
        path: The file; its folder exists. For a symbolic link, its target is written.

    Yields:
        A binary stream. Close or flush what wraps it (`io.TextIOWrapper`, `gzip.open`).

    Raises:
        OSError: It cannot be written. Nothing half-made is left.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.txt"
        >>> with open_whole(file) as stream:
        ...     _ = stream.write(b"hello")
        >>> file.read_text()
        'hello'
    """
    path = Path(os.path.realpath(path))
    draft = path.with_name(f".{path.name}.draft")
    try:
        with draft.open("wb") as stream:
            yield stream
            if not stream.closed:
                stream.flush()
                os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write bytes, or text as UTF-8 with its own line ends, to a file that appears whole or not at all.

    Raises:
        OSError: It cannot be written. Nothing half-made is left.
    """
    with open_whole(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def sync(path: Path) -> None:
    """Flush a file or a folder to disk; Windows can flush files only."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_full(error: BaseException, folder: Path) -> bool:
    """Return whether a library failed because of a full disk, a quota or a limit on files.

    An `OSError` has the reason; for other errors, this tries to write 1 MiB to `folder`, where the library wrote.
    """
    if isinstance(error, OSError):
        return error.errno in FULL
    probe = folder / f".{os.getpid()}.probe"
    try:
        with probe.open("wb") as stream:
            stream.write(bytes(1 << 20))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as failed:
        return failed.errno in FULL
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)
    return False
