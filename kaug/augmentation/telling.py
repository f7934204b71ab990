"""Facts → a sentence each, with the places of its names; pieces of text → texts of several."""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, grouped, mix, rank_in_group
from kaug.augmentation.rows import Facts, Field, Options, Spans, single_fact_rows
from kaug.knowledge.templates import Property
from kaug.wording.answers import gives_away
from kaug.wording.rules import clear_name
from kaug.wording.wording import Wording

__all__ = [
    "CARD",
    "Told",
    "append",
    "choose_few",
    "codes",
    "draw",
    "first_of",
    "fixed_words",
    "has_one_answer",
    "has_short_ends",
    "is_said",
    "is_sentence",
    "keep",
    "keep_said",
    "lengths",
    "matches",
    "predicate_names",
    "recall_rows",
    "replace_at",
    "spans_of",
    "tell",
]

_WORDS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))
_ENDS = (".", "?", "!", "。", "”", "…")
_OF_ANSWERS = "someone asks"
_OPENS = re.compile(r"\{s\}(?!,| and )('s )?")


class Told(NamedTuple):
    """A sentence for each fact, in columns of equal length n.

    Attributes:
        text: Strings (n,).
        subject: int64 (n, 2): start and end of the subject.
        object: int64 (n, 2): start and end of the object.
        opens: int8 (n,): 1 if the sentence begins with the subject, 2 if with "'s" after it, else 0.
    """

    text: pa.Array
    subject: Numbers
    object: Numbers
    opens: NDArray[np.int8]

    def take(self, index: Numbers) -> "Told":
        """Return the sentences at positions."""
        return Told(self.text.take(pa.array(index)), self.subject[index], self.object[index], self.opens[index])


def fixed_words(language: str) -> dict[str, Any]:
    """Return the fixed words of `texts.toml` in a language; of one that is not there, none.

    Examples:
        >>> fixed_words("en-GB")["cloze"], fixed_words("xx")
        ('Fill in the blank: ', {})
    """
    return _WORDS.get(language.split("-", maxsplit=1)[0], {})


def draw(seed: int, numbers: NDArray[np.int64] | NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Draw a number for each of some numbers, uint64 (n,), whichever others there are."""
    return mix(mix(numbers.astype(np.uint64)) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64))


def told_templates(templates: list[str]) -> list[str]:
    """Leave out records, and templates that speak of questions and answers; where the plainest is a record, keep it only."""
    told = [template for template in templates if is_sentence(template) and _OF_ANSWERS not in template]
    return told if told and is_sentence(templates[0]) else templates[:1]


def is_sentence(template: str) -> bool:
    """Whether a template is a sentence rather than a record."""
    return template.endswith(_ENDS)


def tell(facts: Facts, wording: Wording, draws: NDArray[np.uint64]) -> Told:
    """State each fact in one of its templates, the number of which is its draw.

    Args:
        facts: Facts (n,), in any order; one may come several times.
        wording: The wording.
        draws: uint64 (n,): fact i is told in the template `draws[i]`, modulo their number.

    Returns:
        The sentences (n,), in the order of the facts.
    """
    templates, which = list[str](), np.zeros(len(facts), np.int64)
    for predicate, manner, places in wording.groups(facts.rows):
        found = told_templates(wording.templates(predicate, "statement", manner))
        which[places] = len(templates) + (draws[places] % np.uint64(len(found))).astype(np.int64)
        templates += found
    filled = wording.fill_each(templates, which, facts.subjects, facts.objects, facts.predicates)
    openings = [_OPENS.match(template) for template in templates]
    opens = np.array([0 if not match else 2 if match[1] else 1 for match in openings], np.int8)
    return Told(filled.text, filled.subject, filled.object, opens[which])


def lengths(texts: pa.Array) -> Numbers:
    """Return the length of each text in characters, int64 (n,)."""
    return np.asarray(pc.utf8_length(texts).to_numpy(zero_copy_only=False), np.int64)


def matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Mask the texts that a regular expression finds something in, bool (n,)."""
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), bool)


def append(sizes: Numbers, before: pa.Array, said: pa.Array, after: pa.Array | str = "") -> tuple[pa.Array, Numbers]:
    """Join pieces to texts: the pieces of the first text come first.

    Args:
        sizes: int64 (n,): the number of pieces of each text.
        before: Strings (k,): what comes before each piece.
        said: Strings (k,): the pieces.
        after: Strings (k,): what comes after each, or one for all.

    Returns:
        Texts (n,), and the position of each piece in its text, int64 (k,).

    Examples:
        >>> columns = (pa.array(["", "; ", ""]), pa.array(["tea", "rye", "salt"]), pa.array(["", ".", "."]))
        >>> texts, starts = append(np.array([2, 1]), *columns)
        >>> texts.to_pylist(), starts.tolist()
        (['tea; rye.', 'salt.'], [0, 5, 0])
    """
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    length = lengths(before) + lengths(said) + (len(after) if isinstance(after, str) else lengths(after))
    reached = np.concatenate([[0], np.cumsum(length)])
    start = reached[:-1] + lengths(before) - np.repeat(reached[offsets[:-1]], sizes)
    pieces = pa.ListArray.from_arrays(
        pa.array(offsets.astype(np.int32)), pc.binary_join_element_wise(before, said, after, "")
    )
    return pc.binary_join(pieces, ""), start


def spans_of(sizes: Numbers, field: Field, start: Numbers, said: pa.Array) -> Spans:
    """Mark the pieces of texts, of which each states the next fact of its row; see `append`."""
    row = np.repeat(np.arange(len(sizes)), sizes)
    fact = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Spans(row, fact, field, start, start + lengths(said))


