"""Paths of RDF that a user names → the files."""

import glob
from collections.abc import Iterable
from pathlib import Path

from kaug.errors import SourceError
from kaug.files import files_below, find_files
from kaug.rdf.compressed import open_bytes
from kaug.rdf.parse import FORMATS, is_rdf_name

__all__ = ["expand"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SNIFFED = 1 << 16


def expand(paths: Iterable[Path]) -> list[Path]:
    """Find the RDF files that paths stand for.

    Args:
        paths: Files, folders, and patterns such as `kb/**/*.ttl`. A file named by itself is taken whatever its name.

    Returns:
        The files in the order of `paths`, those of one folder or pattern sorted by name, none of them twice. Of folders
        and patterns only regular files are taken whose names end as `kaug.rdf.parse.FORMATS` says, and of those in `.xml`
        only what names the namespace of RDF in its first 64 KiB; hidden files and folders are passed over.

    Raises:
        SourceError: There is no RDF file in a folder, or none that a pattern matches; or links lead in a ring.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("b.ttl", "a.nt.gz", "catalog.xml", "README.md"):
        ...     _ = (folder / name).write_text("<catalog/>")
        >>> [file.name for file in expand([folder])]
        ['a.nt.gz', 'b.ttl']
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files = [file for file in files_below(path) if _is_rdf(file)]
        elif path.exists() or not glob.has_magic(str(path)):
            files = [path]
        else:
            files = [file for file in find_files(path) if _is_rdf(file)]
        if not files:
            raise SourceError(f"{path}: holds no RDF file, that is none whose name ends in one of {' '.join(FORMATS)}.")
        found.update(dict.fromkeys(sorted(files)))
    return list(found)


def _is_rdf(path: Path) -> bool:
    if not is_rdf_name(path):
        return False
    if ".xml" not in (suffix.lower() for suffix in path.suffixes[-2:]):
        return True
    try:
        with open_bytes(path) as file:
            return _RDF.encode() in file.read(_SNIFFED).replace(b"\0", b"")
    except SourceError:  # the error is raised when the file is read
        return True
