"""Questions that join two taught facts through an entity that they do not name."""

import numpy as np
import pyarrow as pa

from kaug.exam.drawing import Draw, Question, known_answers, make_question
from kaug.wording.compose import compositions, refer
from kaug.wording.wording import fill

__all__ = ["draw_compose"]


def draw_compose(draw: Draw) -> list[Question]:
    """Ask for an object of a held-out entity, which is referred to by another fact (arXiv 2309.14402)."""
    wording, rows = draw.wording, draw.held_out
    subjects, predicates, objects = wording.kb.columns(rows)
    pairs = compositions(wording, subjects, predicates, objects)
    known = known_answers(draw, slice(None), inverse=False, words=pa.array(np.arange(wording.kb.terms.num_rows)))
    before, after = predicates[pairs.first].astype(np.int64), predicates[pairs.second].astype(np.int64)
    questions = []
    for p, q in np.unique(np.stack([before, after], axis=1), axis=0).tolist():
        same = np.flatnonzero((before == p) & (after == q))
        given = wording.phrases(objects[pairs.first[same]])
        for variant, template in enumerate(wording.templates(q, "exam")):
            prompts = fill(template, refer(wording, p, given, variant), given).text.to_pylist()
            for pair, prompt in zip(same, prompts, strict=True):
                hops = [int(rows[pairs.first[pair]]), int(rows[pairs.second[pair]])]
                question = make_question(draw, prompt, known[int(pairs.bridge[pair]), q], hops, 2, template)
                questions += [question] if question else []
    return questions
