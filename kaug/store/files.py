"""Text, bytes or a stream → a file that appears whole or not at all."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["FULL", "is_full", "open_whole", "sync", "write_whole"]

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""The numbers of errors that say: no more room, whether on the disk, in a quota, or below a limit on files."""


@contextlib.contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place once the block ends; until then, and if it fails, the old one stays.

    Args:
        path: The file; its folder exists. Of a symbolic link, the file that it leads to is written.

    Yields:
        A binary stream. Wrap it in `io.TextIOWrapper`, `gzip.open` and the like, and close or flush what wraps it.

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
    """Write a file so that it appears whole or not at all.

    Args:
        path: The file.
        content: Its bytes, or its text, which is written as UTF-8 with the line ends that it has.

    Raises:
        OSError: It cannot be written. Nothing half-made is left.
    """
    with open_whole(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def sync(path: Path) -> None:
    """Have a file or a folder written to disk; Windows can do so for files only."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_full(error: BaseException, folder: Path) -> bool:
    """Whether a disk that is full, a quota or a limit on files made a library fail, whatever it says of it.

    Args:
        error: What was raised. An `OSError` says so itself; for others it is tried whether 1 MiB can still be written.
        folder: Where the library wrote.
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
