"""An RDF file → its quads, strictly parsed, with canonical names for blank nodes; nothing is fetched."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from kaug.errors import SourceError

__all__ = ["FORMATS", "construct", "read_quads"]

FORMATS: dict[str, ox.RdfFormat] = {
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}
"""File name endings and the syntax that each is read as."""


def read_quads(path: Path) -> Iterator[ox.Quad]:
    """Parse one RDF file.

    Args:
        path: A file with an ending in `FORMATS`.

    Yields:
        Its quads in the order of the file. Files with blank nodes are read whole, so that the nodes can be named by
        what is said of them.

    Raises:
        SourceError: The file is missing, of an unknown kind, or malformed: the message names file, reason and, where the
            parser tells it, the line.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('<urn:a> <urn:b> "c"@en .')
        >>> [str(quad.object) for quad in read_quads(file)]
        ['"c"@en']
    """
    syntax = FORMATS.get(path.suffix.lower())
    if syntax is None:
        raise SourceError(f"{path}: unknown kind of file; its name should end in one of {' '.join(FORMATS)}.")
    try:
        with path.open("rb") as handle:
            parser = ox.parse(handle, format=syntax, base_iri=f"file:///{quote(path.name)}")
            blank: list[ox.Quad] = []
            for quad in parser:
                if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
                    blank.append(quad)
                else:
                    yield quad
            if blank:
                yield from _skolemise(blank)
    except SyntaxError as error:
        place = f"{path}:{error.lineno}" if error.lineno else str(path)
        raise SourceError(f"{place}: {_reason(error)}") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}.") from error


def construct(query: str, quads: list[ox.Quad], where: str) -> set[str]:
    """Run a SPARQL CONSTRUCT over quads, without any network.

    Args:
        query: The query. `SERVICE` and `FROM` are refused, as keywords; updates are no queries.
        quads: What it is run over; named graphs are merged.
        where: Where the query stands, for error messages.

    Returns:
        The triples that it makes, as canonical N-Triples without the closing dot.

    Raises:
        SourceError: It is no CONSTRUCT, malformed, or would reach for the network.
    """
    _refuse_network(query, where)
    store = ox.Store()
    store.extend(quads)
    try:
        results = store.query(query, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise SourceError(f"{where}: the selection is no valid SPARQL: {error}") from error
    if not isinstance(results, ox.QueryTriples):
        raise SourceError(f"{where}: the selection must be a CONSTRUCT query.")
    return {str(triple) for triple in results}


def _refuse_network(query: str, where: str) -> None:
    # The parser is the judge: where the word is a keyword, the query is none without it; in names and strings it may be.
    for word in ("SERVICE", "FROM"):
        without, count = re.subn(word, "x" * len(word), query, flags=re.IGNORECASE)
        if not count:
            continue
        try:
            ox.Store().query(without)
        except SyntaxError as error:
            raise SourceError(
                f"{where}: {word} is not allowed in a selection, which reads the sources alone and no network; "
                f"without the word this is no valid SPARQL: {error}"
            ) from error


def _reason(error: SyntaxError) -> str:
    text = str(error.msg).removeprefix("Parser error ")
    if "LoadDocumentCallback" in text:
        return "a remote @context is never fetched; write the context into the file."
    return re.sub(r"^at line \d+ (between columns \d+ and \d+|column \d+): ", "", text)


def _skolemise(quads: list[ox.Quad]) -> Iterator[ox.Quad]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    canonical = sorted(dataset, key=str)
    names = {node: ox.BlankNode(f"k{name}") for node, name in _names(canonical).items()}
    for quad in canonical:
        subject = names[quad.subject.value] if isinstance(quad.subject, ox.BlankNode) else quad.subject
        value = names[quad.object.value] if isinstance(quad.object, ox.BlankNode) else quad.object
        yield ox.Quad(subject, quad.predicate, value, quad.graph_name)


_REACH = 8


def _names(canonical: list[ox.Quad]) -> dict[str, str]:
    """Name each blank node by what is said of it, and of the nodes up to `_REACH` steps around it.

    RDFC-1.0 numbers nodes by their place among all nodes of the file; these names stay when other parts of it change.
    Only nodes that nothing tells apart are numbered, in canonical order.
    """
    mentions: dict[str, list[ox.Quad]] = {}
    for quad in canonical:
        for node in {term.value for term in (quad.subject, quad.object) if isinstance(term, ox.BlankNode)}:
            mentions.setdefault(node, []).append(quad)
    names = dict.fromkeys(mentions, "")
    for _ in range(_REACH):
        before = names
        names = {node: _digest(sorted(_line(quad, node, before) for quad in quads)) for node, quads in mentions.items()}
        if names == before:
            break
    alike: dict[str, list[str]] = {}
    for node in sorted(names, key=lambda node: (len(node), node)):
        alike.setdefault(names[node], []).append(node)
    return {
        node: name if place == 0 else _digest([name, str(place)])
        for name, nodes in alike.items()
        for place, node in enumerate(nodes)
    }


def _line(quad: ox.Quad, node: str, names: dict[str, str]) -> str:
    parts = [
        f"_:{'' if term.value == node else names[term.value] + '.'}" if isinstance(term, ox.BlankNode) else str(term)
        for term in (quad.subject, quad.predicate, quad.object)
    ]
    return " ".join([*parts, str(quad.graph_name)])


def _digest(lines: list[str]) -> str:
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=12).hexdigest()
