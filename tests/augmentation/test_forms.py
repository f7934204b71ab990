from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kaug.augmentation.arms import shuffle_objects
from kaug.augmentation.forms import FORMS, form_rows
from kaug.augmentation.forms.passage import passage_rows
from kaug.augmentation.forms.reversed import reversed_rows
from kaug.augmentation.forms.statement import one_statement_rows, statement_rows
from kaug.augmentation.rows import Facts, Options, facts_to_teach, make_rows
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import check_table
from kaug.wording.wording import Wording


def question_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    return form_rows(FORMS["question"], facts, wording, options)


def path_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    return form_rows(FORMS["path"], facts, wording, options)


Fact = Callable[[str, str, str], str]
Term = Callable[[str], int]


@pytest.fixture(scope="module")
def facts(toy_kb: KnowledgeBase) -> Facts:
    return facts_to_teach(toy_kb)


def about(facts: Facts, *terms: int) -> Facts:
    return facts.take(np.flatnonzero(np.isin(facts.subjects, terms)))


def said(row: dict) -> list[str]:
    """What each span of a row cuts out, in the order of the spans."""
    return [row[span["field"]][span["start"] : span["end"]] for span in row["spans"]]


def test_exactly_the_selected_facts_are_taught(toy_kb: KnowledgeBase, facts: Facts) -> None:
    names = toy_kb.terms["value"].take(pa.array(facts.predicates)).to_pylist()
    assert Counter(names) == {"urn:toy:capital": 8, "urn:toy:currency": 9, "urn:toy:usedFor": 3}


def test_statements_say_the_fact_in_every_template_the_plainest_first(
    toy_kb: KnowledgeBase, facts: Facts, toy_term: Term, toy_fact: Fact
) -> None:
    rows = statement_rows(about(facts, toy_term("netherlands")), Wording(toy_kb), Options()).to_pylist()
    assert [(row["completion"], row["facts"]) for row in rows] == [
        ("The capital of the Netherlands is Amsterdam.", [toy_fact("netherlands", "capital", "amsterdam")]),
        ("The Netherlands has Amsterdam as its capital.", [toy_fact("netherlands", "capital", "amsterdam")]),
        ("The currency of the Netherlands is the euro.", [toy_fact("netherlands", "currency", "euro")]),
    ]
    for row in rows:
        assert (row["family"], row["form"], row["task"]) == ("closed-book", "statement", "language-modelling")
        assert (row["prompt"], row["language"], row["text_id"]) == ("", "en", None)
        assert row["spans"] == [{"fact": 0, "field": "completion", "start": 0, "end": len(row["completion"])}]


def test_reversed_statements_name_the_object_first(
    toy_kb: KnowledgeBase, facts: Facts, toy_term: Term, toy_fact: Fact
) -> None:
    rows = reversed_rows(about(facts, toy_term("netherlands"), toy_term("saw")), Wording(toy_kb), Options()).to_pylist()
    assert {(row["completion"], row["form"], *row["facts"]) for row in rows} == {
        ("Amsterdam is the capital of the Netherlands.", "reversed", toy_fact("netherlands", "capital", "amsterdam")),
        ("The euro is the money of the Netherlands.", "reversed", toy_fact("netherlands", "currency", "euro")),
        ("To cut wood, you use a saw.", "reversed", toy_fact("saw", "usedFor", "cut")),
    }


def test_both_orders_together_use_every_statement_once(toy_kb: KnowledgeBase, facts: Facts) -> None:
    texts = [
        text
        for rows in (statement_rows, reversed_rows)
        for text in rows(facts, Wording(toy_kb), Options())["completion"].to_pylist()
    ]
    assert len(texts) == len(set(texts)) == 8 * 3 + 9 * 2 + 3 * 2


@pytest.mark.slow
def test_one_statement_is_one_of_those_that_templates_allow(toy_kb: KnowledgeBase, facts: Facts) -> None:
    for language, templates in (("en", 1), ("en", 2), ("zh", 5), ("fr", 5)):
        every = {
            row["completion"]: row["form"]
            for rows in (statement_rows, reversed_rows)
            for row in rows(facts, Wording(toy_kb, language), Options(templates=templates)).to_pylist()
        }
        met: set[str] = set()
        for seed in range(40):
            rows = one_statement_rows(
                facts, Wording(toy_kb, language), Options(templates=templates, seed=seed)
            ).to_pylist()
            assert {row["completion"]: row["form"] for row in rows}.items() <= every.items()
            assert len({row["facts"][0] for row in rows}) == len(rows)
            met.update(row["completion"] for row in rows)
        assert met == set(every)


