"""The names of tables → their Arrow schemas, and a check of tables against them.

Only these tables pass between stages. They are stored as Arrow IPC files and memory-mapped; docs/datamodel.md describes
each column.
"""

import hashlib
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from kaug.errors import TableError, nearest

__all__ = [
    "ANSWERS",
    "EXAMPLES",
    "FACTS",
    "GAPS",
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

Family = Literal["open-book", "closed-book", "text"]

_TEXT = pa.string()
_TEXTS = pa.list_(_TEXT)
_NAME = pa.dictionary(pa.int32(), _TEXT)
_TERM = pa.uint32()
_DIGEST = pa.binary(16)


def _schema(types: dict[str, pa.DataType], nullable: Collection[str] = ()) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable=name in nullable) for name, kind in types.items()])


WRITTEN = _schema({"term": _TEXT})
"""The terms of one source as canonical N-Triples writes them, each once, in the order of their bytes."""

TRIPLES = _schema({"subject": _TERM, "predicate": _TERM, "object": _TERM})
"""The triples of one source as row numbers of its WRITTEN, sorted, each once."""

ROWS = _schema({"row": pa.uint32()})
"""Row numbers of a source's TRIPLES: those of its first file, then those of its second, and so on."""

TERMS = _schema({"kind": _NAME, "value": _TEXT, "datatype": _NAME, "language": _NAME}, {"datatype", "language"})
"""RDF terms. A term is its row number (uint32)."""

LABELS = _schema(
    {"term": _TERM, "language": _TEXT, "text": _TEXT, "preferred": pa.bool_(), "phrase": _TEXT}, {"phrase"}
)
"""Labels of terms, sorted by term, preferred ones first."""

FACTS = _schema(
    {
        "fact": _DIGEST,
        "subject": _TERM,
        "predicate": _TERM,
        "object": _TERM,
        "sources": _TEXTS,
        "rule": _TEXT,
        "premises": pa.list_(_DIGEST),
        "weight": pa.float32(),
        "untaught": _NAME,
    },
    {"rule", "weight", "untaught"},
)
"""Facts, sorted by subject, predicate, object. `fact` is the 16-byte BLAKE2b digest of the canonical N-Triples line,
`untaught` the reason why the fact is not taught, null if it is.
"""

LEXICON = _schema({"predicate": _TERM, "property": _TEXT, "language": _TEXT, "text": _TEXT})
"""Templates of predicates, the plainest of each first. `property` is one of `kaug.knowledge.templates.PROPERTIES`."""

PROBES = _schema(
    {
        "id": _TEXT,
        "kind": _TEXT,
        "scorer": _TEXT,
        "prompt": _TEXT,
        "answers": _TEXTS,
        "choices": _TEXTS,
        "facts": _TEXTS,
        "hops": pa.int8(),
        "language": _TEXT,
        "template": _TEXT,
        "source": _TEXT,
    }
)
"""The exam."""

EXAMPLES = _schema(
    {
        "id": _TEXT,
        "family": _TEXT,
        "form": _TEXT,
        "task": _TEXT,
        "prompt": _TEXT,
        "completion": _TEXT,
        "facts": _TEXTS,
        "spans": pa.list_(
            pa.struct(_schema({"fact": pa.int32(), "field": _TEXT, "start": pa.int32(), "end": pa.int32()}))
        ),
        "text_id": _TEXT,
        "language": _TEXT,
        "query": _TEXT,
        "proof": _TEXT,
    },
    {"text_id", "query", "proof"},
)
"""Training rows. The loss is computed on `completion`; in open-book rows, cutting the spans restores the user's text.

`query` is SPARQL over the knowledge base that returns what the row answers, `proof` says why a statement of
the row is false, or its question has no answer.
"""

ANSWERS = _schema(
    {
        "probe": _TEXT,
        "arm": _TEXT,
        "seed": pa.int64(),
        "prompt": _TEXT,
        "answer": _TEXT,
        "score": pa.float32(),
        "log_likelihood": pa.float32(),
        "token_accuracy": pa.float32(),
        "tokens": pa.int32(),
        "retrieved": _TEXTS,
    }
)
"""Answers of models, with all columns needed to score a probe again without the model."""

GAPS = _schema({"fact": _TEXT, "prompt": _TEXT, "answer": _TEXT, "known": pa.bool_()})
"""What a model answers when it is asked for facts, by their hex ids, and whether the answer is right."""

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
    "gaps": GAPS,
}


def check_table(table: pa.Table, name: str) -> pa.Table:
    """Return the table if it has the schema `name`; refuse it otherwise.

    Args:
        table: Any Arrow table.
        name: A key of `SCHEMAS`, such as `facts` or `probes`.

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
        if _plain(column.type) != _plain(field.type):
            raise TableError(f"Column {field.name!r} of table {name!r} is {column.type}; it should be {field.type}.")
        if not field.nullable and column.null_count:
            raise TableError(f"Column {field.name!r} of table {name!r} holds {column.null_count} nulls; it must not.")
    return table.select(schema.names).cast(schema)


def _plain(kind: pa.DataType) -> Any:
    """Drop nullability and dictionary indices, which may change on a round trip through Parquet or datasets."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_list(kind):
        return [_plain(kind.value_type)]
    if pa.types.is_struct(kind):
        return [(field.name, _plain(field.type)) for field in kind]
    return kind


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as an Arrow IPC file, in one layout: equal tables are equal bytes."""
    table = table.combine_chunks().unify_dictionaries()
    with pa.OSFile(os.fspath(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1 << 20)


def read_table(path: Path, name: str) -> pa.Table:
    """Memory-map an Arrow IPC file and check that it is the table `name` of `SCHEMAS`.

    Raises:
        TableError: The file is not an Arrow file, or holds another table.
    """
    try:
        table = pa.ipc.open_file(pa.memory_map(os.fspath(path))).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path}: not an Arrow IPC file: {error}") from error
    try:
        return check_table(table, name)
    except TableError as error:
        raise TableError(f"{path}: {error}") from None


def content_digest(*parts: str, size: int = 16) -> str:
    """Hash strings, each separate from the next, to `size` bytes of BLAKE2b in lower-case hex.

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
