"""Facts → passages of several sentences, with the place of each sentence and name."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, grouped, mix, rank_in_group, runs
from kaug.augmentation.rows import Facts, Field, Spans
from kaug.augmentation.telling import (
    Told,
    append,
    draw,
    first_of,
    fixed_words,
    is_sentence,
    lengths,
    matches,
    replace_at,
    spans_of,
    tell,
)
from kaug.wording.wording import Wording

__all__ = ["MASK", "Passages", "choose_facts", "compose", "in_sentences"]

MASK = "[…]"

_LONGEST_JOINED = 100
_JOINED, _OPENED = 3, 3  # of so many sentences that can be joined, or passages, one
_TURNS = 1 << 10


class Passages(NamedTuple):
    """Passages, and their sentences, those of the first passage first.

    Attributes:
        sizes: int64 (n,): the number of sentences of each passage, one per fact.
        facts: The facts that the sentences tell (k,).
        told: The sentences (k,), as they stand in the passage, without the stop that a joined one loses.
        before: Strings (k,): what stands before each sentence.
    """

    sizes: Numbers
    facts: Facts
    told: Told
    before: pa.Array

    @property
    def starts(self) -> Numbers:
        """The first sentence of each passage, int64 (n,)."""
        return np.cumsum(self.sizes) - self.sizes

    @property
    def passage(self) -> Numbers:
        """The passage of each sentence, int64 (k,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def write(self, field: Field = "completion") -> tuple[pa.Array, Spans]:
        """Return the texts (n,), and where they tell their facts, in a field."""
        texts, start = append(self.sizes, self.before, self.told.text)
        return texts, spans_of(self.sizes, field, start, self.told.text)

    def mask(self, subjects: NDArray[np.bool_], objects: NDArray[np.bool_]) -> "Passages":
        """Put a mask for the subject of some sentences, and for the object of others: bool (k,), of which one at most is true."""
        text = self.told.text
        for span, where in ((self.told.object, objects), (self.told.subject, subjects)):
            # A name that ends the sentence with a stop of its own ("Acme Inc.", "Oliver!") leaves one.
            stopped = (span[:, 1] == lengths(text)) & matches(text, r"[.?!]”?$")
            text = replace_at(text, span, MASK + ".", where & stopped)
            text = replace_at(text, span, MASK, where & ~stopped)
        return self._replace(told=self.told._replace(text=text))

    def take(self, mask: NDArray[np.bool_]) -> "Passages":
        """Return the passages of a mask (n,)."""
        index = np.flatnonzero(np.repeat(mask, self.sizes))
        return Passages(
            self.sizes[mask], self.facts.take(index), self.told.take(index), self.before.take(pa.array(index))
        )


def choose_facts(facts: Facts, wording: Wording, seed: int, turns: Numbers, most: int) -> tuple[Numbers, Numbers]:
    """Choose up to `most` facts of each subject that has two or more, in an order of their own for each turn.

    Turns 0 and 1 have opposite orders, and so have 2 and 3; of many facts, they choose different ones. A record does not stand
    among sentences: where a subject has two sentences or more, its records are left out; else it has records only.

    Returns:
        The positions of facts, and the number of the passage of each, ascending: the subject's number times the number of
        turns, plus the turn's place.
    """
    record = ~in_sentences(facts, wording)
    entity = np.repeat(np.arange(len(runs(facts.subjects)[0])), runs(facts.subjects)[1])
    sentences = np.bincount(entity[~record], minlength=len(entity))[entity]
    places = np.flatnonzero(record == (sentences < 2))
    places = places[np.bincount(entity[places], minlength=len(entity))[entity[places]] > 1]
    turn = np.tile(np.arange(len(turns)), len(places))
    places = np.repeat(places, len(turns))
    key = draw(seed, facts.rows[places] * _TURNS + turns[turn] // 2)
    key = np.where(turns[turn] % 2, ~key, key)
    passage = entity[places] * len(turns) + turn
    order = np.lexsort((key, passage))
    order = order[rank_in_group(passage[order]) < most]
    return places[order], passage[order]


def in_sentences(facts: Facts, wording: Wording) -> NDArray[np.bool_]:
    """Mask the facts that are told in sentences, not in records."""
    mask = np.zeros(len(facts), bool)
    for predicate, manner, places in wording.groups(facts.rows):
        mask[places] = is_sentence(wording.templates(predicate, "statement", manner)[0])
    return mask


def compose(
    facts: Facts,
    passage: Numbers,
    wording: Wording,
    draws: NDArray[np.uint64],
    *,
    plain: bool = False,
    too: NDArray[np.bool_] | None = None,
) -> Passages:
    """Tell facts in passages, no sentence twice; those that come to fewer than two sentences are left out.

    Sentences that begin with the subject of the one before, which begins with it too, may say a pronoun: "It" for what is known
    to be a thing, "He" and "She" where the passage tells the gender. Some are joined, and some passages begin by naming what
    they are about.

    Args:
        facts: Facts (k,), those of the first passage first.
        passage: int64 (k,): the number of the passage of each, ascending.
        wording: The wording.
        draws: uint64 (k,): one for each fact; the next number chooses the next template.
        plain: Write sentences only, each with its names.
        too: bool (k,): the sentences that say of their subject what the one before says of another.
    """
    words = fixed_words(wording.language)
    told = tell(facts, wording, draws)
    if too is not None and words:
        adverb = words["too"]
        again = pc.replace_substring_regex(told.text, r"([^.?!”])([.。])$", rf"\1{adverb}\2")
        # A name that ends the sentence with a stop of its own ("Acme Inc.") keeps it.
        stopped = (_last_name(told) == lengths(told.text)) & matches(told.text, r"\.$")
        again = pc.if_else(pa.array(stopped), pc.binary_join_element_wise(told.text, adverb + ".", ""), again)
        told = told._replace(text=pc.if_else(pa.array(too), again, told.text))
    fresh = first_of(passage, told.text) & _said_once(facts, passage, wording)
    fresh &= np.bincount(passage[fresh], minlength=int(passage.max(initial=-1)) + 1)[passage] > 1
    kept = np.flatnonzero(fresh)
    facts, told, passage = facts.take(kept), told.take(kept), passage[kept]
    draws = mix(draws[kept])
    first, sentence = rank_in_group(passage) == 0, matches(told.text, r"[.?!。”…]$")
    space = np.where(sentence, words.get("space", " "), "\n")
    before = pa.array(np.where(first, "", space).tolist(), pa.string())
    if plain or not words:
        return Passages(runs(passage)[1], facts, told, before)
    told = _with_pronouns(facts, told, passage, wording, draws)
    before = _with_openings(facts, first & sentence, wording, draws, before)
    return _joined(facts, told, before, passage, wording, draws)


def _said_once(facts: Facts, passage: Numbers, wording: Wording) -> NDArray[np.bool_]:
    """Mask the facts whose object has not the name of another of the same subject and predicate: things may have twins."""
    group = grouped(passage, grouped(facts.subjects, facts.predicates).numbers).numbers
    several = np.flatnonzero(np.bincount(group)[group] > 1) if len(group) else group
    once = np.ones(len(facts), bool)
    once[several] = first_of(group[several], wording.labels(facts.objects[several]))
    return once


def _with_pronouns(facts: Facts, told: Told, passage: Numbers, wording: Wording, draws: NDArray[np.uint64]) -> Told:
    """Say pronouns for half of the subjects that a sentence repeats from the beginning of the one before."""
    words = fixed_words(wording.language)
    same = np.append(
        np.zeros(min(1, len(passage)), bool),
        (passage[1:] == passage[:-1]) & (facts.subjects[1:] == facts.subjects[:-1]),
    )
    follows = same & (told.opens > 0) & np.append(False, told.opens[:-1] > 0) & (draws % 2 == 0)
    follows &= told.subject[:, 0] == 0
    span = told.subject.copy()
    span[:, 1] += np.where(told.opens == 2, 2, 0)  # "'s"
    new = told
    persons = wording.persons(facts.subjects)
    gender = _gender_told(facts, passage, wording)
    for name, who in (
        ("it", wording.things(facts.subjects) & ~persons),
        ("she", persons & (gender == 1)),
        ("he", persons & (gender == 2)),
    ):
        for owner, pronoun in enumerate(words[name]):
            where = follows & who & (told.opens == owner + 1)
            shift = np.where(where, len(pronoun) - span[:, 1], 0)
            subject = np.where(where[:, None], [0, len(pronoun)], new.subject)
            text = replace_at(new.text, span, pronoun, where)
            new = Told(text, subject, new.object + shift[:, None], new.opens)
    return new


def _last_name(told: Told) -> Numbers:
    return np.maximum(told.subject[:, 1], told.object[:, 1])


def _gender_told(facts: Facts, passage: Numbers, wording: Wording) -> Numbers:
    """Return 1 for the sentences whose passage tells that their subject is female, 2 for male, 0 for others."""
    of = [
        predicate for predicate in np.unique(facts.predicates).tolist() if wording.predicate_name(predicate) in _GENDER
    ]
    told = np.flatnonzero(np.isin(facts.predicates, of))
    subject = grouped(passage, facts.subjects).numbers
    gender = np.zeros(int(subject.max(initial=-1)) + 1, np.int64)
    labels = pc.utf8_lower(wording.labels(facts.objects[told]))
    for number, name in ((1, "female"), (2, "male")):
        some = pc.is_in(labels, pa.array(fixed_words(wording.language)[name])).to_numpy(zero_copy_only=False)
        gender[subject[told[some]]] = number
    return gender[subject]


def _with_openings(
    facts: Facts, first: NDArray[np.bool_], wording: Wording, draws: NDArray[np.uint64], before: pa.Array
) -> pa.Array:
    """Name what a passage is about before some first sentences."""
    openings, names = fixed_words(wording.language)["about"], wording.phrases(facts.subjects)
    number = (draws >> np.uint64(8)) % np.uint64(_OPENED * len(openings))
    for place, opening in enumerate(openings):
        chosen = pa.array(first & (number == place))
        head, tail = opening.split("{}")
        before = pc.if_else(chosen, pc.binary_join_element_wise(head, names, tail, ""), before)
    return before


def _joined(
    facts: Facts, told: Told, before: pa.Array, passage: Numbers, wording: Wording, draws: NDArray[np.uint64]
) -> Passages:
    """Join every other sentence now and then to the one before, which loses its stop."""
    words = fixed_words(wording.language)
    length = lengths(told.text)
    # A name that ends the sentence with a stop of its own ("Acme Inc.") keeps it.
    whole = (_last_name(told) < length) & (length <= _LONGEST_JOINED)
    whole &= matches(told.text, r"^[^“”:;?!]+[.。]$")
    initial = pc.utf8_slice_codeunits(told.text, 0, 1)
    # A name that opens the sentence has its own initial: "the Nile", but "The Birds".
    opening = pc.if_else(
        pa.array(told.subject[:, 0] == 0), wording.phrases(facts.subjects), wording.phrases(facts.objects)
    )
    own_name = pc.utf8_slice_codeunits(opening, 0, 1)
    pronouns = "|".join(pronoun for who in _PRONOUNS for pronoun in words[who])
    begins_small = matches(told.text, rf"^(?:{pronouns}|The)\b")
    at_name = (told.opens > 0) & (told.subject[:, 0] == 0) | begins_small & (told.object[:, 0] == 0)
    at_name &= ~begins_small | matches(opening, rf"(?i)^(?:{pronouns}|The)\b")
    named = pc.and_(pa.array(at_name), pc.equal(pc.utf8_lower(own_name), pc.utf8_lower(initial)))
    small = pc.and_not(pa.array(begins_small), named)
    fits = np.asarray(pc.or_(small, named).to_numpy(zero_copy_only=False), bool) | (words["space"] == "")
    joined = (rank_in_group(passage) % 2 == 1) & fits & whole & ((draws >> np.uint64(16)) % np.uint64(_JOINED) == 0)
    joined[1:] &= whole[:-1]
    initial = pc.if_else(named, own_name, pc.if_else(small, pc.utf8_lower(initial), initial))
    lower = pc.binary_join_element_wise(initial, pc.utf8_slice_codeunits(told.text, 1), "")
    loses = np.append(joined[1:], False)[: len(joined)]
    text = pc.if_else(pa.array(joined), lower, told.text)
    text = pc.if_else(pa.array(loses), pc.utf8_slice_codeunits(text, 0, -1), text)
    which = (draws >> np.uint64(24)) % np.uint64(len(words["joins"]))
    before = pc.if_else(pa.array(joined), pa.array(words["joins"]).take(pa.array(which)), before)
    return Passages(runs(passage)[1], facts, told._replace(text=text), before)


_PRONOUNS = ("it", "he", "she")
_GENDER = ("gender", "sex", "sex or gender")
