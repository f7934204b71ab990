"""A table's name → its Arrow schema, and the check that a table has it.

These are the only tables that pass between stages. They are stored as Arrow IPC files and read memory-mapped, so
that opening one costs the same whatever its size.
"""

import hashlib
import os
from pathlib import Path
from typing import Literal

import pyarrow as pa

from kaug.errors import TableError, nearest

__all__ = [
    "ANSWERS",
    "EXAMPLES",
    "FACTS",
    "LABELS",
    "LEXICON",
    "PROBES",
    "ROWS",
    "SCHEMAS",
    "TERMS",
    "TRIPLES",
    "WRITTEN",
    "Family",
    "check_table",
    "content_digest",
    "read_table",
    "write_table",
]

TermKind = Literal["iri", "literal", "blank"]
Family = Literal["open-book", "closed-book", "text"]

_NAME = pa.dictionary(pa.int32(), pa.string())

WRITTEN = pa.schema([pa.field("term", pa.string(), nullable=False)])
"""The terms of one source as canonical N-Triples writes them, each once, in the order of their bytes."""

TRIPLES = pa.schema([pa.field(name, pa.uint32(), nullable=False) for name in ("subject", "predicate", "object")])
"""The triples of one source as row numbers of its WRITTEN, sorted, each once."""

ROWS = pa.schema([pa.field("row", pa.uint32(), nullable=False)])
"""Row numbers of a source's TRIPLES: those of its first file, then those of its second, and so on."""

