"""Facts → questions that the knowledge base has no answer to, answered "The knowledge base does not say."."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import expand, mix, pair_keys, positions, runs
from kaug.augmentation.forms.words import words_of_form
from kaug.augmentation.rows import Facts, Options, make_rows, mark_spans, name_facts
from kaug.knowledge.constraints import class_of_terms
from kaug.namespaces import OWL, RDFS
from kaug.wording.compose import is_short
from kaug.wording.negatives import identities
from kaug.wording.sets import ask_for_one, in_sentences
from kaug.wording.wording import Wording, groups
from kaug.words.terms import CLASS_OF, is_kind

__all__ = ["unknown_rows"]

_MOST_HAVE, _FEWEST = 0.8, 10
"""A question is natural if so great a part of a class, of so many members, has an answer to it."""

_SHARE = 10
"""At most one in so many things has a question that the knowledge base does not answer."""

Terms = NDArray[np.uint32]


def unknown_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask at most one in ten things for what most of its class have and it has not: the knowledge base does not say.

    The knowledge base has no fact that could answer: not of this predicate, nor of one that asks the same question, is below it,
    equivalent or its inverse; of nothing with a name of the thing, nor of a class above it; taught or not. So no row denies what
    another row teaches or the exam asks. The row names the first fact about the thing, which it does not state: a row without
    facts could not be held out with the thing.
    """
    words = words_of_form("unknown", wording.language)
    if not words or not len(facts):
        return
    lacks, lacked = options.once(("lacking", wording.language), lambda: _lacking(facts, wording, options))
    heads = runs(facts.subjects)[0]
    place = positions(lacks, facts.subjects[heads])
    heads, predicates = heads[place >= 0], lacked[place[place >= 0]]
    subjects = facts.subjects[heads]
    draw = _draw(subjects, options.seed, 1)
    for predicate, places in groups(predicates):
        templates = _templates(wording, predicate)
        for number, template in enumerate(templates):
            chosen = places[draw[places] % np.uint64(len(templates)) == number]
            if not len(chosen):
                continue
            prompts = wording.fill(template, subjects[chosen], subjects[chosen], predicate).text
            yield make_rows(
                family="closed-book",
                form="unknown",
                task="question-answering",
                prompts=prompts,
                completions=pa.array([words["answer"]] * len(chosen), pa.string()),
                facts=name_facts(wording.kb, facts.rows[heads[chosen]]),
                spans=mark_spans(len(chosen)),
                language=wording.language,
                proofs=pa.repeat(words["proof"], len(chosen)),
            )


def _templates(wording: Wording, predicate: int) -> list[str]:
    texts = in_sentences(ask_for_one(wording.templates(predicate, "question"), wording.language), wording.language)
    exams = wording.templates(predicate, "exam")
    return [text for text in texts if text not in exams]


def _draw(subjects: Terms, seed: int, purpose: int) -> NDArray[np.uint64]:
    return mix(subjects.astype(np.uint64) + np.uint64((seed << 40) + (purpose << 36)))


