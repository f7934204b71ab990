from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap

from kaug.arms import ARMS, Arm
from kaug.errors import PipelineError, TableError
from kaug.evaluation.gain import default_pairs, gains, headline_arm, resample_means, summarise
from kaug.tables import ANSWERS, PROBES


def probe_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    defaults = {"kind": "recall", "prompt": "?", "answers": ["x"], "choices": [], "hops": 1, "language": "en"}
    defaults |= {"template": "t", "source": "world", "scorer": "contains"}
    return pa.Table.from_pylist([{**defaults, "facts": [f"f-{row['id']}"], **row} for row in rows], PROBES)


def answer_table(scores: Mapping[str, Mapping[str, float | Sequence[float]]]) -> pa.Table:
    """From {arm: {probe: score, or one score a seed}}."""
    rows = []
    for arm, of_probe in scores.items():
        for probe, given_scores in of_probe.items():
            many = given_scores if isinstance(given_scores, Sequence) else [given_scores]
            for seed, score in enumerate(many):
                row = {"probe": probe, "arm": arm, "seed": seed, "prompt": "?", "answer": "a", "score": score}
                rows.append(row | {"log_likelihood": -1.0 - score, "token_accuracy": 0.0, "tokens": 1, "retrieved": []})
    return pa.Table.from_pylist(rows, ANSWERS)


def many(values: Mapping[str, Sequence[float]]) -> tuple[pa.Table, pa.Table]:
    """Probes p000, p001, … of one kind, each about a fact of its own."""
    count = len(next(iter(values.values())))
    ids = [f"p{i:05d}" for i in range(count)]
    answers = {arm: dict(zip(ids, map(float, scores), strict=True)) for arm, scores in values.items()}
    return probe_table([{"id": name} for name in ids]), answer_table(answers)


def test_scores_are_averaged_over_seeds_then_over_probes() -> None:
    probes = probe_table([{"id": "a"}, {"id": "b"}, {"id": "c", "kind": "reverse"}])
    answers = answer_table({"base": {"a": [1, 0, 0, 0], "b": [1, 1, 1, 1], "c": [0, 0, 1, 1]}})
    arms = summarise(probes, answers)
    assert arms["base"]["recall"]["mean"] == pytest.approx((0.25 + 1) / 2)
    assert (arms["base"]["recall"]["n"], arms["base"]["recall"]["clusters"]) == (2, 2)
    # Two clusters: a resample holds twice a, twice b, or both (1/4, 1/4, 1/2), so the percentiles are the extremes.
    assert arms["base"]["recall"]["low"] == pytest.approx(0.25)
    assert arms["base"]["recall"]["high"] == pytest.approx(1.0)
    assert arms["base"]["reverse"]["mean"] == pytest.approx(0.5)


def test_clusters_are_weighed_by_their_size() -> None:
    probes = probe_table([{"id": "a"}] + [{"id": name, "facts": ["g", "h"]} for name in "bcd"])
    answers = answer_table({"base": {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0}})
    assert summarise(probes, answers)["base"]["recall"] == {
        "n": 4,
        "clusters": 2,
        "mean": 0.25,
        "low": 0.0,
        "high": 1.0,
    }


def test_the_order_of_a_probes_facts_does_not_matter_but_the_facts_do() -> None:
    rows = [{"id": "a", "facts": ["f", "g"]}, {"id": "b", "facts": ["g", "f"]}, {"id": "c", "facts": ["f"]}]
    answers = answer_table({"base": {"a": 1.0, "b": 0.0, "c": 1.0}})
    assert summarise(probe_table(rows), answers)["base"]["recall"]["clusters"] == 2


def test_a_second_phrasing_of_every_fact_adds_no_certainty() -> None:
    random = np.random.default_rng(5)
    scores = random.integers(0, 2, 40).astype(float)
    facts = [f"f{i:02d}" for i in range(40)]
    once = probe_table([{"id": f"{f}-1", "facts": [f]} for f in facts])
    twice = probe_table([{"id": f"{f}-{k}", "facts": [f]} for f in facts for k in (1, 2)])
    one = summarise(once, answer_table({"base": {f"{f}-1": s for f, s in zip(facts, scores, strict=True)}}))
    both = {f"{f}-{k}": s for f, s in zip(facts, scores, strict=True) for k in (1, 2)}
    two = summarise(twice, answer_table({"base": both}))
    assert two["base"]["recall"] == one["base"]["recall"] | {"n": 80}


def test_the_interval_has_the_width_that_theory_gives() -> None:
    scores = np.arange(400) % 4 == 0
    found = summarise(*many({"base": scores}))["base"]["recall"]
    half = 1.96 * np.sqrt(0.25 * 0.75 / 400)
    assert found["mean"] == pytest.approx(0.25)
    assert found["low"] == pytest.approx(0.25 - half, abs=0.006)
    assert found["high"] == pytest.approx(0.25 + half, abs=0.006)


