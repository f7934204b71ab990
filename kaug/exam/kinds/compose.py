"""Questions that join two taught facts through an entity that they do not name."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.exam.drawing import Draw, Question, draw_number, make_question
from kaug.wording.answers import asked
from kaug.wording.compose import Chains, Graph, draw_chains, follow, leads_back, make_graph, mine
from kaug.wording.sets import in_sentences
from kaug.wording.steps import choose, refer
from kaug.wording.wording import fill, groups

__all__ = ["draw_compose", "draw_pattern"]


def draw_compose(draw: Draw) -> list[Question]:
    """Ask for the objects of a held-out entity, which is referred to by another fact (arXiv 2309.14402).

    The chains are drawn as those of training rows, of two steps: the first leads to one thing, the second to its objects. All
    their facts are about held-out entities, so that no row asks over one of them. None leads back to what its question names: who
    is asked for the parents of the child of Ada may well say "Ada".
    """
    return _draw(draw, held_out=False)


def draw_pattern(draw: Draw) -> list[Question]:
    """Ask as `draw_compose` does, over pairs of predicates over which no row asks, about whatever it is.

    The pairs are drawn by their IRIs, whichever comes first. A model that answers these has learnt to compose, and not only how
    facts of two predicates are joined.
    """
    return _draw(draw, held_out=True)


def _draw(draw: Draw, *, held_out: bool) -> list[Question]:
    wording, rows = draw.wording, draw.held_out
    known = [asked(wording, name) for name in ("exam", "inverseExam")]
    graph = make_graph(wording, rows, wording.kb.columns()[2], draw.max_answers, known[0], known[1], exam=True)
    chains = draw_chains(graph, mine(graph, draw.seed), draw.seed, longer=False)
    chains = chains.take((graph.sizes[chains.first] == 1) & (chains.second & 1 == 0))
    found = follow(graph, chains, draw.max_answers)
    chains = chains.take(found.good & ~found.again & ~leads_back(graph, chains, found.again))
    chains = chains.take(_is_held_out(draw, graph, chains) == held_out)
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


def _is_held_out(draw: Draw, graph: Graph, chains: Chains) -> NDArray[np.bool_]:
    """Mask the chains of a held-out pattern."""
    steps = np.sort(np.stack([graph.step[chains.first] >> 1, chains.second >> 1]), axis=0)
    pairs, which = np.unique(steps, axis=1, return_inverse=True)
    iris = draw.wording.kb.terms["value"].take(pa.array(graph.predicates[pairs.ravel()])).to_pylist()
    both = [sorted(pair) for pair in zip(*np.array(iris, object).reshape(2, -1).tolist(), strict=True)]
    draws = np.array([draw_number(draw.seed, " ".join(pair)) / 2**64 for pair in both])
    # Two facts of one predicate are no pattern: a row over one step may have them.
    held = (draws < draw.held_out_patterns) & (pairs[0] != pairs[1])
    return np.asarray(held[which.ravel()], bool)
