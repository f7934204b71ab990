"""An RDF file → its quads, strictly parsed, with canonical names for blank nodes; nothing is fetched."""

import hashlib
import mmap
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
        if syntax == ox.RdfFormat.RDF_XML:
            _refuse_entities(path)
        elif syntax == ox.RdfFormat.JSON_LD:
            _refuse_depth(path)
        with path.open("rb") as handle:
            parser = ox.parse(handle, format=syntax, base_iri=f"file:///{quote(path.name)}")
            blank: list[ox.Quad] = []
            for quad in parser:
                if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
                    blank.append(quad)
                else:
                    yield quad
            if blank:
                yield from _skolemise(blank, path)
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


_ENTITY = re.compile(rb"<!ENTITY\s+(?:%\s+)?(\S+)\s+(SYSTEM|PUBLIC|\"[^\"]*\"|'[^']*')", re.DOTALL)
_ENTITY_LENGTH = 512


def _refuse_entities(path: Path) -> None:
    # The parser expands entities without limit. Those that abbreviate a namespace are short and hold no other.
    if not path.stat().st_size:
        return
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _ENTITY.finditer(content):
            name, value = found[1].decode(errors="replace"), found[2]
            line = content[: found.start()].count(b"\n") + 1
            if value in (b"SYSTEM", b"PUBLIC"):
                raise SourceError(f"{path}:{line}: the entity {name!r} is to be fetched; nothing is.")
            if len(value) > _ENTITY_LENGTH or re.search(rb"&(?!#|amp;|lt;|gt;|quot;|apos;)", value):
                raise SourceError(
                    f"{path}:{line}: the entity {name!r} is longer than {_ENTITY_LENGTH} bytes or holds other entities; "
                    "write out what it stands for."
                )


_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_DEPTH = 500


def _refuse_depth(path: Path) -> None:
    # The parser takes memory without limit for what is nested deeply.
    if not path.stat().st_size:
        return
    depth = 0
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _BRACKET.finditer(content):
            depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(found[0], 0)
            if depth > _DEPTH:
                line = content[: found.start()].count(b"\n") + 1
                raise SourceError(f"{path}:{line}: nested more than {_DEPTH} deep.")


def _skolemise(quads: list[ox.Quad], path: Path) -> Iterator[ox.Quad]:
    names = _names(quads)
    doubtful = len(names) - len(set(names.values()))
    if doubtful > _LOOK_ALIKES:
        raise SourceError(
            f"{path}: {doubtful} blank nodes are like others in all that is said of them and {_REACH} steps around; "
            f"at most {_LOOK_ALIKES} can be told apart by their place. Give them IRIs, or say what they differ in."
        )
    if doubtful:
        dataset = ox.Dataset(quads)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        quads = sorted(dataset, key=str)
        names = _number(_names(quads))
    for quad in quads:
        subject = (
            ox.BlankNode(f"k{names[quad.subject.value]}") if isinstance(quad.subject, ox.BlankNode) else quad.subject
        )
        value = ox.BlankNode(f"k{names[quad.object.value]}") if isinstance(quad.object, ox.BlankNode) else quad.object
        yield ox.Quad(subject, quad.predicate, value, quad.graph_name)


_REACH = 8
_LOOK_ALIKES = 500


def _names(quads: list[ox.Quad]) -> dict[str, str]:
    """Name each blank node by what is said of it, and of the nodes up to `_REACH` steps around it.

    RDFC-1.0 numbers nodes by their place among all nodes of the file; these names stay when other parts of it change.
    """
    mentions: dict[str, list[ox.Quad]] = {}
    for quad in quads:
        for node in {term.value for term in (quad.subject, quad.object) if isinstance(term, ox.BlankNode)}:
            mentions.setdefault(node, []).append(quad)
    names = dict.fromkeys(mentions, "")
    for _ in range(_REACH):
        before = names
        names = {node: _digest(sorted(_line(quad, node, before) for quad in quads)) for node, quads in mentions.items()}
        if names == before:
            break
    return names


def _number(names: dict[str, str]) -> dict[str, str]:
    """Number the nodes that nothing tells apart, in canonical order."""
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
