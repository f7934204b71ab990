"""Training rows → the columns of another trainer, in a file or a folder; a new format is a function and a line in `EXPORTERS`."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Union

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers
from kaug.augmentation.rows import Field
from kaug.augmentation.shards import configs, write_splits
from kaug.errors import PipelineError, nearest
from kaug.rdf.compressed import whole_file
from kaug.store.artifact import publish
from kaug.store.files import write_whole
from kaug.tables import EXAMPLES

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["EXPORTERS", "Columns", "Exporter", "write_rows"]

Columns = Callable[[pa.Table], pa.Table]
"""Convert some rows of EXAMPLES to the columns of another trainer."""

BATCH = 10_000


@dataclass(frozen=True)
class Exporter:
    """A format of rows.

    Attributes:
        columns: Makes the columns.
        description: A description for settings and docs.
    """

    columns: Columns
    description: str


class _Frame(NamedTuple):
    """What stands before and after a prompt, its completion, and a completion without a prompt."""

    prompt: tuple[str, str]
    completion: tuple[str, str]
    alone: tuple[str, str]


_PLAIN = _Frame(("Question: ", "\nAnswer:"), (" ", ""), ("", ""))
"""`kaug.models.prompts.plain_prompt` and `follow`."""

_TURN = ("<|im_start|>assistant\n", "<|im_end|>\n")
_CHATML = _Frame(("<|im_start|>user\n", "<|im_end|>\n"), _TURN, _TURN)


def trl(rows: pa.Table) -> pa.Table:
    """Write prompts in kaug's plain template, so that a trainer can concatenate prompt and completion."""
    (prompts, asked), (completions, told) = _framed(rows, _PLAIN)
    columns = {"prompt": prompts, "completion": completions}
    return _with_source(rows, columns, {"prompt": ("prompt", asked), "completion": ("completion", told)})


def text(rows: pa.Table) -> pa.Table:
    """Join prompts and completions, in kaug's plain template."""
    return _joined(rows, _PLAIN)


def chatml(rows: pa.Table) -> pa.Table:
    """Join prompts and completions, with the markers of ChatML around each; rows of kaug hold no markers of their own."""
    return _joined(rows, _CHATML)


def alpaca(rows: pa.Table) -> pa.Table:
    """Name prompts and completions as Alpaca does; there is no `input`."""
    columns = {"instruction": rows["prompt"], "input": pa.repeat("", rows.num_rows), "output": rows["completion"]}
    nothing = np.zeros(rows.num_rows, np.int64)
    return _with_source(rows, columns, {"prompt": ("instruction", nothing), "completion": ("output", nothing)})


def messages(rows: pa.Table) -> pa.Table:
    """Make a chat of each row; a row without a prompt is a message of the assistant alone."""
    return _chats(rows, "messages", ("role", "content"), ("user", "assistant"))


def sharegpt(rows: pa.Table) -> pa.Table:
    """Make a conversation of each row; a row without a prompt is a turn of the model alone."""
    return _chats(rows, "conversations", ("from", "value"), ("human", "gpt"))


EXPORTERS: dict[str, Exporter] = {
    "examples": Exporter(lambda rows: rows, "all columns as they are"),
    "trl": Exporter(trl, "the columns `prompt` and `completion` of TRL, in kaug's plain template"),
    "messages": Exporter(
        messages, "the column `messages` of TRL, OpenAI and axolotl: a chat of `user` and `assistant`"
    ),
    "alpaca": Exporter(alpaca, "the columns `instruction`, `input` and `output` of Alpaca, LLaMA-Factory and axolotl"),
    "sharegpt": Exporter(
        sharegpt, "the column `conversations` of ShareGPT, LLaMA-Factory and axolotl: `human` and `gpt`"
    ),
    "chatml": Exporter(chatml, "the column `text`: prompt and completion in one, with the markers of ChatML"),
    "text": Exporter(text, "the column `text`: prompt and completion in one, in kaug's plain template"),
}
"""The formats that `kaug export-rows` accepts. All keep `id`, `facts` and `spans`; a span's `field` is the column or the
role that it counts in.
"""


def _strings(rows: pa.Table, name: str) -> pa.Array:
    # Joined, for chunks of a table need not be those of another.
    return pa.concat_arrays([pa.array([], pa.string()), *rows[name].cast(pa.string()).chunks])


