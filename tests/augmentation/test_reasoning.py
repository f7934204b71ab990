"""Forms that reason: statements that are proved false, conclusions, comparisons, lists, and what is not known."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.forms import FORMS, form_rows
from kaug.augmentation.rows import Facts, Options, concat_rows, facts_to_teach
from kaug.augmentation.settings import AugmentationSettings
from kaug.exam.draw import draw_exam
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.constraints import Constraints
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import check_table
from kaug.wording.barred import find_barred
from kaug.wording.negatives import Refuter
from kaug.wording.wording import Wording

PREFIXES = """
@prefix : <urn:x:> .
@prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
REASONING = ("true-false", "choice", "inherit", "rule", "why", "compare", "superlative", "count", "set", "unknown")
Row = dict[str, Any]


def build(folder: Path, turtle: str, **options: Any) -> KnowledgeBase:
    (folder / "a.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    return build_kb([folder / "a.ttl"], **options)


def named(names: str) -> str:
    """Labels of entities: ":a Ada Holt, :b Bo"."""
    pairs = (name.strip().split(" ", 1) for name in names.split(","))
    return "".join(f'{iri} rdfs:label "{label}"@en . ' for iri, label in pairs)


def table(
    kb: KnowledgeBase, form: str, *, language: str = "en", facts: Facts | None = None, **options: Any
) -> pa.Table:
    given = facts_to_teach(kb) if facts is None else facts
    rows = form_rows(FORMS[form], given, Wording(kb, language), Options(facts=given, **options))
    return check_table(rows, "examples")


def written(kb: KnowledgeBase, form: str, **options: Any) -> list[Row]:
    rows: list[Row] = table(kb, form, **options).to_pylist()
    return rows


def texts(kb: KnowledgeBase, form: str, **options: Any) -> dict[str, str]:
    return {row["prompt"]: row["completion"] for row in written(kb, form, **options)}


def false_ones(kb: KnowledgeBase, **options: Any) -> dict[str, str]:
    """The false statements, with the correction of each."""
    rows = written(kb, "true-false", **options)
    assert Counter(row["completion"] == "True." for row in rows) in (
        Counter(),
        Counter({True: len(rows) // 2, False: len(rows) // 2}),
    )
    assert all((row["proof"] is None) == (row["completion"] == "True.") for row in rows)
    return {row["prompt"].removeprefix("True or false: "): row["completion"] for row in rows if row["proof"]}


def said(row: Row) -> dict[int, set[str]]:
    """What the spans of a row cut out, by the position of the fact."""
    found: dict[int, set[str]] = {}
    for span in row["spans"]:
        found.setdefault(span["fact"], set()).add(row[span["field"]][span["start"] : span["end"]])
    return found


COUNTRIES = named(
    ":togo Togo, :ghana Ghana, :benin Benin, :mali Mali, :lome Lomé, :accra Accra, :porto Porto-Novo, :bamako Bamako"
)
COUNTRIES += "".join(
    f":{country} a :Country ; :capital :{city} . :{city} a :City ."
    for country, city in (("togo", "lome"), ("ghana", "accra"), ("benin", "porto"), ("mali", "bamako"))
)
FUNCTIONAL = ":capital a owl:FunctionalProperty ."


def test_a_functional_predicate_has_no_second_value(tmp_path: Path) -> None:
    kb = build(tmp_path, COUNTRIES + FUNCTIONAL)
    rows = [row for row in written(kb, "true-false", templates=1) if row["proof"]]
    assert len(rows) == 4
    row = next(row for row in rows if "Togo" in row["prompt"])
    wrong = next(city for city in ("Accra", "Porto-Novo", "Bamako") if city in row["prompt"])
    assert row["completion"] == "False. The capital of Togo is Lomé."
    assert row["proof"] == (
        f"The capital of Togo is Lomé. A thing has at most one value of “capital”, and {wrong} is not Lomé."
    )
    (fact,) = row["facts"]
    subject, predicate, value = (column[0] for column in kb.columns(np.array([kb.row_of[fact]])))
    assert [kb.terms["value"][int(term)].as_py() for term in (subject, predicate, value)] == [
        "urn:x:togo",
        "urn:x:capital",
        "urn:x:lome",
    ]
    assert said(row) == {0: {"The capital of Togo is Lomé."}}


def test_the_completion_never_states_what_is_false(tmp_path: Path) -> None:
    kb = build(tmp_path, COUNTRIES + FUNCTIONAL)
    for seed in range(5):
        for prompt, correction in false_ones(kb, seed=seed).items():
            assert prompt not in correction


@pytest.mark.parametrize(
    "turtle",
    [
        "",  # nothing is declared, though the data look functional
        FUNCTIONAL
        + ":togo :capital :kara . "
        + named(":kara Kara"),  # two values: the axiom is broken, or they are one
    ],
)
def test_what_the_data_only_look_like_proves_nothing(tmp_path: Path, turtle: str) -> None:
    kb = build(tmp_path, COUNTRIES + turtle)
    assert not any("Togo" in prompt and "capital" in prompt for prompt in false_ones(kb))
    assert not any("Togo?" in prompt for prompt in texts(kb, "choice"))


@pytest.mark.parametrize(
    "same",
    ["owl:sameAs :lome", 'rdfs:label "LOMÉ"@en', '<http://www.w3.org/2004/02/skos/core#altLabel> "Lomé"@en'],
)
def test_another_name_of_the_value_is_no_other_value(tmp_path: Path, same: str) -> None:
    turtle = named(":togo Togo, :lome Lomé, :ghana Ghana") + 'rdfs:label rdfs:label "label" . '
    label = "" if same.startswith("rdfs:label") else ' ; rdfs:label "City of the coast"@en'
    kb = build(
        tmp_path, turtle + FUNCTIONAL + f":togo :capital :lome . :ghana :capital :other . :other {same}{label} ."
    )
    assert false_ones(kb) == {}


def test_equal_numbers_are_one_value_and_other_datatypes_no_values_to_compare(tmp_path: Path) -> None:
    axioms = ":area a owl:FunctionalProperty . :code a owl:FunctionalProperty ."
    turtle = named(":a Anna, :b Bert, :c Cleo") + ":a :area 5.0 . :b :area 5.00 . :c :area 5.000 ."
    assert false_ones(build(tmp_path, axioms + turtle)) == {}
    assert len(false_ones(build(tmp_path, axioms + turtle + named(":d Dora") + ":d :area 7.5 ."))) == 4
    mixed = named(":a Anna, :b Bert") + ':a :code "red"@en . :b :code 5 .'
    assert false_ones(build(tmp_path, axioms + mixed)) == {}


AXIOMS = {
    ":rules a owl:FunctionalProperty .": {"Togo rules Accra", "Ghana rules Lomé"},
    ":rules a owl:InverseFunctionalProperty .": {"Togo rules Accra", "Ghana rules Lomé"},
    ":own owl:inverseOf :rules . :own a owl:InverseFunctionalProperty .": {"Togo rules Accra", "Ghana rules Lomé"},
    ":rules rdfs:subPropertyOf :has . :has a owl:FunctionalProperty .": {"Togo rules Accra", "Ghana rules Lomé"},
    ":has rdfs:subPropertyOf :rules . :has a owl:FunctionalProperty .": set(),
    ":rules a owl:IrreflexiveProperty .": {"Togo rules Togo", "Ghana rules Ghana"},
    ":rules a owl:AsymmetricProperty .": {
        "Togo rules Togo",
        "Ghana rules Ghana",
        "Lomé rules Togo",
        "Accra rules Ghana",
    },
    ":rules a owl:SymmetricProperty , owl:TransitiveProperty .": set(),
}


@pytest.mark.parametrize("axiom", AXIOMS)
def test_each_axiom_refutes_what_it_rules_out_and_nothing_else(tmp_path: Path, axiom: str) -> None:
    kb = build(tmp_path, named(":t Togo, :l Lomé, :g Ghana, :a Accra") + ":t :rules :l . :g :rules :a ." + axiom)
    wording, found = Wording(kb), set()
    for seed in range(20):
        false = Refuter(wording, kb.taught, kb.columns()[2], seed).statements(kb.taught)
        ends = (wording.labels(terms).to_pylist() for terms in (false.subject, false.object))
        found |= {f"{one} rules {other}" for one, other in zip(*ends, strict=True)}
    assert found == AXIOMS[axiom]


def test_disjoint_classes_refute_a_class_and_a_range(tmp_path: Path) -> None:
    classes = named(":Animal animal, :Plant plant, :Bird bird, :Fern fern, :Rock rock, :rex Rex, :fir Fir")
    classes += """
        :Animal a owl:Class . :Plant a owl:Class ; owl:disjointWith :Animal . :Rock a owl:Class .
        :Bird rdfs:subClassOf :Animal . :Fern rdfs:subClassOf :Plant .
        :eats rdfs:range :Plant . :rex a :Bird ; :eats :fir . :fir a :Fern .
    """
    kb = build(tmp_path, classes, teach="all")
    rows = {row["prompt"]: row for row in written(kb, "true-false") if row["proof"]}
    proofs = {row["proof"] for row in rows.values()}
    assert "A bird is an animal. Nothing is both an animal and a plant." in proofs
    assert all("rock" not in proof for proof in proofs)  # nothing says that rocks are no animals
    assert "A value of “eats” is a plant. But Rex is an animal, and nothing is both." in proofs
    of_range = next(row for row in rows.values() if "eats" in row["proof"] and "value" in row["proof"])
    assert of_range["completion"] == "False, since Rex is not a plant. Rex eats Fir."


def test_axioms_about_members_do_not_refute_facts_about_classes(tmp_path: Path) -> None:
    classes = named(":Bird bird, :Cat cat, :Wing wing, :Paw paw")
    some = "rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :limb ; owl:someValuesFrom {} ]"
    classes += f":Bird a owl:Class ; {some.format(':Wing')} . :Cat a owl:Class ; {some.format(':Paw')} . "
    classes += ":limb a owl:FunctionalProperty ."
    kb = build(tmp_path, classes, inference="owl")
    assert len(kb.taught) == 2
    assert false_ones(kb) == {}


def test_a_shape_closes_a_list_and_limits_the_values_of_its_class_only(tmp_path: Path) -> None:
    shapes = """
        [] a sh:NodeShape ; sh:targetClass :Lamp ; sh:property [ sh:path :state ; sh:in ( "on" "off" ) ] ,
            [ sh:path :colour ; sh:maxCount 1 ] .
        :a a :Lamp ; :state "on" ; :colour "red" . :b a :Door ; :state "open" ; :colour "blue" .
    """
    kb = build(tmp_path, named(":a Anna, :b Bert, :Lamp lamp, :Door door") + shapes)
    constraints = Constraints(kb)
    assert len(constraints.limited) == len(constraints.listed[0]) == 1
    found = {row["prompt"]: row["proof"] for row in written(kb, "true-false") if row["proof"]}
    assert all("Anna" in prompt for prompt in found)
    assert any("none of the values that “state” may have for Anna" in proof for proof in found.values())
    assert not any("off" in prompt.split() or "off." in prompt for prompt in found)


def test_a_choice_has_one_right_option_and_three_that_are_proved_wrong(tmp_path: Path) -> None:
    kb = build(tmp_path, COUNTRIES + ":capital a owl:FunctionalProperty, owl:InverseFunctionalProperty .")
    right = {"Togo": "Lomé", "Ghana": "Accra", "Benin": "Porto-Novo", "Mali": "Bamako"}
    rows = written(kb, "choice")
    assert len(rows) == 8
    letters = set()
    for row in rows:
        question, *options = row["prompt"].split("\n")
        forward = next((country for country in right if country in question), None)
        city = next((city for city in right.values() if city in question), None)
        answer = right[forward] if forward else next(one for one, other in right.items() if other == city)
        assert sorted(option[3:] for option in options) == sorted(right.values() if forward else right)
        assert [option[:3] for option in options] == ["A. ", "B. ", "C. ", "D. "]
        assert row["completion"] in options
        assert row["completion"][3:] == answer
        assert row["proof"].endswith("is none of the other options.")
        assert said(row) == {0: {question, answer}}
        letters.add(row["completion"][0])
    assert len(letters) > 1


ANIMALS = (
    named(":Animal animal, :Bird bird, :Penguin penguin, :Feather feather, :pingu Pingu")
    + """
    :Animal a owl:Class . :Feather a owl:Class . :Penguin a owl:Class ; rdfs:subClassOf :Bird . :pingu a :Penguin .
    :Bird a owl:Class ; rdfs:subClassOf :Animal , [ a owl:Restriction ; owl:onProperty :has ; owl:someValuesFrom :Feather ] .
"""
)


def test_a_member_inherits_what_its_class_is_and_has(tmp_path: Path) -> None:
    kb = build(tmp_path, ANIMALS, inference="owl", teach="all")
    rows = {row["completion"]: row for row in written(kb, "inherit")}
    assert set(rows) == {
        "A penguin is a bird. A bird is an animal. So a penguin is an animal.",
        "Pingu is a penguin. A penguin is a bird. So Pingu is a bird.",
        "Pingu is a bird. A bird is an animal. So Pingu is an animal.",
        "A penguin is a bird. A bird has a feather. So a penguin has a feather.",
        "Pingu is a bird. A bird has a feather. So Pingu has a feather.",
    }
    animal = rows["A penguin is a bird. A bird is an animal. So a penguin is an animal."]
    assert said(animal) == {0: {"So a penguin is an animal."}, 1: {"A penguin is a bird."}, 2: {"A bird is an animal."}}
    feather = rows["A penguin is a bird. A bird has a feather. So a penguin has a feather."]
    assert said(feather) == {
        0: {"A penguin is a bird."},
        1: {"A bird has a feather."},
    }  # the conclusion is no fact of the kb
    assert texts(kb, "why")["Why is this so? A penguin has a feather."] == feather["completion"]


RULES = {
    ":borders a owl:SymmetricProperty . :a :borders :b .": (
        "Anna borders Bert. If X borders Y, then Y borders X. So Bert borders Anna."
    ),
    ":borders a owl:TransitiveProperty . :a :borders :b . :b :borders :c .": "Anna borders Bert. Bert borders Cleo. "
    "If X borders Y and Y borders Z, then X borders Z. So Anna borders Cleo.",
    ":borders rdfs:subPropertyOf :meets . :a :borders :b .": (
        "Anna borders Bert. If X borders Y, then X meets Y. So Anna meets Bert."
    ),
    ":feeds owl:propertyChainAxiom ( :borders :meets ) . :a :borders :b . :b :meets :c .": "Anna borders Bert. Bert meets Cleo. "
    "If X borders Y and Y meets Z, then X feeds Z. So Anna feeds Cleo.",
    ":borders rdfs:domain :City . :a :borders :b .": "Anna borders Bert. If X borders Y, then X is a city. So Anna is a city.",
    ":borders rdfs:range :City . :a :borders :b .": "Anna borders Bert. If X borders Y, then Y is a city. So Bert is a city.",
    ":City owl:equivalentClass [ a owl:Restriction ; owl:onProperty :borders ; owl:hasValue :b ] . :a :borders :b .": (
        "Anna borders Bert. If X borders Bert, then X is a city. So Anna is a city."
    ),
}


@pytest.mark.parametrize("turtle", RULES)
def test_a_rule_is_said_with_its_premises(tmp_path: Path, turtle: str) -> None:
    labels = named(":a Anna, :b Bert, :c Cleo, :City city, :borders borders, :meets meets, :feeds feeds")
    kb = build(tmp_path, labels + turtle, inference="owl", teach="all")
    assert [row["completion"] for row in written(kb, "rule")] == [RULES[turtle]]
    (row,) = written(kb, "rule")
    conclusion = row["completion"].partition(" So ")[2]
    assert texts(kb, "why") == {f"Why is this so? {conclusion}": row["completion"]}
    assert len(row["facts"]) == len(set(row["facts"])) == len(said(row))


def test_a_step_without_one_of_its_premises_is_not_written(tmp_path: Path) -> None:
    labels = named(":a Anna, :b Bert, :c Cleo, :borders borders")
    kb = build(
        tmp_path, labels + ":borders a owl:TransitiveProperty . :a :borders :b . :b :borders :c .", inference="owl"
    )
    facts = facts_to_teach(kb)
    premise = np.flatnonzero(facts.subjects == kb.columns()[0][-1])  # Bert borders Cleo
    assert table(kb, "rule", facts=facts.take(np.setdiff1d(np.arange(3), premise))).num_rows == 0


NUMBERS = (
    named(":a Anna, :b Bert, :c Cleo, :d Dora, :area area, :built built in")
    + """
    :a :area 5 ; :founded "1990"^^xsd:gYear . :b :area 12 ; :founded "1985"^^xsd:gYear . :c :area 7.5 . :d :area 5.0 .
"""
)


def test_comparisons_name_the_greater_and_state_both_facts(tmp_path: Path) -> None:
    kb = build(tmp_path, NUMBERS)
    area = {"Anna": 5, "Bert": 12, "Cleo": 7.5, "Dora": 5}
    seen = set()
    for seed in range(8):
        for row in written(kb, "compare", seed=seed):
            winner, _, facts = row["completion"].partition(". ")
            if "area" not in row["prompt"]:
                continue
            some = [name for name in area if name in row["prompt"]]
            assert len(some) == 2
            assert area[some[0]] != area[some[1]]
            best = (max if "greater" in row["prompt"] else min)(some, key=lambda name: area[name])
            assert winner == best
            other = next(name for name in some if name != best)
            assert facts == f"The area of {best} is {area[best]:g}. The area of {other} is {area[other]:g}."
            assert said(row) == {
                0: {f"The area of {best} is {area[best]:g}."},
                1: {f"The area of {other} is {area[other]:g}."},
            }
            seen.add(row["prompt"].split()[3])
    assert seen == {"greater", "smaller"}
    dates = {
        row["prompt"]: row["completion"]
        for seed in range(4)
        for row in written(kb, "compare", seed=seed)
        if "19" in row["completion"]
    }
    assert dates
    assert all(answer.startswith("Bert" if "earlier" in question else "Anna") for question, answer in dates.items())


def test_a_superlative_is_of_things_that_the_question_names(tmp_path: Path) -> None:
    kb = build(tmp_path, NUMBERS)
    area = {"Anna": 5, "Bert": 12, "Cleo": 7.5, "Dora": 5}
    rows = [row for seed in range(6) for row in written(kb, "superlative", seed=seed)]
    assert rows
    for row in rows:
        some = [name for name in area if name in row["prompt"]]
        best = (max if "greatest" in row["prompt"] else min)(some, key=lambda name: area[name])
        assert len(some) in (3, 4)
        assert row["completion"].startswith(f"{best}. The area of {best} is")
        assert sum(area[name] == area[best] for name in some) == 1
        assert len(row["facts"]) == len(some)


def test_values_of_two_units_or_two_values_are_not_compared(tmp_path: Path) -> None:
    ucum = "<http://w3id.org/lindt/custom_datatypes#ucum>"
    turtle = (
        named(":a Anna, :b Bert, :c Cleo")
        + f':a :length "5 km"^^{ucum} . :b :length "12 m"^^{ucum} . :c :length "7 km"^^{ucum} , "8 km"^^{ucum} .'
    )
    assert written(build(tmp_path, turtle), "compare") == []
    kb = build(tmp_path, turtle.replace("12 m", "12 km"))
    assert {row["completion"].split(".")[0] for seed in range(8) for row in written(kb, "compare", seed=seed)} == {
        "Anna",
        "Bert",
    }


def test_lists_name_all_answers_and_counts_say_whose_number_it_is(tmp_path: Path) -> None:
    pizza = named(":t topping, :p Pizza, :h ham, :o olive, :s salt and oil") + ":p :t :h , :o , :s ."
    kb = build(tmp_path, pizza)
    (row,) = (row for row in written(kb, "count") if "Pizza?" in row["prompt"] or "Pizza does" in row["prompt"])
    assert row["prompt"] == "How many toppings of Pizza does the knowledge base list?"
    assert row["completion"] == "3: ham; olive; salt and oil."
    assert said(row) == {place: {row["prompt"], name} for place, name in enumerate(("ham", "olive", "salt and oil"))}
    (row,) = written(kb, "set", templates=1)
    assert (row["prompt"], row["completion"]) == (
        "What are the toppings of Pizza? List all, one per line.",
        "- ham\n- olive\n- salt and oil",
    )
    assert said(row) == {place: {row["prompt"], name} for place, name in enumerate(("ham", "olive", "salt and oil"))}


@pytest.mark.parametrize(("count", "rows"), [(1, 0), (2, 1), (12, 1), (13, 0)])
def test_lists_have_two_to_twelve_answers(tmp_path: Path, count: int, rows: int) -> None:
    names = [f"{first}{second}na" for first in "BDLM" for second in ("a", "e", "i", "o")][:count]
    turtle = named(":t topping, :p Pizza") + "".join(
        f'[] rdfs:label "x" . :{name} rdfs:label "{name}"@en . :p :t :{name} .' for name in names
    )
    kb = build(tmp_path, turtle)
    assert [len(row["facts"]) for form in ("count", "set") for row in written(kb, form)] == [count] * (2 * rows)


def test_only_a_noun_is_counted(tmp_path: Path) -> None:
    kb = build(
        tmp_path, named(":a Anna, :b Bert, :c Cleo, :develops develops from") + ":a :develops :c . :b :develops :c ."
    )
    assert texts(kb, "count") == {
        "How many answers does the knowledge base have to this question? What develops from Cleo?": "2: Anna and Bert."
    }


def test_a_list_is_whole_or_not_written(tmp_path: Path) -> None:
    kb = build(tmp_path, named(":t topping, :p Pizza, :h ham, :o olive, :s salt") + ":p :t :h , :o , :s .")
    facts = facts_to_teach(kb).take(np.arange(2))
    for form in ("count", "set"):
        assert [row for row in written(kb, form, facts=facts) if "Pizza" in row["prompt"]] == []


def _people(count: int) -> str:
    people = "".join(
        f':p{n} a :Person ; rdfs:label "Person {chr(65 + n % 26)}{n}"@en ; :likes :tea . ' for n in range(count)
    )
    born = "".join(f":p{n} :birthplace :lome . " for n in range(count) if n % 10)
    return named(":tea tea, :lome Lomé, :Person person, :birthplace birthplace, :likes likes") + people + born


def test_what_the_knowledge_base_lacks_is_not_known(tmp_path: Path) -> None:
    kb = build(tmp_path, _people(300))
    rows = written(kb, "unknown")
    assert len(rows) == 30
    for row in rows:
        (number,) = map(int, re.findall(r"Person [A-Z](\d+)", row["prompt"]))
        assert number % 10 == 0
        assert "birthplace" in row["prompt"]
        assert (row["completion"], row["spans"], len(row["facts"])) == ("The knowledge base does not say.", [], 1)
        subject = kb.columns(np.array([kb.row_of[row["facts"][0]]]))[0][0]
        assert kb.terms["value"][int(subject)].as_py() == f"urn:x:p{number}"


@pytest.mark.parametrize(
    "answer",
    [
        ":{} :birthplace :lome .",
        ":birthplaceOf owl:inverseOf :birthplace . :lome :birthplaceOf :{} .",
        ":bornAt rdfs:subPropertyOf :birthplace . :{} :bornAt :lome .",
        '<urn:y:{}> rdfs:label "Person {label}"@en ; :birthplace :lome .',
        "<urn:y:{}> owl:sameAs :{} ; :birthplace :lome .",
        ":{} a :Local . :Local rdfs:subClassOf :Person ; :birthplace :lome .",
        ":{} a :Local . :Local rdfs:subClassOf [ owl:onProperty :birthplace ; owl:hasValue :lome ] .",
    ],
)
def test_what_a_fact_answers_in_any_way_is_not_denied_even_if_it_is_not_taught(tmp_path: Path, answer: str) -> None:
    known = ':birthplaceOf rdfs:label "birthplace of" . :bornAt rdfs:label "born at" .'
    answers = "".join(
        answer.replace("{label}", f"{chr(65 + n % 26)}{n}").replace("{}", f"p{n}") for n in range(0, 300, 10)
    )
    untaught = {"predicates": [f"urn:x:{name}" for name in ("bornAt", "birthplaceOf") if f":{name} " in answers]}
    kb = build(tmp_path, _people(300) + known + answers, exclude=untaught)
    assert [row for row in written(kb, "unknown") if "birthplace" in row["prompt"]] == []


def _atoms(count: int, axioms: str) -> str:
    """Elements with an atomic number, which no country has."""
    things = "".join(
        f':c{n} a :Country ; rdfs:label "Land {chr(65 + n)}{n}"@en ; :anthem :song{n} . :song{n} rdfs:label "Song {n}"@en . '
        f':e{n} a :Element ; rdfs:label "Atom {chr(65 + n)}{n}"@en ; :number :n{n} . :n{n} rdfs:label "No. {n}"@en . '
        for n in range(count)
    )
    return (
        named(":Country country, :Element element, :number atomic number, :anthem anthem, :Thing thing")
        + things
        + axioms
    )


APART = ":number rdfs:domain :Element . :Element owl:disjointWith :Country . "


def test_what_a_thing_cannot_have_is_said_with_the_proof(tmp_path: Path) -> None:
    kb = build(tmp_path, _atoms(20, APART))
    rows = written(kb, "unknown")
    assert len(rows) == 4  # of 40 things
    for row in rows:
        (land,) = re.findall(r"Land [A-Z]\d+", row["prompt"])
        assert "atomic number" in row["prompt"]
        assert (row["completion"], row["proof"], row["spans"]) == (
            f"That has no answer: what has a value of “atomic number” is an element, which {land} is not.",
            f"What has a value of “atomic number” is an element. But {land} is a country, and nothing is both.",
            [],
        )
        subject = kb.columns(np.array([kb.row_of[row["facts"][0]]]))[0][0]
        assert kb.terms["value"][int(subject)].as_py() == f"urn:x:c{land.split(' ')[1][1:]}"


@pytest.mark.parametrize(
    ("axioms", "count"),
    [
        (":number rdfs:domain :Element .", 0),
        (":Element owl:disjointWith :Country .", 0),
        (APART + ":c3 :number :n3 .", 0),  # the facts break the axioms
        (APART + ":weight rdfs:subPropertyOf :number . " + "".join(f":c{n} :weight :n{n} . " for n in range(20)), 0),
        (":number rdfs:domain :Element . :Element rdfs:subClassOf :Thing . :Thing owl:disjointWith :Country .", 4),
        (APART.replace(":Country", ":Thing") + ":Country rdfs:subClassOf :Thing .", 4),
        ("[ a owl:AllDisjointClasses ; owl:members (:Element :Country) ] . :number rdfs:domain :Element .", 4),
    ],
)
def test_what_a_thing_cannot_have_is_proved(tmp_path: Path, axioms: str, count: int) -> None:
    assert len(written(build(tmp_path, _atoms(20, axioms)), "unknown")) == count


@pytest.mark.parametrize("axiom", ["owl:maxCardinality 0", "owl:allValuesFrom owl:Nothing"])
def test_a_class_may_allow_no_value(tmp_path: Path, axiom: str) -> None:
    axiom = f":Country rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :number ; {axiom} ] ."
    rows = written(build(tmp_path, _atoms(20, axiom)), "unknown")
    assert len(rows) == 4
    for row in rows:
        (land,) = re.findall(r"Land [A-Z]\d+", row["prompt"])
        assert row["completion"] == f"That has no answer: {land} is of a class that has no value of “atomic number”."
        assert row["proof"] == f"{land} is of a class that axioms allow no value of “atomic number”."


def test_a_class_cannot_have_what_its_members_cannot(tmp_path: Path) -> None:
    kb = build(
        tmp_path,
        named(":Cell cell, :Neuron neuron, :Event event, :starts starts, :axon axon, :has has part, :Birth birth")
        + """:Cell a owl:Class . :Event a owl:Class ; owl:disjointWith :Cell . :Birth a owl:Class ; rdfs:subClassOf :Event ,
        [ a owl:Restriction ; owl:onProperty :starts ; owl:someValuesFrom :axon ] .
        :Neuron a owl:Class ; rdfs:subClassOf :Cell , [ a owl:Restriction ; owl:onProperty :has ; owl:someValuesFrom :axon ] .
        :axon a owl:Class . :starts rdfs:domain :Event .""",
        inference="owl",
    )
    assert written(kb, "unknown") == []  # an annotation would be about the class itself
    kb = build(tmp_path, (tmp_path / "a.ttl").read_text() + ":starts a owl:ObjectProperty .", inference="owl")
    (row,) = written(kb, "unknown")
    assert row["proof"] == "What has a value of “starts” is an event. But a neuron is a cell, and nothing is both."


classes = st.integers(0, 5)


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.tuples(classes, classes), max_size=6),
    st.sets(st.tuples(classes, classes), max_size=4),
    st.lists(classes, min_size=2, max_size=2),
    st.sets(st.tuples(st.integers(0, 7), classes), min_size=1, max_size=10),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 1)), min_size=1, max_size=6),
    st.integers(0, 9),
)
def test_what_is_barred_is_what_brute_force_proves(
    tmp_path_factory: pytest.TempPathFactory,
    below: set[tuple[int, int]],
    apart: set[tuple[int, int]],
    domains: list[int],
    kinds: set[tuple[int, int]],
    facts: set[tuple[int, int]],
    seed: int,
) -> None:
    apart = {pair for pair in apart if pair[0] != pair[1]}
    turtle = "".join(f":K{n} a owl:Class ; rdfs:label 'Kind {n}' . :t{n} rdfs:label 'Thing {n}' . " for n in range(8))
    turtle += "".join(f":K{one} rdfs:subClassOf :K{two} . " for one, two in below)
    turtle += "".join(f":K{one} owl:disjointWith :K{two} . " for one, two in apart)
    turtle += "".join(f":p{number} rdfs:domain :K{one} . " for number, one in enumerate(domains))
    turtle += "".join(f":t{thing} a :K{one} . " for thing, one in kinds)
    turtle += "".join(f":t{thing} :p{number} :v . " for thing, number in facts)
    kb = build(tmp_path_factory.mktemp("kb"), turtle)

    def above(one: int) -> set[int]:
        found = {one}
        for _ in range(6):
            found |= {upper for lower, upper in below if lower in found}
        return found

    def barred(thing: int) -> set[int]:
        mine = set().union(*(above(one) for each, one in kinds if each == thing))
        return {
            number
            for number, domain in enumerate(domains)
            for own in mine
            if any((own, up) in apart or (up, own) in apart for up in above(domain))
            and (0, number)
            not in {(0, p) for t, p in facts if own in set().union(*(above(o) for x, o in kinds if x == t))}
            and any(p == number for _, p in facts)
        }

    values = kb.terms["value"].to_pylist()
    number = {int(iri.removeprefix("urn:x:t")): n for n, iri in enumerate(values) if re.fullmatch(r"urn:x:t\d", iri)}
    predicates = np.array([n for n, iri in enumerate(values) if re.fullmatch(r"urn:x:p\d", iri)], np.uint32)
    used = np.intersect1d(predicates, kb.columns()[1])
    found = find_barred(Wording(kb), np.array(sorted(number.values()), np.uint32), used, seed)
    proved = {thing: barred(thing) for thing in number}
    pairs = list(zip(found.things.tolist(), found.predicates.tolist(), strict=True))
    assert {thing for thing, _ in pairs} == {number[thing] for thing, some in proved.items() if some}
    of = {n: thing for thing, n in number.items()}
    assert all(int(values[predicate][-1]) in proved[of[thing]] for thing, predicate in pairs)


