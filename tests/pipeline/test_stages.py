"""The list of stages: what it holds, what a command takes of it, and how it is carried out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from kaug.augmentation.forms import FORMS, Form
from kaug.errors import ArtifactError, PipelineError, SourceError
from kaug.evaluation.scorers import SCORERS, Scorer
from kaug.exam.drawing import Kind
from kaug.exam.kinds import KINDS
from kaug.pipeline.check import check, planned
from kaug.pipeline.execute import Store, execute_here
from kaug.pipeline.project import Project, open_project, project_of
from kaug.pipeline.run import run_project
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.stage import Inputs, Job, Stage, closure, mark
from kaug.pipeline.stages import list_stages, targets
from kaug.settings import Section
from kaug.store.artifact import Artifact, load
from kaug.training.objectives import OBJECTIVES, Objective

TOML = """
question = "?"
seeds = [0, 1]
[knowledge]
sources = ["a.ttl"]
[training]
tokens = 1000
"""


def project(tmp_path: Path, *settings: str) -> Project:
    file = tmp_path / "a.ttl"
    file.write_text("<urn:x:s> <urn:x:p> <urn:x:o> .")
    pipeline = Pipeline.parse(TOML.replace("a.ttl", str(file)), settings=settings)
    return project_of(pipeline, tmp_path / "out")


def names(stages: list[Stage], command: str) -> list[str]:
    return [stage.name for stage in closure(stages, targets(stages, command))]


def test_a_plan_lists_every_stage_after_what_it_needs(tmp_path: Path) -> None:
    stages = list_stages(project(tmp_path))
    seen: set[str] = set()
    for stage in stages:
        assert set(stage.needs) <= seen
        seen.add(stage.name)
    assert len(seen) == len(stages)
    assert {name for name in seen if name.startswith("5-")} == {
        f"5-models/{arm}-seed{seed}" for arm in ("repeated", "shuffled", "augmented") for seed in (0, 1)
    }
    assert [name for name in seen if name.startswith("6-answers/base")] != []
    assert "6-answers/base-seed1" not in seen  # the untrained model answers alike under every seed


@pytest.mark.parametrize(
    ("command", "setting", "index"),
    [
        ("augment", "augmentation.forms=['statement']", False),
        ("augment", "augmentation.inject=['before']", True),
        ("run", "evaluation.arms=['base']", False),
        ("run", "evaluation.arms=['base+retrieval']", True),
        ("build-kb", "evaluation.arms=['base']", True),
    ],
)
def test_an_index_is_planned_only_where_facts_are_retrieved(
    tmp_path: Path, command: str, setting: str, index: bool
) -> None:
    assert ("2-index" in names(list_stages(project(tmp_path, setting)), command)) == index


def test_an_arm_with_retrieval_is_asked_as_the_model_that_it_starts_from(tmp_path: Path) -> None:
    stages = {
        stage.name: stage for stage in list_stages(project(tmp_path, "evaluation.arms=['base', 'augmented+retrieval']"))
    }
    assert stages["6-answers/augmented+retrieval-seed1"].needs[:2] == ("3-exam", "5-models/augmented-seed1")
    assert "5-models/augmented+retrieval-seed1" not in stages


@dataclass(frozen=True)
class Words:
    """Settings of a stage: what is content, and what only says where and how."""

    text: str
    path: Path = Path("anywhere")
    how: Callable[[], str] = str


class Half(Section):
    """A section half of whose keys decide nothing."""

    not_content: ClassVar[frozenset[str]] = frozenset({"speed"})
    text: str = ""
    speed: int = 0


MADE: list[str] = []


def write(job: Job) -> None:
    MADE.append(job.stage.name)
    before = "".join((job.inputs[name].path / "a.txt").read_text() for name in job.stage.needs)
    (job.draft.path / "a.txt").write_text(before + job.settings.text)


def run(out: Path, *stages: Stage, rebuild: bool = False) -> list[str]:
    MADE.clear()
    execute_here(stages, Store(out, rebuild), Inputs())
    return list(MADE)


def test_only_what_changed_is_made_again(tmp_path: Path) -> None:
    one, two = (
        Stage("1-one", "x", "one", write, (), Words("a")),
        Stage("2-two", "x", "two", write, ("1-one",), Words("b")),
    )
    assert run(tmp_path, one, two) == ["1-one", "2-two"]
    assert (tmp_path / "2-two" / "a.txt").read_text() == "ab"
    assert run(tmp_path, one, two) == []
    moved = Stage("1-one", "x", "one", write, (), Words("a", tmp_path, repr))
    assert run(tmp_path, moved, two) == []
    assert run(tmp_path, one, Stage("2-two", "x", "two", write, ("1-one",), Words("c"))) == ["2-two"]
    assert run(tmp_path, Stage("1-one", "x", "one", write, (), Words("d")), two) == ["1-one", "2-two"]
    assert run(tmp_path, one, two, rebuild=True) == ["1-one", "2-two"]
    outside = Stage("1-one", "x", "one", write, (), Words("a"), lambda: {"file": "digest"})
    assert run(tmp_path, outside, two) == ["1-one"]  # the same content: what hangs on it stays


def test_keys_that_decide_nothing_make_nothing_anew(tmp_path: Path) -> None:
    def stage(**values: object) -> Stage:
        return Stage("1-one", "x", "one", write, (), Half.model_validate(values))

    assert run(tmp_path, stage(text="a")) == ["1-one"]
    assert run(tmp_path, stage(text="a", speed=3)) == []
    assert run(tmp_path, stage(text="b", speed=3)) == ["1-one"]


def test_what_a_stage_keeps_for_a_second_try_is_there_then_and_goes_at_the_end(tmp_path: Path) -> None:
    tries = []

    def stop_once(job: Job) -> None:
        tries.append((job.draft.work / "half").exists())
        (job.draft.work / "half").write_text("")
        if len(tries) == 1:
            raise KeyboardInterrupt
        (job.draft.path / "a.txt").write_text("whole")

    stopping = Stage("5-models/a", "x", "a", stop_once, (), Words("a"))
    with pytest.raises(KeyboardInterrupt):
        execute_here([stopping], Store(tmp_path), Inputs())
    assert not (tmp_path / "5-models" / "a").exists()
    execute_here([stopping], Store(tmp_path), Inputs())
    assert tries == [False, True]
    assert [path.name for path in (tmp_path / "5-models").iterdir()] == ["a"]


def test_an_altered_artifact_is_refused_by_name(tmp_path: Path) -> None:
    one = Stage("1-one", "x", "one", write, (), Words("a"))
    run(tmp_path, one)
    (tmp_path / "1-one" / "a.txt").write_text("b")
    with pytest.raises(ArtifactError, match=r"a\.txt: altered"):
        run(tmp_path, one)
    assert run(tmp_path, one, rebuild=True) == ["1-one"]
    assert load(tmp_path / "1-one").stage == "x"


def test_paths_of_a_pipeline_below_a_project_start_from_its_own_folder(tmp_path: Path) -> None:
    """As in a clone of kaug, whose `kb/manifest.toml` knows nothing of `facts.ttl` beside a pipeline that `--init` wrote."""
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "listed.ttl").write_text("<urn:x:s> <urn:x:p> <urn:x:listed> .")
    (tmp_path / "kb" / "manifest.toml").write_text('[sources.listed]\npath = "listed.ttl"\n')
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.ttl").write_text("<urn:x:s> <urn:x:p> <urn:x:mine> .")
    for names, root, path in (
        ('["a.ttl"]', tmp_path / "mine", tmp_path / "mine" / "a.ttl"),
        ('["*.ttl"]', tmp_path, tmp_path / "kb" / "*.ttl"),  # the manifest's folder comes first
        ('["listed"]', tmp_path, tmp_path / "kb" / "listed.ttl"),
    ):
        (tmp_path / "mine" / "p.toml").write_text(TOML.replace('["a.ttl"]', names))
        opened = open_project(tmp_path / "mine" / "p.toml")
        assert (opened.root, [source.path for source in opened.sources]) == (root, [path])
    with pytest.raises(SourceError, match="no source"):
        open_project(tmp_path / "mine" / "p.toml", settings=["knowledge.sources=['a.ttl', 'b.ttl']"])
    (tmp_path / "kb" / "manifest.toml").unlink()
    opened = open_project(tmp_path / "mine" / "p.toml", settings=["knowledge.sources=['*.ttl']"])
    assert [source.path for source in opened.sources] == [tmp_path / "mine" / "*.ttl"]


def test_a_plan_asks_no_endpoint_though_an_answer_to_another_query_is_there(tmp_path: Path) -> None:
    (tmp_path / "kb" / ".fetched").mkdir(parents=True)
    (tmp_path / "kb" / "manifest.toml").write_text(
        '[sources.far]\nendpoint = "http://127.0.0.1:9/"\nquery = "CONSTRUCT WHERE { ?s ?p ?o }"\n'
    )
    kept = tmp_path / "kb" / ".fetched" / "far.nq"
    kept.write_text("<urn:x:s> <urn:x:p> <urn:x:o> .\n")
    about = kept.with_name("far.nq.json")
    about.write_text('{"endpoint": "http://127.0.0.1:9/", "query": "CONSTRUCT WHERE { ?s a ?o }"}')
    (tmp_path / "far.toml").write_text(TOML.replace("a.ttl", "far"))
    (tmp_path / "build" / "far" / "0-sources" / "far").mkdir(parents=True)
    states = {one.stage.name: one.state for one in planned(open_project(tmp_path / "far.toml"), "knowledge")}
    assert states["0-sources/far"] == "make"
    assert about.exists()


def test_shapes_that_no_manifest_names_are_missed(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"no `shapes` in .*manifest\.toml"):
        list_stages(project(tmp_path, "knowledge.shapes=true"))


@pytest.mark.slow
def test_what_an_arm_is_said_to_be_makes_no_rows_anew(tmp_path: Path) -> None:
    def rows(*settings: str) -> str:
        own = [f"arms.mine.{one}" for one in settings]
        stages = {stage.name: stage for stage in list_stages(project(tmp_path, *own, "augmentation.arms=['mine']"))}
        stage = stages["4-shards/mine"]
        return mark(stage, {name: Artifact(tmp_path, "x", "digest", "fingerprint") for name in stage.needs})

    assert rows("rows='repeated'") == rows("rows='repeated'", "meaning='few words'", "control='few words'")
    assert rows("rows='repeated'") != rows("rows='augmented'")


def marks_of(tmp_path: Path, name: str, *settings: str) -> str:
    stages = {stage.name: stage for stage in list_stages(project(tmp_path, *settings))}
    return mark(stages[name], {need: Artifact(tmp_path, "x", "digest", "fingerprint") for need in stages[name].needs})


@pytest.mark.slow
def test_another_question_makes_no_rows_anew(tmp_path: Path) -> None:
    for name in ("1-knowledge", "3-exam", "4-shards/augmented"):
        assert marks_of(tmp_path, name) == marks_of(tmp_path, name, "question='Is it so?'")
    assert marks_of(tmp_path, "6-report") != marks_of(tmp_path, "6-report", "question='Is it so?'")


MINE = "def rows(*_):\n    return {}\n"


@pytest.mark.slow
@pytest.mark.parametrize("typed", [False, True], ids=["in a file", "typed into an interpreter"])
def test_a_changed_function_in_a_table_makes_its_artifacts_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: bool
) -> None:
    def function(number: int) -> Any:
        file, names = tmp_path / f"mine{number}.py", {"__name__": "mine"}
        file.write_text(MINE.format(number))
        exec(compile(MINE.format(number), "<stdin>" if typed else str(file), "exec"), names)
        return names["rows"]

    def marks(number: int) -> list[str]:
        made = function(number)
        monkeypatch.setitem(FORMS, "mine", Form(made, False, "mine"))
        monkeypatch.setitem(KINDS, "own", Kind(made, "letter", "Own", "own", "gain"))
        monkeypatch.setitem(SCORERS, "letter", Scorer(made))
        monkeypatch.setitem(OBJECTIVES, "half", Objective(made, "half"))
        settings = ["augmentation.forms=['mine']", "exam.probes_per_kind={ own = 3 }", "training.objective='half'"]
        names = ("3-exam", "4-shards/augmented", "5-models/augmented-seed0", "6-answers/base-seed0")
        return [marks_of(tmp_path, name, *settings, "evaluation.arms=['base']") for name in names]

    first, second = marks(1), marks(2)
    assert first == marks(1)
    assert all(one != other for one, other in zip(first, second, strict=True))


SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<urn:x:S> a sh:NodeShape ; sh:targetNode <urn:x:s> ; sh:property [ sh:path <urn:x:q> ; sh:minCount 1 ; sh:message "no q" ] .
"""


