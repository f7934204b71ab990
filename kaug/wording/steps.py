"""A predicate's templates → how a path over facts says a step: as a part of a question, or as the question itself.

A step leads from a named end of a fact to the other: "the director of {s}", "the film that {o} directed". What it leads to, and
what it starts from, may be one thing or several; verbs and nouns agree with them in English, by rule.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.knowledge.templates import SLOT, Property
from kaug.wording.plural import in_plural, in_singular, subject_in_plural
from kaug.wording.sets import ask_for_all, ask_for_one, definite, in_sentences
from kaug.wording.wording import Wording
from kaug.words.english import plural

__all__ = ["PHRASINGS", "StepWords", "choose", "phrase_of", "refer", "step_words", "words_of_paths"]

Texts = NDArray[Any]

PHRASINGS = 3
"""The phrasings of a question at most."""

_THINGS = re.compile(r"^the things? that (?=\{s\})")
_WORDS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_DEED = re.compile(r"the (?!thing)[\w -]+ (?:that|(?:\w+ )?which|whom) \{o\} [^{}]+")
"""References by what somebody did: "the film that {o} directed". Others only fit what identifies a thing, such as its capital."""


@dataclass(frozen=True)
class StepWords:
    """How each step is said. A step is 2·p for the predicate p of `predicates` from subject to object, 2·p + 1 for the way back.

    Attributes:
        reference: str (steps, 2, 2): a phrase with one slot for what the step leads to, by whether this is several things, and
            whether it starts from several; empty where there is none.
        question: str (steps, 2, 2, 3): questions with one slot, the plainest first, by whether it has several answers, and
            starts from several things.
        own: bool (steps,): whether the reference is one of the lexicon, rather than by rule.
        deed: bool (steps,): whether it tells a deed ("the film that {o} directed"), which leads to one thing or several; not an
            attribute ("the person whose town is {o}"), which one thing alone may have by chance.
    """

    reference: Texts
    question: Texts
    own: NDArray[np.bool_]
    deed: NDArray[np.bool_]


def words_of_paths(language: str) -> dict[str, str]:
    """Return the fixed words of questions over paths; those of English for a language without."""
    return _WORDS.get(language.split("-", maxsplit=1)[0], _WORDS["en"])


def step_words(wording: Wording, predicates: NDArray[np.uint32], forward: Property, back: Property) -> StepWords:
    """Write how each step of some predicates is said.

    Args:
        wording: The wording of the knowledge base.
        predicates: uint32 (p,): terms.
        forward: The property of the lexicon that asks for objects: of training rows or of the exam.
        back: The property that asks for subjects.
    """
    reference = np.full((2 * len(predicates), 2, 2), "", dtype=object)
    question = np.full((*reference.shape, PHRASINGS), "", dtype=object)
    for index, predicate in enumerate(predicates.tolist()):
        if not in_sentences(wording.templates(predicate, "statement"), wording.language):
            continue
        kind = wording.kind_of_objects(predicate)
        kinds = (kind, plural(kind))
        ways: tuple[tuple[Property, Property, Property], ...] = (
            ("reference", forward, "exam"),
            ("inverseReference", back, "inverseExam"),
        )
        for way, (refers, asks, exam) in enumerate(ways):
            references, questions = (
                in_sentences(wording.templates(predicate, name), wording.language) for name in (refers, asks)
            )
            of_exam = [] if asks == exam else wording.templates(predicate, exam)
            for several in (False, True):
                for starts in (False, True):
                    cell = (2 * index + way, int(several), int(starts))
                    said = phrase_of(references, wording.language, several=several, of_several=starts)
                    reference[cell] = _THINGS.sub(f"the {kinds[several]} that ", said)
                    asked = _questions(questions, wording.language, several=several, of_several=starts)
                    asked = [text for text in asked if text not in of_exam]  # a plural by rule may be the exam's
                    question[cell][: len(asked)] = asked[:PHRASINGS]
    told = [
        np.isin(predicates, wording.kb.lexicon.filter(pc.equal(wording.kb.lexicon["property"], name))["predicate"])
        for name in ("reference", "inverseReference")
    ]
    own = np.stack(told, axis=1).ravel()
    deed = own & np.array([bool(_DEED.fullmatch(text)) for text in reference[:, 0, 0]], dtype=bool)
    return StepWords(reference, question, own, deed)


def phrase_of(references: list[str], language: str, *, several: bool, of_several: bool = False) -> str:
    """Choose a reference and put it into number: what it refers to, and what stands in its slot.

    Examples:
        >>> phrase_of(["the director of {s}"], "en", several=True), phrase_of(["an ingredient of {s}"], "en", several=False)
        ('the directors of {s}', 'the ingredient of {s}')
        >>> phrase_of(["one of the children of {s}"], "en", several=False), phrase_of(["what {s} feeds"], "en", several=True)
        ('the child of {s}', 'the things that {s} feeds')
        >>> phrase_of(["the film that {o} likes"], "en", several=True, of_several=True)
        'the films that {o} like'
        >>> phrase_of(["what {s} is"], "en", several=False)
        ''
    """
    if language.split("-", maxsplit=1)[0] != "en":
        fits = definite(references, language)
        return fits[0] if fits and (not several or language.split("-", maxsplit=1)[0] in _WORDS) else ""
    for text in references:
        said = _in_number(text, several)
        said = subject_in_plural(said) if of_several else said
        if said:
            return said
    return ""


def choose(texts: Texts, *cells: NDArray[np.integer[Any]] | int) -> tuple[list[str], Numbers]:
    """Look up a text for each row in a table, by the places on its axes.

    Args:
        texts: str: the table.
        cells: int64 (n,), or one number for all rows, for each axis.

    Returns:
        The texts that are needed, and int64 (n,): the number of each row's.

    Examples:
        >>> choose(np.array([["a {s}", "the {s}"], ["some {s}", ""]], dtype=object), np.array([1, 0, 1]), 0)
        (['a {s}', 'some {s}'], array([1, 0, 1]))
    """
    places = np.broadcast_arrays(*cells)
    known, index = np.unique(np.ravel_multi_index(places, texts.shape), return_inverse=True)
    return texts.ravel()[known].tolist(), index


def refer(references: Sequence[str], which: Numbers, names: pa.Array) -> pa.Array:
    """Fill the slot of each reference with a name: "the country whose capital is Lomé".

    Args:
        references: Texts with one slot, or empty.
        which: int64 (n,): the reference of each row.
        names: Strings (n,).

    Examples:
        >>> refer(["the spouse of {s}", "the film in {o}"], np.array([1, 0]), pa.array(["Ewe", "Ada"])).to_pylist()
        ['the film in Ewe', 'the spouse of Ada']
    """
    halves = [SLOT.split(text)[::2] if text else ["", ""] for text in references]
    heads, tails = (pa.array([half[side] for half in halves], pa.string()).take(pa.array(which)) for side in (0, 1))
    return pc.binary_join_element_wise(heads, names, tails, "")


def _in_number(text: str, several: bool) -> str:
    if re.fullmatch(
        r"(?:what|something that) .*\b(?:is|are|was|were)(?: (?:an? )?(?:\w+ )?part of)?", text
    ) or text.startswith("something "):
        return ""  # "what {s} is"; "the thing that {s} is part of" names no kind of whole
    text = re.sub(r"^what (?=\{s\})", "the thing that ", text)
    if text.startswith("what "):
        return ""
    if text.startswith("an example of "):
        return ""  # the only one that is known is not "the example"
    one_of = re.match(r"one of (the .*)", text)
    if one_of:
        return one_of[1] if several else in_singular(one_of[1])
    text = re.sub(r"^an? ", "the ", text)
    if text.startswith("the thing whose "):
        return text.replace("the thing", "those" if several else "the one", 1)
    if not several:
        return text
    if match := re.match(r"the one (?=that|who\b)", text):
        return in_plural(f"Tell me the thing {text[match.end() :]}.")[8:-1].replace("the things", "those", 1)
    plural = in_plural("Tell me " + re.sub(_QUOTED, r"\1", text) + ".")[8:-1]
    return SLOT.sub(r"“{\1}”", plural) if re.search(_QUOTED, text) else plural


def _questions(questions: list[str], language: str, *, several: bool, of_several: bool) -> list[str]:
    choose = ask_for_all if several else ask_for_one
    found = []
    for text in sorted(
        choose(questions, language), key=lambda text: "“{" in text
    ):  # a name in quotation marks is no reference
        if language.split("-", maxsplit=1)[0] != "en":
            found.append(text)
            continue
        said = text if several else _the_only(text)
        said = subject_in_plural(said) if of_several else said
        if said and not _BARE.fullmatch(said) and not SLOT.match(said):
            found.append(said)
    return list(dict.fromkeys(found))


def _the_only(text: str) -> str:
    """Ask for the only answer: "What is the topping of {s}?" for "What is a topping of {s}?"."""
    text = re.sub(r"\b(is|was|Tell me|Give) an? (?!one |example )", r"\1 the ", text)
    many = re.match(r"Who (are|were) (the [^{}]*\{s\})\?", text) or re.match(
        r"What (are|were) (the [^{}]*\{s\})\?", text
    )
    if many and (one := in_singular(many[2])):
        return f"{text.split(' ')[0]} {'is' if many[1] == 'are' else 'was'} {one}?"
    return text


_QUOTED = r"“(\{[so]\})”"
_BARE = re.compile(r"(?:Wh(?:at|o)|Do you know what|Tell me what) (?:(?:is|are) )?\{s\}(?: (?:is|are))?[.?]")
"""Questions that name no relation: "What is {s}?"."""
