"""The input of a kind of probes, and questions about facts."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.knowledge.templates import Property
from kaug.wording.answers import asked, gives_away
from kaug.wording.wording import Wording, groups
from kaug.words.containment import WINDOW, score_answer

__all__ = ["Draw", "Kind", "Question", "ask", "draw_number", "fair", "make_question"]

Question = dict[str, Any]
"""A probe as drawn by a kind: `prompt`, `answers`, `facts` (hex ids), `hops`, `template`, `source`."""


@dataclass(frozen=True)
class Draw:
    """The input of a kind of probes.

    Attributes:
        wording: The wording of the knowledge base in the exam's language.
        held_out: int64, ascending: rows of the taught facts whose subject is held out.
        trained: int64, ascending: rows of all other taught facts; training rows may ask about them.
        untaught: int64, ascending: rows of facts that are not taught, of taught predicates if there are any.
        texts: The user's texts.
        held_out_texts: Fraction of the texts that may be held out.
        held_out_patterns: Fraction of the patterns of two facts over which no row asks; 0 if no probes ask over them.
        max_answers: The maximum of right answers to a question.
        max_characters: The maximum length of questions and answers.
        quota: The number of probes to draw.
        seed: Seed of the draw.
        left_out: The number of questions left out, by reason; kinds add to it.
    """

    wording: Wording
    held_out: NDArray[np.int64]
    trained: NDArray[np.int64]
    untaught: NDArray[np.int64]
    texts: tuple[str, ...]
    held_out_texts: float
    held_out_patterns: float
    max_answers: int
    max_characters: int
    quota: int
    seed: int
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Kind:
    """A kind of probes.

    Attributes:
        draw: All questions of the kind; `draw_exam` joins those with the same prompt, and draws among them.
        scorer: The scorer of the answers, a key of `kaug.evaluation.scorers.SCORERS`.
        title: Its name in a heading of the report.
        asks: The questions, as the object of "answers 78% of".
        role: `gain` for questions about taught facts; `retention` for others, whose facts no row may state.
        by_default: Whether it is drawn where the kinds are not named.
    """

    draw: Callable[[Draw], list[Question]]
    scorer: str
    title: str
    asks: str
    role: Literal["gain", "retention"]
    by_default: bool = True


def draw_number(seed: int, key: str) -> int:
    """Hash a seed and a key to a number, for drawing among keys."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {key}".encode(), digest_size=8).digest(), "little")


def ask(draw: Draw, rows: NDArray[np.int64], trained: NDArray[np.int64], name: Property) -> list[Question]:
    """Ask for the object (`exam`) or the subject (`inverseExam`) of each fact, in the exam's own templates.

    Questions that rows about `trained` facts answer are left out. Each lists all names of all right answers.
    """
    wording = draw.wording
    known = asked(wording, name)
    answered = np.zeros(len(known.facts.sizes), dtype=bool)
    answered[known.question[trained]] = True
    subjects, predicates, objects = wording.kb.columns(rows)
    if name == "inverseExam":
        one = ~wording.lists(objects)
        rows, subjects, predicates, objects = rows[one], subjects[one], predicates[one], objects[one]
    questions = []
    for predicate, positions in groups(predicates):
        numbers = known.question[rows[positions]].tolist()
        templates = wording.templates(predicate, name)
        if not templates:
            draw.left_out[f"facts without a template of {name} in {wording.language}"] += len(positions)
        for template in templates:
            prompts = wording.fill(template, subjects[positions], objects[positions], predicate).text.to_pylist()
            for row, number, prompt in zip(rows[positions].tolist(), numbers, prompts, strict=True):
                if answered[number]:
                    draw.left_out["questions that rows about other facts answer"] += 1
                    continue
                if known.answers[number] > draw.max_answers:
                    draw.left_out[f"questions with more than {draw.max_answers} right answers"] += 1
                    continue
                question = make_question(draw, prompt, known.sought[known.facts[number]].tolist(), [row], 1, template)
                questions += [question] if question else []
    return questions


def make_question(
    draw: Draw, prompt: str, terms: Iterable[int], rows: list[int], hops: int, template: str
) -> Question | None:
    """Make a question from its prompt and the terms that answer it; None, and counted, if a name in it is too long."""
    kb, longest = draw.wording.kb, draw.max_characters
    answers = list(dict.fromkeys(name for term in terms for name in draw.wording.names(term)))
    if len(prompt) > longest or len(answers[0]) > longest:
        draw.left_out[f"questions with a name of more than {longest} characters"] += 1
        return None
    return {
        "prompt": prompt,
        "answers": [answer for answer in answers if len(answer) <= longest],
        "facts": [kb.hex_ids[row].as_py() for row in rows],
        "hops": hops,
        "template": template,
        "source": kb.facts["sources"][rows[-1]].as_py()[0],
    }


def fair(probes: list[Question], quota: int, left_out: Counter[str]) -> list[Question]:
    """Return the first probes of which a right answer scores, and whose question does not give it away; count the others."""
    given_away = gives_away(
        pa.array([probe["prompt"] for probe in probes], pa.string()), [p["answers"] for p in probes]
    )
    kept: list[Question] = []
    for probe, is_given_away in zip(probes, given_away.tolist(), strict=True):
        if len(kept) == quota:
            break
        if probe["scorer"] == "contains" and not score_answer(probe["answers"][0], probe["answers"]):
            left_out[f"questions with an answer of more than {WINDOW} words, or of none"] += 1
        elif probe["scorer"] == "contains" and is_given_away:
            left_out["questions that hold an answer"] += 1
        else:
            kept.append(probe)
    return kept
