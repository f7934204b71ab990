"""The articles of names and classes in sentences, by what the facts tell of them."""

import numpy as np
import pytest

from kaug.wording.wording import Manner, Wording
from tests.wording.conftest import Make

SPACE = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "


def said(make: Make, turtle: str) -> list[str]:
    return list(Wording(make(turtle)).sentences().to_pylist())


@pytest.mark.parametrize(
    ("name", "article"),
    [
        ("Baltic Sea", True),
        ("University of Oslo", True),
        ("Battle of Hastings", True),
        ("Democratic Party (Italy)", True),
        ("United States", True),
        ("united kingdom", True),
        ("Institute for Advanced Study", True),
        ("sovereign state of Georgia", True),
        ("Harvard University", False),
        ("Lake Geneva", False),
        ("Addis Ababa Stadium", False),
        ("Microsoft", False),
        ("The Hague", False),
        ("Mount Kenya", False),
        ("national park", False),
    ],
)
def test_a_name_takes_the_article_by_its_words(make: Make, name: str, article: bool) -> None:
    the = "the " if article else ""
    assert said(make, f':x rdfs:label "{name}" . :holm :partner :x .') == [f"The partner of holm is {the}{name}."]
    assert Wording(make(f':x rdfs:label "{name}" . :holm :partner :x .')).labels().to_pylist().count(name) >= 1


def test_titles_and_persons_take_no_article(make: Make) -> None:
    works = (
        ':ada :liked :x , :y . :x a :Film ; rdfs:label "Kingdom of Heaven" . :y :genre :war ; rdfs:label "Star Wars" .'
    )
    assert "Ada liked Kingdom of Heaven." in said(make, works)
    assert "Ada liked Star Wars." in said(make, works)
    person = ':ada :liked :x . :x :spouse :bo ; rdfs:label "Eva Order" .'
    assert "Ada liked Eva Order." in said(make, person)


def test_who_acts_takes_no_article(make: Make) -> None:
    film = ':x :starredActors :ben ; :place :red . :ben rdfs:label "Ben Cross" . :red rdfs:label "Red Cross" .'
    sentences = said(make, film)
    assert any("Ben Cross" in text for text in sentences)
    assert not any("the Ben Cross" in text for text in sentences)
    assert any("the Red Cross" in text for text in sentences)


def test_a_currency_takes_the_article_whatever_its_name(make: Make) -> None:
    assert "The numeric code of the Zloty is 985." in said(
        make, ':x a :Currency ; rdfs:label "Zloty" ; :numericCode "985" .'
    )


def test_a_phrase_of_the_data_stays(make: Make) -> None:
    turtle = ':holm :near :x . :x rdfs:label "Baltic Sea"@en ; kaug:phrase "Baltic Sea"@en .'
    assert said(make, turtle) == ["Holm is near Baltic Sea."]


@pytest.mark.parametrize(
    ("turtle", "sentence"),
    [
        (":Olivine rdfs:subClassOf :Mineral .", "Olivine is a mineral."),
        (":BlackOlivine rdfs:subClassOf :Olivine . :Olivine rdfs:subClassOf :Mineral .", "A black olivine is olivine."),
        (":CellDivision rdfs:subClassOf :CellularProcess .", "Cell division is a cellular process."),
        (":LongDivision rdfs:subClassOf :Thing .", "A long division is a thing."),
        (":BlogPosting rdfs:subClassOf :CreativeWork .", "A blog posting is a creative work."),
        (":Nucleated rdfs:subClassOf :CellQuality .", "Nucleated is a cell quality."),
        (":RVPark rdfs:subClassOf :TVSeries .", "An RV park is a TV series."),
        (":HowTo rdfs:subClassOf :CreativeWork .", "A how-to is a creative work."),
        (
            ":gtin a rdf:Property ; :rangeIncludes :Text . :Text a :DataType . :code a :Text .",
            "The range of “gtin” includes Text.",
        ),
    ],
)
def test_a_class_takes_an_article_by_the_classes_above_it(make: Make, turtle: str, sentence: str) -> None:
    assert sentence in said(make, turtle)


@pytest.mark.parametrize(
    ("turtle", "sentence"),
    [
        (":Disputed rdfs:subClassOf :Territory .", "“Disputed” is a territory."),
        (":NonSelfGoverning rdfs:subClassOf :Territory .", "“non self governing” is a territory."),
        (":CarbonNeutral rdfs:subClassOf :Building .", "“carbon neutral” is a building."),
        (":Hospital rdfs:subClassOf :Building .", "A hospital is a building."),
        (":Watershed rdfs:subClassOf :Place .", "A watershed is a place."),
        (":strong a :Impact ; :strongerThan :tepid . :tepid a :Impact .", "“strong” is stronger than “tepid”."),
        (":oak a :Tree ; :olderThan :elm . :elm a :Tree .", "Oak is older than elm."),
        (":snow :hasProperty :cold .", "Snow has the property cold."),
    ],
)
def test_what_an_adjective_names_is_mentioned_as_a_word(make: Make, turtle: str, sentence: str) -> None:
    assert sentence in said(make, turtle)


