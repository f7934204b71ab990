"""A stage's output → a finished folder that is complete or absent, and verified when read.

An artifact is a folder with a `manifest.json`, written last: SHA-256 and size of every file, the stage, the digests of its
inputs and a fingerprint. It is written to a draft folder, synced to disk and renamed, so no reader sees half of one.
"""

import contextlib
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock

from kaug.errors import ArtifactError, KaugError
from kaug.store import digests
from kaug.store.digests import file_digest
from kaug.store.files import is_full, sync, write_whole

__all__ = ["Artifact", "Draft", "leftovers", "load", "lock", "promised_fingerprint", "publish", "sweep", "verify_file"]

FORMAT = 2
MANIFEST = "manifest.json"
_AGAIN = "Remove its folder, or run again with --rebuild."
_KEYS = {"format", "stage", "digest", "fingerprint", "inputs", "counts", "details", "files", "seal"}


@dataclass(frozen=True)
class Artifact:
    """A finished folder whose files were verified.

    Attributes:
        path: The folder.
        stage: The stage that made it.
        digest: Hex digest of the names and SHA-256 sums of all files.
        fingerprint: Hex digest of the settings, inputs and code.
        counts: Counts of the stage, including rows left out.
        inputs: The digests of the artifacts it was made from.
        details: Other notes of the stage: settings, the encoder's name, seconds.
        files: The SHA-256 that each file must have.
    """

    path: Path
    stage: str
    digest: str
    fingerprint: str
    counts: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Draft:
    """An artifact in the making.

    Attributes:
        path: The folder to write files into.
        previous: The finished folder that will be replaced; parts of it can be reused.
        work: A scratch folder that survives a kill, is reused under the same fingerprint, and is removed once the artifact
            is published.
        counts: Counts for the manifest.
        details: Other notes for it.
    """

    path: Path
    previous: Path | None
    work: Path
    counts: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Lock a folder for writing; it is made if absent.

    Raises:
        ArtifactError: Another process holds it, or the folder cannot be made.
    """
    file = path / ".lock"
    held = filelock.FileLock(file, timeout=0)
    try:
        path.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except filelock.Timeout:
        holder = ""
        with contextlib.suppress(OSError):
            holder = file.read_text(encoding="utf-8", errors="replace")[:32].strip()
        raise ArtifactError(
            f"{path}: another kaug (process {holder or 'unknown'}) is building here. Wait for it, or name another folder "
            "with --out."
        ) from None
    except OSError as error:
        raise ArtifactError(f"{path}: cannot write here: {error.strerror}. Name another folder with --out.") from error
    try:
        with contextlib.suppress(OSError):  # for the message above only
            file.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        held.release()


@contextlib.contextmanager
def publish(
    path: Path, *, stage: str, fingerprint: str, inputs: Mapping[str, str] | None = None, fresh: bool = False
) -> Iterator[Draft]:
    """Write an artifact: the block fills the draft's folder, which replaces the old one once it is complete.

    Args:
        path: The finished folder. For a symbolic link, its target is replaced.
        stage: The stage's name.
        fingerprint: See `fingerprint`.
        inputs: The digests of the artifacts it is made from.
        fresh: Reuse nothing: `previous` is None, and `work` is empty.

    Yields:
        The draft to fill.

    Raises:
        ArtifactError: The disk is full, the folder cannot be written, or it is not an artifact. Nothing half-made is left except
            in `work`.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "1-notes"
        >>> with publish(folder, stage="notes", fingerprint="f") as draft:
        ...     _ = (draft.path / "a.txt").write_text("hello")
        >>> load(folder, stage="notes").stage
        'notes'
    """
    path = _target(path)
    old, half = path.with_name(f".{path.name}.old"), path.with_name(f".{path.name}.draft")
    work = path.with_name(f".{path.name}.work-{fingerprint[:12]}")
    if path.exists() and (not path.is_dir() or (not (path / MANIFEST).exists() and any(path.iterdir()))):
        raise ArtifactError(f"{path}: the content here was not made by kaug (no {MANIFEST}). Move it away.")
    new_parent = not path.parent.exists()
    try:
        if old.is_dir() and not path.exists():  # a kill between the two renames below
            old.rename(path)
        for stale in _beside(path):
            if fresh or stale != work:
                shutil.rmtree(stale, ignore_errors=True)
        half.mkdir(parents=True)
        work.mkdir(exist_ok=True)
        draft = Draft(half, path if (path / MANIFEST).is_file() and not fresh else None, work)
        yield draft
        files = {}
        for file in sorted(half.rglob("*")):
            if file.is_file():
                sync(file)
                name = file.relative_to(half).as_posix()
                files[name] = {"sha256": file_digest(file), "bytes": file.stat().st_size}
        manifest = {
            "format": FORMAT,
            "stage": stage,
            "digest": digests.fingerprint(files={name: promised["sha256"] for name, promised in files.items()}),
            "fingerprint": fingerprint,
            "inputs": dict(inputs or {}),
            "counts": draft.counts,
            "details": draft.details,
            "files": files,
        }
        write_whole(half / MANIFEST, _sealed(manifest))
        shutil.rmtree(old, ignore_errors=True)
        sync(half)
        if path.exists():
            path.rename(old)
        half.rename(path)
        sync(path.parent)
        shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(work, ignore_errors=True)
    except BaseException as error:
        # Checked before the draft is removed, which makes room.
        full = isinstance(error, Exception) and not isinstance(error, KaugError) and is_full(error, path.parent)
        shutil.rmtree(half, ignore_errors=True)
        for empty in (work, path.parent) if new_parent else (work,):
            with contextlib.suppress(OSError):
                empty.rmdir()
        if isinstance(error, ArtifactError) or not (full or isinstance(error, OSError)):
            raise
        why = (error.strerror if isinstance(error, OSError) else "") or ("the disk is full" if full else error)
        raise ArtifactError(f"{path}: cannot be written: {why}. Nothing was left there.") from error


def sweep(path: Path) -> None:
    """Remove leftovers of a kill beside a finished artifact. Hold the lock meanwhile: another kaug may be writing."""
    if path.exists():
        for stale in _beside(_target(path)):
            shutil.rmtree(stale, ignore_errors=True)


def leftovers(path: Path) -> bool:
    """Return whether a kill left something beside an artifact, or another kaug is making it again."""
    return bool(_beside(_target(path)))


def _target(path: Path) -> Path:
    """Return the target of a symbolic link, so that it is replaced and not the link; otherwise the folder itself."""
    return Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)


def _beside(path: Path) -> list[Path]:
    """List the temporary folders of an artifact: the one that it replaces, its draft, its scratch folders."""
    name = glob.escape(f".{path.name}.")
    return [stale for end in ("old", "draft", "work-*") for stale in path.parent.glob(name + end)]


def promised_fingerprint(path: Path) -> str | None:
    """Return the fingerprint in a folder's manifest, without verifying files; None if it is absent or of another format.

    Raises:
        ArtifactError: The manifest is damaged.
    """
    manifest = _read_manifest(Path(path))
    return None if manifest is None or manifest["format"] != FORMAT else str(manifest["fingerprint"])


def _read_manifest(path: Path) -> dict[str, Any] | None:
    """Read a folder's manifest and check its seal; None if there is none.

    Raises:
        ArtifactError: It cannot be read, or was altered since it was written.
    """
    file = path / MANIFEST
    try:
        text = file.read_text(encoding="utf-8")
        manifest = json.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{file}: cannot be read: {error}. {_AGAIN}") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ArtifactError(f"{file}: not a manifest of format {FORMAT}. {_AGAIN}")
    if "seal" in manifest and text != _sealed(manifest):
        raise ArtifactError(f"{file}: altered since it was written. {_AGAIN}")
    if manifest["format"] == FORMAT and not (manifest.keys() >= _KEYS and _well_formed(manifest)):
        raise ArtifactError(f"{file}: not a manifest of format {FORMAT}. {_AGAIN}")
    return manifest


def _well_formed(manifest: Mapping[str, Any]) -> bool:
    tables = [manifest[name] for name in ("inputs", "counts", "details", "files")]
    return all(isinstance(table, dict) for table in tables) and all(
        isinstance(file, dict) and isinstance(file.get("sha256"), str) and isinstance(file.get("bytes"), int)
        for file in manifest["files"].values()
    )


def load(path: Path, *, stage: str | None = None, verify: bool = True) -> Artifact:
    """Read a finished folder's manifest and verify every file that it names.

    Args:
        path: The folder.
        stage: The stage that must have made it, if given.
        verify: Compare the SHA-256 sums, not only sizes and names.

    Raises:
        ArtifactError: It is absent, of another stage or format, or a file is missing, cut or altered.
    """
    path = Path(path)
    manifest = _read_manifest(path)
    if not path.exists():
        raise ArtifactError(f"{path}: there is no such folder. Name one that kaug has written.")
    if manifest is None:
        raise ArtifactError(f"{path}: there is no finished artifact here (no {MANIFEST}). Run the stage again.")
    if manifest["format"] != FORMAT:
        raise ArtifactError(f"{path / MANIFEST}: not a manifest of format {FORMAT}. {_AGAIN}")
    if stage is not None and manifest["stage"] != stage:
        raise ArtifactError(f"{path}: this is an artifact of stage {manifest['stage']!r}; expected {stage!r}.")
    files: dict[str, dict[str, Any]] = manifest["files"]
    for name, promised in files.items():
        file = path / name
        if not file.is_file():
            raise ArtifactError(f"{file}: missing, though the manifest names it. {_AGAIN}")
        size = file.stat().st_size
        if size != promised["bytes"]:
            raise ArtifactError(f"{file}: {size} bytes, the manifest says {promised['bytes']}. {_AGAIN}")
        if verify:
            _verify(file, promised["sha256"])
    known = {name: manifest[name] for name in ("stage", "digest", "fingerprint", "counts", "inputs", "details")}
    return Artifact(path, **known, files={name: promised["sha256"] for name, promised in files.items()})


def verify_file(artifact: Artifact, name: str) -> Path:
    """Verify one file of an artifact that was loaded with `verify=False`, and return its path.

    Raises:
        ArtifactError: It was altered.
    """
    _verify(artifact.path / name, artifact.files[name])
    return artifact.path / name


def _verify(file: Path, sha256: str) -> None:
    if file_digest(file) != sha256:
        raise ArtifactError(f"{file}: altered since it was written (SHA-256). {_AGAIN}")


def _sealed(manifest: Mapping[str, Any]) -> str:
    """Write a manifest with a digest of itself, so that a change of any part is detected."""
    body = {key: value for key, value in manifest.items() if key != "seal"}
    seal = hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()
    return json.dumps({**body, "seal": seal}, indent=2, ensure_ascii=False) + "\n"
