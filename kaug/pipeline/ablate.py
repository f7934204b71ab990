"""A project → the same project, whose arms each lack one part of the rows: what is each part worth?

All arms have as many tokens, so a part is worth the difference between spending tokens on it and on the rest. Everything else is
a run like any other: its stages, their reuse, and its report.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kaug.augmentation.forms import FORMS
from kaug.errors import PipelineError, nearest
from kaug.evaluation.gain import Gain
from kaug.pipeline.project import Project
from kaug.pipeline.settings import ArmSettings, Pipeline
from kaug.pipeline.stage import Inputs

__all__ = ["AXES", "WHOLE", "Axis", "ablate", "arm_without", "idle_parts", "parts_of", "worth"]

WHOLE = "augmented"
"""The arm that has all parts."""

FOLDER = "6-ablation"


@dataclass(frozen=True)
class Axis:
    """What the parts are.

    Attributes:
        parts: From a pipeline to the arm without each part, by the name of the part.
        description: A description for help and docs.
    """

    parts: Callable[[Pipeline], dict[str, ArmSettings]]
    description: str


def _forms(pipeline: Pipeline) -> dict[str, ArmSettings]:
    forms = [form for form in pipeline.augmentation.forms if isinstance(form, str)]
    return {form: _arm(f"all forms but {form}", without=[form]) for form in forms} if len(forms) > 1 else {}


def _templates(pipeline: Pipeline) -> dict[str, ArmSettings]:
    return {"templates": _arm("one template a form", templates=1)} if pipeline.augmentation.templates > 1 else {}


def _replay(pipeline: Pipeline) -> dict[str, ArmSettings]:
    return {"replay": _arm("no texts as they are", replay=0.0)} if pipeline.augmentation.replay else {}


def _arm(control: str, **changes: Any) -> ArmSettings:
    return ArmSettings(meaning=f"trained on {control}", rows=WHOLE, control=f"{control}, as many tokens", **changes)


AXES: dict[str, Axis] = {
    "forms": Axis(_forms, "each closed-book form"),
    "templates": Axis(_templates, "all templates of a form but one"),
    "replay": Axis(_replay, "your texts as they are"),
}
"""What `kaug ablate --over` can take away."""


def arm_without(part: str) -> str:
    """Name the arm that lacks a part.

    Examples:
        >>> arm_without("question")
        'augmented-without-question'
    """
    return f"{WHOLE}-without-{part}"


def parts_of(pipeline: Pipeline, over: str = "forms", chosen: Sequence[str] = ()) -> dict[str, ArmSettings]:
    """Return the arm without each part, by the name of the part.

    Args:
        pipeline: The pipeline.
        over: A key of `AXES`.
        chosen: The parts to try; all if empty.

    Raises:
        PipelineError: The axis or a part is unknown, or the pipeline has no such part.
    """
    if over not in AXES:
        raise PipelineError(f"--over {over!r} is unknown.{nearest(over, AXES)}")
    parts = AXES[over].parts(pipeline)
    for name in chosen:
        if name not in parts:
            raise PipelineError(f"{name!r} is not a part of this pipeline's {over}.{nearest(name, parts or FORMS)}")
    if not parts:
        raise PipelineError(f"This pipeline has no {over} to leave out; see [augmentation].")
    return {name: arm for name, arm in parts.items() if not chosen or name in chosen}


def ablate(project: Project, parts: dict[str, ArmSettings]) -> Project:
    """Return a project that trains the arm `augmented` and one without each part, beside the base model.

    Its stages have the names of an ordinary run, so that those that are the same are used by both; only the report has a folder
    of its own, `6-ablation/`.
    """
    pipeline, arms = project.pipeline, {arm_without(part): arm for part, arm in parts.items()}
    changed = {
        "question": f"What is each part of the rows worth? {pipeline.question}",
        "augmentation": pipeline.augmentation.model_copy(update={"arms": [*arms, WHOLE]}),
        "evaluation": pipeline.evaluation.model_copy(update={"arms": ["base"]}),
        "arms": {**pipeline.arms, **arms},
    }
    return replace(project, pipeline=Pipeline(**{**dict(pipeline), **changed}), report=FOLDER)


def idle_parts(inputs: Inputs, parts: Collection[str]) -> list[str]:
    """Return the parts without which an arm has as many rows of each form as with them: to train it would show nothing."""

    def rows(arm: str) -> dict[str, int]:
        counts = inputs[f"4-shards/{arm}"].counts
        return {name: count for name, count in counts.items() if name.startswith("rows ") and "left out" not in name}

    return [part for part in parts if rows(arm_without(part)) == rows(WHOLE)]


def worth(gains: dict[str, list[Gain]], parts: Collection[str]) -> dict[str, dict[str, Gain]]:
    """Pick from the gains of a report what each part is worth: {part: {kind of probe: gain}}."""
    by_arm = {arm_without(part): part for part in parts}
    found: dict[str, dict[str, Gain]] = {part: {} for part in parts}
    for kind, compared in gains.items():
        for gain in compared:
            if gain["arm"] == WHOLE and gain["against"] in by_arm:
                found[by_arm[gain["against"]]][kind] = gain
    return found