@pytest.mark.parametrize(
    ("turtle", "sentence"),
    [
        (":Reflectance rdfs:subClassOf :Quantity .", "Reflectance is a quantity."),
        (":Porosity rdfs:subClassOf :Quantity .", "Porosity is a quantity."),
        (":RadioactiveDating rdfs:subClassOf :Method .", "Radioactive dating is a method."),
        (":Unconformity rdfs:subClassOf :Surface .", "An unconformity is a surface."),
        (":WarmestMonth rdfs:subClassOf :Time .", "The warmest month is a time."),
        (":InterestRate rdfs:subClassOf :Number .", "An interest rate is a number."),
        (':x rdfs:label "Native Alum" ; rdfs:subClassOf :Mineral .', "Native Alum is a mineral."),
    ],
)
def test_a_noun_that_may_be_uncounted_takes_no_article(make: Make, turtle: str, sentence: str) -> None:
    assert sentence in said(make, turtle)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("V12 engine", "a V12 engine"),
        ("Bass guitar", "a bass guitar"),
        ("Clarinet", "a clarinet"),
        ("Alternative rock", "Alternative rock"),
        ("Hot Train", "Hot Train"),
        ("Republic of Korea the", "Republic of Korea the"),
    ],
)
def test_a_title_that_is_a_common_noun_takes_an_article(make: Make, name: str, phrase: str) -> None:
    assert said(make, f':x rdfs:label "{name}" . :holm :likes :x .') == [f"Holm likes {phrase}."]


def test_a_taxon_among_classes_in_lower_case_is_a_name(make: Make) -> None:
    turtle = (
        ':a rdfs:label "Metazoa" ; rdfs:subClassOf :b . :b rdfs:label "taxon" . :c rdfs:label "organ" ;'
        ' rdfs:subClassOf :d . :d rdfs:label "body part" .'
    )
    assert said(make, turtle) == ["Metazoa is a taxon.", "An organ is a body part."]


def test_a_property_is_mentioned_as_a_word(make: Make) -> None:
    turtle = ":about a owl:ObjectProperty ; :domainIncludes :Work . :x a :Work ."
    assert "The domain of “about” includes a work." in said(make, SPACE + turtle)


def test_the_name_of_a_thing_is_the_thing(make: Make) -> None:
    kb = make(":togo :leaderName :ada . :ghana :leaderName :bo .")
    assert Wording(kb).sentences().to_pylist() == ["The leader of ghana is bo.", "The leader of togo is ada."]
    both = make(":togo :leaderName :ada ; :leader :bo .")
    assert sorted(Wording(both).sentences().to_pylist()) == [
        "The leader name of togo is ada.",
        "The leader of togo is bo.",
    ]


# ---------------------------------------------------------------- one of several


def test_a_fact_that_is_one_of_several_is_said_so_and_others_are_not(make: Make) -> None:
    rare = "".join(f":s{n} :leader :o{n} . " for n in range(20)) + ":togo :leader :ada , :bo ."
    texts = said(make, rare)
    assert {"A leader of togo is ada.", "A leader of togo is bo.", "The leader of s3 is o3."} <= set(texts)
    kb = make(rare)
    wording = Wording(kb)
    assert wording.several().sum() == 2
    leader = kb.terms["value"].to_pylist().index("urn:x:leader")
    several = wording.templates(leader, "statement", Manner(several=True))
    assert not [text for text in several if text.startswith("The leader of") or "the answer" in text]


def test_of_several_classes_none_is_the_answer(make: Make) -> None:
    kb = make(":Whale rdfs:subClassOf :Mammal , :Animal . :Cat rdfs:subClassOf :Mammal .")
    wording = Wording(kb)
    kind = kb.terms["value"].to_pylist().index("http://www.w3.org/2000/01/rdf-schema#subClassOf")
    assert "If someone asks what {s} is, the answer is {o}." in wording.templates(kind, "statement")
    assert "If someone asks what {s} is, one answer is {o}." in wording.templates(
        kind, "statement", Manner(several=True)
    )


def test_peoples_are_several(make: Make) -> None:
    turtle = (
        ':togo :ethnicGroup :ewe , :kabye . :benin :ethnicGroup :fon , :ewe . :ewe rdfs:label "Ewe people" .'
        ' :kabye rdfs:label "Kabye people" . :fon rdfs:label "Fon people" .'
    )
    assert "The ethnic groups of togo include Ewe people." in said(make, turtle)


