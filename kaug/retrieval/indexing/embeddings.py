"""Sentences → shards of their vectors, taken over from earlier ones where these hold them.

A build writes each shard into a working folder when it is full, under a name that says which sentences it holds. A build
that was killed thus finds what it had done; and what it is made of is never more than one shard in memory.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import ArtifactError, PipelineError
from kaug.retrieval.encoder import Encoder
from kaug.retrieval.indexing.vectors import Shard, Vectors, bytes_of, read_shard, write_shard
from kaug.store.digests import code_digest, fingerprint

__all__ = ["SHARD", "embed", "maker_of", "marks_of"]

SHARD = 65_536
"""The number of sentences in a shard; the last has what is left."""

# So many of the vectors taken over are made again: they must come out the same.
_CHECKED = 64


def marks_of(sentences: pa.Array) -> pa.Array:
    """Return the digests by which sentences are known again: 16-byte BLAKE2b.

    Examples:
        >>> marks_of(pa.array(["Lomé"]))[0].as_py().hex()
        'de0f1bd1155b801535b93d0ef5cd1f25'
    """
    digests = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in sentences.to_pylist()]
    return pa.array(digests, pa.binary(16))


def maker_of(encoder: Encoder) -> str:
    """Return a digest of what is known of an encoder beforehand: its name, dimension, backend and code.

    Other weights under the same name are found out by their vectors: see `embed`.
    """
    return fingerprint(
        encoder=encoder.name,
        dimension=encoder.dimension,
        backend=str(getattr(encoder, "backend", "")),
        code=code_digest("kaug.retrieval.encoder"),
    )


def embed(
    marks: pa.Array,
    sentences: Callable[[NDArray[np.int64]], pa.Array],
    encoder: Encoder,
    work: Path,
    earlier: Iterable[Path] = (),
    progress: Callable[[int], None] | None = None,
) -> tuple[list[Shard], int]:
    """Embed sentences into shards, but those that earlier shards hold.

    Args:
        marks: What `marks_of` makes of the sentences, n, no two the same.
        sentences: Gives the sentences of row numbers, int64.
        encoder: The encoder.
        work: The folder that the shards are written into, made if absent. What an earlier, unfinished build left there
            is used.
        earlier: More files that may be shards. One that is not intact, or was made by another encoder, holds nothing;
            none does if the encoder now gives other vectors for a sample of what they hold: other weights, another
            machine or version.
        progress: Called with the number of sentences done since the last call.

    Returns:
        The shards in the order of the sentences, and how many sentences were not embedded.

    Raises:
        PipelineError: The encoder gives rows of another shape than it promises, or numbers that are not finite.
    """

    def encode(rows: NDArray[np.int64], progress: Callable[[int], None] | None) -> NDArray[np.float32]:
        texts = sentences(rows).to_pylist()
        found = encoder.encode(texts, progress)
        promised = (len(rows), encoder.dimension)
        if found.shape != promised:
            raise PipelineError(f"The encoder {encoder.name!r} gave rows of shape {found.shape}, not {promised}.")
        odd = np.flatnonzero(~np.isfinite(found).all(axis=1))
        if len(odd):
            raise PipelineError(
                f"The encoder {encoder.name!r} gave numbers that are not finite for {len(odd)} of {len(rows)} sentences, "
                f"first for {texts[odd[0]]!r}."
            )
        return np.ascontiguousarray(found, np.float32)

    maker = maker_of(encoder)
    work.mkdir(parents=True, exist_ok=True)
    known = _trusted([*sorted(work.glob("*.arrow")), *earlier], encoder.dimension, maker)
    place, vectors = _places(marks, known, encoder.dimension)
    have = np.flatnonzero(place >= 0)
    checked = have[:: max(1, -(-len(have) // _CHECKED))]
    if len(checked) and not np.array_equal(encode(checked, None), vectors[place[checked]]):
        place[:], have, known = -1, have[:0], []
    whole = {shard.path for shard in known if shard.path.stem == _name(shard.marks)}
    shards = []
    for start in range(0, len(marks), SHARD):
        some = marks.slice(start, SHARD)
        path = work / f"{_name(some)}.arrow"
        there = place[start : start + SHARD] >= 0
        if progress and there.any():
            progress(int(there.sum()))
        if path not in whole:
            rows = np.empty((len(some), encoder.dimension), np.float32)
            rows[there] = vectors[place[start : start + SHARD][there]]
            if not there.all():
                rows[~there] = encode(start + np.flatnonzero(~there), progress)
            write_shard(path, some, rows, maker)
        shards.append(read_shard(path, encoder.dimension))
    return shards, len(have)


def _trusted(files: Sequence[Path], dimension: int, maker: str) -> list[Shard]:
    trusted = []
    for file in files:
        try:
            shard = read_shard(file, dimension)
        except ArtifactError:
            continue
        if shard.maker == maker and shard.intact():
            trusted.append(shard)
    return trusted


def _places(marks: pa.Array, known: Sequence[Shard], dimension: int) -> tuple[NDArray[np.int64], Vectors]:
    """Where each sentence stands in shards put together, -1 for nowhere; and the vectors there."""
    held = pa.concat_arrays([shard.marks for shard in known] or [pa.array([], pa.binary(16))])
    place = pc.fill_null(pc.index_in(marks, held), -1).to_numpy().astype(np.int64)
    return place, Vectors([shard.vectors for shard in known], dimension)


def _name(marks: pa.Array) -> str:
    """Name a shard by the sentences it holds."""
    return hashlib.blake2b(bytes_of(marks), digest_size=16).hexdigest()
