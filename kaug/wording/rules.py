"""A predicate's label → its templates in English, by rule.

The label is read as a frame: a noun phrase ("capital", "has legal name", "parents"), a clause ("borders", "is part of",
"born in", "accepts payment method"), a yes or no ("is open"), or a work by someone ("music by"). A label that is no English
(another language, an identifier, symbols) gives records, which are right for any predicate. The rules are total: every
string gives templates, and each has its slots once.
"""

import re
from functools import lru_cache

from kaug.wording.frames import Clause, Frame, Record, Templates, fill_frame, frame_templates
from kaug.wording.reading import RECEIVED, Values, read_label, starts_like_a_clause
from kaug.words.english import base_form, spelled
from kaug.words.values import words_of
from kaug.words.vocabulary import WORDS

__all__ = ["Values", "by_rule", "clear_name", "frame_of", "is_readable"]

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
    "instance of": "belongs to class",
    "is instance of": "belongs to class",
    "subclass of": "is a kind of",
    "is subclass of": "is a kind of",
    "sub class of": "is a kind of",
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
    "broadcasted by": "broadcast by",
    "area total": "total area",
    "population total": "total population",
    "country origin": "country of origin",
    "headquarter": "headquarters",
    "active years start year": "first active year",
    "active years end year": "last active year",
    "active years start date": "start date of activity",
    "active years end date": "end date of activity",
}
"""Common labels of vocabularies → clearer ones of the same meaning."""


_NUMBERED = re.compile(r"[A-Z]{1,2}\d+[a-z]?[ _-]+(?=[A-Za-z]{2})")
"""The numbers of CIDOC CRM before a name: "P2 has type"."""
_IDENTIFIER = re.compile(r"[A-Z]{1,8}[ _:-]?\d+[a-z]?|[A-Za-z]{1,8}[ _:-]?\d{4,}[a-z]?|[\d_.: -]+")
_FOREIGN_WORD = re.compile(r"[a-z]*[^\W\d_a-zA-Z]\w*|[b-df-hj-np-tv-xz]{5,}|.*(?:keit|schaft|heit)|.{4,}ung")
_GLUED = re.compile(
    r"(?i)^(birth|current|death|end|first|full|given|last|previous|start|total|youth)"
    r"(address|club|code|date|name|number|position|status|team|time|title|year)$"
)
"""Words that belong apart: "currentclub"."""
_NO_WORD = re.compile(r"[^\W\d_]{2}|(?<!\S)[aA](?!\S)")


def by_rule(
    label: str,
    values: Values = "thing",
    *,
    several: bool = False,
    of_people: bool = False,
    people: bool = False,
    plurals: bool = False,
    mixed: bool = False,
) -> Templates:
    """Write the templates of a predicate from its label.

    Args:
        label: The label in English, or the words of the IRI's local name.
        values: The kind of the predicate's objects, which decides between "Is {s} open?" and "What is {s}?".
        several: Whether subjects have several objects: "A topping of {s} is {o}." rather than "The topping …".
        of_people: Whether the subjects are persons: "Whose rank is {o}?" rather than "What has {o} as its rank?".
        people: Whether the objects are persons: "Who is the guest of {s}?".
        plurals: Whether some names of the objects are plurals: "The ethnicities of {s} include {o}."
        mixed: Whether some subjects are persons and others are not: "Who or what has {o} as the country?".

    Returns:
        For each property of the lexicon its templates, the plainest first: statements (five or more with the subject first,
        three with the object first), four questions, three inverse questions, and for the exam two of each, which open
        otherwise.

    Examples:
        >>> by_rule("has legal name")["statement"][0], by_rule("topping", several=True)["statement"][0]
        ('The legal name of {s} is {o}.', 'A topping of {s} is {o}.')
        >>> by_rule("is part of")["question"][0], by_rule("borders")["question"][0]
        ('What is {s} part of?', 'What does {s} border?')
        >>> by_rule("awarded")["statement"][0], by_rule("awarded", people=True)["statement"][0]
        ('{s} was awarded {o}.', '{s} awarded {o}.')
        >>> by_rule("is open", "truth")["question"][0], by_rule("founded", "year")["statement"][0]
        ('Is {s} open?', '{s} was founded in {o}.')
        >>> by_rule("liegt in")["statement"][0]
        '{s} — liegt in: {o}'
    """
    return {name: list(texts) for name, texts in _templates(label, values, several, of_people, people, plurals, mixed)}


