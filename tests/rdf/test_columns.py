"""Files of RDF are read into columns as a strict parser reads them, whatever their lines look like."""

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.errors import SourceError
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.project import open_project, project_of
from kaug.pipeline.run import run_project
from kaug.pipeline.stage import Inputs
from kaug.pipeline.starter import knowledge_only
from kaug.rdf import read as module
from kaug.rdf.columns import Columns, find_term, read_columns
from kaug.rdf.parse import read_chunks
from kaug.rdf.read import read_source
from kaug.rdf.sources import source_of

A, B, P = "<urn:x:a>", "<urn:x:b>", "<http://example.org/p>"
CANONICAL = [
    f"{A} {P} {B} .",
    f'{A} {P} "plain" .',
    f'{A} {P} "two words. And . \\"more\\" <urn:x:a> ." .',
    f'{A} {P} "in a language"@en-gb .',
    f'{B} {P} "5"^^<http://www.w3.org/2001/XMLSchema#integer> .',
    f'{B} {P} "" .',
    f'{B} <urn:x:é> "Lomé 🌍" .',
    f"{A} {P} <<( {A} {P} {B} )>> .",
    f'{A} {P} <<( {A} {P} "with \\" spaces"@en )>> .',
]
OTHERWISE = [
    f"{B} {P} {A}.",
    f"\t{B}  {P}\t{A} .   # a remark with <urn:x:a> .",
    f'{A} {P} "typed"^^<http://www.w3.org/2001/XMLSchema#string> .',
    f'{A} {P} "Upper"@EN-GB .',
    f'{A} {P} "esc\\u0061ped \\U0001F30D" .',
    f'{A}{P}"close"@en.',
    f'{A} {P} <<({B} {P} "in it"^^<http://www.w3.org/2001/XMLSchema#string>)>> .',
    f"<urn:x:\\u0061> {P} {B} .",
    f'{A} {P} "a\\ttab" .',
    f'{A} {P} "a\ttab as it is" .',
]
NOTHING = ["", "# a comment .", "   ", "\t# x", '# """', "# '''", "#"]
QUADS = [
    f"{A} {P} {B} <urn:x:g> .",
    f'{A} {P} "a <b> _:c " <urn:x:g> .',
    f'{B} {P} "x"@en _:g .',
    f"{B} {P} _:n <urn:x:g> .",
]
WRONG = [
    f"{A} {P} {B}",
    f"{A} {P} .",
    f"{A} {P} {B} {B} {B} .",
    f'"subject" {P} {B} .',
    f"{A} _:p {B} .",
    f'{A} {P} "no end .',
    f'{A} {P} "language"@5 .',
    f"{A} {P} <relative> .",
    f"{A} {P} <urn:x:sp ace> .",
    f"{A} {P} <urn:x:%zz> .",
    f'{A} {P} "wrong \\q escape" .',
    f"{A} {P} {B} . {B} {P} {A} .x",
    f"{A} {P} <urn:x:\x01> .",
    "xyz",
]


def parsed(text: str, syntax: ox.RdfFormat = ox.RdfFormat.N_QUADS) -> set[tuple[str, str, str]]:
    return {(str(q.subject), str(q.predicate), written(q.object)) for q in ox.parse(text.encode(), format=syntax)}


def written(term: object) -> str:
    return f"<<( {term} )>>" if isinstance(term, ox.Triple) else str(term)


def texts(columns: Columns) -> list[tuple[str, str, str]]:
    terms = columns.terms.to_pylist()
    return [(terms[s], terms[p], terms[o]) for s, p, o in columns.triples.tolist()]


def check_order(columns: Columns) -> None:
    terms = [term.encode() for term in columns.terms.to_pylist()]
    assert all(one < two for one, two in pairwise(terms))
    rows = columns.triples.tolist()
    assert all(one < two for one, two in pairwise(rows))
    assert set(np.unique(columns.triples)) == set(range(len(terms)))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(st.sampled_from(CANONICAL + OTHERWISE + NOTHING), max_size=30),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    last=st.booleans(),
    pieces=st.integers(1, 4),
)
def test_lines_of_every_look_are_read_as_the_parser_reads_them(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, last: bool, pieces: int
) -> None:
    text = end.join(lines) + (end if last else "")
    path = tmp_path_factory.getbasetemp() / "lines.nt"
    path.write_bytes(text.encode())
    columns = read_columns(read_chunks(path, size=1 << (4 * pieces)), "lines.nt", syntax=ox.RdfFormat.N_TRIPLES)
    assert set(texts(columns)) == parsed("\n".join(lines), ox.RdfFormat.N_TRIPLES)
    assert columns.read == sum(line not in NOTHING for line in lines)
    check_order(columns)


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(st.sampled_from(CANONICAL + OTHERWISE + NOTHING + QUADS[:2]), max_size=20), pieces=st.integers(1, 4)
)
@pytest.mark.slow
def test_names_of_graphs_are_left_out(tmp_path_factory: pytest.TempPathFactory, lines: list[str], pieces: int) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.nq"
    path.write_text("\n".join(lines), encoding="utf-8")
    columns = read_columns(read_chunks(path, size=1 << (4 * pieces)), "lines.nq", syntax=ox.RdfFormat.N_QUADS)
    assert set(texts(columns)) == parsed("\n".join(lines))
    check_order(columns)


