"""Facts → an index of their sentences' vectors, and texts → the facts that are nearest in meaning.

A sentence that several facts share is embedded and stored once. The search ranks sentences; hits are their facts.
"""

import logging
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers, best_first, expand, rank_in_group
from kaug.errors import ArtifactError, PipelineError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.encoder import Encoder, Model, as_encoder
from kaug.retrieval.indexing.codes import Codes, build_codes, read_codes
from kaug.retrieval.indexing.embeddings import PART, SHARD, Encode, distinct_sentences, embed, sentences_digest
from kaug.retrieval.indexing.vectors import Shard, Vectors, bytes_of, read_shard
from kaug.store.artifact import Draft, publish, verify_file
from kaug.store.artifact import load as load_artifact
from kaug.text import as_list
from kaug.wording.wording import Wording

__all__ = ["HITS", "FactIndex"]

_TYPES = {"text": pa.int32(), "rank": pa.int32(), "row": pa.int64(), "fact": pa.string(), "score": pa.float32()}
HITS = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _TYPES.items()])
"""Hits of a search: the number of the `text`, the `rank` from 1, the `row` of the fact, its hex id, the cosine."""

_FORMAT = 4
_STAGE = "retrieval"
_FACTS, _CODES, _SHARDS = "facts.arrow", "index.faiss", "embeddings/"
_COLUMNS = pa.schema({"fact": pa.binary(16), "sentence": pa.int32()})
_AGAIN = "Build the index again."
# A folder that is being replaced is absent between two renames.
_TRIES, _PAUSE = 20, 0.01
_log = logging.getLogger(__name__)


