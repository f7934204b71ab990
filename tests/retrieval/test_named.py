import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.retrieval.linking.overlap import SHARES
from kaug.retrieval.linking.senses import SENSES
from kaug.retrieval.ranking import IN_PART, join_names

TERMS = 5
keys = st.tuples(st.integers(0, 2), st.integers(0, TERMS - 1))
mentions = st.lists(st.tuples(keys, st.integers(0, 9), st.sampled_from([0.25, 0.5, 1.0])), max_size=12)
shares = st.dictionaries(keys, st.sampled_from([0.25, 0.5, 1.0]), max_size=8)


def joined(mentions, shares):
    mentions = sorted(mentions, key=lambda one: (one[0][0], one[1]))
    rows = [
        {"text": text, "start": start, "end": start + 3, "term": term, "surface": "abc", "sense": sense}
        for (text, term), start, sense in mentions
    ]
    parts = [{"text": text, "term": term, "share": share} for (text, term), share in sorted(shares.items())]
    return join_names(pa.Table.from_pylist(rows, SENSES), pa.Table.from_pylist(parts, SHARES))


@given(mentions, shares)
@pytest.mark.slow
def test_a_name_in_full_counts_before_a_name_in_part(mentions, shares):
    named = joined(mentions, shares)
    expected = {key: (IN_PART * share, -1, -1, -1) for key, share in shares.items()}
    for key in {key for key, *_ in mentions}:
        starts = [start for other, start, _ in mentions if other == key]
        sense = max(sense for other, _, sense in mentions if other == key)
        expected[key] = (sense**0.5, min(starts), min(starts) + 3, max(starts))
    assert list(zip(named.text.tolist(), named.term.tolist(), strict=True)) == sorted(expected)
    for at, key in enumerate(sorted(expected)):
        found = named.strength[at], named.start[at], named.end[at], named.last[at]
        assert found == pytest.approx(expected[key])


def test_entries_are_found():
    named = joined([((0, 3), 7, 1.0), ((2, 0), 1, 0.25)], {(0, 1): 0.5})
    assert named.find(np.array([0, 0, 2, 1]), np.array([3, 1, 0, 3])).tolist() == [1, 0, 2, -1]


def test_no_names():
    none = join_names(SENSES.empty_table(), SHARES.empty_table())
    assert [len(column) for column in none] == [0] * 7
    assert none.find(np.array([0]), np.array([0])).tolist() == [-1]
