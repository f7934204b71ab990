"""What is taught of RDF as people have it, and by what names: the sentences taught, and why others are not."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from kaug.curation.explain.proof import explain, find_facts, say_proof
from kaug.curation.quality.findings import assess
from kaug.curation.quality.report import quality_page
from kaug.errors import PipelineError, SourceError
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.settings import KnowledgeSettings
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <https://example.org/> .
@prefix dc: <http://purl.org/dc/elements/1.1/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix swrl: <http://www.w3.org/2003/11/swrl#> .
@prefix wd: <http://www.wikidata.org/entity/> .
@prefix wdt: <http://www.wikidata.org/prop/direct/> .
@prefix p: <http://www.wikidata.org/prop/> .
@prefix ps: <http://www.wikidata.org/prop/statement/> .
@prefix pq: <http://www.wikidata.org/prop/qualifier/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix wds: <http://www.wikidata.org/entity/statement/> .
@prefix wikibase: <http://wikiba.se/ontology#> .
@prefix xl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix gn: <http://www.geonames.org/ontology#> .
"""

Make = Callable[..., KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(turtle: str, **options: object) -> KnowledgeBase:
        path = tmp_path / "world.ttl"
        path.write_text(PREFIXES + turtle, encoding="utf-8")
        return build_kb([path], **options)  # type: ignore[arg-type]

    return build


def taught(kb: KnowledgeBase) -> set[str]:
    return set(Wording(kb, kb.languages[0]).sentences(kb.taught).to_pylist())


def reasons(kb: KnowledgeBase) -> dict[str, int]:
    prefix = "facts not taught: "
    counted = {name.removeprefix(prefix): count for name, count in kb.counts.items() if name.startswith(prefix)}
    assert sum(counted.values()) + len(kb.taught) == len(kb)
    column = kb.facts["untaught"].to_pylist()
    assert {name: column.count(name) for name in counted} == counted
    return counted


# case → RDF, the sentences taught, and why other facts are not
CASES: dict[str, tuple[str, set[str], dict[str, int]]] = {
    "texts in languages that are not wanted": (
        ':novel rdfs:label "novel"@en, "Roman"@de ; rdfs:comment "a long story"@en, "eine lange Erzählung"@de .',
        {"Novel is described as follows: a long story."},
        {"text in another language": 1},
    ),
    "texts of no language or of several": (
        ':novel :motto "Onwards"@mul, "Upwards" .',
        {"A motto of novel is Onwards.", "A motto of novel is Upwards."},
        {},
    ),
    "blank nodes named by their owner": (
        ':ada schema:name "Ada Birch"@en ; schema:address [ schema:streetAddress "4 Quay Street" ] .',
        {"The street address of the address of Ada Birch is 4 Quay Street."},
        {"no name": 1},
    ),
    "blank nodes without a name": (
        ':ada :address [ :street "4 Quay Street" ] , [ :street "5 Quay Street" ] . [] :near :holm .'
        " :ada :knows [ :near :lorn ] . :bo :address _:b . :cy :address _:b . _:b :near :lorn . :ada :bed [] .",
        set(),
        {"no name": 11},
    ),
    "a blank node with a name": (
        ':ada schema:name "Ada Birch"@en ; :friend [ foaf:name "Bo" ; :home :lorn ] .',
        {"The friend of Ada Birch is Bo.", "The home of Bo is lorn."},
        {},
    ),
    "identifiers without a label": (
        ':Q9001 :near :Q9002 , :lorn . :Q9002 rdfs:label "Lorn"@en ; :near :holm . <urn:a/GO_0008150> :near :lorn .',
        {"Lorn is near holm."},
        {"no name": 3},
    ),
    "codes with a prefix are no names, words with a number are": (
        ":lorn :near <urn:a/NCBITaxon_9606>, <urn:a/FBbt_12>, <urn:b/Apollo_11>, <urn:b/Saab_9000> .",
        {"Lorn is near Apollo 11.", "Lorn is near Saab 9000."},
        {"no name": 2},
    ),
    "nodes that are numbered": (
        ":r96 :of :b1_p1 . :Ridge :near :r97, :A380, :VAV1, :ch-1, <urn:m/CO2>, <urn:m/air>, <urn:a/U2>, <urn:a/Queen>, :AHU_1 . "
        ":r98 a :C1 . :C1 rdfs:subClassOf :Ridge .",
        {f"A ridge is near {name}." for name in ("A380", "VAV1", "ch 1", "CO2", "air", "U2", "Queen", "AHU_1")}
        | {"A C1 is a ridge."},
        {"no name": 3},
    ),
    "numbered nodes are things where nothing has another name": (
        ":s1 :next :s2 . :s2 :next :s3 .",
        {"The next of s1 is s2.", "The next of s2 is s3."},
        {},
    ),
    "a predicate without a name": (
        ':ada wdt:P36 :lorn . :bo wdt:P37 :lorn . wd:P37 rdfs:label "friend"@en .',
        {"The friend of bo is lorn."},
        {"no name": 1},
    ),
    "reification by OWL": (
        ':C1 a owl:Class ; rdfs:label "fibre"@en ; rdfs:subClassOf :C2 ; obo:IAO_0000115 "A long thin cell."@en . '
        ':C2 a owl:Class ; rdfs:label "cell"@en . [] a owl:Axiom ; owl:annotatedSource :C1 ; '
        'owl:annotatedProperty obo:IAO_0000115 ; owl:annotatedTarget "A long thin cell."@en ; oio:hasDbXref "BOOK:17" .',
        {"A fibre is described as follows: A long thin cell.", "A fibre is a cell."},
        {},
    ),
    "the vocabulary of OBO": (
        ':C1 a owl:Class ; rdfs:label "fibre"@en ; obo:IAO_0000115 "A long thin cell."@en ; '
        'oio:hasExactSynonym "filament cell" ; oio:id "ZOO:1" ; oio:hasOBONamespace "cells" .',
        {"A fibre is described as follows: A long thin cell."},
        {"administrative": 2},
    ),
    "comments beside a definition": (
        ':C1 rdfs:label "fibre"@en ; obo:IAO_0000115 "A long thin cell."@en ; rdfs:comment "Often in bundles."@en, '
        '"This class will be merged with cord."@en, "Compare to: cord", "Should we split this?" . '
        ':C2 rdfs:label "cord"@en ; skos:definition "eine Schnur"@de ; rdfs:comment "A thin rope."@en . '
        ':C3 rdfs:label "rope"@en ; rdfs:comment "Made of strands."@en .',
        {
            "Fibre is described as follows: A long thin cell.",
            "Fibre is described as follows: Often in bundles.",
            "Cord is described as follows: A thin rope.",
            "Rope is described as follows: Made of strands.",
        },
        {"editor's note": 3, "text in another language": 1},
    ),
    "notes of cataloguers": (
        ':c1 a skos:Concept ; skos:prefLabel "airs"@en ; skos:scopeNote "Use for works so named.", "Sung with a lute.", '
        '"For songs of a stage, use Arias.", "Gathering term; do not use; index under a narrower term." ; '
        'skos:note "Use also for ayres", "do not use – prefer arias", "Use of a lute is usual." .',
        {"A scope note of “airs” is this: Sung with a lute.", "A note of “airs” is this: Use of a lute is usual."},
        {"editor's note": 5},
    ),
    "identifiers that nobody reads": (
        ':meter :series "647654d4-56ee-11ec-bf02-3dcb0419df3b" ; :code "B-52" .',
        {"The code of meter is B-52."},
        {"administrative": 1},
    ),
    "comments about the record": (
        ':C1 rdfs:label "fibre"@en ; rdfs:comment "Category=gene. Requested by=ZOO.", "#Cells", "See also cord.", '
        '"Note that this term should not be used for annotation.", "Not to be confused with ZOO:0000017.", '
        '"The term is used of ropes, too." .',
        {"Fibre is described as follows: The term is used of ropes, too."},
        {"editor's note": 5},
    ),
    "descriptions that are the name": (
        ':BusStop a rdfs:Class ; rdfs:label "BusStop" ; rdfs:comment "A bus stop." . :CDFormat rdfs:comment "CDFormat." . '
        ':sucre rdfs:label "Sucre"@en ; skos:altLabel "sucre of Ecuador"@en ; skos:definition "the currency Sucre"@en ; '
        'rdfs:comment "The Sucre of Ecuador [Wikipedia]"@en .',
        {"Sucre is described as follows: the currency Sucre."},
        {"name as description": 3},
    ),
    "matches of their own names": (
        ':dataset rdfs:label "data set"@en ; skos:exactMatch <urn:o:DataSet> ; skos:closeMatch :file . '
        '<urn:t:c1> rdfs:label "file"@en . :file skos:exactMatch <urn:t:c1> .',
        {"The close match of data set is file."},
        {"match of its name": 2},
    ),
    "terms that are withdrawn": (
        ':C7 rdfs:label "obsolete thread"@en ; owl:deprecated true ; rdfs:subClassOf :C2 ; :made_of :wool . '
        ':C2 rdfs:label "cell"@en ; owl:deprecated false ; :part :C7 ; :near :lorn . :old a owl:DeprecatedClass ; :part :x .',
        {"A cell is near lorn."},
        {"deprecated": 4},
    ),
    "shapes of SHACL": (
        ':Pump a owl:Class, sh:NodeShape ; rdfs:label "pump"@en ; rdfs:subClassOf :Tool ; '
        "sh:property [ sh:path :feeds ; sh:class :Tool ; sh:minCount 1 ] ; "
        "sh:rule [ a sh:TripleRule ; sh:subject sh:this ; sh:predicate :hasTag ; sh:object :PumpTag ] . "
        ':Tool a owl:Class ; rdfs:label "tool"@en .',
        {"A pump is a tool."},
        {},
    ),
    "rules of SWRL": (
        ":r a swrl:Imp ; swrl:body ( [ a swrl:IndividualPropertyAtom ; swrl:propertyPredicate :parentOf ; swrl:argument1 :x ] ) ;"
        " swrl:head ( [ a swrl:IndividualPropertyAtom ; swrl:propertyPredicate :childOf ; swrl:argument1 :y ] ) . "
        ":x a swrl:Variable . :ada :parentOf :bo .",
        {"Ada is a parent of bo."},
        {},
    ),
    "facets of datatypes": (
        ":Adult a owl:Class ; owl:equivalentClass [ a owl:Restriction ; owl:onProperty :age ; owl:someValuesFrom "
        "[ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive 18 ] ) ] ] . :bo :age 36 .",
        {"The age of bo is 36."},
        {},
    ),
    "the record of a thing": (
        ':c a skos:Concept ; skos:prefLabel "Tide pool"@en ; skos:broader :shore ; dct:modified "2020-11-10"^^xsd:date ; '
        'skos:editorialNote [ dct:title "Provenance" ; dct:creator :ed1 ; rdfs:comment "From a book." ] .',
        {"The broader concept of Tide pool is shore."},
        {"administrative": 4},
    ),
    "the record of a file": (
        '<> a owl:Ontology ; rdfs:label "Zoo"@en ; :status "draft" . :module dct:hasPart <> ; :near :lorn .',
        {"Module is near lorn."},
        {"administrative": 2},
    ),
    "pages of a wiki, and of a site": (
        ':ada rdfs:label "Ada"@en . <https://x.wikipedia.org/wiki/Ada> schema:about :ada ; schema:inLanguage "x" . '
        "<https://site.example/pages/ada> schema:about :ada ; schema:isPartOf <https://site.example/> ; schema:version 3 . "
        ":essay schema:about :ada ; schema:isPartOf :book .",
        {"Essay is about Ada.", "Essay is part of book."},
        {"administrative": 5},
    ),
    "dates and licences of terms": (
        ':Pond a owl:Class ; dct:date "2020-01-01" ; dct:license "CC0" . :c a skos:Concept ; dct:issued "2020-01-02" . '
        ':b :writer :ada ; dct:issued "1843" ; dct:license "CC0" . :bundle dct:hasPart <> ; dct:abstract "All." . '
        "<> a owl:Ontology .",
        {"The writer of b is ada.", "B was issued in 1843.", "The license of b is CC0."},
        {"administrative": 5},
    ),
    "comments of shapes, and notes of editors to which nothing leads": (
        ':PumpShape a sh:NodeShape ; rdfs:comment "Checks pumps." . [] dct:title "Withdrawn" ; dct:creator :ed ; '
        'rdfs:comment "Rarely used." . :ada :friend [ foaf:name "Bo" ; dct:created "2020-01-01" ; rdfs:comment "A potter." ] .',
        {"The friend of ada is Bo.", "Bo is described as follows: A potter."},
        {"administrative": 4},
    ),
    "web addresses": (
        ':bank rdfs:label "Holm Bank"@en ; foaf:homepage <https://bank.example.com/> ; :page "https://example.org/Bank" ; '
        "dct:license <https://creativecommons.org/licenses/by/4.0/> ; :query <https://example.org/search.do?id=59> ; "
        ':mail <mailto:ada@example.org> ; :site "x"^^xsd:anyURI ; :note "See https://example.org/." ; :near :lorn .',
        {"Holm Bank is near lorn."},
        {"web address": 7},
    ),
    "an address of which something is said is a thing": (
        ":ada :friend <https://people.example.com/bo> . <https://people.example.com/bo> :friend :cy .",
        {"The friend of ada is bo.", "The friend of bo is cy."},
        {},
    ),
    "equal numbers": (
        ':b :height "10"^^xsd:decimal, "10.0"^^xsd:decimal, 1e1, 11 . :c :height "10.0"^^xsd:decimal .',
        {"A height of b is 10.", "A height of b is 11.", "A height of c is 10."},
        {"equal value": 2},
    ),
    "the thing's own name": (
        ':togo rdfs:label "Togo"@en ; skos:altLabel "Republic of Togo"@en ; :textualName "Togo" ; '
        ':officialName "Republic of Togo"@en ; :motto "Lomé" . :lome rdfs:label "Lomé"@en ; :near :togo .',
        {"The motto of Togo is Lomé.", "Lomé is near Togo."},
        {"own name": 2},
    ),
    "the thing's own name, in its IRI": (
        '<https://example.org/Earth_Song_(song)> :name "Earth Song", "Earth Song (song)", "the earth song" ; '
        ':writer :Ada_Birch . :Ada_Birch rdfs:label "Ada King"@en ; :birthName "Ada Birch" . '
        ':key rdfs:label "A major"@en ; :mode "major" . '
        ':Mercury rdfs:label "Mercury (planet)"@en ; :was "Mercury (god)" .',
        {
            "The writer of Earth Song (song) is Ada King.",
            "The birth name of Ada King is Ada Birch.",
            "The mode of A major is major.",
            "Mercury (planet) was Mercury (god).",
        },
        {"own name": 3},
    ),
    "classes and concepts of one name": (
        ':Organisation a owl:Class ; rdfs:subClassOf <urn:other/Organisation>, :Agent . :lux rdfs:label "Luxembourg"@en ; '
        ':capital :city . :city rdfs:label "Luxembourg"@en . :c1 a skos:Concept ; rdfs:label "Arc"@en ; skos:broader :c2 . '
        ':c2 a skos:Concept ; rdfs:label "arc"@en .',
        {"An organisation is an agent.", "The capital of Luxembourg is Luxembourg."},
        {"own name": 2},
    ),
    "lists": (
        ':bread :steps ( "mix" "knead" "bake" ) ; :authors ( :ada :bo ) ; :notes () .',
        {
            "The steps of bread include mix.",
            "The steps of bread include knead.",
            "The steps of bread include bake.",
            "The authors of bread include ada.",
            "The authors of bread include bo.",
        },
        {},
    ),
    "two lists with one tail": (
        ":a :p _:one . :b :p _:two . _:one rdf:first :x ; rdf:rest _:two . _:two rdf:first :y ; rdf:rest rdf:nil .",
        {"a — p: x", "a — p: y", "b — p: y"},
        {},
    ),
    "a list of which a cell is its own end": (
        ":a :p _:one . _:one rdf:first :x ; rdf:rest _:two . _:two rdf:first :y ; rdf:rest _:one . :a :q :z .",
        {"a — q: z"},
        {},
    ),
    "containers": (
        ":line a rdf:Seq ; rdf:_1 :lorn ; rdf:_2 :holm . :walk :halts [ a rdf:Bag ; rdf:_1 :skerry ] .",
        {"A member of line is lorn.", "A member of line is holm.", "The halts of walk include skerry."},
        {},
    ),
    "statements of a Wikibase": (
        'wd:P36 a wikibase:Property ; rdfs:label "capital"@en ; wikibase:directClaim wdt:P36 ; wikibase:claim p:P36 . '
        'wd:Q9001 rdfs:label "Arvonia"@en ; wdt:P36 wd:Q9002 ; p:P36 wds:Q9001-AAAA . wd:Q9002 rdfs:label "Lorn"@mul . '
        "wds:Q9001-AAAA a wikibase:Statement ; wikibase:rank wikibase:NormalRank ; ps:P36 wd:Q9002 ; "
        'pq:P580 "1902" ; prov:wasDerivedFrom <http://www.wikidata.org/reference/0a1b2c> . '
        "<http://www.wikidata.org/reference/0a1b2c> a wikibase:Reference .",
        {"The capital of Arvonia is Lorn."},
        {},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_taught_and_why_the_rest_is_not(make: Make, case: str) -> None:
    turtle, sentences, why = CASES[case]
    kb = make(turtle)
    assert taught(kb) == sentences
    assert reasons(kb) == why


def test_long_texts_are_left_out_beyond_a_limit(make: Make) -> None:
    turtle = f':a :p "{"x" * 300}" ; :q "{"y" * 301}" .'
    assert reasons(make(turtle)) == {"long text": 1}
    assert reasons(make(turtle, longest_text=299)) == {"long text": 2}


def test_a_knowledge_base_that_teaches_nothing_says_why(make: Make) -> None:
    turtle = ':ada a :Person ; dct:created "2020-01-01" .'
    with pytest.warns(UserWarning, match=r"None of the 2 facts is taught: .*type \(1\).*teach = \"all\""):
        make(turtle)
    with warnings.catch_warnings(action="error"):
        make(turtle, teach="all")


def test_what_is_about_a_triple_is_counted(make: Make) -> None:
    kb = make(CASES["statements of a Wikibase"][0])
    assert kb.counts["triples left out: about a triple"] == 5
    assert make(CASES["reification by OWL"][0]).counts["triples left out: about a triple"] == 1


def test_a_weight_may_be_given_by_an_annotation_of_owl(make: Make) -> None:
    kb = make(
        ":a :p :b . [] a owl:Axiom ; owl:annotatedSource :a ; owl:annotatedProperty :p ; owl:annotatedTarget :b ; "
        "<https://w3id.org/kaug/ns#weight> 0.5 ."
    )
    assert kb.facts["weight"].to_pylist() == [0.5]


def test_a_list_of_the_vocabulary_stays_a_premise(make: Make) -> None:
    kb = make(":Pet owl:unionOf ( :Cat :Dog ) . :tom a :Cat .", inference="owl")
    assert "Tom is a pet." in Wording(kb).sentences().to_pylist()
    assert "lists and containers said by their members" not in kb.counts


def test_a_list_that_two_sources_state_has_both(tmp_path: Path) -> None:
    for name, extra in (("a", ""), ("b", ":c :d :e .")):
        (tmp_path / f"{name}.ttl").write_text(f"@prefix : <urn:x:> . :s :p ( :m ) . {extra}")
    kb = build_kb([tmp_path / "a.ttl", tmp_path / "b.ttl"])
    sources = dict(zip(Wording(kb).sentences().to_pylist(), kb.facts["sources"].to_pylist(), strict=True))
    assert sources == {"s — p: m": ["a", "b"], "c — d: e": ["b"]}


# ---------------------------------------------------------------- settings

WORLD = """
:ada a :Person ; :born 1815 ; dct:created "2020-01-01"^^xsd:date ; :friend :bo .
:bo a :Person ; :born 1820 .
:lorn a :Town ; :founded 1702 .
"""
TYPES = {"Ada is a person.", "Bo is a person.", "Lorn is a town."}


def test_all_facts_are_taught_if_asked(make: Make) -> None:
    kb = make(WORLD, teach="all")
    assert (len(kb.taught), reasons(kb)) == (len(kb), {})
    assert reasons(make(WORLD)) == {"administrative": 1, "type": 3}


@pytest.mark.parametrize(
    ("choice", "more"),
    [
        ({"predicates": ["http://purl.org/dc/terms/created"]}, {"Ada was created on 1 January 2020."}),
        ({"predicates": ["http://www.w3.org/1999/02/22-rdf-syntax-ns#"]}, TYPES),
        ({"classes": ["https://example.org/Town"]}, {"Lorn is a town."}),
        ({"namespaces": ["http://www.w3.org/1999/"]}, TYPES),
        ({"sources": ["world"]}, {*TYPES, "Ada was created on 1 January 2020."}),
    ],
)
def test_facts_are_included(make: Make, choice: dict[str, list[str]], more: set[str]) -> None:
    assert taught(make(WORLD, include=choice)) - taught(make(WORLD)) == more


@pytest.mark.parametrize(
    ("choice", "fewer"),
    [
        ({"predicates": ["https://example.org/born"]}, 2),
        ({"predicates": ["https://example.org/b", "https://example.org/founded"]}, 3),
        ({"classes": ["https://example.org/Person"]}, 3),
        ({"namespaces": ["https://example.org/"]}, 4),
        ({"sources": ["world"]}, 4),
    ],
)
def test_facts_are_excluded_even_if_included(make: Make, choice: dict[str, list[str]], fewer: int) -> None:
    kb = make(WORLD, exclude=choice, include={"predicates": ["https://example.org/"]})
    assert reasons(kb).pop("excluded by setting") == fewer
    assert len(kb.taught) == 4 - fewer


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"predicate": ["x"]}, r"include: unknown key 'predicate'.*Did you mean 'predicates'"),
        (
            {"predicates": ["https://example.org/bron"]},
            r"include.predicates: no fact matches 'https://example.org/bron'.*born",
        ),
        ({"classes": ["urn:none"]}, r"include.classes: no fact matches 'urn:none'; give a whole IRI, or its beginning"),
        ({"sources": ["wrld"]}, r"include.sources: no fact matches 'wrld'; give the id of a source.*'world'"),
        ({"namespaces": [""]}, r"include.namespaces: no fact matches ''"),
        ({"namespaces": "urn:x:"}, r"include.namespaces should be a list of texts"),
    ],
)
def test_a_choice_that_matches_nothing_is_an_error(make: Make, choice: dict[str, list[str]], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        make(WORLD, include=choice)


def test_a_selection_takes_what_it_says(make: Make) -> None:
    kb = make(WORLD, select="CONSTRUCT WHERE { ?s <http://purl.org/dc/terms/created> ?o }")
    assert taught(kb) == {"Ada was created on 1 January 2020."}
    assert reasons(kb) == {"not selected": 4, "type": 3}
    assert reasons(make(WORLD, limit=1))["limit"] == 3


def test_the_settings_are_part_of_the_content() -> None:
    settings = KnowledgeSettings(sources=["a"], exclude={"predicates": ["urn:p"]}, teach="all")
    assert settings.content()["exclude"]["predicates"] == ["urn:p"]
    assert settings.content()["teach"] == "all"
    with pytest.raises(PipelineError, match=r"unknown key 'include\.class'"):
        KnowledgeSettings(sources=["a"], include={"class": ["urn:p"]})


# ---------------------------------------------------------------- names


def names(kb: KnowledgeBase) -> dict[str, str]:
    values = kb.terms["value"].to_pylist()
    labels = Wording(kb, kb.languages[0]).labels().to_pylist()
    return {value.rpartition("/")[2]: label for value, label in zip(values, labels, strict=True)}


def test_labels_of_skos_xl(make: Make) -> None:
    kb = make(
        ':c1 xl:prefLabel :l1 ; xl:altLabel [ a xl:Label ; xl:literalForm "tram stop"@en ] ; skos:broader :c2 . '
        ':c2 xl:prefLabel :l2 . :l1 a xl:Label ; xl:literalForm "streetcar stop"@en . :l2 xl:literalForm "stop"@en .'
    )
    assert taught(kb) == {"The broader concept of streetcar stop is stop."}
    term = kb.terms["value"].to_pylist().index("https://example.org/c1")
    assert Wording(kb).names(term) == ["streetcar stop", "tram stop"]


def test_titles_are_names_where_there_is_no_label(make: Make) -> None:
    kb = make(
        ':ds1 dct:title "Bus stops"@en ; :contact :c1 . :d2 dc:title "JSON file" ; :of :ds1 . :c1 vcard:fn "Holm Transport" . '
        ':pr1 doap:name "Lampwise" ; :by :c1 . :g1 gn:name "Skerry" ; :near :g2 . '
        ':g2 rdfs:label "Holm"@en ; dct:title "The town of Holm"@en .'
    )
    expected = {"ds1": "Bus stops", "d2": "JSON file", "c1": "Holm Transport", "pr1": "Lampwise", "g1": "Skerry"}
    assert {name: names(kb)[name] for name in expected} == expected
    term = kb.terms["value"].to_pylist().index("https://example.org/g2")
    assert Wording(kb).names(term) == ["Holm", "The town of Holm"]


def test_other_predicates_of_names_are_a_setting(make: Make) -> None:
    kb = make(':a :heading "Alpha" ; :near :b .', labels=["https://example.org/heading"])
    assert taught(kb) == {"Alpha is near b."}


def test_synonyms_of_obo_are_names(make: Make) -> None:
    kb = make(':c rdfs:label "fibre"@en ; oio:hasExactSynonym "filament cell" ; :near :d .')
    assert find_facts(kb, "Filament Cell") == kb.hex_ids.to_pylist()


def test_properties_of_a_wikibase_are_named_with_and_without_their_links(make: Make) -> None:
    label = 'wd:P36 rdfs:label "capital"@en . wd:Q1 rdfs:label "Arvonia"@mul ; wdt:P36 wd:Q2 . wd:Q2 rdfs:label "Lorn"@en . '
    for links in ("", "wd:P36 a wikibase:Property ; wikibase:directClaim wdt:P36 ."):
        assert taught(make(label + links)) == {"The capital of Arvonia is Lorn."}


def test_a_name_in_another_language_rather_than_none(make: Make) -> None:
    kb = make(
        ':a skos:prefLabel "Eigenkapital"@de, "χ"@el ; skos:related :b . :b skos:prefLabel "Bilanz"@de, "balance"@en .'
    )
    assert taught(kb) == {"Eigenkapital is related to balance."}
    assert kb.counts["terms named in another language"] == 1
    assert kb.counts["labels left out: other language"] == 2


def test_a_predicate_whose_iri_is_a_name_takes_no_other_language(make: Make) -> None:
    kb = make(':a :locatedIn :b . :locatedIn rdfs:label "liegt in"@de .')
    assert taught(kb) == {"A is located in b."}


@pytest.mark.parametrize(
    ("wanted", "label"),
    [("en-GB", "lift"), ("en-US", "elevator"), ("en", "elevator"), ("en-AU", "mover"), ("fr-CA", "ascenseur")],
)
def test_languages_are_looked_up_by_rfc_4647(make: Make, wanted: str, label: str) -> None:
    kb = make(
        ':a rdfs:label "lift"@en-GB, "elevator"@en-US, "ascenseur"@fr, "mover"@en ; :near :b .'
        if wanted != "en"
        else ':a rdfs:label "elevator"@en-US, "ascenseur"@fr ; :near :b .',
        languages=[wanted],
    )
    assert names(kb)["a"] == label


def test_empty_labels_are_counted(make: Make) -> None:
    kb = make(':lamp rdfs:label ""@en ; :owner :ada . :ada rdfs:label "   " ; :age 36 .')
    assert kb.counts["labels left out: empty"] == 2


def test_names_of_things_stay_as_written_and_predicates_are_split(make: Make) -> None:
    kb = make(
        ":RoPS :plays :YouTube . :JavaScript :madeOf :McDonald . :eBay <https://example.org/elevation_%28in_metres%29> 610 ."
    )
    shown = names(kb)
    assert {name: shown[name] for name in ("RoPS", "YouTube", "JavaScript", "McDonald", "eBay")} == {
        name: name for name in ("RoPS", "YouTube", "JavaScript", "McDonald", "eBay")
    }
    assert {"JavaScript is made of McDonald.", "The elevation (in metres) of eBay is 610."} < taught(kb)


def test_a_class_keeps_one_case(make: Make) -> None:
    kb = make(
        ':PrayerRoom a owl:Class ; rdfs:label "Prayer Room"@en ; rdfs:subClassOf :QuietRoom . '
        ':QuietRoom a owl:Class ; rdfs:label "Quiet Room"@en ; rdfs:subClassOf :Place . :Place rdfs:label "Place"@en .'
    )
    assert taught(kb) == {"A Prayer Room is a Quiet Room.", "A Quiet Room is a place."}


def test_words_joined_by_underscores_are_spaced_and_found_as_written(make: Make) -> None:
    kb = make(
        ':a rdfs:label "biological_process" ; skos:altLabel "AHU_1" ; :club "1._FC_Union_Berlin" ; :code "ab_12" .'
    )
    wording = Wording(kb)
    assert taught(kb) == {
        "The club of biological process is 1. FC Union Berlin.",
        "The code of biological process is ab_12.",
    }
    assert wording.names(int(kb.labels["term"][0].as_py())) == ["biological process", "AHU_1", "biological_process"]
    for text in ("biological_process", "biological process"):
        assert len(find_facts(kb, text)) == 2
    for text in ("1._FC_Union_Berlin", "1. FC Union Berlin"):
        assert len(find_facts(kb, text)) == 1


def test_numbers_and_quantities_may_be_of_one_predicate(make: Make) -> None:
    kb = make(
        ':a :mass "88234300000.0" . :b :mass "5300.0 (squareKilometres)" . :c :plate "5300.0", "about 5 (metres)" .'
    )
    assert taught(kb) == {
        "The mass of a is 88,234,300,000.",
        "The mass of b is 5,300 square kilometres.",
        "A plate of c is 5300.0.",
        "A plate of c is about 5 (metres).",
    }


def test_an_address_of_which_nothing_is_said_stands_as_it_is(make: Make) -> None:
    kb = make(
        ":data dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; :seen <https://example.org/list> ."
    )
    sentences = Wording(kb).sentences().to_pylist()
    assert sorted(sentences) == [
        "The license of data is http://creativecommons.org/publicdomain/zero/1.0/.",
        "data — seen: list",
    ]


def test_an_exam_asks_no_fact_that_nobody_would_teach(make: Make) -> None:
    kb = make(":ada :home :lorn ; :likes [ :home :holm ] . :bo :home :lorn .", limit=1)
    (spared,) = kb.spared.tolist()
    assert reasons(kb) == {"no name": 2, "limit": 1}
    assert kb.facts["untaught"][spared].as_py() == "limit"


# ---------------------------------------------------------------- what shows it


def test_the_report_shows_what_is_taught_what_not_and_why(make: Make) -> None:
    facts = "".join(f':star{n} :size {n} ; dct:created "20{n:02}-01-01"^^xsd:date .' for n in range(30))
    kb = make(facts + ':ada a :Person ; :nickname "Addie" .')
    report = assess(kb)["teaching"]
    assert (report["taught"]["count"], len(report["taught"]["facts"])) == (31, 20)
    assert {part["reason"]: (part["count"], len(part["facts"])) for part in report["untaught"]} == {
        "administrative": (30, 20),
        "type": (1, 1),
    }
    assert report["untaught"][1]["facts"][0]["text"] == "Ada is a person."
    drawn = [fact["fact"] for fact in report["taught"]["facts"]]
    ids = kb.hex_ids.to_pylist()
    assert drawn == sorted(ids[row] for row in kb.taught)[:20]
    page = quality_page(assess(kb))
    assert "What is taught" in page
    assert "administrative" in page


@pytest.mark.parametrize(
    "text", ["Lomé", "lome", "Ville de Lomé", "the city of Lomé", "https://example.org/l1", "<https://example.org/l1>"]
)
def test_a_thing_is_found_by_every_name_that_is_shown_for_it(make: Make, text: str) -> None:
    kb = make(
        ':togo :capital :l1 . :l1 rdfs:label "Lomé"@en, "Ville de Lomé"@fr ; skos:altLabel "Lome"@en ; '
        '<https://w3id.org/kaug/ns#phrase> "the city of Lomé"@en .',
        languages=["en", "fr"],
    )
    assert find_facts(kb, text) == kb.hex_ids.to_pylist()


def test_the_reason_is_part_of_the_explanation(make: Make) -> None:
    kb = make(":togo :capital :lome ; :page <https://togo.example.com/> .")
    said = [say_proof(kb, explain(kb, fact)) for fact in find_facts(kb, "togo")]
    assert sorted(said) == [
        ["The capital of togo is lome. (world)"],
        ["The page of togo is https://togo.example.com/. (world; not taught: web address)"],
    ]


def test_a_name_of_one_thing_does_not_hide_another_of_that_name(make: Make) -> None:
    kb = make(':togo :capital :lome . :x rdfs:label "Lome"@en ; :near :y .')
    assert len(find_facts(kb, "lome")) == 2
    assert len(find_facts(kb, "capital")) == 1