class FactIndex:
    """The facts of a knowledge base, searchable by meaning.

    Attributes:
        kb: The knowledge base.
        encoder: The encoder of the sentences and of queries.
        wording: Writes the sentences.
        kind: The FAISS factory string: `Flat` is exact.
        recall: Recall@10 against exact search, of the nearest others to a sample of the sentences, in [0, 1].
        digest: Hex digest of the fact ids and sentences.
        vectors: (facts, dimension): `vectors[rows]` reads unit vectors, float32, from the files they are stored in.
        taken_over: The number of distinct sentences whose vectors `build` reused from an earlier index or build.

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
        wording: Wording,
        encoder: Encoder,
        sentence: NDArray[np.int32],
        shards: Sequence[Shard],
        codes: Codes,
        about: dict[str, Any],
        taken_over: int = 0,
    ) -> None:
        """Take the parts that `build` or `load` made; call those instead."""
        self.wording, self.kb, self.encoder, self.taken_over = wording, wording.kb, encoder, taken_over
        self.vectors = Vectors(codes.vectors.parts, encoder.dimension, sentence)
        self.kind, self.recall = codes.kind, codes.recall
        self.digest = str(about["facts"])
        self._about, self._sentence, self._shards, self._codes = about, sentence, shards, codes

    @classmethod
    def build(
        cls,
        kb: KnowledgeBase,
        encoder: Encoder | Model | str = "all-MiniLM-L6-v2",
        language: str = "en",
        progress: Callable[[int], None] | None = None,
        previous: Path | None = None,
        *,
        recall: float = 0.99,
        work: Path | None = None,
        shard_size: int = SHARD,
        part_size: int = PART,
        encode: Encode | None = None,
    ) -> Self:
        """Embed every fact's sentence, each distinct one once, and index the vectors.

        Args:
            kb: The knowledge base; without facts, the index is empty.
            encoder: A model's name, a `SentenceTransformer`, or any object with `encode`: see `as_encoder`.
            language: The language of the sentences.
            progress: Called with the number of sentences done since the last call.
            previous: The folder of an earlier index, whose vectors are reused for equal sentences: not from a file that is
                damaged or of another encoder, nor if the encoder now returns other vectors for a sample of them.
            recall: The required recall@10, in (0, 1]. If it cannot be reached, a warning is logged, and the attribute
                `recall` is the recall reached.
            work: The folder that vectors are written into as they are made. An interrupted build continues from there;
                remove the folder when the index is saved. If None, a temporary folder is used.
            shard_size: The number of sentences whose vectors are written into one file.
            part_size: The maximum number of sentences that are encoded together.
            encode: Encodes the sentences of parts of the facts, given by their rows, elsewhere and as `encoder` would; here if
                None.

        Raises:
            ModelError: There is no such encoder.
            PipelineError: The encoder returns rows of another shape or numbers that are not finite, or `recall` is out of
                range.
        """
        if not 0 < recall <= 1:
            raise PipelineError(f"recall is {recall}; it must be above 0, and at most 1.")
        encoder = as_encoder(encoder)
        sentences = distinct_sentences(Wording(kb, language))
        temporary = None if work else tempfile.TemporaryDirectory(prefix="kaug-index-")
        folder = Path(work or (temporary.name if temporary else ""))
        earlier = sorted(Path(previous).glob(f"{_SHARDS}*.arrow")) if previous else []
        shards, taken_over = embed(
            sentences.digests,
            sentences.text,
            encoder,
            folder,
            earlier,
            progress,
            shard_size=shard_size,
            part_size=part_size,
            encode=encode and (lambda parts: encode([sentences.first[part] for part in parts])),
        )
        codes = build_codes(Vectors([shard.vectors for shard in shards], encoder.dimension), recall)
        if codes.recall < recall:
            _log.warning("The index reaches a recall@10 of %.4f; wanted was %.4f.", codes.recall, recall)
        about = {
            "format": _FORMAT,
            "encoder": encoder.name,
            "dimension": encoder.dimension,
            "language": language,
            "count": kb.facts.num_rows,
            "distinct": len(sentences.digests),
            "facts": sentences_digest(sentences.wording),
            "kind": codes.kind,
            "recall_wanted": float(recall),
            "recall_at_10": round(codes.recall, 4),
            "factor": codes.factor,
            "probes": codes.probes,
            "shards": [shard.digest for shard in shards],
        }
        index = cls(sentences.wording, encoder, sentences.number, shards, codes, about, taken_over)
        if temporary:
            weakref.finalize(index, temporary.cleanup)
        return index

    def save(self, folder: Path) -> None:
        """Write the index as an artifact, which replaces an earlier one once it is complete.

        Args:
            folder: The folder; absent, empty, or that of an artifact.

        Raises:
            ArtifactError: The folder holds something else, or cannot be written.
        """
        with publish(Path(folder), stage=_STAGE, fingerprint=self.digest) as draft:
            self.write(draft)

    def write(self, draft: Draft) -> None:
        """Write the index into the draft of an artifact, with counts and details.

        Args:
            draft: It gets the files `embeddings/…`, linked if they are on the same disk, `facts.arrow` (the id of each fact
                and the number of its sentence) and, unless the search is exact, `index.faiss`.
        """
        table = pa.table({"fact": self.kb.facts["fact"].combine_chunks(), "sentence": self._sentence}, schema=_COLUMNS)
        with pa.OSFile(os.fspath(draft.path / _FACTS), "wb") as sink, pa.ipc.new_file(sink, _COLUMNS) as writer:
            writer.write_table(table)
        self._codes.write(draft.path / _CODES)
        (draft.path / _SHARDS).mkdir()
        for number, shard in enumerate(self._shards):
            file = draft.path / f"{_SHARDS}{number:05}.arrow"
            try:
                os.link(shard.path, file)
            except OSError:  # on another disk, or on one without links
                shutil.copyfile(shard.path, file)
        draft.counts.update({"facts": len(self), "facts whose embedding was there": self.taken_over})
        draft.details.update(
            kind=self.kind,
            recall_at_10=self.recall,
            recall_wanted=self._about["recall_wanted"],
            encoder=self.encoder.name,
            backend=self.encoder.chosen,
            index=self._about,
        )

    @classmethod
    def load(cls, folder: Path, kb: KnowledgeBase, encoder: Encoder | Model | str | None = None) -> Self:
        """Open a saved index of these facts and this encoder.

        Args:
            folder: The folder of the artifact. Every file is verified except the vectors, which stay on disk until they
                are used. If the folder is replaced meanwhile, the old or the new index is opened.
            kb: The knowledge base that the index was built from.
            encoder: The encoder that it was built with, or its name; if None, the model of the name in the index.

        Raises:
            ArtifactError: A file is missing or damaged, or the index is of other facts, another encoder or dimension.
            ModelError: There is no such encoder.
        """
        folder = Path(folder)
        encoder = None if encoder is None else as_encoder(encoder)
        about, table, shards, codes = _read(folder)
        encoder = encoder or as_encoder(str(about["encoder"]))
        if about["encoder"] != encoder.name:
            raise ArtifactError(
                f"{folder}: built with the encoder {about['encoder']!r}, not with {encoder.name!r}. {_AGAIN}"
            )
        for name, wanted, stored in (
            ("dimension", encoder.dimension, {about["dimension"]}),
            ("count", kb.facts.num_rows, {about["count"], table.num_rows}),
        ):
            if stored != {wanted}:
                raise ArtifactError(
                    f"{folder}: the {name} should be {wanted}; the files say {sorted(stored)}. {_AGAIN}"
                )
        wording = Wording(kb, str(about["language"]))
        if about["facts"] != sentences_digest(wording):
            raise ArtifactError(f"{folder}: built from other facts, or their sentences have changed. {_AGAIN}")
        return cls(wording, encoder, table["sentence"].to_numpy(), shards, codes, about)

    def __len__(self) -> int:
        """Return the number of facts."""
        return len(self.vectors)

    @cached_property
    def order(self) -> Numbers:
        """Each fact's rank when sorted by id, int64 (facts,), which breaks ties."""
        ids = b"".join(bytes_of(chunk) for chunk in self.kb.facts["fact"].chunks)
        first, last = np.frombuffer(ids, ">u8").reshape(-1, 2).T.astype(np.uint64)
        order = np.empty(len(self), np.int64)
        order[np.lexsort((last, first))] = np.arange(len(self))
        return order

    @cached_property
    def _facts_of(self) -> tuple[Numbers, Numbers]:
        """The first position of each sentence in the list of all facts, sorted by sentence and id, and the list."""
        count = len(self._codes.vectors)
        if count == len(self):  # each fact has a sentence of its own, in the same order
            return np.arange(count + 1), np.arange(count)
        rows = np.lexsort((self.order, self._sentence))
        return np.searchsorted(self._sentence[rows], np.arange(count + 1)), rows

    def search(self, texts: str | Sequence[str], k: int = 10) -> pa.Table:
        """Find the k facts nearest in meaning to each text.

        Args:
            texts: One query or several.
            k: The maximum number of facts of each text, at least 1.

        Returns:
            A table of the schema `HITS`, sorted by text and rank. Ties are broken by the fact's id, among up to
            16 more sentences that are as near as the last.

        Raises:
            PipelineError: k is below 1.
        """
        return self.search_vectors(self.encoder.encode(as_list(texts), query=True), k)

    def search_vectors(
        self, queries: NDArray[np.float32], k: int = 10, allowed: NDArray[np.bool_] | None = None
    ) -> pa.Table:
        """Find the k facts nearest to each vector; see `search`.

        Args:
            queries: float32 (n, dimension), rows of unit norm.
            k: The number of facts.
            allowed: bool (facts,): the facts to search; all if None. Each query has k hits if k facts are allowed.

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
        # The hits are among k facts of each sentence that is as near as a text's k-th.
        last = np.minimum(np.searchsorted(text, text) + k, np.searchsorted(text, text, "right")) - 1
        near = np.flatnonzero(np.round(score, 6) >= np.round(score[last], 6))
        first = starts[sentence[near]]
        index, entry = expand(first, first + np.minimum(counts[sentence[near]], k))
        row, text, score = rows[entry], text[near][index], score[near][index]
        best = best_first(text, score, self.order[row])
        best = best[rank_in_group(text[best]) < k]
        text, row, score = text[best], row[best], score[best]
        columns = (text, rank_in_group(text) + 1, row, self.kb.hex_ids.take(row), score)
        return pa.table(dict(zip(HITS.names, columns, strict=True)), schema=HITS)

    def cosines(self, queries: NDArray[np.float32], text: Numbers, row: Numbers) -> NDArray[np.float32]:
        """Return the cosines of pairs of a query (unit vectors, float32 (n, dimension)) and a fact, in [-1, 1]."""
        return self.vectors.cosines(queries, text, row)


def _read(folder: Path) -> tuple[dict[str, Any], pa.Table, list[Shard], Codes]:
    """Open the files of one index; retry if the folder is replaced meanwhile."""
    for last in [False] * _TRIES + [True]:
        before = _identity(folder)
        try:
            parts, failure = _open(folder), None
        except OSError as error:  # an ArtifactError is one
            parts, failure = None, error
        if last or (before and before == _identity(folder)):
            break
        time.sleep(_PAUSE)
    if parts is not None:
        return parts
    if isinstance(failure, ArtifactError):
        raise failure
    raise ArtifactError(f"{folder}: cannot be read: {failure}. {_AGAIN}") from failure


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        stat = folder.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def _open(folder: Path) -> tuple[dict[str, Any], pa.Table, list[Shard], Codes]:
    artifact = load_artifact(folder, stage=_STAGE, verify=False)
    about = dict(artifact.details.get("index") or {})
    if about.get("format") != _FORMAT:
        raise ArtifactError(
            f"{folder}: holds an index of format {about.get('format')}; expected {_FORMAT}. Build it again."
        )
    names = sorted(artifact.files)
    shards = [read_shard(folder / name, about["dimension"]) for name in names if name.startswith(_SHARDS)]
    for name in names:
        if not name.startswith(_SHARDS):
            verify_file(artifact, name)
    if [shard.digest for shard in shards] != about["shards"]:
        raise ArtifactError(f"{folder / _SHARDS}: of another index, or altered since it was written. {_AGAIN}")
    vectors = Vectors([shard.vectors for shard in shards], about["dimension"])
    settings = {name: about[name] for name in ("kind", "factor", "probes")}
    codes = read_codes(folder / _CODES, vectors, recall=about["recall_at_10"], **settings)
    table = pa.ipc.open_file(pa.memory_map(os.fspath(folder / _FACTS))).read_all()
    return about, table, shards, codes