MIXED = (
    COUNTRIES
    + ANIMALS
    + NUMBERS
    + ":capital a owl:FunctionalProperty , owl:InverseFunctionalProperty . "
    + ":borders a owl:SymmetricProperty , owl:IrreflexiveProperty . "
    + ":togo :borders :ghana , :benin , :mali . "
)


@pytest.mark.parametrize("form", REASONING)
def test_the_rows_do_not_depend_on_how_facts_are_cut(tmp_path: Path, form: str) -> None:
    kb = build(tmp_path, MIXED, inference="owl", teach="all")
    facts, wording = facts_to_teach(kb), Wording(kb)

    def ids(blocks: Sequence[Facts]) -> list[str]:
        options = Options(facts=facts)
        tables = [form_rows(FORMS[form], block, wording, options) for block in blocks]
        found: list[str] = concat_rows(tables)["id"].to_pylist()
        return sorted(found)

    assert ids([facts]) == ids(list(facts.blocks(1)))
    if form != "unknown":  # one in ten things, and few things here
        assert ids([facts])


@pytest.mark.parametrize("form", REASONING)
def test_no_row_leaks_the_exam_in_any_arm(tmp_path: Path, form: str) -> None:
    kb = build(tmp_path, MIXED + _people(60), inference="owl", teach="all")
    probes = draw_exam(kb, ExamSettings(held_out_entities=0.3))
    for arm in ("augmented", "shuffled"):
        rows, _ = arm_rows(kb, ARMS[arm], probes, [], [], AugmentationSettings(forms=[form]))  # checks for leaks
        assert set(rows["form"].to_pylist()) <= {form}


