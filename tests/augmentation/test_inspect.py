"""Rows drawn from an arm, and what is told of each: planted rows about the toy knowledge base."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.augmentation.arms import arm_rows
from kaug.augmentation.inspect import Wanted, cut_at_spans, describe_rows, draw_rows
from kaug.augmentation.rows import make_rows
from kaug.augmentation.shards import read_shards, write_shards
from kaug.errors import PipelineError, SourceError, TableError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import EXAMPLES, PROBES

Fact = Callable[[str, str, str], str]


@pytest.fixture(scope="module")
def rows(toy_kb: KnowledgeBase) -> pa.Table:
    """All rows of the arm `augmented`: some hundred, of six forms."""
    return arm_rows(toy_kb, "augmented", PROBES.empty_table(), [], [])[0]


def row(form: str, prompt: str, completion: str, facts: list[str], spans: list[tuple[int, str, int, int]]) -> pa.Table:
    return make_rows(
        family="closed-book",
        form=form,
        task="language-modelling",
        prompts=pa.array([prompt]),
        completions=pa.array([completion]),
        facts=[facts],
        spans=[spans],
    )


def forms_of(rows: pa.Table) -> Counter[str]:
    return Counter(rows["form"].to_pylist())


def test_each_form_is_drawn_as_often_as_any_other(toy_kb: KnowledgeBase, rows: pa.Table) -> None:
    there = forms_of(rows)
    assert len(there) > 4
    assert forms_of(draw_rows(rows, toy_kb, len(there))) == dict.fromkeys(there, 1)
    rarest = min(there.values())
    assert forms_of(draw_rows(rows, toy_kb, rarest * len(there))) == dict.fromkeys(there, rarest)
    # A form that has no more rows leaves its turns to the others.
    drawn = forms_of(draw_rows(rows, toy_kb, (rarest + 1) * len(there) - 1))
    assert sum(drawn.values()) == (rarest + 1) * len(there) - 1
    assert min(drawn.values()) == rarest
    assert draw_rows(rows, toy_kb, 10**6).num_rows == rows.num_rows
    assert draw_rows(EXAMPLES.empty_table(), toy_kb, 5).num_rows == 0


@given(block=st.integers(1, 700), limit=st.integers(1, 40), seed=st.integers(0, 2**63), data=st.data())
def test_the_same_rows_are_drawn_in_any_order_and_any_blocks(
    toy_kb: KnowledgeBase, rows: pa.Table, block: int, limit: int, seed: int, data: st.DataObject
) -> None:
    shuffled = rows.take(data.draw(st.permutations(range(rows.num_rows))))
    once = draw_rows(rows, toy_kb, limit, seed=seed)
    again = draw_rows(shuffled, toy_kb, limit, seed=seed, block=block)
    assert sorted(once["id"].to_pylist()) == sorted(again["id"].to_pylist())


def test_another_seed_draws_other_rows_and_shards_the_same(
    toy_kb: KnowledgeBase, rows: pa.Table, tmp_path: Path
) -> None:
    first, second = (draw_rows(rows, toy_kb, 12, seed=seed)["id"].to_pylist() for seed in (0, 1))
    assert set(first) != set(second)
    write_shards([("train", rows)], tmp_path)
    assert draw_rows(read_shards(tmp_path), toy_kb, 12)["id"].to_pylist() == first


def test_filters_keep_the_rows_that_state_such_a_fact(toy_kb: KnowledgeBase, rows: pa.Table, toy_fact: Fact) -> None:
    def wanted(**wanted: str) -> set[str]:
        """The ids of the rows that are wanted."""
        return set(draw_rows(rows, toy_kb, 10**6, wanted=Wanted(**wanted))["id"].to_pylist())

    def stating(*facts: str) -> set[str]:
        return {row["id"] for row in told if set(facts) & set(row["facts"])}

    told = rows.to_pylist()
    capital, currency = toy_fact("togo", "capital", "lome"), toy_fact("togo", "currency", "franc")
    assert len(stating(capital)) > 4
    assert wanted(entity="Togo") == wanted(entity="urn:toy:togo") == wanted(entity="togo") == stating(capital, currency)
    assert wanted(entity="Togo", predicate="Capital") == wanted(entity="<urn:toy:lome>") == stating(capital)
    tools = {"hammer": "drive", "saw": "cut", "knife": "slice"}
    used = [toy_fact(tool, "usedFor", use) for tool, use in tools.items()]
    assert wanted(source="everyday") == wanted(predicate="urn:toy:usedFor") == stating(*used)
    assert wanted(source="everyday", entity="a hammer", form="question") == stating(used[0]) & {
        row["id"] for row in told if row["form"] == "question"
    }
    assert wanted(text="CAPITAL of TOGO") == {
        row["id"] for row in told if "capital of togo" in f"{row['prompt']}\n{row['completion']}".lower()
    }
    # It is one fact that has the entity and the predicate, not two of a row.
    assert wanted(entity="Lomé", predicate="currency") == set()
    assert any({capital, currency} <= set(row["facts"]) for row in told)


def test_a_name_that_nothing_has_is_told(toy_kb: KnowledgeBase, rows: pa.Table) -> None:
    with pytest.raises(PipelineError, match=r"no rows of the form 'questions'\. Did you mean 'question'"):
        draw_rows(rows, toy_kb, 1, wanted=Wanted(form="questions"))
    with pytest.raises(SourceError, match=r"no source 'worlds'\. Did you mean 'world'"):
        draw_rows(rows, toy_kb, 1, wanted=Wanted(source="worlds"))
    with pytest.raises(SourceError, match="No fact has subject or object 'Atlantis'"):
        draw_rows(rows, toy_kb, 1, wanted=Wanted(entity="Atlantis"))
    with pytest.raises(SourceError, match="No fact has predicate 'Togo'"):
        draw_rows(rows, toy_kb, 1, wanted=Wanted(predicate="Togo"))


def test_a_row_is_told_with_the_path_of_its_facts(toy_kb: KnowledgeBase, toy_fact: Fact) -> None:
    facts = [toy_fact("togo", "capital", "lome"), toy_fact("hammer", "usedFor", "drive")]
    first, second = "Togo has Lomé as its capital", "to drive nails, you use a hammer"
    text = f"{first}; {second}, and that is all."
    start = len(first) + 2
    spans = [(0, "completion", 0, len(first)), (1, "completion", start, start + len(second))]
    (told,) = describe_rows(row("pair", "Say:", text, facts, spans), toy_kb, "augmented")
    assert (told["arm"], told["form"], told["prompt"], told["completion"]) == ("augmented", "pair", "Say:", text)
    assert told["facts"] == [
        {
            "id": facts[0],
            "sentence": "The capital of Togo is Lomé.",
            "triple": ["<urn:toy:togo>", "<urn:toy:capital>", "<urn:toy:lome>"],
            "names": ["Togo", "capital", "Lomé"],
            "sources": [
                {"id": "world", "file": "world.ttl", "licence": "CC0-1.0", "origin": "https://toy.example/world"}
            ],
            "rule": None,
            "templates": ["{s} has {o} as its capital."],
        },
        {
            "id": facts[1],
            "sentence": "A hammer is used to drive nails.",
            "triple": ["<urn:toy:hammer>", "<urn:toy:usedFor>", "<urn:toy:drive>"],
            "names": ["hammer", "used for", "drive nails"],
            "sources": [
                {
                    "id": "everyday",
                    "file": "everyday.ttl",
                    "licence": "CC-BY-4.0",
                    "origin": "https://toy.example/things",
                }
            ],
            "rule": None,
            "templates": ["To {o}, you use {s}."],
        },
    ]


def test_every_sentence_and_question_names_its_template(toy_kb: KnowledgeBase, rows: pa.Table) -> None:
    told = describe_rows(rows, toy_kb)
    assert [one["id"] for one in told] == rows["id"].to_pylist()
    seen = set()
    for one in told:
        # A question for all of several answers is a template put into the plural.
        if one["form"] in {"statement", "reversed", "question", "inverse-question"} and len(one["facts"]) == 1:
            (template,) = one["facts"][0]["templates"]
            seen.add(template)
            text = (one["prompt"] or one["completion"]).lower()
            assert all(part.lower() in text for part in template.replace("{o}", "{s}").split("{s}"))
    assert {"{o} is the capital of {s}.", "Which country pays in {o}?", "What is {s} used for?"} <= seen


def test_of_a_control_the_facts_are_the_true_ones(toy_kb: KnowledgeBase) -> None:
    rows, _ = arm_rows(toy_kb, "shuffled", PROBES.empty_table(), [], [])
    told = describe_rows(draw_rows(rows, toy_kb, 8, wanted=Wanted(form="statement", predicate="capital")), toy_kb)
    assert len(told) == 8
    for one in told:
        (fact,) = one["facts"]
        assert fact["names"][0] in one["completion"]
        assert fact["names"][2] not in one["completion"]
        assert fact["templates"] == []


def test_a_row_of_another_knowledge_base_is_refused(toy_kb: KnowledgeBase) -> None:
    with pytest.raises(TableError, match=r"'abc' of a row is not in this knowledge base\. Write the rows again"):
        describe_rows(row("question", "Who?", "I.", ["abc"], []), toy_kb)


SPANS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 30), st.integers(0, 30)).map(
        lambda n: {"fact": n[0], "start": min(n[1:]), "end": max(n[1:])}
    )
)


@given(text=st.text(max_size=30), spans=SPANS)
def test_pieces_join_to_the_text_and_name_the_facts_of_every_character(text: str, spans: list[dict[str, int]]) -> None:
    pieces = list(cut_at_spans(text, spans))
    assert "".join(piece for piece, _ in pieces) == text
    named = [set(facts) for piece, facts in pieces for _ in piece]
    assert named == [
        {span["fact"] for span in spans if span["start"] <= place < span["end"]} for place in range(len(text))
    ]


def test_a_long_text_is_cut() -> None:
    assert list(cut_at_spans("abcdef", [{"fact": 0, "start": 2, "end": 6}], 4)) == [("ab", ()), ("cd", (0,)), ("…", ())]
    assert list(cut_at_spans("", [])) == []
