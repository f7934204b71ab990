"""Descriptions of artifacts, tables and this machine."""

import contextlib
import importlib.metadata
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from kaug.errors import ArtifactError, ModelError
from kaug.store import artifact

__all__ = ["describe", "environment", "machine", "readable", "versions"]

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
_MOST_ITEMS, _MOST_CHARACTERS = 8, 2_000


def describe(path: Path, rows: int = 5) -> dict[str, Any]:
    """Verify and describe an artifact, all artifacts below a folder, or one table.

    Args:
        path: A folder or an Arrow file.
        rows: The number of rows to show of each table.

    Returns:
        Contents by title, ready for JSON; `readable` turns them into lines.

    Raises:
        ArtifactError: The path has no artifact or table of kaug, or it was altered.
    """
    path = Path(path)
    if path.is_file():
        _verify_in_artifact(path)
        return {str(path): _table(path, rows)}
    if (path / artifact.MANIFEST).is_file():
        made = artifact.load(path)
        about: dict[str, Any] = {
            "stage": made.stage,
            "digest": made.digest,
            "inputs": [dict(made.inputs)],
            "counts": [dict(made.counts)],
            "details": [dict(made.details)],
        }
        for name in sorted(name for name in made.files if name.endswith(".arrow")):
            about[name] = _table(path / name, rows)
        return about
    stages = sorted(folder for folder in path.glob("[0-9]*") if folder.is_dir())
    below = [made for stage in stages for made in _artifacts(stage)]
    if not below:
        raise ArtifactError(f"{path}: no artifact, no table, and no artifacts below it.")
    return {made.path.relative_to(path).as_posix(): [made.digest] for made in below}


def _artifacts(folder: Path) -> Iterator[artifact.Artifact]:
    """Verify the artifact in a folder, or those in its subfolders."""
    inner = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    if (folder / artifact.MANIFEST).exists() or any(one.is_file() for one in inner):
        yield artifact.load(folder)
    else:
        for one in inner:
            yield from _artifacts(one)


def _verify_in_artifact(file: Path) -> None:
    """Verify a file by the manifest of its artifact, if it has one."""
    for folder in list(Path(os.path.abspath(file)).parents)[:3]:
        if (folder / artifact.MANIFEST).is_file():
            made = artifact.load(folder, verify=False)
            name = Path(os.path.abspath(file)).relative_to(folder).as_posix()
            if name in made.files:
                artifact.verify_file(made, name)
            return


def _table(path: Path, rows: int) -> list[Any]:
    try:
        with pa.memory_map(str(path)) as source:
            try:
                table = pa.ipc.open_file(source).read_all()
            except pa.ArrowInvalid:
                source.seek(0)
                table = pa.ipc.open_stream(source).read_all()
            # Damaged files are not safe to read: offsets may point anywhere.
            table.validate()
            shown = table.slice(0, rows)
            shown.validate(full=True)
            return [
                f"{table.num_rows:,} rows",
                *(
                    {name: _value(shown.column(name)[row]) for name in shown.column_names}
                    for row in range(shown.num_rows)
                ),
            ]
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, RecursionError, KeyError) as error:
        why = str(error).split("\n", 1)[0][:200] or type(error).__name__
        raise ArtifactError(f"{path}: no Arrow table that can be read: {why}") from error


def _value(cell: Any) -> Any:
    """Convert a cell to JSON types; long texts and lists are cut."""
    if isinstance(cell, pa.DictionaryScalar):
        return _value(cell.value)
    if not cell.is_valid:
        return None
    if isinstance(cell, pa.ListScalar | pa.LargeListScalar | pa.FixedSizeListScalar):
        items = cell.values
        more = [f"… {len(items) - _MOST_ITEMS:,} more"] if len(items) > _MOST_ITEMS else []
        return [*map(_value, items[:_MOST_ITEMS]), *more]
    if isinstance(cell, pa.StructScalar):
        return {name: _value(cell[name]) for name in cell}
    if isinstance(cell, pa.StringScalar | pa.LargeStringScalar):
        text = cell.as_buffer()[: 4 * _MOST_CHARACTERS].to_pybytes().decode("utf-8", "ignore")
        return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
    if isinstance(cell, pa.BinaryScalar | pa.LargeBinaryScalar | pa.FixedSizeBinaryScalar):
        return cell.as_buffer()[:64].to_pybytes().hex()
    value = cell.as_py()
    return value if isinstance(value, bool | int | float | str) else str(value)


