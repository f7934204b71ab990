import itertools
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.augmentation.inject import Position, inject_facts, text_rows
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.retriever import RETRIEVED
from kaug.tables import check_table
from kaug.wording.wording import Wording

Fact = Callable[[str, str, str], str]

LIMA, SOL, SAW = ("peru", "capital", "lima"), ("peru", "currency", "sol"), ("saw", "usedFor", "cut")
SENTENCE = {
    LIMA: "The capital of Peru is Lima.",
    SOL: "The currency of Peru is the sol.",
    SAW: "A saw is used to cut wood.",
}


def hits(kb: KnowledgeBase, *found: tuple[int, int, int | None, int | None]) -> pa.Table:
    """A table as retrieval gives it, of tuples (text, row, start, end)."""
    rank: dict[int, int] = {}
    rows = []
    for text, row, start, end in sorted(found, key=lambda hit: hit[0]):
        rank[text] = rank.get(text, 0) + 1
        rows.append(
            {
                "text": text,
                "rank": rank[text],
                "row": row,
                "fact": kb.hex_ids[row].as_py(),
                "score": 0.5,
                "reason": "similar" if start is None else "linked",
                "start": start,
                "end": end,
            }
        )
    return pa.Table.from_pylist(rows, schema=RETRIEVED)


def cut(row: dict) -> str:
    """What is left of a row when every span is cut out."""
    fields = {"prompt": row["prompt"], "completion": row["completion"]}
    for span in sorted(row["spans"], key=lambda span: -span["start"]):
        text = fields[span["field"]]
        fields[span["field"]] = text[: span["start"]] + text[span["end"] :]
    return fields["prompt"] + fields["completion"]


@pytest.fixture(scope="module")
def row_of(toy_kb: KnowledgeBase, toy_fact: Fact) -> Callable[[tuple[str, str, str]], int]:
    return lambda triple: toy_kb.row_of[toy_fact(*triple)]


def test_before_sets_the_sentences_into_the_prompt_in_the_order_of_the_ranks(toy_kb, row_of, toy_fact) -> None:
    text = "In Peru they saw."
    found = hits(toy_kb, (0, row_of(SAW), None, None), (0, row_of(LIMA), 3, 7))
    (row,) = inject_facts(Wording(toy_kb), [text], ["t1"], found, position="before")[0].to_pylist()
    assert row["prompt"] == "A saw is used to cut wood. The capital of Peru is Lima.\n"
    assert row["completion"] == text
    assert row["facts"] == [toy_fact(*SAW), toy_fact(*LIMA)]
    assert (row["family"], row["form"], row["task"]) == ("open-book", "inject-before", "language-modelling")
    assert row["text_id"] == "t1"


def test_inline_sets_each_fact_in_brackets_behind_its_mention(toy_kb, row_of, toy_fact) -> None:
    text = "With a saw, in Peru."
    found = hits(
        toy_kb,
        (0, row_of(LIMA), 15, 19),
        (0, row_of(SAW), 7, 10),
        (0, row_of(SOL), 15, 19),
        (0, row_of(("whale", "livesIn", "sea")), None, None),
    )
    (row,) = inject_facts(Wording(toy_kb), [text], ["t1"], found, position="inline")[0].to_pylist()
    assert row["prompt"] == ""
    assert row["completion"] == (
        "With a saw (A saw is used to cut wood), in Peru (The capital of Peru is Lima) (The currency of Peru is the sol)."
    )
    assert row["facts"] == [toy_fact(*LIMA), toy_fact(*SAW), toy_fact(*SOL)]
    pieces = {row["facts"][of["fact"]]: row["completion"][of["start"] : of["end"]] for of in row["spans"]}
    assert pieces == {toy_fact(*triple): f" ({SENTENCE[triple].removesuffix('.')})" for triple in (LIMA, SAW, SOL)}
    assert cut(row) == text


