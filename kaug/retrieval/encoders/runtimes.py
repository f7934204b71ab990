"""An exported model → an encoder that OpenVINO or ONNX Runtime runs, without torch."""

import os
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kaug.retrieval.encoders.batched import BatchedEncoder
from kaug.retrieval.encoders.exported import exported_tokens

__all__ = ["has_bf16", "onnx_encoder", "openvino_encoder", "threads"]


def threads() -> int:
    """How many threads to compute with: `OMP_NUM_THREADS`, else one for each core that the process may use."""
    named = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(named) if named.isdecimal() and int(named) else cores


def _openvino() -> Any:
    # When it is imported, OpenVINO reports so to its makers, unless the package that does it cannot be imported.
    if "openvino" not in sys.modules and "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        try:
            import openvino
        finally:
            del sys.modules["openvino_telemetry"]
    import openvino

    return openvino


def has_bf16() -> bool:
    """Whether the processor has units for bfloat16 that OpenVINO uses."""
    return "BF16" in _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def openvino_encoder(name: str, place: Path, precision: Literal["f32", "bf16"] = "f32") -> BatchedEncoder:
    """Let OpenVINO run what `exported` left in a folder, in float32, or in bfloat16 where the processor can."""
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = _openvino().Core().compile_model(str(place / "model.onnx"), "CPU", settings).create_infer_request()

    def forward(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.array(request.infer({"input_ids": ids})[0], np.float32)

    tokens, dimension = exported_tokens(place)
    backend = "openvino" if precision == "f32" else "openvino-bf16"
    return BatchedEncoder(name, dimension, backend, tokens, forward)


def onnx_encoder(name: str, place: Path) -> BatchedEncoder:
    """Let ONNX Runtime run what `exported` left in a folder, in float32."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(place / "model.onnx", options, providers=["CPUExecutionProvider"])

    def forward(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.asarray(session.run(None, {"input_ids": ids})[0], np.float32)

    tokens, dimension = exported_tokens(place)
    return BatchedEncoder(name, dimension, "onnx", tokens, forward, least_rows=2)
