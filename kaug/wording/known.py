"""A knowledge base → what its facts tell of its terms and predicates, so far as words depend on it.

Whether something is a person or a work, whether a predicate has several objects a subject, what the classes above a class
say of it.
"""

import re
from collections.abc import Callable
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import expand, grouped, pair_keys
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.namespaces import OWL, RDF, RDFS
from kaug.wording.frames import is_of_a_life
from kaug.words.english import (
    base_form,
    is_adjectival,
    is_adjective,
    is_plural,
    is_quality_adjective,
    is_uncountable,
    participle,
    spelled,
    third_person,
)
from kaug.words.names import THE_KINDS, are_known
from kaug.words.terms import NATURES, Kinds, is_kind
from kaug.words.values import words_of
from kaug.words.vocabulary import WORDS

__all__ = ["Known", "is_clause"]

Mask = NDArray[np.bool_]

_SEVERAL = 0.1
_SOME = 0.05
_NEARLY_ALL = 0.95
_NO_KINDS = frozenset(["agent", "class", "entity", "individual", "item", "node", "object", "resource", "thing"])
_ADJECTIVES = 1 / 3
"""The fraction of a class's instances from which all are named by adjectives, known or not: “strong”, “tepid”."""
_META = "#(?:Class|NamedIndividual|[A-Za-z]*Property|Thing|Concept)$"
_CLAUSE = r"[\p{L}\])/] ?[:…]$|\p{Ll}{3,}\)?[.!?] \p{Lu}\p{Ll}|^\p{Lu}.*\p{Ll},? (?:if|unless|until|whether) \p{Ll}"
_FEWEST_CLAUSES, _CLAUSES = 5, 0.15
"""Of the instances of a class, so many, and so great a fraction, are clauses if all of them are texts rather than names."""
_LONGEST_SYMBOL = 3
_LISTED = r",.*,|;|, .*\band\b|\band\b.*, "
"""A literal that lists things, or is prose, rather than a name."""
_PEOPLES = (
    r"(?i)^(?:\w+[ -])*(?:people|peoples|\w+(?:ans|ards|eks|abs|urds|erbs|ews|utch|glish))(?: (?:in|of) .*| \(.*)?$"
)
_INITIAL = r"^\p{Lu}[\p{L}.'’-]*(?: [\p{L}.'’-]+)* (?:\p{Lu}\.)+$"
_CODES = frozenset(["abbreviation", "acronym", "code", "id", "identifier", "symbol"])
_AFTER_HEAD = r"(?i) (?:of|in|for|with|from|by|on|to) .*| *\(.*"
_PLURAL = r"(?i)(?:^|[ -])(?:\w{2,}(?:[^\Wcisu]|ie)s|\w+[^\Wuag]ae|nuclei|media|criteria|bacteria|maria|arcs|discs)$"
_ACTS = re.compile(r"\b(?:act(?:or|ress)(?:e?s)?|starring|cast|(?:acted|directed) by)$")
_SINGULAR = r"(?i)(?:series|species|means|headquarters|news|lens|gas|bus|physics)$"
_NAME = (
    r"^\p{Lu}\p{Ll}+(?: [(<].*)?$|^\w{3,}-[0-9]+$|"
    r"\S .*(?: [0-9]+[A-Za-z]?| (?:alpha|beta|gamma|delta|epsilon|zeta|theta|kappa|lambda)| [A-Z]{1,5}[0-9][\w-]*)(?: \(.*)?$"
)
_PERSONS = WORDS.persons | {"human", "man", "woman"}


def is_clause(labels: pa.Array) -> Mask:
    """Mask the labels that are clauses, or several sentences, rather than names.

    Examples:
        >>> is_clause(pa.array(["Fatal if swallowed", "Rinse mouth. Do not induce vomiting", "In case of fire:", "Acme Inc."]))
        array([ True,  True,  True, False])
    """
    return np.asarray(pc.match_substring_regex(labels, _CLAUSE).to_numpy(zero_copy_only=False), bool)


