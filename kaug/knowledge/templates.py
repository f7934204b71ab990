"""A template of the lexicon → checked: which slots each property must hold."""

import re
from typing import Literal

from kaug.errors import SourceError

__all__ = ["PROPERTIES", "SLOT", "Property", "check_template"]

Property = Literal["statement", "question", "inverseQuestion", "exam", "inverseExam", "reference", "inverseReference"]


PROPERTIES: dict[str, frozenset[str]] = {
    "statement": frozenset({"s", "o"}),
    "question": frozenset({"s"}),
    "inverseQuestion": frozenset({"o"}),
    "exam": frozenset({"s"}),
    "inverseExam": frozenset({"o"}),
    "reference": frozenset({"s"}),
    "inverseReference": frozenset({"o"}),
}
"""The properties of the lexicon's vocabulary, and the slots that a template of each must hold."""


SLOT = re.compile(r"\{(\w*)\}")
"""A slot of a template: `{s}` or `{o}`."""


def check_template(name: str, text: str, predicate: str, where: str) -> None:
    """Refuse a template whose slots are not those of its property.

    Raises:
        SourceError: A slot is missing, unknown or repeated; the message lists the required slots.
    """
    slots = SLOT.findall(text)
    if frozenset(slots) != PROPERTIES[name] or len(slots) != len(set(slots)):
        required = " and ".join(f"{{{slot}}}" for slot in sorted(PROPERTIES[name], reverse=True))
        raise SourceError(
            f"{where}: kaug:{name} of {predicate} must hold {required} once each, and no other slot: {text!r}"
        )
