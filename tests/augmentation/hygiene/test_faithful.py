"""Rows that say what their facts say, and each way not to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from kaug.augmentation.arms import ArmInput, find_recipe, shuffle_objects
from kaug.augmentation.forms import FORMS
from kaug.augmentation.hygiene.faithful import UNFAITHFUL, unfaithful_rows
from kaug.augmentation.inject import inject_facts, text_rows
from kaug.augmentation.rows import concat_rows, facts_to_teach, make_rows
from kaug.augmentation.settings import AugmentationSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

ROOT = Path(__file__).parents[3]
Id = Callable[[str, str, str], str]


def row(
    prompt: str, completion: str, facts: list[str], spans: list[tuple[int, str, int, int]], **more: Any
) -> pa.Table:
    columns: dict[str, Any] = {"family": "closed-book", "form": "made"}
    columns["task"] = "question-answering" if prompt else "language-modelling"
    return make_rows(
        **(columns | more), prompts=pa.array([prompt]), completions=pa.array([completion]), facts=[facts], spans=[spans]
    )


@pytest.mark.parametrize("arm", ["augmented", "shuffled", "repeated"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rows_of_all_forms_say_what_their_facts_say(toy_kb: KnowledgeBase, arm: str, language: str) -> None:
    wording = Wording(toy_kb, language)
    given = ArmInput([wording], AugmentationSettings(forms=list(FORMS)))
    rows = concat_rows([table for piece in find_recipe(arm).pieces(given) for table in piece()])
    assert rows.num_rows >= 20
    objects = None
    if arm == "shuffled":
        facts, _ = shuffle_objects(toy_kb, facts_to_teach(toy_kb))
        objects = toy_kb.columns()[2].copy()
        objects[facts.rows] = facts.objects
        assert unfaithful_rows(rows, wording).num_rows > 20  # they say what is false
    assert unfaithful_rows(rows, wording, objects=objects).to_pylist() == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rows_of_the_shipped_knowledge_say_what_their_facts_say(language: str) -> None:
    files = [ROOT / "kb" / name for name in ("domain/world.ttl", "domain/elements.ttl", "commonsense/everyday.ttl")]
    kb = build_kb(files, lexicon=ROOT / "kb" / "lexicon.ttl", languages=("en", "zh"), limit=300)
    wording = Wording(kb, language)
    given = ArmInput([wording], AugmentationSettings(forms=list(FORMS)))
    rows = concat_rows([table for piece in find_recipe("augmented").pieces(given) for table in piece()])
    assert rows.num_rows > 1000
    assert unfaithful_rows(rows, wording).to_pylist() == []


def test_open_book_rows_give_the_texts_back(toy_kb: KnowledgeBase) -> None:
    texts, wording = {"t": "In Togo it rains.", "p": "Peru is dry."}, Wording(toy_kb)
    facts = toy_kb.taught[:2]
    hits = pa.table(
        {
            "text": pa.array([0, 1], pa.int32()),
            "row": pa.array(facts),
            "fact": toy_kb.hex_ids.take(pa.array(facts)),
            "start": pa.array([3, 0], pa.int32()),
            "end": pa.array([7, 4], pa.int32()),
            "reason": pa.array(["linked", "linked"]),
        }
    )
    for position in ("before", "inline"):
        injected, _ = inject_facts(wording, list(texts.values()), list(texts), hits, position=position)
        rows = concat_rows([injected, text_rows(list(texts.values()), list(texts))])
        assert unfaithful_rows(rows, wording, texts=texts).num_rows == 0
        changed = unfaithful_rows(rows, wording, texts=texts | {"t": "In Mali it rains."})
        assert changed["reason"].to_pylist() == ["what its facts leave is not the user's text"] * 2


SENTENCE = "The capital of Togo is Lomé."


@pytest.mark.parametrize(
    ("prompt", "completion", "spans", "more", "reasons"),
    [
        ("", SENTENCE, [(0, "completion", 0, 28)], {}, []),
        ("", "THE CAPITAL OF TOGO IS LOMÉ.", [(0, "completion", 0, 28)], {}, []),
        ("", "The capital of Togo is Lome.", [(0, "completion", 0, 28)], {}, []),  # an alternative label
        ("", "The capital of Togo is Accra.", [(0, "completion", 0, 29)], {}, ["an end of a fact is not said"]),
        (
            "",
            "Mali is large.",
            [(0, "completion", 0, 14)],
            {},
            ["a span holds neither end of its fact", "an end of a fact is not said"],
        ),
        (
            "",
            "Mali has Accra.",
            [(0, "completion", 0, 15)],
            {"proofs": pa.array(["no"])},
            ["a span holds neither end of its fact"],
        ),
        ("", "The capital of Togo is Accra.", [(0, "completion", 0, 29)], {"proofs": pa.array(["no"])}, []),
        ("", SENTENCE, [(0, "completion", 0, 29)], {}, ["a span is outside its text", "an end of a fact is not said"]),
        (
            "",
            SENTENCE,
            [(1, "completion", 0, 28)],
            {},
            ["a fact has no span", "a span is of a fact that the row does not name"],
        ),
        ("", SENTENCE, [], {}, ["a fact has no span"]),
        ("How many capitals has Togo?", "1", [], {"queries": pa.array(["SELECT"])}, []),
        ("Capital of Togo?", "Lomé", [(0, "prompt", 0, 16), (0, "completion", 0, 4)], {}, []),
        (
            "Capital of Togo?",
            "Lomé it is",
            [(0, "prompt", 0, 16), (0, "completion", 0, 10)],
            {},
            ["an answer is no name of an end"],
        ),
        (
            "Capital of Togo?",
            "Togo",
            [(0, "prompt", 0, 16), (0, "completion", 0, 4)],
            {},
            ["an end of a fact is not said"],
        ),
        ("Capital?", "Lomé", [(0, "completion", 0, 4)], {}, ["an end of a fact is not said"]),
        ("Capital?", f"{SENTENCE} Answer: Lomé", [(0, "completion", 0, 28)], {}, []),
    ],
)
def test_each_fault_is_found(
    toy_kb: KnowledgeBase,
    toy_fact: Id,
    prompt: str,
    completion: str,
    spans: list[tuple[int, str, int, int]],
    more: dict[str, Any],
    reasons: list[str],
) -> None:
    table = row(prompt, completion, [toy_fact("togo", "capital", "lome")], spans, **more)
    found = unfaithful_rows(table, Wording(toy_kb))
    assert found.schema == UNFAITHFUL
    assert sorted(found["reason"].to_pylist()) == reasons
    assert set(found["id"].to_pylist()) <= set(table["id"].to_pylist())


def test_rows_in_other_languages_are_passed_over_and_no_rows_are_right(toy_kb: KnowledgeBase, toy_fact: Id) -> None:
    wrong = row("", "x", [toy_fact("togo", "capital", "lome")], [(0, "completion", 0, 1)])
    assert unfaithful_rows(wrong, Wording(toy_kb, "zh")).num_rows == 0
    assert unfaithful_rows(wrong.slice(0, 0), Wording(toy_kb)).num_rows == 0
    assert unfaithful_rows(row("", "x", [], [(0, "completion", 0, 1)]), Wording(toy_kb))["reason"].to_pylist() == [
        "a span is of a fact that the row does not name"
    ]
