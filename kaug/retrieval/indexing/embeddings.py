"""Facts → their distinct sentences → shards of the sentences' vectors, reused from earlier shards where possible.

A build writes each full shard into a working folder, under a name made of the sentences' digests. So an interrupted build is
continued, and at most one shard is in memory. Sentences are made again where they are needed, in less than a microsecond each.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.errors import ArtifactError
from kaug.retrieval.encoder import Encoder
from kaug.retrieval.indexing.vectors import Shard, Vectors, bytes_of, read_shard, write_shard
from kaug.store.digests import code_digest, fingerprint
from kaug.wording.wording import Wording

__all__ = [
    "PART",
    "SHARD",
    "Encode",
    "Sentences",
    "distinct_sentences",
    "embed",
    "encoder_digest",
    "sentence_digests",
    "sentences_digest",
]

SHARD = 65_536
"""The number of sentences in a shard; the last has the rest."""

PART = 16_384
"""The number of sentences that are encoded together; the last part of a shard has the rest."""

Encode = Callable[[Sequence[Numbers]], Iterator[NDArray[np.float32]]]
"""Parts, each the numbers of some sentences → the vectors of each part in turn, float32 (sentences, dimension)."""

_BLOCK = 65_536
_CHECKED = 64  # sentences whose vectors are compared with the encoder's before any are taken over


@dataclass(frozen=True)
class Sentences:
    """The distinct sentences of a knowledge base's facts, the plainest one of each fact.

    Attributes:
        wording: Writes the sentences.
        digests: The digest of each distinct sentence, in the order of the first facts with them.
        number: int32 (facts,): the number of each fact's sentence.
        first: int64 (sentences,): the row of the first fact with each sentence.
    """

    wording: Wording
    digests: pa.Array
    number: NDArray[np.int32]
    first: Numbers

    def text(self, numbers: Numbers) -> pa.Array:
        """Return sentences by their numbers."""
        return self.wording.sentences(self.first[numbers])


def distinct_sentences(wording: Wording) -> Sentences:
    """Find the distinct sentences of a knowledge base's facts."""
    blocks = [sentence_digests(sentences) for _, sentences in _blocks(wording)]
    digests = pa.concat_arrays(blocks or [pa.array([], pa.binary(16))]).dictionary_encode()
    number = digests.indices.to_numpy()
    first = np.flatnonzero(np.diff(np.maximum.accumulate(number), prepend=-1))
    return Sentences(wording, digests.dictionary, number, first)


def sentence_digests(sentences: pa.Array) -> pa.Array:
    """Return the digests that identify sentences: 16-byte BLAKE2b.

    Examples:
        >>> sentence_digests(pa.array(["Lomé"]))[0].as_py().hex()
        'de0f1bd1155b801535b93d0ef5cd1f25'
    """
    digests = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in sentences.to_pylist()]
    return pa.array(digests, pa.binary(16))


def sentences_digest(wording: Wording) -> str:
    """Hash the ids of a knowledge base's facts and their sentences, as Arrow holds them, to a hex digest."""
    digest = hashlib.blake2b(digest_size=16)
    for start, sentences in _blocks(wording):
        _, offsets, text = sentences.buffers()
        ends = np.frombuffer(offsets, np.int32)[sentences.offset :][: len(sentences) + 1]
        digest.update(bytes_of(wording.kb.facts["fact"].slice(start, _BLOCK).combine_chunks()))
        digest.update(ends - ends[0])
        digest.update(memoryview(text or b"")[ends[0] : ends[-1]])
    return digest.hexdigest()


def _blocks(wording: Wording) -> Iterator[tuple[int, pa.Array]]:
    count = wording.kb.facts.num_rows
    for start in range(0, count, _BLOCK):
        yield start, wording.sentences(np.arange(start, min(start + _BLOCK, count)))


def encoder_digest(encoder: Encoder) -> str:
    """Return a digest of an encoder's name, dimension, backend, files and code.

    The files of a caller's own object are not known; `embed` detects other weights by their vectors.
    """
    return fingerprint(
        encoder=encoder.name,
        dimension=encoder.dimension,
        backend=encoder.backend,
        model=encoder.digest,
        code=code_digest("kaug.retrieval.encoder"),
    )


