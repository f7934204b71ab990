"""Columns → sorted by group and score, where keys stand in them, the ranges of groups written out, places within a group."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Numbers", "best_first", "distinct", "place_in_group", "places", "spread"]

Numbers = NDArray[np.int64]


def spread(low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """Write out ranges of numbers: `low[i]`, `low[i] + 1`, … below `high[i]`.

    Args:
        low: int64 (n,).
        high: int64 (n,), none less than its `low`.

    Returns:
        int64 (total,) twice: for each number the place i of its range, and the number.

    Examples:
        >>> place, number = spread(np.array([3, 7, 7]), np.array([5, 7, 8]))
        >>> place.tolist(), number.tolist()
        ([0, 0, 2], [3, 4, 7])
    """
    sizes = high - low
    place = np.repeat(np.arange(len(low)), sizes)
    return place, np.arange(len(place)) + np.repeat(low - (np.cumsum(sizes) - sizes), sizes)


def best_first(groups: Numbers, score: NDArray[np.float32], tie: Numbers | None = None) -> Numbers:
    """Order pairs by their group, within it by falling score, and where scores are equal by `tie`.

    Scores are equal if they are to six decimals: products of one vector differ in the last bits from machine to machine.

    Args:
        groups: Integers (n,), from 0, and below 2**39.
        score: float32 (n,), from -8 to 8; what is beyond counts as that, and NaN as the least.
        tie: int64 (n,); equal ones stay in the order they have.

    Returns:
        int64 (n,): places in the columns.

    Examples:
        >>> best_first(np.array([1, 0, 1, 1]), np.array([0.5, 0.1, 0.7, 0.5], np.float32), np.array([9, 9, 9, 3])).tolist()
        [1, 2, 3, 0]
    """
    falling = -np.rint(np.clip(np.nan_to_num(score, nan=-8), -8, 8) * np.float32(1e6)).astype(np.int64)
    keys = (groups.astype(np.int64) << 24) + 2**23 + falling
    order = np.argsort(keys, kind="stable")
    equal = np.diff(keys[order]) == 0
    tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
    if tie is not None and len(tied):
        order[tied] = order[tied][np.lexsort((tie[order[tied]], keys[order[tied]]))]
    return order


def distinct(keys: Numbers) -> Numbers:
    """Return the different numbers, sorted: `np.unique`, which hashes them first, and takes four times as long.

    Examples:
        >>> distinct(np.array([3, 1, 3])).tolist()
        [1, 3]
    """
    keys = np.sort(keys)
    return keys[np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))]


def places(sorted_keys: NDArray[np.integer[Any]], keys: NDArray[np.integer[Any]]) -> Numbers:
    """Find where each key stands among sorted ones, int64; -1 for nowhere."""
    if not len(sorted_keys):
        return np.full(len(keys), -1, np.int64)
    place = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[place] == keys, place, -1)


def place_in_group(groups: Numbers) -> Numbers:
    """Return each element's place, from 0, among the equal neighbours of a sorted array."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups)
