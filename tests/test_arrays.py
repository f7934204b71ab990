import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kaug.arrays import best_first, distinct, expand, join, mix, positions, rank_in_group, runs

numbers = st.integers(-(2**63), 2**63 - 1)
# Few values, some of them equal to six decimals and not beyond.
scores = st.sampled_from([-8.0, -1.0, -0.5, 0.0, 0.1234561, 0.1234564, 0.123457, 1.0, 7.999])


@given(arrays(np.int64, st.integers(0, 50), elements=numbers))
def test_distinct_numbers_are_those_that_unique_finds(keys) -> None:
    assert distinct(keys).tolist() == np.unique(keys).tolist()


@given(st.lists(st.tuples(st.integers(0, 2**39 - 1) | st.integers(0, 3), scores, st.integers(0, 9)), max_size=60))
def test_pairs_are_sorted_by_group_then_falling_score_then_tie(pairs) -> None:
    groups, score, tie = (np.array([pair[n] for pair in pairs]) for n in range(3))
    groups, score, tie = groups.astype(np.int64), score.astype(np.float32), tie.astype(np.int64)
    rounded = -np.round(score, 6)
    assert best_first(groups, score, tie).tolist() == np.lexsort((tie, rounded, groups)).tolist()
    assert best_first(groups, score).tolist() == np.lexsort((rounded, groups)).tolist()


def test_nan_scores_are_last_in_their_group() -> None:
    score = np.array([np.nan, 0.1, -np.inf, np.nan, np.inf], np.float32)
    assert best_first(np.array([0, 0, 0, 1, 1], np.uint8), score).tolist() == [1, 0, 2, 4, 3]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5))))
@pytest.mark.slow
def test_ranges_are_written_out(ranges) -> None:
    low = np.array([start for start, _ in ranges], np.int64)
    index, number = expand(low, low + np.array([size for _, size in ranges], np.int64))
    expected = [(n, start + step) for n, (start, size) in enumerate(ranges) for step in range(size)]
    assert list(zip(index.tolist(), number.tolist(), strict=True)) == expected


small = st.lists(st.integers(0, 9))


@given(small, small.map(sorted), st.sampled_from([np.int64, np.uint32]))
@pytest.mark.slow
def test_equal_keys_are_paired_and_found(left, right, kind) -> None:
    pairs = join(np.array(left, np.int64), np.array(right, kind))
    expected = [(n, m) for n, key in enumerate(left) for m, other in enumerate(right) if key == other]
    assert list(zip(*(part.tolist() for part in pairs), strict=True)) == expected
    known = sorted(set(right))
    found = positions(np.array(known, kind), np.array(left, np.int64))
    assert found.tolist() == [known.index(key) if key in known else -1 for key in left]


@given(small.map(sorted))
def test_ranks_and_runs_count_equal_neighbours(groups) -> None:
    column = np.array(groups, np.int64)
    assert rank_in_group(column).tolist() == [groups[:n].count(group) for n, group in enumerate(groups)]
    starts, sizes = runs(column)
    assert column[starts].tolist() == sorted(set(groups))
    assert sizes.tolist() == [groups.count(group) for group in sorted(set(groups))]


def test_mixed_numbers_are_those_of_splitmix64() -> None:
    # The first outputs of the reference implementation for the seed 0.
    state = np.arange(1, 4, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert [hex(number) for number in mix(state).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]
