"""Templates of a question → those that ask for its only answer, or for all of its answers; the answers joined."""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from kaug.wording.frames import record_templates
from kaug.wording.plural import in_plural

__all__ = ["ask_for_all", "ask_for_one", "definite", "in_sentences", "join_names"]

_SENTENCE = re.compile(r"(?:\S+\s+){3}.*[.!?]$")
_SETS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _words(language: str) -> dict[str, str]:
    return _SETS.get(language.split("-", maxsplit=1)[0], {})


def ask_for_one(templates: Sequence[str], language: str) -> list[str]:
    """Leave out questions in the plural, if there are others: the answer is one.

    Examples:
        >>> ask_for_one(["What is a language of {s}?", "What are the languages of {s}?"], "en")
        ['What is a language of {s}?']
        >>> ask_for_one(["Who are the children of {s}?"], "en")
        ['Who are the children of {s}?']
    """
    words = _words(language)
    return [text for text in templates if not (words and re.search(words["plural"], text))] or list(templates)


def ask_for_all(templates: Sequence[str], language: str) -> list[str]:
    """Turn questions into ones that ask for all answers; those that ask for one of several are left out.

    In English a question whose noun is known is put into the plural. Others say that all are wanted.

    Examples:
        >>> ask_for_all(["Which country borders {o}?", "What borders {o}?", "Name a country that borders {o}."], "en")
        ['Which countries border {o}?', 'What borders {o}? Name all.']
        >>> ask_for_all(["What is the genre of {s}?", "What are the genres of {s}?", "Tell me the genre of {s}."], "en")
        ['What are the genres of {s}?', 'Tell me the genres of {s}.']
        >>> ask_for_all(["Qui a écrit {s} ?"], "fr")
        []
    """
    words = _words(language)
    if not words:
        return []
    asked = []
    for text in definite(templates, language):
        several = text if re.search(words["plural"], text) else in_plural(text) if words is _SETS["en"] else ""
        asked.append(several or words["all"].replace("{}", text))
    return list(dict.fromkeys(asked))


def definite(templates: Sequence[str], language: str) -> list[str]:
    """Return the templates that do not speak of one of several.

    Examples:
        >>> definite(["the capital of {s}", "a country in {o}", "one of the languages of {s}"], "en")
        ['the capital of {s}']
    """
    words = _words(language)
    return [template for template in templates if not (words and re.search(words["some"], template))]


def in_sentences(templates: Sequence[str], language: str) -> list[str]:
    """Return the templates that are not those of a record, which read badly as parts of a sentence.

    Examples:
        >>> in_sentences(["{s} — spouse: ?", "Who is the spouse of {s}?", "the value of “spouse” for {s}"], "en")
        ['Who is the spouse of {s}?']
    """
    return [template for template in templates if not _record(language).fullmatch(template)]


@lru_cache
def _record(language: str) -> re.Pattern[str]:
    name = "\ue000"
    texts = {text for tag in {language, "en"} for texts in record_templates(name, tag).values() for text in texts}
    return re.compile("|".join(re.escape(text).replace(name, ".+") for text in sorted(texts)))


def join_names(names: Sequence[str], language: str) -> tuple[str, dict[str, int]]:
    """Join different names as a sentence lists them; also return where each starts.

    Examples:
        >>> join_names(["tea", "rye", "salt"], "en")
        ('tea, rye and salt', {'tea': 0, 'rye': 5, 'salt': 13})
        >>> join_names(["Lorn, Holm", "salt and rye"], "en")[0], join_names(["茶", "盐"], "zh")[0]
        ('Lorn, Holm; salt and rye', '茶和盐')
        >>> join_names(["P.S.", "Help!", "Salt"], "en")[0], join_names(["It is a salt.", "It is a rye."], "en")[0]
        ('P.S., Help! and Salt', 'It is a salt. It is a rye.')
        >>> join_names(["Lorn F.C.", "Holm F.C."], "en")[0]
        'Lorn F.C. and Holm F.C.'
    """
    text, starts = names[0], {names[0]: 0}
    if not names[1:]:
        return text, starts
    words = _words(language)
    apart = any(words[mark] in name for name in names for mark in ("comma", "last"))
    sentences = all(_SENTENCE.search(name) for name in names[:-1])
    for name in names[1:]:
        text += " " if sentences else words["apart" if apart else "last" if name == names[-1] else "comma"]
        starts[name] = len(text)
        text += name
    return text, starts
