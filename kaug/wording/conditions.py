"""References to what meets a condition → one question for what meets two or three: "the film that {o} wrote and that stars …"."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from kaug.knowledge.templates import SLOT
from kaug.wording.steps import words_of_paths

__all__ = ["Joined", "join_conditions", "read_condition"]

_REFERENCE = re.compile(
    r"(?:the (?P<head>[^{}“]+?)|those) (?P<tail>(?:(?P<relative>that|who|whose|where|(?:in|to|for|on) which)|"
    r"in|of|from|with|by|tagged|released|published)\b.*)"
)
_ANYTHING, _THING, _PEOPLE = ("", "one"), ("thing", "things"), ("person", "people")
_ONLY = re.compile(r"whose (?!.* include ).*")
"""A clause that tells the only value, so that it cannot stand twice: "whose country is {o}"."""


class _Condition(NamedTuple):
    """A reference in two parts: what it refers to, and the condition that this meets, which may be a relative clause."""

    head: str
    relative: bool
    tail: str


class Joined(NamedTuple):
    """A question for what meets some conditions.

    Attributes:
        phrase: The reference of the first condition, with one slot.
        middle: The second of three conditions, with one slot; empty if there are two.
        question: The question, with the slot `{s}` for these, and `{o}` for the name in the last condition.
        order: The position of the first, the middle and the last condition among those given; -1 for the middle of two.
    """

    phrase: str
    middle: str
    question: str
    order: tuple[int, int, int]


def join_conditions(
    references: Sequence[str],
    language: str,
    *,
    several: bool = False,
    people: bool = False,
    things: bool = False,
    chance: bool = False,
) -> Joined | None:
    """Join two or three references to one question; None where they do not fit.

    Args:
        references: Phrases with one slot each.
        language: The language of the question.
        several: Whether several things meet the conditions.
        people: Whether all of these are persons.
        things: Whether some of these are known not to be persons.
        chance: Whether the question is of the knowledge base, since things that it lacks may meet the conditions, too.

    Examples:
        >>> join_conditions(["the film that starred {o}", "the film that {o} directed"], "en").question
        'Which is {s} and that {o} directed?'
        >>> join_conditions(["the films that starred {o}", "the films in {o}"], "en", several=True)[0::2]
        ('the films in {o}', 'Which are {s} that starred {o}?')
        >>> found = join_conditions(["the one whose town is {o}", "the person who likes {o}"], "en", chance=True)
        >>> found.phrase, found.question
        ('the person whose town is {o}', 'As far as the knowledge base tells, who is {s} and who likes {o}?')
        >>> join_conditions(["the person who won {o}", "the one in {o}"], "en", things=True).question
        'Which is {s} that won {o}?'
    """
    words, parts = words_of_paths(language), [read_condition(text) for text in references]
    head = _head([part.head for part in parts if part], several=several, people=people)
    twice = len(set(references)) < len(references) and any(part and _ONLY.match(part.tail) for part in parts)
    if not all(parts) or not words["one"] or head is None or twice:
        return None
    order = sorted(range(len(parts)), key=lambda place: parts[place].relative)  # type: ignore[union-attr]
    chosen = [part for part in (parts[place] for place in order) if part]
    if head in _PEOPLE and things:
        head = ""  # persons and organisations were awarded it
    relative = ("that", "who") if head in _PEOPLE else ("who", "that")
    tails = [re.sub(rf"^{relative[0]}\b", relative[1], part.tail) for part in chosen]
    links = [_link(chosen, place, words) for place in range(1, len(chosen))]
    reference = f"the {head}" if head else "those" if several else "the one"
    asked = words[("who_" if head in _PEOPLE else "") + ("several" if several else "one")]
    asked = asked.replace("{}", "{s}" + links[-1] + SLOT.sub("{o}", tails[-1]))
    if chance:
        asked = words["known"].replace("{}", asked[0].lower() + asked[1:])
    first, *middle, last = order
    between = links[0] + tails[1] if middle else ""
    return Joined(f"{reference} {tails[0]}", between, asked, (first, middle[0] if middle else -1, last))


def read_condition(reference: str) -> _Condition | None:
    """Read a reference as a condition; None where it is none.

    Examples:
        >>> tuple(read_condition("the film in which {o} starred")), read_condition("the capital")
        (('film', True, 'in which {o} starred'), None)
    """
    found = _REFERENCE.fullmatch(reference)
    return found and _Condition(found["head"] or "", bool(found["relative"]), found["tail"])


def _head(heads: list[str], *, several: bool, people: bool) -> str | None:
    """Choose what all conditions refer to; "the one" may be anything, but no person is called a thing."""
    of_any = {*_ANYTHING, *(_THING if people else ())}
    known = set(heads) - of_any
    if len(known) > 1:
        return None
    head = next(iter(known), _PEOPLE[several] if people else "")
    return "" if head in _THING else head


def _link(parts: list[_Condition], place: int, words: dict[str, str]) -> str:
    """Link a condition to the one before: relative clauses come last, each kind is listed."""
    if parts[place].relative != parts[place - 1].relative:
        return " "
    last = place + 1 == len(parts) or parts[place + 1].relative != parts[place].relative
    return words["and"] if last else words["comma"]
