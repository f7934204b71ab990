"""A folder saved by model2vec → an encoder that adds up static vectors of tokens, without torch."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.errors import ModelError
from kaug.retrieval.encoders.batched import unit
from kaug.retrieval.encoders.tokens import chunks

__all__ = ["is_static", "static_encoder"]

_LONGEST = 512


def is_static(folder: Path) -> bool:
    """Whether a folder was saved by model2vec."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("model_type") == "model2vec"


def static_encoder(name: str, folder: Path) -> "_Static":
    """Load a model of model2vec.

    Raises:
        ModelError: model2vec is not installed, or the folder is damaged.
    """
    try:
        from model2vec import StaticModel
    except ImportError as error:
        raise ModelError(
            f"The static encoder {name!r} needs model2vec. Get it with: pip install 'kaug[static]'"
        ) from error
    try:
        model = StaticModel.from_pretrained(str(folder))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be loaded: {error}. Save it with model2vec."
        ) from error
    return _Static(name, model)


class _Static:
    backend = "static"

    def __init__(self, name: str, model: Any) -> None:
        self.name = name
        self.dimension = int(model.dim)
        self.chosen = {"backend": self.backend, "why": "a static model has one way to run"}
        self._model = model

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None, *, query: bool = False
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        done = 0
        for some in chunks(texts, _LONGEST):
            found = self._model.encode(some, max_length=_LONGEST, use_multiprocessing=False)
            vectors[done : done + len(some)] = unit(np.asarray(found, np.float32))
            done += len(some)
            if progress:
                progress(len(some))
        return vectors
