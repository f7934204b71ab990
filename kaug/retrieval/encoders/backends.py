"""The folder of an encoder → what runs it: torch, or OpenVINO and ONNX Runtime on a model exported once.

Each function returns a `Run` and the number of components of its vectors.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.errors import ModelError
from kaug.models.check import check_encoder
from kaug.models.quiet import quiet_transformers
from kaug.retrieval.encoders.tokens import Prompts, Run, Tokens, prompts_of, run_in_batches

__all__ = [
    "NEEDS",
    "has_bf16",
    "load_model2vec",
    "load_sentence_transformer",
    "onnx_run",
    "openvino_run",
    "require",
    "runs_bf16",
    "threads",
    "tokens_of",
    "torch_run",
]

NEEDS = {"openvino": ("openvino", "onnx", "onnxscript"), "onnx": ("onnxruntime", "onnx", "onnxscript")}
"""The packages that a backend needs, all in the extra `fast`."""

_GPU_TOKENS = 8192
_LONGEST = 8192
_TRIED = ["The capital of Togo is Lomé.", "", "?! 東京 " * 200]


def require(backend: str) -> None:
    """Raise a `ModelError` if packages of a backend are missing, naming them and how to install them."""
    missing = [name for name in NEEDS[backend] if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelError(
            f"The backend {backend!r} needs {', '.join(missing)}. Get it with: pip install 'kaug[fast]', or set the "
            "backend to 'torch'."
        )


def threads() -> int:
    """Return the number of threads to compute with: `OMP_NUM_THREADS`, else the cores that the process may use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(named) if named.isdecimal() and int(named) else cores


# ---------------------------------------------------------------- torch


def load_sentence_transformer(name: str, folder: Path) -> Any:
    """Check and load a `SentenceTransformer`; only safetensors and no code are read from its folder.

    Raises:
        ModelError: The folder holds no sentence encoder, or the model is broken or has pickled weights.
    """
    from sentence_transformers import SentenceTransformer

    check_encoder(folder)
    try:
        with quiet_transformers():
            model = SentenceTransformer(
                str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).rstrip(".")
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be loaded: {reason}. Name a folder saved by sentence-transformers."
        ) from error
    return model.eval()


def tokens_of(model: Any) -> Tokens | str:
    """Return the tokenizer of a `SentenceTransformer`, or the reason why its texts cannot be tokenised apart from it."""
    from tokenizers import Tokenizer

    fast = getattr(getattr(model, "tokenizer", None), "backend_tokenizer", None)
    if fast is None:
        return "its tokenizer is not one of the tokenizers library"
    prompts = prompts_of(model.prompts or {}, model.default_prompt_name)
    if prompts != Prompts() and any(getattr(module, "include_prompt", True) is False for module in model):
        return "its pooling leaves the prompt out"
    tokens = Tokens(Tokenizer.from_str(fast.to_str()), int(min(model.max_seq_length or 512, _LONGEST)), prompts)
    for query in (True, False):
        for text, ids in zip(_TRIED, tokens.ids(_TRIED, query=query), strict=True):
            features = model.preprocess([text], prompt=prompts.query if query else prompts.document)
            kinds = features.get("token_type_ids")
            if features["input_ids"].tolist() != [ids.tolist()] or (kinds is not None and kinds.any()):
                return "it prepares texts in its own way"
    return tokens


def torch_run(model: Any, tokens: Tokens, *, bf16: bool = False) -> tuple[Run, int]:
    """Run a `SentenceTransformer` in float32, or in bfloat16, on its device; this changes the model itself."""
    import torch

    model.to(torch.bfloat16 if bf16 else torch.float32)

    def forward(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        with torch.inference_mode():
            given = torch.from_numpy(ids).to(model.device)
            rows = model({"input_ids": given, "attention_mask": torch.ones_like(given)})["sentence_embedding"]
            return np.asarray(rows.float().cpu().numpy(), np.float32)

    dimension = int(model.get_embedding_dimension())
    budget = 1024 if model.device.type == "cpu" else _GPU_TOKENS
    return run_in_batches(tokens, forward, dimension, budget), dimension


def runs_bf16() -> bool:
    """Whether torch computes in bfloat16 in hardware here: on the GPU or, without one, in the processor."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def load_model2vec(name: str, folder: Path) -> Any:
    """Load the `StaticModel` that model2vec saved in a folder; None if the folder is of another kind.

    Raises:
        ModelError: model2vec is not installed, or the folder is damaged.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(config, dict) or config.get("model_type") != "model2vec":
        return None
    try:
        from model2vec import StaticModel
    except ImportError as error:
        raise ModelError(
            f"The static encoder {name!r} needs model2vec. Get it with: pip install 'kaug[static]'"
        ) from error
    try:
        return StaticModel.from_pretrained(str(folder))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be loaded: {error}. Save it with model2vec."
        ) from error


# ---------------------------------------------------------------- exported models


def _exported_tokens(folder: Path) -> tuple[Tokens, int]:
    from tokenizers import Tokenizer

    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return Tokens(tokenizer, about["longest"], Prompts(**about["prompts"])), about["dimension"]


def openvino_run(folder: Path, *, bf16: bool = False) -> tuple[Run, int]:
    """Run a model exported by `kaug.retrieval.encoders.exported` with OpenVINO, in float32 or bfloat16."""
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
        "INFERENCE_NUM_THREADS": threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = _openvino().Core().compile_model(str(folder / "model.onnx"), "CPU", settings).create_infer_request()

    def forward(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.array(request.infer({"input_ids": ids})[0], np.float32)

    tokens, dimension = _exported_tokens(folder)
    return run_in_batches(tokens, forward, dimension), dimension


def onnx_run(folder: Path) -> tuple[Run, int]:
    """Run a model exported by `kaug.retrieval.encoders.exported` with ONNX Runtime, in float32."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])

    def forward(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.asarray(session.run(None, {"input_ids": ids})[0], np.float32)

    tokens, dimension = _exported_tokens(folder)
    return run_in_batches(tokens, forward, dimension), dimension


def has_bf16() -> bool:
    """Whether OpenVINO computes in bfloat16 in hardware on this processor."""
    return "BF16" in _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _openvino() -> Any:
    # When imported, OpenVINO sends telemetry, unless the package that does it cannot be imported.
    if "openvino" not in sys.modules and "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        try:
            import openvino
        finally:
            del sys.modules["openvino_telemetry"]
    import openvino

    return openvino
