import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kaug.errors import ModelError
from kaug.models.check import check_encoder, model_digest
from kaug.models.find import check_language_model, find_encoder, load_language_model, load_tokenizer
from kaug.models.generate import generate

Copy = Callable[..., Path]


def refused(folder: Path, reason: str, check: Callable[[Path], object] = check_language_model) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        check(folder)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def drop(*names: str) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        for name in [key for key in content if any(part in key for part in names)]:
            del content[name]

    return change


def put(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content.update(values)


def test_a_whole_model_passes(tiny_model: Path) -> None:
    check_language_model(tiny_model)


@pytest.mark.parametrize("file", ["config", "tokenizer_config"])
def test_code_of_a_folder_is_refused_and_never_asked_about(
    copy_model: Copy, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> str:
        raise AssertionError("the user was asked")

    monkeypatch.setattr("builtins.input", asked)
    folder = copy_model(**{file: put(auto_map={"AutoTokenizer": ["evil.Evil", None], "AutoConfig": "evil.Evil"})})
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass Evil: pass\n", encoding="utf-8")
    refused(folder, rf"{file}\.json: names code of the folder \('auto_map'\)")
    if file == "config":
        refused(folder, "auto_map", load_language_model)
    refused(folder, "auto_map", load_tokenizer)
    assert not (folder / "ran").exists()


def test_code_from_the_hub_is_refused(copy_model: Copy) -> None:
    refused(copy_model(config=put(attn_implementation="owner/kernel")), "names code to be fetched")


def test_an_adapter_is_no_model(copy_model: Copy) -> None:
    folder = copy_model()
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "owner/name"}')
    refused(folder, "an adapter of another model")


@pytest.mark.parametrize(
    ("names", "shown"),
    [(["layers.1."], "model.layers.1"), (["embed_tokens"], "embed_tokens"), (["layers.0.mlp.up_proj"], "up_proj")],
)
def test_missing_weights_are_named_and_not_made_up(copy_model: Copy, names: list[str], shown: str) -> None:
    refused(copy_model(drop(*names)), f"weights are missing: .*{shown}")


def test_weights_of_layers_that_the_configuration_leaves_out_are_named(copy_model: Copy) -> None:
    refused(copy_model(config=put(num_hidden_layers=1)), r"weights are of no use to the model .*layers\.1\.")


def test_weights_of_another_shape_are_named(copy_model: Copy) -> None:
    refused(copy_model(config=put(intermediate_size=48)), r"weights are of other shapes than config\.json says: .*mlp")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(copy_model: Copy, value: float) -> None:
    def change(tensors: dict[str, Any]) -> None:
        tensors["model.layers.1.mlp.up_proj.weight"][3, 4] = value

    refused(copy_model(change), r"'model\.layers\.1\.mlp\.up_proj\.weight' hold NaN or infinite numbers")


def test_heads_of_weights_that_are_cut_or_absurd_are_refused(copy_model: Copy) -> None:
    folder = copy_model()
    file = folder / "model.safetensors"
    whole = file.read_bytes()
    for damaged in (b"", whole[:6], whole[:200], whole[:-1], b"\xff" * 8 + whole[8:], whole[:8] + b"x" + whole[9:]):
        file.write_bytes(damaged)
        refused(folder, r"model\.safetensors: the weights cannot be loaded")


def test_an_index_to_a_missing_shard_is_refused(copy_model: Copy) -> None:
    folder = copy_model()
    index = folder / "model.safetensors.index.json"
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    for shard, reason in (("model-00002-of-00002.safetensors", "missing, though"), ("../x.safetensors", "missing")):
        index.write_text(json.dumps({"weight_map": {"lm_head.weight": shard}}))
        refused(folder, reason)
    index.write_text('{"weight_map": 3}')
    refused(folder, "should hold a 'weight_map'")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "should hold a JSON object"),
        ("{}", "'model_type'"),
        ('{"model_type": "nothing-known"}', "cannot be loaded"),
        ('{"model_type": 3}', "'model_type'"),
    ],
)
def test_a_configuration_that_is_none_is_refused(copy_model: Copy, text: str, reason: str) -> None:
    folder = copy_model()
    (folder / "config.json").write_text(text)
    refused(folder, reason)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"num_hidden_layers": 10**7}, "'num_hidden_layers' is 10000000; at most 2,000"),
        ({"num_hidden_layers": 1999}, "names 1,999 layers, but there are only 20 weights"),
        ({"hidden_size": 10**12}, "'hidden_size' is 1000000000000; at most"),
        ({"vocab_size": 10**30}, "'vocab_size' is 1000"),
        ({"max_position_embeddings": -(10**9)}, "'max_position_embeddings'"),
        ({"num_attention_heads": 0}, "cannot be loaded"),
        ({"eos_token_id": 5000}, "'eos_token_id' is 5000, outside the vocabulary"),
        ({"hidden_act": "nothing"}, "cannot be loaded"),
    ],
)
def test_absurd_sizes_are_refused(copy_model: Copy, values: dict[str, Any], reason: str) -> None:
    refused(copy_model(config=put(**values)), reason)


