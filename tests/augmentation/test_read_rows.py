"""Faults that people found when they read rows of knowledge bases that no rule was made for: one of each kind, planted."""

from pathlib import Path
from typing import Any

import pytest

from kaug.augmentation.forms import FORMS, form_rows
from kaug.augmentation.rows import Options, facts_to_teach
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

WINES = {"Anjou": "Mild", "Barolo": "Bold", "Chianti": "Rich", "Douro": "Bold", "Ermita": "Rich", "Fiano": "Mild"}
Row = dict[str, Any]


@pytest.fixture
def make(tmp_path: Path):
    def build(turtle: str, **options: Any) -> KnowledgeBase:
        (tmp_path / "kb.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
        return build_kb([tmp_path / "kb.ttl"], **options)

    return build


def rows(kb: KnowledgeBase, form: str, language: str = "en", options: Options | None = None) -> list[Row]:
    return form_rows(FORMS[form], facts_to_teach(kb), Wording(kb, language), options or Options()).to_pylist()


def said(kb: KnowledgeBase, form: str = "statement") -> set[str]:
    return {row["completion"] for row in rows(kb, form)}


def asked(kb: KnowledgeBase, form: str = "question") -> dict[str, str]:
    return {row["prompt"]: row["completion"] for row in rows(kb, form)}


def test_who_was_awarded_a_prize_did_not_award_it(make) -> None:
    kb = make(":ada a :Person ; :awarded :prize . :prize a :Prize ; rdfs:label 'Turing Prize' .")
    assert "Ada was awarded the Turing Prize." in said(kb)
    assert not any("ada awarded" in text.lower() for text in said(kb))
    kb = make(":club :awarded :ada . :ada a :Person .")
    assert "Club awarded ada." in said(kb)


def test_a_place_stands_without_the_noun_place(make) -> None:
    kb = make(":boston rdfs:label 'Boston' ; :containedInPlace :usa . :usa rdfs:label 'USA' .")
    assert "Boston is contained in the USA." in said(kb)
    assert "Which place is Boston contained in?" in asked(kb)


def test_a_text_in_quotation_marks_of_its_own_is_quoted_once(make) -> None:
    kb = make(
        """:x rdfs:label "X" ; :motive '"for the discovery of tea"' . :y rdfs:label "Y" ; :motive 'He said "yes".' ."""
    )
    labels = Wording(kb).labels().to_pylist()
    names = dict(zip(kb.terms["value"].to_pylist(), labels, strict=True))
    assert names['"for the discovery of tea"'] == "for the discovery of tea"
    assert names['He said "yes".'] == 'He said "yes".'


def test_a_name_that_ends_in_an_initial_does_not_end_a_sentence(make) -> None:
    kb = make(":bo rdfs:label 'Bo Ek' ; :givenName 'Joseph E.' . :ab rdfs:label 'Ab Ek' ; :givenName 'Joseph' .")
    assert {"The given name of Bo Ek is “Joseph E.”", "The given name of Ab Ek is Joseph."} <= said(kb)


def test_a_code_takes_no_article(make) -> None:
    kb = make(":a rdfs:label 'USA' ; :countryCode 'US' ; :partner 'UK' .")
    assert {"The country code of the USA is US.", "The partner of the USA is the UK."} <= said(kb)


def test_a_name_with_an_article_has_a_small_one_in_a_sentence(make) -> None:
    kb = make(":a rdfs:label 'Ada Birch' ; :employer :s . :s rdfs:label 'The Salk Institute' .")
    assert "The employer of Ada Birch is the Salk Institute." in said(kb)
    assert "The Salk Institute" in asked(kb).values()


def test_numbers_that_measure_nothing_are_not_compared(make) -> None:
    people = " ".join(f":p{n} rdfs:label 'Ada {chr(65 + n)}' ; :number {n + 1} ; :height {150 + n} ." for n in range(6))
    prompts = asked(make(people), "compare")
    assert any("height" in prompt for prompt in prompts)
    assert not any("number" in prompt for prompt in prompts)


def test_names_in_camel_case_are_words_where_most_names_are(make) -> None:
    wines = [
        "ChateauMargaux",
        "ClosDeVougeot",
        "IceWine",
        "MountEden",
        "PageMill",
        "RedPort",
        "SaintJulien",
        "WhiteLoire",
    ]
    wines += ["DryRiesling", "LakeErie"]
    kb = make(" ".join(f":{name} :maker :Bo ." for name in wines))
    assert {"The maker of Chateau Margaux is Bo.", "The maker of Clos de Vougeot is Bo."} <= said(kb)
    assert "The maker of JavaScript is Bo." in said(make(":JavaScript :maker :Bo ."))
    labelled = " ".join(f":{name} rdfs:label '{name}' ; :maker :Bo ." for name in wines)
    assert "The maker of ChateauMargaux is Bo." in said(make(labelled))


def test_an_example_is_not_the_example(make) -> None:
    kb = make(
        ":stars rdfs:label 'Stars' ; skos:example 'Sirius' ; :field :sky . :sky rdfs:label 'Sky' ; :group :top ."
        ":a :near :stars . :b :near :stars . :top rdfs:label 'Top' ."
    )
    assert not any("the example" in row["prompt"] for row in rows(kb, "path"))


def test_a_path_calls_things_by_their_class(make) -> None:
    kb = make(
        ":ada a :Person ; rdfs:label 'Ada' ; :memberOf :guild . :guild a :Organisation ; rdfs:label 'Guild' ; :town 'Ely' ."
    )
    assert "What is the town of the organisation that Ada is a member of?" in asked(kb, "path")


def test_an_organisation_is_no_person_though_persons_have_the_same(make) -> None:
    people = " ".join(
        f":p{n} a :Person ; rdfs:label '{name}' ; :awarded :{name}Prize ; :country :{name}land ."
        for n, name in enumerate(("Ada", "Bo", "Cy", "Di", "Ed"))
    )
    kb = make(
        people
        + ":cern a :Organisation ; rdfs:label 'CERN' ; :awarded :AdaPrize, :BoPrize ; :country :Adaland, :Boland ."
        ":lab a :Organisation ; rdfs:label 'Lab' ; :awarded :CyPrize ; :country :Adaland ."
    )
    of_cern = [row["prompt"] for row in rows(kb, "path") if row["completion"].endswith("Answer: CERN")]
    assert of_cern
    assert not any("person" in prompt for prompt in of_cern)


def test_cards_name_properties_by_nouns(make) -> None:
    kb = make(
        ":tea skos:broader :drink . :tea rdfs:label 'Tea' . :drink rdfs:label 'Drink' . :x :nobelLaureates :ada ."
    )
    cards = asked(kb, "flashcard")
    assert cards["Tea — broader concept"] == "Drink"
    assert cards["x — Nobel laureates"] == "ada"


def test_nobody_asks_for_the_name_of_what_the_question_names(make) -> None:
    things = " ".join(f":t{n} a :Inn ; rdfs:label 'Inn {n}' ; :name 'Inn {n}' ; :owner :Keeper{n} ." for n in range(30))
    kb = make(things + ":t99 a :Inn ; rdfs:label 'Old Inn' ; :beer :ale .")
    prompts = asked(kb, "unknown")
    assert any("owner" in prompt and "Old Inn" in prompt for prompt in prompts)
    assert not any("name" in prompt for prompt in prompts)


def test_the_plural_of_an_answer_gives_it_away(make) -> None:
    kb = make(":w rdfs:label 'wolf' ; :packOf 'wolves' . :b rdfs:label 'bear' ; :packOf 'cubs' .")
    assert not any("wolves" in prompt or "wolf" in prompt for prompt in asked(kb))
    assert any("bear" in prompt for prompt in asked(kb))


def test_two_conditions_do_not_spell_the_answer(make) -> None:
    names = [("Ada", "Birch"), ("Ada", "Cole"), ("Bo", "Birch"), ("Bo", "Cole")]
    kb = make(
        " ".join(
            f":{a}{b} a :Person ; rdfs:label '{a} {b}' ; :givenName '{a}' ; :familyName '{b}' ; :town :{a[0]}{b[0]} ."
            for a, b in names
        )
    )
    prompts = [row["prompt"] for row in rows(kb, "path")]
    assert not any("given name is" in prompt and "family name is" in prompt for prompt in prompts)


def test_twins_of_one_name_are_told_once(make) -> None:
    kb = make(
        ":ada rdfs:label 'Ada' ; :country :uk, :gb ; :pet :rex . :uk rdfs:label 'Utopia' . :gb rdfs:label 'Utopia' ."
        ":bo rdfs:label 'Bo' ; :country :fr ; :pet :max . :fr rdfs:label 'France' ."
    )
    for form in ("passage", "describe"):
        assert all(row["completion"].count("Utopia") <= 1 for row in rows(kb, form)), form
    for row in rows(kb, "context-question"):
        sentences = [sentence for sentence in row["prompt"].split(". ") if sentence.startswith("A country of Ada")]
        assert len(sentences) <= 1


def test_chinese_cards_have_chinese_names_of_properties(make) -> None:
    kb = make(
        ":capital rdfs:label 'capital'@en, '首都'@zh . :motto rdfs:label 'motto'@en ."
        ":togo rdfs:label '多哥'@zh ; :capital :lome ; :motto 'work' . :lome rdfs:label '洛美'@zh ."
        ":mali rdfs:label '马里'@zh ; :capital :bamako ; :motto 'one' . :bamako rdfs:label '巴马科'@zh ."
        ":peru rdfs:label '秘鲁'@zh ; :capital :lima ; :motto 'firm' . :lima rdfs:label '利马'@zh .",
        languages=("zh", "en"),
    )
    for form in ("flashcard", "record", "table", "graph", "gist", "describe", "cloze", "restore"):
        options = Options()
        texts = [row["prompt"] + row["completion"] for row in rows(kb, form, "zh", options)]
        assert not any("motto:" in text or "motto ▸" in text or "— motto" in text for text in texts), form
        assert options.left_out[f"{form}: facts left out: no name of the property in zh"] == 3
    assert "多哥 — 首都" in {row["prompt"] for row in rows(kb, "flashcard", "zh")}


def test_nobody_puts_facts_into_words_that_have_none(make) -> None:
    kb = make(":a rdfs:label 'Ada' ; :straße 'x' ; :größe 'y' . :b rdfs:label 'Bo' ; :town 'Ely' ; :pet 'Rex' .")
    prompts = [row["prompt"] for row in rows(kb, "describe")]
    assert any("Bo" in prompt for prompt in prompts)
    assert not any("Ada" in prompt for prompt in prompts)


def test_an_organisation_with_a_gender_is_no_person(make) -> None:
    kb = make(
        ":un a :Organisation ; rdfs:label 'United Nations' ; :gender 'org' ; :seat :ny . :ny rdfs:label 'New York' ."
        ":ada a :Person ; rdfs:label 'Ada' ; :gender 'female' ; :seat :ely . :ely rdfs:label 'Ely' ."
    )
    assert any(text.startswith("The seat of the United Nations is") for text in said(kb))


def test_no_question_says_a_word_twice(make) -> None:
    kb = make(
        ":inn rdfs:label 'Inn' ; :locatedIn :ely . :ely rdfs:label 'Ely' ; :locatedIn :fen . :fen rdfs:label 'Fen' ;"
        " :locatedIn :isle . :isle rdfs:label 'Isle' ."
    )
    assert not any("located located" in row["prompt"] for row in rows(kb, "path"))


def test_names_of_places_and_peoples_keep_their_capitals_in_classes(make) -> None:
    kb = make(":x a :TexasWine ; rdfs:label 'Sol' . :y a :ItalianWine ; rdfs:label 'Mar' .", teach="all")
    texts = " ".join(said(kb))
    assert "a Texas wine" in texts
    assert "an Italian wine" in texts


def test_nobody_asks_for_what_else_is_above_what_is_below(make) -> None:
    pairs = [(f"Sort{chr(65 + low)}", f"Kind{chr(65 + low // 4)}") for low in range(24)] + [("SortA", "KindB")]
    kb = make("".join(f":{low} :broader :{high} . :{high} :narrower :{low} . " for low, high in pairs))
    prompts = [row["prompt"] for row in rows(kb, "path")]
    assert any("the narrower concepts of the broader concept of" in prompt for prompt in prompts)
    assert not any("the broader concept of the narrower concept" in prompt for prompt in prompts)


def test_a_mask_at_the_end_of_a_sentence_leaves_its_stop(make) -> None:
    kb = make(
        ":bo rdfs:label 'Bo Ek' ; :givenName 'Joseph E.' ; :town 'Ely' ; :pet 'Rex' ."
        ":ab rdfs:label 'Ab Ek' ; :givenName 'Jo F.' ; :town 'Rye' ; :pet 'Max' ."
    )
    texts = [row["prompt"] for form in ("restore", "cloze") for row in rows(kb, form)]
    assert texts
    assert not any("[…] The" in text or "[…] Bo" in text or text.endswith("is ___") for text in texts)


def test_words_without_a_vowel_are_abbreviations_in_classes(make) -> None:
    kb = make(
        ":x rdfs:label 'Sol' ; a :gps . :y rdfs:label 'Mar' ; a :trl4 . :z rdfs:label 'Ter' ; a :sky .", teach="all"
    )
    texts = " ".join(said(kb))
    assert "a GPS" in texts
    assert "a TRL4" in texts
    assert "a sky" in texts


def test_a_false_statement_has_a_value_of_the_property_where_there_are_others(make) -> None:
    wines = " ".join(
        f":{name} a owl:Thing ; :flavour :{value} ; :region :{name}land ." for name, value in WINES.items()
    )
    kb = make(
        ":flavour a owl:FunctionalProperty ; rdfs:range :Flavour . :Flavour a owl:Class ; owl:oneOf (:Mild :Bold :Rich) ."
        ":Mild a owl:Thing . :Bold a owl:Thing . :Rich a owl:Thing ." + wines
    )
    texts = [row["prompt"] for row in rows(kb, "true-false")]
    assert any("flavour" in text for text in texts)
    assert not any("flavour" in text and "land" in text for text in texts)


def test_names_that_are_clauses_stand_in_quotation_marks(make) -> None:
    labels = [
        "If in eyes:",
        "Rinse mouth. Do not induce vomiting",
        "Fatal if swallowed",
        "Toxic if inhaled",
        "Call a doctor/…",
    ]
    things = "".join(
        f":s{number} a :Advice ; rdfs:label '{label}' . " for number, label in enumerate([*labels, "Evacuate area"])
    )
    kb = make(
        f"{things} :kit rdfs:label 'First aid' ; :shows :s0, :s1, :s5 ; :madeBy :acme . :acme rdfs:label 'Acme Inc.' ."
    )
    told = said(kb)
    assert "First aid shows “If in eyes:”." in told
    assert "First aid shows “Rinse mouth. Do not induce vomiting”." in told
    assert "First aid shows “Evacuate area”." in told  # most of its class are clauses
    assert not any("“Acme" in text or "“First" in text for text in told)


def test_a_property_called_name_names_things(make) -> None:
    songs = {"Low": "Low", "Jagger/Richards": "Jagger/Richards", "ABBA:_The_Album": "ABBA: The Album"}
    turtle = "".join(f"<http://m.org/{iri}> :name '{name}' ; :length {len(name)} . " for iri, name in songs.items())
    kb = make(turtle)
    assert "The length of ABBA: The Album is 15." in said(kb)
    assert "The length of Jagger/Richards is 15." in said(kb)
    assert not any(" name " in text for text in said(kb))
    kb = make(turtle.replace(":length", ":name 'Other' ; :length"))
    assert any(
        "Other" in text for text in said(kb)
    )  # things have several, so that it tells more than what they are called


def test_things_of_one_name_are_neither_counted_nor_paired(make) -> None:
    kb = make(
        """:kit rdfs:label 'kit' . :a rdfs:label 'Obtain help' ; :shows :kit, :b . :b rdfs:label 'Obtain help' ; :shows :kit .
        :c rdfs:label 'Call' ; :shows :kit . :d rdfs:label 'Rinse' ; :shows :lamp . :e rdfs:label 'Read' ; :shows :lamp ."""
    )
    counts = rows(kb, "count")
    assert any("lamp" in row["prompt"] and row["completion"].startswith("2") for row in counts)
    assert not any("kit" in row["prompt"] for row in counts)  # three things, of two names
    assert not any("kit" in row["prompt"] for row in rows(kb, "set"))
    assert not any(text.lower().count("obtain help") > 1 for text in said(kb, "pair"))


def test_a_class_is_asked_for_as_a_sort_of_thing(make) -> None:
    kb = make(
        """:x rdfs:label 'virus' ; rdfs:subClassOf :a, :b . :a rdfs:label 'agent' . :b rdfs:label 'particle' .
        :y rdfs:label 'spore' ; rdfs:subClassOf :b . :p rdfs:label 'Ada' ; :studies :x ."""
    )
    asks = asked(kb)
    assert asks["What sorts of thing is a virus?"] == "agent and particle"
    assert "What sort of thing is a spore?" in asks
    assert not {"What is a virus?", "What is a virus? Name all.", "Tell me what a spore is."} & asks.keys()
