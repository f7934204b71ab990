"""Terms and labels → names of the terms, and phrases for sentences."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import join, runs
from kaug.namespaces import RDFS
from kaug.words.clean import clean_text
from kaug.words.english import Nature, spelled, with_class_article
from kaug.words.languages import language_rank
from kaug.words.values import apart, literal_words, name_words, strings, words_of
from kaug.words.vocabulary import WORDS

__all__ = [
    "CLASS_OF",
    "NATURES",
    "Kinds",
    "address_terms",
    "class_terms",
    "humped_terms",
    "is_kind",
    "term_kinds",
    "term_words",
    "vocabulary_terms",
]

Mask = NDArray[np.bool_]

CLASS_OF = frozenset(
    {"http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://www.w3.org/2000/01/rdf-schema#subClassOf"}
)
"""The predicates whose objects are classes, which take an article in a sentence ("a country")."""

NATURES: tuple[Nature, ...] = ("", "substance", "process", "quality", "name", "datatype", "cased")
"""What is known of a class, so far as its article depends on it; see `with_class_article`."""

_SUBCLASS = f"{RDFS}subClassOf"
_IN_QUOTES = '^"([^"“”]+)"$'
"""A text in quotation marks of its own."""
_HUMPS = r"[/#:]\p{Lu}[\p{Lu}\p{Ll}]*(?:\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll})[\p{Lu}\p{Ll}]*(?:\d{4})?$"
"""A name in CamelCase, of which codes such as "AHU1" are none."""
_NO_VOWEL = re.compile("(?!nth)[b-df-hj-np-tv-xz]{3,4}|[b-df-hj-np-tv-xz]{2,4}[0-9]+")
_MOSTLY_HUMPS, _FEWEST_HUMPS, _TRIED = 1 / 3, 10, 10_000
_WEB = "^(?:https?|ftp)://|^(?:mailto|tel):"
_SITE = "^([a-z]+://[^/?#]*).*"
_PAGE = r"[?&=]|\.(?:aspx?|cfm|csv|docx?|gif|html?|jpe?g|json|jsp|owl|pdf|php|png|rdf|svg|tiff?|ttl|txt|xlsx?|xml|zip)$"


class Kinds(NamedTuple):
    """Masks of the terms that are named in a way of their own, bool, one per term.

    Attributes:
        classes: They take an English article in a phrase unless they begin with one.
        vocabulary: Predicates and classes: camelCase in their IRIs is words.
        addresses: Addresses of which nothing is said: they stand as they are.
        natures: For classes, the position in `NATURES` of what the classes above them say, int8; None if it is not known.
        humps: Things whose IRI ends in a name in CamelCase, where many do: "ChateauMargaux"; None if it is not known.
    """

    classes: Mask
    vocabulary: Mask
    addresses: Mask
    natures: NDArray[np.int8] | None = None
    humps: Mask | None = None


def term_words(
    terms: pa.Table,
    labels: pa.Table,
    chosen: NDArray[np.int64],
    languages: Sequence[str],
    phrases: bool = False,
    kinds: Kinds | None = None,
) -> pa.Array:
    """Name terms, reading only their rows.

    Args:
        terms: TERMS.
        labels: LABELS.
        chosen: int64 (n,): term numbers.
        languages: BCP 47 tags, by preference: the language of the words, then fallbacks for terms without a label in it.
        phrases: Return phrases for sentences instead of bare labels.
        kinds: The terms that are named in a way of their own; see `term_kinds`.

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
        >>> dogs, none = np.array([True, False]), np.zeros(2, bool)
        >>> term_words(terms, labels, np.arange(2), ["en"], phrases=True, kinds=Kinds(dogs, dogs, none)).to_pylist()
        ['a dog', 'bigCat']
    """
    rows = _best_labels(labels, chosen, languages)
    words, phrase = (strings(labels[name].take(rows)) for name in ("text", "phrase"))
    if phrases:
        words = pc.coalesce(phrase, words)
    if rows.null_count:
        missing = rows.is_null()
        unlabelled = chosen[missing.to_numpy(zero_copy_only=False)]
        words = pc.replace_with_mask(words, missing, _unlabelled(terms, unlabelled, languages[0], kinds))
    if kinds is None or not phrases or languages[0].split("-", maxsplit=1)[0] != "en":
        return words
    bare = pc.and_(pc.equal(pc.fill_null(phrase, ""), ""), pa.array(kinds.classes[chosen]))
    rows = chosen[bare.to_numpy(zero_copy_only=False)]
    natures = np.zeros(len(rows), np.int8) if kinds.natures is None else kinds.natures[rows]
    articled = [
        _with_article(word, NATURES[nature])
        for word, nature in zip(words.filter(bare).to_pylist(), natures.tolist(), strict=True)
    ]
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
    used = used_terms(terms, predicates)
    for row in used[pc.is_in(terms["value"].take(pa.array(used)), pa.array(list(CLASS_OF))).to_numpy()]:
        is_class[objects[predicates == row]] = True
        if terms["value"][row].as_py() == _SUBCLASS:
            is_class[subjects[predicates == row]] = True
    # Classes that the vocabulary declares, by rdfs:Class or owl:Class.
    kinds = terms["value"].take(axioms["object"].combine_chunks())
    declared = pc.match_substring_regex(kinds, "(rdf-schema|owl)#Class$").combine_chunks()
    is_class[axioms["subject"].filter(declared).to_numpy()] = True
    return is_class


def vocabulary_terms(terms: pa.Table, facts: pa.Table, axioms: pa.Table, classes: Mask) -> Mask:
    """Return the mask of predicates and classes, by their use or by a class of properties that they are instances of.

    Args:
        terms: TERMS.
        facts: FACTS.
        axioms: FACTS that describe the vocabulary.
        classes: The mask that `class_terms` returns.

    Returns:
        bool, one per term.

    Examples:
        >>> from kaug.tables import FACTS, TERMS
        >>> none = FACTS.empty_table()
        >>> vocabulary_terms(TERMS.empty_table(), none, none, np.zeros(0, bool))
        array([], dtype=bool)
    """
    vocabulary = classes.copy()
    for table in (facts, axioms):
        vocabulary[table["predicate"].to_numpy()] = True
    kinds = used_terms(terms, axioms["object"].to_numpy())
    iris = terms["value"].take(pa.array(kinds))
    of_properties = np.zeros(terms.num_rows, dtype=bool)
    of_properties[kinds[pc.match_substring_regex(iris, "[#/][A-Za-z]*Property$").to_numpy()]] = True
    vocabulary[axioms["subject"].to_numpy()[of_properties[axioms["object"].to_numpy()]]] = True
    return vocabulary


def address_terms(terms: pa.Table, facts: pa.Table, axioms: pa.Table, labelled: Mask, vocabulary: Mask) -> Mask:
    """Return the mask of addresses on the web of which nothing is said.

    They have no label and are subject of no triple. Their site is none of those that have a subject, and their namespace none
    that has a predicate; or they are of one page, by a query or the ending of a file.

    Args:
        terms: TERMS.
        facts: FACTS.
        axioms: FACTS that describe the vocabulary.
        labelled: The mask of terms with a label.
        vocabulary: The mask that `vocabulary_terms` returns.

    Returns:
        bool, one per term.

    Examples:
        >>> from kaug.tables import FACTS, TERMS
        >>> none = FACTS.empty_table()
        >>> address_terms(TERMS.empty_table(), none, none, *np.zeros((2, 0), bool))
        array([], dtype=bool)
    """
    said, unknown = vocabulary | labelled, np.zeros(terms.num_rows, dtype=bool)
    subjects = np.zeros(terms.num_rows, dtype=bool)
    for table in (facts, axioms):
        subjects[table["subject"].to_numpy()] = True
    unknown[facts["object"].to_numpy()] = True
    unknown &= ~(said | subjects | is_kind(terms, "literal"))
    rows = np.flatnonzero(unknown)
    iris = strings(terms["value"].take(pa.array(rows)))
    web = pc.match_substring_regex(iris, _WEB)
    rows, iris = rows[web.to_numpy(zero_copy_only=False)], iris.filter(web)
    addresses = np.zeros(terms.num_rows, dtype=bool)
    if not len(rows):
        return addresses
    known = strings(terms["value"].filter(pa.array(subjects & ~is_kind(terms, "blank"))))
    sites = pc.unique(pc.replace_substring_regex(known, _SITE, r"\1"))
    spaces = pc.unique(_space(strings(terms["value"].take(pc.unique(facts["predicate"].combine_chunks())))))
    own = pc.or_(
        pc.is_in(pc.replace_substring_regex(iris, _SITE, r"\1"), sites),
        pc.is_in(_space(iris), spaces),
    )
    alone = pc.or_(pc.invert(own), pc.match_substring_regex(iris, _PAGE))
    addresses[rows] = alone.to_numpy(zero_copy_only=False)
    return addresses


def term_kinds(terms: pa.Table, facts: pa.Table, axioms: pa.Table, labels: pa.Table) -> Kinds:
    """Return the terms of a knowledge base that are named in a way of their own.

    Examples:
        >>> from kaug.tables import FACTS, LABELS, TERMS
        >>> none = FACTS.empty_table()
        >>> len(term_kinds(TERMS.empty_table(), none, none, LABELS.empty_table()).addresses)
        0
    """
    labelled = np.zeros(terms.num_rows, dtype=bool)
    labelled[labels["term"].to_numpy()] = True
    classes = class_terms(terms, facts, axioms)
    vocabulary = vocabulary_terms(terms, facts, axioms, classes)
    addresses = address_terms(terms, facts, axioms, labelled, vocabulary)
    humps = humped_terms(terms, facts, labelled | vocabulary | addresses)
    return Kinds(classes, vocabulary, addresses, humps=humps)


def humped_terms(terms: pa.Table, facts: pa.Table, others: Mask) -> Mask:
    """Return the mask of things named in CamelCase, if a third of those without another name are, so that they are no brands.

    Args:
        terms: TERMS.
        facts: FACTS.
        others: The mask of terms that have a name, or are named in another way.

    Returns:
        bool, one per term.

    Examples:
        >>> from kaug.tables import FACTS, TERMS
        >>> humped_terms(TERMS.empty_table(), FACTS.empty_table(), np.zeros(0, bool))
        array([], dtype=bool)
    """
    mask = np.zeros(terms.num_rows, dtype=bool)
    things = used_terms(terms, *(facts[end].to_numpy() for end in ("subject", "object")))
    things = things[(is_kind(terms, "iri") & ~others)[things]]
    for some in (things[:: max(1, len(things) // _TRIED)], things):
        humps = pc.match_substring_regex(strings(terms["value"].take(pa.array(some))), _HUMPS)
        found = some[humps.to_numpy(zero_copy_only=False)]
        if len(found) < max(_FEWEST_HUMPS, _MOSTLY_HUMPS * len(some)):
            return mask
    mask[found] = True
    return mask


def used_terms(terms: pa.Table, *numbers: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return the distinct numbers of terms, ascending, faster than a sort.

    Examples:
        >>> from kaug.tables import TERMS
        >>> used_terms(TERMS.empty_table(), np.zeros(0, np.uint32)).tolist()
        []
    """
    used = np.zeros(terms.num_rows, dtype=bool)
    for some in numbers:
        used[some] = True
    return np.flatnonzero(used)