def replace_at(texts: pa.Array, span: Numbers, by: pa.Array | str, where: NDArray[np.bool_]) -> pa.Array:
    """Replace a span of some texts.

    Args:
        texts: Strings (n,).
        span: int64 (n, 2): start and end, in characters.
        by: What replaces it: strings (n,), or one for all.
        where: bool (n,): the texts.

    Examples:
        >>> texts, span = pa.array(["Togo is in Africa.", "Peru"]), np.array([[0, 4], [0, 4]])
        >>> replace_at(texts, span, "It", np.array([True, False])).to_pylist()
        ['It is in Africa.', 'Peru']
    """
    some = pa.array(where)
    count = int(where.sum())
    new = [by] * count if isinstance(by, str) else by.filter(some).to_pylist()
    cut = [
        text[:start] + name + text[end:]
        for text, name, (start, end) in zip(texts.filter(some).to_pylist(), new, span[where].tolist(), strict=True)
    ]
    return pc.replace_with_mask(texts, some, pa.array(cut, pa.string()))


def first_of(groups: Numbers, texts: pa.Array) -> NDArray[np.bool_]:
    """Mask the first of equal texts in each group, bool (n,).

    Examples:
        >>> first_of(np.array([0, 0, 1]), pa.array(["a", "a", "a"])).tolist()
        [True, False, True]
    """
    mask = np.zeros(len(groups), bool)
    mask[grouped(groups, codes(texts)).heads] = True
    return mask


def codes(texts: pa.Array) -> Numbers:
    """Number texts, equal ones alike, int64 (n,)."""
    return np.asarray(texts.dictionary_encode().indices.to_numpy(zero_copy_only=False), np.int64)


def choose_few(facts: Facts, seed: int, most: int) -> Numbers:
    """Choose properties of each subject that have up to `most` facts together; return the positions of these, ascending.

    Properties are drawn at random, each whole or not at all: a part of its values would pass for all of them.
    """
    of = grouped(facts.subjects, facts.predicates)
    size = np.bincount(of.numbers)[of.numbers]
    few = np.flatnonzero(size <= most)
    order = few[np.lexsort((few, draw(seed, facts.rows[of.heads])[of.numbers[few]], facts.subjects[few]))]
    before = rank_in_group(facts.subjects[order]) - (order - of.heads[of.numbers[order]])
    return np.sort(order[before + size[order] <= most])


def keep(facts: Facts, mask: NDArray[np.bool_], options: Options, reason: str) -> Facts:
    """Return the facts of a mask, and count the others by reason."""
    lost = len(mask) - int(mask.sum())
    if lost:
        options.left_out[reason] += lost
    return facts.take(np.flatnonzero(mask))


def is_said(facts: Facts, wording: Wording) -> NDArray[np.bool_]:
    """Mask the facts whose predicate has a name or a sentence in the language, bool (n,); in English all have."""
    distinct, which = np.unique(facts.predicates, return_inverse=True)
    return np.array([wording.says(predicate) for predicate in distinct.tolist()], bool)[which]


def keep_said(facts: Facts, wording: Wording, options: Options, form: str) -> Facts:
    """Return the facts whose predicate has words in the language, and count the others: see `is_said`."""
    reason = f"{form}: facts left out: no name of the property in {wording.language}"
    return keep(facts, is_said(facts, wording), options, reason)


def has_one_answer(facts: Facts, wording: Wording, options: Options, name: Property) -> NDArray[np.bool_]:
    """Mask the facts of which the question of a property has one right answer, bool (n,)."""
    known = options.asked(wording, name, facts)
    one: NDArray[np.bool_] = known.answers[known.question[facts.rows]] == 1
    return one & ~wording.lists(facts.objects) if name.startswith("inverse") else one


def has_short_ends(facts: Facts, wording: Wording, words: int = 16) -> NDArray[np.bool_]:
    """Mask the facts both ends of which have a name of up to so many words in one line, bool (n,)."""
    short = np.ones(len(facts), bool)
    for ends in (facts.subjects, facts.objects):
        terms, which = np.unique(ends, return_inverse=True)
        names = wording.labels(terms)
        fits = (lengths(names) < _LONG) & ~matches(names, rf"[\n\r|]|\S(?:\s+\S+){{{words}}}")
        short &= fits[which]
    return short


_LONG = 120  # characters
CARD = 8
"""The most words of a name or value on a card: a definition is none."""


def predicate_names(facts: Facts, wording: Wording) -> pa.Array:
    """Return the name of the predicate of each fact, strings (n,)."""
    distinct, which = np.unique(facts.predicates, return_inverse=True)
    names = [wording.predicate_name(predicate) for predicate in distinct.tolist()]
    if wording.language.split("-", maxsplit=1)[0] == "en":
        names = list(map(clear_name, names))
    return pa.array(names, pa.string()).take(pa.array(which))


def recall_rows(
    facts: Facts,
    prompts: pa.Array,
    completions: pa.Array,
    answers: pa.Array,
    wording: Wording,
    options: Options,
    form: str,
) -> pa.Table:
    """Make rows of one fact each, whose prompt asks for an end of it; prompts that hold their answer are left out.

    Args:
        facts: Facts (n,).
        prompts: Strings (n,).
        completions: Strings (n,).
        answers: Strings (n,): the label of the end that is asked for.
        wording: The wording.
        options: The options; rows left out are counted there.
        form: The form of all rows.
    """
    hidden = ~gives_away(prompts, [[answer] for answer in answers.to_pylist()])
    kept, some = pa.array(hidden), keep(facts, hidden, options, f"{form}: rows left out: they hold the answer")
    return single_fact_rows(
        some, wording, form=form, prompts=prompts.filter(kept), completions=completions.filter(kept)
    )
