import itertools
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.augmentation.inject import inject_facts, text_rows
from kaug.augmentation.openbook.positions import POSITIONS
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.knowledge.build import build_kb
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
        "With a saw (a saw is used to cut wood), in Peru (the capital of Peru is Lima; the currency of Peru is the sol)."
    )
    pieces = {row["facts"][of["fact"]]: row["completion"][of["start"] : of["end"]] for of in row["spans"]}
    assert pieces == {
        toy_fact(*SAW): " (a saw is used to cut wood)",
        toy_fact(*LIMA): " (the capital of Peru is Lima",
        toy_fact(*SOL): "; the currency of Peru is the sol)",
    }
    assert cut(row) == text


def test_texts_without_a_fact_are_left_out_and_counted(toy_kb, row_of) -> None:
    texts, ids = ["a Peru", "nothing", "b", "Peru"], ["w", "x", "y", "z"]
    found = hits(toy_kb, (0, row_of(LIMA), 2, 6), (2, row_of(SAW), None, None), (3, row_of(LIMA), 0, 4))
    rows, left = inject_facts(Wording(toy_kb), texts, ids, found, position=["before", "inline"])
    assert [(row["form"], row["text_id"]) for row in rows.to_pylist()] == [
        *(("inject-before", name) for name in "wyz"),
        *(("inject-inline", name) for name in "wz"),
    ]
    assert left == {
        "texts left out of before: no matching facts": 1,
        "texts left out of inline: no matching facts": 2,
    }


def test_no_texts_and_no_hits(toy_kb) -> None:
    for texts in ([], ["a", "b"]):
        rows, left = inject_facts(Wording(toy_kb), texts, [str(n) for n in range(len(texts))], hits(toy_kb))
        assert check_table(rows, "examples").num_rows == 0
        assert sum(left.values()) == len(texts)


LETTERS = st.characters(exclude_categories=["Cs"])
PIECES = st.one_of(
    st.text(LETTERS, max_size=5),
    st.sampled_from(["Peru", "saw", "a saw", ". ", " ", ", ", "\n", "`", "*", "(", ")", "[", "](", "-"]),
)


@st.composite
def found_in_texts(draw) -> tuple[list[str], list[tuple[int, int, int | None, int | None]]]:
    """Any texts, with facts found at any mentions: none, several, at one place, overlapping, in any order of ranks."""
    texts = draw(st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=4))
    found = []
    for number, text in enumerate(texts):
        for row in draw(st.lists(st.integers(0, 32), max_size=5)):
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, len(text)))
            named = text.find("Peru"), text.find("Peru") + 4
            found.append(
                (
                    number,
                    row,
                    *draw(st.sampled_from([(start, end), (None, None), named if named[0] >= 0 else (None, None)])),
                )
            )
    return texts, found


@pytest.fixture(scope="module")
def wording(toy_kb: KnowledgeBase) -> Wording:
    return Wording(toy_kb)


@pytest.mark.slow
@pytest.mark.parametrize("position", POSITIONS)
@given(found_in_texts())
def test_cutting_the_spans_restores_any_text(toy_kb: KnowledgeBase, wording: Wording, position: str, case) -> None:
    texts, found = case
    table = hits(toy_kb, *found)
    rows, left = inject_facts(wording, texts, [str(n) for n in range(len(texts))], table, position=position)
    without = sum(number for reason, number in left.items() if reason.startswith("texts left out of"))
    assert rows.num_rows == len(texts) - without
    for row in rows.to_pylist():
        assert cut(row) == texts[int(row["text_id"])]
        assert sorted(span["fact"] for span in row["spans"]) == list(range(len(row["facts"])))
        places = [(span["start"], span["end"]) for span in row["spans"]]
        assert places == sorted(places)  # they follow one another and do not overlap
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(places))
        if position != "context":  # which has others too
            shown = {
                fact
                for text, fact in zip(table["text"].to_pylist(), table["fact"].to_pylist(), strict=True)
                if str(text) == row["text_id"]
            }
            assert set(row["facts"]) <= shown


def test_after_tells_the_facts_behind_the_text(toy_kb, row_of, toy_fact) -> None:
    found = hits(toy_kb, (0, row_of(LIMA), 3, 7), (0, row_of(SOL), 3, 7))
    (row,) = inject_facts(Wording(toy_kb), ["In Peru it rains."], ["t"], found, position="after")[0].to_pylist()
    assert row["prompt"] == ""
    assert row["completion"] == "In Peru it rains.\nThe capital of Peru is Lima. The currency of Peru is the sol."


