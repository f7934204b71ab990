"""A GGUF file in a wheel → a sealed folder of safetensors in the cache, converted once."""

import contextlib
import inspect
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kaug.models.cache import cache_dir, cached_artifact
from kaug.models.quiet import quiet_transformers
from kaug.store.digests import file_digest, fingerprint

__all__ = ["converted"]


def converted(gguf: Path, name: str) -> Path:
    """Return the verified folder of a converted model; convert it if it is missing, altered, or made by other code."""
    mark = fingerprint(
        gguf=file_digest(gguf), code=inspect.getsource(_convert), versions=[version("gguf"), version("transformers")]
    )
    folder = cache_dir() / "models" / name
    notice = f"converting {gguf.name} to safetensors"
    return cached_artifact(folder, "converted model", mark, notice, lambda draft: _convert(gguf, draft.path)).path


def _convert(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet_transformers(), _without_bars():
        loaded = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name, trust_remote_code=False)
        # transformers cannot save a model read from GGUF, but a new one with the same state.
        config = loaded.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
        model.load_state_dict(loaded.state_dict())
        model.generation_config = loaded.generation_config
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """Hide the progress bar of transformers for GGUF files, which ignores its settings."""
    from transformers import modeling_gguf_pytorch_utils

    reader: Any = modeling_gguf_pytorch_utils
    bars = reader.tqdm
    reader.tqdm = lambda tensors, **_: tensors
    try:
        yield
    finally:
        reader.tqdm = bars
