"""Templates of a question → those that ask for its only answer, or for all of its answers; the answers joined."""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers, pair_keys, runs
from kaug.wording.frames import record_templates
from kaug.wording.plural import in_plural

__all__ = ["ask_for_all", "ask_for_one", "definite", "in_sentences", "join_each"]

_SENTENCE = r"(?:\S+\s+){3}.*[.!?]$"
_SEVERAL = r"\p{Ll}{2,}\)?[.:;!?…] "
"""A name of several sentences, or with what is set off as these are."""
_SETS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _words(language: str) -> dict[str, str]:
    return _SETS.get(language.split("-", maxsplit=1)[0], {})


def ask_for_one(templates: Sequence[str], language: str) -> list[str]:
    """Leave out questions in the plural, if there are others: the answer is one.

    Examples:
        >>> ask_for_one(["What is a language of {s}?", "What are the languages of {s}?"], "en")
        ['What is a language of {s}?']
        >>> ask_for_one(["Who are the children of {s}?"], "en")
        ['Who are the children of {s}?']
    """
    words = _words(language)
    return [text for text in templates if not (words and re.search(words["plural"], text))] or list(templates)


def ask_for_all(templates: Sequence[str], language: str) -> list[str]:
    """Turn questions into ones that ask for all answers; those that ask for one of several are left out.

    In English a question whose noun is known is put into the plural. Others say that all are wanted.

    Examples:
        >>> ask_for_all(["Which country borders {o}?", "What borders {o}?", "Name a country that borders {o}."], "en")
        ['Which countries border {o}?', 'What borders {o}? Name all.']
        >>> ask_for_all(["What is the genre of {s}?", "What are the genres of {s}?", "Tell me the genre of {s}."], "en")
        ['What are the genres of {s}?', 'Tell me the genres of {s}.']
        >>> ask_for_all(["Qui a écrit {s} ?"], "fr")
        []
    """
    words = _words(language)
    if not words:
        return []
    asked = []
    for text in definite(templates, language):
        several = text if re.search(words["plural"], text) else in_plural(text) if words is _SETS["en"] else ""
        asked.append(several or words["all"].replace("{}", text))
    return list(dict.fromkeys(asked))


def definite(templates: Sequence[str], language: str) -> list[str]:
    """Return the templates that do not speak of one of several.

    Examples:
        >>> definite(["the capital of {s}", "a country in {o}", "one of the languages of {s}"], "en")
        ['the capital of {s}']
    """
    words = _words(language)
    return [template for template in templates if not (words and re.search(words["some"], template))]


def in_sentences(templates: Sequence[str], language: str) -> list[str]:
    """Return the templates that are not those of a record, which read badly as parts of a sentence.

    Examples:
        >>> in_sentences(["{s} — spouse: ?", "Who is the spouse of {s}?", "the value of “spouse” for {s}"], "en")
        ['Who is the spouse of {s}?']
    """
    return [template for template in templates if not _record(language).fullmatch(template)]


@lru_cache
def _record(language: str) -> re.Pattern[str]:
    name = "\ue000"
    texts = {text for tag in {language, "en"} for texts in record_templates(name, tag).values() for text in texts}
    return re.compile("|".join(re.escape(text).replace(name, ".+") for text in sorted(texts)))


def join_each(names: pa.Array, groups: Numbers, language: str) -> tuple[pa.Array, Numbers]:
    """Join the names of each group as a sentence lists them, each name once.

    Args:
        names: Strings (n,).
        groups: int64 (n,): the group of each, ascending; each group has a name.
        language: BCP 47 tag.

    Returns:
        Strings, one for each group, and int64 (n,): where each name stands in that of its group.

    Examples:
        >>> def join(*names, language="en"):
        ...     text, starts = join_each(pa.array(names), np.zeros(len(names), int), language)
        ...     return text[0].as_py(), starts.tolist()
        >>> join("tea", "rye", "tea", "salt")
        ('tea, rye and salt', [0, 5, 0, 13])
        >>> join("Lorn, Holm", "salt and rye")[0], join("茶", "盐", language="zh")[0]
        ('Lorn, Holm; salt and rye', '茶和盐')
        >>> join("Rinse. Do not rub", "In case of fire: Leave")[0]
        'Rinse. Do not rub; In case of fire: Leave'
        >>> join("P.S.", "Help!", "Salt")[0], join("It is a salt.", "It is a rye.")[0]
        ('P.S., Help! and Salt', 'It is a salt. It is a rye.')
        >>> join("Lorn F.C.", "Holm F.C.")[0]
        'Lorn F.C. and Holm F.C.'
    """
    first, sizes = runs(groups)
    text, begins = names.take(pa.array(first)), np.zeros(len(groups), np.int64)
    several = np.flatnonzero(np.repeat(sizes > 1, sizes))
    if len(several):
        some, of = names.take(pa.array(several)), groups[several]
        codes = some.dictionary_encode().indices.to_numpy()
        _, once, place = np.unique(pair_keys(of, codes), return_index=True, return_inverse=True)
        order = np.argsort(once)
        joined, starts = _join_different(some.take(pa.array(once[order])), of[once[order]], language)
        begins[several] = starts[np.argsort(order)[place]]
        text = pc.replace_with_mask(text, pa.array(sizes > 1), joined)
    return text, begins


def _join_different(names: pa.Array, groups: Numbers, language: str) -> tuple[pa.Array, Numbers]:
    """Join the different names of groups, which are in ascending order."""
    words, (first, sizes) = _words(language) or _SETS["en"], runs(groups)
    last = np.zeros(len(names), bool)
    last[first + sizes - 1] = True
    begun = np.zeros(len(names), bool)
    begun[first] = True
    marks = [pc.match_substring(names, words[mark]).to_numpy(zero_copy_only=False) for mark in ("comma", "last")]
    marks.append(pc.match_substring_regex(names, _SEVERAL).to_numpy(zero_copy_only=False))
    apart = np.repeat(np.logical_or.reduceat(np.logical_or.reduce(marks), first), sizes)
    sentence = pc.match_substring_regex(names, _SENTENCE).to_numpy(zero_copy_only=False)
    sentences = np.repeat(np.logical_and.reduceat(sentence | last, first), sizes)
    signs = pa.array(["", " ", words["apart"], words["last"], words["comma"]])
    sign = np.select([begun, sentences, apart, last], [0, 1, 2, 3], 4)
    before = signs.take(pa.array(sign))
    lengths = [pc.utf8_length(part).to_numpy(zero_copy_only=False).astype(np.int64) for part in (before, names)]
    ends = np.cumsum(lengths[0] + lengths[1])
    starts = ends - lengths[1]
    offsets = pa.array(np.append(first, len(names)).astype(np.int32))
    text = pc.binary_join(pa.ListArray.from_arrays(offsets, pc.binary_join_element_wise(before, names, "")), "")
    return text, starts - np.repeat(starts[first], sizes)