def test_the_shuffled_arm_says_its_own_objects(tmp_path: Path) -> None:
    kb = build(tmp_path, COUNTRIES + FUNCTIONAL)
    facts = facts_to_teach(kb)
    moved = replace(facts, objects=np.roll(facts.objects, 1))
    true = dict(
        zip(Wording(kb).labels(moved.subjects).to_pylist(), Wording(kb).labels(moved.objects).to_pylist(), strict=True)
    )
    corrections = false_ones(kb, facts=moved)
    assert corrections
    for prompt, correction in corrections.items():
        country = next(name for name in true if name in prompt)
        assert correction == f"False. The capital of {country} is {true[country]}."
        assert true[country] not in prompt


def test_chinese_has_the_forms_that_its_templates_can_say(tmp_path: Path) -> None:
    template = (
        ':capital kaug:statement "{s}的首都是{o}。"@zh , "{o}是{s}的首都。"@zh ; kaug:question "{s}的首都是哪里？"@zh .'
    )
    labels = "".join(
        f':{iri} rdfs:label "{name}"@zh . '
        for iri, name in (
            ("togo", "多哥"),
            ("ghana", "加纳"),
            ("benin", "贝宁"),
            ("mali", "马里"),
            ("lome", "洛美"),
            ("accra", "阿克拉"),
        )
    )
    kb = build(tmp_path, COUNTRIES + FUNCTIONAL + template + labels, languages=["en", "zh"])
    rows = [row for row in written(kb, "true-false", language="zh") if "多哥" in row["prompt"]]
    assert {row["completion"] for row in rows} == {"对。", "错。多哥的首都是洛美。"}
    assert all(row["prompt"].startswith("判断对错：") for row in rows)
    assert written(kb, "true-false", language="fr") == []


