import re
import tempfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows, make_rows
from kaug.errors import LeakError, SourceError
from kaug.exam.draw import draw_exam
from kaug.exam.leaks.evaluations import read_evaluations
from kaug.exam.leaks.guard import LeakGuard
from kaug.exam.leaks.held import held_out
from kaug.exam.leaks.words import RUN, Runs, plain, read_words
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import PROBES
from kaug.wording.wording import Wording
from tests.benchmarks.leaking import Run, exact

Fact = Callable[[str, str, str], str]

PASSAGE = "The harbour of the old town lies quiet in the morning, and gulls cry over the boats of the fishermen there."
PREFIXES = """
@prefix : <urn:x:> . @prefix kaug: <https://w3id.org/kaug/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""


@pytest.fixture(scope="module")
def probes(toy_kb: KnowledgeBase) -> pa.Table:
    return draw_exam(toy_kb, ExamSettings(held_out_texts=1.0), texts=[PASSAGE])


@pytest.fixture(scope="module")
def guard(toy_kb: KnowledgeBase, probes: pa.Table) -> LeakGuard:
    return LeakGuard(toy_kb, probes, arm="planted arm")


@pytest.fixture(scope="module")
def rows(toy_kb: KnowledgeBase, probes: pa.Table) -> pa.Table:
    return arm_rows(toy_kb, ARMS["augmented"], probes, [], [], languages=("en", "zh"))[0]


def row(prompt: str, completion: str, *facts: str, **others: str) -> pa.Table:
    named = {"family": "closed-book", "form": "planted", "task": "question-answering"} | others
    return make_rows(
        prompts=pa.array([prompt]), completions=pa.array([completion]), facts=[list(facts)], spans=[[]], **named
    )


def made(tmp_path: Path, turtle: str, **options: Any) -> KnowledgeBase:
    file = tmp_path / "a.ttl"
    file.write_text(PREFIXES + turtle, encoding="utf-8")
    return build_kb([file], **options)


def refused(guard: LeakGuard, rows: pa.Table, planted: pa.Table) -> str:
    """Plant a row behind clean ones, and return the error's message."""
    with pytest.raises(LeakError) as error:
        guard.check(concat_rows([rows, planted]))
    message = str(error.value)
    form = planted["form"][0].as_py()
    assert message.startswith(f"Arm 'planted arm', row {planted['id'][0].as_py()} (form {form}")
    assert re.search(r"It leaks (probe [0-9a-f]{32} \(\w+\): '.|.+:\d+\.)", message)
    assert "on_leak" in message
    return message


def held_fact(kb: KnowledgeBase, guard: LeakGuard, *, held: bool) -> str:
    subjects = kb.columns(kb.taught)[0]
    found = kb.taught[np.isin(subjects, guard.kept_out.entities) == held]
    return kb.hex_ids[int(found[0])].as_py()


def test_what_the_exam_holds_out(toy_kb: KnowledgeBase, probes: pa.Table, toy_fact: Fact) -> None:
    kept_out = held_out(toy_kb, probes)
    assert len(kept_out.entities) == round(0.5 * 11)
    assert kept_out.facts == {toy_fact("pen", "usedFor", "write"), toy_fact("kettle", "usedFor", "boil")}
    asked = {
        fact for kind, of in zip(*probes.select(["kind", "facts"]).to_pydict().values(), strict=True) for fact in of
    }
    subjects = {int(toy_kb.columns(np.array([toy_kb.row_of[fact]]))[0][0]) for fact in asked - kept_out.facts}
    assert set(kept_out.entities.tolist()) == subjects


def test_clean_rows_pass_and_come_back_as_they_were(guard: LeakGuard, rows: pa.Table) -> None:
    assert guard.check(rows).equals(rows)
    assert guard.check(rows.slice(5, 7)).equals(rows.slice(5, 7))
    assert guard.check(concat_rows([])).num_rows == 0
    assert guard.check(text_rows(["A text about Peru, and the sea.", "", "…"], ["a", "b", "c"])).num_rows == 3
    assert guard.leaks().num_rows == 0


