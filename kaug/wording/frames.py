"""A sentence's frame (a noun phrase, a clause, a yes or no, a work by someone) → its templates, from `frames.toml`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kaug.words.english import (
    base_form,
    base_of_participle,
    head_noun,
    is_participle,
    is_plural,
    is_uncountable,
    participle,
    past_tense,
    plural,
    third_person,
    with_article,
)
from kaug.words.vocabulary import WORDS

__all__ = [
    "Asked",
    "ByWork",
    "Clause",
    "Deed",
    "Frame",
    "Noun",
    "Passive",
    "Record",
    "Templates",
    "Truth",
    "fill_frame",
    "frame_templates",
    "is_of_a_life",
    "join",
    "record_templates",
]

Templates = dict[str, list[str]]
"""The templates of each property of the lexicon, the plainest first."""

Asked = Literal["what", "who or what", "where", "when"]

_FRAMES: dict[str, Templates] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_ONLY_ONE = re.compile(r"(?:first|last|next|previous|main|primary|only|\d+(?:st|nd|rd|th))\b")
_OF_A_LIFE = {"birth", "death", "citizenship", "alma", "native", "youth"}
_ANYTHING = ("place", "thing", "item", "entity")
"""Nouns that say nothing beside a name: "is contained in the USA", not "in the place USA"."""
_OF_A_DATE = ("from", "until", "through", "since", "before", "after")
_AT_WHAT_TIME = {"in": "in which year", "at": "at what time"}
_UNITS = {"in": "year", "at": "time"}


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
class Passive:
    """The object did something to the subject ("{s} was directed by {o}.", "{o} directed {s}.").

    Attributes:
        be: "is" or "was".
        done: The participle.
    """

    be: str
    done: str


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


@dataclass(frozen=True)
class Deed:
    """Something of the subject does, or had done, what the label says ("The domain of {s} includes {o}.").

    Attributes:
        name: A noun phrase: what of the subject.
        verb: The finite verb with what follows it, or the participle of what was done.
        tail: The preposition of a moment, for a participle; else empty.
    """

    name: str
    verb: str
    tail: str = ""


@dataclass(frozen=True)
class Record:
    """A label that is no English, as it stands: the templates are right for any language and predicate."""

    name: str


Frame = Noun | Clause | Passive | Truth | ByWork | Deed | Record


def frame_templates(
    frame: Frame,
    *,
    several: bool = False,
    text: bool = False,
    of_people: bool = False,
    people: bool = False,
    plurals: bool = False,
    mixed: bool = False,
) -> Templates:
    """Write the templates of a frame.

    Args:
        frame: The frame.
        several: Whether a subject has several objects, so that "the" would be wrong.
        text: Whether the objects are sentences, which stand in quotes or after a colon.
        of_people: Whether the subjects are persons: "Whose …" rather than "What has … as its …".
        people: Whether the objects are persons: "Who …" rather than "What …".
        plurals: Whether some names of the objects are plurals: "… include {o}" rather than "{o} is one of …".
        mixed: Whether some subjects are persons and others are not: "Who or what has …".

    Examples:
        >>> frame_templates(Noun("capital"))["statement"][0], frame_templates(Noun("topping"), several=True)["statement"][0]
        ('The capital of {s} is {o}.', 'A topping of {s} is {o}.')
        >>> frame_templates(Clause("was born", "was", "born", "in", asked="where", person=True))["question"][:2]
        ['Where was {s} born?', 'Tell me where {s} was born.']
    """
    match frame:
        case Noun():
            return _noun_templates(frame, several, text, of_people, people, plurals, mixed)
        case Clause():
            asked: Asked = "who or what" if people and frame.asked == "what" else frame.asked
            return _clause_templates(replace(frame, person=frame.person or of_people, asked=asked), several)
        case Passive():
            return _passive_templates(frame, several, of_people, people)
        case Truth(question, clause, predicate):
            return fill_frame("truth", question=question, clause=clause, predicate=predicate)
        case ByWork(name):
            return fill_frame("by-work", name=name, be="are" if is_plural(name.split(" ")[-1]) else "is")
        case Deed(name, verb, ""):
            first, *rest = verb.split(" ")
            act = join(base_form(first), *rest)
            return fill_frame("part-of-noun", name=name, a_name=with_article(name), finite=verb, verb=act)
        case Deed(name, verb, tail):
            be = "were" if is_plural(head_noun(name)) else "was"
            return fill_frame("done-to-noun", name=name, done=verb, be=be, **_moment(tail))
        case Record(name):
            return record_templates(name)


def record_templates(name: str, language: str = "en") -> Templates:
    """Write templates that are right for any predicate: records, rows of a table, triples, JSON.

    Args:
        name: The predicate's label, as it stands.
        language: BCP 47 tag; references are phrases, and there are none in a language that kaug has no words of.

    Examples:
        >>> record_templates("Ehepartner")["statement"][0], record_templates("配偶", "zh")["question"][0]
        ('{s} — Ehepartner: {o}', '{s} — 配偶：？')
        >>> record_templates("Ehepartner", "de")["reference"]
        []
    """
    language = language.split("-", maxsplit=1)[0]
    tables = ["record", *([f"record-{language}"] if f"record-{language}" in _FRAMES else [])]
    templates = _filled(tables, {"name": name.translate({ord("{"): "(", ord("}"): ")"})})
    return templates if language == "en" else templates | {"reference": [], "inverseReference": []}


def fill_frame(*tables: str, **values: str) -> Templates:
    """Fill the tables of `frames.toml` with words; a later table replaces properties of an earlier one."""
    return {
        name: texts if name.endswith("eference") else [text[0].upper() + text[1:] for text in texts]
        for name, texts in _filled(tables, values).items()
    }


def _filled(tables: Sequence[str], values: Mapping[str, str]) -> Templates:
    templates: Templates = {}
    for table in tables:
        templates |= _FRAMES[table]
    return {name: [text.format(s="{s}", o="{o}", **values) for text in templates[name]] for name in _FRAMES["noun"]}


def _noun_templates(
    frame: Noun, several: bool, text: bool, of_people: bool, people: bool, plurals: bool, mixed: bool
) -> Templates:
    name, link = frame.name, frame.link
    head = _head(name)
    role = not WORDS.persons.isdisjoint((head, head.removesuffix("s"))) or (head.endswith("ist") and len(head) > 7)
    person = people or role
    of_people = of_people or is_of_a_life(name)
    of_any = mixed and not of_people and link == "of"
    number = name.startswith("number of ")
    one_of_several = (several or head in WORDS.one_of_several) and not _ONLY_ONE.match(name)
    if is_plural(head) if frame.plural is None else frame.plural:
        tables = {
            "nouns": True,
            "nouns-text": text,
            "nouns-linked": link != "of",
            "nouns-of-people": of_people and link == "of",
        }
    elif one_of_several and not (number or is_uncountable(head)):
        of_people = of_people and link == "of"
        linked = link != "of"
        tables = {
            "one-of-several": True,
            "one-of-several-by-data": head not in WORDS.one_of_several,
            "one-of-several-of-people": of_people,
            "one-of-several-of-any": of_any,
            "one-of-several-linked": linked,
            "one-of-several-plurals": plurals and not text,
            "one-of-several-plurals-of-people": plurals and of_people and not text,
            "one-of-several-text": text,
        }
    elif link != "of":
        tables = {"noun-linked": True}
    else:
        tables = {
            "noun": True,
            "noun-long": _is_long(name) and not text,
            "noun-of-people": of_people,
            "noun-of-any": of_any,
            "noun-number": number,
            "noun-text": text,
        }
    return fill_frame(
        *(table for table, chosen in tables.items() if chosen),
        name=name,
        names=_in_plural(name, head),
        link=link,
        a_name=with_article(name),
        things=name.removeprefix("number of "),
        who="who" if person else "what",
        someone="someone" if of_people else "someone or something" if of_any else "something",
        thing="person" if of_people else "one" if of_any else "thing",
        its="the" if of_people else "its",
        their="their" if of_people else "its",
    )


def is_of_a_life(name: str) -> bool:
    """Whether only people have what a noun phrase names: "spouse", "date of birth".

    Examples:
        >>> [is_of_a_life(name) for name in ("spouse", "birth date", "alma mater", "native name")]
        [True, True, True, False]
    """
    words = name.split()
    if (
        not words
        or words[-2:] == ["native", "name"]
        or (len(words) > 1 and words[-1].startswith(("parent", "child", "sibling")))
    ):
        return False  # companies have an "ultimate parent"
    return _head(name).removesuffix("s") in WORDS.of_people or not _OF_A_LIFE.isdisjoint(words)


def _head(name: str) -> str:
    """Return the head noun, which comes before a participle: "award" of "award received"."""
    words = name.split()
    done = next((index for index, word in enumerate(words) if index and is_participle(word.strip(","))), len(words))
    is_head = done == len(words) or words[-1] in WORDS.participles_or_things or words[done - 1].endswith("ly")
    return head_noun(name) if is_head else words[done - 1]


def _in_plural(name: str, head: str) -> str:
    words = name.split()
    return " ".join([*words[: words.index(head)], plural(head), *words[words.index(head) + 1 :]]) if head else name


def _is_long(name: str) -> bool:
    head, of, tail = name.partition(" of ")
    return bool(of) and head != "number" and (" or " in tail or tail.count(" ") >= 2)


def _clause_templates(frame: Clause, several: bool) -> Templates:
    moment = frame.asked in ("where", "when") and not frame.noun
    done = _done_to_object(frame)
    if frame.noun:
        variant = "-named-plural" if is_plural(head_noun(frame.noun)) else "-named"
    elif moment and frame.tail in _OF_A_DATE:
        variant = "-date"
    else:
        by_asked = {"what": "-transitive" if done else "", "who or what": "-who-or-what"}
        variant = by_asked.get(frame.asked, f"-{frame.asked}")
    head = head_noun(frame.noun)
    templates = fill_frame(
        "clause",
        "clause" + variant,
        *([f"clause{variant}-several"] if several and f"clause{variant}-several" in _FRAMES else []),
        *(["clause-the"] if variant == "" and frame.finite in ("is", "was") and frame.tail.startswith("the ") else []),
        finite=frame.finite,
        says=join(frame.finite, frame.tail),
        asks=join(frame.auxiliary, "{s}", frame.rest, "" if moment else frame.tail),
        noun=frame.noun,
        nouns=_in_plural(frame.noun, head),
        was="was" if frame.auxiliary in ("was", "did") else "is",
        done=done,
        who="who" if frame.person else "what",
        whom="whom" if frame.person else "what",
        someone="someone who" if frame.person else "something that",
        one="person who" if frame.person else "thing that",
        **_moment(frame.tail),
    )
    if frame.noun not in _ANYTHING:
        return templates
    return {
        name: [text.replace(f"the {frame.noun} {{o}}", "{o}") for text in texts] for name, texts in templates.items()
    }


def _done_to_object(frame: Clause) -> str:
    """Return the participle of a deed that can be told of its object ("feeds": "fed"); else the empty string."""
    verb = base_form(frame.finite)
    acts = frame.auxiliary == "does" and not (frame.rest.count(" ") or frame.tail or frame.noun)
    return participle(verb) if acts and frame.finite == third_person(verb) and verb not in WORDS.states else ""


def _passive_templates(frame: Passive, several: bool, of_people: bool, people: bool) -> Templates:
    verb = base_of_participle(frame.done)
    past = frame.be in ("was", "were")
    role = people or frame.done in WORDS.done_by_people
    return fill_frame(
        "passive",
        *(["passive-of-people"] if of_people else []),
        *(["passive-several"] if several else []),
        be=frame.be,
        done=frame.done,
        acts=past_tense(verb) if past else third_person(verb) or f"{verb}s",
        act=past_tense(verb) if past else verb,
        verb=verb,
        auxiliary="did" if past else "does",
        who="who" if role else "who or what",
        whom="whom" if role else "whom or what",
        that="who" if role else "that",
    )


def _moment(tail: str) -> dict[str, str]:
    unit = _UNITS.get(tail, "date")
    return {"tail": tail, "at_what_time": _AT_WHAT_TIME.get(tail, "on which date"), "unit": unit}


def join(*words: str) -> str:
    """Join words with spaces, leaving out empty ones."""
    return " ".join(word for word in words if word)
