"""Texts → mentions: where a text names terms of the knowledge base, by all their surface forms."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers, expand, rank_in_group
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.linking.characters import BATCH, Characters, read_batches
from kaug.retrieval.linking.prefixes import Prefixes, hash_forms
from kaug.retrieval.linking.surface import surface_forms, without_taken
from kaug.text import as_list

__all__ = ["MENTIONS", "Linker", "leftmost"]

_MENTION = {"text": pa.int32(), "start": pa.int32(), "end": pa.int32(), "term": pa.uint32(), "surface": pa.string()}
MENTIONS = pa.schema([pa.field(name, kind, nullable=False) for name, kind in _MENTION.items()])
"""Mentions, sorted by text, start, term: characters `start` to `end` of a text, which are `surface`, name `term`."""


class Linker:
    """Finds the terms that a text names.

    It matches the labels, in all kept languages, of the IRIs and blank nodes that are subject or object of a fact, and the
    forms that `kaug.retrieval.linking.surface` makes of them; for a term without a label, the name in its IRI. Case is
    ignored, except that

    - a label that starts with an upper-case letter needs one in the text: "turkey" is not Turkey;
    - one that starts with a lower-case letter needs that too, except at the start of a sentence and in capitals;
    - an acronym (up to five letters, all upper case) is matched as spelt: "who" and "Who" are not the WHO;
    - a label of two letters is matched as spelt and, if the second is lower case ("He"), not where a sentence starts.

    A mention starts and ends where words do, except in scripts without spaces. A run of spaces is one, a hyphen inside
    a word is a space. Of overlapping mentions the leftmost, then the longest that these rules allow, is kept.

    Attributes:
        counts: The numbers of labels, of labels refused by reason, and of forms.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('''@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        ... :t :capital :a . :t rdfs:label "Turkey" . :a rdfs:label "Ankara" .''')
        >>> linker = Linker(build_kb([file]))
        >>> linker.link(["🦃 No turkey comes from Turkey."])["start"].to_pylist()
        [23]
        >>> linker.counts["labels"]
        2
    """

    counts: dict[str, int]

    def __init__(self, kb: KnowledgeBase, *, most: int = 512) -> None:
        """Build the table of forms from a knowledge base, in some microseconds a label.

        Args:
            kb: The knowledge base.
            most: The maximum number of terms that one name matches: those with the most facts.
        """
        surfaces, self.counts = surface_forms(kb)
        keys, ends = hash_forms(surfaces["text"].to_pylist())
        rules = surfaces["rule"].to_numpy()
        kept = without_taken(keys[ends - 1], rules, surfaces["variant"].to_numpy())
        self.counts["variants that are labels of others"] = int(len(kept) - kept.sum())
        words, rules = np.diff(ends, prepend=0), rules[kept]
        self._prefixes = Prefixes(keys[np.repeat(kept, words)], np.cumsum(words[kept]), rules)
        # One entry for each form and term, with all the rules by which the form names the term.
        pairs = self._prefixes.form << np.int64(32) | surfaces["term"].to_numpy()[kept]
        order = np.argsort(pairs)
        first = np.flatnonzero(np.diff(pairs[order], prepend=-1))
        pairs = pairs[order[first]]
        rules = np.bitwise_or.reduceat(rules[order], first) if len(first) else rules
        known = _best_known(kb, pairs, most)
        self.counts["names of terms that share them with too many"] = int(len(known) - known.sum())
        pairs, self._rules = pairs[known], rules[known]
        self._terms = (pairs & 0xFFFFFFFF).astype(np.uint32)
        self._first = np.searchsorted(pairs >> 32, np.arange(len(self._prefixes) + 1))
        self.counts["forms"] = int(np.count_nonzero(np.diff(self._first)))

    def __len__(self) -> int:
        """Return the number of distinct surface forms."""
        return self.counts["forms"]

    def link(self, texts: str | Sequence[str], *, batch: int = BATCH) -> pa.Table:
        """Find the mentions in each text, in time and memory linear in the texts.

        Args:
            texts: One text or several, of any length.
            batch: The number of characters read at once; a longer text is read by itself.

        Returns:
            A table of the schema `MENTIONS`; an ambiguous surface gives a row for each of its terms. Offsets count the
            characters of the text as given.
        """
        texts = as_list(texts)
        tables = [MENTIONS.empty_table()]
        for first, read in read_batches(texts, batch) if len(self) else ():
            tables.append(self._mentions(first, texts[first : first + len(read.first)], read))
        return pa.concat_tables(tables).combine_chunks()

    def _mentions(self, number: int, texts: Sequence[str], read: Characters) -> pa.Table:
        start, end, form, allowed = self._prefixes.match(read)
        kept = leftmost(start, end)
        form, allowed = form[kept], allowed[kept]
        start, end = read.positions(start[kept]), read.positions(end[kept] - 1) + 1
        span, entry = expand(self._first[form], self._first[form + 1])
        ruled = (self._rules[entry] & allowed[span]) > 0
        span, entry = span[ruled], entry[ruled]
        text = read.texts(start)
        columns = {
            "text": (number + text)[span],
            "start": (start - read.first[text])[span],
            "end": (end - read.first[text])[span],
            "term": self._terms[entry],
            "surface": _cut("\n".join(texts), start, end).take(span),
        }
        return pa.table(columns, schema=MENTIONS)


def _best_known(kb: KnowledgeBase, pairs: Numbers, most: int) -> NDArray[np.bool_]:
    """Mask the pairs of a form and a term to keep: of each form at most `most`, the terms with the most facts."""
    form, term = pairs >> 32, pairs & 0xFFFFFFFF
    kept = np.ones(len(pairs), bool)
    crowded = np.flatnonzero(np.bincount(form)[form] > most) if len(form) else form
    if len(crowded):
        subject, _, object_ = kb.columns()
        facts = np.bincount(np.concatenate([subject, object_]), minlength=kb.terms.num_rows)
        order = crowded[np.lexsort((term[crowded], -facts[term[crowded]], form[crowded]))]
        kept[order[rank_in_group(form[order]) >= most]] = False
    return kept


def leftmost(start: Numbers, end: Numbers) -> Numbers:
    """Return the spans to keep, of spans sorted by start: each that starts at or after the end of the last one kept.

    Examples:
        >>> leftmost(np.array([0, 2, 3]), np.array([3, 9, 4])).tolist()
        [0, 2]
    """
    clash = np.append(start[1:] < np.maximum.accumulate(end)[:-1], np.zeros(min(len(start), 1), bool))
    kept = ~clash
    kept[1:] &= ~clash[:-1]
    last_end = 0
    overlapping = np.flatnonzero(~kept)
    for span, begin, stop in zip(
        overlapping.tolist(), start[overlapping].tolist(), end[overlapping].tolist(), strict=True
    ):
        if begin >= last_end:
            kept[span], last_end = True, stop
    return np.flatnonzero(kept)


def _cut(text: str, start: Numbers, end: Numbers) -> pa.Array:
    """Cut the parts of a text at spans that do not overlap."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > len(text):
        offset = np.append(np.flatnonzero((np.frombuffer(data, np.uint8) & 0xC0) != 0x80), len(data))
        start, end = offset[start], offset[end]
    bounds = np.stack([start, end], axis=1).ravel()
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(data)]
    parts = pa.Array.from_buffers(pa.large_string(), max(len(bounds) - 1, 0), buffers)
    return parts.take(np.arange(0, len(parts), 2)).cast(pa.string())
