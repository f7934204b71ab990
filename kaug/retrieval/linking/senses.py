"""Ambiguous mentions and their texts → the probability that each term is the one meant.

The probabilities of a mention's terms are a conditional logit: the softmax of their weighted evidence. The evidence of a term is

- the cosine of the text and the nearest of the term's facts;
- facts between the term and the other terms that the text names, and shared neighbours, weighted by rarity
  (L. Adamic and E. Adar, Friends and neighbors on the Web, 2003);
- the fraction of the words of its qualifier ("Georgia (country)") and of its classes that are in the text;
- whether the mention is its main label, as spelt;
- its number of facts: a term with many is mentioned often.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, join
from kaug.retrieval.graph import FactGraph
from kaug.retrieval.indexing.vectors import Vectors
from kaug.retrieval.linker import MENTIONS
from kaug.retrieval.linking.prefixes import hash_words
from kaug.retrieval.linking.surface import QUALIFIED
from kaug.wording.wording import Wording
from kaug.words.terms import CLASS_OF

__all__ = ["SENSES", "WEIGHTS", "evidence", "resolve"]

SENSES = MENTIONS.append(pa.field("sense", pa.float32(), nullable=False))
"""MENTIONS, and the probability in (0, 1] that the term is the one meant; those of a mention's terms sum to 1."""

WEIGHTS = {"nearness": 10.0, "direct": 2.5, "shared": 0.5, "hint": 3.0, "label": 2.0, "facts": 0.8}
"""The weights of evidence: log-odds per unit of each kind.

Rounded from the output of `python -m tests.benchmarks.senses --fit` on one half of the names; its table is of the other half.
`shared` and `hint` are not fitted: that data has no qualifiers and hardly any shared neighbours.
"""

# The maximum number of facts of a term on either side, evenly spread, which bounds the work for a mention.
_SIDE = 16
_ROWS = 4096
_LEAST = 1e-6


def resolve(
    wording: Wording,
    mentions: pa.Table,
    texts: Sequence[str],
    text_vectors: NDArray[np.float32] | None = None,
    fact_vectors: NDArray[np.float32] | Vectors | None = None,
    graph: FactGraph | None = None,
) -> pa.Table:
    """Compute the probability of each term of a mention.

    Args:
        wording: The wording of the knowledge base: in the language of the texts.
        mentions: The mentions that `Linker.link` found in the texts.
        texts: The texts, n.
        text_vectors: float32 (n, d), unit rows: the texts' vectors. Without them, or those of the facts, `nearness` is 0.
        fact_vectors: float32 (facts, d), unit rows, in the order of FACTS; it may be memory-mapped.
        graph: The facts as a graph; built if None.

    Returns:
        A table of the schema `SENSES`: the mentions in their order; 1 for the only term of a mention.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> from kaug.retrieval.linker import Linker
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('''@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        ... :Tbilisi :capitalOf :c . :c rdfs:label "Georgia (country)" .
        ... :Atlanta :capitalOf :s . :s rdfs:label "Georgia (state)" .''')
        >>> kb, texts = build_kb([file]), ["Tbilisi in Georgia"]
        >>> senses = resolve(Wording(kb), Linker(kb).link(texts), texts)
        >>> sorted(round(sense, 1) for sense in senses["sense"].to_pylist())
        [0.2, 0.8, 1.0]
    """
    span = _spans(mentions)
    sense = np.ones(len(span), np.float32)
    ambiguous = np.flatnonzero(np.bincount(span)[span] > 1) if len(span) else span
    if len(ambiguous):
        columns = evidence(wording, mentions, texts, ambiguous, text_vectors, fact_vectors, graph)
        score = sum(WEIGHTS[name] * values for name, values in columns.items())
        _, group = np.unique(span[ambiguous], return_inverse=True)
        first = np.flatnonzero(np.diff(group, prepend=-1))
        score = np.exp(np.maximum(score - np.maximum.reduceat(score, first)[group], np.log(_LEAST)))
        sense[ambiguous] = score / np.add.reduceat(score, first)[group]
    return pa.table([*mentions.columns, pa.array(sense)], schema=SENSES)


