"""Facts → others that are near them in the graph, to stand beside them in a context."""

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers, grouped, mix

__all__ = ["Near"]


class Near:
    """Draws facts that share a predicate or a subject with given ones.

    Examples:
        >>> near = Near(np.array([1, 1, 2], np.uint32), np.array([7, 8, 7], np.uint32))
        >>> near.draw(np.array([0]), np.array([0], np.uint64), 2).tolist()
        [[2, 1]]
    """

    def __init__(self, subjects: NDArray[np.uint32], predicates: NDArray[np.uint32]) -> None:
        """Group the facts that may be drawn by predicate and by subject."""
        self._subjects, self._predicates = subjects, predicates
        self._groups = [grouped(ends) for ends in (predicates, subjects)]
        self._numbers = [groups.numbers for groups in self._groups]
        self._index = [np.argsort(groups.rows) for groups in self._groups]

    def draw(self, places: Numbers, seeds: NDArray[np.uint64], count: int) -> Numbers:
        """Draw facts with the same predicate and another subject, and with the same subject and another predicate, in turns.

        Args:
            places: int64 (n,): the positions of facts.
            seeds: uint64 (n,): a seed for each.
            count: The number of draws for each.

        Returns:
            int64 (n, count): the positions of the facts drawn; -1 where a draw has the same subject and predicate, or comes a
            second time.
        """
        drawn = np.full((len(places), count), -1, np.int64)
        for turn in range(count):
            groups, numbers = self._groups[turn % 2], self._numbers[turn % 2]
            number = numbers[places]
            # One of the others of the group, counted from the fact itself.
            draw = mix(seeds + mix(np.full(len(places), turn + 1, np.uint64))) >> np.uint64(1)
            step = 1 + draw.astype(np.int64) % np.maximum(groups.sizes[number] - 1, 1)
            own = self._index[turn % 2][places] - groups.starts[number]
            index = groups.starts[number] + (own + step) % groups.sizes[number]
            found = groups.rows[index]
            other = self._subjects[found] != self._subjects[places]
            other |= self._predicates[found] != self._predicates[places]
            new = other & ~(drawn[:, :turn] == found[:, None]).any(axis=1)
            drawn[new, turn] = found[new]
        return drawn
