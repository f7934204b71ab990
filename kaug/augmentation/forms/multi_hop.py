"""Pairs of facts that share an entity → two-hop questions, whose answers write out the hops."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.rows import Facts, Options, concat_rows, make_rows
from kaug.wording.answers import asked, gives_away
from kaug.wording.compose import REFERENCES, Reference, compositions, is_short, refer
from kaug.wording.sets import ask_for_one, in_sentences
from kaug.wording.wording import Wording, fill, is_reversed

__all__ = ["multi_hop_rows"]

_MARK = {"en": "Answer: ", "zh": "答案："}


def multi_hop_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Write a two-hop question for pairs of facts, with an answer step by step.

    The answer states the hop to the entity that the question does not name, then the hop to the answer, and ends with
    `Answer: …`: models cannot combine learnt facts without writing them out (Allen-Zhu & Li 2023, arXiv 2309.14402). Each
    question has one right answer, of a few words, which it does not hold. See `compositions` for the pairs.
    """
    known = asked(wording, "question")
    single = (known.answers[known.question[facts.rows]] == 1) & is_short(wording.labels(facts.objects))
    tables = []
    for by in REFERENCES:
        # Of the shuffled arm, an object refers to the entity of the true fact, and the chain goes through the false object.
        objects = wording.kb.columns(facts.rows)[2] if by == "inverseReference" else facts.objects
        for p, q, first, second in compositions(wording, by, facts.rows, objects, single, "question").by_predicates():
            tables.append(_rows(facts.take(first), facts.take(second), (p, q), by, wording))
    return concat_rows(tables)


def _rows(one: Facts, two: Facts, predicates: tuple[int, int], by: Reference, wording: Wording) -> pa.Table:
    p, q = predicates
    inverse = by == "inverseReference"
    names = wording.phrases(one.objects if inverse else one.subjects)
    question = ask_for_one(in_sentences(wording.templates(q, "question"), wording.language), wording.language)[0]
    prompts = fill(question, refer(wording, by, p, names), names).text
    hidden = ~gives_away(prompts, [[answer] for answer in wording.labels(two.objects).to_pylist()])
    prompts, one, two = (
        prompts.filter(pa.array(hidden)),
        one.take(np.flatnonzero(hidden)),
        two.take(np.flatnonzero(hidden)),
    )
    hop_1, hop_2 = _state(one, p, wording, reverse=inverse), _state(two, q, wording)
    mark = pa.scalar(_MARK.get(wording.language, _MARK["en"]))
    closing = pc.binary_join_element_wise(mark, wording.labels(two.objects), "")
    middle = pc.utf8_length(hop_1).to_pylist()
    ends = (middle[row] + 1 + length for row, length in enumerate(pc.utf8_length(hop_2).to_pylist()))
    ids = (wording.kb.hex_ids.take(pa.array(part.rows)).to_pylist() for part in (one, two))
    return make_rows(
        family="closed-book",
        form="multi-hop",
        task="question-answering",
        prompts=prompts,
        completions=pc.binary_join_element_wise(hop_1, hop_2, closing, " "),
        facts=list(zip(*ids, strict=True)),
        spans=[[(0, "completion", 0, m), (1, "completion", m + 1, end)] for m, end in zip(middle, ends, strict=True)],
        language=wording.language,
    )


def _state(facts: Facts, predicate: int, wording: Wording, *, reverse: bool = False) -> pa.Array:
    """State facts of one predicate in their plainest sentences, the object first if there is such a template."""
    texts, order = [pa.array([], pa.string())], [np.zeros(0, np.int64)]
    for _, manner, positions in wording.groups(facts.rows):
        templates = in_sentences(wording.templates(predicate, "statement", manner), wording.language)
        template = next(filter(is_reversed, templates), templates[0]) if reverse else templates[0]
        part = facts.take(positions)
        texts.append(wording.fill(template, part.subjects, part.objects, predicate).text)
        order.append(positions)
    return pa.concat_arrays(texts).take(pa.array(np.argsort(np.concatenate(order))))
