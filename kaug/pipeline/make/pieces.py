"""A piece of an arm's rows → a file of its own, so that an arm that was interrupted goes on where it stopped."""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from xxhash import xxh3_128

from kaug.augmentation.hygiene.left_out import LEFT_OUT
from kaug.tables import EXAMPLES

__all__ = ["Written", "find_piece", "save_piece"]


@dataclass(frozen=True)
class Written:
    """What a piece of an arm's rows, or all of them, has written.

    Attributes:
        rows: EXAMPLES, in batches as they were written.
        left_out: LEFT_OUT.
        counts: Rows and facts left out, by reason.
        characters: The length of the rows, by form.
    """

    rows: pa.Table = field(default_factory=EXAMPLES.empty_table)
    left_out: list[pa.Table] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)


def save_piece(written: Written, path: Path) -> None:
    """Write a piece, whole or not at all: a stream of Arrow, and the digest of its bytes."""
    about = {
        "counts": json.dumps(written.counts),
        "characters": json.dumps(written.characters),
        "left_out": json.dumps([row for table in written.left_out for row in table.to_pylist()]),
    }
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, EXAMPLES.with_metadata(about)) as writer:
        writer.write_table(written.rows.replace_schema_metadata(about))
    stream = sink.getvalue()
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with draft.open("wb") as file:
        file.write(stream)
        file.write(xxh3_128(stream).digest())
    draft.replace(path)


def find_piece(path: Path) -> Written | None:
    """Read a piece, memory-mapped; None if it is not there, or not whole."""
    mark = xxh3_128().digest_size
    if not path.exists() or path.stat().st_size < mark:
        return None
    whole = pa.memory_map(os.fspath(path)).read_buffer()
    size = whole.size - mark
    if xxh3_128(whole.slice(0, size)).digest() != whole.slice(size).to_pybytes():
        return None
    rows = pa.ipc.open_stream(whole.slice(0, size)).read_all()
    about = {key.decode(): json.loads(value) for key, value in rows.schema.metadata.items()}
    left_out = pa.Table.from_pylist(about["left_out"], LEFT_OUT)
    return Written(
        rows.replace_schema_metadata(None), [left_out], Counter(about["counts"]), Counter(about["characters"])
    )
