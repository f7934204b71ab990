"""Vectors of sentences → shards on disk → rows, read from the mapped files as if they were one array.

A shard is an Arrow file of one batch: the digest of each sentence, and its vector. Its schema's metadata has a digest of
the encoder, and the SHA-256 of both columns, so that a shard that is cut, altered or of another encoder is detected.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.errors import ArtifactError

__all__ = ["Shard", "Vectors", "bytes_of", "faiss", "one_thread", "read_shard", "write_shard"]

# Fewer pairs than this are scored by one thread: on a busy machine the others start too late.
_FEW = 2048


@dataclass(frozen=True)
class Shard:
    """A file of vectors.

    Attributes:
        path: The file.
        digests: 16 bytes a sentence, which identify it.
        vectors: float32 (sentences, dimension), a view of the file.
        maker: Digest of the encoder that made the vectors.
        digest: SHA-256 of digests and vectors, as it was when they were written.
    """

    path: Path
    digests: pa.Array
    vectors: NDArray[np.float32]
    maker: str
    digest: str

    def intact(self) -> bool:
        """Return whether digests and vectors are unaltered; this reads the whole file."""
        return self.digest == _digest(self.digests, self.vectors)


def write_shard(path: Path, digests: pa.Array, vectors: NDArray[np.float32], maker: str) -> None:
    """Write a shard atomically: digests of 16 bytes, their contiguous vectors, and the digest of the encoder."""
    about = {"maker": maker, "digest": _digest(digests, vectors)}
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
    batch = pa.record_batch({"sentence": digests, "vector": column}).replace_schema_metadata(about)
    draft = path.with_name(f".{path.name}.draft")  # synced with the artifact, not shard by shard
    with pa.OSFile(os.fspath(draft), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    draft.replace(path)


def read_shard(path: Path, dimension: int) -> Shard:
    """Memory-map a shard and check its dimension; only its header is read.

    Raises:
        ArtifactError: It is missing, cut, or something else.
    """
    try:
        reader = pa.ipc.open_file(pa.memory_map(os.fspath(path)))
        about = {key.decode(): value.decode() for key, value in (reader.schema.metadata or {}).items()}
        wanted = pa.schema({"sentence": pa.binary(16), "vector": pa.list_(pa.float32(), dimension)})
        if not reader.schema.equals(wanted) or about.keys() != {"maker", "digest"} or reader.num_record_batches != 1:
            raise ValueError(f"its columns are {reader.schema.types}; they should be {wanted.types}, in one batch")
        batch = reader.get_batch(0)
        vectors = batch["vector"].flatten().to_numpy().reshape(-1, dimension)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: unusable: {error}. Build the index again.") from error
    return Shard(path, batch["sentence"], vectors, **about)


def bytes_of(digests: pa.Array) -> memoryview:
    """Return the bytes of digests or ids, 16 each, without a copy."""
    return memoryview(digests.buffers()[1] or b"")[16 * digests.offset :][: 16 * len(digests)]


def _digest(digests: pa.Array, vectors: NDArray[np.float32]) -> str:
    digest = hashlib.sha256(bytes_of(digests))
    digest.update(vectors.data)
    return digest.hexdigest()


class Vectors:
    """Rows of vectors in several parts, which may be mapped files: rows are read when they are used.

    Attributes:
        parts: float32 (rows, dimension) each, one after the other.
        shape: The number of rows, and of components.

    Examples:
        >>> parts = [np.zeros((2, 4), np.float32), np.ones((1, 4), np.float32)]
        >>> Vectors(parts, 4)[np.array([2, 0])][:, 0].tolist()
        [1.0, 0.0]
        >>> Vectors(parts, 4, rows=np.array([2, 2, 0, 1], np.int32)).shape
        (4, 4)
    """

    def __init__(
        self, parts: Sequence[NDArray[np.float32]], dimension: int, rows: NDArray[np.int32] | None = None
    ) -> None:
        """Concatenate parts, float32 (rows, dimension) each; `rows` selects and orders their rows, all if None.

        Raises:
            ValueError: A part is of another width or type, or not contiguous, or there is no such row.
        """
        self.parts = list(parts)
        self._starts = np.cumsum([0, *(len(part) for part in self.parts)])
        for part in self.parts:
            if part.shape[1:] != (dimension,) or part.dtype != np.float32 or not part.flags.c_contiguous:
                raise ValueError(
                    f"A part is {part.dtype} {part.shape}; it should be float32 (rows, {dimension}), in order."
                )
        if rows is not None:
            _check_rows("rows", rows, self._starts[-1])
        self._rows = rows
        self.shape = (int(self._starts[-1]) if rows is None else len(rows), dimension)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: Numbers) -> NDArray[np.float32]:
        """Gather rows: float32 (rows, dimension), a copy."""
        vectors = np.empty((len(rows), self.shape[1]), np.float32)
        for part, within, index in self._split(rows):
            vectors[index] = part[within]
        return vectors

    def cosines(self, queries: NDArray[np.float32], query: Numbers, row: Numbers) -> NDArray[np.float32]:
        """Score pairs of a query and a row, each independently of the others.

        Args:
            queries: float32 (n, dimension), rows of unit norm.
            query: int64 (pairs,), row numbers of queries.
            row: int64 (pairs,), row numbers of vectors.

        Returns:
            float32 (pairs,), in [-1, 1].

        Raises:
            ValueError: The queries are of another width, or there is no such query, or no such row.
        """
        # FAISS reads memory by unchecked pointers.
        if queries.shape[1:] != (self.shape[1],):
            raise ValueError(f"Queries have the shape {queries.shape}; it should be (n, {self.shape[1]}).")
        _check_rows("query", query, len(queries))
        _check_rows("row", row, len(self))
        queries, score = np.ascontiguousarray(queries, np.float32), np.empty(len(row), np.float32)
        product, pointer = faiss().pairwise_indexed_inner_product, faiss().swig_ptr
        for part, within, index in self._split(row):
            products = np.empty(len(index), np.float32)
            arrays = (queries, query[index].astype(np.int64), part, within, products)
            # Without a copy of the rows, which would take ten times as long.
            with one_thread() if len(index) < _FEW else nullcontext():
                product(self.shape[1], len(index), *map(pointer, arrays))
            score[index] = products
        return np.clip(score, -1, 1)

    def _split(self, rows: Numbers) -> Iterator[tuple[NDArray[np.float32], Numbers, Numbers]]:
        """Yield each part with some of the rows, in order: the part, their numbers in it and in `rows`."""
        rows = rows if self._rows is None else self._rows[rows].astype(np.int64)
        order = np.argsort(rows)
        bounds = np.searchsorted(rows[order], self._starts)
        for number, part in enumerate(self.parts):
            index = order[bounds[number] : bounds[number + 1]]
            if len(index):
                yield part, rows[index] - self._starts[number], index


def _check_rows(name: str, numbers: NDArray[np.integer[Any]], count: int) -> None:
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < count:
        raise ValueError(f"{name} is from {numbers.min()} to {numbers.max()}; it should be from 0, and below {count}.")


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit FAISS to one thread, where threads would wait for each other longer than they work."""
    threads = faiss().omp_get_max_threads()
    faiss().omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss().omp_set_num_threads(threads)


def faiss() -> Any:
    """Import FAISS, set to score batches of queries the faster way."""
    import faiss

    # From 20 queries on FAISS would hand exact search to BLAS, which is many times slower there until some hundreds.
    faiss.cvar.distance_compute_blas_threshold = 800
    return faiss
