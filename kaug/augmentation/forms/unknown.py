"""Facts → questions that the knowledge base has no answer to: it does not say, or its axioms rule an answer out."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import expand, mix, pair_keys, positions, rank_in_group, runs
from kaug.augmentation.answered import Answered
from kaug.augmentation.forms.words import words_of_form
from kaug.augmentation.rows import Facts, Options, make_rows, mark_spans, name_facts
from kaug.knowledge.constraints import class_of_terms
from kaug.wording.barred import find_barred, say_why
from kaug.wording.compose import is_short
from kaug.wording.sets import ask_for_one, in_sentences
from kaug.wording.wording import Wording, groups
from kaug.words.terms import CLASS_OF, is_kind

__all__ = ["unknown_rows"]

_MOST_HAVE, _FEWEST = 0.8, 10
"""A question is natural if so great a part of a class, of so many members, has an answer to it."""

_SHARE = 10
"""At most one in so many things has a question that the knowledge base does not answer, and one that it rules out."""

_NAMES = ("name", "full name", "label", "title", "名称", "名字", "姓名", "标题")
_ALIKE = 20
"""At most so many things are asked for what one axiom rules out."""

Terms = NDArray[np.uint32]


class _Asked(NamedTuple):
    """Things, ascending, each with a predicate that it lacks; the answer to the question for it, and the proof."""

    things: Terms
    predicates: Terms
    answers: pa.Array
    proofs: pa.Array


def unknown_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask things for what most of their class have and they have not, and for what they cannot have: each one in ten at most.

    The knowledge base has no fact that could answer, taught or not: see `Answered`. So no row denies what another row teaches or
    the exam asks. Where axioms prove that there is no answer, the row says so, and `proof` why; else that the knowledge base does
    not say. The row names the first fact about the thing, which it does not state: a row without facts could not be held out with
    the thing.
    """
    words = words_of_form("unknown", wording.language)
    if not words or not len(facts):
        return
    asked = options.once(("unknown", wording.language), lambda: _ask(facts, wording, options, words))
    heads = runs(facts.subjects)[0]
    place = positions(asked.things, facts.subjects[heads])
    heads, place = heads[place >= 0], place[place >= 0]
    predicates, subjects = asked.predicates[place], facts.subjects[heads]
    draw = _draw(subjects, options.seed, 1)
    for predicate, places in groups(predicates):
        templates = _templates(wording, predicate)
        for number, template in enumerate(templates):
            chosen = places[draw[places] % np.uint64(len(templates)) == number]
            if not len(chosen):
                continue
            prompts = wording.fill(template, subjects[chosen], subjects[chosen], predicate).text
            answers, proofs = (column.take(pa.array(place[chosen])) for column in (asked.answers, asked.proofs))
            yield make_rows(
                family="closed-book",
                form="unknown",
                task="question-answering",
                prompts=prompts,
                completions=answers,
                facts=name_facts(wording.kb, facts.rows[heads[chosen]]),
                spans=mark_spans(len(chosen)),
                language=wording.language,
                proofs=proofs,
            )


def _templates(wording: Wording, predicate: int) -> list[str]:
    texts = in_sentences(ask_for_one(wording.templates(predicate, "question"), wording.language), wording.language)
    exams = wording.templates(predicate, "exam")
    return [text for text in texts if text not in exams]


def _names(wording: Wording, predicate: int) -> bool:
    """Whether a predicate names things, so that its question would name what it asks for."""
    return wording.predicate_name(predicate).lower().removeprefix("has ") in _NAMES


def _draw(subjects: Terms, seed: int, purpose: int) -> NDArray[np.uint64]:
    return mix(subjects.astype(np.uint64) + np.uint64((seed << 40) + (purpose << 36)))


