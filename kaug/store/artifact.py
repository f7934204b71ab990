"""A stage's output → a finished folder that is whole or absent, and verified when read.

An artifact is a folder whose `manifest.json`, written last, names every file with its SHA-256 and size, the stage that
made it, the digests of its inputs and a fingerprint of all that decides its content. It is written beside its final
place, synced to disk and then renamed, so that no reader ever sees half of one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kaug.errors import ArtifactError
from kaug.store.digests import file_digest, fingerprint

__all__ = ["Artifact", "Draft", "load", "lock", "publish"]

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
        digest: Hex digest of the content: of the names and SHA-256 sums of all files, nothing else.
        fingerprint: Hex digest of the settings, inputs and code that decide the content.
        counts: What the stage counted, rows that it left out among them.
        inputs: The digests of the artifacts it was made from.
        details: What else the stage noted: settings, the encoder's name, the seconds it took.
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
    """An artifact in the making: write files into `path`, count into `counts`, note into `details`."""

    path: Path
    counts: dict[str, int] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the only right to write below a folder; a second process is refused with a clear error.

    Args:
        path: The folder; it is made if absent.

    Raises:
        ArtifactError: Another process holds it, or the folder cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot write here: {error.strerror}. Name another folder with --out.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
            raise ArtifactError(
                f"{path}: another kaug (process {holder}) is building here. Wait for it, or name another folder with --out."
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def publish(path: Path, *, stage: str, fingerprint: str, inputs: Mapping[str, str] | None = None) -> Iterator[Draft]:
    """Write an artifact: the block fills the draft's folder, and only a whole one takes the place of the old.

    Args:
        path: Where the finished folder shall stand.
        stage: The stage's name.
        fingerprint: See `fingerprint`.
        inputs: The digests of the artifacts it is made from.

    Yields:
        The draft to be filled.

    Raises:
        ArtifactError: The disk is full, the folder cannot be written, or what stands there is no artifact. Nothing half-made
            is left.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "1-notes"
        >>> with publish(folder, stage="notes", fingerprint="f") as draft:
        ...     _ = (draft.path / "a.txt").write_text("hello")
        >>> load(folder, stage="notes").stage
        'notes'
    """
    path = Path(path)
    draft = Draft(path.parent / f".{path.name}.draft")
    if _foreign(path):
        raise ArtifactError(f"{path}: what stands here was not made by kaug (no {MANIFEST}). Move it away.")
    alone = not path.parent.exists()
    try:
        shutil.rmtree(draft.path, ignore_errors=True)
        draft.path.mkdir(parents=True)
        yield draft
        files = {}
        for file in sorted(draft.path.rglob("*")):
            if file.is_file():
                _sync(file)
                name = file.relative_to(draft.path).as_posix()
                files[name] = {"sha256": file_digest(file), "bytes": file.stat().st_size}
        manifest = {
            "format": FORMAT,
            "stage": stage,
            "digest": _content_digest(files),
            "fingerprint": fingerprint,
            "inputs": dict(inputs or {}),
            "counts": draft.counts,
            "details": draft.details,
            "files": files,
        }
        write_whole(draft.path / MANIFEST, _sealed(manifest))
        _replace(draft.path, path)
    except OSError as error:
        _discard(draft.path, alone)
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(f"{path}: cannot be written: {error.strerror or error}. Nothing was left there.") from error
    except BaseException:
        _discard(draft.path, alone)
        raise


def _discard(draft: Path, alone: bool) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    if alone:
        with contextlib.suppress(OSError):
            draft.parent.rmdir()


def promised_fingerprint(path: Path) -> str | None:
    """Read the fingerprint in a folder's manifest, and verify nothing.

    Args:
        path: The folder.

    Returns:
        The fingerprint; None if there is no manifest of this format.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        return None
    return str(manifest.get("fingerprint"))


def load(path: Path, *, stage: str | None = None, verify: bool = True) -> Artifact:
    """Read a finished folder's manifest and verify every file that it names.

    Args:
        path: The folder.
        stage: The stage it must be of, if given.
        verify: Whether to compare the SHA-256 sums; sizes and names are compared in any case.

    Returns:
        The artifact.

    Raises:
        ArtifactError: It is absent, of another stage or format, or a file is missing, cut or altered.
    """
    path = Path(path)
    try:
        text = (path / MANIFEST).read_text(encoding="utf-8")
        manifest = json.loads(text)
    except FileNotFoundError:
        raise ArtifactError(
            f"{path}: there is no finished artifact here (no {MANIFEST}). Run the stage again."
        ) from None
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path / MANIFEST}: cannot be read: {error}. {_AGAIN}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not manifest.keys() >= _KEYS:
        raise ArtifactError(f"{path / MANIFEST}: not a manifest of format {FORMAT}. {_AGAIN}")
    if text != _sealed(manifest):
        raise ArtifactError(f"{path / MANIFEST}: altered since it was written. {_AGAIN}")
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
    if manifest["digest"] != _content_digest(files):
        raise ArtifactError(f"{path / MANIFEST}: altered since it was written. {_AGAIN}")
    return Artifact(
        path,
        manifest["stage"],
        manifest["digest"],
        manifest["fingerprint"],
        manifest["counts"],
        manifest["inputs"],
        manifest["details"],
        {name: promised["sha256"] for name, promised in files.items()},
    )


def verify_file(found: Artifact, name: str) -> Path:
    """Verify one file of an artifact that was loaded with `verify=False`.

    Args:
        found: The artifact.
        name: The file's name below its folder.

    Returns:
        The file.

    Raises:
        ArtifactError: It was altered.
    """
    _verify(found.path / name, found.files[name])
    return found.path / name


def _verify(file: Path, sha256: str) -> None:
    if file_digest(file) != sha256:
        raise ArtifactError(f"{file}: altered since it was written (SHA-256). {_AGAIN}")


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that it appears whole or not at all.

    Args:
        path: The file.
        text: Its content, written as UTF-8.
    """
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    _sync(path.parent)


def _sealed(manifest: Mapping[str, Any]) -> str:
    """Write a manifest with a digest of itself, so that no part of it can change unseen."""
    body = {key: value for key, value in manifest.items() if key != "seal"}
    seal = hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()
    return json.dumps({**body, "seal": seal}, indent=2, ensure_ascii=False) + "\n"


def _content_digest(files: Mapping[str, Mapping[str, Any]]) -> str:
    return fingerprint(files={name: promised["sha256"] for name, promised in files.items()})


def _foreign(path: Path) -> bool:
    if not path.is_dir():
        return path.exists()
    return not (path / MANIFEST).exists() and any(path.iterdir())


def _replace(draft: Path, path: Path) -> None:
    old = path.parent / f".{path.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    _sync(draft)
    if path.exists():
        path.rename(old)
    draft.rename(path)
    _sync(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