def test_blank_nodes_are_read_among_lines_of_every_look(tmp_path: Path) -> None:
    lines = [*CANONICAL, *OTHERWISE, *NOTHING, *QUADS]
    (tmp_path / "a.nq").write_text("\n".join(lines), encoding="utf-8")
    found = texts(read_source(source_of(tmp_path / "a.nq")))
    named = [triple for triple in found if triple[2].startswith("_:")]
    assert [triple[:2] for triple in named] == [(B, P)]
    assert set(found) - set(named) == {triple for triple in parsed("\n".join(lines)) if not triple[2].startswith("_:")}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("ending", ["nt", "nq"])
def test_a_wrong_line_is_named_wherever_it_stands(tmp_path: Path, wrong: str, ending: str) -> None:
    for seed in range(4):
        draw = random.Random(seed)
        before = draw.choices(CANONICAL + OTHERWISE + NOTHING, k=draw.randrange(40))
        after = draw.choices(CANONICAL + OTHERWISE + NOTHING, k=draw.randrange(40))
        path = tmp_path / f"a.{ending}"
        path.write_text("\n".join([*before, wrong, *after]), encoding="utf-8")
        with pytest.raises(SourceError, match=rf"a\.{ending}:{len(before) + 1}: "):
            read_source(source_of(path))


def test_of_several_wrong_lines_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_text("\n".join([*CANONICAL, WRONG[0], *CANONICAL, WRONG[3]]), encoding="utf-8")
    lines = len(CANONICAL)
    with pytest.raises(SourceError, match=rf"a\.nt:({lines + 1}|{2 * lines + 2}): "):
        read_source(source_of(path))


def test_lines_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.nt"
    path.write_bytes("\n".join(CANONICAL).encode() + f'\n{A} {P} "'.encode() + b'\xff" .\n')
    with pytest.raises(SourceError, match=rf"a\.nt:{len(CANONICAL) + 1}: "):
        read_source(source_of(path))


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "# one\n\n# two\n"])
@pytest.mark.parametrize("ending", ["nt", "nq", "ttl"])
def test_a_file_without_triples(tmp_path: Path, text: str, ending: str) -> None:
    (tmp_path / f"a.{ending}").write_text(text, encoding="utf-8")
    columns = read_source(source_of(tmp_path / f"a.{ending}"))
    assert (len(columns.terms), columns.triples.shape, columns.read) == (0, (0, 3), 0)


@pytest.mark.slow
def test_only_files_that_changed_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    chunks = module.read_chunks
    monkeypatch.setattr(
        module, "read_chunks", lambda path, **options: (read.append(path.name), chunks(path, **options))[1]
    )

    def build(out: Path) -> tuple[str, list[str]]:
        read.clear()
        made = build_sources([tmp_path / "kb"], tmp_path / out)
        return made["1-knowledge"].digest + made["0-sources/kb"].digest, sorted(read)

    (tmp_path / "kb").mkdir()
    names = [f"{number}.ttl" for number in range(6)]
    for number, name in enumerate(names):
        shared = f"<urn:x:all> <urn:x:p> {number // 2} . [ <urn:x:p> <urn:x:{number}> ] ."
        (tmp_path / "kb" / name).write_text(f"<urn:x:{number}> <urn:x:p> <urn:x:{number + 1}> . {shared}")
    assert build(tmp_path / "out")[1] == names
    (tmp_path / "kb" / "2.ttl").write_text("<urn:x:new> <urn:x:q> 7 .")
    (tmp_path / "kb" / "4.ttl").unlink()
    (tmp_path / "kb" / "5.ttl").rename(tmp_path / "kb" / "6.ttl")
    (tmp_path / "kb" / "7.nt").write_text("# nothing\n")
    digest, again = build(tmp_path / "out")
    assert again == ["2.ttl", "6.ttl", "7.nt"]
    assert build(tmp_path / "fresh") == (digest, ["0.ttl", "1.ttl", "2.ttl", "3.ttl", "6.ttl", "7.nt"])
    (tmp_path / "kb" / "2.ttl").unlink()  # nothing is new: all comes from what was read before
    digest, again = build(tmp_path / "out")
    assert again == []
    assert build(tmp_path / "fresh")[0] == digest == build(tmp_path / "fresher")[0]