class Known:
    """What the facts of a knowledge base tell of its terms and predicates; computed once it is asked for.

    Args:
        kb: The knowledge base.
        kinds: The kinds of its terms.
        labels: Returns the labels of term numbers.
        name_of: Returns the name of a predicate.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        kinds: Kinds,
        labels: Callable[[NDArray[np.int64]], pa.Array],
        name_of: Callable[[int], str],
    ) -> None:
        self._kb, self._kinds, self._labels, self._name_of = kb, kinds, labels, name_of
        self._subjects, predicates, self._objects = kb.columns()
        self._predicates, self._predicate = np.unique(predicates, return_inverse=True)

    @cached_property
    def predicates(self) -> dict[str, set[int]]:
        """The predicates with several objects a subject, persons as subjects, some persons, persons as objects, some plurals."""
        sizes = np.bincount(self._predicate)
        of_persons = np.bincount(self._predicate, self.persons[self._subjects]) / np.maximum(sizes, 1)
        known: dict[str, NDArray[Any]] = {
            "of_people": self._predicates[of_persons > 1 / 2],
            "mixed": self._predicates[(of_persons >= _SOME) & (of_persons <= 1 / 2)],
            "people": self._predicates[np.bincount(self._predicate, self.persons[self._objects]) > sizes / 2],
            "several": self._with_several_objects(),
            "plurals": self._predicates[np.bincount(self._predicate, self._plurals[self._objects]) > sizes * _SEVERAL],
        }
        return {key: set(some.tolist()) for key, some in known.items()}

    @cached_property
    def persons(self) -> Mask:
        """The terms that are persons: by their classes, or by what only people have: countries have a "nationality", too."""
        placed = self._subjects_of(lambda name: not WORDS.of_places.isdisjoint(name.lower().split()))
        placed |= self._of_classes(WORDS.organisations)
        return self._of_classes(_PERSONS) | (self._subjects_of(is_of_a_life) & ~placed)

    @cached_property
    def works(self) -> Mask:
        """The terms that are films, books, songs: by their classes, or by what only works have."""
        return self._of_classes(WORDS.works) | self._subjects_of(
            lambda name: not WORDS.of_works.isdisjoint(name.lower().split())
        )

    @cached_property
    def things(self) -> Mask:
        """The terms that are known to be things, no living beings: by their classes, or by what only things have."""
        things = self.works | self._of_classes(WORDS.things)
        return (things | self._subjects_of(lambda name: name in WORDS.of_things)) & ~self.persons

    @cached_property
    def of_the_kinds(self) -> Mask:
        """The terms all of whose kind take the article in their name: currencies, rivers; by class, or as "the currency"."""
        named = self._objects_of(lambda name: name in THE_KINDS)
        some = np.flatnonzero(named | self._of_classes(THE_KINDS))
        labels = self._labels(some)
        codes = pc.and_(pc.match_substring_regex(labels, r"^\p{Lu}+$"), pa.array(named[some]))
        # "EUR" is a code of a currency, and "young" is an age, but no name.
        kept = pc.invert(pc.or_(codes, pc.is_in(labels, pa.array(sorted(WORDS.adjectives)))))
        mask = np.zeros(self._kb.terms.num_rows, dtype=bool)
        mask[some[kept.to_numpy(zero_copy_only=False)]] = True
        return mask

    @cached_property
    def mentioned(self) -> Mask:
        """The terms mentioned as words: properties, demonyms, concepts and classes with a plural as name, adjectives."""
        mentioned = self._of_classes(frozenset({"concept"})) | self._kinds.classes
        some = np.flatnonzero(mentioned)
        mentioned[some] = _plural_or_in_parts(self._labels(some)) if len(some) else False
        mentioned &= self.natures != NATURES.index("name")
        qualities = np.flatnonzero(self.natures == NATURES.index("quality"))
        words = self._labels(qualities).to_pylist() if len(qualities) else []
        mentioned[qualities[np.array([is_quality_adjective(word) for word in words], dtype=bool)]] = True
        demonyms = self._objects_of(lambda name: name == "demonym")  # “Mexicans” is the demonym of Mexico
        literals = np.flatnonzero(is_kind(self._kb.terms, "literal"))
        initials = pc.match_substring_regex(self._kb.terms["value"].take(pa.array(literals)), _INITIAL)
        mentioned[literals] = initials.to_numpy(zero_copy_only=False)  # “Joseph E.” would end a sentence
        return mentioned | demonyms | self._adjectives | (self._kinds.vocabulary & ~self._kinds.classes)

    @cached_property
    def _adjectives(self) -> Mask:
        """The classes that adjectives name, and the instances, if they do so, or most others of their class."""
        mask = np.zeros(self._kb.terms.num_rows, dtype=bool)
        apart = ("name", "datatype", "cased", "quality", "substance")  # which have rules of their own
        named = [NATURES.index(nature) for nature in apart]
        classes = np.flatnonzero(self._kinds.classes & ~np.isin(self.natures, named))
        mask[classes] = self._named_by_adjectives(classes)
        instances, of = self._instances
        lower = pc.match_substring_regex(self._labels(instances.astype(np.int64)), r"^[a-z]{2}[a-z -]*$")
        some = np.flatnonzero(lower.to_numpy(zero_copy_only=False) & ~self._kinds.classes[instances])
        instances, of = instances[some], of[some]
        adjectives = self._named_by_adjectives(instances.astype(np.int64))
        fraction = np.bincount(of, adjectives, len(mask)) / np.maximum(np.bincount(of, minlength=len(mask)), 1)
        mask[instances[adjectives | (fraction[of] > _ADJECTIVES)]] = True
        return mask & ~self.of_the_kinds  # "the Mesozoic"

    @cached_property
    def _instances(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """The terms that have a class, and the class of each, but for those of OWL and the like."""
        instances, of = self._pairs(RDF + "type")
        meta = pc.match_substring_regex(self._kb.terms["value"].take(pa.array(of)), _META)
        own = ~meta.to_numpy(zero_copy_only=False)
        return instances[own], of[own]

    @cached_property
    def texts(self) -> Mask:
        """The terms of the classes of which some are called by clauses: statements, instructions."""
        mask = np.zeros(self._kb.terms.num_rows, dtype=bool)
        instances, of = self._instances
        clauses = is_clause(self._labels(instances.astype(np.int64)))
        sizes = np.bincount(of, minlength=len(mask))
        told = np.bincount(of, clauses, len(mask))
        mask[instances[(told >= _FEWEST_CLAUSES)[of] & (told > _CLAUSES * sizes)[of]]] = True
        return mask

    def _named_by_adjectives(self, terms: NDArray[np.int64]) -> Mask:
        return np.array([is_adjectival(words_of(label)) for label in self._labels(terms).to_pylist()], dtype=bool)

    @cached_property
    def teams(self) -> Mask:
        """The teams: by their classes, as objects of "team" or "club", or as what has a coach."""
        named = self._objects_of(lambda name: name.split(" ")[-1] in ("team", "club"))
        coached = self._subjects_of(lambda name: name in ("coach", "head coach"))
        return self._of_classes(frozenset({"team", "club"})) | named | (coached & is_kind(self._kb.terms, "iri"))

    @cached_property
    def may_take_the(self) -> Mask:
        """The terms whose name, as it is, decides whether it takes the article: no persons, works or classes."""
        phrased = self._kb.labels.filter(pc.is_valid(self._kb.labels["phrase"]))["term"].to_numpy()
        mask = is_kind(self._kb.terms, "iri") & ~(self._kinds.vocabulary | self._kinds.addresses)
        mask &= ~(self.persons | self.works | self._objects_of(lambda name: _ACTS.search(name) is not None))
        literals = np.flatnonzero(is_kind(self._kb.terms, "literal"))
        values = self._kb.terms["value"].take(pa.array(literals))
        # "Eu" is a symbol, and "EU" a name.
        long = pc.or_(pc.greater(pc.utf8_length(values), _LONGEST_SYMBOL), pc.utf8_is_upper(values))
        # The country code of the USA is "US", not "the US".
        codes = self._ends_of(self._objects, lambda name: name.lower().split(" ")[-1] in _CODES)[literals]
        mask[literals] = are_known(values) & long.to_numpy() & ~codes
        mask[phrased] = False
        return mask

    @cached_property
    def natures(self) -> NDArray[np.int8]:
        """What the classes above a class say of it, as positions in `NATURES`; 0 for all other terms."""
        natures = np.zeros(self._kb.terms.num_rows, np.int8)
        classes = np.flatnonzero(self._kinds.classes)
        if not len(classes):
            return natures
        labels = self._labels(classes)
        # "GatedResidence", "quality of a solid", "cell (metazoa)": gated residence, quality, cell.
        names = pc.utf8_lower(pc.replace_substring_regex(labels, r"(\p{Ll})(\p{Lu})", r"\1 \2"))
        names = pc.replace_substring_regex(names, r"(?s) (?:of|in|for|by) .*| *[(<].*", "")

        def ending_in(words: frozenset[str]) -> Mask:
            found = np.zeros(len(natures), bool)
            fits = pc.match_substring_regex(names, rf"(?:^|[ _])(?:{'|'.join(sorted(words))})$")
            found[classes[fits.to_numpy(zero_copy_only=False)]] = True
            return found

        below, above = self._pairs(RDFS + "subClassOf")
        instances, of = self._pairs(RDF + "type")
        for nature, seeds in (("quality", WORDS.qualities), ("process", WORDS.processes), ("substance", WORDS.mass)):
            found = np.zeros(len(natures), bool)
            new = ending_in(seeds)
            while new.any():
                reached = np.zeros(len(natures), bool)
                reached[below[new[above]]] = True
                new = reached & ~found
                found |= reached
            natures[found] = NATURES.index(nature)
        datatypes = ending_in(frozenset({"data ?type"}))
        named = np.zeros(len(natures), bool)
        named[instances[datatypes[of]]] = named[below[datatypes[above]]] = True
        named[below[named[above]]] = True
        natures[named] = NATURES.index("datatype")
        # Where labels of classes are in lower case, a capital marks a name, as of a taxon: "Metazoa"; so does a number.
        labelled = np.isin(classes, self._kb.labels["term"].to_numpy())
        lower = pc.match_substring_regex(labels, r"^\p{Ll}").to_numpy(zero_copy_only=False)
        if labelled.any() and lower[labelled].mean() > 1 / 2:
            for pattern, nature in ((r"^\p{Lu}\p{Ll}", "cased"), (_NAME, "name")):
                fits = pc.match_substring_regex(labels, pattern).to_numpy(zero_copy_only=False)
                natures[classes[fits & labelled]] = NATURES.index(nature)
        cased, name = (NATURES.index(nature) for nature in ("cased", "name"))
        new = natures == name
        while new.any():  # "Mus musculus", below "Mus <genus>"
            reached = np.zeros(len(natures), bool)
            reached[below[new[above]]] = True
            new = reached & (natures == cased)
            natures[new] = name
        # What is a class and an instance of another may have an adjective as its name: “Pediatric”.
        meta = pc.match_substring_regex(self._kb.terms["value"].take(pa.array(of)), "#(?:Class|NamedIndividual)$")
        both = np.intersect1d(instances[~meta.to_numpy(zero_copy_only=False)], classes)
        words = self._labels(both.astype(np.int64)).to_pylist() if len(both) else []
        adjectives = np.array([is_adjective(word.lower()) or word.lower().endswith("ic") for word in words], bool)
        natures[both[adjectives]] = NATURES.index("name")
        return natures

    def _of_classes(self, last_words: frozenset[str]) -> Mask:
        """Mask the instances of classes whose name ends in one of some words, or group of words."""
        instances, classes = self._pairs(RDF + "type")
        mask = np.zeros(self._kb.terms.num_rows, dtype=bool)
        kinds = np.unique(classes).astype(np.int64)
        names = (words_of(name) if name else "" for name in self._labels(kinds).to_pylist())
        wanted = kinds[np.array([_ends_in(name, last_words) for name in names], dtype=bool)]
        mask[instances[np.isin(classes, wanted)]] = True
        return mask

    def _subjects_of(self, holds: Callable[[str], bool]) -> Mask:
        """Mask the subjects of predicates whose name fulfils a condition."""
        return self._ends_of(self._subjects, holds)

    def _objects_of(self, holds: Callable[[str], bool]) -> Mask:
        """Mask the things that are objects of predicates whose name fulfils a condition."""
        return self._ends_of(self._objects, holds) & is_kind(self._kb.terms, "iri")

    def _ends_of(self, ends: NDArray[np.uint32], holds: Callable[[str], bool]) -> Mask:
        mask = np.zeros(self._kb.terms.num_rows, dtype=bool)
        chosen = [holds(self._name_of(predicate)) for predicate in self._predicates.tolist()]
        mask[ends[np.array(chosen, dtype=bool)[self._predicate]]] = True
        return mask

    def _pairs(self, iri: str) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Return the subjects and the objects of a predicate, in facts and axioms."""
        term = pc.index(self._kb.terms["value"], iri).as_py()
        tables = [table.filter(pc.equal(table["predicate"], term)) for table in (self._kb.facts, self._kb.axioms)]
        subjects, objects = (
            np.concatenate([table[end].to_numpy() for table in tables]) for end in ("subject", "object")
        )
        return subjects, objects

    @cached_property
    def inverses(self) -> list[tuple[int, int]]:
        """The pairs of predicates of which one says what the other says with its ends exchanged, both ways round.

        Those declared so by owl:inverseOf, and those whose names say it: "has part" and "is part of", "feeds" and "is fed by".
        """
        axioms, used = self._kb.axioms, set(self._predicates.tolist())
        axioms = axioms.filter(pc.equal(axioms["predicate"], pc.index(self._kb.terms["value"], OWL + "inverseOf")))
        pairs = set(zip(axioms["subject"].to_pylist(), axioms["object"].to_pylist(), strict=True))
        by_name: dict[str, list[int]] = {}
        for predicate in self._predicates.tolist():
            by_name.setdefault(self._name_of(predicate), []).append(predicate)
        for name, predicates in by_name.items():
            verb, noun = base_form(name), name.removeprefix("has ")
            passive = participle(verb) if third_person(verb) == name else ""
            for other in (f"is {noun} of", f"{noun} of") if noun != name else (f"is {passive} by", f"{passive} by"):
                pairs |= set(product(predicates, by_name.get(other, ())))
        both = pairs | {(other, one) for one, other in pairs}
        return sorted(pair for pair in both if used.issuperset(pair) and pair[0] != pair[1])

    @cached_property
    def with_others(self) -> Mask:
        """The facts beside which others, of the inverse predicate too, give their subject other objects of the predicate."""
        predicates = self._predicates[self._predicate]
        parts = [(predicates, self._subjects, self._objects)]
        for predicate, inverse in self.inverses:
            rows = np.flatnonzero(predicates == inverse)
            parts.append((np.full(len(rows), predicate, predicates.dtype), self._objects[rows], self._subjects[rows]))
        of, subjects, objects = (np.concatenate(column) for column in zip(*parts, strict=True))
        asked = grouped(of, subjects)
        answers = np.bincount(asked.numbers[grouped(asked.numbers, objects).heads], minlength=len(asked.sizes))
        return np.asarray(answers[asked.numbers[: len(predicates)]] > 1)

    @cached_property
    def kinds_of_objects(self) -> dict[int, str]:
        """The predicates whose objects are nearly all of one class that can be named: "member of" ▸ "organisation"."""
        instances, classes = self._pairs(RDF + "type")
        order = np.argsort(instances, kind="stable")
        instances, classes = instances[order], classes[order]
        ends = np.unique(pair_keys(self._predicate, self._objects))
        of, ends = (ends >> np.uint64(32)).astype(np.int64), ends.astype(np.uint32)
        fact, place = expand(*(np.searchsorted(instances, ends, side) for side in ("left", "right")))
        pairs, counts = np.unique(pair_keys(of[fact], classes[place]), return_counts=True)
        owner, kinds = (pairs >> np.uint64(32)).astype(np.int64), pairs.astype(np.uint32).astype(np.int64)
        fits = counts >= _NEARLY_ALL * np.bincount(of, minlength=len(self._predicates))[owner]
        owner, kinds = owner[fits], kinds[fits]
        extent = np.bincount(classes, minlength=self._kb.terms.num_rows)[kinds]
        order = np.lexsort((kinds, -extent))  # the smallest class comes last, and stays
        names = map(_kind, self._labels(kinds[order]).to_pylist())
        predicates = self._predicates[owner[order]].tolist()
        return {predicate: name for predicate, name in zip(predicates, names, strict=True) if name}

    @cached_property
    def listed(self) -> Mask:
        """The literals that are lists, or prose: "jam, butter and eggs"."""
        mask = is_kind(self._kb.terms, "literal")
        rows = np.flatnonzero(mask)
        mask[rows] = pc.match_substring_regex(self._kb.terms["value"].take(pa.array(rows)), _LISTED).to_numpy()
        return mask

    @cached_property
    def _plurals(self) -> Mask:
        """The things whose name is a plural: peoples, teams."""
        mask = np.zeros(self._kb.terms.num_rows, dtype=bool)
        things = np.unique(self._objects).astype(np.int64)
        things = things[is_kind(self._kb.terms, "iri")[things]]
        if len(things):
            mask[things] = np.asarray(pc.match_substring_regex(self._labels(things), _PEOPLES))
        return mask

    def _with_several_objects(self) -> NDArray[np.uint64]:
        """Return the predicates of which a tenth or more of the subjects have several objects."""
        keys, first = np.unique(pair_keys(self._predicates[self._predicate], self._subjects), return_index=True)
        owners, owner = np.unique(keys >> np.uint64(32), return_inverse=True)
        fraction = np.bincount(owner, self.with_others[first]) / np.maximum(np.bincount(owner), 1)
        several: NDArray[np.uint64] = owners[fraction >= _SEVERAL]
        return several


