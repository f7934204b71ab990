"""Archives → the files in them: `.zip`, `.tar` and compressed tar. A file in one has a path below the archive's."""

import contextlib
import functools
import itertools
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from kaug.errors import SourceError

__all__ = ["ARCHIVES", "BROKEN", "archive_of", "is_archive", "list_members", "open_member"]

Pieces = Callable[[Path], Iterator[bytes]]

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
"""The endings of archives."""

BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
"""The errors of broken archives."""

MAX_MEMBERS = 10_000
"""Maximum files in an archive: more than any public ontology has."""


def is_archive(path: Path) -> bool:
    """Whether a file's ending is in `ARCHIVES`."""
    return path.name.lower().endswith(ARCHIVES)


def archive_of(path: Path) -> Path | None:
    """Return the archive that a path leads into, or None.

    Examples:
        >>> archive_of(Path("a/b.ttl")) is None
        True
    """
    return next((above for above in path.parents if is_archive(above) and above.is_file()), None)


def list_members(archive: Path, pieces: Pieces) -> list[Path]:
    """List the regular files of an archive as paths below it, sorted, without hidden ones.

    Args:
        archive: The archive.
        pieces: Reads a file in decompressed pieces: `kaug.rdf.compressed.read_pieces`.

    Raises:
        SourceError: The archive cannot be read, or has too many files.
    """
    with _errors(archive):
        if archive.suffix.lower() == ".zip":
            with zipfile.ZipFile(archive) as opened:
                names = [one.filename for one in opened.infolist() if not one.is_dir()]
        else:
            members = itertools.islice(_tar(archive, _mark(archive), pieces), MAX_MEMBERS + 1)
            names = [one.name for one in members if one.isfile()]
    if len(names) > MAX_MEMBERS:
        raise SourceError(f"{archive}: has more than {MAX_MEMBERS:,} files; unpack it.")
    return sorted({archive / name for name in names if not _is_hidden(name)})


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "/", "__MACOSX")) for part in Path(name).parts)


def open_member(archive: Path, path: Path, pieces: Pieces, ratio: int, enough: int) -> BinaryIO:
    """Open a file in an archive for reading bytes.

    Args:
        archive: The archive.
        path: The path of the file, below the archive's.
        pieces: See `list_members`.
        ratio: The maximum compression ratio of a file in a zip archive.
        enough: Files of fewer bytes are not checked for it.

    Raises:
        SourceError: There is no such file, or it is encrypted, broken, or compressed too much.
    """
    name = path.relative_to(archive).as_posix()
    with _errors(archive):
        if archive.suffix.lower() != ".zip":
            tar = _tar(archive, _mark(archive), pieces)
            return cast("BinaryIO", tar.extractfile(next(one for one in tar if Path(one.name) == Path(name))))
        with zipfile.ZipFile(archive) as opened:
            return _open_zipped(opened, path, name, ratio, enough)


def _open_zipped(opened: zipfile.ZipFile, path: Path, name: str, ratio: int, enough: int) -> BinaryIO:
    about = next(one for one in opened.infolist() if Path(one.filename) == Path(name))
    if about.flag_bits & 1:
        raise SourceError(f"{path}: is encrypted; unpack the archive.")
    if about.file_size > max(enough, ratio * about.compress_size):
        raise SourceError(
            f"{path}: expands to more than {ratio} times its size, as no real file does; if it is meant, unpack the archive."
        )
    return cast("BinaryIO", opened.open(about))


def _mark(archive: Path) -> tuple[int, int]:
    status = archive.stat()
    return status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=1)
def _tar(archive: Path, mark: tuple[int, int], pieces: Pieces) -> tarfile.TarFile:
    """Open a tar archive, decompressed into a temporary file: its files can then be read in any order."""
    plain = tempfile.TemporaryFile()  # noqa: SIM115, the archive keeps it open
    plain.writelines(pieces(archive))
    plain.seek(0)
    return tarfile.open(fileobj=plain, mode="r:")


@contextlib.contextmanager
def _errors(archive: Path) -> Iterator[None]:
    try:
        yield
    except StopIteration:
        raise SourceError(f"{archive}: has no such file.") from None
    except SourceError:
        raise
    except (*BROKEN, ValueError, OverflowError) as error:  # such as a name in no encoding
        raise SourceError(f"{archive}: is not a complete archive: {error}.") from error
