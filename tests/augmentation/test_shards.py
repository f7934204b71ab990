import hashlib
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows
from kaug.augmentation.shards import count_rows, dataset_card, read_shards, write_shards
from kaug.errors import TableError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import PROBES


@pytest.fixture(scope="module")
def rows(toy_kb: KnowledgeBase) -> pa.Table:
    table, _ = arm_rows(toy_kb, ARMS["augmented"], PROBES.empty_table(), [], [], languages=("en", "zh"))
    return concat_rows([table, text_rows(["A text.", ""], ["a", "b"])])


def digests(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_rows_come_back_by_kaug_and_by_datasets_alone(rows: pa.Table, tmp_path: Path) -> None:
    import datasets

    counts = write_shards(rows, tmp_path / "a", card="# card\n")
    assert sum(counts.values()) == rows.num_rows
    assert read_shards(tmp_path / "a").to_pylist() == rows.to_pylist()
    data = datasets.load_from_disk(str(tmp_path / "a"))
    assert data.num_rows == rows.num_rows
    assert data[0] == rows.slice(0, 1).to_pylist()[0]
    assert data.filter(lambda row: row["form"] == "path").num_rows == 8
    assert (tmp_path / "a" / "README.md").read_text(encoding="utf-8") == "# card\n"


def test_two_writes_are_equal_byte_for_byte(rows: pa.Table, tmp_path: Path) -> None:
    for name in ("a", "b/c"):
        write_shards(rows, tmp_path / name, card="# card\n")
    # The same rows, in other chunks.
    write_shards(pa.concat_tables([rows.slice(0, 7), rows.slice(7)]), tmp_path / "d", card="# card\n")
    assert digests(tmp_path / "a") == digests(tmp_path / "b/c") == digests(tmp_path / "d")
    assert {"README.md", "dataset_info.json", "state.json"} < set(digests(tmp_path / "a"))


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kaug.augmentation.inject import text_rows; "
        "from kaug.augmentation.shards import write_shards; "
        "write_shards(text_rows(['one', 'two'], ['a', 'b']), Path(sys.argv[1]), card='c')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True, env={"PYTHONHASHSEED": "7"})
    write_shards(text_rows(["one", "two"], ["a", "b"]), tmp_path / "b", card="c")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_many_rows_are_cut_into_shards_in_order(rows: pa.Table, tmp_path: Path) -> None:
    write_shards(rows, tmp_path, card="", rows_per_shard=50)
    assert len(list(tmp_path.glob("*.arrow"))) == -(-rows.num_rows // 50)
    assert read_shards(tmp_path)["id"].to_pylist() == rows["id"].to_pylist()


def test_no_rows_are_a_dataset_as_well(tmp_path: Path) -> None:
    assert write_shards(concat_rows([]), tmp_path, card="nothing") == {}
    assert read_shards(tmp_path).num_rows == 0


def test_another_table_is_refused(rows: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="lacks the column 'spans'"):
        write_shards(rows.drop_columns(["spans"]), tmp_path, card="")


def test_rows_are_counted_by_family_and_form(rows: pa.Table) -> None:
    counts = count_rows(rows)
    assert counts["rows closed-book statement"] == 28 + 8 + 12 * 5  # in English, in Chinese, in records
    assert counts["rows text text"] == 2
    assert list(counts) == sorted(counts)


def test_the_card_names_rows_sources_and_licences(toy_kb: KnowledgeBase, rows: pa.Table) -> None:
    card = dataset_card("augmented", rows, toy_kb.origins)
    assert "| closed-book path | 8 |" in card
    assert "| world | CC0-1.0 | https://toy.example/world | The toy makers |" in card
    assert "| everyday | CC-BY-4.0 | https://toy.example/things | Us |" in card


def test_the_card_has_front_matter_that_the_hub_reads(toy_kb: KnowledgeBase, rows: pa.Table) -> None:
    from huggingface_hub import DatasetCard

    card = DatasetCard(dataset_card('a: "b"', rows, toy_kb.origins))
    assert card.data.pretty_name == 'kaug: a: "b"'
    assert (card.data.language, card.data.license) == (["en", "zh"], ["cc-by-4.0", "cc0-1.0"])
    assert card.data.size_categories == ["n<1K"]
    assert card.data.task_categories == ["text-generation", "question-answering"]


def test_the_files_on_the_hub_are_read_by_the_card(toy_kb: KnowledgeBase, rows: pa.Table, tmp_path: Path) -> None:
    import datasets

    write_shards(rows, tmp_path / "a", card=dataset_card("augmented", rows, toy_kb.origins), rows_per_shard=50)
    (tmp_path / "a" / "state.json").unlink()  # which load_dataset refuses in a folder, not on the hub
    data = datasets.load_dataset(str(tmp_path / "a"), cache_dir=str(tmp_path / "cache"), split="train")
    assert data["id"][:] == rows["id"].to_pylist()


def test_what_others_wrote_is_shown_in_the_card_and_means_nothing(rows: pa.Table) -> None:
    from huggingface_hub import DatasetCard

    hostile = {
        "licence": "---\n# Pwned",
        "origin": "<script>alert(1)</script>",
        "attribution": "<b> [x](javascript:y) | z\u202e",
    }
    card = dataset_card("# Why?\n---\nlicense: mit", rows, {"a": hostile})
    assert DatasetCard(card).data.license == "other"
    assert sum(line.startswith("#") for line in card.split("\n")) == 1
    assert "<script" not in card
    assert "<b>" not in card
    assert "\u202e" not in card
    assert "\\[x\\](javascript:y) \\| z" in card
