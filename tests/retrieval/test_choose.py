from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.retrieval.choose import choose

# Facts' unit vectors whose dot products are exact, and ids in no order of rows.
VECTORS = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0.5] * 4, [0.5, -0.5, 0.5, -0.5], [0, 0, 0, 1], [1, 0, 0, 0]],
    np.float32,
)
INDEX = SimpleNamespace(order=np.array([4, 6, 0, 3, 1, 5, 2]), vectors=VECTORS)


def greedy(candidates, limits, diversity=0.0, budget=None):
    """One text's facts, of candidates (row, relevance, kind, tokens): one after the other, the best that may be taken."""
    left, purse, taken = list(limits), np.inf if budget is None else budget, []
    while True:

        def value(candidate):
            near = [float(VECTORS[candidate[0]] @ VECTORS[other[0]]) for other in taken]
            return candidate[1] - diversity * max(0, *near, 0)

        free = [one for one in candidates if one not in taken and left[one[2]] > 0 and one[3] <= purse]
        if not free:
            return [one[0] for one in taken]
        best = min(free, key=lambda one: (-value(one), -one[1], INDEX.order[one[0]]))
        taken.append(best)
        left[best[2]] -= 1
        purse -= best[3]


def chosen(texts, limits, diversity=0.0, budget=None):
    """The same by `choose`, of lists of candidates, one a text."""
    table = [(number, *one) for number, some in enumerate(texts) for one in some]
    text, row, relevance, kind, tokens = (
        (np.array(column) for column in zip(*table, strict=True)) if table else [[]] * 5
    )
    text, row, kind, tokens = (np.asarray(column, np.int64) for column in (text, row, kind, tokens))
    best = choose(
        text,
        row,
        np.asarray(relevance, np.float32),
        kind,
        np.array(limits, np.int64),
        INDEX,
        diversity=diversity,
        budget=budget,
        tokens=tokens if budget is not None else None,
    )
    assert (np.diff(text[best]) >= 0).all()
    return [row[best][text[best] == number].tolist() for number in range(len(texts))]


candidate = st.tuples(st.integers(0, 6), st.sampled_from([0.25, 0.5, 0.75, 1.0]), st.integers(0, 1), st.integers(0, 9))
candidates = st.lists(candidate, max_size=7, unique_by=lambda one: one[0])


@settings(deadline=None, max_examples=300)
@given(
    st.lists(candidates, max_size=4),
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.sampled_from([0, 0.25, 0.5, 1]),
    st.one_of(st.none(), st.integers(1, 25)),
)
@pytest.mark.slow
def test_it_is_a_greedy_choice(texts, limits, diversity, budget):
    expected = [greedy(some, limits, diversity, budget) for some in texts]
    assert chosen(texts, limits, diversity, budget) == expected


def test_ties_are_decided_by_the_fact_id():
    some = [(row, 0.5, 0, 1) for row in range(6)]
    # In the order of ids: 2, 4, 3, 0, 5, 1.
    assert chosen([some, some[::-1]], [3]) == [[2, 4, 3]] * 2
    assert chosen([some], [9]) == chosen([some], [9], budget=100) == [[2, 4, 3, 0, 5, 1]]
    # What differs by less than a millionth is equal.
    assert chosen([[(0, 0.5, 0, 1), (2, 0.5 - 1e-7, 0, 1)]], [1]) == [[2]]


def test_limits_by_kind():
    some = [(0, 1.0, 0, 1), (1, 0.75, 0, 1), (2, 0.5, 1, 1), (3, 0.25, 1, 1)]
    assert chosen([some], [1, 1]) == [[0, 2]]
    assert chosen([some], [0, 2]) == [[2, 3]]
    assert chosen([some], [2, 0], budget=9) == [[0, 1]]
    assert chosen([some], [0, 0]) == chosen([some], [0, 0], diversity=1) == [[]]
    assert chosen([some], [2**62, 2**62], budget=9) == chosen([some], [2**62, 2**62]) == [[0, 1, 2, 3]]


def test_a_later_fact_that_fits_the_budget_is_taken():
    some = [(0, 1.0, 0, 6), (1, 0.75, 0, 5), (2, 0.5, 0, 4), (3, 0.25, 0, 1)]
    assert chosen([some], [4], budget=10) == [[0, 2]]
    assert chosen([some], [4], budget=11) == [[0, 1]]
    assert chosen([some], [4], budget=5) == [[1]]
    assert chosen([some], [4], budget=3) == [[3]]
    assert chosen([[some[0]], some], [4], budget=4) == [[], [2]]


def test_any_number_of_facts_too_long_for_the_budget_hide_none():
    table = np.arange(100)
    index = SimpleNamespace(order=table, vectors=np.zeros((100, 2), np.float32))
    best = choose(
        np.zeros(100, np.int64),
        table,
        np.linspace(2, 1, 100, dtype=np.float32),
        np.zeros(100, np.int64),
        np.ones(1, np.int64),
        index,
        budget=5,
        tokens=np.where(table == 99, 5, 6),
    )
    assert best.tolist() == [99]


def test_diversity_by_hand():
    # Fact 6 says what fact 0 does; fact 3 is half as near; fact 1 is unlike it, and fact 2 its opposite.
    some = [(0, 1.0, 0, 1), (6, 0.9, 0, 1), (3, 0.7, 0, 1), (1, 0.3, 0, 1), (2, 0.25, 0, 1)]
    assert chosen([some], [5], 0) == [[0, 6, 3, 1, 2]]
    # 0.9 - 0.5, 0.7 - 0.25; then 1 is half as near to 3, and an opposite is no more unlike than what is unrelated.
    assert chosen([some], [5], 0.5) == [[0, 3, 6, 2, 1]]
    # 0.9 - 1, 0.7 - 0.5, 0.3, 0.25.
    assert chosen([some], [2], 1) == [[0, 1]]


def test_nothing_to_choose_from():
    for settings_ in ((0, None), (0.5, None), (0, 3), (0.5, 3)):
        assert chosen([], [3, 2], *settings_) == []
        assert chosen([[], []], [3], *settings_) == [[], []]


@pytest.mark.parametrize("budget", [None, 8])
def test_a_text_gets_the_same_whatever_it_is_asked_with(budget):
    generator = np.random.default_rng(0)
    texts = [
        [(int(row), float(generator.random()), int(row) % 2, int(generator.integers(1, 5))) for row in range(size)]
        for size in (7, 0, 3, 1, 5, 7)
    ]
    together = chosen(texts, [2, 2], 0.3, budget)
    assert together == [chosen([some], [2, 2], 0.3, budget)[0] for some in texts]
