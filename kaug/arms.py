"""What is compared: each arm as a value, in the order in which reports show them.

An arm says which rows a model is trained on and where it starts, or, without rows, only how a model is asked. A new arm is a
line in `ARMS`, or a section `[arms.NAME]` of a pipeline file; nothing is read out of its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

__all__ = ["ARMS", "Arm", "is_base", "order_arms", "trained_arm"]


@dataclass(frozen=True)
class Arm:
    """One arm of a comparison.

    Attributes:
        name: Its name in pipeline files, tables and reports.
        meaning: What it is, in a few words, for reports and docs.
        rows: The recipe of its training rows, a key of `kaug.augmentation.arms.RECIPES`; None if it is not trained.
        starts_from: The arm whose model it is trained from, or asked as; None is the base model.
        objective: The training objective, a key of `kaug.training.objectives.OBJECTIVES`; None is the pipeline's.
        adapter: Which weights are trained, a key of `kaug.training.adapters.ADAPTERS`; None is the pipeline's.
        learning_rate: The peak of the learning rate, which adapters need higher; None is the pipeline's.
        retrieval: Whether the facts that retrieval finds are put before the exam's questions.
        not_content: What only reports say of it: no part of a fingerprint.
        control: Against which an arm that is trained on facts is compared: what the difference shows. Empty if it is no control.
    """

    not_content: ClassVar[frozenset[str]] = frozenset(["meaning", "control"])

    name: str
    meaning: str
    rows: str | None = None
    starts_from: str | None = None
    objective: str | None = None
    adapter: str | None = None
    learning_rate: float | None = None
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
    """Whether an arm asks the base model, with or without retrieved facts: whether nothing was trained for it."""
    return arm in arms and trained_arm(arm, arms) is None


def trained_arm(arm: str, arms: Mapping[str, Arm] = ARMS) -> str | None:
    """Return the arm whose model is asked for an arm: itself if it is trained; None is the base model.

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
    """Put the names of arms in the order in which they are shown: that of `arms`, then all others by name, each once.

    Examples:
        >>> order_arms(["augmented", "mine", "base"])
        ['base', 'augmented', 'mine']
    """
    order = {name: number for number, name in enumerate(arms)}
    return sorted(set(names), key=lambda name: (order.get(name, len(order)), name))
