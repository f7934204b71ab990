"""Ambiguous mentions and their texts → how likely each term is the one that is meant.

The terms of one mention are weighed against each other by a conditional logit: the exponentials of weighted evidence, scaled
to sum to 1. The evidence of a term is

- the nearness in meaning of the text to the nearest of the term's facts;
- facts between the term and what else the text names, and what both are neighbours of, rare ones more
  (L. Adamic and E. Adar, Friends and neighbors on the Web, 2003);
- the share of the words of its qualifier ("Georgia (country)") and of its classes that stand in the text;
- whether the mention is its main label, as spelt;
- how many facts it has: what is often spoken of.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import distinct, expand, join
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.graph import FactGraph
from kaug.retrieval.indexing.vectors import Vectors
from kaug.retrieval.linking.prefixes import hash_words
from kaug.retrieval.linking.surface import QUALIFIED
from kaug.wording.wording import Wording
from kaug.words.terms import CLASS_OF

__all__ = ["SENSES", "WEIGHTS", "evidence", "resolve"]

SENSES = pa.schema(
    [
        pa.field("text", pa.int32(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("term", pa.uint32(), nullable=False),
        pa.field("surface", pa.string(), nullable=False),
        pa.field("sense", pa.float32(), nullable=False),
    ]
)
"""MENTIONS, and in (0, 1] how likely the term is the one meant; the terms of one mention sum to 1."""

WEIGHTS = {"nearness": 10.0, "direct": 2.5, "shared": 0.5, "hint": 3.0, "label": 2.0, "facts": 0.8}
"""What a unit of each kind of evidence adds to the logarithm of a term's odds.

Rounded from what `python -m tests.benchmarks.senses --fit` finds on one half of the names; its table is of the other half.
Those of `shared` and `hint` are set by hand, low and high: that data has no qualifiers and hardly any neighbours in common.
"""

# Of a term with more facts, so many on either side count, spread evenly; so the work for a mention is bounded.
_SIDE = 16
_ROWS = 4096
_LEAST = 1e-6


def resolve(
    kb: KnowledgeBase,
    mentions: pa.Table,
    texts: Sequence[str],
    text_vectors: NDArray[np.float32] | None = None,
    fact_vectors: NDArray[np.float32] | Vectors | None = None,
    graph: FactGraph | None = None,
) -> pa.Table:
    """Weigh the terms of each mention against each other.

    Args:
        kb: The knowledge base.
        mentions: What `Linker.link` found in the texts.
        texts: The texts, n.
        text_vectors: float32 (n, d), unit rows: the texts' vectors. Without these, or those of the facts, nearness in
            meaning is no evidence.
        fact_vectors: float32 (facts, d), unit rows, in the order of FACTS; it may be memory-mapped.
        graph: The facts as a graph, if it is there already.

    Returns:
        A table of the schema `SENSES`: the mentions in their order; 1 for the term of a mention that has one only.

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
        >>> senses = resolve(kb, Linker(kb).link(texts), texts)
        >>> sorted(round(sense, 1) for sense in senses["sense"].to_pylist())
        [0.2, 0.8, 1.0]
    """
    span = _spans(mentions)
    size = np.bincount(span, minlength=1)[span] if len(span) else span
    sense = np.ones(len(span), np.float32)
    ambiguous = np.flatnonzero(size > 1)
    if len(ambiguous):
        found = evidence(kb, mentions, texts, ambiguous, text_vectors, fact_vectors, graph)
        score = sum(WEIGHTS[name] * values for name, values in found.items())
        _, group = np.unique(span[ambiguous], return_inverse=True)
        first = np.flatnonzero(np.diff(group, prepend=-1))
        score = np.exp(np.maximum(score - np.maximum.reduceat(score, first)[group], np.log(_LEAST)))
        sense[ambiguous] = score / np.add.reduceat(score, first)[group]
    return pa.table([*(mentions[name] for name in mentions.column_names), pa.array(sense)], schema=SENSES)


def evidence(
    kb: KnowledgeBase,
    mentions: pa.Table,
    texts: Sequence[str],
    ambiguous: NDArray[np.int64],
    text_vectors: NDArray[np.float32] | None = None,
    fact_vectors: NDArray[np.float32] | Vectors | None = None,
    graph: FactGraph | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Gather what speaks for terms; see `resolve`, and `WEIGHTS` for the kinds of evidence.

    Args:
        kb: The knowledge base.
        mentions: What `Linker.link` found in the texts.
        texts: The texts.
        ambiguous: int64 (rows,): the rows of the mentions to gather it for, ascending.
        text_vectors: The texts' vectors.
        fact_vectors: The facts' vectors.
        graph: The facts as a graph.

    Returns:
        float64 (rows,) for each kind.
    """
    graph = graph or FactGraph(kb)
    text, term = (mentions[name].to_numpy().astype(np.int64) for name in ("text", "term"))
    near = np.zeros(len(ambiguous))
    if text_vectors is not None and fact_vectors is not None:
        near = _nearness(graph, text[ambiguous], term[ambiguous], text_vectors, fact_vectors)
    direct, shared = _proximity(graph, text, _spans(mentions), term, ambiguous)
    return {
        "nearness": near,
        "direct": direct,
        "shared": shared,
        "hint": _hints(kb, graph, texts, text[ambiguous], term[ambiguous]),
        "label": _labels(kb, mentions["surface"].take(pa.array(ambiguous)), term[ambiguous]),
        "facts": np.log1p(graph.degree[term[ambiguous]]),
    }


