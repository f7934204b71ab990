"""Texts → those that are equal, or nearly equal, to an earlier one."""

import numpy as np
import pyarrow as pa
from rensa import RMinHash, RMinHashLSH

from kaug.augmentation.hygiene.left_out import Found
from kaug.augmentation.hygiene.length import split_words
from kaug.augmentation.hygiene.settings import HygieneSettings

__all__ = ["find_duplicates", "find_near_duplicates"]

_RUN, _HASHES, _RECALL = 5, 128, 0.999


def find_duplicates(texts: pa.Array, ids: pa.Array, _settings: HygieneSettings) -> Found:
    """Find the texts that are equal to an earlier one, character by character; the detail is its id.

    Examples:
        >>> from kaug.augmentation.hygiene.settings import HygieneSettings
        >>> find_duplicates(pa.array(["x", "y", "x"]), pa.array(["a", "b", "c"]), HygieneSettings()).details.to_pylist()
        [None, None, 'a']
    """
    number = texts.dictionary_encode().indices.to_numpy()
    first = np.unique(number, return_index=True)[1][number]
    return _like(np.where(first < np.arange(len(first)), first, -1), ids, "duplicates")


def find_near_duplicates(texts: pa.Array, ids: pa.Array, settings: HygieneSettings) -> Found:
    """Find the texts that share `near_duplicates` of their runs of five words with an earlier one; the detail is its id.

    The fraction is the Jaccard coefficient of the two sets of runs. MinHash (Broder 1997) finds the pairs, at least 999 of 1,000
    that are to be found, and the sets decide. A text that is left out makes no other one a duplicate.
    """
    least = settings.near_duplicates
    bands = next(
        n for n in (4, 8, 16, 32, 64, _HASHES) if n == _HASHES or 1 - (1 - least ** (_HASHES // n)) ** n > _RECALL
    )
    index = RMinHashLSH(least, _HASHES, bands)
    words, found = split_words(texts), np.full(len(texts), -1, np.int64)
    for row in range(len(texts)):
        own = _runs(words[row].as_py())
        sketch = RMinHash(_HASHES, 0)
        sketch.update(sorted(own))
        near = (other for other in sorted(index.query(sketch)) if _jaccard(own, _runs(words[other].as_py())) >= least)
        found[row] = next(near, -1)
        if found[row] < 0:
            index.insert(row, sketch)
    return _like(found, ids, "near duplicates")


def _runs(words: list[str]) -> set[str]:
    return {" ".join(words[start : start + _RUN]) for start in range(max(1, len(words) - _RUN + 1))}


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _like(earlier: np.ndarray[tuple[int], np.dtype[np.int64]], ids: pa.Array, reason: str) -> Found:
    """Make the result from the row of the earlier text that each is like, -1 for none."""
    rows = pa.array(earlier, mask=earlier < 0)
    reasons = pa.array(np.where(earlier < 0, "", reason), pa.string(), mask=earlier < 0)
    return Found(reasons, ids.take(rows))
