"""Texts → the terms whose names share words with them, with the weight of the shared words.

"Turing" is half of the name "Alan Turing", "Alan Mathison Turing" all of it, though neither contains the name itself.
A word is weighted by its inverse document frequency among the names (Spärck Jones, 1972), so that "of" and "University"
count for little. A term's share is the weight of the shared words over that of all words of its name.

Only few names are weighed for a text: a text with a share of `least` or more must have one of the rarest words of the name,
those that together weigh more than 1 - least (prefix filtering; Chaudhuri, Ganti and Kaushik, 2006).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, positions
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.linking.surface import names_of

__all__ = ["SHARES", "Overlap"]

SHARES = pa.schema([pa.field("text", pa.int64()), pa.field("term", pa.int64()), pa.field("share", pa.float32())])
"""Shares, sorted by text and term: the fraction of a term's name, by weight, in (0, 1], that is in a text."""

_MARK = r"\p{Mn}"
# A script without spaces has no words to split at: each of its characters is one.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
_BETWEEN = r"[^\p{L}\p{N}\p{Mc}]+"


class Overlap:
    """Finds the terms that a text names in part.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> from kaug.wording.wording import Wording
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Alan_Turing :field :Logic . :Alan_Kay :field :Computing .")
        >>> kb = build_kb([file])
        >>> shares = Overlap(kb, least=0.5).match(["Turing, the logician"])
        >>> Wording(kb).labels().take(shares["term"]).to_pylist(), shares["share"].to_pylist()[0] > 0.5
        (['Alan Turing'], True)
    """

    def __init__(self, kb: KnowledgeBase, *, least: float = 0.3, most: int = 512) -> None:
        """Weigh the words of all names of the subjects and objects of facts.

        Args:
            kb: The knowledge base.
            least: The minimum share, in (0, 1].
            most: A word that is among the rarest of more names than this, such as "Smith", selects none of them; their
                rarer words do.
        """
        self.least = least
        names = names_of(kb)
        self._terms = names["term"].to_numpy().astype(np.int64)
        self._words, name, word = _words(names["text"].combine_chunks())
        size = len(self._words)
        name, word = np.divmod(distinct(name * np.int64(size) + word), np.int64(max(size, 1)))
        idf = np.log1p(len(names) / np.maximum(np.bincount(word, minlength=size), 1))
        # The rarest words of each name first.
        order = np.lexsort((word, -idf[word], name))
        name, word = name[order], word[order]
        weight = idf[word] / np.bincount(name, idf[word], minlength=len(names))[name]
        first = np.searchsorted(name, np.arange(len(names) + 1))
        before = np.cumsum(weight) - weight
        before -= before[first[name]]
        # The margin is far above the rounding errors of the sums and the tolerance of `match`.
        prefix = before <= 1 - least + 1e-5
        prefix &= (np.bincount(word[prefix], minlength=size) <= most)[word]
        order = np.argsort(word[prefix], kind="stable")
        self._name_first, self._name_word, self._name_weight = first, word, weight.astype(np.float32)
        self._word_name = name[prefix][order]
        self._word_first = np.searchsorted(word[prefix][order], np.arange(size + 1))
        keys = _hashes(self._words)
        self._by_key = np.argsort(keys)
        self._keys = keys[self._by_key]

    def match(self, texts: Sequence[str]) -> pa.Table:
        """Find the terms whose share in a text is `least` or more.

        Returns:
            A table of the schema `SHARES`; of a term with several names the largest share.
        """
        text, word = self._words_in(texts)
        size, names = np.int64(max(len(self._words), 1)), np.int64(max(len(self._terms), 1))
        known = text * size + word
        index, entry = expand(self._word_first[word], self._word_first[word + 1])
        text, name = np.divmod(distinct(text[index] * names + self._word_name[entry]), names)
        index, entry = expand(self._name_first[name], self._name_first[name + 1])
        shared = positions(known, text[index] * size + self._name_word[entry]) >= 0
        share = np.bincount(index[shared], self._name_weight[entry[shared]], minlength=len(name)).astype(np.float32)
        kept = share >= self.least - 1e-6
        text, term, share = text[kept], self._terms[name[kept]], np.minimum(share[kept], 1)
        order = np.lexsort((-share, term, text))
        text, term, share = text[order], term[order], share[order]
        best = np.append(np.ones(min(len(text), 1), bool), (np.diff(text) != 0) | (np.diff(term) != 0))
        return pa.table([pa.array(column[best]) for column in (text, term, share)], schema=SHARES)

    def where(self, texts: Sequence[str], terms: Sequence[int]) -> tuple[Numbers, Numbers]:
        """Locate partial names: the first occurrence of the rarest shared word of the name with the largest share.

        Args:
            texts: Any texts, n.
            terms: Term numbers, one for each text.

        Returns:
            int64 (n,) twice: the start and end of the word in characters; -1 where the text has no word of the term's
            names.
        """
        start, end = np.full(len(texts), -1, np.int64), np.full(len(texts), -1, np.int64)
        alphabet = sorted(set().union(*texts))
        folded = dict(zip(alphabet, _fold(_strings(alphabet)).to_pylist(), strict=True))
        letters = [[folded[letter] for letter in text] for text in texts]
        words = _split(pa.array(["".join(one) for one in letters], pa.string())).to_pylist()
        for row, term in enumerate(terms):
            if word := self._rarest(set(words[row]), int(term)):
                start[row], end[row] = _find_word(letters[row], words[row], word)
        return start, end

    def _rarest(self, words: set[str], term: int) -> str:
        """Return the rarest of the words shared with the name of a term that has the largest share; "" if none is."""
        rarest, largest = "", 0.0
        for name in range(*np.searchsorted(self._terms, [term, term + 1])):
            part = slice(self._name_first[name], self._name_first[name + 1])
            own = self._words.take(self._name_word[part]).to_pylist()
            shared = [index for index, word in enumerate(own) if word in words]
            share = self._name_weight[part][shared].sum()
            if share > largest:
                rarest, largest = own[shared[0]], share
        return rarest

    def _words_in(self, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Return the distinct known words of each text: text numbers and word numbers, sorted."""
        words = _split(_fold(_strings(texts)))
        text = pc.list_parent_indices(words).to_numpy().astype(np.int64)
        index = positions(self._keys, _hashes(pc.list_flatten(words)))
        size = np.int64(max(len(self._words), 1))
        return np.divmod(distinct(text[index >= 0] * size + self._by_key[index[index >= 0]]), size)


def _find_word(letters: list[str], words: list[str], word: str) -> tuple[int, int]:
    """Locate the first occurrence of a word, given the string that each character was folded to, and the words."""
    plain, end = "".join(letters), 0
    origin = np.append(np.repeat(np.arange(len(letters)), [len(letter) for letter in letters]), len(letters))
    for one in words:
        start = plain.index(one, end)
        end = start + len(one)
        if one == word:
            break
    # A mark after the word belongs to it; the next word may be of the same character, as in "½".
    return int(origin[start]), int(max(origin[end], origin[end - 1] + 1))


def _words(names: pa.Array) -> tuple[pa.Array, Numbers, Numbers]:
    """Return the distinct words of names and, of each word in a name, the name's and the word's number."""
    split = _split(_fold(names))
    words = pc.list_flatten(split).dictionary_encode()
    full = np.flatnonzero(pc.not_equal(words, ""))
    name = pc.list_parent_indices(split).to_numpy()[full].astype(np.int64)
    return words.dictionary, name, words.indices.to_numpy()[full].astype(np.int64)


def _hashes(words: pa.Array) -> NDArray[np.uint64]:
    """Hash words to 64 bits, equal within one process."""
    return pl.Series(words, dtype=pl.String).hash().to_numpy()


def _strings(texts: Sequence[str]) -> pa.Array:
    """Put texts into a column, with "?" for lone surrogates."""
    return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())


def _fold(texts: pa.Array) -> pa.Array:
    """Lower-case texts and remove their diacritics; folding character by character gives the same."""
    plain = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_normalize(texts, "NFKD")), _MARK, "")
    return pc.replace_substring(plain, "ς", "σ")


def _split(folded: pa.Array) -> pa.Array:
    """Split folded texts into words."""
    return pc.split_pattern_regex(pc.replace_substring_regex(folded, _UNSPACED, r" \1 "), _BETWEEN)
