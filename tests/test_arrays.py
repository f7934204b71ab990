import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kaug.arrays import best_first, distinct

numbers = st.integers(-(2**63), 2**63 - 1)
# Few values, some of them equal to six decimals and not beyond.
scores = st.sampled_from([-8.0, -1.0, -0.5, 0.0, 0.1234561, 0.1234564, 0.123457, 1.0, 7.999])


@given(arrays(np.int64, st.integers(0, 50), elements=numbers))
def test_distinct_numbers_are_those_that_unique_finds(keys) -> None:
    assert distinct(keys).tolist() == np.unique(keys).tolist()


@given(st.lists(st.tuples(st.integers(0, 2**39 - 1) | st.integers(0, 3), scores, st.integers(0, 9)), max_size=60))
def test_pairs_stand_by_group_then_falling_score_then_tie(pairs) -> None:
    groups, score, tie = (np.array([pair[n] for pair in pairs]) for n in range(3))
    groups, score, tie = groups.astype(np.int64), score.astype(np.float32), tie.astype(np.int64)
    rounded = -np.round(score, 6)
    assert best_first(groups, score, tie).tolist() == np.lexsort((tie, rounded, groups)).tolist()
    assert best_first(groups, score).tolist() == np.lexsort((rounded, groups)).tolist()


def test_a_score_that_is_no_number_stands_last_in_its_own_group() -> None:
    score = np.array([np.nan, 0.1, -np.inf, np.nan, np.inf], np.float32)
    assert best_first(np.array([0, 0, 0, 1, 1], np.uint8), score).tolist() == [1, 0, 2, 4, 3]
