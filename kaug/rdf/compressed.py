"""Read files, compressed or not, and write them atomically."""

import bz2
import contextlib
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from kaug.errors import SourceError
from kaug.files import open_file
from kaug.rdf.archives import BROKEN, archive_of, open_member
from kaug.store.files import open_whole

__all__ = ["COMPRESSIONS", "MAX_BYTES", "MAX_RATIO", "as_stream", "line_at"]
__all__ += ["open_bytes", "open_plain", "read_pieces", "whole_file"]

MAX_BYTES = 1 << 40
"""Maximum decompressed bytes of a file: 1 TiB, more than the largest public dumps of RDF in one file."""

MAX_RATIO = 200
"""Maximum compression ratio: real RDF has 4 to 14, one repeated triple has 290."""

_RATIO_FROM = 1 << 24  # the ratio of smaller files is not checked
_WINDOW = 1 << 27  # memory for a zstd frame: the limit of `zstd` itself without --long
_DICTIONARY = 1 << 28  # memory for an xz stream: `xz -9` needs 65 MiB
_PIECE = 1 << 18

# By ending: a decompressor of one member, the bytes to feed it at a time, and the arguments that limit its output. Those
# without such a limit are fed less: a byte of gzip expands to 1 KiB at most, one of zstd to 32 KiB.
_DECOMPRESSORS: dict[str, tuple[Callable[[], Any], int, tuple[int, ...]]] = {
    ".gz": (lambda: zlib.decompressobj(wbits=31), 1 << 15, ()),
    ".bz2": (bz2.BZ2Decompressor, 1 << 16, (_PIECE,)),
    ".xz": (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DICTIONARY), 1 << 16, (_PIECE,)),
    ".zst": (lambda: zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj(), 1 << 10, ()),
}

_DECOMPRESSORS[".tgz"] = _DECOMPRESSORS[".gz"]

COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
"""The endings of compressed files."""


def read_pieces(path: Path, size: int = _PIECE) -> Iterator[bytes]:
    """Read a file in pieces, decompressed if its name ends in one of `COMPRESSIONS`.

    Args:
        path: The file. All its members are read, as of concatenated compressed files.
        size: Bytes to read at a time.

    Yields:
        Pieces of at most `size` bytes, or of 256 KiB if decompressed; none of them empty.

    Raises:
        SourceError: The file cannot be read, is cut short, does not match its ending, or expands to more than
            `MAX_BYTES`, or to more than `MAX_RATIO` times its size.
    """
    try:
        with open_plain(path) as handle:
            if path.suffix.lower() not in _DECOMPRESSORS:
                while piece := handle.read(size):
                    yield piece
                return
            total = 0
            for part in _expand(handle, path):
                total += len(part)
                if total > MAX_BYTES:
                    raise SourceError(f"{path}: expands to more than {MAX_BYTES:,} bytes; split it.")
                if total > _RATIO_FROM and total > MAX_RATIO * handle.tell():
                    raise SourceError(
                        f"{path}: expands to more than {MAX_RATIO} times its size, as no real file does; "
                        "if it is meant, decompress it yourself."
                    )
                for start in range(0, len(part), _PIECE):
                    yield part[start : start + _PIECE]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except BROKEN as error:
        raise SourceError(f"{path}: the archive is not complete: {error}.") from error


def open_plain(path: Path) -> BinaryIO:
    """Open a regular file, or a file in an archive, for reading bytes as they are.

    Raises:
        SourceError: See `open_file` and `open_member`.
        OSError: It cannot be opened.
    """
    archive = archive_of(path)
    return open_member(archive, path, read_pieces, MAX_RATIO, _RATIO_FROM) if archive else open_file(path)


def _expand(handle: BinaryIO, path: Path) -> Iterator[bytes]:
    ending = path.suffix.lower()
    make, step, limit = _DECOMPRESSORS[ending]
    data = handle.read(step)
    if not data:
        raise SourceError(f"{path}: is empty, so it is not a {ending} file.")
    while data:
        member = make()
        while not member.eof:
            try:
                part = member.decompress(data, *limit)
            except Exception as error:  # each library has its own
                raise SourceError(f"{path}: is not a complete {ending} file: {error}.") from error
            if part:
                yield part
            data = b""
            if not member.eof and getattr(member, "needs_input", True):
                data = handle.read(step)
                if not data:
                    raise SourceError(f"{path}: is cut short; fetch or copy it again.")
        data = member.unused_data.lstrip(b"\0")  # some tools fill up the last block with zeros
        while not data and (more := handle.read(step)):
            data = more.lstrip(b"\0")


def line_at(path: Path, offset: int) -> int:
    """Return the line number, from 1, of a byte offset in the decompressed file."""
    line = 1
    for piece in read_pieces(path):
        line += piece.count(b"\n", 0, max(0, offset))
        offset -= len(piece)
        if offset <= 0:
            break
    return line


def open_bytes(path: Path) -> BinaryIO:
    """Open a file as a binary stream, decompressed by its ending; reading raises the errors of `read_pieces`."""
    return as_stream(read_pieces(path))


def as_stream(pieces: Iterator[bytes]) -> BinaryIO:
    """Make a readable binary stream from pieces; `tell()` returns the bytes read.

    Examples:
        >>> stream = as_stream(iter([b"ab", b"c"]))
        >>> stream.read(2), stream.tell(), stream.read(), stream.read()
        (b'ab', 2, b'c', b'')
    """
    return io.BufferedReader(_Stream(filter(None, pieces)), _PIECE)


class _Stream(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._piece, self._position = pieces, memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._piece = self._piece or memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._piece))
        memoryview(buffer)[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        self._position += count
        return count

    def tell(self) -> int:
        return self._position


@contextlib.contextmanager
def whole_file(path: Path, *, make_folder: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing; it is synced and replaces an older one if the block ends without an error.

    Args:
        path: The file. With the ending `.gz` it is compressed, without name and time, so that equal contents give equal
            bytes.
        make_folder: Make the file's folder if it is absent.

    Yields:
        A binary stream.

    Raises:
        SourceError: The file cannot be written; an older one is not changed.

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
