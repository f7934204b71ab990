"""Questions for the object of a taught fact, in templates held out of training."""

from kaug.exam.drawing import Draw, Question, ask

__all__ = ["draw_recall"]


def draw_recall(draw: Draw) -> list[Question]:
    """Ask for the objects of the facts about held-out entities (held-out templates and entities: arXiv 2309.14316)."""
    return ask(draw, draw.held_out, draw.trained, "exam")
