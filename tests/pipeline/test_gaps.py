"""The gaps of a model: what is asked, what counts as known, and the rows that are left."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kaug.augmentation.shards import read_shards
from kaug.evaluation import gaps as asking
from kaug.evaluation.gaps import ask_facts, questions_about
from kaug.evaluation.settings import EvaluationSettings
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb
from kaug.models.generate import Generated
from kaug.pipeline.project import Project, open_project
from kaug.pipeline.run import run_project
from kaug.tables import read_table

_PROJECT = runpy.run_path(str(Path(__file__).parents[1] / "end_to_end" / "conftest.py"))
toy_models, make_toy, toy = (_PROJECT[name] for name in ("toy_models", "make_toy", "toy"))


def answering(answers: dict[str, str]) -> Callable[..., Generated]:
    """A stand-in for generation: the answer to each prompt, which must be asked once."""

    def generate(model: Any, tokenizer: Any, prompts: list[str], **settings: Any) -> Generated:
        del model, tokenizer, settings
        assert len(prompts) == len(set(prompts))
        return Generated([answers.get(prompt, "I do not know.") for prompt in prompts], None)  # type: ignore[arg-type]

    return generate


def test_each_taught_fact_is_asked_for_in_a_training_template(
    toy_kb: KnowledgeBase, toy_fact: Callable[..., str]
) -> None:
    questions, held = questions_about(toy_kb)
    asked = {row["fact"]: row for row in questions.to_pylist()}
    assert len(asked) == 20
    assert held == 0
    togo = asked[toy_fact("togo", "capital", "lome")]
    assert (togo["prompt"], togo["answers"]) == ("What is the capital of Togo?", ["Lomé", "Lome"])
    exam = {"Name the chief city of", "Which money is spent", "What would you do with"}
    assert not any(prompt.startswith(tuple(exam)) for prompt in questions["prompt"].to_pylist())


def test_a_question_that_holds_its_answer_is_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        "@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        ':m rdfs:label "Mexico" ; :capital :c . :c rdfs:label "Mexico City" .\n'
        ':p rdfs:label "Peru" ; :capital :l . :l rdfs:label "Lima" .\n'
        ':k rdfs:label "port of Kiel" ; :town :t . :t rdfs:label "Kiel" .'
    )
    questions, held = questions_about(build_kb([file]))
    assert sorted(answers[0] for answers in questions["answers"].to_pylist()) == ["Lima", "Mexico City"]
    assert held == 1  # "What is the town of port of Kiel?"


def test_a_fact_is_known_if_the_answer_names_its_own_object(
    toy_kb: KnowledgeBase, toy_fact: Callable[..., str], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "What is the capital of Togo?": "It is Lome, of course.",
        "What is the capital of Peru?": "Cusco",
        "What is the currency of Bhutan?": "the Indian rupee",
    }
    monkeypatch.setattr(asking, "generate", answering(said))
    gaps = ask_facts(questions_about(toy_kb)[0], tiny_model, EvaluationSettings(), precision="fp32")
    assert gaps.num_rows == 20
    known = {row["fact"] for row in gaps.to_pylist() if row["known"]}
    # Bhutan has two currencies; the model knows the one that it names.
    assert known == {toy_fact("togo", "capital", "lome"), toy_fact("bhutan", "currency", "rupee")}
    assert {row["answer"] for row in gaps.to_pylist() if row["fact"] in known} == {said[key] for key in list(said)[::2]}


def opened(toy: Any, *settings: str) -> Project:
    return open_project(toy.pipeline, settings=["augmentation.inject=[]", "augmentation.gaps=true", *settings])


def test_what_the_model_knows_is_taught_less(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "generate", answering({"What is the capital of Togo?": "Lome"}))
    made = run_project(opened(toy, "augmentation.known=0.0"), "augment")
    assert made["4-gaps"].counts["facts asked for"] == 18
    assert made["4-gaps"].counts["facts known"] == 1
    gaps = read_table(made["4-gaps"].path / "gaps.arrow", "gaps").to_pylist()
    (known,) = (row["fact"] for row in gaps if row["known"])
    sentences = load_kb(made["1-knowledge"].path).row_of
    assert known in sentences
    for arm in ("repeated", "shuffled", "augmented"):
        facts = read_shards(made[f"4-shards/{arm}"].path)["facts"].to_pylist()
        assert [known] not in facts
        assert made[f"4-shards/{arm}"].counts["rows left out: the model knows their facts"] >= 1
    # Together with what it does not know, it is still told.
    assert any(known in some for some in read_shards(made["4-shards/augmented"].path)["facts"].to_pylist())


def test_gaps_are_asked_again_only_of_another_model_and_never_without_the_setting(
    toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "generate", answering({}))
    first = run_project(opened(toy), "augment")["4-gaps"]
    again = run_project(opened(toy, "augmentation.known=0.5"), "augment")["4-gaps"]
    assert again.fingerprint == first.fingerprint
    longer = run_project(opened(toy, "evaluation.max_new_tokens=9"), "augment")["4-gaps"]
    assert longer.fingerprint != first.fingerprint
    without = open_project(toy.pipeline, settings=["augmentation.inject=[]"])
    assert "4-gaps" not in run_project(without, "augment").artifacts
