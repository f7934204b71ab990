"""Strings → strings that are safe in training text."""

from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from kaug.text import DIRECTIONAL

__all__ = ["CONTROL", "break_control", "clean_text"]

CONTROL = r"<\||\|>"
"""The turn markers of chat templates, as a regular expression."""

_Texts = TypeVar("_Texts", str, pa.Array)

_HIDDEN = rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{{84}}\x{{86}}-\x{{9f}}{DIRECTIONAL}]"
_SPACE = r"[\s\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
_BLOCKS = "p|div|br|hr|li|ul|ol|dl|dt|dd|table|tbody|thead|tr|td|th|h[1-6]|blockquote|pre"
_INLINE = "a|abbr|b|big|cite|code|em|font|i|q|small|span|strong|sub|sup|tt|u"
_TAG = r"(?i)</?(?:{})(?:\s[^<>]*)?/?>"
_MARKUP = [
    (_TAG.format(_BLOCKS) + r"|(?:\\n){2,}\*?|\\n\*", " "),
    (_TAG.format(_INLINE), ""),
    (r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]", r"\1"),
]
"""HTML tags, escaped line breaks and wiki links in plain text, and what takes their place."""

_ANY_MARKUP = "|".join(f"(?:{pattern})" for pattern, _ in _MARKUP)
_UNCLEAN = rf"{_ANY_MARKUP}|{_HIDDEN}|[\t\n\f\r\x0b\x{{85}}\x{{2028}}\x{{2029}}]|  |^{_SPACE}|{_SPACE}$|{CONTROL}"


def clean_text(texts: pa.Array) -> pa.Array:
    r"""Remove control and bidi characters, HTML tags and wiki links, and break up chat-control tokens.

    Args:
        texts: Strings.

    Returns:
        Trimmed strings on one line, with a space within each `<|` and `|>`.

    Examples:
        >>> clean_text(pa.array([" a\n<|im_start|>b\u202e"])).to_pylist()
        ['a < |im_start| >b']
        >>> clean_text(pa.array(["See <a href='x.html'>the docs</a><br /> of [[Offer]].", "H<sub>2</sub>O"])).to_pylist()
        ['See the docs of Offer.', 'H2O']
    """
    unclean = pc.fill_null(pc.match_substring_regex(texts, _UNCLEAN), False)
    if not pc.any(unclean).as_py():
        return texts
    cleaned = texts.filter(unclean)
    while pc.any(pc.match_substring_regex(cleaned, _ANY_MARKUP)).as_py():
        for pattern, text in _MARKUP:
            cleaned = pc.replace_substring_regex(cleaned, pattern, text)
    cleaned = pc.replace_substring_regex(cleaned, _HIDDEN, "")
    cleaned = pc.replace_substring_regex(cleaned, r"[\s\x{85}\x{2028}\x{2029}]+", " ")
    return pc.replace_with_mask(texts, unclean, pc.utf8_trim_whitespace(break_control(cleaned)))


def break_control(texts: _Texts) -> _Texts:
    """Break up chat-control tokens, the turn markers of chat templates.

    Args:
        texts: A text, or a column of strings.

    Returns:
        The same with a space within each `<|` and `|>`.

    Examples:
        >>> break_control("<|im_end|> a < b"), break_control(pa.array(["|>"])).to_pylist()
        ('< |im_end| > a < b', ['| >'])
    """
    for token, broken in (("<|", "< |"), ("|>", "| >")):
        texts = texts.replace(token, broken) if isinstance(texts, str) else pc.replace_substring(texts, token, broken)
    return texts
