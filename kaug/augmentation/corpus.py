"""Files of the user's texts → ids and texts."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kaug.errors import SourceError
from kaug.files import find_files, read_text
from kaug.tables import content_digest
from kaug.text import as_list

__all__ = ["read_corpus"]


def read_corpus(patterns: str | Sequence[str], root: Path) -> tuple[list[str], list[str]]:
    """Read texts from JSON lines (`{"id": …, "text": …}`) or plain text (paragraphs between empty lines).

    Args:
        patterns: A glob pattern, or several, relative to `root`.
        root: The folder of relative patterns.

    Returns:
        Ids and texts, in the order of the file names; a text without an id gets a digest of its content, with a number where
        an earlier one is equal. They are as written: `kaug.augmentation.hygiene.texts.clean_texts` breaks up special tokens.

    Raises:
        SourceError: A pattern matches no file, a line is not a JSON object with a string `text`, or an id occurs twice.
    """
    texts: dict[str, str] = {}
    again: Counter[str] = Counter()
    for pattern in as_list(patterns):
        files = find_files(root / pattern)
        if not files:
            raise SourceError(f"{root / pattern}: no such file; `texts` should name .jsonl or .txt files.")
        for file in files:
            for line, given, text in _read_file(file):
                key = given or content_digest(text, size=8)
                if not given and key in texts:
                    again[key] += 1
                    key = f"{key}-{again[key] + 1}"
                if key in texts:
                    raise SourceError(f"{file}:{line}: the id {key!r} occurs a second time.")
                texts[key] = text
    return list(texts), list(texts.values())


def _read_file(file: Path) -> list[tuple[int, str, str]]:
    """Return the line, the id, empty if there is none, and the text of each text of a file."""
    lines = read_text(file).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _read_rows(file, lines) if file.suffix == ".jsonl" else _read_paragraphs(lines)


def _read_paragraphs(lines: list[str]) -> list[tuple[int, str, str]]:
    paragraphs, first, words = [], 0, list[str]()
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            first = first if words else number
            words.extend(line.split())
        elif words:
            text = " ".join(words)
            paragraphs.append((first, "", text))
            words = []
    return paragraphs


def _read_rows(file: Path, lines: list[str]) -> list[tuple[int, str, str]]:
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{file}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise SourceError(f'{file}:{number}: should be an object with a string "text".')
        text, key = row["text"], row.get("id")
        key = "" if key is None else str(key)
        try:
            f"{key}{text}".encode()
        except UnicodeEncodeError as error:
            raise SourceError(f"{file}:{number}: half a surrogate pair, which no text may hold.") from error
        rows.append((number, key, text))
    return rows
