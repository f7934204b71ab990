"""A graph or a table in memory → chunks of canonical N-Quads, every term strictly checked.

A table's cells are terms as N-Triples writes them: `<https://example.org/a>`, `"Lomé"@fr`, `"7"^^<…#integer>`, `_:b1`. That is
the one reading: a bare string could be an IRI, a name or a number, and nothing would tell.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.errors import SourceError, nearest
from kaug.rdf.terms import ESCAPES, IRI_CHARACTER, literals, text_bytes

if TYPE_CHECKING:
    import rdflib

__all__ = ["graph_chunks"]

_COLUMNS = ("subject", "predicate", "object", "graph")
_IRI = f"<{IRI_CHARACTER}*>"
_SHAPE = rf"""^(?:{_IRI}|_:[^\s<>"#]+|"(?:[^"\\\r\n]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^{_IRI})?)$"""
_STARTS = {"subject": "<_", "predicate": "<", "object": '<_"', "graph": "<_"}
_ESCAPED = str.maketrans(ESCAPES)
_HEAD = b"<urn:x:s> <urn:x:p> "
_BEYOND_PYTHON = re.compile(r"(?:-\d{4,}|0000|\d{5,})-\d\d-\d\d(?:T.*)?(?:Z|[+-]\d\d:\d\d)?|\d{4}-\d\d-\d\dT24:00:00.*")
"""Dates that are right in XML Schema and that rdflib takes for ill-typed, since Python has no such date."""


def graph_chunks(source: Any, size: int = 100_000) -> Iterator[bytes]:
    r"""Turn a graph in memory into N-Quads.

    Args:
        source: An rdflib graph or dataset; a pyoxigraph `Store`, `Dataset` or other iterable of its quads or triples; or a
            table with the columns `subject`, `predicate`, `object` and, if wanted, `graph`: anything that hands out Arrow
            data, such as a pyarrow `Table` or `RecordBatchReader`, or a data frame of pandas or polars. A null in `graph` is
            the default graph.
        size: The most lines of one chunk.

    Yields:
        Whole lines of canonical N-Quads, in the order of the source. Blank nodes keep apart what they keep apart in it.

    Raises:
        SourceError: A term is none: an IRI with a space or without a scheme, a literal whose value is not of its datatype
            (rdflib graphs), a cell that is no N-Triples term. The message names the triple, or row and column.

    Examples:
        >>> import rdflib
        >>> graph = rdflib.Graph().parse(data='<urn:a> <urn:b> "c"@EN .')
        >>> list(graph_chunks(graph))
        [b'<urn:a> <urn:b> "c"@en .\n']
        >>> import pyarrow as pa
        >>> table = pa.table({"subject": ["<urn:a>"], "predicate": ["<urn:b>"], "object": ["c"]})
        >>> list(graph_chunks(table))
        Traceback (most recent call last):
        kaug.errors.SourceError: row 0, column 'object': 'c' is no N-Triples term; write '"c"'.
    """
    if size < 1:
        raise SourceError(f"a chunk of {size} lines; it should have at least 1.")
    if hasattr(source, "__arrow_c_stream__"):
        return _of_batches(source, size)
    if type(source).__module__.partition(".")[0] == "rdflib" or _is_rdflib(source):
        return _of_rdflib(source, size)
    if isinstance(source, Iterable) and not isinstance(source, str | bytes | dict):
        return _of_pyoxigraph(source, size)
    raise SourceError(
        f"{type(source).__name__} is no graph; give an rdflib graph, a pyoxigraph store, or a table with the columns "
        "subject, predicate and object."
    )


# ---------------------------------------------------------------- tables


def _of_batches(source: Any, size: int) -> Iterator[bytes]:
    reader = pa.RecordBatchReader.from_stream(source)
    names = [name for name in reader.schema.names if not name.startswith("__index_level_")]
    for name in names:
        if name not in _COLUMNS:
            raise SourceError(f"the table has the unknown column {name!r}.{nearest(name, _COLUMNS)}")
    for name in _COLUMNS[:3]:
        if names.count(name) != 1:
            raise SourceError(f"the table should have one column {name!r}; it has {names.count(name)}.")
    row = 0
    for whole in reader:
        for start in range(0, len(whole), size):
            batch = whole.slice(start, size)
            yield _lines([_cells(batch[name], name, row) for name in _COLUMNS if name in names])
            row += len(batch)


def _cells(column: pa.Array, name: str, row: int) -> pa.Array:
    """Return a column's terms in canonical form; refuse the first cell that holds none."""
    try:
        column = pc.cast(column, pa.string())
    except pa.ArrowInvalid as error:
        raise SourceError(f"column {name!r}: {error}") from error
    except pa.ArrowNotImplementedError as error:
        raise SourceError(f"column {name!r} is {column.type}; it should hold strings.") from error
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if column.null_count and name != "graph":
        at = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise SourceError(f"row {row + at}, column {name!r}: null is no term.")
    canonical, at, reason = _checked(column, _STARTS[name])
    if reason:
        raise SourceError(f"row {row + at}, column {name!r}: {column[at].as_py()!r} {reason}.")
    return canonical


def _checked(column: pa.Array, starts: str) -> tuple[pa.Array, int, str]:
    """Put a column's terms into canonical form; else say which row holds none, and why."""
    encoded = column.dictionary_encode()
    canonical, reasons = _canonical(encoded.dictionary, starts)
    if not reasons:
        return canonical.take(encoded.indices), 0, ""
    at = pc.index_in(encoded.indices, pa.array(list(reasons), encoded.indices.type)).is_valid().index(True).as_py()
    return column, at, reasons[encoded.indices[at].as_py()]


def _canonical(terms: pa.Array, starts: str) -> tuple[pa.Array, dict[int, str]]:
    """Put N-Triples terms into canonical form.

    Returns:
        Strings, and why terms are none by their place; the strings count only if there are no such terms.
    """
    shaped = pc.match_substring_regex(terms, _SHAPE).to_numpy(zero_copy_only=False)
    if not shaped.all():
        return terms, {int(at): _no_term(terms[int(at)].as_py(), starts) for at in np.flatnonzero(~shaped)}
    first = pc.binary_slice(pc.cast(terms, pa.binary()), 0, 1)
    placed = pc.is_in(first, pa.array([char.encode() for char in starts])).to_numpy(zero_copy_only=False)
    if not placed.all():
        return terms, {int(at): _misplaced(starts) for at in np.flatnonzero(~placed)}
    lines = [_HEAD + term + b" .\n" for term in pc.cast(terms, pa.binary()).to_pylist()]
    try:
        triples = list(ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS))
    except SyntaxError:
        reasons = {at: reason for at, line in enumerate(lines) if (reason := _reason(line))}
        return terms, {at: f"is no valid term: {reason}" for at, reason in reasons.items()}
    data = ox.serialize(triples, format=ox.RdfFormat.N_QUADS) or b""
    return pa.array([line[len(_HEAD) : -2] for line in data.split(b"\n")[:-1]], pa.binary()).cast(pa.string()), {}


def _reason(line: bytes) -> str | None:
    try:
        list(ox.parse(line, format=ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        return re.sub(r"^Parser error at .*?: ", "", str(error.msg))
    return None


def _no_term(value: str, starts: str) -> str:
    if re.match(r"[a-z][a-z0-9+.-]*:\S*$", value, re.IGNORECASE):
        return f"is no N-Triples term; write '<{value}>'"
    if '"' in starts and value[:1] not in ("<", "_", '"'):
        return f"is no N-Triples term; write '{literals(pa.array([value]))[0].as_py()}'"
    return "is no N-Triples term, such as '<urn:a>'" + (""", '"text"@en' or '_:b\'""" if '"' in starts else "")


def _misplaced(starts: str) -> str:
    return "cannot stand there: " + ("it should be an IRI" if starts == "<" else "it should be an IRI or a blank node")


def _lines(columns: list[pa.Array]) -> bytes:
    if len(columns) == 4:
        graph = pc.coalesce(pc.binary_join_element_wise(columns.pop(), " ", ""), pa.scalar(""))
    else:
        graph = pa.scalar("")
    text = pc.binary_join_element_wise(*columns, " ")
    whole = pc.binary_join_element_wise(text, " ", graph, ".\n", "")
    return bytes(text_bytes(whole))


# ---------------------------------------------------------------- graphs of pyoxigraph and rdflib


def _of_pyoxigraph(source: Iterable[Any], size: int) -> Iterator[bytes]:
    given = iter(source)
    while part := list(itertools.islice(given, size)):
        for one in part:
            if not isinstance(one, ox.Quad | ox.Triple):
                raise SourceError(f"{one!r} is neither a quad nor a triple of pyoxigraph.")
        quads = [one if isinstance(one, ox.Quad) else ox.Quad(one.subject, one.predicate, one.object) for one in part]
        yield ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


def _is_rdflib(source: Any) -> bool:
    return any(kind.__module__ == "rdflib.graph" and kind.__name__ == "Graph" for kind in type(source).__mro__)


def _of_rdflib(source: "rdflib.Graph", size: int) -> Iterator[bytes]:
    import rdflib

    if not isinstance(source, rdflib.Graph):
        raise SourceError(f"{type(source).__name__} of rdflib is no graph.")
    quads: Iterator[tuple[Any, ...]]
    if isinstance(source, rdflib.ConjunctiveGraph):  # a Dataset is one, too
        main = source.default_graph if isinstance(source, rdflib.Dataset) else source.default_context
        default = {main.identifier, rdflib.graph.DATASET_DEFAULT_GRAPH_ID, None}
        named = ((*quad[:3], getattr(quad[3], "identifier", quad[3])) for quad in source.quads())
        quads = ((*quad[:3], None if quad[3] in default else quad[3]) for quad in named)
    else:
        quads = ((*triple, None) for triple in source)
    row = 0
    while part := list(itertools.islice(quads, size)):
        yield _rdflib_lines(part, row)
        row += len(part)


def _rdflib_lines(part: list[tuple[Any, ...]], row: int) -> bytes:
    numbers: dict[Any, int] = {}
    codes = np.array([[numbers.setdefault(term, len(numbers)) for term in quad] for quad in part], dtype=np.int64)
    texts, wrong = zip(*(_written(term) for term in numbers), strict=True)
    written, faulty = pa.array(texts, pa.string()), np.array([bool(reason) for reason in wrong])
    columns = []
    for place, (name, starts) in enumerate(_STARTS.items()):
        column, bad = codes[:, place], faulty[codes[:, place]]
        at, reason = int(bad.argmax()), wrong[column[bad.argmax()]]
        if not reason:
            canonical, at, reason = _checked(written.take(pa.array(column)), starts)
            columns.append(canonical)
        if reason:
            triple = " ".join(str(texts[term]) for term in codes[at, :3])
            raise SourceError(f"triple {row + at} ({triple}): its {name} {reason}.")
    return _lines(columns)


def _written(term: Any) -> tuple[str | None, str]:
    """Write a term of rdflib as N-Triples does, and say what is wrong with it, if something is."""
    import rdflib

    if term is None:
        return None, ""
    text, wrong = str(term), ""
    if isinstance(term, rdflib.Literal):
        ending = f"@{term.language}" if term.language else f"^^<{term.datatype}>" if term.datatype is not None else ""
        text = f'"{text.translate(_ESCAPED)}"{ending}'
        if term.ill_typed and not _BEYOND_PYTHON.fullmatch(str(term)):
            wrong = "is a literal whose value is not of its datatype"
    elif isinstance(term, rdflib.URIRef):
        text = f"<{text}>"
    elif isinstance(term, rdflib.BNode):
        text = f"_:b{text}" if re.fullmatch(r"[A-Za-z0-9]+", text) else f"_:x{text.encode(errors='replace').hex()}"
    else:
        text, wrong = repr(term), f"is a {type(term).__name__}, which is no term of RDF"
    if not text.isascii() and re.search(r"[\ud800-\udfff]", text):
        text, wrong = text.encode(errors="backslashreplace").decode(), "holds half of a surrogate pair"
    return text, wrong
