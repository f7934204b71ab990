"""Questions about facts that are not taught: a test of forgetting."""

import numpy as np

from kaug.arrays import pair_keys
from kaug.exam.drawing import Draw, Question, ask
from kaug.wording.answers import twins

__all__ = ["draw_locality"]


def draw_locality(draw: Draw) -> list[Question]:
    """Ask for the objects of facts that are not taught (locality in knowledge editing: arXiv 2110.11309).

    A fact whose two ends, by whatever name or IRI, stand together in a taught fact is left out: its inverse may be taught.
    """
    taught, of = np.union1d(draw.held_out, draw.trained), twins(draw.wording)
    together = [np.sort(of[np.stack(draw.wording.kb.columns(rows)[::2])], axis=0) for rows in (draw.untaught, taught)]
    told = np.isin(pair_keys(*together[0]), pair_keys(*together[1]))
    if told.any():
        draw.left_out["facts whose two ends stand together in a taught fact"] += int(told.sum())
    return ask(draw, draw.untaught[~told], taught, "exam")
