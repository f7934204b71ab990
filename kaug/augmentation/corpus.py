"""Files of the user's texts → ids and texts."""

import json
from collections.abc import Sequence
from pathlib import Path

from kaug.errors import SourceError
from kaug.tables import content_digest

__all__ = ["read_corpus"]


def read_corpus(patterns: str | Sequence[str], root: Path) -> tuple[list[str], list[str]]:
    """Read texts from JSON lines (`{"id": …, "text": …}`) or plain text (paragraphs between empty lines).

    Args:
        patterns: A glob pattern, or several, relative to `root`.
        root: The folder that they start from.

    Returns:
        Ids and texts, in the order of the file names; a text without an id gets a digest of its content.

    Raises:
        SourceError: A pattern matches no file, or a line is no JSON object with a string `text`.
    """
    ids: list[str] = []
    texts: list[str] = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        given = Path(pattern)
        files = [given] if given.is_absolute() else sorted(root.glob(pattern))
        files = [file for file in files if file.is_file()]
        if not files:
            raise SourceError(f"{root / pattern}: no such file; `texts` should name .jsonl or .txt files.")
        for file in files:
            for line, (key, text) in enumerate(_read_file(file), start=1):
                if key in ids:
                    raise SourceError(f"{file}:{line}: the id {key!r} stands there a second time.")
                ids.append(key)
                texts.append(text)
    return ids, texts


def _read_file(file: Path) -> list[tuple[str, str]]:
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: not UTF-8 at byte {error.start}.") from error
    if file.suffix != ".jsonl":
        paragraphs = [" ".join(part.split()) for part in content.split("\n\n")]
        return [(content_digest(text, size=8), text) for text in paragraphs if text]
    found = []
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SourceError(f"{file}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise SourceError(f'{file}:{number}: should be an object with a string "text".')
        found.append((str(row.get("id") or content_digest(row["text"], size=8)), row["text"]))
    return found
