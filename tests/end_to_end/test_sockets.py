"""A form, a kind of probes, a scorer, an objective, an adapter, an exporter of your own: a few lines each, shown everywhere."""

import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

import kaug
from kaug.arms import ARMS
from kaug.augmentation.exporters import EXPORTERS, Exporter
from kaug.augmentation.forms import FORMS, Form
from kaug.augmentation.rows import single_fact_rows
from kaug.cli import app
from kaug.errors import PipelineError
from kaug.evaluation.scorers import SCORERS, Scorer
from kaug.exam.drawing import Draw, Kind, ask
from kaug.exam.kinds import KINDS
from kaug.tables import read_table
from kaug.training.adapters import ADAPTERS, Adapter
from kaug.training.objectives import OBJECTIVES, Objective

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def record_rows(facts: Any, wording: Any, *_: Any) -> pa.Table:
    """Write each fact as a record: subject and object with a dash between."""
    subjects, objects = wording.labels(facts.subjects), wording.labels(facts.objects)
    texts = [f"{one} – {other}" for one, other in zip(subjects.to_pylist(), objects.to_pylist(), strict=True)]
    completions = pa.array(texts, pa.string())
    return single_fact_rows(facts, wording, form="record", prompts=None, completions=completions)


def draw_again(draw: Draw) -> list[Any]:
    """Ask what recall asks."""
    return ask(draw, draw.held_out, draw.trained, "exam")


def first_letter(probe: Any) -> float:
    """Give half a point for the right first letter."""
    return 0.5 if probe.text[:1] == probe.answers[0][:1] else 0.0


def half_loss(logits: Any, labels: Any, *rest: Any, **more: Any) -> Any:
    """Return half of the usual loss."""
    return OBJECTIVES["completion"].loss(logits, labels, *rest, **more) / 2


def last_layer(model: Any) -> Any:
    """Freeze all weights but those of the last layer."""
    model.requires_grad_(False)
    model.model.layers[-1].requires_grad_(True)
    return model


def records(rows: pa.Table) -> pa.Table:
    """Name the columns as a trainer of records does."""
    columns = {"asked": rows["prompt"], "told": rows["completion"]}
    return pa.table(columns)


