from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.errors import PipelineError
from kaug.exam.draw import draw_exam, exam_counts
from kaug.exam.drawing import Draw, Kind, Question
from kaug.exam.kinds import KINDS
from kaug.exam.leaks.held import held_out
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import check_table
from kaug.wording.wording import Wording

Fact = Callable[[str, str, str], str]
Probes = dict[tuple[str, str], dict]

TEXTS = [
    "The harbour of the old town lies quiet in the morning , and gulls cry over the boats of the fishermen there .",
    "Bread is baked of flour, water, salt and yeast, and it must rise for some hours before it goes to the oven.",
    "Too short to be a passage.",
    "Trains leave the northern station at every full hour, except on Sundays, when there is only the one at noon.",
]


def by_question(probes: pa.Table) -> Probes:
    found = {(probe["kind"], probe["prompt"]): probe for probe in check_table(probes, "probes").to_pylist()}
    assert len(found) == probes.num_rows  # a question is asked once
    return found


@pytest.fixture(scope="module")
def everything(toy_kb: KnowledgeBase) -> Probes:
    """The exam in which all entities are held out."""
    return by_question(draw_exam(toy_kb, ExamSettings(held_out_entities=1.0)))


def test_the_exam_is_the_same_for_the_same_seed(toy_kb: KnowledgeBase) -> None:
    one, two, other = (draw_exam(toy_kb, texts=TEXTS, seed=seed) for seed in (0, 0, 1))
    assert one.equals(two)
    assert not one.equals(other)


def test_recall_asks_for_every_right_answer_by_every_name(everything: Probes, toy_fact: Fact) -> None:
    expected = {
        "Name the chief city of the Netherlands.": ["Amsterdam"],
        "Name the chief city of Togo.": ["Lomé", "Lome"],
        "Name the chief city of Iceland.": ["Reykjavík", "Reykjavik"],
        "Which money is spent in Iceland?": ["króna", "krona"],
        "Which money is spent in France?": ["euro"],
        "Which money is spent in Bhutan?": ["ngultrum", "Indian rupee"],
        "What would you do with a hammer?": ["drive nails"],
    }
    for prompt, answers in expected.items():
        assert everything["recall", prompt]["answers"] == answers
    assert sum(kind == "recall" for kind, _ in everything) == 8 + 8 + 3
    togo = everything["recall", "Name the chief city of Togo."]
    assert togo == togo | {
        "facts": [toy_fact("togo", "capital", "lome")],
        "template": "Name the chief city of {s}.",
        "hops": 1,
        "language": "en",
        "source": "world",
        "choices": [],
    }
    assert everything["recall", "What would you do with a saw?"]["source"] == "everyday"
    both = everything["recall", "Which money is spent in Bhutan?"]
    assert set(both["facts"]) == {toy_fact("bhutan", "currency", money) for money in ("ngultrum", "rupee")}


def test_reverse_asks_for_every_subject_by_every_name(everything: Probes, toy_fact: Fact) -> None:
    euro = everything["reverse", "Name a land where people pay with the euro."]
    assert set(euro["answers"]) == {"Netherlands", "Holland", "France"}
    assert set(euro["facts"]) == {toy_fact(country, "currency", "euro") for country in ("netherlands", "france")}
    assert everything["reverse", "Lomé is the seat of government of which land?"]["answers"] == ["Togo"]
    assert everything["reverse", "Which thing helps you to cut wood?"]["answers"] == ["saw"]
    # 8 capitals; 8 currencies, of which the euro is asked for once; 3 uses.
    assert sum(kind == "reverse" for kind, _ in everything) == 8 + 8 + 3


