"""Terms and labels → names of the terms, and phrases for sentences."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import join, runs
from kaug.namespaces import RDFS
from kaug.words.clean import clean_text
from kaug.words.english import with_article
from kaug.words.values import literal_words, name_words, strings, words_of

__all__ = ["CLASS_OF", "class_terms", "term_words"]

CLASS_OF = frozenset(
    {"http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://www.w3.org/2000/01/rdf-schema#subClassOf"}
)
"""The predicates whose objects are classes, which take an article in a sentence ("a country")."""

_SUBCLASS = f"{RDFS}subClassOf"


def term_words(
    terms: pa.Table,
    labels: pa.Table,
    chosen: NDArray[np.int64],
    languages: Sequence[str],
    phrases: bool = False,
    classes: NDArray[np.bool_] | None = None,
) -> pa.Array:
    """Name terms, reading only their rows.

    Args:
        terms: TERMS.
        labels: LABELS.
        chosen: int64 (n,): term numbers.
        languages: BCP 47 tags, by preference: the language of the words, then fallbacks for terms without a label in it.
        phrases: Return phrases for sentences instead of bare labels.
        classes: bool, one per term: the terms that take an English article in a phrase unless they begin with one.

    Returns:
        Strings (n,), never null: the best label; for a term without one, a literal's value in words or the last part of an
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
    rows = _best_labels(labels, chosen, languages)
    words, phrase = (strings(labels[name].take(rows)) for name in ("text", "phrase"))
    if phrases:
        words = pc.coalesce(phrase, words)
    if rows.null_count:
        missing = rows.is_null()
        words = pc.replace_with_mask(words, missing, _unlabelled(terms, pa.array(chosen).filter(missing), languages[0]))
    if classes is None:
        return words
    bare = pc.and_(pc.equal(pc.fill_null(phrase, ""), ""), pa.array(classes[chosen]))
    articled = [_with_article(word) for word in words.filter(bare).to_pylist()]
    return pc.replace_with_mask(words, bare, pa.array(articled, pa.string()))


def class_terms(terms: pa.Table, facts: pa.Table, axioms: pa.Table) -> NDArray[np.bool_]:
    """Return the mask of classes by facts and axioms; they take an article in a sentence ("a country").

    Args:
        terms: TERMS.
        facts: FACTS.
        axioms: FACTS that describe the vocabulary.

    Returns:
        bool, one per term.

    Examples:
        >>> from kaug.tables import FACTS, TERMS
        >>> class_terms(TERMS.empty_table(), FACTS.empty_table(), FACTS.empty_table())
        array([], dtype=bool)
    """
    is_class = np.zeros(terms.num_rows, dtype=bool)
    predicates, subjects, objects = (facts[name].to_numpy() for name in ("predicate", "subject", "object"))
    for row in np.flatnonzero(pc.is_in(terms["value"], pa.array(list(CLASS_OF))).to_numpy()):
        is_class[objects[predicates == row]] = True
        if terms["value"][row].as_py() == _SUBCLASS:
            is_class[subjects[predicates == row]] = True
    # Classes that the vocabulary declares, by rdfs:Class or owl:Class.
    kinds = terms["value"].take(axioms["object"].combine_chunks())
    declared = pc.match_substring_regex(kinds, "(rdf-schema|owl)#Class$").combine_chunks()
    is_class[axioms["subject"].filter(declared).to_numpy()] = True
    return is_class


def _best_labels(labels: pa.Table, chosen: NDArray[np.int64], languages: Sequence[str]) -> pa.Array:
    """Return the row of the best label of each chosen term; null for a term without labels."""
    owner, rows = join(chosen, labels["term"].to_numpy())
    first, _ = runs(owner)
    best, missing = np.zeros(len(chosen), np.int64), np.ones(len(chosen), bool)
    if len(rows):
        tags = strings(labels["language"].take(pa.array(rows))).dictionary_encode()
        wanted = list(dict.fromkeys([*languages, ""]))
        rank = np.array([_rank(tag, wanted) for tag in tags.dictionary.to_pylist()], np.int64)[tags.indices.to_numpy()]
        rank = rank * 2 + ~labels["preferred"].take(pa.array(rows)).to_numpy()
        # The lowest rank of each term, and its first row.
        best[owner[first]] = np.minimum.reduceat(rank * labels.num_rows + rows, first) % labels.num_rows
        missing[owner[first]] = False
    return pa.array(best, mask=missing)


def _unlabelled(terms: pa.Table, chosen: pa.Array, language: str) -> pa.Array:
    """Name terms without a label by a literal's value or the last part of an IRI."""
    terms = terms.select(["kind", "value", "datatype"]).take(chosen)
    kind, value = strings(terms["kind"]), strings(terms["value"])
    literal = pc.equal(kind, "literal")
    datatype = terms["datatype"].combine_chunks().filter(literal)
    words = pc.replace_with_mask(value, literal, literal_words(value.filter(literal), datatype, language))
    other = pc.invert(literal)
    return clean_text(pc.replace_with_mask(words, other, name_words(value.filter(other))))


def _rank(tag: str, wanted: Sequence[str]) -> int:
    for rank, language in enumerate(wanted):
        if tag == language.lower() or (tag and tag.split("-", maxsplit=1)[0] == language.lower()):
            return rank
    return len(wanted)


def _with_article(word: str) -> str:
    if not word or not word[0].isalpha():
        return word
    if " " not in word and re.search("[a-z][A-Z]", word):
        word = words_of(word)  # schema.org labels its classes "EducationalOrganization"
    return with_article(word if word[:2].isupper() else word[0].lower() + word[1:])
