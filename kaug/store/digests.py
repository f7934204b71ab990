"""Settings, code and files → the digests that name them."""

import ast
import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import inspect
import json
import re
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kaug.files import open_file

__all__ = ["code_digest", "file_digest", "fingerprint", "safe_name"]


def fingerprint(**parts: Any) -> str:
    """Hash settings, input digests and versions to 32 hex digits that decide whether an artifact is up to date.

    Args:
        parts: JSON values, dataclasses and functions. A function of kaug counts by its name, since `code_digest` covers its
            code; another one by its source, without the code that it calls; any other value by its `str`.

    Examples:
        >>> fingerprint(a=1, b=[2]) == fingerprint(b=[2], a=1)
        True
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_as_json)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _as_json(value: Any) -> Any:
    """Convert a value for JSON; the `str` of a function would contain its address, which differs in each process."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, type) or not callable(value):
        return str(value)
    function = value if hasattr(value, "__qualname__") else type(value)
    name = [getattr(function, "__module__", ""), getattr(function, "__qualname__", "")]
    return name if str(name[0]).startswith("kaug.") else [*name, _source_of(function)]


def _source_of(function: Any) -> Any:
    """Return a function's source, or its byte code where there is no source, as in an interpreter."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return code and _byte_code(code)


def _byte_code(code: types.CodeType) -> list[Any]:
    """Return what decides what code does, without the numbers of its lines."""
    constants = [
        _byte_code(one)
        if isinstance(one, types.CodeType)
        else sorted(map(repr, one))  # a set has no order of its own
        if isinstance(one, frozenset)
        else repr(one)
        for one in code.co_consts
    ]
    arguments = [code.co_flags, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount]
    names = [code.co_qualname, code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars]
    return [code.co_code.hex(), code.co_exceptiontable.hex(), arguments, names, constants]


def code_digest(*modules: str, root: Path | None = None) -> str:
    """Hash modules of kaug and all that they import, so that an artifact made by other code is out of date.

    Imports are read from the source, except those under `if TYPE_CHECKING`. The digest is of the code without comments and
    docstrings, of the templates, style sheets and lists in the same folders, and of the versions of installed packages.

    Args:
        modules: Dotted names, such as `kaug.exam.draw`.
        root: The folder that holds the package `kaug`; by default that of this module.

    Raises:
        ModuleNotFoundError: There is no such module.

    Examples:
        >>> code_digest("kaug.tables") == code_digest("kaug.tables")
        True
    """
    root = root or Path(__file__).parents[2]
    digests: dict[str, str] = {}
    packages: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in digests or name in _WITHOUT_EFFECT:
            continue
        digests[name], own, installed = _read_module(name, root)
        packages |= installed
        waiting.extend(own)
    return fingerprint(code=digests, packages={name: _version(name) for name in packages})


_WITHOUT_EFFECT = {"kaug", "kaug.errors", "kaug.progress", "kaug.version"}
"""Modules that affect no content: messages, progress, the version's number."""


@functools.cache
def _read_module(name: str, root: Path) -> tuple[str, frozenset[str], frozenset[str]]:
    """Return a module's digest, the modules of kaug that it imports, and the installed packages that it imports."""
    path = _source(name, root)
    if path is None:
        raise ModuleNotFoundError(f"There is no module {name!r} in kaug.")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own, installed = set[str](), set[str]()
    for target in _imports(tree):
        if target.partition(".")[0] != "kaug":
            installed.add(target.partition(".")[0])
            continue
        parts = target.split(".")
        # `from kaug.html import page` names a module, `from kaug.html.page import count` a part of one.
        candidates = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        own.add(next(module for module in candidates if module == "kaug" or _source(module, root)))
    own |= {name.rpartition(".")[0]}  # importing a module runs the package that it is in
    without_docstrings = compile(tree, "", "exec", dont_inherit=True, optimize=2)
    digest = hashlib.blake2b(json.dumps(_byte_code(without_docstrings)).encode(), digest_size=16)
    for file in sorted(file for file in path.parent.iterdir() if file.suffix in {".j2", ".css", ".toml", ".tsv"}):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest(), frozenset(own), frozenset(installed - sys.stdlib_module_names)


def _source(name: str, root: Path) -> Path | None:
    module = root.joinpath(*name.split("."))
    return next((file for file in (module.with_suffix(".py"), module / "__init__.py") if file.is_file()), None)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (one.name for one in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{one.name}" for one in node.names)
    typing_only = isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
    for block in ("orelse",) if typing_only else ("body", "orelse", "handlers", "finalbody", "cases"):
        for child in getattr(node, block, ()):
            yield from _imports(child)


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


@functools.cache
def _version(package: str) -> str:
    versions = []
    for name in sorted(set(_distributions().get(package, [package]))):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{name} {importlib.metadata.version(name)}")
    return ", ".join(versions)


def file_digest(path: Path) -> str:
    """Hash a file with SHA-256 and return lower-case hex."""
    with open_file(path) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def safe_name(name: str) -> str:
    """Turn an id into a file name: the id itself if it is plain, otherwise a digest of it.

    Examples:
        >>> safe_name("world"), safe_name("../etc")
        ('world', 'dfb7dc9638aab3f1281dd8a8418d9cd1')
    """
    plain = re.fullmatch(r"\w[\w.-]{0,63}", name, re.ASCII)
    return name if plain else hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=16).hexdigest()