def test_a_question_about_a_held_out_entity(
    toy_kb: KnowledgeBase, rows: pa.Table, probes: pa.Table, guard: LeakGuard
) -> None:
    fact, other = (held_fact(toy_kb, guard, held=held) for held in (True, False))
    message = refused(guard, rows, row("Any question?", "any answer", other, fact))
    assert "asks about an entity that the exam holds out" in message
    leaked = next(probe for probe in probes.to_pylist() if probe["id"] in message)
    assert (
        toy_kb.columns(np.array([toy_kb.row_of[fact]]))[0]
        in toy_kb.columns(np.array([toy_kb.row_of[of] for of in leaked["facts"]]))[0]
    )
    for clean in (
        row("Any question?", "any answer", other),
        row("", "A statement.", fact, task="language-modelling"),
        row("What stands in the text before?", "any answer", fact, family="open-book"),
    ):
        guard.check(concat_rows([rows, clean]))


def test_a_question_that_a_held_out_entity_answers(tmp_path: Path) -> None:
    kb = made(tmp_path, ":aa :borders :bb . :cc :borders :aa . :dd :borders :ee .")
    for seed in range(4):
        guard = LeakGuard(kb, draw_exam(kb, seed=seed), arm="planted arm")
        _, _, objects = kb.columns()
        for fact in np.flatnonzero(np.isin(objects, guard.kept_out.entities)).tolist():
            planted = row("What does it border?", "aa", kb.hex_ids[fact].as_py())
            assert "asks about an entity" in refused(guard, concat_rows([]), planted)


def test_a_question_of_the_exam(rows: pa.Table, probes: pa.Table, guard: LeakGuard) -> None:
    for probe in probes.to_pylist():
        if probe["scorer"] == "continuation":
            continue
        shouted = "  " + probe["prompt"].upper().replace(" ", "\n ").replace("?", " !?")
        for planted in (row(shouted, "x"), row("", f"Once one asked: {probe['prompt']} And why not?")):
            message = refused(guard, rows, planted)
            assert "holds a question of the exam" in message
            assert probe["id"] in message
    guard.check(row("What would you do with a penguin?", "x", family="open-book"))  # whole words only


def test_a_question_split_between_prompt_and_completion(rows: pa.Table, guard: LeakGuard) -> None:
    message = refused(guard, rows, row("What would you do", "with a pen?"))
    assert "holds a question of the exam" in message
    assert "What would you do with a pen?" in message


def test_a_phrasing_of_the_exam_with_any_name(toy_kb: KnowledgeBase, guard: LeakGuard, probes: pa.Table) -> None:
    fact = held_fact(toy_kb, guard, held=False)
    place = np.array([toy_kb.row_of[fact]])
    name = Wording(toy_kb).phrases(toy_kb.columns(place)[0])[0].as_py()
    assert "Which money is spent in {s}?" in probes["template"].to_pylist()
    for planted in (
        row(f"Which money is spent in {name}?", "x", fact),
        row(f"Listen! Which money is spent in {name}?", "x", fact),
        row("Which money is spent in Atlantis?", "x"),
    ):
        assert "is worded as only the exam asks" in refused(guard, concat_rows([]), planted)
    guard.check(row(f"Do you know which money is spent in {name}?", "x", fact))


def test_a_fact_of_the_locality_probes(toy_kb: KnowledgeBase, rows: pa.Table, guard: LeakGuard, toy_fact: Fact) -> None:
    fact = toy_fact("pen", "usedFor", "write")
    for planted in (
        row("", "Letters need it.", fact, task="language-modelling"),
        row("Some fact.\n", "A text.", held_fact(toy_kb, guard, held=False), fact, family="open-book"),
    ):
        message = refused(guard, rows, planted)
        assert "rests on a fact that the exam asks as not taught" in message
        assert "What would you do with a pen?" in message