def is_kind(terms: pa.Table, kind: str) -> Mask:
    """Mask the terms of a kind: `iri`, `literal` or `blank`.

    Examples:
        >>> from kaug.tables import TERMS
        >>> is_kind(TERMS.empty_table(), "iri")
        array([], dtype=bool)
    """
    kinds = terms["kind"].combine_chunks()
    if not len(kinds):
        return np.zeros(0, dtype=bool)
    kinds = kinds if pa.types.is_dictionary(kinds.type) else kinds.dictionary_encode()
    return np.asarray(kinds.indices.to_numpy() == kinds.dictionary.index(kind).as_py())


def _space(iris: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(iris, "[^#/]*$", "")


def _best_labels(labels: pa.Table, chosen: NDArray[np.int64], languages: Sequence[str]) -> pa.Array:
    """Return the row of the best label of each chosen term; null for a term without labels."""
    owner, rows = join(chosen, labels["term"].to_numpy())
    first, _ = runs(owner)
    best, missing = np.zeros(len(chosen), np.int64), np.ones(len(chosen), bool)
    if len(rows):
        tags = strings(labels["language"].take(pa.array(rows))).dictionary_encode()
        ranks = [language_rank(tag, languages) for tag in tags.dictionary.to_pylist()]
        rank = np.array(ranks, np.int64)[tags.indices.to_numpy()]
        rank = rank * 2 + ~labels["preferred"].take(pa.array(rows)).to_numpy()
        # The lowest rank of each term, and its first row.
        best[owner[first]] = np.minimum.reduceat(rank * labels.num_rows + rows, first) % labels.num_rows
        missing[owner[first]] = False
    return pa.array(best, mask=missing)


def _unlabelled(terms: pa.Table, chosen: NDArray[np.int64], language: str, kinds: Kinds | None) -> pa.Array:
    """Name terms without a label by a literal's value, an address, or the last part of an IRI."""
    table = terms.select(["kind", "value", "datatype"]).take(pa.array(chosen))
    value = strings(table["value"])
    literal = pc.equal(strings(table["kind"]), "literal")
    datatype = table["datatype"].combine_chunks().filter(literal)
    said = pc.replace_substring_regex(literal_words(value.filter(literal), datatype, language), _IN_QUOTES, r"\1")
    words = pc.replace_with_mask(value, literal, said)
    other = pc.invert(literal)
    vocabulary = np.ones(len(chosen), dtype=bool) if kinds is None else kinds.vocabulary[chosen]
    if kinds is not None:
        other = pc.and_(other, pa.array(~kinds.addresses[chosen]))
    for split in (True, False):
        named = pc.and_(other, pa.array(vocabulary == split))
        words = pc.replace_with_mask(words, named, name_words(value.filter(named), split=split))
    if kinds is not None and kinds.humps is not None and kinds.humps[chosen].any():
        humps = pa.array(kinds.humps[chosen])
        words = pc.replace_with_mask(words, humps, apart(words.filter(humps)))
    return clean_text(words)


def _with_article(word: str, nature: Nature) -> str:
    if len(word) < 2 or nature in ("name", "datatype") or not (word[0].isalpha() or re.match(r"\d+-\w", word)):
        return word
    if " " not in word and re.search("[a-z][A-Z]|[A-Z]{2}[a-z]{3}", word):
        word = " ".join(map(spelled, words_of(word).split()))  # schema.org labels its classes "EducationalOrganization"
    word = re.sub(r"(?i)\bhow to(?= |$)", lambda match: match[0].replace(" ", "-"), word)
    # A label in Title Case stays as it is: in lower case it would lose the capitals of the names in it.
    word = re.sub("phenomena$", "phenomenon", re.sub("algae$", "alga", word))
    as_written = nature == "cased" or word[:2].isupper() or any(other[0].isupper() for other in word.split()[1:])
    name = word if as_written else word[0].lower() + word[1:]
    return with_class_article(re.sub(r"\b[a-z]+[0-9]*\b", _proper, name), nature)


def _proper(word: re.Match[str]) -> str:
    if _NO_VOWEL.fullmatch(word[0]):
        return word[0].upper()
    return spelled(word[0]) if word[0] in WORDS.proper else word[0]
