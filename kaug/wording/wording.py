"""A knowledge base and a language → labels and phrases for its terms, templates and sentences for its facts.

A template is a sentence with the slots `{s}` and `{o}`. It comes from the lexicon (RDF annotations of the predicate) or,
where the lexicon lacks one, from the predicate's label by rule: a sentence in English, a record in other languages.
`rdf:type` and `rdfs:subClassOf` have their own templates.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import grouped
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import SLOT, Property
from kaug.knowledge.vocabulary import NOTES, ROLES
from kaug.wording.apart import Named, labels_apart
from kaug.wording.frames import Noun, Record, Templates, fill_frame, frame_templates, record_templates
from kaug.wording.known import Known, is_clause
from kaug.wording.rules import Values, by_rule, frame_of, is_readable
from kaug.wording.values import object_values, written_terms
from kaug.words.clean import break_control, break_with_spans, find_control
from kaug.words.languages import OTHER, language_rank
from kaug.words.names import takes_the, with_common_articles
from kaug.words.stems import Stemmed, stem
from kaug.words.terms import CLASS_OF, NATURES, Kinds, is_kind, term_kinds, term_words
from kaug.words.values import name_words, words_of
from kaug.words.vocabulary import WORDS

__all__ = ["PLAIN", "Filled", "Manner", "Wording", "fill", "fill_each", "groups", "is_reversed"]

_Numbers = NDArray[np.uint32] | NDArray[np.int64]

_CALL_OVERHEAD = 4096
"""The overhead of a lookup, in terms."""


class Manner(NamedTuple):
    """What is known of a fact, apart from its predicate, so far as its statements depend on it.

    Attributes:
        several: Its subject has several objects of the predicate, so that none is "the" object.
        listed: Its object is a list or prose, which stands in quotes or after a colon.
        person: Its subject is a person, where those of the predicate are persons and things.
    """

    several: bool = False
    listed: bool = False
    person: bool = False


PLAIN = Manner()
"""A fact of which nothing is known apart from its predicate."""


class Wording:
    """The labels, phrases and sentences of a knowledge base in one language.

    Words are computed on demand and cached, so reuse an instance.

    Attributes:
        kb: The knowledge base.
        language: BCP 47 tag.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :hasCapital :lome .')
        >>> wording = Wording(build_kb([file]))
        >>> wording.sentences([0]).to_pylist()
        ['The capital of togo is lome.']
        >>> wording.templates(wording.kb.facts["predicate"][0].as_py(), "question")[:2]
        ['What is the capital of {s}?', 'Tell me the capital of {s}.']
    """

    def __init__(self, kb: KnowledgeBase, language: str = "en") -> None:
        self.kb, self.language = kb, language
        self._is_english = language.split("-", maxsplit=1)[0] == "en"
        self._labels, self._phrases = _Words(), _Words()
        self._stems = _Words(), _Words()
        self._names: dict[int, tuple[str, str]] = {}
        self._all_names: dict[int, list[str]] = {}
        self._rules: dict[tuple[int, Manner], Templates] = {}

    def labels(self, terms: _Numbers | None = None) -> pa.Array:
        """Return the bare labels of terms.

        A term without a label in the language takes one in the next language of the knowledge base, then one without a
        language, then any. Without any label, the text is the last part of its IRI, or the literal's value in words.

        Args:
            terms: (n,): term numbers; None for all, which takes longer than a few.

        Returns:
            Strings (n,), never null.
        """
        return self._find(self._labels, terms, partial(self._words_of, phrases=False))

    def phrases(self, terms: _Numbers | None = None) -> pa.Array:
        """Return phrases for terms inside a sentence ("a dog"); see `labels`."""
        return self._find(self._phrases, terms, partial(self._words_of, phrases=True))

    def stemmed(self, terms: _Numbers, *, phrases: bool = False) -> Stemmed:
        """Return the labels of terms, or their phrases, with the stems of their words."""
        words = self.phrases if phrases else self.labels
        return Stemmed(words(terms), self._find(self._stems[phrases], terms, lambda chosen: stem(words(chosen))))

    def names(self, term: int) -> list[str]:
        """Return all names of a term that are right answers: its label, alternative labels, a value in words."""
        if term not in self._all_names:
            low, high = np.searchsorted(self._label_terms, [term, term + 1])
            columns = (self.kb.labels[name].slice(low, high - low).to_pylist() for name in ("language", "text"))
            rows = list(zip(*columns, strict=True))
            chosen = [row for row in rows if language_rank(row[0], [self.language]) < OTHER] or rows
            label = self.labels(np.array([term]))[0].as_py()
            self._all_names[term] = list(dict.fromkeys([label, *(text for _, text in chosen)]))
        return self._all_names[term]

    def predicate_name(self, predicate: int) -> str:
        """Return a predicate's label, or its IRI's local name in words, if the label is that name as it stands.

        In English, a label without a Latin letter is ignored. The name of a path of types, as in Freebase, is its last part:
        "film.film.directed_by" is "directed by".
        """
        if predicate not in self._names:
            others = [] if self._names else pc.unique(self.kb.facts["predicate"]).to_pylist()
            terms = list(dict.fromkeys([predicate, *others]))
            names = name_words(self.kb.terms["value"].take(pa.array(terms)))
            labels = self.labels(np.array(terms, dtype=np.int64))
            self._names.update(zip(terms, zip(labels.to_pylist(), names.to_pylist(), strict=True), strict=True))
        label, name = (_ASIDE.sub("", text) for text in self._names[predicate])
        if self._is_foreign(predicate) and is_readable(name):
            label = name  # "has capital" rather than the label in German alone
        local = re.split(r"[#/:]", self.kb.terms["value"][predicate].as_py().rstrip("#/:"))[-1]
        latin = not self._is_english or re.search("[A-Za-z]", label)
        if latin and label not in (words_of(local), name, local):
            return label
        return _ASIDE.sub("", words_of(re.split(r"(?<=[a-z0-9])(?:__|\.)(?=[a-z])", local)[-1])) or label

    def templates(self, predicate: int, name: Property, manner: Manner = PLAIN) -> list[str]:
        """Return the templates of a predicate for one property of the lexicon, the plainest first.

        What the lexicon has stays; a property that it lacks, or an order of subject and object, is filled up by rule: in
        English from the entry's plainest statement or the label, in other languages with records.

        Args:
            predicate: The predicate's term number.
            name: The property. A template of the lexicon without a language serves every language.
            manner: For statements, what is known of the fact; see `groups`.

        Returns:
            At least one template; except that there are references only in English, in Chinese and where the lexicon has them.
        """
        own = self._lexicon.get((predicate, name), [])
        if own and name != "statement":
            return list(own)
        lacks = [order for order in (False, True) if not any(is_reversed(text) == order for text in own)]
        if not lacks:
            return list(own)
        added = self._rule(predicate, manner)[name]
        if name == "statement":
            added = [text for text in added if is_reversed(text) in lacks]
            return own + added
        return (
            [text for text in added if not self._clashes(predicate, name, text)]
            if predicate in self._entries
            else added
        )

    def says(self, predicate: int) -> bool:
        """Whether the language has a template or a label for a predicate; its facts are stated in English otherwise."""
        return (
            self._is_english
            or (predicate, "statement") in self._lexicon
            or self.language.split("-")[0] in self._tags(predicate)
        )

    def statement(self, predicate: int, manner: Manner = PLAIN) -> str:
        """Return the plainest statement template of a predicate; in English where the language has neither template nor label."""
        if self.says(predicate):
            return self.templates(predicate, "statement", manner)[0]
        return self._english.templates(predicate, "statement", manner)[0]

    @property
    def written(self) -> pa.Table:
        """TERMS with the datatypes by which literals are written; see `kaug.wording.values.written_terms`."""
        return self._terms

    @property
    def inverses(self) -> list[tuple[int, int]]:
        """The pairs of predicates of which one says what the other says with its ends exchanged, both ways round."""
        return self._known.inverses

    def lists(self, terms: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Mask the terms that are lists or prose, by which nobody asks for a thing."""
        return self._known.listed[terms]

    def persons(self, terms: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Mask the terms that are known to be persons."""
        return self._known.persons[terms]

    @property
    def knows_persons(self) -> bool:
        """Whether anything is known to be a person, so that others are not."""
        return bool(self._known.persons.any())

    def things(self, terms: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Mask the terms that are known to be things, of which a sentence may say "it"."""
        return self._known.things[terms]

    def kind_of_objects(self, predicate: int) -> str:
        """Return what the objects of a predicate are, by a class that nearly all of them have: "organisation"; else "thing"."""
        return self._known.kinds_of_objects.get(predicate, "thing")

    def several(self, rows: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.bool_]:
        """Mask the facts whose subject has several objects of their predicate, so that none is "the" object.

        Args:
            rows: int64 (n,): row numbers of facts; all by default.
        """
        return self._known.with_others[rows]

    def groups(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, Manner, NDArray[np.int64]]]:
        """Group facts by what decides the templates of their statements.

        Args:
            rows: int64 (n,): row numbers of facts.

        Yields:
            Each predicate, ascending, what is known of some of its facts, and the positions of these in `rows`.
        """
        subjects, predicates, objects = self.kb.columns(rows)
        known = self._known
        mixed = np.isin(predicates, list(known.predicates["mixed"]))
        marks = np.stack([self.several(rows), known.listed[objects], mixed & known.persons[subjects]], axis=1)
        kind = marks @ (1 << np.arange(marks.shape[1]))
        for predicate, group in groups(predicates):
            for code in np.unique(kind[group]).tolist():
                part = group[kind[group] == code]
                yield predicate, Manner(*marks[part[0]].tolist()), part

    def fill(
        self, template: str, subjects: NDArray[np.uint32], objects: NDArray[np.uint32], predicate: int | None = None
    ) -> "Filled":
        """Fill the slots of one template with terms; see `fill_each`.

        Args:
            template: A sentence with `{s}`, `{o}` or both.
            subjects: uint32 (n,): term numbers.
            objects: uint32 (n,): term numbers.
            predicate: The predicate of the template, if any.
        """
        predicates = None if predicate is None else np.full(len(subjects), predicate, np.uint32)
        return self.fill_each([template], np.zeros(len(subjects), np.int64), subjects, objects, predicates)

    def fill_each(
        self,
        templates: Sequence[str],
        which: NDArray[np.int64],
        subjects: NDArray[np.uint32],
        objects: NDArray[np.uint32],
        predicates: NDArray[np.uint32] | None = None,
    ) -> "Filled":
        """Fill the slots of templates with terms, many templates at a time.

        Args:
            templates: Sentences with `{s}`, `{o}` or both.
            which: int64 (n,): the number of the template of each row.
            subjects: uint32 (n,): term numbers.
            objects: uint32 (n,): term numbers.
            predicates: uint32 (n,): the predicate of each template, if any: what is below a taxon is "a member of" it.

        Returns:
            The sentences with the phrases of the terms; their labels in a record, and in quotation marks.
        """
        bare = np.array([_bare_slots(template) for template in templates], bool).reshape(-1, 2)[which]
        ends = [
            pc.if_else(pa.array(alone), self.labels(terms), self.phrases(terms))
            if alone.any() and not alone.all()
            else (self.labels if alone.any() else self.phrases)(terms)
            for alone, terms in zip(bare.T, (subjects, objects), strict=True)
        ]
        if self._is_english:
            shorter = [_without_noun(template) for template in templates]
            nouns = pa.array({noun for _, endings in shorter for noun in endings}, pa.string())
            lower = pc.utf8_lower(ends[1])
            maybe = pc.is_in(lower, value_set=nouns).to_numpy(zero_copy_only=False)
            for number, (short, endings) in enumerate(shorter):
                some = np.flatnonzero(maybe & (which == number)) if short and maybe.any() else np.zeros(0, np.int64)
                named = pc.is_in(lower.take(pa.array(some)), value_set=pa.array(endings, pa.string()))
                twice = some[named.to_numpy(zero_copy_only=False)]
                if len(twice):  # "owns the asset {o}", of the class "asset"
                    which = which.copy()
                    which[twice] = len(templates)
                    templates = [*templates, short]
                    said = np.isin(np.arange(len(which)), twice)
                    ends[1] = pc.replace_with_mask(ends[1], pa.array(said), self.phrases(objects[twice]))
        below = np.isin(predicates, list(self._classes_of)) if predicates is not None and self._is_english else None
        if below is not None and below.any():
            ends[1] = pc.if_else(pa.array(below), self._above(subjects, objects, ends[1]), ends[1])
            of_taxa = [_OF_TAXA.get(template) for template in templates]
            names = (self._known.natures[np.stack([subjects, objects])] == NATURES.index("name")).all(axis=0)
            taxa = below & names & np.array([other is not None for other in of_taxa], bool)[which]
            which = np.where(taxa, which + len(templates), which)
            templates = [*templates, *(other or "" for other in of_taxa)]
        return fill_each(templates, which, *ends)

    def _above(self, below: NDArray[np.uint32], classes: NDArray[np.uint32], phrases: pa.Array) -> pa.Array:
        """Say how a class with a name of its own stands above another: "Ascomycota is a member of Dikarya"."""
        of, natures = self._known.natures[below], self._known.natures[classes]
        mentioned = self._known.mentioned[classes] & self._term_kinds.classes[below]  # “cellular organisms”
        for nature, words in (("name", "a member of "), ("datatype", "a kind of "), ("", "a kind of ")):
            code = NATURES.index(nature)
            said = pa.array((of == code) & (natures == code) if nature else mentioned)
            phrases = pc.if_else(said, pc.binary_join_element_wise(words, phrases, ""), phrases)
        return phrases

    @cached_property
    def _classes_of(self) -> frozenset[int]:
        numbers = (pc.index(self.kb.terms["value"], iri).as_py() for iri in sorted(CLASS_OF))
        return frozenset(number for number in numbers if number >= 0)

    def sentences(
        self,
        rows: NDArray[np.int64] | slice | range | list[int] = slice(None),
        objects: NDArray[np.uint32] | None = None,
    ) -> pa.Array:
        """Write each fact as its plainest sentence; see `statement`.

        Args:
            rows: int64 (n,): row numbers of facts; all by default.
            objects: uint32 (n,): the object of each, where it is not the true one.

        Returns:
            Strings (n,), in the order of `rows`.
        """
        rows = rows if isinstance(rows, slice) else np.asarray(rows, dtype=np.int64)
        subjects, predicates, true = self.kb.columns(rows)
        objects = true if objects is None else objects
        self.phrases(np.concatenate([subjects, objects]))
        templates, which = list[str](), np.zeros(len(subjects), np.int64)
        for predicate, manner, places in self.groups(np.arange(len(self.kb.facts))[rows]):
            which[places] = len(templates)
            templates.append(self.statement(predicate, manner))
        return self.fill_each(templates, which, subjects, objects, predicates).text

    @cached_property
    def _english(self) -> "Wording":
        return self if self._is_english else Wording(self.kb)

    @cached_property
    def _label_terms(self) -> NDArray[np.uint32]:
        return np.asarray(self.kb.labels["term"].to_numpy())

    @cached_property
    def _term_kinds(self) -> Kinds:
        return term_kinds(self.kb.terms, self.kb.facts, self.kb.axioms, self.kb.labels)

    def _as_mentioned(self, names: pa.Array, terms: NDArray[np.int64]) -> pa.Array:
        """Put the definite article before the names that take it, and those that are mentioned as words in quotation marks."""
        known = self._known
        may = np.flatnonzero(known.may_take_the[terms])
        some = pc.replace_substring_regex(names.take(pa.array(may)), _OWN_ARTICLE, r"\1")
        chosen = np.zeros(len(terms), bool)
        chosen[may] = takes_the(some, known.of_the_kinds[terms[may]], known.teams[terms[may]])
        with_the = pc.binary_join_element_wise("the ", some.filter(pa.array(chosen[may])), "")
        names = pc.replace_with_mask(names, pa.array(chosen), with_the)
        names = pc.replace_with_mask(
            names, pa.array(known.may_take_the[terms]), with_common_articles(names.take(pa.array(may)))
        )
        labels = self.labels(terms)
        clauses = (is_clause(labels) | known.texts[terms]) & ~self._literals[terms]
        quoted = pa.array(known.mentioned[terms] | clauses)
        return pc.replace_with_mask(names, quoted, pc.binary_join_element_wise("“", labels.filter(quoted), "”", ""))

    @cached_property
    def _literals(self) -> NDArray[np.bool_]:
        return is_kind(self.kb.terms, "literal")

    @cached_property
    def _lexicon(self) -> dict[tuple[int, str], list[str]]:
        """Return the lexicon's templates by predicate and property: those in the nearest language, and without a language."""
        ranks: dict[tuple[int, str], dict[int, list[str]]] = {}
        for row in self.kb.lexicon.to_pylist():
            rank = language_rank(row["language"], [self.language])
            ranks.setdefault((row["predicate"], row["property"]), {}).setdefault(rank, []).append(row["text"])
        any_language = language_rank("", [self.language])
        found = {
            key: [*ranked.get(min(ranked), []), *ranked.get(any_language, [])]
            for key, ranked in ranks.items()
            if min(ranked) < OTHER
        }
        return {key: list(dict.fromkeys(texts)) for key, texts in found.items()}

    @cached_property
    def _values(self) -> dict[int, Values]:
        return object_values(self.kb, self._terms)

    @cached_property
    def _terms(self) -> pa.Table:
        return written_terms(self.kb)

    @cached_property
    def _known(self) -> Known:
        return Known(self.kb, self._term_kinds, self.labels, self.predicate_name)

    def _rule(self, predicate: int, manner: Manner = PLAIN) -> Templates:
        """Return the templates of a predicate by rule, from its cache."""
        key = (predicate, manner)
        if key not in self._rules:
            self._rules[key] = self._by_rule(predicate, manner)
        return {name: list(texts) for name, texts in self._rules[key].items()}

    def _by_rule(self, predicate: int, manner: Manner) -> Templates:
        iri, name = self.kb.terms["value"][predicate].as_py(), self.predicate_name(predicate)
        if not self._is_english:
            return record_templates(name, self.language)
        if iri in CLASS_OF:
            return fill_frame("class", *(["class-several"] if manner.several else []))
        if iri in _DESCRIPTIONS:
            beside = iri in _COMMENTS and self._comments_stand_beside
            return (
                frame_templates(Noun("comment", "on"), several=True, text=True) if beside else fill_frame("description")
            )
        values, known = self._values.get(predicate, "thing"), self._known.predicates
        ends = {key: predicate in known[key] for key in ("several", "of_people", "people", "plurals", "mixed")}
        ends["several"] |= manner.several
        ends["of_people"] |= manner.person
        said = self._lexicon.get((predicate, "statement"), [])
        label = name if predicate in self._entries else self._labels_of_rules.get(predicate, name)
        if isinstance(label, Record):
            return record_templates(label.name)
        if manner.listed and isinstance(frame_of(label, values), Noun):
            values = "text"
        labels = [label, *(match[1] or match[2] for match in map(_FRAME.fullmatch, said) if match)]
        read = [by_rule(one, values, **ends) for one in labels]
        return next((one for one in read if not set(said).isdisjoint(one["statement"])), read[0])

    @cached_property
    def _labels_of_rules(self) -> dict[int, str | Record]:
        """Return the label that the rule reads for each predicate without an entry; see `labels_apart`."""
        predicates, counts = np.unique(self.kb.columns()[1], return_counts=True)
        predicates = predicates[np.argsort(-counts.astype(np.int64), kind="stable")]
        iris = self.kb.terms["value"].take(pa.array(predicates)).to_pylist()
        return labels_apart(
            Named(
                predicate,
                iri,
                self.predicate_name(predicate),
                self._values.get(predicate, "thing"),
                self._is_foreign(predicate) and not is_readable(name_words(pa.array([iri]))[0].as_py()),
            )
            for predicate, iri in zip(predicates.tolist(), iris, strict=True)
            if not (predicate in self._entries or iri in CLASS_OF or iri in _DESCRIPTIONS)
        )

    @cached_property
    def _comments_stand_beside(self) -> bool:
        """Whether most things with a comment have a definition, so that the comment is none."""
        subjects, predicates, _ = self.kb.columns()
        iris = self.kb.terms["value"].take(pa.array(predicates))
        commented, defined = (
            np.unique(subjects[pc.is_in(iris, pa.array(sorted(NOTES[name].iris))).to_numpy(zero_copy_only=False)])
            for name in ("comments", "definitions")
        )
        return bool(len(commented)) and float(np.isin(commented, defined).mean()) >= _MOST

    @cached_property
    def _entries(self) -> frozenset[int]:
        return frozenset(predicate for predicate, _ in self._lexicon)

    def _clashes(self, predicate: int, name: Property, text: str) -> bool:
        """Whether a template by rule is one of the exam that the entry trains, or a trained one that its exam asks."""
        in_exam = name in _EXAM
        if not in_exam and name not in _TRAINED:
            return False
        others = [
            one for other in (_TRAINED if in_exam else _EXAM) for one in self._lexicon.get((predicate, other), ())
        ]
        return any(_holds(one, text) if in_exam else _holds(text, one) for one in others)

    def _is_foreign(self, term: int) -> bool:
        """Whether a term has labels, and all of them are in other languages than English, which the wording is in."""
        tags = self._tags(term)
        return self._is_english and bool(tags) and tags.isdisjoint(("en", "", "mul", "mis", "und", "zxx"))

    def _tags(self, term: int) -> set[str]:
        low, high = np.searchsorted(self._label_terms, [term, term + 1])
        tags = self.kb.labels["language"].slice(int(low), int(high - low)).to_pylist()
        return {tag for full in tags for tag in (full, full.split("-")[0])}

    def _words_of(self, chosen: NDArray[np.int64], *, phrases: bool) -> pa.Array:
        kinds, phrases_of_english = self._term_kinds, phrases and self._is_english
        if phrases_of_english:
            kinds = kinds._replace(natures=self._known.natures)
        found = term_words(self._terms, self.kb.labels, chosen, [self.language, *self.kb.languages], phrases, kinds)
        return self._as_mentioned(found, chosen) if phrases_of_english else found

    def _find(self, words: "_Words", terms: _Numbers | None, find: Callable[[NDArray[np.int64]], pa.Array]) -> pa.Array:
        """Return the words of terms and cache them; compute those of all terms once this costs less than more lookups."""
        count = self.kb.terms.num_rows
        if words.row is None:
            words.row = np.full(count, -1, np.int64)
        new = np.arange(count) if terms is None else np.asarray(terms, np.int64)
        new = new[words.row[new] < 0]
        numbers = np.arange(len(new))
        words.row[new] = numbers  # of a term that is given twice, the last stays
        new = new[words.row[new] == numbers]
        words.cost += len(new) + (_CALL_OVERHEAD if len(new) else 0)
        if not words.complete and (terms is None or words.cost > count):
            words.row, words.complete = np.arange(count), True
            words.texts = find(words.row)
        elif len(new):
            words.row[new] = len(words.texts) + np.arange(len(new))
            words.texts = pa.concat_arrays([words.texts, find(new)])
        return words.texts if terms is None else words.texts.take(pa.array(words.row[np.asarray(terms, np.int64)]))