@pytest.mark.parametrize(
    ("turtle", "options"),
    [
        (":ada :child :bo . :bo :parent :ada .", {}),
        (":ada :spouse :bo . :bo :spouse :ada .", {}),
        (":spouse a owl:SymmetricProperty . :wife rdfs:subPropertyOf :spouse . :ada :wife :bo .", {"inference": "owl"}),
        (':ada :child :bo . :a2 rdfs:label "ada" ; :kid :b2 . :b2 rdfs:label "bo" .', {}),
        (":ada :child :bo . :a2 owl:sameAs :ada ; :kid :b2 . :b2 owl:sameAs :bo .", {}),
    ],
    ids=["inverse", "symmetric", "inferred", "one label", "owl:sameAs"],
)
def test_what_says_the_same_as_an_untaught_fact(tmp_path: Path, turtle: str, options: dict[str, Any]) -> None:
    kb = made(tmp_path, ":cy :child :dan . :cy :wife :eve . :cy :spouse :fay . " + turtle, **options)
    subjects, _, _ = kb.columns()
    iris = kb.terms["value"].to_pylist()
    asked = next(row for row in range(len(kb)) if iris[subjects[row]] == "urn:x:ada")
    probe = dict.fromkeys(PROBES.names, "") | {
        "id": "0" * 32,
        "kind": "locality",
        "scorer": "contains",
        "language": "en",
    }
    probe |= {"prompt": "Who is it?", "answers": ["bo"], "choices": [], "hops": 1, "facts": [kb.hex_ids[asked].as_py()]}
    guard = LeakGuard(kb, pa.Table.from_pylist([probe], PROBES), arm="planted arm")
    ends = {"urn:x:ada", "urn:x:bo", "urn:x:a2", "urn:x:b2"}
    for number in range(len(kb)):
        said = row("", "A statement.", kb.hex_ids[number].as_py(), task="language-modelling")
        if {iris[end[number]] for end in kb.columns()[::2]} <= ends:
            assert "asks as not taught" in refused(guard, concat_rows([]), said)
        else:
            assert guard.check(said).num_rows == 1
    assert len(guard.kept_out.facts) == (3 if options else 2)


def test_a_composition_of_the_exam(toy_kb: KnowledgeBase, probes: pa.Table, guard: LeakGuard, toy_fact: Fact) -> None:
    composed = next(probe for probe in probes.to_pylist() if probe["kind"] == "compose")
    message = refused(guard, concat_rows([]), row("Any question?", "any answer", *composed["facts"]))
    assert "joins facts that a question of the exam joins" in message
    assert composed["id"] in message
    guard.check(row("", "Two statements.", *composed["facts"], task="language-modelling"))  # a passage
    first, second, *_ = composed["facts"]
    between = toy_fact("peru", "capital", "lima")
    assert "joins facts" in refused(guard, concat_rows([]), row("Which has all three?", "it", first, between, second))


def test_a_composition_by_its_pattern(toy_kb: KnowledgeBase, toy_fact: Fact) -> None:
    settings = ExamSettings(probes_per_kind={"pattern": 9, "compose": 9}, held_out_entities=1.0, held_out_patterns=1.0)
    drawn = draw_exam(toy_kb, settings)
    assert set(drawn["kind"].to_pylist()) == {"pattern"}  # all patterns are held out
    guard, asked = LeakGuard(toy_kb, drawn.slice(0, 1)), drawn["facts"][0].as_py()
    lands = {"peru": ("lima", "sol"), "japan": ("tokyo", "yen")}
    both = [[toy_fact(land, "capital", one), toy_fact(land, "currency", two)] for land, (one, two) in lands.items()]
    free = next(facts for facts in both if facts[0] not in asked)
    other = toy_fact("kenya", "capital", "nairobi")
    for facts in (free, free[::-1], [free[1], other, free[0]]):  # conditions have no order
        table = set_query(row("Any question?", "any answer", *facts))
        with pytest.raises(LeakError, match="joins facts of two predicates that only the exam joins"):
            guard.check(table)
    guard.check(concat_rows([set_query(row("Any question?", "any answer", fact)) for fact in free]))
    guard.check(row("Describe it.", "Two statements.", *free))  # no composed question


