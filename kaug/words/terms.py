"""Terms and their labels → what the terms are called, and how they stand inside a sentence."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import join, runs
from kaug.words.clean import clean_text
from kaug.words.english import with_article
from kaug.words.values import literal_words, name_words, words_of

__all__ = ["CLASS_OF", "class_terms", "term_words"]

CLASS_OF = frozenset(
    {"http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://www.w3.org/2000/01/rdf-schema#subClassOf"}
)
"""The predicates whose object is a class: what stands on their right is said with an article ("a country")."""

_SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"


def term_words(
    terms: pa.Table,
    labels: pa.Table,
    chosen: NDArray[np.int64],
    languages: Sequence[str],
    phrases: bool = False,
    classes: NDArray[np.bool_] | None = None,
) -> pa.Array:
    """Find what some terms are called, reading no more than their own rows.

    Args:
        terms: TERMS.
        labels: LABELS.
        chosen: int64 (n,): numbers of terms.
        languages: BCP 47 tags, most wanted first: that of the words, then those that serve where it has no label.
        phrases: How terms stand inside a sentence, rather than their bare labels.
        classes: bool, one per term: of phrases in English, what takes an article where no phrase is given.

    Returns:
        Strings, n, never null: the best label; of a term without one, a literal's value in words, the last part of an
        IRI.

    Examples:
        >>> from kaug.tables import LABELS, TERMS
        >>> values = ["urn:x:dog", "urn:x:bigCat"]
        >>> terms = pa.table([["iri", "iri"], values, [None, None], [None, None]], TERMS.names)
        >>> terms, labels = terms.cast(TERMS), pa.table([[0], ["en"], ["dog"], [True], [None]], schema=LABELS)
        >>> term_words(terms, labels, np.array([1, 0]), ["en"]).to_pylist()
        ['big cat', 'dog']
        >>> term_words(terms, labels, np.array([0]), ["en"], phrases=True, classes=np.array([True, False])).to_pylist()
        ['a dog']
    """
    best, has = _best_labels(labels, chosen, languages)
    words, phrase = (_strings(labels[name].take(pa.array(best))) for name in ("text", "phrase"))
    if phrases:
        words = pc.coalesce(phrase, words)
    fallback = _unlabelled(terms, chosen[~has], languages[0])
    place = np.where(has, np.cumsum(has), len(words) + np.cumsum(~has)) - 1
    words = pa.concat_arrays([words, fallback]).take(pa.array(place))
    if classes is None:
        return words
    bare = np.ones(len(chosen), dtype=bool)
    bare[has] = pc.equal(pc.fill_null(phrase, ""), "").to_numpy(zero_copy_only=False)
    bare = pa.array(bare & classes[chosen])
    articled = [_with_article(word) for word in words.filter(bare).to_pylist()]
    return pc.replace_with_mask(words, bare, pa.array(articled, pa.string()))


def class_terms(terms: pa.Table, facts: pa.Table, axioms: pa.Table) -> NDArray[np.bool_]:
    """Tell which terms are classes, by what is said of them: in a sentence they stand as "a country".

    Args:
        terms: TERMS.
        facts: FACTS.
        axioms: FACTS: what describes the vocabulary.

    Returns:
        bool, one per term.

    Examples:
        >>> from kaug.tables import FACTS, TERMS
        >>> class_terms(TERMS.empty_table(), FACTS.empty_table(), FACTS.empty_table())
        array([], dtype=bool)
    """
    found = np.zeros(terms.num_rows, dtype=bool)
    predicates = facts["predicate"].to_numpy()
    for iri in CLASS_OF:
        for row in np.flatnonzero(pc.equal(terms["value"], iri).to_numpy()):
            stated = np.flatnonzero(predicates == row)
            found[facts["object"].to_numpy()[stated]] = True
            if iri == _SUBCLASS:
                found[facts["subject"].to_numpy()[stated]] = True
    # What the vocabulary declares to be a class, by rdfs:Class or owl:Class.
    kinds = terms["value"].take(axioms["object"].combine_chunks())
    declared = pc.match_substring_regex(kinds, "(rdf-schema|owl)#Class$").combine_chunks()
    found[axioms["subject"].filter(declared).to_numpy()] = True
    return found


def _best_labels(
    labels: pa.Table, chosen: NDArray[np.int64], languages: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The row of the best label of each chosen term that has any, and which have."""
    owner, rows = join(chosen, labels["term"].to_numpy())
    first, _ = runs(owner)
    has = np.zeros(len(chosen), bool)
    has[owner[first]] = True
    if not len(rows):
        return rows, has
    some = pa.array(rows)
    tags = _strings(labels["language"].take(some)).dictionary_encode()
    wanted = list(dict.fromkeys([*languages, ""]))
    rank = np.array([_rank(tag, wanted) for tag in tags.dictionary.to_pylist()], dtype=np.int64)[
        tags.indices.to_numpy()
    ]
    rank = rank * 2 + ~labels["preferred"].take(some).to_numpy()
    return np.minimum.reduceat(rank * labels.num_rows + rows, first) % labels.num_rows, has


def _unlabelled(terms: pa.Table, chosen: NDArray[np.int64], language: str) -> pa.Array:
    """Words for terms without a label: a literal's value, the last part of an IRI."""
    some = terms.select(["kind", "value", "datatype"]).take(pa.array(chosen))
    value, datatype = _strings(some["value"]), some["datatype"].combine_chunks()
    literal = pc.equal(_strings(some["kind"]), "literal")
    words = literal_words(value.filter(literal), datatype.filter(literal), language)
    names = name_words(value.filter(pc.invert(literal)))
    is_literal = literal.to_numpy(zero_copy_only=False)
    place = np.where(is_literal, np.cumsum(is_literal), len(words) + np.cumsum(~is_literal)) - 1
    return clean_text(pa.concat_arrays([words, names]).take(pa.array(place)))


def _strings(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.cast(pa.string()).chunks or [pa.array([], pa.string())])


def _rank(tag: str, wanted: Sequence[str]) -> int:
    for place, language in enumerate(wanted):
        if tag == language.lower() or (tag and tag.split("-", maxsplit=1)[0] == language.lower()):
            return place
    return len(wanted)


def _with_article(word: str) -> str:
    if not word or not word[0].isalpha():
        return word
    if " " not in word and re.search("[a-z][A-Z]", word):
        word = words_of(word)  # schema.org labels its classes "EducationalOrganization"
    return with_article(word if word[:2].isupper() else word[0].lower() + word[1:])
