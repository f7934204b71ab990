"""A source of knowledge → its triples in columns."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyoxigraph as ox

from kaug.knowledge.rdf.columns import Columns, merge, read_columns
from kaug.knowledge.rdf.parse import read_chunks, syntax_of
from kaug.knowledge.rdf.sources import Source
from kaug.tables import read_table, write_table

__all__ = ["lean_memory", "load_columns", "read_source", "save_columns"]

_LINES = (ox.RdfFormat.N_TRIPLES, ox.RdfFormat.N_QUADS)


def read_source(source: Source, progress: Callable[[int], None] | None = None) -> Columns:
    """Read all files of a source.

    Args:
        source: From a manifest, or made by `source_of`.
        progress: Called with the number of triples read since the last call.

    Returns:
        Its triples.

    Raises:
        SourceError: A file is missing or malformed.

    Examples:
        >>> import tempfile; from kaug.knowledge.rdf.sources import source_of
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :capital :lome .')
        >>> read_source(source_of(file)).terms.to_pylist()
        ['<urn:x:capital>', '<urn:x:lome>', '<urn:x:togo>']
    """
    files = source.files()
    read = [_read_file(file, progress) for file in files]
    return read[0] if len(read) == 1 else merge(read)[0]


def _read_file(path: Path, progress: Callable[[int], None] | None) -> Columns:
    syntax = syntax_of(path)
    return read_columns(read_chunks(path), str(path), syntax=syntax if syntax in _LINES else None, progress=progress)


@contextlib.contextmanager
def lean_memory() -> Iterator[None]:
    """Have Arrow give memory back to the system at once: its usual pool keeps what a large file once needed."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


def save_columns(columns: Columns, folder: Path) -> None:
    """Write a source's triples into a folder (an artifact's draft)."""
    names = ("subject", "predicate", "object")
    write_table(pa.table({"term": columns.terms}), folder / "written.arrow")
    write_table(pa.table(dict(zip(names, columns.triples.T.copy(), strict=True))), folder / "triples.arrow")
    (folder / "about.json").write_text(json.dumps({"read": columns.read}), encoding="utf-8")


def load_columns(folder: Path) -> Columns:
    """Read what `save_columns` wrote, from an artifact that was verified."""
    terms = read_table(folder / "written.arrow", "written")["term"].combine_chunks()
    triples = read_table(folder / "triples.arrow", "triples")
    read = json.loads((folder / "about.json").read_text(encoding="utf-8"))["read"]
    return Columns(terms, np.stack([column.to_numpy() for column in triples.columns], axis=1), read)