def set_query(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("query")
    return table.set_column(place, table.schema.field(place), pa.array(["SELECT …"], pa.string()))


def test_a_held_out_passage(rows: pa.Table, probes: pa.Table, guard: LeakGuard) -> None:
    (passage,) = (probe for probe in probes.to_pylist() if probe["kind"] == "continuation")
    for text in (PASSAGE, f"Before it. {passage['answers'][0]} And after it."):
        planted = row("", text, family="text", task="language-modelling")
        assert "holds a question of the exam" in refused(guard, rows, planted)
    words = passage["answers"][0].split()
    assert "shares 13 words with the exam" in refused(guard, rows, text_rows([" ".join(words[:RUN])], ["a"]))
    guard.check(text_rows([" ".join(words[: RUN - 1])], ["a"]))
    guard.check(text_rows([passage["prompt"]], ["a"]))  # only the part that is shown


def test_an_evaluation(toy_kb: KnowledgeBase, rows: pa.Table, tmp_path: Path) -> None:
    long = "In the year in which the bridge was built, who was the mayor of the town on the other side?"
    (tmp_path / "a.jsonl").write_text(
        '{"question": "Which bridge is the longest?"}\n\n{"prompt": "Who lives here?", "answers": ["Ada"], "x": 1}\n'
        f'{{"question": "{long}", "answer": "Bo Wend"}}\n',
        encoding="utf-8",
    )
    (tmp_path / "b.txt").write_text("Paris\nEin Text über Städte\n", encoding="utf-8")
    some = read_evaluations(["*.jsonl", "b.txt"], tmp_path)
    assert [one.place for one in some] == ["a.jsonl:1", "a.jsonl:3", "a.jsonl:4", "a.jsonl:4", "b.txt:1", "b.txt:2"]
    guard = LeakGuard(toy_kb, PROBES.empty_table(), evaluations=some, arm="planted arm")
    assert guard.check(rows).num_rows == rows.num_rows
    for text, place, why in (
        ("So: which bridge is the LONGEST, please?", "a.jsonl:1", "holds a question of an evaluation"),
        ("…the bridge was built, who was the mayor of the town on the other bank", "a.jsonl:4", "shares 13 words"),
        ("on the other side? Bo Wend was the mayor of the town on the other side", "", ""),
        ("mayor of the town on the other side? Bo Wend", "", ""),
        (
            "who was the mayor of the town on the other side – Bo Wend",
            "a.jsonl:4",
            "shares 13 words with an evaluation",
        ),
        ("This is ein text ÜBER sta\u0308dte", "b.txt:2", "holds a question of an evaluation"),
        ("Paris", "b.txt:1", "holds a question of an evaluation"),
        ("Paris is a city", "", ""),
    ):
        if why:
            message = refused(guard, rows, row("", text))
            assert why in message
            assert f"It leaks {place}." in message
        else:
            guard.check(row("", text))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"questoin": "Who?"}', r"a.jsonl:1: should have a text under .* Did you mean 'question'"),
        ("a.jsonl", '{"question": "Who?"}\n[1]', r"a.jsonl:2: should be an object"),
        ("a.jsonl", "{", r"a.jsonl:1: not JSON"),
        ("a.jsonl", '{"question": "Who?", "answer": {}}', r"a.jsonl:1: the answers should be"),
        ("b.txt", "", r"a.jsonl: no such file; `evaluations` should name"),
    ],
)
def test_a_wrong_evaluation_is_refused_by_file_and_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        read_evaluations("a.jsonl", tmp_path)


REWORDED = [
    "Which city is the seat of government of {}?",
    "From which city is {} governed?",
    "I wonder which town serves as the chief city of {}.",
    "What's the name of the capital city of {}?",
]


