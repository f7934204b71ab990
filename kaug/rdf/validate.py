"""RDF files → errors of syntax, and results of SHACL."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.rdf.parse import parse_rdf, read_quads

__all__ = ["check_shapes", "validate_file"]


def validate_file(path: Path, *, base_iri: str | None = None) -> dict[str, Any]:
    """Parse one file strictly, without holding it in memory.

    Args:
        path: An RDF file.
        base_iri: The base of relative IRIs; by default `file:///` and the file's name.

    Returns:
        `file`, `ok`, `triples` (those read before an error), `error` and `line` (null if ok or unknown).
    """
    result: dict[str, Any] = {"file": str(path), "ok": True, "triples": 0, "error": None, "line": None}
    try:
        for _ in parse_rdf(path, base_iri=base_iri):
            result["triples"] += 1
    except SourceError as error:
        line, reason = re.fullmatch(rf"(?s)(?:{re.escape(str(path))}:(?:(\d+):)? )?(.*)", str(error)).groups()  # type: ignore[union-attr]
        result |= {"ok": False, "error": reason, "line": int(line) if line else None}
    return result


def check_shapes(files: Path | Sequence[Path], shapes: Path) -> Iterator[dict[str, str]]:
    """Check files against SHACL shapes.

    Args:
        files: One or more RDF files, checked together.
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


def _graph(files: Sequence[Path]) -> tuple[Any, list[tuple[str, str, str]]]:
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
    for number, file in enumerate(files):
        skipped = 0
        for quad in read_quads(file, prefix=f"f{number}b"):
            if isinstance(quad.object, ox.Triple):
                skipped += 1
            else:
                graph.add((convert(quad.subject), convert(quad.predicate), convert(quad.object)))
        if skipped:
            rows.append(
                ("Info", str(file), f"Triples about triples are not checked, since SHACL reads RDF 1.1: {skipped}.")
            )
    return graph, rows
