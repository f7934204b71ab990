"""A predicate's label → its templates in English, by rule.

The label is read as a frame: a noun phrase ("capital", "has legal name", "parents"), a clause ("borders", "is part of",
"born in", "accepts payment method"), a yes or no ("is open"), or a work by someone ("music by"). The rules are total:
every string gives templates, and each has its slots once.
"""

import re
from functools import lru_cache

from kaug.wording.frames import Templates, fill_frame, frame_templates
from kaug.wording.reading import Values, read_label, starts_like_a_clause
from kaug.words.english import spelled
from kaug.words.values import words_of

__all__ = ["Values", "by_rule"]

_NO_SLOTS = str.maketrans("{}", "()")
_OF_SITUATIONS = {
    "want": "wish", "need": "need", "react": "reaction", "attr": "attribute", "intent": "intent", "effect": "effect",
    "reason": "reason",
}  # fmt: skip
_CLEARER = {
    "broader": "has broader concept",
    "narrower": "has narrower concept",
    "has broader": "has broader concept",
    "has narrower": "has narrower concept",
    "related": "related to",
    "spatial": "has spatial coverage",
    "temporal": "has temporal coverage",
    "same as": "is the same as",
    "see also": "is related to",
    "is a": "is a kind of",
    "is an": "is a kind of",
    "is not a": "is not a kind of",
    "not is a": "is not a kind of",
    "applies": "applies to",
    "relates": "relates to",
    "refers": "refers to",
    "has a": "has",
    "has an": "has",
    "is": "is",
    "greater": "greater than",
    "lesser": "less than",
    "greater than or equal": "greater than or equal to",
    "greater or equal": "greater than or equal to",
    "less than or equal": "less than or equal to",
    "lesser or equal": "less than or equal to",
    "non equal": "is not equal to",
    "subject of": "is the subject of",
    "to the power": "is raised to the power",
}
"""Common labels of vocabularies → clearer ones of the same meaning."""


@lru_cache(maxsize=4096)
def _frame_templates(label: str, values: Values) -> tuple[tuple[str, tuple[str, ...]], ...]:
    words = _words(label)
    if len(words) == 2 and words[0] in ("x", "o") and words[1] in _OF_SITUATIONS:
        templates = fill_frame("situation", name=_OF_SITUATIONS[words[1]], whose="X" if words[0] == "x" else "others")
    else:
        templates = frame_templates(read_label(words, values))
    return tuple((name, tuple(dict.fromkeys(texts))) for name, texts in templates.items())


def by_rule(label: str, values: Values = "thing") -> Templates:
    """Write the templates of a predicate from its label.

    Args:
        label: The label in English, or the words of the IRI's local name.
        values: The kind of the predicate's objects, which decides between "Is {s} open?" and "What is {s}?".

    Returns:
        At least one template for each property of the lexicon, the plainest first.

    Examples:
        >>> by_rule("has legal name")["statement"]
        ['The legal name of {s} is {o}.', '{o} is the legal name of {s}.']
        >>> by_rule("is part of")["question"][0], by_rule("borders")["question"][0]
        ('What is {s} part of?', 'What does {s} border?')
        >>> by_rule("is open", "truth")["question"][0], by_rule("founded", "year")["statement"][0]
        ('Is {s} open?', '{s} was founded in {o}.')
    """
    return {name: list(texts) for name, texts in _frame_templates(label, values)}


def _words(label: str) -> list[str]:
    text = re.sub(r"(?<=\w)\((e?s)\)", r"\1", label).translate(_NO_SLOTS)
    if re.search(r"[a-z0-9][A-Z]|_", text) and " " not in text.strip():
        text = words_of(text)
    text = re.sub(r"(?<=[a-z]{2}) s\b(?!\))", "s", text)
    words = text.split() or ["related", "to"]
    titled = len(words) > 1 and all(word[0].isupper() for word in words if len(word) > 3)
    words = [
        word[0].lower() + word[1:] if (titled or not index) and word[1:].islower() else word
        for index, word in enumerate(words)
    ]
    clearer = _CLEARER.get(" ".join(words).lower())
    words = clearer.split() if clearer else [part for word in words for part in spelled(word).split()]
    return words[1:] if len(words) > 1 and words[0] in ("geo", "sf") and starts_like_a_clause(words[1:]) else words
