"""A project and its rows → the plan of a run: what will be shown how often, how much there is to learn, and how long it takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arms import Arm
from kaug.arrays import Numbers, distinct, pair_keys
from kaug.augmentation.shards import read_shards
from kaug.evaluation.gain import headline_arm
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb
from kaug.models.find import load_tokenizer
from kaug.pipeline.estimate import parameters
from kaug.pipeline.make.exam import read_probes
from kaug.pipeline.project import Project
from kaug.pipeline.rewriting import RewriteCost
from kaug.pipeline.stage import Inputs
from kaug.training.pace import Pace, measure_pace
from kaug.training.settings import TrainingSettings
from kaug.training.tokens import encode_rows

__all__ = ["BITS_PER_PARAMETER", "ArmPlan", "FormPlan", "Plan", "bits_to_learn", "gini", "make_plan", "plan_arm"]

SAMPLE = 1_000
"""The rows of a form that are tokenised; of more, the tokens are estimated."""

BITS_PER_PARAMETER = 2
"""What a model can hold after 1,000 exposures of each fact; after 100, half of it (Allen-Zhu & Li 2024, arXiv 2404.05405)."""


@dataclass(frozen=True)
class FormPlan:
    """The rows of one form.

    Attributes:
        rows: Their number.
        tokens: Their tokens, each row once.
        long: The fraction of them that are cut to `training.max_length`.
    """

    rows: int
    tokens: int
    long: float


@dataclass(frozen=True)
class ArmPlan:
    """What the training of an arm shows.

    Attributes:
        forms: The rows by form, `text` for plain texts; by the size of their tokens.
        estimated: Whether the tokens are estimated from a sample.
        passes: How often each row about facts is shown.
        exposures: Minimum, median and maximum over the taught facts of how often the rows that state a fact are shown.
        gini: The Gini coefficient of the exposures: 0 if all facts are shown alike, near 1 if few facts take nearly all.
        unseen: Taught facts that no row states.
        phrasings: The median number of rows without a question that state a fact: its different phrasings.
        share: The fraction of the tokens seen that is rows about facts.
    """

    forms: dict[str, FormPlan]
    estimated: bool
    passes: float
    exposures: tuple[float, float, float]
    gini: float
    unseen: int
    phrasings: float
    share: float

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(form.rows for form in self.forms.values())

    @property
    def tokens(self) -> int:
        """The tokens of all rows, each once."""
        return sum(form.tokens for form in self.forms.values())


@dataclass(frozen=True)
class Plan:
    """The plan of a run.

    Attributes:
        headline: The arm that the run is about: the last trained one that is not a control.
        arms: The trained arms.
        facts: Taught facts.
        known: The facts of the knowledge base.
        bits: The information in them, in bits; see `bits_to_learn`.
        parameters: The weights of the model.
        probes: The probes of the exam, by kind.
        seeds: The number of seeds.
        training: The settings of the headline arm's training.
        trainings: The number of trainings.
        pace: The measured speed of training.
        rewriting: What it takes to rewrite rows that are not written yet; None if none are.
    """

    headline: str
    arms: dict[str, ArmPlan]
    facts: int
    known: int
    bits: float
    parameters: int
    probes: dict[str, int]
    seeds: int
    training: TrainingSettings
    trainings: int
    pace: Pace
    rewriting: RewriteCost | None = None

    @property
    def arm(self) -> ArmPlan:
        """The plan of the headline arm."""
        return self.arms[self.headline]

    @property
    def capacity(self) -> int:
        """The bits that the model can hold at most."""
        return BITS_PER_PARAMETER * self.parameters

    @property
    def seconds(self) -> float:
        """The expected time of all trainings."""
        return self.trainings * self.training.tokens * self.pace.per_token


def make_plan(project: Project, inputs: Inputs) -> Plan:
    """Plan a run whose knowledge, exam and rows are made, and measure a few steps of its headline arm's training.

    Args:
        project: The project.
        inputs: Its artifacts, with those of the command `plan`.
    """
    pipeline, kb = project.pipeline, inputs.open("1-knowledge", load_kb)
    rows = {arm.name: read_shards(inputs[f"4-shards/{arm.name}"].path) for arm in project.trained}
    headline = headline_arm(list(rows), project.arms) or next(reversed(rows))
    training = pipeline.training.for_arm(project.arms[headline])
    replay = pipeline.augmentation.for_arm(project.arms[headline]).replay
    with project.show("measuring a few training steps", None, "steps") as advance:
        some = _sample(rows[headline], 4 * SAMPLE)
        pace = measure_pace(some, project.base(), training, replay=replay, progress=advance)
    return Plan(
        headline,
        {arm.name: _plan_of(project, arm, rows[arm.name], kb) for arm in project.trained},
        len(kb.taught),
        len(kb),
        bits_to_learn(kb),
        parameters(project.base()),
        _count(inputs.open("3-exam", read_probes)["kind"]),
        len(pipeline.seeds),
        training,
        len(project.trainings),
        pace,
    )


def _plan_of(project: Project, arm: Arm, rows: pa.Table, kb: KnowledgeBase) -> ArmPlan:
    training, augmentation = project.pipeline.training.for_arm(arm), project.pipeline.augmentation.for_arm(arm)
    taught = kb.hex_ids.take(pa.array(kb.taught))
    return plan_arm(rows, taught, project.base(), training, replay=augmentation.replay)


def plan_arm(rows: pa.Table, taught: pa.Array, model: Path, settings: TrainingSettings, *, replay: float) -> ArmPlan:
    """Plan what a training on some rows shows.

    Args:
        rows: EXAMPLES.
        taught: The hex ids of the facts to teach.
        model: The folder of the model, whose tokenizer counts.
        settings: The settings of the training.
        replay: The fraction of the tokens that is plain text, if there is any.
    """
    tokenizer, forms = load_tokenizer(model), dict[str, FormPlan]()
    for form, count in _count(rows["form"]).items():
        some = _sample(rows, SAMPLE, np.flatnonzero(pc.equal(rows["form"], form).to_numpy()))
        encoded = encode_rows(
            some, tokenizer, template=settings.template, system=settings.system, max_length=settings.max_length
        )
        lengths = np.diff(encoded.offsets)
        long = float(np.mean(lengths == settings.max_length))
        forms[form] = FormPlan(count, round(float(lengths.mean()) * count), long)
    about = sum(plan.tokens for form, plan in forms.items() if form != "text")
    prose = forms["text"].tokens if "text" in forms else 0
    share = 1 - replay if about and prose and replay else about / max(1, about + prose)
    passes = settings.tokens * share / about if about else 0.0
    of = _rows_of(rows["facts"], taught)
    told = _rows_of(rows["facts"].filter(pc.equal(rows["prompt"], "")), taught)
    return ArmPlan(
        dict(sorted(forms.items(), key=lambda item: -item[1].tokens)),
        any(plan.rows > SAMPLE for plan in forms.values()),
        passes,
        _spread(of * passes),
        gini(of),
        int((of == 0).sum()),
        float(np.median(told)) if len(told) else 0.0,
        share,
    )


def _count(column: pa.ChunkedArray) -> dict[str, int]:
    return {str(pair["values"]): pair["counts"] for pair in pc.value_counts(column).to_pylist()}


def _sample(rows: pa.Table, most: int, among: Numbers | None = None) -> pa.Table:
    """Take rows at equal distances, of all or of those at some places."""
    among = np.arange(rows.num_rows) if among is None else among
    return rows.take(pa.array(among[np.linspace(0, len(among) - 1, min(most, len(among))).astype(np.int64)]))


def _rows_of(facts: pa.ChunkedArray, taught: pa.Array) -> Numbers:
    """Count the rows that name each taught fact, int64 (taught,), given their column `facts`."""
    places = pc.index_in(pc.list_flatten(facts), value_set=taught).drop_null()
    return np.bincount(places.to_numpy(), minlength=len(taught)).astype(np.int64)


def _spread(values: NDArray[np.floating[Any]]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0, 0.5, 1]).tolist() if len(values) else (0.0, 0.0, 0.0)
    return low, middle, high


def gini(values: Numbers) -> float:
    """Return the Gini coefficient of amounts: half of their mean absolute difference, over their mean.

    Examples:
        >>> gini(np.array([3, 3, 3])), gini(np.array([0, 0, 0, 8]))
        (0.0, 0.75)
    """
    count, total = len(values), values.sum()
    if not total:
        return 0.0
    ranks = np.arange(1, count + 1)
    return float((2 * (ranks * np.sort(values)).sum() / total - count - 1) / count)


def bits_to_learn(kb: KnowledgeBase) -> float:
    """Estimate the information in the taught facts, in bits.

    Each counts as one draw among the distinct objects of its predicate, all alike: log2 of their number. It is a plain
    estimate: names of their own, which must be learnt too, make it more, and objects that are frequent or can be guessed, less.
    """
    _, predicates, objects = kb.columns()
    pairs = distinct(pair_keys(predicates, objects))
    choices = np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=kb.terms.num_rows)
    return float(np.log2(choices[predicates[kb.taught]]).sum())
