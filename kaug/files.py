"""Paths and patterns that a user names → regular files, opened: no pipes, no devices, no cycles of links."""

import fnmatch
import glob
import os
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

from kaug.errors import KaugError, SourceError

__all__ = ["files_below", "find_files", "open_file", "parse_toml", "read_text", "read_toml"]

# Without O_NONBLOCK, opening a pipe waits for someone who writes into it. Windows has no such pipes.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_MOST_TEXT = 16 << 20  # bytes of a settings file
_DEPTH, _DIGITS = 16, 40  # of tables, arrays and dotted keys; of a number
_MOST_VISITS = 100  # of one folder, by way of several links


def open_file(path: Path) -> BufferedReader:
    """Open a regular file, or a link to one, for reading bytes.

    Raises:
        SourceError: It is a folder, a pipe, a device or a socket: reading it may never end.
        OSError: It cannot be opened.
    """
    handle = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceError(f"{path}: should be a regular file; it is a folder, a pipe or a device.")
    return os.fdopen(handle, "rb")


def read_text(path: Path, most: int | None = None) -> str:
    """Read a regular file of at most `most` bytes as UTF-8, without a byte order mark.

    Raises:
        SourceError: It is not a regular file, cannot be read, is larger than `most`, or is not UTF-8.
    """
    try:
        with open_file(path) as file:
            data = file.read(-1 if most is None else most + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, KaugError):
            raise
        raise SourceError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if most is not None and len(data) > most:
        raise SourceError(f"{path}: has more than {most:,} bytes.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 at byte {error.start}.") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of at most 16 MiB; see `parse_toml`.

    Raises:
        SourceError: It cannot be read, is not valid TOML, or is nested too deep.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.toml"
        >>> _ = file.write_text("a.b = 1")
        >>> read_toml(file)
        {'a': {'b': 1}}
    """
    return parse_toml(read_text(path, _MOST_TEXT), str(path))


_TOKEN = re.compile(
    r"""
    \"{3} (?:\\. | [^\\])*? (?:\"{3} | \Z) | '{3} .*? (?:'{3} | \Z)   # texts of several lines
    | " (?:\\. | [^"\\\n])* "? | ' [^'\n]* '? | \# [^\n]*              # texts, comments
    | [][{}.,=\n] | [\w+-]+
    """,
    re.DOTALL | re.VERBOSE,
)


def parse_toml(text: str, where: str, length: int = _MOST_TEXT) -> dict[str, Any]:
    """Parse TOML of at most `length` characters, and refuse input that would keep the parser busy for long or overflow it.

    Raises:
        SourceError: It is not TOML, too large, or nested too deep; the message names `where`.

    Examples:
        >>> parse_toml("a.b = 1", "here")
        {'a': {'b': 1}}
    """
    if len(text) > length:
        raise SourceError(f"{where}: longer than {length:,} bytes; it should be shorter.")
    level = dots = 0
    line = 1
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            level += 1
        elif mark in "]}":
            level = max(0, level - 1)
        dots = dots + 1 if mark == "." else 0 if mark in ",=\n" else dots
        if max(level, dots) > _DEPTH:
            raise SourceError(f"{where}:{line}: nested more than {_DEPTH} deep; it should not be.")
        if len(mark) > _DIGITS and re.match(r"[+-]?\d[\da-fA-F_xob]*\Z", mark):
            raise SourceError(f"{where}:{line}: a number of {len(mark):,} characters; should have {_DIGITS} at most.")
        line += mark.count("\n")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        why = str(error)
        raise SourceError(f"{where}: not valid TOML: {why[:200]}{'…' if len(why) > 200 else ''}") from error


def files_below(folder: Path) -> Iterator[Path]:
    """Find the regular files in a folder and below it, in any order, without hidden ones. Links are followed.

    Raises:
        SourceError: A link leads back to a folder that it is in, or a folder cannot be read.
    """
    visits = Counter[tuple[int, int]]()
    waiting: list[tuple[Path, frozenset[tuple[int, int]]]] = [(folder, frozenset())]
    while waiting:
        path, above = waiting.pop()
        try:
            status = path.stat()
            mark = (status.st_dev, status.st_ino)
            visits[mark] += 1
            if mark in above or visits[mark] > _MOST_VISITS:
                raise SourceError(
                    f"{path}: is a link in a cycle, or one of very many to the same folder. Remove it, or name the files "
                    "without '**'."
                )
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir():
                        waiting.append((path / entry.name, above | {mark}))
                    elif entry.is_file():
                        yield path / entry.name
        except OSError as error:
            raise SourceError(f"{error.filename or path}: cannot be read: {error.strerror or error}.") from error


def find_files(pattern: Path) -> list[Path]:
    """Find the regular files of a path or a pattern such as `texts/**/*.jsonl`, sorted, without hidden ones.

    A path that exists is returned as it is, even if it is not a regular file: `open_file` refuses it.

    Raises:
        SourceError: See `files_below`.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "b").mkdir()
        >>> _ = (folder / "a.txt").write_text(""), (folder / "b" / "c.txt").write_text("")
        >>> [file.name for file in find_files(folder / "**" / "*.txt")]
        ['a.txt', 'c.txt']
    """
    if _is_there(pattern):
        return [pattern]
    parts = pattern.parts
    try:
        if "**" not in parts:
            return sorted(file for name in glob.glob(str(pattern)) if (file := Path(name)).is_file())
        first = parts.index("**")
        roots = [Path(name) for name in glob.glob(str(Path(*parts[:first])) if first else ".") if Path(name).is_dir()]
    except (ValueError, OSError, re.error):  # such as a NUL
        return []
    files = {
        file for root in roots for file in files_below(root) if _match(file.relative_to(root).parts, parts[first:])
    }
    return sorted(files)


def _match(names: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        return any(_match(names[start:], parts[1:]) for start in range(len(names) + 1))
    return bool(names) and fnmatch.fnmatchcase(names[0], parts[0]) and _match(names[1:], parts[1:])


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return False
