"""A model's text and the right answers → 1 if the text holds a right answer, else 0.

The score is containment: 1 where the model's final answer holds one of the right answers as a run of whole words, 0
otherwise. It follows the answer normalisation of SQuAD (Rajpurkar et al. 2016) and the "contains the answer" rule of
open-domain question answering (Chen et al. 2017), with a limit on length so that a list of guesses earns little.
"""

import functools
import math
import re
import unicodedata
from collections.abc import Sequence

__all__ = ["UNSPACED", "WINDOW", "final_answer", "holds_any", "normalise", "score_answer"]

WINDOW = 16
"""Words of the final answer to search; two characters of an unspaced script count as one word."""

LINE = 200
"""Maximum length of the final answer, in characters."""

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"  # kana, Han
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"  # Hangul, more Han
)
"""Ranges of scripts without spaces between words, or (Korean) with attached particles: the unit is a character."""

_UNIT = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")
_CHARACTER = re.compile(f"[{UNSPACED}]")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[,'’]\d{3})+(?!\d)")
_ACRONYM = re.compile(r"(?<!\w)[^\W\d_](?:\.[^\W\d_])+(?!\w)\.?")
_DECIMAL_OR_SIGN = re.compile(r"(?<=\d)\.(?=\d)|(?<![\w.)])-(?=\d)")
# An article precedes a word; a capital A inside a text is a name ("vitamin A is").
_ARTICLE = re.compile(r"(?<!\S)(?:[Tt]he|THE|[Aa]n|AN|a)(?=\s)|^A(?=\s)")
_SHORT = re.compile(r"[A-Za-z]{1,2}")
_MARKER = re.compile(r"(?:\banswer|答案)\W{0,3}?[:：][*_\s]*", re.IGNORECASE)
_NEXT_QUESTION = re.compile(
    r"^(?:[^\w\n]|_){0,8}(?:question|q|问题|問題|问)\s*\d*\s*[:：]", re.IGNORECASE | re.MULTILINE
)
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
    | dict.fromkeys("−‐‑", "-")
)
_DIACRITICS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = "'’‘ʼʻ`´"


class _Spaced(dict[int, str]):
    """A table for `str.translate` that turns punctuation into spaces and sets signs apart."""

    def __missing__(self, code: int) -> str:
        character, category = chr(code), unicodedata.category(chr(code))
        if character in _APOSTROPHES or category == "Cf":
            found = ""
        elif category in {"Sc", "So"}:
            found = f" {character} "
        else:
            found = " " if category[0] in "PSZC" else character
        self[code] = found
        return found


_SPACED = _Spaced()


def normalise(text: str) -> str:
    """Normalise a text for the comparison of answers.

    NFKC; case folded; diacritics of Latin, Greek and Cyrillic letters folded ("Lomé" is "lome"; the marks of other
    scripts tell words apart and stay); thousands separators dropped ("1,234" is "1234") while decimal points and signs
    of numbers stay; acronyms joined ("D.C." is "dc"); apostrophes dropped and all other punctuation turned into
    spaces; currency and other signs set apart as words of their own; the articles a, an, the removed before a word (the
    A of "vitamin A" stays); white space collapsed. No space is put between characters of scripts that are written
    without.

    Args:
        text: Any text.

    Returns:
        The normalised text; empty if the text holds neither letters, digits nor signs.

    Examples:
        >>> normalise("The capital: Lomé, (U.S. $1,234.50)!")
        'capital lome us $ 1234.50'
    """
    return _normalise(text).casefold()


def _normalise(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_LETTERS))
        text = _DIACRITICS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
    text = _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    text = _ACRONYM.sub(lambda match: match[0].replace(".", ""), text)
    pieces, signs = _DECIMAL_OR_SIGN.split(text), _DECIMAL_OR_SIGN.findall(text)
    spaced = "".join(f"{piece.translate(_SPACED)}{sign}" for piece, sign in zip(pieces, [*signs, ""], strict=True))
    return " ".join(_ARTICLE.sub(" ", " ".join(spaced.split())).split())


def final_answer(text: str) -> str:
    r"""Extract the final answer from a model's text.

    If the text has "Answer: X" (or "答案：X"), the final answer follows the last such marker, up to the end of its line.
    Otherwise it is the first non-empty line. Text after a new question ("Question: …", as untrained models write) is
    ignored.

    Args:
        text: What the model wrote.

    Returns:
        At most 200 characters, stripped; empty if there is no answer.

    Examples:
        >>> final_answer("Togo borders Ghana. Ghana's capital is Accra.\nAnswer: Accra")
        'Accra'
        >>> final_answer("\nParis\nQuestion: And of Peru?\nAnswer: Lima")
        'Paris'
    """
    question = _NEXT_QUESTION.search(text)
    if question and text[: question.start()].strip():
        text = text[: question.start()]
    markers = list(_MARKER.finditer(text))
    if markers:
        text = text[markers[-1].end() :]
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line), "")[:LINE].strip()


def score_answer(text: str, answers: Sequence[str]) -> float:
    """Score one text: 1.0 if its final answer contains a right answer, else 0.0.

    A right answer is held where its normalised words follow one another in the first 16 words of the normalised final
    answer, or, in scripts written without spaces, where it is a substring (two characters count as a word). So one
    right name late in a long list of guesses does not count. Right answers of one or two Latin letters (chemical
    symbols, country codes) must match in case too, since "in", "as" and "he" are also symbols of elements.

    Negation is not understood: "It is not Paris" scores 1.0 for Paris. Nor are synonyms, beyond those in `answers`.

    Args:
        text: What the model wrote.
        answers: All right answers; any one suffices.

    Returns:
        1.0 or 0.0. Right answers that normalise to an empty text never match.

    Examples:
        >>> score_answer("The capital of Togo is Lome.", ["Lomé"])
        1.0
        >>> score_answer("Parisian", ["Paris"])
        0.0
    """
    return float(holds_any(final_answer(text), answers, WINDOW))


def holds_any(text: str, answers: Sequence[str], window: float = math.inf) -> bool:
    """Whether one of the answers stands in the first `window` words of a text.

    Examples:
        >>> holds_any("Which city is New York the port of?", ["York"]), holds_any("He is in.", ["he"])
        (True, False)
    """
    normal = _normalise(text)
    exact, folded = _first_words(normal, window), _first_words(normal.casefold(), window)
    return any(_holds(exact if short else folded, wanted) for short, wanted in map(_units, answers))


@functools.lru_cache(maxsize=65536)
def _units(answer: str) -> tuple[bool, tuple[str, ...]]:
    cased = _normalise(answer)
    short = _SHORT.fullmatch(cased) is not None
    return short, tuple(_UNIT.findall(cased if short else cased.casefold()))


def _first_words(text: str, window: float) -> list[str]:
    if window == math.inf:
        return _UNIT.findall(text)
    units: list[str] = []
    length = 0.0
    for unit in _UNIT.findall(text):
        length += 0.5 if _CHARACTER.fullmatch(unit) else 1.0
        if length > window:
            break
        units.append(unit)
    return units


def _holds(units: list[str], wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return size > 0 and any(tuple(units[i : i + size]) == wanted for i in range(len(units) - size + 1))