def test_a_gain_is_the_paired_mean_difference() -> None:
    probes = probe_table([{"id": name} for name in "abcd"])
    scores = {"base": dict.fromkeys("abcd", 0.0), "augmented": {"a": [1, 1], "b": [1, 0], "c": [0, 0], "d": [1, 1]}}
    (gain,) = gains(probes, answer_table(scores))["recall"]
    assert (gain["arm"], gain["against"], gain["n"], gain["clusters"]) == ("augmented", "base", 4, 4)
    assert gain["mean"] == pytest.approx(0.625)


def test_facts_not_taught_and_texts_to_continue_stand_each_for_themselves() -> None:
    rows = [{"id": "a", "kind": "locality"}, {"id": "b", "kind": "continuation", "hops": 0, "facts": []}]
    rows += [{"id": "c", "kind": "continuation", "hops": 0, "facts": []}]
    answers = answer_table({"base": dict.fromkeys("abc", 0.5), "augmented": {"a": 0.5, "b": 0.0, "c": 0.25}})
    found = gains(probe_table(rows), answers)
    assert {group: (part[0]["mean"], part[0]["n"], part[0]["clusters"]) for group, part in found.items()} == {
        "locality": (0.0, 1, 1),
        "continuation": (-0.375, 2, 2),
    }


def test_groups_stand_in_the_order_of_the_exam_and_sources_can_be_told_apart() -> None:
    rows = [{"id": "a", "kind": "compose", "source": "world"}, {"id": "b", "source": "world"}]
    rows += [{"id": "c", "source": "everyday"}, {"id": "d", "kind": "compare", "source": "world"}]
    answers = answer_table({"augmented": dict.fromkeys("abcd", 1.0), "base": {"a": 0, "b": 1, "c": 0, "d": 0.5}})
    assert list(summarise(probe_table(rows), answers)["base"]) == ["recall", "compose", "compare"]
    found = gains(probe_table(rows), answers, by="source")
    assert {group: part[0]["mean"] for group, part in found.items()} == {
        "recall/everyday": 1.0,
        "recall/world": 0.0,
        "compose/world": 1.0,
        "compare/world": 0.5,
    }


def test_log_likelihoods_can_be_compared_too() -> None:
    found = gains(*many({"base": [0.0, 0.0], "augmented": [1.0, 0.5]}), measure="log_likelihood")
    assert found["recall"][0]["mean"] == pytest.approx(-0.75)


def test_default_pairs() -> None:
    assert default_pairs(["augmented", "shuffled", "base+retrieval", "base", "repeated", "text+retrieval"]) == [
        ("augmented", "base"),
        ("augmented", "base+retrieval"),
        ("augmented", "text+retrieval"),
        ("augmented", "repeated"),
        ("augmented", "shuffled"),
        ("text+retrieval", "base"),
        ("repeated", "base"),
        ("shuffled", "base"),
        ("text+retrieval", "base+retrieval"),
    ]
    assert default_pairs(["repeated", "shuffled"]) == []
    assert default_pairs(["base", "shuffled", "mine"]) == [("mine", "base"), ("mine", "shuffled"), ("shuffled", "base")]
    assert headline_arm(["mine", "augmented", "augmented+retrieval"]) == "augmented"


def test_what_an_arm_is_stands_in_its_value_not_in_its_name() -> None:
    own = {
        "untouched": Arm("untouched", "the model as it is"),
        "base-noise": Arm("base-noise", "trained on noise", rows="noise", control="noise"),
        "augmented": Arm("augmented", "trained on noise too", rows="noise", control="more noise"),
        "based": Arm("based", "trained on the facts", rows="augmented"),
    }
    assert default_pairs(list(own), own) == [
        ("based", "untouched"),
        ("based", "base-noise"),
        ("based", "augmented"),
        ("base-noise", "untouched"),
        ("augmented", "untouched"),
    ]
    compared = gains(*many({name: [i / 4] for i, name in enumerate(own)}), known_arms=own)["recall"]
    assert [(gain["against"], gain["mean"]) for gain in compared if gain["arm"] == "based"] == [
        ("untouched", 0.75),
        ("base-noise", 0.5),
        ("augmented", 0.25),
    ]
    assert headline_arm(list(ARMS)) == "augmented"


def test_no_row_order_changes_a_bit() -> None:
    random = np.random.default_rng(1)
    probes, answers = many({"base": random.random(30), "augmented": random.random(30)})
    shuffled = probes.take(random.permutation(probes.num_rows)), answers.take(random.permutation(answers.num_rows))
    assert gains(*shuffled, seed=3) == gains(probes, answers, seed=3)
    assert summarise(*shuffled, seed=3) == summarise(probes, answers, seed=3)
    assert gains(probes, answers, seed=4) != gains(probes, answers, seed=3)


def test_blocks_do_not_change_the_resamples() -> None:
    random = np.random.default_rng(2)
    values, clusters = random.random((25, 3)), random.integers(0, 11, 25)
    whole, count = resample_means(values, clusters, 999, seed=0)
    assert count == len(set(clusters.tolist()))
    assert np.array_equal(resample_means(values, clusters, 999, seed=0, cells=60)[0], whole)