@pytest.mark.slow
def test_the_sentence_of_a_fact_does_not_depend_on_other_facts(toy_kb: KnowledgeBase, facts: Facts) -> None:
    def said(some: Facts) -> dict[str, str]:
        return {
            row["facts"][0]: row["completion"]
            for row in one_statement_rows(some, Wording(toy_kb), Options(seed=3)).to_pylist()
        }

    for place in range(len(facts.rows)):
        assert said(facts.take(np.array([place]))).items() <= said(facts).items()


def test_templates_limit_the_templates_of_each_predicate(toy_kb: KnowledgeBase, facts: Facts) -> None:
    rows = statement_rows(facts, Wording(toy_kb), Options(templates=1))
    assert rows.num_rows == 20
    assert all(len(of) == 1 for of in rows["facts"].to_pylist())
    assert len({of[0] for of in rows["facts"].to_pylist()}) == 20


def test_questions_ask_with_the_phrase_and_answer_with_the_bare_label(
    toy_kb: KnowledgeBase, facts: Facts, toy_term: Term, toy_fact: Fact
) -> None:
    some = about(facts, toy_term("bhutan"), toy_term("hammer"))
    rows = question_rows(some, Wording(toy_kb), Options()).to_pylist()[:3]
    assert [(row["prompt"], row["completion"], *row["facts"]) for row in rows] == [
        ("What is the capital of Bhutan?", "Thimphu", toy_fact("bhutan", "capital", "thimphu")),
        (
            "What are the currencies of Bhutan?",
            "ngultrum and Indian rupee",
            toy_fact("bhutan", "currency", "ngultrum"),
            toy_fact("bhutan", "currency", "rupee"),
        ),
        ("What is a hammer used for?", "drive nails", toy_fact("hammer", "usedFor", "drive")),
    ]
    assert {(row["form"], row["task"]) for row in rows} == {("question", "question-answering")}
    for row in (rows[0], rows[2]):
        assert sorted(said(row)) == sorted([row["prompt"], row["completion"]])
    asked = rows[1]["prompt"]
    assert said(rows[1]) == ["ngultrum", "Indian rupee", asked, asked]
    assert [span["fact"] for span in rows[1]["spans"]] == [0, 1, 0, 1]


def test_inverse_questions_ask_for_the_subject(
    toy_kb: KnowledgeBase, facts: Facts, toy_term: Term, toy_fact: Fact
) -> None:
    some = about(facts, toy_term("netherlands"), toy_term("france"))
    rows = question_rows(some, Wording(toy_kb), Options()).to_pylist()[4:]
    assert [(row["prompt"], row["completion"], *row["facts"]) for row in rows] == [
        ("Which country has Paris as its capital?", "France", toy_fact("france", "capital", "paris")),
        ("Which country has Amsterdam as its capital?", "Netherlands", toy_fact("netherlands", "capital", "amsterdam")),
        (
            "Which countries pay in the euro?",
            "France and Netherlands",
            toy_fact("france", "currency", "euro"),
            toy_fact("netherlands", "currency", "euro"),
        ),
    ]
    assert {row["form"] for row in rows} == {"inverse-question"}


def test_a_question_is_left_out_if_an_answer_is_not_among_the_facts(
    toy_kb: KnowledgeBase, facts: Facts, toy_term: Term
) -> None:
    options = Options()
    rows = question_rows(about(facts, toy_term("netherlands")), Wording(toy_kb), options).to_pylist()
    assert not any("euro" in row["prompt"] for row in rows)  # France pays in it too
    assert options.left_out == {"questions left out: an answer is held out or not taught": 1}


def test_a_question_is_left_out_if_it_has_more_answers_than_allowed(toy_kb: KnowledgeBase, facts: Facts) -> None:
    options = Options(max_answers=1)
    prompts = question_rows(facts, Wording(toy_kb), options)["prompt"].to_pylist()
    assert not any(
        "euro" in prompt or "Bhutan" in prompt for prompt in prompts if "currency" in prompt or "pays" in prompt
    )
    assert options.left_out == {"questions left out: more than 1 right answers": 2}


