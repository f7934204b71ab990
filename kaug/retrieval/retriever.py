"""Texts → the facts relevant to them, each with a reason.

Candidates are the facts of the terms that a text names, in full or in part; the facts whose sentences are nearest in meaning
to the text; and, with hops, the facts around the named terms. `kaug.retrieval.ranking` ranks them together.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypedDict, Unpack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import ValidationError

from kaug.arrays import Numbers, rank_in_group
from kaug.errors import ArtifactError, PipelineError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Kind
from kaug.retrieval.about import About
from kaug.retrieval.choose import choose
from kaug.retrieval.encoder import Encoder, Model, as_encoder
from kaug.retrieval.filters import facts_where
from kaug.retrieval.graph import FactGraph
from kaug.retrieval.index import HITS, FactIndex
from kaug.retrieval.linker import Linker
from kaug.retrieval.linking.overlap import Overlap
from kaug.retrieval.linking.senses import resolve
from kaug.retrieval.ranking import PARTLY, REASONS, Candidates, Named, join_names, path_to, rank_candidates
from kaug.retrieval.settings import MOST_FACTS, FactFilter, RetrievalSettings
from kaug.text import as_list

__all__ = ["RETRIEVED", "Retriever", "SettingsGiven"]

RETRIEVED = pa.schema(
    [
        *HITS,
        pa.field("relevance", pa.float32(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("via", pa.list_(pa.int64()), nullable=False),
    ]
)
"""Retrieved facts, sorted by text and rank (from 1): the fact's row and hex id, its cosine to the text, its relevance.

