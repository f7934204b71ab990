"""Probes and the answers of arms → mean scores, and paired differences between arms, with 95% intervals.

Intervals are percentile bootstrap intervals (Efron & Tibshirani 1993, chapter 13). Clusters of probes about the same
facts are resampled (Davison & Hinkley 1997, section 3.8), since two templates of one fact are not independent
observations. Differences are paired by probe before resampling, so that the difficulty of the probes does not widen the
interval.

The means are those of `scipy.stats.bootstrap(…, paired=True, method="percentile")` with the same seed, to the last digits. kaug's
own loop resamples once for all pairs of arms, as one matrix product, which is three to seven times as fast
(docs/decisions/0010-bootstrap.md).
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arms import ARMS, Arm, is_base, is_shown_facts, order_arms
from kaug.errors import PipelineError, TableError, nearest
from kaug.evaluation.settings import MAX_RESAMPLES
from kaug.exam.kinds import KINDS
from kaug.tables import check_table

__all__ = ["Gain", "Interval", "default_pairs", "gains", "headline_arm", "reading", "resample_means", "summarise"]

Measure = Literal["score", "log_likelihood"]
Grouping = Literal["kind", "source"]


class Interval(TypedDict):
    """A mean over `n` probes in `clusters` clusters, with its 95% interval from `low` to `high`."""

    n: int
    clusters: int
    mean: float
    low: float
    high: float


class Gain(Interval):
    """The paired difference in score between `arm` and `against`."""

    arm: str
    against: str


def reading(gain: Mapping[str, Any]) -> str:
    """Classify a gain's interval: `up` if it lies above zero, `down` if below, `unclear` if zero is in it."""
    return "up" if gain["low"] > 0 else "down" if gain["high"] < 0 else "unclear"


def headline_arm(names: Sequence[str], arms: Mapping[str, Arm] = ARMS) -> str | None:
    """Choose the main arm of a comparison: the last trained arm that is not a control.

    Examples:
        >>> headline_arm(["augmented", "base", "shuffled"])
        'augmented'
    """
    ordered = order_arms(list(names), arms)
    trained = [name for name in ordered if name in arms and arms[name].rows and not arms[name].control]
    unknown = [name for name in ordered if name not in arms]
    return next(reversed(trained or unknown), None)


def default_pairs(names: Sequence[str], arms: Mapping[str, Arm] = ARMS) -> list[tuple[str, str]]:
    """Choose which arms to compare.

    The headline arm with every other arm; then every other trained arm with the base model, and where it is shown retrieved
    facts, with the base model that is shown them too: this is what training added to reading.

    Examples:
        >>> default_pairs(["base", "repeated", "augmented"])
        [('augmented', 'base'), ('augmented', 'repeated'), ('repeated', 'base')]
        >>> default_pairs(["base", "base+retrieval", "augmented+retrieval"])
        [('augmented+retrieval', 'base'), ('augmented+retrieval', 'base+retrieval')]
    """
    ordered = order_arms(list(names), arms)
    headline = headline_arm(names, arms)
    pairs = [(headline, name) for name in ordered if name != headline] if headline else []
    for base in (name for name in ordered if is_base(name, arms)):
        pairs += [
            (name, base)
            for name in ordered
            if name != headline and not is_base(name, arms) and (not arms[base].retrieval or is_shown_facts(name, arms))
        ]
    return pairs


def summarise(
    probes: pa.Table,
    answers: pa.Table,
    *,
    by: Grouping = "kind",
    measure: Measure = "score",
    resamples: int = 10_000,
    seed: int = 0,
) -> dict[str, dict[str, Interval]]:
    """Average each arm's scores by kind of probe, after averaging each probe over seeds.

    Args:
        probes: A PROBES table.
        answers: An ANSWERS table, in any order.
        by: `kind`, or `source` for groups named "kind/source".
        measure: The column of ANSWERS to average.
        resamples: Bootstrap resamples.
        seed: Seed of the resampling.

    Returns:
        `{arm: {group: interval}}`, without groups in which an arm has no answers.

    Raises:
        TableError: An answer belongs to no probe, is duplicated, not finite, or missing for a seed.
        PipelineError: `resamples` is below one or above a million.

    Examples:
        >>> from kaug.tables import ANSWERS, PROBES
        >>> summarise(PROBES.empty_table(), ANSWERS.empty_table())
        {}
    """
    _check_resamples(resamples)
    probes, arms, values = _values(probes, answers, measure)
    groups, clusters = _groups(probes, by), _clusters(probes)
    result: dict[str, dict[str, Interval]] = {arm: {} for arm in arms}
    for group, rows in groups.items():
        for arm, part in zip(arms, _intervals(values[rows], clusters[rows], resamples, seed), strict=True):
            if part:
                result[arm][group] = part
    return result


