"""A sentence's frame (a noun phrase, a clause, a yes or no, a deed by someone) → the templates of all seven properties."""

from dataclasses import dataclass
from typing import Literal

from kaug.words.english import head_noun, is_plural, with_article
from kaug.words.vocabulary import (
    OF_PEOPLE,
    ONE_OF_SEVERAL,
    PERSONS,
)

__all__ = ["Asked", "ByWork", "Clause", "Frame", "Noun", "Truth", "join", "say_frame"]

Templates = dict[str, list[str]]
Asked = Literal["what", "who or what", "where", "when"]


@dataclass(frozen=True)
class Noun:
    """The object is the `name` of the subject: "The capital of {s} is {o}." `of` is what comes between them."""

    name: str
    of: str = "of"
    plural: bool | None = None


@dataclass(frozen=True)
class Clause:
    """The subject does something to the object ("{s} borders {o}"), or is something to it ("{s} is part of {o}").

    Attributes:
        finite: The verb as it stands after its subject: "borders", "was born", "does not contain".
        auxiliary: What a question begins with: "does", "was".
        rest: What follows the subject in a question: "border", "born", "not contain".
        tail: What comes before the object: "in", "part of".
        noun: What the object is called, if the label says so: "{s} contains the place {o}."
        asked: The word that asks for the object.
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
    """The object says whether something holds of the subject. `question` and `clause` hold `{s}`, `predicate` not."""

    question: str
    clause: str
    predicate: str


@dataclass(frozen=True)
class ByWork:
    """What the subject has is the object's work ("The music of {s} is by {o}")."""

    name: str


Frame = Noun | Clause | Truth | ByWork


def say_frame(frame: Frame) -> Templates:
    """Write the templates of a frame, the plainest of each property first.

    Examples:
        >>> say_frame(Noun("capital"))["statement"]
        ['The capital of {s} is {o}.', '{o} is the capital of {s}.']
        >>> say_frame(Clause("was born", "was", "born", "in", asked="where", person=True))["question"]
        ['Where was {s} born?', 'Tell me where {s} was born.']
    """
    match frame:
        case Noun():
            said = _noun(frame)
        case Clause(noun=noun) if noun:
            said = _clause_with_noun(frame)
        case Clause():
            said = _clause(frame)
        case Truth():
            said = _truth(frame)
        case ByWork():
            said = _by_work(frame)
    return {
        name: texts if name.endswith("eference") else [text[0].upper() + text[1:] for text in texts]
        for name, texts in said.items()
    }


def is_of_people(name: str) -> bool:
    """Tell whether what has such a thing is a person: only people have a spouse or a nationality."""
    return (
        not {"birth", "death", "citizenship"}.isdisjoint(name.split()) or head_noun(name).removesuffix("s") in OF_PEOPLE
    )


