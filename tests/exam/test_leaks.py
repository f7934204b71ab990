import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows, make_rows
from kaug.errors import LeakError
from kaug.exam.draw import draw_exam
from kaug.exam.leaks import HeldOut, check_leaks, held_out
from kaug.exam.settings import ExamSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import PROBES
from kaug.wording.wording import Wording

Fact = Callable[[str, str, str], str]

PASSAGE = "The harbour of the old town lies quiet in the morning, and gulls cry over the boats of the fishermen there."


@pytest.fixture(scope="module")
def probes(toy_kb: KnowledgeBase) -> pa.Table:
    return draw_exam(toy_kb, ExamSettings(held_out_texts=1.0), texts=[PASSAGE])


@pytest.fixture(scope="module")
def kept_out(toy_kb: KnowledgeBase, probes: pa.Table) -> HeldOut:
    return held_out(toy_kb, probes)


@pytest.fixture(scope="module")
def rows(toy_kb: KnowledgeBase, probes: pa.Table) -> pa.Table:
    return arm_rows(toy_kb, ARMS["augmented"], probes, [], [], languages=("en", "zh"))[0]


def row(prompt: str, completion: str, *facts: str, family: str = "closed-book", task: str = "question-answering"):
    return make_rows(
        family=family,
        form="planted",
        task=task,
        prompts=pa.array([prompt]),
        completions=pa.array([completion]),
        facts=[list(facts)],
        spans=[[]],
    )


def refused(kb: KnowledgeBase, rows: pa.Table, planted: pa.Table, kept_out: HeldOut) -> str:
    """Plant a row behind clean ones, and return the error's message."""
    with pytest.raises(LeakError) as error:
        check_leaks(kb, concat_rows([rows, planted]), kept_out, "planted arm")
    message = str(error.value)
    assert message.startswith(f"Arm 'planted arm', row {planted['id'][0].as_py()} (form planted) ")
    return message


def held_fact(kb: KnowledgeBase, kept_out: HeldOut, *, held: bool) -> str:
    subjects = kb.columns(kb.taught)[0]
    found = kb.taught[np.isin(subjects, kept_out.entities) == held]
    return kb.hex_ids[int(found[0])].as_py()


def test_what_the_exam_holds_out(toy_kb: KnowledgeBase, probes: pa.Table, kept_out: HeldOut, toy_fact: Fact) -> None:
    assert len(kept_out.entities) == round(0.5 * 11)
    assert kept_out.facts == {toy_fact("pen", "usedFor", "write"), toy_fact("kettle", "usedFor", "boil")}
    assert "what would you do with a pen" in kept_out.prompts
    (passage,) = kept_out.texts
    assert passage.endswith("gulls cry over the boats of the fishermen there")
    asked = {
        fact for kind, of in zip(*probes.select(["kind", "facts"]).to_pydict().values(), strict=True) for fact in of
    }
    subjects = {int(toy_kb.columns(np.array([toy_kb.row_of[fact]]))[0][0]) for fact in asked - kept_out.facts}
    assert set(kept_out.entities.tolist()) == subjects


def test_clean_rows_pass_and_come_back_as_they_were(toy_kb: KnowledgeBase, rows: pa.Table, kept_out: HeldOut) -> None:
    assert check_leaks(toy_kb, rows, kept_out, "augmented").equals(rows)
    empty = concat_rows([])
    assert check_leaks(toy_kb, empty, kept_out, "text").num_rows == 0
    texts = text_rows(["A text about Peru, and the sea.", ""], ["a", "b"])
    assert check_leaks(toy_kb, texts, kept_out, "text").num_rows == 2


