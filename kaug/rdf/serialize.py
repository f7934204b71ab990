"""Chunks of N-Quads → an RDF file in the syntax of its ending, with prefixes."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.namespaces import OWL, RDF, RDFS, SKOS, XSD
from kaug.rdf.compressed import COMPRESSIONS, whole_file
from kaug.rdf.guards import LINES
from kaug.rdf.parse import syntax_of

__all__ = ["prefixes_of", "refuse_in_xml", "write_quads"]

_KNOWN = {RDF: "rdf", RDFS: "rdfs", OWL: "owl", XSD: "xsd", SKOS: "skos", "https://w3id.org/kaug/ns#": "kaug"}
_MOST_PREFIXES = 50
_FEWEST_USES = 2
_NAME_START = (
    r"A-Za-z_\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}\x{200D}\x{2070}-\x{218F}"
    r"\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}"
)
_XML_NAME = rf"[{_NAME_START}][{_NAME_START}\-.0-9\x{{B7}}\x{{300}}-\x{{36F}}\x{{203F}}\x{{2040}}]*$"


def write_quads(chunks: Iterable[bytes], path: Path, *, prefixes: dict[str, str] | None = None) -> None:
    """Write N-Quads to a file atomically; equal chunks give equal bytes.

    Args:
        chunks: Whole lines of N-Quads. Graph names are dropped if the syntax has no graphs.
        path: The file, with an ending in `FORMATS`. With `.gz` it is compressed.
        prefixes: Namespaces by their prefix, for syntaxes that have prefixes.

    Raises:
        SourceError: The ending is unknown, or the file cannot be written.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> write_quads([b"<urn:x:a> <urn:x:b> <urn:x:c> ."], file, prefixes={"x": "urn:x:"})
        >>> print(file.read_text(), end="")
        @prefix x: <urn:x:> .
        x:a x:b x:c .
    """
    syntax, ending = syntax_of(path), path.suffix.lower()
    if ending in COMPRESSIONS and ending != ".gz":
        raise SourceError(f"{path}: is written plain or as .gz; leave {ending} to its own tool.")
    with whole_file(path) as handle:
        if syntax in LINES:
            handle.writelines(chunks)
            return
        quads = (quad for part in chunks for quad in ox.parse(part, format=ox.RdfFormat.N_QUADS))
        statements: Iterator[Any] = quads if syntax.supports_datasets else (quad.triple for quad in quads)
        target: Any = _Returns(handle) if syntax == ox.RdfFormat.RDF_XML else handle
        ox.serialize(statements, target, format=syntax, prefixes=prefixes)


class _Returns:
    """Writes carriage returns as `&#xD;`: a parser of XML takes a bare one for the end of a line."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle

    def write(self, data: bytes) -> int:
        self._handle.write(bytes(data).replace(b"\r", b"&#xD;"))
        return len(data)

    def flush(self) -> None:
        self._handle.flush()


def prefixes_of(iris: pa.Array) -> dict[str, str]:
    """Choose prefixes for the namespaces of IRIs: the usual ones of RDF, for others their last word.

    Args:
        iris: Strings; nulls are left out.

    Returns:
        Namespaces by prefix: at most 50 besides the usual ones, each with at least two IRIs, the most used first.

    Examples:
        >>> prefixes_of(pa.array([f"https://example.org/geo#{name}" for name in "ab"] + ["http://e.org/a", "http://e.org/b"]))
        {'e': 'http://e.org/', 'geo': 'https://example.org/geo#'}
    """
    counts = pc.value_counts(pc.replace_substring_regex(iris.drop_null(), r"[^/#:]*$", "")).to_pylist()
    prefixes: dict[str, str] = {}
    for entry in sorted(counts, key=lambda entry: (-entry["counts"], entry["values"])):
        namespace = entry["values"]
        name = _KNOWN.get(namespace, "")
        if not name and entry["counts"] >= _FEWEST_USES and len(prefixes) < _MOST_PREFIXES:
            word = _word(namespace)
            taken = {*prefixes, *_KNOWN.values()}
            name = next((n for n in (word, *(f"{word}{k}" for k in range(2, _MOST_PREFIXES))) if n not in taken), "")
        if name:
            prefixes[name] = namespace
    return dict(sorted(prefixes.items()))


def _word(namespace: str) -> str:
    host, *rest = [part for part in re.split(r"[/#:]+", re.sub(r"^[a-z]+:/*", "", namespace.lower())) if part] or [""]
    last = rest[-1] if rest else host.split(".")[-2] if "." in host else host
    words = re.findall(r"[a-z][a-z0-9]*", last)
    return words[-1] if words else "ns"


def refuse_in_xml(values: pa.Array, names: pa.Array, path: Path) -> None:
    """Raise an error for terms that RDF/XML cannot express.

    Args:
        values: Strings: the values of all terms.
        names: Strings: the IRIs of predicates and classes.
        path: The file, for the message.

    Raises:
        SourceError: A value has a character that XML does not allow, or a predicate or class does not end in an XML name.
    """
    no_name = pc.invert(pc.match_substring_regex(names, _XML_NAME))
    no_text = pc.match_substring_regex(values, r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]")
    for wrong, reason in (
        (names.filter(no_name), "{} is a predicate or a class, and does not end in a name of XML"),
        (values.filter(no_text), "the value {} holds a character that XML cannot hold"),
    ):
        if len(wrong):
            raise SourceError(f"{path}: {reason.format(repr(wrong[0].as_py()))}. Write another syntax, such as .ttl.")
