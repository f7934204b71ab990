"""Strings → strings that are safe in training text, and read well in it."""

import html
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from html.entities import html5
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, text_bytes
from kaug.text import DIRECTIONAL
from kaug.words.quantities import each_distinct, unit_symbols

__all__ = ["CONTROL", "break_control", "break_with_spans", "clean_text", "control_pattern", "find_control"]
__all__ += ["spaced_names", "without_citations"]

_TOKENS = Path(__file__).with_name("special_tokens.toml")

_Texts = TypeVar("_Texts", str, pa.Array)


def control_pattern(tokens: Iterable[str] = ()) -> str:
    """Make a regular expression, of Python and of RE2, that finds the special tokens of chat formats.

    Args:
        tokens: More of them, those of a tokenizer. Spaces around a token do not count, and one of a single character is not
            searched for: it cannot be broken up.

    Returns:
        The expression; it finds the tokens of `special_tokens.toml`, and the given ones in any case of their letters, as some
        tokenizers do.

    Examples:
        >>> bool(re.search(control_pattern(), "Ada [INST]")), bool(re.search(control_pattern(["~end~"]), "~END~"))
        (True, True)
    """
    patterns = [re.escape(token).replace(r"\#", "[0-9]+") for token in _common()]
    own = [f"(?i:{re.escape(token.strip())})" for token in tokens if len(token.strip()) > 1]
    return f"(?:{'|'.join(dict.fromkeys(patterns + own))})"


@cache
def _common() -> list[str]:
    return [token for tokens in tomllib.loads(_TOKENS.read_text(encoding="utf-8")).values() for token in tokens]


CONTROL = control_pattern()
"""The special tokens of common chat formats, as a regular expression."""

_HIDDEN = rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{{84}}\x{{86}}-\x{{9f}}{DIRECTIONAL}]"
_SPACE = r"[\s\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
_BLOCKS = "p|div|br|hr|li|ul|ol|dl|dt|dd|table|tbody|thead|tr|td|th|h[1-6]|blockquote|pre"
_INLINE = "a|abbr|b|big|cite|code|em|font|i|q|small|span|strong|sub|sup|tt|u"
_TAG = r"(?i)</?(?:{})(?:\s[^<>]*)?/?>"
_MARKUP = [
    (_TAG.format(_BLOCKS) + r"|(?:\\n){2,}\*?|\\n\*", " "),
    (_TAG.format(_INLINE), ""),
    (r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]", r"\1"),
    (r"!?\[([^\[\]]+)\]\((?:[a-z]+:|www\.|[./#])[^\s()]*\)", r"\1"),
]
"""HTML tags, escaped line breaks, links of wikis and of Markdown in plain text, and what takes their place."""

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8}[0-9]{0,2});"
_ANY_MARKUP = "|".join(f"(?:{pattern})" for pattern in (*dict(_MARKUP), _ENTITY))
_UNCLEAN = rf"{_ANY_MARKUP}|{_HIDDEN}|[\t\n\f\r\x0b\x{{85}}\x{{2028}}\x{{2029}}]|  |^{_SPACE}|{_SPACE}$|{CONTROL}"


def clean_text(texts: pa.Array) -> pa.Array:
    r"""Remove control and bidi characters, HTML and the addresses of links, and break up chat-control tokens.

    Args:
        texts: Strings.

    Returns:
        Trimmed strings on one line, with a space within each special token; see `break_control`.

    Examples:
        >>> clean_text(pa.array([" a\n<|im_start|>b\u202e"])).to_pylist()
        ['a < |im_start| >b']
        >>> clean_text(pa.array(["See <a href='x.html'>the docs</a><br /> of [[Offer]].", "H<sub>2</sub>O"])).to_pylist()
        ['See the docs of Offer.', 'H2O']
        >>> clean_text(pa.array(["Ham &amp; eggs: see [the menu](/menu.html)."])).to_pylist()
        ['Ham & eggs: see the menu.']
    """
    unclean = pc.fill_null(pc.match_substring_regex(texts, _UNCLEAN), False)
    if not pc.any(unclean).as_py():
        return texts
    cleaned = texts.filter(unclean)
    while pc.any(pc.match_substring_regex(cleaned, rf"{_ANY_MARKUP}|{_HIDDEN}")).as_py():
        before = cleaned
        cleaned = each_distinct(cleaned, pc.match_substring_regex(cleaned, _ENTITY), _without_entities)
        for pattern, text in (*_MARKUP, (_HIDDEN, "")):
            cleaned = pc.replace_substring_regex(cleaned, pattern, text)
        if cleaned.equals(before):  # an unknown entity
            break
    cleaned = pc.replace_substring_regex(cleaned, r"[\s\x{85}\x{2028}\x{2029}]+", " ")
    return pc.replace_with_mask(texts, unclean, pc.utf8_trim_whitespace(break_control(cleaned)))