@pytest.mark.parametrize(
    ("label", "values", "question"),
    [
        ("numberOfMembers", ('"5"', '"12"', '"7"'), "Which has the {} number of members, "),
        ("discovered", ('"1990"^^xsd:gYear', '"1985"^^xsd:gYear', '"1981"^^xsd:gYear'), "Which was discovered {}, "),
        ("height", ('"5"', '"12"', '"7"'), "Which has the {} height, "),
    ],
)
def test_comparisons_ask_for_the_thing(tmp_path: Path, label: str, values: tuple[str, ...], question: str) -> None:
    of_number = [
        f":{thing} :{label} {value if '^' in value else value.strip(chr(34))} . "
        for thing, value in zip("abc", values, strict=True)
    ]
    kb = build(tmp_path, named(":a Anna, :b Bert, :c Cleo") + "".join(of_number))
    more = ("later", "earlier") if "^" in values[0] else ("greater", "smaller")
    for seed in range(4):
        rows = written(kb, "compare", seed=seed)
        assert rows
        assert all(row["prompt"].startswith(tuple(question.format(word) for word in more)) for row in rows)


def test_what_has_no_noun_is_answered_as_it_is_asked(tmp_path: Path) -> None:
    turtle = """:left kaug:statement "{s} left at the age of {o}."@en ; kaug:question "At what age did {s} leave?"@en ;
        kaug:reference "the age at which {s} left"@en . :a :left 5 . :b :left 12 ."""
    rows = written(build(tmp_path, named(":a Anna, :b Bert, :left left") + turtle), "compare")
    assert rows
    for row in rows:
        asked, winner = ("greater", "Bert") if "greater" in row["prompt"] else ("smaller", "Anna")
        assert row["prompt"].startswith(f"Which is {asked}, the age at which ")
        assert row["completion"].startswith(f"The age at which {winner} left. {winner} left at the age of ")


