"""Texts → their characters in columns, folded, and the words that they form.

Differences that do not matter between a name and its mention are folded in both: case, kinds of spaces, hyphens and
apostrophes, line breaks, soft hyphens. So names are matched by comparing numbers.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers

__all__ = ["BATCH", "BETWEEN", "SMALL", "UPPER", "WORD", "Characters", "read_batches", "read_characters"]

BATCH = 1 << 18
"""Characters that are read at once, so that their columns stay in the processor's caches."""

WORD, _UNSPACED, _COMBINING, UPPER, SMALL, _SPACE, _OPENING, _ENDING = (1 << bit for bit in range(8))
# Codes that no character has: between two texts, and in place of a blank line.
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

    A word is a unit at which a mention may start or end: a run of letters and digits, one character of a script without
    spaces, or one sign. Spaces separate words.

    Attributes:
        code: uint32 (n,): the folded characters; `BETWEEN` ends each text.
        kind: uint8 (n,): bits such as `WORD`, `UPPER`, `SMALL`, of the characters before they were folded.
        start: int64 (words,): the start of each word in `code`.
        end: int64 (words,): its end.
        opens: bool (words,): whether it starts a sentence, or follows signs that do.
        kept: int64 (n,): the position of each character in the texts joined by one character; None if all were kept.
        first: int64 (texts,): the position of each text there.
    """

    code: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    start: Numbers
    end: Numbers
    opens: NDArray[np.bool_]
    kept: Numbers | None
    first: Numbers

    def positions(self, characters: Numbers) -> Numbers:
        """Return the positions of characters in the texts joined by one character."""
        return characters if self.kept is None else self.kept[characters]

    def texts(self, positions: Numbers) -> Numbers:
        """Return the number of the text at each position."""
        return np.searchsorted(self.first, positions, "right") - 1


def read_batches(texts: Sequence[str], size: int = BATCH) -> Iterator[tuple[int, Characters]]:
    """Read texts into columns, in batches of about `size` characters: the number of each one's first text, and its columns."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    low = 0
    while low < len(texts):
        high = max(low + 1, int(np.searchsorted(ends, (ends[low - 1] if low else 0) + size, "right")))
        yield low, read_characters(texts[low:high])
        low = high


def read_characters(texts: Sequence[str]) -> Characters:
    """Read texts into columns, in time and memory linear in their characters; lone surrogates are characters like others.

    Examples:
        >>> read = read_characters(["New  York’s", "利马"])
        >>> "".join(map(chr, read.code[:10])), read.start.tolist(), read.positions(read.start).tolist()
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
    kept = _kept(raw, code, kind)
    if kept is not None:
        code, kind = code[kept], kind[kept]
    start, end = _words(kind)
    return Characters(code, kind, start, end, _opens(kind, start), kept, first[:-1])


@cache
def _table() -> NDArray[np.uint32]:
    """The folded character of each code point, and its kind in the bits above."""
    letters = list(map(chr, range(_LETTERS_BELOW)))
    lower = "".join(letters).replace("İ", "i").lower()  # İ alone has a lower case of two characters
    fold = np.arange(_BLANK + 1, dtype=np.uint32)
    fold[:_LETTERS_BELOW] = np.frombuffer(lower.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = np.zeros(_BLANK + 1, np.uint32)

    def mark(bit: int, test: Callable[[str], bool]) -> None:
        kinds[:_LETTERS_BELOW] |= np.fromiter(map(test, letters), bool, len(letters)) * np.uint32(bit)

    mark(UPPER, str.isupper)
    mark(SMALL, lambda letter: letter.islower() or (letter.istitle() and not letter.isupper()))
    mark(_SPACE, str.isspace)
    mark(WORD, lambda letter: letter.isalnum() or letter == "_")
    # Marks belong to the word that they are in: accents, and the vowel signs of Devanagari, Tamil and others.
    mark(WORD | _COMBINING, lambda letter: unicodedata.category(letter).startswith("M"))
    for low, high in _WITHOUT_SPACES:
        kinds[low : high + 1] |= _UNSPACED
    for bit, signs in ((_OPENING, _OPENS), (_ENDING, _ENDS)):
        kinds[[ord(sign) for sign in signs]] |= bit
    kinds[[BETWEEN, _BLANK]] = _ENDING
    fold[(kinds & _SPACE) > 0] = ord(" ")
    for sign, like in _ALIKE.items():
        fold[fold == ord(sign)] = ord(like)
    return fold | kinds << _KIND_AT


def _kept(raw: Numbers, code: NDArray[np.uint32], kind: NDArray[np.uint8]) -> Numbers | None:
    """Return the characters to keep, None for all: the first of a run of spaces. A blank line gets its own code."""
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


def _words(kind: NDArray[np.uint8]) -> tuple[Numbers, Numbers]:
    """Return the starts and ends of words."""
    spaced = (kind & (WORD | _UNSPACED)) == WORD
    cut = np.ones(len(kind) + 1, bool)
    np.logical_not((spaced[1:] & spaced[:-1]) | ((kind[1:] & _COMBINING) > 0), out=cut[1:-1])
    bounds = np.flatnonzero(cut)
    words = (kind.take(bounds[:-1]) & _SPACE) == 0
    return bounds[:-1][words], bounds[1:][words]


def _opens(kind: NDArray[np.uint8], start: Numbers) -> NDArray[np.bool_]:
    """Mask the words that start a sentence: only spaces and opening signs separate them from the end of the last one."""
    sign = kind.take(start)
    after = np.ones(len(start), bool)
    after[1:] = (sign[:-1] & _ENDING) > 0
    after |= (kind.take(np.maximum(start - 1, 0)) & (_SPACE | _ENDING)) == (_SPACE | _ENDING)
    known = after.copy()
    known[1:] |= (sign[:-1] & _OPENING) == 0
    known = np.flatnonzero(known)
    return np.repeat(after[known], np.diff(known, append=len(start)))
