"""The commands on a built knowledge base: what is damaged is refused by name, and no sign of the data acts on the terminal."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kaug import cli
from kaug.augmentation.dataset import closed_book_rows
from kaug.augmentation.shards import read_shards, write_shards
from kaug.curation.quality import load_quality, quality_page, write_quality
from kaug.errors import ArtifactError
from kaug.exam.draw import draw_exam
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import load_kb
from kaug.store.artifact import publish
from kaug.tables import write_table

PREFIXES = """
@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:capital kaug:statement "The capital of {s} is {o}."@en ; kaug:question "What is the capital of {s}?"@en ;
    kaug:exam "Name the capital city of {s}."@en . :near a owl:SymmetricProperty ; rdfs:label "near"@en .
"""
WORLD = ":togo rdfs:label 'Togo'@en ; :capital :lome ; :near :ghana . :lome rdfs:label 'Lomé'@en . " + "".join(
    f":land{n} rdfs:label 'Land {n}'@en ; :capital :town{n} . :town{n} rdfs:label 'Town {n}'@en ." for n in range(8)
)
ACTING = "\x1b]0;owned\x07\x9b2J\u202e"
Kaug = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kaug(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kaug:
    """Runs the command in this process → exit code, stdout, stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kaug", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        written = capsys.readouterr()
        return int(ended.value.code or 0), written.out, written.err

    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs' folders, `a` with an exam and an arm's shards and `b`, in which Togo has another capital."""
    root = tmp_path_factory.mktemp("runs")
    for name, turtle in (("a", WORLD), ("b", WORLD.replace(":capital :lome", ":capital :land1"))):
        (root / "world.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
        kb = build_kb(root / "world.ttl", inference="owl")
        kb.save(root / name / "1-knowledge")
        with publish(
            root / name / "1-quality",
            stage="quality",
            fingerprint="",
            inputs={"1-knowledge": _digest(root / name / "1-knowledge")},
        ) as draft:
            write_quality(kb, draft.path)
        with publish(root / name / "3-exam", stage="exam", fingerprint="") as draft:
            write_table(draw_exam(kb), draft.path / "probes.arrow")
        with publish(root / name / "4-shards" / "augmented", stage="augmentation", fingerprint="") as draft:
            write_shards([("train", closed_book_rows(kb, forms=["statement"]).data.table)], draft.path)
            (draft.path / "README.md").write_text("---\nlicense: other\nconfigs: []\n---\n", encoding="utf-8")
    return root


def _digest(folder: Path) -> str:
    return str(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["digest"])


@pytest.mark.slow
def test_the_rows_that_a_change_makes_due(kaug: Kaug, runs: Path) -> None:
    code, out, _ = kaug("diff", runs / "a", runs / "b", "--shards", "--json")
    content = json.loads(out)
    assert (code, content["counts"]["facts added"], content["counts"]["facts removed"]) == (0, 1, 1)
    assert content["rows"]["4-shards/augmented"]["fall"] == 1
    assert list(content["rows"]) == ["3-exam", "4-shards/augmented"]


def test_rows_of_an_arm_are_exported(kaug: Kaug, runs: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "rows.jsonl", tmp_path / "rows"
    code, out, _ = kaug("export-rows", runs / "a", "--arm", "augmented", "--format", "alpaca", "-o", file, "--json")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (code, json.loads(out)) == (0, {"file": str(file), "rows": len(rows)})
    assert "The capital of Togo is Lomé." in {row["output"] for row in rows}
    assert kaug("export-rows", runs / "a", "--arm", "augmented", "-o", folder)[0] == 0
    assert read_shards(folder).num_rows == len(rows)
    assert "license: other\nconfigs: [{" in (folder / "README.md").read_text(encoding="utf-8")
    code, _, err = kaug("export-rows", runs / "a", "--arm", "augmentd", "-o", file)
    assert (code, "Did you mean 'augmented'?" in err) == (2, True)
    code, _, err = kaug("export-rows", runs / "a", "--arm", "augmented", "--split", "tset", "-o", file)
    assert (code, "there is no split 'tset'" in err) == (4, True)


FLIP, CUT, GONE = "a flipped bit", "a cut file", "a missing file"
FILES = [
    *(f"1-knowledge/{name}" for name in ("about.json", "terms.arrow", "labels.arrow", "facts.arrow", "lexicon.arrow")),
    *(f"{folder}/manifest.json" for folder in ("1-knowledge", "3-exam", "4-shards/augmented")),
    *("3-exam/probes.arrow", "4-shards/augmented/dataset_dict.json"),
    *(f"4-shards/augmented/train/{name}" for name in ("data-00000-of-00001.arrow", "state.json")),
]


@pytest.mark.slow
@pytest.mark.parametrize("damage", [FLIP, CUT, GONE])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_by_name(kaug: Kaug, runs: Path, tmp_path: Path, name: str, damage: str) -> None:
    build = tmp_path / "a"
    shutil.copytree(runs / "a", build)
    file = build / name
    data = bytearray(file.read_bytes())
    if damage == FLIP:
        data[len(data) // 2] ^= 1
    file.write_bytes(data[: len(data) - 1] if damage == CUT else data)
    if damage == GONE:
        file.unlink()
    code, out, err = kaug("diff", build, runs / "b", "--shards")
    assert (code, out) == (4, "")
    assert str(file if damage != GONE or "manifest" not in name else file.parent) in err


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("explain", "Lomé"), "axioms.arrow"),
        (("explain", "Lomé"), "facts.arrow"),
        (("export", "-o", "out.nq"), "lexicon.arrow"),
        (("export", "-o", "out.csv"), "labels.arrow"),
        (("lexicon",), "lexicon.arrow"),
    ],
)
def test_every_command_refuses_what_was_altered(
    kaug: Kaug, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(runs / "a", tmp_path / "a")
    file = tmp_path / "a" / "1-knowledge" / name
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    code, out, err = kaug(command[0], "a", *command[1:])
    assert (code, out) == (4, "")
    assert f"a/1-knowledge/{name}: altered since it was written" in err
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.slow
def test_quality_is_read_where_it_was_written_and_worked_out_elsewhere(kaug: Kaug, runs: Path, tmp_path: Path) -> None:
    written, page = load_quality(runs / "a")
    assert page == runs / "a" / "1-quality" / "quality.html"
    assert page.read_text(encoding="utf-8") == quality_page(written)
    assert kaug("quality", runs / "a")[1].endswith(f"Page: {page}\n")
    shutil.copytree(runs / "a" / "1-knowledge", tmp_path / "kb")
    assert load_quality(tmp_path / "kb") == (written, None)
    code, out, _ = kaug("quality", tmp_path / "kb", "--json")
    assert (code, json.loads(out)) == (0, written)
    # A report about another knowledge base is not taken for this one's.
    shutil.copytree(runs / "b", tmp_path / "b")
    shutil.rmtree(tmp_path / "b" / "1-quality")
    shutil.copytree(runs / "a" / "1-quality", tmp_path / "b" / "1-quality")
    assert load_quality(tmp_path / "b") == (load_quality(runs / "b")[0], None)
    file = tmp_path / "b" / "1-quality" / "quality.json"
    shutil.rmtree(tmp_path / "b" / "1-knowledge")
    shutil.copytree(runs / "a" / "1-knowledge", tmp_path / "b" / "1-knowledge")
    file.write_text(file.read_text(encoding="utf-8").replace("1", "2", 1), encoding="utf-8")
    assert kaug("quality", tmp_path / "b")[0] == 4
    with pytest.raises(ArtifactError, match=r"quality\.json: altered since it was written"):
        load_quality(tmp_path / "b")


def test_a_saved_knowledge_base_is_opened_and_replaced(runs: Path, tmp_path: Path) -> None:
    kb = load_kb(runs / "a")
    kb.save(tmp_path / "kb")
    again = load_kb(tmp_path / "kb")
    assert repr(again) == repr(kb)
    assert len(again) == 11  # nine capitals, what is near, and what follows from that
    assert all(again.tables[name].equals(kb.tables[name]) for name in kb.tables)
    again.with_tables(facts=again.facts.slice(0, 3)).save(tmp_path / "kb")
    assert len(load_kb(tmp_path / "kb")) == 3
    assert len(again) == 11
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(ArtifactError, match="was not made by kaug"):
        kb.save(tmp_path / "mine")


@pytest.mark.parametrize("as_json", [(), ("--json",)])
@pytest.mark.slow
def test_no_sign_of_the_data_acts_on_the_terminal(kaug: Kaug, tmp_path: Path, as_json: tuple[str, ...]) -> None:
    shapes = "@prefix sh: <http://www.w3.org/ns/shacl#> . [] a sh:NodeShape ; sh:targetNode :a ;"
    shapes += f' sh:property [ sh:path :q ; sh:minCount 1 ; sh:message "{ACTING}" ] .'
    (tmp_path / "shapes.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
    (tmp_path / "a.ttl").write_text(f'{PREFIXES}:a :p "x{ACTING}" .', encoding="utf-8")
    (tmp_path / "b.ttl").write_text(f'{PREFIXES}:a :p "y{ACTING}" ; rdfs:label "a{ACTING}"@en .', encoding="utf-8")
    for name in "ab":
        build_kb(tmp_path / f"{name}.ttl").save(tmp_path / name)
    kb = build_kb(tmp_path / "a.ttl")
    with publish(
        tmp_path / "1-quality", stage="quality", fingerprint="", inputs={"a": _digest(tmp_path / "a")}
    ) as draft:
        write_quality(kb, draft.path, shapes=[{"severity": "Warning", "focus": "urn:x:a", "message": ACTING}])
    printed = [
        kaug("validate", tmp_path / "a.ttl", "--shapes", tmp_path / "shapes.ttl", *as_json),
        kaug("quality", tmp_path / "a", *as_json),
        kaug("diff", tmp_path / "a", tmp_path / "b", *as_json),
        kaug("explain", tmp_path / "b", f"a{ACTING}"),
        kaug("explain", tmp_path / "a", kb.hex_ids[0].as_py(), *as_json),
    ]
    assert [code for code, *_ in printed] == [3, 0, 0, 3, 0]
    text = "".join(out + err for _, out, err in printed)
    assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert "owned" in text