def test_a_question_in_other_words(toy_kb: KnowledgeBase, rows: pa.Table, probes: pa.Table) -> None:
    wording, guard = Wording(toy_kb), LeakGuard(toy_kb, probes, on_leak="drop")
    capital = toy_kb.terms["value"].to_pylist().index("urn:toy:capital")
    subjects, predicates, objects = toy_kb.columns(toy_kb.taught)
    held, others, harmless = [], [], []
    for subject, object_ in zip(subjects[predicates == capital], objects[predicates == capital], strict=True):
        name, answer = (wording.phrases(np.array([term]))[0].as_py() for term in (subject, object_))
        asked = [row(text.format(name), answer) for text in REWORDED]
        (held if subject in guard.kept_out.entities else others).extend(asked)
        harmless += [row(REWORDED[0].format(name), "I do not know"), row(f"Who has been to {name}?", "Ada")]
    kept = guard.check(pa.concat_tables([rows, *held, *others, *harmless]))
    assert kept.equals(pa.concat_tables([rows, *others, *harmless]).combine_chunks())
    assert guard.leaks().num_rows == len(held) >= 2 * len(REWORDED)
    assert set(guard.leaks()["reason"].to_pylist()) == {"asks a question of the exam in other words"}


TEXTS = {
    "states": "You need a pen to write letters.",
    "answers": "He asked: “Which city is governed from, in {held}?” All of us said {answer}, of course.",
    "tells": "The capital of {held} is {answer}, a port.",
    "names": "He had a pen, and he wanted to go home.",
}


def test_texts_that_answer_or_state_what_the_exam_asks(toy_kb: KnowledgeBase, probes: pa.Table) -> None:
    probe = next(one for one in probes.to_pylist() if one["template"] == "Name the chief city of {s}.")
    held = probe["prompt"].removeprefix("Name the chief city of ").removesuffix(".")
    texts = {key: text.format(held=held, answer=probe["answers"][0]) for key, text in TEXTS.items()}
    texts["answers"] = f"“What is the capital of {held}?” he asked. “{probe['answers'][0]}”, said Bo."
    guard = LeakGuard(toy_kb, probes, texts=texts, on_leak="drop")
    kept = guard.check(text_rows(list(texts.values()), list(texts)))
    assert kept["text_id"].to_pylist() == ["tells", "names"]
    assert guard.leaks().select(["text_id", "reason"]).to_pylist() == [
        {"text_id": "states", "reason": "states what the exam asks as not taught"},
        {"text_id": "answers", "reason": "answers a question of the exam"},
    ]
    with pytest.raises(LeakError, match=r"\(form text, text states\) states what the exam asks .* with a pen"):
        LeakGuard(toy_kb, probes, texts=texts).check(text_rows([texts["states"]], ["states"]))


CLUBS = """
:milan rdfs:label "A.C. Milan"@en ; :coach :pia . :pia rdfs:label "S. M. Pia"@en .
:roma rdfs:label "A.S. Roma"@en ; :coach :tor . :tor rdfs:label "J. L. Tor"@en .
:lazio rdfs:label "S.S. Lazio"@en ; :coach :bru . :bru rdfs:label "K. V. Bru"@en .
"""


def test_full_stops_in_names_end_no_sentence(tmp_path: Path) -> None:
    kb = made(tmp_path, CLUBS, limit=2)
    probes = draw_exam(kb, ExamSettings(held_out_entities=1.0)).to_pylist()
    ends = {probe["kind"]: (probe["prompt"], probe["answers"][0]) for probe in probes if probe["kind"] != "reverse"}
    names = {
        kind: next(name for name in ("A.C. Milan", "A.S. Roma", "S.S. Lazio") if name in ends[kind][0]) for kind in ends
    }
    recalled, local = ends["recall"][1], ends["locality"][1]
    texts = {
        "answers": f"We met at 5 p.m. today. “Who coaches {names['recall']}?” he asked. It is {recalled}, we said.",
        "states": f"We met at 5 p.m. today. {names['locality']} is coached by {local}. Then it rained.",
        "apart": f"We saw {names['locality']}. Then {local} ate.",
        "asks": f"“Who coaches {names['recall']}?” he asked. It was {local}, we said.",
    }
    guard = LeakGuard(kb, draw_exam(kb, ExamSettings(held_out_entities=1.0)), texts=texts, on_leak="drop")
    assert guard.check(text_rows(list(texts.values()), list(texts)))["text_id"].to_pylist() == ["apart", "asks"]