def _framed(rows: pa.Table, frame: _Frame) -> tuple[tuple[pa.Array, Numbers], tuple[pa.Array, Numbers]]:
    """Put a frame around prompts and completions; return the columns, and where in each the text begins, int64 (n,)."""
    prompts, completions = _strings(rows, "prompt"), _strings(rows, "completion")
    asks = pc.not_equal(prompts, "")

    def around(texts: pa.Array, frame: tuple[str, str]) -> pa.Array:
        return pc.binary_join_element_wise(frame[0], texts, frame[1], "")

    told = pc.if_else(asks, around(completions, frame.completion), around(completions, frame.alone))
    starts = np.where(asks.to_numpy(zero_copy_only=False), len(frame.completion[0]), len(frame.alone[0]))
    asked = pc.if_else(asks, around(prompts, frame.prompt), "")
    return (asked, np.full(rows.num_rows, len(frame.prompt[0]))), (told, starts)


def _joined(rows: pa.Table, frame: _Frame) -> pa.Table:
    (prompts, asked), (completions, told) = _framed(rows, frame)
    told = told + pc.utf8_length(prompts).to_numpy(zero_copy_only=False)
    columns = {"text": pc.binary_join_element_wise(prompts, completions, "")}
    return _with_source(rows, columns, {"prompt": ("text", asked), "completion": ("text", told)})


def _chats(rows: pa.Table, column: str, keys: tuple[str, str], roles: tuple[str, str]) -> pa.Table:
    """Make a list of turns of each row: that of the user, if there is a prompt, and that of the model."""
    prompts, completions = _strings(rows, "prompt"), _strings(rows, "completion")
    turns = 1 + pc.not_equal(prompts, "").to_numpy(zero_copy_only=False).astype(np.int64)
    row, ends = np.repeat(np.arange(rows.num_rows), turns), np.cumsum(turns)
    last = np.zeros(len(row), bool)
    last[ends - 1] = True
    said = pa.concat_arrays([prompts, completions]).take(pa.array(row + rows.num_rows * last))
    who = pc.if_else(pa.array(last), roles[1], roles[0])
    chats = pa.ListArray.from_arrays(np.append(0, ends).astype(np.int32), pa.StructArray.from_arrays([who, said], keys))
    nothing = np.zeros(rows.num_rows, np.int64)
    return _with_source(rows, {column: chats}, {"prompt": (roles[0], nothing), "completion": (roles[1], nothing)})


def _with_source(
    rows: pa.Table, columns: Mapping[str, pa.Array], places: Mapping[Field, tuple[str, Numbers]]
) -> pa.Table:
    """Add ids, facts and spans to columns; `places` has where each field went: its new name, and its start there, (n,)."""
    kept = {name: rows[name] for name in ("id", "facts", "spans") if name in rows.column_names}
    if "spans" in kept:
        spans = pa.concat_arrays([pa.array([], kept["spans"].type), *kept["spans"].chunks])
        parts, sizes = spans.flatten(), pc.list_value_length(spans).to_numpy(zero_copy_only=False)
        row, inside = np.repeat(np.arange(len(spans)), sizes), pc.equal(parts.field("field"), "completion")
        moved = [pa.array(places[name][1][row].astype(np.int32)) for name in ("completion", "prompt")]
        by = pc.if_else(inside, *moved)
        names = pc.if_else(inside, places["completion"][0], places["prompt"][0])
        ends = [pc.add(parts.field(name), by) for name in ("start", "end")]
        kind = EXAMPLES.field("spans").type
        values = pa.StructArray.from_arrays([parts.field("fact"), names, *ends], fields=list(kind.value_type))
        kept["spans"] = pa.ListArray.from_arrays(np.append(0, np.cumsum(sizes)).astype(np.int32), values, type=kind)
    return pa.table({**columns, **kept})


Rows = Union["Dataset", pa.Table]
"""Training rows: EXAMPLES, such as `closed_book_rows` returns, or any table or dataset with the columns that a format needs."""


