"""Texts → the facts that bear on them, each with the reason why it was taken.

Facts come from two sides: the terms that a text names (the linker), and the nearness in meaning of the whole text to a
fact's sentence (the index). They are ranked together, by the cosine of text and fact plus a bonus for the reason:

| reason | the fact | bonus |
|---|---|---|
| `connects` | lies between two terms that the text names in two places | 0.4 |
| `linked` | has one term that the text names | 0.2 |
| `similar` | is near in meaning, no more | 0 |
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.errors import ArtifactError, PipelineError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.rdf.sources import Kind
from kaug.retrieval.encoder import Encoder
from kaug.retrieval.index import FactIndex
from kaug.retrieval.linker import Linker

__all__ = ["RETRIEVED", "Retriever"]

RETRIEVED = pa.schema(
    [
        pa.field("text", pa.int32(), nullable=False),
        pa.field("rank", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("fact", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
    ]
)
"""Retrieved facts, sorted by text and rank (from 1): the fact's row and hex id, its cosine to the text, the reason.

`start` and `end` are the characters of the first mention of the fact's subject, or else of its object; null where the
text names neither.
"""

_KINDS: tuple[Kind, ...] = ("domain", "commonsense")
_REASONS = np.array(["similar", "linked", "connects"])
_BONUS = np.array([0.0, 0.2, 0.4])
# Of a term with more facts than this (a class, a unit), those are weighed that connect or that the index found.
_HUB = 20_000
_BATCH = 64


class Retriever:
    """Finds the facts that bear on texts.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> from kaug.retrieval.encoder import load_encoder
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome . :Peru :capital :Lima .")
        >>> kb, encoder = build_kb([file]), load_encoder("all-MiniLM-L6-v2")
        >>> retriever = Retriever(kb, FactIndex.build(kb, encoder), Linker(kb), encoder)
        >>> retriever.retrieve(["Peru is governed from Lima."], k=1).select(["row", "reason", "start"]).to_pylist()
        [{'row': 0, 'reason': 'connects', 'start': 0}]
    """

    def __init__(self, kb: KnowledgeBase, index: FactIndex, linker: Linker, encoder: Encoder) -> None:
        """Bring the parts together.

        Args:
            kb: The knowledge base.
            index: The index of its facts.
            linker: The linker of its terms.
            encoder: The encoder that the index was built with.

        Raises:
            ArtifactError: The index is of another encoder, or of another number of facts.
        """
        if index.encoder.name != encoder.name:
            raise ArtifactError(
                f"The index was built with the encoder {index.encoder.name!r}, not with {encoder.name!r}."
            )
        if len(index) != kb.facts.num_rows:
            raise ArtifactError(f"The index holds {len(index)} facts, the knowledge base {kb.facts.num_rows}.")
        self._index, self._linker, self._encoder, self._kb = index, linker, encoder, kb
        self._subject = kb.facts["subject"].to_numpy().astype(np.int64)
        self._object = kb.facts["object"].to_numpy().astype(np.int64)
        self._by_object = kb.facts_by_object
        self._objects = self._object[self._by_object]
        self._commonsense = (kb.source_kind().to_numpy(zero_copy_only=False) == "commonsense").astype(np.int64)

    def retrieve(
        self,
        texts: Sequence[str],
        k: int | Mapping[Kind, int] = 5,
        *,
        floor: float = 0.35,
        language: str = "en",
        candidates: int = 64,
        allowed: NDArray[np.bool_] | None = None,
    ) -> pa.Table:
        """Find the facts that bear on each text.

        Args:
            texts: Any texts. One without letters or digits has no facts; of a long one, the linker sees all and the
                encoder what its maximal length takes.
            k: How many facts a text gets at most, in all or by the kind of the fact's source:
                `{"domain": 3, "commonsense": 2}`; a kind that is not named gets none.
            floor: The cosine in [-1, 1] below which a fact that is `similar` only is left out.
            language: The language of the facts' sentences; it must be that of the index.
            candidates: How many facts to weigh, at least 1, from the index and of each term that a text names.
            allowed: bool (facts,): which facts may be taken; all, if not given.

        Returns:
            A table of the schema `RETRIEVED`; a text for which nothing was found has no row. Equal ranks are decided by
            the fact's id.

        Raises:
            PipelineError: An argument is out of its range, or the index is in another language.
        """
        limits = self._check(k, floor, language, candidates, allowed)
        asked = np.array([n for n, text in enumerate(texts) if re.search(r"[^\W_]", text)], np.int64)
        if not len(asked) or not len(self._index):
            return RETRIEVED.empty_table()
        said = [texts[n] for n in asked]
        queries = self._encoder.encode(said, query=True)
        mentions = _Mentions(self._linker.link(said), self._kb.terms.num_rows)
        near = self._index.search_vectors(queries, candidates)
        pairs = [near["text"].to_numpy() * np.int64(len(self._index)) + near["row"].to_numpy()]
        pairs += self._named(queries, mentions, candidates, allowed)
        text, row = np.divmod(np.unique(np.concatenate(pairs)), len(self._index))
        if allowed is not None:
            text, row = text[allowed[row]], row[allowed[row]]
        score = self._index.cosines(queries, text, row)
        reason, start, end = mentions.reasons(text, self._subject[row], self._object[row])
        kept = (reason > 0) | (score >= floor)
        text, row, score, reason = text[kept], row[kept], score[kept], reason[kept]
        start, end = start[kept], end[kept]

        weight = np.round(score + _BONUS[reason], 6)
        by_id = self._index.order[row]
        kind = self._commonsense[row] if len(limits) > 1 else np.zeros(len(row), np.int64)
        best = np.lexsort((by_id, -weight, kind, text))
        best = best[_place(text[best] * 2 + kind[best]) < np.array(limits)[kind[best]]]
        best = best[np.lexsort((by_id[best], -weight[best], text[best]))]
        row, unnamed = row[best], reason[best] == 0
        columns = {
            "text": pa.array(asked[text[best]], pa.int32()),
            "rank": pa.array(_place(text[best]) + 1, pa.int32()),
            "row": pa.array(row),
            "fact": self._kb.hex_ids.take(pa.array(row)),
            "score": pa.array(score[best]),
            "reason": pa.array(_REASONS[reason[best]].tolist(), pa.string()),
            "start": pa.array(start[best], pa.int32(), mask=unnamed),
            "end": pa.array(end[best], pa.int32(), mask=unnamed),
        }
        return pa.table(columns, schema=RETRIEVED)

    def _named(
        self, queries: NDArray[np.float32], mentions: "_Mentions", candidates: int, allowed: NDArray[np.bool_] | None
    ) -> list[NDArray[np.int64]]:
        """Pairs of a text and a fact (text * facts + row) in which the text names a term of the fact."""
        pairs = []
        count = len(self._index)
        for term, texts in mentions.by_term():
            low, high = np.searchsorted(self._subject, [term, term + 1])
            first, last = np.searchsorted(self._objects, [term, term + 1])
            out = np.arange(low, high)
            into = self._by_object[first:last]
            rows = np.concatenate([out, into[self._subject[into] != term]])
            if allowed is not None:
                rows = rows[allowed[rows]]
            rows = rows[np.argsort(self._index.order[rows])]
            near = self._index.vectors[rows] if candidates < len(rows) <= _HUB else None
            for some in np.array_split(texts, range(_BATCH, len(texts), _BATCH)):
                pairs.append((some[:, None] * count + out)[mentions.named(some[:, None], self._object[out])])
                if near is not None:
                    scores = np.round(near @ queries[some].T, 6)
                    top = np.argsort(-scores, axis=0, kind="stable")[:candidates]
                    pairs.append((some * count + rows[top]).ravel())
                elif len(rows) <= candidates:
                    pairs.append((some[:, None] * count + rows).ravel())
        return pairs

    def _check(
        self,
        k: int | Mapping[Kind, int],
        floor: float,
        language: str,
        candidates: int,
        allowed: NDArray[np.bool_] | None,
    ) -> list[int]:
        for name in k if isinstance(k, Mapping) else ():
            if name not in _KINDS:
                raise PipelineError(f"k names the kind {name!r}.{nearest(name, _KINDS)}")
        limits = [k.get(kind, 0) for kind in _KINDS] if isinstance(k, Mapping) else [k]
        if min(limits) < 0:
            raise PipelineError(f"k is {k}; it must be at least 0.")
        if not -1 <= floor <= 1:
            raise PipelineError(f"floor is {floor}; it is a cosine, from -1 to 1.")
        if candidates < 1:
            raise PipelineError(f"candidates is {candidates}; it must be at least 1.")
        if language != self._index.language:
            raise PipelineError(
                f"language is {language!r}, but the index holds sentences in {self._index.language!r}. "
                f"Build an index in {language!r}."
            )
        if allowed is not None and allowed.shape != (len(self._index),):
            raise PipelineError(f"allowed has the shape {allowed.shape}; it should be ({len(self._index)},).")
        return limits


class _Mentions:
    """Which text names which term: one entry for each pair, with its first and its last place."""

    def __init__(self, table: pa.Table, terms: int) -> None:
        keys = table["text"].to_numpy() * np.int64(terms) + table["term"].to_numpy()
        start, end = table["start"].to_numpy(), table["end"].to_numpy()
        order = np.lexsort((start, keys))
        self._terms = terms
        self._keys, first, count = np.unique(keys[order], return_index=True, return_counts=True)
        self._start, self._end = start[order][first], end[order][first]
        self._last = start[order][first + count - 1]

    def by_term(self) -> list[tuple[int, NDArray[np.int64]]]:
        """Each named term with the texts that name it."""
        text, term = np.divmod(self._keys, self._terms)
        order = np.lexsort((text, term))
        named, first = np.unique(term[order], return_index=True)
        return list(zip(named.tolist(), np.split(text[order], first[1:]), strict=False))

    def named(self, text: NDArray[np.int64], term: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a text names a term, for arrays that broadcast."""
        return self._find(text, term) >= 0

    def reasons(
        self, text: NDArray[np.int64], subject: NDArray[np.int64], object_: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Each pair's place in `_REASONS`, and start and end of its mention (any number where it has none)."""
        if not len(self._keys):
            nothing = np.zeros(len(text), np.int64)
            return nothing, nothing, nothing
        left, right = self._find(text, subject), self._find(text, object_)
        both = (left >= 0) & (right >= 0) & (subject != object_)
        # Two terms of one ambiguous mention are not two things that the text brings together.
        apart = (self._start[left] != self._last[right]) | (self._last[left] != self._start[right])
        reason = np.where(both & apart, 2, ((left >= 0) | (right >= 0)).astype(np.int64))
        mention = np.where(left >= 0, left, right)
        return reason, self._start[mention], self._end[mention]

    def _find(self, text: NDArray[np.int64], term: NDArray[np.int64]) -> NDArray[np.int64]:
        keys = text * self._terms + term
        if not len(self._keys):
            return np.full(keys.shape, -1, np.int64)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[place] == keys, place, -1)


def _place(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each element's place, from 0, among the equal neighbours of a sorted array."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups)
