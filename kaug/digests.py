"""Settings, code and files → the digests that name them."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

__all__ = ["code_digest", "file_digest", "fingerprint", "safe_name"]


_SOURCE = {".py", ".j2", ".css"}


def fingerprint(**parts: Any) -> str:
    """Hash settings, input digests and versions to the hex digest that decides whether an artifact is up to date.

    Args:
        parts: Anything that JSON can hold.

    Returns:
        32 lower-case hex digits; the order of keys does not matter.

    Examples:
        >>> fingerprint(a=1, b=[2]) == fingerprint(b=[2], a=1)
        True
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def code_digest(*modules: str) -> str:
    """Hash the source of parts of kaug, so that an artifact made by other code counts as out of date.

    Args:
        modules: Files or folders below the package, such as `knowledge` or `tables.py`; of a folder modules, templates and
            style sheets count.

    Returns:
        Hex digest.
    """
    root = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for module in sorted(modules):
        place = root / module
        files = sorted(file for file in place.rglob("*") if file.suffix in _SOURCE) if place.is_dir() else [place]
        for file in files:
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """Hash a file with SHA-256 and return lower-case hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def safe_name(name: str) -> str:
    """Make a file name of an id: the id itself where it is a plain one, else a digest of it.

    Examples:
        >>> safe_name("world"), safe_name("../etc")
        ('world', 'dfb7dc9638aab3f1281dd8a8418d9cd1')
    """
    plain = re.fullmatch(r"\w[\w.-]{0,63}", name, re.ASCII)
    return name if plain else hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=16).hexdigest()