def evidence(
    wording: Wording,
    mentions: pa.Table,
    texts: Sequence[str],
    ambiguous: Numbers,
    text_vectors: NDArray[np.float32] | None = None,
    fact_vectors: NDArray[np.float32] | Vectors | None = None,
    graph: FactGraph | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Gather the evidence for terms, by the kinds of `WEIGHTS`: float64 (rows,) each. For the arguments see `resolve`.

    Args:
        wording: The wording of the knowledge base.
        mentions: The mentions in the texts.
        texts: The texts.
        ambiguous: int64 (rows,): the rows of the mentions to gather it for, ascending.
        text_vectors: The texts' vectors.
        fact_vectors: The facts' vectors.
        graph: The facts as a graph.
    """
    graph = graph or FactGraph(wording.kb)
    every_text, every_term = (mentions[name].to_numpy().astype(np.int64) for name in ("text", "term"))
    text, term = every_text[ambiguous], every_term[ambiguous]
    direct, shared = _proximity(graph, every_text, _spans(mentions), every_term, ambiguous)
    known = text_vectors is not None and fact_vectors is not None
    return {
        "nearness": _nearness(graph, text, term, text_vectors, fact_vectors) if known else np.zeros(len(term)),
        "direct": direct,
        "shared": shared,
        "hint": _hints(wording, graph, texts, text, term),
        "label": _labels(wording, mentions["surface"].take(ambiguous), term),
        "facts": np.log1p(graph.degree[term]),
    }


def _spans(mentions: pa.Table) -> Numbers:
    """Return the number of each row's mention."""
    keys = mentions["text"].to_numpy().astype(np.int64) << 32 | mentions["start"].to_numpy()
    return np.cumsum(np.diff(keys, prepend=-1) != 0) - 1


def _nearness(graph: FactGraph, text: Numbers, term: Numbers, text_vectors: Any, fact_vectors: Any) -> Any:
    """Return the highest cosine of the text and a fact of the term; 0 for a term without facts."""
    near = np.zeros(len(text))
    for low in range(0, len(text), _ROWS // 16):
        part = slice(low, low + _ROWS // 16)
        owner, row, _ = graph.some_facts_of(term[part], _SIDE)
        rows, index = np.unique(row, return_inverse=True)
        vectors = np.asarray(fact_vectors[rows], np.float32)
        cosine = np.einsum("ij,ij->i", vectors[index], text_vectors[text[part]][owner])
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        if len(first):
            near[low + owner[first]] = np.maximum.reduceat(cosine, first)
    return near


def _proximity(
    graph: FactGraph, text: Numbers, span: Numbers, term: Numbers, ambiguous: Numbers
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure how near terms are to the other mentions of their texts: by facts between them, by shared neighbours."""
    direct, shared = np.zeros((2, len(ambiguous)))
    terms = len(graph.degree)
    text_of = text[np.flatnonzero(np.diff(span, prepend=-1))]
    # Texts are processed in batches of bounded work; no text is split.
    cuts = np.flatnonzero(np.diff(text, prepend=-1))
    cuts = np.append(cuts[np.unique(cuts // _ROWS, return_index=True)[1]], len(text))
    for low, high in pairwise(cuts.tolist()):
        rows = slice(*np.searchsorted(ambiguous, [low, high]))
        chosen = ambiguous[rows]
        if not len(chosen):
            continue
        texts, spans, named = text[low:high], span[low:high], term[low:high]
        owner, _, other = graph.some_facts_of(named, _SIDE)
        neighbours = distinct(spans[owner] * terms + other)  # the neighbours of each mention, each once
        by_text = np.sort(text_of[neighbours // terms] * terms + neighbours % terms)
        # Other mentions that have a fact with the term, by their facts and by its own.
        into = _count(by_text, text[chosen] * terms + term[chosen]) - _count(
            neighbours, span[chosen] * terms + term[chosen]
        )
        owner, _, other = graph.some_facts_of(term[chosen], _SIDE)
        owner, other = np.divmod(distinct(owner * terms + other), terms)
        neighbour = text[chosen][owner] * terms + other
        in_text, in_span = np.sort(texts * terms + named), np.sort(spans * terms + named)
        out = _count(in_text, neighbour) > _count(in_span, span[chosen][owner] * terms + other)
        direct[rows] = np.log1p(np.maximum(into, np.bincount(owner, out, len(chosen))))
        # Other mentions that are neighbours of the term's neighbours.
        both = _count(by_text, neighbour) - 1
        shared[rows] = np.bincount(owner, np.log1p(both) / np.log(2 + graph.degree[other]), len(chosen))
    return direct, shared


def _count(keys: Numbers, wanted: Numbers) -> Numbers:
    """Count how often each number is among sorted ones."""
    return np.searchsorted(keys, wanted, "right") - np.searchsorted(keys, wanted, "left")


def _hints(
    wording: Wording, graph: FactGraph, texts: Sequence[str], text: Numbers, term: Numbers
) -> NDArray[np.float64]:
    """Return the fraction of the words of a term's qualifiers and classes that its text has; 0 where it has neither."""
    kb = wording.kb
    used, index = np.unique(term, return_inverse=True)
    named, row = join(used, kb.labels["term"].to_numpy())
    parts = pc.extract_regex(kb.labels["text"].take(row).cast(pa.string()).combine_chunks(), QUALIFIED)
    qualified = np.flatnonzero(pc.is_valid(parts))
    small = np.flatnonzero(graph.degree[used] <= graph.most)
    subject, row = join(used[small], graph.ends[0])
    _, predicate, object_ = kb.columns(row)
    predicates, kind = np.unique(predicate, return_inverse=True)
    is_class = pc.is_in(kb.terms["value"].take(predicates), pa.array(sorted(CLASS_OF))).to_numpy()
    typed = np.flatnonzero(is_class[kind])
    hints = pc.struct_field(parts, [1]).take(qualified).to_pylist() + wording.labels(object_[typed]).to_pylist()
    owner = np.concatenate([named[qualified], small[subject[typed]]])
    words, hint = hash_words(hints)
    numbers, line = np.unique(text, return_inverse=True)
    in_text, row = hash_words([texts[number] for number in numbers])
    known, code = np.unique(np.concatenate([words, in_text]), return_inverse=True)
    size = max(len(known), 1)
    of_texts = distinct(row * size + code[len(words) :])
    owner, word = np.divmod(distinct(owner[hint] * size + code[: len(words)]), size)
    pair, entry = join(index, owner)
    hit = np.isin(line[pair] * size + word[entry], of_texts)
    return np.bincount(pair, hit, len(index)) / np.maximum(np.bincount(pair, minlength=len(index)), 1)


def _labels(wording: Wording, surface: pa.ChunkedArray, term: Numbers) -> NDArray[np.float64]:
    """Return 1 where the mention is the term's main label as spelt, 0.5 where only its case differs."""
    label = wording.labels(term).cast(pa.string())
    surface = surface.combine_chunks()
    alike = np.asarray(pc.equal(pc.utf8_lower(label), pc.utf8_lower(surface)), float)
    return np.asarray((np.asarray(pc.equal(label, surface)) + alike) / 2)
