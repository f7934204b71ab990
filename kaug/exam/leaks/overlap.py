"""Rows → those with the words of the exam or of an evaluation: its questions, its phrasings, thirteen words in a row."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers
from kaug.exam.leaks.evaluations import Evaluation
from kaug.exam.leaks.rows import Leak, Rows
from kaug.exam.leaks.words import RUN, Runs, Words, plain, plain_words, read_words
from kaug.knowledge.templates import SLOT
from kaug.wording.wording import Wording

__all__ = ["Overlaps"]

HOLDS = "holds a question of the exam"
PHRASED = "is worded as only the exam asks"
SHARES = f"shares {RUN} words with the exam"
EVALUATED = "holds a question of an evaluation"
OVERLAPS = f"shares {RUN} words with an evaluation"

_OWN = (RUN + 1) // 2
"""So many of thirteen words must be the question's own: a long name or definition in it stands in statements, too."""

_FEWEST = 4
"""A line of an evaluation of fewer words is only found as a whole prompt or text: "Paris" is no question."""

_REACH = 6
"""A name that goes beyond a question at one of its ends has so many words there, at most."""

_SENTENCE = re.compile(r"(?<=[.?!。？！])\s*")


class _Held(NamedTuple):
    """A text that no row may hold: its words (`plain`), its name, and the reasons if a row holds it whole or shares words."""

    text: str
    name: str
    whole: str
    shared: str


class _Phrasing(NamedTuple):
    """A template of the exam: what stands before, between and behind its slots, and the name of a probe that it words."""

    pieces: tuple[str, ...]
    name: str


class Overlaps:
    """Finds rows that share words with the exam or with evaluations.

    Words are compared in lower case, without punctuation (`plain`). A question is found where it stands whole; one of thirteen
    words or more also by thirteen of them in a row, if most of these are no name in the question. So are passages that the exam
    holds out, and evaluations. The exam's templates are found with any name in their slot, where they make up whole sentences of
    a prompt.

    Args:
        wording: The wording of the knowledge base in the exam's language.
        probes: PROBES.
        names: What to call each probe.
        evaluations: What the user evaluates models with.
    """

    def __init__(
        self, wording: Wording, probes: pa.Table, names: Sequence[str], evaluations: Sequence[Evaluation]
    ) -> None:
        self._wording = wording
        columns = (probes[name].to_pylist() for name in ("prompt", "answers", "scorer"))
        held = [
            answers[0] if scorer == "continuation" else prompt for prompt, answers, scorer in zip(*columns, strict=True)
        ]
        texts = plain(pa.array([*held, *(one.text for one in evaluations)], pa.string()))
        kinds = [(name, HOLDS, SHARES) for name in names] + [(one.place, EVALUATED, OVERLAPS) for one in evaluations]
        self._held = [_Held(text, *kind) for text, kind in zip(texts.to_pylist(), kinds, strict=True)]
        words = read_words(texts)
        runs, self._of, self._enough = _runs(words, ~self._of_names(probes, words))
        self._runs = Runs(runs)
        self._phrasings = _phrasings(probes, names)
        self._pieces = Runs(
            read_words(pa.array([" ".join(_longest(one).split()[:RUN]) for one in self._phrasings], pa.string()))
        )

    def find(self, rows: Rows) -> Iterator[Leak]:
        """Yield the leaks of rows."""
        found, run, _ = self._runs.find(rows.words)
        pairs = np.stack([found, self._of[run], self._enough[run]], axis=1)
        for row, item, enough in np.unique(pairs, axis=0)[::-1].tolist():  # a run of the question's own words first
            if reason := self._read(rows, row, self._held[item], bool(enough)):
                yield Leak(row, reason, self._held[item].name)
        found, number, _ = self._pieces.find(rows.words)
        pairs = np.stack([found, number], axis=1)[rows.asks[found]]
        for row, phrasing in np.unique(pairs, axis=0).tolist():
            if self._is_worded(rows, row, self._phrasings[phrasing]):
                yield Leak(row, PHRASED, self._phrasings[phrasing].name)

    def _read(self, rows: Rows, row: int, held: _Held, enough: bool) -> str | None:
        """Return the reason why a row that has some words of a held-out text leaks it, if it does."""
        given, wanted = plain_words(rows.texts[row].as_py()), held.text.split()
        whole = [place for place in range(len(given) - len(wanted) + 1) if given[place : place + len(wanted)] == wanted]
        if held.whole == EVALUATED and len(wanted) < _FEWEST:
            prompt = plain_words(rows.table["prompt"][row].as_py())
            return EVALUATED if wanted in (given, prompt) else None
        if any(not self._cuts_a_name(given, place, place + len(wanted)) for place in whole):
            return held.whole
        return held.shared if enough and len(wanted) >= RUN and not whole else None

    def _cuts_a_name(self, words: list[str], start: int, end: int) -> bool:
        """Whether a name goes beyond a place on one side, as in "For [York lies on which river]" after "New"."""
        return any(
            " ".join(words[edge - before : edge + behind]) in self._known
            for edge in (start, end)
            for before in range(1, min(_REACH, edge) + 1)
            for behind in range(1, min(_REACH, len(words) - edge) + 1)
        )

    @cached_property
    def _known(self) -> frozenset[str]:
        """The names of all terms, in plain words."""
        return frozenset(plain(self._wording.labels()).to_pylist())

    def _is_worded(self, rows: Rows, row: int, phrasing: _Phrasing) -> bool:
        """Whether sentences of a prompt are a template of the exam with a name of the row in its slot."""
        pattern = re.compile(r"(?:^| )(.+?)(?: |$)".join(map(re.escape, phrasing.pieces)))
        parts = [one for one in _SENTENCE.split(rows.table["prompt"][row].as_py()) if one]
        spans = [(low, high) for low in range(len(parts)) for high in range(low + 1, min(low + _REACH, len(parts)) + 1)]
        texts = [" ".join(plain_words(" ".join(parts[low:high]))) for low, high in spans]
        slots = {match[1] for match in map(pattern.fullmatch, texts) if match}
        if not slots or not len(rows.facts_of(row)):
            return bool(slots)
        ends = np.concatenate(self._wording.kb.columns(rows.facts_of(row))[::2])
        said = (name for names in (self._wording.labels, self._wording.phrases) for name in names(ends).to_pylist())
        names = {" ".join(plain_words(name)) for name in said}
        return any(slot in names or slot.startswith("the ") for slot in slots)

    def _of_names(self, probes: pa.Table, words: Words) -> NDArray[np.bool_]:
        """Mask the words of held-out texts that are of a name of the facts that the probe asks for."""
        kb, ids = self._wording.kb, probes["facts"].to_pylist()
        of = np.repeat(np.arange(len(ids)), [2 * len(some) for some in ids])
        rows = np.array([kb.row_of[fact] for some in ids for fact in some], np.int64)
        ends = np.stack(kb.columns(rows)[::2], axis=1).ravel()
        names = read_words(pa.concat_arrays([self._wording.labels(ends), self._wording.phrases(ends)]))
        of = np.concatenate([of, of])
        text, name, place = Runs(names).find(words)
        own = of[name] == text
        covered = np.zeros(len(words.hashes) + 1, np.int64)
        np.add.at(covered, place[own], 1)
        np.add.at(covered, place[own] + np.diff(names.starts)[name[own]], -1)
        return np.asarray(np.cumsum(covered)[:-1] > 0)


