"""Derived rows, some hidden → the premises of the shown rows, with hidden premises replaced by theirs."""

import numpy as np
from numpy.typing import NDArray

from kaug.knowledge.inference.closure import Derived, gather
from kaug.knowledge.inference.joins import BLOCK, Rows

__all__ = ["write_out"]

_CELLS = 1 << 22  # the maximum of premises held at a time while hidden ones are replaced


def write_out(derived: Derived, hidden: NDArray[np.bool_], given: int, limit: int) -> tuple[Rows, Rows]:
    """Replace hidden premises by their own premises until none is hidden, each premise once.

    Args:
        derived: All derived rows, hidden ones among them.
        hidden: bool (n,): which rows are hidden.
        given: The number of rows given: derived row r is premise `given + r`.
        limit: The maximum of premises in all.

    Returns:
        The premises of the shown rows, one list after another, and the length of each list. Rows are missing from the first
        one that exceeds `limit`, or `_CELLS` with all hidden rows below it, since later rows may depend on it.
    """
    shown = np.flatnonzero(~hidden)
    hides = np.concatenate([np.zeros(given, dtype=bool), hidden])
    parts, lengths = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    first, step = 0, BLOCK
    while first < len(shown):
        lists = _write_out(derived, hides, given, shown[first : first + step])
        if lists is None and step == 1:
            break
        if lists is None:
            step = max(1, min(step, len(shown) - first) // 2)
            continue
        flat, count = lists
        fit = int(np.searchsorted(np.cumsum(count), limit, "right"))
        parts.append(flat[: count[:fit].sum()])
        lengths.append(count[:fit])
        if fit < len(count):
            break
        limit, first, step = limit - len(flat), first + step, min(BLOCK, 2 * step)
    return np.concatenate(parts), np.concatenate(lengths)


def _write_out(derived: Derived, hides: NDArray[np.bool_], given: int, rows: Rows) -> tuple[Rows, Rows] | None:
    """Write out the premises of some rows; None if, with the hidden rows that they need, they are too many."""
    needed = new = rows
    while len(new):
        if int(derived.lengths[needed].sum()) > _CELLS:
            return None
        premises = gather(derived.premises, derived.lengths, new)
        new = np.setdiff1d(premises[hides[premises]] - given, needed)
        needed = np.union1d(needed, new)
    flat, count = gather(derived.premises, derived.lengths, needed), derived.lengths[needed]
    # The lists of hidden rows are written out together with the others, so each pass halves the steps that are left.
    while True:
        owner = np.repeat(np.arange(len(needed)), count)
        _, once = np.unique(owner.astype(np.uint64) << np.uint64(32) | flat.astype(np.uint64), return_index=True)
        once.sort()
        flat, owner = flat[once], owner[once]
        count = np.bincount(owner, minlength=len(needed))
        inner = hides[flat]
        if not inner.any():
            break
        position = np.searchsorted(needed, flat[inner] - given)
        times = np.ones(len(flat), np.int64)
        times[inner] = count[position]
        if int(times.sum()) > _CELLS:
            return None
        wide = np.repeat(flat, times)
        wide[np.repeat(inner, times)] = gather(flat, count, position)
        flat, count = wide, np.bincount(np.repeat(owner, times), minlength=len(needed))
    position = np.searchsorted(needed, rows)
    return gather(flat, count, position), count[position]
