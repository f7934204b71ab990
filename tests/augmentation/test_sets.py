"""Questions with one right answer, with several, and with too many."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import kaug
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.answers import identifying
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <urn:x:> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
Rows = list[dict[str, Any]]


def build(folder: Path, turtle: str, **options: Any) -> KnowledgeBase:
    (folder / "a.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    return build_kb([folder / "a.ttl"], **options)


def named(names: str) -> str:
    """Labels of entities: ":a Ada Holt, :b Bo"."""
    pairs = (name.strip().split(" ", 1) for name in names.split(","))
    return "".join(f'{iri} rdfs:label "{label}"@en . ' for iri, label in pairs)


def asked(kb: KnowledgeBase, form: str, **options: Any) -> dict[str, str]:
    rows: Rows = [row for row in kaug.closed_book_rows(kb, forms="question", **options) if row["form"] == form]
    found = {row["prompt"]: row["completion"] for row in rows}
    assert len(found) == len(rows)  # no question is asked twice with different answers
    return found


PEOPLE = named(":gender gender, :f female, :m male, :a Ada Holt, :b Bea Lind, :c Cleo Marsh, :d Dora Nye, :e Edna Orr")
PEOPLE += named(":g Fay Pell, :q Abel Quint, :r Boris Rand")
PEOPLE += "".join(f":{one} :gender :f . " for one in "abcdeg") + ":q :gender :m . :r :gender :m ."


def test_a_question_with_many_answers_is_not_asked_and_one_with_a_few_asks_for_all(tmp_path: Path) -> None:
    kb = build(tmp_path, PEOPLE)
    inverse = asked(kb, "inverse-question")
    assert inverse["Whose gender is male? Name all."] == "Abel Quint and Boris Rand"
    assert set(inverse.values()) == {"Abel Quint and Boris Rand"}
    forward = asked(kb, "question")
    assert forward["What is the gender of Fay Pell?"] == "female"
    assert len([prompt for prompt in forward if prompt.startswith("What is")]) == 8
    description = kaug.closed_book_rows(kb, forms="question").info.description
    assert "questions left out: more than 5 right answers: 1" in description.split("\n")


def test_the_exam_and_the_rows_have_the_same_limit(tmp_path: Path) -> None:
    kb = build(tmp_path, PEOPLE)
    for most, reverse in ((1, 0), (2, 1), (5, 1), (6, 2)):
        exam = draw_exam(kb, ExamSettings(held_out_entities=1.0, max_answers=most))
        assert exam["kind"].to_pylist().count("reverse") == 2 * reverse  # two phrasings of each
        assert len(asked(kb, "inverse-question", max_answers=most, templates=1)) == reverse


def test_each_fact_of_a_set_has_its_own_span(tmp_path: Path) -> None:
    kb = build(tmp_path, named(":t topping, :p Pizza, :h ham, :s ham sausage, :o olive") + ":p :t :h , :s , :o .")
    (row,) = (row for row in kaug.closed_book_rows(kb, forms="question", templates=1) if row["form"] == "question")
    assert (row["prompt"], row["completion"]) == (
        "What are the toppings of Pizza?",
        "ham, olive and ham sausage",
    )
    wording, stated = Wording(kb), [kb.row_of[fact] for fact in row["facts"]]
    assert len(set(stated)) == 3
    labels = wording.labels(kb.columns(np.array(stated))[2]).to_pylist()
    cut = {span["fact"]: row[span["field"]][span["start"] : span["end"]] for span in row["spans"][:3]}
    assert cut == dict(enumerate(labels))


def test_entities_of_one_name_share_a_question(tmp_path: Path) -> None:
    kb = build(tmp_path, named(":u Georgia, :v Georgia, :t Tbilisi, :a Atlanta") + ":u :capital :t . :v :capital :a .")
    assert asked(kb, "question", templates=1) == {"What are the capitals of Georgia?": "Tbilisi and Atlanta"}
    assert asked(kb, "inverse-question", templates=1) == {
        "What has Tbilisi as its capital?": "Georgia",
        "What has Atlanta as its capital?": "Georgia",
    }


def test_equal_names_of_several_answers_are_one_answer(tmp_path: Path) -> None:
    turtle = named(":u Springfield, :v Springfield, :p Ada") + ":p :birthplace :u , :v ."
    kb = build(tmp_path, turtle)
    assert asked(kb, "question", templates=1) == {"What is a birthplace of Ada?": "Springfield"}
    rows = kaug.closed_book_rows(kb, forms="question", templates=1)
    assert [len(row["facts"]) for row in rows if row["form"] == "question"] == [2]


def test_a_set_with_an_answer_that_is_not_taught_is_not_asked(tmp_path: Path) -> None:
    select = "PREFIX : <urn:x:> CONSTRUCT { :p :topping :h } WHERE {}"
    kb = build(tmp_path, named(":p Pizza, :h ham, :o olive") + ":p :topping :h , :o .", select=select)
    assert asked(kb, "question") == {}
    assert set(asked(kb, "inverse-question").values()) == {"Pizza"}


@pytest.mark.parametrize(
    ("forward", "back", "declared"),
    [
        ("hasPart", "isPartOf", ""),
        ("feeds", "isFedBy", ""),
        ("likes", "pleases", ":likes owl:inverseOf :pleases . "),
    ],
)
def test_a_question_that_the_inverse_predicate_answers_otherwise_is_not_asked(
    tmp_path: Path, forward: str, back: str, declared: str
) -> None:
    turtle = f"{declared}:floor :{forward} :room . :room :{back} :floor , :zone . :hall :{forward} :desk ."
    kb = build(tmp_path, turtle)
    forward_answers = set(asked(kb, "question").values())
    inverse_answers = set(asked(kb, "inverse-question").values())
    # "What is room part of?" has two answers by one predicate, and "What has room as a part?" by the other one alone.
    assert "floor" not in inverse_answers | forward_answers
    assert {"desk"} <= forward_answers
    assert "hall" in inverse_answers


def test_a_template_that_asks_for_one_of_several_asks_for_no_set(tmp_path: Path) -> None:
    lexicon = tmp_path / "lexicon.ttl"
    lexicon.write_text(
        "@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> .\n"
        ':borders kaug:statement "{s} borders {o}."@en ; kaug:question "Name a neighbour of {s}."@en , "What borders {s}?"@en .',
        encoding="utf-8",
    )
    turtle = named(":a Togo, :b Ghana, :c Benin, :d Peru, :e Chile") + ":a :borders :b , :c . :d :borders :e ."
    kb = build(tmp_path, turtle, lexicon=lexicon)
    assert asked(kb, "question") == {
        "Name a neighbour of Peru.": "Chile",
        "What borders Peru?": "Chile",
        "What borders Togo? Name all.": "Ghana and Benin",
    }


def test_names_that_hold_commas_are_joined_with_semicolons(tmp_path: Path) -> None:
    turtle = ':a rdfs:label "Ada" ; :home :h , :i . :h rdfs:label "Holm, Lorn" . :i rdfs:label "Reef" .'
    assert asked(build(tmp_path, turtle), "question", templates=1) == {"What are the homes of Ada?": "Holm, Lorn; Reef"}


def hops(kb: KnowledgeBase) -> dict[str, str]:
    rows: Rows = list(kaug.closed_book_rows(kb, forms="path", templates=1))
    return {row["prompt"]: row["completion"] for row in rows}


CHAIN = named(":a Ada Holt, :b Bram Voss, :n Norland, :c Cleo Marsh, :d Dirk Wynn, :m Midland")
CHAIN += ":a :spouse :b . :b :nationality :n . :c :spouse :d . :d :nationality :m ."


def test_a_chain_asks_through_the_value_of_a_fact(tmp_path: Path) -> None:
    assert hops(build(tmp_path, CHAIN)) == {
        "What is the nationality of the spouse of Ada Holt?": (
            "The spouse of Ada Holt is Bram Voss. The nationality of Bram Voss is Norland. Answer: Norland"
        ),
        "What is the nationality of the spouse of Cleo Marsh?": (
            "The spouse of Cleo Marsh is Dirk Wynn. The nationality of Dirk Wynn is Midland. Answer: Midland"
        ),
    }


def test_a_chain_goes_through_all_values_to_all_answers(tmp_path: Path) -> None:
    assert hops(build(tmp_path, CHAIN + ":a :spouse :d ."))[
        "What are the nationalities of the spouses of Ada Holt?"
    ] == (
        "A spouse of Ada Holt is Bram Voss. A spouse of Ada Holt is Dirk Wynn. The nationality of Bram Voss is Norland."
        " The nationality of Dirk Wynn is Midland. Answer: Midland and Norland"
    )
    assert list(hops(build(tmp_path, CHAIN + ":b :nationality :m ."))) == [
        "What are the nationalities of the spouse of Ada Holt?",
        "What is the nationality of the spouse of Cleo Marsh?",
    ]
    assert (
        hops(build(tmp_path, named(":a Ada, :b Bo") + ":a :spouse :b . :b :friend :a .")) == {}
    )  # it names its answer


def people(count: int, causes: int) -> str:
    """People of whom each has a town, and one of some causes of death."""
    return "".join(f":p{n} :causeOfDeath :c{n % causes} ; :town :t{n} . " for n in range(count))


def test_what_identifies_is_decided_by_the_data(tmp_path: Path) -> None:
    def predicates(turtle: str) -> list[str]:
        kb = build(tmp_path, turtle)
        found: list[str] = kb.terms["value"].take(pa.array(identifying(kb))).to_pylist()
        return [iri.removeprefix("urn:x:") for iri in found]

    assert predicates(people(40, 34)) == ["town"]  # 28 of 34 causes of death have one person: a matter of luck
    assert predicates(people(40, 39)) == ["causeOfDeath", "town"]  # 38 of 39
    assert predicates(people(29, 29)) == []  # too few to know
    clubs = "".join(f":p{n} :club :c{2 * n} , :c{2 * n + 1} . " for n in range(40))
    assert predicates(clubs) == []  # a club of one person here, but not one to one
    one = ":p1 :causeOfDeath :c1 ; :town :t1 . "
    assert predicates(one + ":town a owl:InverseFunctionalProperty .") == ["town"]
    assert predicates(one + ":townOf owl:inverseOf :town . :townOf a owl:FunctionalProperty .") == ["town"]
    assert predicates(one + ":Person owl:hasKey ( :town ) .") == ["town"]
    assert predicates(one + ":Person owl:hasKey ( :town :causeOfDeath ) .") == []


def test_a_reference_that_is_unique_by_luck_is_not_used(tmp_path: Path) -> None:
    prompts = list(hops(build(tmp_path, people(40, 34))))
    assert prompts
    assert all("town is" in prompt and "cause of death is" not in prompt for prompt in prompts)


def test_nobody_is_referred_to_by_a_date(tmp_path: Path) -> None:
    xsd = "<http://www.w3.org/2001/XMLSchema#date>"
    turtle = "".join(f':p{n} :birthday "1990-01-{n:02}"^^{xsd} ; :town :t{n} . ' for n in range(1, 32))
    prompts = list(hops(build(tmp_path, turtle)))
    assert len(prompts) == 31
    assert all("town is" in prompt for prompt in prompts)


def test_a_question_for_all_is_in_the_plural_where_its_noun_is_known(tmp_path: Path) -> None:
    lexicon = tmp_path / "lexicon.ttl"
    lexicon.write_text(
        "@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> .\n"
        ':by kaug:statement "{s} was painted by {o}."@en ; kaug:question "Who painted {s}?"@en ;'
        ' kaug:inverseQuestion "Which picture did {o} paint?"@en , "Which picture shows the hand of {o}?"@en ,'
        ' "Which picture is by {o}?"@en ; kaug:inverseExam "Which pictures are by {o}?"@en .',
        encoding="utf-8",
    )
    turtle = named(":a Ada Holt, :b Bo Lind, :m Moor, :h Heath, :d Dunes") + ":m :by :a . :h :by :a . :d :by :b ."
    assert asked(build(tmp_path, turtle, lexicon=lexicon), "inverse-question") == {
        "Which picture did Bo Lind paint?": "Dunes",
        "Which picture shows the hand of Bo Lind?": "Dunes",
        "Which picture is by Bo Lind?": "Dunes",
        "Which pictures did Ada Holt paint?": "Heath and Moor",
        "Which pictures show the hand of Ada Holt?": "Heath and Moor",  # "Which pictures are by …?" is the exam's
    }


def test_a_question_with_one_answer_is_not_in_the_plural(tmp_path: Path) -> None:
    turtle = named(":p Pizza, :q Bread, :h ham, :o olive, :a Ada, :b Bo")
    kb = build(tmp_path, turtle + ":p :topping :h , :o . :q :topping :o . :a :children :b .")
    prompts = {prompt: answer for prompt, answer in asked(kb, "question").items() if " and " not in answer}
    assert {"What is a topping of Bread?", "For Bread, what is one topping?"} < prompts.keys()
    assert not any("toppings" in prompt for prompt in prompts)
    assert {answer for prompt, answer in prompts.items() if "children" in prompt} == {"Bo"}  # it has no singular


@pytest.mark.parametrize(
    ("subject", "answer", "told"),
    [
        ("the bus stop of Lorn", "BusStop", True),
        ("the bus_stops of Lorn", "bus stop", True),
        ("303.4mya", "303.4", True),
        ("Nonprofit501c12", "Nonprofit501c12", True),
        ("the stop of the bus", "BusStop", False),
        ("Yorkshire", "York", False),
        ("the indium mine", "In", False),
    ],
)
def test_no_question_holds_its_answer(tmp_path: Path, subject: str, answer: str, told: bool) -> None:
    turtle = f':a :kind :b . :a rdfs:label "{subject}" . :b rdfs:label "{answer}" . :c :kind :d .'
    kb = build(tmp_path, turtle)
    options = ExamSettings(held_out_entities=1.0)
    exam = {row["answers"][0] for row in draw_exam(kb, options).to_pylist() if row["kind"] == "recall"}
    assert exam == ({"d"} if told else {"d", answer})
    assert set(asked(kb, "question").values()) == exam
    rows = kaug.closed_book_rows(kb, forms="question")
    assert ("questions left out: they hold an answer" in rows.info.description) == told


def test_a_record_is_no_part_of_a_two_hop_question(tmp_path: Path) -> None:
    turtle = (
        CHAIN
        + ':b :liegtIn :m . :liegtIn rdfs:label "liegt in"@de . :n :wohntIn :x . :wohntIn rdfs:label "wohnt in"@de .'
    )
    kb = build(tmp_path, turtle)
    assert any("liegt in" in row["prompt"] for row in kaug.closed_book_rows(kb, forms="question"))
    assert set(hops(kb)) == set(hops(build(tmp_path, CHAIN)))
    exam = draw_exam(kb, ExamSettings(held_out_entities=1.0)).to_pylist()
    composed = [row["prompt"] for row in exam if row["kind"] == "compose"]
    assert composed
    assert not any("liegt in" in prompt or "wohnt in" in prompt for prompt in composed)


def test_a_two_hop_answer_is_a_name_that_the_question_does_not_hold(tmp_path: Path) -> None:
    long = "a place " + "of hills " * 9
    turtle = ':a rdfs:label "New York Jets" ; :home :b . :b rdfs:label "East Field" ; :state :c ; :history "%s" ; :city :d . '
    turtle += ':c rdfs:label "New York" . :d rdfs:label "Rutherford" .'
    assert list(hops(build(tmp_path, turtle % long))) == ["What is the city of the home of New York Jets?"]


@pytest.mark.slow
def test_a_hub_gives_a_few_rows_a_fact(tmp_path: Path) -> None:
    turtle = "".join(f":hub :prop{n} :thing{n} . :prop{n} a owl:InverseFunctionalProperty . " for n in range(60))
    kb = build(tmp_path, turtle + "".join(f":guest{n} :host :hub . " for n in range(30)))
    rows: Rows = list(kaug.closed_book_rows(kb, forms="path", templates=1))
    used = Counter(fact for row in rows for fact in row["facts"])
    assert max(Counter(row["facts"][0] for row in rows).values()) <= 9 + 6
    assert max(used.values()) <= 24 + 16
    assert len(used) >= 60  # and every trait is used
    assert rows == list(kaug.closed_book_rows(kb, forms="path", templates=1))


def test_shuffled_chains_go_through_the_false_object(tmp_path: Path) -> None:
    kb = build(tmp_path, CHAIN)
    rows: Rows = list(kaug.closed_book_rows(kb, arm="shuffled", forms="path", templates=1))
    assert {row["prompt"]: row["completion"] for row in rows} == {
        "What is the nationality of the spouse of Ada Holt?": (
            "The spouse of Ada Holt is Dirk Wynn. The nationality of Dirk Wynn is Norland. Answer: Norland"
        ),
        "What is the nationality of the spouse of Cleo Marsh?": (
            "The spouse of Cleo Marsh is Bram Voss. The nationality of Bram Voss is Midland. Answer: Midland"
        ),
    }
