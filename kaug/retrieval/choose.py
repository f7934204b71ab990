"""Ranked facts → the facts selected for a text: the best of each kind, diverse, within a budget of tokens."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers, best_first, rank_in_group
from kaug.retrieval.index import FactIndex

__all__ = ["choose"]

# Candidates that are compared for each fact selected.
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

    With `diversity` above 0 this is maximal marginal relevance (Carbonell and Goldstein, 1998): `diversity` times the cosine
    to the nearest fact chosen before is subtracted from a candidate's relevance. With it, or with a budget, only the best
    candidates of each kind are compared, eight times its limit, without those that alone exceed the budget.

    Args:
        text: int64 (n,): the text of each candidate.
        row: int64 (n,): the fact.
        relevance: float32 (n,). Ties are broken by the fact's id.
        kind: int64 (n,): the kind of the fact, an index into `limits`.
        limits: int64 (kinds,): the maximum number of facts of each kind for a text.
        index: The index of the facts.
        diversity: From 0 to 1.
        budget: The maximum total number of tokens of a text's facts; a fact that does not fit is skipped. None for no limit.
        tokens: int64 (n,): the tokens of each candidate, for a budget.

    Returns:
        The positions of the chosen candidates, sorted by text, then in the order of their choice.
    """
    simple = not diversity and budget is None
    limits = np.minimum(limits, len(row))
    group, by_id = text * len(limits) + kind, index.order[row]
    costs = np.zeros(len(row), np.int64) if tokens is None else tokens
    budget_left = np.iinfo(np.int64).max if budget is None else budget
    order = best_first(group, relevance, by_id)
    order = order[costs[order] <= budget_left]
    wide = limits if simple else limits * _POOL
    order = order[rank_in_group(group[order]) < wide[kind[order]]]
    order = order[best_first(text[order], relevance[order], by_id[order])]
    if simple or not len(order):
        return order
    # A row for each text, a column for each of its candidates, the best first.
    texts, text_index = np.unique(text[order], return_inverse=True)
    column = rank_in_group(text_index)
    size = (len(texts), int(column.max()) + 1)

    def table(values: NDArray[Any], fill: Any) -> NDArray[Any]:
        cells = np.full((*size, *values.shape[1:]), fill, values.dtype)
        cells[text_index, column] = values
        return cells

    scores = table(np.round(relevance[order], 6), -np.inf)
    kinds, costs, candidate = table(kind[order], 0), table(costs[order], 0), table(order, -1)
    vectors = table(index.vectors[row[order]], 0) if diversity else None
    similarity = np.full(size, -np.inf, np.float32)
    remaining, budgets = np.tile(limits, (len(texts), 1)), np.full(len(texts), budget_left)
    chosen = [np.zeros((2, 0), np.int64)]
    for _ in range(int(limits.sum())):
        eligible = (np.take_along_axis(remaining, kinds, 1) > 0) & (costs <= budgets[:, None]) & np.isfinite(scores)
        best = np.where(eligible, scores - diversity * np.maximum(similarity, 0), -np.inf).argmax(axis=1)
        active = np.flatnonzero(eligible[np.arange(len(texts)), best])
        if not len(active):
            break
        best = best[active]
        chosen.append(np.stack([active, candidate[active, best]]))
        scores[active, best] = -np.inf
        remaining[active, kinds[active, best]] -= 1
        budgets[active] -= costs[active, best]
        if vectors is not None:
            similarity[active] = np.maximum(
                similarity[active], np.einsum("tcd,td->tc", vectors[active], vectors[active, best])
            )
    text_index, positions = np.concatenate(chosen, axis=1)
    return np.asarray(positions[np.argsort(text_index, kind="stable")])