def _lacking(facts: Facts, wording: Wording, options: Options) -> tuple[Terms, Terms]:
    """Find things, ascending, and a predicate for each that it lacks and most of its class have: of one in ten things at most."""
    kb, given = wording.kb, options.all_facts(facts)
    subjects, predicates, objects = kb.columns()
    of, same = class_of_terms(kb), identities(wording)
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
    often = (counts >= _MOST_HAVE * size[classes]) & (size[classes] >= _FEWEST)
    taught = np.isin(having, given.predicates)
    clear = [bool(_templates(wording, p)) for p in having[often & taught].tolist()]
    chosen = np.flatnonzero(often & taught)[np.array(clear, bool)]
    iris = kb.terms["value"].take(pa.array(having[chosen]))
    chosen = chosen[~pc.is_in(iris, pa.array(sorted(CLASS_OF))).to_numpy(zero_copy_only=False)]
    # What answers a question: a fact of a predicate that asks the same, is below it, equivalent or its inverse.
    kind = _kinds(wording, np.unique(np.concatenate([predicates, having])))
    ends = []
    for one in np.unique(predicates).tolist():
        rows = np.flatnonzero(predicates == one)
        for other, inverse in kind[1].get(one, []):
            ends.append(pair_keys(same[(objects if inverse else subjects)[rows]], np.full(len(rows), other)))
    restricted, on = _pairs(wording, OWL + "onProperty")
    on_known = np.isin(on, np.array(list(kind[0]), np.uint32))
    on_kinds = np.array([kind[0][p] for p in on[on_known].tolist()], np.int64)
    ends.append(pair_keys(same[restricted[on_known]], on_kinds))
    answered = np.unique(np.concatenate(ends))
    classes, having = classes[chosen], having[chosen]
    things = np.unique(given.subjects)
    things = things[(of[things] >= 0) & is_short(wording.labels(things))]
    index, step = expand(*(np.searchsorted(classes, of[things], side) for side in ("left", "right")))
    thing, predicate = things[index], having[step]
    asked = np.array([kind[0][p] for p in predicate.tolist()], np.int64)
    free = positions(answered, pair_keys(same[thing], asked)) < 0
    thing, predicate, asked = thing[free], predicate[free], asked[free]
    free = ~_inherited(wording, thing, asked, answered, same)
    thing, predicate = thing[free], predicate[free]
    order = np.lexsort((mix(pair_keys(thing, predicate) ^ np.uint64(options.seed)), thing))
    thing, predicate = thing[order], predicate[order]
    first = runs(thing)[0]
    thing, predicate = thing[first], predicate[first]
    drawn = np.argsort(_draw(thing, options.seed, 2), kind="stable")[: max(1, len(np.unique(given.subjects)) // _SHARE)]
    drawn.sort()
    return thing[drawn], predicate[drawn]


def _inherited(
    wording: Wording, thing: Terms, asked: NDArray[np.int64], answered: NDArray[np.uint64], same: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mask the questions about things that a fact, or a restriction, of a class above the thing answers."""
    below, above = _pairs(wording, *sorted(CLASS_OF), OWL + "equivalentClass")
    order = np.argsort(below, kind="stable")
    below, above = below[order], above[order]
    found = np.zeros(len(thing), bool)
    known = open_ = np.unique(pair_keys(np.arange(len(thing)), thing))
    while len(open_):
        place, term = (open_ >> np.uint64(32)).astype(np.int64), open_.astype(np.uint32)
        found[place[positions(answered, pair_keys(same[term], asked[place])) >= 0]] = True
        index, step = expand(*(np.searchsorted(below, term, side) for side in ("left", "right")))
        open_ = np.setdiff1d(pair_keys(place[index], above[step]), known)
        known = np.union1d(known, open_)
    return found


def _pairs(wording: Wording, *iris: str) -> tuple[Terms, Terms]:
    """Return the subjects and objects of predicates, in facts and axioms."""
    kb = wording.kb
    numbers = [pc.index(kb.terms["value"], iri).as_py() for iri in iris]
    tables = [
        table.filter(pa.array(np.isin(table["predicate"].to_numpy(), numbers))) for table in (kb.facts, kb.axioms)
    ]
    subjects, objects = (np.concatenate([table[end].to_numpy() for table in tables]) for end in ("subject", "object"))
    return subjects, objects


def _kinds(
    wording: Wording, predicates: NDArray[np.uint32]
) -> tuple[dict[int, int], dict[int, list[tuple[int, bool]]]]:
    """Number predicates that ask the same question alike; say which questions a fact of each answers, and by which end."""
    kb = wording.kb
    numbers: dict[tuple[str, ...], int] = {}
    kind = {
        p: numbers.setdefault(tuple(wording.templates(p, "question")[:1]), len(numbers)) for p in predicates.tolist()
    }
    related = [(one, other, True) for one, other in wording.inverses]
    for name, both in ((RDFS + "subPropertyOf", False), (OWL + "equivalentProperty", True)):
        rows = kb.axioms.filter(pc.equal(kb.axioms["predicate"], pc.index(kb.terms["value"], name)))
        pairs = list(zip(rows["subject"].to_pylist(), rows["object"].to_pylist(), strict=True))
        related += [(one, other, False) for one, other in pairs + [(b, a) for a, b in pairs if both]]
    symmetric = kb.axioms.filter(pc.equal(kb.axioms["object"], pc.index(kb.terms["value"], OWL + "SymmetricProperty")))
    related += [(one, one, True) for one in symmetric["subject"].to_pylist()]
    says: dict[int, list[tuple[int, bool]]] = {}
    for one, other, inverse in related:
        says.setdefault(one, []).append((other, inverse))
    return kind, {p: [(kind[q], inverse) for q, inverse in _reached(p, says) if q in kind] for p in kind}


def _reached(predicate: int, says: dict[int, list[tuple[int, bool]]]) -> list[tuple[int, bool]]:
    """Follow what a fact says of other predicates, with its ends exchanged or not."""
    reached = [(predicate, False)]
    for one, inverse in reached:
        new = [(other, inverse != exchanged) for other, exchanged in says.get(one, [])]
        reached += [step for step in dict.fromkeys(new) if step not in reached]
    return reached
