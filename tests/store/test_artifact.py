import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaug.errors import ArtifactError, KaugError
from kaug.store import artifact
from kaug.store.artifact import Artifact, load, lock, promised_fingerprint, publish, sweep
from kaug.store.digests import fingerprint


def make(path: Path, text: str = "one\ntwo\n", mark: str = "f") -> Artifact:
    with publish(path, stage="notes", fingerprint=mark, inputs={"0-before": "d1"}) as draft:
        (draft.path / "a.txt").write_text(text, encoding="utf-8")
        (draft.path / "deep").mkdir()
        (draft.path / "deep" / "b.bin").write_bytes(bytes(range(256)))
        draft.counts["lines"] = 2
        draft.details["why"] = "a test"
    return load(path, stage="notes")


def test_an_artifact_holds_what_was_put_in_and_says_so(tmp_path: Path) -> None:
    made = make(tmp_path / "1-notes")
    manifest = json.loads((tmp_path / "1-notes" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"] == {
        "a.txt": {"sha256": hashlib.sha256(b"one\ntwo\n").hexdigest(), "bytes": 8},
        "deep/b.bin": {"sha256": hashlib.sha256(bytes(range(256))).hexdigest(), "bytes": 256},
    }
    assert (made.stage, made.fingerprint, made.counts, made.inputs, made.details) == (
        "notes",
        "f",
        {"lines": 2},
        {"0-before": "d1"},
        {"why": "a test"},
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-notes"]


def test_the_folder_is_absent_until_the_manifest_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, seen = tmp_path / "1-notes", []
    real = artifact.write_whole

    def spy(path: Path, text: str) -> None:
        seen.append((path.name, place.exists(), sorted(file.name for file in path.parent.iterdir())))
        real(path, text)

    monkeypatch.setattr(artifact, "write_whole", spy)
    make(place)
    assert seen == [("manifest.json", False, ["a.txt", "deep"])]


class BrokenError(Exception):
    pass


@pytest.mark.parametrize("error", [BrokenError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing_new_and_keeps_the_old(tmp_path: Path, error: type[BaseException]) -> None:
    place = tmp_path / "1-notes"
    old = make(place)

    def fail(path: Path) -> None:
        with publish(path, stage="notes", fingerprint="g") as draft:
            (draft.path / "a.txt").write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail(place)
    with pytest.raises(error):
        fail(tmp_path / "2-notes")
    assert load(place, stage="notes") == old
    assert [path.name for path in tmp_path.iterdir()] == ["1-notes"]


def test_a_new_artifact_takes_the_place_of_the_old_whole(tmp_path: Path) -> None:
    make(tmp_path / "1-notes")
    with publish(tmp_path / "1-notes", stage="notes", fingerprint="g") as draft:
        (draft.path / "only.txt").write_text("new", encoding="utf-8")
    assert sorted(file.name for file in (tmp_path / "1-notes").iterdir()) == ["manifest.json", "only.txt"]
    assert load(tmp_path / "1-notes").fingerprint == "g"


def flip_a_bit(folder: Path) -> Path:
    file = folder / "deep" / "b.bin"
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    return file


def cut_the_tail(folder: Path) -> Path:
    file = folder / "a.txt"
    os.truncate(file, 7)
    return file


def take_a_file(folder: Path) -> Path:
    (folder / "a.txt").unlink()
    return folder / "a.txt"


def edit_the_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    change(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")
    return file


def edit_the_digest(folder: Path) -> Path:
    return edit_the_manifest(folder, lambda manifest: manifest.update(digest="0" * 32))


def edit_a_sum(folder: Path) -> Path:
    return edit_the_manifest(folder, lambda manifest: manifest["files"]["a.txt"].update(sha256="0" * 64))


def drop_a_file_from_the_manifest(folder: Path) -> Path:
    return edit_the_manifest(folder, lambda manifest: manifest["files"].pop("a.txt"))


def drop_a_key(folder: Path) -> Path:
    return edit_the_manifest(folder, lambda manifest: manifest.pop("stage"))


def cut_the_manifest(folder: Path) -> Path:
    os.truncate(folder / "manifest.json", 40)
    return folder / "manifest.json"


def write_another_format(folder: Path) -> Path:
    return edit_the_manifest(folder, lambda manifest: manifest.update(format=99))


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_bit,
        cut_the_tail,
        take_a_file,
        edit_the_digest,
        edit_a_sum,
        drop_a_file_from_the_manifest,
        drop_a_key,
        cut_the_manifest,
        write_another_format,
    ],
)
def test_altered_files_are_refused_by_name(tmp_path: Path, damage: Callable[[Path], Path]) -> None:
    make(tmp_path / "1-notes")
    file = damage(tmp_path / "1-notes")
    with pytest.raises(ArtifactError) as caught:
        load(tmp_path / "1-notes")
    assert str(file) in str(caught.value)
    assert caught.value.exit_code == 4
    assert isinstance(caught.value, KaugError)
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("damage", [edit_the_digest, edit_a_sum, drop_a_key, cut_the_manifest, write_another_format])
def test_a_damaged_manifest_is_told_and_not_taken_for_an_absent_one(
    tmp_path: Path, damage: Callable[[Path], Path]
) -> None:
    make(tmp_path / "1-notes")
    assert promised_fingerprint(tmp_path / "1-notes") == "f"
    file = damage(tmp_path / "1-notes")
    with pytest.raises(ArtifactError, match=rf"{file}: .*--rebuild"):
        promised_fingerprint(tmp_path / "1-notes")


def test_a_manifest_that_is_absent_or_of_another_format_promises_nothing(tmp_path: Path) -> None:
    assert promised_fingerprint(tmp_path / "1-notes") is None
    (tmp_path / "file").touch()
    assert promised_fingerprint(tmp_path / "file") is None
    (tmp_path / "1-notes").mkdir()
    (tmp_path / "1-notes" / "manifest.json").write_text('{"format": 1, "stage": "notes"}', encoding="utf-8")
    assert promised_fingerprint(tmp_path / "1-notes") is None


@pytest.mark.parametrize("text", ["[" * 100_000, "{}", "[]", '{"format": 2}', "\ud800", "1" * 5_000])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    make(tmp_path / "1-notes")
    file = tmp_path / "1-notes" / "manifest.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    for read in (load, promised_fingerprint):
        with pytest.raises(ArtifactError, match=str(file)):
            read(tmp_path / "1-notes")


def test_another_stage_and_an_absent_artifact_are_refused(tmp_path: Path) -> None:
    make(tmp_path / "1-notes")
    with pytest.raises(ArtifactError, match=r"stage 'notes'; expected 'exam'"):
        load(tmp_path / "1-notes", stage="exam")
    with pytest.raises(ArtifactError, match=r"2-notes: there is no such folder"):
        load(tmp_path / "2-notes")
    (tmp_path / "2-notes").mkdir()
    with pytest.raises(ArtifactError, match=r"no finished artifact here \(no manifest\.json\)"):
        load(tmp_path / "2-notes")


def test_equal_content_has_one_digest_in_any_folder(tmp_path: Path) -> None:
    here, there = make(tmp_path / "1-notes", mark="f"), make(tmp_path / "far" / "away" / "9-notes", mark="g")
    other = make(tmp_path / "2-notes", text="one\nTwo\n")
    assert here.digest == there.digest != other.digest


def test_an_unwritable_parent_is_an_artifact_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("I am no folder", encoding="utf-8")
    with pytest.raises(ArtifactError, match="cannot be written"):
        make(tmp_path / "file" / "1-notes")
    with pytest.raises(ArtifactError, match="cannot write here"), lock(tmp_path / "file" / "build"):
        pass
    assert (tmp_path / "file").read_text(encoding="utf-8") == "I am no folder"


def test_other_folders_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    (tmp_path / "file").write_text("years of work", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for name in ("mine", "file"):
        with pytest.raises(ArtifactError, match=f"{name}: the content here was not made by kaug"):
            make(tmp_path / name)
    assert make(tmp_path / "empty").counts == {"lines": 2}
    assert [path.read_text(encoding="utf-8") for path in (tmp_path / "mine" / "thesis.txt", tmp_path / "file")] == [
        "years of work"
    ] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "mine"]


def test_a_full_disk_leaves_no_draft_and_keeps_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "1-notes"
    old = make(place)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ArtifactError, match="No space left on device") as caught:
            make(place, text="new")
    assert caught.value.exit_code == 4
    assert load(place) == old
    assert [path.name for path in tmp_path.iterdir()] == ["1-notes"]


def test_a_disk_that_is_full_while_the_block_writes_leaves_no_draft(tmp_path: Path) -> None:
    def fill() -> None:
        with publish(tmp_path / "1-notes", stage="notes", fingerprint="f") as draft:
            (draft.path / "a.txt").write_text("half", encoding="utf-8")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ArtifactError, match="No space left on device"):
        fill()
    assert list(tmp_path.iterdir()) == []


LIMITED = """
import resource, sys
from pathlib import Path
from kaug.errors import ArtifactError
from kaug.store.artifact import publish

resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
import numpy, pyarrow, torch
from safetensors.torch import save_file
from kaug.tables import write_table

def plain(folder):
    (folder / "a.bin").write_bytes(bytes(1 << 20))

def table(folder):
    write_table(pyarrow.table({"a": numpy.arange(1 << 17)}), folder / "a.arrow")

def weights(folder):
    save_file({"a": torch.zeros(1 << 18)}, folder / "a.safetensors")

def pickled(folder):
    torch.save({"a": torch.zeros(1 << 18)}, folder / "a.pt")

for write in (plain, table, weights, pickled):
    try:
        with publish(Path(sys.argv[1]) / "1-notes", stage="notes", fingerprint="g") as draft:
            write(draft.path)
    except ArtifactError as error:
        print(write.__name__, "\\n" in str(error), error.exit_code)
"""


@pytest.mark.slow
def test_a_disk_that_is_full_is_one_error_whichever_library_writes(tmp_path: Path) -> None:
    old = make(tmp_path / "1-notes")
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [f"{name} False 4" for name in ("plain", "table", "weights", "pickled")], (
        done.stderr
    )
    assert load(tmp_path / "1-notes") == old
    assert [path.name for path in tmp_path.iterdir()] == ["1-notes"]


KILLED = """
import os, signal, sys
from pathlib import Path
from kaug.store.artifact import publish

with publish(Path(sys.argv[1]), stage="notes", fingerprint="f") as draft:
    (draft.path / "a.txt").write_text("half")
    with (draft.work / "steps.txt").open("a") as steps:
        steps.write("a step. ")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_the_scratch_folder_survives_kills_until_the_artifact_is_there(tmp_path: Path) -> None:
    place = tmp_path / "1-notes"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", KILLED, str(place)], check=False)
        assert sorted(path.name for path in tmp_path.iterdir()) == [".1-notes.draft", ".1-notes.work-f"]
    with publish(place, stage="notes", fingerprint="f") as draft:
        assert list(draft.path.iterdir()) == []
        (draft.path / "a.txt").write_text((draft.work / "steps.txt").read_text(encoding="utf-8"), encoding="utf-8")
    assert (place / "a.txt").read_text(encoding="utf-8") == "a step. a step. "
    assert [path.name for path in tmp_path.iterdir()] == ["1-notes"]


def test_a_failure_leaves_the_scratch_folder_unless_it_is_empty(tmp_path: Path) -> None:
    def fail(*, leaving: bool) -> None:
        with publish(tmp_path / "1-notes", stage="notes", fingerprint="f") as draft:
            if leaving:
                (draft.work / "steps.txt").touch()
            raise BrokenError

    for leaving, left in ((False, []), (True, [".1-notes.work-f"])):
        with pytest.raises(BrokenError):
            fail(leaving=leaving)
        assert [path.name for path in tmp_path.iterdir()] == left
    for mark, fresh in (("g", False), ("g", True)):
        with publish(tmp_path / "1-notes", stage="notes", fingerprint=mark, fresh=fresh) as draft:
            assert list(draft.work.iterdir()) == []
            assert not (tmp_path / ".1-notes.work-f").exists()


def test_a_draft_knows_what_it_replaces(tmp_path: Path) -> None:
    place = tmp_path / "1-notes"
    with publish(place, stage="notes", fingerprint="f") as draft:
        assert draft.previous is None
        (draft.path / "a.txt").write_text("1", encoding="utf-8")
    with publish(place, stage="notes", fingerprint="g") as draft:
        assert draft.previous == place
        (draft.path / "a.txt").write_text((draft.previous / "a.txt").read_text() + "2", encoding="utf-8")
    assert (place / "a.txt").read_text(encoding="utf-8") == "12"
    with publish(place, stage="notes", fingerprint="g", fresh=True) as draft:
        assert draft.previous is None


def test_a_kill_between_two_renames_is_repaired(tmp_path: Path) -> None:
    make(tmp_path / "1-notes")
    (tmp_path / "1-notes").rename(tmp_path / ".1-notes.old")
    with publish(tmp_path / "1-notes", stage="notes", fingerprint="g") as draft:
        assert (tmp_path / "1-notes" / "a.txt").read_text(encoding="utf-8") == "one\ntwo\n"
        assert draft.previous == tmp_path / "1-notes"
    assert [path.name for path in tmp_path.iterdir()] == ["1-notes"]


def test_only_leftovers_of_a_kill_are_swept(tmp_path: Path) -> None:
    made = make(tmp_path / "1-notes")
    names = (".1-notes.old", ".1-notes.draft", ".1-notes.work-f", ".1-notes.work-g")
    for name in (*names, ".1-notes.b.draft", ".2-notes.draft"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").touch()
    sweep(tmp_path / "1-notes")
    assert load(tmp_path / "1-notes") == made
    assert sorted(path.name for path in tmp_path.iterdir()) == [".1-notes.b.draft", ".2-notes.draft", "1-notes"]


def test_a_folder_that_is_a_symbolic_link_is_remade_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "build").mkdir()
    place = tmp_path / "build" / "1-notes"
    place.symlink_to(tmp_path / "disk" / "notes", target_is_directory=True)
    for text in ("one", "two", "three"):
        make(place, text)
        assert (tmp_path / "disk" / "notes" / "a.txt").read_text(encoding="utf-8") == text
    assert place.is_symlink()
    (tmp_path / "disk" / ".notes.work-f").mkdir()
    sweep(place)
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["notes"]
    place.unlink()
    place.symlink_to(place)
    with pytest.raises(ArtifactError, match="1-notes"):
        make(place)


HOLD = "import sys, time; from pathlib import Path; from kaug.store.artifact import lock\n"
HOLD += "with lock(Path(sys.argv[1])):\n print('held', flush=True)\n time.sleep(60)"


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(ArtifactError, match=rf"another kaug \(process {first.pid}\)"), lock(tmp_path):
            pass
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    with lock(tmp_path):
        pass


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), json_values, max_size=5), st.randoms())
def test_a_fingerprint_does_not_depend_on_order(parts: dict[str, Any], random: Any) -> None:
    shuffled = list(parts.items())
    random.shuffle(shuffled)
    assert fingerprint(**dict(shuffled)) == fingerprint(**parts)
    assert fingerprint(**parts, other_key=1) != fingerprint(**parts)
