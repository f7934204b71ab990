"""`kb/manifest.toml` → the sources of knowledge that a pipeline names, and the files of each."""

import glob
import hashlib
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from kaug.errors import SourceError, nearest
from kaug.files import read_text, read_toml
from kaug.http import public_url
from kaug.rdf.files import expand
from kaug.rdf.sparql import check_endpoint
from kaug.store.digests import file_digest, safe_name

__all__ = ["Manifest", "Source", "file_digests", "read_manifest", "source_of", "verify_source", "with_own_ids"]

Kind = Literal["domain", "commonsense"]
_KEYS = {"path", "endpoint", "query", "query_file", "kind", "licence", "origin", "attribution", "sha256"}
_LONGEST_ID = 100


@dataclass(frozen=True)
class Source:
    """RDF with its origin: a file, the files of a folder, those that a pattern matches, or what an endpoint gives.

    Attributes:
        id: Its name, which facts carry.
        path: The file, the folder, or the pattern; for an endpoint, the file that keeps what it gave.
        kind: `domain` or `commonsense`.
        licence: SPDX expression, or what its owner says.
        origin: Where it comes from; of an endpoint, if the manifest does not say, its URL without keys.
        attribution: The attribution that its licence asks for.
        sha256: The digest that it must have, or empty; see `verify_source`.
        endpoint: The URL of a SPARQL endpoint, or empty.
        query: The CONSTRUCT that the endpoint is asked.
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
        """Return its RDF files; see `kaug.rdf.files.expand`.

        Raises:
            SourceError: There is none.
        """
        return expand([self.path])


@dataclass(frozen=True)
class Manifest:
    """The sources by id, and the lexicon and shapes that go with them."""

    path: Path
    sources: dict[str, Source]
    lexicon: Path | None
    shapes: Path | None

    def select(self, ids: list[str]) -> list[Source]:
        """Return the sources named, in the order named.

        Args:
            ids: Ids in the manifest; or RDF files, folders of them and patterns, relative to its folder.

        Raises:
            SourceError: An id is unknown.
        """
        chosen = []
        for name in ids:
            if name in self.sources:
                chosen.append(self.sources[name])
            elif (self.path.parent / name).exists() or glob.has_magic(name):
                chosen.append(source_of(self.path.parent / name))
            elif not self.sources:
                raise SourceError(
                    f"{self.path.parent / name}: there is no such file, and no manifest that has it as an id."
                )
            else:
                raise SourceError(f"{self.path}: there is no source {name!r}.{nearest(name, self.sources)}")
        return with_own_ids(chosen)


def source_of(path: Path) -> Source:
    """Make a source of RDF files without a manifest.

    Args:
        path: A file, a folder, or a pattern.

    Returns:
        A source of kind `domain`; its id is the name without endings.
    """
    named = path if path.exists() or not glob.has_magic(str(path)) else _root(path)
    name = os.path.basename(os.path.abspath(named))  # "." has none of its own
    return Source(name.split(".")[0] or name, path)


def with_own_ids(sources: Sequence[Source]) -> list[Source]:
    """Give each source an id of its own: files of one name become `towns`, `towns-2` and so on, in the order given.

    Raises:
        SourceError: A source is given twice.

    Examples:
        >>> [source.id for source in with_own_ids([source_of(Path("a/x.ttl")), source_of(Path("b/x.ttl"))])]
        ['x', 'x-2']
    """
    found: dict[str, Source] = {}
    for source in sources:
        if any(source.path == other.path for other in found.values()):
            raise SourceError(f"{source.path}: is given twice; name each source once.")
        names = itertools.chain([source.id], (f"{source.id}-{number}" for number in itertools.count(2)))
        name = next(name for name in names if name not in found)
        found[name] = replace(source, id=name)
    return list(found.values())


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; `verify_source` checks a file's digest when the source is read.

    Args:
        path: The TOML file; paths in it are relative to its folder.

    Returns:
        The manifest.

    Raises:
        SourceError: It is missing or malformed, or has a key or a kind that there is not.
    """
    data = read_toml(path)
    for key in data:
        if key not in {"sources", "lexicon", "shapes"}:
            raise SourceError(f"{path}: unknown key {key!r}.{nearest(key, ['sources', 'lexicon', 'shapes'])}")
    entries = data.get("sources", {})
    if not isinstance(entries, dict):
        raise SourceError(f"{path}: sources should be a table.")
    sources = {name: _source(path, name, entry) for name, entry in entries.items()}
    return Manifest(path, sources, _beside(path, data, "lexicon"), _beside(path, data, "shapes"))


def _source(path: Path, name: str, entry: object) -> Source:
    if not _is_id(name):
        raise SourceError(
            f"{path}: the source id {name[:50]!r} should be a name of at most {_LONGEST_ID} characters, without '/' and "
            "'\\', that does not begin with a dot."
        )
    if not isinstance(entry, dict):
        raise SourceError(f"{path}: source {name!r} should be a table with the key 'path'.")
    for key, value in entry.items():
        if key not in _KEYS:
            raise SourceError(f"{path}: source {name!r} has the unknown key {key!r}.{nearest(key, _KEYS)}")
        if not isinstance(value, str):
            raise SourceError(f"{path}: source {name!r}: {key} should be a string.")
    if not entry.keys() & {"path", "endpoint"}:
        raise SourceError(f"{path}: source {name!r} lacks the key 'path'.")
    if entry.keys() >= {"path", "endpoint"}:
        raise SourceError(f"{path}: source {name!r} has both of the keys 'path' and 'endpoint'; it should have one.")
    if ("endpoint" in entry) != bool(entry.keys() & {"query", "query_file"}):
        raise SourceError(f"{path}: source {name!r}: 'endpoint' and 'query' (or 'query_file') go together.")
    if "query_file" in entry:
        entry = {**entry, "query": read_text(path.parent / entry["query_file"])}
        del entry["query_file"]
    if "endpoint" in entry:
        check_endpoint(entry["endpoint"], entry["query"], f"{path}: source {name!r}")
        entry = {"origin": public_url(entry["endpoint"]), **entry}
    fetched = Path(".fetched") / f"{safe_name(name)}.nq"
    source = Source(name, **{**entry, "path": path.parent / entry.get("path", fetched)})
    if source.kind not in get_args(Kind):
        raise SourceError(f"{path}: source {name!r} has kind {source.kind!r}; it should be domain or commonsense.")
    return source


def _is_id(name: str) -> bool:
    return (
        0 < len(name) <= _LONGEST_ID and name.isprintable() and not name.startswith(".") and not {"/", "\\"} & set(name)
    )


def _beside(path: Path, data: dict[str, Any], key: str) -> Path | None:
    name = data.get(key)
    if not isinstance(name, str | None):
        raise SourceError(f"{path}: {key} should be a string.")
    return None if name is None else path.parent / name


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
    """Return the SHA-256 of a source; refuse one that is not what the manifest describes.

    Args:
        source: The source.
        digests: Those of its files, if they are known.

    Returns:
        The digest of its file; of several files that of the lines `<digest>  <name>`, as `sha256sum` writes them, the names
        relative to the folder, or to the pattern's part before the first sign that is special.

    Raises:
        SourceError: A file is missing, or the digest is not the one that the manifest gives.
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