def test_a_context_has_the_facts_among_others_in_a_drawn_order(toy_kb, row_of, toy_fact) -> None:
    texts = [f"In Peru it rains {number} times." for number in range(12)]
    found = hits(toy_kb, *((number, row_of(LIMA), 3, 7) for number in range(12)))
    table, _ = inject_facts(Wording(toy_kb), texts, texts, found, position="context")
    places = set()
    for row, text in zip(table.to_pylist(), texts, strict=True):
        lines = row["prompt"].splitlines()
        assert [line.split(" ")[0] for line in lines] == [f"[{number}]" for number in range(1, len(lines) + 1)]
        assert 3 <= len(lines) == len(row["facts"]) <= 4
        assert row["completion"] == cut(row) == text
        place = row["facts"].index(toy_fact(*LIMA))
        assert lines[place] == f"[{place + 1}] {SENTENCE[LIMA]}"
        places.add(place)
    assert len(places) > 1
    again, _ = inject_facts(
        Wording(toy_kb),
        texts[5:],
        texts[5:],
        hits(toy_kb, *((n, row_of(LIMA), 3, 7) for n in range(7))),
        position="context",
    )
    assert again.to_pylist() == table.to_pylist()[5:]  # a draw depends on the text, not on those beside it


def test_facts_that_do_not_fit_are_left_out_and_counted(toy_kb, row_of) -> None:
    found = hits(toy_kb, (0, row_of(LIMA), 3, 7), (0, row_of(SOL), 3, 7))
    table, left = inject_facts(
        Wording(toy_kb), ["In Peru it rains."], ["t"], found, settings=OpenBookSettings(tokens=8)
    )
    assert table["prompt"].to_pylist() == ["The capital of Peru is Lima.\n"]
    assert left == {"facts left out of texts: more than the budget": 1}


def test_a_text_in_another_language_than_the_facts_gets_none(toy_kb, row_of) -> None:
    text = "In Peru scheint heute die Sonne, und die Leute gehen auf den Markt."
    table, left = inject_facts(Wording(toy_kb), [text], ["t"], hits(toy_kb, (0, row_of(LIMA), 3, 7)))
    assert table.num_rows == 0
    assert left["texts left out: in another language than the facts"] == 1


def test_brackets_are_few_and_stand_once_behind_a_name(toy_kb, row_of) -> None:
    text = "Peru is large. A saw is sharp. Peru is old."
    found = hits(toy_kb, (0, row_of(LIMA), 0, 4), (0, row_of(SAW), 17, 20), (0, row_of(SOL), 0, 4))
    table, _ = inject_facts(
        Wording(toy_kb), [text], ["t"], found, position="inline", settings=OpenBookSettings(brackets=1)
    )
    assert table["completion"].to_pylist() == [
        "Peru (the capital of Peru is Lima; the currency of Peru is the sol) is large. A saw is sharp. Peru is old."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "`Peru`, said the shell.",
        "See [Peru](a.md).",
        "On Lake Peru, it rains.",
        "A Peru-based firm.",
        "Peru Airlines flies.",
        "The University of Peru, founded.",
        "# Peru",
        "| Peru |",
        "(Peru)",
        "“Peru”",
        "write to me@Peru.org",
        "$Peru$.",
        "**Peru**.",
    ],
)
def test_no_bracket_stands_in_what_is_protected_or_in_another_name(toy_kb, row_of, text: str) -> None:
    start = text.index("Peru")
    found = hits(toy_kb, (0, row_of(LIMA), start, start + 4))
    assert inject_facts(Wording(toy_kb), [text], ["t"], found, position="inline")[0].num_rows == 0


@pytest.mark.parametrize("position", ["before", "inline"])
def test_spans_of_what_the_retriever_finds_restore_the_text(toy_kb: KnowledgeBase, position: str) -> None:
    from kaug.retrieval.linker import Linker

    text = "😀 A café in Reykjavík, 法国, and then in Peru; Lomé!"
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
        assert "Peru (the capital of Peru is Lima)" in row["completion"]


def test_a_fact_whose_ends_have_one_name_is_left_out_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text(
        """@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        :perth rdfs:label "Perth" ; :namedAfter :other ; :locatedIn :australia . :other rdfs:label "Perth" .
        :australia rdfs:label "Australia" .""",
        encoding="utf-8",
    )
    kb = build_kb([file])
    found = hits(kb, *((0, row, 3, 8) for row in range(2)))
    table, left = inject_facts(Wording(kb), ["In Perth it rains."], ["t"], found)
    assert [("Australia" in prompt, prompt.count("Perth")) for prompt in table["prompt"].to_pylist()] == [(True, 1)]
    assert left == {"facts left out of texts: both ends have the same name": 1}


def test_text_rows_hold_the_texts_as_they_are() -> None:
    texts = ["Ein Text.\n", "", "土耳其 😀"]
    rows = check_table(text_rows(texts, ["a", "b", "c"], language="de"), "examples").to_pylist()
    assert [(row["completion"], row["text_id"]) for row in rows] == list(zip(texts, "abc", strict=True))
    assert {(row["family"], row["task"], row["prompt"], row["language"]) for row in rows} == {
        ("text", "language-modelling", "", "de")
    }
    assert all(row["facts"] == row["spans"] == [] for row in rows)
    assert [row["id"] for row in rows] == text_rows(texts, ["x", "y", "z"])["id"].to_pylist()
