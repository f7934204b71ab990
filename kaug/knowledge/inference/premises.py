"""Derived rows, some not shown → the premises of those shown, with those of a hidden premise in its place."""

import numpy as np
from numpy.typing import NDArray

from kaug.knowledge.inference.closure import Derived, gather
from kaug.knowledge.inference.joins import BLOCK, Rows

__all__ = ["write_out"]

_CELLS = 1 << 22  # the most premises that are held at a time while hidden ones are replaced


def write_out(derived: Derived, hidden: NDArray[np.bool_], given: int, most: int) -> tuple[Rows, Rows]:
    """Put the premises of a hidden row in its place, until no premise is hidden; say none twice.

    Args:
        derived: All rows derived, hidden ones among them.
        hidden: bool (n,): which rows are not shown.
        given: How many rows were given: derived row r is premise `given + r`.
        most: The most premises to write out in all.

    Returns:
        The premises of the shown rows, one row's after another's, and how many each has. Where they would be more than
        `most`, or those of one row with all that is hidden beneath it more than `_CELLS`, the rows from there on are
        missing: they may rest on one another.
    """
    shown = np.flatnonzero(~hidden)
    hides = np.concatenate([np.zeros(given, dtype=bool), hidden])
    parts, lengths = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    first, step = 0, BLOCK
    while first < len(shown):
        found = _write_out(derived, hides, given, shown[first : first + step])
        if found is None and step == 1:
            break
        if found is None:
            step = max(1, min(step, len(shown) - first) // 2)
            continue
        flat, count = found
        fit = int(np.searchsorted(np.cumsum(count), most, "right"))
        parts.append(flat[: count[:fit].sum()])
        lengths.append(count[:fit])
        if fit < len(count):
            break
        most, first, step = most - len(flat), first + step, min(BLOCK, 2 * step)
    return np.concatenate(parts), np.concatenate(lengths)


def _write_out(derived: Derived, hides: NDArray[np.bool_], given: int, rows: Rows) -> tuple[Rows, Rows] | None:
    """Write out the premises of some rows; None if, with those of the hidden rows they need, they are too many."""
    needed = new = rows
    while len(new):
        if int(derived.lengths[needed].sum()) > _CELLS:
            return None
        premises = gather(derived.premises, derived.lengths, new)
        new = np.setdiff1d(premises[hides[premises]] - given, needed)
        needed = np.union1d(needed, new)
    flat, count = gather(derived.premises, derived.lengths, needed), derived.lengths[needed]
    # The lists of the hidden rows are written out along with those of the rest, so that each pass halves what is left.
    while True:
        flat, count = _once(flat, count)
        inner = hides[flat]
        if not inner.any():
            break
        at = np.searchsorted(needed, flat[inner] - given)
        times = np.ones(len(flat), np.int64)
        times[inner] = count[at]
        if int(times.sum()) > _CELLS:
            return None
        owner = np.repeat(np.repeat(np.arange(len(needed)), count), times)
        wide, within = np.repeat(flat, times), np.repeat(inner, times)
        wide[within] = gather(flat, count, at)
        flat, count = wide, np.bincount(owner, minlength=len(needed))
    at = np.searchsorted(needed, rows)
    return gather(flat, count, at), count[at]


def _once(flat: Rows, count: Rows) -> tuple[Rows, Rows]:
    """Keep of each list what is in it once, at its first place."""
    owner = np.repeat(np.arange(len(count)), count)
    _, once = np.unique(owner.astype(np.uint64) << np.uint64(32) | flat.astype(np.uint64), return_index=True)
    once.sort()
    return flat[once], np.bincount(owner[once], minlength=len(count))
