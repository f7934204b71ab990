"""A source of knowledge → its triples in columns."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.rdf.columns import Columns, keep_rows, merge, read_columns
from kaug.rdf.guards import LINES
from kaug.rdf.parse import count_left_out, read_chunks, syntax_of
from kaug.rdf.sources import Source
from kaug.tables import read_table, write_table

__all__ = ["FilesRead", "lean_memory", "load_files", "read_files", "read_source", "save_files"]


@dataclass(frozen=True)
class _File:
    """A file: its name, SHA-256, and the counts of its `Columns`."""

    name: str
    sha256: str
    read: int
    left_out: int


@dataclass(frozen=True)
class FilesRead:
    """The triples of several files, and the rows of each.

    Attributes:
        columns: The distinct triples of all files.
        files: The files.
        rows: For each file int64 (n,): its rows of `columns.triples`, ascending.
    """

    columns: Columns
    files: list[_File]
    rows: list[NDArray[np.int64]]


def read_source(source: Source, progress: Callable[[int], None] | None = None) -> Columns:
    """Read the triples of all files of a source, from a manifest or made by `source_of`.

    Args:
        source: The source.
        progress: Called with the number of triples read since the last call.

    Raises:
        SourceError: A file is missing or malformed.

    Examples:
        >>> import tempfile; from kaug.rdf.sources import source_of
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :capital :lome .')
        >>> read_source(source_of(file)).terms.to_pylist()
        ['<urn:x:capital>', '<urn:x:lome>', '<urn:x:togo>']
    """
    return read_files(dict.fromkeys(source.files(), ""), progress=progress).columns


def read_files(
    digests: Mapping[Path, str], before: FilesRead | None = None, progress: Callable[[int], None] | None = None
) -> FilesRead:
    """Read files, reusing those already read.

    Args:
        digests: The files, with the SHA-256 of each.
        before: An earlier result; files of the same name and digest are reused.
        progress: Called with the number of triples read since the last call.

    Returns:
        The triples of all files, the same as without `before`.

    Raises:
        SourceError: A file is missing or malformed.
    """
    known = {(file.name, file.sha256): number for number, file in enumerate(before.files)} if before else {}
    names = {path: (path.name, digest) for path, digest in digests.items()}
    parts, files = list[Columns](), list[_File]()
    origins: list[tuple[int, NDArray[np.int64] | None]] = []  # each file's part, and its rows in it, None for all
    if before and (old := sorted({known[name] for name in names.values() if name in known})):
        kept = np.unique(np.concatenate([before.rows[number] for number in old]))
        parts.append(keep_rows(before.columns, kept))
    for path, name in names.items():
        if before and name in known:
            files.append(before.files[known[name]])
            origins.append((0, np.searchsorted(kept, before.rows[known[name]])))
            if progress:
                progress(files[-1].read)
        else:
            origins.append((len(parts), None))
            parts.append(_read_file(path, progress))
            files.append(_File(*name, parts[-1].read, parts[-1].left_out))
    columns, merged = merge(parts)
    rows = [merged[part] if within is None else merged[part][within] for part, within in origins]
    counts = sum(file.read for file in files), sum(file.left_out for file in files)
    parts.clear()
    pa.default_memory_pool().release_unused()  # reading takes several times the memory of its result
    return FilesRead(Columns(columns.terms, columns.triples, *counts), files, rows)


def _read_file(path: Path, progress: Callable[[int], None] | None) -> Columns:
    syntax = syntax_of(path)
    columns = read_columns(read_chunks(path), str(path), syntax=syntax if syntax in LINES else None, progress=progress)
    return replace(columns, left_out=count_left_out(path, columns.read))


@contextlib.contextmanager
def lean_memory() -> Iterator[None]:
    """Use Arrow's system pool, which returns memory at once; the default pool keeps it."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def save_files(read: FilesRead, folder: Path) -> None:
    """Write the triples of a source's files into a folder (an artifact's draft)."""
    names = ("subject", "predicate", "object")
    write_table(pa.table({"term": read.columns.terms}), folder / "written.arrow")
    write_table(pa.table(dict(zip(names, read.columns.triples.T.copy(), strict=True))), folder / "triples.arrow")
    if len(read.files) > 1:
        write_table(pa.table({"row": np.concatenate(read.rows).astype(np.uint32)}), folder / "rows.arrow")
    files = [{**asdict(file), "triples": len(rows)} for file, rows in zip(read.files, read.rows, strict=True)]
    (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")


def load_files(folder: Path) -> FilesRead:
    """Read the files of `save_files` from a verified artifact."""
    terms = read_table(folder / "written.arrow", "written")["term"].combine_chunks()
    table = read_table(folder / "triples.arrow", "triples")
    triples = np.stack([column.to_numpy() for column in table.columns], axis=1)
    files = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    bounds = np.cumsum([file.pop("triples") for file in files])
    if len(files) > 1:
        all_rows = read_table(folder / "rows.arrow", "rows")["row"].to_numpy().astype(np.int64)
        rows = np.split(all_rows, bounds[:-1])
    else:
        rows = [np.arange(len(triples))]
    columns = Columns(terms, triples, sum(file["read"] for file in files), sum(file["left_out"] for file in files))
    return FilesRead(columns, [_File(**file) for file in files], rows)
