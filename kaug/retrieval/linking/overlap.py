"""Texts → terms whose names' words they share, with the weight of the words shared: names that are there in part.

"Turing" is half of the name "Alan Turing", "Alan Mathison Turing" all of it, though the name is in neither as it is.
A word weighs as much as it is rare among the names (inverse document frequency; Spärck Jones, 1972), so that "of" and
"University" count for little. A term's share is the weight of the words found, over that of all words of its name.

Only few names are weighed for a text: one of the rarest words of a name, those that together weigh more than 1 - least,
must be in a text that has a share of `least` or more (prefix filtering; Chaudhuri, Ganti and Kaushik, 2006).
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
"""Shares, sorted by text and term: the part of a term's name, in (0, 1], that is in a text."""

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
            least: The smallest share that is returned, in (0, 1].
            most: A word that is among the rarest of more names than this points to none of them: "Smith" where there
                are a thousand. A name is found by its rarer words, if it has such.
        """
        self.least = least
        names = names_of(kb)
        self._terms = names["term"].to_numpy().astype(np.int64)
        self._words, name, word = _words(names["text"].combine_chunks())
        size = len(self._words)
        name, word = np.divmod(distinct(name * np.int64(size) + word), np.int64(max(size, 1)))
        idf = np.log1p(len(names) / np.maximum(np.bincount(word, minlength=size), 1))
        # Of each name, the rarest words first.
        order = np.lexsort((word, -idf[word], name))
        name, word = name[order], word[order]
        weight = idf[word] / np.bincount(name, idf[word], minlength=len(names))[name]
        first = np.searchsorted(name, np.arange(len(names) + 1))
        before = np.cumsum(weight) - weight
        before -= before[first[name]]
        # Far more than the sums above are off by, and than `match` allows a share to be.
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
        """Find the terms of whose names a text has a share of `least` or more.

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
        """Find where texts name terms in part: the first place of the rarest word of the name with the largest share.

        Args:
            texts: Any texts, n.
            terms: Term numbers, one for each text.

        Returns:
            int64 (n,) twice: the first character of the word, and the character behind it; -1 where the text has no word
            of the term's names.
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
        """Of the name of a term that has the largest share among some words, the rarest of these; "" if none is there."""
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
        """The known words of each text, each once: text numbers and word numbers, sorted."""
        words = _split(_fold(_strings(texts)))
        text = pc.list_parent_indices(words).to_numpy().astype(np.int64)
        index = positions(self._keys, _hashes(pc.list_flatten(words)))
        size = np.int64(max(len(self._words), 1))
        return np.divmod(distinct(text[index >= 0] * size + self._by_key[index[index >= 0]]), size)


def _find_word(letters: list[str], words: list[str], word: str) -> tuple[int, int]:
    """Find where a text first has a word, by the string that each of its characters was folded to, and its words."""
    plain, end = "".join(letters), 0
    origin = np.append(np.repeat(np.arange(len(letters)), [len(letter) for letter in letters]), len(letters))
    for one in words:
        start = plain.index(one, end)
        end = start + len(one)
        if one == word:
            break
    # A mark behind the word is its own; what follows may be of the same character, as in "½".
    return int(origin[start]), int(max(origin[end], origin[end - 1] + 1))


def _words(names: pa.Array) -> tuple[pa.Array, Numbers, Numbers]:
    """The distinct words of names; and of each word in a name, the name's number and the word's."""
    split = _split(_fold(names))
    words = pc.list_flatten(split).dictionary_encode()
    full = np.flatnonzero(pc.not_equal(words, ""))
    name = pc.list_parent_indices(split).to_numpy()[full].astype(np.int64)
    return words.dictionary, name, words.indices.to_numpy()[full].astype(np.int64)


def _hashes(words: pa.Array) -> NDArray[np.uint64]:
    """A number of 64 bits for each word, the same throughout a process."""
    return pl.Series(words, dtype=pl.String).hash().to_numpy()


def _strings(texts: Sequence[str]) -> pa.Array:
    """Texts in a column, with "?" for lone surrogates."""
    return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())


def _fold(texts: pa.Array) -> pa.Array:
    """Texts in lower case, without marks above and below letters: character by character the same as as a whole."""
    plain = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_normalize(texts, "NFKD")), _MARK, "")
    return pc.replace_substring(plain, "ς", "σ")


def _split(folded: pa.Array) -> pa.Array:
    """Folded texts' words, a list of strings each."""
    return pc.split_pattern_regex(pc.replace_substring_regex(folded, _UNSPACED, r" \1 "), _BETWEEN)