def _without_entities(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        entity = match[0]
        return html.unescape(entity) if entity[1] == "#" else html5.get(entity[1:], entity)

    return re.sub(_ENTITY, character, text)


def find_control(texts: pa.Array, control: str = CONTROL) -> NDArray[np.bool_]:
    """Mask the texts that hold special tokens, in a moment if none has the brackets that all of these have.

    Args:
        texts: Strings (n,), none null.
        control: What to find; see `control_pattern`.

    Examples:
        >>> find_control(pa.array(["<|im_end|>", "a < b"])).tolist()
        [True, False]
    """
    if _has_brackets(control):
        letters = bytes(text_bytes(texts))
        if not any(bracket in letters for bracket in (b"<", b">", b"[", b"]")):
            return np.zeros(len(texts), bool)
    return np.asarray(pc.match_substring_regex(texts, control).to_numpy(zero_copy_only=False), bool)


@cache
def _has_brackets(control: str) -> bool:
    tokens = re.findall(r"(?:\\.|[^|\\])+", control.replace("[0-9]+", "").removeprefix("(?:"))
    return all(re.search(r"[<>\[\]]", token) for token in tokens)


def break_control(texts: _Texts, control: str = CONTROL) -> _Texts:
    """Break up the special tokens of chat formats, such as the markers of turns.

    Args:
        texts: A text, or a column of strings.
        control: What to break up; see `control_pattern`.

    Returns:
        The same with a space behind the first character of each token; `<|` and `|>` are tokens too.

    Examples:
        >>> break_control("<|im_end|> a < b"), break_control(pa.array(["</s>", "|>"])).to_pylist()
        ('< |im_end| > a < b', ['< /s>', '| >'])
    """
    if isinstance(texts, str):
        return break_with_spans(texts, np.zeros((0, 2), np.int64), control)[0]
    found = pc.fill_null(pc.match_substring_regex(texts, control), False)
    return each_distinct(texts, found, lambda text: break_control(text, control))


def break_with_spans(text: str, spans: Numbers, control: str = CONTROL) -> tuple[str, Numbers]:
    """Break up special tokens as `break_control` does, and move spans with the characters that they hold.

    Args:
        text: A text.
        spans: int64 (k, 2): start and end of each span, in characters.
        control: What to break up.

    Returns:
        The text, and the spans in it.

    Examples:
        >>> text, spans = break_with_spans("I: <s> is Bo.", np.array([[3, 6], [10, 12]]))
        >>> text, [text[start:end] for start, end in spans.tolist()]
        ('I: < s> is Bo.', ['< s>', 'Bo'])
    """
    # A token with spaces in it may arise from another that is broken up.
    while breaks := [match.start() + 1 for match in re.finditer(f"(?={control})", text)]:
        moved = np.searchsorted(breaks, spans[:, 0], "right"), np.searchsorted(breaks, spans[:, 1])
        spans = spans + np.stack(moved, axis=1)
        text = " ".join(text[start:end] for start, end in zip([0, *breaks], [*breaks, len(text)], strict=True))
    return text, spans


_BRACKETS = r"\s*(?:\[([^\[\]]{1,80})\]|\(([^()]{1,80})\))"
_TAGS = re.compile(rf"([.!?]?)((?:{_BRACKETS})+)\s*([.;,]?)(?=\s|$)")
_LAST_TAG = re.compile(f"{_BRACKETS}$")
_NUMBERED = re.compile(r"(?:(?<=[^\W\d_]{2})|(?<=[a-z)][.,;!?]))(?:\[[0-9]{1,3}(?:, ?[0-9]{1,3})*\])+(?=[\s.,;]|$)")
_WIKI = r"(?i:(?:(?:adapted|modified|taken)? ?from |via )?wi[ck]\w*(?:pedia|tionary|data)\b)"
_WORK = r"(?i:\w*(?:encyclop\w+|dictionary|glossary|thesaurus|britannica|wordnet)\b|web$)"
_SOURCE = re.compile(
    rf"{_WIKI}.*|(?:[\w ]* )?{_WORK}.*|[A-Z]{{2,}}(?:[a-z]{{2,}})?(?:[:_-]\S+)?|[A-Z]{{3,}} [0-9]{{4,}}\S*|MeSH|"
    r"(?i:adapted|copied|modified|quoted|taken)\b.*\bfrom\b.*|from [A-Z].*|.*\bdefinition|"
    r"(?i:sources?|refs?|references?|citation)(?:\s*:.*|\s+needed)?"
)
_ASIDE = re.compile(rf"{_WIKI}.*|(?i:sources?\s*:.*)")
_REMARK = re.compile("[a-z]+ed")  # "FMA, modified"
_PAPER = re.compile(r"[A-Z].*(?:\w|[A-Z]\.|al\.),? \(?(?:1[5-9]|20)[0-9]{2}[a-z]?\)?")


def without_citations(texts: pa.Array) -> pa.Array:
    """Remove the sources in brackets at the ends of sentences; other brackets stay.

    A source is an acronym (unless it is a unit), a work such as Wikipedia, "modified from ...", an author and a year, or the
    number of a note that follows a word without a space.

    Args:
        texts: Strings.

    Returns:
        Strings.

    Examples:
        >>> texts = ["An inner lining[FMA, modified]. Thin. [Wikipedia]", "Eons last long [billions of years]."]
        >>> without_citations(pa.array(texts)).to_pylist()
        ['An inner lining. Thin.', 'Eons last long [billions of years].']
    """
    noted = pc.fill_null(pc.match_substring_regex(texts, r"\]|\((?i:[^()]*(?:wi[ck]|source))"), False)
    return each_distinct(texts, noted, _uncited)


def _uncited(text: str) -> str:
    def rest(match: re.Match[str]) -> str:
        stop, tags, end = match[1], match[2], match[match.re.groups]
        kept = tags
        while (last := _LAST_TAG.search(kept)) and _is_source(last[1], last[2]):
            kept = kept[: last.start()]
        ends = stop or end or not text[match.end() :].strip()
        if kept == tags or not ends or not text[: match.start()].strip():
            return match[0]
        return stop + kept + ("" if stop and not kept else end)

    before = None
    while text != before:
        before, text = text, _TAGS.sub(rest, text)
    return _NUMBERED.sub("", text)


def _is_source(tag: str | None, aside: str | None) -> bool:
    """Whether a text in square brackets, or one in round ones, is a source."""
    if tag is None:
        return _ASIDE.fullmatch(aside or "") is not None
    parts = [part.strip() for part in re.split("[,;/&|]", tag)]
    named = [part for part in parts if not _REMARK.fullmatch(part)]
    of_sources = bool(named) and all(_SOURCE.fullmatch(part) for part in named)
    return tag not in unit_symbols() and (of_sources or _PAPER.fullmatch(tag) is not None)


_PART = r"[\p{L}\p{Nd}.,:;'’()&!–-]+"
_JOINED = rf"^{_PART}(?:_+{_PART})+$"
_CODE = r"\p{L}\p{Nd}|^[a-z]{2,3}_[A-Z]{2}$|\.[a-z0-9]{2,4}$|^[^\p{Ll}\p{Lo}]*$"
# Words only; words after a number; two parts with a capital.
_NAME = (
    r"^\p{L}{2,}(?:[-'’]\p{L}+)*(?:_+\p{L}{2,}(?:[-'’]\p{L}+)*)+$|"
    r"^\p{Nd}.*_\(?\p{L}[\p{Ll}\p{Lo}]{2}|"
    r"(?:^|_)\(?\p{Lu}[^_]*_(?:.*_)?\(?\p{Lu}"
)


def spaced_names(texts: pa.Array) -> pa.Array:
    """Write names whose words are joined by underscores with spaces; codes stay.

    Args:
        texts: Strings.

    Returns:
        Strings.

    Examples:
        >>> texts = ["1._FC_Union_Berlin", "biological_process", "ab_12", "VAV2_Zone_Temp", "MAX_VALUE", "a_file.txt"]
        >>> spaced_names(pa.array(texts)).to_pylist()
        ['1. FC Union Berlin', 'biological process', 'ab_12', 'VAV2_Zone_Temp', 'MAX_VALUE', 'a_file.txt']
    """
    joined = pc.fill_null(pc.match_substring_regex(texts, _JOINED), False)
    if not pc.any(joined).as_py():
        return texts
    names = texts.filter(joined)
    is_name = pc.and_not(pc.match_substring_regex(names, _NAME), pc.match_substring_regex(names, _CODE))
    spaced = pc.if_else(is_name, pc.replace_substring_regex(names, "_+", " "), names)
    return pc.replace_with_mask(texts, joined, spaced)
