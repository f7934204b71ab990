"""Texts → unit vectors, by a sentence encoder that kaug loads by name, or by any model that has `encode`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kaug.errors import ModelError, PipelineError
from kaug.models.check import check_encoder, model_digest
from kaug.models.find import Backend, find_encoder
from kaug.retrieval.encoders.tokens import Run, chunks, run_whole

__all__ = ["MANY", "Encoder", "Model", "as_encoder", "load_encoder"]

MANY = 20_000
"""The number of texts from which backends are measured to find the fastest, which takes about half a minute."""


class Model(Protocol):
    """A model for `as_encoder`: a `SentenceTransformer`, a model2vec `StaticModel`, or any object with `encode`.

    If it has `encode_query` and `encode_document`, these encode queries and facts.
    """

    def encode(self, texts: Any, /) -> Any:
        """Encode a list of n texts to an array of the shape (n, dimension)."""
        ...


@dataclass
class Encoder:
    """Encodes texts as unit vectors, whose dot product is their cosine similarity.

    Attributes:
        name: The name of the model; an index built with another name is refused.
        dimension: The number of components of a vector.
        run: Runs the model on a chunk of texts.
        backend: The backend: `torch`, `openvino`, …; `python` for the caller's own object.
        digest: Hex digest of the model's files; empty if they are not known.
        chosen: How the backend was chosen: the measurements, or why there are none.
        longest: The maximum number of tokens that the model reads of a text.
        chunk: The maximum number of texts handed to `run` at a time.

    Examples:
        >>> class Lengths:
        ...     def encode(self, texts):
        ...         return np.array([[len(text), 1] for text in texts])
        >>> as_encoder(Lengths()).encode(["", "a"]).astype(float).round(2).tolist()
        [[0.0, 1.0], [0.71, 0.71]]
    """

    name: str
    dimension: int
    run: Run
    backend: str = "python"
    digest: str = ""
    chosen: dict[str, Any] = field(default_factory=dict)
    longest: int = 8192
    chunk: int = 16_384

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None, *, query: bool = False
    ) -> NDArray[np.float32]:
        """Encode texts.

        Args:
            texts: n texts; characters beyond the model's maximum length are not read.
            progress: Called with the number of texts encoded since the last call.
            query: Whether the texts are queries rather than documents, which selects the prompt of a model that has prompts.

        Returns:
            float32 (n, dimension), rows of unit norm; zeros for a text without tokens. A text's vector agrees to 1e-6
            whatever texts it is encoded with, if the model computes in float32; on one machine, the same
            texts in the same order give the same bits.

        Raises:
            PipelineError: The model returns another shape than (n, dimension), or numbers that are not finite.
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        start = 0
        for chunk in chunks(texts, self.longest, self.chunk):
            rows = np.asarray(self.run(chunk, query, progress or (lambda _: None)), np.float32)
            expected = (len(chunk), self.dimension)
            if rows.shape != expected:
                raise PipelineError(f"The encoder {self.name!r} gave rows of shape {rows.shape}, not {expected}.")
            odd = np.flatnonzero(~np.isfinite(rows).all(axis=1))
            if len(odd):
                raise PipelineError(
                    f"The encoder {self.name!r} gave numbers that are not finite for {len(odd)} of {len(chunk)} "
                    f"sentences, first for {chunk[odd[0]]!r}."
                )
            norms = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
            np.divide(rows, norms, out=vectors[start : start + len(chunk)], where=norms > 0)
            start += len(chunk)
        return vectors


def as_encoder(model: "str | Encoder | Model", name: str | None = None) -> Encoder:
    """Make an `Encoder` of a model.

    Args:
        model: The name of a model for `load_encoder`, an `Encoder`, or a `Model`, such as a `SentenceTransformer`.
        name: The encoder's name; if None, its `name`, its folder's or hub name, or else the name of its class.

    Raises:
        ModelError: It has no `encode`.
    """
    if isinstance(model, Encoder):
        return model
    if isinstance(model, str):
        return load_encoder(model)
    if not callable(getattr(model, "encode_document", getattr(model, "encode", None))):
        raise ModelError(
            f"{type(model).__name__} is not an encoder: it has no method encode(texts). Give a SentenceTransformer, an object "
            "with encode(texts) → array (n, dimension), or a model's name."
        )
    run = run_whole(model)
    dimension = getattr(model, "dimension", None) or run(["a"], False, lambda _: None).shape[-1]
    longest = min(getattr(model, "max_seq_length", None) or 8192, 8192)  # infinite for static models
    return Encoder(name or _name(model), int(dimension), run, longest=int(longest), chunk=2048)