def gains(
    probes: pa.Table,
    answers: pa.Table,
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    known_arms: Mapping[str, Arm] = ARMS,
    by: Grouping = "kind",
    measure: Measure = "score",
    resamples: int = 10_000,
    seed: int = 0,
) -> dict[str, list[Gain]]:
    """Average the differences between arms, paired by probe, after averaging each probe over seeds.

    Args:
        probes: A PROBES table.
        answers: An ANSWERS table, in any order.
        pairs: Pairs (arm, against); `default_pairs` of all arms if None.
        known_arms: The arms for `default_pairs`.
        by: `kind`, or `source` for groups named "kind/source".
        measure: The column of ANSWERS to compare.
        resamples: Bootstrap resamples.
        seed: Seed of the resampling; all pairs of a group share the resamples.

    Returns:
        `{group: [gain, …]}` in the order of the pairs; groups as in `summarise`.

    Raises:
        TableError: A pair names an arm that did not answer, or its two arms answered different probes, or an error of
            `summarise`.
        PipelineError: `resamples` is below one or above a million.

    Examples:
        >>> from kaug.tables import ANSWERS, PROBES
        >>> gains(PROBES.empty_table(), ANSWERS.empty_table())
        {}
    """
    _check_resamples(resamples)
    probes, arms, values = _values(probes, answers, measure)
    chosen = default_pairs(arms, known_arms) if pairs is None else list(pairs)
    for arm in (arm for pair in chosen for arm in pair):
        if arm not in arms:
            raise TableError(f"No answers are from the arm {arm!r}.{nearest(arm, arms)}")
    left = [arms.index(arm) for arm, _ in chosen]
    right = [arms.index(against) for _, against in chosen]
    unanswered = np.isnan(values)
    for (arm, against), one, other in zip(chosen, left, right, strict=True):
        odd = np.flatnonzero(unanswered[:, one] != unanswered[:, other])
        if len(odd):
            probe = probes.column("id")[odd[0]].as_py()
            raise TableError(
                f"The arms {arm!r} and {against!r} did not answer the same probes: {len(odd)} were answered by one "
                f"only, among them {probe!r}. Gains need the same probes in both."
            )
    differences = values[:, left] - values[:, right]
    clusters = _clusters(probes)
    result: dict[str, list[Gain]] = {}
    for group, rows in _groups(probes, by).items():
        parts = zip(chosen, _intervals(differences[rows], clusters[rows], resamples, seed), strict=True)
        compared: list[Gain] = [{"arm": arm, "against": against, **part} for (arm, against), part in parts if part]
        if compared:
            result[group] = compared
    return result


def _check_resamples(resamples: int) -> None:
    if not 1 <= resamples <= MAX_RESAMPLES:
        raise PipelineError(f"resamples is {resamples:,}; it should be from 1 to {MAX_RESAMPLES:,}. 10,000 are plenty.")


def _values(probes: pa.Table, answers: pa.Table, measure: Measure) -> tuple[pa.Table, list[str], NDArray[np.float64]]:
    # Sorted, so that the result does not depend on the order of rows.
    probes = check_table(probes, "probes").sort_by("id")
    answers = check_table(answers, "answers").sort_by(
        [("probe", "ascending"), ("arm", "ascending"), ("seed", "ascending")]
    )
    ids = probes.column("id").to_pylist()
    row_of = {probe: row for row, probe in enumerate(ids)}
    if len(row_of) < len(ids):
        twice = next(probe for probe, after in itertools.pairwise(ids) if probe == after)
        raise TableError(f"Two probes have the id {twice!r}; ids must be unique.")
    names = answers.column("arm").to_pylist()
    arms = order_arms(names)
    column_of = {arm: column for column, arm in enumerate(arms)}
    keys = list(zip(answers.column("probe").to_pylist(), names, answers.column("seed").to_pylist(), strict=True))
    for key, after in itertools.pairwise(keys):
        if key == after:
            raise TableError(f"Arm {key[1]!r} answers the probe {key[0]!r} twice with seed {key[2]}; once is right.")
    stray = next((probe for probe, _, _ in keys if probe not in row_of), None)
    if stray is not None:
        raise TableError(
            f"There is an answer to the probe {stray!r}, which is not in the exam.{nearest(stray, row_of)}"
        )
    numbers = answers.column(measure).to_numpy().astype(np.float64)
    wrong = ~np.isfinite(numbers) | ((numbers < 0) | (numbers > 1) if measure == "score" else False)
    if wrong.any():
        probe, arm, _ = keys[int(np.argmax(wrong))]
        wanted = "a number from 0 to 1" if measure == "score" else "a finite number"
        raise TableError(
            f"Arm {arm!r}, probe {probe!r}: {measure} is {numbers[np.argmax(wrong)]}; it should be {wanted}."
        )
    cells = np.array([row_of[p] * len(arms) + column_of[a] for p, a, _ in keys], dtype=np.int64)
    shape = (len(ids), len(arms))
    count = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    for arm, column in column_of.items():
        seeds = int(count[:, column].max())
        few = np.flatnonzero((count[:, column] > 0) & (count[:, column] < seeds))
        if len(few):
            raise TableError(
                f"Arm {arm!r} answers the probe {ids[few[0]]!r} with {count[few[0], column]} seeds and others with "
                f"{seeds}; it should answer each with the same seeds."
            )
    total = np.bincount(cells, weights=numbers, minlength=shape[0] * shape[1]).reshape(shape)
    return probes, arms, np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)