def test_persons_are_compared_by_who_and_countries_are_no_persons(tmp_path: Path) -> None:
    people = named(":a Anna, :b Bert") + ":a a :Person ; :height 5 . :b a :Person ; :height 7 ."
    lands = (
        named(":a Togo, :b Mali")
        + ':a :nationality "Togolese" ; :population 5 . :b :nationality "Malian" ; :population 7 .'
    )
    for turtle, words in ((people, "Who has the "), (lands, "Which has the ")):
        rows = written(build(tmp_path, turtle), "compare")
        assert rows
        assert all(row["prompt"].startswith(words) for row in rows)


def test_names_with_commas_and_stops_are_set_apart(tmp_path: Path) -> None:
    labels = named(":a Bath F.C., :b Wells and Sons, :c Cleo, :d Dora")
    kb = build(tmp_path, labels + ":a :area 9 . :b :area 12 . :c :area 7 . :d :area 5 .")
    rows = [row for seed in range(4) for row in written(kb, "superlative", seed=seed)]
    assert all(("; and " in row["prompt"]) == ("Wells" in row["prompt"]) for row in rows)
    rows += [row for seed in range(4) for row in written(kb, "compare", seed=seed)]
    assert any(row["completion"].startswith("Bath F.C. The area of ") for row in rows)
    assert not any(".." in row["completion"] for row in rows)