def test_a_taxon_is_a_member_of_the_one_above(make: Make) -> None:
    turtle = (
        ':a rdfs:label "Ascomycota" ; rdfs:subClassOf :b . :b rdfs:label "Dikarya" ; rdfs:subClassOf :c .'
        ' :c rdfs:label "organism" . :d rdfs:label "body part" ; rdfs:subClassOf :e . :e rdfs:label "thing" .'
    )
    assert set(said(make, turtle)) == {
        "Ascomycota is a member of Dikarya.",
        "Dikarya is an organism.",
        "A body part is a thing.",
    }


def test_a_taxon_of_two_words_is_a_member_of_the_one_above(make: Make) -> None:
    turtle = (
        ':a rdfs:label "Mus musculus" ; rdfs:subClassOf :b . :b rdfs:label "Mus <genus>" ; rdfs:subClassOf :c .'
        ' :c rdfs:label "Eukaryota" ; rdfs:subClassOf :d . :d rdfs:label "cellular organisms" ; rdfs:subClassOf :e .'
        ' :e rdfs:label "root" . :f rdfs:label "organ" ; rdfs:subClassOf :g . :g rdfs:label "body part" .'
    )
    assert {
        "Mus musculus is a member of Mus <genus>.",
        "Eukaryota is a kind of “cellular organisms”.",
        "“cellular organisms” is a root.",
    } <= set(said(make, turtle))


def test_a_concept_in_the_plural_is_mentioned_as_a_word(make: Make) -> None:
    turtle = ':a a skos:Concept ; rdfs:label "Radio lobes" ; :near :b . :b a skos:Concept ; rdfs:label "Sun spot" .'
    assert "“Radio lobes” is near Sun spot." in said(make, SPACE + turtle)


def test_a_quoted_slot_and_a_record_take_bare_names(make: Make) -> None:
    wording = Wording(kb := make(':ada :liked :x . :x rdfs:label "Baltic Sea" .'))
    subjects, _, objects = kb.columns()
    assert wording.fill("{s} saw {o}.", subjects, objects).text.to_pylist() == ["Ada saw the Baltic Sea."]
    assert wording.fill("{s} is tagged “{o}”.", subjects, objects).text.to_pylist() == ["Ada is tagged “Baltic Sea”."]
    assert wording.fill("{s} — liked: {o}", subjects, objects).text.to_pylist() == ["ada — liked: Baltic Sea"]


def test_a_name_after_its_noun_takes_no_article(make: Make) -> None:
    turtle = ':york :liesOnRiver :x . :x a :River ; rdfs:label "Ouse" . :york :near :x .'
    assert {"York lies on the river Ouse.", "York is near the Ouse."} <= set(said(make, turtle))
    entry = ':currency kaug:statement "{s} pays with the {o}."@en .'
    kb = make(':togo :currency :x . :x rdfs:label "Taler" .', entry)
    assert Wording(kb).sentences().to_pylist() == ["Togo pays with the Taler."]
    entry = ':river kaug:statement "The river {o} flows through {s}."@en .'
    kb = make(':york :river :x . :x a :River ; rdfs:label "Ouse" .', entry)
    assert "The river Ouse flows through york." in Wording(kb).sentences().to_pylist()


def test_a_noun_before_a_class_is_not_said_twice(make: Make) -> None:
    turtle = (
        ":Owner :ownsAsset :Asset , :Ship . :Owner rdfs:subClassOf :Agent . :Asset rdfs:subClassOf :Thing ."
        " :Ship rdfs:subClassOf :Asset ."
    )
    assert {"An owner owns an asset.", "An owner owns the asset Ship."} <= set(said(make, turtle))


def test_a_list_in_a_literal_is_no_name(make: Make) -> None:
    kb = make(':cake :ingredient "jam, butter, eggs" . :bread :ingredient "salt" . :togo :partner "United States" .')
    wording = Wording(kb)
    texts = said(make, ':cake :filling "jam, butter, eggs" . :bread :filling "salt" . :togo :partner "United States" .')
    assert set(texts) == {
        "The filling of cake is: jam, butter, eggs.",
        "The filling of bread is salt.",
        "The partner of togo is the United States.",
    }
    assert wording.lists(kb.columns()[2]).sum() == 1


def test_what_persons_have_and_things_too_is_asked_of_both(make: Make) -> None:
    things = "".join(f":band{n} :label :l{n} . " for n in range(3))
    kb = make(things + ":ada :label :blue ; :spouse :bo .")
    wording = Wording(kb)
    label = kb.terms["value"].to_pylist().index("urn:x:label")
    assert wording.templates(label, "inverseQuestion")[0] == "Who or what has {o} as the label?"
    subject = kb.terms["value"].to_pylist().index("urn:x:ada")
    manner = {kb.columns()[0][rows[0]]: manner for p, manner, rows in wording.groups(np.arange(len(kb))) if p == label}
    assert manner[subject].person
    assert "{s}'s label is {o}." in wording.templates(label, "statement", manner[subject])
    assert "{s} has {o} as its label." in wording.templates(label, "statement")
