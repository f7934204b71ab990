"""RDF files → what is wrong with them: syntax, and shapes."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.knowledge.rdf import read_quads

__all__ = ["check_shapes", "validate_file"]


def validate_file(path: Path) -> dict[str, Any]:
    """Parse one file strictly.

    Args:
        path: An RDF file.

    Returns:
        `file`, `ok`, `triples` (those read before an error), `error` and `line` (null if ok).
    """
    count = 0
    try:
        for _ in read_quads(path):
            count += 1
    except SourceError as error:
        place = re.match(rf"{re.escape(str(path))}:(\d+): ", str(error))
        reason = str(error)[place.end() :] if place else str(error).removeprefix(f"{path}: ")
        return {
            "file": str(path),
            "ok": False,
            "triples": count,
            "error": reason,
            "line": int(place[1]) if place else None,
        }
    return {"file": str(path), "ok": True, "triples": count, "error": None, "line": None}


def check_shapes(files: Sequence[Path], shapes: Path) -> Iterator[dict[str, str]]:
    """Check files against SHACL shapes.

    Args:
        files: RDF files; they are checked together.
        shapes: The shapes.

    Yields:
        `severity` (`Violation`, `Warning`, `Info`), `focus` (the node) and `message` of each result, in a fixed order.

    Raises:
        SourceError: pyshacl is not installed, or a file is malformed.
    """
    try:
        import pyshacl
    except ImportError as error:
        raise SourceError("SHACL needs pyshacl: pip install 'kaug[shacl]'.") from error
    import rdflib

    _, results, _ = pyshacl.validate(_graph(files), shacl_graph=_graph([shapes]), advanced=False, inference="none")
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    found = []
    for result in results.subjects(rdflib.RDF.type, sh.ValidationResult):
        severity = str(results.value(result, sh.resultSeverity)).rpartition("#")[2]
        found.append((severity, str(results.value(result, sh.focusNode)), str(results.value(result, sh.resultMessage))))
    for severity, focus, message in sorted(found):
        yield {"severity": severity, "focus": focus, "message": message}


def _graph(files: Sequence[Path]) -> Any:
    import rdflib

    # Parsed by pyoxigraph, which is strict and fetches nothing; rdflib only holds the graph for pyshacl.
    graph = rdflib.Graph()
    for file in files:
        triples = (quad.triple for quad in read_quads(file))
        graph.parse(data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES), format="nt")
    return graph
