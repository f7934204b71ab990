"""`kaug plan` and `kaug ablate` on the toy project: what they make, and what they leave alone."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from kaug.augmentation.shards import read_shards
from kaug.store.artifact import load

pytestmark = pytest.mark.slow


def build(toy: Any) -> Path:
    return Path(toy.root) / "build" / "toy"


def test_a_plan_is_told_before_anything_is_trained_and_what_it_made_is_used(toy: Any) -> None:
    told = toy.kaug("plan", str(toy.pipeline), "--json")
    assert told.returncode == 0, told.stderr
    plan = json.loads(told.stdout)
    assert sorted(path.name for path in build(toy).iterdir() if path.name[0].isdigit()) == [
        "0-sources", "1-knowledge", "1-quality", "2-index", "3-exam", "4-shards",
    ]  # fmt: skip
    rows = read_shards(build(toy) / "4-shards" / "augmented")
    assert plan["headline"] == "augmented"
    assert plan["facts"] == 18  # a capital and a currency of nine countries
    assert sum(form["rows"] for form in plan["arms"]["augmented"]["forms"].values()) == rows.num_rows
    assert plan["arms"]["augmented"]["share"] == pytest.approx(0.8)  # a fifth is replay
    assert plan["pace"]["steps"] == 4
    assert plan["seconds"] == pytest.approx(3 * 1500 * plan["pace"]["seconds"] / plan["pace"]["tokens"])
    assert "few-seeds" in [warning["name"] for warning in plan["warnings"]]

    made = {name: load(build(toy) / name).digest for name in ("3-exam", "4-shards/augmented")}
    trained = toy.kaug("train", str(toy.pipeline), "--set", "augmentation.arms=['augmented']")
    assert trained.returncode == 0, trained.stderr
    assert "18 of the 24 facts of the knowledge base, 1,500 tokens for each of 1 trainings" in trained.stderr
    assert trained.stderr.index("tokens for each") < trained.stderr.index("training: augmented, seed 0")
    assert {name: load(build(toy) / name).digest for name in made} == made

    again = toy.kaug("train", str(toy.pipeline), "--set", "augmentation.arms=['augmented']")
    assert again.returncode == 0, again.stderr
    assert "tokens for each" not in again.stderr  # all is finished


def test_an_ablation_says_what_each_form_is_worth(finished: Any, tmp_path: Path) -> None:
    out = tmp_path / "toy"
    shutil.copytree(build(finished), out)
    command = ("ablate", str(finished.pipeline), "--forms", "question,passage", "--out", str(out))
    before = load(out / "6-report").digest
    models = out / "5-models"
    whole = (models / "augmented-seed0" / "manifest.json").stat().st_mtime_ns
    done = finished.kaug(*command, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told["worth"]) == ["question", "passage"]

    # The arm that has all forms was trained already, and the run's own report stays.
    assert (models / "augmented-seed0" / "manifest.json").stat().st_mtime_ns == whole
    assert load(out / "6-report").digest == before
    forms = {
        arm: set(read_shards(out / "4-shards" / arm)["form"].to_pylist())
        for arm in ("augmented", "augmented-without-question", "augmented-without-passage")
    }
    assert forms["augmented-without-question"] == forms["augmented"] - {"question", "inverse-question"}
    assert forms["augmented-without-passage"] == forms["augmented"] - {"passage"}

    report = json.loads((out / "6-ablation" / "report.json").read_text(encoding="utf-8"))
    assert report["headline"] == "augmented"
    for form, gains in told["worth"].items():
        for kind, gain in gains.items():
            scores = report["arms"]
            without = scores[f"augmented-without-{form}"][kind]["mean"]
            assert gain["mean"] == pytest.approx(scores["augmented"][kind]["mean"] - without, abs=1e-5)
            assert gain["low"] <= gain["mean"] <= gain["high"]
        assert set(gains) == set(report["exam"])
    page = (out / "6-ablation" / "report.html").read_text(encoding="utf-8")
    assert "against augmented-without-question" in page

    table = finished.kaug(*command)
    assert table.returncode == 0, table.stderr
    assert "What each part is worth, with 95% intervals" in table.stdout
    assert "training:" not in table.stderr  # all is finished
    assert [line.split()[0] for line in table.stdout.splitlines()[2:4]] == ["question", "passage"]


def test_a_form_that_writes_no_row_is_left_out_of_an_ablation(toy: Any) -> None:
    capitals = "knowledge.select=PREFIX : <urn:toy:> CONSTRUCT { ?s :capital ?o } WHERE { ?s :capital ?o }"
    chosen = ("--forms", "path,statement", "--tokens", "300", "--set", capitals)
    done = toy.kaug("ablate", str(toy.pipeline), *chosen, "--json")
    assert done.returncode == 0, done.stderr
    assert "path: without it the rows are the same" in done.stderr
    told = json.loads(done.stdout)
    assert (list(told["worth"]), told["tokens"]) == (["statement"], 300)
    assert not (build(toy) / "5-models" / "augmented-without-path-seed0").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--over", "form"], "--over 'form' is unknown. Did you mean 'forms'?"),
        (["--forms", "questions"], "'questions' is not a part of this pipeline's forms. Did you mean 'question'?"),
        (["--over", "replay", "--set", "augmentation.replay=0.0"], "This pipeline has no replay to leave out"),
        (["--seeds", "0,0"], "each seed should be listed once"),
    ],
)
def test_what_cannot_be_left_out_is_refused(toy: Any, arguments: list[str], says: str) -> None:
    done = toy.kaug("ablate", str(toy.pipeline), *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not build(toy).exists()
