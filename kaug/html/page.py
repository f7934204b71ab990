"""A template and values → a page that loads nothing: its style sheet, and text made fit to show."""

import functools
import unicodedata
from typing import Any

import jinja2

__all__ = ["count", "environment", "visible"]


@functools.cache
def environment(folder: str) -> jinja2.Environment:
    """Make the environment for the templates in one of the package's folders.

    Args:
        folder: Below `kaug`, such as `evaluation`. A template finds the style sheet of all pages as `page.css`.

    Returns:
        An environment that escapes every value, but in Markdown, and refuses names that are not there. Its filters are
        `count` and `visible`.
    """
    found = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("kaug", folder),
                jinja2.PackageLoader("kaug", "html"),
            ]
        ),
        autoescape=lambda name: name is None or not name.endswith(".md.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"count": count, "visible": visible}
    return found


def count(value: Any) -> str:
    """Write a whole number with thousands separators, None as a dash, anything else as it is."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def visible(text: str, limit: int = 400) -> str:
    """Cut a text that is too long, and replace what would not show or would turn the text around it about.

    Args:
        text: Any text.
        limit: The most characters to keep.

    Returns:
        The text with control and directional characters (line ends and tabs aside) as U+FFFD.

    Examples:
        >>> visible("abc", limit=2)
        'ab…'
    """
    hidden = {"Cc", "Cs", "Cn"}
    turns = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    cut = text if len(text) <= limit else text[:limit].rstrip() + "…"
    return "".join(
        "\ufffd" if c in turns or (unicodedata.category(c) in hidden and c not in "\n\t") else c for c in cut
    )
