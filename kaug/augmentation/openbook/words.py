"""`words.toml` → the words around facts in texts, by language."""

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["Words", "words_of"]


class Words(NamedTuple):
    """How facts stand in texts of a language; `words.toml` says what each means."""

    brackets: tuple[str, str] = (" (", ")")
    apart: str = "; "
    absent: str = ""
    follow: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()


@cache
def words_of(language: str) -> Words:
    """Return the words of a language; brackets alone for a language that has none.

    Examples:
        >>> words_of("zh-Hant").brackets, words_of("eo").absent
        (('（', '）'), '')
    """
    file = resources.files("kaug.augmentation.openbook") / "words.toml"
    entry = tomllib.loads(file.read_text(encoding="utf-8")).get(language.split("-", maxsplit=1)[0])
    if entry is None:
        return Words()
    lists = {name: frozenset(entry.get(name, "").split()) for name in ("follow", "open", "titles", "joined")}
    return Words(tuple(entry["brackets"]), entry["apart"], entry["absent"], **lists)