def readable(about: dict[str, Any]) -> Iterator[str]:
    """Format the result of `describe` as lines, with readable rows, probes and answers."""
    for title, entries in about.items():
        if isinstance(entries, str):
            yield f"{title}: {entries}"
            continue
        if isinstance(entries[0], dict):
            yield f"{title}:"
            yield from (f"  {name}: {_short(value)}" for name, value in entries[0].items())
            continue
        yield f"{title}: {entries[0]}"
        for number, row in enumerate(entries[1:], start=1):
            first, *rest = _row(row)
            yield f"{number:3}. {first}"
            yield from (f"     {line}" for line in rest)


def _row(row: dict[str, Any]) -> list[str]:
    """Format a table row: a line of metadata, and its texts below."""
    text = {name: _short(value) for name, value in row.items() if value is not None}
    if {"prompt", "completion", "form", "family", "language"} <= text.keys():
        ids = [_short(fact)[:8] for fact in row.get("facts") or []]
        head = [text["form"], text["family"], text["language"], *([f"facts {' '.join(ids)}"] if ids else [])]
        return [" · ".join(head), *f"{text['prompt']} → {text['completion']}".lstrip().split("\n")]
    if {"prompt", "answers", "kind", "language", "id"} <= text.keys():
        head = [text["kind"], text["language"], text["id"]]
        return [" · ".join(head), *text["prompt"].split("\n"), f"answers: {text['answers']}"]
    if {"probe", "answer", "score", "prompt", "arm", "seed"} <= text.keys():
        verdict = "right" if row["score"] == 1 else "wrong" if row["score"] == 0 else f"score {text['score']}"
        head = [verdict, f"{text['arm']}, seed {text['seed']}", text["probe"]]
        return [" · ".join(head), *text["prompt"].split("\n"), f"answer: {text['answer'].strip() or '(nothing)'}"]
    return [", ".join(f"{name}: {value}" for name, value in text.items() if value)]


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return " | ".join(map(_short, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def environment() -> dict[str, Any]:
    """Return the versions, processor, accelerator, models and cache folder of this machine."""
    from kaug.models.cache import cache_dir
    from kaug.models.find import find_encoder, find_language_model
    from kaug.models.precision import fitting_precision
    from kaug.version import __version__

    about: dict[str, Any] = {"kaug": __version__, **versions(), **_hardware()}
    about["cache"] = str(cache_dir())
    for name, find in (("smollm2-135m", find_language_model), ("all-MiniLM-L6-v2", find_encoder)):
        try:
            folder = find(name)
            about[f"model {name}"] = str(folder)
            if find is find_language_model:
                about["precision"] = fitting_precision("auto", folder)
        except ModelError as error:
            about[f"model {name}"] = str(error)
    return about


def versions() -> dict[str, str]:
    """Return the installed versions of packages that affect results."""
    installed = {}
    for name in _PACKAGES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed[name] = "not installed"
    return installed


def machine() -> str:
    """Describe the machine in a line: processor, cores, memory, accelerator."""
    return ", ".join(_hardware().values())


def _hardware() -> dict[str, str]:
    processor = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = "memory unknown"
    with contextlib.suppress(ValueError, OSError, AttributeError):
        memory = f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    import torch

    accelerator = "no accelerator"
    if torch.cuda.is_available():
        accelerator = torch.cuda.get_device_name(0)
    elif torch.accelerator.is_available():
        accelerator = str(torch.accelerator.current_accelerator())
    return {
        "processor": processor,
        "cores": f"{cores} core{'s' * (cores != 1)}",
        "memory": memory,
        "accelerator": accelerator,
    }
