"""A plan → lines for the terminal, or values for JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from kaug.pipeline.plan import BITS_PER_PARAMETER, Plan
from kaug.pipeline.plan_warnings import warnings_of
from kaug.text import duration

__all__ = ["plan_content", "plan_lines"]


def plan_lines(plan: Plan) -> list[str]:
    """Describe a plan: the arms, the rows of the headline arm by form, the bits, the time, and the warnings."""
    about = "about " if any(arm.estimated for arm in plan.arms.values()) else ""
    arms = [
        (
            name,
            f"{arm.rows:,}",
            f"{about}{arm.tokens:,}",
            f"{arm.passes:.1f}",
            " / ".join(f"{times:.1f}" for times in arm.exposures),
            f"{arm.gini:.2f}",
            f"{arm.share:.0%}",
        )
        for name, arm in plan.arms.items()
    ]
    forms = [(name, f"{form.rows:,}", f"{about}{form.tokens:,}") for name, form in plan.arm.forms.items()]
    return [
        f"{plan.facts:,} of the {plan.known:,} facts of the knowledge base, "
        f"{plan.training.tokens:,} tokens for each of {plan.trainings} trainings",
        "",
        *_table(("arm", "rows", "tokens", "passes", "exposures min / median / max", "Gini", "knowledge"), arms),
        "",
        *_table((f"rows of {plan.headline}", "rows", "tokens"), forms),
        "",
        f"to learn: about {plan.bits:,.0f} bits; {plan.parameters:,} weights hold {plan.capacity:,} at most, "
        f"{BITS_PER_PARAMETER} each",
        *([f"rewriting: {plan.rewriting}"] if plan.rewriting else []),
        f"training: about {duration(plan.seconds, about=True)} in all on this machine ({plan.pace.device}), "
        f"{1 / plan.pace.per_token:,.1f} tokens a second by {plan.pace.steps} of its steps; peak memory "
        f"{plan.pace.memory / 1e9:.2f} GB",
        *(line for text, mend in warnings_of(plan).values() for line in (f"warning: {text}.", f"  mend: {mend}")),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align columns: the first to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for first, *others in (head, *rows):
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield f"  {'  '.join([first.ljust(widths[0]), *cells])}"


def plan_content(plan: Plan) -> dict[str, Any]:
    """Return a plan and its warnings as values for JSON."""
    training = {name: getattr(plan.training, name) for name in ("tokens", "step_tokens", "learning_rate")}
    warnings = [{"name": name, "says": says, "mend": mend} for name, (says, mend) in warnings_of(plan).items()]
    derived = {"capacity": plan.capacity, "seconds": plan.seconds, "training": training, "warnings": warnings}
    return asdict(plan) | derived
