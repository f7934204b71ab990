"""Facts → an index of their sentences' vectors, and texts → the facts that are nearest in meaning.

A sentence that several facts share is embedded and stored once. Sentences are searched; hits are the facts that they say.
"""

import logging
import tempfile
import weakref
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import best_first, place_in_group, spread
from kaug.errors import ArtifactError, PipelineError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.encoder import Encoder, load_encoder
from kaug.retrieval.indexing.codes import Codes, build_codes
from kaug.retrieval.indexing.embeddings import embed
from kaug.retrieval.indexing.folder import AGAIN, read_folder, write_folder
from kaug.retrieval.indexing.said import said_by, said_digest
from kaug.retrieval.indexing.vectors import Shard, Vectors, bytes_of

__all__ = ["HITS", "FactIndex"]

_TYPES = {"text": pa.int32(), "rank": pa.int32(), "row": pa.int64(), "fact": pa.string(), "score": pa.float32()}
HITS = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _TYPES.items()])
"""What a search finds: `text` the row number of the query, `rank` from 1, `row` of the fact, its hex id, the cosine."""


class FactIndex:
    """The facts of a knowledge base, searchable by meaning.

    Attributes:
        encoder: The encoder that the sentences were embedded with, and that queries are.
        language: The language of the embedded sentences.
        kind: The FAISS factory string: `Flat` is exact.
        recall: Recall@10 against exact search, of the nearest others to a sample of the sentences, in [0, 1].
        digest: Hex digest of the fact ids and sentences.
        vectors: (facts, dimension): `vectors[rows]` reads unit vectors, float32, from the files they are stored in.
        taken_over: How many distinct sentences `build` found in an earlier index, or left by an unfinished build.

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
        sentence: NDArray[np.int32],
        shards: Sequence[Shard],
        codes: Codes,
        about: dict[str, Any],
        taken_over: int = 0,
    ) -> None:
        """Hold the parts that `build` or `load` made; use those."""
        self.encoder = encoder
        self.vectors = Vectors(codes.vectors.parts, encoder.dimension, sentence)
        self.language = str(about["language"])
        self.kind = codes.kind
        self.recall = codes.recall
        self.digest = str(about["facts"])
        self.taken_over = taken_over
        self._about = about
        self._sentence = sentence
        self._shards = shards
        self._codes = codes
        self._kb = kb

    @classmethod
    def build(
        cls,
        kb: KnowledgeBase,
        encoder: Encoder | str = "all-MiniLM-L6-v2",
        language: str = "en",
        progress: Callable[[int], None] | None = None,
        previous: Path | None = None,
        *,
        recall: float = 0.99,
        work: Path | None = None,
    ) -> Self:
        """Embed every fact's sentence, each distinct one once, and index the vectors.

        Args:
            kb: The knowledge base; one without facts makes an index that finds nothing.
            encoder: An encoder, or the name of one.
            language: The language of the sentences.
            progress: Called with the number of sentences done since the last call.
            previous: The folder of an earlier index. Sentences that it holds are not embedded again; what is saved is the
                same, byte for byte. Nothing is taken from a file that is not intact or was made by another encoder, or
                if the encoder now gives other vectors for a sample of what is there.
            recall: The recall@10 wanted, in (0, 1]. If it cannot be reached, a warning is logged and `recall` says what is.
            work: Where vectors are written as they are made. A build that did not come to its end is taken up from there;
                remove the folder when the index is saved. If None, they stand in a temporary folder while the index is used.

        Raises:
            ModelError: There is no such encoder.
            PipelineError: The encoder gives rows of another shape than it promises, or numbers that are not finite, or
                `recall` is out of its range.
        """
        if not 0 < recall <= 1:
            raise PipelineError(f"recall is {recall}; it must be above 0, and at most 1.")
        encoder = load_encoder(encoder) if isinstance(encoder, str) else encoder
        said = said_by(kb, language)
        temporary = None if work else tempfile.TemporaryDirectory(prefix="kaug-index-")
        earlier = sorted(Path(previous).glob("embeddings/*.arrow")) if previous else []
        place = Path(temporary.name) if temporary else Path(work or "")
        shards, taken_over = embed(said.marks, said.sentences, encoder, place, earlier, progress)
        codes = build_codes(Vectors([shard.vectors for shard in shards], encoder.dimension), recall)
        if codes.recall < recall:
            _log.warning("The index reaches a recall@10 of %.4f; wanted was %.4f.", codes.recall, recall)
        about = {
            "encoder": encoder.name,
            "dimension": encoder.dimension,
            "language": language,
            "count": kb.facts.num_rows,
            "distinct": len(said.marks),
            "facts": said_digest(kb, language),
            "kind": codes.kind,
            "recall_wanted": float(recall),
            "recall_at_10": round(codes.recall, 4),
            "factor": codes.factor,
            "probes": codes.probes,
        }
        index = cls(kb, encoder, said.sentence, shards, codes, about, taken_over)
        if temporary:
            weakref.finalize(index, temporary.cleanup)
        return index

    def save(self, folder: Path) -> None:
        """Write the index into a folder: `embeddings/`, `facts.arrow`, `index.faiss`, `index.json`.

        Args:
            folder: It exists, and holds no index.

        Raises:
            ArtifactError: An index is there already.
        """
        write_folder(Path(folder), self._about, self._kb.facts["fact"], self._sentence, self._shards, self._codes)

    @classmethod
    def load(cls, folder: Path, kb: KnowledgeBase, encoder: Encoder | str) -> Self:
        """Open an index that `save` wrote, if it is one of these facts and of this encoder.

        Args:
            folder: What `save` filled. If it is replaced meanwhile, what is opened is one index or the other.
            kb: The knowledge base that the index was built from.
            encoder: The encoder that it was built with, or its name.

        Returns:
            The index; its vectors stay on disk until they are asked for.

        Raises:
            ArtifactError: A file is missing or damaged, or the index is of other facts, another encoder or dimension.
            ModelError: There is no such encoder.
        """
        folder = Path(folder)
        encoder = load_encoder(encoder) if isinstance(encoder, str) else encoder
        about, table, shards, codes = read_folder(folder)
        if about["encoder"] != encoder.name:
            raise ArtifactError(
                f"{folder}: built with the encoder {about['encoder']!r}, not with {encoder.name!r}. {AGAIN}"
            )
        for what, wanted, found in (
            ("dimension", encoder.dimension, {about["dimension"]}),
            ("count", kb.facts.num_rows, {about["count"], table.num_rows}),
        ):
            if found != {wanted}:
                raise ArtifactError(f"{folder}: the {what} should be {wanted}; the files say {sorted(found)}. {AGAIN}")
        if about["facts"] != said_digest(kb, about["language"]):
            raise ArtifactError(f"{folder}: built from other facts, or they are now said otherwise. {AGAIN}")
        return cls(kb, encoder, table["sentence"].to_numpy(), shards, codes, about)

    def __len__(self) -> int:
        """Return the number of facts."""
        return len(self.vectors)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Each fact's place among all when sorted by id, int64 (facts,): what breaks ties."""
        ids = b"".join(bytes_of(chunk) for chunk in self._kb.facts["fact"].chunks)
        first, last = np.frombuffer(ids, ">u8").reshape(-1, 2).T.astype(np.uint64)
        order = np.empty(len(self), np.int64)
        order[np.lexsort((last, first))] = np.arange(len(self))
        return order

    @cached_property
    def _facts_of(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each sentence's facts start in a list of all facts, sorted by sentence and id; and that list."""
        count = len(self._codes.vectors)
        if count == len(self):  # each fact has a sentence of its own, in the same order
            return np.arange(count + 1), np.arange(count)
        rows = np.lexsort((self.order, self._sentence))
        return np.searchsorted(self._sentence[rows], np.arange(count + 1)), rows

    def search(self, texts: Sequence[str], k: int = 10) -> pa.Table:
        """Find the k facts nearest in meaning to each text.

        Args:
            texts: The queries.
            k: How many, at least 1; where there are fewer facts, fewer rows come back.

        Returns:
            A table of the schema `HITS`, sorted by text and rank. Ties are broken by the fact's id; of sentences that are as near
            as the last one found, 16 more are looked at.

        Raises:
            PipelineError: k is below 1.
        """
        return self.search_vectors(self.encoder.encode(texts, query=True), k)

    def search_vectors(
        self, queries: NDArray[np.float32], k: int = 10, allowed: NDArray[np.bool_] | None = None
    ) -> pa.Table:
        """Find the k facts nearest to each vector; see `search`.

        Args:
            queries: float32 (n, dimension), rows of unit norm.
            k: How many.
            allowed: bool (facts,): which facts may be found; all, if not given. Each query gets k of them, if there are k.

        Raises:
            PipelineError: k is below 1, the vectors or `allowed` have another shape, or a number is not finite.
        """
        if k < 1:
            raise PipelineError(f"k is {k}; it must be at least 1.")
        if queries.ndim != 2 or queries.shape[1] != self.vectors.shape[1]:
            raise PipelineError(f"Queries have the shape {queries.shape}; it should be (n, {self.vectors.shape[1]}).")
        if not np.isfinite(queries).all():
            raise PipelineError("Queries hold numbers that are not finite.")
        if allowed is not None and allowed.shape != (len(self),):
            raise PipelineError(f"allowed has the shape {allowed.shape}; it should be ({len(self)},).")
        if not len(queries) or not len(self) or (allowed is not None and not allowed.any()):
            return HITS.empty_table()
        queries = np.ascontiguousarray(queries, np.float32)
        starts, rows = self._facts_of
        if allowed is not None:
            kept = allowed[rows]
            starts, rows = np.concatenate([[0], np.cumsum(kept)])[starts], rows[kept]
        counts = np.diff(starts)
        text, sentence = self._codes.candidates(queries, k, None if allowed is None else counts > 0)
        score = self._codes.vectors.cosines(queries, text, sentence)
        best = best_first(text, score)
        text, sentence, score = text[best], sentence[best], score[best]
        # Of each text's sentences those as near as the k-th, and of each sentence k facts: among these are the hits.
        last = np.minimum(np.searchsorted(text, text) + k, np.searchsorted(text, text, "right")) - 1
        near = np.flatnonzero(np.round(score, 6) >= np.round(score[last], 6))
        times = np.minimum(counts[sentence[near]], k)
        first = starts[sentence[near]]
        place, entry = spread(first, first + times)
        row, text, score = rows[entry], text[near][place], score[near][place]
        best = best_first(text, score, self.order[row])
        text, row, score = text[best], row[best], score[best]
        rank = place_in_group(text) + 1
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
        return self.vectors.cosines(queries, text, row)


_log = logging.getLogger(__name__)