def _runs(words: Words, own: NDArray[np.bool_]) -> tuple[Words, Numbers, NDArray[np.bool_]]:
    """Cut texts into all their runs of thirteen words; one that is shorter is a run.

    Args:
        words: The words of texts.
        own: bool (words,): whether the word is the text's own, and of no name.

    Returns:
        The runs, the text of each, and whether most of its words are its own. A text without such a run has one.
    """
    sizes = np.diff(words.starts)
    count = np.maximum(sizes - RUN + 1, sizes > 0)
    of = np.repeat(np.arange(len(sizes)), count)
    start = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + words.starts[of]
    size = np.minimum(sizes, RUN)[of]
    before = np.append(0, np.cumsum(own))
    enough = before[start + size] - before[start] >= np.minimum(_OWN, size)
    first = np.diff(of, prepend=-1) > 0
    has_some = np.bincount(of[enough], minlength=len(sizes)) > 0
    kept = np.flatnonzero(enough | (first & ~has_some[of]))
    of, start, size, enough = of[kept], start[kept], size[kept], enough[kept]
    ends = np.cumsum(size)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - (ends - size), size)
    return Words(words.hashes[places], np.append(0, ends)), of, enough


def _phrasings(probes: pa.Table, names: Sequence[str]) -> list[_Phrasing]:
    found: dict[str, str] = {}
    for template, name in zip(probes["template"].to_pylist(), names, strict=True):
        if SLOT.search(template):
            found.setdefault(template, name)
    cut = ([" ".join(plain_words(piece)) for piece in SLOT.split(template)[::2]] for template in found)
    phrasings = [_Phrasing(tuple(pieces), name) for pieces, name in zip(cut, found.values(), strict=True)]
    return [phrasing for phrasing in phrasings if _longest(phrasing)]


def _longest(phrasing: _Phrasing) -> str:
    return max(phrasing.pieces, key=len)
