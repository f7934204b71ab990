"""Texts → their words as numbers, in columns, so that runs of words can be looked up by their hash."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, join, mix
from kaug.words.containment import UNSPACED

__all__ = ["RUN", "Runs", "Words", "plain", "plain_words", "read_words"]

RUN = 13
"""Words that two texts must share in a row to count as overlapping, as in the decontamination of GPT-3 (arXiv 2005.14165)."""

_UNSPACED = re.compile(f"(?![\uac00-\ud7af])[{UNSPACED}]")
"""Scripts without spaces between words, so not Korean: each character is a word."""
_ASCII = re.compile("[a-z0-9]+")

_LOWER = np.zeros(256, np.uint8)  # bytes of words in lower case, all others 0
for _byte in [*b"0123456789abcdefghijklmnopqrstuvwxyz", *range(128, 256)]:
    _LOWER[_byte] = _byte
_LOWER[65:91] = np.arange(97, 123)
_FIRST = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
_STEP = np.uint64(0x9E3779B97F4A7C15)


class _Plain(dict[int, str]):
    """A table for `str.translate` that leaves letters, marks and digits, and sets characters of unspaced scripts apart."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = found = f" {letter} " if _UNSPACED.match(letter) else letter if _is_of_words(letter) else " "
        return found


def _is_of_words(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN"


_PLAIN = _Plain()


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case (NFKC), without punctuation.

    Examples:
        >>> plain_words("  What’s the CAPITAL of Togo?"), plain_words("首都 is Lomé")
        (['what', 's', 'the', 'capital', 'of', 'togo'], ['首', '都', 'is', 'lomé'])
    """
    if text.isascii():
        return _ASCII.findall(text.lower())
    return unicodedata.normalize("NFKC", text).lower().translate(_PLAIN).split()


def plain(texts: pa.Array) -> pa.Array:
    """Write words as `plain_words` does, with a space between two and nothing else."""
    return pa.array([" ".join(plain_words(text)) for text in texts.to_pylist()], pa.string())


@dataclass(frozen=True)
class Words:
    """The words of n texts.

    Attributes:
        hashes: uint64: a number for each word, those of the first text first.
        starts: int64 (n + 1,): where the words of each text begin, and the end of the last.
    """

    hashes: NDArray[np.uint64]
    starts: Numbers


def read_words(texts: pa.Array) -> Words:
    """Hash the words of texts (see `plain_words`), eight bytes at a time; ASCII texts need no regular expression.

    Args:
        texts: Strings (n,), none null.

    Examples:
        >>> words = read_words(pa.array(["Togo, Peru", "", "peru"]))
        >>> words.starts.tolist(), words.hashes[1] == words.hashes[2]
        ([0, 2, 2, 3], np.True_)
    """
    odd = pc.invert(pc.string_is_ascii(texts))
    if pc.any(odd).as_py():
        texts = pc.replace_with_mask(texts, odd, plain(texts.filter(odd)))
    spaced = pc.binary_join_element_wise(texts, "", " ")  # the space ends the last word of each text
    offsets = np.frombuffer(spaced.buffers()[1], np.int32)[: len(texts) + 1]
    letters = _LOWER[np.frombuffer(spaced.buffers()[2] or b"", np.uint8)[: offsets[-1]]]
    edges = np.flatnonzero(np.diff(letters != 0, prepend=False))
    begin, size = edges[::2], edges[1::2] - edges[::2]
    lanes = np.ndarray(len(letters) + 1, "<u8", np.append(letters, np.zeros(8, np.uint8)), strides=(1,))
    hashes = mix(lanes[begin] & _FIRST[np.minimum(size, 8)])
    rest, at = np.flatnonzero(size > 8), 8
    while len(rest):
        more = lanes[begin[rest] + at] & _FIRST[np.minimum(size[rest] - at, 8)]
        hashes[rest] = mix(hashes[rest] * _STEP + more)
        at += 8
        rest = rest[size[rest] > at]
    return Words(hashes, np.searchsorted(begin, offsets).astype(np.int64))


class Runs:
    """Runs of words, of any lengths, to be found in texts.

    Args:
        words: The runs, a text for each.

    Examples:
        >>> runs = Runs(read_words(pa.array(["of Togo", "capital of"])))
        >>> [found.tolist() for found in runs.find(read_words(pa.array(["The capital of Togo", "The capital", "of Peru"])))]
        [[0, 0], [1, 0], [1, 2]]
    """

    def __init__(self, words: Words) -> None:
        sizes = np.diff(words.starts)
        self._numbers: dict[int, Numbers] = {}
        self._hashes: dict[int, NDArray[np.uint64]] = {}
        self._known: dict[int, NDArray[np.bool_]] = {}
        for size in np.unique(sizes[sizes > 0]).tolist():
            chosen = np.flatnonzero(sizes == size)
            hashes = _hashes_at(words.hashes, words.starts[chosen], size)
            order = np.argsort(hashes, kind="stable")
            self._numbers[size], self._hashes[size] = chosen[order], hashes[order]
            self._known[size] = _table(hashes)
        self._head = min(2, *self._hashes) if self._hashes else 0
        heads = (
            _hashes_at(words.hashes, words.starts[:-1][sizes > 0], self._head) if self._hashes else np.zeros(0, "u8")
        )
        self._heads = _table(heads)

    def find(self, words: Words) -> tuple[Numbers, Numbers, Numbers]:
        """Find all runs in texts.

        Args:
            words: The words of n texts.

        Returns:
            The text, the number of the run, and the run's first word (an index in `words.hashes`) of each place where a run
            stands; sorted by text and place.
        """
        count = len(words.hashes)
        if not self._hashes or count < self._head:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
        every = words.hashes if self._head == 1 else words.hashes[:-1] * _STEP + words.hashes[1:]
        places = np.flatnonzero(_in(self._heads, every))
        texts = np.searchsorted(words.starts, places, side="right") - 1
        room = words.starts[texts + 1] - places
        found = []
        for size, hashes in self._hashes.items():
            at = places[room >= size]
            given = _hashes_at(words.hashes, at, size)
            near = _in(self._known[size], given)
            at, given = at[near], given[near]
            index, number = join(given, hashes)
            found.append((at[index], self._numbers[size][number]))
        at, number = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((number, at))
        at, number = at[order], number[order]
        return np.searchsorted(words.starts, at, side="right") - 1, number, at


def _hashes_at(hashes: NDArray[np.uint64], places: Numbers, size: int) -> NDArray[np.uint64]:
    """Hash the runs of `size` words at places."""
    found = hashes[places]
    for step in range(1, size):
        found = found * _STEP + hashes[places + step]
    return found


def _table(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Make a table of the first bits of hashes, a filter that lets few others through."""
    bits = max(16, len(hashes).bit_length() + 4)
    known = np.zeros(1 << bits, bool)
    known[(hashes * _STEP) >> np.uint64(64 - bits)] = True
    return known


def _in(known: NDArray[np.bool_], hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    bits = len(known).bit_length() - 1
    found: NDArray[np.bool_] = known[(hashes * _STEP) >> np.uint64(64 - bits)]
    return found
