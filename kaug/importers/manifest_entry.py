"""An imported source → its table in `kb/manifest.toml`, as text, added to the file."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from kaug.errors import SourceError
from kaug.files import read_text
from kaug.rdf.sources import Source, read_manifest
from kaug.store.files import write_whole

__all__ = ["Entry", "add_entry", "entry_text"]


@dataclass(frozen=True)
class Entry:
    """The keys of a source in a manifest; see `kaug.rdf.sources.Source`."""

    path: str
    kind: str
    licence: str
    origin: str
    attribution: str
    sha256: str


def entry_text(id: str, entry: Entry) -> str:
    """Write a source's table.

    Args:
        id: The source's name.
        entry: Its keys; empty ones are left off.

    Returns:
        TOML.

    Examples:
        >>> print(entry_text("films", Entry("films.nq", "domain", "CC0-1.0", "", "", "ab12")), end="")
        [sources.films]
        path = "films.nq"
        kind = "domain"
        licence = "CC0-1.0"
        sha256 = "ab12"
    """
    name = id if re.fullmatch(r"[A-Za-z0-9_-]+", id) else _quoted(id)
    return f"[sources.{name}]\n" + "".join(f"{key} = {_quoted(text)}\n" for key, text in asdict(entry).items() if text)


def add_entry(manifest: Path, id: str, entry: Entry) -> None:
    """Add a source's table to the end of a manifest; where the source is there, bring its digest up to date.

    Args:
        manifest: The TOML file; it is made if absent.
        id: The source's name.
        entry: Its keys, the path relative to the manifest's folder.

    Raises:
        SourceError: The manifest has another source of that name, or is malformed. It is then left as it was.
    """
    text = read_text(manifest) if manifest.exists() else ""
    known = read_manifest(manifest).sources.get(id) if text else None
    wanted = Source(id, **{**asdict(entry), "path": manifest.parent / entry.path})
    if known is not None:
        for key in ("path", "kind", "licence", "origin", "attribution"):
            if str(getattr(known, key)) != str(getattr(wanted, key)):
                raise SourceError(
                    f"{manifest}: source {id!r} is there with another {key} ({getattr(known, key)}); "
                    f"this one has {getattr(wanted, key)}. Give this one another id, or take that one out."
                )
        text = _with_digest(text, id, known.sha256, entry.sha256)
    else:
        text += ("\n" if text.endswith("\n") else "\n\n" if text else "") + entry_text(id, entry)
    draft = manifest.with_name(f".{manifest.name}.new")
    try:
        manifest.parent.mkdir(parents=True, exist_ok=True)
        write_whole(draft, text)
        if read_manifest(draft).sources.get(id) != wanted:
            raise SourceError(f"{manifest}: source {id!r} cannot be added without changing others; add it by hand.")
        os.replace(draft, manifest)
    finally:
        draft.unlink(missing_ok=True)


def _with_digest(text: str, id: str, old: str, new: str) -> str:
    # Only within the source's own table: from its heading to the next.
    head = re.search(rf"^\[\s*sources\s*\.\s*(?:{re.escape(id)}|{re.escape(_quoted(id))})\s*\].*$", text, re.MULTILINE)
    if head is None:
        return text
    stop = re.search(r"^\[", text[head.end() :], re.MULTILINE)
    end = head.end() + stop.start() if stop else len(text)
    body = text[head.end() : end]
    if old:
        return text[: head.end()] + body.replace(old, new, 1) + text[end:]
    return text[: head.end()] + f"\nsha256 = {_quoted(new)}" + body + text[end:]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
