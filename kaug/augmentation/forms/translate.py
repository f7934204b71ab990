"""Labels in several languages → translations of names."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers, grouped, positions
from kaug.augmentation.rows import Facts, Options, concat_rows
from kaug.augmentation.telling import codes, fixed_words, recall_rows
from kaug.wording.wording import Wording

__all__ = ["translate_rows"]


class _Names(NamedTuple):
    """The names of things in two languages, in columns of equal length.

    Attributes:
        fact: The position of the first fact that has the thing as its subject, or else as its object.
        source: Its label in the language of the wording.
        target: Its label in the other.
    """

    fact: Numbers
    source: pa.Array
    target: pa.Array


def translate_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Ask for the preferred label of each thing in each other language of the knowledge base: "Translate into Chinese: Togo".

    A name that things with other names in that language have, too, is left out. A row names the first fact about the thing, for
    what it has learnt of; it does not state it, and its spans are where the name stands.
    """
    words, own = fixed_words(wording.language), _base(wording.language)
    given = options.all_facts(facts)
    tables = []
    for language in dict.fromkeys(map(_base, wording.kb.languages)):
        if language == own:
            continue
        if language not in words.get("languages", {}):
            options.left_out[f"translate: languages left out: no name of {language} in {own}"] = 1
            continue
        names = options.once(("translate", own, language), partial(_names, given, wording, own, language))
        here = np.flatnonzero(np.isin(given.rows[names.fact], facts.rows))
        source, target = (texts.take(pa.array(here)) for texts in (names.source, names.target))
        head, tail = words["translate"].split("{}")
        prompts = pc.binary_join_element_wise(head + words["languages"][language] + tail, source, "")
        about = given.take(names.fact[here])
        tables.append(recall_rows(about, prompts, target, target, wording, options, "translate"))
    return concat_rows(tables)


def _names(facts: Facts, wording: Wording, own: str, other: str) -> _Names:
    """Find the things of facts with a preferred label in both languages, where the first has one translation."""
    terms, first = np.unique(np.concatenate([facts.subjects, facts.objects]), return_index=True)
    labels = wording.kb.labels
    labels = labels.filter(labels["preferred"])
    tags = pc.replace_substring_regex(labels["language"], "-.*", "")
    known, texts = [], []
    for language in (own, other):
        some = labels.filter(pc.equal(tags, language))
        of, at = np.unique(some["term"].to_numpy(), return_index=True)
        known.append(of)
        texts.append(some["text"].combine_chunks().take(pa.array(at)))
    both = terms[np.isin(terms, known[0]) & np.isin(terms, known[1])]
    source, target = (text.take(pa.array(np.searchsorted(of, both))) for of, text in zip(known, texts, strict=True))
    pairs = grouped(codes(pc.utf8_lower(source)), codes(target))
    meanings = np.bincount(codes(pc.utf8_lower(source))[pairs.heads])
    one = np.flatnonzero(meanings[codes(pc.utf8_lower(source))] == 1)
    return _Names(
        first[positions(terms, both)][one] % max(1, len(facts)), source.take(pa.array(one)), target.take(pa.array(one))
    )


def _base(tag: str) -> str:
    return tag.lower().split("-", maxsplit=1)[0]
