"""Vectors → a FAISS index of their codes, chosen by their number and the required recall → the rows nearest to queries.

| rows | kind | memory per row, at 384 components |
|---|---|---|
| below `EXACT_BELOW` | `Flat`: exact, over the vectors themselves | nothing |
| below `LISTS_FROM` | `PQ{d/4}x4fs`: codes of 4 bits for each 4 components, all of them scanned | 48 bytes |
| from there on | `IVF{n},PQ{d/4}x4fs`: the same codes in n lists, of which a few are scanned | 56 bytes |

Codes find candidates, and the vectors re-rank them. The numbers of candidates and lists are the lowest that reach the recall
when the index is built. Product quantisation: Jégou et al., 2011; codes of 4 bits scanned in registers: André et al., 2017.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.errors import ArtifactError
from kaug.retrieval.indexing.vectors import Vectors, faiss, one_thread

__all__ = ["EXACT_BELOW", "FACTORS", "LISTS_FROM", "Codes", "build_codes", "cheapest", "exact", "read_codes"]

EXACT_BELOW = 50_000
"""The number of distinct sentences from which the index is approximate."""

LISTS_FROM = 2_000_000
"""The number of distinct sentences from which their codes are in lists."""

FACTORS = (4, 8, 16, 32, 64, 128, 256)
"""Re-ranked candidates per hit, tried in this order until the recall is reached."""

# Extra rows, so that the caller breaks ties with the last, and not FAISS.
_TIES = 16
_PROBES = (8, 16, 32, 64, 128)  # scanned lists
_AS_GOOD = 0.005
_SAMPLE = 1024
_TOP = 10
# Training: vectors that codes are learnt from, and vectors a list and rounds of k-means for the lists.
_TRAINED = 65_536
_A_LIST = 64
_ROUNDS = 10


@dataclass(frozen=True)
class Codes:
    """An index of vectors, and how to search it.

    Attributes:
        vectors: The vectors.
        kind: The FAISS factory string.
        recall: Recall@10 against exact search, of the nearest others to a sample of the vectors, in [0, 1].
        factor: Re-ranked candidates per hit, for at least ten hits.
        probes: Lists scanned a query; 0 where there are none.
        index: The FAISS index; None if `kind` is `Flat`.
    """

    vectors: Vectors
    kind: str = "Flat"
    recall: float = 1.0
    factor: int = 1
    probes: int = 0
    index: Any = None

    def write(self, path: Path) -> None:
        """Write the FAISS index into a file, if there is one."""
        if self.index is not None:
            faiss().write_index(self.index, os.fspath(path))

    def candidates(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[Numbers, Numbers]:
        """Find pairs of a query (float32 (n, dimension)) and a row, among which the k nearest of each query are.

        With `allowed`, bool (rows,), only such rows are returned. Each query has at least k rows, or all rows.
        """
        count = len(self.vectors) if allowed is None else int(allowed.sum())
        if self.index is None or count < EXACT_BELOW:
            return _pairs(exact(self.vectors, queries, min(k + _TIES, count), allowed)[1])
        wanted = min(max(self.factor * max(k, _TOP), k + _TIES), count)
        wide, options = wanted, {}
        if self.probes:
            bits = None if allowed is None else np.packbits(allowed, bitorder="little")
            selector = None if bits is None else faiss().IDSelectorBitmap(bits)
            options["params"] = faiss().SearchParametersIVF(nprobe=self.probes, sel=selector)
        elif allowed is not None:
            # Codes in one list are scanned without a filter: scan as many more as makes up for the rows not allowed.
            wide = min(wanted * -(-len(self.vectors) // count), len(self.vectors))
        _, rows = self.index.search(queries, wide, **options)
        rows = rows.astype(np.int64)
        if allowed is not None:
            rows[~allowed[rows]] = -1
        # A query whose neighbours are mostly not allowed, or in other lists, is searched exactly.
        short = np.flatnonzero((rows >= 0).sum(axis=1) < min(max(k, wanted // 2), count))
        rows[short] = -1
        query, row = _pairs(rows)
        if len(short):
            others, exactly = _pairs(exact(self.vectors, queries[short], min(k + _TIES, count), allowed)[1])
            query, row = np.append(query, short[others]), np.append(row, exactly)
        return query, row


def _pairs(rows: Numbers) -> tuple[Numbers, Numbers]:
    query, rank = np.nonzero(rows >= 0)
    return query, rows[query, rank]


def exact(
    vectors: Vectors, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float32], Numbers]:
    """Find the k nearest rows to each query by scoring them all, part by part: scores, in falling order, and rows, or -1."""
    scores = np.full((len(queries), k), -np.inf, np.float32)
    rows = np.full((len(queries), k), -1, np.int64)
    start = 0
    for part in vectors.parts:
        used = slice(None) if allowed is None else np.flatnonzero(allowed[start : start + len(part)])
        scored = part[used]
        if len(scored):
            score, row = faiss().knn(queries, scored, min(k, len(scored)), metric=faiss().METRIC_INNER_PRODUCT)
            both = np.hstack([scores, score])
            row = start + (row if isinstance(used, slice) else used[row])
            best = np.argsort(-both, axis=1, kind="stable")[:, :k]
            scores = np.take_along_axis(both, best, axis=1)
            rows = np.take_along_axis(np.hstack([rows, row]), best, axis=1)
        start += len(part)
    return scores, rows


def build_codes(vectors: Vectors, recall: float = 0.99) -> Codes:
    """Choose, train and fill an index, and measure its recall.

    Returns:
        The index with the cheapest setting that reaches the recall@10, in (0, 1]; if none does, with the best one.
        At 1 the search is exact.
    """
    count, dimension = vectors.shape
    if count < EXACT_BELOW or dimension % 4 or recall >= 1:
        return Codes(vectors)
    # About √count lists, a power of two.
    lists = 2 ** round(np.log2(count) / 2) if count >= LISTS_FROM else 0
    kind = f"{f'IVF{lists},' if lists else ''}PQ{dimension // 4}x4fs"
    index = faiss().index_factory(dimension, kind, faiss().METRIC_INNER_PRODUCT)
    _set_for_machine(index)
    sample = vectors[_spread(count, max(_TRAINED, lists * _A_LIST))]
    if lists:
        index.cp.niter, index.cp.max_points_per_centroid = _ROUNDS, _A_LIST
        index.train_q1(len(sample), faiss().swig_ptr(sample), False, index.metric_type)
    # Codes are learnt by many small runs of k-means, which threads that wait for each other make up to 80 times slower.
    with one_thread():
        index.train(sample)
    del sample
    for part in vectors.parts:
        index.add(part)
    return _reaching(Codes(vectors, kind, 0.0, FACTORS[-1], 0, index), recall, lists)


def _reaching(codes: Codes, recall: float, lists: int) -> Codes:
    """Choose the cheapest setting; each vector of a sample is a query for the ten nearest others."""
    rows = _spread(len(codes.vectors), _SAMPLE)
    sample = codes.vectors[rows]
    floor = exact(codes.vectors, sample, _TOP + 1)[0][:, -1]

    def measured(factor: int, probes: int) -> tuple[float, Codes]:
        tried = replace(codes, factor=factor, probes=probes)
        query, row = tried.candidates(sample, _TOP)
        # Compared by score: rows with equal scores are interchangeable.
        near = (codes.vectors.cosines(sample, query, row) >= floor[query] - 1e-5) & (row != rows[query])
        recalls = np.minimum(np.bincount(query[near], minlength=len(sample)), _TOP) / _TOP
        lower = recalls.mean() - 2 * recalls.std() / np.sqrt(len(recalls))
        return float(lower), replace(tried, recall=float(recalls.mean()))

    probes = 0
    if lists:
        # First the lists, with all the candidates: no number of these makes up for a list that is not scanned.
        many = [*(most for most in _PROBES if most < lists), lists]
        probes = cheapest((measured(FACTORS[-1], most) for most in many), recall)[1].probes
    return cheapest((measured(factor, probes) for factor in FACTORS), recall)[1]


def cheapest(tried: Iterable[tuple[float, Codes]], recall: float) -> tuple[float, Codes]:
    """Return the first setting that reaches a recall; if none does, the first about as good as the best.

    `tried` yields recalls, less two standard errors, and settings, the cheapest first; it is read no further than needed.
    """
    seen = []
    for one in tried:
        seen.append(one)
        if one[0] >= recall:
            return one
    enough = max(lower for lower, _ in seen) - _AS_GOOD
    return next(one for one in seen if one[0] >= enough)


def _spread(count: int, most: int) -> Numbers:
    """Return the row numbers of a sample, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))


def read_codes(path: Path, vectors: Vectors, kind: str, recall: float, factor: int, probes: int) -> Codes:
    """Read a file of `Codes.write` that was verified.

    Raises:
        ArtifactError: FAISS cannot read it, or it is of other vectors.
    """
    if kind == "Flat":
        return Codes(vectors)
    try:
        index = faiss().read_index(os.fspath(path))
    except (OSError, RuntimeError) as error:
        raise ArtifactError(f"{path}: unusable: {error}. Build the index again.") from error
    if (index.ntotal, index.d) != vectors.shape:
        raise ArtifactError(f"{path}: holds {index.ntotal} codes of {index.d} components, not {vectors.shape}.")
    _set_for_machine(index)
    return Codes(vectors, kind, recall, factor, probes, index)


def _set_for_machine(index: Any) -> None:
    # Eight queries a pass over the codes, as twice four: with AVX-512 a fifth to a third faster than FAISS's twelve, with
    # AVX2 a twentieth slower. Lists have no such setting.
    level = getattr(faiss(), "SIMDConfig", None)
    if hasattr(index, "qbs"):
        index.qbs = 0x44 if level and level.get_level_name().startswith("AVX512") else 0
