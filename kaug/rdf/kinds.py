"""The beginning of a file → what it looks like: a syntax of RDF, or another kind of file with advice."""

import re
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kaug.namespaces import OWL, RDF
from kaug.rdf.compressed import open_bytes

__all__ = ["KINDS", "Kind", "advice_for", "kind_of"]

_SEARCHED = 1 << 16


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: Its name, as in "looks like …".
        begins: A regular expression that matches at the beginning of such a file, after byte order mark and white space.
        syntax: The syntax of the parser; None if it is not RDF that kaug reads.
        advice: What to do with a file that is not read.
        attempt: Whether to try the syntax that its ending says, if the user names the file.
    """

    name: str
    begins: re.Pattern[bytes]
    syntax: ox.RdfFormat | None = None
    advice: str = ""
    attempt: bool = False


def _pattern(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode(), re.DOTALL | re.MULTILINE | re.VERBOSE)


_ROBOT = "Save it as Turtle or RDF/XML, for example with ROBOT: `robot convert --input {name} --output {stem}.ttl`."
_XML = r"(?:<\?xml|<!--|<!DOCTYPE|<[\w.-]+(?::[\w.-]+)?\s[^>]*xmlns)"
_COMMENTS = r"(?:(?:\#|//)[^\n]*+\s++)*+"

_DIRECTIVE = r"@?(?i:prefix)\s+[\w.-]*:\s*< | @?(?i:base)\s*< | @?(?i:version)\s*[\"']"
_TERM = r"<[A-Za-z][\w+.-]*:[^<>\s]*>\s | _:\w+\s | \[\s*(?:\]\s*)?(?:a\s|<[A-Za-z])"

KINDS = [
    Kind("a zip archive", re.compile(rb"PK\x03\x04"), None, "Give it a name that ends in .zip."),
    Kind("gzip", re.compile(rb"\x1f\x8b"), None, "Give it a name that ends in .gz."),
    Kind("bzip2", re.compile(rb"BZh\d"), None, "Give it a name that ends in .bz2."),
    Kind("xz", re.compile(rb"\xfd7zXZ"), None, "Give it a name that ends in .xz."),
    Kind("zstd", re.compile(rb"\x28\xb5\x2f\xfd"), None, "Give it a name that ends in .zst."),
    Kind("HDT", re.compile(rb"\$HDT"), None, "Convert it to N-Triples, for example with hdt2rdf."),
    Kind("a pointer of Git LFS", re.compile(rb"version https://git-lfs"), None, "Fetch the file itself: `git lfs pull`."),
    Kind(
        "a web page",
        re.compile(rb"(?:(?><\?xml.*?\?>|<!--.*?-->)\s*+)*+<(?:!doctype\s+html|html)\b", re.DOTALL | re.IGNORECASE),
        None,
        "Download the RDF itself, for example by the link to the raw file.",
    ),
    Kind("OWL/XML", _pattern(rf"(?=<)(?!.*<rdf:RDF) .*?<(?:owl:)?Ontology\b [^<>]*{re.escape(OWL)}"), None, _ROBOT),
    Kind("RDF/XML", _pattern(rf"(?=<)(?=.*?{re.escape(RDF)}) {_XML}"), ox.RdfFormat.RDF_XML),
    Kind("XML without RDF", _pattern(_XML), None, "RDF/XML names the namespace of RDF near its beginning.", attempt=True),
    Kind("OBO", _pattern(r"(?:![^\n]*+\s++)*+(?:format-version: | \[(?:Term|Typedef)\])"), None, _ROBOT),
    Kind(
        "the functional syntax of OWL", _pattern(rf"{_COMMENTS} (?:Prefix|Ontology)\s*\("), None, _ROBOT
    ),
    Kind("the Manchester syntax of OWL", _pattern(rf"{_COMMENTS} (?:Prefix|Ontology):\s"), None, _ROBOT),
    Kind("JSON-LD", _pattern(r"(?:\{|\[\s*\{) .*?\"@(?:context|graph|id|type)\""), ox.RdfFormat.JSON_LD),
    Kind(
        "JSON without JSON-LD",
        _pattern(r"\{\s*[\"}] | \[\s*(?:\{\s*[\"}] | \[ | \" | \d | \]\s*\Z)"),
        None,
        "JSON-LD has a @context, which maps its keys to IRIs.",
    ),
    Kind("Turtle", _pattern(rf"{_COMMENTS} (?: {_DIRECTIVE} | {_TERM})"), ox.RdfFormat.TURTLE),
]  # fmt: skip
"""The kinds, the first that matches first."""


def kind_of(path: Path) -> Kind | None:
    """Return what a file looks like by the first 64 KiB of its content; None if like nothing known.

    Raises:
        SourceError: The file cannot be read.

    Examples:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.owl"
        >>> _ = file.write_text("Ontology(<urn:a>)")
        >>> kind_of(file).name
        'the functional syntax of OWL'
    """
    with open_bytes(path) as file:
        head = file.read(_SEARCHED)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:2].count(0) == 1:
        head = head[2 * (head[:2] in (b"\xff\xfe", b"\xfe\xff")) :].replace(b"\0", b"")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((kind for kind in KINDS if kind.begins.match(head)), None)


def advice_for(kind: Kind, path: Path) -> str:
    """Return what a file that is not read looks like, and what to do."""
    stem = path.name.partition(".")[0]
    return f"looks like {kind.name}. {kind.advice.format(name=path.name, stem=stem)}".rstrip()