class _Words:
    """The cached words: term t has `texts[row[t]]`, with t for row[t] once they are complete, with -1 if not cached."""

    def __init__(self) -> None:
        self.row: NDArray[np.int64] | None = None
        self.texts = pa.array([], pa.string())
        self.complete = False
        self.cost = 0  # in terms


def groups(predicates: NDArray[np.uint32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Group facts by predicate.

    Args:
        predicates: uint32 (n,).

    Yields:
        Each predicate, ascending, and the int64 rows of its facts, ascending.

    Examples:
        >>> [(predicate, rows.tolist()) for predicate, rows in groups(np.array([7, 3, 7], np.uint32))]
        [(3, [1]), (7, [0, 2])]
    """
    facts = grouped(predicates)
    for number, head in enumerate(facts.heads):
        yield int(predicates[head]), facts[number]


def is_reversed(template: str) -> bool:
    """Whether a template has the object before the subject."""
    return template.index("{o}") < template.index("{s}")


def _holds(text: str, part: str) -> bool:
    """Whether a template holds the words of another."""
    text, part = (" ".join(re.findall(r"\{[so]\}|\w+", one.casefold())) for one in (text, part))
    return f" {part} " in f" {text} "


@dataclass(frozen=True)
class Filled:
    """A column of sentences, with the character offsets of both slots (-1 if the template lacks the slot).

    Attributes:
        text: Strings (n,).
        subject: int64 (n, 2): start and end of the subject.
        object: int64 (n, 2): start and end of the object.
    """

    text: pa.Array
    subject: NDArray[np.int64]
    object: NDArray[np.int64]


def fill(template: str, subjects: pa.Array, objects: pa.Array) -> Filled:
    """Fill the slots of one template from two columns; see `fill_each`.

    Examples:
        >>> filled = fill("{o} is its capital: {s}.", pa.array(["Togo"]), pa.array(["Lomé"]))
        >>> filled.text[0].as_py(), filled.subject.tolist(), filled.object.tolist()
        ('Lomé is its capital: Togo.', [[21, 25]], [[0, 4]])
    """
    return fill_each([template], np.zeros(len(subjects), np.int64), subjects, objects)


def fill_each(templates: Sequence[str], which: NDArray[np.int64], subjects: pa.Array, objects: pa.Array) -> Filled:
    """Fill the slots of templates from two columns, many templates at a time.

    Args:
        templates: Sentences with `{s}`, `{o}` or both.
        which: int64 (n,): the number of the template of each row.
        subjects: Strings (n,).
        objects: Strings (n,).

    Returns:
        The sentences, their first letter in upper case unless they begin with an address or an identifier, with exact
        character spans. A sentence that ends in an object with a full stop, `?` or `!` of its own has no other; "was issued
        on" before a year is "was issued in". A chat-control token that arises between two parts (`Togo <` before
        `|im_end|`) is broken up.

    Examples:
        >>> templates, names = ["{s} has {o}.", "Where is {o}?"], (pa.array(["Togo", "Mali"]), pa.array(["Lomé", "Bamako"]))
        >>> fill_each(templates, np.array([0, 1]), *names).text.to_pylist()
        ['Togo has Lomé.', 'Where is Bamako?']
    """
    pieces = [SLOT.split(template) for template in templates]
    parts: list[pa.Array] = []
    spans = {name: np.full((len(which), 2), -1, dtype=np.int64) for name in "so"}
    end = np.zeros(len(which), dtype=np.int64)
    for place in range(max(map(len, pieces), default=0)):
        here = [piece[place] if place < len(piece) else "" for piece in pieces]
        if place % 2:
            column, slots = _choose(here, which, subjects, objects), np.array(here)[which]
        else:
            column = pa.array(here, pa.string()).take(pa.array(which))
            on = np.array([piece.endswith(" on ") and bool(_DEED_ON.search(piece)) for piece in here])[which]
            if on.any():
                column = _on_or_in(column, objects, on)
        start, end = end, end + pc.utf8_length(column).to_numpy(zero_copy_only=False)
        if place % 2:
            for name, span in spans.items():
                here = slots == name
                span[here] = np.stack([start[here], end[here]], axis=1)
        parts.append(column)
    text = pc.binary_join_element_wise(*parts, "") if parts else subjects
    for last, doubled in _DOUBLED.items():  # an object may bring its own full stop
        text = _replace(text, [template.endswith(last) for template in templates], which, doubled, r"\1")
    # So may a title in a question that goes on.
    text = _replace(text, ["? " in template for template in templates], which, r"\?\? ", "? ")
    opens = [(t[:1] == "{" or t[:1].islower()) and not _RECORD.search(t) for t in templates]
    text = _sentence(text, np.array(opens, bool)[which])
    broken = np.flatnonzero(find_control(text))
    for row in broken:
        for span in spans.values():
            if span[row, 0] >= 0:
                span[row] = break_with_spans(text[int(row)].as_py(), span[row, None])[1]
    return Filled(break_control(text) if len(broken) else text, spans["s"], spans["o"])


def _choose(slots: Sequence[str], which: NDArray[np.int64], subjects: pa.Array, objects: pa.Array) -> pa.Array:
    """Return what fills a slot: the subject, the object, or nothing where a template has no such slot."""
    kinds = set(slots)
    if len(kinds) == 1:
        return subjects if kinds == {"s"} else objects
    codes = np.array(["so".find(slot) if slot else 2 for slot in slots], np.int8)[which]
    return pc.choose(pa.array(codes), subjects, objects, pa.scalar(""))


def _replace(text: pa.Array, of: Sequence[bool], which: NDArray[np.int64], pattern: str, by: str) -> pa.Array:
    """Replace a pattern in the texts of some templates."""
    if not any(of):
        return text
    found = pc.and_(pa.array(np.array(of, bool)[which]), pc.match_substring_regex(text, pattern))
    if not pc.any(found).as_py():
        return text
    return pc.replace_with_mask(text, found, pc.replace_substring_regex(text.filter(found), pattern, by))


@lru_cache(maxsize=1 << 16)
def _noun_before(template: str) -> re.Match[str] | None:
    """Find "the" and a noun before the object: "the river Thames", where "the Thames" has an article."""
    noun = _NOUN_BEFORE.search(template)
    return noun if noun and noun[1] not in _LINKS and noun[1] not in WORDS.prepositions else None


@lru_cache(maxsize=1 << 16)
def _bare_slots(template: str) -> tuple[bool, bool]:
    """Whether labels rather than phrases fill a template's slots: in records, in quotation marks, behind "the" and a noun."""
    subject, value = (
        bool(_RECORD.search(template) or re.search(f"“{slot}”|\\b[Tt]he {slot}", template)) for slot in ("{s}", "{o}")
    )
    return subject, value or _noun_before(template) is not None


@lru_cache(maxsize=1 << 16)
def _without_noun(template: str) -> tuple[str, tuple[str, ...]]:
    """Leave out "the" and the noun before the object, and return the ends of the noun, one of which an object may be called."""
    noun = _noun_before(template)
    if noun is None:
        return "", ()
    start = noun.start() + noun[0].lower().rindex("the ")
    words = template[start + len("the ") : noun.end() - len(" {o}")].split(" ")
    short = f"{template[:start]}{{o}}{template[noun.end() :]}"
    return short, tuple(" ".join(words[place:]) for place in range(len(words)))


def _on_or_in(pieces: pa.Array, objects: pa.Array, on: NDArray[np.bool_]) -> pa.Array:
    """Say "in" before years and months, where a template for dates has "on"."""
    dated = pc.and_(pa.array(on), pc.match_substring_regex(objects, _YEAR_OR_MONTH))
    said = pc.binary_join_element_wise(pc.utf8_slice_codeunits(pieces, 0, -3), "in ", "")
    return pc.if_else(dated, said, pieces)


def _sentence(text: pa.Array, some: NDArray[np.bool_]) -> pa.Array:
    """Capitalise the first letter of some texts, unless that gives two characters, as for ß, which would shift every span.

    An address or an identifier at the beginning stays: "https://…", "eBay", "ab_12".
    """
    first = pc.utf8_slice_codeunits(text, 0, 1)
    upper = pc.utf8_upper(first)
    small = pc.and_(pa.array(some), pc.and_(pc.not_equal(upper, first), pc.equal(pc.utf8_length(upper), 1)))
    if not pc.any(small).as_py():
        return text
    chosen = text.filter(small)
    capital = pc.binary_join_element_wise(upper.filter(small), pc.utf8_slice_codeunits(chosen, 1), "")
    stays = pc.match_substring_regex(chosen, _NO_CAPITAL)
    return pc.replace_with_mask(text, small, pc.if_else(stays, chosen, capital))


_FRAME = re.compile(r"\{s\} (.+)(?<! to) \{o\}\.|The (.+) of \{s\} is \{o\}\.")
"""A statement of the lexicon that holds a label of its predicate; after "to" the objects may be verbs."""
_OF_TAXA = {
    one: other
    for name in ("question", "exam")
    for one, other in zip(fill_frame("class")[name], fill_frame("class", "class-of-names")[name], strict=True)
}
"""A question about a class → the same about a taxon."""
_NOUN_BEFORE = re.compile(r"\b(?:the (?:[\w-]+ )*|The )([\w-]+) \{o\}")
_LINKS = ("is", "are", "was", "were", "be", "include", "includes", "has", "have", "reads", "that", "who", "and", "or")
_ASIDE = re.compile(
    r" \((?:symmetric|inverse|transitive|functional|reflexive|deprecated|obsolete|optional|required|[^()]*,[^()]*)\)$"
)
_TRAINED: tuple[Property, ...] = ("statement", "question", "inverseQuestion")
_EXAM: tuple[Property, ...] = ("exam", "inverseExam")
_DOUBLED = {".": r"([.?!。？！][\"'”’»]*|…)\.$", "?": r"(\?[\"'”’»]*)\?$"}
_NO_CAPITAL = r"^\w+://|^[^\s:]*[\w.+-]+@\w|^www\.|^\p{Ll}+[\p{Lu}\d_]\S*"
_DEED_ON = re.compile(
    r"(?:\b(?:was|were|been)(?: \w+)+|\b(?:died|ended|started|began|lived|occurred|opened|closed|retired|expires|opens|"
    r"closes|starts|begins|ends|:)|^It (?:was|is)) on $"
)
_RECORD = re.compile(r"^\{[so]\} [—←] |^\w[^{}.?]*[:=(] ?\S*\{|^[a-z]+\(| [—←] \{[so]\}$")
"""Templates that are records rather than sentences."""
_OWN_ARTICLE = r"^The (\S+ \S.*|Sun|Moon|Internet)$"
"""In a sentence it is "the Salk Institute", though the name is "The Salk Institute"; but "The Hague"."""
_YEAR_OR_MONTH = (
    r"^(?:\d{4}|(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4})$"
)
_MOST = 3 / 4
_COMMENTS = NOTES["comments"].iris
_DESCRIPTIONS = ROLES["comment"].iris
