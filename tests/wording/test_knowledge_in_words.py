"""What a knowledge base knows of its facts decides their words: values, several objects, persons, languages, other predicates."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import PROPERTIES, Property
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <https://example.org/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

Make = Callable[[str], KnowledgeBase]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(turtle: str) -> KnowledgeBase:
        (tmp_path / "a.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
        return build_kb([tmp_path / "a.ttl"], languages=("en", "de", "zh"))

    return build


def said(kb: KnowledgeBase, language: str = "en") -> set[str]:
    return set(Wording(kb, language).sentences().to_pylist())


def first(kb: KnowledgeBase, iri: str, name: Property, language: str = "en") -> str:
    return Wording(kb, language).templates(kb.terms["value"].to_pylist().index(iri), name)[0]


def test_dates_and_years_of_one_predicate_have_their_prepositions(make: Make) -> None:
    turtle = ':a dct:issued "2020-01-01"^^xsd:date . :b dct:issued "2001" . :c dct:created "2001-02-03"^^xsd:date .'
    kb = make(turtle)
    assert said(kb) == {"A was issued on 1 January 2020.", "B was issued in 2001.", "C was created on 3 February 2001."}
    assert said(make(':a dct:issued "spring 2001" .')) == {"a — issued: spring 2001"}


def test_strings_that_read_as_dates_years_and_numbers_decide_the_frame(make: Make) -> None:
    kb = make(
        ':rock :discovered "1868-11-17" ; :failedLaunches "1" . :school :established "1996" . :a :isOpen "true" .'
    )
    templates = {name: first(kb, f"https://example.org/{name}", "statement") for name in ("discovered", "established")}
    assert templates == {"discovered": "{s} was discovered on {o}.", "established": "{s} was established in {o}."}
    assert first(kb, "https://example.org/failedLaunches", "question") == "How many failed launches does {s} have?"
    assert first(kb, "https://example.org/isOpen", "question") == "Is {s} open?"


@pytest.mark.parametrize(
    ("turtle", "sentences"),
    [
        (":pizza :hasTopping :ham , :olive .", {"A topping of pizza is ham.", "A topping of pizza is olive."}),
        (":oak skos:narrower :a , :b .", {"A narrower concept of oak is a.", "A narrower concept of oak is b."}),
        (
            ":ds :distribution :d1 . :dt :distribution :d2 .",
            {"The distribution of ds is d1.", "The distribution of dt is d2."},
        ),
        (":fmr :hasDateEstablished :d1 .", {"Fmr was established on the date d1."}),
        (":holm :sourceModified '2010-05-01'^^xsd:date .", {"The source of holm was modified on 1 May 2010."}),
        (":n :liegtIn :Holm .", {"n — liegt in: Holm"}),
        (":x :HAS_PART :y . :m :P2_has_type :n .", {"A part of x is y.", "The type of m is n."}),
        (":a :domainIncludes :b ; :rangeIncludes :c .", {"The domain of a includes b.", "The range of a includes c."}),
        (":ada :is_reviewed :place .", {"ada — is reviewed: place"}),
        (
            ':gland :definition "An organ that makes something useful." ; :page "https://example.org/Gland" .',
            {
                "The definition of gland is: An organ that makes something useful.",
                "The page of gland is https://example.org/Gland.",
            },
        ),
        (
            ':a :motto "Really?" ; :quote "She said: \\"no.\\"" .',
            {"The motto of a is Really?", 'The quote of a is She said: "no."'},
        ),
    ],
)
def test_planted_facts_have_planted_sentences(make: Make, turtle: str, sentences: set[str]) -> None:
    assert said(make(turtle)) == sentences


def test_persons_are_asked_for_as_persons(make: Make) -> None:
    kb = make(":ada :spouse :bo ; :rank :captain ; :guest :cy . :cy a :Person ; :rank :major . :bo :rank :mate .")
    assert first(kb, "https://example.org/rank", "inverseQuestion") == "Whose rank is {o}?"
    assert first(kb, "https://example.org/guest", "question") == "Who is the guest of {s}?"
    assert first(make(":a :rank :b ."), "https://example.org/rank", "inverseQuestion") == "What has {o} as its rank?"


def test_two_predicates_never_share_a_template(make: Make) -> None:
    kb = make(
        ":a :title :b . :c :title :d . :a dct:title_ :b . dct:title_ rdfs:label 'title' ."
        ":a :amends :b . :a :legislationAmends :c ."
        "<urn:x:a> <urn:x:film.film.genre> <urn:x:b> . <urn:x:a> <urn:x:book.book.genre> <urn:x:c> ."
    )
    wording, predicates = Wording(kb), sorted(set(kb.facts["predicate"].to_pylist()))
    for name in PROPERTIES:
        templates = [text for predicate in predicates for text in wording.templates(predicate, name)]  # type: ignore[arg-type]
        assert len(templates) == len(set(templates)) > 0
    statements = {wording.statement(predicate) for predicate in predicates}
    assert {"The title of {s} is {o}.", "{s} — title: {o}"} < statements
    assert {"The genre of {s} is {o}.", "The film genre of {s} is {o}."} < statements
    assert {"{s} amends {o}.", "{s} — legislation amends: {o}"} < statements


def test_a_label_in_another_language_alone(make: Make) -> None:
    kb = make(':ada :Q7 :bo ; :hasSpouse :bo . :Q7 rdfs:label "Ehepartner"@de . :hasSpouse rdfs:label "Gatte"@de .')
    assert said(kb) == {"ada — Ehepartner: bo", "The spouse of ada is bo."}
    assert said(kb, "de") == {"ada — Ehepartner: bo", "ada — Gatte: bo"}
    assert first(kb, "https://example.org/Q7", "question", "zh") == "{s} — Ehepartner：？"


@pytest.mark.parametrize("language", ["de", "zh", "fr"])
def test_records_hold_every_form_but_references(make: Make, language: str) -> None:
    kb = make(":togo :capital :lome .")
    wording, capital = Wording(kb, language), kb.terms["value"].to_pylist().index("https://example.org/capital")
    counts = {name: len(wording.templates(capital, name)) for name in PROPERTIES}  # type: ignore[arg-type]
    expected = {"statement": 8, "question": 4, "inverseQuestion": 3, "exam": 2, "inverseExam": 2}
    assert counts == expected | {"reference": 0, "inverseReference": 0}


def test_a_label_that_is_the_name_in_the_iri_is_said_in_words(make: Make) -> None:
    kb = make(':a :domainIncludes :b . :domainIncludes rdfs:label "domainIncludes" .')
    assert Wording(kb).predicate_name(int(kb.columns()[1][0])) == "domain includes"
