"""Rows with planted faults: licences, personal data, profanity, special tokens."""

from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.augmentation.forms.question import question_rows
from kaug.augmentation.forms.statement import statement_rows
from kaug.augmentation.hygiene.left_out import LEFT_OUT, count_left_out
from kaug.augmentation.hygiene.rows import break_rows, clean_rows
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import Options, concat_rows, facts_to_teach, make_rows, row_ids
from kaug.knowledge.build import build_kb
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.rdf.sources import Source
from kaug.tables import check_table
from kaug.wording.wording import Wording
from kaug.words.clean import break_control, control_pattern

PREFIX = "@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"


def rows_of(kb: KnowledgeBase) -> pa.Table:
    wording, facts = Wording(kb), facts_to_teach(kb)
    tables = [statement_rows(facts, wording, Options()), *question_rows(facts, wording, Options())]
    return concat_rows([*tables, text_rows(["A text of mine."], ["mine"])])


def said(table: pa.Table) -> set[str]:
    return {f"{row['prompt']} {row['completion']}".strip() for row in table.to_pylist()}


@pytest.fixture(scope="module")
def two_sources(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """Ada knows Bo by a free source, Bo knows Cy by one that is not, Cy knows Dot by both; what is inferred rests on both."""
    folder = tmp_path_factory.mktemp("sources")
    facts = {
        "free": ":ada :knows :bo . :cy :knows :dot . :eve :admires :fay .",
        "closed": ":bo :knows :cy . :cy :knows :dot . :admires rdfs:subPropertyOf :likes .",
    }
    for name, turtle in facts.items():
        (folder / f"{name}.ttl").write_text(PREFIX + turtle)
    licences = {"free": "CC0-1.0 OR MIT", "closed": "CC-BY-NC-4.0"}
    sources = [Source(name, folder / f"{name}.ttl", "domain", licence, "", "") for name, licence in licences.items()]
    return build_kb(sources, inference="rdfs")


def test_rows_rest_on_sources_of_the_named_licences(two_sources: KnowledgeBase) -> None:
    rows = rows_of(two_sources)
    kept, left_out = clean_rows(rows, two_sources, HygieneSettings(licences=["cc0-1.0"]))
    texts = said(kept)
    assert {"Ada knows bo.", "Cy knows dot.", "Eve admires fay.", "A text of mine."} <= texts
    assert not any("Bo knows cy" in text or "likes" in text for text in texts)
    assert any("Bo knows cy" in text for text in said(rows))
    assert any("Eve likes fay" in text for text in said(rows))
    assert left_out.schema == LEFT_OUT
    assert set(left_out["reason"].to_pylist()) == {"another licence"}
    assert set(left_out["detail"].to_pylist()) == {"closed: CC-BY-NC-4.0", "closed: CC-BY-NC-4.0; free: CC0-1.0 OR MIT"}
    assert count_left_out(left_out) == {"rows left out: another licence": rows.num_rows - kept.num_rows}
    both = HygieneSettings(licences=["cc-by-nc-4.0", "mit"])
    assert clean_rows(rows, two_sources, both)[0].equals(rows)
    assert clean_rows(rows, two_sources)[0].equals(rows)


def test_rows_with_personal_data_or_profanity_go_if_the_settings_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(
        PREFIX + ':ada :email "ada@example.org" ; :knows :bo . :bo :motto "Fuck it." ; :knows :cy .', encoding="utf-8"
    )
    kb = build_kb([tmp_path / "a.ttl"])
    rows = rows_of(kb)
    assert any("ada@example.org" in text for text in said(rows))
    assert clean_rows(rows, kb)[0].equals(rows)
    kept, left_out = clean_rows(rows, kb, HygieneSettings(personal_data_in_rows="drop", profanity="en", max_words=1))
    assert not any("@" in text or "Fuck" in text for text in said(kept))
    assert {"Ada knows bo.", "Bo knows cy.", "A text of mine."} <= said(kept)
    found = set(zip(*(left_out[name].to_pylist() for name in ("filter", "detail")), strict=True))
    assert found == {("personal data", "e-mail address"), ("profanity", "Fuck")}
    assert not any("@" in excerpt for excerpt in left_out["excerpt"].to_pylist())
    assert kept.num_rows + left_out.num_rows == rows.num_rows


def test_the_spans_of_a_row_move_with_the_special_tokens_that_are_broken_up(toy_kb: KnowledgeBase) -> None:
    row = make_rows(
        family="closed-book",
        form="question",
        task="question-answering",
        prompts=pa.array(["Who is </s>?", "Who is Bo?"]),
        completions=pa.array(["~~ Ada <s> ~~, Bo", "Cy"]),
        facts=[["f", "g"], ["h"]],
        spans=[[(0, "completion", 0, 13), (1, "completion", 15, 17), (0, "prompt", 7, 11)], [(0, "completion", 0, 2)]],
    )
    for table in (row, pa.concat_tables([row.slice(1), row.slice(0, 1)]).slice(1)):
        broken = break_rows(table, control_pattern(["~~"]))
        first, *others = check_table(broken, "examples").to_pylist()
        assert (first["prompt"], first["completion"]) == ("Who is < /s>?", "~ ~ Ada < s> ~ ~, Bo")
        cut = [first[span["field"]][span["start"] : span["end"]] for span in first["spans"]]
        assert cut == ["~ ~ Ada < s> ~ ~", "Bo", "< /s>"]
        assert others == table.to_pylist()[1:]
        assert broken["id"].to_pylist()[0] != table["id"].to_pylist()[0]
        ids = row_ids(*(broken[name].combine_chunks() for name in ("form", "prompt", "completion", "facts")))
        assert broken["id"].to_pylist() == ids.to_pylist()


@given(st.lists(st.lists(st.sampled_from(["</s>", "<s>", "a", " ", "<", "/s>"]), min_size=1, max_size=4), max_size=5))
def test_spans_cut_the_same_pieces_before_and_after(pieces: list[list[str]]) -> None:
    texts = ["".join(parts) for parts in pieces]
    ends = [[sum(map(len, parts[:end])) for end in range(len(parts) + 1)] for parts in pieces]
    spans = [[(number, "completion", start, end) for number, (start, end) in enumerate(pairwise(own))] for own in ends]
    row = make_rows(
        family="closed-book",
        form="statement",
        task="language-modelling",
        prompts=None,
        completions=pa.array(texts, pa.string()),
        facts=[["f"] * len(own) for own in spans],
        spans=spans,
    )
    broken = break_rows(row, control_pattern())
    assert broken["completion"].to_pylist() == [break_control(text) for text in texts]
    for parts, example in zip(pieces, broken.to_pylist(), strict=True):
        cut = [example["completion"][span["start"] : span["end"]].replace(" ", "") for span in example["spans"]]
        assert cut == [part.replace(" ", "") for part in parts]
