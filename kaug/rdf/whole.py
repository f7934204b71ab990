"""A path → a file to write, which appears whole or not at all."""

import contextlib
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from kaug.errors import SourceError
from kaug.store.files import open_whole

__all__ = ["whole_file"]


@contextlib.contextmanager
def whole_file(path: Path, *, make_folder: bool = False) -> Iterator[BinaryIO]:
    """Open a file to write; it takes the place of an older one when the block ends without an error, synced to disk.

    Args:
        path: The file. With the ending `.gz` it is compressed, without name and time, so that the same content gives the
            same bytes.
        make_folder: Make the file's folder if it is absent.

    Yields:
        A binary stream.

    Raises:
        SourceError: The file cannot be written. An older one is left as it was.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> with whole_file(path) as file:
        ...     _ = file.write(b"whole")
        ...     path.exists()
        False
        >>> path.read_bytes()
        b'whole'
    """
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with open_whole(path) as handle:
            if path.suffix.lower() == ".gz":
                with gzip.GzipFile("", "wb", compresslevel=6, fileobj=handle, mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield handle
    except OSError as error:
        raise SourceError(f"{path}: cannot be written: {error.strerror or error}.") from error