@pytest.mark.slow
def test_compose_answers_are_right_by_brute_force(toy_kb: KnowledgeBase, everything: Probes, toy_fact: Fact) -> None:
    rows = np.arange(toy_kb.facts.num_rows, dtype=np.int64)
    local = [iri.removeprefix("urn:toy:") for iri in toy_kb.terms["value"].to_pylist()]
    triples = [tuple(local[int(term)] for term in triple) for triple in zip(*toy_kb.columns(rows), strict=True)]
    phrase = dict(zip(local, Wording(toy_kb).phrases().to_pylist(), strict=True))
    names = {local[term]: Wording(toy_kb).names(term) for term in range(toy_kb.terms.num_rows)}
    expected: dict[str, tuple[set[str], set[str]]] = {}
    for subject, one, given_value in triples:
        if one != "capital":
            continue  # only capitals are declared to identify a country
        prompt = f"Which money is spent in the country whose capital is {phrase[given_value]}?"
        found = [o for s, p, o in triples if (s, p) == (subject, "currency")]
        expected[prompt] = (
            {name for term in found for name in names[term]},
            {toy_fact(subject, one, given_value), *(toy_fact(subject, "currency", term) for term in found)},
        )
    asked = {prompt: probe for (kind, prompt), probe in everything.items() if kind == "compose"}
    assert len(expected) == 8
    assert {prompt: (set(of["answers"]), set(of["facts"])) for prompt, of in asked.items()} == expected
    assert {probe["hops"] for probe in asked.values()} == {2}


def test_no_path_of_the_exam_comes_back_to_what_its_question_names(tmp_path: Path) -> None:
    family = " ".join(f":child{n} :parents :father{n}, :mother{n} ; :placeOfBirth :town{n} ." for n in range(12))
    declared = "@prefix : <urn:x:> . :parents a <http://www.w3.org/2002/07/owl#InverseFunctionalProperty> . "
    (tmp_path / "a.ttl").write_text(declared + family, encoding="utf-8")
    probes = draw_exam(build_kb([tmp_path / "a.ttl"]), ExamSettings(held_out_entities=1.0)).to_pylist()
    composed = [probe["prompt"] for probe in probes if probe["kind"] == "compose"]
    assert any("place of birth" in prompt for prompt in composed)
    assert not any(prompt.count("parents") > 1 for prompt in composed)


def test_locality_asks_for_untaught_facts_of_taught_predicates(everything: Probes, toy_fact: Fact) -> None:
    local = {prompt: probe for (kind, prompt), probe in everything.items() if kind == "locality"}
    assert {prompt: (probe["answers"], probe["facts"]) for prompt, probe in local.items()} == {
        "What would you do with a pen?": (["write letters"], [toy_fact("pen", "usedFor", "write")]),
        "What would you do with a kettle?": (["boil water"], [toy_fact("kettle", "usedFor", "boil")]),
    }


@pytest.mark.parametrize(("part", "entities"), [(0.5, round(0.5 * 11)), (0.25, round(0.25 * 11)), (1.0, 11), (0.01, 1)])
def test_the_wanted_part_of_the_entities_is_held_out(toy_kb: KnowledgeBase, part: float, entities: int) -> None:
    for seed in range(3):
        probes = draw_exam(toy_kb, ExamSettings(held_out_entities=part), seed=seed)
        assert len(held_out(toy_kb, probes).entities) == entities


def test_probes_per_kind_bounds_every_kind_and_draws_from_the_same_pool(toy_kb: KnowledgeBase) -> None:
    few = draw_exam(toy_kb, ExamSettings(held_out_entities=1.0, held_out_texts=1.0, probes_per_kind=2), texts=TEXTS)
    probes = few.to_pylist()
    kinds = [probe["kind"] for probe in probes]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == dict.fromkeys(
        (kind for kind in KINDS if KINDS[kind].by_default), 2
    )
    ids = set(draw_exam(toy_kb, ExamSettings(held_out_entities=1.0, held_out_texts=1.0), texts=TEXTS)["id"].to_pylist())
    assert {probe["id"] for probe in probes} <= ids


def test_a_kind_is_asked_as_often_as_it_says_and_otherwise_not(toy_kb: KnowledgeBase) -> None:
    def kinds(**probes_per_kind: int) -> dict[str, int]:
        settings = ExamSettings(held_out_entities=1.0, held_out_texts=1.0, probes_per_kind=probes_per_kind)
        return Counter(draw_exam(toy_kb, settings, texts=TEXTS)["kind"].to_pylist())

    assert kinds(recall=5, compose=0, reverse=2) == {"recall": 5, "reverse": 2}
    assert kinds(locality=1, continuation=1) == {"locality": 1, "continuation": 1}
    assert kinds(locality=1) == {"locality": 1}


