"""A quality report finds what is planted, and nothing where nothing is."""

import json
import random
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import polars as pl
import pyarrow as pa
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.arrays import below, join
from kaug.curation.quality import assess, quality_lines, quality_page, write_quality
from kaug.curation.quality.findings import FINDINGS
from kaug.curation.quality.labels import well_formed
from kaug.curation.quality.shape import cycles
from kaug.curation.quality.values import fits
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase

PREFIXES = """
@prefix : <urn:x:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
CLEAN = """
:Country a owl:Class ; rdfs:label "country"@en ; owl:disjointWith :City . :City a owl:Class ; rdfs:label "city"@en .
:Place a owl:Class ; rdfs:label "place"@en . :Country rdfs:subClassOf :Place . :City rdfs:subClassOf :Place .
:capital a owl:FunctionalProperty, owl:AsymmetricProperty, owl:IrreflexiveProperty ; rdfs:label "capital"@en ;
    rdfs:domain :Country ; rdfs:range :City ; owl:propertyDisjointWith :borders ; kaug:statement "{s} has {o}."@en .
:borders rdfs:label "borders"@en ; rdfs:domain :Country ; rdfs:range :Place ; kaug:statement "{s} borders {o}."@en .
:area rdfs:label "area"@en ; rdfs:range xsd:decimal ; kaug:statement "The area of {s} is {o}."@en .
:togo a :Country ; rdfs:label "Togo"@en ; :capital :lome ; :borders :ghana ; :area 56785 .
:ghana a :Country ; rdfs:label "Ghana"@en ; :capital :accra ; :borders :togo ; :area 238535.5 .
:lome a :City ; rdfs:label "Lomé"@en . :accra a :City ; rdfs:label "Accra"@en .
"""
Make = Callable[..., KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(turtle: str, name: str = "world", **options: Any) -> KnowledgeBase:
        path = tmp_path / f"{name}.ttl"
        path.write_text(PREFIXES + turtle, encoding="utf-8")
        return build_kb([path], **options)

    return build


def named(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["id"]: finding for finding in report["findings"]}


def ends(item: dict[str, Any]) -> list[str]:
    return [re.sub(r"^(urn:x:|.*[#/])", "", term["value"]) for term in item["terms"]]


def triples(item: dict[str, Any]) -> list[str]:
    return [
        " ".join(re.sub(r"<(urn:x:|[^>]*[#/])([^>]*)>", r"\2", part) for part in f["triple"]) for f in item["facts"]
    ]


def test_nothing_is_found_where_nothing_is_wrong(make: Make) -> None:
    report = assess(make(CLEAN))
    assert report["findings"] == []
    assert report["summary"] == {"error": 0, "warning": 0, "info": 0}
    assert quality_lines(report)[-1] == "no finding"
    assert "Nothing found" in quality_page(report)


# What is added to the clean graph, and the finding that must come of it: severity, count, and of the first case the
# terms, the note and the facts.
PLANTED = {
    "functional-conflict": (
        ":togo :capital :accra .",
        ("error", 1, ["togo", "capital"], "has 2 values of “capital”", ["togo capital accra", "togo capital lome"]),
    ),
    "disjoint-types": (
        ":Capital rdfs:subClassOf :City . :togo a :Capital .",
        ("error", 1, ["togo", "City", "Country"], "is both “city” and “country”", ["togo type Capital", "togo type Country"]),
    ),
    "unsatisfiable-class": (
        ":State rdfs:subClassOf :City, :Country .",
        ("error", 1, ["State", "City", "Country"], "is below both “city” and “country”",
         ["State subClassOf City", "State subClassOf Country"]),
    ),
    "asymmetric-both-ways": (
        ":lome :capital :togo .",
        ("error", 1, ["lome", "togo", "capital"], "“capital” holds both ways", ["lome capital togo", "togo capital lome"]),
    ),
    "irreflexive-to-itself": (
        ":lome :capital :lome .",
        ("error", 1, ["lome", "capital"], "“capital” to itself", ["lome capital lome"]),
    ),
    "disjoint-properties": (
        ":togo :borders :lome .",
        ("error", 1, ["togo", "lome", "borders", "capital"], "related by both “borders” and “capital”",
         ["togo borders lome", "togo capital lome"]),
    ),
    "outside-domain": (
        ":lome :borders :accra .",
        ("warning", 1, ["borders", "Country"], "1 fact of “borders” whose subject is not “country”", ["lome borders accra"]),
    ),
    "outside-range": (
        ':lome :area "wide" .',
        ("warning", 1, ["area", "decimal"], "1 fact of “area” whose object is not “decimal”", ['lome area "wide"']),
    ),
    "invalid-literal": (
        ':togo :founded "1960-13-40"^^xsd:date .',
        ("error", 1, ["1960-13-40"], "is not a valid xsd:date", ['togo founded "1960-13-40"^^date']),
    ),
    "unknown-datatype": (
        ':togo :founded "1960"^^xsd:Integer .',
        ("error", 1, ["1960"], "xsd:Integer does not exist. Did you mean 'integer'?", ['togo founded "1960"^^Integer']),
    ),
    "mixes-things-and-values": (
        ':lome :borders "the sea" .',
        ("warning", 1, ["borders"], "2 things, 1 text", ['lome borders "the sea"']),
    ),
    "mixes-datatypes": (
        ':lome :area "wide"@en .',
        ("warning", 1, ["area"], "2 numbers, 1 text", ['lome area "wide"@en']),
    ),
    "entity-without-label": (
        ":togo :borders :burkinaFaso .",
        ("warning", 1, ["burkinaFaso"], "is called “burkinaFaso”", ["togo borders burkinaFaso"]),
    ),
    "predicate-without-lexicon": (
        ":togo :hasMotto :lome .",
        ("warning", 1, ["hasMotto"], "1 fact", ["togo hasMotto lome"]),
    ),
    "shared-label": (
        ':lomeTwo rdfs:label "Lomé"@en . :togo :borders :lomeTwo .',
        ("warning", 1, ["lome", "lomeTwo"], "all called “Lomé”@en", ["lome type City", "togo borders lomeTwo"]),
    ),
    "several-preferred-labels": (
        ':lome skos:prefLabel "Lome"@en .',
        ("warning", 1, ["lome"], "en: “Lome”, “Lomé”", []),
    ),
    "long-label": (
        f':lome skos:altLabel "{"x" * 201}"@en .',
        ("warning", 1, ["lome"], "201 characters", []),
    ),
    "same-label-and-type": (
        ':lomeTwo a :City ; rdfs:label "Lomé"@en .',
        ("warning", 1, ["lome", "lomeTwo", "City"], "all called “Lomé”, and each “city”",
         ["lome type City", "lomeTwo type City"]),
    ),
    "same-facts": (
        ":a :borders :togo, :ghana . :b :borders :togo, :ghana .",
        ("info", 1, ["a", "b"], "2 with the same 2 facts", ["a borders ghana", "a borders togo"]),
    ),
    "same-as": (
        ":togo owl:sameAs :togoland .",
        ("info", 1, ["togo", "togoland"], "", ["togo sameAs togoland"]),
    ),
    "value-variants": (
        ':togo :motto "Work  and peace" . :ghana :motto "work and Peace" .',
        ("warning", 1, ["Work  and peace", "work and Peace", "motto"], "values of “motto”",
         ['togo motto "Work  and peace"', 'ghana motto "work and Peace"']),
    ),
    "cycle": (
        ":Place rdfs:subClassOf :Region . :Region rdfs:subClassOf :Country .",
        ("warning", 1, ["Country", "Place", "Region", "subClassOf"], "3 members in a cycle of “sub class of”",
         ["Country subClassOf Place", "Place subClassOf Region", "Region subClassOf Country"]),
    ),
    "orphan": (
        ':benin rdfs:label "Benin"@en .',
        ("warning", 1, ["benin"], "", []),
    ),
    "unused-property": (
        ":anthem a owl:ObjectProperty .",
        ("info", 1, ["anthem"], "", ["anthem type ObjectProperty"]),
    ),
    "empty-class": (
        ":Island a owl:Class .",
        ("info", 1, ["Island"], "", ["Island type Class"]),
    ),
    "single-fact": (
        ":togo :borders :benin .",
        ("info", 1, ["benin"], "", ["togo borders benin"]),
    ),
    "dangling": (
        ":togo :borders :Ghana .",
        ("warning", 1, ["Ghana"], "1 fact; described is urn:x:ghana", ["togo borders Ghana"]),
    ),
    "foreign": (
        ":togo :borders <http://other.example/a>, <http://other.example/b> .",
        ("info", 2, ["a", "b"], "in http://other.example/", ["togo borders a", "togo borders b"]),
    ),
    "islands": (
        ":x :borders :y . :y :borders :x .",
        ("info", 1, ["x", "y"], "2 entities", ["x borders y", "y borders x"]),
    ),
    "misspelt-vocabulary": (
        ":togo rdf:label \"Togo\" .",
        ("error", 1, ["label"], "is used 1 time; perhaps <http://www.w3.org/2000/01/rdf-schema#label>", ["togo label \"Togo\""]),
    ),
    "import-not-loaded": (
        ":onto a owl:Ontology ; owl:imports :base .",
        ("info", 1, ["base"], "", []),
    ),
    "deprecated-term": (
        ":borders owl:deprecated true .",
        ("warning", 1, ["borders"], "2 facts", ["ghana borders togo", "togo borders ghana"]),
    ),
    "several-values-said-as-one": (
        ":area2 rdfs:label \"topping\"@en ; kaug:statement \"The topping of {s} is {o}.\"@en . :togo :area2 :lome, :accra .",
        ("warning", 1, ["area2"], "1 of 1 subjects have several", ["togo area2 accra", "togo area2 lome"]),
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(make: Make, name: str) -> None:
    turtle, expected = PLANTED[name]
    finding = named(assess(make(CLEAN + turtle)))[name]
    (item, *_) = finding["items"]
    severity, count, terms, note, facts = expected
    assert (finding["severity"], finding["count"]) == (severity, count)
    assert (ends(item), item["note"], triples(item)) == (terms, note, facts)
    assert re.search(r"\d|The graph", finding["what"])
    assert finding["do"].endswith(".")


def test_the_page_of_the_documentation_names_every_finding() -> None:
    text = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning|info) \|", text, re.M))
    assert documented == {name: kind.severity for name, kind in FINDINGS.items()}
    assert set(PLANTED) <= set(FINDINGS)


def test_a_fallback_sentence_shows_how_a_predicate_would_be_said(make: Make) -> None:
    (item,) = named(assess(make(CLEAN + ":togo :hasMotto :lome .")))["predicate-without-lexicon"]["items"]
    assert item["facts"][0]["text"] == "The motto of Togo is Lomé."
    assert item["facts"][0]["sources"] == ["world"]


@pytest.mark.parametrize(
    ("turtle", "terms"),
    [
        (":capital a owl:InverseFunctionalProperty . :benin :capital :lome .", ["lome", "capital"]),
        (":mainTown rdfs:subPropertyOf :capital . :togo :mainTown :accra .", ["togo", "capital"]),
        (":Country rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :area ; owl:maxCardinality 1 ] ."
         " :togo :area 1 .", ["togo", "area"]),
    ],
)  # fmt: skip
def test_functional_in_other_words(make: Make, turtle: str, terms: list[str]) -> None:
    (item,) = named(assess(make(CLEAN + turtle)))["functional-conflict"]["items"]
    assert ends(item) == terms


def test_a_restriction_binds_only_its_class(make: Make) -> None:
    turtle = ":City rdfs:subClassOf [ owl:onProperty :area ; owl:maxCardinality 1 ] . :togo :area 1 ."
    assert "functional-conflict" not in named(assess(make(CLEAN + turtle)))


def test_what_is_one_thing_is_one_value(make: Make) -> None:
    assert "functional-conflict" not in named(
        assess(make(CLEAN + ":togo :capital :tsevie . :tsevie owl:sameAs :lome ."))
    )


def test_a_predicate_that_looks_functional(make: Make) -> None:
    facts = "".join(f":n{i} :code {i} ." for i in range(200)) + ":n7 :code 700 ."
    (item,) = named(assess(make(facts)))["looks-functional"]["items"]
    assert (ends(item), item["count"]) == (["n7", "code"], 2)
    assert item["note"] == "has 2 values of “code”; 99.5% of 200 subjects have one"
    few = "".join(f":n{i} :code {i} ." for i in range(99)) + ":n7 :code 700 ."
    assert "looks-functional" not in named(assess(make(few)))


@pytest.mark.parametrize(
    "axiom",
    [
        "[] a owl:AllDisjointClasses ; owl:members ( :River :Country :City ) .",
        ":Thing owl:disjointUnionOf ( :City :Country ) .",
        ":City owl:complementOf :Country .",
    ],
)
def test_disjoint_in_other_words(make: Make, axiom: str) -> None:
    turtle = CLEAN.replace("; owl:disjointWith :City", "") + axiom + " :togo a :City ."
    (item,) = named(assess(make(turtle)))["disjoint-types"]["items"]
    assert ends(item) == ["togo", "City", "Country"]


def test_a_domain_may_be_a_union(make: Make) -> None:
    union = ":area rdfs:domain [ a owl:Class ; owl:unionOf ( :Country :River ) ] . :lome :area 5 ."
    (item,) = named(assess(make(CLEAN + union)))["outside-domain"]["items"]
    assert triples(item) == ['lome area "5"^^integer']


def test_a_subject_without_a_type_is_not_outside_a_domain(make: Make) -> None:
    assert "outside-domain" not in named(assess(make(CLEAN + ":mars :borders :togo .")))


@pytest.mark.parametrize("values", ['"10"^^xsd:decimal, "10.0"^^xsd:decimal', "10, 1e1", '"+7"^^xsd:integer, 7.0'])
def test_equal_numbers_are_no_conflict(make: Make, values: str) -> None:
    turtle = f"{CLEAN} :height a owl:FunctionalProperty . :togo :height {values} ."
    assert "functional-conflict" not in named(assess(make(turtle)))
    assert "functional-conflict" in named(assess(make(f"{turtle} :togo :height 8 .")))


def test_equal_numbers_are_not_several_values(make: Make) -> None:
    others = " ".join(f':t{n} rdfs:label "Tower {n}"@en ; :height {n} .' for n in range(200))
    height = ':height rdfs:label "height"@en ; kaug:statement "The height of {s} is {o}."@en .'
    turtle = f"{CLEAN} {height} {others} :lome :height 10, 10.0 ."
    ids = {"several-values-said-as-one", "looks-functional"}
    assert not ids & set(named(assess(make(turtle))))
    assert "looks-functional" in named(assess(make(f"{turtle} :lome :height 8 .")))
    said = turtle.replace(others, "")
    assert "several-values-said-as-one" not in named(assess(make(said)))
    assert "several-values-said-as-one" in named(assess(make(f"{said} :lome :height 8 .")))


def test_what_is_read_from_axioms_of_classes_is_not_judged_as_of_individuals(make: Make) -> None:
    some = "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :topping ; owl:someValuesFrom :Tomato ]"
    turtle = f":topping a owl:InverseFunctionalProperty ; rdfs:range :Food . :Plain {some} . :Rich {some} ."
    kb = make(turtle + " :Plain a owl:Class . :Rich a owl:Class . :Food a owl:Class .", inference="owl")
    assert set(kb.facts["rule"].to_pylist()) >= {"some-values-from"}
    assert not {"functional-conflict", "outside-range"} & set(named(assess(kb)))


def test_a_class_in_an_ontology_that_is_not_loaded_gives_no_warning(make: Make) -> None:
    facts = ":p rdfs:range <urn:base#Duration> . :a :p <urn:base#day> . <urn:base#day> a <urn:base#Explicit> ."
    assert "outside-range" not in named(assess(make(facts)))
    loaded = "<urn:base#Duration> a owl:Class ."
    assert "outside-range" in named(assess(make(facts + loaded)))
    imports = "<urn:onto> a owl:Ontology ; owl:imports <urn:base> ."
    assert "outside-range" not in named(assess(make(facts + loaded + imports)))


def test_labels_that_no_parser_lets_through(make: Make) -> None:
    kb = make(CLEAN)
    labels = pa.table({**{n: kb.labels[n] for n in kb.labels.column_names}}, schema=kb.labels.schema)
    spoilt = labels.set_column(1, labels.schema.field(1), pa.array(["jp"] + ["en"] * (labels.num_rows - 1)))
    spoilt = spoilt.set_column(2, labels.schema.field(2), pa.array([*labels["text"].to_pylist()[:-1], " "]))
    found = named(assess(kb.with_tables(labels=spoilt)))
    assert found["bad-language-tag"]["items"][0]["note"] == "labels tagged jp"
    assert (found["bad-language-tag"]["count"], found["empty-label"]["count"]) == (1, 1)
    assert ends(found["empty-label"]["items"][0]) == ["togo"]


def test_empty_labels_that_the_build_left_out_are_found(make: Make) -> None:
    finding = named(assess(make(CLEAN + ':lamp rdfs:label ""@en, "  " ; :near :togo .')))["empty-label"]
    assert (finding["count"], finding["what"]) == (2, "2 labels are empty.")
    assert [item["count"] for item in finding["items"]] == [2]


def test_a_value_with_a_language_that_is_none(make: Make) -> None:
    (item,) = named(assess(make(CLEAN + ':togo :motto "x"@jp .')))["bad-language-tag"]["items"]
    assert (item["note"], triples(item)) == ("values tagged jp", ['togo motto "x"@jp'])


def test_labels_missing_in_a_wanted_language(make: Make) -> None:
    turtle = CLEAN + ':togo rdfs:label "多哥"@zh . :mali a :Country .'
    report = assess(make(turtle, languages=["en", "zh"]))
    (item,) = named(report)["label-missing-in-language"]["items"]
    assert (item["note"], item["count"]) == ("no label in zh", 6)
    untagged = re.sub("@en|@zh", "", turtle)
    assert "label-missing-in-language" not in named(assess(make(untagged, languages=["en", "zh"])))
    assert report["coverage"] == [
        {"source": source, "entities": 8, "any": 7, "languages": {"en": 7, "zh": 1}} for source in (None, "world")
    ]


def test_a_blank_node_in_a_fact(make: Make) -> None:
    finding = named(assess(make(CLEAN + ":togo :borders [ :area 5 ] .")))["blank-node-without-label"]
    assert (finding["count"], finding["items"][0]["terms"][0]["kind"]) == (1, "blank")


def test_several_sources_and_weights(tmp_path: Path) -> None:
    weights = "<< :a :p :b >> kaug:weight 0.25 . << :a :p :c >> kaug:weight 0.75 ."
    for name, turtle in (("one", f":a :p :b, :c . {weights}"), ("two", ":a :p :b .")):
        (tmp_path / f"{name}.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    report = assess(build_kb([tmp_path / "one.ttl", tmp_path / "two.ttl"]))
    (item,) = named(report)["several-sources"]["items"]
    assert (item["note"], item["count"], triples(item)) == ("one, two", 1, ["a p b"])
    one, two = report["sources"]
    assert one | {"kind": ""} == {
        "source": "one", "kind": "", "facts": 2, "taught": 2, "inferred": 0,
        "weight": {"facts": 2, "min": 0.25, "median": 0.5, "max": 0.75},
    }  # fmt: skip
    assert (two["source"], two["facts"], two["weight"]["median"]) == ("two", 1, 0.25)


def test_inferred_facts_are_counted_by_rule(make: Make) -> None:
    report = assess(make(":p a owl:TransitiveProperty . :a :p :b . :b :p :c .", inference="owl"))
    assert (report["rules"], report["counts"]["inferred"]) == ([{"rule": "prp-trp", "facts": 1}], 1)
    assert (report["sources"][0]["facts"], report["sources"][0]["inferred"]) == (3, 1)


def test_several_sources_that_a_fact_rests_on_do_not_state_it(tmp_path: Path) -> None:
    for name, turtle in (("one", ":a :p :b . :p a owl:TransitiveProperty ."), ("two", ":b :p :c .")):
        (tmp_path / f"{name}.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    kb = build_kb([tmp_path / "one.ttl", tmp_path / "two.ttl"], inference="owl")
    assert ["one", "two"] in kb.facts["sources"].to_pylist()
    assert "several-sources" not in named(assess(kb))


def test_a_hub_and_the_figures_of_the_shape(make: Make) -> None:
    report = assess(make("".join(f":node{i} :in :hub ." for i in range(120)) + ":a :in :b ."))
    (item,) = named(report)["hub"]["items"]
    assert (ends(item), item["note"]) == (["hub"], "120 facts, 99% of all")
    shape = report["structure"]
    assert shape["degrees"][0] == {"from": 1, "to": 1, "count": 122, "sum": 122}
    assert shape["degrees"][-1] == {"from": 64, "to": 127, "count": 1, "sum": 120}
    assert (shape["components_total"], shape["largest_component"]) == (2, 121)
    assert report["predicates"][0] | {"term": None} == {
        "term": None, "facts": 121, "taught": 121, "inferred": 0, "subjects": 121, "objects": 2, "literals": 0,
        "objects_per_subject": 1.0, "most_objects": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("turtle", "members"),
    [
        (":a :partOf :b . :b :partOf :a .", ["a", "b", "partOf"]),
        (":a skos:broader :a .", ["a", "broader"]),
        (":p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :p .", ["p", "q", "subPropertyOf"]),
        (":r a owl:TransitiveProperty . :a :r :b . :b :r :a .", ["a", "b", "r"]),
    ],
)
def test_cycles_of_all_hierarchies(make: Make, turtle: str, members: list[str]) -> None:
    (item,) = named(assess(make(turtle)))["cycle"]["items"]
    assert ends(item) == members


def test_what_is_meant_to_go_both_ways_is_no_cycle(make: Make) -> None:
    turtle = ":r a owl:TransitiveProperty, owl:SymmetricProperty . :a :r :b . :b :r :a . :a :likes :b . :b :likes :a ."
    assert "cycle" not in named(assess(make(turtle)))


def test_shapes_become_findings(make: Make) -> None:
    shapes = [
        {"severity": "Violation", "focus": "urn:x:togo", "message": "no {0} flag"},
        {"severity": "Violation", "focus": "urn:x:nowhere", "message": "no {0} flag"},
        {"severity": "Warning", "focus": "urn:x:lome", "message": "small"},
    ]
    report = assess(make(CLEAN), shapes=shapes)
    found = named(report)
    assert list(found) == ["shacl-violation", "shacl-warning"]
    (item,) = found["shacl-violation"]["items"]
    assert (item["note"], item["count"], ends(item)) == ("no {0} flag (urn:x:nowhere)", 2, ["togo"])
    assert (report["summary"], report["shapes"]) == ({"error": 1, "warning": 1, "info": 0}, 3)


def test_a_list_is_cut_and_says_how_much_there_is(make: Make) -> None:
    finding = named(assess(make("".join(f":a :in :n{i} ." for i in range(9))), most=4))["entity-without-label"]
    assert (finding["count"], len(finding["items"])) == (10, 4)
    assert ends(finding["items"][0]) == ["a"]


@pytest.mark.slow
def test_the_order_of_the_triples_does_not_matter(make: Make, tmp_path: Path) -> None:
    turtle = "\n".join([CLEAN, *(planted for planted, _ in PLANTED.values())])
    expected = json.dumps(assess(make(turtle)))
    path = tmp_path / "world.ttl"
    triples = [quad.triple for quad in ox.parse(path=str(path))]
    for seed in range(3):
        random.Random(seed).shuffle(triples)
        data = ox.serialize(triples, format=ox.RdfFormat.TURTLE)
        assert data is not None
        path.write_bytes(data)
        assert json.dumps(assess(build_kb([path]))) == expected


def test_an_empty_knowledge_base(make: Make) -> None:
    report = assess(make(""))
    assert (report["findings"], report["counts"]["facts"]) == ([], 0)
    assert "0 facts" in quality_page(report)


HOSTILE = "</td></details><script>alert(1)</script>\u202e&quot;'\"{{7*7}}<|im_end|>"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "style", "onclick")]


def test_hostile_names_stay_text(make: Make) -> None:
    name = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    turtle = (
        f':a rdfs:label "{name}"@en ; :p :b, "{name}" . :b rdfs:label "{name}"@en ; :p :a . :p rdfs:label "{name}"@en .'
    )
    shapes = [{"severity": "Violation", "focus": HOSTILE, "message": HOSTILE}]
    text = quality_page(assess(make(turtle), shapes=shapes))
    assert "alert(1)" in text
    page = _Page()
    page.feed(text)
    assert set(page.tags) <= {
        "html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "p", "h1", "h2", "h3", "div",
        "table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li", "dl", "dt", "dd", "span", "bdi", "code", "i", "a",
        "figure", "figcaption", "small", "svg", "line", "rect", "text", "details", "summary",
    }  # fmt: skip
    assert all(link.startswith(("#", "margin-top")) for link in page.links)
    assert "\u202e" not in text
    assert re.findall(r"(?:@import|url\()", text) == []


def test_the_files_of_a_report(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    report = write_quality(make(CLEAN + PLANTED["cycle"][0]), folder)
    assert json.loads((folder / "quality.json").read_text(encoding="utf-8")) == report
    assert (folder / "quality.html").read_text(encoding="utf-8") == quality_page(report)
    assert sorted(path.name for path in folder.iterdir()) == ["quality.html", "quality.json"]


def test_the_lines_for_a_terminal(make: Make) -> None:
    lines = quality_lines(assess(make(CLEAN + ":lome :capital :lome .")))
    assert lines[0] == "13 facts, 7 entities, 5 predicates"
    assert (
        lines[1]
        == "error   irreflexive-to-itself: 1 entity is related to itself by an irreflexive or asymmetric property."
    )
    assert lines[-1].startswith("1 error, ")


EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40)


@given(EDGES)
@pytest.mark.slow
def test_cycles_are_those_that_networkx_finds(edges: list[tuple[int, int]]) -> None:
    graph = networkx.DiGraph(edges)
    expected = [
        sorted(part)
        for part in networkx.strongly_connected_components(graph)
        if len(part) > 1 or graph.has_edge(*(2 * tuple(part)))
    ]
    one, other = (np.array([edge[n] for edge in edges], dtype=np.int64) for n in (0, 1))
    found = [members.tolist() for members in cycles(one, other)]
    assert found == sorted(expected, key=lambda part: (-len(part), part[0]))


@given(EDGES, st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True))
@pytest.mark.slow
def test_what_lies_below_is_what_reaches_up(edges: list[tuple[int, int]], members: list[int]) -> None:
    graph = networkx.DiGraph(edges)
    graph.add_nodes_from(members)
    expected = {(n, k) for k, top in enumerate(members) for n in networkx.ancestors(graph, top) | {top}}
    child, parent = (np.array([edge[n] for edge in edges], dtype=np.int64) for n in (0, 1))
    node, column = below(child, parent, np.array(members, dtype=np.int64), np.arange(len(members)))
    assert list(zip(node.tolist(), column.tolist(), strict=True)) == sorted(expected)


@given(st.lists(st.integers(0, 5), max_size=12), st.lists(st.integers(0, 5), max_size=12))
@pytest.mark.slow
def test_joins(left: list[int], right: list[int]) -> None:
    right = sorted(right)
    at, place = join(np.array(left, dtype=np.int64), np.array(right, dtype=np.int64))
    pairs = [(n, m) for n, one in enumerate(left) for m, other in enumerate(right) if one == other]
    assert list(zip(at.tolist(), place.tolist(), strict=True)) == pairs


VALID = {
    "boolean": ["true", "0"],
    "integer": ["-12", "+7", "007", " 5 "],
    "decimal": ["1.", ".5", "-2.25"],
    "double": ["1e9", "-INF", "NaN", "3"],
    "byte": ["-128", "127", "-0", "000127"],
    "unsignedByte": ["0", "255"],
    "long": ["9223372036854775807"],
    "positiveInteger": ["1"],
    "negativeInteger": ["-1"],
    "date": ["2024-02-29", "2000-02-29Z", "-0044-03-15", "12024-02-29"],
    "dateTime": ["2024-12-31T23:59:59.5+14:00", "2024-01-01T24:00:00"],
    "time": ["12:00:00"],
    "gYear": ["1960", "-0001"],
    "gMonthDay": ["--02-29"],
    "duration": ["P1Y", "PT0.5S", "-P3DT4H"],
    "hexBinary": ["0aFF", ""],
    "base64Binary": ["YQ==", "YWI=", "YWJj", ""],
    "language": ["en-GB"],
    "string": ["anything"],
}
INVALID = {
    "boolean": ["yes", "TRUE", ""],
    "integer": ["abc", "1.0", "", "--1"],
    "decimal": ["1e9", ".", "1,5"],
    "double": ["inf", "1e"],
    "byte": ["-129", "128", "1000"],
    "unsignedByte": ["-1", "256"],
    "long": ["9223372036854775808"],
    "positiveInteger": ["0", "-1"],
    "negativeInteger": ["0", "1"],
    "date": ["2024-13-40", "2023-02-29", "1900-02-29", "2024-04-31", "24-01-01", "2024-1-1"],
    "dateTime": ["2024-01-01", "2024-01-01T25:00:00", "2023-02-29T00:00:00"],
    "time": ["24:00:01"],
    "gYear": ["60"],
    "gMonthDay": ["--02-30", "--04-31"],
    "duration": ["P", "PT", "P1YT", "1Y"],
    "hexBinary": ["abc"],
    "base64Binary": ["Y", "YQ=", "===="],
    "language": ["en_GB"],
}


@pytest.mark.parametrize("name", VALID)
def test_lexical_forms(name: str) -> None:
    assert fits(pl.Series(VALID[name]), name).all()
    assert not fits(pl.Series(INVALID.get(name, []), dtype=pl.String), name).any()


@given(st.integers(-(2**65), 2**65))
@pytest.mark.slow
def test_bounds_of_whole_numbers(value: int) -> None:
    bounds = {"long": (-(2**63), 2**63 - 1), "unsignedShort": (0, 65535), "nonPositiveInteger": (-(2**99), 0)}
    for name, (low, high) in bounds.items():
        assert fits(pl.Series([str(value)]), name).to_list() == [low <= value <= high]


@given(st.dates())
def test_every_date_is_valid(day: Any) -> None:
    assert fits(pl.Series([day.isoformat()]), "date").all()


@pytest.mark.parametrize(
    ("tag", "good"),
    [("en", True), ("zh-Hant-TW", True), ("sl-rozaj-biske", True), ("x-mine", True), ("de-CH-1996", True), ("yue", True),
     ("jp", False), ("en_US", False), ("", False), ("a", False), ("en--us", False)],
)  # fmt: skip
def test_language_tags(tag: str, good: bool) -> None:
    assert well_formed(tag) is good