def _groups(probes: pa.Table, by: Grouping) -> dict[str, NDArray[np.int64]]:
    """Return the rows of each kind, or of each kind and source, in the order of `KINDS`."""
    order = {kind: number for number, kind in enumerate(KINDS)}
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(*(probes[name].to_pylist() for name in ("kind", "source")), strict=True)):
        rows.setdefault(key if by == "source" else key[:1], []).append(row)
    keys = sorted(rows, key=lambda key: (order.get(key[0], len(order)), key))
    return {"/".join(key): np.array(rows[key]) for key in keys}


def _clusters(probes: pa.Table) -> NDArray[np.int64]:
    # A probe without facts (a text to continue) is a cluster of its own.
    rows = zip(probes.column("facts").to_pylist(), probes.column("id").to_pylist(), strict=True)
    keys = [(1, *sorted(set(facts))) if facts else (0, probe) for facts, probe in rows]
    number = {key: i for i, key in enumerate(sorted(set(keys)))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def _intervals(
    values: NDArray[np.float64], clusters: NDArray[np.int64], resamples: int, seed: int
) -> list[Interval | None]:
    # One interval per column over its rows that are not NaN; columns with the same rows see the same resamples.
    intervals: list[Interval | None] = [None] * values.shape[1]
    answered = ~np.isnan(values)
    for pattern in {column.tobytes(): column for column in answered.T if column.any()}.values():
        columns = np.flatnonzero((answered == pattern[:, None]).all(axis=0))
        # Subtracting the first row makes the interval of equal values exactly zero wide.
        first = values[pattern][0, columns]
        distances = values[np.ix_(pattern, columns)] - first
        means, count = resample_means(distances, clusters[pattern], resamples, seed)
        low, high = np.percentile(means, (2.5, 97.5), axis=0) + first
        centre = distances.mean(axis=0) + first
        for i, column in enumerate(columns):
            intervals[column] = {
                "n": len(distances),
                "clusters": count,
                "mean": float(centre[i]),
                "low": float(low[i]),
                "high": float(high[i]),
            }
    return intervals


def resample_means(
    values: NDArray[np.float64], clusters: NDArray[np.int64], resamples: int, seed: int, *, cells: int = 1 << 21
) -> tuple[NDArray[np.float64], int]:
    """Draw clusters of rows with replacement, and average the drawn rows; all columns share the resamples.

    `cells` is the number of counts in memory at once, 8 bytes each; it does not change the result.

    Returns:
        Float64 (resamples, columns), and the number of clusters.

    Examples:
        >>> means, count = resample_means(np.ones((3, 1)), np.array([7, 7, 8]), 2, seed=0)
        >>> means.tolist(), count
        ([[1.0], [1.0]], 2)
    """
    _, inverse = np.unique(clusters, return_inverse=True)
    count = int(inverse.max()) + 1
    sizes = np.bincount(inverse).astype(np.float64)
    sums = np.stack([np.bincount(inverse, weights=column) for column in values.T], axis=1)
    means = np.empty((resamples, values.shape[1]))
    random = np.random.default_rng(seed)
    step = max(1, cells // count)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = random.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)
        means[start : start + size] = weights @ sums / (weights @ sizes)[:, None]
    return means, count
