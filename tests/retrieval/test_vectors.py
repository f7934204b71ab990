import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.retrieval.encoders.batched import unit
from kaug.retrieval.indexing.vectors import Vectors


@given(st.data())
def test_pairs_are_scored_as_products_of_rows_of_any_part_in_any_order(data) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    parts = [unit(random.standard_normal((size, 8), np.float32)) for size in data.draw(st.lists(st.integers(0, 5)))]
    rows = sum(len(part) for part in parts)
    place = np.array(data.draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=6)), np.int32) if rows else None
    vectors, queries = Vectors(parts, 8, place), unit(random.standard_normal((3, 8), np.float32))
    pairs = data.draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, len(vectors) - 1)))) if rows else []
    query, row = (np.array([pair[n] for pair in pairs], np.int64) for n in range(2))
    wanted = (queries[query] * vectors[row]).sum(axis=1)
    np.testing.assert_allclose(vectors.cosines(queries, query, row), wanted, atol=1e-6)


@pytest.mark.parametrize(("query", "row"), [(2, 0), (-1, 0), (0, 3), (0, -1)])
def test_a_pair_of_no_query_or_no_row_is_refused(query: int, row: int) -> None:
    vectors = Vectors([np.eye(3, 4, dtype=np.float32)], 4)
    with pytest.raises(IndexError, match="were asked for"):
        vectors.cosines(np.eye(2, 4, dtype=np.float32), np.array([query]), np.array([row]))