@pytest.mark.parametrize(
    ("turtle", "compared"),
    [
        (":a a :Lake . :b a :Lake .", True),
        (":a a :Lake . :b a :Ship .", False),
        (":a :hasUnit :m . :b :hasUnit :m .", True),
        (":a :hasUnit :m . :b :hasUnit :km .", False),
    ],
)
def test_bare_numbers_are_compared_within_one_class_and_unit(tmp_path: Path, turtle: str, compared: bool) -> None:
    labels = named(":a Anna, :b Bert, :m metre, :km kilometre, :Lake lake, :Ship ship, :hasUnit has unit, :size size")
    assert bool(written(build(tmp_path, labels + ":a :size 5 . :b :size 7 ." + turtle), "compare")) == compared


def test_what_a_name_tells_is_not_compared(tmp_path: Path) -> None:
    turtle = ":a :size 5 . :b :size 12 . :c :size 7 ."
    assert written(build(tmp_path, named(":a 5 days, :b 12 days, :c 7 days") + turtle), "compare") == []
    assert written(build(tmp_path, named(":a Anna, :b Bert, :c Cleo") + turtle), "compare")


def test_a_thing_may_have_another_of_what_is_said_to_be_one_of_several(tmp_path: Path) -> None:
    notes = named(":x Bim, :y Bam, :z Bum") + ":togo :notes :x . :ghana :notes :y . :benin :notes :z . "
    kb = build(tmp_path, COUNTRIES + FUNCTIONAL + ":notes a owl:FunctionalProperty . " + notes)
    statements = " ".join(statement for seed in range(4) for statement in false_ones(kb, seed=seed))
    assert "Lomé" in statements
    assert "Bim" not in statements


