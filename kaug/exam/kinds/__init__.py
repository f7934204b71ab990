"""The kinds of probes."""

from kaug.exam.drawing import Kind

__all__ = ["KINDS"]

KINDS: dict[str, Kind] = {
    "recall": Kind(None, "contains", "Recall", "unseen templates about facts it was taught", "gain"),
    "reverse": Kind(None, "contains", "Reverse", "questions asked backwards about facts it was taught", "gain"),
    "compose": Kind(None, "contains", "Compose", "questions that join facts it was taught", "gain"),
    "locality": Kind(None, "contains", "Locality", "questions about facts it was not taught", "retention"),
    "continuation": Kind(None, "continuation", "Continuation", "passages of text to be continued", "retention"),
}
