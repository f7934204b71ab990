"""A file, compressed or not → its bytes, whole or an error, never more than a file may hold."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kaug.errors import SourceError
from kaug.files import open_file
from kaug.rdf.limits import MAX_BYTES, MAX_RATIO

__all__ = ["COMPRESSIONS", "as_stream", "line_at", "open_bytes", "read_pieces"]

_RATIO_FROM = 1 << 24  # what is smaller may be as repetitive as it likes
_WINDOW = 1 << 27  # memory that a zstd frame may ask for: what `zstd` itself allows without --long
_DICTIONARY = 1 << 28  # memory that an xz stream may ask for: `xz -9` needs 65 MiB
_PIECE = 1 << 18


class _Gzip:
    """A gzip member, with the interface of the other decompressors."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, most)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data


class _Zstd:
    """A zstd frame, with the interface of the other decompressors; `most` is kept by the size of what is fed."""

    def __init__(self) -> None:
        import zstandard

        self._frame: Any = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()

    def decompress(self, data: bytes, most: int) -> bytes:
        return bytes(self._frame.decompress(data)) if data else b""

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._frame.unused_data)


# Of each: one that expands one member, and how many bytes it is fed at once. A byte of zstd may become 32 KiB.
_KINDS: dict[str, tuple[Callable[[], Any], int]] = {
    ".gz": (_Gzip, 1 << 16),
    ".bz2": (bz2.BZ2Decompressor, 1 << 16),
    ".xz": (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DICTIONARY), 1 << 16),
    ".zst": (_Zstd, 1 << 10),
}

COMPRESSIONS = tuple(_KINDS)
"""The endings of compressed files."""


def read_pieces(path: Path, size: int = _PIECE) -> Iterator[bytes]:
    """Read a file in pieces, decompressed if its name ends in one of `COMPRESSIONS`.

    Args:
        path: The file. All members of it are read: what was compressed in parts and joined is one file.
        size: Bytes to read at a time.

    Yields:
        Pieces of at most `size` bytes, or of 256 KiB if decompressed; none of them empty.

    Raises:
        SourceError: The file cannot be read, is cut short, is not what its ending says, or expands to more than
            `MAX_BYTES`, or to more than `MAX_RATIO` times its size.
    """
    try:
        with open_file(path) as handle:
            if path.suffix.lower() not in _KINDS:
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


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, decompressed if its name says that it is compressed.

    Args:
        path: Any file; see `read_pieces`.

    Returns:
        A binary stream. Reading it raises `SourceError` as `read_pieces` does.
    """
    return as_stream(read_pieces(path))


def line_at(path: Path, offset: int) -> int:
    """Return the number, from 1, of the line that holds a byte of the decompressed file."""
    line = 1
    for piece in read_pieces(path):
        line += piece.count(b"\n", 0, offset) if offset < len(piece) else piece.count(b"\n")
        offset -= len(piece)
        if offset <= 0:
            break
    return line


def _expand(handle: BinaryIO, path: Path) -> Iterator[bytes]:
    ending = path.suffix.lower()
    make, step = _KINDS[ending]
    data, member = handle.read(step), None
    while data:
        member = make()
        while not member.eof:
            try:
                part = member.decompress(data, _PIECE)
            except Exception as error:  # each library has its own
                raise SourceError(f"{path}: is no whole {ending} file: {error}.") from error
            if part:
                yield part
            data = b""
            if not member.eof and len(part) < _PIECE:
                data = handle.read(step)
                if not data and not part:
                    raise SourceError(f"{path}: is cut short; fetch or copy it again.")
        data = member.unused_data
        # Some tools fill up the last block with zeros.
        while not data.lstrip(b"\0") and (more := handle.read(step)):
            data = more
        data = data.lstrip(b"\0")
    if member is None:
        raise SourceError(f"{path}: is empty, and so is no {ending} file.")


class _Stream(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        count = min(len(view), len(self._piece))
        view[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        self._position += count
        return count

    def tell(self) -> int:
        return self._position


def as_stream(pieces: Iterator[bytes]) -> BinaryIO:
    """Make a readable binary stream of pieces; its `tell()` says how much has been read.

    Examples:
        >>> stream = as_stream(iter([b"ab", b"c"]))
        >>> stream.read(2), stream.tell(), stream.read(), stream.read()
        (b'ab', 2, b'c', b'')
    """
    return io.BufferedReader(_Stream(pieces), _PIECE)