def test_an_answer_that_holds_the_name_is_one(tmp_path: Path) -> None:
    countries = ("Malawi", "Togo", "Peru")
    turtle = " ".join(
        f':{name} rdfs:label "{name}"@en ; :officialName "the Republic of {name}" .' for name in countries
    )
    kb = made(tmp_path, turtle, limit=2)
    probes = draw_exam(kb, ExamSettings(held_out_entities=1.0))
    answers = [one["answers"][0] for one in probes.to_pylist() if one["kind"] == "locality"]
    local = [name for name in countries if f"the Republic of {name}" in answers]
    texts = {name: f"The full English name of {name} is the Republic of {name}, they say." for name in countries}
    guard = LeakGuard(kb, probes, texts=texts, on_leak="drop")
    guard.check(text_rows(list(texts.values()), list(texts)))
    assert len(local) == 1
    assert guard.leaks()["text_id"].to_pylist() == local


def test_a_common_noun_is_found_as_a_sentence_has_it(tmp_path: Path) -> None:
    kb = made(tmp_path, ':togruta a owl:Class ; rdfs:label "Togruta"@en ; :eyeColour "amber" .')
    guard = LeakGuard(kb, draw_exam(kb, ExamSettings(held_out_entities=1.0)), on_leak="drop")
    said = "How are the eyes of a togruta coloured?"
    leaks = [row(said, "amber"), row(said.replace("a togruta", "Togruta"), "amber"), row(said, "blue")]
    assert guard.check(pa.concat_tables(leaks))["completion"].to_pylist() == ["blue"]


def test_rows_that_leak_are_dropped_counted_and_kept_to_be_read(
    toy_kb: KnowledgeBase, probes: pa.Table, rows: pa.Table, toy_fact: Fact
) -> None:
    guard = LeakGuard(toy_kb, probes, on_leak="drop")
    local = row("", "Letters need it.", toy_fact("pen", "usedFor", "write"))
    planted = [row("Which money is spent in Atlantis?", "x"), local]
    kept = [guard.check(concat_rows([rows, one, rows])) for one in planted]
    assert all(one.equals(concat_rows([rows, rows])) for one in kept)
    reasons = ["is worded as only the exam asks", "rests on a fact that the exam asks as not taught"]
    assert guard.counts == {f"rows left out: {reason}": 1 for reason in reasons}
    assert guard.leaks()["reason"].to_pylist() == reasons
    assert guard.leaks()["id"].to_pylist() == [one["id"][0].as_py() for one in planted]
    assert "with a pen" in guard.leaks()["probe"][1].as_py()


YORK = """
:york rdfs:label "York"@en ; :river :ouse . :newyork rdfs:label "New York"@en ; :river :hudson .
:lon rdfs:label "London"@en ; :river :thames . :ouse rdfs:label "Ouse"@en . :hudson rdfs:label "Hudson"@en .
:thames rdfs:label "Thames"@en .
:river kaug:statement "{s} lies on the river {o}."@en ; kaug:question "For {s} lies on which river, answer me."@en ;
    kaug:exam "{s} lies on which river?"@en ; kaug:inverseExam "Name a town on the {o}."@en .
"""
FILMS = """
:it rdfs:label "It"@en ; :release_year "1990" ; :directed_by :tom . :tom rdfs:label "Tom Wells"@en .
:up rdfs:label "Up"@en ; :release_year "2009" . :her rdfs:label "Her"@en ; :release_year "2013" ; :directed_by :sam .
:sam rdfs:label "Sam Jonas"@en .
"""