@pytest.fixture
def extended(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line in each table."""
    monkeypatch.setitem(FORMS, "record", Form(record_rows, False, "subject and object with a dash between"))
    monkeypatch.setitem(KINDS, "again", Kind(draw_again, "letter", "Again", "the same questions once more", "gain"))
    monkeypatch.setitem(SCORERS, "letter", Scorer(first_letter, "Half a point for the right first letter."))
    monkeypatch.setitem(OBJECTIVES, "half", Objective(half_loss, "half of the usual loss"))
    monkeypatch.setitem(ADAPTERS, "last", Adapter(last_layer, "the last layer alone"))
    monkeypatch.setitem(EXPORTERS, "records", Exporter(records, "the columns of records"))


SETTINGS = [
    "augmentation.forms=['statement', 'question', 'record']",
    "augmentation.arms=['augmented']",
    "augmentation.inject=[]",
    "evaluation.arms=['base']",
    "exam.probes_per_kind={ recall = 4, again = 4 }",
    "training.objective=half",
    "training.adapter=last",
]


@pytest.mark.usefixtures("extended")
def test_entries_show_in_rows_exam_answers_and_report(toy: Any, tmp_path: Path) -> None:
    report = kaug.run(toy.pipeline, out=tmp_path / "out", settings=SETTINGS)
    rows = kaug.load_kb(tmp_path / "out")
    assert rows.facts.num_rows == 24
    counts = json.loads((tmp_path / "out" / "4-shards" / "augmented" / "manifest.json").read_text())["counts"]
    assert counts["rows closed-book record"] == 18
    probes = read_table(tmp_path / "out" / "3-exam" / "probes.arrow", "probes")
    assert sorted(set(zip(probes["kind"].to_pylist(), probes["scorer"].to_pylist(), strict=True))) == [
        ("again", "letter"),
        ("recall", "contains"),
    ]
    answers = read_table(tmp_path / "out" / "6-answers" / "augmented-seed0" / "answers.arrow", "answers")
    scores = dict(zip(probes["kind"].to_pylist(), answers["score"].to_pylist(), strict=True))
    assert scores["again"] in (0.0, 0.5)
    assert report["exam"]["again"]["n"] == 4
    page = (tmp_path / "out" / "6-report" / "report.html").read_text(encoding="utf-8")
    assert "Again" in page
    assert "Half a point for the right first letter." in page
    assert ", adapter last</th>" in page
    out = tmp_path / "rows.jsonl"
    command = [
        "export-rows",
        str(tmp_path / "out"),
        "--arm",
        "augmented",
        "--format",
        "records",
        "-o",
        str(out),
        "--json",
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    exported = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(exported) == json.loads(done.output)["rows"]
    assert {"asked": "What is the capital of Togo?", "told": "Lome"} in exported


@pytest.mark.usefixtures("extended")
def test_entries_show_in_the_help_and_in_the_docs() -> None:
    shown = {
        name: " ".join(CliRunner().invoke(app, [name, "--help"]).output.split())
        for name in ("augment", "train", "evaluate", "export-rows")
    }
    assert "record: subject and object with a dash between" in shown["augment"]
    assert "half: half of the usual loss" in shown["train"]
    assert "last: the last layer alone" in shown["train"]
    assert "records: the columns of records" in shown["export-rows"]
    assert "again: the same questions once more" in shown["evaluate"]
    assert "letter: Half a point for the right first letter." in shown["evaluate"]
    hook = runpy.run_path(str(ROOT / "docs" / "tables.py"))["on_page_markdown"]
    page = hook((ROOT / "docs" / "extending.md").read_text(encoding="utf-8"))
    for line in (
        "| `record` | subject and object with a dash between |",
        "| `half` | half of the usual loss |",
        "| `last` | the last layer alone |",
        "| `records` | the columns of records |",
        "| `again` | the same questions once more |",
        "| `letter` | Half a point for the right first letter. |",
    ):
        assert line in page


def test_names_that_are_in_no_table_are_refused_with_the_nearest() -> None:
    for setting, message in {
        "augmentation.forms=['statment']": "Did you mean 'statement'",
        "training.objective=complition": "Did you mean 'completion'",
        "training.adapter=lorra": "There is no adapter 'lorra'. Did you mean 'lora'",
        "training.lora.rnk=4": "unknown key 'training.lora.rnk'. Did you mean 'rank'",
        "arms.mine.adapter=lorra": "There is no adapter 'lorra'. Did you mean 'lora'",
        "exam.probes_per_kind={ recal = 3 }": "Did you mean 'recall'",
        "evaluation.arms=['bas']": "Did you mean 'base'",
        "augmentation.arms=['augmentd']": "Did you mean 'augmented'",
    }.items():
        with pytest.raises(PipelineError, match=message):
            kaug.Pipeline.parse(
                'question = "?"\n[knowledge]\nsources = ["a"]\n[training]\ntokens = 9\n', settings=[setting]
            )


def test_an_arm_is_what_its_value_says_and_not_what_it_is_called(toy: Any, tmp_path: Path) -> None:
    named = [
        "augmentation.arms=['base-like']",
        "evaluation.arms=['base']",
        "augmentation.inject=[]",
        "exam.probes_per_kind={ recall = 4 }",
        "arms.base-like.rows=augmented",
        "arms.base-like.meaning=trained, whatever its name begins with",
    ]
    report = kaug.run(toy.pipeline, out=tmp_path / "out", settings=named)
    assert [gain["arm"] for gain in report["gains"]["recall"]] == ["base-like"]
    usual = kaug.run(toy.pipeline, out=tmp_path / "usual", settings=[
        "augmentation.arms=['augmented']", "evaluation.arms=['base']", "augmentation.inject=[]",
        "exam.probes_per_kind={ recall = 4 }",
    ])  # fmt: skip
    mine, theirs = report["arms"]["base-like"]["recall"], usual["arms"]["augmented"]["recall"]
    assert mine == theirs
    assert replace(ARMS["augmented"], name="x").rows == "augmented"
