"""Questions with facts before them: planted facts, and what a context must not tell."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import kaug
from kaug.augmentation.forms import FORMS, form_rows
from kaug.augmentation.forms.context_question import context_question_rows
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.augmentation.rows import Options, concat_rows, facts_to_teach
from kaug.evaluation.answer import with_facts
from kaug.exam.draw import draw_exam
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.retriever import RETRIEVED
from kaug.wording.wording import Wording

SAYS_NOT = "The context does not say."


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """Forty lands, each with a capital, a largest city (for half of them the capital), and a currency of two."""
    file: Path = tmp_path_factory.mktemp("lands") / "lands.ttl"
    lands = [
        f":land{n} :capital :city{n} ; :largestCity :{'city' if n % 2 else 'town'}{n} ; :currency :coin{n % 2} ."
        for n in range(40)
    ]
    file.write_text("@prefix : <urn:x:> .\n" + "\n".join(lands), encoding="utf-8")
    return kaug.build_kb([file])


def rows_of(kb: KnowledgeBase, **given: float) -> tuple[list[dict], Options]:
    facts = facts_to_teach(kb)
    options = Options(templates=1, facts=facts, open_book=OpenBookSettings(**given))  # type: ignore[arg-type]
    return form_rows(FORMS["context-question"], facts, Wording(kb), options).to_pylist(), options


def question(row: dict) -> str:
    return row["prompt"].rsplit(". ", 1)[1]


def test_the_context_holds_the_answer_among_others_and_every_fact_is_named(kb: KnowledgeBase) -> None:
    rows, _ = rows_of(kb, without_answer=0)
    sentences = dict(zip(kb.hex_ids.to_pylist(), Wording(kb).sentences().to_pylist(), strict=True))
    capitals = {question(row): row for row in rows if question(row).startswith("What is the capital of land")}
    assert len(capitals) == 40
    for number in range(40):
        row = capitals[f"What is the capital of land{number}?"]
        assert row["completion"] == f"city{number}"
        assert f"The capital of land{number} is city{number}." in row["prompt"]
        assert (row["family"], row["form"], row["task"]) == ("open-book", "context-question", "question-answering")
    for row in rows:
        assert 2 <= len(row["facts"]) <= 4
        for span in row["spans"]:
            assert row["prompt"][span["start"] : span["end"]] == sentences[row["facts"][span["fact"]]] + " "
        assert [span["fact"] for span in row["spans"]] == list(range(len(row["facts"])))
    assert (
        len(
            {
                row["prompt"].split(". ").index(f"The capital of {key[23:-1]} is {row['completion']}")
                for key, row in capitals.items()
            }
        )
        > 1
    )


def test_the_prompt_is_the_one_that_retrieval_makes_at_the_exam(kb: KnowledgeBase) -> None:
    exam, row = draw_exam(kb), next(row for row in rows_of(kb)[0] if len(row["facts"]) == 4)
    probes = exam.slice(0, 1).set_column(exam.schema.get_field_index("prompt"), "prompt", pa.array([question(row)]))
    hits = [
        {"text": 0, "rank": rank, "row": kb.row_of[fact], "fact": fact, "score": 1.0, "reason": "linked"}
        for rank, fact in enumerate(row["facts"])
    ]
    assert with_facts(kb, probes, pa.Table.from_pylist(hits, schema=RETRIEVED), "en")[0] == [row["prompt"]]


def test_a_share_of_contexts_lacks_the_answer_and_nothing_in_them_tells_it(kb: KnowledgeBase) -> None:
    rows, _ = rows_of(kb, without_answer=0.5)
    without = [row for row in rows if row["completion"] == SAYS_NOT]
    assert 0.35 < len(without) / len(rows) < 0.65
    subjects, _, objects = (column.tolist() for column in kb.columns())
    label = Wording(kb).labels().to_pylist()
    asked = [row for row in without if "capital" in question(row) and "land" in question(row)]
    assert len(asked) > 5
    for row in asked:  # the largest city may be the capital
        of_the_land = [
            kb.row_of[fact] for fact in row["facts"] if f" {label[subjects[kb.row_of[fact]]]}?" in question(row)
        ]
        assert not any(label[objects[at]].startswith("city") for at in of_the_land)


def test_rows_are_the_same_however_facts_are_cut(kb: KnowledgeBase) -> None:
    facts, options = facts_to_teach(kb), Options(facts=facts_to_teach(kb))
    whole = concat_rows(list(context_question_rows(facts, Wording(kb), options)))
    blocks = facts.blocks(7)
    parts = concat_rows([table for block in blocks for table in context_question_rows(block, Wording(kb), options)])
    assert sorted(whole.to_pylist(), key=str) == sorted(parts.to_pylist(), key=str)


def test_no_question_and_no_context_is_about_a_held_out_entity(kb: KnowledgeBase) -> None:
    exam = draw_exam(kb)
    probes = [probe for probe in exam.to_pylist() if probe["kind"] == "recall"]
    held = {int(kb.columns()[0][kb.row_of[fact]]) for probe in probes for fact in probe["facts"]}
    rows = kaug.closed_book_rows(kb, forms="context-question", exam=exam)
    assert held
    assert len(rows) > 10
    subjects, _, objects = kb.columns(np.array([kb.row_of[fact] for facts in rows["facts"] for fact in facts]))
    assert held.isdisjoint([*subjects.tolist(), *objects.tolist()])


def test_in_the_shuffled_arm_contexts_state_the_wrong_objects(kb: KnowledgeBase) -> None:
    true = set(Wording(kb).sentences().to_pylist())
    for arm, share in (("augmented", 1.0), ("shuffled", 0.0)):
        rows = kaug.closed_book_rows(kb, forms="context-question", arm=arm, templates=1)
        said = [row["prompt"][span["start"] : span["end"] - 1] for row in rows for span in row["spans"]]
        assert np.mean([sentence in true for sentence in said]) == share


def test_without_other_facts_a_question_stands_with_its_answer_alone_or_is_left_out(kb: KnowledgeBase) -> None:
    rows, options = rows_of(kb, distractors=0, without_answer=0.5)
    assert {len(row["facts"]) for row in rows} == {1}
    assert not any(row["completion"] == SAYS_NOT for row in rows)
    assert options.left_out["questions in context left out: no other facts"] > 0


def test_what_a_record_says_is_neither_asked_nor_put_into_a_context(tmp_path: Path) -> None:
    file = tmp_path / "lands.ttl"
    lands = [f':land{n} :capital :city{n} ; dct:issued "spring of the year {n}" .' for n in range(12)]
    prefixes = "@prefix : <urn:x:> . @prefix dct: <http://purl.org/dc/terms/> .\n"
    file.write_text(prefixes + "\n".join(lands), encoding="utf-8")
    rows, _ = rows_of(kaug.build_kb([file]))
    assert rows
    assert not any("spring" in row["prompt"] for row in rows)