def _noun(frame: Noun) -> Templates:
    name, of = frame.name, frame.of
    head = head_noun(name)
    people = is_of_people(name)
    someone, thing = ("someone", "person") if people else ("something", "thing")
    ask = "Who" if head in PERSONS or head.removesuffix("s") in PERSONS else "What"
    tell = "who" if ask == "Who" else "what"
    if frame.plural or (frame.plural is None and is_plural(head)):
        return {
            "statement": [f"The {name} {of} {{s}} include {{o}}.", f"{{o}} is one of the {name} {of} {{s}}."],
            "question": [f"{ask} are the {name} {of} {{s}}?", f"Tell me {tell} the {name} {of} {{s}} are."],
            "inverseQuestion": [f"Whose {name} include {{o}}?"]
            if people
            else [f"What has {{o}} as one of its {name}?"]
            if of == "of"
            else [f"{{o}} is one of the {name} {of} whom or what?"],
            "exam": [f"Name one of the {name} {of} {{s}}."],
            "inverseExam": [f"Name {someone} whose {name} include {{o}}."]
            if of == "of"
            else [f"The {name} {of} whom or what include {{o}}?"],
            "reference": [f"one of the {name} {of} {{s}}"],
            "inverseReference": [f"the {thing} whose {name} include {{o}}"]
            if of == "of"
            else [f"the thing such that the {name} {of} it include {{o}}"],
        }
    if of != "of":
        return {
            "statement": [f"The {name} {of} {{s}} is {{o}}.", f"{{o}} is the {name} {of} {{s}}."],
            "question": [f"What is the {name} {of} {{s}}?", f"Tell me the {name} {of} {{s}}."],
            "inverseQuestion": [f"{{o}} is the {name} {of} whom or what?"],
            "exam": [f"Which is the {name} {of} {{s}}?"],
            "inverseExam": [f"The {name} {of} whom or what is {{o}}?"],
            "reference": [f"the {name} {of} {{s}}"],
            "inverseReference": [f"the thing such that the {name} {of} it is {{o}}"],
        }
    if head in ONE_OF_SEVERAL and name.split()[0] not in (
        "first",
        "last",
        "next",
        "previous",
        "main",
        "primary",
        "only",
    ):
        one = with_article(name)
        return {
            "statement": [f"{one} of {{s}} is {{o}}.", f"{{o}} is {one} of {{s}}."],
            "question": [f"{ask} is {one} of {{s}}?", f"Tell me {one} of {{s}}."],
            "inverseQuestion": [f"What has {{o}} as {one}?"],
            "exam": [f"Name {one} of {{s}}."],
            "inverseExam": [f"Name something that has {{o}} as {one}."],
            "reference": [f"{one} of {{s}}"],
            "inverseReference": [f"the thing that has {{o}} as {one}"],
        }
    said: Templates = {
        "statement": [f"The {name} of {{s}} is {{o}}.", f"{{o}} is the {name} of {{s}}."],
        "question": [f"{ask} is the {name} of {{s}}?", f"Tell me the {name} of {{s}}."],
        "inverseQuestion": [f"Whose {name} is {{o}}?"] if people else [f"What has {{o}} as its {name}?"],
        "exam": [f"Name the {name} of {{s}}."] if ask == "Who" else [f"Which {name} does {{s}} have?"],
        "inverseExam": [f"Name {someone} whose {name} is {{o}}."],
        "reference": [f"the {name} of {{s}}"],
        "inverseReference": [f"the {thing} whose {name} is {{o}}"],
    }
    if _is_long(name):  # "The language of work or name of {s}" would be hard to read.
        said["statement"] = [f"{{s}} has {{o}} as its {name}.", f"{{o}} is what {{s}} has as its {name}."]
        said["question"] = [f"What does {{s}} have as its {name}?", f"Tell me what {{s}} has as its {name}."]
        said["reference"] = [f"what {{s}} has as its {name}"]
    if name.startswith("number of "):
        said["question"] = [f"How many {name.removeprefix('number of ')} does {{s}} have?", said["question"][0]]
        said["exam"] = [f"State the {name} of {{s}}."]
    return said


def _clause(frame: Clause) -> Templates:
    says = join(frame.finite, frame.tail)
    some, someone = ("Who", "someone who") if frame.person else ("What", "something that")
    the_one = "the person who" if frame.person else "the thing that"
    said: Templates = {
        "inverseQuestion": [f"{some} {says} {{o}}?"],
        "inverseExam": [f"Name {someone} {says} {{o}}."],
        "inverseReference": [f"{the_one} {says} {{o}}"],
    }
    asks = join(frame.auxiliary, "{s}", frame.rest)
    if frame.asked in ("where", "when"):
        tells = join("{s}", frame.finite)
        if frame.tail in ("from", "until", "through", "since", "before", "after"):
            return said | {
                "statement": [f"{{s}} {says} {{o}}.", f"{{o}} is the date {frame.tail} which {tells}."],
                "question": [f"{frame.tail} when {asks}?", f"Tell me the date {frame.tail} which {tells}."],
                "exam": [f"{{s}} {says} which date?"],
                "reference": [f"the date {frame.tail} which {tells}"],
            }
        what = "place" if frame.asked == "where" else "time"
        when = {"in": f"In which year {asks}?", "at": f"At what time {asks}?"}.get(frame.tail, f"On which date {asks}?")
        exam = f"{{s}} {says} which place?" if frame.asked == "where" else when
        return said | {
            "statement": [f"{{s}} {says} {{o}}.", f"{{o}} is {frame.asked} {tells}."],
            "question": [f"{frame.asked.capitalize()} {asks}?", f"Tell me {frame.asked} {tells}."],
            "exam": [exam],
            "reference": [f"the {what} {frame.asked} {tells}"],
        }
    asks = join(asks, frame.tail)
    if frame.asked == "who or what":
        return said | {
            "statement": [f"{{s}} {says} {{o}}.", f"{{o}} is the one that {{s}} {says}."],
            "question": [f"Who or what {asks}?", f"Tell me who or what {{s}} {says}."],
            "exam": [f"{{s}} {says} whom or what?"],
            "reference": [f"the one that {{s}} {says}"],
        }
    return said | {
        "statement": [f"{{s}} {says} {{o}}.", f"{{o}} is what {{s}} {says}."],
        "question": [f"What {asks}?", f"Tell me what {{s}} {says}."],
        "exam": [f"{{s}} {says} what?"],
        "reference": [f"what {{s}} {says}"],
    }


