"""The command: what it says, what it returns, and what it leaves alone."""

import importlib.metadata
import json
import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from kaug import cli
from kaug.cli.options import print_lines, print_rich
from kaug.importers import ImporterName
from kaug.knowledge.knowledge_base import load_kb
from kaug.rdf.read import read_files
from kaug.report.report import gains_table
from kaug.store.artifact import lock

pytestmark = pytest.mark.slow

_PROJECT = runpy.run_path(str(Path(__file__).parent / "end_to_end" / "conftest.py"))
toy_models, make_toy, toy, finished = (_PROJECT[name] for name in ("toy_models", "make_toy", "toy", "finished"))

TEACHES = {
    "build-kb": "Read the sources of a pipeline, embed and index the facts, and draw the exam",
    "augment": "Write the training rows of every arm, as Arrow datasets.",
    "train": "Fine-tune a model for every arm and seed",
    "evaluate": "Ask every arm the exam's questions, and write the report.",
    "plan": "Make knowledge, exam and rows, measure a few training steps",
    "ablate": "Tell what each form of rows is worth",
    "run": "Run all stages from the sources to the report",
    "report": "Print the table of gains of a finished run",
    "search": "Retrieve the facts that texts are about, with the reason for each.",
    "import": "Convert a knowledge base in another format to N-Quads",
    "quality": "Print the quality report of a built knowledge base.",
    "diff": "Compare two built knowledge bases",
    "explain": "Show the provenance of facts",
    "export": "Write a built knowledge base as RDF, or its facts as a table.",
    "export-rows": "Write the training rows of an arm in a format that other trainers read.",
    "inspect": "Show training rows of an arm, drawn at random, each with its facts and where those come from.",
    "push": "Upload the training rows of an arm, with their card, to the Hugging Face Hub.",
    "lexicon": "List the predicates that the lexicon lacks",
    "validate": "Exit code 3 if any is malformed or breaks a shape.",
    "describe": "Verify an artifact and show its stage, digests, counts",
    "env": "Show this machine's versions, processor, accelerator",
}
PIPELINED = ["build-kb", "augment", "plan", "train", "evaluate", "run", "ablate"]

