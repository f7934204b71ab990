"""A folder saved by sentence-transformers → an encoder that torch runs, on a GPU where there is one."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.errors import ModelError
from kaug.models.find import quiet_transformers
from kaug.retrieval.encoders.batched import BatchedEncoder, Forward, unit
from kaug.retrieval.encoders.tokens import Prompts, Tokens, chunks, prompts_of

__all__ = ["load_stack", "runs_bf16", "tokens_of", "torch_encoder"]

# On a GPU a batch is large, and always full: there, kernels are chosen by its shape.
_GPU_TOKENS = 8192
_LONGEST = 8192
_PROBES = ["The capital of Togo is Lomé.", "", "?! 東京 " * 200]


def load_stack(name: str, folder: Path) -> Any:
    """Load a `SentenceTransformer`; only safetensors and no code are read from its folder.

    Raises:
        ModelError: The folder holds no sentence encoder.
    """
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
    return model.eval()


def tokens_of(model: Any) -> Tokens | str:
    """Make the tokenizer of a `SentenceTransformer`, or say why its texts cannot be tokenised apart from it."""
    from tokenizers import Tokenizer

    fast = getattr(getattr(model, "tokenizer", None), "backend_tokenizer", None)
    if fast is None:
        return "its tokenizer is none of the tokenizers library"
    prompts = prompts_of(model.prompts or {}, model.default_prompt_name)
    if prompts != Prompts() and any(getattr(module, "include_prompt", True) is False for module in model):
        return "its pooling leaves the prompt out"
    tokens = Tokens(Tokenizer.from_str(fast.to_str()), int(min(model.max_seq_length or 512, _LONGEST)), prompts)
    for query in (True, False):
        for text, ids in zip(_PROBES, tokens.ids(_PROBES, query=query), strict=True):
            features = model.preprocess([text], prompt=prompts.query if query else prompts.document)
            kinds = features.get("token_type_ids")
            if features["input_ids"].tolist() != [ids.tolist()] or (kinds is not None and kinds.any()):
                return "it prepares texts in a way of its own"
    return tokens


def torch_encoder(name: str, model: Any, *, bf16: bool = False) -> "BatchedEncoder | _Whole":
    """Let torch run a `SentenceTransformer`, in float32, or in bfloat16, which changes the model itself."""
    import torch

    tokens = tokens_of(model)
    if isinstance(tokens, str):
        return _Whole(name, model, f"only sentence-transformers itself runs it: {tokens}")
    model.to(torch.bfloat16 if bf16 else torch.float32)
    backend = "torch-bf16" if bf16 else "torch"
    encoder = BatchedEncoder(name, int(model.get_embedding_dimension()), backend, tokens, _forward(model))
    if model.device.type != "cpu":
        encoder.budget = encoder.least_tokens = max(_GPU_TOKENS, tokens.longest)
    return encoder


def runs_bf16() -> bool:
    """Whether torch has units for bfloat16 here, on the GPU or, without one, in the processor."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _forward(model: Any) -> Forward:
    import torch

    def forward(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        with torch.inference_mode():
            given = torch.from_numpy(ids).to(model.device)
            found = model({"input_ids": given, "attention_mask": torch.ones_like(given)})["sentence_embedding"]
            return np.asarray(found.float().cpu().numpy(), np.float32)

    return forward


class _Whole:
    """A model that tokenises by itself: static vectors, words, several towers."""

    backend = "torch"

    def __init__(self, name: str, model: Any, why: str) -> None:
        self.name = name
        self.dimension = int(model.get_embedding_dimension())
        self.chosen = {"backend": self.backend, "why": why}
        self._model = model
        self._longest = int(min(model.max_seq_length or _LONGEST, _LONGEST))  # static models have none: infinity
        self._prompts = prompts_of(model.prompts or {}, model.default_prompt_name)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None, *, query: bool = False
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        done = 0
        for some in chunks(texts, self._longest):
            prompt = self._prompts.query if query else self._prompts.document
            found = self._model.encode(some, prompt=prompt, show_progress_bar=False, convert_to_numpy=True)
            vectors[done : done + len(some)] = unit(np.asarray(found, np.float32))
            done += len(some)
            if progress:
                progress(len(some))
        return vectors
