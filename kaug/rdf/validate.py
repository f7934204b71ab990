"""RDF files → what is wrong with them: syntax, and shapes."""

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
        base_iri: What relative IRIs are relative to; by default `file:///` and the file's name.

    Returns:
        `file`, `ok`, `triples` (those read before an error), `error` and `line` (null if ok, or if it is not known).
    """
    found: dict[str, Any] = {"file": str(path), "ok": True, "triples": 0, "error": None, "line": None}
    try:
        for _ in parse_rdf(path, base_iri=base_iri):
            found["triples"] += 1
    except SourceError as error:
        place = re.match(rf"{re.escape(str(path))}:(\d+): ", str(error))
        reason = str(error)[place.end() :] if place else str(error).removeprefix(f"{path}: ")
        found |= {"ok": False, "error": reason, "line": int(place[1]) if place else None}
    return found


def check_shapes(files: Path | Sequence[Path], shapes: Path) -> Iterator[dict[str, str]]:
    """Check files against SHACL shapes.

    Args:
        files: An RDF file, or several, which are checked together.
        shapes: The shapes.

    Yields:
        `severity` (`Violation`, `Warning`, `Info`), `focus` (the node) and `message` of each result, in a fixed order; an
        `Info` for each file with triples that SHACL cannot see, since they hold a triple themselves.

    Raises:
        SourceError: pyshacl is not installed, or a file is malformed.
    """
    try:
        import pyshacl
    except ImportError as error:
        raise SourceError("SHACL needs pyshacl: pip install 'kaug[shacl]'.") from error
    import rdflib

    found: list[tuple[str, str, str]] = []
    data, rules = _graph([files] if isinstance(files, Path) else files, found), _graph([shapes], found)
    _, results, _ = pyshacl.validate(data, shacl_graph=rules, advanced=False, inference="none")
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    for result in results.subjects(rdflib.RDF.type, sh.ValidationResult):
        severity = str(results.value(result, sh.resultSeverity)).rpartition("#")[2]
        found.append((severity, str(results.value(result, sh.focusNode)), str(results.value(result, sh.resultMessage))))
    for severity, focus, message in sorted(found):
        yield {"severity": severity, "focus": focus, "message": message}


def _graph(files: Sequence[Path], found: list[tuple[str, str, str]]) -> Any:
    import rdflib

    # Parsed by pyoxigraph, which is strict and fetches nothing; rdflib only holds the graph for pyshacl.
    def term(one: Any) -> Any:
        if isinstance(one, ox.BlankNode):
            return rdflib.BNode(one.value)
        if isinstance(one, ox.NamedNode):
            return rdflib.URIRef(one.value)
        if one.language or one.datatype.value == str(rdflib.XSD.string):
            return rdflib.Literal(one.value, lang=one.language)
        return rdflib.Literal(one.value, datatype=rdflib.URIRef(one.datatype.value))

    graph = rdflib.Graph()
    for number, file in enumerate(files):
        unseen = 0
        for quad in read_quads(file, prefix=f"f{number}b"):
            if isinstance(quad.object, ox.Triple):
                unseen += 1
            else:
                graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))
        if unseen:
            found.append(
                ("Info", str(file), f"Triples about triples are not checked, since SHACL reads RDF 1.1: {unseen}.")
            )
    return graph
