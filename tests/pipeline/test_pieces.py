"""Pieces of an arm's rows: written whole, verified when read, and not made again after an interruption."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from kaug.augmentation.hygiene.left_out import LEFT_OUT
from kaug.pipeline.execute import Store, execute_here
from kaug.pipeline.make import shards
from kaug.pipeline.make.pieces import Written, find_piece, save_piece
from kaug.pipeline.project import project_of
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.stage import Inputs, closure
from kaug.pipeline.stages import list_stages, targets
from kaug.tables import EXAMPLES

TOML = """
question = "?"
[knowledge]
sources = ["facts.ttl"]
languages = ["en"]
[augmentation]
forms = { statement = 2, question = 1, passage = 1 }
arms = ["augmented"]
[training]
tokens = 1000
"""


def a_piece() -> Written:
    row = {name: None if field.nullable else "" for name, field in zip(EXAMPLES.names, EXAMPLES, strict=True)}
    rows = [row | {"completion": text, "facts": ["0" * 32], "spans": []} for text in ("Lomé is by the sea.", "多哥")]
    gone = pa.Table.from_pylist([{name: f"a {name}" for name in LEFT_OUT.names}], LEFT_OUT)
    return Written(pa.Table.from_pylist(rows, EXAMPLES), [gone], Counter(duplicates=2), Counter(statement=19))


def test_what_is_saved_is_found(tmp_path: Path) -> None:
    written = a_piece()
    save_piece(written, tmp_path / "rows-0.arrow")
    found = find_piece(tmp_path / "rows-0.arrow")
    assert found is not None
    assert found.rows.equals(written.rows)
    assert pa.concat_tables(found.left_out).equals(written.left_out[0])
    assert (found.counts, found.characters) == (written.counts, written.characters)
    assert [file.name for file in tmp_path.iterdir()] == ["rows-0.arrow"]


@pytest.mark.parametrize("harm", ["absent", "empty", "cut", "flipped", "longer"])
def test_what_is_not_whole_is_not_found(tmp_path: Path, harm: str) -> None:
    file = tmp_path / "rows-0.arrow"
    save_piece(a_piece(), file)
    data = bytearray(file.read_bytes())
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    file.write_bytes({"absent": b"", "empty": b"", "cut": data[:-9], "flipped": flipped, "longer": data + b"x"}[harm])
    if harm == "absent":
        file.unlink()
    assert find_piece(file) is None


def make_rows(folder: Path) -> str:
    """Write the rows of the arm `augmented` in small pieces; return their digest."""
    things = "".join(f":t{n} :capital :c{n} ; :river :r{n % 7} .\n" for n in range(100))
    (folder / "facts.ttl").write_text(f"@prefix : <urn:x:> .\n{things}")
    pipeline = Pipeline.parse(TOML.replace("facts.ttl", str(folder / "facts.ttl")))
    project = project_of(pipeline, folder / "build")
    stages = list_stages(project)
    for stage in stages:
        if stage.kind == "augmentation":
            object.__setattr__(stage.settings, "block", 20)
    made = Inputs()
    execute_here(closure(stages, targets(stages, "augment")), Store(project.out), made)
    return made["4-shards/augmented"].digest


def test_an_interrupted_arm_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    saved = list[str]()

    def save(written: Written, path: Path) -> None:
        if path.parent.is_relative_to(cut) and len(saved) == stop:
            raise KeyboardInterrupt
        saved.append(path.name)
        save_piece(written, path)

    monkeypatch.setattr(shards, "save_piece", save)
    stop = -1
    wanted = make_rows(whole)
    every, stop = list(saved), 2 * len(saved) // 3
    saved.clear()
    with pytest.raises(KeyboardInterrupt):
        make_rows(cut)
    assert saved == every[:stop]
    stop = -1
    assert make_rows(cut) == wanted
    assert saved == every, "no piece was written twice"
    assert any(name.startswith("measured") for name in every[:stop])
    assert not list(cut.rglob("*.arrow.draft"))
    assert not list((cut / "build" / "4-shards").glob(".*")), "nothing is left beside the rows"