@pytest.mark.parametrize("turtle", [YORK, FILMS], ids=["a name in a longer one", "names that are words"])
def test_no_false_alarm(tmp_path: Path, turtle: str) -> None:
    kb = made(tmp_path, turtle)
    written = 0
    for seed in range(6):
        written += arm_rows(kb, ARMS["augmented"], draw_exam(kb, seed=seed), [], [], seed=seed)[0].num_rows
    assert written > 0


def test_a_name_in_a_longer_one_is_no_excuse(tmp_path: Path) -> None:
    kb = made(tmp_path, YORK)
    probes = draw_exam(kb, ExamSettings(held_out_entities=1.0))
    guard = LeakGuard(kb, probes, arm="planted arm")
    assert "holds a question of the exam" in refused(guard, concat_rows([]), row("So York lies on which river?", "x"))


def test_a_long_name_in_a_question_stands_in_statements_too(tmp_path: Path) -> None:
    long = "a kind of rock that came out of the fire of the earth long before any of us"
    kb = made(tmp_path, f':basalt rdfs:comment "{long}" . :chalk rdfs:comment "soft white rock" .')
    probes = draw_exam(kb, ExamSettings(held_out_entities=1.0))
    guard = LeakGuard(kb, probes, arm="planted arm")
    about = next(prompt for prompt in probes["prompt"].to_pylist() if long in prompt)
    guard.check(row("", f"Basalt is {long}.", task="language-modelling"))
    assert "holds a question of the exam" in refused(guard, concat_rows([]), row("", f"{about} Who knows."))


def test_all_planted_leaks_are_found(toy_kb: KnowledgeBase, probes: pa.Table) -> None:
    planted = list(exact(Run("toy", toy_kb, probes, {})))
    guard = LeakGuard(toy_kb, probes, evaluations=[line for *_, line in planted if line], on_leak="drop")
    assert len({kind for kind, *_ in planted}) == 9
    assert [kind for kind, leak, _ in planted if guard.check(leak).num_rows] == []


def test_a_fact_that_is_not_known_is_refused(guard: LeakGuard) -> None:
    for fact in ("0" * 32, "lome", "é" * 16):
        with pytest.raises(LeakError, match=r"names fact .*, which the knowledge base lacks"):
            guard.check(row("", "x", fact))


def test_a_probe_of_another_knowledge_base(probes: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(LeakError, match="which the knowledge base lacks"):
        LeakGuard(made(tmp_path, ":aa :borders :bb ."), probes)


def test_an_exam_without_probes_holds_nothing_out(toy_kb: KnowledgeBase, rows: pa.Table) -> None:
    guard = LeakGuard(toy_kb, PROBES.empty_table())
    assert guard.kept_out.entities.size == 0
    assert not guard.kept_out.facts
    assert guard.check(rows).equals(rows)


TEXT = st.text(st.sampled_from("aB é\u0301ßİ国家 _-'.,7½ﬁ\u0000क्षि\n"), max_size=40) | st.text(max_size=30)


@given(st.lists(TEXT, max_size=5), st.lists(TEXT, min_size=1, max_size=5))
def test_runs_of_words_are_found_as_by_brute_force(runs: list[str], texts: list[str]) -> None:
    said, wanted = (plain(pa.array(some, pa.string())).to_pylist() for some in (texts, runs))
    words = read_words(pa.array(texts, pa.string()))
    assert np.diff(words.starts).tolist() == [len(text.split()) for text in said]
    expected = {
        (number, run, place + int(words.starts[number]))
        for number, text in enumerate(said)
        for run, one in enumerate(wanted)
        for place in range(len(text.split()))
        if one.split() and text.split()[place : place + len(one.split())] == one.split()
    }
    found = Runs(read_words(pa.array(runs, pa.string()))).find(words)
    assert set(zip(*(part.tolist() for part in found), strict=True)) == expected
    assert len(found[0]) == len(expected)


NAMES = st.lists(st.from_regex(r"[A-Z][a-z]{2,6}", fullmatch=True), unique_by=str.casefold, min_size=8, max_size=24)


@st.composite
def worlds(draw) -> str:
    """Turtle of countries with capitals, some sharing a currency, some bordering one another (said of both)."""
    names = draw(NAMES)
    count = len(names) // 3
    countries, cities, coins = names[:count], names[count : 2 * count], names[2 * count :]
    lines = [f':{name.lower()} rdfs:label "{name}"@en .' for name in names]
    for place, (country, city) in enumerate(zip(countries, cities, strict=True)):
        lines.append(f":{country.lower()} :capital :{city.lower()} .")
        for coin in draw(st.lists(st.sampled_from(coins), max_size=2, unique=True)):
            lines.append(f":{country.lower()} :currency :{coin.lower()} .")
        for other in draw(st.lists(st.sampled_from(countries), max_size=2, unique=True)):
            if other != country and place % 2:
                lines.append(f":{country.lower()} :borders :{other.lower()} .")
                lines.append(f":{other.lower()} :borders :{country.lower()} .")
    return "\n".join(lines)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), st.integers(0, 2**31), st.floats(0.05, 0.9), st.sampled_from(["repeated", "augmented", "shuffled"]))
