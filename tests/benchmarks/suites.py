"""The W3C's suites for RDF 1.2 and for JSON-LD `toRdf`, from clones of their repositories: `suites FOLDER...`.

    python -m tests.benchmarks.suites rdf-tests/rdf/rdf12 json-ld-api/tests

Prints the tests that fail, and the number of those that pass. docs/formats.md gives the reasons of the failures.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.rdf.parse import parse_rdf, read_quads

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
RDFT = "http://www.w3.org/ns/rdftest#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
JSON_LD = "https://w3c.github.io/json-ld-api/tests/"

Case = tuple[str, bool, Path, str, Path | None, str]
"""A test: its name, whether its file is to be refused, the file and its base IRI, and the result and its base IRI."""


def rdf_cases(folder: Path) -> Iterator[Case]:
    for file in sorted(folder.glob("rdf-[!s]*/**/manifest.ttl")):
        here = file.parent.as_uri() + "/"
        manifest: Any = ox.Dataset(parse_rdf(file, base_iri=here + "manifest.ttl"))
        values = {(q.subject, q.predicate.value.removeprefix(MF)): q.object.value for q in manifest}
        base = next((value for (_, name), value in values.items() if name == "assumedTestBase"), here)
        for quad in manifest.quads_for_predicate(TYPE):
            if quad.object.value.startswith(RDFT):
                action = values[quad.subject, "action"].removeprefix(here)
                result = values.get((quad.subject, "result"), "").removeprefix(here)
                refused = "Negative" in quad.object.value
                name, expected = quad.subject.value, file.parent / result if result else None
                yield name, refused, file.parent / action, base + action, expected, base + result


def json_ld_cases(folder: Path) -> Iterator[Case]:
    for test in json.loads((folder / "toRdf-manifest.jsonld").read_text(encoding="utf-8"))["sequence"]:
        base = test.get("option", {}).get("base") or JSON_LD + test["input"]
        expected = folder / test["expect"] if "expect" in test else None
        yield test["@id"], "jld:NegativeEvaluationTest" in test["@type"], folder / test["input"], base, expected, ""


def canonical(quads: Iterable[ox.Quad]) -> ox.Dataset:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def passes(case: Case) -> bool:
    _, refused, file, base, expected, expected_base = case
    try:
        given = canonical(read_quads(file, base_iri=base))
    except SourceError:
        return refused
    try:
        return not refused and (
            expected is None or given == canonical(read_quads(expected, base_iri=expected_base or None))
        )
    except SourceError:  # the result is generalized RDF
        return False


def main() -> None:
    for folder in map(Path, sys.argv[1:]):
        read = json_ld_cases if (folder / "toRdf-manifest.jsonld").exists() else rdf_cases
        results = {case[0]: passes(case) for case in read(folder.resolve())}
        print(
            folder, sum(results.values()), "of", len(results), "pass; not:", *(n for n, ok in results.items() if not ok)
        )


if __name__ == "__main__":
    main()
