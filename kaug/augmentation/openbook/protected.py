"""A text, plain or in Markdown, HTML, wiki markup or LaTeX → the spans that nothing may be written into.

Blocks are found by markdown-it-py, what stands in a line by regular expressions. None of them looks back further than some
hundred characters, so the time is linear in the text.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from markdown_it import MarkdownIt

__all__ = ["KINDS", "Kind", "Span", "prose", "protected"]


class Kind(NamedTuple):
    """A kind of what stands in texts: its regular expression, and whether it is read as prose all the same."""

    pattern: str
    is_prose: bool = False


class Span(NamedTuple):
    """Characters `start` to `end` of a text, what they are, and whether they are read as prose."""

    start: int
    end: int
    kind: str
    is_prose: bool


BLOCKS = {
    "fence": ("code block", False),
    "code_block": ("code block", False),
    "html_block": ("HTML block", True),
    "heading_open": ("heading", True),
    "table_open": ("table", True),
}
"""The blocks of Markdown that are protected, by their tokens: their kind, and whether they are read as prose."""

KINDS: dict[str, Kind] = {
    "front matter": Kind(r"\A(?:---|\+\+\+)[ \t]*\n[^\0]{0,20000}?\n(?:---|\+\+\+|\.\.\.)[ \t]*(?:\n|\Z)"),
    "code": Kind(r"(?<!`)(`{1,3})(?!`)(?:(?!\n[ \t]*\n)[^\0]){1,500}?(?<!`)\1(?!`)"),
    "code element": Kind(r"(?i)<(code|pre|script|style|math|kbd|samp|tt)\b[^<>]{0,500}>[^\0]{0,4000}?</\1\s*>"),
    "prompt": Kind(r"(?m)^[ \t]*(?:\$|>>>|\.\.\.|[A-Z]:\\[^>\n]{0,200}>)[ ][^\n]*"),
    "comment": Kind(r"<!--[^\0]{0,4000}?-->"),
    "tag": Kind(r"</?[A-Za-z][^<>]{0,500}>"),
    "entity": Kind(r"&#?\w{1,32};"),
    "address": Kind(r"(?:\b[A-Za-z][A-Za-z0-9+.-]{0,20}://|\bwww\.|\bmailto:|\bdoi:)[^\s<>]+"),
    "e-mail": Kind(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*"),
    "domain or file": Kind(r"(?a:\b\w[\w-]{1,64}(?:\.[\w-]{1,64}){0,8}\.[A-Za-z]\w{1,15}\b(?:/[^\s<>]*)?)"),
    "path": Kind(r"(?:(?<!\w)[~.]{0,2}/|\b[A-Za-z]:\\)[\w.-]{1,255}(?:[/\\][\w.-]{1,255})+/?"),
    "tag or handle": Kind(r"(?<!\w)[@#]\w+"),
    "formula": Kind(
        r"\$\$[^$]{1,2000}\$\$|(?<![\\$\w])\$(?![\s$])[^$\n]{0,300}?(?<![\s\\])\$(?![\w$])"
        r"|\\\([^\0]{1,2000}?\\\)|\\\[[^\0]{1,2000}?\\\]"
    ),
    "environment": Kind(r"\\begin\{(\w{1,32}\*?)\}[^\0]{0,4000}?\\end\{\1\}"),
    "command": Kind(r"\\[A-Za-z]+\*?(?:\[[^\]\n]{0,200}\]|\{[^{}\n]{0,200}\})*"),
    "image": Kind(r"!\[[^\]\n]{0,500}\](?:\([^()\n]{0,500}(?:\([^()\n]{0,500}\)[^()\n]{0,500}){0,3}\)|\[[^\]\n]{0,500}\])"),
    "link target": Kind(r"(?<=\])(?:\([^()\n]{0,500}(?:\([^()\n]{0,500}\)[^()\n]{0,500}){0,3}\)|\[[^\]\n]{1,500}\])"),
    "link definition": Kind(r"(?m)^ {0,3}\[[^\]\n]{1,200}\]:[^\n]*"),
    "template": Kind(r"\{\{[^{}]{0,5000}\}\}|\{\|[^\0]{0,4000}?\n\|\}|\{%[^%]{0,500}%\}"),
    "wiki file": Kind(r"(?i)\[\[(?:file|image|category|datei|bild|kategorie|fichier)\s?:[^\[\]\n]{0,500}\]\]"),
    "wiki link": Kind(r"\[\[[^\[\]\n]{0,500}\]\]"),
    "link": Kind(r"\[[^\[\]\n]{1,500}\](?=[(\[])"),
    "wiki heading": Kind(r"(?m)^={1,6}[^=\n][^\n]{0,300}=[ \t]*$", True),
    "link element": Kind(r"(?i)<(a)\b[^<>]{0,500}>[^\0]{0,4000}?</\1\s*>"),
    "element": Kind(r"(?i)<(table|h[1-6]|title|cite|figcaption)\b[^<>]{0,500}>[^\0]{0,4000}?</\1\s*>", True),
    "row of cells": Kind(r"(?m)^[ \t]*\|[^\n]*|^[^\n\t]*\t[^\n]*", True),
    "emphasis": Kind(
        r"(?<![*\w])(\*{1,3})(?![\s*])[^*\n]{1,300}(?<!\s)\1(?!\*)|(?<!\w)(_{1,3})(?![\s_])[^_\n]{1,300}(?<!\s)\2(?!\w)"
        r"|('{2,5})[^'\n]{1,300}\3",
        True,
    ),
    "brackets": Kind(r"\([^()\n]{0,500}\)|（[^（）\n]{0,500}）|\[[^\[\]\n]{0,500}\]|\{[^{}\n]{0,500}\}", True),
    "quotation": Kind(
        r"“[^“”]{0,300}”|„[^„“”]{0,300}[“”]|«[^«»]{0,300}»|「[^「」]{0,300}」|《[^《》]{0,300}》|『[^『』]{0,300}』"
        r"|(?<!\w)\"[^\"\n]{0,300}\"",
        True,
    ),
}  # fmt: skip
"""The kinds of what stands in a line, and of blocks of other markup than Markdown."""


def protected(text: str) -> list[Span]:
    """Find what nothing may be written into.

    Args:
        text: A text; its markup need not be well-formed.

    Returns:
        Spans, sorted by start; they may overlap.

    Examples:
        >>> text = "Run `ls` in [Lomé](a.tg)."
        >>> [(span.kind, text[span.start : span.end]) for span in protected(text)][:3]
        [('code', '`ls`'), ('link', '[Lomé]'), ('brackets', '[Lomé]')]
    """
    found = [*_blocks(text)]
    for name, pattern in _patterns().items():
        found += [Span(*match.span(), name, KINDS[name].is_prose) for match in pattern.finditer(text)]
    return sorted(found, key=lambda span: (span.start, -span.end))


def prose(text: str, spans: Sequence[Span] | None = None) -> str:
    """Put spaces in place of what is no prose: code, addresses, tags, formulas, links, but not headings and cells.

    A link leads to a text on another thing, which is not what this text is about.

    Args:
        text: A text.
        spans: Its protected spans; found if None.

    Returns:
        A text of the same length, with the same lines.

    Examples:
        >>> text = "Run `ls` in [Lomé](a.tg)."
        >>> prose(text)
        'Run      in             .'
    """
    letters = list(text)
    for start, end, _, is_prose in protected(text) if spans is None else spans:
        if not is_prose:
            letters[start:end] = (letter if letter in "\r\n" else " " for letter in letters[start:end])
    return "".join(letters)


def _blocks(text: str) -> Iterator[Span]:
    # markdown-it-py counts a line for each of these ends.
    starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text)), len(text)]
    for token in _markdown().parse(text):
        if token.type in BLOCKS and token.map:
            first, last = (min(line, len(starts) - 1) for line in token.map)
            yield Span(starts[first], starts[last], *BLOCKS[token.type])


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable("inline")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(kind.pattern) for name, kind in KINDS.items()}
