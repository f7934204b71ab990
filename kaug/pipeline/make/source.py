"""A source → `0-sources/<id>/`: its triples in columns, with counts per file."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from kaug.errors import ArtifactError, SourceError
from kaug.pipeline.stage import Job
from kaug.progress import Show
from kaug.rdf.endpoint import endpoint_file
from kaug.rdf.read import FilesRead, lean_memory, load_files, notes_on, read_files, save_files
from kaug.rdf.sources import Source, file_digests, verify_source
from kaug.store.artifact import load
from kaug.store.digests import code_digest, file_digest, fingerprint

__all__ = ["digest_source", "make_source"]


def digest_source(source: Source, show: Show, rebuild: bool) -> Callable[[], Mapping[str, str]]:
    """Return a function that fetches a source from its endpoint, if any, and hashes and verifies its files."""

    def digests() -> Mapping[str, str]:
        if source.endpoint:
            with show(f"fetching {source.id}", None, "triples") as advance:
                endpoint_file(source.endpoint, source.query, source.path, rebuild=rebuild, progress=advance)
        return {"source": verify_source(source), "name": source.path.name, **_contexts(source)}

    return digests


def _contexts(source: Source) -> dict[str, str]:
    try:
        return {f"context {iri}": file_digest(file) for iri, file in source.contexts}
    except OSError as error:
        raise SourceError(f"{error.filename}: cannot be read: {error.strerror} (a JSON-LD context).") from error


def make_source(job: Job) -> None:
    """Read the files of a source; reuse files already read by the same code, in the same way."""
    source: Source = job.settings
    code = fingerprint(code=code_digest(__name__), skip_errors=source.skip_errors, contexts=_contexts(source))
    digests = file_digests(source)
    with job.show(f"reading {source.id}", None, "triples") as advance, lean_memory():
        read = read_files(source, digests, _read_before(job.draft.previous, code), advance)
        save_files(read, job.draft.path)
    columns = read.columns
    job.draft.counts.update(read=columns.read, triples=len(columns.triples), terms=len(columns.terms))
    job.draft.counts.update(read.columns.left_out)
    job.draft.details.update(code=code, sha256=verify_source(source, digests), notes=notes_on([source], [read]))


def _read_before(folder: Path | None, code: str) -> FilesRead | None:
    if folder:
        with contextlib.suppress(ArtifactError):
            if load(folder, stage="source").details.get("code") == code:
                return load_files(folder)
    return None
