"""The whole main job on a toy project, run as users run it."""

import json
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import kaug
from kaug.errors import PipelineError, TableError
from kaug.store.artifact import load
from kaug.tables import read_table

pytestmark = pytest.mark.slow

ARMS = ["repeated", "shuffled", "augmented"]
STAGES = [
    "0-sources/toy",
    "1-knowledge",
    "1-quality",
    "2-index",
    "3-exam",
    *(f"4-shards/{arm}" for arm in ARMS),
    *(f"5-models/{arm}-seed0" for arm in ARMS),
    *(f"6-answers/{arm}-seed0" for arm in ["base", "base+retrieval", *ARMS]),
]
SLOW = [
    "--set",
    "training.tokens=6000",
    "--set",
    "augmentation.arms=['augmented']",
    "--set",
    "evaluation.arms=['base']",
]


def build(toy: Any) -> Path:
    return Path(toy.root) / "build" / "toy"


def made_at(out: Path) -> dict[str, int]:
    return {
        manifest.parent.relative_to(out).as_posix(): manifest.stat().st_mtime_ns
        for manifest in out.glob("[0-9]*/**/manifest.json")
    }


def digests(out: Path) -> dict[str, str]:
    return {name: load(out / name).digest for name in sorted(made_at(out)) if name not in ("6-report",)}


def wait_for(pattern: str, folder: Path, seconds: float = 60) -> Path:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = next(iter(folder.glob(pattern)), None)
        if found is not None:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{pattern} did not appear in {folder}")


def test_a_run_makes_every_artifact(finished: Any) -> None:
    assert sorted(digests(build(finished))) == sorted(STAGES)
    left = [path.name for path in build(finished).rglob(".*") if path.name != ".lock"]
    assert left == []


def test_the_exam_asks_what_is_known_by_hand(finished: Any) -> None:
    probes = read_table(build(finished) / "3-exam" / "probes.arrow", "probes").to_pylist()
    asked = {probe["prompt"]: probe["answers"] for probe in probes if probe["kind"] == "recall"}
    assert len(asked) == 8  # 4 of 9 taught countries are held out, each with capital and currency
    right = {"Name the capital city of {}.": 0, "Name the money that is used in {}.": 1}
    answers = {
        template.format(country): [of[place]]
        for template, place in right.items()
        for country, of in finished.countries.items()
    }
    assert asked.items() <= answers.items()
    untaught = {probe["prompt"]: probe["answers"] for probe in probes if probe["kind"] == "locality"}
    assert len(untaught) == 6
    assert all(any(name in prompt for name in finished.untaught) for prompt in untaught)
    assert untaught.items() <= answers.items()


def test_the_report_has_arms_and_gains_with_intervals(finished: Any) -> None:
    folder = build(finished) / "6-report"
    assert {"report.html", "report.md", "report.json"} <= {path.name for path in folder.iterdir()}
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    quality = json.loads((build(finished) / "1-quality" / "quality.json").read_text(encoding="utf-8"))["summary"]
    assert list(report["run"]["quality"].values()) == [quality[severity] for severity in ("error", "warning", "info")]
    assert "Quality of the knowledge base: errors " in (folder / "report.md").read_text(encoding="utf-8")
    assert '<a href="quality.html">' in (folder / "report.html").read_text(encoding="utf-8")
    assert '<a href="rows.html">' in (folder / "report.html").read_text(encoding="utf-8")
    rows = (folder / "rows.html").read_text(encoding="utf-8")
    shown = {arm: rows.count(f'data-arm="{arm}"') for arm in ("repeated", "shuffled", "augmented")}
    counts = {
        arm: json.loads((build(finished) / "4-shards" / arm / "manifest.json").read_text())["counts"] for arm in shown
    }
    written = {arm: sum(n for name, n in of.items() if name.startswith("rows ")) for arm, of in counts.items()}
    assert shown == {arm: min(100, many) for arm, many in written.items()}
    assert sum(shown.values()) == report["run"]["rows"]
    assert (folder / "quality.html").read_bytes() == (build(finished) / "1-quality" / "quality.html").read_bytes()
    probes = read_table(build(finished) / "3-exam" / "probes.arrow", "probes")
    asked = {
        kind: pc.sum(pc.equal(probes["kind"], kind)).as_py() for kind in ("recall", "reverse", "compose", "locality")
    }
    assert set(report["arms"]) == {"base", "base+retrieval", *ARMS}
    for arm in report["arms"].values():
        for kind, count in asked.items():
            found = arm[kind]
            assert found["n"] == count
            assert 0 <= found["low"] <= found["mean"] <= found["high"] <= 1
    for kind, count in asked.items():
        pairs = {(gain["arm"], gain["against"]): gain for gain in report["gains"][kind]}
        assert {("augmented", arm) for arm in ("base", "repeated", "shuffled")} <= set(pairs)
        for (arm, against), gain in pairs.items():
            assert gain["n"] == count
            assert gain["low"] <= gain["mean"] <= gain["high"]
            difference = report["arms"][arm][kind]["mean"] - report["arms"][against][kind]["mean"]
            assert gain["mean"] == pytest.approx(difference, abs=1e-4)


