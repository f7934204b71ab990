"""CSV, TSV and the like, compressed or not → blocks of columns with line numbers."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from kaug.errors import SourceError, nearest
from kaug.importers.terms import decimals
from kaug.rdf.compressed import COMPRESSIONS, open_bytes

__all__ = ["BLOCK", "Block", "Delimited", "without_ending"]

BLOCK = 1 << 22
"""Bytes of text in a block; the maximum length of a line."""

_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # invalid bytes, as `surrogateescape` decodes them


@dataclass(frozen=True)
class Delimited:
    """A delimited text file in UTF-8, with or without a byte order mark.

    Attributes:
        path: The file.
        delimiter: The character between cells.
        quoted: Whether double quotes may enclose cells with delimiters and line breaks.
    """

    path: Path
    delimiter: str = "\t"
    quoted: bool = False

    def first_row(self) -> list[str]:
        """Return the cells of the first row; an empty file is an error."""
        for _, cells in self.records():
            return cells
        raise SourceError(f"{self.path}: is empty.")

    def header(self, required: Sequence[str] = ()) -> list[str]:
        """Return the names of the columns, from the first row.

        Raises:
            SourceError: The file is empty, names a column twice, or lacks a required one; the message suggests the nearest.
        """
        names = self.first_row()
        for column in names:
            if names.count(column) > 1:
                raise SourceError(f"{self.path}:1: names the column {column!r} twice.")
        for column in required:
            if column not in names:
                raise SourceError(f"{self.path}:1: there is no column {column!r}.{nearest(column, names)}")
        return names

    def blocks(
        self, names: Sequence[str] | None = None, *, only: Sequence[str] | None = None, size: int = BLOCK
    ) -> Iterator["Block"]:
        """Read the file in blocks.

        Args:
            names: The names of the columns; None reads them from the first row.
            only: The columns to return; None returns all.
            size: The maximum bytes of a block.

        Yields:
            Blocks. Empty lines are skipped.

        Raises:
            SourceError: The file cannot be read, is not UTF-8, or a row has more or fewer columns; the message has the line.
        """
        first = int(names is None)
        columns = list(self.header() if names is None else names)
        with open_bytes(self.path) as handle:
            try:
                with pacsv.open_csv(
                    handle,
                    pacsv.ReadOptions(column_names=columns, skip_rows_after_names=first, block_size=size),
                    pacsv.ParseOptions(
                        delimiter=self.delimiter,
                        quote_char='"' if self.quoted else False,
                        newlines_in_values=self.quoted,
                    ),
                    pacsv.ConvertOptions(
                        column_types=dict.fromkeys(columns, pa.string()),
                        include_columns=list(only or columns),
                        strings_can_be_null=False,
                    ),
                ) as reader:
                    for batch in reader:
                        if batch.num_rows:
                            yield Block(self, dict(zip(batch.schema.names, batch.columns, strict=True)), first)
                            first += batch.num_rows
            except pa.ArrowInvalid as error:
                if "Empty CSV" in str(error):
                    return
                raise self._explain(columns, size, str(error)) from error
            except pa.ArrowException as error:
                raise SourceError(f"{self.path}: cannot be read: {error}.") from error

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Read the file row by row, which is slow; yield each row's last line number and its cells."""
        csv.field_size_limit(max(csv.field_size_limit(), BLOCK))
        with open_bytes(self.path) as handle:
            lines = io.TextIOWrapper(handle, "utf-8-sig", "surrogateescape", newline="")
            reader = csv.reader(
                lines, delimiter=self.delimiter, quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
            )
            try:
                yield from ((reader.line_num, cells) for cells in reader if cells)
            except csv.Error as error:
                raise SourceError(f"{self.path}:{reader.line_num}: {error}.") from error

    def _explain(self, names: list[str], size: int, reason: str) -> SourceError:
        expected = f"{len(names)} columns ({', '.join(names)})"
        if "straddling" in reason:
            return SourceError(f"{self.path}: has a line of more than {size:,} bytes; expected {expected} a line.")
        for line, cells in self.records():
            if len(cells) != len(names):
                delimiter = {"\t": "tab"}.get(self.delimiter, repr(self.delimiter))
                return SourceError(
                    f"{self.path}:{line}: expected {expected}, separated by {delimiter}; found {len(cells)}: "
                    f"{_short(self.delimiter.join(cells))}."
                )
            if _NOT_UTF8.search("".join(cells)):
                return SourceError(f"{self.path}:{line}: is not UTF-8.")
        return SourceError(f"{self.path}: cannot be read: {reason}.")


@dataclass(frozen=True)
class Block:
    """Some rows of a file, as strings by column; `first` is the number of rows before them, including the header."""

    file: Delimited
    columns: dict[str, pa.Array]
    first: int

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))

    def refuse(
        self, wrong: pa.Array, expected: str, column: str, values: pa.Array | None = None, rows: pa.Array | None = None
    ) -> None:
        """Raise an error for the first wrong value of a column; the message has its line, the value and the expected form.

        The values are the column's cells, or `values` in the rows `rows`.
        """
        index = pc.index(wrong, True).as_py()
        if index >= 0:
            value = (self.columns[column] if values is None else values)[index].as_py()
            row = index if rows is None else rows[index].as_py()
            raise SourceError(f"{self.line(row)}: {column} is {_short(value)}; expected {expected}.")

    def weights(self, column: str) -> pa.Array:
        """Return a column of numbers as decimals, null where a cell is empty; other cells are an error."""
        texts = self.columns[column]
        numbers = decimals(texts)
        empty = pc.equal(pc.utf8_trim_whitespace(texts), "")
        self.refuse(pc.and_not(pc.is_null(numbers), empty), "a number or nothing", column)
        return numbers

    def line(self, row: int) -> str:
        """Return the location of a row as file:line."""
        for number, (line, _) in enumerate(self.file.records()):
            if number == self.first + row:
                return f"{self.file.path}:{line}"
        return str(self.file.path)


def without_ending(path: Path) -> str:
    """Return a file's name without the ending of its compression.

    Examples:
        >>> without_ending(Path("a/b.csv.gz"))
        'b.csv'
    """
    return path.stem if path.suffix.lower() in COMPRESSIONS else path.name


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
