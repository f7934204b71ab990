"""Texts → the facts that bear on them, each with the reason why it was taken.

Facts come from three sides: the terms that a text names, in full or in part; the nearness in meaning of the whole text to a
fact's sentence; and, if asked for, the neighbourhood of what is named. They are ranked together, by their relevance:

    relevance = cosine + 0.5 * strength of the subject + 0.3 * strength of the object
                + 0.1 if the fact connects two terms + nearness in the graph

The strength of a term is 1 if its name stands in the text, less if others bear that name too or if only a part of its words
stands there, 0 if none does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, place_in_group
from kaug.errors import ArtifactError, PipelineError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Kind
from kaug.retrieval.candidates import Candidates, find_candidates, path_to
from kaug.retrieval.choose import choose
from kaug.retrieval.encoder import Encoder
from kaug.retrieval.graph import FactGraph, Reached
from kaug.retrieval.index import FactIndex
from kaug.retrieval.linker import Linker
from kaug.retrieval.linking.named import Named, join_names
from kaug.retrieval.linking.overlap import Overlap
from kaug.retrieval.linking.senses import resolve
from kaug.retrieval.reasons import PARTLY, REASONS, Why, explain
from kaug.wording.wording import Wording

__all__ = ["RETRIEVED", "Retriever"]

RETRIEVED = pa.schema(
    [
        pa.field("text", pa.int32(), nullable=False),
        pa.field("rank", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("fact", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("relevance", pa.float32(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("via", pa.list_(pa.int64()), nullable=False),
    ]
)
"""Retrieved facts, sorted by text and rank (from 1): the fact's row and hex id, its cosine to the text, its relevance.

