"""Questions and the user's texts → those that ask, answer or state in other words what the exam asks.

Only what names the things of a probe is compared with it, with the names left out: "the capital of X" and "the seat of X's
government" are near, and thousands of alike questions about other things are not looked at.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.exam.kinds import KINDS
from kaug.exam.leaks.rows import Leak, Rows
from kaug.exam.leaks.words import Runs, plain, read_words
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.encoder import Encoder, as_encoder
from kaug.wording.wording import Wording
from kaug.words.containment import holds_any

__all__ = ["ASKED", "STATED", "Reworded"]

ASKED = 0.55
"""The cosine from which two questions ask the same. Chosen on rewordings of kb/: see tests/benchmarks/leaking.py."""

STATED = 0.65
"""The cosine from which two sentences state the same."""

ASKS = "asks a question of the exam in other words"
ANSWERS = "answers a question of the exam"
STATES = "states what the exam asks as not taught"

_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=\S)|(?<=[。！？])[\"”’)]*\s*(?=\S)|\n+")
"""The end of a sentence."""
_BEFORE_QUESTION = re.compile(r"^.*[:“‘\"]\s*(?=\S)")
_ARTICLE = re.compile(r"^(?:a|an|the) ")
_QUESTION = re.compile(r"[?？][\"”’)\s]*$")
_X, _Y = "Xan", "Yor"
"""What stands for the thing that a question names, and for its answer: names without a meaning."""


@dataclass
class _Probe:
    """A probe in the words that other texts are compared with.

    Attributes:
        name: What to call it.
        names: The names of the things that its question names.
        answers: All right answers.
        questions: The question, and those that ask for its fact in training, with `_X` for the names.
        statements: The statements of a fact that is not taught, with `_X` and `_Y`; empty for other probes.
    """

    name: str
    names: list[str]
    answers: list[str]
    questions: list[str]
    statements: list[str] = field(default_factory=list)

    def masked(self, text: str) -> str:
        """Put `_X` and `_Y` for the names and the answers, the longest first: "the Republic of Malawi" holds "Malawi"."""
        marks = dict.fromkeys(self.answers, _Y) | dict.fromkeys(self.names, _X)
        for name in sorted(marks, key=len, reverse=True):
            text = _mask(text, [name], marks[name])
        return text

    def answered(self, text: str) -> bool:
        """Whether a text holds a right answer."""
        return _holds(text, tuple(self.answers))


class Reworded:
    """Finds questions and texts that say in other words what the exam asks.

    Args:
        wording: The wording of the knowledge base in the exam's language.
        probes: PROBES.
        names: What to call each probe.
        encoder: An encoder, or its name; it is loaded when two texts are to be compared.
    """

    def __init__(self, wording: Wording, probes: pa.Table, names: Sequence[str], encoder: str | Encoder) -> None:
        self._wording, self._name = wording, encoder
        ends = np.unique(np.concatenate(wording.kb.columns(_fact_rows(wording.kb, probes["facts"].to_pylist()))[::2]))
        labels = dict(zip(ends.tolist(), plain(wording.labels(ends)).to_pylist(), strict=True))
        prompts = plain(probes["prompt"].combine_chunks()).to_pylist()
        self._probes = [
            self._read(probe, name, f" {prompt} ", labels)
            for probe, name, prompt in zip(probes.to_pylist(), names, prompts, strict=True)
            if probe["scorer"] != "continuation"
        ]
        named = [(name, number) for number, probe in enumerate(self._probes) for name in probe.names]
        self._named = [name for name, _ in named]
        self._of = np.array([number for _, number in named], np.int64)
        self._runs = Runs(read_words(pa.array(self._named, pa.string())))
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def find(self, rows: Rows) -> Iterator[Leak]:
        """Yield questions that name the things of a probe, ask the same and answer it, but not by the facts that they name."""
        row, name, _ = self._runs.find(rows.words)
        chosen = rows.asks[row]
        pairs = np.unique(np.stack([row[chosen], self._of[name[chosen]]], axis=1), axis=0)
        prompts, completions = (
            rows.table[name].take(pa.array(pairs[:, 0])).to_pylist() for name in ("prompt", "completion")
        )
        asked = []
        for (one, number), prompt, completion in zip(pairs.tolist(), prompts, completions, strict=True):
            probe = self._probes[number]
            if not probe.answered(completion) or probe.answered(prompt):
                continue  # it asks for something else, or teaches something false, as the control arm does
            if self._is_about(f"{prompt} {completion}", rows.facts_of(one)):
                continue
            if (masked := _mask(prompt, probe.names, _X)) != prompt:
                asked.append((one, probe, masked))
        alike = self._alike([(masked, probe.questions, ASKED) for _, probe, masked in asked])
        yield from (Leak(one, ASKS, probe.name) for (one, probe, _), same in zip(asked, alike, strict=True) if same)

    def read(self, texts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Return the texts that answer a probe's question, or state what is asked as not taught.

        Args:
            texts: Texts by their ids.

        Returns:
            The reason and the probe's name, by the text's id.
        """
        ids, all_texts = list(texts), list(texts.values())
        text, name, _ = self._runs.find(read_words(pa.array(all_texts, pa.string())))
        pairs = np.unique(np.stack([text, self._of[name]], axis=1), axis=0)
        said = []
        for number, one in pairs.tolist():
            probe = self._probes[one]
            for sentence, rest in _sentences(all_texts[number], [*probe.names, *probe.answers]):
                masked = _mask(sentence, probe.names, _X)
                if masked == sentence:
                    continue
                if _QUESTION.search(sentence) and probe.answered(rest):
                    asked = dict.fromkeys(
                        [masked, _BEFORE_QUESTION.sub("", masked)]
                    )  # "He asked: What …?" and "What …?"
                    said += [(number, probe, ANSWERS, one, probe.questions, ASKED) for one in asked if _X in one]
                if probe.statements and _mask(sentence, probe.answers, _Y) != sentence:
                    said.append((number, probe, STATES, probe.masked(sentence), probe.statements, STATED))
        alike = self._alike([one[3:] for one in said])
        return {
            ids[number]: (reason, probe.name)
            for (number, probe, reason, *_), same in zip(reversed(said), reversed(alike), strict=True)
            if same
        }

    def _read(self, probe: dict[str, Any], name: str, words: str, labels: dict[int, str]) -> _Probe:
        """Find what a probe's question names, and how else its fact is asked for and stated."""
        kb, wording = self._wording.kb, self._wording
        subjects, predicates, objects = kb.columns(_fact_rows(kb, [probe["facts"]]))
        terms = [
            term for term in dict.fromkeys([*subjects.tolist(), *objects.tolist()]) if f" {labels[term]} " in words
        ]
        said = wording.phrases(np.array(terms, np.int64)).to_pylist()  # "a black hole", of the label "Black hole"
        all_names = {*said, *(_ARTICLE.sub("", phrase) for phrase in said)}.union(*map(wording.names, terms))
        names = sorted(all_names, key=len, reverse=True)
        questions, statements = [_mask(probe["prompt"], names, _X)], []
        if probe["hops"] == 1:
            predicate = int(predicates[0])
            backward = "{o}" in probe["template"]
            for templates in ("inverseQuestion", "inverseExam") if backward else ("question", "exam"):
                questions += [re.sub(r"\{[so]\}", _X, text) for text in wording.templates(predicate, templates)]
            if KINDS[probe["kind"]].role == "retention":
                statements = [
                    text.replace("{s}", _X).replace("{o}", _Y) for text in wording.templates(predicate, "statement")
                ]
        return _Probe(name, names, probe["answers"], list(dict.fromkeys(questions)), statements)

    def _is_about(self, text: str, facts: NDArray[np.int64]) -> bool:
        """Whether a row names a thing of its facts, which then say what it asks, as a fact of a control arm does."""
        ends = np.concatenate(self._wording.kb.columns(facts)[::2])
        said = (names(ends).to_pylist() for names in (self._wording.labels, self._wording.phrases))
        return any(_mask(text, names, _Y) != text for names in said)

    def _alike(self, pairs: Sequence[tuple[str, Sequence[str], float]]) -> list[bool]:
        """Whether each sentence says what one of some others says: whether their cosine is so high."""
        new = {text for one, others, _ in pairs for text in (one, *others)} - self._vectors.keys()
        if new:
            texts = sorted(new)
            self._vectors |= dict(zip(texts, self._encoder.encode(texts), strict=True))
        return [
            max((float(self._vectors[one] @ self._vectors[other]) for other in others), default=-1.0) >= least
            for one, others, least in pairs
        ]

    @cached_property
    def _encoder(self) -> Encoder:
        return as_encoder(self._name)


@lru_cache(maxsize=65_536)
def _holds(text: str, answers: tuple[str, ...]) -> bool:
    """Whether a text holds an answer; the templates of a fact have one completion."""
    return holds_any(text, answers)


def _fact_rows(kb: KnowledgeBase, ids: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    return np.array([kb.row_of[fact] for some in ids for fact in some], np.int64)


def _sentences(text: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each sentence of a text with what follows it. A full stop in a name, as of "A.C. Milan", ends none."""
    hidden = text
    for name in filter(None, names):
        hidden = _pattern(name).sub(lambda found: "x" * len(found[0]), hidden)
    start = 0
    for end in [*(match.span() for match in _END.finditer(hidden)), (len(text), len(text))]:
        if text[start : end[0]]:
            yield text[start : end[0]], text[end[0] :]
        start = end[1]


def _mask(text: str, names: Sequence[str], mark: str) -> str:
    """Replace names, the longest first, where they stand as they are written; in any case if they have several words."""
    for name in filter(None, names):
        text = _pattern(name).sub(mark, text)
    return text


@lru_cache(maxsize=65_536)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE if " " in name else re.NOFLAG)
