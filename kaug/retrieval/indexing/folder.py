"""An index → the files of its folder, and back, none of them read before it is known to be whole.

index.json           what it is, and the size and SHA-256 of each other file
facts.arrow          the id of each fact, and the number of the sentence that says it
embeddings/*.arrow   the vectors of the sentences, in shards
index.faiss          their codes, if the search is not exact
"""

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.errors import ArtifactError
from kaug.retrieval.indexing.codes import Codes, read_codes
from kaug.retrieval.indexing.vectors import Shard, Vectors, read_shard
from kaug.store.digests import file_digest

__all__ = ["AGAIN", "FORMAT", "read_folder", "write_folder"]

AGAIN = "Build the index again."
FORMAT = 3

# A folder that is being replaced is not there for the time between two renames.
_TRIES, _PAUSE = 20, 0.01

_ABOUT, _FACTS, _CODES, _SHARDS = "index.json", "facts.arrow", "index.faiss", "embeddings"
_COLUMNS = pa.schema({"fact": pa.binary(16), "sentence": pa.int32()})
_KEYS = {
    "format": int,
    "encoder": str,
    "dimension": int,
    "language": str,
    "count": int,
    "distinct": int,
    "facts": str,
    "kind": str,
    "recall_wanted": float,
    "recall_at_10": float,
    "factor": int,
    "probes": int,
    "files": dict,
}


def write_folder(
    folder: Path,
    about: Mapping[str, Any],
    facts: pa.ChunkedArray,
    sentence: NDArray[np.int32],
    shards: Sequence[Shard],
    codes: Codes,
) -> None:
    """Write an index into a folder that exists; shards are linked there if they stand on the same disk.

    Args:
        folder: The folder.
        about: What `index.json` says, but for the format and the files.
        facts: The facts' ids.
        sentence: The number of each fact's sentence.
        shards: The shards of the sentences' vectors.
        codes: Their codes.

    Raises:
        ArtifactError: An index is there already, which may be the one that is written.
    """
    there = [name for name in (_ABOUT, _FACTS, _CODES, _SHARDS) if (folder / name).exists()]
    if there:
        raise ArtifactError(f"{folder}: holds {', '.join(there)} already; save into an empty folder.")
    table = pa.table({"fact": facts.combine_chunks(), "sentence": sentence}, schema=_COLUMNS)
    with pa.OSFile(os.fspath(folder / _FACTS), "wb") as sink, pa.ipc.new_file(sink, _COLUMNS) as writer:
        writer.write_table(table)
    codes.write(folder / _CODES)
    files = {name: _whole(folder / name) for name in (_FACTS, _CODES) if (folder / name).exists()}
    (folder / _SHARDS).mkdir()
    for number, shard in enumerate(shards):
        name = f"{_SHARDS}/{number:05}.arrow"
        try:
            os.link(shard.path, folder / name)
        except OSError:  # on another disk, or on one without links
            shutil.copyfile(shard.path, folder / name)
        files[name] = {"bytes": shard.path.stat().st_size, "sha256": shard.digest}
    text = json.dumps({"format": FORMAT, **about, "files": files}, indent=2)
    (folder / _ABOUT).write_text(text + "\n", encoding="utf-8")


def _whole(file: Path) -> dict[str, Any]:
    return {"bytes": file.stat().st_size, "sha256": file_digest(file)}


def read_folder(folder: Path) -> tuple[dict[str, Any], pa.Table, list[Shard], Codes]:
    """Open what `write_folder` wrote.

    The size of each file is compared with what `index.json` says, and so is the SHA-256 of all but the shards, whose
    vectors are not read; `kaug.store.artifact.load` does that. A folder that is replaced meanwhile is opened again: what is
    returned is of one index.

    Returns:
        `index.json`; the table of facts; the shards; the codes of their vectors.

    Raises:
        ArtifactError: A file is missing, cut, altered or of another index or format.
    """
    for last in [False] * _TRIES + [True]:
        seen = _identity(folder)
        try:
            found, failed = _read(folder), None
        except OSError as error:  # an ArtifactError is one
            found, failed = None, error
        if (seen and seen == _identity(folder)) or last:
            break
        time.sleep(_PAUSE)
    if found is None:
        if isinstance(failed, ArtifactError):
            raise failed
        raise ArtifactError(f"{folder}: cannot be read: {failed}. {AGAIN}") from failed
    return found


def _identity(folder: Path) -> tuple[int, int] | None:
    """What changes when another folder takes the place of this one; None while there is none."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read(folder: Path) -> tuple[dict[str, Any], pa.Table, list[Shard], Codes]:
    about = _read_about(folder / _ABOUT)
    for name, promised in about["files"].items():
        file = folder / name
        size = file.stat().st_size if file.is_file() else None
        if size != promised["bytes"]:
            found = "missing" if size is None else f"cut: {size} bytes"
            raise ArtifactError(f"{file}: {found}; it should have {promised['bytes']} bytes. {AGAIN}")
        if not name.startswith(_SHARDS) and file_digest(file) != promised["sha256"]:
            raise ArtifactError(f"{file}: altered since it was written (SHA-256). {AGAIN}")
    shards = []
    for name in sorted(name for name in about["files"] if name.startswith(_SHARDS)):
        shards.append(read_shard(folder / name, about["dimension"]))
        if shards[-1].digest != about["files"][name]["sha256"]:
            raise ArtifactError(f"{folder / name}: of another index, or altered since it was written. {AGAIN}")
    vectors = Vectors([shard.vectors for shard in shards], about["dimension"])
    if len(vectors) != about["distinct"]:
        raise ArtifactError(f"{folder}: there are {len(vectors)} vectors; it should be {about['distinct']}. {AGAIN}")
    settings = {name: about[name] for name in ("kind", "factor", "probes")}
    codes = read_codes(folder / _CODES, vectors, recall=about["recall_at_10"], **settings)
    table = pa.ipc.open_file(pa.memory_map(os.fspath(folder / _FACTS))).read_all()
    return about, table, shards, codes


def _read_about(file: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}; expected {FORMAT}")
        wrong = [key for key, kind in _KEYS.items() if not isinstance(about.get(key), kind)]
        files = {_FACTS, *((_CODES,) if about.get("kind") != "Flat" else ())}
        wrong += sorted(files - set(about.get("files") or ()))
        if wrong:
            raise ValueError(f"it lacks {', '.join(wrong)}")
    except FileNotFoundError:
        raise ArtifactError(f"{file}: missing; there is no index here. {AGAIN}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{file}: unusable: {error}. {AGAIN}") from error
    return about
