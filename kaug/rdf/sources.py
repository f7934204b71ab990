"""`kb/manifest.toml` → the sources of knowledge that a pipeline names; paths and patterns → the RDF files of each."""

import contextlib
import glob
import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args
from urllib.parse import quote

from kaug.errors import SourceError, nearest
from kaug.files import files_below, find_files, read_text, read_toml
from kaug.http import public_url
from kaug.rdf.archives import archive_of, is_archive, list_members
from kaug.rdf.compressed import open_plain, read_pieces
from kaug.rdf.kinds import kind_of
from kaug.rdf.parse import FORMATS, is_rdf_name, plain_name
from kaug.rdf.sparql import check_endpoint
from kaug.store.digests import file_digest, safe_name

__all__ = [
    "Manifest",
    "Source",
    "expand",
    "file_digests",
    "passed_over",
    "read_manifest",
    "source_of",
    "verify_source",
    "with_own_ids",
    "with_reading",
]

Kind = Literal["domain", "commonsense"]
_KEYS = {"path", "endpoint", "query", "query_file", "kind", "licence", "origin", "attribution", "sha256"}
_SECTIONS = ["sources", "lexicon", "shapes"]
_LONGEST_ID = 100
_PIECE = 1 << 16
_MOST_LISTED = 10


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
        base: The folder in the base IRIs of its files, if another source has files of the same names; see `base_of`.
        skip_errors: Leave out malformed lines and files, and count them; else they are errors.
        contexts: Pairs of the IRI of a JSON-LD context and the file that holds it.
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
    not_content: ClassVar[tuple[str, ...]] = ("contexts",)  # of fingerprints, which have the digests of these files

    base: str = ""
    skip_errors: bool = False
    contexts: tuple[tuple[str, Path], ...] = ()

    @property
    def root(self) -> Path:
        """The folder or archive that names of its files are relative to."""
        if self.path.is_dir() or is_archive(self.path):
            return self.path
        return _root(self.path) if glob.has_magic(str(self.path)) and not self.path.exists() else self.path.parent

    def files(self) -> list[Path]:
        """Return its RDF files; see `expand`."""
        return expand([self.path])

    def base_of(self, file: Path) -> str:
        """Return the base IRI of a file: its path from `root`, so that files of one name in two folders differ.

        Examples:
            >>> Source("cards", Path("cards/*/card.ttl")).base_of(Path("cards/ada/card.ttl.gz"))
            'file:///ada/card.ttl'
        """
        path = Path(self.base) / plain_name(file).relative_to(self.root)
        return f"file:///{quote(path.as_posix(), errors='surrogateescape')}"


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
    """Make ids and base IRIs of sources unique.

    Sources of one name become `towns`, `towns-2` and so on, in order. The base IRIs of sources with files of the same name
    begin with their path from the folder that they have in common.

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
    return _with_own_bases(list(by_id.values()))


def _with_own_bases(sources: list[Source]) -> list[Source]:
    read = [one for one in sources if not one.endpoint] if len(sources) > 1 else []
    by_base: dict[str, list[Source]] = {}
    for source in read:
        with contextlib.suppress(SourceError):  # it is raised when the source is read
            for base in {source.base_of(file) for file in source.files()}:
                by_base.setdefault(base, []).append(source)
    alike = {one.id for group in by_base.values() if len(group) > 1 for one in group}
    roots = {one.id: os.path.abspath(one.root) for one in read if one.id in alike}
    if not roots:
        return sources
    common = os.path.commonpath(roots.values())
    bases = {name: Path(os.path.relpath(root, common)).as_posix() for name, root in roots.items()}
    return [replace(one, base=bases.get(one.id, "")) for one in sources]


def with_reading(sources: Sequence[Source], skip_errors: bool, contexts: Mapping[str, Path | str]) -> list[Source]:
    """Set how the files of sources are read; see `Source`."""
    files = tuple((iri, Path(file).expanduser()) for iri, file in contexts.items())
    return [replace(one, skip_errors=skip_errors, contexts=files) for one in sources]


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
        return {file: _digest(file) for file in source.files()}
    except OSError as error:
        raise SourceError(f"{error.filename}: cannot be read: {error.strerror} (source {source.id!r}).") from error


def _digest(file: Path) -> str:
    if archive_of(file) is None:
        return file_digest(file)
    with open_plain(file) as handle:
        digest = hashlib.sha256()
        while piece := handle.read(_PIECE):
            digest.update(piece)
        return digest.hexdigest()


def verify_source(source: Source, digests: Mapping[Path, str] | None = None) -> str:
    """Return the SHA-256 of a source; one that differs from the manifest's is an error.

    Args:
        source: The source.
        digests: The digests of its files, if known.

    Returns:
        The digest of its file or archive; of several files that of the lines `<digest>  <name>`, as `sha256sum`
        writes them, the names relative to `Source.root`.

    Raises:
        SourceError: A file is missing, or the digest differs.
    """
    digests = digests or file_digests(source)
    digest = next(iter(digests.values()))
    if is_archive(source.path):
        digest = file_digest(source.path)
    elif list(digests) != [source.path]:
        root = source.root
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
        paths: Files, folders, archives, and patterns such as `kb/**/*.ttl`. A single file may have any name.

    Returns:
        The files in the order of `paths`, those of one folder, archive or pattern sorted by name, without duplicates: regular
        files with an ending in `kaug.rdf.parse.FORMATS`, `.xml` and `.json` files only if their content is RDF by their first
        64 KiB; hidden files and folders are skipped. A file in an archive has a path below the archive's.

    Raises:
        SourceError: A folder, archive or pattern has no RDF file, or links form a loop.

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
        found, others = _find(path)
        if not found:
            said = f" It has: {_listed(path, others)}." if others else ""
            raise SourceError(f"{path}: has no RDF files, whose names end in one of {' '.join(FORMATS)}.{said}")
        files.update(dict.fromkeys(found))
    return list(files)


def passed_over(source: Source) -> tuple[int, str]:
    """Count the files of a source's folder, archive or pattern that are not RDF, and list them in a line.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = [(folder / name).write_text("format-version: 1.2") for name in ("b.ttl", "zoo.obo")]
        >>> passed_over(source_of(folder))[1].partition(": 1 file")[2]
        ' passed over, which is not RDF by name or content: zoo.obo (looks like OBO).'
    """
    others = _find(source.path)[1]
    verb = "which is" if len(others) == 1 else "which are"
    files = "1 file" if len(others) == 1 else f"{len(others):,} files"
    line = f"{source.path}: {files} passed over, {verb} not RDF by name or content: {_listed(source.path, others)}."
    return len(others), line if others else ""


def _find(path: Path) -> tuple[list[Path], list[Path]]:
    """Return the RDF files of a path, and its other files."""
    if path.is_dir():
        matches = sorted(files_below(path))
    elif is_archive(path) and path.is_file():
        matches = list_members(path, read_pieces)
    elif path.exists() or not glob.has_magic(str(path)):
        return [path], []
    else:
        matches = find_files(path)
    found, others = list[Path](), list[Path]()
    for file in matches:
        if is_archive(file) and archive_of(file) is None:
            members = _find(file)
            found += members[0]
            others += members[1] or ([] if members[0] else [file])
        else:
            (found if _is_rdf(file) else others).append(file)
    return found, others


def _listed(path: Path, files: Sequence[Path]) -> str:
    """Name a few files, or count many by their endings, with what they look like, or the first of each ending."""
    if len(files) <= _MOST_LISTED:
        root = source_of(path).root
        return ", ".join(f"{file.relative_to(root).as_posix()}{_looks(file)}" for file in files)
    counts = Counter(file.suffix.lower() or file.name for file in files)
    firsts = {file.suffix.lower() or file.name: file for file in reversed(files)}
    names = [f"{number:,} {name}{_looks(firsts[name])}" for name, number in counts.most_common(_MOST_LISTED)]
    rest = sum(number for _, number in counts.most_common()[_MOST_LISTED:])
    return ", ".join([*names, *([f"{rest:,} others"] if rest else [])])


def _looks(file: Path) -> str:
    with contextlib.suppress(SourceError):
        if kind := kind_of(file):
            return f" (looks like {kind.name})"
    return ""


def _is_rdf(path: Path) -> bool:
    if not is_rdf_name(path) or not {".xml", ".json"} & {suffix.lower() for suffix in path.suffixes[-2:]}:
        return is_rdf_name(path)
    try:
        kind = kind_of(path)
    except SourceError:  # the error is raised when the file is read
        return True
    return kind is not None and kind.syntax is not None
