"""Nodes without a name → names by their owner: "the address of Ada Birch" for the node that is Ada Birch's address."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import grouped
from kaug.tables import LABELS
from kaug.words.english import is_participle, is_verb
from kaug.words.terms import is_kind, term_words
from kaug.words.values import opaque_names, words_of
from kaug.words.vocabulary import WORDS

__all__ = ["name_by_owner", "named_by_owner"]

_TEXTS = ("comment", "definition", "description", "note")
_NOUN = re.compile(r"[a-z]+(?: [a-z]+){0,3}")


def name_by_owner(terms: pa.Table, facts: pa.Table, labels: pa.Table, languages: Sequence[str]) -> pa.Table:
    """Add labels for blank nodes that one fact leads to, from a thing with a name and by a predicate that reads as a noun.

    The node is the only one of its owner and predicate, so that "the address of Ada Birch" is one thing. The names are
    English, and made only where that is wanted.

    Args:
        terms: TERMS.
        facts: FACTS.
        labels: LABELS, sorted by term.
        languages: BCP 47 tags.

    Returns:
        LABELS, sorted by term.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> from kaug.wording.wording import Wording
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :ada :address [ :street "4 Quay Street" ] .')
        >>> kb = build_kb([file])
        >>> Wording(kb).sentences(kb.taught).to_pylist()
        ['The street of the address of ada is 4 Quay Street.']
    """
    language = next((tag for tag in languages if tag.split("-", maxsplit=1)[0] == "en"), None)
    subjects, predicates, objects = (facts[name].to_numpy() for name in ("subject", "predicate", "object"))
    blank, labelled = is_kind(terms, "blank"), np.zeros(len(terms), dtype=bool)
    labelled[labels["term"].to_numpy()] = True
    rows = np.flatnonzero((blank & ~labelled)[objects])
    if language is None or not len(rows):
        return labels
    leading = np.bincount(objects, minlength=len(terms))
    told = np.bincount(subjects, minlength=len(terms)) > 0
    pairs = grouped(subjects[rows], predicates[rows])
    alone = pairs.sizes[pairs.numbers] == 1
    rows = rows[alone & (leading[objects[rows]] == 1) & told[objects[rows]] & ~(blank & ~labelled)[subjects[rows]]]
    used, predicate = np.unique(predicates[rows], return_inverse=True)
    nouns = np.array([_as_noun(name) for name in _named(terms, labels, used, languages)], dtype=object)[predicate]
    rows, nouns = rows[nouns != ""], nouns[nouns != ""]
    owners = _named(terms, labels, subjects[rows], languages)
    named = [(row, f"{noun} of {owner}") for row, noun, owner in zip(rows, nouns, owners, strict=True) if owner]
    if not named:
        return labels
    new = pa.table(
        [
            pa.array(objects[[row for row, _ in named]]),
            pa.repeat(language.lower(), len(named)),
            pa.array([name for _, name in named]),
            pa.repeat(True, len(named)),
            pa.array([f"the {name}" for _, name in named]),
        ],
        names=LABELS.names,
    ).cast(LABELS)
    both = pa.concat_tables([labels, new])
    return both.take(np.argsort(both["term"].to_numpy(), kind="stable")).combine_chunks()


def named_by_owner(terms: pa.Table, labels: pa.Table) -> NDArray[np.bool_]:
    """Mask the blank nodes that `name_by_owner` named: that they are what their name says is no news.

    Examples:
        >>> from kaug.tables import TERMS
        >>> named_by_owner(TERMS.empty_table(), LABELS.empty_table()).tolist()
        []
    """
    mask = np.zeros(len(terms), dtype=bool)
    made = pc.equal(labels["phrase"], pc.binary_join_element_wise("the ", labels["text"], ""))
    mask[labels["term"].filter(made).to_numpy()] = True
    return mask & is_kind(terms, "blank")


def _named(terms: pa.Table, labels: pa.Table, chosen: NDArray[np.uint32], languages: Sequence[str]) -> list[str]:
    """Return the names of terms, empty for those that have none."""
    names = term_words(terms, labels, chosen.astype(np.int64), languages)
    opaque = pc.and_not(
        opaque_names(terms["value"].take(pa.array(chosen)).combine_chunks()),
        pc.is_in(pa.array(chosen), labels["term"].combine_chunks()),
    )
    return list(pc.if_else(opaque, "", names).to_pylist())


def _as_noun(name: str) -> str:
    """Return the noun phrase that a predicate's name is, without "has"; empty if it is a clause."""
    words = words_of(name).removeprefix("has ").split()
    text = " ".join(words)
    if not _NOUN.fullmatch(text) or words[-1] in _TEXTS or is_verb(words[0]) or is_participle(words[-1]):
        return ""
    return "" if WORDS.prepositions.intersection(words) or words[0] in ("is", "was", "be", "can", "may") else text
