"""RDF files → errors of syntax, and results of SHACL."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.rdf.contexts import NO_CONTEXTS, Contexts
from kaug.rdf.guards import LINES, guarded_lines
from kaug.rdf.nquads import parse_lines
from kaug.rdf.parse import Errors, count_left_out, parse_rdf, read_quads, syntax_in
from kaug.rdf.read import read_source
from kaug.rdf.sources import Source

__all__ = ["check_shapes", "validate_file", "validation_lines"]


def validate_file(path: Path, *, base_iri: str | None = None, contexts: Contexts = NO_CONTEXTS) -> dict[str, Any]:
    """Parse one file strictly, without holding it in memory.

    Args:
        path: An RDF file.
        base_iri: The base of relative IRIs; by default `file:///` and the file's name.
        contexts: Files of JSON-LD contexts; see `read_quads`.

    Returns:
        `file`, `ok`, `triples` (those read before an error), `error` and `line` (null if ok or unknown). Of a line-based
        file with several errors also `errors`, their number, and `messages`, the first 100 with file and line; `triples`
        has then all that are well-formed. Of a file without a triple also `warning`.
    """
    result: dict[str, Any] = {"file": str(path), "ok": True, "triples": 0, "error": None, "line": None}
    try:
        for _ in parse_rdf(path, base_iri=base_iri, contexts=contexts):
            result["triples"] += 1
    except SourceError as error:
        line, reason = re.fullmatch(rf"(?s)(?:{re.escape(str(path))}:(?:(\d+):)? )?(.*)", str(error)).groups()  # type: ignore[union-attr]
        return result | {"ok": False, "error": reason, "line": int(line) if line else None} | _all_errors(path)
    if not result["triples"]:
        left_out = count_left_out(path, 0, contexts)
        result["warning"] = "nothing was read" + (
            f": no context maps the keys of {left_out:,} triples" if left_out else ""
        )
    return result


def _all_errors(path: Path) -> dict[str, Any]:
    """Return the errors of all lines of a line-based file, if there are several."""
    errors, triples, line = Errors(), 0, 1
    try:
        if (syntax := syntax_in(path)) not in LINES:
            return {}
        for text in guarded_lines(path, 1 << 21):
            count = text.count(b"\n")
            triples += len(parse_lines(text, np.arange(line, line + count), syntax, str(path), errors).codes)
            line += count
    except SourceError:  # it is of another kind, or beyond a limit
        return {}
    return {"triples": triples, "errors": errors.number, "messages": errors.first} if errors.number > 1 else {}


def validation_lines(result: dict[str, Any]) -> list[str]:
    """Return the lines for a user about a result of `validate_file`."""
    where, triples = result["file"], f"{result['triples']:,} triples"
    if result["ok"]:
        return [f"{where}: {triples}" + (f" (warning: {result['warning']})" if "warning" in result else "")]
    if "errors" not in result:
        return [f"{where}:{result['line']}: {result['error']}" if result["line"] else f"{where}: {result['error']}"]
    more = result["errors"] - len(result["messages"])
    listed = f", {more:,} of them not listed" if more else ""
    return [*result["messages"], f"{where}: {triples}, {result['errors']:,} errors{listed}"]


def check_shapes(files: Path | Sequence[Path | Source], shapes: Path) -> Iterator[dict[str, str]]:
    """Check files against SHACL shapes.

    Args:
        files: One or more RDF files, or sources, which are read as for a knowledge base; checked together.
        shapes: The shapes.

    Yields:
        `severity` (`Violation`, `Warning`, `Info`), `focus` (the node) and `message` of each result, sorted; an `Info`
        for each file with triple terms, which SHACL does not support.

    Raises:
        SourceError: pyshacl is not installed, or a file is malformed.
    """
    try:
        import pyshacl
    except ImportError as error:
        raise SourceError("SHACL needs pyshacl: pip install 'kaug[shacl]'.") from error
    import rdflib

    data, skipped = _graph([files] if isinstance(files, Path) else files)
    rules, also_skipped = _graph([shapes])
    _, graph, _ = pyshacl.validate(data, shacl_graph=rules, advanced=False, inference="none")
    rows = skipped + also_skipped
    for node in graph.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult):
        names = (rdflib.SH.resultSeverity, rdflib.SH.focusNode, rdflib.SH.resultMessage)
        severity, focus, message = (str(graph.value(node, name)) for name in names)
        rows.append((severity.rpartition("#")[2], focus, message))
    yield from ({"severity": severity, "focus": focus, "message": message} for severity, focus, message in sorted(rows))


def _graph(files: Sequence[Path | Source]) -> tuple[Any, list[tuple[str, str, str]]]:
    """Return an rdflib graph, and a row for each file with triples that it does not support."""
    import rdflib

    # pyoxigraph parses strictly and without network access; rdflib only stores the graph for pyshacl.
    def convert(term: Any) -> Any:
        if isinstance(term, ox.BlankNode):
            return rdflib.BNode(term.value)
        if isinstance(term, ox.NamedNode):
            return rdflib.URIRef(term.value)
        plain = term.language or term.datatype.value == str(rdflib.XSD.string)
        return rdflib.Literal(term.value, term.language, None if plain else rdflib.URIRef(term.datatype.value))

    graph, rows = rdflib.Graph(), []
    for where, quads in _quads(files):
        skipped = 0
        for quad in quads:
            if isinstance(quad.object, ox.Triple):
                skipped += 1
            else:
                graph.add((convert(quad.subject), convert(quad.predicate), convert(quad.object)))
        if skipped:
            rows.append(
                ("Info", where, f"Triples about triples are not checked, since SHACL reads RDF 1.1: {skipped}.")
            )
    return graph, rows


def _quads(files: Sequence[Path | Source]) -> Iterator[tuple[str, Iterable[ox.Quad]]]:
    for number, file in enumerate(files):
        if isinstance(file, Path):
            yield str(file), read_quads(file, prefix=f"f{number}b")
        elif file.skip_errors:
            columns = read_source(file)
            terms = (columns.terms.take(pa.array(column)) for column in columns.triples.T)
            text = "\n".join(pc.binary_join_element_wise(*terms, ".", " ").to_pylist())
            yield str(file.path), ox.parse(text, format=ox.RdfFormat.N_TRIPLES)
        else:
            for turn, one in enumerate(file.files()):
                base, contexts = file.base_of(one), dict(file.contexts)
                yield str(one), read_quads(one, base_iri=base, contexts=contexts, prefix=f"f{number}x{turn}b")
