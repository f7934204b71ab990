"""The knowledge, lexicon and corpus that are shipped hold what they promise."""

import json
import re
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pyoxigraph as ox
import pytest

from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import PROPERTIES
from kaug.rdf.parse import read_quads
from kaug.rdf.sources import Manifest, read_manifest, verify_source
from kaug.wording.wording import Wording

REPO = Path(__file__).resolve().parents[2]
CORPUS = REPO / "pipelines" / "corpus"
GEO = "https://w3id.org/kaug/geo#"
CHEM = "https://w3id.org/kaug/chem#"
R = "http://api.conceptnet.io/r/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

PREDICATES = {
    GEO: "area borders capital continent currency language population",
    CHEM: "atomicNumber discoverer discoveryYear group period series symbol",
    R: "Antonym AtLocation CapableOf Causes CreatedBy Desires HasA HasPrerequisite HasProperty HasSubevent IsA MadeOf "
    "MotivatedByGoal PartOf UsedFor",
}
TAUGHT = [space + name for space, names in PREDICATES.items() for name in names.split()]
FEWEST = {"statement": 5, "question": 3, "inverseQuestion": 2, "exam": 2, "inverseExam": 2}
LANGUAGES = {"ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "zh"}


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(REPO / "kb" / "manifest.toml")


@pytest.fixture(scope="module")
def kb(manifest: Manifest) -> KnowledgeBase:
    return build_kb(list(manifest.sources.values()), lexicon=manifest.lexicon, languages=("en", "zh"))


@pytest.fixture(scope="module")
def facts(kb: KnowledgeBase) -> list[tuple[str, str, str]]:
    values = kb.terms["value"].to_pylist()
    columns = (kb.facts[name].to_pylist() for name in ("subject", "predicate", "object"))
    return [(values[s], values[p], values[o]) for s, p, o in zip(*columns, strict=True)]


@cache
def quads(name: str) -> list[ox.Quad]:
    return list(read_quads(REPO / "kb" / name))


# ---------------------------------------------------------------- sources


def test_every_source_says_where_it_comes_from_and_is_what_it_was(manifest: Manifest) -> None:
    assert {name: source.kind for name, source in manifest.sources.items()} == {
        "world": "domain",
        "elements": "domain",
        "everyday": "commonsense",
    }
    for source in manifest.sources.values():
        assert source.licence, source.id
        assert source.origin, source.id
        assert re.fullmatch("[0-9a-f]{64}", source.sha256), source.id
        assert verify_source(source) == source.sha256
    assert {name for name, source in manifest.sources.items() if not source.attribution} == {"everyday"}, "it is CC0"
    licences = {name: source.licence for name, source in manifest.sources.items()}
    assert licences == {"world": "CC-BY-4.0 AND Unicode-3.0", "elements": "MIT", "everyday": "CC0-1.0"}


def test_every_shipped_rdf_file_is_in_the_manifest(manifest: Manifest) -> None:
    named = {source.path for source in manifest.sources.values()} | {manifest.lexicon, manifest.shapes}
    assert set((REPO / "kb").rglob("*.ttl")) == named


@pytest.mark.slow
def test_shapes_hold(manifest: Manifest) -> None:
    pytest.importorskip("pyshacl", reason="pip install 'kaug[shacl]'")
    from kaug.rdf.validate import check_shapes

    assert manifest.shapes is not None
    assert manifest.lexicon is not None
    files = [*(source.path for source in manifest.sources.values()), manifest.lexicon]
    found = [(line["severity"], line["focus"], line["message"]) for line in check_shapes(files, manifest.shapes)]
    message = "has no geo:capital, or more than three"
    without = ["HK", "IO", "MO"]  # two cities, and islands without a town
    assert found == [("Warning", f"https://w3id.org/kaug/country/{code}", message) for code in without]


def test_shapes_find_what_is_wrong(tmp_path: Path, manifest: Manifest) -> None:
    pytest.importorskip("pyshacl", reason="pip install 'kaug[shacl]'")
    from kaug.rdf.validate import check_shapes

    path = tmp_path / "wrong.ttl"
    path.write_text(f"@prefix geo: <{GEO}> . <urn:a> a geo:Country ; geo:area 0 ; geo:borders <urn:a> .")
    assert manifest.shapes is not None
    assert {line["message"] for line in check_shapes([path], manifest.shapes) if line["severity"] == "Violation"} == {
        "has no English rdfs:label",
        "has not exactly one geo:continent that is a geo:Continent",
        "has a geo:area that is not one positive number",
    }


# ---------------------------------------------------------------- facts


def test_how_many_there_are_of_each_kind(facts: list[tuple[str, str, str]]) -> None:
    kinds = Counter(o.rsplit("/", 1)[-1].rsplit("#", 1)[-1] for _, p, o in facts if p == TYPE)
    assert {name: kinds[name] for name in ("Country", "Continent", "Element", "Series")} == {
        "Country": 242,
        "Continent": 7,
        "Element": 118,
        "Series": 10,
    }


def test_what_is_taught_uses_the_predicates_that_the_lexicon_says(
    kb: KnowledgeBase, facts: list[tuple[str, str, str]]
) -> None:
    assert {facts[row][1] for row in kb.taught.tolist()} == set(TAUGHT)
    said = {kb.terms["value"][number].as_py() for number in set(kb.lexicon["predicate"].to_pylist())}
    assert said == set(TAUGHT)


def test_planted_facts(facts: list[tuple[str, str, str]]) -> None:
    country, c = "https://w3id.org/kaug/country/", "http://api.conceptnet.io/c/en/"
    assert {
        (f"{country}FR", f"{GEO}borders", f"{country}ES"),
        (f"{country}JP", f"{GEO}currency", "https://w3id.org/kaug/currency/JPY"),
        ("https://w3id.org/kaug/element/Au", f"{CHEM}symbol", "Au"),
        ("https://w3id.org/kaug/element/Au", f"{CHEM}atomicNumber", "79"),
        (f"{c}pet", f"{R}IsA", f"{c}animal"),
    } <= set(facts)


def test_no_number_is_nothing(facts: list[tuple[str, str, str]]) -> None:
    numbers = [o for _, p, o in facts if p in (GEO + "area", GEO + "population")]
    assert len(numbers) == 483  # GeoNames rounds the area of Vatican City to nothing
    assert all(float(number) > 0 for number in numbers)


# ---------------------------------------------------------------- the lexicon


@pytest.mark.parametrize("iri", TAUGHT)
def test_a_predicate_can_be_said_in_many_ways(kb: KnowledgeBase, iri: str) -> None:
    predicate = kb.terms["value"].to_pylist().index(iri)
    rows = [row for row in kb.lexicon.to_pylist() if row["predicate"] == predicate]
    for language in ("en", "zh") if iri.startswith(GEO) else ("en",):
        number = Counter(row["property"] for row in rows if row["language"] == language)
        assert {name: fewest for name, fewest in FEWEST.items() if number[name] < fewest} == {}, language
        for name in FEWEST:
            found = Wording(kb, language).templates(predicate, name)  # type: ignore[arg-type]
            assert len(found) == number[name], "the rule is not asked"
            assert all(set(re.findall(r"\{(\w)\}", text)) == PROPERTIES[name] for text in found)
    assert {row["language"] for row in rows} <= {"en", "zh"}


def test_facts_are_said_in_both_directions(kb: KnowledgeBase) -> None:
    found = Counter(
        (row["predicate"], row["language"])
        for row in kb.lexicon.to_pylist()
        if row["property"] == "statement" and row["text"].index("{o}") < row["text"].index("{s}")
    )
    assert len(found) == len(TAUGHT) + 7  # those of geo: in Chinese as well
    assert min(found.values()) >= 2


def test_no_template_stands_under_two_properties_of_a_predicate(kb: KnowledgeBase) -> None:
    number = Counter((row["predicate"], row["text"]) for row in kb.lexicon.to_pylist())
    assert {text for (_, text), times in number.items() if times > 1} == set()


# ---------------------------------------------------------------- common sense


def concepts() -> set[str]:
    stated = [quad for quad in quads("commonsense/everyday.ttl") if quad.predicate.value.startswith(R)]
    return {term.value for quad in stated for term in (quad.subject, quad.object)}  # type: ignore[union-attr]


def test_common_sense_is_many_facts_over_the_relations(facts: list[tuple[str, str, str]]) -> None:
    relations = Counter(p.removeprefix(R) for _, p, _ in facts if p.startswith(R))
    assert set(relations) == set(PREDICATES[R].split())
    assert relations.total() >= 1500
    assert min(relations.values()) >= 50


def test_kinds_make_a_tree_without_a_circle(facts: list[tuple[str, str, str]]) -> None:
    above: dict[str, set[str]] = {}
    for s, p, o in facts:
        if p == R + "IsA":
            above.setdefault(s, set()).add(o)
    depth: dict[str, int] = {}
    for concept in TopologicalSorter(above).static_order():  # raises CycleError
        depth[concept] = max((depth[kind] + 1 for kind in above.get(concept, ())), default=0)
    assert max(depth.values()) >= 6


def test_every_concept_has_exactly_one_english_label() -> None:
    labels = Counter(
        quad.subject.value  # type: ignore[union-attr]
        for quad in quads("commonsense/everyday.ttl")
        if quad.predicate.value == LABEL and isinstance(quad.object, ox.Literal) and quad.object.language == "en"
    )
    assert {concept: labels[concept] for concept in concepts() if labels[concept] != 1} == {}


def test_no_two_concepts_have_one_label() -> None:
    labels = Counter(
        quad.object.value.lower()
        for quad in quads("commonsense/everyday.ttl")
        if quad.predicate.value == LABEL and isinstance(quad.object, ox.Literal)
    )
    assert [label for label, number in labels.items() if number > 1] == []


# ---------------------------------------------------------------- the world


def test_the_world_has_names_in_many_languages() -> None:
    names: dict[str, set[str]] = {}
    for quad in quads("domain/world.ttl"):
        if quad.predicate.value == LABEL and isinstance(quad.object, ox.Literal):
            names.setdefault(quad.subject.value, set()).add(quad.object.language or "")  # type: ignore[union-attr]
    countries = {name: found for name, found in names.items() if "/country/" in name}
    assert len(countries) == 242
    assert all(found == LANGUAGES for found in countries.values())


# ---------------------------------------------------------------- the corpus


def passages(name: str = "*") -> list[dict[str, str]]:
    files = sorted(CORPUS.glob(f"{name}.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_the_corpus() -> None:
    found = passages()
    assert len(found) >= 200
    assert {tuple(passage) for passage in found} == {("id", "text")}
    for key in ("id", "text"):
        assert len({passage[key] for passage in found}) == len(found), key
    assert all(len(passage["text"]) >= 150 and passage["text"] == passage["text"].strip() for passage in found)


@pytest.mark.slow
def test_no_passage_gives_a_capital_away(kb: KnowledgeBase) -> None:
    texts = {passage["id"]: passage["text"] for passage in passages("countries")}
    assert [name for name, text in texts.items() if "capital of" in text.lower()] == []
    capital = kb.terms["value"].to_pylist().index(GEO + "capital")
    rows = [row for row, predicate in enumerate(kb.facts["predicate"].to_pylist()) if predicate == capital]
    assert len(rows) == 239
    for row in rows:
        country, city = (Wording(kb).names(kb.facts[side][row].as_py()) for side in ("subject", "object"))
        for name, text in texts.items():
            both = any(word in text for word in country) and any(word in text for word in city)
            assert not (both and "capital" in text.lower()), (name, country[0], city[0])
