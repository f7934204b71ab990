"""Any text → a text fit to be shown on a terminal or a page."""

import unicodedata

__all__ = ["visible"]

_HIDDEN = {"Cc", "Cs", "Cn"}
_TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def visible(text: str, limit: int | None = 400) -> str:
    """Cut a text that is too long, and replace what would not show, steer a terminal, or turn the text around it about.

    Args:
        text: Any text.
        limit: The most characters to keep; None keeps all.

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
    return "".join(
        "\ufffd" if c in _TURNS or (unicodedata.category(c) in _HIDDEN and c not in "\n\t") else c for c in cut
    )
