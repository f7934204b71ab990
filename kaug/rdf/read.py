"""A source of knowledge → its triples in columns."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.errors import SourceError
from kaug.rdf.columns import Columns, keep_rows, merge, read_columns, total_left_out
from kaug.rdf.guards import LINES
from kaug.rdf.parse import Errors, count_left_out, read_chunks, read_sound_chunks, syntax_in
from kaug.rdf.sources import Source, passed_over
from kaug.tables import read_table, write_table

__all__ = ["FilesRead", "lean_memory", "load_files", "notes_on", "read_files", "read_source", "save_files"]


_DROPPED = "triples left out: no IRI or key known in JSON-LD"


@dataclass(frozen=True)
class _File:
    """A file: its base IRI, SHA-256, the counts of its `Columns`, and lines about what a user should know."""

    name: str
    sha256: str
    read: int
    left_out: Mapping[str, int]
    notes: list[str]


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

    @property
    def notes(self) -> list[str]:
        """Lines about files without a triple, and malformed lines and files that were left out."""
        return [note for file in self.files for note in file.notes]


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
    return read_files(source, dict.fromkeys(source.files(), ""), progress=progress).columns


def read_files(
    source: Source,
    digests: Mapping[Path, str],
    before: FilesRead | None = None,
    progress: Callable[[int], None] | None = None,
) -> FilesRead:
    """Read files of a source, reusing those already read.

    Args:
        source: The source.
        digests: The files, with the SHA-256 of each.
        before: An earlier result; files of the same name and digest are reused.
        progress: Called with the number of triples read since the last call.

    Returns:
        The triples of all files, the same as without `before`.

    Raises:
        SourceError: A file is missing or malformed.
    """
    known = {(file.name, file.sha256): number for number, file in enumerate(before.files)} if before else {}
    names = {path: (source.base_of(path), digest) for path, digest in digests.items()}
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
            part, notes = _read_file(path, source, progress)
            parts.append(part)
            files.append(_File(*name, part.read, part.left_out, notes))
    columns, merged = merge(parts)
    rows = [merged[part] if within is None else merged[part][within] for part, within in origins]
    counts = sum(file.read for file in files), total_left_out(files)
    parts.clear()
    pa.default_memory_pool().release_unused()  # reading takes several times the memory of its result
    return FilesRead(Columns(columns.terms, columns.triples, *counts), files, rows)


def _read_file(path: Path, source: Source, progress: Callable[[int], None] | None) -> tuple[Columns, list[str]]:
    """Read a file; return its columns, and lines about what of it was left out."""
    errors = Errors()
    try:
        columns, kind = _read_columns(path, source, errors, progress)
    except SourceError as error:
        if not source.skip_errors:
            raise
        nothing = Columns(pa.array([], pa.string()), np.zeros((0, 3), np.uint32), 0, {"files left out: malformed": 1})
        return nothing, [f"{error} The file is left out."]
    dropped = count_left_out(path, columns.read, dict(source.contexts))
    left_out = {_DROPPED: dropped, f"{kind} left out: malformed": errors.number}
    notes = list(errors.first)
    if not columns.read:
        why = f"; {dropped:,} are left out because no context maps their keys" if dropped else ""
        notes.append(f"{path}: holds no triple{why}.")
    return replace(columns, left_out={reason: number for reason, number in left_out.items() if number}), notes


def _read_columns(
    path: Path, source: Source, errors: Errors, progress: Callable[[int], None] | None
) -> tuple[Columns, str]:
    """Read a file; return its columns, and the name of what `errors` count, lines or triples."""
    base, where, syntax = source.base_of(path), str(path), syntax_in(path)
    lines = syntax if syntax in LINES else None
    chunks = read_chunks(path, base_iri=base, contexts=dict(source.contexts))
    try:
        skipped = errors if source.skip_errors else None
        columns = read_columns(chunks, where, syntax=lines, errors=skipped, progress=progress)
        errors.first.sort(key=lambda message: int(message.removeprefix(f"{where}:").partition(":")[0]))
        return columns, "lines"
    except SourceError as error:
        if lines or not source.skip_errors or syntax == ox.RdfFormat.JSON_LD:
            raise
        columns = read_columns(read_sound_chunks(path, errors, base_iri=base), where, progress=progress)
        errors.first.insert(0, str(error))
        return columns, "triples"


def notes_on(sources: Sequence[Source], read: Sequence[FilesRead]) -> list[str]:
    """Return lines about what of sources was left out: files that are not RDF, or malformed, or without a triple."""
    notes = []
    for source, one in zip(sources, read, strict=True):
        notes += [note for note in (passed_over(source)[1], *one.notes) if note]
    return notes


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
    made = [_File(**file) for file in files]
    columns = Columns(terms, triples, sum(file["read"] for file in files), total_left_out(made))
    return FilesRead(columns, made, rows)
