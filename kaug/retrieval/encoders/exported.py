"""A sentence-transformers model → one ONNX file of its whole stack and its tokenizer, in the cache folder.

Sentence-transformers' own ONNX and OpenVINO backends need optimum, which has no release for transformers 5.
"""

import importlib.metadata
import json
import logging
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

from kaug.errors import ModelError
from kaug.models.cache import cache_dir
from kaug.retrieval.encoders.backends import load_sentence_transformer, tokens_of
from kaug.store.digests import code_digest, file_digest, fingerprint

__all__ = ["exported"]


def exported(name: str, folder: Path, digest: str) -> Path:
    """Return the folder with `model.onnx`, `tokenizer.json` and `about.json`, made if it is missing or damaged.

    The model computes one row for each row of `input_ids`, int64 (rows, length), without padding: the sequences of a batch
    have one length, and so there is no mask. It is made once for a model and the versions of the libraries.

    Args:
        name: The model's name, for messages.
        folder: The folder saved by sentence-transformers.
        digest: Its `kaug.models.check.model_digest`.

    Raises:
        ModelError: The model cannot be exported.
    """
    versions = [importlib.metadata.version(package) for package in ("onnx", "onnxscript")]
    path = cache_dir() / "encoders" / fingerprint(model=digest, onnx=versions, code=code_digest(__name__))
    if _intact(path):
        return path
    shutil.rmtree(path, ignore_errors=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        logging.getLogger(__name__).info("exporting %s to ONNX in %s, once", name, path)
        _export(name, folder, draft)
        try:
            draft.rename(path)
        except OSError:  # another process was first
            if not _intact(path):
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return path


def _intact(path: Path) -> bool:
    try:
        about = json.loads((path / "about.json").read_text(encoding="utf-8"))
        return all(file_digest(path / name) == digest for name, digest in about["files"].items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def _export(name: str, folder: Path, draft: Path) -> None:
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
        raise refused(str(error).strip().split("\n")[0]) from error
    (draft / "tokenizer.json").write_text(tokens.to_json(), encoding="utf-8")
    about = {
        "dimension": int(model.get_embedding_dimension()),
        "longest": tokens.longest,
        "prompts": {"query": tokens.prompts.query, "document": tokens.prompts.document},
        "files": {file.name: file_digest(file) for file in sorted(draft.iterdir())},
    }
    (draft / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
