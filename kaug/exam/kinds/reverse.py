"""Questions for the subject of a taught fact, given its object."""

from kaug.exam.drawing import Draw, Question, ask

__all__ = ["draw_reverse"]


def draw_reverse(draw: Draw) -> list[Question]:
    """Ask for the subjects of the facts about held-out entities (the reversal curse: arXiv 2309.12288)."""
    return ask(draw, draw.held_out, draw.trained, "inverseExam")
