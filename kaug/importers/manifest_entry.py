"""An imported source → its entry in `kb/manifest.toml`, as text, added to the file."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kaug.errors import SourceError
from kaug.files import read_text
from kaug.rdf.sources import Source, read_manifest
from kaug.store.files import write_whole

__all__ = ["add_entry", "entry_text"]


def entry_text(id: str, entry: Mapping[str, Any]) -> str:
    """Write a source's entry as TOML, without empty values.

    Examples:
        >>> print(entry_text("films", {"path": "films.nq", "kind": "domain", "origin": ""}), end="")
        [sources.films]
        path = "films.nq"
        kind = "domain"
    """
    name = id if re.fullmatch(r"[A-Za-z0-9_-]+", id) else _quoted(id)
    return f"[sources.{name}]\n" + "".join(f"{key} = {_quoted(text)}\n" for key, text in entry.items() if text)


def add_entry(manifest: Path, id: str, entry: Mapping[str, Any]) -> None:
    """Append a source's entry to a manifest, or create it; if it has the source, update the digest.

    Raises:
        SourceError: The manifest is malformed, or has another source of that id; it is not changed.
    """
    text = read_text(manifest) if manifest.exists() else ""
    known = read_manifest(manifest).sources.get(id) if text else None
    new = Source(id, **{**entry, "path": manifest.parent / entry["path"]})
    if known is None:
        text += ("\n" if text.endswith("\n") else "\n\n" if text else "") + entry_text(id, entry)
    else:
        for key in ("path", "kind", "licence", "origin", "attribution"):
            if str(getattr(known, key)) != str(getattr(new, key)):
                raise SourceError(
                    f"{manifest}: source {id!r} is there with another {key} ({getattr(known, key)}); "
                    f"this one has {getattr(new, key)}. Give this one another id, or take that one out."
                )
        text = _with_digest(text, id, known.sha256, new.sha256)
    draft = manifest.with_name(f".{manifest.name}.new")
    try:
        manifest.parent.mkdir(parents=True, exist_ok=True)
        write_whole(draft, text)
        if read_manifest(draft).sources.get(id) != new:
            raise SourceError(f"{manifest}: source {id!r} cannot be added without changing others; add it manually.")
        os.replace(draft, manifest)
    finally:
        draft.unlink(missing_ok=True)


def _with_digest(text: str, id: str, old: str, new: str) -> str:
    tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    heading = re.compile(rf"\[\s*sources\s*\.\s*(?:{re.escape(id)}|{re.escape(_quoted(id))})\s*\]")
    for number, table in enumerate(tables):
        if heading.match(table):
            line, _, rest = table.partition("\n")
            tables[number] = table.replace(old, new, 1) if old else f"{line}\nsha256 = {_quoted(new)}\n{rest}"
    return "".join(tables)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
