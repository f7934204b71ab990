"""Any text → escaped text for one line of Markdown."""

from kaug.html.page import visible

__all__ = ["markdown_line"]

_ESCAPED = str.maketrans({c: f"\\{c}" for c in "\\`*_|~#[]!"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


def markdown_line(value: object) -> str:
    r"""Escape a value for one line of Markdown, in tables too.

    Args:
        value: Any value; its text is escaped.

    Returns:
        One line without headings, links, HTML, control or bidirectional characters.

    Examples:
        >>> markdown_line("# <b>a|b</b>")
        '\\# &lt;b&gt;a\\|b&lt;/b&gt;'
    """
    text = str(value)
    return " ".join(visible(text, limit=len(text)).split()).translate(_ESCAPED)
