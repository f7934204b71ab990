"""Weighed facts → the few that a text gets: the best of each kind, unlike each other, within a budget of tokens."""

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import best_first, rank_in_group
from kaug.retrieval.index import FactIndex

__all__ = ["choose"]

# So many candidates for each fact taken are compared with those taken before them.
_POOL = 8


def choose(
    text: NDArray[np.int64],
    row: NDArray[np.int64],
    relevance: NDArray[np.float32],
    kind: NDArray[np.int64],
    limits: NDArray[np.int64],
    index: FactIndex,
    *,
    diversity: float = 0,
    budget: int | None = None,
    tokens: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Choose facts for each text, one after the other, the most relevant first.

    With `diversity` above 0 that is maximal marginal relevance (Carbonell and Goldstein, 1998): from the relevance of a
    candidate, `diversity` times its cosine to the nearest fact chosen before is taken away.

    Args:
        text: int64 (n,): the text of each candidate.
        row: int64 (n,): the fact.
        relevance: float32 (n,). Equal ones are decided by the fact's id.
        kind: int64 (n,): the kind of the fact, an index into `limits`.
        limits: int64 (kinds,): how many facts of each kind a text gets.
        index: The index of the facts.
        diversity: From 0 to 1.
        budget: How many tokens a text's facts may have together; one that does not fit is passed over for the next that
            does. None for no limit. With a budget, as with `diversity`, only the best candidates of a kind are looked
            at, eight times as many as its limit; those that alone exceed the budget do not count.
        tokens: int64 (n,): the tokens of each candidate, for a budget.

    Returns:
        int64: the positions of the chosen candidates, sorted by text, then in the order of their choice.
    """
    limits = np.minimum(limits, len(row))
    by_id = index.order[row]
    group = text * len(limits) + kind
    order = best_first(group, relevance, by_id)
    if budget is not None and tokens is not None:
        order = order[tokens[order] <= budget]
    wide = limits if not diversity and budget is None else limits * _POOL
    order = order[rank_in_group(group[order]) < wide[kind[order]]]
    order = order[best_first(text[order], relevance[order], by_id[order])]
    if not diversity and budget is None:
        return order
    # A row for each text, a column for each of its candidates, the best first.
    texts, line = np.unique(text[order], return_inverse=True)
    column = rank_in_group(line)
    size = (len(texts), int(column.max()) + 1 if len(column) else 0)
    worth = np.full(size, -np.inf, np.float32)
    worth[line, column] = np.round(relevance[order], 6)
    kinds, costs, near = np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, -np.inf, np.float32)
    kinds[line, column] = kind[order]
    costs[line, column] = tokens[order] if tokens is not None else 0
    vectors = np.zeros((*size, index.vectors.shape[1]), np.float32)
    if diversity:
        vectors[line, column] = index.vectors[row[order]]
    left = np.tile(limits, (len(texts), 1))
    purse = np.full(len(texts), np.iinfo(np.int64).max if budget is None else budget)
    at = np.full(size, -1, np.int64)
    at[line, column] = order
    every, chosen = np.arange(len(texts)), []
    for _ in range(int(limits.sum())):
        free = (np.take_along_axis(left, kinds, 1) > 0) & (costs <= purse[:, None]) & np.isfinite(worth)
        value = np.where(free, worth - diversity * np.maximum(near, 0), -np.inf)
        best = value.argmax(axis=1) if size[1] else np.zeros(0, np.int64)
        some = every[free[every, best]] if size[1] else every
        if not len(some):
            break
        best = best[some]
        chosen.append(np.stack([some, at[some, best]]))
        worth[some, best] = -np.inf
        left[some, kinds[some, best]] -= 1
        purse[some] -= costs[some, best]
        if diversity:
            near[some] = np.maximum(near[some], np.einsum("tcd,td->tc", vectors[some], vectors[some, best]))
    if not chosen:
        return np.zeros(0, np.int64)
    line, positions = np.concatenate(chosen, axis=1)
    sorted_: NDArray[np.int64] = positions[np.argsort(line, kind="stable")]
    return sorted_
