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
# Batches are padded to multiples of so many tokens: matrix products then take one path through the processor's kernels,
# and a text gives the same bits in any batch. Measured; with lengths left as they are it is not so.
_PADDED_TO = 8
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
        self._longest = int(model.max_seq_length or 512)
        model[0].register_forward_pre_hook(self._pad)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        # Lone surrogates are legal in a str but not in UTF-8, which the tokenizer takes.
        most = self._longest * _CHARACTERS_PER_TOKEN
        cut = [text[:most].encode("utf-8", "replace").decode() for text in texts]
        vectors = np.empty((len(cut), self.dimension), np.float32)
        lengths = self._padded_lengths(cut)
        # A batch holds texts of one padded length, so that no text's vector depends on what it is encoded with. Long ones
        # first, so that memory fails early.
        for length in np.unique(lengths)[::-1]:
            same = np.flatnonzero(lengths == length)
            for start in range(0, len(same), _BATCH):
                rows = same[start : start + _BATCH]
                # A GPU's kernels are chosen by the batch's shape: there, every batch is a full one.
                filled = rows if self._model.device.type == "cpu" else np.resize(rows, _BATCH)
                encoded = self._model.encode(
                    [cut[row] for row in filled],
                    batch_size=_BATCH,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                )
                vectors[rows] = encoded[: len(rows)]
                if progress:
                    progress(len(rows))
        return vectors

    def _padded_lengths(self, texts: list[str]) -> NDArray[np.int64]:
        tokenizer = self._model.tokenizer
        if not callable(tokenizer) or not texts:
            return np.zeros(len(texts), np.int64)  # a model of static vectors, which has nothing to pad
        prompt = (self._model.prompts or {}).get(self._model.default_prompt_name) or ""
        ids = tokenizer([prompt + text for text in texts], truncation=True, max_length=self._longest)["input_ids"]
        return np.array([self._padded(len(tokens)) for tokens in ids], np.int64)

    def _padded(self, length: int) -> int:
        return max(length, min(-(-length // _PADDED_TO) * _PADDED_TO, self._longest))

    def _pad(self, module: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        from torch.nn.functional import pad

        features, *rest = args
        mask = features.get("attention_mask")
        if mask is None or mask.ndim != 2:
            return args
        more = self._padded(mask.shape[1]) - mask.shape[1]
        sides = (more, 0) if self._model.tokenizer.padding_side == "left" else (0, more)
        fill = {"input_ids": self._model.tokenizer.pad_token_id or 0}
        padded = {
            key: pad(value, sides, value=fill.get(key, 0)) if getattr(value, "shape", None) == mask.shape else value
            for key, value in features.items()
        }
        return (padded, *rest)


def load_encoder(name: str) -> Encoder:
    """Load a sentence encoder by name → an `Encoder`; it uses a GPU where there is one.

    The same text gives the same row, bit for bit, whatever texts it is encoded with, on one machine with one version of
    torch. Only safetensors and no code are read from the model's folder.

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
