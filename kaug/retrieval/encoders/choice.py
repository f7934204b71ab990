"""A model → the fastest backend here whose vectors agree with those of torch in float32, measured once a machine."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaug.errors import ModelError
from kaug.models.cache import cache_dir, writing_to_cache
from kaug.models.precision import processor
from kaug.retrieval.encoders.backends import NEEDS, has_bf16, missing, runs_bf16, threads
from kaug.store.digests import code_digest, fingerprint
from kaug.store.files import write_whole

__all__ = ["AGREEING", "SAMPLE", "candidates", "choice_file", "kept_choice", "make_choice"]

AGREEING = 0.999
"""The minimum cosine to torch in float32, over all of a sample, that a backend must reach."""

# The minimum speed relative to torch, so that noise in a measurement does not decide.
_CLEARLY = 1.15
_ROUNDS = 3
SAMPLE = [
    f"{start} {noun} of {country} {end}"
    for start, end in (("The", "is well known."), ("What is the", "called?"), ("Long before the", "was " + "old " * 30))
    for noun in ("capital", "currency", "largest river")
    for country in ("Togo", "Peru", "the Kingdom of Bhutan", "North Rhine-Westphalia", "São Tomé")
] + ["", "?", "مرحبا بالعالم", "東京は日本の首都です。", "😀 ok"]
"""The texts for measuring backends."""


def candidates() -> list[str]:
    """Return the backends that can run here, `torch` first: on a GPU torch's alone, else what is installed."""
    import torch

    names = ["torch", *(["torch-bf16"] if runs_bf16() else [])]
    if torch.cuda.is_available():
        return names
    names += [backend for backend in NEEDS if not missing(backend)]
    return [*names, "openvino-bf16"] if "openvino" in names and has_bf16() else names


def kept_choice(digest: str) -> dict[str, Any] | None:
    """Return the choice that `make_choice` saved for a model on this machine with these versions; None if there is none."""
    try:
        choice = json.loads(choice_file(digest).read_text(encoding="utf-8"))
        return choice if isinstance(choice["backend"], str) and isinstance(choice["measured"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make_choice(digest: str, names: list[str], load: Callable[[str], Any]) -> dict[str, Any]:
    """Measure backends on a sample of texts, choose one, and save the choice.

    Args:
        digest: The model's digest.
        names: The backends, `torch` first.
        load: Makes an encoder of a backend; a `ModelError` excludes the backend, except `torch`.

    Returns:
        `{"backend": …, "measured": {backend: {"texts_per_second": …, "cosine": …} or {"why": …}}}`. The backend is the
        fastest whose minimum cosine to `torch` reaches `AGREEING`, and `torch` if none is clearly faster than that.
    """
    encoders: dict[str, Any] = {"torch": load("torch")}
    measured: dict[str, dict[str, Any]] = {}
    for name in names[1:]:
        try:
            encoders[name] = load(name)
        except ModelError as error:
            measured[name] = {"why": str(error)}
    plain = encoders["torch"].encode(SAMPLE)
    best = dict.fromkeys(encoders, np.inf)
    for name, encoder in encoders.items():
        measured[name] = {"cosine": round(_least_cosine(encoder.encode(SAMPLE), plain), 6)}
    for _ in range(_ROUNDS):
        for name, encoder in encoders.items():
            started = time.perf_counter()
            encoder.encode(SAMPLE)
            best[name] = min(best[name], time.perf_counter() - started)
    for name in encoders:
        measured[name]["texts_per_second"] = round(len(SAMPLE) / best[name], 1)
    agreeing = [name for name in encoders if measured[name]["cosine"] >= AGREEING]
    fastest = min(agreeing, key=best.__getitem__)
    clearly = best["torch"] / best[fastest] >= _CLEARLY
    choice = {"backend": fastest if clearly else "torch", "measured": measured}
    file = choice_file(digest)
    with writing_to_cache():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(choice, indent=1))
    return choice


def _least_cosine(rows: NDArray[np.float32], plain: NDArray[np.float32]) -> float:
    """Return the minimum cosine to the rows of torch; where torch gives zeros, for texts without tokens, so must the other."""
    cosine = (rows * plain).sum(axis=1)
    empty = ~plain.any(axis=1)
    cosine[empty] = ~rows[empty].any(axis=1)
    return float(cosine.min())


def choice_file(digest: str) -> Path:
    """Return the path of the choice for a model on this machine, which may not exist."""
    mark = fingerprint(
        model=digest,
        processor=processor(),
        gpu=[Path("/dev/nvidiactl").exists(), os.environ.get("CUDA_VISIBLE_DEVICES")],
        threads=threads(),
        code=code_digest("kaug.retrieval.encoder"),
    )
    return cache_dir() / "encoders" / f"{mark}.json"
