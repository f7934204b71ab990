"""Surface forms → a table of their prefixes; the words of texts → the longest form that starts at each.

A prefix is the first words of a form. Every shorter prefix of a prefix is one too, so the longest one at a word of a text is
found by bisection over its number of words, for all words of the texts at once; the longest form that the rules allow is a
number kept with it. So time is linear in the text, whatever the forms: nested names, or a text of one word repeated, take no
longer than others.

Prefixes are compared by a 64-bit polynomial hash of their characters (R. Karp and M. Rabin, 1987): that of any span of a text
is the difference of two prefix sums. The odds that two of 10 million prefixes collide are 1 to 10^5.

An Aho-Corasick automaton cannot replace it: of overlapping names it returns the longest, but the rules may allow only a
shorter one, so that all matches must be read; ahocorasick_rs 1.0, with 0.7 million names, took six times as long to build,
one and a half times the peak memory, and twice as long to read texts.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.retrieval.linking.characters import BETWEEN, SMALL, UPPER, WORD, Characters, read_batches

__all__ = ["ANY", "EXACT", "INSIDE", "LOWER", "NAMED", "Prefixes", "hash_forms", "hash_words"]

ANY, LOWER, NAMED, EXACT, INSIDE = (1 << bit for bit in range(5))
# The rules that allow a form at a word in lower case; with a capital inside a sentence; with a capital at its start.
# The last two are for spans all in capitals: of the first, and of the others.
_ALLOWED = np.array([ANY | LOWER, ANY | NAMED | INSIDE, ANY | NAMED | LOWER, ANY | LOWER | EXACT, 15], np.uint8)
_BASE = 0x9E3779B97F4A7C15


class _Hashes:
    """Hashes any span of some characters."""

    def __init__(self, code: NDArray[np.uint32]) -> None:
        powers, self._inverse = _powers(1 << len(code).bit_length())
        self._sums = np.zeros(len(code) + 1, np.uint64)
        np.cumsum((code + np.uint32(1)) * powers[: len(code)], out=self._sums[1:])

    def __call__(self, start: Numbers, end: Numbers) -> NDArray[np.uint64]:
        return (self._sums.take(end) - self._sums.take(start)) * self._inverse.take(start)


@lru_cache(maxsize=2)
def _powers(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the powers of the base and of its inverse modulo 2^64."""
    factors = np.ones((2, count), np.uint64)
    factors[:, 1:] = np.array([[_BASE], [pow(_BASE, -1, 1 << 64)]], np.uint64)
    return tuple(np.cumprod(factors, axis=1))


def hash_forms(forms: Sequence[str]) -> tuple[NDArray[np.uint64], Numbers]:
    """Hash all prefixes of forms.

    Args:
        forms: Texts of a word or more.

    Returns:
        uint64 (words,): the prefixes of the first form, the shortest first, then those of the next; int64 (forms,): the
        end of each form's prefixes.
    """
    keys, counts = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for _, read in read_batches(forms):
        last = np.flatnonzero(read.code.take(read.start) == BETWEEN)
        words = np.diff(last, prepend=-1) - 1
        inside = np.ones(len(read.start), bool)
        inside[last] = False
        keys.append(_Hashes(read.code)(np.repeat(read.start[last - words], words), read.end[inside]))
        counts.append(words)
    return np.concatenate(keys), np.cumsum(np.concatenate(counts))


def hash_words(texts: Sequence[str]) -> tuple[NDArray[np.uint64], Numbers]:
    """Hash the words of texts: uint64 (words,), one for each word of letters or digits; int64 (words,), their texts."""
    keys, numbers = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for number, read in read_batches(texts):
        word = (read.kind.take(read.start) & WORD) > 0
        start, end = read.start[word], read.end[word]
        keys.append(_Hashes(read.code)(start, end))
        numbers.append(number + read.texts(read.positions(start)))
    return np.concatenate(keys), np.concatenate(numbers)


