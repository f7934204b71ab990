"""Tables of rows, one after the other → splits of Arrow shards that `datasets` reads without kaug.

The folder of a dataset has a folder for each split: `load_from_disk` reads it as a `DatasetDict`, and `load_dataset` and the
Hugging Face Hub by the header of its dataset card. Memory does not grow with the number of rows.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from xxhash import xxh3_64

from kaug.errors import ArtifactError, nearest
from kaug.store.files import write_whole
from kaug.tables import EXAMPLES, check_table

__all__ = [
    "SHARD_SIZE",
    "SPLITS",
    "Split",
    "configs",
    "count_rows",
    "read_shards",
    "splits_of",
    "write_shards",
    "write_splits",
]

SPLITS = ("train", "validation_entity", "validation_phrasing", "test")
"""The splits of an arm's dataset, in their order."""

SHARD_SIZE = "500MB"
"""The maximum size of a shard, as that of `datasets`."""

_BATCH = 1_000  # rows of a record batch, as `datasets` writes them
_END = b"\xff\xff\xff\xff" + bytes(4)  # of a stream


@dataclass
class Split:
    """A split on disk.

    Attributes:
        rows: The number of rows.
        bytes: The size of its shards.
        shards: The number of shards.
        counts: Rows by family and form: `rows closed-book statement`.
        languages: Rows by language.
    """

    rows: int = 0
    bytes: int = 0
    shards: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)


def write_shards(
    tables: Iterable[tuple[str, pa.Table]],
    folder: Path,
    *,
    shard_size: str | int = SHARD_SIZE,
) -> dict[str, Split]:
    """Write EXAMPLES as a dataset on disk, while they are made.

    Equal rows give equal bytes, however they are cut into tables. The folder is complete when the function returns: write to
    a draft (`kaug.store.artifact.publish`).

    Args:
        tables: Splits and tables of EXAMPLES; the tables of a split come in its order, several splits in any.
        folder: The folder to write into.
        shard_size: The maximum size of a shard, in bytes or as in `500MB`; a shard has at least a thousand rows.

    Returns:
        The splits by name; there is always `train`.

    Raises:
        TableError: A table is not of EXAMPLES.
    """
    splits: dict[str, Split] = {}

    def checked() -> Iterator[tuple[str, pa.Table]]:
        yield "train", EXAMPLES.empty_table()
        for name, table in tables:
            rows = check_table(table, "examples")
            split = splits.setdefault(name, Split())
            split.counts.update(count_rows(rows))
            split.languages.update({tag: n for (tag,), n in _count(rows, ["language"]).items()})
            yield name, rows

    written = write_splits(checked(), folder, EXAMPLES, shard_size=shard_size)
    for name, split in written.items():
        known = splits.get(name, Split())
        split.counts, split.languages = known.counts, known.languages
    return written


def write_splits(
    tables: Iterable[tuple[str, pa.Table]], folder: Path, schema: pa.Schema, *, shard_size: str | int = SHARD_SIZE
) -> dict[str, Split]:
    """Write tables of any schema as a dataset on disk; see `write_shards`."""
    import datasets
    from datasets.utils.py_utils import convert_file_size_to_int

    features = datasets.Features.from_arrow_schema(schema)
    writers: dict[str, _Shards] = {}
    with contextlib.ExitStack() as stack:
        for name, table in tables:
            if name not in writers:
                most = convert_file_size_to_int(shard_size)
                writers[name] = stack.enter_context(_Shards(folder / name, features.arrow_schema, most))
            writers[name].add(table)
    names = sorted(writers, key=lambda name: (SPLITS.index(name) if name in SPLITS else len(SPLITS), name))
    for name in names:
        writers[name].finish()
        datasets.DatasetInfo(features=features).write_to_directory(str(folder / name), pretty_print=True)
        write_whole(folder / name / "state.json", json.dumps(writers[name].state(), indent=2, sort_keys=True) + "\n")
    write_whole(folder / "dataset_dict.json", json.dumps({"splits": names}) + "\n")
    return {name: writers[name].split for name in names}


