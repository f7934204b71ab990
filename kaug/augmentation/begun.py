"""A block of facts → the questions that begin in it, and the facts that answer each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, pair_keys, positions
from kaug.augmentation.rows import Facts, Options
from kaug.knowledge.templates import Property
from kaug.wording.answers import Asked
from kaug.wording.wording import Wording

__all__ = ["Begun", "begun_questions", "whole_questions"]

Mask = NDArray[np.bool_]


class Begun(NamedTuple):
    """Questions in the order of their first facts, in columns of equal length n, and their facts.

    Attributes:
        number: int64: the question, as in `Asked`.
        places: int64 (sum of `sizes`): the facts of each, as positions among all facts that rows may state.
        sizes: int64: the number of its facts.
        whole: bool: whether its facts give all right answers.
        others: The number of questions that begin here and have more right answers; they are not in the columns.
    """

    number: Numbers
    places: Numbers
    sizes: Numbers
    whole: Mask
    others: int

    def heads(self) -> Numbers:
        """Return the first fact of each, as a position among all facts."""
        heads: Numbers = self.places[np.cumsum(self.sizes) - self.sizes]
        return heads

    def take(self, kept: Mask) -> "Begun":
        """Keep some of the questions, bool (n,)."""
        places = self.places[np.repeat(kept, self.sizes)]
        return Begun(self.number[kept], places, self.sizes[kept], self.whole[kept], self.others)


def begun_questions(facts: Facts, wording: Wording, name: Property, options: Options, most: int) -> Begun:
    """Find the questions of up to `most` right answers whose first fact is in a block.

    The work grows with the block, not with the knowledge base.

    Args:
        facts: The block.
        wording: The wording.
        name: The property that asks: `question` or `inverseQuestion`.
        options: They have all facts that rows may state.
        most: The maximum number of right answers.
    """
    given, known = options.all_facts(facts), options.asked(wording, name, facts)
    first = options.once(("first facts", wording.language, name), lambda: _first_rows(given, known))
    number = distinct(known.question[facts.rows])
    number = number[np.isin(first[number], facts.rows)]
    few = number[known.answers[number] <= most]
    few = few[np.argsort(first[few])]
    low = known.facts.starts[few]
    which, at = expand(low, low + known.facts.sizes[few])
    rows = known.facts.rows[at]
    places = positions(given.rows, rows)
    which, rows, places = (column[places >= 0] for column in (which, rows, places))
    answers = distinct(pair_keys(which, known.answer[rows])) >> np.uint64(32)
    found = np.bincount(answers.astype(np.int64), minlength=len(few))
    sizes = np.bincount(which, minlength=len(few))
    return Begun(few, places, sizes, found == known.answers[few], len(number) - len(few))


def whole_questions(facts: Facts, wording: Wording, name: Property, options: Options, what: str) -> Begun:
    """Find the questions of up to `options.max_answers` answers, all given; count those left out as `what`."""
    begun = begun_questions(facts, wording, name, options, options.max_answers)
    for count, why in (
        (begun.others, f"more than {options.max_answers} right answers"),
        (int((~begun.whole).sum()), "an answer is held out or not taught"),
    ):
        if count:
            options.left_out[f"{what} left out: {why}"] += count
    return begun.take(begun.whole)


def _first_rows(given: Facts, known: Asked) -> Numbers:
    """Return the row of the first given fact of each question; -1 for none."""
    first = np.full(len(known.facts.sizes), -1, np.int64)
    first[known.question[given.rows[::-1]]] = given.rows[::-1]  # of equal places, the last one stays
    return first
