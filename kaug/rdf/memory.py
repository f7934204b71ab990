"""A graph or a table in memory → chunks of canonical N-Quads, with every term checked.

A table's cells are N-Triples terms: `<https://example.org/a>`, `"Lomé"@fr`, `"7"^^<…#integer>`, `_:b1`. Bare strings
are errors, since they could be IRIs, names or numbers.
"""

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.arrays import text_bytes
from kaug.errors import SourceError, nearest
from kaug.rdf.blank import CANONICAL
from kaug.rdf.parse import parser_message
from kaug.rdf.terms import IRI_CHARACTER, literals

if TYPE_CHECKING:
    import rdflib

__all__ = ["graph_chunks"]

_IRI = f"<{IRI_CHARACTER}*>"
_SHAPE = rf"""^(?:{_IRI}|_:[^\s<>"#]+|"(?:[^"\\\r\n]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^{_IRI})?)$"""
_STARTS = {"subject": "<_", "predicate": "<", "object": '<_"', "graph": "<_"}
"""The valid first characters of each column's terms."""
_KINDS = {"<_": "an IRI or a blank node", "<": "an IRI"}
_KEPT = 1 << 17  # terms of rdflib to convert only once
_BEYOND_PYTHON = re.compile(r"(?:-\d{4,}|0000|\d{5,})-\d\d-\d\d(?:T.*)?(?:Z|[+-]\d\d:\d\d)?|\d{4}-\d\d-\d\dT24:00:00.*")
"""Dates of XML Schema that rdflib reports as ill-typed, since Python does not have them."""


def graph_chunks(source: Any, size: int = 100_000) -> Iterator[bytes]:
    r"""Convert a graph in memory to N-Quads.

    Args:
        source: An rdflib graph or dataset; a pyoxigraph `Store`, `Dataset` or other iterable of its quads or triples; or a
            table with the columns `subject`, `predicate`, `object` and optionally `graph`, where null is the default graph:
            any object that exports Arrow data, such as a pyarrow `Table` or a data frame of pandas or polars.
        size: The maximum number of lines in a chunk.

    Yields:
        Whole lines of canonical N-Quads, in the order of the source. Distinct blank nodes stay distinct.

    Raises:
        SourceError: A term is invalid: an IRI with a space or without a scheme, a literal whose value is not of its datatype
            (rdflib graphs), a cell that is not an N-Triples term. The message has the triple, or row and column.

    Examples:
        >>> import rdflib
        >>> graph = rdflib.Graph().parse(data='<urn:a> <urn:b> "c"@EN .')
        >>> list(graph_chunks(graph))
        [b'<urn:a> <urn:b> "c"@en .\n']
        >>> import pyarrow as pa
        >>> table = pa.table({"subject": ["<urn:a>"], "predicate": ["<urn:b>"], "object": ["c"]})
        >>> list(graph_chunks(table))
        Traceback (most recent call last):
        kaug.errors.SourceError: row 0, column 'object': 'c' is not an N-Triples term; write '"c"'.
    """
    if size < 1:
        raise SourceError(f"a chunk of {size} lines; it should have at least 1.")
    if hasattr(source, "__arrow_c_stream__"):
        return _from_batches(source, size)
    if any(kind.__module__.partition(".")[0] == "rdflib" for kind in type(source).__mro__):
        return _from_quads(_quads_of_rdflib(source), size)
    if isinstance(source, Iterable) and not isinstance(source, str | bytes | dict):
        return _from_quads(source, size)
    raise SourceError(
        f"{type(source).__name__} is not a graph; give an rdflib graph, a pyoxigraph store, or a table with the columns "
        "subject, predicate and object."
    )


# ---------------------------------------------------------------- tables


def _from_batches(source: Any, size: int) -> Iterator[bytes]:
    reader = pa.RecordBatchReader.from_stream(source)
    names = [name for name in reader.schema.names if not name.startswith("__index_level_")]
    for name in names:
        if name not in _STARTS:
            raise SourceError(f"the table has the unknown column {name!r}.{nearest(name, _STARTS)}")
    for name in list(_STARTS)[:3]:
        if names.count(name) != 1:
            raise SourceError(f"the table should have one column {name!r}; it has {names.count(name)}.")
    row = 0
    for batch in reader:
        for start in range(0, len(batch), size):
            part = batch.slice(start, size)
            columns = [_canonical_column(part[name], name, row) for name in _STARTS if name in names]
            graph = pc.binary_join_element_wise(columns.pop(), " ", "") if len(columns) == 4 else pa.scalar("")
            graph = pc.coalesce(graph, pa.scalar(""))
            text = pc.binary_join_element_wise(*columns, " ")
            yield bytes(text_bytes(pc.binary_join_element_wise(text, " ", graph, ".\n", "")))
            row += len(part)