class _Shards(contextlib.AbstractContextManager["_Shards"]):
    """The shards of a split in the making: tables are gathered to batches of one size, and batches to files."""

    def __init__(self, folder: Path, schema: pa.Schema, most: int) -> None:
        self.split = Split()
        self._folder, self._schema, self._most = folder, schema, most
        self._waiting, self._digest, self._file = schema.empty_table(), xxh3_64(), contextlib.ExitStack()
        folder.mkdir(parents=True)
        self._begin()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._file:
            if kind is None and self._waiting.num_rows:
                self._write(self._waiting)

    def add(self, table: pa.Table) -> None:
        """Write what fills batches."""
        rows = pa.concat_tables([self._waiting, table.select(self._schema.names).cast(self._schema)])
        whole = rows.num_rows - rows.num_rows % _BATCH
        for start in range(0, whole, _BATCH):
            self._write(_copy(rows.slice(start, _BATCH)))
        self._waiting = _copy(rows.slice(whole))

    def finish(self) -> None:
        """Give the shards their names, which tell how many there are."""
        names = [self._name(number, self.split.shards) for number in range(self.split.shards)]
        for number, name in enumerate(names):
            (self._folder / self._name(number)).rename(self._folder / name)
            self.split.bytes += (self._folder / name).stat().st_size

    def state(self) -> dict[str, Any]:
        """Return what `datasets` asks of a split besides its columns; its own fingerprints would differ between runs."""
        return {
            "_data_files": [{"filename": self._name(n, self.split.shards)} for n in range(self.split.shards)],
            "_fingerprint": self._digest.hexdigest(),
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            "_split": self._folder.name,
        }

    def _name(self, number: int, count: int = 0) -> str:
        return f"data-{number:05d}-of-{count:05d}.arrow"

    def _begin(self) -> None:
        """Begin a shard."""
        self._file.close()
        path = self._folder / self._name(self.split.shards)
        self._sink = self._file.enter_context(pa.OSFile(str(path), "wb"))
        self._sink.write(self._schema.serialize())
        self._empty = self._sink.tell()
        self._file.callback(lambda: self._sink.write(_END))
        self.split.shards += 1

    def _write(self, rows: pa.Table) -> None:
        (batch,) = rows.to_batches()
        message = batch.serialize()  # as the stream would write it, which need not be written twice to be digested
        if self._empty < self._sink.tell() > self._most - message.size - len(_END):
            self._begin()
        self._sink.write(message)
        self._digest.update(message)
        self.split.rows += batch.num_rows


def _copy(rows: pa.Table) -> pa.Table:
    """Copy rows to buffers of their own, which hold nothing else and are in one piece."""
    return rows.take(pa.array(np.arange(rows.num_rows))).combine_chunks()


def configs(splits: Iterable[str], *, exam: bool = False) -> list[dict[str, Any]]:
    """Return the files of each split, for the header of a dataset card; `exam` adds a configuration with all of PROBES."""
    files = [{"split": name, "path": f"{name}/data-*.arrow"} for name in splits]  # not the cache of datasets
    probes = {"config_name": "exam", "data_files": [{"split": "test", "path": "exam/*.arrow"}]}
    return [{"config_name": "default", "default": True, "data_files": files}, *([probes] if exam else [])]


def count_rows(table: pa.Table) -> dict[str, int]:
    """Count EXAMPLES by family and form."""
    return {
        f"rows {family} {form}": count for (family, form), count in sorted(_count(table, ["family", "form"]).items())
    }


def _count(table: pa.Table, columns: list[str]) -> Counter[Any]:
    groups = table.group_by(columns).aggregate([([], "count_all")]).to_pydict()
    return Counter(dict(zip(zip(*(groups[name] for name in columns), strict=True), groups["count_all"], strict=True)))


def read_shards(folder: Path, split: str = "train") -> pa.Table:
    """Map the EXAMPLES of a split that `write_shards` wrote.

    Raises:
        ArtifactError: There is no such split.
    """
    import datasets

    known = splits_of(folder)
    if split not in known:
        raise ArtifactError(f"{folder}: there is no split {split!r}.{nearest(split, known)}")
    return check_table(datasets.load_from_disk(str(folder / split)).data.table, "examples")


def splits_of(folder: Path) -> list[str]:
    """Return the names of the splits that `write_splits` wrote.

    Raises:
        ArtifactError: The folder has none.
    """
    file = folder / "dataset_dict.json"
    try:
        return list(json.loads(file.read_text(encoding="utf-8"))["splits"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(f"{file}: there is no dataset of kaug here: {error}. Run `kaug augment` again.") from error
