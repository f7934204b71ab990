"""Texts → the terms that they name, in full or in part: how surely, and where."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers, positions

__all__ = ["IN_PART", "Named", "join_names"]

IN_PART = 0.8
"""How surely a text names a term all of whose name's words it has, but not as that name."""


class Named(NamedTuple):
    """Terms that texts name: one entry for each text and term, sorted by both.

    Attributes:
        text: int64 (n,): numbers of texts.
        term: int64 (n,): term numbers.
        strength: float32 (n,), in (0, 1], how surely: if the name stands there as it is, the square root of the sense
            (1 for a name of one term alone); else `IN_PART` of the share of it.
        start: int64 (n,): the first character of the first mention; -1 if the name stands there only in part.
        end: int64 (n,): the character behind it, or -1.
        last: int64 (n,): the first character of the last mention, or -1.
        terms: The number of terms of the knowledge base.
    """

    text: Numbers
    term: Numbers
    strength: NDArray[np.float32]
    start: Numbers
    end: Numbers
    last: Numbers
    terms: int

    def find(self, text: Numbers, term: Numbers) -> Numbers:
        """Find the entries of texts and terms, int64; -1 where a text does not name the term."""
        return positions(self.text * self.terms + self.term, text * self.terms + term)

    def strength_at(self, entry: Numbers) -> NDArray[np.float32]:
        """Return the strengths of entries that `find` found, float32; 0 where it found none."""
        return np.append(self.strength, np.float32(0))[entry]

    def in_full(self, entry: Numbers) -> NDArray[np.bool_]:
        """Return for entries of `find` whether the text has the whole name; False where there is none."""
        full: NDArray[np.bool_] = np.append(self.start, -1)[entry] >= 0
        return full

    def take(self, kept: NDArray[np.bool_]) -> "Named":
        """Return some of the entries."""
        text, term, strength, start, end, last, terms = self
        return Named(text[kept], term[kept], strength[kept], start[kept], end[kept], last[kept], terms)


def join_names(mentions: pa.Table, shares: pa.Table, terms: int) -> Named:
    """Join the names that stand in texts as they are with those that stand there in part.

    Args:
        mentions: A table of the schema `kaug.retrieval.linking.senses.SENSES`.
        shares: A table of the schema `kaug.retrieval.linking.overlap.SHARES`.
        terms: The number of terms of the knowledge base.
    """
    full = mentions["text"].to_numpy().astype(np.int64) * terms + mentions["term"].to_numpy()
    order = np.lexsort((mentions["start"].to_numpy(), full))
    full, first, count = np.unique(full[order], return_index=True, return_counts=True)
    start, end = (mentions[name].to_numpy().astype(np.int64)[order] for name in ("start", "end"))
    part = shares["text"].to_numpy() * np.int64(terms) + shares["term"].to_numpy()
    rest = ~np.isin(part, full)
    keys = np.concatenate([full, part[rest]])
    nowhere = np.full(int(rest.sum()), -1, np.int64)
    sense = np.maximum.reduceat(mentions["sense"].to_numpy()[order], first) if len(first) else np.zeros(0)
    strength = np.concatenate([np.sqrt(sense), IN_PART * shares["share"].to_numpy()[rest]]).astype(np.float32)
    spans = (start[first], end[first], start[first + count - 1])
    order = np.argsort(keys)
    text, term = np.divmod(keys[order], np.int64(max(terms, 1)))
    start, end, last = (np.concatenate([entry, nowhere])[order] for entry in spans)
    return Named(text, term, strength[order], start, end, last, terms)