def test_what_was_not_drawn_is_counted(toy_kb: KnowledgeBase) -> None:
    settings = ExamSettings(held_out_entities=1.0, held_out_texts=1.0, probes_per_kind=20, max_answers=1)
    counts = exam_counts(draw_exam(toy_kb, settings, texts=TEXTS))
    assert counts["probes continuation"] == 3
    assert counts["probes continuation: fewer than requested"] == 17
    assert counts["continuation: texts of fewer than 16 words"] == 1
    assert counts["probes recall"] == 18
    assert counts["recall: questions with more than 1 right answers"] == 2  # of the two currencies of Bhutan
    assert "probes reverse: fewer than requested" in counts
    full = exam_counts(draw_exam(toy_kb, ExamSettings(held_out_entities=1.0, probes_per_kind={"recall": 3})))
    assert full == {"probes recall": 3}


def test_names_that_are_too_long_are_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    long = "n" * 100_000
    file.write_text(
        f"@prefix : <urn:x:> . :peru :capital :lima . :togo :capital :{long} . :{long} :capital :lome .\n"
        f'@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . :lima rdfs:label "Lima", "{long}" .',
        encoding="utf-8",
    )
    probes = draw_exam(build_kb([file]), ExamSettings(held_out_entities=1.0, probes_per_kind={"recall": 9}))
    asked = [
        "Fill in a form about peru: what belongs under “capital”?",
        "Write down the capital that a reference work gives for peru.",
    ]
    assert sorted(probes["prompt"].to_pylist()) == asked
    assert probes["answers"].to_pylist() == [["Lima"]] * 2
    assert exam_counts(probes)["recall: questions with a name of more than 1000 characters"] == 4


def test_a_language_without_templates_is_asked_in_queries(toy_kb: KnowledgeBase) -> None:
    probes = draw_exam(toy_kb, texts=TEXTS, language="de")
    assert "SELECT capital WHERE subject = Kenya" in probes["prompt"].to_pylist()
    local = ExamSettings(probes_per_kind={"continuation": 2}, held_out_texts=1.0)
    assert draw_exam(toy_kb, local, texts=TEXTS, language="de").num_rows == 2  # no gain is asked for


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"'recal' is not a kind of probes\. Did you mean 'recall'"):
        ExamSettings(probes_per_kind={"recal": 5})


def draw_capitals(draw: Draw) -> list[Question]:
    """A kind of one's own: whether a capital is one, answered by yes."""
    rows = draw.held_out
    subjects, _, objects = draw.wording.kb.columns(rows)
    return [
        {"prompt": f"Is {o} a place in {s}?", "answers": ["yes"], "facts": [draw.wording.kb.hex_ids[int(row)].as_py()]}
        | {"hops": 1, "template": "Is {o} a place in {s}?", "source": "world"}
        for row, s, o in zip(
            rows, draw.wording.phrases(subjects).to_pylist(), draw.wording.phrases(objects).to_pylist(), strict=True
        )
    ]


def test_a_kind_is_one_function_and_one_line(toy_kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "capitals", Kind(draw_capitals, "contains", "Capitals", "questions on capitals", "gain"))
    probes = draw_exam(toy_kb, ExamSettings(probes_per_kind={"capitals": 3}))
    assert set(probes["kind"].to_pylist()) == {"capitals"}
    assert probes.num_rows == 3
    assert set(probes["scorer"].to_pylist()) == {"contains"}


def test_probes_are_sorted_and_their_ids_unique(toy_kb: KnowledgeBase) -> None:
    probes = draw_exam(toy_kb, ExamSettings(held_out_texts=1.0), texts=TEXTS).to_pylist()
    assert [probe["kind"] for probe in probes] == sorted(probe["kind"] for probe in probes)
    assert len({probe["id"] for probe in probes}) == len(probes)


def test_questions_with_too_many_right_answers_are_left_out(toy_kb: KnowledgeBase) -> None:
    strict = by_question(draw_exam(toy_kb, ExamSettings(held_out_entities=1.0, max_answers=1)))
    assert ("recall", "Which money is spent in Bhutan?") not in strict
    assert ("reverse", "Name a land where people pay with the euro.") not in strict
    assert ("recall", "Which money is spent in Togo?") in strict


@pytest.mark.slow
def test_no_question_is_asked_that_rows_about_other_entities_answer(toy_kb: KnowledgeBase) -> None:
    """Held out is France but not the Netherlands: rows may ask who pays in euros, so the exam may not."""
    seen = set()
    for seed in range(12):
        probes = draw_exam(toy_kb, ExamSettings(held_out_entities=0.5), seed=seed)
        names = set(Wording(toy_kb).labels().take(pa.array(held_out(toy_kb, probes).entities)).to_pylist())
        asked = any("pay with the euro" in prompt for prompt in probes["prompt"].to_pylist())
        assert asked == ({"France", "Netherlands"} <= names)
        seen.add(asked)
    assert seen == {True, False}


