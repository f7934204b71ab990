import hashlib
import json
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.arms import ARMS
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.inject import text_rows
from kaug.augmentation.rows import concat_rows
from kaug.augmentation.shards import configs, count_rows, read_shards, splits_of, write_shards
from kaug.errors import ArtifactError, TableError
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.tables import EXAMPLES, PROBES


@pytest.fixture(scope="module")
def rows(toy_kb: KnowledgeBase) -> pa.Table:
    table, _ = arm_rows(toy_kb, ARMS["augmented"], PROBES.empty_table(), [], [], languages=("en", "zh"))
    return concat_rows([table, text_rows(["A text.", ""], ["a", "b"])])


@pytest.fixture(scope="module")
def many() -> pa.Table:
    """Rows of three batches, of other lengths."""
    texts = [f"{number} " * (number % 40) for number in range(2_345)]
    return text_rows(texts, [str(number) for number in range(len(texts))])


def digests(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_rows_come_back_by_kaug_and_by_datasets_in_both_ways(rows: pa.Table, tmp_path: Path) -> None:
    import datasets

    folder = tmp_path / "a"
    written = write_shards([("test", rows.slice(0, 3)), ("train", rows)], folder)
    assert [(name, split.rows, split.shards) for name, split in written.items()] == [
        ("train", rows.num_rows, 1),
        ("test", 3, 1),
    ]
    assert written["train"].counts == count_rows(rows)
    assert written["train"].languages == Counter(rows["language"].to_pylist())
    assert written["train"].bytes == (folder / "train" / "data-00000-of-00001.arrow").stat().st_size
    assert splits_of(folder) == ["train", "test"]
    assert read_shards(folder).to_pylist() == rows.to_pylist()
    data = datasets.load_from_disk(str(folder))
    assert {name: split.num_rows for name, split in data.items()} == {"train": rows.num_rows, "test": 3}
    assert data["train"][0] == rows.slice(0, 1).to_pylist()[0]
    assert data["train"].filter(lambda row: row["form"] == "path").num_rows == 8
    (folder / "README.md").write_text(f"---\nconfigs: {json.dumps(configs(written))}\n---\n", encoding="utf-8")
    again = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {name: split[:] for name, split in again.items()} == {name: split[:] for name, split in data.items()}


@given(st.lists(st.integers(0, 2_345), max_size=6))
def test_the_bytes_depend_on_the_rows_alone(
    many: pa.Table, tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    root, ends = tmp_path_factory.mktemp("cut"), sorted([0, *cuts, many.num_rows])
    parts = [("train", many.slice(start, end - start)) for start, end in pairwise(ends)]
    write_shards(parts, root / "parts", shard_size=150_000)
    write_shards([("train", many)], root / "whole", shard_size=150_000)
    assert digests(root / "parts") == digests(root / "whole")
    assert len(list((root / "whole" / "train").glob("*.arrow"))) == 3


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kaug.augmentation.inject import text_rows; "
        "from kaug.augmentation.shards import write_shards; "
        "write_shards([('train', text_rows(['one', 'two'], ['a', 'b']))], Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True, env={"PYTHONHASHSEED": "7"})
    write_shards([("train", text_rows(["one", "two"], ["a", "b"]))], tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_shards_are_as_large_as_they_may_be_and_in_order(many: pa.Table, tmp_path: Path) -> None:
    texts = pa.concat_tables([many] * 4)
    split = write_shards([("train", texts)], tmp_path, shard_size="300KB")["train"]
    sizes = [file.stat().st_size for file in sorted((tmp_path / "train").glob("*.arrow"))]
    assert len(sizes) == split.shards > 3
    assert sum(sizes) == split.bytes
    assert max(sizes) <= 300_000
    assert all(one + other > 300_000 for one, other in pairwise(sizes))
    assert read_shards(tmp_path)["id"].to_pylist() == texts["id"].to_pylist()


def test_rows_are_written_while_they_are_made(many: pa.Table, tmp_path: Path) -> None:
    on_disk = []

    def made():
        for _ in range(4):
            yield "train", many
            on_disk.append(sum(file.stat().st_size for file in (tmp_path / "train").glob("*.arrow")))

    write_shards(made(), tmp_path)
    assert 0 < on_disk[0] < on_disk[1] < on_disk[2] < on_disk[3]


def test_no_rows_are_a_dataset_as_well(tmp_path: Path) -> None:
    written = write_shards([], tmp_path)
    assert (list(written), written["train"].rows, written["train"].counts) == (["train"], 0, {})
    assert read_shards(tmp_path).equals(EXAMPLES.empty_table())


def test_another_table_and_another_split_are_refused(rows: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="lacks the column 'spans'"):
        write_shards([("train", rows.drop_columns(["spans"]))], tmp_path / "a")
    write_shards([("train", rows)], tmp_path / "b")
    with pytest.raises(ArtifactError, match=r"there is no split 'tarin'\. Did you mean 'train'\?"):
        read_shards(tmp_path / "b", "tarin")
    with pytest.raises(ArtifactError, match="there is no dataset of kaug here"):
        read_shards(tmp_path / "c")


def test_rows_are_counted_by_family_and_form(rows: pa.Table) -> None:
    counts = count_rows(rows)
    assert counts["rows closed-book statement"] == 28 + 8 + 12 * 5  # in English, in Chinese, in records
    assert counts["rows text text"] == 2
    assert list(counts) == sorted(counts)