def build_sources(paths: list[Path], out: Path) -> Inputs:
    return run_project(project_of(knowledge_only([str(path) for path in paths]), out), "knowledge")


def build_files(folder: Path, out: Path) -> tuple[str, set[str]]:
    return build_sources([folder], out)["1-knowledge"].digest, set(load_kb(out).terms["value"].to_pylist())


@pytest.mark.slow
def test_a_file_is_known_again_by_its_name_too(tmp_path: Path) -> None:
    # What a file says depends on its name: relative IRIs, and the syntax.
    kb = tmp_path / "kb"
    kb.mkdir()
    for name in ("a.ttl", "b.ttl"):
        (kb / name).write_text('<> <urn:x:p> "same" .')
    (kb / "c.ttl").write_text("<urn:x:c> <urn:x:p> 1 .")
    build_files(kb, tmp_path / "out")
    (kb / "c.ttl").write_text("<urn:x:c> <urn:x:p> 2 .")
    digest, values = build_files(kb, tmp_path / "out")
    assert {"file:///a.ttl", "file:///b.ttl", "2"} <= values
    assert build_files(kb, tmp_path / "fresh") == (digest, values)
    (kb / "b.ttl").unlink()
    (kb / "a.ttl").rename(kb / "z.ttl")
    digest, values = build_files(kb, tmp_path / "out")
    assert {value for value in values if value.startswith("file:")} == {"file:///z.ttl"}
    (kb / "z.ttl").rename(kb / "z.nt")
    with pytest.raises(SourceError, match=r"z\.nt:1: "):
        build_files(kb, tmp_path / "out")


def test_a_single_file_that_is_renamed_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<> <urn:x:p> 1 .")
    assert "file:///a.ttl" in build_files(tmp_path / "a.ttl", tmp_path / "out")[1]
    (tmp_path / "a.ttl").rename(tmp_path / "a.n3")
    assert "file:///a.n3" in build_files(tmp_path / "a.n3", tmp_path / "out")[1]


def test_sources_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.ttl").write_text(f"<urn:x:s> <urn:x:p> {value} .")
    paths = [tmp_path / "a" / "x.ttl", tmp_path / "b" / "x.ttl"]
    build_sources(paths, tmp_path / "out")
    for kb in (load_kb(tmp_path / "out"), build_kb(paths)):
        assert sorted(kb.facts["sources"].to_pylist()) == [["x"], ["x-2"]]
        assert kb.origins["x-2"]["path"] == "x.ttl"
    with pytest.raises(SourceError, match=r"x\.ttl: is given twice"):
        build_sources(paths[:1] * 2, tmp_path / "out")


@pytest.mark.slow
def test_a_change_of_licence_makes_the_knowledge_base_anew(tmp_path: Path) -> None:
    (tmp_path / "x.ttl").write_text("<urn:x:s> <urn:x:p> 1 .")

    (tmp_path / "p.toml").write_text(
        'question = "?"\n[knowledge]\nmanifest = "manifest.toml"\nsources = ["x"]\n[training]\ntokens = 1\n'
    )

    def licence() -> str:
        run_project(open_project(tmp_path / "p.toml", out=tmp_path / "out"), "knowledge")
        return str(load_kb(tmp_path / "out").origins["x"]["licence"])

    for name in ("MIT", "CC-BY-4.0"):
        (tmp_path / "manifest.toml").write_text(f'[sources.x]\npath = "x.ttl"\nlicence = "{name}"\n')
        assert licence() == name


def test_what_a_json_ld_context_drops_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonld").write_text('{"@id": "urn:x:a", "urn:x:b": "read", "no such key": "left out"}')
    counts = build_kb([tmp_path / "a.jsonld"]).counts
    assert {name: count for name, count in counts.items() if "JSON-LD" in name} == {
        "triples left out: no IRI or key known in JSON-LD, a": 1
    }


def test_a_term_is_found_by_its_text(tmp_path: Path) -> None:
    (tmp_path / "a.nt").write_text("\n".join(CANONICAL), encoding="utf-8")
    columns = read_source(source_of(tmp_path / "a.nt"))
    assert [find_term(columns.terms, text) for text in columns.terms.to_pylist()] == list(range(len(columns.terms)))
    assert find_term(columns.terms, "<urn:x:aa>") == -1