def embed(
    digests: pa.Array,
    sentences: Callable[[Numbers], pa.Array],
    encoder: Encoder,
    work: Path,
    earlier: Iterable[Path] = (),
    progress: Callable[[int], None] | None = None,
    *,
    shard_size: int = SHARD,
    part_size: int = PART,
    encode: Encode | None = None,
) -> tuple[list[Shard], int]:
    """Embed sentences into shards, reusing the vectors in earlier shards.

    Args:
        digests: The `sentence_digests` of the sentences, n, all distinct.
        sentences: Returns the sentences of row numbers.
        encoder: The encoder.
        work: The folder that the shards are written into, made if absent. Shards of an unfinished build there are used.
        earlier: More files that may be shards. Files that are damaged or of another encoder are ignored; all are ignored if
            the encoder now returns other vectors, by more than 1e-6, for a sample of their sentences.
        progress: Called with the number of sentences done since the last call.
        shard_size: The number of sentences in a shard.
        part_size: The maximum number of sentences that are encoded together.
        encode: Encodes the parts elsewhere, as `encoder` would; here if None.

    Returns:
        The shards in the order of the sentences, and the number of sentences that were not embedded.

    Raises:
        PipelineError: The encoder returns rows of another shape, or numbers that are not finite.
    """
    maker = encoder_digest(encoder)
    work.mkdir(parents=True, exist_ok=True)
    known = _intact_shards([*sorted(work.glob("*.arrow")), *earlier], encoder.dimension, maker)
    held = pa.concat_arrays([shard.digests for shard in known] or [pa.array([], pa.binary(16))])
    position = pc.fill_null(pc.index_in(digests, held), -1).to_numpy().astype(np.int64)
    vectors = Vectors([shard.vectors for shard in known], encoder.dimension)
    taken = np.flatnonzero(position >= 0)
    sample = taken[:: max(1, -(-len(taken) // _CHECKED))]
    now = encoder.encode(sentences(sample).to_pylist())
    if not np.allclose(now, vectors[position[sample]], rtol=0, atol=1e-6):
        position[:], taken, known = -1, taken[:0], []
    whole = {shard.path for shard in known if shard.path.stem == _name(shard.digests)}
    starts = range(0, len(digests), shard_size)
    paths = [work / f"{_name(digests.slice(start, shard_size))}.arrow" for start in starts]
    entries = [position[start : start + shard_size] for start in starts]
    missing = [
        np.empty(0, np.int64) if path in whole else start + np.flatnonzero(entry < 0)
        for start, path, entry in zip(starts, paths, entries, strict=True)
    ]
    parts = [part for new in missing for part in _in_parts(new, part_size)]
    made = encode(parts) if encode else (encoder.encode(sentences(part).to_pylist(), progress) for part in parts)
    shards = []
    for start, path, entry, new in zip(starts, paths, entries, missing, strict=True):
        old = np.flatnonzero(entry >= 0)
        if progress and len(old):
            progress(len(old))
        if path not in whole:
            rows = np.empty((len(entry), encoder.dimension), np.float32)
            rows[old] = vectors[entry[old]]
            for part in _in_parts(new, part_size):
                rows[part - start] = next(made)
            write_shard(path, digests.slice(start, shard_size), rows, maker)
        shards.append(read_shard(path, encoder.dimension))
    return shards, len(taken)


def _in_parts(numbers: Numbers, size: int) -> list[Numbers]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def _intact_shards(files: Sequence[Path], dimension: int, maker: str) -> list[Shard]:
    shards = []
    for file in files:
        try:
            shard = read_shard(file, dimension)
        except ArtifactError:
            continue
        if shard.maker == maker and shard.intact():
            shards.append(shard)
    return shards


def _name(digests: pa.Array) -> str:
    return hashlib.blake2b(bytes_of(digests), digest_size=16).hexdigest()