`reason` says why, the strongest first: `connects` two terms that the text names in two places, has one that is named
(`linked`) or named in part (`partial`), is a `neighbour` of what is named, is near in meaning (`similar`). `start` and
`end` are the characters of the first mention of the fact's subject, or else of its object; if it is `partial`, of a word
of the end that is named more surely; null where the text names neither. `via` holds the rows of the facts that lead from
a named term to a neighbour, the first step first.
"""

_KINDS: tuple[Kind, ...] = ("domain", "commonsense")
# Set on every second fact of LAMA T-REx and every second text of WebNLG; see docs/retrieval.md.
_SUBJECT, _OBJECT, _CONNECTS, _NEARBY = 0.5, 0.3, 0.1, 1.0
# Texts are encoded many at a time, and their facts weighed for few, because one text may have thousands to weigh.
_ENCODED, _TOGETHER = 4096, 128


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
        self.wording = Wording(kb, index.language)
        self._overlap, self._graph = Overlap(kb), FactGraph(kb)
        self._commonsense = (kb.source_kind().to_numpy(zero_copy_only=False) == "commonsense").astype(np.int64)

    def retrieve(
        self,
        texts: Sequence[str],
        k: int | Mapping[Kind, int] = 5,
        *,
        threshold: float = 0.5,
        language: str = "en",
        candidates: int = 64,
        hops: int = 1,
        diversity: float = 0,
        budget: int | None = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> pa.Table:
        """Find the facts that bear on each text.

        Args:
            texts: Any texts. One without letters or digits has no facts; of a long one, the linker sees all and the
                encoder what its maximal length takes.
            k: How many facts a text gets, in all or by kind of source.
            threshold: The relevance below which a fact is left out, from -1 to 2; `calibrate` finds one.
            language: The language of the facts' sentences; it must be that of the index.
            candidates: How many facts near in meaning to weigh, at least 1.
            hops: How far from the named terms to look: 1 for their own facts, 2 for those of their neighbours, and so on.
            diversity: From 0 to 1: how much a fact loses for being like one taken before.
            budget: How many tokens a text's facts may have together, at some four bytes a token; None for no limit.
            allowed: bool (facts,): which facts may be taken, as `kaug.retrieval.filters.facts_where` says; all, if not
                given. The way to a neighbour may lead over any.

        Returns:
            A table of the schema `RETRIEVED`; a text for which nothing was found has no row. Equal relevance is decided
            by the fact's id.

        Raises:
            PipelineError: An argument is out of its range, or the index is in another language.
        """
        limits = self._check(k, threshold, language, candidates, allowed, hops, diversity, budget)
        allowed = None if allowed is None or allowed.all() else allowed
        found = [RETRIEVED.empty_table()]
        for numbers, said, queries in self._encoded(texts) if len(self._index) else ():
            senses = resolve(self._kb, self._linker.link(said), said, queries, self._index.vectors, self._graph)
            named = join_names(senses, self._overlap.match(said), self._kb.terms.num_rows)
            reached = self._walk(named, hops - 1) if hops > 1 else None
            weighed = find_candidates(
                self._index, self._graph, queries, named, near=candidates, reached=reached, allowed=allowed
            )
            why = explain(weighed, named, self._graph)
            relevance = self._relevance(weighed, why)
            kept = np.flatnonzero(relevance >= threshold)
            text, row = weighed.text[kept], weighed.row[kept]
            best = choose(
                text,
                row,
                relevance[kept],
                self._commonsense[row] if len(limits) > 1 else np.zeros(len(row), np.int64),
                limits,
                self._index,
                diversity=diversity,
                budget=budget,
                tokens=self._tokens(row) if budget is not None else None,
            )
            best = kept[best]
            text, row = weighed.text[best], weighed.row[best]
            start_, end = self._places(said, text, row, why.take(best), named)
            via: list[list[int]] = [[]] * len(best)
            if reached is not None:
                for at in np.flatnonzero(why.reason[best] == REASONS.index("neighbour")):
                    walks = reached.of_text(int(text[at]))
                    via[at] = path_to(self._index, self._graph, queries, walks, int(text[at]), int(row[at]))
            columns = {
                "text": pa.array(numbers[text], pa.int32()),
                "rank": pa.array(place_in_group(text) + 1, pa.int32()),
                "row": pa.array(row),
                "fact": self._kb.hex_ids.take(pa.array(row)),
                "score": pa.array(weighed.score[best]),
                "relevance": pa.array(relevance[best]),
                "reason": pa.array(np.array(REASONS)[why.reason[best]].tolist(), pa.string()),
                "start": pa.array(start_, pa.int32(), mask=start_ < 0),
                "end": pa.array(end, pa.int32(), mask=start_ < 0),
                "via": pa.array(via, pa.list_(pa.int64())),
            }
            found.append(pa.table(columns, schema=RETRIEVED))
        return pa.concat_tables(found)

    def calibrate(
        self,
        texts: Sequence[str],
        *,
        passing: float = 0.05,
        language: str = "en",
        candidates: int = 64,
        hops: int = 1,
        allowed: NDArray[np.bool_] | None = None,
    ) -> float:
        """Find the threshold that few of some texts reach that the knowledge base has nothing to say about.

        Args:
            texts: Texts of another domain, some hundreds or more.
            passing: The part of them that may get a fact all the same, from 0 to 1.
            language: See `retrieve`; so `candidates`, `hops` and `allowed`: a threshold holds for the settings it was found with.
            candidates: See there.
            hops: See there.
            allowed: See there.

        Returns:
            A `threshold` for `retrieve`. How many facts that are right it costs, only texts of your own domain can tell.

        Raises:
            PipelineError: `passing` is out of its range, or there are no texts.
        """
        if not 0 <= passing <= 1 or not texts:
            raise PipelineError(f"passing is {passing}, from 0 to 1, and {len(texts)} texts; give at least one.")
        best = np.full(len(texts), -1.0)
        hits = self.retrieve(
            texts, 1, threshold=-1, language=language, candidates=candidates, hops=hops, allowed=allowed
        )
        best[hits["text"].to_numpy()] = hits["relevance"].to_numpy()
        # The least float32 above the last relevance that shall not pass.
        last = np.quantile(best, 1 - passing, method="higher")
        return float(np.round(last, 6) + 1e-6)

    def _encoded(self, texts: Sequence[str]) -> Iterator[tuple[Numbers, list[str], NDArray[np.float32]]]:
        """Texts with a letter or digit, some at a time: their numbers, themselves, and their vectors."""
        asked = [number for number, text in enumerate(texts) if re.search(r"[^\W_]", text)]
        for start in range(0, len(asked), _ENCODED):
            numbers = asked[start : start + _ENCODED]
            said = [texts[number] for number in numbers]
            queries = self._encoder.encode(said, query=True)
            for low in range(0, len(said), _TOGETHER):
                some = slice(low, low + _TOGETHER)
                yield np.array(numbers[some]), said[some], queries[some]

    def _walk(self, named: Named, steps: int) -> Reached:
        """Walk from the terms that texts name in full or in part."""
        sure = named.take(named.strength >= PARTLY)
        return self._graph.walk(sure.text, sure.term, sure.strength, steps)

    def _relevance(self, pairs: Candidates, why: Why) -> NDArray[np.float32]:
        named = _SUBJECT * why.subject + _OBJECT * why.object + _CONNECTS * (why.reason == REASONS.index("connects"))
        relevance: NDArray[np.float32] = (pairs.score + named + _NEARBY * pairs.nearby).astype(np.float32)
        return relevance.round(6)

    def _places(
        self, said: Sequence[str], text: Numbers, row: Numbers, why: Why, named: Named
    ) -> tuple[Numbers, Numbers]:
        """Find the first mention of each fact's subject, or else of its object: start and end, -1 where it has none."""
        start, end = np.full(len(row), -1, np.int64), np.full(len(row), -1, np.int64)
        full = np.flatnonzero(why.reason >= REASONS.index("linked"))
        mention = np.where(named.in_full(why.left), why.left, why.right)[full]
        start[full], end[full] = named.start[mention], named.end[mention]
        part = np.flatnonzero(why.reason == REASONS.index("partial"))
        ends = np.where(why.object > why.subject, self._graph.ends[1][row], self._graph.ends[0][row])[part]
        start[part], end[part] = self._overlap.where([said[one] for one in text[part]], ends.tolist())
        return start, end

    def _tokens(self, row: Numbers) -> Numbers:
        """Estimate the tokens of facts' sentences: no model is asked, four bytes make one."""
        length: Numbers = pc.binary_length(self.wording.sentences(row)).to_numpy().astype(np.int64)
        return -(-length // 4)

    def _check(
        self,
        k: int | Mapping[Kind, int],
        threshold: float,
        language: str,
        candidates: int,
        allowed: NDArray[np.bool_] | None,
        hops: int,
        diversity: float,
        budget: int | None,
    ) -> Numbers:
        for name in k if isinstance(k, Mapping) else ():
            if name not in _KINDS:
                raise PipelineError(f"k names the kind {name!r}.{nearest(name, _KINDS)}")
        limits = [k.get(kind, 0) for kind in _KINDS] if isinstance(k, Mapping) else [k]
        if min(limits) < 0:
            raise PipelineError(f"k is {k}; it must be at least 0.")
        for what, value, least in (("candidates", candidates, 1), ("hops", hops, 1), ("budget", budget, 1)):
            if value is not None and value < least:
                raise PipelineError(f"{what} is {value}; it must be at least {least}.")
        if not 0 <= diversity <= 1:
            raise PipelineError(f"diversity is {diversity}; it must be from 0 to 1.")
        if not -1 <= threshold <= 2:
            raise PipelineError(f"threshold is {threshold}; it is a relevance, from -1 to 2.")
        if language != self._index.language:
            raise PipelineError(
                f"language is {language!r}, but the index holds sentences in {self._index.language!r}. "
                f"Build an index in {language!r}."
            )
        if allowed is not None and allowed.shape != (len(self._index),):
            raise PipelineError(f"allowed has the shape {allowed.shape}; it should be ({len(self._index)},).")
        return np.array(limits, np.int64)
