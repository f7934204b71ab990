"""The folder of an encoder → its backend: torch, or OpenVINO and ONNX Runtime on a model exported once.

Sentence-transformers' own ONNX and OpenVINO backends need optimum, which has no release for transformers 5.
"""

import importlib.metadata
import importlib.util
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.errors import ModelError
from kaug.models.cache import cache_dir, cached_artifact
from kaug.models.check import check_encoder
from kaug.models.quiet import quiet_transformers
from kaug.retrieval.encoders.tokens import Forward, Prompts, Run, Tokens, prompts_of, run_in_batches
from kaug.store.artifact import Artifact, Draft
from kaug.store.digests import code_digest, fingerprint

__all__ = [
    "NEEDS",
    "exported",
    "exported_run",
    "has_bf16",
    "load_model2vec",
    "load_sentence_transformer",
    "missing",
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


def missing(backend: str) -> list[str]:
    """Return the packages that a backend needs and that are not installed."""
    return [name for name in NEEDS.get(backend.removesuffix("-bf16"), ()) if importlib.util.find_spec(name) is None]


def threads() -> int:
    """Return the number of threads to compute with: `OMP_NUM_THREADS`, else the cores that the process may use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(named) if named.isdecimal() and int(named) else cores


# ---------------------------------------------------------------- sentence-transformers and model2vec


def load_sentence_transformer(name: str, folder: Path) -> Any:
    """Check and load a `SentenceTransformer`; only safetensors and no code are read from its folder.

    Raises:
        ModelError: The folder holds no sentence encoder, or the model is broken or has pickled weights.
    """
    from sentence_transformers import SentenceTransformer

    check_encoder(folder)
    options: Any = {"local_files_only": True, "trust_remote_code": False, "model_kwargs": {"use_safetensors": True}}
    try:
        with quiet_transformers():
            return SentenceTransformer(str(folder), **options).eval()
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).rstrip(".")
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be loaded: {reason}. Name a folder saved by sentence-transformers."
        ) from error


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

        return StaticModel.from_pretrained(str(folder))
    except ImportError as error:
        raise ModelError(
            f"The static encoder {name!r} needs model2vec. Get it with: pip install 'kaug[static]'"
        ) from error
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be loaded: {error}. Save it with model2vec."
        ) from error


def tokens_of(model: Any) -> Tokens | str:
    """Return the tokenizer of a `SentenceTransformer`, or the reason why texts cannot be tokenised without it."""
    from tokenizers import Tokenizer

    fast = getattr(getattr(model, "tokenizer", None), "backend_tokenizer", None)
    if fast is None:
        return "its tokenizer is not one of the tokenizers library"
    prompts = prompts_of(model.prompts or {}, model.default_prompt_name)
    if any(prompts) and any(getattr(module, "include_prompt", True) is False for module in model):
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
    """Make a `Run` of a `SentenceTransformer` on its device, in float32 or bfloat16; the model is cast in place.

    Returns:
        The `Run`, and the number of components of its vectors.
    """
    import torch

    model.to(torch.bfloat16 if bf16 else torch.float32)

    def forward(ids: Numbers) -> NDArray[np.float32]:
        with torch.inference_mode():
            rows = _rows(model, torch.from_numpy(ids).to(model.device))
            return np.asarray(rows.float().cpu().numpy(), np.float32)

    dimension = int(model.get_embedding_dimension())
    budget = 1024 if model.device.type == "cpu" else _GPU_TOKENS
    return run_in_batches(tokens, forward, dimension, budget), dimension


def _rows(model: Any, ids: Any) -> Any:
    import torch

    return model({"input_ids": ids, "attention_mask": torch.ones_like(ids)})["sentence_embedding"]


def runs_bf16() -> bool:
    """Return whether torch has bfloat16 in hardware here: on the GPU or, without one, in the processor."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


# ---------------------------------------------------------------- exported models


def exported(name: str, folder: Path, digest: str) -> Artifact:
    """Return a model in the cache folder as `model.onnx` and `tokenizer.json`, exported if it is missing or damaged.

    The model computes one row for each row of `input_ids`, int64 (rows, length), without padding: the sequences of a batch
    have one length, and so there is no mask. It is exported once for each model and versions of the libraries.

    Args:
        name: The model's name, for messages.
        folder: The folder saved by sentence-transformers.
        digest: Its `kaug.models.check.model_digest`.

    Raises:
        ModelError: The model cannot be exported.
    """
    versions = [importlib.metadata.version(package) for package in ("onnx", "onnxscript")]
    mark = fingerprint(model=digest, onnx=versions, code=code_digest(__name__))
    path = cache_dir() / "encoders" / mark
    notice = f"exporting {name} to ONNX"
    return cached_artifact(path, "exported encoder", mark, notice, lambda draft: _export(name, folder, draft))


def _export(name: str, folder: Path, draft: Draft) -> None:
    import torch

    def refused(reason: str) -> ModelError:
        return ModelError(
            f"{folder}: the encoder {name!r} cannot be exported to ONNX: {reason} Use the backend 'torch'."
        )

    model = load_sentence_transformer(name, folder).to("cpu")
    tokens = tokens_of(model)
    if isinstance(tokens, str):
        raise refused(f"{tokens}.")

    class Stack(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any) -> Any:
            return _rows(self.model, input_ids)

    free = torch.export.Dim.DYNAMIC
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Stack().eval(),
                (torch.arange(3 * 16).reshape(3, 16) % 7 + 1,),
                draft.path / "model.onnx",
                input_names=["input_ids"],
                output_names=["sentence_embedding"],
                dynamic_shapes=[{0: free, 1: free}],
                dynamo=True,
                verbose=False,
            )
    except Exception as error:  # whatever a model's code and the exporter raise
        raise refused(str(error).strip().split("\n")[0]) from error
    (draft.path / "tokenizer.json").write_text(tokens.tokenizer.to_str(), encoding="utf-8")
    dimension = int(model.get_embedding_dimension())
    draft.details.update(dimension=dimension, longest=tokens.longest, prompts=tokens.prompts)


def exported_run(model: Artifact, backend: str) -> tuple[Run, int]:
    """Make a `Run` of an exported model by `onnx`, `openvino` or `openvino-bf16`; for the result see `torch_run`."""
    from tokenizers import Tokenizer

    file, details = model.path / "model.onnx", model.details
    forward = _onnx(file) if backend == "onnx" else _openvino(file, "bf16" if backend.endswith("-bf16") else "f32")
    tokenizer = Tokenizer.from_file(str(model.path / "tokenizer.json"))
    tokens = Tokens(tokenizer, details["longest"], Prompts(*details["prompts"]))
    return run_in_batches(tokens, forward, details["dimension"]), details["dimension"]


def _onnx(file: Path) -> Forward:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda ids: np.asarray(session.run(None, {"input_ids": ids})[0], np.float32)


def _openvino(file: Path, precision: str) -> Forward:
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads(),
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,  # two processes would share the first cores, and leave the others idle
    }
    request = _openvino_core().compile_model(str(file), "CPU", settings).create_infer_request()
    return lambda ids: np.array(request.infer({"input_ids": ids})[0], np.float32)


def has_bf16() -> bool:
    """Return whether OpenVINO has bfloat16 in hardware on this processor."""
    return "BF16" in _openvino_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _openvino_core() -> Any:
    # When imported, OpenVINO sends telemetry, unless the package that does it cannot be imported.
    if "openvino" not in sys.modules and "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        try:
            import openvino
        finally:
            del sys.modules["openvino_telemetry"]
    import openvino

    return openvino.Core()
