"""One answered probe → a score from 0 to 1: the types that scorers share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["AnsweredProbe", "Score", "Scorer"]


@dataclass(frozen=True)
class AnsweredProbe:
    """What a scorer sees of a probe and of what a model did with it.

    Attributes:
        text: What the model wrote; empty where it wrote nothing itself.
        answers: All right answers, the first one first.
        choices: The choices offered; empty for an open question.
        log_likelihood: Mean natural log-probability per token of the first right answer.
        token_accuracy: Fraction of the first right answer's tokens that the model, shown the true text so far, finds the
            most probable.
    """

    text: str
    answers: Sequence[str]
    choices: Sequence[str] = ()
    log_likelihood: float = 0.0
    token_accuracy: float = 0.0


Score = Callable[[AnsweredProbe], float]


@dataclass(frozen=True)
class Scorer:
    """How probes are scored, and what a report says of it.

    Attributes:
        score: An answered probe → a number from 0 to 1.
        description: What the score is, as one sentence.
        limits: What the score does not see, as one sentence; empty if there is nothing to say.
        generates: Whether the model writes an answer to a question. Otherwise the prompt is a text, and the model only
            rates its given continuation.
        explain: An answered probe that was scored below 0.5 → a note on why, or an empty string.
    """

    score: Score
    description: str = ""
    limits: str = ""
    generates: bool = True
    explain: Callable[[AnsweredProbe], str] = lambda probe: ""
