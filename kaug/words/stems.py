"""Texts → the stems of their words and their letters, by which it is found quickly which texts may hold which names."""

import re
import unicodedata
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.words.quantities import each_distinct
from kaug.words.vocabulary import WORDS

__all__ = ["Stemmed", "bare_letters", "stem", "with_stems"]

# What is before an article is looked at last, so that a search goes from "t" to "t" and "a" to "a".
_ARTICLE = re.compile(r"the(?<![^\W_]the)\b|an(?<![^\W_]an)\b")
_NOT_ASCII = re.compile(r"[^\0-\x7f]+")

_UNLIKE_WORDS = (
    r"[^\x00-\x7f]|[A-Za-z]\.[A-Za-z]|\d[,.']\d|\d[A-Za-z]|[A-Za-z]\d|[a-z][A-Z]|[A-Z][A-Z][a-z]"
    r"|(?:^|[^A-Za-z\d])['`]s\b"
)
"""What is read as other words than those that punctuation leaves."""


class _Letters(dict[int, str]):
    """A table for `str.translate` that drops what two spellings of a name may differ in, and the endings of plurals."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = "" if letter in "aeiouysdløłđæœı" or unicodedata.category(letter)[0] not in "LN" else letter
        return self[code]


_LETTERS = _Letters()
_QUOTES, _MARKS = {"[“”]": " ", "[’‘]": "'"}, r"[\x{300}-\x{36f}]"
_SINGULAR = {plural: singular for singular, plural in WORDS.irregular_plurals.items()}
_PLURAL = rf"(?i)(?:^|[\W_])(?:{'|'.join(_SINGULAR)})(?:[\W_]|$)"
_PLURALS = re.compile(rf"(?i)(?<![^\W_])(?:{'|'.join(_SINGULAR)})(?![^\W_])")
_PLAIN = b"\0" + bytes(code if code < 128 and chr(code).isalnum() else 32 for code in range(1, 256)).lower()
_DROPPED = bytes(code for code in range(1, 128) if not _LETTERS[code])
"""The ASCII characters that are dropped; a zero byte stands between two texts."""


class Stemmed(NamedTuple):
    """Texts, and the stems of their words; see `stem`.

    Attributes:
        texts: Strings (n,).
        stems: Strings (n,), null where they cannot be told.
    """

    texts: pa.Array
    stems: pa.Array

    def take(self, index: NDArray[np.int64]) -> "Stemmed":
        """Return some texts."""
        return Stemmed(*(column.take(pa.array(index)) for column in self))


def with_stems(texts: pa.Array) -> Stemmed:
    """Add the stems of the words of texts."""
    return Stemmed(texts, stem(texts))


def stem(texts: pa.Array) -> pa.Array:
    """Leave of each word its first letter, and of the others those that no plural changes; all texts are read as one.

    Args:
        texts: Strings (n,), none null.

    Returns:
        Strings (n,): the stems without articles, a space around each; null where the words are not plain ones of ASCII.
        Irregular plurals are put into the singular before.

    Examples:
        >>> stem(pa.array(["Which cities has “the king”?", "The wolf", "wolves", "Lomé", "多哥"])).to_pylist()
        [' Whch Ct H Kng ', ' Wlf ', ' Wlf ', ' Lm ', None]
    """
    words = texts.dictionary_encode()
    known = words.dictionary
    odd = pc.invert(pc.string_is_ascii(known))
    if pc.any(odd).as_py():
        plain = known.filter(odd)
        for letters, by in _QUOTES.items():
            plain = pc.replace_substring_regex(plain, letters, by)
        plain = pc.replace_substring_regex(pc.utf8_normalize(plain, "NFKD"), _MARKS, "")
        known = pc.replace_with_mask(known, odd, plain)
    known = each_distinct(known, pc.match_substring_regex(known, _PLURAL), _in_singular)
    untold = pc.match_substring_regex(known, _UNLIKE_WORDS)
    joined = "\0".join(pc.if_else(untold, "", pc.binary_join_element_wise(" ", known, " ", "")).to_pylist())
    read = joined.encode().translate(_PLAIN, b"'`")
    for word in (b"  ", b" the ", b" a ", b" an "):
        while word in read:
            read = read.replace(word, b" ")
    stems = pa.array(read.title().translate(None, b"aeiouys").decode().split("\0")[: len(known)], pa.string())
    return pc.if_else(untold, pa.scalar(None, pa.string()), stems).take(words.indices)


def _in_singular(text: str) -> str:
    """Put the words of irregular plural into the singular."""
    return _PLURALS.sub(lambda word: _SINGULAR[word[0].lower()], text)


def bare_letters(texts: pa.Array) -> pa.Array:
    """Leave the letters that tell names apart, whatever the words; each text is read once, and all of them as one.

    Examples:
        >>> bare_letters(pa.array(["The bus stops", "BusStop", "wolves", "wolf"])).to_pylist()
        ['btp', 'btp', 'wf', 'wf']
    """
    words = texts.dictionary_encode()
    ascii = pc.string_is_ascii(words.dictionary)
    bare = [_bare(words.dictionary.filter(some)) for some in (ascii, pc.invert(ascii))]
    place = np.argsort(np.argsort(~ascii.to_numpy(zero_copy_only=False), kind="stable"), kind="stable")
    return pa.concat_arrays(bare).take(pa.array(place)).take(words.indices)


def _bare(texts: pa.Array) -> pa.Array:
    joined = "\0".join(text.replace("\0", "") for text in texts.to_pylist())
    plain = _ARTICLE.sub("", _in_singular(unicodedata.normalize("NFKD", joined).lower()))
    plain = plain if plain.isascii() else _NOT_ASCII.sub(lambda some: some[0].translate(_LETTERS), plain)
    bare = plain.encode().translate(None, _DROPPED).decode().split("\0") if len(texts) else []
    return pa.array(bare, pa.string())
