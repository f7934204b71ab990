"""Questions that join two taught facts through an entity that they do not name."""

from kaug.exam.drawing import Draw, Question, make_question
from kaug.wording.answers import asked
from kaug.wording.compose import REFERENCES, compositions, refer
from kaug.wording.sets import in_sentences
from kaug.wording.wording import fill

__all__ = ["draw_compose"]


def draw_compose(draw: Draw) -> list[Question]:
    """Ask for an object of a held-out entity, which is referred to by another fact (arXiv 2309.14402)."""
    wording, rows = draw.wording, draw.held_out
    subjects, _, objects = wording.kb.columns(rows)
    known = asked(wording, "exam")
    few = known.answers[known.question[rows]] <= draw.max_answers
    questions = []
    for by in REFERENCES:
        named = objects if by == "inverseReference" else subjects
        for p, q, first, second in compositions(wording, by, rows, objects, few, "exam").by_predicates():
            names = wording.phrases(named[first])
            for variant, template in enumerate(in_sentences(wording.templates(q, "exam"), wording.language)):
                prompts = fill(template, refer(wording, by, p, names, variant), names).text.to_pylist()
                for one, two, prompt in zip(first.tolist(), second.tolist(), prompts, strict=True):
                    # The question by name may ask for others too: the bridge is this subject.
                    same = known.facts[int(known.question[rows[two]])]
                    same = same[wording.kb.columns(same)[0] == subjects[two]]
                    hops = [int(rows[one]), int(rows[two])]
                    question = make_question(draw, prompt, known.sought[same].tolist(), hops, 2, template)
                    questions += [question] if question else []
    return questions