def _name(model: Any) -> str:
    if isinstance(name := getattr(model, "name", None), str):
        return name
    modules = model.modules() if hasattr(model, "modules") else ()
    paths = (getattr(getattr(module, "auto_model", None), "name_or_path", None) for module in modules)
    return next((str(path) for path in paths if path), type(model).__name__)


def load_encoder(name: str, backend: Backend = "auto", *, texts: int = 0) -> Encoder:
    """Load a sentence encoder by name; only safetensors and no code are read from its folder.

    Args:
        name: A name for `kaug.models.find.find_encoder`: a folder that sentence-transformers or model2vec saved,
            `all-MiniLM-L6-v2`, or a hub name.
        backend: The backend. `auto` is the fastest measured on this machine whose vectors agree with those of torch in
            float32; `torch` until backends are measured.
        texts: How many texts will be encoded: from `MANY` on, `auto` measures if that was not done before.

    Returns:
        The encoder.

    Raises:
        ModelError: There is no model of that name, it is not a sentence encoder, or the backend cannot run it here.

    Examples:
        >>> encoder = load_encoder("all-MiniLM-L6-v2", "torch")
        >>> encoder.encode(["The capital of Togo is Lomé."]).shape
        (1, 384)
    """
    from kaug.retrieval.encoders.backends import load_model2vec
    from kaug.retrieval.encoders.choice import candidates, kept_choice, make_choice

    folder = find_encoder(name)
    check_encoder(folder)
    digest = model_digest(folder)
    if (static := load_model2vec(name, folder)) is not None:
        if backend != "auto":
            raise ModelError(
                f"The encoder {name!r} is a static model, which has no backends: set 'auto', not {backend!r}."
            )
        return _whole(static, name, "static", digest, {"why": "a static model has one way to run"})
    if backend != "auto":
        return _run_by(name, folder, digest, backend, {})
    choice = kept_choice(digest)
    if choice is None and texts >= MANY and (names := candidates()) != ["torch"]:
        choice = make_choice(digest, names, lambda one: _run_by(name, folder, digest, one, {}))
    chosen = choice or {"why": "nothing is measured on this machine"}
    return _run_by(name, folder, digest, chosen.get("backend", "torch"), chosen)


def _run_by(name: str, folder: Path, digest: str, backend: str, chosen: dict[str, Any]) -> Encoder:
    from kaug.retrieval.encoders import backends

    bf16 = backend.endswith("-bf16")
    if backend.startswith("torch"):
        model = backends.load_sentence_transformer(name, folder)
        tokens = backends.tokens_of(model)
        if isinstance(tokens, str):
            why = f"only sentence-transformers itself runs it: {tokens}"
            return _whole(model, name, "torch", digest, {**chosen, "why": why})
        run, dimension = backends.torch_run(model, tokens, bf16=bf16)
    else:
        if missing := backends.missing(backend):
            raise ModelError(
                f"The backend {backend!r} needs {', '.join(missing)}. Get it with: pip install 'kaug[fast]', or set the "
                "backend to 'torch'."
            )
        if bf16 and not backends.has_bf16():
            raise ModelError("The backend 'openvino-bf16' needs a processor with units for bfloat16; use 'openvino'.")
        run, dimension = backends.exported_run(backends.exported(name, folder, digest), backend)
    return Encoder(name, dimension, run, backend, digest, {**chosen, "backend": backend})


def _whole(model: Model, name: str, backend: str, digest: str, chosen: dict[str, Any]) -> Encoder:
    """Make an encoder that calls the model's own `encode`."""
    return replace(as_encoder(model, name), backend=backend, digest=digest, chosen={**chosen, "backend": backend})