class Prefixes:
    """The prefixes of forms, by their hashes; a form is the number of the prefix that it is.

    Attributes:
        form: int64 (forms given,): the number of each form.
    """

    def __init__(self, keys: NDArray[np.uint64], ends: Numbers, rules: NDArray[np.uint8]) -> None:
        """Build the table from the hashes and ends of `hash_forms`, and where each form is allowed: bits such as `ANY`."""
        self._keys, number = np.unique(keys, return_inverse=True)
        count, words = len(self._keys), np.diff(ends, prepend=0)
        self.form = number[ends - 1] if len(ends) else np.empty(0, np.int64)
        begin = np.repeat(ends - words, words)
        self._words = np.zeros(count, np.int32)
        self._words[number] = np.arange(len(number)) - begin + 1
        self._reach = np.zeros(count, np.int32)  # words of the longest form with the prefix
        np.maximum.at(self._reach, number, np.repeat(words, words))
        allowed = np.zeros(count, np.uint8)
        np.bitwise_or.at(allowed, self.form, rules)
        self._longest = np.full((len(_ALLOWED), count), -1, np.int32)
        for mask, longest in zip(_ALLOWED, self._longest, strict=True):
            last = np.maximum.accumulate(np.where(allowed[number] & mask, np.arange(len(number)), -1))
            longest[number] = np.where(last >= begin, number[last], -1)
        bits = max(1, count.bit_length() - 1)
        self._shift = np.uint64(64 - bits)
        filled = np.bincount((self._keys >> self._shift).astype(np.int64), minlength=1 << bits)
        self._bucket = np.concatenate([[0], np.cumsum(filled)]).astype(np.int32)

    def __len__(self) -> int:
        """Return the number of prefixes."""
        return len(self._keys)

    def match(self, texts: Characters) -> tuple[Numbers, Numbers, Numbers, NDArray[np.uint8]]:
        """Find the longest form that is allowed at each word.

        Returns:
            int64 (n,): the characters where forms start, ascending, and where they end; their numbers; uint8 (n,): the
            rules that allow a form there.
        """
        hashes = _Hashes(texts.code)
        word, prefix = self._deepest(texts, hashes)
        start = texts.start[word]
        kind = texts.kind.take(start)
        case = np.where((kind & UPPER) > 0, 1 + texts.opens[word], 0)
        form = self._longest[case, prefix]
        end = self._end(texts, word, form)
        mask = _ALLOWED[case]
        # Where capitals go on to the end of a word, other rules hold up to there.
        capital = np.flatnonzero((kind & SMALL) == 0)
        small = np.append(np.flatnonzero(texts.kind & SMALL), len(texts.kind))
        to = small[np.searchsorted(small, start[capital])]
        inside = (texts.end[word[capital]] <= to) & ((form[capital] < 0) | (end[capital] <= to))
        capital, to = capital[inside], to[inside]
        words = np.searchsorted(texts.end, to, "right") - word[capital]
        shorter = prefix[capital]
        cut = np.flatnonzero(self._words[shorter] > words)
        begin = word[capital[cut]]
        shorter[cut] = self.find(hashes(texts.start[begin], texts.end[begin + words[cut] - 1]))
        case = 3 + (case[capital] > 0)
        form[capital], mask[capital] = self._longest[case, shorter], _ALLOWED[case]
        end[capital] = self._end(texts, word[capital], form[capital])
        named = form >= 0
        return start[named], end[named], form[named].astype(np.int64), mask[named]

    def _end(self, texts: Characters, word: Numbers, form: NDArray[np.int32]) -> Numbers:
        return np.where(form >= 0, texts.end.take(word + self._words[form] - 1, mode="clip"), -1)

    def _deepest(self, texts: Characters, hashes: _Hashes) -> tuple[Numbers, Numbers]:
        """Return the words at which a form begins, and the longest prefix there."""
        prefix = self.find(hashes(texts.start, texts.end))
        word = np.flatnonzero(prefix >= 0)
        prefix = prefix[word]
        # Steps are doubled until there is no such prefix, or no form goes on; then the last step is bisected.
        low, high = np.ones(len(word), np.int64), self._reach[prefix] + np.int64(1)
        going = np.flatnonzero(high > 2)
        while len(going):
            less, more, begin = low[going], high[going], word[going]
            probe = less + np.maximum(1, np.minimum(less, (more - less) // 2))
            last = np.minimum(begin + probe, len(texts.end)) - 1
            deeper = self.find(hashes(texts.start[begin], texts.end[last]))
            longer = deeper >= 0
            prefix[going] = np.where(longer, deeper, prefix[going])
            low[going] = np.where(longer, probe, less)
            high[going] = np.where(longer, np.minimum(more, self._reach[deeper] + 1), probe)
            going = going[high[going] - low[going] > 1]
        return word, prefix

    def find(self, keys: NDArray[np.uint64]) -> Numbers:
        """Look up prefixes by their hashes: return their numbers, -1 for an unknown hash."""
        numbers = np.full(len(keys), -1, np.int64)
        bucket = (keys >> self._shift).astype(np.int64)
        number, stop = self._bucket.take(bucket), self._bucket.take(bucket + 1)
        left = np.flatnonzero(number < stop)
        number, stop, keys = number[left], stop[left], keys[left]
        while len(left):
            same = self._keys.take(number) == keys
            numbers[left[same]] = number[same]
            number = number + 1
            go = np.flatnonzero(~same & (number < stop))
            left, number, stop, keys = left[go], number[go], stop[go], keys[go]
        return numbers
