"""WordNet is read from WNDB and from WN-LMF; XML with entities is refused."""

import gzip
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kaug.errors import SourceError
from kaug.importers import run_importer
from kaug.importers.quads import quads_file
from kaug.importers.wordnet import import_wordnet, read_lmf

DATA = Path(__file__).resolve().parents[1] / "data"
Run = Callable[[Path], tuple[set[tuple[str, str, str]], dict[str, Any]]]
SPACES = {
    "https://w3id.org/kaug/wordnet/": "",
    "https://globalwordnet.github.io/schemas/wn#": "",
    "http://www.w3.org/2000/01/rdf-schema#": "",
    "http://www.w3.org/2004/02/skos/core#": "",
    "http://www.w3.org/ns/lemon/ontolex#": "",
    "https://w3id.org/kaug/ns#": "",
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def imported(path: Path) -> tuple[set[tuple[str, str, str]], dict[str, Any]]:
        counts = run_importer("wordnet", [path], tmp_path / "out.nq")
        quads = list(ox.parse(path=tmp_path / "out.nq"))
        assert ox.serialize(quads, format=ox.RdfFormat.N_QUADS) == (tmp_path / "out.nq").read_bytes()
        return {(short(q.subject), short(q.predicate), short(q.object)) for q in quads}, counts

    return imported


def short(term: object) -> str:
    text = str(term)
    for space in SPACES:
        text = text.replace(f"<{space}", "").removesuffix(">") if text.startswith(f"<{space}") else text
    return text


def about(triples: set[tuple[str, str, str]], *predicates: str) -> set[tuple[str, str, str]]:
    return {triple for triple in triples if triple[1] in predicates and triple[0][0].isdigit()}


def test_wndb(run: Run) -> None:
    triples, counts = run(DATA / "wndb")
    assert about(triples, "label", "altLabel") == {
        ("00000102-n", "label", '"plant"@en'),
        ("00000180-n", "label", '"oak"@en'),
        ("00000180-n", "altLabel", '"Oak tree"@en'),
        ("00000300-n", "label", '"acorn"@en'),
        ("00000350-n", "label", '"wood"@en'),
        ("00000410-n", "label", '"forest"@en'),
        ("00000500-n", "label", '"Sherwood Forest"@en'),
        ("00000600-n", "label", '"heat"@en'),
        ("00000600-n", "altLabel", '"hotness"@en'),
        ("00000600-n-1", "label", '"heat"@en'),
        ("00001000-a", "label", '"hot"@en'),
        ("00001000-a-1", "label", '"hot"@en'),
        ("00001100-a", "label", '"cold"@en'),
        ("00001100-a-1", "label", '"cold"@en'),
        ("00001200-a", "label", '"red-hot"@en'),
        ("00001200-a", "altLabel", '"white-hot"@en'),
        ("00002000-v", "label", '"grow"@en'),
        ("00002000-v", "altLabel", '"get bigger"@en'),
        ("00002100-v", "label", '"change"@en'),
        ("00003000-r", "label", '"hotly"@en'),
        ("00003000-r-1", "label", '"hotly"@en'),
    }
    assert {t for t in triples if t[2][0].isdigit()} == {
        ("00000102-n", "hyponym", "00000180-n"),
        ("00000180-n", "hypernym", "00000102-n"),
        ("00000180-n", "holo_member", "00000410-n"),
        ("00000180-n", "mero_part", "00000300-n"),
        ("00000180-n", "mero_substance", "00000350-n"),
        ("00000300-n", "holo_part", "00000180-n"),
        ("00000350-n", "holo_substance", "00000180-n"),
        ("00000410-n", "mero_member", "00000180-n"),
        ("00000500-n", "instance_hypernym", "00000410-n"),
        ("00000600-n-1", "derivation", "00001000-a-1"),
        ("00001000-a-1", "derivation", "00000600-n-1"),
        ("00001000-a-1", "antonym", "00001100-a-1"),
        ("00001100-a-1", "antonym", "00001000-a-1"),
        ("00001000-a", "similar", "00001200-a"),
        ("00001200-a", "similar", "00001000-a"),
        ("00002000-v", "entails", "00002100-v"),
        ("00002000-v", "causes", "00002100-v"),
        ("00003000-r-1", "pertainym", "00001000-a-1"),
        *(
            (sense, "isLexicalizedSenseOf", sense[:10])
            for sense in ("00000600-n-1", "00001000-a-1", "00001100-a-1", "00003000-r-1")
        ),
    }
    assert ("00000180-n", "definition", '"a tree that bears acorns"@en') in triples
    assert about(triples, "example") == {
        ("00000180-n", "example", '"the oak by the gate"@en'),
        ("00000180-n", "example", '"oaks live long"@en'),
        ("00001000-a", "example", '"hot soup"@en'),
        ("00003000-r", "example", '"he denied it hotly"@en'),
    }
    assert len(about(triples, "definition")) == 13
    assert ("mero_part", "statement", '"A part of {s} is {o}."@en') in triples
    assert (counts["facts"], counts["left out: verb frame"]) == (39, 3)


def test_lmf(run: Run, tmp_path: Path) -> None:
    triples, counts = run(DATA / "tiny-lmf.xml")
    found = {t for t in triples if t[0].startswith("tiny-")}
    assert found == {
        ("tiny-00000102-n", "label", '"plant"@en'),
        ("tiny-00000180-n", "label", '"oak"@en'),
        ("tiny-00000180-n", "altLabel", '"Oak tree"@en'),
        ("tiny-00001000-a", "label", '"hot"@en'),
        ("tiny-00001100-a", "label", '"cold"@en'),
        ("tiny-hot-1", "label", '"hot"@en'),
        ("tiny-cold-1", "label", '"cold"@en'),
        ("tiny-oak-1", "label", '"oak"@en'),
        ("tiny-hot-1", "isLexicalizedSenseOf", "tiny-00001000-a"),
        ("tiny-cold-1", "isLexicalizedSenseOf", "tiny-00001100-a"),
        ("tiny-oak-1", "isLexicalizedSenseOf", "tiny-00000180-n"),
        ("tiny-00000102-n", "definition", '"what grows in the ground"@en'),
        ("tiny-00000180-n", "definition", '"a tree that bears acorns"@en'),
        ("tiny-00001000-a", "definition", '"of high temperature"@en'),
        ("tiny-00000180-n", "example", '"the oak by the \\"gate\\""@en'),
        ("tiny-00001000-a", "example", '"hot & spicy"@en'),
        ("tiny-00000180-n", "hypernym", "tiny-00000102-n"),
        ("tiny-hot-1", "antonym", "tiny-cold-1"),
        ("tiny-hot-1", "goes_with", "tiny-oak-1"),
    }
    assert {key.removeprefix("left out: "): n for key, n in counts.items() if key.startswith("left out: ")} == {
        "pronunciation": 1,
        "other form": 1,
        "link to the interlingual index": 3,
    }
    assert ("goes_with", "label", '"goes with"@en') in triples
    packed = tmp_path / "tiny.xml.gz"
    packed.write_bytes(gzip.compress((DATA / "tiny-lmf.xml").read_bytes()))
    assert run(packed)[0] == triples


def test_piece_and_batch_size_do_not_change_the_output(tmp_path: Path) -> None:
    counts: list[Counter[str]] = [Counter(), Counter()]
    whole, pieces = (
        list(read_lmf(DATA / "tiny-lmf.xml", lambda reason, n, one=one: one.update({reason: n}), piece))  # type: ignore[misc]
        for one, piece in zip(counts, (1 << 20, 7), strict=True)
    )
    assert pieces == whole
    assert counts[0] == counts[1]
    written = []
    for batch in (1, 2, 1000):
        with quads_file(tmp_path / f"{batch}.nq", "urn:g") as quads:
            assert sum(import_wordnet([DATA / "tiny-lmf.xml"], quads, base="urn:w:", batch=batch)) == len(whole)
        written.append(set((tmp_path / f"{batch}.nq").read_text(encoding="utf-8").splitlines()))
    assert written[0] == written[1] == written[2]
    assert len(written[0]) > len(whole) / 2


def lmf(tmp_path: Path, subset: str, text: str) -> Path:
    path = tmp_path / "bad.xml"
    path.write_text(
        f'<?xml version="1.0"?>\n<!DOCTYPE LexicalResource {subset}>\n<LexicalResource><Lexicon id="x" language="en">\n'
        f'<Synset id="x-1" partOfSpeech="n"><Definition>{text}</Definition></Synset></Lexicon></LexicalResource>',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("subset", "text", "line"),
    [
        ('[<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]', "&b;", 2),
        ('[<!ENTITY a SYSTEM "file:///etc/passwd">]', "&a;", 2),
        ('[<!ENTITY % a SYSTEM "http://x.example/a.dtd"> %a;]', "", 2),
        ('SYSTEM "http://x.example/a.dtd"', "&a;", 4),
    ],
)
def test_entities_are_refused(run: Run, tmp_path: Path, subset: str, text: str, line: int) -> None:
    with pytest.raises(SourceError, match=rf"bad\.xml:{line}: uses the entity '[ab]'"):
        run(lmf(tmp_path, subset, text))
    assert not (tmp_path / "out.nq").exists()


def test_predefined_entities_are_read_and_no_dtd_is_fetched(run: Run, tmp_path: Path) -> None:
    triples, _ = run(lmf(tmp_path, 'SYSTEM "http://x.invalid/a.dtd"', "&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;"))
    assert ("x-1", "definition", '"<a> & \\"b\\" \'c\'"@en') in triples


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<a>", r"bad\.xml:1: is not well-formed XML: no element found"),
        ("<a/>", r"bad\.xml: has no Lexicon; it should be WN-LMF"),
        ('<Lexicon id="x"/>', r"bad\.xml:1: Lexicon lacks the attribute 'language'"),
        ('<Lexicon language="en">\n<Synset/></Lexicon>', r"bad\.xml:2: Synset lacks the attribute 'id'"),
    ],
)
def test_malformed_lmf_is_an_error_with_its_line(run: Run, tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "bad.xml").write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=reason):
        run(tmp_path / "bad.xml")


@pytest.mark.parametrize(
    "line",
    [
        "00000102 03 n 01 plant 0 001 ~ 00000180 n 0000",
        "102 03 n 01 plant 0 000 | what grows",
        "00000102 03 n 02 plant 0 000 | what grows",
        "00000102 03 n 01 plant 0 001 ? 00000180 n 0000 | what grows",
        "00000102 03 n 01 plant 0 002 ~ 00000180 n 0000 | what grows",
        "00000102 03 n 01 plant 0 001 ! 00000180 n 0501 | what grows",
    ],
)
def test_a_malformed_synset_is_an_error_with_its_line(run: Run, tmp_path: Path, line: str) -> None:
    folder = tmp_path / "wndb"
    shutil.copytree(DATA / "wndb", folder)
    (folder / "data.noun").write_text(f"  1 licence\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"data\.noun:2: expected a synset as in wndb\(5WN\)"):
        run(folder)
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(SourceError, match=r"holds none of data\.noun"):
        run(folder)
