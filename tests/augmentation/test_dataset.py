"""kaug as a data library: rows as datasets, with what was left out."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

import kaug
from kaug.arms import Arm
from kaug.errors import PipelineError
from kaug.exam.draw import draw_exam
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.retriever import RETRIEVED
from kaug.wording.wording import Wording


class Finder:
    """Finds one fact in the texts that name Peru; what a retriever is to `open_book_rows`."""

    def __init__(self, kb: KnowledgeBase, row: int) -> None:
        self.wording, self.row = Wording(kb), row

    def retrieve(self, texts: list[str], k: int, **_: object) -> pa.Table:
        assert isinstance(texts, list)
        fact = self.wording.kb.hex_ids[self.row].as_py()
        rows: list[dict[str, Any]] = [
            {"text": n, "rank": 1, "row": self.row, "fact": fact, "score": 1.0, "reason": "linked"}
            | {"start": text.index("Peru"), "end": text.index("Peru") + 4}
            for n, text in enumerate(texts)
            if "Peru" in text
        ]
        return pa.Table.from_pylist(rows, schema=RETRIEVED)


@pytest.fixture
def finder(toy_kb: KnowledgeBase, toy_fact: Callable[[str, str, str], str]) -> Any:
    return Finder(toy_kb, toy_kb.row_of[toy_fact("peru", "capital", "lima")])


def test_one_name_or_one_text_is_taken_as_one(toy_kb: KnowledgeBase, finder: Any) -> None:
    one = kaug.closed_book_rows(toy_kb, forms="statement", languages="en")
    assert one["completion"][:] == kaug.closed_book_rows(toy_kb, forms=["statement"], languages=["en"])["completion"][:]
    assert len(one) == 28
    assert kaug.open_book_rows("In Peru it rains.", finder, position="inline")["completion"][:] == [
        "In Peru (the capital of Peru is Lima) it rains."
    ]


def test_what_was_left_out_stands_in_the_datasets_description(toy_kb: KnowledgeBase, finder: Any) -> None:
    rows = kaug.closed_book_rows(toy_kb, forms="statement", languages=("en", "en"))
    assert "rows left out: duplicates: 28" in rows.info.description.split("\n")
    rows = kaug.open_book_rows(["Peru.", "Chile.", "Spain."], finder)
    assert len(rows) == 1
    assert "texts left out of before: no matching facts: 2" in rows.info.description.split("\n")


@pytest.mark.slow
def test_an_exam_keeps_its_entities_out_of_the_questions(toy_kb: KnowledgeBase) -> None:
    exam = draw_exam(toy_kb)
    everything, less = kaug.closed_book_rows(toy_kb), kaug.closed_book_rows(toy_kb, exam=exam)
    assert 0 < sum(task == "question-answering" for task in less["task"]) < 45
    assert sum(task == "question-answering" for task in everything["task"]) == 19 + 19 + 8
    mine = Arm("mine", "facts once", rows="repeated")
    assert len(kaug.closed_book_rows(toy_kb, arm=mine, exam=exam)) == 20


def test_wrong_arguments_are_refused_with_what_would_be_right(toy_kb: KnowledgeBase, finder: Any) -> None:
    for message, wrong in (
        (r"'poem' is not a form\. Known are", {"forms": ["poem"]}),
        (r"'wrong' is not an arm with rows of its own\. Known are", {"arm": "wrong"}),
        (r"names 'x', which is not a recipe\. Known are", {"arm": Arm("mine", "", rows="x")}),
        ("templates is 0; it must be at least 1", {"templates": 0}),
    ):
        with pytest.raises(PipelineError, match=message):
            kaug.closed_book_rows(toy_kb, **wrong)
    with pytest.raises(PipelineError, match=r"'befor' is not a position of facts\. Did you mean 'before'"):
        kaug.open_book_rows("a", finder, position="befor")
    with pytest.raises(PipelineError, match="There are 1 texts and 2 text_ids"):
        kaug.open_book_rows(["a"], finder, text_ids=["a", "b"])