@pytest.mark.slow
def test_shapes_are_checked_beforehand_as_in_the_run(tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "a.ttl").write_text("<urn:x:s> <urn:x:p> <urn:x:o> .")
    (tmp_path / "kb" / "manifest.toml").write_text('shapes = "shapes.ttl"\n[sources.a]\npath = "a.ttl"\n')
    (tmp_path / "p.toml").write_text(TOML.replace("a.ttl", "a"))

    def opened() -> Project:
        return open_project(tmp_path / "p.toml", settings=["knowledge.shapes=true"])

    for act in (check, run_project):
        with pytest.raises(SourceError, match=r"shapes\.ttl: cannot be read: No such file"):
            act(opened(), "knowledge")
    (tmp_path / "kb" / "shapes.ttl").write_text(SHAPES)
    for act in (check, run_project):
        with pytest.raises(SourceError, match=r"the sources violate 1 shapes(.|\n)*no q"):
            act(opened(), "knowledge")
    (tmp_path / "kb" / "a.ttl").write_text("<urn:x:s> <urn:x:p> <urn:x:o> ; <urn:x:q> <urn:x:o> .")
    assert check(opened(), "knowledge")["facts"] == 2
    assert "1-knowledge" in run_project(opened(), "knowledge").artifacts


def test_a_lexicon_that_is_not_there_is_missed(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:x:s> <urn:x:p> <urn:x:o> .")
    (tmp_path / "m.toml").write_text('lexicon = "nosuch.ttl"\n')
    (tmp_path / "p.toml").write_text(TOML.replace("[knowledge]", '[knowledge]\nmanifest = "m.toml"'))
    for act in (check, run_project):
        with pytest.raises(SourceError, match=r"nosuch\.ttl: cannot be read"):
            act(open_project(tmp_path / "p.toml"), "knowledge")