def _kind(name: str) -> str:
    """Write the name of a class as a noun for one of its instances; the empty string if it is no plain noun.

    Examples:
        >>> [_kind(name) for name in ("NobelPrize", "Organisation", "named individual", "Q5", "Schools", "software")]
        ['Nobel prize', 'organisation', '', '', '', '']
    """
    words = words_of(name).split() if " " not in name else name.split()
    words = [word if word.isupper() else word.lower() for word in words]
    last = words[-1] if words else ""
    if not 1 <= len(words) <= 3 or not all(word.isalpha() and word.isascii() for word in words) or last in _NO_KINDS:
        return ""
    if len(last) < 3 or last.isupper() or is_plural(last) or is_uncountable(last) or is_adjective(last):
        return ""
    return " ".join(spelled(word) for word in words)


def _plural_or_in_parts(names: pa.Array) -> Mask:
    heads = pc.replace_substring_regex(names, _AFTER_HEAD, "")
    fits = pc.and_not(pc.match_substring_regex(heads, _PLURAL), pc.match_substring_regex(heads, _SINGULAR))
    fits = pc.or_(fits, pc.match_substring(names, ", "))
    return np.asarray(fits.to_numpy(zero_copy_only=False), bool)


def _ends_in(name: str, last_words: frozenset[str]) -> bool:
    words = name.lower().split()
    return any(" ".join(words[start:]) in last_words for start in range(max(0, len(words) - 2), len(words)))
