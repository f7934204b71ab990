"""Folders of language models that are damaged in one way each."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy_model(tiny_model: Path, tmp_path: Path) -> Callable[..., Path]:
    """Copies the tiny model, with changes to its JSON files and its tensors."""

    def copy(tensors: Change | None = None, **files: Change) -> Path:
        from safetensors.torch import load_file, save_file

        folder = tmp_path / "model"
        shutil.copytree(tiny_model, folder)
        for name, change in files.items():
            path = folder / f"{name}.json"
            content = json.loads(path.read_text(encoding="utf-8"))
            change(content)
            path.write_text(json.dumps(content), encoding="utf-8")
        if tensors:
            weights = load_file(folder / "model.safetensors")
            tensors(weights)
            save_file(weights, folder / "model.safetensors", {"format": "pt"})
        return folder

    return copy


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file of a Llama of one layer; its embedding of token n is n / 100 everywhere."""
    import gguf

    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = gguf.GGUFWriter(str(path), "llama")
    words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *"abcdefgh", "Ġ", "ab", "cd", "Ġa", "Ġab"]
    width, inner, heads = 32, 64, 4
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(words)
    writer.add_token_types([3, 3, 3] + [1] * (len(words) - 3))
    writer.add_token_merges(["a b", "c d", "Ġ a", "Ġa b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    generator = np.random.default_rng(0)
    shapes = {
        "attn_q": (width, width),
        "attn_k": (width, width),
        "attn_v": (width, width),
        "attn_output": (width, width),
    }
    shapes |= {"ffn_gate": (inner, width), "ffn_up": (inner, width), "ffn_down": (width, inner)}
    rows = np.arange(len(words), dtype=np.float32)[:, None] / 100
    writer.add_tensor("token_embd.weight", np.repeat(rows, width, axis=1))
    for name, shape in shapes.items():
        writer.add_tensor(f"blk.0.{name}.weight", generator.normal(size=shape).astype(np.float32))
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
