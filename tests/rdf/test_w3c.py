"""The test suites of the W3C for RDF 1.1: what is right is read as it should be, what is wrong is refused."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyoxigraph as ox
import pytest

from kaug.errors import SourceError
from kaug.rdf.parse import parse_rdf, read_chunks, read_quads
from kaug.rdf.read import read_source
from kaug.rdf.sources import source_of

DATA = Path(os.environ.get("KAUG_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data") / "w3c-rdf11"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"third-party data is absent: {DATA}; set KAUG_TEST_DATA"),
]

SUITES = {"rdf-n-triples": 70, "rdf-n-quads": 87, "rdf-turtle": 313, "rdf-trig": 356, "rdf-xml": 166}
"""The suites, and how many tests each has."""

NEGATIVE = {"rdf-n-triples": 29, "rdf-n-quads": 34, "rdf-turtle": 94, "rdf-trig": 115, "rdf-xml": 40}
EXPECTED = {"rdf-turtle": 145, "rdf-trig": 143, "rdf-xml": 126}
"""How many of them are to be refused, and how many have an expected result."""

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
RDFT = "http://www.w3.org/ns/rdftest#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


@dataclass(frozen=True)
class Case:
    """A test: its name in its suite, its kind, its file, the file of the result if it has one, and the base IRI."""

    name: str
    kind: str
    action: Path
    result: Path | None
    base: str

    def base_of(self, path: Path) -> str:
        return self.base + path.relative_to(self.suite).as_posix()

    @property
    def suite(self) -> Path:
        return DATA / self.name.split("#")[0]


@cache
def cases(suite: str) -> list[Case]:
    folder = DATA / suite
    here = folder.as_uri() + "/"
    manifest = ox.Dataset(parse_rdf(folder / "manifest.ttl", base_iri=here + "manifest.ttl"))

    def value(subject: ox.NamedNode, name: str) -> str | None:
        found = [q.object.value for q in manifest.quads_for_subject(subject) if q.predicate.value == MF + name]
        return found[0] if found else None

    base = value(ox.NamedNode(here + "manifest.ttl"), "assumedTestBase") or here
    found = []
    for quad in manifest.quads_for_predicate(TYPE):
        if quad.object.value.startswith(RDFT):
            action, result = value(quad.subject, "action"), value(quad.subject, "result")
            assert action is not None
            found.append(
                Case(
                    f"{suite}#{quad.subject.value.rpartition('#')[2]}",
                    quad.object.value.removeprefix(RDFT),
                    folder / action.removeprefix(here),
                    folder / result.removeprefix(here) if result else None,
                    base,
                )
            )
    return sorted(found, key=lambda case: case.name)


def canonical(quads: object) -> ox.Dataset:
    dataset = ox.Dataset(quads)  # type: ignore[arg-type]
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


@cache
def validated() -> dict[str, dict[str, object]]:
    """What `kaug validate` says of the file of each test, by the file's path: one process for all of them."""
    files = sorted({str(case.action) for suite in SUITES for case in cases(suite)})
    done = subprocess.run(
        [sys.executable, "-m", "kaug.cli", "validate", *files, "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == files
    return {line["file"]: line for line in lines}


@pytest.mark.parametrize("suite", SUITES)
def test_every_test_of_the_suite_is_run(suite: str) -> None:
    kinds = Counter("Negative" in case.kind for case in cases(suite))
    assert len({case.name for case in cases(suite)}) == SUITES[suite]
    assert kinds[True] == NEGATIVE[suite]
    assert sum(case.result is not None for case in cases(suite)) == EXPECTED.get(suite, 0)


@pytest.mark.parametrize("suite", SUITES)
def test_the_command_accepts_what_is_right_and_refuses_what_is_wrong(suite: str) -> None:
    wrong = [case.name for case in cases(suite) if validated()[str(case.action)]["ok"] is ("Negative" in case.kind)]
    assert wrong == []


@pytest.mark.parametrize("suite", EXPECTED)
def test_a_file_gives_the_expected_graph(suite: str) -> None:
    failed = []
    for case in cases(suite):
        if case.result is None:
            continue
        given = canonical(read_quads(case.action, base_iri=case.base_of(case.action)))
        wanted = canonical(read_quads(case.result, base_iri=case.base_of(case.result)))
        if given != wanted:
            failed.append(case.name)
    assert failed == []


@pytest.mark.parametrize("suite", SUITES)
def test_the_chunks_hold_the_same_quads(suite: str) -> None:
    differ = []
    for case in cases(suite):
        if "Negative" in case.kind:
            continue
        base = case.base_of(case.action)
        text = b"".join(read_chunks(case.action, base_iri=base))
        assert not text or text.endswith(b"\n")
        if canonical(ox.parse(text, format=ox.RdfFormat.N_QUADS)) != canonical(read_quads(case.action, base_iri=base)):
            differ.append(case.name)
    assert differ == []


def triples(quads: object) -> ox.Dataset:
    return canonical({ox.Quad(*quad.triple) for quad in quads})  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_a_build_reads_the_same_triples_and_refuses_the_same_files(suite: str) -> None:
    wrong = []
    for case in cases(suite):
        try:
            columns = read_source(source_of(case.action))
        except SourceError:
            read = None
        else:
            rows = columns.terms.take(pa.array(columns.triples.ravel())).to_pylist()
            text = "".join(f"{s} {p} {o} .\n" for s, p, o in zip(rows[::3], rows[1::3], rows[2::3], strict=True))
            read = canonical(ox.parse(text.encode(), format=ox.RdfFormat.N_TRIPLES))
        wanted = None if "Negative" in case.kind else triples(read_quads(case.action))
        if read != wanted:
            wrong.append(case.name)
    assert wrong == []