def _ask(facts: Facts, wording: Wording, options: Options, words: dict[str, str]) -> _Asked:
    """Find what things lack, and say why: one question for a thing."""
    given, answered = options.all_facts(facts), Answered(wording)
    things = np.unique(given.subjects)
    most = max(1, len(things) // _SHARE)
    things = things[is_short(wording.labels(things))]
    asks = [p for p in np.unique(given.predicates).tolist() if not _names(wording, p) and _templates(wording, p)]
    taught = np.array(asks, np.uint32)
    of_class = pc.is_in(wording.kb.terms["value"].take(pa.array(taught)), pa.array(sorted(CLASS_OF)))
    taught = taught[~of_class.to_numpy(zero_copy_only=False)]
    lacking, lacked = _lacking(things, taught, answered, wording, options.seed)
    few = _few(lacking, options.seed, 2, most)
    lacking, lacked = lacking[few], lacked[few]
    barred = find_barred(wording, things[~np.isin(things, lacking)], taught, options.seed)
    known, restricted = (answered.about(barred.things, barred.predicates, by_restrictions=by) for by in (False, True))
    barred = barred.take(np.flatnonzero(~np.where(barred.domains < 0, known, restricted)))  # what forbids is no answer
    order = np.lexsort((_draw(barred.things, options.seed, 3), barred.own, barred.predicates))
    alike = rank_in_group(pair_keys(barred.predicates, barred.own)[order])
    barred = barred.take(np.sort(order[alike < _ALIKE]))
    barred = barred.take(_few(barred.things, options.seed, 3, most))
    answers, proofs = say_why(wording, barred, words)
    order = np.argsort(np.concatenate([lacking, barred.things]), kind="stable")
    return _Asked(
        np.concatenate([lacking, barred.things])[order],
        np.concatenate([lacked, barred.predicates])[order],
        pa.concat_arrays([pa.repeat(words["answer"], len(lacking)), answers]).take(pa.array(order)),
        pa.concat_arrays([pa.repeat(words["proof"], len(lacking)), proofs]).take(pa.array(order)),
    )


def _few(things: Terms, seed: int, purpose: int, most: int) -> NDArray[np.int64]:
    """Draw at most so many things; return their positions, ascending."""
    return np.sort(np.argsort(_draw(things, seed, purpose), kind="stable")[:most])


def _lacking(things: Terms, taught: Terms, answered: Answered, wording: Wording, seed: int) -> tuple[Terms, Terms]:
    """Find the things, ascending, with a predicate for each that it lacks and most of its class have."""
    kb = wording.kb
    subjects, predicates, _ = kb.columns()
    of = class_of_terms(kb)
    entities = np.unique(subjects)
    of[entities] = np.where(of[entities] < 0, kb.terms.num_rows, of[entities])  # all things without a class are as one
    of[is_kind(kb.terms, "literal") | is_kind(kb.terms, "blank")] = -1
    # Which part of a class has each predicate.
    size = np.bincount(of[entities][of[entities] >= 0], minlength=kb.terms.num_rows + 1)
    pairs = np.unique(pair_keys(subjects, predicates))
    owner, predicate = (pairs >> np.uint64(32)).astype(np.int64), pairs.astype(np.uint32)
    known = of[owner] >= 0
    cells, counts = np.unique(pair_keys(of[owner[known]], predicate[known]), return_counts=True)
    classes, having = (cells >> np.uint64(32)).astype(np.int64), cells.astype(np.uint32)
    chosen = (counts >= _MOST_HAVE * size[classes]) & (size[classes] >= _FEWEST) & np.isin(having, taught)
    classes, having = classes[chosen], having[chosen]
    things = things[of[things] >= 0]
    index, step = expand(*(np.searchsorted(classes, of[things], side) for side in ("left", "right")))
    thing, predicate = things[index], having[step]
    free = ~answered.about(thing, predicate)
    thing, predicate = thing[free], predicate[free]
    order = np.lexsort((mix(pair_keys(thing, predicate) ^ np.uint64(seed)), thing))
    thing, predicate = thing[order], predicate[order]
    first = runs(thing)[0]
    return thing[first], predicate[first]
