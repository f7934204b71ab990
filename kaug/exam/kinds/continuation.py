"""Passages of the user's texts to be continued: they show whether the model still reads prose."""

from kaug.exam.drawing import Draw, Question, draw_number

__all__ = ["draw_continuation"]

_WORDS = 16
"""Shorter texts make no passage."""


def draw_continuation(draw: Draw) -> list[Question]:
    """Split texts after a third of their words; the single answer is the rest, in which the model's tokens are counted."""
    most = min(draw.quota, round(draw.held_out_texts * len(draw.texts)))
    questions = []
    for text in sorted(dict.fromkeys(draw.texts), key=lambda text: draw_number(draw.seed, text))[:most]:
        words = text.split(" ")
        if len(words) < _WORDS:
            draw.left_out[f"texts of fewer than {_WORDS} words"] += 1
            continue
        cut = len(words) // 3
        prompt, rest = " ".join(words[:cut]), " " + " ".join(words[cut:])
        questions.append(
            {"prompt": prompt, "answers": [rest], "facts": [], "hops": 0, "template": "", "source": "text"}
        )
    return questions
