"""Checks of a model's folder before anything in it is used, and its digest.

Folders are not trusted: settings must not name code, sizes must be plausible, and weights must be present, complete and
finite. Otherwise an error names the file.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kaug.errors import ModelError
from kaug.store.digests import file_digest, fingerprint

if TYPE_CHECKING:
    import torch

__all__ = ["check_encoder", "check_files", "check_finite", "model_digest", "naming", "weight_shapes"]

LARGEST_SETTINGS = 16 << 20
"""Maximum bytes of a settings file; a tokenizer's with 6,000 reserved tokens has 1.2 MB."""

LARGEST_TOKENIZER = 1 << 30
"""Maximum bytes of other files except weights; the largest vocabularies of the hub have 35 MB."""

LARGEST_SIZE = 1 << 24
"""Maximum of a size in a configuration; the longest context of the hub has 10,485,760 positions."""

MOST_LAYERS = 2_000
"""Maximum of layers; the deepest language models of the hub have some 130."""

_SETTINGS = {
    "adapter_config.json",
    "added_tokens.json",
    "config.json",
    "config_sentence_transformers.json",
    "model.safetensors.index.json",
    "modules.json",
    "preprocessor_config.json",
    "processor_config.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
}
_IN_NUMPY = {"F16", "F32", "F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "BOOL"}
_HASHED = {".jinja", ".json", ".model", ".safetensors", ".tiktoken", ".txt"}
_NAMES_OF_LAYERS = ("num_hidden_layers", "num_layers", "n_layer", "n_layers", "num_decoder_layers", "encoder_layers")


def check_files(folder: Path, *, weights: bool = True) -> dict[str, Any]:
    """Check a folder of a language model, or a part of an encoder, without loading it.

    Args:
        folder: The folder.
        weights: Whether weights are required.

    Returns:
        The content of `config.json`.

    Raises:
        ModelError: A file is not regular, too large, or not JSON; it names code or another model to load; `config.json`
            is missing, has no model type, or implausible sizes; weights are missing, truncated, or not in safetensors.
    """
    settings = _settings(folder)
    config: dict[str, Any] | None = settings.get("config.json")
    if config is None:
        raise ModelError(f"{folder / 'config.json'}: missing. Name a folder saved by transformers.")
    if not isinstance(config.get("model_type"), str):
        raise ModelError(f"{folder / 'config.json'}: should say of which type the model is: 'model_type'.")
    _check_sizes(config, folder / "config.json")
    if weights:
        _check_weights(folder, settings, config)
    return config


def check_encoder(folder: Path) -> None:
    """Check a folder of a sentence encoder without loading it: settings, modules and finite weights.

    Raises:
        ModelError: As for `check_files`, for any module; or a module's class is not of sentence-transformers, or its
            folder is outside.
    """
    settings = _settings(folder)
    if "modules.json" not in settings:
        check_files(folder)
        files = sorted(folder.glob("*.safetensors"))
    else:
        files = []
        for module in settings["modules.json"]:
            files += _check_module(folder, module)
    for file in files:
        _check_finite_file(file)


def _check_module(folder: Path, module: Any) -> list[Path]:
    where = folder / "modules.json"
    kind, path = (module.get("type"), module.get("path")) if isinstance(module, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(path, str):
        raise ModelError(f"{where}: each module should have a type and a path; found {str(module)[:80]}.")
    if not kind.startswith("sentence_transformers."):
        raise ModelError(
            f"{where}: names code of its own, {kind[:80]!r}; only modules of sentence-transformers are loaded."
        )
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ModelError(f"{where}: {path!r} leads out of the folder.")
    part = folder / path
    if kind.rpartition(".")[2] != "Transformer" and not part.exists():
        return []  # a module without settings or weights
    settings = _settings(part)
    _check_sizes(settings.get("config.json", {}), part / "config.json")
    files = sorted(part.glob("*.safetensors"))
    if kind.rpartition(".")[2] == "Transformer" or any(part.glob("pytorch_model*.bin")):
        _check_weights(part, settings, {})
    return files


def weight_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Read the names and shapes of a folder's weights from the headers of its safetensors."""
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with naming(file, "weights"), safe_open(file, "np") as tensors:
            for name in tensors.keys():  # noqa: SIM118
                shapes[name] = tuple(tensors.get_slice(name).get_shape())
    return shapes


def check_finite(tensors: "Mapping[str, torch.Tensor]", where: Path) -> None:
    """Raise an error for weights with NaN or infinite numbers; `where` is their file or folder."""
    import torch

    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise _not_finite(where, name)


def _check_finite_file(file: Path) -> None:
    """Refuse a file with weights that are not finite, without torch (an exported encoder runs without) but for bfloat16."""
    import numpy as np
    from safetensors import safe_open

    with naming(file, "weights"), safe_open(file, "np") as tensors:
        kinds = {name: tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
        for name in (name for name, kind in kinds.items() if kind in _IN_NUMPY):
            if not np.isfinite(tensors.get_tensor(name)).all():
                raise _not_finite(file, name)
    if others := [name for name, kind in kinds.items() if kind not in _IN_NUMPY]:
        with naming(file, "weights"), safe_open(file, "pt") as tensors:
            check_finite({name: tensors.get_tensor(name) for name in others}, file)


def _not_finite(where: Path, name: str) -> ModelError:
    return ModelError(f"{where}: the weights {name!r} hold NaN or infinite numbers. Download the model again.")


def model_digest(folder: Path) -> str:
    """Hash every file of a model that kaug uses: weights, settings, tokenizer, chat template, modules."""
    folders = [folder]
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        folders += [
            folder / module["path"] for module in modules if module["path"] and (folder / module["path"]).is_dir()
        ]
    try:
        files = sorted(
            {file for part in folders for file in part.iterdir() if file.suffix in _HASHED and file.is_file()}
        )
        digests = {file.relative_to(folder).as_posix(): file_digest(file) for file in files}
    except OSError as error:
        raise ModelError(f"{error.filename or folder}: cannot be read: {error.strerror}.") from error
    digests.pop("manifest.json", None)  # of the artifact that a trained or converted model is
    return fingerprint(files=digests)


@contextlib.contextmanager
def naming(where: Path, kind: str) -> Iterator[None]:
    """Turn any error of loading a file into a ModelError that names the file and its kind."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
        raise ModelError(
            f"{where}: the {kind} cannot be loaded: {reason}. Download the model again, or name another."
        ) from error


def _settings(folder: Path) -> dict[str, Any]:
    """Read the files of settings directly in a folder, by name."""
    read: dict[str, Any] = {}
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise ModelError(f"{folder}: cannot be read: {error.strerror}. Name a folder with a model.") from error
    for file in files:
        if file.is_dir():
            continue
        if not file.is_file():
            raise ModelError(f"{file}: no regular file. Name a folder that holds only files.")
        size = file.stat().st_size
        if file.name not in _SETTINGS:
            if size > LARGEST_TOKENIZER and file.suffix in _HASHED - {".safetensors"}:
                raise ModelError(f"{file}: {size:,} bytes; at most {LARGEST_TOKENIZER:,} are read.")
            continue
        if size > LARGEST_SETTINGS:
            raise ModelError(f"{file}: {size:,} bytes; at most {LARGEST_SETTINGS:,} are read.")
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ModelError(
                f"{file}: no JSON: {type(error).__name__}: {str(error)[:200]}. Download the model again."
            ) from error
        if not isinstance(content, list if file.name == "modules.json" else dict):
            raise ModelError(f"{file}: should hold a JSON {'array' if file.name == 'modules.json' else 'object'}.")
        read[file.name] = content
        for key, value in _pairs(content):
            if key == "auto_map":
                raise ModelError(
                    f"{file}: names code of the folder ('auto_map'), which kaug never runs. If transformers knows the model "
                    "without it, remove the key."
                )
            if key.endswith("attn_implementation") and isinstance(value, str) and "/" in value:
                raise ModelError(f"{file}: names code to be fetched ({key!r}: {value[:80]!r}), which kaug never does.")
    if "adapter_config.json" in read:
        raise ModelError(
            f"{folder / 'adapter_config.json'}: an adapter of another model. Merge it into that, and name the result."
        )
    return read


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the keys and values of nested JSON objects."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value.items()
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _check_sizes(config: Any, file: Path) -> None:
    for key, value in _pairs(config):
        if isinstance(value, bool) or not isinstance(value, int | float) or "theta" in key:
            continue
        most = MOST_LAYERS if key in _NAMES_OF_LAYERS else LARGEST_SIZE
        if not -LARGEST_SIZE <= value <= most:
            raise ModelError(f"{file}: {key!r} is {str(value)[:40]}; at most {most:,} is taken.")


def _check_weights(folder: Path, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    index = settings.get("model.safetensors.index.json")
    if index is not None and not (folder / "model.safetensors").is_file():
        names = index.get("weight_map")
        if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
            raise ModelError(
                f"{folder / 'model.safetensors.index.json'}: should hold a 'weight_map' from names to files."
            )
        for name in sorted(set(names.values())):
            if Path(name).name != name or not (folder / name).is_file():
                raise ModelError(f"{folder / name}: missing, though model.safetensors.index.json names it.")
    elif not (folder / "model.safetensors").is_file():
        others = [file.name for file in sorted(folder.glob("*.bin"))]
        present = f"only {', '.join(others)[:100]}, which may hold code" if others else "none"
        raise ModelError(
            f"{folder}: should hold model.safetensors; kaug reads no other weights, and there is {present}."
        )
    count = len(weight_shapes(folder))
    layers = max(
        (value for key, value in _pairs(config) if key in _NAMES_OF_LAYERS and isinstance(value, int)), default=0
    )
    if layers > count:
        raise ModelError(f"{folder / 'config.json'}: names {layers:,} layers, but there are only {count:,} weights.")
