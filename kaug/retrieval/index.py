"""Facts → a FAISS index of their sentences, and texts → the facts that are nearest in meaning.

Below `EXACT_BELOW` facts the search is exact. Above, product-quantised codes find candidates and the full vectors
re-rank them; the recall of that, against exact search on a sample, is measured when the index is built, and kept.
"""

import json
import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import ArtifactError, PipelineError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.lexicon.statements import statements
from kaug.retrieval.embeddings import AGAIN, FILES, FORMAT, embed, marks_of, read_vectors
from kaug.retrieval.encoder import Encoder, load_encoder
from kaug.tables import content_digest

__all__ = ["EXACT_BELOW", "HITS", "FactIndex"]

EXACT_BELOW = 50_000
"""The number of facts from which on the index is an approximate one."""

_TYPES = {"text": pa.int32(), "rank": pa.int32(), "row": pa.int64(), "fact": pa.string(), "score": pa.float32()}
HITS = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _TYPES.items()])
"""What a search finds: `text` the row number of the query, `rank` from 1, `row` of the fact, its hex id, the cosine."""

# Re-ranked candidates per hit, tried in this order until the recall is reached.
_REFINE = (4, 16, 64)
_RECALL = 0.99
_SAMPLE = 256
# Hits that tie with the last one are looked for this far, so that ties are broken by the fact and not by FAISS.
_TIES = 16


