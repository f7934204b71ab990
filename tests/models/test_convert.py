import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kaug.errors import ModelError
from kaug.models.convert import converted
from kaug.models.find import check_language_model, load_language_model
from kaug.store.artifact import load


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tiny_gguf: Path, cache: Path) -> Path:
    return converted(tiny_gguf, "tiny")


def conversions(caplog: pytest.LogCaptureFixture) -> int:
    return sum("converting" in record.message for record in caplog.records)


def test_a_converted_model_has_the_weights_of_the_file_and_is_sealed(folder: Path, cache: Path) -> None:
    assert folder == cache / "models" / "tiny"
    check_language_model(folder)
    rows = load_language_model(folder).get_input_embeddings().weight.detach()
    assert rows[:, 0].tolist() == pytest.approx([number / 100 for number in range(16)])
    assert {"model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"} <= load(folder).files.keys()


def test_a_whole_model_is_taken_as_it_is(folder: Path, tiny_gguf: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert converted(tiny_gguf, "tiny") == folder
    assert conversions(caplog) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_an_altered_model_is_converted_anew(
    folder: Path, tiny_gguf: Path, name: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (folder / name).read_bytes()
    if damage == "gone":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(whole[:-20] + bytes([whole[-20] ^ 4]) + whole[-19:])
    with caplog.at_level(logging.INFO):
        converted(tiny_gguf, "tiny")
    assert conversions(caplog) == 1
    assert (folder / name).read_bytes() == whole


def test_what_stood_there_unsealed_and_what_killed_conversions_left_is_swept(
    folder: Path, tiny_gguf: Path, cache: Path
) -> None:
    (folder / "manifest.json").unlink()
    for name in (".tiny.123.draft", ".tiny.draft", ".tiny.old"):
        (folder.parent / name).mkdir()
        (folder.parent / name / "model.safetensors").write_bytes(b"half")
    converted(tiny_gguf, "tiny")
    assert load(folder).stage == "converted model"
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) == ["tiny"]


def test_a_cache_that_cannot_be_written_says_how_to_name_another(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(ModelError, match=r"cannot be written: Not a directory\. Set KAUG_CACHE_DIR") as caught:
        converted(tiny_gguf, "tiny")
    assert caught.value.exit_code == 2


def test_without_a_home_the_cache_folder_has_to_be_named(tiny_gguf: Path, tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; import pwd; os.environ.pop('HOME', None)\n"
        "def nobody(*_): raise KeyError('no such user')\n"
        "pwd.getpwuid = pwd.getpwnam = nobody\n"
        "from kaug.models.cache import cache_dir\n"
        "try: print(cache_dir())\n"
        "except LookupError as error: print(error)\n"
    )
    environment = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "There is no home folder for the cache. Set KAUG_CACHE_DIR to a folder.\n"


def test_nothing_of_transformers_is_shown(tiny_gguf: Path, cache: Path, capfd: pytest.CaptureFixture[str]) -> None:
    converted(tiny_gguf, "tiny")
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "GGUF" not in shown.err
    assert "%|" not in shown.err
