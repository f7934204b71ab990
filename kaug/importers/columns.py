"""Text files, compressed or not → blocks of columns, and the lines of their rows."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from kaug.errors import SourceError, nearest
from kaug.rdf.compressed import COMPRESSIONS, open_bytes

__all__ = ["BLOCK", "Block", "Layout", "decimals", "first_row", "header", "read_columns", "without_ending"]

BLOCK = 1 << 22
"""Bytes of text in a block; a line may be no longer."""


@dataclass(frozen=True)
class Layout:
    """How the columns of a text file are told apart.

    Attributes:
        delimiter: The character between cells.
        quoted: Whether cells may stand in double quotes, which hold delimiters and line breaks.
    """

    delimiter: str = "\t"
    quoted: bool = False


@dataclass(frozen=True)
class Block:
    """Some rows of a file.

    Attributes:
        path: The file.
        columns: Strings by the column's name, as many in each.
        first: How many rows of the file, its header among them, come before.
        layout: How the file is read.
    """

    path: Path
    columns: dict[str, pa.Array]
    first: int
    layout: Layout

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))

    def filter(self, mask: pa.Array) -> dict[str, pa.Array]:
        """Return the columns of the rows that a mask takes."""
        return {name: column.filter(mask) for name, column in self.columns.items()}

    def refuse(self, wrong: pa.Array, expected: str, column: str) -> None:
        """Refuse the block if a row is wrong.

        Args:
            wrong: Booleans, one a row.
            expected: The expected value.
            column: Its column.

        Raises:
            SourceError: Naming file, line, what is there and what was expected.
        """
        row = pc.index(wrong, True).as_py()
        if row >= 0:
            text = self.columns[column][row].as_py()
            raise SourceError(f"{self.place(row)}: {column} is {_short(text)}; expected {expected}.")

    def place(self, row: int) -> str:
        """Return the place of a row, as file:line."""
        for number, (line, _) in enumerate(_records(self.path, self.layout)):
            if number == self.first + row:
                return f"{self.path}:{line}"
        return str(self.path)


def without_ending(path: Path) -> str:
    """Return a file's name without the ending of its compression.

    Examples:
        >>> without_ending(Path("a/b.csv.gz"))
        'b.csv'
    """
    return path.stem if path.suffix.lower() in COMPRESSIONS else path.name


def first_row(path: Path, layout: Layout) -> list[str]:
    """Read the cells of a file's first row.

    Raises:
        SourceError: The file is empty.
    """
    _, cells = next(_records(path, layout), (0, []))
    if not cells:
        raise SourceError(f"{path}: is empty.")
    return cells


def header(path: Path, layout: Layout, wanted: Sequence[str] = ()) -> list[str]:
    """Read the names of a file's columns from its first row.

    Args:
        path: The file.
        layout: How it is read.
        wanted: Columns that must be there.

    Returns:
        All names.

    Raises:
        SourceError: The file is empty, names a column twice, or lacks one that is wanted; the message says the nearest.
    """
    names = first_row(path, layout)
    for column in names:
        if names.count(column) > 1:
            raise SourceError(f"{path}:1: names the column {column!r} twice.")
    for column in wanted:
        if column not in names:
            raise SourceError(f"{path}:1: there is no column {column!r}.{nearest(column, names)}")
    return names


def read_columns(
    path: Path,
    names: Sequence[str],
    *,
    layout: Layout = Layout(),
    skip_header: bool = False,
    only: Sequence[str] | None = None,
    block: int = BLOCK,
) -> Iterator[Block]:
    """Read a text file in blocks.

    Args:
        path: The file, UTF-8, with a byte order mark or without.
        names: The columns that each row has.
        layout: How they are told apart.
        skip_header: Whether the first row names the columns.
        only: The columns to return; None returns all.
        block: The most bytes of text in a block.

    Yields:
        Blocks. Empty lines are no rows.

    Raises:
        SourceError: The file cannot be read, is not UTF-8, or a row has more or fewer columns: the message names the line.
    """
    first = int(skip_header)
    with open_bytes(path) as handle:
        try:
            with pacsv.open_csv(
                handle,
                read_options=pacsv.ReadOptions(column_names=list(names), skip_rows_after_names=first, block_size=block),
                parse_options=pacsv.ParseOptions(
                    delimiter=layout.delimiter,
                    quote_char='"' if layout.quoted else False,
                    newlines_in_values=layout.quoted,
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=list(only or names),
                    strings_can_be_null=False,
                ),
            ) as reader:
                for batch in reader:
                    if batch.num_rows:
                        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                        yield Block(path, columns, first, layout)
                        first += batch.num_rows
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            raise _explain(path, names, layout, block, str(error)) from error
        except pa.ArrowException as error:
            raise SourceError(f"{path}: cannot be read: {error}.") from error


def decimals(texts: pa.Array) -> pa.Array:
    """Write numbers as xsd:decimal has them.

    Args:
        texts: Strings.

    Returns:
        Strings in canonical form; null where the text is no finite number, or has more than 100 digits.

    Examples:
        >>> decimals(pa.array(["2", "+0.50", "1e-3", "many"])).to_pylist()
        ['2.0', '0.5', '0.001', None]
    """
    distinct = pc.dictionary_encode(texts)
    return pa.array([_decimal(text) for text in distinct.dictionary.to_pylist()], pa.string()).take(distinct.indices)


def _decimal(text: str) -> str | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 100 or len(text) > 100:
        return None
    whole, _, part = format(number, "f").partition(".")
    part = part.rstrip("0") or "0"
    return f"{'0' if whole == '-0' and part == '0' else whole}.{part}"


def _records(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Read a file slowly: the line on which each record ends, and its cells. Only errors and headers need it."""
    with open_bytes(path) as handle:
        lines = (line.decode("utf-8-sig" if number == 0 else "utf-8", "replace") for number, line in enumerate(handle))
        if not layout.quoted:
            for number, line in enumerate(lines, 1):
                yield from ((number, row.split(layout.delimiter)) for row in line.strip("\r\n").split("\r") if row)
            return
        csv.field_size_limit(max(csv.field_size_limit(), BLOCK))
        reader = csv.reader(lines, delimiter=layout.delimiter)
        try:
            yield from ((reader.line_num, cells) for cells in reader if cells)
        except csv.Error as error:
            raise SourceError(f"{path}:{reader.line_num}: {error}.") from error


def _explain(path: Path, names: Sequence[str], layout: Layout, block: int, reason: str) -> SourceError:
    expected = f"{len(names)} columns ({', '.join(names)})"
    if "straddling" in reason:
        return SourceError(f"{path}: has a line of more than {block:,} bytes; expected {expected} a line.")
    for line, cells in _records(path, layout):
        if len(cells) != len(names):
            between = {"\t": "tab"}.get(layout.delimiter, repr(layout.delimiter))
            return SourceError(
                f"{path}:{line}: expected {expected}, parted by {between}; found {len(cells)}: "
                f"{_short(layout.delimiter.join(cells))}."
            )
        if any("\N{REPLACEMENT CHARACTER}" in cell for cell in cells) and not _is_utf8(path, line):
            return SourceError(f"{path}:{line}: is not UTF-8.")
    return SourceError(f"{path}: cannot be read: {reason}.")


def _is_utf8(path: Path, number: int) -> bool:
    with open_bytes(path) as handle:
        for place, line in enumerate(handle, 1):
            if place == number:
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return False
    return True


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
