"""A template and values → a page that loads nothing: its style sheet, and text made fit to show."""

import functools
from typing import Any

import jinja2

from kaug.text import visible

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