def test_intervals_are_those_of_scipy() -> None:
    random = np.random.default_rng(8)
    rows = [{"id": f"p{i:02d}", "facts": [f"f{i % 23:02d}"]} for i in range(60)]
    scores = {arm: {row["id"]: float(random.random() < 0.5) for row in rows} for arm in ("base", "augmented")}
    (gain,) = gains(probe_table(rows), answer_table(scores), resamples=2000, seed=3)["recall"]
    differences = np.array([scores["augmented"][row["id"]] - scores["base"][row["id"]] for row in rows])
    cluster = np.arange(60) % 23
    drawn = bootstrap(
        (np.bincount(cluster, differences), np.bincount(cluster).astype(float)),
        lambda sums, sizes, axis: sums.sum(axis) / sizes.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=2000,
        method="percentile",
        rng=3,
    ).confidence_interval
    assert (gain["low"], gain["high"]) == pytest.approx((drawn.low, drawn.high), abs=1e-12)


@pytest.mark.parametrize("resamples", [0, -1, 1_000_001, 10**12])
def test_an_absurd_number_of_resamples_is_refused_at_once(resamples: int) -> None:
    for compute in (summarise, gains):
        with pytest.raises(PipelineError, match=r"resamples is .*; it should be from 1 to 1,000,000"):
            compute(*many({"base": [0.0, 1.0], "augmented": [1.0, 1.0]}), resamples=resamples)


@given(st.floats(0, 1, width=32), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_equal_scores_give_a_width_of_zero(score: float, count: int) -> None:
    tables = many({"base": [score] * count, "augmented": [1.0] * count})
    part = summarise(*tables, resamples=50)["base"]["recall"]
    assert part["low"] == part["mean"] == part["high"] == score
    gain = gains(*tables, resamples=50)["recall"][0]
    assert gain["low"] == gain["mean"] == gain["high"] == 1.0 - score


@pytest.mark.slow
def test_on_shuffled_answers_the_interval_covers_zero() -> None:
    random = np.random.default_rng(20)
    covered = 0
    for _ in range(300):
        chance = random.random(60)
        arms = {"base": random.random(60) < chance, "augmented": random.random(60) < chance}
        gain = gains(*many(arms), resamples=400)["recall"][0]
        covered += gain["low"] <= 0 <= gain["high"]
    assert binomtest(covered, 300, 0.93, alternative="less").pvalue > 0.01


@pytest.mark.slow
def test_a_planted_difference_is_recovered() -> None:
    random = np.random.default_rng(21)
    covered = found = 0
    for _ in range(150):
        arms = {"base": random.random(60) < 0.2, "augmented": random.random(60) < 0.6}
        gain = gains(*many(arms), resamples=400)["recall"][0]
        covered += gain["low"] <= 0.4 <= gain["high"]
        found += gain["low"] > 0
    assert binomtest(covered, 150, 0.93, alternative="less").pvalue > 0.01
    assert found >= 147  # theory: 0.4 is 4.9 standard errors, found in 99.8% of trials


def test_pairing_takes_the_difficulty_of_probes_out() -> None:
    random = np.random.default_rng(22)
    difficulty = random.random(200)
    tables = many({"base": 0.8 * difficulty, "augmented": 0.8 * difficulty + 0.1 + 0.1 * random.random(200)})
    gain = gains(*tables)["recall"][0]
    widths = [part["recall"]["high"] - part["recall"]["low"] for part in summarise(*tables).values()]
    assert gain["mean"] == pytest.approx(0.15, abs=0.01)
    assert gain["high"] - gain["low"] < 0.2 * np.hypot(*widths)


def test_wrong_tables_are_refused() -> None:
    probes = probe_table([{"id": "a"}, {"id": "b"}])
    with pytest.raises(TableError, match=r"did not answer the same probes.*'b'"):
        gains(probes, answer_table({"base": {"a": 1.0}, "augmented": {"a": 1.0, "b": 1.0}}))
    with pytest.raises(TableError, match=r"No answers are from the arm 'bsae'\. Did you mean 'base'"):
        gains(probes, answer_table({"base": {"a": 1.0}}), pairs=[("base", "bsae")])
    with pytest.raises(TableError, match="'z', which is not in the exam"):
        summarise(probes, answer_table({"base": {"z": 1.0}}))
    with pytest.raises(TableError, match="twice with seed 0"):
        summarise(probes, pa.concat_tables([answer_table({"base": {"a": 1.0}})] * 2))
    with pytest.raises(TableError, match="Two probes have the id 'a'"):
        summarise(pa.concat_tables([probes, probes]), answer_table({"base": {"a": 1.0}}))
    with pytest.raises(TableError, match=r"score is 1\.5; it should be a number from 0 to 1"):
        summarise(probes, answer_table({"base": {"a": 1.5}}))
    with pytest.raises(TableError, match="score is nan"):
        summarise(probes, answer_table({"base": {"a": float("nan")}}))
    with pytest.raises(TableError, match="'b' with 1 seeds and others with 2"):
        summarise(probes, answer_table({"base": {"a": [1.0, 0.0], "b": 1.0}}))
