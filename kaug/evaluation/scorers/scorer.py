"""One answered probe → a score from 0 to 1: the types that scorers share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["AnsweredProbe", "Score", "Scorer"]


@dataclass(frozen=True)
class AnsweredProbe:
    """A probe and a model's answer to it, the input of a scorer.

    Attributes:
        text: The generated text; empty for a continuation.
        answers: All right answers; the first is the preferred one.
        choices: The choices offered; empty for an open question.
        log_likelihood: Mean natural log-probability per token of the first right answer.
        token_accuracy: Fraction of the first right answer's tokens that the model, given the true prefix, ranks first.
    """

    text: str
    answers: Sequence[str]
    choices: Sequence[str] = ()
    log_likelihood: float = 0.0
    token_accuracy: float = 0.0


Score = Callable[[AnsweredProbe], float]


@dataclass(frozen=True)
class Scorer:
    """A scorer, and its descriptions for reports.

    Attributes:
        score: From an answered probe to a number from 0 to 1.
        description: The meaning of the score, as one sentence.
        limits: The limits of the score, as one sentence; may be empty.
        generates: Whether the model generates an answer. If not, the prompt is a text, and the model only rates its
            continuation.
        explain: From an answered probe with a score below 0.5 to a note on the reason, or an empty string.
    """

    score: Score
    description: str = ""
    limits: str = ""
    generates: bool = True
    explain: Callable[[AnsweredProbe], str] = lambda probe: ""
