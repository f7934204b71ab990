"""The arms of a comparison, in the order of reports.

An arm defines the rows and the model that training starts from, or, without rows, only how a model is prompted. A new
arm is a line in `ARMS`, or a section `[arms.NAME]` of a pipeline file; its name has no meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

__all__ = ["ARMS", "Arm", "is_base", "is_shown_facts", "order_arms", "trained_arm"]


@dataclass(frozen=True)
class Arm:
    """One arm of a comparison.

    Attributes:
        name: Its name in pipeline files, tables and reports.
        meaning: A short description for reports and docs.
        rows: The recipe of its training rows, a key of `kaug.augmentation.arms.RECIPES`; None if it is not trained.
        starts_from: The arm whose model it continues from, or uses if it is not trained; None is the base model.
        objective: The training objective, a key of `kaug.training.objectives.OBJECTIVES`; None is the pipeline's.
        adapter: The adapter that selects the weights to train, a key of `kaug.training.adapters.ADAPTERS`; None is the
            pipeline's.
        learning_rate: The peak learning rate; None is the pipeline's.
        without: Forms of rows that it lacks.
        templates: Templates per predicate and form, at most; None is the pipeline's.
        replay: The fraction of its tokens that is plain text; None is the pipeline's.
        retrieval: Whether the facts that retrieval finds are put before the exam's questions.
        not_content: Attributes that only reports use; fingerprints ignore them.
        control: What the control trains on, for sentences that compare with it; empty if the arm is not a control.
    """

    not_content: ClassVar[frozenset[str]] = frozenset(["meaning", "control"])

    name: str
    meaning: str
    rows: str | None = None
    starts_from: str | None = None
    objective: str | None = None
    adapter: str | None = None
    learning_rate: float | None = None
    without: tuple[str, ...] = ()
    templates: int | None = None
    replay: float | None = None
    retrieval: bool = False
    control: str = ""


ARMS: dict[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("base", "the model untrained"),
        Arm(
            "base+retrieval",
            "the model untrained, shown the facts that retrieval finds",
            retrieval=True,
            control="the untrained model shown retrieved facts",
        ),
        Arm("text", "trained on the texts alone, without facts", rows="text", control="the texts alone"),
        Arm(
            "text+retrieval",
            "trained on the texts alone, and shown the facts that retrieval finds",
            None,
            "text",
            retrieval=True,
        ),
        Arm(
            "repeated",
            "trained on one template per fact, as many tokens",
            rows="repeated",
            control="one template per fact, as many tokens",
        ),
        Arm(
            "repeated+retrieval",
            "trained as repeated, and shown the facts that retrieval finds",
            None,
            "repeated",
            retrieval=True,
        ),
        Arm(
            "shuffled",
            "trained on wrong facts in the same forms, as many tokens",
            rows="shuffled",
            control="the same training on wrong facts",
        ),
        Arm(
            "shuffled+retrieval",
            "trained as shuffled, and shown the facts that retrieval finds",
            None,
            "shuffled",
            retrieval=True,
        ),
        Arm("augmented", "trained on the facts in many forms", rows="augmented"),
        Arm(
            "augmented+retrieval",
            "trained on the facts in many forms, and shown those that retrieval finds",
            None,
            "augmented",
            retrieval=True,
        ),
    )
}
"""The arms that pipeline files can name without defining them."""


def is_base(arm: str, arms: Mapping[str, Arm] = ARMS) -> bool:
    """Whether an arm uses the base model untrained, with or without retrieved facts."""
    return arm in arms and trained_arm(arm, arms) is None


def is_shown_facts(arm: str, arms: Mapping[str, Arm] = ARMS) -> bool:
    """Whether the facts that retrieval finds are put before the questions that an arm is asked."""
    return arm in arms and arms[arm].retrieval


def trained_arm(arm: str, arms: Mapping[str, Arm] = ARMS) -> str | None:
    """Return the arm whose model an arm uses: itself if it is trained; None is the base model.

    Examples:
        >>> trained_arm("text+retrieval"), trained_arm("base+retrieval")
        ('text', None)
    """
    while arms[arm].rows is None:
        start = arms[arm].starts_from
        if start is None:
            return None
        arm = start
    return arm


def order_arms(names: "list[str] | tuple[str, ...]", arms: Mapping[str, Arm] = ARMS) -> list[str]:
    """Return the distinct names of arms in the order of `arms`, then all others by name.

    Examples:
        >>> order_arms(["augmented", "mine", "base"])
        ['base', 'augmented', 'mine']
    """
    order = {name: number for number, name in enumerate(arms)}
    return sorted(set(names), key=lambda name: (order.get(name, len(order)), name))
