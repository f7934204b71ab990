"""A sentence's frame (a noun phrase, a clause, a yes or no, a work by someone) → its templates, from `frames.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kaug.words.english import head_noun, is_plural, with_article
from kaug.words.vocabulary import WORDS

__all__ = ["Asked", "ByWork", "Clause", "Frame", "Noun", "Templates", "Truth", "fill_frame", "frame_templates", "join"]

Templates = dict[str, list[str]]
"""The templates of each property of the lexicon, the plainest first."""

Asked = Literal["what", "who or what", "where", "when"]

_FRAMES: dict[str, Templates] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_ONLY_ONE = ("first", "last", "next", "previous", "main", "primary", "only")
_OF_A_LIFE = {"birth", "death", "citizenship"}
_OF_A_DATE = ("from", "until", "through", "since", "before", "after")


@dataclass(frozen=True)
class Noun:
    """The object is the `name` of the subject ("The capital of {s} is {o}.").

    Attributes:
        name: A noun phrase.
        link: The preposition between the name and the subject.
        plural: Whether the name is a plural; None to infer it.
    """

    name: str
    link: str = "of"
    plural: bool | None = None


@dataclass(frozen=True)
class Clause:
    """The subject acts on the object ("{s} borders {o}"), or relates to it ("{s} is part of {o}").

    Attributes:
        finite: The verb after its subject: "borders", "was born", "does not contain".
        auxiliary: The first word of a question: "does", "was".
        rest: What follows the subject in a question: "border", "born", "not contain".
        tail: What comes before the object: "in", "part of".
        noun: The noun for the object, if the label has one: "{s} contains the place {o}."
        asked: The question word for the object.
        person: Whether the subject is a person.
    """

    finite: str
    auxiliary: str
    rest: str = ""
    tail: str = ""
    noun: str = ""
    asked: Asked = "what"
    person: bool = False


@dataclass(frozen=True)
class Truth:
    """The object is the truth of a statement about the subject. `question` and `clause` contain `{s}`, `predicate` does not."""

    question: str
    clause: str
    predicate: str


@dataclass(frozen=True)
class ByWork:
    """The `name` of the subject is a work of the object ("The music of {s} is by {o}.")."""

    name: str


Frame = Noun | Clause | Truth | ByWork


def frame_templates(frame: Frame) -> Templates:
    """Write the templates of a frame.

    Examples:
        >>> frame_templates(Noun("capital"))["statement"]
        ['The capital of {s} is {o}.', '{o} is the capital of {s}.']
        >>> frame_templates(Clause("was born", "was", "born", "in", asked="where", person=True))["question"]
        ['Where was {s} born?', 'Tell me where {s} was born.']
    """
    match frame:
        case Noun():
            return _noun_templates(frame)
        case Clause():
            return _clause_templates(frame)
        case Truth(question, clause, predicate):
            return fill_frame("truth", question=question, clause=clause, predicate=predicate)
        case ByWork(name):
            return fill_frame("by-work", name=name, be="are" if is_plural(name.split(" ")[-1]) else "is")


def fill_frame(*tables: str, **values: str) -> Templates:
    """Fill the tables of `frames.toml` with words; a later table replaces properties of an earlier one."""
    templates: Templates = {}
    for table in tables:
        templates |= _FRAMES[table]
    filled = {name: [text.format(s="{s}", o="{o}", **values) for text in templates[name]] for name in _FRAMES["noun"]}
    return {
        name: texts if name.endswith("eference") else [text[0].upper() + text[1:] for text in texts]
        for name, texts in filled.items()
    }


def _noun_templates(frame: Noun) -> Templates:
    name, link = frame.name, frame.link
    head = head_noun(name)
    person = not WORDS.persons.isdisjoint((head, head.removesuffix("s")))
    of_people = head.removesuffix("s") in WORDS.of_people or not _OF_A_LIFE.isdisjoint(name.split())
    if is_plural(head) if frame.plural is None else frame.plural:
        tables = {"nouns": True, "nouns-linked": link != "of", "nouns-of-people": of_people}
    elif link != "of":
        tables = {"noun-linked": True}
    elif head in WORDS.one_of_several and name.split()[0] not in _ONLY_ONE:
        tables = {"one-of-several": True}
    else:
        tables = {
            "noun": True,
            "noun-of-people": of_people,
            "noun-person": person,
            "noun-long": _is_long(name),
            "noun-number": name.startswith("number of "),
        }
    return fill_frame(
        *(table for table, chosen in tables.items() if chosen),
        name=name,
        link=link,
        a_name=with_article(name),
        things=name.removeprefix("number of "),
        who="who" if person else "what",
        someone="someone" if of_people else "something",
        thing="person" if of_people else "thing",
    )


def _is_long(name: str) -> bool:
    head, of, tail = name.partition(" of ")
    return bool(of) and head != "number" and (" or " in tail or tail.count(" ") >= 2)


def _clause_templates(frame: Clause) -> Templates:
    moment = frame.asked in ("where", "when") and not frame.noun
    if frame.noun:
        variant = "-named-plural" if is_plural(head_noun(frame.noun)) else "-named"
    elif moment and frame.tail in _OF_A_DATE:
        variant = "-date"
    else:
        variant = {"what": "", "who or what": "-who-or-what"}.get(frame.asked, f"-{frame.asked}")
    return fill_frame(
        "clause",
        "clause" + variant,
        finite=frame.finite,
        says=join(frame.finite, frame.tail),
        asks=join(frame.auxiliary, "{s}", frame.rest, "" if moment else frame.tail),
        tail=frame.tail,
        noun=frame.noun,
        at_what_time={"in": "in which year", "at": "at what time"}.get(frame.tail, "on which date"),
        who="who" if frame.person else "what",
        someone="someone who" if frame.person else "something that",
        one="person who" if frame.person else "thing that",
    )


def join(*words: str) -> str:
    """Join words with spaces, leaving out empty ones."""
    return " ".join(word for word in words if word)
