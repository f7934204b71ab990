import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import kaug
from kaug.arms import ARMS
from kaug.augmentation import exporters
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.exporters import EXPORTERS, write_rows
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows, make_rows
from kaug.errors import ArtifactError, PipelineError, SourceError
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


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def loaded(path: Path, cache: Path) -> list[dict[str, Any]]:
    import datasets

    kind = "parquet" if path.suffix == ".parquet" else "json"
    return list(datasets.load_dataset(kind, data_files=str(path), cache_dir=str(cache), split="train"))


TEXT = 'A "text"\nof two lines.'
QUESTION, FACT, RAIN = "What is the capital of Togo?", "The capital of Togo is Lomé.", "In Togo it rains."
PAIRS = [(QUESTION, "Lomé"), (FACT, RAIN), ("", TEXT)]
EXPECTED: dict[str, list[dict[str, Any]]] = {
    "trl": [
        {"prompt": f"Question: {QUESTION}\nAnswer:", "completion": " Lomé"},
        {"prompt": f"Question: {FACT}\nAnswer:", "completion": f" {RAIN}"},
        {"prompt": "", "completion": TEXT},
    ],
    "text": [
        {"text": f"Question: {QUESTION}\nAnswer: Lomé"},
        {"text": f"Question: {FACT}\nAnswer: {RAIN}"},
        {"text": TEXT},
    ],
    "chatml": [
        {"text": f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\nLomé<|im_end|>\n"},
        {"text": f"<|im_start|>user\n{FACT}<|im_end|>\n<|im_start|>assistant\n{RAIN}<|im_end|>\n"},
        {"text": f"<|im_start|>assistant\n{TEXT}<|im_end|>\n"},
    ],
    "alpaca": [{"instruction": prompt, "input": "", "output": completion} for prompt, completion in PAIRS],
    "messages": [
        {"messages": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "Lomé"}]},
        {"messages": [{"role": "user", "content": FACT}, {"role": "assistant", "content": RAIN}]},
        {"messages": [{"role": "assistant", "content": TEXT}]},
    ],
    "sharegpt": [
        {"conversations": [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": "Lomé"}]},
        {"conversations": [{"from": "human", "value": FACT}, {"from": "gpt", "value": RAIN}]},
        {"conversations": [{"from": "gpt", "value": TEXT}]},
    ],
}
SOURCE = {"id", "facts", "spans"}


def without_source(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in SOURCE} for row in rows]


@pytest.mark.parametrize("name", EXPECTED)
def test_rows_are_written_in_the_columns_of_other_trainers(rows: pa.Table, tmp_path: Path, name: str) -> None:
    import datasets

    assert write_rows(rows, tmp_path / "rows.jsonl", name) == 3
    written = lines(tmp_path / "rows.jsonl")
    assert without_source(written) == EXPECTED[name]
    assert [(row["id"], row["facts"]) for row in written] == [(r["id"], r["facts"]) for r in rows.to_pylist()]
    assert write_rows(rows, tmp_path / "rows.parquet", name) == 3
    for file in ("rows.jsonl", "rows.parquet"):
        assert loaded(tmp_path / file, tmp_path / "cache") == written
    assert write_rows(rows, tmp_path / "rows.jsonl.gz", name) == 3
    assert gzip.decompress((tmp_path / "rows.jsonl.gz").read_bytes()) == (tmp_path / "rows.jsonl").read_bytes()
    assert write_rows({"train": rows, "test": rows.slice(0, 1)}, tmp_path / "rows", name) == 4
    for data in (
        datasets.load_dataset(str(tmp_path / "rows"), cache_dir=str(tmp_path / "cache")),
        datasets.load_from_disk(str(tmp_path / "rows")),
    ):
        assert {split: list(part) for split, part in data.items()} == {"train": written, "test": written[:1]}


def spanned(row: dict[str, Any]) -> list[str]:
    """The text of each span, where the format has it."""
    chat = row.get("messages") or row.get("conversations") or ()
    places = row | {turn.get("role", turn.get("from")): turn.get("content", turn.get("value")) for turn in chat}
    return [places[span["field"]][span["start"] : span["end"]] for span in row["spans"]]


@pytest.mark.parametrize("name", EXPORTERS)
def test_spans_cut_the_same_text_in_every_format(toy_kb: KnowledgeBase, rows: pa.Table, name: str) -> None:
    table, _ = arm_rows(toy_kb, ARMS["augmented"], PROBES.empty_table(), [], [], languages=("en", "zh"))
    chosen = concat_rows([table, rows]).slice(3)
    cut = [spanned(row) for row in EXPORTERS[name].columns(chosen).to_pylist()]
    assert cut == [spanned(row) for row in chosen.to_pylist()]
    assert cut[-3:] == [["Lomé"], [FACT], []]