def _clause_with_noun(frame: Clause) -> Templates:
    noun, says = frame.noun, join(frame.finite, frame.tail)
    asks = join(frame.auxiliary, "{s}", frame.rest, frame.tail)
    some, someone = ("Who", "someone who") if frame.person else ("What", "something that")
    several = is_plural(head_noun(noun))
    plain = f"One of the {noun} that {{s}} {says} is {{o}}." if several else f"{{s}} {says} the {noun} {{o}}."
    a_noun = f"one of the {noun} that {{s}} {says}" if several else f"the {noun} that {{s}} {says}"
    name = f"{{o}}, one of the {noun}" if several else f"the {noun} {{o}}"
    return {
        "statement": [plain, f"{{o}} is {a_noun}."],
        "question": [f"Which {noun} {asks}?", f"Tell me {a_noun}."],
        "inverseQuestion": [f"{some} {says} {name}?"],
        "exam": [f"Name {a_noun}."],
        "inverseExam": [f"Name {someone} {says} {name}."],
        "reference": [a_noun],
        "inverseReference": [f"the {'person who' if frame.person else 'thing that'} {says} {name}"],
    }


def _truth(frame: Truth) -> Templates:
    return {
        "statement": [
            f"To the question whether {frame.clause}, the answer is {{o}}.",
            f"{{o}} is the answer to the question whether {frame.clause}.",
        ],
        "question": [f"{frame.question}?", f"Tell me whether {frame.clause}."],
        "inverseQuestion": [f"For what is the answer {{o}} if we ask whether {frame.predicate}?"],
        "exam": [f"Is it the case that {frame.clause}?"],
        "inverseExam": [f"Name something for which {{o}} is the answer to the question whether {frame.predicate}."],
        "reference": [f"the answer to the question whether {frame.clause}"],
        "inverseReference": [f"the thing for which the answer is {{o}} if we ask whether {frame.predicate}"],
    }


def _by_work(frame: ByWork) -> Templates:
    name, be = frame.name, "are" if is_plural(frame.name.split(" ")[-1]) else "is"
    return {
        "statement": [f"The {name} of {{s}} {be} by {{o}}.", f"{{o}} is the one that the {name} of {{s}} {be} by."],
        "question": [f"Who {be} the {name} of {{s}} by?", f"Tell me who the {name} of {{s}} {be} by."],
        "inverseQuestion": [f"What is it whose {name} {be} by {{o}}?"],
        "exam": [f"By whom {be} the {name} of {{s}}?"],
        "inverseExam": [f"Name something whose {name} {be} by {{o}}."],
        "reference": [f"the one that the {name} of {{s}} {be} by"],
        "inverseReference": [f"the thing whose {name} {be} by {{o}}"],
    }


def _is_long(name: str) -> bool:
    head, of, tail = name.partition(" of ")
    return bool(of) and head != "number" and (" or " in tail or tail.count(" ") >= 2)


def join(*words: str) -> str:
    """Join words with spaces, leaving out empty ones."""
    return " ".join(word for word in words if word)
