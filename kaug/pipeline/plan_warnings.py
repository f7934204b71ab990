"""A plan → warnings of what will probably not be learnt or not be shown, each with the setting that mends it.

A new warning is an entry in `WARNINGS`. Thresholds are those of kaug's own runs (docs/results.md) or of papers that they name.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from kaug.augmentation.forms import FORMS
from kaug.pipeline.plan import Plan

__all__ = ["TEACHES", "WARNINGS", "PlanWarning", "warnings_of"]


@dataclass(frozen=True)
class PlanWarning:
    """One thing that may be wrong with a plan.

    Attributes:
        when: Whether the plan has it.
        says: What will happen, and how that is known.
        mend: The setting that mends it.
    """

    when: Callable[[Plan], bool]
    says: Callable[[Plan], str]
    mend: Callable[[Plan], str]


# In docs/results.md, facts shown 14 times (8 to 19), in 13 rows, made 0.84 of the questions come right; 15 times in one sentence
# made 0.38.
_EXPOSURES, _FEW_EXPOSURES = 14, 8
_SHARE = 0.3  # the quickstart has 0.9
_RATES = {
    False: (1e-4, 1e-3),
    True: (1e-3, 1e-2),
}  # learnt: 3e-4 to 5e-4, all weights; LoRA some ten times (2405.09673)
_PROBES = 30
_SEEDS = 3

TEACHES: dict[str, tuple[str, ...]] = {
    "recall": ("question",),
    "reverse": ("reversed", "inverse-question"),
    "compose": ("path",),
    "pattern": ("path",),
}
"""The kinds of probes, each with the forms of rows (as EXAMPLES name them) any of which teaches to answer it."""


def _untaught(kind: str) -> PlanWarning:
    forms = TEACHES[kind]
    return PlanWarning(
        lambda plan: kind in plan.probes and not any(form in plan.arm.forms for form in forms),
        lambda plan: (
            f"the exam has {plan.probes[kind]:,} probes of the kind {kind}, and no row is of the form {' or '.join(forms)}"
        ),
        lambda plan: (
            f'augmentation.forms with "{next(form for form in forms if form in FORMS)}", and templates in the lexicon'
        ),
    )


def _few(plan: Plan) -> dict[str, int]:
    return {kind: count for kind, count in plan.probes.items() if count < _PROBES}


def _rates(plan: Plan) -> tuple[float, float]:
    return _RATES[plan.training.adapter == "lora"]


def _tokens(plan: Plan) -> int:
    """The token budget with which the median fact is shown often enough, in two digits."""
    tokens = plan.training.tokens * _EXPOSURES / max(plan.arm.exposures[1], 1e-9)
    step: int = 10 ** max(0, math.floor(math.log10(tokens)) - 1)
    return math.ceil(tokens / step) * step


WARNINGS: dict[str, PlanWarning] = {
    "unseen-facts": PlanWarning(
        lambda plan: plan.arm.unseen > 0,
        lambda plan: f"{plan.arm.unseen:,} of {plan.facts:,} facts are in no row, so they cannot be learnt",
        lambda plan: (
            "templates for their predicates in the lexicon (kaug lexicon lists them), or more augmentation.forms"
        ),
    ),
    "few-exposures": PlanWarning(
        lambda plan: 0 < plan.arm.exposures[1] < _FEW_EXPOSURES,
        lambda plan: (
            f"half of the facts are shown {plan.arm.exposures[1]:.1f} times or less; {_EXPOSURES} gave a recall of 0.84 in "
            "kaug's results, and pretraining takes 100 or more (arXiv 2404.05405)"
        ),
        lambda plan: f"training.tokens = {_tokens(plan):_}, or knowledge.limit for fewer facts",
    ),
    "one-phrasing": PlanWarning(
        lambda plan: plan.arm.phrasings < 2 and plan.arm.tokens > 0,
        lambda plan: (
            "half of the facts are stated in one row or none; what is read in one phrasing cannot be asked for "
            "(arXiv 2309.14316; in kaug's results, recall was 0.38 with one, 0.84 with many)"
        ),
        lambda plan: "augmentation.templates and forms, with several templates a predicate in the lexicon",
    ),
    "uneven": PlanWarning(
        lambda plan: plan.arm.gini > 0.5,
        lambda plan: f"the exposures are uneven (Gini {plan.arm.gini:.2f}): few facts take most of the tokens",
        lambda plan: "knowledge.exclude for the predicates or classes that take them",
    ),
    **{f"untaught-{kind}": _untaught(kind) for kind in TEACHES},
    "small-share": PlanWarning(
        lambda plan: plan.arm.share < _SHARE,
        lambda plan: (
            f"{plan.arm.share:.0%} of the tokens are about facts; below a critical share, which depends on the size of the model "
            "and was not measured here, almost nothing is learnt (arXiv 2505.18091); the quickstart has 90%"
        ),
        lambda plan: "augmentation.replay = 0.1",
    ),
    "capacity": PlanWarning(
        lambda plan: plan.bits > plan.capacity,
        lambda plan: (
            f"the facts hold some {plan.bits:,.0f} bits, and the model {plan.capacity:,} at most, 2 for each weight "
            "(arXiv 2404.05405)"
        ),
        lambda plan: "a larger training.model, or knowledge.limit",
    ),
    "learning-rate": PlanWarning(
        lambda plan: not _rates(plan)[0] <= plan.training.learning_rate <= _rates(plan)[1],
        lambda plan: (
            f"the learning rate is {plan.training.learning_rate:g}; facts were learnt at rates from {_rates(plan)[0]:g} to "
            f"{_rates(plan)[1]:g}"
        ),
        lambda plan: "training.learning_rate = " + ("3e-3" if plan.training.adapter == "lora" else "5e-4"),
    ),
    "long-rows": PlanWarning(
        lambda plan: any(form.long > 0.05 for form in plan.arm.forms.values()),
        lambda plan: (
            "rows are cut to training.max_length: "
            + ", ".join(f"{form.long:.0%} of {name}" for name, form in plan.arm.forms.items() if form.long > 0.05)
        ),
        lambda plan: f"training.max_length = {2 * plan.training.max_length}",
    ),
    "few-probes": PlanWarning(
        lambda plan: bool(_few(plan)),
        lambda plan: (
            ", ".join(f"{kind} has {count} probes" for kind, count in _few(plan).items())
            + f"; no gain below about {1 / math.sqrt(min(_few(plan).values())):.2f} can be shown"
        ),
        lambda plan: "exam.probes_per_kind, or more facts",
    ),
    "few-seeds": PlanWarning(
        lambda plan: plan.seeds < _SEEDS,
        lambda plan: (
            f"{'one training' if plan.seeds == 1 else f'{plan.seeds} trainings'} of each arm cannot tell how trainings vary"
        ),
        lambda plan: "seeds = [0, 1, 2] for a verdict",
    ),
}
"""The warnings, in the order in which they are shown."""


def warnings_of(plan: Plan) -> dict[str, tuple[str, str]]:
    """Return the warnings of a plan by name: what each says, and the setting that mends it."""
    return {name: (one.says(plan), one.mend(plan)) for name, one in WARNINGS.items() if one.when(plan)}