def write_rows(
    rows: Rows | Mapping[str, Rows], path: str | Path, as_: str | Columns = "examples", card: str = ""
) -> int:
    r"""Write training rows in a format that other trainers read, to a file or a folder that appears whole or not at all.

    Args:
        rows: Rows; for a folder also several splits by name, such as a `DatasetDict`.
        path: A file; its ending decides: `.parquet`, or `.jsonl` with `.gz` if you like. Or a folder, whose name has no ending,
            for an Arrow dataset that `load_dataset` and `load_from_disk` read.
        as_: A key of `EXPORTERS`, or a function from some of the rows to a table of other columns.
        card: The dataset card of a folder; its header's `configs` and its section on columns are replaced.

    Returns:
        The number of rows.

    Raises:
        PipelineError: The format is unknown, or the file has another ending, or several splits are to be one file.
        SourceError: The file cannot be written.
        ArtifactError: The folder cannot be written, or has other content.

    Examples:
        >>> import tempfile
        >>> rows = pa.table({"prompt": ["What is the capital of Togo?"], "completion": ["Lomé"]})
        >>> file = Path(tempfile.mkdtemp()) / "rows.jsonl"
        >>> write_rows(rows, file, "text")
        1
        >>> print(file.read_text(encoding="utf-8"), end="")
        {"text":"Question: What is the capital of Togo?\nAnswer: Lomé"}
    """
    path = Path(path)
    if isinstance(as_, str) and as_ not in EXPORTERS:
        raise PipelineError(f"There is no format {as_!r}.{nearest(as_, EXPORTERS)}")
    columns = EXPORTERS[as_].columns if isinstance(as_, str) else as_
    splits = dict(rows) if isinstance(rows, Mapping) else {"train": rows}
    if not path.suffix:
        about = EXPORTERS[as_].description if isinstance(as_, str) else (as_.__doc__ or as_.__name__).split("\n")[0]
        return _write_folder(splits, path, columns, card if as_ == "examples" else _describe(card, about))
    if len(splits) != 1:
        raise PipelineError(f"{path}: a file holds one split; name one, or a folder for {', '.join(splits)}.")
    (split,) = splits.values()
    count = 0
    with whole_file(path) as file, _writer(path, file, _schema(split, columns)) as write:
        for batch in _batches(split):
            write(columns(batch))
            count += batch.num_rows
    return count


def _write_folder(splits: Mapping[str, Rows], path: Path, columns: Columns, card: str) -> int:
    schema = _schema(next(iter(splits.values())), columns)
    tables = ((name, columns(batch)) for name, rows in splits.items() for batch in (*_batches(rows), _empty(rows)))
    with publish(path, stage="rows", fingerprint="") as draft:
        written = write_splits(tables, draft.path, schema)
        header = f"configs: {json.dumps(configs(written))}"
        card = re.sub(r"^configs: .*$", lambda _: header, card, count=1, flags=re.MULTILINE) or f"---\n{header}\n---\n"
        write_whole(draft.path / "README.md", card)
        draft.counts.update({f"{name}: rows": split.rows for name, split in written.items()})
    return sum(split.rows for split in written.values())


def _describe(card: str, columns: str) -> str:
    """Replace what a card says about columns."""
    kept = "`id`, `facts` and `spans` are kept; the field of a span is the column or the role that it counts in."
    return re.sub(r"(?<=^## Columns\n\n).*?(?=\n## |\Z)", lambda _: f"{columns}.\n{kept}\n", card, flags=re.M | re.S)


def _empty(rows: Rows) -> pa.Table:
    return (rows.schema if isinstance(rows, pa.Table) else rows.features.arrow_schema).empty_table()


def _schema(rows: Rows, columns: Columns) -> pa.Schema:
    return columns(_empty(rows)).schema


def _batches(rows: Rows) -> Iterator[pa.Table]:
    if isinstance(rows, pa.Table):
        return (rows.slice(start, BATCH) for start in range(0, rows.num_rows, BATCH))
    return iter(rows.with_format("arrow").iter(BATCH))


@contextlib.contextmanager
def _writer(path: Path, file: BinaryIO, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    name = path.name.lower()
    if name.endswith(".parquet"):
        from pyarrow.parquet import ParquetWriter

        with ParquetWriter(file, schema) as writer:
            yield writer.write_table
    elif name.endswith((".jsonl", ".jsonl.gz")):
        import polars as pl

        # A column of nulls has no type in JSON: to `datasets`, strings after many of them are an error.
        yield lambda table: pl.DataFrame(table).with_columns(pl.col(pl.String).fill_null("")).write_ndjson(file)
    else:
        raise PipelineError(
            f"{path}: rows are written as .parquet, .jsonl or .jsonl.gz, or into a folder, whose name has no ending."
        )
