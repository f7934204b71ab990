"""Facts, labels and settings → the reason why each fact is not taught, or none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import distinct, expand, grouped, pair_keys, positions, unpair
from kaug.errors import SourceError, nearest
from kaug.knowledge.owners import named_by_owner
from kaug.knowledge.vocabulary import (
    ADMINISTRATIVE,
    BESIDE_DEFINITION,
    DEPRECATED,
    MATCHES,
    NOTES,
    OF_THE_RECORD,
    PAGES,
    ROLES,
    WIKI,
    Names,
)
from kaug.namespaces import RDF, XSD
from kaug.words.clean import clean_text, without_citations
from kaug.words.languages import OTHER, language_rank
from kaug.words.quantities import number_words
from kaug.words.terms import Kinds, is_kind, term_kinds, term_words, used_terms
from kaug.words.values import DECIMALS, INTEGERS, UUID, name_words, opaque_names, strings

__all__ = [
    "CHOICES",
    "EXCLUDED",
    "LIMIT",
    "NOT_SELECTED",
    "NO_TEXT",
    "REASONS",
    "SPARED",
    "Given",
    "Teach",
    "reasons_of",
]

Mask = NDArray[np.bool_]
Teach = Literal["knowledge", "all"]

EXCLUDED, NOT_SELECTED, LIMIT = "excluded by setting", "not selected", "limit"
"""The reasons that settings give; `REASONS` has those that `teach = "knowledge"` adds."""

NO_TEXT = "no text names its subject"
"""The reason that `teach = "what the texts are about"` gives."""

SPARED = (EXCLUDED, NOT_SELECTED, LIMIT, NO_TEXT, "type")
"""The reasons that say nothing against asking a fact."""

_FALSE = ("false", "0")
_LONGEST_NAME = 200  # bytes of a text that may be a name
_IN_BRACKETS = r" *\([^()]*\)$"
_ARTICLE = "(?i)^an? "
_AROUND = 10
"""The bytes of an article and of punctuation around a name."""
_NOT_A_WORD = r"(?i)\bthe\b|[^\pL\pN]"
_LENGTH_OF_UUID = 36
_NEAREST_TO = 2_000  # IRIs to look through for the nearest one


@dataclass(frozen=True)
class Given:
    """What decides whether facts are taught.

    Attributes:
        terms: TERMS, sorted as N-Triples writes them.
        facts: FACTS.
        axioms: FACTS that describe the vocabulary.
        labels: LABELS.
        names: The term numbers of named things and of the literals that name them, whatever their language.
        templated: The term numbers of predicates with templates in the lexicon.
        languages: The wanted languages.
        longest_text: The maximum length of a literal, in characters.
    """

    terms: pa.Table
    facts: pa.Table
    axioms: pa.Table
    labels: pa.Table
    names: tuple[NDArray[np.uint32], NDArray[np.uint32]]
    templated: NDArray[np.uint32]
    languages: Sequence[str]
    longest_text: int

    @cached_property
    def subject(self) -> NDArray[np.uint32]:
        """The subject of each fact."""
        return np.asarray(self.facts["subject"].to_numpy())

    @cached_property
    def predicate(self) -> NDArray[np.uint32]:
        """The predicate of each fact."""
        return np.asarray(self.facts["predicate"].to_numpy())

    @cached_property
    def object(self) -> NDArray[np.uint32]:
        """The object of each fact."""
        return np.asarray(self.facts["object"].to_numpy())

    @cached_property
    def kinds(self) -> Kinds:
        """The terms that are named in a way of their own."""
        return term_kinds(self.terms, self.facts, self.axioms, self.labels)

    def is_kind(self, kind: str) -> Mask:
        """Mask the terms of a kind."""
        return is_kind(self.terms, kind)

    def by_value(self, column: str, holds: Callable[[str], bool]) -> Mask:
        """Mask the terms for whose datatype or language something holds."""
        coded = self.terms[column].combine_chunks()
        coded = coded if pa.types.is_dictionary(coded.type) else coded.dictionary_encode()
        values = [value is not None and holds(value) for value in coded.dictionary.to_pylist()]
        return np.asarray(np.array([*values, False])[coded.indices.fill_null(len(values)).to_numpy()])

    def said_by(self, predicates: Names) -> Mask:
        """Mask the facts with some predicates."""
        return np.asarray(self.named(self.used(self.predicate), predicates)[self.predicate])

    def any_of(self, terms: Mask) -> Mask:
        """Mask the facts with a term of a mask."""
        return np.asarray(terms[self.subject] | terms[self.predicate] | terms[self.object])

    def used(self, *numbers: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return the distinct numbers of terms, ascending."""
        return used_terms(self.terms, *numbers)

    def named(self, numbers: NDArray[np.int64], names: Names) -> Mask:
        """Mask the terms, among those given, whose IRI is one of some names."""
        mask = np.zeros(self.terms.num_rows, dtype=bool)
        iris = self.terms["value"].take(pa.array(numbers)).to_pylist()
        mask[numbers] = [iri in names for iri in iris]
        return mask

    def pairs(self, predicates: Names) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Return subjects and objects of the facts and axioms with some predicates."""
        subjects, objects = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
        for table in (self.facts, self.axioms):
            subject, predicate, value = (table[name].to_numpy() for name in ("subject", "predicate", "object"))
            of_names = self.named(self.used(predicate), predicates)
            if of_names.any():
                rows = np.flatnonzero(of_names[predicate])
                subjects.append(subject[rows])
                objects.append(value[rows])
        return np.concatenate(subjects), np.concatenate(objects)

    @cached_property
    def types(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """The instances and their classes, as stated."""
        return self.pairs(_TYPE)

    def instances(self, classes: Names) -> Mask:
        """Mask the terms with a stated class of some names."""
        subject, kind = self.types
        mask = np.zeros(self.terms.num_rows, dtype=bool)
        of_names = self.named(self.used(kind), classes)
        if of_names.any():
            mask[subject[of_names[kind]]] = True
        return mask


_TYPE = Names(frozenset([f"{RDF}type"]))


def _nameless(given: Given) -> Mask:
    """With a blank node or an identifier that has no label, or is named by the fact alone, or a nameless predicate."""
    labelled = np.zeros(given.terms.num_rows, dtype=bool)
    labelled[given.labels["term"].to_numpy()] = True
    nameless = given.is_kind("blank") & ~labelled
    named = labelled | given.kinds.addresses
    named[given.templated] = True
    named |= given.named(given.used(given.predicate), ROLES["comment"])  # these have sentences of their own
    used = given.used(given.subject, given.predicate, given.object)
    rows = used[(given.is_kind("iri") & ~named)[used]]
    iris, instances = given.terms["value"].take(pa.array(rows)), ~given.kinds.vocabulary[rows]
    opaque = opaque_names(iris, pa.array(instances)).to_numpy(zero_copy_only=False)
    if opaque[instances].all() and not (labelled & ~given.kinds.vocabulary)[used].any():
        opaque = opaque_names(iris).to_numpy(zero_copy_only=False)  # nodes are numbered where nothing has another name
    nameless[rows] = opaque
    return np.asarray(given.any_of(nameless) | named_by_owner(given.terms, given.labels)[given.object])


def _administrative(given: Given) -> Mask:
    """About the record of a thing, about a node that only such facts lead to, or about a file."""
    administrative = given.said_by(ADMINISTRATIVE["predicates"])
    shapes = given.instances(ADMINISTRATIVE["shapes"]) & ~given.kinds.vocabulary
    files = given.instances(ADMINISTRATIVE["classes"]) | shapes | _pages(given) | _no_texts(given)
    terms = given.kinds.vocabulary | given.instances(ADMINISTRATIVE["concepts"])
    terms[given.subject[files[given.object]]] = True
    nodes = np.zeros(len(files), dtype=bool)
    nodes[given.object[administrative]] = True
    about = files | ((nodes | _notes(given, administrative)) & given.is_kind("blank"))
    of_terms = given.said_by(ADMINISTRATIVE["of_terms"]) & terms[given.subject]
    return np.asarray(administrative | of_terms | about[given.subject] | files[given.object])


def _no_texts(given: Given) -> Mask:
    """The literals that nobody reads: UUIDs, bytes."""
    values, mask = given.terms["value"], given.is_kind("literal")
    mask &= pc.equal(pc.binary_length(values), _LENGTH_OF_UUID).to_numpy()
    rows = np.flatnonzero(mask)
    mask[rows] = pc.match_substring_regex(values.take(pa.array(rows)), f"^{UUID}$").to_numpy()
    return mask | given.by_value("datatype", lambda datatype: datatype in (XSD + "hexBinary", XSD + "base64Binary"))


def _notes(given: Given, administrative: Mask) -> Mask:
    """The nodes that only have a creator or a date, and comments, and to which no knowledge leads."""
    knowledge, notes = (np.zeros(given.terms.num_rows, dtype=bool) for _ in range(2))
    notes[given.subject[administrative]] = True
    knowledge[given.object[~administrative]] = True
    knowledge[given.subject[~administrative & ~given.said_by(ROLES["comment"])]] = True
    return notes & ~knowledge


def _pages(given: Given) -> Mask:
    """The pages about things: of a wiki, or part of the site whose address theirs begins with."""
    pages, values = np.zeros(given.terms.num_rows, dtype=bool), given.terms["value"]
    about = np.zeros(len(pages), dtype=bool)
    about[given.subject[given.said_by(PAGES["about"])]] = True
    rows = np.flatnonzero(about & given.is_kind("iri"))
    pages[rows] = pc.match_substring_regex(values.take(pa.array(rows)), WIKI).to_numpy()
    rows = np.flatnonzero(given.said_by(PAGES["site"]) & about[given.subject])
    page, site = (values.take(pa.array(column[rows])).to_pylist() for column in (given.subject, given.object))
    of_site = np.fromiter(map(str.startswith, page, site), dtype=bool, count=len(rows))
    pages[given.subject[rows[of_site]]] = True
    return pages


def _deprecated(given: Given) -> Mask:
    """With a term that is withdrawn."""
    withdrawn = given.instances(DEPRECATED["classes"])
    subject, value = given.pairs(DEPRECATED["predicates"])
    no = pc.is_in(given.terms["value"].take(pa.array(value)), pa.array(_FALSE)).to_numpy()
    withdrawn[subject[~no]] = True
    return given.any_of(withdrawn)


def _other_language(given: Given) -> Mask:
    """With a text in a language that is not wanted."""
    other = given.by_value("language", lambda tag: language_rank(tag.lower(), given.languages) == OTHER)
    return np.asarray(other[given.object])


def _address(given: Given) -> Mask:
    """With an address on the web as its object, or in it."""
    texts = given.terms["value"]
    in_text = pc.or_(pc.match_substring(texts, "://"), pc.starts_with(texts, "mailto:")).to_numpy()
    in_text &= given.is_kind("literal")
    uri = given.by_value("datatype", lambda datatype: datatype == XSD + "anyURI")
    return np.asarray((given.kinds.addresses | in_text | uri)[given.object])


def _long(given: Given) -> Mask:
    """With a literal longer than the limit."""
    texts = given.terms["value"]
    rows = np.flatnonzero(pc.greater(pc.binary_length(texts), given.longest_text).to_numpy() & given.is_kind("literal"))
    long = np.zeros(len(texts), dtype=bool)
    long[rows] = pc.greater(pc.utf8_length(texts.take(pa.array(rows))), given.longest_text).to_numpy()
    return np.asarray(long[given.object])


def _own_name(given: Given) -> Mask:
    """With a name of the subject as its object: "The name of Togo is Togo", or a class, or a concept, of the same name."""
    text = given.by_value("datatype", lambda datatype: datatype in (XSD + "string", RDF + "langString"))
    rows = np.flatnonzero((text & _short(given))[given.object] & ~given.said_by(ROLES["comment"]))
    unnamed = np.zeros(given.terms.num_rows, dtype=bool)
    unnamed[given.subject[rows]] = True
    unnamed[given.names[0]] = False
    own = np.zeros(len(given.facts), dtype=bool)
    own[rows] = _says_name(given, rows, np.flatnonzero(unnamed))
    kinds = given.kinds.classes | given.instances(ADMINISTRATIVE["concepts"])
    rows = np.flatnonzero(kinds[given.subject] & kinds[given.object])
    used, ends = np.unique(np.append(given.subject[rows], given.object[rows]), return_inverse=True)
    words = term_words(given.terms, given.labels, used.astype(np.int64), given.languages, kinds=given.kinds)
    name = pc.utf8_lower(words).dictionary_encode().indices.to_numpy()[ends]
    own[rows[name[: len(rows)] == name[len(rows) :]]] = True
    return own


def _short(given: Given) -> Mask:
    """The literals that are short enough to be a name."""
    short = pc.less_equal(pc.binary_length(given.terms["value"]), _LONGEST_NAME).to_numpy()
    return np.asarray(short & given.is_kind("literal"))


def _says_name(given: Given, rows: NDArray[np.int64], iris: NDArray[np.int64]) -> Mask:
    """Mask facts whose text is a name of the subject, articles, case and what is in brackets after the name apart.

    The names are those that are stated, and of `iris`, the words of the IRI. In brackets: "Earth Song (song)".
    """
    values, used = given.terms["value"], np.zeros(given.terms.num_rows, dtype=bool)
    mask = np.zeros(len(rows), dtype=bool)
    alike = _begin_alike(given, rows, iris)
    rows = rows[alike]
    used[given.subject[rows]] = True
    own, iris = used[given.names[0]], iris[used[iris]]
    named, name = given.names[0][own], given.names[1][own]
    used[:] = False
    used[given.object[rows]] = used[name] = True
    texts = np.flatnonzero(used)
    plain = without_citations(clean_text(strings(values.take(pa.array(texts)))))
    whole = pa.concat_arrays([plain, name_words(values.take(pa.array(iris)))])
    parts, places = [whole], []
    for pattern in (_IN_BRACKETS, _ARTICLE):
        rest = pc.match_substring_regex(whole, pattern)
        places.append(np.arange(len(whole)))
        places[-1][rest.to_numpy(zero_copy_only=False)] = sum(map(len, parts)) + np.arange(pc.sum(rest).as_py() or 0)
        parts.append(pc.replace_substring_regex(whole.filter(rest), pattern, ""))
    words = pa.concat_arrays(parts)
    letters = pc.replace_substring_regex(words, _NOT_A_WORD, "")
    letters = pc.utf8_lower(pc.if_else(pc.equal(letters, ""), words, letters))
    number = letters.dictionary_encode().indices.to_numpy()
    number = np.stack(
        [number[: len(whole)], *(number[place] for place in places)]
    )  # whole, without brackets, an article
    names = np.append(np.searchsorted(texts, name), len(texts) + np.arange(len(iris)))
    known = pair_keys(np.tile(np.append(named, iris), 2), number[:2, names].ravel())
    said = number[:, np.searchsorted(texts, given.object[rows])]
    mask[alike] = np.isin(pair_keys(given.subject[rows], said[0]), known)
    mask[alike] |= np.isin(pair_keys(given.subject[rows], said[2]), known)
    return mask


def _begin_alike(given: Given, rows: NDArray[np.int64], iris: NDArray[np.int64]) -> Mask:
    """Mask the facts whose text may be a name of the subject, by its first letter and its length: the rest is costly."""
    values, used = given.terms["value"], np.zeros(given.terms.num_rows, dtype=bool)
    used[given.subject[rows]] = True
    own = used[given.names[0]]
    named = np.append(given.names[0][own], iris).astype(np.int64)
    texts, place = np.unique(np.append(given.object[rows], given.names[1][own]), return_inverse=True)
    both = [strings(values.take(pa.array(texts))), name_words(values.take(pa.array(iris)))]
    first = pa.concat_arrays([pc.utf8_lower(pc.utf8_slice_codeunits(some, 0, 1)) for some in both])
    letter = first.dictionary_encode().indices.to_numpy().astype(np.int64)
    length = np.concatenate([pc.binary_length(some).to_numpy() for some in both])
    at, of_names = place[: len(rows)], np.append(place[len(rows) :], len(texts) + np.arange(len(iris)))
    longest = np.zeros(given.terms.num_rows, dtype=np.int64)
    np.maximum.at(longest, named, length[of_names])
    known = distinct(pair_keys(named, letter[of_names]))
    begins = positions(known, pair_keys(given.subject[rows], letter[at])) >= 0
    # An article, a quotation mark or a bracket may come before the name, and brackets after it.
    begins |= pc.match_substring_regex(first, r"^(?:[ta]|[^\pL\pN])").to_numpy(zero_copy_only=False)[at]
    closed = pc.match_substring_regex(both[0], r"[)\]]\W*$").to_numpy(zero_copy_only=False)[at]
    return np.asarray(begins & (closed | (length[at] <= longest[given.subject[rows]] + _AROUND)))


def _equal_value(given: Given) -> Mask:
    """With a number that is equal to that of another fact of the same subject and predicate: 10.0 beside 10."""
    number = given.by_value("datatype", lambda datatype: datatype in INTEGERS | DECIMALS)
    # Facts are sorted by subject, predicate and object.
    again = (given.subject[1:] == given.subject[:-1]) & (given.predicate[1:] == given.predicate[:-1])
    rows = np.flatnonzero((np.append(again, False) | np.append(False, again)) & number[given.object])
    words = number_words(given.terms["value"].take(pa.array(given.object[rows])).combine_chunks())
    value = words.dictionary_encode().indices.to_numpy()
    equal = np.zeros(len(given.facts), dtype=bool)
    equal[rows] = True
    equal[rows[grouped(given.subject[rows], given.predicate[rows], value).heads]] = False
    return equal


def _note(given: Given) -> Mask:
    """With a comment or a note that is about the record of a thing."""
    mask, values = np.zeros(len(given.facts), dtype=bool), given.terms["value"]
    comments = given.said_by(NOTES["comments"])
    defined = np.zeros(len(values), dtype=bool)
    defined[given.subject[given.said_by(NOTES["definitions"]) & ~_other_language(given)]] = True
    for notes, of_record in (
        (comments | given.said_by(NOTES["notes"]), OF_THE_RECORD),
        (comments & defined[given.subject], BESIDE_DEFINITION),
    ):
        rows = np.flatnonzero(notes)
        texts = values.take(pa.array(given.object[rows]))
        mask[rows] |= pc.match_substring_regex(texts, of_record).to_numpy()
    return mask


def _only_name(given: Given) -> Mask:
    """With a description of the same words as a name of the subject, articles apart: "A bus stop." of BusStop."""
    rows = np.flatnonzero(given.said_by(ROLES["comment"]) & _short(given)[given.object])
    mask = np.zeros(len(given.facts), dtype=bool)
    mask[rows] = _says_name(given, rows, np.unique(given.subject[rows]).astype(np.int64))
    return mask


def _match_of_name(given: Given) -> Mask:
    """That match a thing with one of its own name, of another vocabulary: who reads them reads that a dataset is a DataSet."""
    rows = np.flatnonzero(given.said_by(MATCHES) & ~given.is_kind("literal")[given.object])
    used = np.zeros(given.terms.num_rows, dtype=bool)
    used[given.subject[rows]] = used[given.object[rows]] = True
    terms = np.flatnonzero(used)
    labels = given.labels.filter(pa.array(used[given.labels["term"].to_numpy()]))
    of = np.concatenate([labels["term"].to_numpy(), terms])
    words = pa.concat_arrays(
        [*labels["text"].cast(pa.string()).chunks, name_words(given.terms["value"].take(pa.array(terms)))]
    )
    letters = pc.replace_substring_regex(pc.utf8_lower(words), _NOT_A_WORD, "")
    known = distinct(pair_keys(of, letters.dictionary_encode().indices.to_numpy()))
    named, name = unpair(known)
    row, place = expand(*(np.searchsorted(named, given.object[rows], side) for side in ("left", "right")))
    mask = np.zeros(len(given.facts), dtype=bool)
    mask[rows[row[positions(known, pair_keys(given.subject[rows][row], name[place])) >= 0]]] = True
    return mask


def _type(given: Given) -> Mask:
    """That say the class of a thing."""
    return given.said_by(_TYPE)


REASONS: dict[str, Callable[[Given], Mask]] = {
    "no name": _nameless,
    "administrative": _administrative,
    "deprecated": _deprecated,
    "text in another language": _other_language,
    "web address": _address,
    "long text": _long,
    "own name": _own_name,
    "editor's note": _note,
    "name as description": _only_name,
    "equal value": _equal_value,
    "match of its name": _match_of_name,
    "type": _type,
}
"""The reasons why `teach = "knowledge"` leaves facts out → a function that finds these facts; the first one counts."""


def _with_predicates(given: Given, names: Names, every: bool) -> Mask:
    return given.said_by(names)


def _of_classes(given: Given, names: Names, every: bool) -> Mask:
    chosen = given.instances(names) | given.named(given.used(given.subject), names)
    return np.asarray(chosen[given.subject])


def _in_namespaces(given: Given, names: Names, every: bool) -> Mask:
    iri = np.flatnonzero(given.is_kind("iri"))
    return given.any_of(given.named(iri, names))


def _from_sources(given: Given, names: Names, every: bool) -> Mask:
    lists = given.facts["sources"].combine_chunks()
    of = pc.is_in(lists.values, pa.array(sorted(names.iris))).to_numpy(zero_copy_only=False).astype(np.int64)
    found = np.add.reduceat(np.append(of, 0), lists.offsets.to_numpy()[:-1])
    lengths = np.diff(lists.offsets.to_numpy())
    return np.asarray((found >= lengths if every else found > 0) & (lengths > 0))


CHOICES: dict[str, Callable[[Given, Names, bool], Mask]] = {
    "predicates": _with_predicates,
    "classes": _of_classes,
    "namespaces": _in_namespaces,
    "sources": _from_sources,
}
"""The keys of `include` and `exclude` → a function that finds the facts; of sources any one, or `every` one, is named."""


def reasons_of(
    given: Given,
    *,
    teach: Teach = "knowledge",
    include: Mapping[str, Sequence[str]] | None = None,
    exclude: Mapping[str, Sequence[str]] | None = None,
    selected: Mask | None = None,
    limit: int | None = None,
) -> pa.DictionaryArray:
    """Return why each fact is not taught; null if it is.

    Args:
        given: The facts, and what decides.
        teach: `knowledge` leaves out facts by `REASONS`, `all` does not.
        include: Facts that are taught whatever `teach` and `selected` say; see `CHOICES`.
        exclude: Facts that are not taught in any case.
        selected: bool, one per fact: the facts to teach, instead of those that `teach` chooses.
        limit: The maximum number of facts to teach: those with the smallest ids.

    Raises:
        SourceError: A key of `include` or `exclude` is unknown, or no fact matches a value.
    """
    names = [*REASONS, EXCLUDED, NOT_SELECTED, LIMIT]
    reason = np.full(len(given.facts), -1, dtype=np.int8)
    if teach == "knowledge":
        for number, find in enumerate(REASONS.values()):
            reason[(reason < 0) & find(given)] = number
    if selected is not None:
        reason[(reason < 0) & ~selected] = names.index(NOT_SELECTED)
        reason[selected] = -1
    if include:
        reason[_chosen(given, include, "include")] = -1
    if exclude:
        reason[(reason < 0) & _chosen(given, exclude, "exclude")] = names.index(EXCLUDED)
    if limit is not None and (reason < 0).sum() > limit:
        rows = np.flatnonzero(reason < 0)
        ids = given.facts["fact"].take(pa.array(rows)).cast(pa.binary())
        reason[rows[pc.sort_indices(ids)[limit:].to_numpy()]] = names.index(LIMIT)
    return pa.DictionaryArray.from_arrays(
        pa.array(reason.astype(np.int32), mask=reason < 0), pa.array(names, pa.string())
    )


def _chosen(given: Given, choice: Mapping[str, Sequence[str]], setting: str) -> Mask:
    mask = np.zeros(len(given.facts), dtype=bool)
    for key, values in choice.items():
        if key not in CHOICES:
            raise SourceError(f"{setting}: unknown key {key!r}; known are {', '.join(CHOICES)}.{nearest(key, CHOICES)}")
        if isinstance(values, str):
            raise SourceError(f"{setting}.{key} should be a list of texts, such as [{values!r}].")
        for value in values:
            found = np.zeros(0, dtype=bool)
            # An IRI that is there names one term; otherwise it is a prefix.
            for names in (Names(frozenset([value])), Names(prefixes=(value,))):
                found = CHOICES[key](given, names, setting == "exclude")
                if found.any() or key == "sources":
                    break
            if not found.any() or not value:
                raise SourceError(_unknown(given, setting, key, value))
            mask |= found
    return mask


def _unknown(given: Given, setting: str, key: str, value: str) -> str:
    if key == "sources":
        known = pc.unique(given.facts["sources"].combine_chunks().values).to_pylist()
    else:
        used = {"predicates": (given.predicate,), "classes": (given.types[1], given.subject)}
        numbers = given.used(*used.get(key, (given.predicate,)))[:_NEAREST_TO]
        known = given.terms["value"].take(pa.array(numbers)).to_pylist()
    right = "the id of a source" if key == "sources" else "a whole IRI, or its beginning"
    return f"{setting}.{key}: no fact matches {value!r}; give {right}.{nearest(value, known)}"
