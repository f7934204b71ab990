"""Sorted columns → where keys stand in them, the ranges of groups written out, and places within a group."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Numbers", "place_in_group", "places", "spread"]

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


def places(sorted_keys: NDArray[np.integer[Any]], keys: NDArray[np.integer[Any]]) -> Numbers:
    """Find where each key stands among sorted ones, int64; -1 for nowhere."""
    if not len(sorted_keys):
        return np.full(len(keys), -1, np.int64)
    place = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[place] == keys, place, -1)


def place_in_group(groups: Numbers) -> Numbers:
    """Return each element's place, from 0, among the equal neighbours of a sorted array."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups)
