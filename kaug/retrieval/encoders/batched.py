"""Texts, a tokenizer and a model's forward pass → unit rows, whatever runs the pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.retrieval.encoders.tokens import Tokens, batches, chunks

__all__ = ["BatchedEncoder", "Forward", "unit"]

Forward = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Token ids, int64 (rows, length), none of them padding → vectors, float32 (rows, dimension)."""


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to unit norm; a row of zeros stays one."""
    norms = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    scaled: NDArray[np.float32] = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return scaled


@dataclass
class BatchedEncoder:
    """An `Encoder` that runs a forward pass over batches of one length.

    Nothing is padded, and a small batch is filled up by repeating its rows: matrix products of few rows take other paths
    through a processor's kernels, and so give other last bits. How far to fill is measured: below 12 rows of tokens
    torch's products differ, and in ONNX Runtime those of a single text do.

    Attributes:
        name: The name of the model.
        dimension: The number of components of a vector.
        backend: What runs the model: `torch`, `openvino`, …
        tokens: The tokenizer.
        forward: The forward pass.
        budget: Tokens in a batch.
        least_rows: The fewest texts in a batch.
        least_tokens: The fewest tokens in a batch.
        chosen: How the backend was chosen: what was measured, or why there was no choice.
    """

    name: str
    dimension: int
    backend: str
    tokens: Tokens
    forward: Forward
    budget: int = 1024
    least_rows: int = 1
    least_tokens: int = 32
    chosen: dict[str, Any] = field(default_factory=dict)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None, *, query: bool = False
    ) -> NDArray[np.float32]:
        """Encode texts; see `Encoder.encode`. A text without a token has a row of zeros."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        start = 0
        for some in chunks(texts, self.tokens.longest):
            ids = self.tokens.ids(some, query=query)
            lengths = np.array([len(one) for one in ids], np.int64)
            for rows in batches(lengths, self.budget):
                filled = np.resize(rows, max(len(rows), self._fewest(int(lengths[rows[0]]))))
                found = self.forward(np.stack([ids[row] for row in filled]))
                vectors[start + rows] = unit(found[: len(rows)])
                if progress:
                    progress(len(rows))
            if progress and not lengths.all():
                progress(int((lengths == 0).sum()))
            start += len(some)
        return vectors

    def _fewest(self, length: int) -> int:
        return max(self.least_rows, -(-self.least_tokens // length))