class FactIndex:
    """The facts of a knowledge base, searchable by meaning.

    Attributes:
        encoder: The encoder that the sentences were embedded with, and that queries are.
        language: The language of the embedded sentences.
        kind: The FAISS factory string: `Flat` is exact.
        recall: Recall@10 against exact search on a sample of queries between two facts, in [0, 1].
        digest: Hex digest of the fact ids and sentences.
        vectors: float32 (facts, dimension), the facts' unit vectors in row order; memory-mapped after `load`.
        taken_over: How many distinct sentences `build` found in an earlier index.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome . :Peru :capital :Lima .")
        >>> index = FactIndex.build(build_kb([file]))
        >>> index.search(["Where is the capital of Peru?"], k=1)["row"].to_pylist()
        [0]
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        encoder: Encoder,
        vectors: NDArray[np.float32],
        marks: pa.Array,
        index: Any,
        about: dict[str, Any],
        taken_over: int = 0,
    ) -> None:
        """Hold the parts that `build` or `load` made; use those."""
        self.encoder = encoder
        self.vectors = vectors
        self.language = str(about["language"])
        self.kind = str(about["kind"])
        self.recall = float(about["recall_at_10"])
        self.digest = str(about["facts"])
        self.taken_over = taken_over
        self._about = about
        self._marks = marks
        self._index = index
        self._kb = kb

    @classmethod
    def build(
        cls,
        kb: KnowledgeBase,
        encoder: Encoder | str = "all-MiniLM-L6-v2",
        language: str = "en",
        progress: Callable[[int], None] | None = None,
        previous: Path | None = None,
    ) -> Self:
        """Embed every fact's sentence, each distinct one once, and index the vectors.

        Args:
            kb: The knowledge base; one without facts makes an index that finds nothing.
            encoder: An encoder, or the name of one.
            language: The language of the sentences.
            progress: Called with the number of sentences done since the last call.
            previous: The finished artifact of an earlier index. Sentences that it holds are not embedded again; what is
                saved is the same, byte for byte. Nothing is taken from what is no intact index of this encoder, or if
                the encoder now gives other vectors for a sample of what it holds.

        Raises:
            ModelError: There is no such encoder.
            PipelineError: The encoder gives rows of another shape than it promises.
        """
        encoder = load_encoder(encoder) if isinstance(encoder, str) else encoder
        sentences = statements(kb, np.arange(kb.facts.num_rows, dtype=np.int64), language)
        distinct = sentences.dictionary_encode()
        marks = marks_of(distinct.dictionary)
        embedded, taken_over = embed(distinct.dictionary, marks, encoder, previous, progress)
        vectors = embedded[distinct.indices.to_numpy()]
        index, kind, recall = _index_vectors(vectors)
        about = {
            "format": FORMAT,
            "encoder": encoder.name,
            "dimension": encoder.dimension,
            "language": language,
            "count": len(vectors),
            "distinct": len(embedded),
            "facts": _facts_digest(kb, sentences),
            "kind": kind,
            "recall_at_10": round(recall, 4),
        }
        return cls(kb, encoder, vectors, marks.take(distinct.indices), index, about, taken_over)

    def save(self, folder: Path) -> None:
        """Write `embeddings.arrow`, `index.faiss` and `index.json` into a folder that exists."""
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(self.vectors.reshape(-1)), self.encoder.dimension)
        facts = self._kb.facts["fact"].combine_chunks()
        table = pa.table({"fact": facts, "sentence": self._marks, "vector": vectors})
        # One batch, so that the vectors can be used from the mapped file without a copy.
        with pa.OSFile(os.fspath(folder / FILES[0]), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        _faiss().write_index(self._index, os.fspath(folder / FILES[1]))
        (folder / FILES[2]).write_text(json.dumps(self._about, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, kb: KnowledgeBase, encoder: Encoder | str) -> Self:
        """Open an index that `save` wrote, if it is one of these facts and of this encoder.

        Args:
            folder: What `save` filled.
            kb: The knowledge base that the index was built from.
            encoder: The encoder that it was built with, or its name.

        Returns:
            The index; its vectors are a view of the file.

        Raises:
            ArtifactError: A file is missing or damaged, or the index is of other facts, another encoder or dimension.
            ModelError: There is no such encoder.
        """
        folder = Path(folder)
        encoder = load_encoder(encoder) if isinstance(encoder, str) else encoder
        about, table, vectors = read_vectors(folder)
        index = _read_index(folder)
        if about["encoder"] != encoder.name:
            raise ArtifactError(
                f"{folder}: built with the encoder {about['encoder']!r}, not with {encoder.name!r}. {AGAIN}"
            )
        for what, wanted, found in (
            ("dimension", encoder.dimension, (about["dimension"], index.d)),
            ("count", kb.facts.num_rows, (about["count"], len(vectors), index.ntotal)),
        ):
            if set(found) != {wanted}:
                raise ArtifactError(f"{folder}: the {what} should be {wanted}; the files say {found}. {AGAIN}")
        sentences = statements(kb, np.arange(kb.facts.num_rows, dtype=np.int64), about["language"])
        if about["facts"] != _facts_digest(kb, sentences) or not kb.facts["fact"].equals(table["fact"]):
            raise ArtifactError(f"{folder}: built from other facts, or they are now said otherwise. {AGAIN}")
        return cls(kb, encoder, vectors, table["sentence"].combine_chunks(), index, about)

    def __len__(self) -> int:
        """Return the number of facts."""
        return len(self.vectors)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Each fact's place among all when sorted by id, int64 (facts,): what breaks ties."""
        order = np.empty(len(self), np.int64)
        order[pc.sort_indices(self._kb.hex_ids).to_numpy()] = np.arange(len(self))
        return order

    def search(self, texts: Sequence[str], k: int = 10) -> pa.Table:
        """Find the k facts nearest in meaning to each text.

        Args:
            texts: The queries.
            k: How many, at least 1; where there are fewer facts, fewer rows come back.

        Returns:
            A table of the schema `HITS`, sorted by text and rank; ties are broken by the fact's id.

        Raises:
            PipelineError: k is below 1.
        """
        return self.search_vectors(self.encoder.encode(texts, query=True), k)

    def search_vectors(self, queries: NDArray[np.float32], k: int = 10) -> pa.Table:
        """Find the k facts nearest to each unit vector, float32 (n, dimension); see `search`.

        Raises:
            PipelineError: k is below 1, or the vectors have another dimension.
        """
        if k < 1:
            raise PipelineError(f"k is {k}; it must be at least 1.")
        if queries.ndim != 2 or queries.shape[1] != self.vectors.shape[1]:
            raise PipelineError(f"Queries have the shape {queries.shape}; it should be (n, {self.vectors.shape[1]}).")
        wide = min(k + _TIES, len(self))
        if not wide or not len(queries):
            return HITS.empty_table()
        _, found = self._index.search(np.ascontiguousarray(queries, np.float32), wide)
        text, row = np.repeat(np.arange(len(queries)), wide), found.ravel().astype(np.int64)
        text, row = text[row >= 0], row[row >= 0]
        score = self.cosines(queries, text, row)
        best = np.lexsort((self.order[row], -np.round(score, 6), text))
        text, row, score = text[best], row[best], score[best]
        rank = np.arange(len(text)) - np.searchsorted(text, text) + 1
        kept = rank <= k
        columns = (text[kept], rank[kept], row[kept], self._kb.hex_ids.take(pa.array(row[kept])), score[kept])
        return pa.table([pa.array(c, f.type) for c, f in zip(columns, HITS, strict=True)], schema=HITS)

    def cosines(
        self, queries: NDArray[np.float32], text: NDArray[np.int64], row: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Score pairs of a query and a fact, each in the same way whatever the others are.

        Args:
            queries: float32 (n, dimension), rows of unit norm.
            text: int64 (pairs,), row numbers of queries.
            row: int64 (pairs,), row numbers of facts.

        Returns:
            float32 (pairs,), in [-1, 1].
        """
        score = np.empty(len(row), np.float32)
        for start in range(0, len(row), 8192):
            some = slice(start, start + 8192)
            score[some] = np.einsum("ij,ij->i", self.vectors[row[some]], queries[text[some]])
        return np.clip(score, -1, 1)


def _faiss() -> Any:
    import faiss

    # From 20 queries on FAISS would hand exact search to BLAS, which is many times slower there until some hundreds.
    faiss.cvar.distance_compute_blas_threshold = 800
    return faiss


def _index_vectors(vectors: NDArray[np.float32]) -> tuple[Any, str, float]:
    faiss = _faiss()
    count, dimension = vectors.shape
    if count < EXACT_BELOW or dimension % 4:
        exact = faiss.IndexFlatIP(dimension)
        exact.add(vectors)
        return exact, "Flat", 1.0
    # Four components a code of four bits: the scan of a million facts stays within a processor's cache bandwidth.
    kind = f"PQ{dimension // 4}x4fs,RFlat"
    index = faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[:: max(1, count // 65_536)])
    index.add(vectors)
    # Queries that lie between two facts: a fact's own vector would find itself too easily.
    sample = vectors[:: max(1, count // _SAMPLE)][:_SAMPLE]
    sample = sample + np.roll(sample, 1, axis=0)
    sample /= np.maximum(np.linalg.norm(sample, axis=1, keepdims=True), 1e-9)
    exact_scores, _ = faiss.knn(sample, vectors, 10, metric=faiss.METRIC_INNER_PRODUCT)
    recall = 0.0
    for factor in _REFINE:
        index.k_factor = factor
        scores, _ = index.search(sample, 10)
        # Compared by score: facts that are said in the same words are as good as each other.
        recall = float(np.mean(scores >= exact_scores[:, -1:] - 1e-5))
        if recall >= _RECALL:
            break
    return index, kind, recall


def _read_index(folder: Path) -> Any:
    try:
        return _faiss().read_index(os.fspath(folder / FILES[1]))
    except (OSError, RuntimeError) as error:
        raise ArtifactError(f"{folder / FILES[1]}: unusable: {error}. {AGAIN}") from error


def _facts_digest(kb: KnowledgeBase, sentences: pa.Array) -> str:
    return content_digest("\0".join(kb.hex_ids.to_pylist()), "\0".join(sentences.to_pylist()))