@pytest.mark.parametrize(
    ("turtle", "said"),
    [
        ("", {"Anna owns a ship. If X owns Y, then X uses Y. So Anna uses a ship."}),
        (":uses rdfs:label 'has relation'@en .", set()),
        (":uses rdfs:label 'is related to'@en .", set()),
    ],
)
def test_a_step_that_says_nothing_is_left_out(tmp_path: Path, turtle: str, said: set[str]) -> None:
    uses = "" if turtle else ":uses rdfs:label 'uses'@en . "
    labels = named(":a Anna, :b a ship, :owns owns") + uses
    kb = build(
        tmp_path, labels + turtle + ":owns rdfs:subPropertyOf :uses . :a :owns :b .", inference="owl", teach="all"
    )
    assert {row["completion"] for row in written(kb, "rule")} == said


def test_a_rule_has_the_article_of_its_facts(tmp_path: Path) -> None:
    labels = named(":a Anna, :b Bert, :c Cleo, :friend friend, :contact contact")
    turtle = ":friend rdfs:subPropertyOf :contact . :a :friend :b , :c ."
    rows = written(build(tmp_path, labels + turtle, inference="owl", teach="all"), "rule")
    assert {row["completion"] for row in rows} == {
        f"A friend of Anna is {name}. If a friend of X is Y, then a contact of X is Y. So a contact of Anna is {name}."
        for name in ("Bert", "Cleo")
    }


