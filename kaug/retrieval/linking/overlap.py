"""Texts → terms whose names' words they share, with the weight of the words shared: names that stand there in part.

"Turing" is half of the name "Alan Turing", "Alan Mathison Turing" all of it, though the name stands in neither as it is.
A word weighs as much as it is rare among the names (inverse document frequency; Spärck Jones, 1972), so that "of" and
"University" count for little. A term's share is the weight of the words found, over that of all words of its name.

Only few names are weighed for a text: one of the rarest words of a name, those that together weigh more than 1 - least,
must be in a text that has a share of `least` or more (prefix filtering; Chaudhuri, Ganti and Kaushik, 2006).
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers, distinct, expand, positions
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.linking.prefixes import hash_strings
from kaug.retrieval.linking.surface import names_of

__all__ = ["SHARES", "Overlap"]

SHARES = pa.schema([pa.field("text", pa.int64()), pa.field("term", pa.int64()), pa.field("share", pa.float32())])
"""Shares, sorted by text and term: the part of a term's name, in (0, 1], that stands in a text."""

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
        >>> found = Overlap(kb, least=0.5).match(["Turing, the logician"])
        >>> Wording(kb).labels().take(found["term"]).to_pylist(), found["share"].to_pylist()[0] > 0.5
        (['Alan Turing'], True)
    """

    def __init__(self, kb: KnowledgeBase, *, least: float = 0.3, most: int = 512) -> None:
        """Weigh the words of all names of the subjects and objects of facts.

        Args:
            kb: The knowledge base.
            least: The smallest share that is found, in (0, 1].
            most: A word that is among the rarest of more names than this points to none of them: "Smith" where there
                are a thousand. A name is found by its rarer words, if it has such.
        """
        self.least = least
        self._letters: dict[str, str] = {}
        names = names_of(kb)
        terms = names["term"].to_numpy().astype(np.int64)
        words, name, word = _words(names["text"].combine_chunks())
        pairs = distinct(name * np.int64(max(len(words), 1)) + word)
        name, word = np.divmod(pairs, max(len(words), 1))
        idf = np.log1p(len(names) / np.maximum(np.bincount(word, minlength=len(words)), 1))
        whole = np.bincount(name, idf[word], minlength=len(names))
        # Of each name, the rarest words first.
        order = np.lexsort((word, -idf[word], name))
        name, word = name[order], word[order]
        weight = idf[word] / whole[name]
        before = np.cumsum(weight) - weight
        first = np.searchsorted(name, np.arange(len(names) + 1))
        before -= before[np.minimum(first[:-1], max(len(name) - 1, 0))][name] if len(name) else 0
        # Far more than the sums above are off by, and than `match` allows a share to be.
        prefix = before <= 1 - least + 1e-5
        prefix &= (np.bincount(word[prefix], minlength=len(words)) <= most)[word]
        by_word = np.argsort(word[prefix], kind="stable")
        self._words, self._terms = words, terms
        keys = hash_strings(words)
        self._by_key = np.argsort(keys)
        self._keys = keys[self._by_key]
        self._name_first, self._name_word, self._name_weight = first, word, weight.astype(np.float32)
        self._word_name = name[prefix][by_word]
        self._word_first = np.searchsorted(word[prefix][by_word], np.arange(len(words) + 1))

    def match(self, texts: Sequence[str]) -> pa.Table:
        """Find the terms of whose names a text has a share of `least` or more.

        Args:
            texts: Any texts.

        Returns:
            A table of the schema `SHARES`; of a term with several names the largest share.
        """
        text, word = self._words_in(texts)
        count = np.int64(max(len(self._words), 1))
        had = text * count + word
        index, entry = expand(self._word_first[word], self._word_first[word + 1])
        pairs = distinct(text[index] * np.int64(len(self._terms)) + self._word_name[entry])
        text, name = np.divmod(pairs, np.int64(max(len(self._terms), 1)))
        index, entry = expand(self._name_first[name], self._name_first[name + 1])
        found = positions(had, text[index] * count + self._name_word[entry]) >= 0
        share = np.bincount(index[found], self._name_weight[entry[found]], minlength=len(name)).astype(np.float32)
        kept = share >= self.least - 1e-6
        text, term, share = text[kept], self._terms[name[kept]], np.minimum(share[kept], 1)
        order = np.lexsort((-share, term, text))
        text, term, share = text[order], term[order], share[order]
        best = np.ones(len(text), bool)
        best[1:] = (text[1:] != text[:-1]) | (term[1:] != term[:-1])
        return pa.table([pa.array(text[best]), pa.array(term[best]), pa.array(share[best])], schema=SHARES)

    def where(self, texts: Sequence[str], terms: Sequence[int]) -> tuple[Numbers, Numbers]:
        """Find where texts name terms in part: by the rarest word there of the name of which it has the largest share.

        Args:
            texts: Any texts, n.
            terms: Term numbers, one for each text.

        Returns:
            int64 (n,) twice: the first character of the word, where it first stands, and the character behind it; -1
            where the text has no word of the term's names.
        """
        start, end = np.full(len(texts), -1, np.int64), np.full(len(texts), -1, np.int64)
        new = sorted(set().union(*texts) - self._letters.keys())
        self._letters.update(zip(new, _fold(_strings(new)).to_pylist(), strict=True))
        letters = [[self._letters[letter] for letter in text] for text in texts]
        split = _split(pa.array(["".join(one) for one in letters], pa.string())).to_pylist()
        for index, (one, there, term) in enumerate(zip(letters, split, terms, strict=True)):
            word = self._rarest(set(there), int(term))
            if word:
                start[index], end[index] = _find_word(one, there, word)
        return start, end

    def _rarest(self, there: set[str], term: int) -> str:
        """Of the name of a term with the largest share among some words, the rarest of these; none if there is none."""
        rarest, largest = "", 0.0
        for name in range(*np.searchsorted(self._terms, [term, term + 1])):
            some = slice(self._name_first[name], self._name_first[name + 1])
            words = self._words.take(pa.array(self._name_word[some])).to_pylist()
            found = [number for number, word in enumerate(words) if word in there]
            share = self._name_weight[some][found].sum()
            if share > largest:
                rarest, largest = words[found[0]], share
        return rarest

    def _words_in(self, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """The known words of each text, each once: text numbers and word numbers, sorted."""
        found = _split(_fold(_strings(texts)))
        text = pc.list_parent_indices(found).to_numpy().astype(np.int64)
        index = positions(self._keys, hash_strings(pc.list_flatten(found)))
        count = np.int64(max(len(self._words), 1))
        pairs = distinct(text[index >= 0] * count + self._by_key[index[index >= 0]])
        text, word = np.divmod(pairs, count)
        return text, word


def _find_word(letters: list[str], there: list[str], word: str) -> tuple[int, int]:
    """Find where a word first is, by the string that each character of a text became and the words of these."""
    plain, end = "".join(letters), 0
    origin = np.append(np.repeat(np.arange(len(letters)), [len(letter) for letter in letters]), len(letters))
    for one in there:
        start = plain.index(one, end)
        end = start + len(one)
        if one == word:
            break
    # A mark behind the word is its own; what follows may be of the same character, as in "½".
    return int(origin[start]), int(max(origin[end], origin[end - 1] + 1))


def _words(names: pa.Array) -> tuple[pa.Array, Numbers, Numbers]:
    """The distinct words of names; and of each word in a name, the name's number and the word's."""
    found = _split(_fold(names))
    words = pc.list_flatten(found).dictionary_encode()
    name = pc.list_parent_indices(found).to_numpy().astype(np.int64)
    word = words.indices.to_numpy().astype(np.int64)
    full = pc.not_equal(words.dictionary, "").to_numpy(zero_copy_only=False)[word] if len(word) else word.astype(bool)
    return words.dictionary, name[full], word[full]


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
