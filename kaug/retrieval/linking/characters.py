"""Texts → their characters in columns: folded, cut into words, and where each stood.

What a form of a name and its mention may differ in is made one here, in the same way for both: case, kinds of spaces,
hyphens and apostrophes, line breaks, soft hyphens. So a mention is found by comparing numbers.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["BETWEEN", "SMALL", "UPPER", "WORD", "Characters", "read_characters"]

WORD, _UNSPACED, _COMBINING, UPPER, SMALL, _SPACE, _OPENING, _ENDING = (1 << bit for bit in range(8))
# Between two texts stands what is no character; and so does where a blank line was.
BETWEEN, _BLANK = 0x110000, 0x110001
_LETTERS_BELOW = 0x40000  # no letter, mark or space is assigned above
_CODE, _KIND_AT = np.uint32(0x1FFFFF), np.uint32(21)
_SOFT_HYPHEN = 0xAD
# Scripts written without spaces, and Hangul, whose particles follow a name without one.
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x2E80, 0x9FFF),
    (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x20000, 0x3FFFF),
)
_OPENS = "\"'“‘«‹„([{¿¡*_#>-–—•「『《（"
_ENDS = ".!?…:;。！？：；\n\r"
_ALIKE = {"ς": "σ", "’": "'", "ʼ": "'", "\u2010": "-", "\u2011": "-", "–": "-"}


@dataclass(frozen=True)
class Characters:
    """The characters of texts, one text after the other, and the words they form.

    A word is what a mention may start or end with: letters and digits up to the next that is none, one character of a
    script without spaces, or one other sign. Spaces are between words.

    Attributes:
        code: uint32 (n,): the folded characters; a number that no character has stands after each text.
        kind: uint8 (n,): bits such as `WORD`, `UPPER`, `SMALL`, of the characters before they were folded.
        start: int64 (words,): where each word starts in `code`.
        end: int64 (words,): where it ends.
        opens: bool (words,): whether it starts a sentence, or follows signs that do.
        place: int64 (n,): where each character stood in the texts joined by one character; None is where it stands.
        first: int64 (texts,): where each text starts among those places.
    """

    code: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    opens: NDArray[np.bool_]
    place: NDArray[np.int64] | None
    first: NDArray[np.int64]

    def placed(self, characters: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where characters stood in the texts joined by one character."""
        return characters if self.place is None else self.place[characters]


def read_characters(texts: Sequence[str]) -> Characters:
    """Read texts into columns, in time and memory linear in their characters.

    Args:
        texts: Any texts; lone surrogates are characters like others.

    Returns:
        Their characters.

    Examples:
        >>> found = read_characters(["New  York’s", "利马"])
        >>> "".join(map(chr, found.code[:10])), found.start.tolist(), found.placed(found.start).tolist()
        ("new york's", [0, 4, 8, 9, 10, 11, 12, 13], [0, 5, 9, 10, 11, 12, 13, 14])
    """
    joined = "\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass")
    raw = np.frombuffer(joined, np.uint32).astype(np.int64)
    first = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1, out=first[1:])
    raw[first[1:] - 1] = BETWEEN
    both = _table().take(raw)
    code, kind = both & _CODE, (both >> _KIND_AT).astype(np.uint8)
    # A hyphen inside a word is a space: "Spider-Man" is "Spider Man".
    hyphens = np.flatnonzero(code[1:-1] == ord("-")) + 1
    hyphens = hyphens[(kind[hyphens - 1] & kind[hyphens + 1] & WORD) > 0]
    code[hyphens], kind[hyphens] = ord(" "), _SPACE
    place = _kept(raw, code, kind)
    if place is not None:
        code, kind = code[place], kind[place]
    start, end = _words(kind)
    return Characters(code, kind, start, end, _opens(kind, start), place, first[:-1])


@cache
def _table() -> NDArray[np.uint32]:
    """What each character is folded to, and its kind in the bits above, by code point."""
    letters = list(map(chr, range(_LETTERS_BELOW)))
    lower = "".join(letters).replace("İ", "i").lower()  # İ alone has a lower case of two characters
    fold = np.arange(_BLANK + 1, dtype=np.uint32)
    fold[:_LETTERS_BELOW] = np.frombuffer(lower.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = np.zeros(_BLANK + 1, np.uint32)
    upper, word, space = _are(str.isupper, letters), _are(str.isalnum, letters), _are(str.isspace, letters)
    word[ord("_")] = True
    # Marks are of the word they stand in: accents, and the vowel signs of Devanagari, Tamil and others.
    combining = _are(lambda letter: unicodedata.category(letter).startswith("M"), letters)
    word |= combining
    small = ~upper & (_are(str.islower, letters) | _are(str.istitle, letters))
    for bit, those in ((WORD, word), (_COMBINING, combining), (UPPER, upper), (SMALL, small), (_SPACE, space)):
        kinds[:_LETTERS_BELOW][those] |= bit
    for low, high in _WITHOUT_SPACES:
        kinds[low : high + 1] |= _UNSPACED
    for bit, signs in ((_OPENING, _OPENS), (_ENDING, _ENDS)):
        kinds[[ord(sign) for sign in signs]] |= bit
    kinds[[BETWEEN, _BLANK]] = _ENDING
    fold[:_LETTERS_BELOW][space] = ord(" ")
    for sign, like in _ALIKE.items():
        fold[fold == ord(sign)] = ord(like)
    return fold | kinds << _KIND_AT


def _are(test: Callable[[str], object], letters: list[str]) -> NDArray[np.bool_]:
    return np.fromiter(map(test, letters), bool, len(letters))


def _kept(raw: NDArray[np.int64], code: NDArray[np.uint32], kind: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """Which characters are kept, if not all: of spaces in a row the first; a blank line becomes a sign of its own."""
    space = (kind & _SPACE) > 0
    again = np.zeros(len(raw), bool)
    np.logical_and(space[1:], space[:-1], out=again[1:])
    dropped = again | (raw == _SOFT_HYPHEN)
    if not dropped.any():
        return None
    lines = np.cumsum(raw == ord("\n"))
    starts = np.append(np.flatnonzero(~again), len(raw))
    run = np.flatnonzero(space[starts[:-1]])
    first, last = starts[run], starts[run + 1] - 1
    count = lines[last] - lines[first] + (raw[first] == ord("\n"))
    kind[first[count > 0]] |= _ENDING
    blank = first[count > 1]
    code[blank], kind[blank] = _BLANK, _ENDING
    return np.flatnonzero(~dropped)


def _words(kind: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where words start and end."""
    spaced = (kind & (WORD | _UNSPACED)) == WORD
    cut = np.ones(len(kind) + 1, bool)
    np.logical_not((spaced[1:] & spaced[:-1]) | ((kind[1:] & _COMBINING) > 0), out=cut[1:-1])
    bounds = np.flatnonzero(cut)
    words = (kind.take(bounds[:-1]) & _SPACE) == 0
    return bounds[:-1][words], bounds[1:][words]


def _opens(kind: NDArray[np.uint8], start: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which words start a sentence: between them and the end of the last one are only spaces and opening signs."""
    sign = kind.take(start)
    ends = (sign & _ENDING) > 0
    after = np.ones(len(start), bool)
    after[1:] = ends[:-1]
    before = kind.take(np.maximum(start - 1, 0))
    after |= (before & (_SPACE | _ENDING)) == (_SPACE | _ENDING)
    known = after.copy()
    known[1:] |= (sign[:-1] & _OPENING) == 0
    known = np.flatnonzero(known)
    return np.repeat(after[known], np.diff(known, append=len(start)))