def _spans(mentions: pa.Table) -> NDArray[np.int64]:
    """The number of each row's mention."""
    text, start = mentions["text"].to_numpy(), mentions["start"].to_numpy()
    new = np.ones(len(text), np.int64)
    new[1:] = (text[1:] != text[:-1]) | (start[1:] != start[:-1])
    return np.cumsum(new) - 1


def _nearness(
    graph: FactGraph,
    text: NDArray[np.int64],
    term: NDArray[np.int64],
    text_vectors: NDArray[np.float32],
    fact_vectors: NDArray[np.float32] | Vectors,
) -> NDArray[np.float64]:
    """The highest cosine of the text and a fact of the term; 0 for a term without facts."""
    near = np.zeros(len(text))
    for low in range(0, len(text), _ROWS // 16):
        some = slice(low, low + _ROWS // 16)
        owner, row, _ = graph.some_facts_of(term[some], _SIDE)
        used, index = np.unique(row, return_inverse=True)
        vectors = np.asarray(fact_vectors[used], np.float32)
        cosine = np.einsum("ij,ij->i", vectors[index], text_vectors[text[some]][owner])
        first = np.flatnonzero(np.diff(owner, prepend=-1))
        if len(first):
            near[low + owner[first]] = np.maximum.reduceat(cosine, first)
    return near


def _proximity(
    graph: FactGraph,
    text: NDArray[np.int64],
    span: NDArray[np.int64],
    term: NDArray[np.int64],
    ambiguous: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How near terms are to what else their texts name: by facts between them, and by neighbours of both."""
    direct, shared = np.zeros(len(ambiguous)), np.zeros(len(ambiguous))
    terms = len(graph.degree)
    # Texts are taken together, so many that the work is bounded; one text is never cut.
    cuts = np.flatnonzero(np.diff(text, prepend=-1))
    cuts = np.append(cuts[np.unique(cuts // _ROWS, return_index=True)[1]], len(text))
    for low, high in pairwise(cuts.tolist()):
        rows = slice(*np.searchsorted(ambiguous, [low, high]))
        mine = ambiguous[rows] - low
        if not len(mine):
            continue
        texts, spans, named = text[low:high], span[low:high] - span[low], term[low:high]
        owner, _, other = graph.some_facts_of(named, _SIDE)
        beside = distinct(spans[owner] * terms + other)  # what each mention is a neighbour of, once
        index = np.zeros(spans[-1] + 1, np.int64)
        index[spans] = texts - texts[0]
        by_text = np.sort(index[beside // terms] * terms + beside % terms)
        key = (texts - texts[0])[mine] * terms + named[mine]
        # Other mentions that have a fact with the term.
        found = _count(by_text, key) - _count(beside, spans[mine] * terms + named[mine])
        owner, _, other = graph.some_facts_of(named[mine], _SIDE)
        pairs = distinct(owner * terms + other)
        owner, other = np.divmod(pairs, terms)
        where = (texts - texts[0])[mine][owner]
        there = np.sort((texts - texts[0]) * terms + named)
        own = np.sort(spans * terms + named)
        out = (_count(there, where * terms + other) - _count(own, spans[mine][owner] * terms + other)) > 0
        direct[rows] = np.log1p(np.maximum(found, np.bincount(owner, out, len(mine))))
        # Other mentions that are neighbours of the term's neighbours.
        both = _count(by_text, where * terms + other) - 1
        shared[rows] = np.bincount(owner, np.log1p(both) / np.log(2 + graph.degree[other]), len(mine))
    return direct, shared


def _count(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count how often each number is among sorted ones."""
    return np.searchsorted(keys, wanted, "right") - np.searchsorted(keys, wanted, "left")


def _hints(
    kb: KnowledgeBase, graph: FactGraph, texts: Sequence[str], text: NDArray[np.int64], term: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The share of the words of a term's qualifiers and classes that its text has; 0 where it has neither."""
    used, index = np.unique(term, return_inverse=True)
    name, row = join(used, kb.labels["term"].to_numpy())
    parts = pc.extract_regex(kb.labels["text"].take(pa.array(row)).cast(pa.string()).combine_chunks(), QUALIFIED)
    qualified = np.flatnonzero(pc.is_valid(parts).to_numpy(zero_copy_only=False))
    hint = pc.struct_field(parts, [1]).take(pa.array(qualified)).to_pylist()
    subject, row = graph.facts_with_subject(used)
    _, predicate, object_ = kb.columns(row)
    kinds, kind = np.unique(predicate, return_inverse=True)
    class_of = pc.is_in(kb.terms["value"].take(pa.array(kinds)), pa.array(sorted(CLASS_OF)))
    typed = np.flatnonzero(class_of.to_numpy()[kind])
    hint += Wording(kb).labels(object_[typed]).to_pylist()
    owner = np.concatenate([name[qualified], subject[typed]])
    words, number = hash_words(hint)
    numbers, where = np.unique(text, return_inverse=True)
    there, row = hash_words([texts[number] for number in numbers])
    known, code = np.unique(np.concatenate([words, there]), return_inverse=True)
    has = distinct(row * len(known) + code[len(words) :])
    hints = distinct(owner[number] * len(known) + code[: len(words)])
    owner, code = np.divmod(hints, len(known)) if len(known) else (hints, hints)
    low, high = np.searchsorted(owner, index), np.searchsorted(owner, index, "right")
    pair, at = expand(low, high)
    hit = np.isin(where[pair] * len(known) + code[at], has)
    return np.asarray(np.bincount(pair, hit, len(index)) / np.maximum(high - low, 1))


def _labels(kb: KnowledgeBase, surface: pa.ChunkedArray, term: NDArray[np.int64]) -> NDArray[np.float64]:
    """1 where the mention is the term's main label as spelt, a half where but for case."""
    label = Wording(kb, kb.languages[0] if kb.languages else "en").labels(term).cast(pa.string())
    surface = surface.combine_chunks()
    same = pc.equal(label, surface).to_numpy(zero_copy_only=False)
    alike = pc.equal(pc.utf8_lower(label), pc.utf8_lower(surface)).to_numpy(zero_copy_only=False)
    return np.asarray((same + alike.astype(float)) / 2)
