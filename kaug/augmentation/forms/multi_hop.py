"""Pairs of facts that share an entity → two-hop questions, whose answers write out the hops."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.forms.statement import is_reversed
from kaug.augmentation.rows import Facts, Options, concat_rows, make_rows
from kaug.wording.compose import compositions, refer
from kaug.wording.wording import Wording, fill

__all__ = ["multi_hop_rows"]

_MARK = {"en": "Answer: ", "zh": "答案："}


def multi_hop_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Write a two-hop question for each pair of facts, with an answer step by step.

    The answer states the hop to the entity that the question does not name, then the hop to the answer, and ends with
    `Answer: …`: models cannot combine learnt facts without writing them out (Allen-Zhu & Li 2023, arXiv 2309.14402).
    """
    kb = wording.kb
    true_objects = kb.columns(facts.rows)[2]
    pairs = compositions(wording, facts.subjects, facts.predicates, true_objects)
    before = facts.predicates[pairs.first].astype(np.int64)
    after = facts.predicates[pairs.second].astype(np.int64)
    tables = []
    for p, q in np.unique(np.stack([before, after], axis=1), axis=0).tolist():
        questions = wording.templates(q, "question")
        first, second = wording.templates(p, "statement"), wording.templates(q, "statement")
        if not (questions and first and second):
            continue
        positions = np.flatnonzero((before == p) & (after == q))
        one, two = facts.take(pairs.first[positions]), facts.take(pairs.second[positions])
        subjects, given = wording.phrases(one.subjects), wording.phrases(one.objects)
        hop_1 = fill(next(filter(is_reversed, first), first[0]), subjects, given).text
        hop_2 = fill(second[0], subjects, wording.phrases(two.objects)).text
        mark = pa.scalar(_MARK.get(wording.language, _MARK["en"]))
        closing = pc.binary_join_element_wise(mark, wording.labels(two.objects), "")
        middle = pc.utf8_length(hop_1).to_pylist()
        ends = (middle[row] + 1 + length for row, length in enumerate(pc.utf8_length(hop_2).to_pylist()))
        ids = (kb.hex_ids.take(pa.array(part.rows)).to_pylist() for part in (one, two))
        tables.append(
            make_rows(
                family="closed-book",
                form="multi-hop",
                task="question-answering",
                prompts=fill(questions[0], refer(wording, p, given), given).text,
                completions=pc.binary_join_element_wise(hop_1, hop_2, closing, " "),
                facts=list(zip(*ids, strict=True)),
                spans=[
                    [(0, "completion", 0, m), (1, "completion", m + 1, end)]
                    for m, end in zip(middle, ends, strict=True)
                ],
                language=wording.language,
            )
        )
    return concat_rows(tables)
