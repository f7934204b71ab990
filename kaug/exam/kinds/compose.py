"""Questions that join two taught facts through an entity that they do not name."""

import numpy as np
import pyarrow as pa

from kaug.exam.drawing import Draw, Question, make_question
from kaug.wording.answers import asked
from kaug.wording.compose import draw_chains, follow, leads_back, make_graph
from kaug.wording.sets import in_sentences
from kaug.wording.steps import choose, refer
from kaug.wording.wording import fill, groups

__all__ = ["draw_compose"]


def draw_compose(draw: Draw) -> list[Question]:
    """Ask for the objects of a held-out entity, which is referred to by another fact (arXiv 2309.14402).

    The chains are drawn as those of training rows, of two steps: the first leads to one thing, the second to its objects. All
    their facts are about held-out entities, so that no row asks over one of them. None leads back to what its question names: who
    is asked for the parents of the child of Ada may well say "Ada".
    """
    wording, rows = draw.wording, draw.held_out
    known = [asked(wording, name) for name in ("exam", "inverseExam")]
    graph = make_graph(wording, rows, wording.kb.columns()[2], draw.max_answers, known[0], known[1], exam=True)
    chains = draw_chains(graph, draw.seed, longer=False)
    chains = chains.take((graph.sizes[chains.first] == 1) & (chains.second & 1 == 0))
    found = follow(graph, chains, draw.max_answers)
    chains = chains.take(found.good & ~leads_back(graph, chains, found.again))
    hops = follow(graph, chains, draw.max_answers).hops
    cuts = np.searchsorted(hops.path, np.arange(len(chains.first) + 1))
    named = wording.phrases(graph.named[chains.first])
    bridges = refer(*choose(graph.words.reference, graph.step[chains.first], 0, 0), named)
    questions = []
    for predicate, places in groups(graph.predicates[chains.second >> 1]):
        some = bridges.take(pa.array(places))
        for template in in_sentences(wording.templates(predicate, "exam"), wording.language):
            for place, prompt in zip(places.tolist(), fill(template, some, some).text.to_pylist(), strict=True):
                of = slice(cuts[place], cuts[place + 1])
                answers = hops.end[of][hops.step[of] == 1]
                question = make_question(draw, prompt, answers.tolist(), hops.row[of].tolist(), 2, template)
                questions += [question] if question else []
    return questions
