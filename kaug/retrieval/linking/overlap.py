"""Texts → terms whose names' words they share, with the weight of the words shared: names that stand there in part.

"Turing" is half of the name "Alan Turing", "Alan Mathison Turing" all of it, though the name stands in neither as it is.
A word weighs as much as it is rare among the names (inverse document frequency; Spärck Jones, 1972), so that "of" and
"University" count for little. A term's share is the weight of the words found, over that of all words of its name.

Only few names are weighed for a text: one of the rarest words of a name, those that together weigh more than 1 - least,
must be in a text that has a share of `least` or more (prefix filtering; Chaudhuri, Ganti and Kaushik, 2006).
"""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.graph import Numbers, places, spread

__all__ = ["SHARES", "Overlap"]

SHARES = pa.schema([pa.field("text", pa.int64()), pa.field("term", pa.int64()), pa.field("share", pa.float32())])
"""Shares, sorted by text and term: the part of a term's name, in (0, 1], that stands in a text."""

_MARK = r"\p{Mn}"
# A script without spaces has no words to split at: each of its characters is one.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
_WORD = re.compile(
    r"[\u0e01-\u0edf\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]|[^\W_]+?(?=[\W_]|[\u3041-\u30ff\u3400-\u9fff]|$)"
)
_BETWEEN = r"[^\p{L}\p{N}]+"


class Overlap:
    """Finds the terms that a text names in part.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Alan_Turing :field :Logic . :Alan_Kay :field :Computing .")
        >>> kb = build_kb([file])
        >>> found = Overlap(kb, least=0.5).match(["Turing, the logician"])
        >>> kb.text().take(found["term"]).to_pylist(), found["share"].to_pylist()[0] > 0.5
        (['Alan Turing'], True)
    """

    def __init__(self, kb: KnowledgeBase, *, least: float = 0.3) -> None:
        """Weigh the words of all names of the subjects and objects of facts.

        Args:
            kb: The knowledge base.
            least: The smallest share that is found, in (0, 1].
        """
        self.least = least
        terms, names = _names(kb)
        words, name, word = _words(names)
        pairs = np.unique(name * np.int64(max(len(words), 1)) + word)
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
        prefix = before <= 1 - least + 1e-9
        by_word = np.argsort(word[prefix], kind="stable")
        self._words, self._terms = words, terms
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
        place, entry = spread(self._word_first[word], self._word_first[word + 1])
        pairs = np.unique(text[place] * np.int64(len(self._terms)) + self._word_name[entry])
        text, name = np.divmod(pairs, np.int64(max(len(self._terms), 1)))
        place, entry = spread(self._name_first[name], self._name_first[name + 1])
        found = places(had, text[place] * count + self._name_word[entry]) >= 0
        share = np.bincount(place[found], self._name_weight[entry[found]], minlength=len(name)).astype(np.float32)
        kept = share >= self.least - 1e-6
        text, term, share = text[kept], self._terms[name[kept]], np.minimum(share[kept], 1)
        order = np.lexsort((-share, term, text))
        text, term, share = text[order], term[order], share[order]
        best = np.ones(len(text), bool)
        best[1:] = (text[1:] != text[:-1]) | (term[1:] != term[:-1])
        return pa.table([pa.array(text[best]), pa.array(term[best]), pa.array(share[best])], schema=SHARES)

    def where(self, text: str, term: int) -> tuple[int, int]:
        """Find the rarest word of a term's names that a text has: its first character and that behind it; -1 if none."""
        heaviest = 0.0
        place = (-1, -1)
        spans: dict[str, tuple[int, int]] = {}
        for word in re.finditer(_WORD, text):
            spans.setdefault(_fold(word[0]), word.span())
        for name in range(*np.searchsorted(self._terms, [term, term + 1])):
            some = slice(self._name_first[name], self._name_first[name + 1])
            words = self._words.take(pa.array(self._name_word[some])).to_pylist()
            for word, weight in zip(words, self._name_weight[some], strict=True):
                if word in spans and weight > heaviest:
                    heaviest, place = float(weight), spans[word]
        return place

    def _words_in(self, texts: Sequence[str]) -> tuple[Numbers, Numbers]:
        """The known words of each text, each once: text numbers and word numbers, sorted."""
        safe = pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())
        found = _split(safe)
        text = pc.list_parent_indices(found).to_numpy().astype(np.int64)
        word = pc.fill_null(pc.index_in(pc.list_flatten(found), self._words), -1).to_numpy().astype(np.int64)
        count = np.int64(max(len(self._words), 1))
        pairs = np.unique((text * count + word)[word >= 0])
        text, word = np.divmod(pairs, count)
        return text, word


def _names(kb: KnowledgeBase) -> tuple[Numbers, pa.Array]:
    """Each name of the subjects and objects of facts, and whose it is, sorted by that."""
    wanted = np.zeros(kb.terms.num_rows, bool)
    subject, _, object_ = kb.columns()
    wanted[subject] = wanted[object_] = True
    of = kb.labels["term"].to_numpy()
    labelled = wanted[of]
    names = kb.labels["text"].filter(pa.array(labelled)).combine_chunks()
    wanted[of] = False
    rest = np.flatnonzero(wanted)
    terms = np.concatenate([of[labelled].astype(np.int64), rest])
    order = np.argsort(terms, kind="stable")
    names = pa.concat_arrays([names, kb.text(terms=rest).cast(pa.string())])
    return terms[order], names.take(pa.array(order))


def _words(names: pa.Array) -> tuple[pa.Array, Numbers, Numbers]:
    """The distinct words of names; and of each word in a name, the name's number and the word's."""
    found = _split(names)
    words = pc.list_flatten(found).dictionary_encode()
    name = pc.list_parent_indices(found).to_numpy().astype(np.int64)
    word = words.indices.to_numpy().astype(np.int64)
    full = pc.not_equal(words.dictionary, "").to_numpy(zero_copy_only=False)[word] if len(word) else word.astype(bool)
    return words.dictionary, name[full], word[full]


def _fold(word: str) -> str:
    """What `_split` makes of one word."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if unicodedata.category(c) != "Mn")


def _split(texts: pa.Array) -> pa.Array:
    """Texts' words, a list of strings each: lower case, without marks above and below letters."""
    plain = pc.replace_substring_regex(pc.utf8_normalize(pc.utf8_lower(texts), "NFKD"), _MARK, "")
    apart = pc.replace_substring_regex(plain, _UNSPACED, r" \1 ")
    return pc.split_pattern_regex(apart, _BETWEEN)
