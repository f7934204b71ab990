"""`kb/manifest.toml` → the sources of knowledge that a pipeline names; paths and patterns → the RDF files of each."""

import glob
import hashlib
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from kaug.errors import SourceError, nearest
from kaug.files import files_below, find_files, read_text, read_toml
from kaug.http import public_url
from kaug.namespaces import RDF
from kaug.rdf.compressed import open_bytes
from kaug.rdf.parse import FORMATS, is_rdf_name
from kaug.rdf.sparql import check_endpoint
from kaug.store.digests import file_digest, safe_name

__all__ = [
    "Manifest",
    "Source",
    "expand",
    "file_digests",
    "read_manifest",
    "source_of",
    "verify_source",
    "with_own_ids",
]

Kind = Literal["domain", "commonsense"]
_KEYS = {"path", "endpoint", "query", "query_file", "kind", "licence", "origin", "attribution", "sha256"}
_SECTIONS = ["sources", "lexicon", "shapes"]
_LONGEST_ID = 100
_SEARCHED = 1 << 16


@dataclass(frozen=True)
class Source:
    """RDF with its origin: a file, the files of a folder or a pattern, or the answer of an endpoint.

    Attributes:
        id: Its id, which facts refer to.
        path: The file, the folder, or the pattern; for an endpoint, the file for its answer.
        kind: `domain` or `commonsense`.
        licence: SPDX expression, or a description.
        origin: The origin; for an endpoint, by default its URL without keys.
        attribution: The attribution that its licence asks for.
        sha256: The expected digest, or empty; see `verify_source`.
        endpoint: The URL of a SPARQL endpoint, or empty.
        query: The CONSTRUCT for the endpoint.
    """

    id: str
    path: Path
    kind: Kind = "domain"
    licence: str = ""
    origin: str = ""
    attribution: str = ""
    sha256: str = ""
    endpoint: str = ""
    query: str = ""

    def files(self) -> list[Path]:
        """Return its RDF files; see `expand`."""
        return expand([self.path])


@dataclass(frozen=True)
class Manifest:
    """The sources by id, with their lexicon and shapes."""

    path: Path
    sources: dict[str, Source]
    lexicon: Path | None
    shapes: Path | None

    def select(self, ids: list[str]) -> list[Source]:
        """Return sources in the order of `ids`: ids in the manifest, or files, folders and patterns relative to its folder.

        Raises:
            SourceError: An id is unknown.
        """
        chosen = []
        for name in ids:
            path = self.path.parent / name
            if name in self.sources:
                chosen.append(self.sources[name])
            elif path.exists() or glob.has_magic(name):
                chosen.append(source_of(path))
            elif not self.sources:
                raise SourceError(f"{path}: there is no such file, and no manifest that has it as an id.")
            else:
                raise SourceError(f"{self.path}: there is no source {name!r}.{nearest(name, self.sources)}")
        return with_own_ids(chosen)


def source_of(path: Path) -> Source:
    """Make a source of kind `domain` from a file, folder or pattern; its id is the name without endings."""
    named = path if path.exists() or not glob.has_magic(str(path)) else _root(path)
    name = os.path.basename(os.path.abspath(named))  # "." has none of its own
    return Source(name.split(".")[0] or name, path)