def _canonical_column(column: pa.Array, name: str, row: int) -> pa.Array:
    """Return a column's terms in canonical form; the first invalid cell is an error."""
    try:
        column = pc.cast(column, pa.string())
    except pa.ArrowInvalid as error:
        raise SourceError(f"column {name!r}: {error}") from error
    except pa.ArrowNotImplementedError as error:
        raise SourceError(f"column {name!r} is {column.type}; it should hold strings.") from error
    if column.null_count and name != "graph":
        raise SourceError(f"row {row + column.is_null().index(True).as_py()}, column {name!r}: null is not a term.")
    encoded = column.dictionary_encode()
    terms, starts = encoded.dictionary, _STARTS[name]
    shaped = pc.match_substring_regex(terms, _SHAPE)
    lines = [b"<urn:x:s> <urn:x:p> %b .\n" % term for term in pc.cast(terms, pa.binary()).to_pylist()]
    if pc.all(pc.and_(shaped, pc.match_substring_regex(terms, f"^[{starts}]")), min_count=0).as_py():
        with contextlib.suppress(SyntaxError):
            triples = list(ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS))
            return pa.array([str(triple.object) for triple in triples], pa.string()).take(encoded.indices)
    reasons = [_reason(*term, starts) for term in zip(terms.to_pylist(), shaped.to_pylist(), lines, strict=True)]
    wrong = pa.array([reason is not None for reason in reasons], pa.bool_()).take(encoded.indices)
    at = wrong.index(True).as_py()
    raise SourceError(
        f"row {row + at}, column {name!r}: {column[at].as_py()!r} {reasons[encoded.indices[at].as_py()]}."
    )


def _reason(term: str, shaped: bool, line: bytes, starts: str) -> str | None:
    """Return the reason why a cell is invalid in its column."""
    if not shaped:
        if re.match(r"[a-z][a-z0-9+.-]*:\S*$", term, re.IGNORECASE):
            return f"is not an N-Triples term; write '<{term}>'"
        if '"' in starts and term[:1] not in ("<", "_", '"'):
            return f"is not an N-Triples term; write '{literals(pa.array([term]))[0].as_py()}'"
        return "is not an N-Triples term, such as '<urn:a>'" + (""", '"text"@en' or '_:b\'""" if '"' in starts else "")
    if term[0] not in starts:
        return f"is not allowed there: it should be {_KINDS[starts]}"
    try:
        list(ox.parse(line, format=ox.RdfFormat.N_QUADS))
    except SyntaxError as error:
        return f"is not a valid term: {parser_message(error)}"
    return None


# ---------------------------------------------------------------- graphs of pyoxigraph and rdflib


def _from_quads(source: Iterable[Any], size: int) -> Iterator[bytes]:
    statements = iter(source)
    while part := list(itertools.islice(statements, size)):
        for statement in part:
            if not isinstance(statement, ox.Quad | ox.Triple):
                raise SourceError(f"{statement!r} is neither a quad nor a triple of pyoxigraph.")
        quads = (ox.Quad(*one) if isinstance(one, ox.Triple) else one for one in part)
        yield ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


def _quads_of_rdflib(graph: "rdflib.Graph") -> Iterator[ox.Quad]:
    import rdflib

    if not isinstance(graph, rdflib.Graph):
        raise SourceError(f"{type(graph).__name__} of rdflib is not a graph.")
    statements: Iterable[tuple[Any, ...]] = graph
    default: set[Any] = set()
    if isinstance(graph, rdflib.ConjunctiveGraph):  # a Dataset is one, too
        main = graph.default_graph if isinstance(graph, rdflib.Dataset) else graph.default_context
        statements, default = graph.quads(), {main.identifier, rdflib.graph.DATASET_DEFAULT_GRAPH_ID, None}
    known: dict[Any, Any] = {}
    for number, (*triple, graph_name) in enumerate((*statement, None)[:4] for statement in statements):
        name = getattr(graph_name, "identifier", graph_name)
        terms = triple if name is None or name in default else [*triple, name]
        try:
            yield ox.Quad(*[known.get(term) or known.setdefault(term, _term_of_rdflib(term)) for term in terms])
        except (ValueError, TypeError):
            shown = " ".join(map(_shown, triple))
            raise SourceError(f"triple {number} ({shown}): its {_fault(terms)}.") from None
        if len(known) > _KEPT:
            known.clear()


def _term_of_rdflib(term: Any) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Convert a term; a ValueError has the reason if it is invalid."""
    import rdflib

    if not isinstance(term, rdflib.BNode | rdflib.Literal | rdflib.URIRef):
        raise ValueError(f"is a {type(term).__name__}, which is not an RDF term")
    if re.search(r"[\ud800-\udfff]", term):
        raise ValueError("holds half of a surrogate pair")
    if isinstance(term, rdflib.BNode):
        if re.fullmatch(CANONICAL, term):
            return ox.BlankNode(term)
        return ox.BlankNode(f"b{term}" if re.fullmatch(r"[A-Za-z0-9]+", term) else f"x{term.encode().hex()}")
    if isinstance(term, rdflib.Literal) and term.ill_typed and not _BEYOND_PYTHON.fullmatch(term):
        raise ValueError("is a literal whose value is not of its datatype")
    try:
        if isinstance(term, rdflib.URIRef):
            return ox.NamedNode(str(term))
        datatype = ox.NamedNode(str(term.datatype)) if term.datatype is not None and not term.language else None
        return ox.Literal(str(term), datatype=datatype, language=term.language or None)
    except ValueError as error:
        raise ValueError(f"is not a valid term: {error}") from None


def _fault(terms: Sequence[Any]) -> str:
    """Return the position of the first invalid term of an rdflib quad, and the reason."""
    for (name, starts), term in zip(_STARTS.items(), terms, strict=False):
        try:
            if str(_term_of_rdflib(term))[0] not in starts:
                return f"{name} is not allowed there: it should be {_KINDS[starts]}"
        except ValueError as error:
            return f"{name} {error}"
    raise AssertionError(terms)


def _shown(term: Any) -> str:
    import rdflib

    text = str(term).encode(errors="backslashreplace").decode()
    if isinstance(term, rdflib.BNode):
        return f"_:b{text}"
    return f'"{text}"' if isinstance(term, rdflib.Literal) else f"<{text}>"
