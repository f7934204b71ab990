"""Numbers, kinds of probes and arms → how a report says them."""

import math
from collections.abc import Mapping
from typing import Any

from kaug.html.page import count, visible

__all__ = [
    "arm_meaning",
    "asked",
    "count",
    "duration",
    "interval",
    "listed",
    "number",
    "reading",
    "signed",
    "title",
    "visible",
]

TITLES = {
    "recall": "Recall",
    "reverse": "Reverse",
    "compose": "Compose",
    "locality": "Locality",
    "locality-facts": "Locality: facts",
    "locality-text": "Locality: text",
}

ASKED = {
    "recall": "unseen phrasings about facts it was taught",
    "reverse": "questions asked backwards about facts it was taught",
    "compose": "questions that join facts it was taught",
    "locality": "questions about what it was not taught",
    "locality-facts": "questions about facts it was not taught",
    "locality-text": "passages of text to be continued",
}

MEANINGS = {
    "base": "the model untrained",
    "base+retrieval": "the model untrained, shown the facts that retrieval finds",
    "text": "trained on the texts alone, without facts",
    "repeated": "trained on one phrasing per fact, as many tokens",
    "shuffled": "trained on wrong facts in the same forms, as many tokens",
    "augmented": "trained on the facts in many forms",
    "augmented+retrieval": "trained on the facts in many forms, and shown those that retrieval finds",
}


def title(group: str) -> str:
    """Name a group of probes, as in a heading."""
    kind, _, source = group.partition("/")
    name = TITLES.get(kind, kind[:1].upper() + kind[1:])
    return f"{name}, {source}" if source else name


def asked(group: str) -> str:
    """Say what the probes of a group ask for, as the object of "answers 78% of"."""
    return ASKED.get(group, f"the questions of the kind {group}")


def arm_meaning(arm: str) -> str:
    """Say how an arm came to be; empty for an arm that kaug does not know."""
    return MEANINGS.get(arm, "")


def number(value: float | None) -> str:
    """Write a number with two decimals and a true minus sign.

    Examples:
        >>> number(-0.126), number(-0.001), number(None)
        ('−0.13', '0.00', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.2f}"
    return text.replace("-", "" if float(text) == 0 else "−")


def signed(value: float) -> str:
    """Write a difference: as `number`, with a plus sign before what is above zero."""
    text = number(value)
    return f"+{text}" if not text.startswith("−") and text != "0.00" else text


def interval(part: Mapping[str, Any]) -> str:
    """Write the interval of a mean.

    Examples:
        >>> interval({"low": -0.04, "high": 0.5})
        '[−0.04, 0.50]'
    """
    return f"[{number(part['low'])}, {number(part['high'])}]"


def listed(value: Any) -> str:
    """Write a value of any JSON type on one line.

    Examples:
        >>> listed([0, 1]), listed({"cores": 2, "memory": "8 GB"}), listed("x")
        ('0, 1', 'cores: 2, memory: 8 GB', 'x')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {listed(part)}" for key, part in value.items())
    return ", ".join(map(listed, value)) if isinstance(value, list | tuple) else str(value)


def duration(seconds: float | None) -> str:
    """Write a time span.

    Examples:
        >>> duration(93.2), duration(4.5), duration(7300), duration(None)
        ('1 min 33 s', '4.50 s', '2 h 01 min', '–')
    """
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{number(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def reading(gain: Mapping[str, Any]) -> str:
    """Read a gain's interval: `up` if it lies above zero, `down` if below, `unclear` if zero is in it."""
    return "up" if gain["low"] > 0 else "down" if gain["high"] < 0 else "unclear"
