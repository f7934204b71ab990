"""Training rows → a file for another trainer; to add a format, write a function and a line in `EXPORTERS`."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from kaug.errors import PipelineError, nearest
from kaug.models.prompts import follow, plain_prompt
from kaug.rdf.compressed import whole_file

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["EXPORTERS", "Columns", "Exporter", "write_rows"]

Columns = Callable[[pa.Table], pa.Table]
"""Convert some rows of EXAMPLES to the columns of another trainer."""

BATCH = 10_000
_MESSAGES = pa.schema([("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])))])


@dataclass(frozen=True)
class Exporter:
    """A format of rows.

    Attributes:
        columns: Makes the columns.
        description: A description for settings and docs.
    """

    columns: Columns
    description: str


def prompt_completion(rows: pa.Table) -> pa.Table:
    """Write prompts in kaug's plain template, so that a trainer can concatenate prompt and completion."""
    prompts = [plain_prompt(prompt) if prompt else "" for prompt in rows["prompt"].to_pylist()]
    completions = follow(prompts, rows["completion"].to_pylist())
    return pa.table({"prompt": pa.array(prompts, pa.string()), "completion": pa.array(completions, pa.string())})


def text(rows: pa.Table) -> pa.Table:
    """Join prompts and completions, in kaug's plain template."""
    pairs = prompt_completion(rows).to_pylist()
    return pa.table({"text": pa.array([pair["prompt"] + pair["completion"] for pair in pairs], pa.string())})


def messages(rows: pa.Table) -> pa.Table:
    """Make a chat of each row; a row without a prompt is a message of the assistant alone."""
    pairs = zip(rows["prompt"].to_pylist(), rows["completion"].to_pylist(), strict=True)
    chats = [
        [*([{"role": "user", "content": prompt}] if prompt else []), {"role": "assistant", "content": completion}]
        for prompt, completion in pairs
    ]
    return pa.table([pa.array(chats, _MESSAGES.types[0])], schema=_MESSAGES)


EXPORTERS: dict[str, Exporter] = {
    "examples": Exporter(lambda rows: rows, "all columns as they are"),
    "prompt-completion": Exporter(
        prompt_completion, "the columns `prompt` and `completion` of TRL, in kaug's plain template"
    ),
    "messages": Exporter(messages, "the column `messages` of TRL and OpenAI: a chat of user and assistant"),
    "text": Exporter(text, "the column `text` of TRL: prompt and completion in one, in kaug's plain template"),
}
"""The exporters that `kaug export --rows` accepts."""


def write_rows(rows: "Dataset | pa.Table", path: str | Path, as_: str | Columns = "examples") -> int:
    r"""Write training rows to a file that other trainers read; the write is atomic.

    Args:
        rows: EXAMPLES, such as `closed_book_rows` returns, or any table or dataset with the columns that `as_` needs.
        path: The file; its ending decides: `.parquet`, or `.jsonl` with `.gz` if you like.
        as_: A key of `EXPORTERS`, or a function from some of the rows to a table of other columns.

    Returns:
        The number of rows.

    Raises:
        PipelineError: The exporter is unknown, or the file has another ending.
        SourceError: The file cannot be written.

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
        raise PipelineError(f"There is no exporter {as_!r}.{nearest(as_, EXPORTERS)}")
    columns = EXPORTERS[as_].columns if isinstance(as_, str) else as_
    schema = rows.schema if isinstance(rows, pa.Table) else rows.features.arrow_schema
    count = 0
    with whole_file(path) as file, _writer(path, file, columns(schema.empty_table()).schema) as write:
        for batch in _batches(rows):
            write(columns(batch))
            count += batch.num_rows
    return count


def _batches(rows: "Dataset | pa.Table") -> Iterator[pa.Table]:
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
            f"{path}: rows are written as .parquet, .jsonl or .jsonl.gz; name a file with such an ending."
        )
