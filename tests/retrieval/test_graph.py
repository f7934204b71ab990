from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.arrays import expand, positions
from kaug.retrieval import graph as module
from kaug.retrieval.graph import LEAST, STOP, FactGraph, Reached

TERMS = 7
edges = st.lists(st.tuples(st.integers(0, TERMS - 1), st.integers(0, TERMS - 1)), max_size=25)


def graph_of(pairs, most=512, terms=TERMS):
    """A graph of facts (subject, object), sorted as the table of facts is."""
    ends = np.array(sorted(pairs), np.uint32).reshape(-1, 2).T
    kb = SimpleNamespace(
        columns=lambda: (ends[0], np.zeros(ends.shape[1], np.uint32), ends[1]),
        terms=SimpleNamespace(num_rows=terms),
        facts_by_object=np.argsort(ends[1], kind="stable").astype(np.int64),
    )
    return FactGraph(kb, most), sorted(pairs)


def numbers(*values):
    return np.array(values, np.int64)


def exact(pairs, start, hops, terms=TERMS):
    """The probabilities that a walk of at most so many steps ends at each term."""
    near = np.zeros((terms, terms))
    for left, right in pairs:
        near[left, right] += 1
        near[right, left] += 1
    step = near / np.maximum(near.sum(axis=1, keepdims=True), 1)
    rest, ended = start / start.sum(), np.zeros(terms)
    for _ in range(hops + 1):
        ended += STOP * rest
        rest = (1 - STOP) * rest @ step
    return ended


def distances(pairs, start, terms=TERMS):
    """The fewest steps from the terms named; -1 for those that no way leads to."""
    hop = np.where(start > 0, 0, -1)
    for step in range(terms):
        for pair in pairs:
            for here, there in (pair, pair[::-1]):
                if hop[here] == step and hop[there] < 0:
                    hop[there] = step + 1
    return hop


