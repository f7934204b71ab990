"""Arrays of numbers → sorted, joined and grouped: what columns are worked with."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Groups",
    "Numbers",
    "below",
    "best_first",
    "distinct",
    "distinct_below",
    "grouped",
    "join",
    "pair_keys",
    "pairs_within",
    "place_in_group",
    "places",
    "places_of",
    "runs",
    "spread",
]

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


def pair_keys(left: NDArray[np.uint32], right: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Make one number of each pair of terms, so that pairs can be compared and looked up in columns.

    Args:
        left: uint32 (n,).
        right: uint32 (n,).

    Returns:
        uint64 (n,): equal where both terms are.

    Examples:
        >>> pair_keys(np.array([1], np.uint32), np.array([2], np.uint32)).tolist()
        [4294967298]
    """
    return left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)


def places_of(
    column: NDArray[np.uint32], wanted: NDArray[np.uint32] | NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find wanted numbers in a sorted column.

    Args:
        column: uint32: ascending.
        wanted: Integers (n,).

    Returns:
        The places of each wanted number, one after the other, and int64 (n,): how many each has.

    Examples:
        >>> places, often = places_of(np.array([3, 5, 5, 8], np.uint32), np.array([5, 4, 3]))
        >>> places.tolist(), often.tolist()
        ([1, 2, 0], [2, 0, 1])
    """
    wanted = wanted.astype(np.uint32)  # of another type, the column itself would be converted
    low, high = (np.searchsorted(column, wanted, side) for side in ("left", "right"))
    often = high - low
    start = np.repeat(low - (np.cumsum(often) - often), often)
    return (start + np.arange(len(start))).astype(np.int64), often


def below(child: Numbers, parent: Numbers, member: Numbers, column: Numbers) -> tuple[Numbers, Numbers]:
    """Find what lies below the members of some groups in a hierarchy, the members included.

    Args:
        child: int64 (n,): the edges of the hierarchy, with `parent`.
        parent: int64 (n,).
        member: int64 (m,): nodes.
        column: int64 (m,): the group that each stands in.

    Returns:
        Nodes and groups: a row for each node that is a member of the group or below one; sorted by node, then group.
        Cycles do no harm.

    Examples:
        >>> one, two = np.array([1, 2]), np.array([2, 3])
        >>> [part.tolist() for part in below(one, two, np.array([2]), np.array([0]))]
        [[1, 2], [0, 0]]
    """
    import scipy.sparse as sp

    if not len(member):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    nodes, place = np.unique(np.concatenate([child, parent, member]), return_inverse=True)
    lower, upper, start = place[: len(child)], place[len(child) : 2 * len(child)], place[2 * len(child) :]
    edges = sp.csr_array((np.ones(len(child), bool), (lower, upper)), shape=(len(nodes), len(nodes)))
    reached = sp.csr_array((np.ones(len(member), bool), (start, column)), shape=(len(nodes), int(column.max()) + 1))
    while (wider := reached + edges @ reached).nnz > reached.nnz:
        reached = wider
    found = reached.tocoo()
    order = np.lexsort((found.col, found.row))
    return nodes[found.row[order]], found.col[order].astype(np.int64)


def join(left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    """Pair the positions of equal keys.

    Args:
        left: int64 (n,).
        right: int64 (m,), ascending.

    Returns:
        Positions in `left` and in `right`, ascending by both.

    Examples:
        >>> [part.tolist() for part in join(np.array([5, 7]), np.array([5, 5, 6]))]
        [[0, 0], [0, 1]]
    """
    low, high = np.searchsorted(right, left), np.searchsorted(right, left, side="right")
    many = high - low
    at = np.repeat(np.arange(len(left), dtype=np.int64), many)
    within = np.arange(len(at), dtype=np.int64) - np.repeat(np.cumsum(many) - many, many)
    return at, np.repeat(low, many) + within


def pairs_within(group: Numbers) -> tuple[Numbers, Numbers]:
    """Pair the positions that share a group, each pair once.

    Args:
        group: int64 (n,), ascending.

    Returns:
        Positions (first, second), the first smaller.

    Examples:
        >>> [part.tolist() for part in pairs_within(np.array([4, 4, 4, 9]))]
        [[0, 0, 1], [1, 2, 2]]
    """
    lonely = np.ones(len(group), dtype=bool)
    if len(group) > 1:
        same = group[1:] == group[:-1]
        lonely[1:] &= ~same
        lonely[:-1] &= ~same
    rest = np.flatnonzero(~lonely)
    first, second = join(group[rest], group[rest])
    once = first < second
    return rest[first[once]], rest[second[once]]


def runs(keys: NDArray[Any]) -> tuple[Numbers, Numbers]:
    """Find where runs of equal keys start, and how long they are.

    Examples:
        >>> [part.tolist() for part in runs(np.array([3, 3, 5]))]
        [[0, 2], [2, 1]]
    """
    fresh = np.concatenate([[True], keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, bool)
    starts = np.flatnonzero(fresh).astype(np.int64)
    return starts, np.diff(np.append(starts, len(keys))).astype(np.int64)


def distinct_below(numbers: Numbers, size: int) -> Numbers:
    """Return the different numbers below `size`, ascending: as `np.unique`, without sorting."""
    found = np.zeros(size, dtype=bool)
    found[numbers] = True
    return np.flatnonzero(found).astype(np.int64)


@dataclass(frozen=True)
class Groups:
    """Rows in groups of equal keys, the groups in the order of their keys.

    Attributes:
        rows: int64 (n,): row numbers, those of a group together and ascending.
        starts: int64 (groups,): where each group begins in `rows`.
        sizes: int64 (groups,): how many rows each has.
    """

    rows: Numbers
    starts: Numbers
    sizes: Numbers

    def __getitem__(self, number: int) -> Numbers:
        """Return the rows of a group."""
        return self.rows[self.starts[number] : self.starts[number] + self.sizes[number]]

    @property
    def heads(self) -> Numbers:
        """The first row of each group."""
        return self.rows[self.starts]

    @property
    def numbers(self) -> Numbers:
        """The group of each row, int64 (n,)."""
        numbers = np.empty(len(self.rows), dtype=np.int64)
        numbers[self.rows] = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return numbers

    def largest(self, most: int | None = None, where: NDArray[np.bool_] | None = None) -> list[int]:
        """Return the numbers of the groups of several rows, the largest first.

        Args:
            most: How many to return; None for all.
            where: bool (groups,): take these alone.
        """
        several = np.flatnonzero((self.sizes > 1) & (True if where is None else where))
        return [int(number) for number in several[np.argsort(-self.sizes[several], kind="stable")][:most]]


def grouped(*keys: NDArray[Any]) -> Groups:
    """Group rows by one or more keys.

    Args:
        keys: (n,) each; the first decides first.

    Returns:
        The groups.

    Examples:
        >>> groups = grouped(np.array([7, 5, 7]), np.array([0, 1, 0]))
        >>> groups.rows.tolist(), groups.sizes.tolist(), groups.largest()
        ([1, 0, 2], [1, 2], [1])
    """
    rows = np.lexsort(keys[::-1]).astype(np.int64)
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = np.logical_or.reduce([key[rows[1:]] != key[rows[:-1]] for key in keys])
    starts = np.flatnonzero(fresh).astype(np.int64)
    return Groups(rows, starts, np.diff(np.append(starts, len(rows))).astype(np.int64))
