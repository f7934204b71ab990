"""Texts → unit vectors.

An `Encoder` is anything with a name, a dimension and `encode`. `load_encoder` gives the one that kaug brings:
a sentence-transformers model, on a GPU where there is one.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kaug.errors import ModelError
from kaug.models import find_encoder, quiet_transformers

__all__ = ["Encoder", "load_encoder"]

_BATCH = 64
# No tokenizer takes more characters into one token than this, in text that anyone would want found.
_CHARACTERS_PER_TOKEN = 64


class Encoder(Protocol):
    """Turns texts into unit vectors whose dot product says how near the texts are in meaning.

    Attributes:
        name: What the encoder is called; an index made with one name is refused by an encoder of another.
        dimension: The number of components of a vector.
    """

    name: str
    dimension: int

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Encode texts.

        Args:
            texts: n texts; what exceeds the model's maximal length is not seen.
            progress: Called with the number of texts encoded since the last call.

        Returns:
            float32 (n, dimension), rows of unit norm.
        """
        ...


class _SentenceTransformer:
    def __init__(self, name: str, model: Any) -> None:
        self.name = name
        self.dimension = int(model.get_embedding_dimension())
        self._model = model
        self._characters = int(model.max_seq_length or 512) * _CHARACTERS_PER_TOKEN

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        # Lone surrogates are legal in a str but not in UTF-8, which the tokenizer takes.
        cut = [text[: self._characters].encode("utf-8", "replace").decode() for text in texts]
        vectors = np.empty((len(cut), self.dimension), np.float32)
        # Texts of one length stand together, so that little is padded; long ones first, so that memory fails early.
        order = np.argsort([-len(text) for text in cut], kind="stable")
        for start in range(0, len(cut), _BATCH):
            rows = order[start : start + _BATCH]
            vectors[rows] = self._model.encode(
                [cut[row] for row in rows],
                batch_size=_BATCH,
                show_progress_bar=False,
                convert_to_numpy=True,
                normalize_embeddings=True,
            )
            if progress:
                progress(len(rows))
        return vectors


def load_encoder(name: str) -> Encoder:
    """Load a sentence encoder by name → an `Encoder`; it uses a GPU where there is one.

    The same text gives the same row, up to 1e-5, whatever texts it is encoded with. Only safetensors and no code
    are read from the model's folder.

    Args:
        name: What `kaug.models.find_encoder` finds: a folder, `all-MiniLM-L6-v2`, or a hub name.

    Returns:
        The encoder.

    Raises:
        ModelError: Nothing answers to the name, or what does is no sentence encoder.

    Examples:
        >>> encoder = load_encoder("all-MiniLM-L6-v2")
        >>> encoder.encode(["The capital of Togo is Lomé."]).shape
        (1, 384)
    """
    folder = find_encoder(name)
    from sentence_transformers import SentenceTransformer

    try:
        with quiet_transformers():
            model = SentenceTransformer(
                str(folder),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
    except (OSError, ValueError, KeyError) as error:
        why = str(error).rstrip(".")
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be loaded: {why}. Name a folder saved by sentence-transformers."
        ) from error
    model.eval()
    return _SentenceTransformer(name, model)