def test_a_mean_of_the_report_is_the_mean_of_the_answers(finished: Any) -> None:
    report = json.loads((build(finished) / "6-report" / "report.json").read_text(encoding="utf-8"))
    probes = read_table(build(finished) / "3-exam" / "probes.arrow", "probes").to_pylist()
    kinds = {probe["id"]: probe["kind"] for probe in probes}
    for arm in ("base", "augmented"):
        answers = read_table(build(finished) / "6-answers" / f"{arm}-seed0" / "answers.arrow", "answers").to_pylist()
        assert [answer["probe"] for answer in answers] == list(kinds)
        for kind in ("recall", "reverse", "compose", "locality"):
            scores = [answer["score"] for answer in answers if kinds[answer["probe"]] == kind]
            assert report["arms"][arm][kind]["mean"] == pytest.approx(sum(scores) / len(scores), abs=1e-4)


def test_retrieval_sets_true_facts_before_the_questions(finished: Any) -> None:
    answers = read_table(
        build(finished) / "6-answers" / "base+retrieval-seed0" / "answers.arrow", "answers"
    ).to_pylist()
    probes = read_table(build(finished) / "3-exam" / "probes.arrow", "probes").to_pylist()
    kb = kaug.load_kb(build(finished))
    for probe, answer in zip(probes, answers, strict=True):
        assert set(answer["retrieved"]) <= set(kb.row_of)
        assert answer["prompt"].endswith(probe["prompt"])
        if probe["kind"] == "recall":
            country = next(name for name in finished.countries if f" {name}." in probe["prompt"])
            assert probe["facts"][0] in answer["retrieved"]
            place = 0 if "capital" in probe["prompt"] else 1
            assert finished.countries[country][place] in answer["prompt"].removesuffix(probe["prompt"])


@pytest.mark.parametrize("arm", ARMS)
def test_the_shards_are_datasets_with_every_row_counted(finished: Any, arm: str) -> None:
    folder = build(finished) / "4-shards" / arm
    splits = datasets.load_from_disk(str(folder))
    assert list(splits) == ["train", "test"]
    rows = splits["train"]
    counts = load(folder).counts
    assert sum(count for name, count in counts.items() if name.startswith("rows ") and "left out" not in name) == len(
        rows
    )
    assert counts["texts left out: held out for the exam"] == 3  # a quarter of 12 texts
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("---\n")
    kb = kaug.load_kb(build(finished))
    for row in rows:
        assert all(fact in kb.row_of for fact in row["facts"])
        for span in row["spans"]:
            assert 0 <= span["start"] < span["end"] <= len(row[span["field"]])
            assert 0 <= span["fact"] < len(row["facts"])
    told = {row["completion"] for row in rows}
    assert ("The capital of Togo is Lome." in told) == (arm != "shuffled")
    assert "The capital of Uganda is Kampala." not in told


def test_the_same_command_takes_everything_up(finished: Any) -> None:
    before = made_at(build(finished))
    again = finished.kaug("run", str(finished.pipeline))
    assert again.returncode == 0, again.stderr
    assert made_at(build(finished)) == before


def test_another_folder_gets_the_same_digests(finished: Any, tmp_path: Path) -> None:
    done = finished.kaug("run", str(finished.pipeline), "--out", str(tmp_path / "other"))
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "other") == digests(build(finished))


