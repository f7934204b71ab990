"""Passages of the user's texts to continue: a test of forgetting on prose."""

from kaug.exam.drawing import Draw, Question, draw_number

__all__ = ["draw_continuation"]

_WORDS = 16
"""The minimum of words in a text."""


def draw_continuation(draw: Draw) -> list[Question]:
    """Split texts after a third of their words; the only answer is the rest."""
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