`reason` is the strongest reason: the fact `connects` two terms that the text names separately, has one that is named
(`linked`) or named in part (`partial`), is a `neighbour` of a named term, or is near in meaning (`similar`). `start` and
`end` are the characters of the first mention of the fact's subject, or else of its object; if it is `partial`, of a word
of the end with the greater strength; null where the text names neither. `via` holds the rows of the facts that lead from
a named term to a neighbour, in order.
"""

_KINDS: tuple[Kind, ...] = ("domain", "commonsense")
# Texts are encoded in large batches and ranked in small ones, because one text may have thousands of candidates.
_ENCODED, _RANKED = 4096, 128


class SettingsGiven(TypedDict, total=False):
    """Keyword arguments that override fields of `RetrievalSettings`."""

    threshold: float
    hops: int
    diversity: float
    budget: int | None


class Retriever:
    """Finds the facts relevant to texts. Creating one reads all names and facts: create it once for all texts.

    Attributes:
        kb: The knowledge base.
        index: The index of its facts.
        linker: The linker of its terms.
        wording: Writes the facts' sentences, in the language of the index.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome . :Peru :capital :Lima .")
        >>> kb = build_kb([file])
        >>> retriever = Retriever(kb, FactIndex.build(kb))
        >>> retriever.retrieve(["Peru is governed from Lima."], k=1).select(["row", "reason", "start"]).to_pylist()
        [{'row': 0, 'reason': 'connects', 'start': 0}]
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        index: FactIndex,
        linker: Linker | None = None,
        encoder: Encoder | Model | None = None,
        *,
        candidates: int = 64,
        hub: int = 512,
    ) -> None:
        """Combine the parts.

        Args:
            kb: The knowledge base.
            index: The index of its facts.
            linker: Finds the terms that texts name; built from the knowledge base if None.
            encoder: Encodes the texts; that of the index if None.
            candidates: The number of facts near in meaning that are ranked for a text, at least 1.
            hub: A term with more facts than this is a hub, whose facts are not all ranked.

        Raises:
            ArtifactError: The index is of another encoder, or of another number of facts.
            PipelineError: `candidates` is below 1.
        """
        encoder = index.encoder if encoder is None else as_encoder(encoder)
        if index.encoder.name != encoder.name:
            raise ArtifactError(f"The index is of the encoder {index.encoder.name!r}, not of {encoder.name!r}.")
        if len(index) != kb.facts.num_rows:
            raise ArtifactError(f"The index holds {len(index)} facts, the knowledge base {kb.facts.num_rows}.")
        if candidates < 1:
            raise PipelineError(f"candidates is {candidates}; it must be at least 1.")
        self.kb, self.index, self.linker = kb, index, linker or Linker(kb)
        self.wording = index.wording
        self._encoder, self._candidates = encoder, candidates
        self._overlap, self._graph = Overlap(kb), FactGraph(kb, hub)
        self._commonsense = (kb.source_kind().to_numpy(zero_copy_only=False) == "commonsense").astype(np.int64)
        self._filtered: tuple[FactFilter, NDArray[np.bool_]] | None = None

    def retrieve(
        self,
        texts: str | Sequence[str],
        settings: RetrievalSettings | None = None,
        *,
        k: int | Mapping[Kind, int] | None = None,
        language: str | None = None,
        allowed: NDArray[np.bool_] | None = None,
        about: bool = False,
        **given: Unpack[SettingsGiven],
    ) -> pa.Table:
        """Find the facts relevant to each text.

        Args:
            texts: One text or several. A text without letters or digits has no facts; of a long text, the encoder reads only
                its maximum length.
            settings: The settings; the defaults if None. Those of the encoder and the index have no effect here.
            k: The maximum number of facts of a text, in all or by kind of source; overrides the setting.
            language: The language of the facts' sentences; it must be that of the index.
            allowed: bool (facts,): the facts that may be taken, besides the settings' filter. Paths to neighbours may use any.
            about: Take only facts that the text is about: it names their subject, in that sense, and no other value where the
                subject has one; see `kaug.retrieval.about.About`.
            given: `threshold`, `hops`, `diversity` or `budget`; they override the settings.

        Returns:
            A table of the schema `RETRIEVED`; a text without facts has no row. Ties are broken by the fact's id.

        Raises:
            PipelineError: An argument is out of range, or the index is in another language.

        Examples:
            >>> RetrievalSettings(hops=2, budget=100).hops  # or a section of a pipeline file
            2
        """
        texts = as_list(texts)
        settings = _with(settings or RetrievalSettings(), given)
        limits = _limits(settings.k if k is None else k)
        allowed = self._allowed(settings.filter, allowed)
        if language not in (None, self.wording.language):
            raise PipelineError(
                f"language is {language!r}, but the index holds sentences in {self.wording.language!r}. "
                f"Build an index in {language!r}."
            )
        tables = [RETRIEVED.empty_table()]
        for numbers, batch, queries in self._encoded(texts) if len(self.index) else ():
            tables.append(self._rank(numbers, batch, queries, settings, limits, allowed, about))
        return pa.concat_tables(tables)

    def _rank(
        self,
        numbers: Numbers,
        texts: Sequence[str],
        queries: NDArray[np.float32],
        settings: RetrievalSettings,
        limits: Numbers,
        allowed: NDArray[np.bool_] | None,
        about: bool,
    ) -> pa.Table:
        """Retrieve the facts of a batch of texts with these numbers and vectors."""
        kb, index, graph = self.kb, self.index, self._graph
        senses = resolve(self.wording, self.linker.link(texts), texts, queries, index.vectors, graph)
        named, reached = join_names(senses, self._overlap.match(texts)), None
        if settings.hops > 1:
            sure = named.strength >= PARTLY
            reached = graph.walk(named.text[sure], named.term[sure], named.strength[sure], settings.hops - 1)
        pairs = rank_candidates(index, graph, queries, named, near=self._candidates, reached=reached, allowed=allowed)
        pairs = pairs.take(np.flatnonzero(pairs.relevance >= settings.threshold))
        if about:
            pairs = pairs.take(np.flatnonzero(self._about.mask(texts, pairs, named)))
            entry = self._about.subject(pairs.text, pairs.row, named)
            pairs = pairs._replace(mention=np.where(np.append(named.start, -1)[entry] >= 0, entry, -1))
        best = choose(
            pairs.text,
            pairs.row,
            pairs.relevance,
            self._commonsense[pairs.row] if len(limits) > 1 else np.zeros(len(pairs.row), np.int64),
            limits,
            index,
            diversity=settings.diversity,
            budget=settings.budget,
            tokens=self._tokens(pairs.row) if settings.budget is not None else None,
        )
        pairs = pairs.take(best)
        start, end = self._mentions(texts, pairs, named)
        via: list[list[int]] = [[]] * len(best)
        if reached is not None:
            for hit in np.flatnonzero(pairs.reason == REASONS.index("neighbour")):
                via[hit] = path_to(index, graph, queries, reached, int(pairs.text[hit]), int(pairs.row[hit]))
        columns = {
            "text": numbers[pairs.text],
            "rank": rank_in_group(pairs.text) + 1,
            "row": pairs.row,
            "fact": kb.hex_ids.take(pairs.row),
            "score": pairs.score,
            "relevance": pairs.relevance,
            "reason": pa.array(REASONS).take(pairs.reason),
            "start": pa.array(start, mask=start < 0),
            "end": pa.array(end, mask=start < 0),
            "via": via,
        }
        return pa.table(columns, schema=RETRIEVED)

    def calibrate(
        self,
        texts: str | Sequence[str],
        settings: RetrievalSettings | None = None,
        *,
        passing: float = 0.05,
        allowed: NDArray[np.bool_] | None = None,
        **given: Unpack[SettingsGiven],
    ) -> float:
        """Return the threshold that few texts reach that the knowledge base has no facts about.

        Args:
            texts: Texts of another domain, some hundreds or more.
            settings: See `retrieve`; the threshold is valid for these settings only.
            passing: The fraction of the texts that may still get a fact, from 0 to 1.
            allowed: See `retrieve`.
            given: See `retrieve`.

        Returns:
            A `threshold` for `retrieve`. Measure on texts of your own domain how many right facts it drops.

        Raises:
            PipelineError: `passing` is out of range, or there are no texts.
        """
        texts = as_list(texts)
        if not 0 <= passing <= 1 or not texts:
            raise PipelineError(f"passing is {passing}, from 0 to 1, and {len(texts)} texts; give at least one.")
        given["threshold"] = -1.0
        hits = self.retrieve(texts, settings, k=1, allowed=allowed, **given)
        best = np.full(len(texts), -1.0)
        best[hits["text"].to_numpy()] = hits["relevance"].to_numpy()
        # A millionth above the last relevance that must not pass.
        last = np.quantile(best, 1 - passing, method="higher")
        return float(np.round(last, 6) + 1e-6)

    def _encoded(self, texts: Sequence[str]) -> Iterator[tuple[Numbers, list[str], NDArray[np.float32]]]:
        """Yield batches of the texts with a letter or digit: their numbers, themselves, and their vectors."""
        kept = [number for number, text in enumerate(texts) if re.search(r"[^\W_]", text)]
        for start in range(0, len(kept), _ENCODED):
            numbers = kept[start : start + _ENCODED]
            batch = [texts[number] for number in numbers]
            queries = self._encoder.encode(batch, query=True)
            for low in range(0, len(batch), _RANKED):
                part = slice(low, low + _RANKED)
                yield np.array(numbers[part]), batch[part], queries[part]

    @cached_property
    def _about(self) -> About:
        return About(self.wording)

    def _mentions(self, texts: Sequence[str], pairs: Candidates, named: Named) -> tuple[Numbers, Numbers]:
        """Find the first mention of each fact's subject, or else of its object: start and end, -1 where it has none."""
        start, end = (np.append(column, -1)[pairs.mention] for column in (named.start, named.end))
        part = np.flatnonzero(pairs.reason == REASONS.index("partial"))
        partial = [texts[number] for number in pairs.text[part]]
        start[part], end[part] = self._overlap.where(partial, pairs.surest[part].tolist())
        return start, end

    def _tokens(self, row: Numbers) -> Numbers:
        """Estimate the tokens of facts' sentences, at four bytes a token."""
        length: Numbers = pc.binary_length(self.wording.sentences(row)).to_numpy().astype(np.int64)
        return -(-length // 4)

    def _allowed(self, conditions: FactFilter, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Combine a filter and a mask; None if all facts are allowed. The mask of the last filter is cached."""
        if allowed is not None and allowed.shape != (len(self.index),):
            raise PipelineError(f"allowed has the shape {allowed.shape}; it should be ({len(self.index)},).")
        if conditions != FactFilter():
            if self._filtered is None or self._filtered[0] != conditions:
                self._filtered = conditions, facts_where(self.kb, conditions)
            allowed = self._filtered[1] if allowed is None else self._filtered[1] & allowed
        return None if allowed is None or allowed.all() else allowed


def _with(settings: RetrievalSettings, given: SettingsGiven) -> RetrievalSettings:
    if not given:
        return settings
    try:
        return RetrievalSettings.model_validate({**settings.model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise PipelineError(f"{name} is {first['input']!r}: {first['msg'].lower()}.") from None


def _limits(k: int | Mapping[Kind, int]) -> Numbers:
    """Return the maximum number of facts of a text, int64: one number, or one for each kind."""
    for name in k if isinstance(k, Mapping) else ():
        if name not in _KINDS:
            raise PipelineError(f"k names the kind {name!r}.{nearest(name, _KINDS)}")
    limits = [k.get(kind, 0) for kind in _KINDS] if isinstance(k, Mapping) else [k]
    if not 0 <= min(limits) <= max(limits) <= MOST_FACTS:
        raise PipelineError(f"k is {k}; it must be at least 0, and at most {MOST_FACTS:,}.")
    return np.array(limits, np.int64)