def test_a_changed_setting_remakes_what_it_decides_and_nothing_else(finished: Any, tmp_path: Path) -> None:
    out = tmp_path / "copy"
    shutil.copytree(build(finished), out)
    before = made_at(out)
    done = finished.kaug("run", str(finished.pipeline), "--out", str(out), "--set", "training.tokens=600")
    assert done.returncode == 0, done.stderr
    after = made_at(out)
    remade = {name for name in before if after[name] != before[name]}
    trained = {f"{stage}/{arm}-seed0" for stage in ("5-models", "6-answers") for arm in ARMS}
    assert remade == trained | {"6-report"}


def test_a_run_killed_at_any_moment_is_taken_up_and_ends_the_same(finished: Any, toy: Any) -> None:
    moments = random.Random(7)
    kills = 6
    times = [path.stat().st_mtime for path in build(finished).rglob("*") if path.is_file()]
    whole = max(times) - min(times) + 1  # the lock stands first, the report's manifest last
    wanted = digests(build(finished))
    for number in range(kills):
        process = toy.start("run", str(toy.pipeline))
        time.sleep(whole * (0.2 + 0.8 * (number + moments.random()) / kills))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for name in made_at(build(toy)):
            load(build(toy) / name)  # what is there is whole
    done = toy.kaug("run", str(toy.pipeline))
    assert done.returncode == 0, done.stderr
    assert digests(build(toy)) == wanted
    assert [path.name for path in build(toy).rglob(".*") if path.name != ".lock"] == []