@pytest.mark.slow
def test_whatever_is_known_the_rows_do_not_leak_the_exam(world: str, seed: int, part: float, arm: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.ttl"
        file.write_text(
            "@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n" + world, encoding="utf-8"
        )
        kb = build_kb([file])
    probes = draw_exam(kb, ExamSettings(held_out_entities=part), seed=seed)
    kept = held_out(kb, probes)
    rows, _ = arm_rows(kb, ARMS[arm], probes, [], [], seed=seed)  # checks for leaks
    assert not set(probes["prompt"].to_pylist()) & set(rows["prompt"].to_pylist())
    if arm == "shuffled":
        return  # its false objects may be held-out entities; what it tells of them is false
    names = set(Wording(kb).labels().take(pa.array(kept.entities)).to_pylist())
    asked = rows.filter(pa.compute.equal(rows["task"], "question-answering"))
    for prompt, completion in zip(asked["prompt"].to_pylist(), asked["completion"].to_pylist(), strict=True):
        assert not names & set(re.findall(r"\w+", f"{prompt} {completion}"))
    taught = set(asked["completion"].to_pylist())
    for probe in probes.to_pylist():
        if probe["kind"] == "reverse":  # every right answer is an entity that no row asks about
            assert not taught & set(probe["answers"])


def test_no_row_joins_predicates_as_the_probes_of_patterns_do() -> None:
    kb = build_kb([Path("kb/domain/world.ttl"), Path("kb/commonsense/everyday.ttl")], lexicon=Path("kb/lexicon.ttl"))
    drawn = draw_exam(kb, ExamSettings(probes_per_kind={"pattern": 30, "compose": 30}, held_out_patterns=0.5))
    predicate = dict(zip(kb.hex_ids.to_pylist(), kb.columns()[1].tolist(), strict=True))

    def pairs(rows: pa.Table) -> set[frozenset[int]]:
        joined = [combinations([predicate[fact] for fact in facts], 2) for facts in rows["facts"].to_pylist()]
        return {frozenset(pair) for some in joined for pair in some if len(set(pair)) == 2}

    asked = {
        kind: pairs(drawn.filter(pa.array([one == kind for one in drawn["kind"].to_pylist()])))
        for kind in ("pattern", "compose")
    }
    written, everything = (
        pairs(rows.filter(rows["query"].is_valid()))
        for rows in (arm_rows(kb, "augmented", some, [], [])[0] for some in (drawn, PROBES.empty_table()))
    )
    assert asked["pattern"]
    assert not asked["pattern"] & (written | asked["compose"])
    assert asked["pattern"] & everything
    assert asked["compose"] & written