def test_tokens_beyond_the_vocabulary_are_refused(copy_model: Copy) -> None:
    def add(content: dict[str, Any]) -> None:
        content["added_tokens"].append(content["added_tokens"][0] | {"id": 9000, "content": "<|late|>"})

    refused(copy_model(tokenizer=add), r"token '<\|late\|>' has the number .*, beyond the model's vocabulary")


def test_a_tokenizer_without_an_end_token_is_refused(copy_model: Copy) -> None:
    refused(copy_model(tokenizer_config=drop("eos_token")), r"no end token \('eos_token'\)")


def test_a_broken_tokenizer_is_refused(copy_model: Copy) -> None:
    folder = copy_model()
    (folder / "tokenizer.json").write_text('{"model": 3}')
    refused(folder, "the tokenizer cannot be loaded")


@pytest.mark.slow
def test_a_chat_template_that_cannot_be_used_is_refused(copy_model: Copy) -> None:
    folder = copy_model()
    (folder / "chat_template.jinja").write_text("{{ raise_exception('never') }}")
    refused(folder, "its chat template cannot be used: TemplateError: never")


def test_only_regular_files_are_read(copy_model: Copy) -> None:
    folder = copy_model()
    (folder / "chat_template.jinja").unlink()
    (folder / "chat_template.jinja").symlink_to("/dev/zero")
    refused(folder, "no regular file")
    (folder / "chat_template.jinja").unlink()
    os.mkfifo(folder / "notes.txt")
    refused(folder, "no regular file")


def test_decoding_never_comes_from_the_folder(copy_model: Copy, tiny_model: Path) -> None:
    asked = ["What is the capital of Togo?", "Who?"]
    plain = generate(load_language_model(tiny_model), load_tokenizer(tiny_model), asked, max_new_tokens=8)
    folder = copy_model()
    token = load_tokenizer(tiny_model)(plain.texts[0], add_special_tokens=False)["input_ids"][0]
    odd = {"num_beams": 10**6, "do_sample": True, "temperature": 9.0, "max_new_tokens": 1, "bad_words_ids": [[token]]}
    odd |= {"forced_eos_token_id": 2, "repetition_penalty": 90.0, "no_such_field": {"a": []}, "max_length": "long"}
    for text in (json.dumps(odd), "no json"):
        (folder / "generation_config.json").write_text(text)
        model = load_language_model(folder)
        assert generate(model, load_tokenizer(folder), asked, max_new_tokens=8).texts == plain.texts
    model.generation_config.num_beams, model.generation_config.suppress_tokens = 3, [token]  # as a user may set it
    assert generate(model, load_tokenizer(folder), asked, max_new_tokens=8).texts == plain.texts


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"]
)
def test_every_file_is_in_a_models_digest(copy_model: Copy, tiny_model: Path, name: str) -> None:
    folder = copy_model()
    digest = model_digest(folder)
    assert digest == model_digest(tiny_model)
    (folder / "README.md").write_text("notes")
    assert model_digest(folder) == digest
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content + b" ")
    assert model_digest(folder) != digest


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    shutil.copytree(find_encoder("all-MiniLM-L6-v2"), folder)
    return folder


@pytest.mark.parametrize("name", ["modules.json", "1_Pooling/config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.slow
def test_every_file_is_in_an_encoders_digest(encoder: Path, name: str) -> None:
    digest = model_digest(encoder)
    (encoder / name).write_bytes((encoder / name).read_bytes() + b" ")
    assert model_digest(encoder) != digest


def test_an_encoder_is_checked_with_all_its_modules(encoder: Path) -> None:
    check_encoder(encoder)
    modules = json.loads((encoder / "modules.json").read_text())
    for module, reason in (
        ({"type": "evil.Module", "path": "2_Evil"}, "names code of its own, 'evil.Module'"),
        ({"type": "sentence_transformers.models.Dense", "path": "../2_Dense"}, "leads out of the folder"),
        ({"path": ""}, "should have a type and a path"),
    ):
        (encoder / "modules.json").write_text(json.dumps([*modules, module]))
        refused(encoder, reason, check_encoder)
    (encoder / "modules.json").write_text(
        json.dumps([*modules, {"type": "sentence_transformers.models.Dense", "path": "2_Dense"}])
    )
    (encoder / "2_Dense").mkdir()
    (encoder / "2_Dense" / "pytorch_model.bin").write_bytes(b"pickle")
    refused(encoder, r"only pytorch_model\.bin, which may hold code", check_encoder)
    (encoder / "2_Dense" / "pytorch_model.bin").unlink()
    (encoder / "2_Dense" / "config.json").write_text('{"auto_map": {"AutoModel": "evil.Evil"}}')
    refused(encoder, "auto_map", check_encoder)


def test_an_encoder_with_weights_that_are_no_numbers_is_refused(encoder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(encoder / "model.safetensors")
    name = sorted(weights)[0]
    weights[name].view(-1)[0] = float("nan")
    save_file(weights, encoder / "model.safetensors", {"format": "pt"})
    refused(encoder, f"{name}' hold NaN", check_encoder)
