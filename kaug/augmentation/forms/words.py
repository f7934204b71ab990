"""A form and a language → the fixed words of the form, from `reasoning.toml`."""

import tomllib
from pathlib import Path
from typing import Any

__all__ = ["words_of_form"]

_WORDS: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("reasoning.toml").read_text(encoding="utf-8")
)


def words_of_form(form: str, language: str) -> dict[str, Any]:
    """Return the fixed words of a form; none in a language that it is not written in.

    Examples:
        >>> words_of_form("true-false", "en-GB")["yes"], words_of_form("true-false", "fr")
        ('True.', {})
    """
    return _WORDS.get(language.split("-", maxsplit=1)[0], {}).get(form, {})