TERMS = pa.schema(
    [
        pa.field("kind", _NAME, nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("datatype", _NAME),
        pa.field("language", _NAME),
    ]
)
"""RDF terms. A term is its row number (uint32).

`kind` is `iri`, `literal` or `blank`; `value` the IRI, the lexical form or the canonical name; `datatype` the IRI of a
literal's datatype and `language` its BCP 47 tag, both null for terms that are not literals.
"""

LABELS = pa.schema(
    [
        pa.field("term", pa.uint32(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("preferred", pa.bool_(), nullable=False),
        pa.field("phrase", pa.string()),
    ]
)
"""What terms are called, sorted by term, then preferred ones first.

`language` is a BCP 47 tag, empty where the label has none. `phrase` is how the term stands inside a sentence ("a dog",
"the Netherlands"); null means that the text itself does.
"""

FACTS = pa.schema(
    [
        pa.field("fact", pa.binary(16), nullable=False),
        pa.field("subject", pa.uint32(), nullable=False),
        pa.field("predicate", pa.uint32(), nullable=False),
        pa.field("object", pa.uint32(), nullable=False),
        pa.field("sources", pa.list_(pa.string()), nullable=False),
        pa.field("rule", pa.string()),
        pa.field("premises", pa.list_(pa.binary(16)), nullable=False),
        pa.field("weight", pa.float32()),
        pa.field("taught", pa.bool_(), nullable=False),
    ]
)
"""Facts, sorted by subject, predicate, object.

`fact` is the 16-byte BLAKE2b digest of the canonical N-Triples line; `sources` the ids of the sources that state the fact
or, of an inferred one, that it rests on: those of all its premises; `rule` and `premises` the rule that inferred it and the
ids of what the rule took (null and empty if a source states it); `weight` what a source says about the fact as its
`kaug:weight`, the greatest if several do;
`taught` whether the pipeline's selection takes it for teaching. What is not taught serves the probes of the kind `locality`.
"""

LEXICON = pa.schema(
    [
        pa.field("predicate", pa.uint32(), nullable=False),
        pa.field("property", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
"""How predicates are said, the plainest template of each first. `property` is one of
`kaug.knowledge.templates.PROPERTIES`."""

PROBES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("scorer", pa.string(), nullable=False),
        pa.field("prompt", pa.string(), nullable=False),
        pa.field("answers", pa.list_(pa.string()), nullable=False),
        pa.field("choices", pa.list_(pa.string()), nullable=False),
        pa.field("facts", pa.list_(pa.string()), nullable=False),
        pa.field("hops", pa.int8(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("template", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
    ]
)
"""The exam. `kind` is a key of `kaug.exam.kinds.KINDS`, `scorer` one of `kaug.evaluation.scorers.SCORERS`; `answers` are all
right answers; `facts` hex ids of the facts that answer it; `hops` counts the facts from question to answer. `source` is the
id of the source that the probed fact stands in.
"""

EXAMPLES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("form", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("prompt", pa.string(), nullable=False),
        pa.field("completion", pa.string(), nullable=False),
        pa.field("facts", pa.list_(pa.string()), nullable=False),
        pa.field(
            "spans",
            pa.list_(
                pa.struct(
                    [
                        pa.field("fact", pa.int32(), nullable=False),
                        pa.field("field", pa.string(), nullable=False),
                        pa.field("start", pa.int32(), nullable=False),
                        pa.field("end", pa.int32(), nullable=False),
                    ]
                )
            ),
            nullable=False,
        ),
        pa.field("text_id", pa.string()),
        pa.field("language", pa.string(), nullable=False),
    ]
)
"""Training rows. The loss falls on `completion`; `prompt` may be empty.

`family` is a `Family`, `form` the module that wrote it, `task` what it trains (`language-modelling`,
`question-answering`). `facts` are hex ids; each span says that `field` (`prompt` or `completion`), from character
`start` to `end`, says `facts[fact]`. In open-book rows, cutting the spans restores the user's text.
"""

ANSWERS = pa.schema(
    [
        pa.field("probe", pa.string(), nullable=False),
        pa.field("arm", pa.string(), nullable=False),
        pa.field("seed", pa.int64(), nullable=False),
        pa.field("prompt", pa.string(), nullable=False),
        pa.field("answer", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("log_likelihood", pa.float32(), nullable=False),
        pa.field("token_accuracy", pa.float32(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
        pa.field("retrieved", pa.list_(pa.string()), nullable=False),
    ]
)
"""What a model answered. `prompt` is the text it was shown; `score` lies in [0, 1].

`log_likelihood` is the mean natural log-probability per token of the (first) right answer; `token_accuracy` the fraction
of its tokens that the model, shown the true text so far, finds the most probable. `tokens` counts the generated tokens;
`retrieved` are hex ids. So a probe can be scored anew without asking the model again.
"""

SCHEMAS: dict[str, pa.Schema] = {
    "written": WRITTEN,
    "triples": TRIPLES,
    "rows": ROWS,
    "terms": TERMS,
    "labels": LABELS,
    "facts": FACTS,
    "lexicon": LEXICON,
    "probes": PROBES,
    "examples": EXAMPLES,
    "answers": ANSWERS,
}


def check_table(table: pa.Table, name: str) -> pa.Table:
    """Return the table if it has the schema `name`; refuse it otherwise.

    Args:
        table: Any Arrow table.
        name: One of `terms`, `labels`, `facts`, `lexicon`, `probes`, `examples`, `answers`.

    Returns:
        The same table with columns in the schema's order.

    Raises:
        TableError: A column is missing, unknown or of another type, or a required column holds nulls.

    Examples:
        >>> import pyarrow as pa
        >>> from kaug.tables import LABELS, check_table
        >>> check_table(LABELS.empty_table(), "labels").num_rows
        0
    """
    if name not in SCHEMAS:
        raise TableError(f"There is no table named {name!r}.{nearest(name, SCHEMAS)}")
    schema = SCHEMAS[name]
    for column in table.column_names:
        if column not in schema.names:
            raise TableError(f"Table {name!r} has the unknown column {column!r}.{nearest(column, schema.names)}")
    for field in schema:
        if field.name not in table.column_names:
            raise TableError(f"Table {name!r} lacks the column {field.name!r} ({field.type}).")
        column = table.column(field.name)
        if not _same_type(column.type, field.type):
            raise TableError(f"Column {field.name!r} of table {name!r} is {column.type}; it should be {field.type}.")
        if not field.nullable and column.null_count:
            raise TableError(f"Column {field.name!r} of table {name!r} holds {column.null_count} nulls; it must not.")
    return table.select(schema.names).cast(schema)


def _same_type(found: pa.DataType, wanted: pa.DataType) -> bool:
    # Nullability and the width of dictionary indices may change on a round trip through Parquet or datasets.
    if pa.types.is_dictionary(wanted) and not pa.types.is_dictionary(found):
        return bool(found == wanted.value_type)
    if pa.types.is_list(wanted) and pa.types.is_list(found):
        return _same_type(found.value_type, wanted.value_type)
    if pa.types.is_struct(wanted) and pa.types.is_struct(found):
        names = [field.name for field in wanted]
        return [field.name for field in found] == names and all(
            _same_type(found.field(i).type, wanted.field(i).type) for i in range(len(names))
        )
    return bool(found == wanted) or (pa.types.is_dictionary(wanted) and found.value_type == wanted.value_type)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as an Arrow IPC file with the rows in one order and one layout, so that equal tables are equal bytes.

    Args:
        table: The table.
        path: The file to write; its folder exists.
    """
    table = table.combine_chunks().unify_dictionaries()
    with pa.OSFile(os.fspath(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1 << 20)


def read_table(path: Path, name: str) -> pa.Table:
    """Open an Arrow IPC file memory-mapped and check that it is the table `name`.

    Args:
        path: A file that `write_table` wrote.
        name: The table's name in `SCHEMAS`.

    Returns:
        The table; its columns are views of the file.

    Raises:
        TableError: The file is no Arrow file, or holds another table.
    """
    try:
        table = pa.ipc.open_file(pa.memory_map(os.fspath(path))).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path}: this is no Arrow IPC file: {error}") from error
    try:
        return check_table(table, name)
    except TableError as error:
        raise TableError(f"{path}: {error}") from None


def content_digest(*parts: str, size: int = 16) -> str:
    """Hash strings to a hex digest (BLAKE2b), each part kept apart from the next.

    Args:
        parts: What identifies the thing.
        size: Bytes of digest; the result has twice as many characters.

    Returns:
        Lower-case hex.

    Examples:
        >>> content_digest("a", "bc") == content_digest("ab", "c")
        False
    """
    digest = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
