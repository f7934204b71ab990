"""Surface forms → a table of their beginnings; the words of texts → the longest form that starts at each.

A beginning is the first words of a form. Every shorter beginning of a beginning is one too, so the longest one at a word of
a text is found by bisection over its number of words, for all words of the texts at once; the longest form that the rules
allow is a number kept with it. So time is linear in the text, whatever the forms: nested names, or a text of one word
repeated, take no longer than others.

Beginnings are compared by a 64-bit polynomial hash of their characters (R. Karp and M. Rabin, 1987): that of any span of a
text is the difference of two prefix sums. The odds that two of 10 million beginnings collide are 1 to 10^5.

An Aho-Corasick automaton is no replacement: of overlapping names it returns the longest, but the rules may allow only a
shorter one, so that all matches must be read; and ahocorasick_rs 1.0, with 0.7 million names, took six times the time to
build, one and a half times the memory at its peak, and twice the time to read texts.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.retrieval.linking.characters import BETWEEN, SMALL, UPPER, WORD, Characters, read_characters

__all__ = [
    "ANY",
    "EXACT",
    "INSIDE",
    "LOWER",
    "NAMED",
    "Prefixes",
    "batches",
    "hash_forms",
    "hash_strings",
    "hash_words",
]

ANY, LOWER, NAMED, EXACT, INSIDE = (1 << bit for bit in range(5))
# What is allowed at a word that starts small; with a capital inside a sentence; with a capital where one starts. The last
# two hold for spans all in capitals: of the first, and of the others.
_ALLOWED = np.array([ANY | LOWER, ANY | NAMED | INSIDE, ANY | NAMED | LOWER, ANY | LOWER | EXACT, 15], np.uint8)
_BASE = 0x9E3779B97F4A7C15
_CHARACTERS, _STRINGS = 1 << 18, 1 << 14


def batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Cut texts into runs of so many characters that the columns made of them stay in the processor's caches.

    Args:
        texts: Any texts.

    Yields:
        The number of the run's first text, and its texts.
    """
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    low = 0
    while low < len(texts):
        done = ends[low - 1] if low else 0
        high = max(low + 1, int(np.searchsorted(ends, done + _CHARACTERS, "right")))
        yield low, texts[low:high]
        low = high


class _Hashes:
    """The hash of any span of some characters."""

    def __init__(self, code: NDArray[np.uint32]) -> None:
        powers, self._inverse = _powers(1 << len(code).bit_length())
        self._sums = np.zeros(len(code) + 1, np.uint64)
        np.cumsum((code + np.uint32(1)) * powers[: len(code)], out=self._sums[1:])

    def __call__(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.uint64]:
        return (self._sums.take(end) - self._sums.take(start)) * self._inverse.take(start)


@lru_cache(maxsize=2)
def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of the base and of its inverse modulo 2^64."""
    found = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        powers = np.ones(count, np.uint64)
        done = 1
        while done < count:
            powers[done : 2 * done] = powers[:done] * np.uint64(pow(base, done, 1 << 64))
            done *= 2
        found.append(powers)
    return found[0], found[1]


def hash_forms(forms: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hash all beginnings of forms.

    Args:
        forms: Texts, of a word at least each.

    Returns:
        uint64 (words,): the beginnings of the first form, the shortest first, then those of the next; int64 (forms,):
        where each form's beginnings end.
    """
    keys, counts = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for _, some in batches(forms):
        read = read_characters(some)
        last = np.flatnonzero(read.code.take(read.start) == BETWEEN)
        words = np.diff(last, prepend=-1) - 1
        begin = last - words
        inside = np.ones(len(read.start), bool)
        inside[last] = False
        keys.append(_Hashes(read.code)(np.repeat(read.start[begin], words), read.end[inside]))
        counts.append(words)
    return np.concatenate(keys), np.cumsum(np.concatenate(counts))


