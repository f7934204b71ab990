import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

import kaug
from kaug.arms import ARMS
from kaug.augmentation import exporters
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.exporters import EXPORTERS, write_rows
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows, make_rows
from kaug.errors import PipelineError, SourceError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import EXAMPLES, PROBES


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    """A closed-book question, an open-book text, and a text alone."""
    question = make_rows(
        family="closed-book",
        form="question",
        task="question-answering",
        prompts=pa.array(["What is the capital of Togo?"]),
        completions=pa.array(["Lomé"]),
        facts=[["ab"]],
        spans=[[(0, "completion", 0, 4)]],
    )
    before = make_rows(
        family="open-book",
        form="inject-before",
        task="language-modelling",
        prompts=pa.array(["The capital of Togo is Lomé."]),
        completions=pa.array(["In Togo it rains."]),
        facts=[["ab"]],
        spans=[[(0, "prompt", 0, 28)]],
        text_ids=["t"],
    )
    return concat_rows([question, before, text_rows(['A "text"\nof two lines.'], ["t"])])


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def loaded(path: Path, cache: Path) -> list[dict[str, object]]:
    import datasets

    kind = "parquet" if path.suffix == ".parquet" else "json"
    return list(datasets.load_dataset(kind, data_files=str(path), cache_dir=str(cache), split="train"))


TEXT = 'A "text"\nof two lines.'
EXPECTED = {
    "prompt-completion": [
        {"prompt": "Question: What is the capital of Togo?\nAnswer:", "completion": " Lomé"},
        {"prompt": "Question: The capital of Togo is Lomé.\nAnswer:", "completion": " In Togo it rains."},
        {"prompt": "", "completion": TEXT},
    ],
    "text": [
        {"text": "Question: What is the capital of Togo?\nAnswer: Lomé"},
        {"text": "Question: The capital of Togo is Lomé.\nAnswer: In Togo it rains."},
        {"text": TEXT},
    ],
    "messages": [
        {
            "messages": [
                {"role": "user", "content": "What is the capital of Togo?"},
                {"role": "assistant", "content": "Lomé"},
            ]
        },
        {
            "messages": [
                {"role": "user", "content": "The capital of Togo is Lomé."},
                {"role": "assistant", "content": "In Togo it rains."},
            ]
        },
        {"messages": [{"role": "assistant", "content": TEXT}]},
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_rows_are_written_in_the_columns_of_other_trainers(rows: pa.Table, tmp_path: Path, name: str) -> None:
    assert write_rows(rows, tmp_path / "rows.jsonl", name) == 3
    assert lines(tmp_path / "rows.jsonl") == EXPECTED[name]
    assert write_rows(rows, tmp_path / "rows.parquet", name) == 3
    for file in ("rows.jsonl", "rows.parquet"):
        assert loaded(tmp_path / file, tmp_path / "cache") == EXPECTED[name]
    assert write_rows(rows, tmp_path / "rows.jsonl.gz", name) == 3
    assert gzip.decompress((tmp_path / "rows.jsonl.gz").read_bytes()) == (tmp_path / "rows.jsonl").read_bytes()


def test_all_columns_are_the_default(rows: pa.Table, tmp_path: Path) -> None:
    import pyarrow.parquet

    write_rows(rows, tmp_path / "rows.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "rows.parquet").cast(EXAMPLES).equals(rows)
    write_rows(rows, tmp_path / "rows.jsonl")
    empty = [{name: "" if value is None else value for name, value in row.items()} for row in rows.to_pylist()]
    assert lines(tmp_path / "rows.jsonl") == empty == loaded(tmp_path / "rows.jsonl", tmp_path / "cache")


def test_many_rows_are_written_in_batches_and_a_selection_in_its_order(
    toy_kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    table, _ = arm_rows(toy_kb, ARMS["augmented"], PROBES.empty_table(), [], [])
    write_rows(table, tmp_path / "whole.jsonl", "text")
    monkeypatch.setattr(exporters, "BATCH", 7)
    assert write_rows(table, tmp_path / "batches.jsonl", "text") == table.num_rows > 7
    assert (tmp_path / "batches.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    chosen = datasets.Dataset(table).shuffle(seed=0).filter(lambda row: row["form"] == "question")
    assert write_rows(chosen, tmp_path / "chosen.parquet", "prompt-completion") == len(chosen) < table.num_rows
    completions = [row["completion"] for row in loaded(tmp_path / "chosen.parquet", tmp_path / "cache")]
    assert completions == [f" {text}" for text in chosen["completion"]]


@pytest.mark.parametrize("name", EXPORTERS)
def test_no_rows_are_a_file_with_columns(tmp_path: Path, name: str) -> None:
    import pyarrow.parquet

    assert write_rows(EXAMPLES.empty_table(), tmp_path / "rows.parquet", name) == 0
    assert pyarrow.parquet.read_table(tmp_path / "rows.parquet").num_columns >= 1
    assert write_rows(EXAMPLES.empty_table(), tmp_path / "rows.jsonl", name) == 0
    assert (tmp_path / "rows.jsonl").read_bytes() == b""


def test_a_function_can_be_given_and_a_failure_leaves_no_file(rows: pa.Table, tmp_path: Path) -> None:
    kaug.write_rows(rows, tmp_path / "ids.jsonl", lambda batch: batch.select(["id"]))
    assert [row["id"] for row in lines(tmp_path / "ids.jsonl")] == rows["id"].to_pylist()
    before = (tmp_path / "ids.jsonl").read_bytes()

    def failing(batch: pa.Table) -> pa.Table:
        if batch.num_rows:
            raise KeyError("no such column")
        return batch

    with pytest.raises(KeyError):
        write_rows(rows, tmp_path / "ids.jsonl", failing)
    assert (tmp_path / "ids.jsonl").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["ids.jsonl"]


def test_unknown_exporters_endings_and_folders_are_refused(rows: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"There is no exporter 'mesages'\. Did you mean 'messages'\?"):
        write_rows(rows, tmp_path / "rows.jsonl", "mesages")
    with pytest.raises(PipelineError, match=r"rows are written as \.parquet, \.jsonl or \.jsonl\.gz"):
        write_rows(rows, tmp_path / "rows.xlsx")
    with pytest.raises(SourceError, match="cannot be written"):
        write_rows(rows, tmp_path / "nowhere" / "rows.jsonl")
    assert list(tmp_path.iterdir()) == []