@given(edges, st.integers(1, 4), st.lists(st.integers(0, TERMS - 1), max_size=5))
@pytest.mark.slow
def test_some_facts_are_spread_over_those_of_either_side(pairs, most, asked):
    graph, facts = graph_of(pairs, most=1)
    place, row, other = graph.some_facts_of(numbers(*asked), most)
    assert place.tolist() == sorted(place)
    for at, term in enumerate(asked):
        mine = row[place == at]
        out = [number for number, fact in enumerate(facts) if fact[0] == term]
        into = [number for number in graph._by_object.tolist() if facts[number][1] == term]
        expected = [
            side[turn * len(side) // count]
            for side, count in ((side, min(len(side), most)) for side in (out, into))
            for turn in range(count)
        ]
        assert mine.tolist() == expected
        assert all(term in facts[number] for number in mine)
    ends = [set(facts[number]) for number in row]
    assert all({asked[at], end} == both for at, end, both in zip(place, other.tolist(), ends, strict=True))


@given(edges, st.integers(1, 9), st.lists(st.tuples(st.integers(0, 3), st.integers(0, TERMS - 1)), max_size=8))
def test_facts_of_are_all_facts_of_what_is_no_hub(pairs, most, asked):
    graph, facts = graph_of(pairs, most)
    degree = [sum((term == left) + (term == right) for left, right in facts) for term in range(TERMS)]
    assert graph.degree.tolist() == degree
    text, term = np.array(asked, np.int64).reshape(-1, 2).T
    expected = [
        (number, row)
        for number, term in asked
        if degree[term] <= most
        for end in (0, 1)
        for row, fact in enumerate(facts)
        if fact[end] == term
    ]
    assert sorted(zip(*(column.tolist() for column in graph.facts_of(text, term)), strict=True)) == sorted(expected)


@given(edges, st.integers(0, 6), st.sets(st.tuples(st.integers(0, 3), st.integers(0, TERMS - 1))))
@pytest.mark.slow
def test_between_hubs_are_the_facts_between_two_hubs_of_a_text(pairs, most, asked):
    graph, facts = graph_of(pairs, most)
    text, term = np.array(sorted(asked), np.int64).reshape(-1, 2).T
    hubs = {(number, term) for number, term in asked if graph.degree[term] > most}
    expected = [
        (number, row)
        for number in range(4)
        for row, (left, right) in enumerate(facts)
        if {(number, left), (number, right)} <= hubs
    ]
    found = list(zip(*(column.tolist() for column in graph.between_hubs(text, term)), strict=True))
    assert sorted(found) == expected


@settings(deadline=None)
@given(edges, st.integers(0, 5), st.lists(st.lists(st.integers(0, 3), min_size=TERMS, max_size=TERMS), max_size=3))
@pytest.mark.slow
def test_a_walk_is_truncated_personalised_pagerank(pairs, hops, starts):
    graph, _ = graph_of(pairs)
    starts = np.array(starts, float).reshape(-1, TERMS)
    text, term = (column.astype(np.int64) for column in np.nonzero(starts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LEAST", 1e-300)
        reached = graph.walk(text, term, starts[text, term].astype(np.float32), hops)
    keys = reached.text * TERMS + reached.term
    assert (np.diff(keys) > 0).all()
    assert reached.probability.dtype == np.float32
    for number in np.unique(text):
        mine = reached.text == number
        found, hop = np.zeros(TERMS), np.full(TERMS, -1)
        found[reached.term[mine]], hop[reached.term[mine]] = reached.probability[mine], reached.hop[mine]
        assert found == pytest.approx(exact(pairs, starts[number], hops), abs=1e-6)
        far = distances(pairs, starts[number])
        assert hop.tolist() == np.where(far <= hops, far, -1).tolist()


@settings(deadline=None)
@given(edges, st.integers(1, 5), st.integers(0, TERMS - 1), st.sampled_from([LEAST, 0.01, 0.05, 0.2]))
@pytest.mark.slow
def test_what_is_not_passed_on_is_bounded(pairs, hops, start, least):
    graph, _ = graph_of(pairs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LEAST", least)
        reached = graph.walk(numbers(0), numbers(start), np.ones(1, np.float32), hops)
    found = np.zeros(TERMS)
    found[reached.term] = reached.probability
    lost = exact(pairs, np.eye(TERMS)[start], hops) - found
    assert (lost >= -1e-6).all()
    # At each step less than `least` is lost over each fact; by the symmetry of the graph, so much a fact of each term.
    assert (lost <= hops * least * graph.degree + 1e-6).all()


def test_a_walk_by_hand():
    # 0 has facts with 1 (two of them) and 2; 3 is behind 2.
    graph, _ = graph_of([(0, 1), (1, 0), (0, 2), (2, 3)])
    reached = graph.walk(numbers(5, 5), numbers(0, 3), np.array([3, 1], np.float32), 1)
    assert reached.text.tolist() == [5, 5, 5, 5]
    assert reached.term.tolist() == [0, 1, 2, 3]
    assert reached.hop.tolist() == [0, 1, 1, 0]
    # Half ends where it starts; of the rest two thirds go from 0 to 1, one to 2, and all from 3 to 2; half ends there.
    assert reached.probability.tolist() == pytest.approx([3 / 8, 1 / 8, 1 / 16 + 1 / 16, 1 / 8])
    assert reached.find(numbers(5, 5, 4), numbers(2, 6, 2)).tolist() == [2, -1, -1]


def test_a_hub_passes_on_nothing():
    many = int((1 - STOP) / LEAST)
    for degree, terms in ((many - 1, many), (many + 2, 1)):
        graph, _ = graph_of([(0, other) for other in range(1, degree + 1)], terms=many + 5)
        assert len(graph.walk(numbers(0), numbers(0), np.ones(1, np.float32), 2).term) == terms


def test_a_graph_without_facts():
    none = np.empty(0, np.int64)
    for terms in (0, 3):
        graph, _ = graph_of([], terms=terms)
        reached = graph.walk(none, none, none.astype(np.float32), 3)
        assert [len(column) for column in reached[:4]] == [0, 0, 0, 0]
        assert reached.find(numbers(0), numbers(0)).tolist() == [-1]
        assert [len(column) for column in (*graph.facts_of(none, none), *graph.between_hubs(none, none))] == [0] * 4
    alone = graph.walk(numbers(1), numbers(2), np.ones(1, np.float32), 2)
    assert isinstance(alone, Reached)
    assert (alone.text.tolist(), alone.term.tolist(), alone.probability.tolist()) == ([1], [2], [0.5])
    assert graph.facts_of(numbers(1), numbers(2))[1].tolist() == []


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4))))
@pytest.mark.slow
def test_spread_writes_out_ranges(ranges):
    low, size = np.array(ranges, np.int64).reshape(-1, 2).T
    place, number = expand(low, low + size)
    assert list(zip(place.tolist(), number.tolist(), strict=True)) == [
        (at, one) for at, (start, length) in enumerate(ranges) for one in range(start, start + length)
    ]


@given(st.sets(st.integers(-5, 30)), st.lists(st.integers(-9, 40)))
def test_places_are_where_keys_stand(keys, asked):
    keys = sorted(keys)
    found = positions(np.array(keys, np.int64), np.array(asked, np.int64))
    assert found.tolist() == [keys.index(key) if key in keys else -1 for key in asked]
