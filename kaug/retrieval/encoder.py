"""Texts → unit vectors.

An `Encoder` is anything with a name, a dimension and `encode`. `load_encoder` gives the one that kaug brings: a
sentence-transformers model that torch, OpenVINO or ONNX Runtime runs, or a static model of model2vec.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from kaug.errors import ModelError
from kaug.models.check import check_encoder
from kaug.models.find import Backend, find_encoder

__all__ = ["MANY", "Encoder", "load_encoder"]

MANY = 20_000
"""From so many texts on it pays to measure which backend is the fastest; that takes about half a minute."""


class Encoder(Protocol):
    """Turns texts into unit vectors whose dot product says how near the texts are in meaning.

    Attributes:
        name: What the encoder is called; an index made with one name is refused by an encoder of another.
        dimension: The number of components of a vector.
    """

    name: str
    dimension: int

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None, *, query: bool = False
    ) -> NDArray[np.float32]:
        """Encode texts.

        Args:
            texts: n texts; what exceeds the model's maximal length is not seen.
            progress: Called with the number of texts encoded since the last call.
            query: Whether the texts ask, and so get the model's prompt for queries, or are what is looked for, and get
                that for documents. Most models have no prompts, and no difference.

        Returns:
            float32 (n, dimension), rows of unit norm.
        """
        ...


def load_encoder(name: str, backend: Backend = "auto", *, texts: int = 0) -> Encoder:
    """Load a sentence encoder by name → an `Encoder`, with what runs it in its `backend`, and why in its `chosen`.

    The same text gives the same row, bit for bit, whatever texts it is encoded with, on one machine with one version of
    the libraries and one backend in float32. Only safetensors and no code are read from the model's folder.

    Args:
        name: What `kaug.models.find.find_encoder` finds: a folder, `all-MiniLM-L6-v2`, or a hub name.
        backend: What runs the model. `auto` is the fastest whose vectors agree with those of torch in float32, once that
            was measured on this machine; until then it is `torch`.
        texts: How many texts will be encoded: from `MANY` on, `auto` measures if it has not.

    Returns:
        The encoder.

    Raises:
        ModelError: Nothing answers to the name, what does is no sentence encoder or a broken one, or the backend cannot
            run it here.

    Examples:
        >>> encoder = load_encoder("all-MiniLM-L6-v2", "torch")
        >>> encoder.encode(["The capital of Togo is Lomé."]).shape
        (1, 384)
    """
    from kaug.retrieval.encoders.static import is_static, static_encoder

    folder = find_encoder(name)
    check_encoder(folder)
    if is_static(folder):
        if backend != "auto":
            raise ModelError(
                f"The encoder {name!r} is a static model, which has no backends: set 'auto', not {backend!r}."
            )
        return static_encoder(name, folder)
    if backend != "auto":
        return _run_by(name, folder, backend, {})
    from kaug.retrieval.encoders.choice import candidates, kept_choice, make_choice
    from kaug.retrieval.encoders.exported import model_digest

    digest = model_digest(folder)
    choice = kept_choice(digest)
    if choice is None and texts >= MANY and (names := candidates()) != ["torch"]:
        choice = make_choice(digest, names, lambda one: _run_by(name, folder, one, {}))
    chosen = choice or {"why": "nothing is measured on this machine"}
    return _run_by(name, folder, chosen.get("backend", "torch"), chosen)


def _run_by(name: str, folder: Path, backend: str, chosen: dict[str, Any]) -> Encoder:
    from kaug.retrieval.encoders.exported import exported, model_digest, need

    encoder: Any
    if backend in ("torch", "torch-bf16"):
        from kaug.retrieval.encoders.stack import load_stack, torch_encoder

        encoder = torch_encoder(name, load_stack(name, folder), bf16=backend == "torch-bf16")
    else:
        from kaug.retrieval.encoders.runtimes import has_bf16, onnx_encoder, openvino_encoder

        need("onnx" if backend == "onnx" else "openvino")
        if backend == "openvino-bf16" and not has_bf16():
            raise ModelError("The backend 'openvino-bf16' needs a processor with units for bfloat16; use 'openvino'.")
        place = exported(name, folder, model_digest(folder))
        if backend == "onnx":
            encoder = onnx_encoder(name, place)
        else:
            encoder = openvino_encoder(name, place, "bf16" if backend == "openvino-bf16" else "f32")
    encoder.chosen = {**chosen, **encoder.chosen, "backend": encoder.backend}
    return cast("Encoder", encoder)
