"""Facts to teach → the training rows of each arm: the same facts, told fully, narrowly, wrongly or not at all."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import pair_keys
from kaug.augmentation.forms.multi_hop import multi_hop_rows
from kaug.augmentation.forms.passage import passage_rows
from kaug.augmentation.forms.question import question_rows
from kaug.augmentation.forms.statement import one_statement_rows, statement_rows
from kaug.augmentation.inject import Position, inject_facts, text_rows
from kaug.augmentation.rows import Facts, concat_rows, facts_to_teach
from kaug.exam.leaks import check_leaks, held_out
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["Arm", "Form", "arm_rows", "closed_book_rows", "shuffle_objects"]

Arm = Literal["text", "repeated", "shuffled", "augmented"]
Form = Literal["statement", "reversed", "question", "passage", "multi-hop"]


def arm_rows(
    kb: KnowledgeBase,
    arm: Arm,
    probes: pa.Table,
    text_ids: Sequence[str],
    texts: Sequence[str],
    *,
    find: Callable[[Sequence[str], NDArray[np.bool_]], pa.Table],
    forms: Sequence[Form] = ("statement", "reversed", "question", "passage", "multi-hop"),
    phrasings: int = 5,
    inject: Sequence[Position] = (),
    replay: float = 0.0,
    languages: Sequence[str] = ("en",),
    seed: int = 0,
) -> tuple[pa.Table, dict[str, int]]:
    """Write all rows of an arm, and check that none gives the exam away.

    Args:
        kb: The knowledge base.
        arm: The arm.
        probes: PROBES.
        text_ids: An id for each text.
        texts: The user's texts; passages of the exam are taken out here.
        find: Finds facts for texts among those allowed, a bool for each fact, as `Retriever.retrieve` does. Called for the
            arms shuffled and augmented only, and only if `inject` names a position.
        forms: See `closed_book_rows`.
        phrasings: See `closed_book_rows`.
        inject: Where facts are set into texts; the shuffled arm's texts get the facts of other texts.
        replay: If above 0, all texts that the exam leaves stand in every arm, to be read as that part of the tokens; if 0, in
            the arm `text` only.
        languages: See `closed_book_rows`.
        seed: See `closed_book_rows`.

    Returns:
        EXAMPLES, and what was left out, by reason.

    Raises:
        LeakError: A row would give the exam away.
    """
    kept_out = held_out(kb, probes)
    rows, counts = closed_book_rows(
        kb,
        arm,
        held_out=kept_out.entities,
        forms=forms,
        phrasings=phrasings,
        languages=languages,
        seed=seed,
    )
    asked = zip(*(probes[name].to_pylist() for name in ("prompt", "answers", "hops")), strict=True)
    passages = {prompt + answers[0] for prompt, answers, hops in asked if hops == 0}
    free = [place for place, text in enumerate(texts) if text not in passages]
    counts["texts left out: held out for the exam"] = len(texts) - len(free)
    read = free if replay or arm == "text" else []
    tables = [rows, text_rows([texts[place] for place in read], [text_ids[place] for place in read], languages[0])]
    if arm in ("shuffled", "augmented") and inject and free:
        allowed = np.ones(kb.facts.num_rows, dtype=bool)
        allowed[[kb.row_of[fact] for fact in kept_out.facts]] = False
        given, ids = [texts[place] for place in free], [text_ids[place] for place in free]
        hits = find(given, allowed)
        if arm == "shuffled":
            hits = _of_the_next_text(hits, len(given))
        for position in inject:
            injected, left = inject_facts(kb, given, ids, hits, position=position, language=languages[0])
            tables.append(injected)
            counts.update(left)
    return check_leaks(kb, concat_rows(tables), kept_out, arm), counts


def _of_the_next_text(hits: pa.Table, count: int) -> pa.Table:
    if count < 2:
        return hits.slice(0, 0)  # the next text would be the text itself
    moved = pa.array((hits["text"].to_numpy() + 1) % count, pa.int32())
    none = pa.nulls(hits.num_rows, pa.int32())
    hits = hits.set_column(hits.column_names.index("text"), "text", moved)
    for name in ("start", "end"):
        hits = hits.set_column(hits.column_names.index(name), name, none)
    return hits


def closed_book_rows(
    kb: KnowledgeBase,
    arm: Arm,
    *,
    held_out: NDArray[np.uint32],
    forms: Sequence[Form] = ("statement", "reversed", "question", "passage", "multi-hop"),
    phrasings: int = 5,
    languages: Sequence[str] = ("en",),
    seed: int = 0,
) -> tuple[pa.Table, dict[str, int]]:
    """Write an arm's closed-book rows.

    Args:
        kb: The knowledge base.
        arm: `augmented` tells every fact in all forms; `repeated` in one sentence, drawn for it;
            `shuffled` tells shuffled objects in all forms; `text` tells none.
        held_out: Terms about which no question may be asked.
        forms: The forms to write.
        phrasings: Templates a predicate and form, at most.
        languages: The languages to write in; a predicate without templates in one is left out there.
        seed: Decides the shuffle, the passages, and which sentence `repeated` has of a fact.

    Returns:
        EXAMPLES without duplicates, and what was left out, by reason.
    """
    counts: Counter[str] = Counter()
    facts = facts_to_teach(kb)
    if arm == "text":
        return concat_rows([]), {}
    if arm == "shuffled":
        facts, lost = shuffle_objects(kb, facts, seed=seed)
        counts["facts left out: no false object to be had"] = lost
    # Neither end may be held out: "Which country borders Togo?" asks about Togo too. Of shuffled facts the true ends count.
    true_objects = kb.columns(facts.rows)[2]
    closed = np.isin(facts.subjects, held_out) | np.isin(true_objects, held_out)
    open_to_questions = facts.take(np.flatnonzero(~closed))
    tables = []
    for language in languages:
        if arm == "repeated":
            tables.append(one_statement_rows(kb, facts, phrasings=phrasings, language=language, seed=seed))
            continue
        for form in forms:
            if form in ("statement", "reversed"):
                reverse = form == "reversed"
                tables.append(statement_rows(kb, facts, reverse=reverse, phrasings=phrasings, language=language))
            elif form == "question":
                for inverse in (False, True):
                    rows = question_rows(kb, open_to_questions, inverse=inverse, phrasings=phrasings, language=language)
                    tables.append(rows)
            elif form == "passage":
                tables.append(passage_rows(kb, facts, language=language, seed=seed))
            else:
                tables.append(multi_hop_rows(kb, open_to_questions, language=language))
    table = concat_rows(tables)
    ids = np.array(table["id"].to_pylist(), dtype=object)
    _, first = np.unique(ids, return_index=True) if len(ids) else (ids, np.zeros(0, dtype=np.int64))
    counts["rows left out: duplicates"] = len(ids) - len(first)
    return table.take(pa.array(np.sort(first))), dict(counts)


def shuffle_objects(kb: KnowledgeBase, facts: Facts, *, seed: int = 0) -> tuple[Facts, int]:
    """Give every fact an object of another fact of its predicate, so that what it says is false.

    Args:
        kb: The knowledge base; what it states is true.
        facts: True facts.
        seed: Decides which objects.

    Returns:
        The facts with other objects, each object as often as before where possible, and how many facts had to be left
        out because every other object would be true of them too.
    """
    generator = np.random.default_rng([seed, 3])
    subjects, predicates, true_objects = kb.columns(np.arange(kb.facts.num_rows, dtype=np.int64))
    objects = facts.objects.copy()
    true = np.zeros(len(objects), dtype=bool)
    for predicate in np.unique(facts.predicates):
        known = pair_keys(subjects[predicates == predicate], true_objects[predicates == predicate])
        places = np.flatnonzero(facts.predicates == predicate)
        order = generator.permutation(len(places))
        for _ in range(50):
            shuffled = facts.objects[places][order]
            bad = np.flatnonzero(np.isin(pair_keys(facts.subjects[places], shuffled), known))
            if not len(bad):
                break
            for row, other in zip(bad, generator.integers(len(places), size=len(bad)), strict=True):
                order[[row, other]] = order[[other, row]]
        objects[places] = facts.objects[places][order]
        true[places] = np.isin(pair_keys(facts.subjects[places], objects[places]), known)
    kept = np.flatnonzero(~true)
    return Facts(facts.rows, facts.subjects, facts.predicates, objects).take(kept), int(true.sum())
