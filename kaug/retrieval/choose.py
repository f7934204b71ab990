"""Ranked facts → the few that a text gets: the best of each kind, unlike each other, within a budget of tokens."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers, best_first, rank_in_group
from kaug.retrieval.index import FactIndex

__all__ = ["choose"]

# So many candidates for each fact taken are compared with those taken before them.
_POOL = 8


def choose(
    text: Numbers,
    row: Numbers,
    relevance: NDArray[np.float32],
    kind: Numbers,
    limits: Numbers,
    index: FactIndex,
    *,
    diversity: float = 0,
    budget: int | None = None,
    tokens: Numbers | None = None,
) -> Numbers:
    """Choose facts for each text, one after the other, the most relevant first.

    With `diversity` above 0 that is maximal marginal relevance (Carbonell and Goldstein, 1998): a candidate's relevance is less
    by `diversity` times its cosine to the nearest fact chosen before. With it, or with a budget, only the best candidates of a
    kind are compared, eight times as many as its limit; those that alone exceed the budget do not count.

    Args:
        text: int64 (n,): the text of each candidate.
        row: int64 (n,): the fact.
        relevance: float32 (n,). Equal ones are decided by the fact's id.
        kind: int64 (n,): the kind of the fact, an index into `limits`.
        limits: int64 (kinds,): the maximum number of facts of each kind for a text.
        index: The index of the facts.
        diversity: From 0 to 1.
        budget: The maximum number of tokens of a text's facts together; a fact that does not fit is passed over for the next
            that does. None for no limit.
        tokens: int64 (n,): the tokens of each candidate, for a budget.

    Returns:
        The positions of the chosen candidates, sorted by text, then in the order of their choice.
    """
    simple = not diversity and budget is None
    limits = np.minimum(limits, len(row))
    group, by_id = text * len(limits) + kind, index.order[row]
    costs = np.zeros(len(row), np.int64) if tokens is None else tokens
    left = np.iinfo(np.int64).max if budget is None else budget
    order = best_first(group, relevance, by_id)
    order = order[costs[order] <= left]
    wide = limits if simple else limits * _POOL
    order = order[rank_in_group(group[order]) < wide[kind[order]]]
    order = order[best_first(text[order], relevance[order], by_id[order])]
    if simple or not len(order):
        return order
    # A row for each text, a column for each of its candidates, the best first.
    texts, line = np.unique(text[order], return_inverse=True)
    column = rank_in_group(line)
    size = (len(texts), int(column.max()) + 1)

    def table(values: NDArray[Any], fill: Any) -> NDArray[Any]:
        cells = np.full((*size, *values.shape[1:]), fill, values.dtype)
        cells[line, column] = values
        return cells

    worth = table(np.round(relevance[order], 6), -np.inf)
    kinds, costs, candidate = table(kind[order], 0), table(costs[order], 0), table(order, -1)
    vectors = table(index.vectors[row[order]], 0) if diversity else None
    near = np.full(size, -np.inf, np.float32)
    places, purse = np.tile(limits, (len(texts), 1)), np.full(len(texts), left)
    chosen = [np.zeros((2, 0), np.int64)]
    for _ in range(int(limits.sum())):
        free = (np.take_along_axis(places, kinds, 1) > 0) & (costs <= purse[:, None]) & np.isfinite(worth)
        best = np.where(free, worth - diversity * np.maximum(near, 0), -np.inf).argmax(axis=1)
        open_ = np.flatnonzero(free[np.arange(len(texts)), best])
        if not len(open_):
            break
        best = best[open_]
        chosen.append(np.stack([open_, candidate[open_, best]]))
        worth[open_, best] = -np.inf
        places[open_, kinds[open_, best]] -= 1
        purse[open_] -= costs[open_, best]
        if vectors is not None:
            near[open_] = np.maximum(near[open_], np.einsum("tcd,td->tc", vectors[open_], vectors[open_, best]))
    line, positions = np.concatenate(chosen, axis=1)
    return np.asarray(positions[np.argsort(line, kind="stable")])
