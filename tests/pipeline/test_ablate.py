"""The arms of an ablation, and what they are worth."""

from pathlib import Path
from typing import Any

import pytest

from kaug.arms import ARMS, Arm
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import PipelineError
from kaug.evaluation.gain import default_pairs, headline_arm
from kaug.pipeline.ablate import ablate, idle_parts, parts_of, worth
from kaug.pipeline.project import Project, project_of
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.stage import Inputs
from kaug.pipeline.stages import list_stages
from kaug.store.artifact import load, publish

TOML = """
question = "?"
seeds = [0, 1]
[knowledge]
sources = ["a.ttl"]
[augmentation]
forms = ["statement", "question"]
replay = 0.1
[training]
tokens = 1000
"""


def opened(tmp_path: Path, *settings: str) -> Project:
    file = tmp_path / "a.ttl"
    file.write_text("<urn:x:s> <urn:x:p> <urn:x:o> .")
    return project_of(Pipeline.parse(TOML.replace("a.ttl", str(file)), settings=settings), tmp_path / "out")


def test_an_ablation_trains_an_arm_without_each_part_beside_the_whole(tmp_path: Path) -> None:
    project = opened(tmp_path)
    made = ablate(project, parts_of(project.pipeline))
    names = ["augmented-without-statement", "augmented-without-question"]
    assert [(arm.name, arm.without) for arm in made.trained] == [
        (names[0], ("statement",)),
        (names[1], ("question",)),
        ("augmented", ()),
    ]
    arms = ["base", "augmented", *names]
    assert headline_arm(arms, made.arms) == "augmented"
    assert default_pairs(arms, made.arms)[:3] == [("augmented", other) for other in ("base", *names)]
    stages = [stage.name for stage in list_stages(made)]
    assert stages[-1] == "6-ablation"
    assert "6-answers/augmented-without-question-seed1" in stages
    # What the whole arm needs is what a run of the pipeline makes.
    assert {name for name in stages if name.endswith(("augmented", "augmented-seed0"))} <= {
        stage.name for stage in list_stages(project)
    }


@pytest.mark.parametrize(
    ("over", "part", "own"),
    [("templates", "templates", {"templates": 1}), ("replay", "replay", {"replay": 0.0})],
)
def test_other_axes_take_away_one_thing(tmp_path: Path, over: str, part: str, own: dict[str, Any]) -> None:
    project = opened(tmp_path)
    (arm,) = parts_of(project.pipeline, over).items()
    assert arm[0] == part
    assert {key: getattr(arm[1], key) for key in own} == own
    lacking = ablate(project, dict([arm])).trained[0]
    settings = project.pipeline.augmentation
    assert settings.for_arm(lacking) == settings.model_copy(update=own)


def test_the_only_form_cannot_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="This pipeline has no forms to leave out"):
        parts_of(opened(tmp_path, "augmentation.forms=['question']").pipeline)


def test_an_arm_keeps_the_settings_that_it_does_not_change() -> None:
    settings = AugmentationSettings(forms=["statement", "question"], templates=3)
    assert settings.for_arm(ARMS["augmented"]) == settings
    mine = Arm("mine", "", "augmented", without=("question",))
    assert settings.for_arm(mine).forms == ["statement"]
    assert AugmentationSettings(forms={"statement": 1, "question": 3}).for_arm(mine).shares == {"statement": 1}


@pytest.mark.parametrize(
    ("arm", "says"),
    [
        (
            {"rows": "augmented", "without": ["questions"]},
            "'questions' is not among augmentation.forms. Did you mean 'question'?",
        ),
        ({"rows": "augmented", "without": ["passage"]}, "'passage' is not among augmentation.forms"),
        ({"starts_from": "augmented", "without": ["question"]}, "without needs rows to train on"),
        ({"starts_from": "augmented", "replay": 0.5}, "replay needs rows to train on"),
    ],
)
def test_an_arm_lacks_only_what_the_pipeline_has(tmp_path: Path, arm: dict[str, Any], says: str) -> None:
    with pytest.raises(PipelineError, match=says.replace("?", r"\?")):
        opened(tmp_path, *(f"arms.mine.{key}={value!r}" for key, value in arm.items()))


def test_a_part_is_idle_if_the_rows_are_the_same_without_it(tmp_path: Path) -> None:
    inputs = Inputs()
    rows = {"augmented": 7, "augmented-without-question": 7, "augmented-without-statement": 5}
    for arm, count in rows.items():
        with publish(tmp_path / arm, stage="augmentation", fingerprint="0" * 64) as draft:
            draft.counts.update({"rows closed-book reversed": count, "rows left out: duplicates": len(arm)})
        inputs.artifacts[f"4-shards/{arm}"] = load(tmp_path / arm)
    assert idle_parts(inputs, ["question", "statement"]) == ["question"]


def test_a_part_is_worth_the_gain_over_the_arm_without_it() -> None:
    def gain(arm: str, against: str, mean: float) -> Any:
        return {"arm": arm, "against": against, "mean": mean}

    gains = {
        "recall": [
            gain("augmented", "base", 0.9),
            gain("augmented", "augmented-without-question", 0.4),
            gain("augmented-without-question", "base", 0.5),
        ],
        "reverse": [gain("augmented", "augmented-without-question", -0.1)],
    }
    found = worth(gains, ["question"])
    assert {kind: one["mean"] for kind, one in found["question"].items()} == {"recall": 0.4, "reverse": -0.1}
