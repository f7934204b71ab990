"""Any text → a text that is safe to show on a terminal or a page."""

import re
import unicodedata

__all__ = ["DIRECTIONAL", "visible"]

DIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that change the direction of the text around them, as ranges inside a regular expression's brackets."""

_DIRECTIONAL = re.compile(f"[{DIRECTIONAL}]")


def visible(text: str, limit: int | None = 400) -> str:
    """Cut a long text, and replace characters that do not show, control a terminal, or change the direction of text.

    Args:
        text: Any text.
        limit: The maximum of characters to keep; None keeps all.

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