def test_texts_without_a_fact_are_left_out_and_counted(toy_kb, row_of) -> None:
    texts, ids = ["a Peru", "nothing", "b", "Peru"], ["w", "x", "y", "z"]
    found = hits(toy_kb, (0, row_of(LIMA), 2, 6), (2, row_of(SAW), None, None), (3, row_of(LIMA), 0, 4))
    before, left = inject_facts(Wording(toy_kb), texts, ids, found, position="before")
    assert before["text_id"].to_pylist() == ["w", "y", "z"]
    assert left == {"texts left out of before: no matching facts": 1}
    inline, left = inject_facts(Wording(toy_kb), texts, ids, found, position="inline")
    assert inline["text_id"].to_pylist() == ["w", "z"]
    assert left == {"texts left out of inline: no matching facts": 2}


def test_no_texts_and_no_hits(toy_kb) -> None:
    for texts in ([], ["a", "b"]):
        rows, left = inject_facts(Wording(toy_kb), texts, [str(n) for n in range(len(texts))], hits(toy_kb))
        assert check_table(rows, "examples").num_rows == 0
        assert sum(left.values()) == len(texts)


@st.composite
def found_in_texts(draw) -> tuple[list[str], list[tuple[int, int, int | None, int | None]]]:
    """Any texts, with facts found at any mentions: none, several, at one place, overlapping, in any order of ranks."""
    texts = draw(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
    found = []
    for number, text in enumerate(texts):
        for row in draw(st.lists(st.integers(0, 32), max_size=5)):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, len(text)))
            found.append((number, row, *draw(st.sampled_from([(start, end), (None, None)]))))
    return texts, found


@pytest.mark.slow
@pytest.mark.parametrize("position", ["before", "inline"])
@given(found_in_texts())
def test_cutting_the_spans_restores_any_text(toy_kb: KnowledgeBase, position: Position, case) -> None:
    texts, found = case
    table = hits(toy_kb, *found)
    rows, left = inject_facts(Wording(toy_kb), texts, [str(n) for n in range(len(texts))], table, position=position)
    wanted = {text for text, _, start, _ in found if position == "before" or start is not None}
    assert rows["text_id"].to_pylist() == [str(number) for number in sorted(wanted)]
    assert sum(left.values()) == len(texts) - len(wanted)
    for row in rows.to_pylist():
        number = int(row["text_id"])
        assert cut(row) == texts[number]
        assert row["facts"] == [
            fact
            for text, fact, start in zip(*(table[name].to_pylist() for name in ("text", "fact", "start")), strict=True)
            if text == number and (position == "before" or start is not None)
        ]
        assert sorted(span["fact"] for span in row["spans"]) == list(range(len(row["facts"])))
        places = [(span["start"], span["end"]) for span in row["spans"]]
        assert places == sorted(places)  # they follow one another and do not overlap
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(places))


@pytest.mark.parametrize("position", ["before", "inline"])
def test_spans_of_what_the_retriever_finds_restore_the_text(toy_kb: KnowledgeBase, position: Position) -> None:
    from kaug.retrieval.linker import Linker

    text = "😀 Café in Reykjavík — 法国 och Peru; kenya, Lomé!"
    mentions = Linker(toy_kb).link([text])
    by_subject = {term: row for row, term in reversed(list(enumerate(toy_kb.facts["subject"].to_pylist())))}
    found = [
        (0, by_subject[term], start, end)
        for term, start, end in zip(*(mentions[name].to_pylist() for name in ("term", "start", "end")), strict=True)
        if term in by_subject
    ]
    assert len(found) >= 2
    (row,) = inject_facts(Wording(toy_kb), [text], ["a"], hits(toy_kb, *found), position=position)[0].to_pylist()
    assert cut(row) == text
    if position == "inline":
        assert "Peru (The capital of Peru is Lima)" in row["completion"]


def test_text_rows_hold_the_texts_as_they_are() -> None:
    texts = ["Ein Text.\n", "", "土耳其 😀"]
    rows = check_table(text_rows(texts, ["a", "b", "c"], language="de"), "examples").to_pylist()
    assert [(row["completion"], row["text_id"]) for row in rows] == list(zip(texts, "abc", strict=True))
    assert {(row["family"], row["task"], row["prompt"], row["language"]) for row in rows} == {
        ("text", "language-modelling", "", "de")
    }
    assert all(row["facts"] == row["spans"] == [] for row in rows)
    assert [row["id"] for row in rows] == text_rows(texts, ["x", "y", "z"])["id"].to_pylist()