def test_a_training_killed_between_checkpoints_ends_with_the_same_weights(toy: Any, tmp_path: Path) -> None:
    whole = toy.kaug("train", str(toy.pipeline), *SLOW, "--out", str(tmp_path / "whole"), "--json")
    assert whole.returncode == 0, whole.stderr
    process = toy.start("train", str(toy.pipeline), *SLOW)
    wait_for("5-models/.*.work-*/checkpoint-12/whole.json", build(toy))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    # What the interruption may have torn: the newest checkpoint.
    newest = max(build(toy).glob("5-models/.*.work-*/checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    weights = newest / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    done = toy.kaug("train", str(toy.pipeline), *SLOW, "--json")
    assert done.returncode == 0, done.stderr
    name = "5-models/augmented-seed0"
    assert json.loads(done.stdout)[name]["digest"] == json.loads(whole.stdout)[name]["digest"]
    assert json.loads(done.stdout)[name]["details"]["steps"] == 6000 // 128
    assert not list((build(toy) / "5-models").glob(".*"))


def test_an_interrupt_is_told_and_leaves_no_half(toy: Any) -> None:
    process = toy.start("run", str(toy.pipeline), *SLOW)
    wait_for("5-models/.*.work-*/checkpoint-8", build(toy))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.rstrip().endswith("kaug: Interrupted. The same command takes up where it stopped.")
    assert "Traceback" not in said
    assert not (build(toy) / "5-models" / "augmented-seed0").exists()
    assert not list((build(toy) / "5-models").glob(".*.draft"))
    for name in made_at(build(toy)):
        load(build(toy) / name)


def test_a_pipeline_serves_as_a_library(finished: Any) -> None:
    from kaug.pipeline.project import open_project
    from kaug.pipeline.run import run_project

    project = open_project(finished.pipeline)
    assert isinstance(project.pipeline, kaug.Pipeline)
    before = made_at(build(finished))
    made = run_project(project, "build-kb")
    stages = ["source", "knowledge", "quality", "retrieval", "exam"]
    assert [one.stage for one in made.artifacts.values()] == stages
    assert made["1-knowledge"].counts["facts"] == 24
    assert made["1-knowledge"].counts["facts taught"] == 18
    assert made_at(build(finished)) == before


def test_rows_are_taught_from_a_built_knowledge_base(finished: Any) -> None:
    kb = kaug.load_kb(build(finished))
    exam = read_table(build(finished) / "3-exam" / "probes.arrow", "probes")
    rows = kaug.closed_book_rows(kb, exam=exam, forms=["statement", "question"])
    assert isinstance(rows, datasets.Dataset)
    stated = set(rows.filter(lambda row: row["form"] == "statement")["completion"])
    assert {
        f"The capital of {name} is {of[0]}." for name, of in finished.countries.items() if name not in finished.untaught
    } <= stated
    held_out = {
        name
        for name in finished.countries
        for probe in exam.filter(pc.equal(exam["kind"], "recall"))["prompt"].to_pylist()
        if f" {name}." in probe
    }
    asked = [row for row in rows if row["prompt"]]
    assert len(held_out) == 4
    assert asked
    assert not any(name in row["prompt"] + row["completion"] for row in asked for name in held_out)


def test_a_model_is_asked_with_the_retrieval_of_a_pipeline(finished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kb = kaug.load_kb(build(finished))
    retriever = kaug.Retriever(kb, kaug.FactIndex.load(build(finished) / "2-index", kb, str(finished.encoder)))
    exam = read_table(build(finished) / "3-exam" / "probes.arrow", "probes")
    shown: list[int] = []
    monkeypatch.setattr(
        "kaug.library.answer_probes", lambda *_, retrieved, **__: shown.append(max(map(len, retrieved)))
    )
    for retrieval in (None, kaug.RetrievalSettings(k={"domain": 1}), kaug.RetrievalSettings(threshold=2.0)):  # type: ignore[call-arg]
        kaug.ask(exam, finished.model, retriever=retriever, retrieval=retrieval)
    assert shown == [3, 1, 0]  # three facts of domain sources, as in a pipeline
    assert len(retriever.retrieve(exam["prompt"][0].as_py(), k=1)) == 1


def test_texts_are_injected_from_a_built_index(finished: Any) -> None:
    kb = kaug.load_kb(build(finished))
    index = kaug.FactIndex.load(build(finished) / "2-index", kb, str(finished.encoder))
    retriever = kaug.Retriever(kb, index)
    texts = ["We saw Togo.", "Nothing here."]
    rows = kaug.open_book_rows(texts, retriever, k=1, position="inline", text_ids=["a", "b"])
    assert rows["text_id"][:] == ["a"]
    row = rows[0]
    span = row["spans"][0]
    assert row["completion"][: span["start"]] + row["completion"][span["end"] :] == "We saw Togo."
    assert row["completion"] in (
        "We saw Togo (the capital of Togo is Lome).",
        "We saw Togo (the currency of Togo is the Taler).",
    )
    assert isinstance(rows.data.table, pa.Table)


def test_settings_beside_a_pipeline_object_are_refused(tmp_path: Path) -> None:
    pipeline = kaug.Pipeline.parse('question = "?"\n[knowledge]\nsources = ["a.ttl"]\n[training]\ntokens = 1000\n')
    with pytest.raises(PipelineError, match="settings"):
        kaug.run(pipeline, out=tmp_path, settings=["training.tokens=500"])


def test_a_report_on_facts_of_another_knowledge_base_is_refused(finished: Any, tmp_path: Path) -> None:
    exam = read_table(build(finished) / "3-exam" / "probes.arrow", "probes")
    answers = read_table(build(finished) / "6-report" / "answers.arrow", "answers")
    assert kaug.write_report(tmp_path, exam, answers, kaug.load_kb(build(finished)), resamples=100)["gains"]
    (tmp_path / "a.ttl").write_text("<urn:x:s> <urn:x:p> <urn:x:o> .")
    with pytest.raises(TableError, match="is not in this knowledge base"):
        kaug.write_report(tmp_path, exam, answers, kaug.build_kb(tmp_path / "a.ttl"), resamples=100)


def test_a_training_is_not_taken_up_from_another_base_model(toy: Any, tmp_path: Path) -> None:
    rows = pa.table({"prompt": ["Name the city."], "completion": ["Lome."], "form": ["question"]})
    settings = kaug.TrainingSettings(tokens=64, step_tokens=16, template="plain")
    base = tmp_path / "base"
    shutil.copytree(toy.model, base)

    def mark(**changes: Any) -> str:
        kaug.train(rows, base, tmp_path / "model", settings.model_copy(update=changes))
        return load(tmp_path / "model").fingerprint

    first = mark()
    assert mark(checkpoint_steps=2) == first  # a training may go on with other pauses
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"rope_theta": 5000.0}))
    assert mark() != first