def test_a_folder_has_a_card_and_is_replaced_whole(rows: pa.Table, tmp_path: Path) -> None:
    card = (
        '---\nlicense: "mit"\nconfigs: [{"config_name": "exam"}]\n---\n\n# Rows\n\n## Columns\n\n| a |\n\n## Limits\n'
    )
    write_rows({"train": rows, "test": rows}, tmp_path / "rows", "alpaca", card)
    write_rows(rows, tmp_path / "rows", "alpaca", card)
    text = (tmp_path / "rows" / "README.md").read_text(encoding="utf-8")
    files = '[{"config_name": "default", "default": true, "data_files": [{"split": "train", "path": "train/data-*.arrow"}]}]'
    before, rest = text.split("## Columns\n\n")
    assert before == f'---\nlicense: "mit"\nconfigs: {files}\n---\n\n# Rows\n\n'
    assert rest.startswith(EXPORTERS["alpaca"].description)
    assert rest.endswith("counts in.\n\n## Limits\n")
    assert not (tmp_path / "rows" / "test").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    with pytest.raises(ArtifactError, match="was not made by kaug"):
        write_rows(rows, tmp_path / "mine")


def test_all_columns_are_the_default(rows: pa.Table, tmp_path: Path) -> None:
    import pyarrow.parquet

    write_rows(rows, tmp_path / "rows.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "rows.parquet").cast(EXAMPLES).equals(rows)
    write_rows(rows, tmp_path / "rows.jsonl")
    empty = [{name: "" if value is None else value for name, value in row.items()} for row in rows.to_pylist()]
    assert lines(tmp_path / "rows.jsonl") == empty == loaded(tmp_path / "rows.jsonl", tmp_path / "cache")


@pytest.mark.slow
def test_trl_trains_on_the_export_as_it_is(
    toy_kb: KnowledgeBase, tiny_model: Path, rows: pa.Table, tmp_path: Path
) -> None:
    import datasets
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    table, _ = arm_rows(toy_kb, ARMS["augmented"], PROBES.empty_table(), [], [])
    for name in ("trl", "messages", "text", "chatml"):
        chosen = concat_rows([table, rows])
        write_rows(chosen, tmp_path / name, name)
        model = AutoModelForCausalLM.from_pretrained(tiny_model)
        before = model.lm_head.weight.detach().clone()
        settings = SFTConfig(
            str(tmp_path / "out"),
            max_steps=2,
            per_device_train_batch_size=4,
            learning_rate=0.1,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
        )
        trainer = SFTTrainer(
            model,
            settings,
            train_dataset=datasets.load_dataset(str(tmp_path / name), cache_dir=str(tmp_path / "cache"), split="train"),
            processing_class=AutoTokenizer.from_pretrained(tiny_model),
        )
        assert len(trainer.train_dataset) == chosen.num_rows
        assert trainer.train().global_step == 2
        assert not torch.equal(model.lm_head.weight, before)
        if name == "trl":  # the loss falls on the completion alone
            first = next(iter(trainer.get_train_dataloader()))
            labels = [ids[ids != -100] for ids in first["labels"]]
            said = trainer.processing_class.batch_decode(labels, skip_special_tokens=True)
            assert set(said) <= {f" {text}" for text in chosen["completion"].to_pylist()} | set(
                chosen["completion"].to_pylist()
            )


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
    assert write_rows(chosen, tmp_path / "chosen.parquet", "trl") == len(chosen) < table.num_rows
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
    with pytest.raises(PipelineError, match=r"There is no format 'mesages'\. Did you mean 'messages'\?"):
        write_rows(rows, tmp_path / "rows.jsonl", "mesages")
    with pytest.raises(PipelineError, match=r"rows are written as \.parquet, \.jsonl or \.jsonl\.gz"):
        write_rows(rows, tmp_path / "rows.xlsx")
    with pytest.raises(PipelineError, match=r"a file holds one split; name one, or a folder for train, test\."):
        write_rows({"train": rows, "test": rows}, tmp_path / "rows.jsonl")
    with pytest.raises(SourceError, match="cannot be written"):
        write_rows(rows, tmp_path / "nowhere" / "rows.jsonl")
    assert list(tmp_path.iterdir()) == []