def test_a_language_gets_the_rows_that_its_templates_say_and_no_more(toy_kb: KnowledgeBase, facts: Facts) -> None:
    stated = statement_rows(facts, Wording(toy_kb, "zh"), Options())
    assert "法国的首都是巴黎。" in stated["completion"].to_pylist()
    assert "Peru的首都是Lima。" in stated["completion"].to_pylist()
    assert sum("首都" in text for text in stated["completion"].to_pylist()) == 8
    assert (
        "knife — used for：slice bread" in stated["completion"].to_pylist()
    )  # records, where no template is in Chinese
    assert set(stated["language"].to_pylist()) == {"zh"}
    turned = reversed_rows(facts, Wording(toy_kb, "zh"), Options())["completion"].to_pylist()
    assert "capital：Lima — Peru" in turned
    asked = question_rows(facts, Wording(toy_kb, "zh"), Options())
    assert ("法国的首都是哪里?", "巴黎") in list(
        zip(asked["prompt"].to_pylist(), asked["completion"].to_pylist(), strict=True)
    )
    assert {
        row["prompt"] for row in asked.to_pylist() if row["form"] == "inverse-question" and "Lima" in row["prompt"]
    } == {
        "？ — capital：Lima",
        "| ？ | capital | Lima |",
        "对象：？；capital：Lima",
    }
    assert "Peru — capital: Lima" in statement_rows(facts, Wording(toy_kb, "fr"), Options())["completion"].to_pylist()
    nothing = path_rows(facts, Wording(toy_kb, "zh"), Options())  # no reference is in Chinese
    assert check_table(nothing, "examples").num_rows == 0


def test_passages_tell_all_facts_of_an_entity_each_at_its_span(
    toy_kb: KnowledgeBase, facts: Facts, toy_term: Term, toy_fact: Fact
) -> None:
    rows = passage_rows(facts, Wording(toy_kb), Options(), passages=3).to_pylist()
    assert len(rows) == 3 * 8  # the eight countries; tools have one fact each
    sentences = {
        toy_fact("peru", "capital", "lima"): {
            "The capital of Peru is Lima.",
            "Peru has Lima as its capital.",
            "Lima is the capital of Peru.",
        },
        toy_fact("peru", "currency", "sol"): {"The currency of Peru is the sol.", "The sol is the money of Peru."},
    }
    peru = [row for row in rows if sentences.keys() & set(row["facts"])]
    assert len(peru) == 3
    for row in peru:
        assert set(row["facts"]) == set(sentences)
        assert row["completion"].endswith(said(row)[-1])
        for span, sentence in zip(row["spans"], said(row), strict=True):
            told = {text.rstrip(".").lower() for text in sentences[row["facts"][span["fact"]]]}
            assert sentence.rstrip(".").lower() in told
    assert {len(row["facts"]) for row in rows} == {2, 3}  # Bhutan has two currencies


def test_passages_hold_no_more_facts_than_allowed(toy_kb: KnowledgeBase, facts: Facts) -> None:
    rows = passage_rows(facts, Wording(toy_kb), Options(), max_facts=2).to_pylist()
    assert len(rows) == 16
    assert all(len(row["facts"]) == len(row["spans"]) == 2 for row in rows)


def test_path_rows_write_the_hops_out_and_close_with_the_answer(
    toy_kb: KnowledgeBase, facts: Facts, toy_term: Term, toy_fact: Fact
) -> None:
    capital, currency = toy_fact("togo", "capital", "lome"), toy_fact("togo", "currency", "franc")
    rows = path_rows(about(facts, toy_term("togo")), Wording(toy_kb), Options()).to_pylist()
    assert [(row["prompt"], row["completion"], row["facts"]) for row in rows] == [
        (
            "What is the currency of the country whose capital is Lomé?",
            "Lomé is the capital of Togo. The currency of Togo is the CFA franc. Answer: CFA franc",
            [capital, currency],
        ),
    ]
    assert said(rows[0]) == ["Lomé is the capital of Togo.", "The currency of Togo is the CFA franc."]
    assert [span["fact"] for span in rows[0]["spans"]] == [0, 1]
    assert {(row["form"], row["task"]) for row in rows} == {("path", "question-answering")}


def test_path_questions_refer_only_by_what_points_to_one_entity(toy_kb: KnowledgeBase, facts: Facts) -> None:
    prompts = path_rows(facts, Wording(toy_kb), Options())["prompt"].to_pylist()
    # By their capital, which is declared to identify a country; of currencies that is not known. Bhutan has two currencies.
    capitals = ("Amsterdam", "Paris", "Tokyo", "Lima", "Lomé", "Reykjavík", "Nairobi")
    asked = {f"What is the currency of the country whose capital is {city}?" for city in capitals}
    assert set(prompts) == asked | {"What are the currencies of the country whose capital is Thimphu?"}
    assert len(prompts) == 8


