"""Questions about facts that are not taught: a test of forgetting."""

import numpy as np

from kaug.exam.drawing import Draw, Question, ask

__all__ = ["draw_locality"]


def draw_locality(draw: Draw) -> list[Question]:
    """Ask for the objects of facts that are not taught (locality in knowledge editing: arXiv 2110.11309)."""
    return ask(draw, draw.untaught, np.union1d(draw.held_out, draw.trained), "exam")