def test_of_two_entities_of_one_name_both_answers_are_right(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        '@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . :capital rdfs:label "capital" .\n'
        ':g1 rdfs:label "Georgia" ; :capital :t . :g2 rdfs:label "Georgia" ; :capital :a .\n'
        ':t rdfs:label "Tbilisi" . :a rdfs:label "Atlanta" . :p rdfs:label "Peru" ; :capital :l . :l rdfs:label "Lima" .',
        encoding="utf-8",
    )
    kb = build_kb([file])
    probes = by_question(draw_exam(kb, ExamSettings(held_out_entities=1.0)))
    both = probes["recall", "Fill in a form about Georgia: what belongs under “capital”?"]
    assert sorted(both["answers"]) == ["Atlanta", "Tbilisi"]
    assert len(both["facts"]) == 2
    assert sum(kind == "recall" for kind, _ in probes) == 2 * 2
    for seed in range(6):  # both are held out together, or neither: rows that ask about one would ask about the other
        drawn = by_question(draw_exam(kb, ExamSettings(held_out_entities=0.5), seed=seed))
        prompts = [prompt for kind, prompt in drawn if kind == "recall"]
        assert len({"Georgia" in prompt for prompt in prompts}) == 1


def test_a_locality_question_has_no_taught_answer(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("@prefix : <urn:x:> . :aa :likes :bb , :cc . :dd :likes :ee .", encoding="utf-8")
    select = "PREFIX : <urn:x:> CONSTRUCT { :aa :likes :bb } WHERE {}"
    local = draw_exam(build_kb([file], select=select)).to_pylist()
    assert [probe["answers"] for probe in local if probe["kind"] == "locality"] == [["ee"]] * 2


def test_passages_split_where_the_text_is_restored(toy_kb: KnowledgeBase) -> None:
    probes = draw_exam(toy_kb, ExamSettings(held_out_texts=1.0), texts=TEXTS).to_pylist()
    passages = [probe for probe in probes if probe["kind"] == "continuation"]
    assert {probe["prompt"] + probe["answers"][0] for probe in passages} == {TEXTS[0], TEXTS[1], TEXTS[3]}
    assert {(probe["scorer"], probe["source"], tuple(probe["facts"])) for probe in passages} == {
        ("continuation", "text", ())
    }
    half = draw_exam(toy_kb, ExamSettings(held_out_texts=0.5), texts=TEXTS)
    assert half["kind"].to_pylist().count("continuation") in (1, 2)
    none = draw_exam(toy_kb, ExamSettings(held_out_texts=0.0), texts=TEXTS)
    assert "continuation" not in none["kind"].to_pylist()


@given(st.lists(st.lists(st.text(" \t\nabé國.", max_size=6), min_size=10, max_size=30).map(" ".join), max_size=4))
@pytest.mark.slow
def test_any_passage_is_restored_and_has_two_parts(toy_kb: KnowledgeBase, texts: list[str]) -> None:
    texts = [*texts, "\n".join(["word"] * 40)]
    probes = draw_exam(
        toy_kb, ExamSettings(held_out_texts=1.0, probes_per_kind={"continuation": 10}), texts=texts
    ).to_pylist()
    passages = [probe for probe in probes if probe["kind"] == "continuation"]
    assert {probe["prompt"] + probe["answers"][0] for probe in passages} <= set(texts)
    assert len({probe["id"] for probe in passages}) == len(passages)


def test_a_knowledge_base_that_teaches_nothing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("@prefix : <urn:x:> . :a a :B .", encoding="utf-8")
    with pytest.raises(PipelineError, match="teaches no fact"):
        draw_exam(build_kb([file]))


@pytest.mark.slow
def test_no_exam_question_is_a_question_of_a_row(toy_kb: KnowledgeBase) -> None:
    for seed in range(3):
        probes = draw_exam(toy_kb, seed=seed)
        rows, _ = arm_rows(toy_kb, ARMS["augmented"], probes, [], [], seed=seed)
        assert not set(probes["prompt"].to_pylist()) & set(rows["prompt"].to_pylist())
