"""The scorer `contains`: 1 if a text holds a right answer, else 0; `kaug.words.containment` decides."""

from kaug.evaluation.scorers.scorer import AnsweredProbe, Scorer
from kaug.words.containment import WINDOW, final_answer, holds_any, normalise, score_answer

__all__ = ["SCORER", "final_answer", "normalise", "score_answer"]


def _explain(probe: AnsweredProbe) -> str:
    if holds_any(probe.text, probe.answers):
        return f"the text has a right answer elsewhere; only the first {WINDOW} words of the final answer are read"
    return ""


SCORER = Scorer(
    score=lambda probe: score_answer(probe.text, probe.answers),
    description=(
        f"1 if the first {WINDOW} words of the final answer hold a right answer as whole words, else 0. The final answer is "
        "what follows the last “Answer:”, or else the first line; nothing else of the text is read."
    ),
    limits=(
        f"Answers are scored by the words they contain, and only the first {WINDOW} words of the final answer are read: "
        "negation and synonyms are not understood."
    ),
    explain=_explain,
)