def clear_name(label: str) -> str:
    """Write the name of a predicate as it stands alone, on a card or in a table.

    Examples:
        >>> [clear_name(label) for label in ("broader", "nobel laureates", "Date of Birth", "related")]
        ['broader concept', 'Nobel laureates', 'Date of Birth', 'related to']
    """
    clearer = _CLEARER.get(label)
    if clearer:
        return clearer.removeprefix("has ")
    return " ".join(word.capitalize() if word in WORDS.proper else word for word in label.split(" "))


def is_readable(label: str) -> bool:
    """Whether a label can be read as English, rather than as another language, an identifier or symbols.

    Examples:
        >>> [is_readable(label) for label in ("has capital", "liegt in", "Straße", "RO 0002131", "P36", "→")]
        [True, False, False, False, False, False]
    """
    text = label.strip()
    if (
        text.strip("_")
        and (_IDENTIFIER.fullmatch(text) or not _NO_WORD.search(text))
        and spelled(text.split()[0]) == text.split()[0]
    ):
        return False
    words = re.findall(r"\w+", words_of(text) if re.search("_|[a-z][A-Z]", text) else text)
    if re.fullmatch("[b-df-hj-np-tv-xz]{3,}", text.lower()) and text.lower() not in WORDS.acronyms:
        return False
    return not any(
        word in WORDS.foreign or (_FOREIGN_WORD.fullmatch(word) and spelled(word) == word)
        for word in map(_uncapital, words)
    )


@lru_cache(maxsize=4096)
def frame_of(label: str, values: Values = "thing") -> Frame | str:
    """Return the frame of a label; the text "situation …" for a relation of ATOMIC. Labels with one frame say the same."""
    if not is_readable(_NUMBERED.sub("", label)):
        return Record(" ".join(label.translate(_NO_SLOTS).split()) or "?")
    words = _words(_NUMBERED.sub("", label))
    if len(words) == 2 and words[0] in ("x", "o") and words[1] in _OF_SITUATIONS:
        return " ".join(words)
    frame = read_label(words, values)
    return Record(" ".join(words)) if values == "text" and isinstance(frame, Clause) else frame


@lru_cache(maxsize=4096)
def _templates(
    label: str, values: Values, several: bool, of_people: bool, people: bool, plurals: bool, mixed: bool
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    frame = frame_of(label, values)
    if people and label in RECEIVED:
        frame = Clause(label, "did", base_form(label))
    if isinstance(frame, str):
        whose, name = frame.split()
        templates = fill_frame("situation", name=_OF_SITUATIONS[name], whose="X" if whose == "x" else "others")
    else:
        templates = frame_templates(
            frame,
            several=several,
            text=values == "text",
            of_people=of_people,
            people=people,
            plurals=plurals,
            mixed=mixed,
        )
    return tuple((name, tuple(dict.fromkeys(texts))) for name, texts in templates.items())


def _uncapital(word: str) -> str:
    return word[:1].lower() + word[1:]


def _words(label: str) -> list[str]:
    text = re.sub(r"(?<=\w)\((e?s)\)", r"\1", label).translate(_NO_SLOTS)
    if re.search(r"[a-z0-9][A-Z]|_", text) and " " not in text.strip():
        text = words_of(text)
    text = re.sub(r"(?<=[a-z]{2}) s\b(?!\))", "s", text)
    words = [part for word in text.split() for part in _GLUED.sub(r"\1 \2", word).split()] or ["related", "to"]
    if len(words) > 1 and text.isupper():
        words = text.lower().split()  # "HAS PART"
    titled = len(words) > 1 and all(word[0].isupper() for word in words if len(word) > 3)
    words = [
        word[0].lower() + word[1:] if (titled or not index) and word[1:].islower() else word
        for index, word in enumerate(words)
    ]
    clearer = _CLEARER.get(" ".join(words).lower())
    words = clearer.split() if clearer else [part for word in words for part in spelled(word).split()]
    return words[1:] if len(words) > 1 and words[0] in ("geo", "sf") and starts_like_a_clause(words[1:]) else words
