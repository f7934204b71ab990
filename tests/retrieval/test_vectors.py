import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.retrieval.indexing.vectors import Vectors


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(st.data())
@pytest.mark.slow
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
    with pytest.raises(ValueError, match="it should be from 0, and below"):
        vectors.cosines(np.eye(2, 4, dtype=np.float32), np.array([query]), np.array([row]))


@pytest.mark.parametrize("shape", [(2, 3), (2, 5), (4,)])
def test_queries_of_another_width_are_refused(shape: tuple[int, ...]) -> None:
    vectors = Vectors([np.eye(3, 4, dtype=np.float32)], 4)
    with pytest.raises(ValueError, match=r"should be \(n, 4\)"):
        vectors.cosines(np.zeros(shape, np.float32), np.zeros(1, np.int64), np.zeros(1, np.int64))


@pytest.mark.parametrize(
    "part",
    [np.zeros((3, 5), np.float32), np.zeros((3, 4)), np.zeros((3, 4), ">f4"), np.zeros((4, 3), np.float32).T],
    ids=["width", "double", "big end first", "columns first"],
)
def test_parts_that_are_not_rows_of_float32_are_refused(part) -> None:
    with pytest.raises(ValueError, match="A part is"):
        Vectors([part], 4)


@pytest.mark.parametrize("place", [[-1], [0, 3]])
def test_places_beyond_the_parts_are_refused(place: list[int]) -> None:
    with pytest.raises(ValueError, match="rows is from"):
        Vectors([np.eye(3, 4, dtype=np.float32)], 4, np.array(place, np.int32))