def hash_words(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hash the words of texts.

    Args:
        texts: Any texts.

    Returns:
        uint64 (words,): one for each word of letters or digits; int64 (words,): the number of its text.
    """
    keys, numbers = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for number, some in batches(texts):
        read = read_characters(some)
        word = (read.kind.take(read.start) & WORD) > 0
        start, end = read.start[word], read.end[word]
        keys.append(_Hashes(read.code)(start, end))
        numbers.append(number + np.searchsorted(read.first, read.placed(start), "right") - 1)
    return np.concatenate(keys), np.concatenate(numbers)


def hash_strings(texts: pa.Array) -> NDArray[np.uint64]:
    """Hash whole strings, byte by byte: uint64 (n,)."""
    keys = [np.empty(0, np.uint64)]
    for start in range(0, len(texts), _STRINGS):
        some = texts.slice(start, _STRINGS)
        _, offsets, data = some.buffers()
        ends = np.frombuffer(offsets, np.int32)[some.offset :][: len(some) + 1].astype(np.int64)
        code = np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]].astype(np.uint32)
        keys.append(_Hashes(code)(ends[:-1] - ends[0], ends[1:] - ends[0]))
    return np.concatenate(keys)


class Prefixes:
    """The beginnings of forms, by their hashes; a form is the number of the beginning that it is.

    Attributes:
        form: int64 (forms given,): the number of each form.
    """

    def __init__(self, keys: NDArray[np.uint64], ends: NDArray[np.int64], rules: NDArray[np.uint8]) -> None:
        """Build the table.

        Args:
            keys: What `hash_forms` returned first.
            ends: What it returned second.
            rules: uint8 (forms,): where each may stand: bits such as `ANY`, `LOWER`.
        """
        self._keys, number = np.unique(keys, return_inverse=True)
        count, words = len(self._keys), np.diff(ends, prepend=0)
        self.form = number[ends - 1] if len(ends) else np.empty(0, np.int64)
        begin = np.repeat(ends - words, words)
        self._words = np.zeros(count, np.int32)
        self._words[number] = np.arange(len(number)) - begin + 1
        self._reach = np.zeros(count, np.int32)
        np.maximum.at(self._reach, number, np.repeat(words, words))
        allowed = np.zeros(count, np.uint8)
        np.bitwise_or.at(allowed, self.form, rules)
        self._longest = np.full((len(_ALLOWED), count), -1, np.int32)
        for mask, longest in zip(_ALLOWED, self._longest, strict=True):
            place = np.where(allowed[number] & mask, np.arange(len(number)), -1)
            place = np.maximum.accumulate(place)
            longest[number] = np.where(place >= begin, number[place], -1)
        bits = max(1, count.bit_length() - 1)
        self._shift = np.uint64(64 - bits)
        filled = np.bincount((self._keys >> self._shift).astype(np.int64), minlength=1 << bits)
        self._bucket = np.concatenate([[0], np.cumsum(filled)]).astype(np.int32)

    def __len__(self) -> int:
        """Return the number of beginnings."""
        return len(self._keys)

    def match(
        self, texts: Characters
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
        """Find the longest form that may stand at each word.

        Args:
            texts: The characters of texts.

        Returns:
            int64 (n,): the characters where forms start, ascending, and where they end; their numbers; uint8 (n,): the
            rules that allow a form there.
        """
        hashes = _Hashes(texts.code)
        word, found = self._deepest(texts, hashes)
        start, opens = texts.start[word], texts.opens[word]
        kind = texts.kind.take(start)
        case = np.where((kind & UPPER) > 0, 1 + opens, 0)
        form = self._longest[case, found]
        end = self._end(texts, word, form)
        mask = _ALLOWED[case]
        # Where capitals go on to the end of a word, other rules hold up to there.
        capital = np.flatnonzero((kind & SMALL) == 0)
        small = np.append(np.flatnonzero(texts.kind & SMALL), len(texts.kind))
        to = small[np.searchsorted(small, start[capital])]
        inside = (texts.end[word[capital]] <= to) & ((form[capital] < 0) | (end[capital] <= to))
        capital, to = capital[inside], to[inside]
        words = np.searchsorted(texts.end, to, "right") - word[capital]
        shorter = found[capital]
        cut = np.flatnonzero(self._words[shorter] > words)
        begin = word[capital[cut]]
        shorter[cut] = self._find(hashes(texts.start[begin], texts.end[begin + words[cut] - 1]))
        case = 3 + (case[capital] > 0)
        form[capital], mask[capital] = self._longest[case, shorter], _ALLOWED[case]
        end[capital] = self._end(texts, word[capital], form[capital])
        named = form >= 0
        return start[named], end[named], form[named].astype(np.int64), mask[named]

    def _end(self, texts: Characters, word: NDArray[np.int64], form: NDArray[np.int32]) -> NDArray[np.int64]:
        return np.where(form >= 0, texts.end.take(word + self._words[form] - 1, mode="clip"), -1)

    def _deepest(self, texts: Characters, hashes: _Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The words at which a form begins, and the longest beginning there."""
        found = self._find(hashes(texts.start, texts.end))
        word = np.flatnonzero(found >= 0)
        found = found[word]
        # Steps are doubled until a beginning is none, or no form goes on; then the last step is bisected.
        low, high = np.ones(len(word), np.int64), self._reach[found] + np.int64(1)
        going = np.flatnonzero(high > 2)
        while len(going):
            less, more, begin = low[going], high[going], word[going]
            probe = less + np.maximum(1, np.minimum(less, (more - less) // 2))
            last = np.minimum(begin + probe, len(texts.end)) - 1
            there = self._find(hashes(texts.start[begin], texts.end[last]))
            longer = there >= 0
            found[going] = np.where(longer, there, found[going])
            low[going] = np.where(longer, probe, less)
            high[going] = np.where(longer, np.minimum(more, self._reach[there] + 1), probe)
            going = going[high[going] - low[going] > 1]
        return word, found

    def _find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The numbers of beginnings by their hashes, -1 for none."""
        found = np.full(len(keys), -1, np.int64)
        bucket = (keys >> self._shift).astype(np.int64)
        at, stop = self._bucket.take(bucket), self._bucket.take(bucket + 1)
        left = np.flatnonzero(at < stop)
        at, stop, keys = at[left], stop[left], keys[left]
        while len(left):
            same = self._keys.take(at) == keys
            found[left[same]] = at[same]
            at = at + 1
            go = np.flatnonzero(~same & (at < stop))
            left, at, stop, keys = left[go], at[go], stop[go], keys[go]
        return found
