"""Arrays of numbers → what joins, groups and hierarchies of them are made of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ints", "below", "distinct", "join", "pairs_within", "runs"]

Ints = NDArray[np.int64]


def below(child: Ints, parent: Ints, member: Ints, column: Ints) -> tuple[Ints, Ints]:
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


def join(left: Ints, right: Ints) -> tuple[Ints, Ints]:
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


def pairs_within(group: Ints) -> tuple[Ints, Ints]:
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


def runs(keys: NDArray[Any]) -> tuple[Ints, Ints]:
    """Find where runs of equal keys start, and how long they are.

    Examples:
        >>> [part.tolist() for part in runs(np.array([3, 3, 5]))]
        [[0, 2], [2, 1]]
    """
    fresh = np.concatenate([[True], keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, bool)
    starts = np.flatnonzero(fresh).astype(np.int64)
    return starts, np.diff(np.append(starts, len(keys))).astype(np.int64)


def distinct(numbers: Ints, size: int) -> Ints:
    """Return the different numbers below `size`, ascending: as `np.unique`, without sorting."""
    found = np.zeros(size, dtype=bool)
    found[numbers] = True
    return np.flatnonzero(found).astype(np.int64)
