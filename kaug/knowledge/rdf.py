"""An RDF file → its quads, strictly parsed, with canonical names for blank nodes; nothing is fetched."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

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

_SPARQL_NOISE = re.compile(
    r"""<[^<>"{}|^`\\\s]*>|\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\#[^\n]*""", re.S
)


def read_quads(path: Path) -> Iterator[ox.Quad]:
    """Parse one RDF file.

    Args:
        path: A file with an ending in `FORMATS`.

    Yields:
        Its quads in the order of the file. Files with blank nodes are read whole, so that the nodes can be named by
        what is said of them.

    Raises:
        SourceError: The file is missing, of an unknown kind, or malformed: the message names file, line and reason.

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
            parser = ox.parse(handle, format=syntax, base_iri=path.resolve().as_uri())
            blank: list[ox.Quad] = []
            for quad in parser:
                if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
                    blank.append(quad)
                else:
                    yield quad
            if blank:
                yield from _skolemise(blank)
    except SyntaxError as error:
        raise SourceError(f"{path}:{error.lineno or 1}: {_reason(error)}") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}.") from error


def construct(query: str, quads: list[ox.Quad], where: str) -> set[str]:
    """Run a SPARQL CONSTRUCT over quads, without any network.

    Args:
        query: The query. `SERVICE`, `FROM` and updates are refused.
        quads: What it is run over; named graphs are merged.
        where: Where the query stands, for error messages.

    Returns:
        The triples that it makes, as canonical N-Triples without the closing dot.

    Raises:
        SourceError: It is no CONSTRUCT, malformed, or would reach for the network.
    """
    bare = _SPARQL_NOISE.sub(" ", query)
    for word in ("SERVICE", "FROM", "LOAD"):
        if re.search(rf"\b{word}\b", bare, re.IGNORECASE):
            raise SourceError(f"{where}: {word} is not allowed in a selection: it reaches for the network.")
    store = ox.Store()
    store.extend(quads)
    try:
        results = store.query(query, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise SourceError(f"{where}: the selection is no valid SPARQL: {error}") from error
    if not isinstance(results, ox.QueryTriples):
        raise SourceError(f"{where}: the selection must be a CONSTRUCT query.")
    return {str(triple) for triple in results}


def _reason(error: SyntaxError) -> str:
    text = str(error.msg).removeprefix("Parser error ")
    return re.sub(r"^at line \d+ (between columns \d+ and \d+|column \d+): ", "", text)


def _skolemise(quads: list[ox.Quad]) -> Iterator[ox.Quad]:
    # RDFC-1.0 numbers nodes by their place among all nodes of the file. Naming each after the canonical lines that
    # mention it keeps its name when other parts of the file change.
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    canonical = sorted(dataset, key=str)
    mentions: dict[str, list[str]] = {}
    for quad in canonical:
        for node in {quad.subject, quad.object}:
            if isinstance(node, ox.BlankNode):
                mentions.setdefault(node.value, []).append(str(quad))
    names = {
        node: ox.BlankNode("k" + hashlib.blake2b("\n".join(lines).encode(), digest_size=12).hexdigest())
        for node, lines in mentions.items()
    }
    for quad in canonical:
        subject = names[quad.subject.value] if isinstance(quad.subject, ox.BlankNode) else quad.subject
        value = names[quad.object.value] if isinstance(quad.object, ox.BlankNode) else quad.object
        yield ox.Quad(subject, quad.predicate, value, quad.graph_name)
