"""The kinds of probes; a new one is a file in this folder and a line in `KINDS`."""

from kaug.exam.drawing import Kind
from kaug.exam.kinds.compose import draw_compose, draw_pattern
from kaug.exam.kinds.continuation import draw_continuation
from kaug.exam.kinds.locality import draw_locality
from kaug.exam.kinds.recall import draw_recall
from kaug.exam.kinds.reverse import draw_reverse

__all__ = ["KINDS"]

KINDS: dict[str, Kind] = {
    "recall": Kind(
        draw_recall, "contains", "Recall", "questions in unseen templates about facts it was taught", "gain"
    ),
    "reverse": Kind(draw_reverse, "contains", "Reverse", "questions asked backwards about facts it was taught", "gain"),
    "compose": Kind(draw_compose, "contains", "Compose", "questions that join facts it was taught", "gain"),
    "pattern": Kind(
        draw_pattern, "contains", "Pattern", "questions that join facts as no row does", "gain", by_default=False
    ),
    "locality": Kind(draw_locality, "contains", "Locality", "questions about facts it was not taught", "retention"),
    "continuation": Kind(
        draw_continuation, "continuation", "Continuation", "passages of text to be continued", "retention"
    ),
}
"""The kinds of probes by name, in the order of reports."""
