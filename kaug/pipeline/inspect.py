"""A path → what stands there; this machine → what kaug finds on it."""

import contextlib
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

import pyarrow as pa

from kaug.errors import ArtifactError, ModelError
from kaug.store import artifact

__all__ = ["describe", "environment", "machine", "versions"]

_PACKAGES = (
    "torch",
    "transformers",
    "datasets",
    "sentence-transformers",
    "faiss-cpu",
    "pyarrow",
    "pyoxigraph",
    "rdflib",
)


def describe(path: Path, rows: int = 5) -> dict[str, Any]:
    """Describe an artifact, all artifacts below a folder, or one table.

    Args:
        path: A folder or an Arrow file.
        rows: How many rows of a table to show.

    Returns:
        Titles and what stands under them, ready for JSON.

    Raises:
        ArtifactError: There is nothing of kaug's there, or it was altered.
    """
    path = Path(path)
    if path.is_file():
        return {str(path): _table(path, rows)}
    if (path / artifact.MANIFEST).is_file():
        found = artifact.load(path)
        about: dict[str, Any] = {
            "stage": found.stage,
            "digest": found.digest,
            "inputs": [dict(found.inputs)],
            "counts": [dict(found.counts)],
            "details": [dict(found.details)],
        }
        for file in sorted(path.glob("*.arrow")):
            about[file.name] = _table(file, rows)
        return about
    below = sorted(path.glob("[0-9]*/**/" + artifact.MANIFEST))
    if not below:
        raise ArtifactError(f"{path}: no artifact, no table, and no artifacts below it.")
    return {
        str(manifest.parent.relative_to(path)): [json.loads(manifest.read_text(encoding="utf-8"))["digest"]]
        for manifest in below
    }


def _table(path: Path, rows: int) -> list[Any]:
    with pa.memory_map(str(path)) as source:
        try:
            table = pa.ipc.open_file(source).read_all()
        except pa.ArrowInvalid:
            try:
                source.seek(0)
                table = pa.ipc.open_stream(source).read_all()
            except pa.ArrowInvalid as error:
                raise ArtifactError(f"{path}: no Arrow table: {error}") from error
        shown = table.slice(0, rows).to_pylist()
        return [f"{table.num_rows:,} rows", *({k: _short(v) for k, v in row.items()} for row in shown)]


def _short(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list) and len(value) > 8:
        return [*value[:8], f"… {len(value) - 8} more"]
    return value


def environment() -> dict[str, Any]:
    """Say what kaug finds on this machine: versions, machine, models, cache folder."""
    from kaug.models.find import cache_dir, find_encoder, find_language_model
    from kaug.version import __version__

    found: dict[str, Any] = {"kaug": __version__}
    found.update(versions())
    found["machine"] = machine()
    found["cache"] = str(cache_dir())
    for name, find in (("smollm2-135m", find_language_model), ("all-MiniLM-L6-v2", find_encoder)):
        try:
            found[f"model {name}"] = str(find(name))
        except ModelError as error:
            found[f"model {name}"] = str(error)
    return found


def versions() -> dict[str, str]:
    """Return the installed versions of the packages that decide a result."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> str:
    """Describe the machine in a line: processor, cores, memory, accelerator."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    text = f"{name}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"
    with contextlib.suppress(ValueError, OSError, AttributeError):
        text += f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    import torch

    if torch.cuda.is_available():
        text += f", {torch.cuda.get_device_name(0)}"
    return text
