"""Sentences → their vectors, taken over from an earlier index where it holds them."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.artifact import load
from kaug.errors import ArtifactError, PipelineError
from kaug.retrieval.encoder import Encoder

__all__ = ["AGAIN", "FILES", "FORMAT", "embed", "marks_of", "read_vectors"]

FILES = ("embeddings.arrow", "index.faiss", "index.json")
FORMAT = 2
AGAIN = "Build the index again."
# So many of the vectors taken over from an earlier index are made again: they must come out the same.
_CHECKED = 64


def marks_of(sentences: pa.Array) -> pa.Array:
    """Return the digests by which sentences are known again: 16-byte BLAKE2b."""
    digests = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in sentences.to_pylist()]
    return pa.array(digests, pa.binary(16))


def embed(
    sentences: pa.Array,
    marks: pa.Array,
    encoder: Encoder,
    previous: Path | None,
    progress: Callable[[int], None] | None,
) -> tuple[NDArray[np.float32], int]:
    """Embed sentences, but those that an earlier index holds.

    Args:
        sentences: Strings, n, no two the same.
        marks: What `marks_of` makes of them.
        encoder: The encoder.
        previous: The finished artifact of an earlier index; what is no intact one of this encoder holds nothing. Nor does
            it if the encoder now gives other vectors for a sample of it: other weights, another machine or version.
        progress: Called with the number of sentences done since the last call.

    Returns:
        float32 (n, dimension), and how many of the rows were taken over.

    Raises:
        PipelineError: The encoder gives rows of another shape than it promises.
    """

    def encode(rows: NDArray[np.int64], progress: Callable[[int], None] | None) -> NDArray[np.float32]:
        found = encoder.encode(sentences.take(pa.array(rows)).to_pylist(), progress)
        promised = (len(rows), encoder.dimension)
        if found.shape != promised:
            raise PipelineError(f"The encoder {encoder.name!r} gave rows of shape {found.shape}, not {promised}.")
        return np.ascontiguousarray(found, np.float32)

    place, known = _known(marks, encoder, previous)
    have = np.flatnonzero(place >= 0)
    checked = have[:: max(1, -(-len(have) // _CHECKED))]
    if len(checked) and not np.array_equal(encode(checked, None), known[place[checked]]):
        place[:], have = -1, have[:0]
    vectors = np.empty((len(sentences), encoder.dimension), np.float32)
    vectors[have] = known[place[have]]
    if progress and len(have):
        progress(len(have))
    rest = np.flatnonzero(place < 0)
    vectors[rest] = encode(rest, progress)
    return vectors, len(have)


def _known(marks: pa.Array, encoder: Encoder, previous: Path | None) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Where each sentence stands in an earlier index, -1 for nowhere, and that index's vectors."""
    nothing = np.full(len(marks), -1, np.int64), np.empty((0, encoder.dimension), np.float32)
    if previous is None:
        return nothing
    try:
        load(previous, stage="retrieval")
        about, table, vectors = read_vectors(previous)
    except ArtifactError:
        return nothing
    if (about["encoder"], about["dimension"]) != (encoder.name, encoder.dimension):
        return nothing
    place = pc.fill_null(pc.index_in(marks, table["sentence"].combine_chunks()), -1)
    return place.to_numpy().astype(np.int64), vectors


def read_vectors(folder: Path) -> tuple[dict[str, Any], pa.Table, NDArray[np.float32]]:
    """Read what is in an index's folder, but for the FAISS index.

    Returns:
        `index.json`; the table of facts, marks of sentences and vectors; the vectors, float32 (facts, dimension), a view.

    Raises:
        ArtifactError: A file is missing, damaged or of another format.
    """
    for name in FILES:
        if not (folder / name).is_file():
            raise ArtifactError(f"{folder / name}: missing; an index holds {', '.join(FILES)}. {AGAIN}")
    file = folder / FILES[2]
    try:
        about = json.loads(file.read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}; expected {FORMAT}")
        missing = {"encoder", "dimension", "language", "count", "facts", "kind", "recall_at_10"} - set(about)
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        file = folder / FILES[0]
        table = pa.ipc.open_file(pa.memory_map(os.fspath(file))).read_all()
        vector = pa.list_(pa.float32(), about["dimension"])
        wanted = pa.schema({"fact": pa.binary(16), "sentence": pa.binary(16), "vector": vector})
        if table.schema != wanted:
            raise ValueError(f"its columns are {table.schema}; they should be {wanted}")
        vectors = table["vector"].combine_chunks().flatten().to_numpy().reshape(-1, about["dimension"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{file}: unusable: {error}. {AGAIN}") from error
    return about, table, vectors
