"""Two facts that share an entity → a question over both, with the hops written out before the answer."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.forms.statement import is_reversed
from kaug.augmentation.rows import Facts, concat_rows, make_rows
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.compose import compositions, refer
from kaug.wording.statements import fill, templates

__all__ = ["multi_hop_rows"]

_MARK = {"en": "Answer: ", "zh": "答案："}


def multi_hop_rows(kb: KnowledgeBase, facts: Facts, *, phrasings: int = 1, language: str = "en") -> pa.Table:
    """Ask two-hop questions, and answer them step by step.

    The answer tells the hop to the entity that the question does not name, then the hop to the answer, and closes with
    `Answer: …`: a model that learnt facts cannot combine them without saying them first (Allen-Zhu & Li 2023, arXiv
    2309.14402).

    Args:
        kb: The knowledge base.
        facts: The facts, without those of held-out entities. In the shuffled arm their objects are false.
        phrasings: Questions a pair of facts.
        language: BCP 47 tag.

    Returns:
        EXAMPLES; spans mark the two hops in the completion.
    """
    true_objects = kb.columns(facts.rows)[2]
    pairs = compositions(kb, facts.subjects, facts.predicates, true_objects, language)
    words, labels = kb.phrase(language), kb.text(language)
    before = facts.predicates[pairs.first].astype(np.int64)
    after = facts.predicates[pairs.second].astype(np.int64)
    tables = []
    for p, q in np.unique(np.stack([before, after], axis=1), axis=0).tolist():
        at = np.flatnonzero((before == p) & (after == q))
        one, two = facts.take(pairs.first[at]), facts.take(pairs.second[at])
        subjects = words.take(pa.array(one.subjects))
        given, found = words.take(pa.array(one.objects)), words.take(pa.array(two.objects))
        questions = templates(kb, q, "question", language)
        said_p, said_q = templates(kb, p, "statement", language), templates(kb, q, "statement", language)
        if not (questions and said_p and said_q):
            continue
        hop_1 = fill(next((t for t in said_p if is_reversed(t)), said_p[0]), subjects, given).text
        hop_2 = fill(said_q[0], subjects, found).text
        closing = pc.binary_join_element_wise(
            pa.scalar(_MARK.get(language, _MARK["en"])), labels.take(pa.array(two.objects)), ""
        )
        completions = pc.binary_join_element_wise(hop_1, hop_2, closing, " ")
        middle = pc.utf8_length(hop_1).to_numpy(zero_copy_only=False)
        end = middle + 1 + pc.utf8_length(hop_2).to_numpy(zero_copy_only=False)
        spans = [
            [(0, "completion", 0, int(m)), (1, "completion", int(m) + 1, int(e))]
            for m, e in zip(middle, end, strict=True)
        ]
        ids = [
            [kb.hex_ids[int(a)].as_py(), kb.hex_ids[int(b)].as_py()] for a, b in zip(one.rows, two.rows, strict=True)
        ]
        for variant, question in enumerate(questions[:phrasings]):
            asked = fill(question, refer(kb, p, given, language, variant), given).text
            tables.append(
                make_rows(
                    family="closed-book",
                    form="multi-hop",
                    task="question-answering",
                    prompts=asked,
                    completions=completions,
                    facts=ids,
                    spans=spans,
                    language=language,
                )
            )
    return concat_rows(tables)