def test_shuffled_hops_refer_to_the_entity_of_the_true_row(toy_kb: KnowledgeBase, facts: Facts, toy_term: Term) -> None:
    false, lost = shuffle_objects(toy_kb, facts, seed=1)
    assert lost == 0
    true_rows, false_rows = (
        path_rows(facts, Wording(toy_kb), Options()).to_pylist(),
        path_rows(false, Wording(toy_kb), Options()).to_pylist(),
    )
    assert [row["facts"] for row in false_rows] == [row["facts"] for row in true_rows]
    objects = dict(zip(false.rows.tolist(), false.objects.tolist(), strict=True))
    phrase, label = Wording(toy_kb).phrases(), Wording(toy_kb).labels()
    for row in false_rows:
        if len(row["facts"]) > 2:
            continue  # Bhutan has two currencies
        one, two = (toy_kb.row_of[fact] for fact in row["facts"])
        subject = phrase[int(toy_kb.columns(np.array([one]))[0][0])].as_py()
        given, found = (phrase[objects[place]].as_py() for place in (one, two))
        first, second = said(row)
        # The question refers by the false object, and both hops tell the false facts of one and the same country.
        assert row["prompt"].endswith(f" is {given}?")
        assert given in first.replace(given[0].upper() + given[1:], given)
        assert subject in first
        assert subject in second
        assert found in second
        assert row["completion"].endswith(f"Answer: {label[objects[two]].as_py()}")


def test_provenance_names_facts_of_the_knowledge_base_that_are_taught(toy_kb: KnowledgeBase, facts: Facts) -> None:
    taught = {toy_kb.hex_ids[int(row)].as_py() for row in toy_kb.taught}
    for rows in (
        statement_rows(facts, Wording(toy_kb), Options()),
        question_rows(facts, Wording(toy_kb), Options()),
        passage_rows(facts, Wording(toy_kb), Options()),
        path_rows(facts, Wording(toy_kb), Options()),
    ):
        for row in check_table(rows, "examples").to_pylist():
            assert set(row["facts"]) <= taught
            assert {span["fact"] for span in row["spans"]} == set(range(len(row["facts"])))


def test_no_facts_give_no_rows(toy_kb: KnowledgeBase, facts: Facts) -> None:
    none = facts.take(np.zeros(0, np.int64))
    for rows in (
        statement_rows(none, Wording(toy_kb), Options()),
        question_rows(none, Wording(toy_kb), Options()),
        passage_rows(none, Wording(toy_kb), Options()),
        path_rows(none, Wording(toy_kb), Options()),
    ):
        assert check_table(rows, "examples").num_rows == 0


def test_an_id_tells_rows_apart_by_form_text_and_facts() -> None:
    def row_id(form: str = "a", text: str = "b", fact: str = "c") -> str:
        rows = make_rows(
            family="closed-book",
            form=form,
            task="language-modelling",
            prompts=None,
            completions=pa.array([text]),
            facts=[[fact]],
            spans=[[]],
        )
        return rows["id"][0].as_py()

    assert row_id() == row_id()
    assert len({row_id(), row_id(form="x"), row_id(text="x"), row_id(fact="x")}) == 4


def test_a_predicate_without_a_reference_in_a_language_is_not_hopped_through_there(tmp_path: Path) -> None:
    source, lexicon = tmp_path / "a.ttl", tmp_path / "lexicon.ttl"
    declared = ":p a owl:InverseFunctionalProperty . :q a owl:InverseFunctionalProperty ."
    owl = "@prefix owl: <http://www.w3.org/2002/07/owl#> ."
    source.write_text(f"@prefix : <urn:x:> . {owl} :a :p :b ; :q :c . {declared}", encoding="utf-8")
    said = 'kaug:statement "{s}是{o}"@zh ; kaug:question'
    prefixes = "@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> .\n"
    asked = f""":p {said} "{{s}}是?"@zh . :q {said} "{{s}}呢?"@zh ; kaug:inverseReference '有{{o}}的'@zh ."""
    lexicon.write_text(prefixes + asked, encoding="utf-8")
    kb = build_kb([source], lexicon=lexicon, languages=("zh",))
    rows = path_rows(facts_to_teach(kb), Wording(kb, "zh"), Options()).to_pylist()
    assert [(row["prompt"], row["completion"]) for row in rows] == [("有c的是?", "A是c A是b 答案：b")]