def with_own_ids(sources: Sequence[Source]) -> list[Source]:
    """Make ids of sources unique: files of one name become `towns`, `towns-2` and so on, in order.

    Raises:
        SourceError: A source is given twice.

    Examples:
        >>> [source.id for source in with_own_ids([source_of(Path("a/x.ttl")), source_of(Path("b/x.ttl"))])]
        ['x', 'x-2']
    """
    by_id: dict[str, Source] = {}
    for source in sources:
        if any(source.path == other.path for other in by_id.values()):
            raise SourceError(f"{source.path}: is given twice; name each source once.")
        names = itertools.chain([source.id], (f"{source.id}-{number}" for number in itertools.count(2)))
        name = next(name for name in names if name not in by_id)
        by_id[name] = replace(source, id=name)
    return list(by_id.values())


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; `verify_source` checks a file's digest when the source is read.

    Args:
        path: The TOML file; paths in it are relative to its folder.

    Raises:
        SourceError: The manifest is missing or malformed, or has an unknown key or kind.
    """
    data = read_toml(path)
    for key in data:
        if key not in _SECTIONS:
            raise SourceError(f"{path}: unknown key {key!r}.{nearest(key, _SECTIONS)}")
    entries = data.get("sources", {})
    if not isinstance(entries, dict):
        raise SourceError(f"{path}: sources should be a table.")
    files: dict[str, Path | None] = {}
    for key in _SECTIONS[1:]:
        if not isinstance(name := data.get(key), str | None):
            raise SourceError(f"{path}: {key} should be a string.")
        files[key] = None if name is None else path.parent / name
    return Manifest(path, {name: _read_source(path, name, entry) for name, entry in entries.items()}, **files)


def _read_source(path: Path, name: str, entry: Any) -> Source:
    if not 0 < len(name) <= _LONGEST_ID or not name.isprintable() or name.startswith(".") or {"/", "\\"} & set(name):
        raise SourceError(
            f"{path}: the source id {name[:50]!r} should be a name of at most {_LONGEST_ID} characters, without '/' and "
            "'\\', that does not begin with a dot."
        )
    where = f"{path}: source {name!r}"
    if not isinstance(entry, dict):
        raise SourceError(f"{where} should be a table with the key 'path'.")
    for key, value in entry.items():
        if key not in _KEYS:
            raise SourceError(f"{where} has the unknown key {key!r}.{nearest(key, _KEYS)}")
        if not isinstance(value, str):
            raise SourceError(f"{where}: {key} should be a string.")
    if not entry.keys() & {"path", "endpoint"}:
        raise SourceError(f"{where} lacks the key 'path'.")
    if entry.keys() >= {"path", "endpoint"}:
        raise SourceError(f"{where} has both of the keys 'path' and 'endpoint'; it should have one.")
    if ("endpoint" in entry) != bool(entry.keys() & {"query", "query_file"}):
        raise SourceError(f"{where}: 'endpoint' and 'query' (or 'query_file') go together.")
    if "query_file" in entry:
        entry = {**entry, "query": read_text(path.parent / entry["query_file"])}
        del entry["query_file"]
    if "endpoint" in entry:
        check_endpoint(entry["endpoint"], entry["query"], where)
        entry = {"origin": public_url(entry["endpoint"]), "path": f".fetched/{safe_name(name)}.nq", **entry}
    source = Source(name, **{**entry, "path": path.parent / entry["path"]})
    if source.kind not in get_args(Kind):
        raise SourceError(f"{where} has kind {source.kind!r}; it should be domain or commonsense.")
    return source


def file_digests(source: Source) -> dict[Path, str]:
    """Return the SHA-256 of each file of a source, in the order of `Source.files`.

    Raises:
        SourceError: A file is missing.
    """
    try:
        return {file: file_digest(file) for file in source.files()}
    except OSError as error:
        raise SourceError(f"{error.filename}: cannot be read: {error.strerror} (source {source.id!r}).") from error


def verify_source(source: Source, digests: Mapping[Path, str] | None = None) -> str:
    """Return the SHA-256 of a source; one that differs from the manifest's is an error.

    Args:
        source: The source.
        digests: The digests of its files, if known.

    Returns:
        The digest of its file; of several files that of the lines `<digest>  <name>`, as `sha256sum` writes them, the names
        relative to the folder, or to the pattern's part before the first special character.

    Raises:
        SourceError: A file is missing, or the digest differs.
    """
    digests = digests or file_digests(source)
    digest = next(iter(digests.values()))
    if list(digests) != [source.path]:
        root = source.path if source.path.is_dir() else _root(source.path)
        lines = (f"{one}  {file.relative_to(root).as_posix()}\n" for file, one in digests.items())
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    if source.sha256 and digest != source.sha256:
        raise SourceError(
            f"{source.path}: SHA-256 is {digest}, the manifest says {source.sha256} for source {source.id!r}. "
            "If the change is meant, write the new digest into the manifest."
        )
    return digest


def _root(pattern: Path) -> Path:
    return next(above for above in pattern.parents if not glob.has_magic(str(above)))


def expand(paths: Iterable[Path]) -> list[Path]:
    """Return the RDF files of paths.

    Args:
        paths: Files, folders, and patterns such as `kb/**/*.ttl`. A single file may have any name.

    Returns:
        The files in the order of `paths`, those of one folder or pattern sorted by name, without duplicates. Folders
        and patterns give only regular files with an ending in `kaug.rdf.parse.FORMATS`, and `.xml` files only with the
        RDF namespace in their first 64 KiB; hidden files and folders are skipped.

    Raises:
        SourceError: A folder or pattern has no RDF file, or links form a loop.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("b.ttl", "a.nt.gz", "catalog.xml", "README.md"):
        ...     _ = (folder / name).write_text("<catalog/>")
        >>> [file.name for file in expand([folder])]
        ['a.nt.gz', 'b.ttl']
    """
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            matches = sorted(file for file in files_below(path) if _is_rdf(file))
        elif path.exists() or not glob.has_magic(str(path)):
            matches = [path]
        else:
            matches = sorted(file for file in find_files(path) if _is_rdf(file))
        if not matches:
            raise SourceError(f"{path}: has no RDF files, whose names end in one of {' '.join(FORMATS)}.")
        files.update(dict.fromkeys(matches))
    return list(files)


def _is_rdf(path: Path) -> bool:
    if not is_rdf_name(path) or ".xml" not in (suffix.lower() for suffix in path.suffixes[-2:]):
        return is_rdf_name(path)
    try:
        with open_bytes(path) as file:
            return RDF.encode() in file.read(_SEARCHED).replace(b"\0", b"")
    except SourceError:  # the error is raised when the file is read
        return True
