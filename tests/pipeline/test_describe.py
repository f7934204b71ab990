"""What stands in a folder or a table is verified, and told as a person reads it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from kaug.errors import ArtifactError
from kaug.pipeline.describe import describe, machine, readable
from kaug.store.artifact import publish
from kaug.tables import ANSWERS, EXAMPLES, PROBES, write_table

FACT = "0123456789abcdef" * 2


def row(schema: pa.Schema, **values: object) -> pa.Table:
    """One row of a schema; what is not given is empty."""
    empty = {pa.string(): "", pa.int8(): 0, pa.int32(): 0, pa.int64(): 0, pa.float32(): 0.0}
    filled = {field.name: values.get(field.name, empty.get(field.type, [])) for field in schema}
    return pa.Table.from_pylist([filled], schema)


EXAMPLE = row(
    EXAMPLES,
    id="r1",
    family="closed-book",
    form="question",
    prompt="What is the capital of Togo?",
    completion="Lome",
    facts=[FACT],
    language="en",
)
PROBE = row(PROBES, id="p1", kind="recall", prompt="Name the capital of Togo.", answers=["Lome", "Lomé"], language="en")
ANSWER = row(
    ANSWERS,
    probe="p1",
    arm="augmented",
    seed=3,
    prompt="Facts:\nName the capital of Togo.",
    answer=" Accra\n",
    score=0.0,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder with three artifacts."""
    tables = {
        "3-exam": ("exam", PROBE),
        "4-shards/augmented": ("augmentation", EXAMPLE),
        "6-answers/x": ("answers", ANSWER),
    }
    for name, (stage, table) in tables.items():
        with publish(tmp_path / name, stage=stage, fingerprint="f") as draft:
            write_table(table, draft.path / "rows.arrow")
            draft.counts["rows"] = 12345
    return tmp_path


def test_rows_are_told_as_a_person_reads_them(run: Path) -> None:
    lines = list(readable(describe(run / "4-shards" / "augmented")))
    assert "stage: augmentation" in lines
    assert "  rows: 12,345" in lines
    assert lines[-3:] == [
        "rows.arrow: 1 rows",
        "  1. question · closed-book · en · facts 01234567",
        "     What is the capital of Togo? → Lome",
    ]
    assert list(readable(describe(run / "3-exam")))[-3:] == [
        "  1. recall · en · p1",
        "     Name the capital of Togo.",
        "     answers: Lome | Lomé",
    ]
    assert list(readable(describe(run / "6-answers" / "x" / "rows.arrow")))[-4:] == [
        "  1. wrong · augmented, seed 3 · p1",
        "     Facts:",
        "     Name the capital of Togo.",
        "     answer: Accra",
    ]


def test_long_texts_and_lists_are_cut(tmp_path: Path) -> None:
    table = pa.table(
        {"text": ["é" * 100_000], "list": [list(range(1_000_000))], "bytes": [b"\xff" * 16], "none": [None]}
    )
    write_table(table, tmp_path / "a.arrow")
    (shown,) = describe(tmp_path / "a.arrow")[str(tmp_path / "a.arrow")][1:]
    assert shown["text"] == "é" * 2_000 + "…"
    assert shown["list"] == [0, 1, 2, 3, 4, 5, 6, 7, "… 999,992 more"]
    assert (shown["bytes"], shown["none"]) == ("ff" * 16, None)
    assert len(describe(tmp_path / "a.arrow", rows=0)[str(tmp_path / "a.arrow")]) == 1


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("name", ["rows.arrow", "manifest.json"])
@pytest.mark.parametrize("damage", [flip, Path.unlink], ids=["altered", "missing"])
def test_of_a_damaged_run_the_file_is_named(run: Path, name: str, damage: Callable[[Path], None]) -> None:
    assert set(describe(run)) == {"3-exam", "4-shards/augmented", "6-answers/x"}
    folder = run / "4-shards" / "augmented"
    damage(folder / name)
    with pytest.raises(ArtifactError) as caught:
        describe(run)
    assert str(folder) in str(caught.value)
    assert name in str(caught.value)
    if (folder / "rows.arrow").exists() and damage is flip:
        with pytest.raises(ArtifactError, match=name):
            describe(folder / "rows.arrow")


FLIPS = """
import random, sys
from pathlib import Path
from kaug.errors import ArtifactError
from kaug.pipeline.describe import describe, readable

file, whole, moments = Path(sys.argv[1]), Path(sys.argv[1]).read_bytes(), random.Random(7)
refused = 0
for number in range(400):
    data = bytearray(whole)
    for _ in range(moments.randint(1, 8)):
        data[moments.randrange(len(data))] = moments.choice([0, 0xFF, 0x7F, moments.randrange(256)])
    if number % 10 == 0:
        del data[moments.randrange(len(data)):]
    file.write_bytes(data)
    try:
        list(readable(describe(file)))
    except ArtifactError as error:
        assert str(file) in str(error) and "\\n" not in str(error), error
        refused += 1
print("refused", refused > 40)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["examples", "dictionary", "stream"])
def test_a_damaged_table_is_refused_or_shown_and_crashes_nothing(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a.arrow"
    if name == "examples":
        write_table(pa.concat_tables([EXAMPLE] * 20), file)
    else:
        column = pa.array(["a", "bb", "ccc", None] * 20).dictionary_encode()
        lists = pa.array([[1, 2, None], [], None, [3]] * 20)
        table = pa.table({"name": column, "list": lists, "map": pa.array([{"x": "y"}] * 80)})
        with pa.OSFile(str(file), "wb") as sink:
            opened = pa.ipc.new_stream if name == "stream" else pa.ipc.new_file
            with opened(sink, table.schema) as writer:
                writer.write_table(table, max_chunksize=32)
    done = subprocess.run([sys.executable, "-c", FLIPS, str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused True\n"), done.stderr[-3000:]


def test_the_machine_is_told_with_or_without_an_accelerator() -> None:
    processor, cores, memory, accelerator = machine().rsplit(", ", 3)
    assert processor
    assert cores.endswith(" cores")
    assert memory.endswith(" GiB")
    assert accelerator
