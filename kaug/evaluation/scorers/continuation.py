"""A continuation of a text → the fraction of its tokens that the model ranks first."""

from kaug.evaluation.scorers.scorer import Scorer

__all__ = ["SCORER"]

SCORER = Scorer(
    score=lambda probe: probe.token_accuracy,
    description="The fraction of a passage's tokens that the model, shown the true text so far, would have written itself.",
    generates=False,
)