Kaug = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kaug(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kaug:
    """Runs the command in this process → exit code, stdout, stderr."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kaug", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(ended.value.code or 0), said.out, said.err

    return run


def listing(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}


def build(project: Any) -> Path:
    return Path(project.root) / "build" / "toy"


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_command_is_listed(kaug: Kaug) -> None:
    code, out, _ = kaug("--help")
    assert code == 0
    assert "Turn an RDF knowledge base into a language model that knows it, and prove it." in out
    assert all(re.search(rf"^\W*{name}\b", out, re.MULTILINE) for name in TEACHES)
    assert "kaug run pipelines/quickstart.toml" in out


@pytest.mark.parametrize("name", sorted(TEACHES))
def test_help_teaches(kaug: Kaug, name: str) -> None:
    code, out, _ = kaug(name, "--help")
    assert code == 0
    assert TEACHES[name] in plain(out)
    if name in PIPELINED:
        for option in ("--out", "--set", "--seed", "--limit", "--check", "--rebuild", "--json", "--quiet", "--verbose"):
            assert option in out
        assert "section.key=value" in out


def test_an_unknown_command_names_the_nearest(kaug: Kaug) -> None:
    code, _, err = kaug("buildkb")
    assert code == 2
    assert "Did you mean 'build-kb'?" in err


def test_a_missing_pipeline_file_is_usage(kaug: Kaug, tmp_path: Path) -> None:
    code, out, err = kaug("run", tmp_path / "no.toml")
    assert (code, out) == (2, "")
    assert err.startswith(f"kaug: {tmp_path / 'no.toml'}: cannot be read")


def test_an_unknown_key_is_usage_and_names_the_nearest(kaug: Kaug, toy: Any) -> None:
    text = toy.pipeline.read_text(encoding="utf-8")
    line = text[: text.index("step_tokens")].count("\n") + 1
    toy.pipeline.write_text(text.replace("step_tokens", "steptokens"), encoding="utf-8")
    code, _, err = kaug("run", toy.pipeline)
    assert code == 2
    assert err == f"kaug: {toy.pipeline}:{line}: unknown key 'training.steptokens'. Did you mean 'step_tokens'?\n"
    assert not build(toy).exists()


@pytest.mark.parametrize("command", PIPELINED)
@pytest.mark.parametrize("check", [True, False])
def test_malformed_rdf_is_bad_input_with_file_line_and_reason(kaug: Kaug, toy: Any, command: str, check: bool) -> None:
    source = toy.root / "kb" / "toy.ttl"
    lines = source.read_text(encoding="utf-8").count("\n")
    source.write_text(source.read_text(encoding="utf-8") + ":Togo :capital\n  :Lome :Accra .\n", encoding="utf-8")
    code, _, err = kaug(command, toy.pipeline, *["--check"][: int(check)])
    assert code == 3
    assert re.search(rf"^kaug: {re.escape(str(source))}:{lines + 2}: \S.+", err, re.MULTILINE)
    assert not list(build(toy).glob("[0-9]*"))


def test_an_unknown_source_is_bad_input(kaug: Kaug, toy: Any) -> None:
    code, _, err = kaug("build-kb", toy.pipeline, "--set", "knowledge.sources=['toi']", "--check")
    assert code == 3
    assert "there is no source 'toi'. Did you mean 'toy'?" in err


@pytest.mark.parametrize("setting", ["training.model=smollm2-153m", "retrieval.encoder=all-minilm-l6"])
def test_a_missing_model_is_usage_and_says_what_to_do(kaug: Kaug, toy: Any, setting: str) -> None:
    code, _, err = kaug("run", toy.pipeline, "--check", "--set", setting)
    assert code == 2
    assert "no such folder, no installed wheel, and not of the form owner/name" in err


def test_a_missing_model_stops_a_run(kaug: Kaug, toy: Any) -> None:
    code, _, err = kaug("run", toy.pipeline, "--set", "training.model=smollm2-153m")
    assert code == 2
    assert "Did you mean 'smollm2-135m'?" in err
    assert not (build(toy) / "5-models").exists()


@pytest.mark.parametrize("command", PIPELINED)
def test_check_writes_nothing(kaug: Kaug, toy: Any, command: str) -> None:
    before = listing(toy.root)
    code, out, _ = kaug(command, toy.pipeline, "--check", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["facts"], found["facts taught"], found["texts"]) == (24, 18, 12)
    # Only what the command needs is looked for.
    assert found.get("model") == (str(toy.model) if command not in ("build-kb", "augment") else None)
    assert found.get("encoder") == str(toy.encoder)
    assert found["artifacts"] == str(build(toy))
    assert listing(toy.root) == before
    code, out, _ = kaug(command, toy.pipeline, "--check")
    assert "facts taught: 18\n" in out


def test_options_change_what_is_made_and_where(kaug: Kaug, toy: Any, tmp_path: Path) -> None:
    out = tmp_path / "else where"
    repeated = ["--set", "augmentation.arms=['repeated']", "--set", "augmentation.texts=[]", "--json", "-q"]
    code, said, err = kaug("augment", toy.pipeline, "--out", out, "--limit", "5", "--seed", "7", *repeated)
    assert (code, err) == (0, "")
    made = json.loads(said)
    assert made["1-knowledge"]["counts"]["facts taught"] == 5
    assert made["4-shards/repeated"]["path"] == str(out / "4-shards" / "repeated")
    counts = made["4-shards/repeated"]["counts"]
    assert sum(counts.get(f"rows closed-book {form}", 0) for form in ("statement", "reversed")) == 5
    assert not (toy.root / "build").exists()
    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("manifest.json")}
    again = kaug("augment", toy.pipeline, "--out", out, "--limit", "5", "--seed", "7", *repeated)
    assert json.loads(again[1]) == made
    assert {path: path.stat().st_mtime_ns for path in out.rglob("manifest.json")} == stamps
    anew = kaug("augment", toy.pipeline, "--out", out, "--limit", "5", "--seed", "7", "--rebuild", *repeated)
    assert json.loads(anew[1]) == made
    assert all(path.stat().st_mtime_ns > stamp for path, stamp in stamps.items())
    other = kaug("augment", toy.pipeline, "--out", out, "--limit", "5", "--seed", "8", *repeated)
    assert json.loads(other[1])["3-exam"]["digest"] != made["3-exam"]["digest"]


def test_rows_are_kept_apart_for_validation_if_that_is_set(
    kaug: Kaug, toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr("kaug.augmentation.shards._BATCH", 10)
    settings = {
        "augmentation.arms": "['augmented']",
        "augmentation.inject": "[]",
        "augmentation.validation.entity": "0.4",
        "augmentation.validation.phrasing": "0.4",
        "augmentation.shard_size": "'9KB'",
        "exam.probes_per_kind": "{ recall = 3 }",
        "exam.held_out_entities": "0.2",
    }
    changes = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    code, said, err = kaug("augment", toy.pipeline, "--out", tmp_path / "out", "--json", "-q", *changes)
    assert (code, err) == (0, "")
    counts = json.loads(said)["4-shards/augmented"]["counts"]
    folder = tmp_path / "out" / "4-shards" / "augmented"
    data = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert list(data) == ["train", "validation_entity", "validation_phrasing", "test"]
    assert {f"{name}: rows": len(rows) for name, rows in data.items() if name != "train"}.items() <= counts.items()
    assert sum(count for name, count in counts.items() if re.fullmatch("rows (closed-book|text) .*", name)) == len(
        data["train"]
    )
    facts = {name: {fact for row in rows for fact in row["facts"]} for name, rows in data.items()}
    assert not facts["validation_entity"] & (facts["train"] | facts["validation_phrasing"] | facts["test"])
    assert facts["validation_phrasing"] | facts["test"] <= facts["train"]
    kb = load_kb(tmp_path / "out")
    assert facts["train"] | facts["validation_entity"] == set(kb.hex_ids.take(kb.taught).to_pylist())
    texts = {name: set(zip(rows["prompt"], rows["completion"], strict=True)) for name, rows in data.items()}
    assert not texts["train"] & texts["validation_phrasing"]
    exam = datasets.load_dataset(str(folder), "exam", cache_dir=str(tmp_path / "cache"), split="test")
    assert exam["id"][:] == data["test"]["id"][:]
    assert [answers[0] for answers in exam["answers"]] == data["test"]["completion"][:]
    assert len(list((folder / "train").glob("data-*.arrow"))) > 1


def test_long_paths_are_printed_whole_even_with_brackets(
    kaug: Kaug, toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = tmp_path / "a[b]c" / "long-enough-to-be-wrapped-by-a-narrow-terminal"
    code, said, _ = kaug("augment", toy.pipeline, "-o", out, "-q", "--set", "augmentation.inject=[]")
    assert code == 0
    assert f"{out / '4-shards' / 'augmented'} " in said


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-1] + bytes([file.read_bytes()[-1] ^ 1])),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.unlink(),
    ],
    ids=["altered", "cut", "missing"],
)
@pytest.mark.parametrize("name", ["1-knowledge/facts.arrow", "4-shards/augmented/train/data-00000-of-00001.arrow"])
def test_an_altered_artifact_is_refused_by_name_until_it_is_rebuilt(
    kaug: Kaug, finished: Any, tmp_path: Path, damage: Callable[[Path], Any], name: str
) -> None:
    out = tmp_path / "toy"
    shutil.copytree(build(finished), out)
    file = out / name
    folder = next(parent for parent in file.parents if (parent / "manifest.json").exists())
    damage(file)
    for command in (["augment", finished.pipeline, "--out", out], ["describe", folder]):
        code, _, err = kaug(*command)
        assert code == 4
        assert f"kaug: {file}: " in err
        assert "--rebuild" in err
    code, _, err = kaug("augment", finished.pipeline, "--out", out, "--rebuild", "-q")
    assert (code, err) == (0, "")
    assert kaug("describe", folder)[0] == 0


def test_validate_says_a_line_for_each_file(kaug: Kaug, tmp_path: Path) -> None:
    good, bad, gone = tmp_path / "good.ttl", tmp_path / "bad.ttl", tmp_path / "gone.ttl"
    good.write_text("<urn:a> <urn:b> <urn:c>, <urn:d> .", encoding="utf-8")
    bad.write_text("<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b>\n  c d .", encoding="utf-8")
    code, out, _ = kaug("validate", good, bad, gone, "--json")
    assert code == 3
    lines = [json.loads(line) for line in out.splitlines()]
    assert all(set(line) == {"file", "ok", "triples", "error", "line"} for line in lines)
    assert lines[0] == {"file": str(good), "ok": True, "triples": 2, "error": None, "line": None}
    assert (lines[1]["file"], lines[1]["ok"], lines[1]["triples"], lines[1]["line"]) == (str(bad), False, 1, 3)
    assert lines[1]["error"]
    assert (lines[2]["ok"], lines[2]["line"]) == (False, None)
    assert "No such file" in lines[2]["error"]
    code, out, _ = kaug("validate", good)
    assert (code, out) == (0, f"{good}: 2 triples\n")
    code, out, _ = kaug("validate", bad)
    assert code == 3
    assert out.startswith(f"{bad}:3: ")
    code, out, _ = kaug("validate", gone)
    assert code == 3
    assert "None" not in out


def test_what_is_left_out_of_files_is_said(kaug: Kaug, tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "a.nt").write_text("<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> <urn:no iri> .\n<urn:a .\n")
    (tmp_path / "kb" / "a.jsonld").write_text('{"@context": "https://e.org/c", "@id": "urn:x", "p": 1}')
    (tmp_path / "kb" / "zoo.obo").write_text("format-version: 1.2\n")
    (tmp_path / "c.jsonld").write_text('{"@context": {"p": "urn:p"}}')
    given = ("build-kb", tmp_path / "kb", "-o", tmp_path / "out", "--quiet")
    assert kaug(*given)[0] == 3
    code, out, err = kaug(*given, "--json", "--skip-errors", "--context", f"https://e.org/c={tmp_path / 'c.jsonld'}")
    assert code == 0, err
    assert json.loads(out)["1-knowledge"]["counts"]["facts"] == 2
    assert json.loads(out)["1-knowledge"]["counts"]["lines left out: malformed, kb"] == 2
    assert [line.removeprefix(f"{tmp_path}/kb") for line in err.splitlines()] == [
        ": 1 file passed over, which is not RDF by name or content: zoo.obo (looks like OBO).",
        "/a.nt:2: Invalid IRI code point ' '",
        "/a.nt:3: Unexpected end of file",
    ]
    assert kaug("validate", tmp_path / "kb", "--context", "c.jsonld")[0] == 2
    code, out, err = kaug("validate", tmp_path / "kb")
    assert (code, out.splitlines()[-1]) == (3, f"{tmp_path}/kb/a.nt: 1 triples, 2 errors")
    assert "zoo.obo (looks like OBO)" in err


def test_validate_checks_shapes(kaug: Kaug, tmp_path: Path) -> None:
    pytest.importorskip("pyshacl")
    shapes, data = tmp_path / "shapes.ttl", tmp_path / "data.ttl"
    shapes.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <urn:x:> .\n"
        ":S a sh:NodeShape ; sh:targetClass :Country ; sh:property [ sh:path :capital ; sh:minCount 1 ;"
        ' sh:message "a country has a capital" ] .',
        encoding="utf-8",
    )
    data.write_text("@prefix : <urn:x:> . :Togo a :Country .", encoding="utf-8")
    code, out, _ = kaug("validate", data, "--shapes", shapes, "--json")
    assert code == 3
    found = json.loads(out.splitlines()[1])
    assert found == {"severity": "Violation", "focus": "urn:x:Togo", "message": "a country has a capital"}
    data.write_text("@prefix : <urn:x:> . :Togo a :Country ; :capital :Lome .", encoding="utf-8")
    assert kaug("validate", data, "--shapes", shapes)[0] == 0


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("1-knowledge", "knowledge"),
        ("2-index", "retrieval"),
        ("3-exam", "exam"),
        ("4-shards/augmented", "augmentation"),
        ("5-models/augmented-seed0", "training"),
        ("6-answers/base-seed0", "answers"),
        ("6-report", "report"),
    ],
)
def test_describe_shows_each_artifact(kaug: Kaug, finished: Any, name: str, stage: str) -> None:
    folder = build(finished) / name
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    code, out, _ = kaug("describe", folder, "--json", "--rows", "2")
    assert code == 0
    found = json.loads(out)
    assert (found["stage"], found["digest"]) == (stage, manifest["digest"])
    assert found["counts"] == [manifest["counts"]]
    for file in folder.rglob("*.arrow"):
        shown = found[file.relative_to(folder).as_posix()]
        assert re.fullmatch(r"[\d,]+ rows", shown[0])
        assert len(shown) <= 3
    assert kaug("describe", folder)[0] == 0


def test_describe_shows_a_table_a_run_and_refuses_the_rest(kaug: Kaug, finished: Any, tmp_path: Path) -> None:
    file = build(finished) / "1-knowledge" / "facts.arrow"
    code, out, _ = kaug("describe", file, "--json", "--rows", "1")
    assert code == 0
    assert json.loads(out)[str(file)][0] == "24 rows"
    assert len(json.loads(out)[str(file)]) == 2
    code, out, _ = kaug("describe", build(finished), "--json")
    assert set(json.loads(out)) >= {"1-knowledge", "4-shards/augmented", "5-models/augmented-seed0", "6-report"}
    code, _, err = kaug("describe", tmp_path)
    assert (code, err) == (4, f"kaug: {tmp_path}: no artifact, no table, and no artifacts below it.\n")
    (tmp_path / "a.arrow").write_text("I am no table", encoding="utf-8")
    assert kaug("describe", tmp_path / "a.arrow")[0] == 4
    (tmp_path / "empty.arrow").touch()
    assert kaug("describe", tmp_path / "empty.arrow")[0] == 4
    assert kaug("describe", tmp_path / "gone")[0] == 4


def test_inspect_shows_rows_with_their_facts(kaug: Kaug, finished: Any, tmp_path: Path) -> None:
    togo = ["inspect", build(finished), "--arm", "augmented", "--entity", "Togo", "--predicate", "capital"]
    code, out, _ = kaug(*togo, "--form", "statement", "--limit", "2")
    assert code == 0
    assert len(re.findall("^statement · closed-book · en · [0-9a-f]{32}$", out, re.MULTILINE)) == 2
    assert out.count("  1 The capital of Togo is Lome.\n") == 2
    assert out.count("    toy (toy.ttl, CC0-1.0) → <urn:toy:Togo> <urn:toy:capital> <urn:toy:Lome> → “") == 2
    code, out, _ = kaug(*togo, "--limit", "1000", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row["arm"] for row in rows} == {"augmented"}
    assert {row["form"] for row in rows} >= {"statement", "reversed", "passage"}
    assert all(["Togo", "capital", "Lome"] in [fact["names"] for fact in row["facts"]] for row in rows)
    code, out, _ = kaug(*togo, "--html", tmp_path / "rows.html", "--json")
    assert json.loads(out) == {"file": str(tmp_path / "rows.html"), "rows": len(rows)}
    assert (tmp_path / "rows.html").read_text(encoding="utf-8").count("<article") == len(rows)
    code, out, _ = kaug("inspect", build(finished), "--arm", "augmented", "--split", "test", "--form", "recall")
    assert (code, out.count("recall · closed-book · en · ")) == (0, 8)
    assert kaug(*togo, "--text", "no such words")[:2] == (0, "No rows fit.\n")
    assert kaug(*togo, "--arm", "augmentd")[2].endswith("Did you mean 'augmented'?\n")


def test_search_says_what_and_why(kaug: Kaug, finished: Any) -> None:
    question = "Tell me something about Togo, please."
    code, out, _ = kaug("search", finished.pipeline, question, "--json", "-k", "2")
    assert code == 0
    hits = json.loads(out)
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert {hit["sentence"] for hit in hits} == {"The capital of Togo is Lome.", "The currency of Togo is the Taler."}
    assert {(hit["reason"], hit["mention"], *hit["sources"]) for hit in hits} == {("linked", "Togo", "toy")}
    assert [(hit["start"], hit["end"], hit["via"]) for hit in hits] == [(24, 28, [])] * 2
    code, out, _ = kaug("search", finished.pipeline, question, "-k", "1")
    assert code == 0
    assert out.splitlines()[0] == question
    assert "linked: Togo" in out
    code, out, _ = kaug("search", finished.pipeline, "zzz", "--set", "retrieval.threshold=1.0")
    assert (code, out) == (0, "zzz\nNo facts match this text.\n\n")


def test_search_takes_a_file_of_texts(kaug: Kaug, finished: Any, tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    rows = [
        {"id": "a", "text": "Tell me of Togo."},
        {"id": "b", "text": "…!?"},
        {"id": "c", "text": "🦉 <|In Lome it rains."},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, out, _ = kaug("search", finished.pipeline, "--texts", file, "--json", "-k", "1")
    found = {row["id"]: row["hits"] for row in map(json.loads, out.splitlines())}
    assert code == 0
    assert list(found) == ["a", "b", "c"]
    assert found["b"] == []
    assert [(hit["sentence"], hit["start"], hit["end"]) for hit in found["c"]] == [
        ("The capital of Togo is Lome.", 7, 11)
    ]
    # What is said of Togo is one step from Lome.
    code, out, _ = kaug("search", finished.pipeline, "Lome money", "--json", "-k", "9", "--hops", "2")
    via = {hit["sentence"]: (hit["reason"], hit["via"]) for hit in json.loads(out)}
    assert via["The currency of Togo is the Taler."] == ("neighbour", ["The capital of Togo is Lome."])
    code, out, _ = kaug(
        "search", finished.pipeline, "Togo", "--json", "--set", 'retrieval.filter.predicates=["currency"]'
    )
    assert {hit["sentence"].split(" of ")[0] for hit in json.loads(out)} == {"The currency"}
    # What is finished is searched while another process holds the folder.
    with lock(build(finished)):
        assert kaug("search", finished.pipeline, "Togo")[0] == 0
        code, _, err = kaug("search", finished.pipeline, "Togo", "--set", "retrieval.recall=0.9")
        assert code == 4
        assert "another kaug" in err
    for wrong in ((), ("Togo", "--texts", file)):
        code, _, err = kaug("search", finished.pipeline, *wrong)
        assert code == 2
        assert 'kaug search BUILD "text"; or a file of them with --texts.' in plain(err)
    code, _, err = kaug("search", finished.pipeline, "Togo", "--set", 'retrieval.filter.sources=["tay"]')
    assert code == 2
    assert "Did you mean 'toy'?" in err


def test_report_prints_the_gains(kaug: Kaug, finished: Any) -> None:
    wanted = json.loads((build(finished) / "6-report" / "report.json").read_text(encoding="utf-8"))
    code, out, _ = kaug("report", build(finished), "--json")
    assert (code, json.loads(out)) == (0, wanted)
    for folder in (build(finished), build(finished) / "6-report"):
        code, out, _ = kaug("report", folder)
        assert code == 0
        assert "Gains, with 95% intervals" in out
        assert f"Report: {build(finished) / '6-report' / 'report.html'}\n" in out
    code, _, err = kaug("report", finished.root)
    assert code == 4
    assert "there is no such folder" in err


def test_the_command_typed_stands_in_the_report(finished: Any) -> None:
    report = json.loads((build(finished) / "6-report" / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["command"] == "kaug run …/toy.toml"  # folders of the machine are left out


def test_env_says_what_there_is(kaug: Kaug, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("kaug.models.find.LANGUAGE_MODELS", {})
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    code, out, _ = kaug("env", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["torch"] == importlib.metadata.version("torch")
    assert found["cache"] == str(tmp_path)
    assert found["model all-MiniLM-L6-v2"].endswith("model")
    assert "no language model 'smollm2-135m'" in found["model smollm2-135m"]


def test_an_import_is_added_to_the_manifest_that_is_there(
    kaug: Kaug, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kb.txt").write_text("Lome|capital_of|Togo\n")
    code, out, _ = kaug("import", "metaqa", "kb.txt", "-o", "towns.nq")
    assert code == 0
    assert "file: towns.nq\nfacts: 1\n" in out
    assert '[sources.towns]\npath = "towns.nq"\n' in out
    assert out.endswith("--manifest FILE makes one, with the lines above.\nNext: kaug run towns.nq\n")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["kb.txt", "towns.nq"]
    Path("kb").mkdir()
    Path("kb/manifest.toml").touch()
    code, out, _ = kaug("import", "metaqa", "kb.txt", "-o", "towns.nq", "--no-manifest")
    assert (code, Path("kb/manifest.toml").read_text(), out.splitlines()[-1]) == (0, "", "Next: kaug run towns.nq")
    code, out, _ = kaug("import", "metaqa", "kb.txt", "-o", "towns.nq")
    assert out.endswith(
        f'Added to {Path("kb/manifest.toml")}; in a pipeline: sources = ["towns"]\nNext: kaug run towns.nq\n'
    )
    assert 'path = "../towns.nq"' in Path("kb/manifest.toml").read_text()
    code, out, _ = kaug("import", "metaqa", "kb.txt", "-o", "other.nq", "--manifest", "m.toml", "--json")
    assert json.loads(out)["added_to"] == "m.toml"
    assert "[sources.other]" in Path("m.toml").read_text()
    assert "other" not in Path("kb/manifest.toml").read_text()


def test_each_format_shows_its_own_options(kaug: Kaug) -> None:
    own = {"--languages": ["conceptnet"], "--base": ["kgtk", "wordnet", "table"], "--column": ["table"]}
    for name in get_args(ImporterName):
        code, out, _ = kaug("import", name, "--help")
        assert code == 0
        assert "--no-manifest" in out
        assert [option for option, names in own.items() if name in names] == [one for one in own if one in out]


def test_an_unknown_importer_names_the_nearest(kaug: Kaug, tmp_path: Path) -> None:
    code, _, err = kaug("import", "wordnett", "-o", tmp_path / "x.nq")
    assert (code, err) == (2, "kaug: There is no importer 'wordnett'. Did you mean 'wordnet'?\n")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_rdf_is_imported_and_built_in_one_command(kaug: Kaug, tmp_path: Path) -> None:
    (tmp_path / "kb.txt").write_text("Lome|capital_of|Togo\nLome|in_continent|Africa\n")
    command = ("build-kb", tmp_path / "kb.txt", "--import", "metaqa", "--out", tmp_path / "out")
    code, _, err = kaug(*command, "--check")
    assert (code, err) == (
        2,
        "kaug: --check writes nothing, so it cannot import: `kaug import` first, then check the file it makes.\n",
    )
    assert not (tmp_path / "out").exists()
    code, out, _ = kaug(*command, "--json")
    assert code == 0
    assert json.loads(out)["1-knowledge"]["counts"]["facts taught"] == 2
    with lock(tmp_path / "out"):
        before = (tmp_path / "out" / "metaqa.nq").stat().st_mtime_ns
        code, _, err = kaug(*command)
        assert code == 4
        assert "another kaug" in err
        assert (tmp_path / "out" / "metaqa.nq").stat().st_mtime_ns == before


def test_quiet_says_nothing_on_stderr_and_json_is_one_value(finished: Any, tmp_path: Path) -> None:
    shutil.copytree(build(finished), tmp_path / "toy")
    done = finished.kaug("run", str(finished.pipeline), "-q", "--json", "--out", str(tmp_path / "toy"))
    assert (done.returncode, done.stderr) == (0, "")
    assert set(json.loads(done.stdout)["gains"]) >= {"recall", "reverse", "compose", "locality"}


def test_a_second_command_in_the_same_folder_is_refused(kaug: Kaug, finished: Any) -> None:
    with lock(build(finished)):
        code, _, err = kaug("build-kb", finished.pipeline)
    assert code == 4
    assert "is building here. Wait for it, or name another folder with --out." in err


def test_the_settings_written_for_rdf_name_its_lexicon_and_run_as_they_did(
    kaug: Kaug, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    facts = "\n".join(f":c{number} :capital :t{number} ." for number in range(6))
    (tmp_path / "data" / "towns.ttl").write_text(f"@prefix : <https://example.org/> .\n{facts}")
    (tmp_path / "words.ttl").write_text(
        "@prefix : <https://example.org/> . @prefix kaug: <https://w3id.org/kaug/ns#> .\n"
        ':capital kaug:statement "The seat of {s} is {o}."@en ; kaug:exam "Where is the seat of {s}?"@en .'
    )
    small = ["training.tokens=64", "evaluation.arms=['base']", "augmentation.arms=['augmented']"]
    models = [
        f"training.model='{toy.model}'",
        f"retrieval.encoder='{toy.encoder}'",
        "exam.probes_per_kind={ recall = 2 }",
    ]
    changes = [word for one in (*small, *models) for word in ("--set", one)]
    code, _, err = kaug("run", "data/*.ttl", "--init", "--check", "--lexicon", "words.ttl", *changes)
    assert code == 0, err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "data.toml", "words.ttl"]
    code, _, err = kaug("run", "data/*.ttl", "--init", "--lexicon", "words.ttl", "-q", *changes)
    assert code == 0, err
    assert "kaug run data.toml --set training.tokens=64" in err
    built = Path("build/data")
    made = {file: file.stat().st_mtime_ns for file in built.glob("[1-5]*/**/manifest.json")}
    code, _, err = kaug("run", "data.toml", "-q", *changes)
    assert code == 0, err
    assert {file: file.stat().st_mtime_ns for file in built.glob("[1-5]*/**/manifest.json")} == made


def test_a_pipeline_file_that_was_changed_is_not_overwritten(
    kaug: Kaug, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "towns.ttl").write_text("<urn:x:togo> <urn:x:capital> <urn:x:lome> .")
    (tmp_path / "towns.toml").write_text("mine")
    code, _, err = kaug("run", "towns.ttl", "--init", "--check")
    assert (code, "towns.toml: exists, with other settings" in err) == (2, True)
    assert (tmp_path / "towns.toml").read_text() == "mine"


def test_a_table_is_told_from_rdf(kaug: Kaug, tmp_path: Path) -> None:
    (tmp_path / "towns.csv").write_text("name,capital\nTogo,Lomé\n")
    code, _, err = kaug("run", tmp_path / "towns.csv", "--check")
    assert code == 3
    assert err.endswith("A table is converted to RDF by `kaug import table`.\n")


def test_a_file_that_is_not_there_is_missed_by_its_path(kaug: Kaug, tmp_path: Path) -> None:
    code, _, err = kaug("run", tmp_path / "nosuch.ttl", "--check")
    assert (code, "there is no such file" in err) == (3, True)


def test_of_a_finished_run_nothing_is_left_to_make(kaug: Kaug, finished: Any) -> None:
    code, out, _ = kaug("run", finished.pipeline, "--check", "--json")
    assert code == 0
    assert set(json.loads(out)["plan"].values()) == {"finished"}


GERMAN = """@prefix : <https://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:keeper rdfs:label "Wärter"@de . :mara rdfs:label "Mara"@de .
:alder rdfs:label "Erlenfeuer"@de ; :keeper :mara . :birch rdfs:label "Birkenfeuer"@de ; :keeper :mara .
"""


def test_labels_in_another_language_are_used_and_the_rdf_is_read_once(
    kaug: Kaug, tmp_path: Path, toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "german.ttl").write_text(GERMAN, encoding="utf-8")
    read: list[Any] = []
    monkeypatch.setattr("kaug.pipeline.check.read_files", lambda *given: read.append(given) or read_files(*given))
    models = ["--set", f"training.model='{toy.model}'", "--set", f"retrieval.encoder='{toy.encoder}'"]
    code, out, err = kaug("run", "german.ttl", "--check", "--json", *models)
    assert code == 0, err
    assert json.loads(out)["labels"] == 4
    assert "4 of 4 are in 'de'" in err
    assert len(read) == 1
    assert not (tmp_path / "build").exists()
    code, out, err = kaug(
        "run", "german.ttl", "--check", "--json", *models, "--set", "knowledge.languages=['en', 'fr']"
    )
    assert (json.loads(out)["labels"], "'de'" in err) == (3, False)
    code, out, err = kaug("build-kb", "german.ttl", "-o", "out", "-q", "--json")
    assert json.loads(out)["1-knowledge"]["counts"]["labels"] == 4
    assert "4 of 4 are in 'de'" in err


def test_a_folder_is_searched_as_it_was_built(kaug: Kaug, finished: Any, tmp_path: Path, toy: Any) -> None:
    before = listing(build(finished))
    for folder in (build(finished), build(finished) / "1-knowledge"):
        code, out, err = kaug("search", folder, "Tell me of Togo.", "--json", "-k", "1")
        assert (code, [hit["mention"] for hit in json.loads(out)]) == (0, ["Togo"]), err
    assert {path: time for path, time in listing(build(finished)).items() if ".lock" not in path} == {
        path: time for path, time in before.items() if ".lock" not in path
    }
    file = tmp_path / "facts.ttl"
    file.write_text(GERMAN, encoding="utf-8")
    assert kaug("build-kb", file, "-o", tmp_path / "build", "-q")[0] == 0
    options = ("--json", "-k", "1", "--set", f"retrieval.encoder={toy.encoder}")
    code, out, err = kaug("search", tmp_path / "build", "Erlenfeuer", *options)
    assert [hit["sentence"] for hit in json.loads(out)] == ["The keeper of Erlenfeuer is Mara."], err
    index = (tmp_path / "build" / "2-index" / "manifest.json").stat().st_mtime_ns
    code, out, err = kaug(
        "search", tmp_path / "build", "Erlenfeuer", "--json", "-k", "1"
    )  # the encoder is that of the index
    assert (code, len(json.loads(out))) == (0, 1), err
    assert (tmp_path / "build" / "2-index" / "manifest.json").stat().st_mtime_ns == index
    for arguments, code, message in (
        ((file, "Erle"), 2, "is RDF by its name. Build it first, `kaug build-kb"),
        ((tmp_path, "Erle"), 4, "no knowledge base was built here. Give a pipeline file, or a folder"),
        ((tmp_path / "build", "Erle", "-o", "x"), 2, "--out is for a pipeline file"),
        ((tmp_path / "build", "Erle", "--set", "knowledge.limit=2"), 2, "only retrieval.… can be set"),
    ):
        ended, _, err = kaug("search", *arguments)
        assert (ended, message in err) == (code, True), err


def test_nothing_in_the_data_acts_on_the_terminal(
    kaug: Kaug, tmp_path: Path, toy: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "Erle\x1b[31m\u202e"
    file = tmp_path / "facts.ttl"
    text = GERMAN.replace("Erlenfeuer", "Erle\\u001B[31m\\u202Eneuf")
    file.write_text(text, encoding="utf-8")
    assert kaug("build-kb", file, "-o", tmp_path / "build", "-q")[0] == 0
    encoder = f"retrieval.encoder={toy.encoder}"
    for options in ([], ["--json"]):
        _, out, _ = kaug("search", tmp_path / "build", f"{hostile} Mara", "--set", encoder, *options)
        assert "Erle" in out
        assert not {"\x1b", "\u202e"} & set(out)
    gain = {"arm": hostile, "against": "base", "n": 9, "clusters": 9, "mean": 0.5, "low": 0.2, "high": 0.8}
    print_rich(gains_table({"gains": {hostile: [gain]}}), hostile)
    print_lines({hostile: hostile})
    out = capsys.readouterr().out
    assert out.count("Erle") >= 4
    assert not {"\x1b", "\u202e"} & set(out)
