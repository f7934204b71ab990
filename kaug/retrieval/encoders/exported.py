"""A sentence-transformers model → one ONNX file of its whole stack and its tokenizer, in the cache folder."""

import importlib.metadata
import importlib.util
import json
import logging
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

from kaug.errors import ModelError
from kaug.models.find import cache_dir
from kaug.retrieval.encoders.stack import load_stack, tokens_of
from kaug.retrieval.encoders.tokens import Prompts, Tokens
from kaug.store.digests import code_digest, file_digest, fingerprint

__all__ = ["NEEDS", "exported", "exported_tokens", "model_digest", "need", "versions"]

NEEDS = {"openvino": ("openvino", "onnx", "onnxscript"), "onnx": ("onnxruntime", "onnx", "onnxscript")}
"""The packages that a backend needs, all in the extra `fast`."""

_MADE_BY = ("torch", "transformers", "sentence-transformers", "onnx", "onnxscript")


def need(backend: str) -> None:
    """Refuse a backend whose packages are not installed.

    Raises:
        ModelError: Naming the packages, and how to get them.
    """
    missing = [name for name in NEEDS[backend] if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelError(
            f"The backend {backend!r} needs {', '.join(missing)}. Get it with: pip install 'kaug[fast]', or set the "
            "backend to 'torch'."
        )


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def model_digest(folder: Path) -> str:
    """Hash the files of a model: weights, settings, tokenizer."""
    kinds = {".safetensors", ".json", ".txt", ".model"}
    files = sorted(file for file in folder.rglob("*") if file.suffix in kinds and file.is_file())
    return fingerprint(files=[(file.relative_to(folder).as_posix(), file_digest(file)) for file in files])


def exported(name: str, folder: Path, digest: str) -> Path:
    """Return the folder with `model.onnx`, `tokenizer.json` and `about.json`, made if it is not there or damaged.

    The file computes one row for each row of `input_ids`, int64 (rows, length), none of which is padding: what a batch
    holds is of one length, and so there is no mask. It is made once for a model and the versions of what makes it.

    Args:
        name: The model's name, for messages.
        folder: The folder saved by sentence-transformers.
        digest: What `model_digest` makes of it.

    Raises:
        ModelError: The model cannot be exported.
    """
    mark = fingerprint(
        model=digest,
        versions=versions(*_MADE_BY),
        code=code_digest(__name__),
    )
    place = cache_dir() / "encoders" / mark
    if _intact(place):
        return place
    shutil.rmtree(place, ignore_errors=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        logging.getLogger(__name__).info("exporting %s to ONNX in %s, once", name, place)
        _export(name, folder, draft)
        try:
            draft.rename(place)
        except OSError:  # another process was first
            if not _intact(place):
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return place


def exported_tokens(place: Path) -> tuple[Tokens, int]:
    """Open the tokenizer in a folder that `exported` gave, without torch; with the dimension of the vectors."""
    from tokenizers import Tokenizer

    about = json.loads((place / "about.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    return Tokens(tokenizer, about["longest"], Prompts(**about["prompts"])), about["dimension"]


def _intact(place: Path) -> bool:
    try:
        about = json.loads((place / "about.json").read_text(encoding="utf-8"))
        return all(file_digest(place / name) == digest for name, digest in about["files"].items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def _export(name: str, folder: Path, draft: Path) -> None:
    import torch

    model = load_stack(name, folder).to("cpu")
    tokens = tokens_of(model)
    if isinstance(tokens, str):
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be exported to ONNX: {tokens}. Use the backend 'torch'."
        )

    class Stack(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}
            return self.model(features)["sentence_embedding"]

    free = torch.export.Dim.DYNAMIC
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Stack().eval(),
                (torch.arange(3 * 16).reshape(3, 16) % 7 + 1,),
                draft / "model.onnx",
                input_names=["input_ids"],
                output_names=["sentence_embedding"],
                dynamic_shapes=[{0: free, 1: free}],
                dynamo=True,
                verbose=False,
            )
    except Exception as error:  # whatever a model's code and the exporter raise
        why = str(error).strip().split("\n")[0]
        raise ModelError(
            f"{folder}: the encoder {name!r} cannot be exported to ONNX: {why} Use the backend 'torch'."
        ) from error
    (draft / "tokenizer.json").write_text(tokens.to_json(), encoding="utf-8")
    about = {
        "dimension": int(model.get_embedding_dimension()),
        "longest": tokens.longest,
        "prompts": {"query": tokens.prompts.query, "document": tokens.prompts.document},
        "files": {file.name: file_digest(file) for file in sorted(draft.iterdir())},
    }
    (draft / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
