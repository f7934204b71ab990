"""`kb/manifest.toml` → the sources of knowledge that a pipeline names."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from kaug.artifact import file_digest
from kaug.errors import SourceError, nearest

__all__ = ["Manifest", "Source", "read_manifest", "source_of"]

Kind = Literal["domain", "commonsense"]
_KEYS = {"path", "kind", "licence", "origin", "attribution", "sha256"}


@dataclass(frozen=True)
class Source:
    """One RDF file with its origin.

    Attributes:
        id: Its name, which facts carry.
        path: The file.
        kind: `domain` or `commonsense`.
        licence: SPDX expression, or what its owner says.
        origin: Where it comes from.
        attribution: What its licence asks to be said.
        sha256: The digest the file must have, or empty.
    """

    id: str
    path: Path
    kind: Kind = "domain"
    licence: str = ""
    origin: str = ""
    attribution: str = ""
    sha256: str = ""


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
            ids: Ids in the manifest, or paths of RDF files beside it.

        Raises:
            SourceError: An id is unknown.
        """
        chosen = []
        for name in ids:
            if name in self.sources:
                chosen.append(self.sources[name])
            elif (self.path.parent / name).is_file():
                chosen.append(source_of(self.path.parent / name))
            else:
                raise SourceError(f"{self.path}: there is no source {name!r}.{nearest(name, self.sources)}")
        return chosen


def source_of(path: Path) -> Source:
    """Make a source of a bare RDF file: its id is the file's name without ending, its kind `domain`."""
    return Source(path.stem, path)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; `verify_source` checks a file's digest when the source is read.

    Args:
        path: The TOML file; paths in it are relative to its folder.

    Returns:
        The manifest.

    Raises:
        SourceError: It is missing or malformed, or has a key or a kind that there is not.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read: {error.strerror}. It should list the sources of knowledge."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: not valid TOML: {error}") from error
    for key in data:
        if key not in {"sources", "lexicon", "shapes"}:
            raise SourceError(f"{path}: unknown key {key!r}.{nearest(key, ['sources', 'lexicon', 'shapes'])}")
    entries = data.get("sources", {})
    if not isinstance(entries, dict):
        raise SourceError(f"{path}: sources should be a table.")
    sources = {name: _source(path, name, entry) for name, entry in entries.items()}
    return Manifest(path, sources, _beside(path, data, "lexicon"), _beside(path, data, "shapes"))


def _source(path: Path, name: str, entry: object) -> Source:
    if not isinstance(entry, dict):
        raise SourceError(f"{path}: source {name!r} should be a table with the key 'path'.")
    for key, value in entry.items():
        if key not in _KEYS:
            raise SourceError(f"{path}: source {name!r} has the unknown key {key!r}.{nearest(key, _KEYS)}")
        if not isinstance(value, str):
            raise SourceError(f"{path}: source {name!r}: {key} should be a string.")
    if "path" not in entry:
        raise SourceError(f"{path}: source {name!r} lacks the key 'path'.")
    source = Source(name, **{**entry, "path": path.parent / entry["path"]})
    if source.kind not in get_args(Kind):
        raise SourceError(f"{path}: source {name!r} has kind {source.kind!r}; it should be domain or commonsense.")
    return source


def _beside(path: Path, data: dict[str, Any], key: str) -> Path | None:
    name = data.get(key)
    if not isinstance(name, str | None):
        raise SourceError(f"{path}: {key} should be a string.")
    return None if name is None else path.parent / name


def verify_source(source: Source) -> str:
    """Return the SHA-256 of a source's file; refuse a file that is not the one that the manifest describes.

    Raises:
        SourceError: The file is missing or has another digest than the manifest gives.
    """
    try:
        digest = file_digest(source.path)
    except OSError as error:
        raise SourceError(f"{source.path}: cannot be read: {error.strerror} (source {source.id!r}).") from error
    if source.sha256 and digest != source.sha256:
        raise SourceError(
            f"{source.path}: SHA-256 is {digest}, the manifest says {source.sha256} for source {source.id!r}. "
            "If the change is meant, write the new digest into the manifest."
        )
    return digest
