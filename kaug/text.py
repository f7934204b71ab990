"""Texts as arguments, and texts for terminals and pages."""

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["DIRECTIONAL", "as_list", "duration", "visible"]

DIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that change the direction of text, as ranges for a regular expression's brackets."""

_DIRECTIONAL = re.compile(f"[{DIRECTIONAL}]")


def visible(text: str, limit: int | None = 400) -> str:
    """Cut a long text, and replace characters that are invisible, control a terminal, or change the direction of text.

    Args:
        text: Any text.
        limit: The maximum number of characters; None keeps all.

    Returns:
        The text with control and directional characters (line ends and tabs aside) as U+FFFD.

    Examples:
        >>> visible("abc", limit=2)
        'ab…'
        >>> visible("red" + chr(27) + "[0m")
        'red�[0m'
    """
    cut = text if limit is None or len(text) <= limit else text[:limit].rstrip() + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    cut = _DIRECTIONAL.sub("\ufffd", cut)
    hidden = ("Cc", "Cs", "Cn")  # control characters, surrogates, unassigned
    return "".join("\ufffd" if c not in "\n\t" and unicodedata.category(c) in hidden else c for c in cut)


def as_list(given: str | Sequence[str]) -> list[str]:
    """Return one text, or several, as a list.

    Examples:
        >>> as_list("en"), as_list(("en", "zh"))
        (['en'], ['en', 'zh'])
    """
    return [given] if isinstance(given, str) else list(given)


def duration(seconds: float | None, *, about: bool = False) -> str:
    """Format a time span in seconds; an estimate only has its largest unit.

    Examples:
        >>> duration(93.2), duration(4.5), duration(7300), duration(None)
        ('1 min 33 s', '4.50 s', '2 h 01 min', '–')
        >>> duration(8, about=True), duration(200, about=True), duration(9000, about=True)
        ('8 s', '3 min', '2.5 h')
    """
    if seconds is None:
        return "–"
    if about and seconds >= 90:
        return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
    if about or seconds < 60:
        return f"{seconds:.0f} s" if about else f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