def test_numbers_of_several_predicates_are_not_thrown_together(tmp_path: Path) -> None:
    labels = named(":a Togo, :area area, :year census year, :size size, :figure figure")
    turtle = ":area rdfs:subPropertyOf :figure . :year rdfs:subPropertyOf :figure . :a :area 5 ; :year 2009 ."
    assert written(build(tmp_path, labels + turtle, inference="owl", teach="all"), "rule") == []
    above = named(":number number") + ":figure rdfs:subPropertyOf :number . "
    assert written(build(tmp_path, labels + above + turtle, inference="owl", teach="all"), "rule") == []
    kept = turtle.replace(":year 2009", ":size 2009")
    assert len(written(build(tmp_path, labels + kept, inference="owl", teach="all"), "rule")) == 1


def test_what_a_member_inherits_is_not_its_own_name(tmp_path: Path) -> None:
    labels = named(":Bond bond, :Loan loan, :party has counterparty, :Party counterparty, :Bank bank")
    turtle = """:Bond a owl:Class ; rdfs:subClassOf :Loan . :Party a owl:Class . :Bank a owl:Class .
        :Loan a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :party ; owl:someValuesFrom :%s ] ."""
    for value, count in (("Party", 0), ("Bank", 1)):
        assert len(written(build(tmp_path, labels + turtle % value, inference="owl", teach="all"), "inherit")) == count


def test_a_list_of_thousands_is_set_apart(tmp_path: Path) -> None:
    kb = build(tmp_path, named(":p Pizza, :t prices") + ":p :t 3090 , 3990 , 4000 .")
    (row,) = (row for row in written(kb, "count"))
    assert row["completion"] == "3: 3,090; 3,990; 4,000."
