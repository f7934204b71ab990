"""RDF files → what is wrong with them: syntax, and shapes."""

import glob
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.knowledge.rdf import FORMATS, is_rdf_name, open_rdf, parse_rdf, read_quads, syntax_of

__all__ = ["check_shapes", "count_left_out", "expand", "validate_file"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SNIFFED = 1 << 16


def expand(paths: Iterable[Path]) -> list[Path]:
    """Find the RDF files that paths stand for.

    Args:
        paths: Files, folders, and patterns such as `kb/**/*.ttl`. A file named by itself is taken whatever its name.

    Returns:
        The files in the order of `paths`, those of one folder or pattern sorted by name, none of them twice. Of folders
        and patterns only files are taken whose names end as `kaug.knowledge.rdf.FORMATS` says, and of those in `.xml`
        only what names the namespace of RDF in its first 64 KiB; hidden files and folders are passed over.

    Raises:
        SourceError: There is no RDF file in a folder, or none that a pattern matches.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("b.ttl", "a.nt.gz", "catalog.xml", "README.md"):
        ...     _ = (folder / name).write_text("<catalog/>")
        >>> [file.name for file in expand([folder])]
        ['a.nt.gz', 'b.ttl']
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files = [file for file in path.rglob("*") if not _hidden(file.relative_to(path)) and _is_rdf(file)]
        elif path.exists() or not glob.has_magic(str(path)):
            files = [path]
        else:
            files = [Path(name) for name in glob.glob(str(path), recursive=True) if _is_rdf(Path(name))]
        if not files:
            raise SourceError(f"{path}: holds no RDF file, that is none whose name ends in one of {' '.join(FORMATS)}.")
        found.update(dict.fromkeys(sorted(files)))
    return list(found)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _is_rdf(path: Path) -> bool:
    if not is_rdf_name(path) or not path.is_file():
        return False
    if ".xml" not in (suffix.lower() for suffix in path.suffixes[-2:]):
        return True
    try:
        with open_rdf(path) as file:
            return _RDF.encode() in file.read(_SNIFFED).replace(b"\0", b"")
    except SourceError:  # what is wrong is said when the file is read
        return True


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


def count_left_out(path: Path, *, base_iri: str | None = None) -> int:
    """Count the triples that a JSON-LD file would have if what is no IRI were one.

    The standard has a key that no context maps, and a malformed IRI or language, left out without a word.

    Args:
        path: An RDF file; only in JSON-LD is anything left out.
        base_iri: As for `validate_file`.

    Raises:
        SourceError: The file cannot be read.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.jsonld"
        >>> _ = file.write_text('{"@id": "urn:a", "urn:b": "read", "no such key": "left out"}')
        >>> count_left_out(file)
        1
    """
    if syntax_of(path) != ox.RdfFormat.JSON_LD:
        return 0
    strict, lenient = (sum(1 for _ in parse_rdf(path, base_iri=base_iri, lenient=one)) for one in (False, True))
    return lenient - strict


def check_shapes(files: Sequence[Path], shapes: Path) -> Iterator[dict[str, str]]:
    """Check files against SHACL shapes.

    Args:
        files: RDF files; they are checked together.
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
    data, rules = _graph(files, found), _graph([shapes], found)
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