def test_a_question_about_a_held_out_entity(toy_kb: KnowledgeBase, rows: pa.Table, kept_out: HeldOut) -> None:
    fact, other = (held_fact(toy_kb, kept_out, held=held) for held in (True, False))
    planted = row("Any question?", "any answer", other, fact)
    assert "asks about an entity that the exam holds out" in refused(toy_kb, rows, planted, kept_out)
    for clean in (
        row("Any question?", "any answer", other),
        row("", "A statement.", fact, task="language-modelling"),
        row("What stands in the text before?", "any answer", fact, family="open-book"),
    ):
        check_leaks(toy_kb, concat_rows([rows, clean]), kept_out, "planted arm")


def test_a_question_that_a_held_out_entity_answers(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("@prefix : <urn:x:> . :aa :borders :bb .", encoding="utf-8")
    kb = build_kb([file])
    object_ = kb.columns(kb.taught)[2]
    kept = HeldOut(object_, frozenset(), frozenset(), frozenset())
    planted = row("What borders bb?", "aa", kb.hex_ids[0].as_py())
    assert "asks about an entity" in refused(kb, concat_rows([]), planted, kept)


def test_a_question_of_the_exam(toy_kb: KnowledgeBase, rows: pa.Table, probes: pa.Table, kept_out: HeldOut) -> None:
    for probe in probes.to_pylist():
        if probe["scorer"] == "continuation":
            continue
        shouted = "  " + probe["prompt"].upper().replace(" ", "\n ").replace("?", " !?")
        for planted in (row(shouted, "x"), row("", f"Once one asked: {probe['prompt']} And why not?")):
            assert "holds what the exam asks" in refused(toy_kb, rows, planted, kept_out)
    check_leaks(toy_kb, row("What would you do with a penguin?", "x"), kept_out, "whole words only")


def test_a_question_split_between_prompt_and_completion(
    toy_kb: KnowledgeBase, rows: pa.Table, kept_out: HeldOut
) -> None:
    planted = row("What would you do", "with a pen?")
    assert "'what would you do with a pen'" in refused(toy_kb, rows, planted, kept_out)


def test_a_fact_of_the_locality_probes(toy_kb: KnowledgeBase, rows, kept_out: HeldOut, toy_fact: Fact) -> None:
    fact = toy_fact("pen", "usedFor", "write")
    for planted in (
        row("", "Letters need it.", fact, task="language-modelling"),
        row("Some fact.\n", "A text.", held_fact(toy_kb, kept_out, held=False), fact, family="open-book"),
    ):
        assert "rests on a fact that the exam asks as not taught" in refused(toy_kb, rows, planted, kept_out)


def test_a_held_out_passage(toy_kb: KnowledgeBase, rows: pa.Table, probes: pa.Table, kept_out: HeldOut) -> None:
    (passage,) = (probe for probe in probes.to_pylist() if probe["kind"] == "continuation")
    for text in (PASSAGE, f"Before it. {passage['answers'][0]} And after it."):
        planted = row("", text, family="text", task="language-modelling")
        assert "holds what the exam asks" in refused(toy_kb, rows, planted, kept_out)
    check_leaks(toy_kb, text_rows([passage["prompt"]], ["a"]), kept_out, "only the part that is shown")


def test_a_probe_of_another_knowledge_base(toy_kb: KnowledgeBase, probes: pa.Table, tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("@prefix : <urn:x:> . :aa :borders :bb .", encoding="utf-8")
    with pytest.raises(LeakError, match="which the knowledge base lacks"):
        held_out(build_kb([file]), probes)


def test_an_exam_without_probes_holds_nothing_out(toy_kb: KnowledgeBase, rows: pa.Table) -> None:
    nothing = held_out(toy_kb, PROBES.empty_table())
    assert nothing.entities.size == 0
    assert not nothing.facts | nothing.prompts | nothing.texts
    assert check_leaks(toy_kb, rows, nothing, "augmented").equals(rows)


def test_a_question_without_letters_refuses_no_row(toy_kb: KnowledgeBase) -> None:
    kept = HeldOut(np.zeros(0, np.uint32), frozenset(), frozenset({""}), frozenset({""}))
    assert check_leaks(toy_kb, text_rows(["", "…", "a"], list("abc")), kept, "text").num_rows == 3


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
