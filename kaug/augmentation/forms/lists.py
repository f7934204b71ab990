"""Questions with several right answers → their number with the list, and the list with one a line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers, grouped, mix, rank_in_group
from kaug.augmentation.begun import begun_questions
from kaug.augmentation.forms.words import words_of_form
from kaug.augmentation.rows import Facts, Options, Spans, make_rows, mark_spans, name_facts
from kaug.knowledge.templates import Property
from kaug.wording.answers import gives_away
from kaug.wording.compose import is_short
from kaug.wording.plural import in_plural
from kaug.wording.saying import compose
from kaug.wording.sets import definite, in_sentences
from kaug.wording.wording import Wording, groups
from kaug.words.terms import CLASS_OF

__all__ = ["count_rows", "set_rows"]

_LEAST, _MOST = 2, 12
_MEASURED = r"^[-+\d.,:/ ]+$"
_PLURAL = re.compile(r"(?:What|Who) (?:are|were) the ")
_ASKED: tuple[Property, ...] = ("question", "inverseQuestion")


class _Sets(NamedTuple):
    """Questions with several answers, all of which rows may state, in columns.

    Attributes:
        facts: int64: positions of given facts, those of the first question first, those of one answer together.
        owner: int64: the question of each.
        answer: int64: the number of the answer of each in its question, from 0.
        label: Strings: the label of each.
        heads: int64: the position of the first fact of each question.
    """

    facts: Numbers
    owner: Numbers
    answer: Numbers
    label: pa.Array
    heads: Numbers


def count_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask how many answers the knowledge base has to a question with 2 to 12 of them; the answer is the number and the list.

    The number is of the answers in the knowledge base, and the question says so: the world may have more.
    """
    yield from _rows(facts, wording, options, "count")


def set_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask for all of 2 to 12 answers, one a line. The form `question` asks for fewer, in a sentence."""
    yield from _rows(facts, wording, options, "set")


def _rows(facts: Facts, wording: Wording, options: Options, form: str) -> Iterator[pa.Table]:
    words, given = words_of_form(form, wording.language), options.all_facts(facts)
    if not words:
        return
    for name in _ASKED:
        inverse = name == "inverseQuestion"
        sets = _sets(facts, given, wording, name, options)
        predicates = given.predicates[sets.heads]
        draw = mix(given.rows[sets.heads].astype(np.uint64) + np.uint64((options.seed << 40) + (len(form) << 36)))
        for predicate, places in groups(predicates):
            templates = _templates(wording, predicate, name, form, options)
            if not templates:
                options.left_out[f"{form} left out: no template asks for several answers"] += len(places)
            for number, template in enumerate(templates):
                some = places[draw[places] % np.uint64(len(templates)) == number]
                if len(some):
                    yield _write(given, sets, some, template, wording, form, inverse, options)


def _templates(wording: Wording, predicate: int, name: Property, form: str, options: Options) -> list[str]:
    """Return the templates of a form by those of a question: that it has several answers, and how they are listed."""
    words = words_of_form(form, wording.language)
    texts = definite(in_sentences(wording.templates(predicate, name), wording.language), wording.language)
    exams = wording.templates(predicate, "exam" if name == "question" else "inverseExam")
    plural = [in_plural(text) if wording.language.startswith("en") else "" for text in texts]
    asked = list(dict.fromkeys(many or one for many, one in zip(plural, texts, strict=True)))
    asked = [text for text in asked if text not in exams and text[-1:] in "?？" and not text.startswith("Do you know")]
    if form == "count":
        nouns = [text for text in asked if text in plural or _PLURAL.match(text)]
        natural = [_how_many(text, words["patterns"]) for text in nouns]
        if any(natural):
            return [text for text in natural if text]
    return [words["ask"].replace("{question}", text) for text in asked[: options.templates if form == "set" else 1]]


def _how_many(question: str, patterns: list[list[str]]) -> str:
    """Turn a question for all answers into one for their number; the empty string if no pattern fits."""
    for pattern, replacement in patterns:
        if re.fullmatch(pattern, question):
            return re.sub(pattern, replacement, question)
    return ""


def _sets(facts: Facts, given: Facts, wording: Wording, name: Property, options: Options) -> _Sets:
    """Find the questions with 2 to 12 answers, all given, whose first fact is in this block.

    Nobody lists texts, nor the classes that a thing is of, at each height, nor what has a number as one of its values. Of things
    that share a name it cannot be told how many there are, nor of which of them it is asked.
    """
    inverse, begun = name == "inverseQuestion", begun_questions(facts, wording, name, options, _MOST)
    heads = given.take(begun.heads())
    of_class = pc.is_in(wording.kb.terms["value"].take(pa.array(heads.predicates)), pa.array(sorted(CLASS_OF)))
    known = options.asked(wording, name, facts)
    fits = (known.answers[begun.number] >= _LEAST) & (known.answers == known.ends)[begun.number]
    fits &= ~of_class.to_numpy(zero_copy_only=False)
    ends = given.subjects if inverse else given.objects
    asked = given.objects if inverse else given.subjects
    others = asked[begun.places] != np.repeat(asked[begun.heads()], begun.sizes)
    fits[np.repeat(np.arange(len(fits)), begun.sizes)[others]] = False
    long = ~is_short(wording.labels(ends[begun.places]))
    fits[np.repeat(np.arange(len(fits)), begun.sizes)[long]] = False
    if inverse:
        fits &= ~pc.match_substring_regex(wording.labels(heads.objects), _MEASURED).to_numpy(zero_copy_only=False)
    if left_out := int((fits & ~begun.whole).sum()):
        options.left_out["lists left out: an answer is held out or not taught"] += left_out
    kept = begun.take(fits & begun.whole)
    places, owner = kept.places, np.repeat(np.arange(len(kept.sizes)), kept.sizes)
    label = wording.labels(ends[places])
    code = np.asarray(label.dictionary_encode().indices.to_numpy(), np.int64)
    # Answers stand in the order of their first facts, and facts of one answer together.
    of_answer = grouped(owner, code)
    order_of = np.argsort(of_answer.heads, kind="stable")
    rank = np.empty(len(order_of), np.int64)
    rank[order_of] = rank_in_group(owner[of_answer.heads[order_of]])
    answer = rank[of_answer.numbers]
    order = np.lexsort((places, answer, owner))
    return _Sets(places[order], owner[order], answer[order], label.take(pa.array(order)), kept.heads())


def _write(
    given: Facts,
    sets: _Sets,
    chosen: Numbers,
    template: str,
    wording: Wording,
    form: str,
    inverse: bool,
    options: Options,
) -> pa.Table:
    words = words_of_form(form, wording.language)
    heads = given.take(sets.heads[chosen])
    prompts = wording.fill(template, heads.subjects, heads.objects, int(heads.predicates[0])).text
    renumbered = np.full(len(sets.heads), -1)
    renumbered[chosen] = np.arange(len(chosen))
    mine = np.flatnonzero(renumbered[sets.owner] >= 0)
    owner, answer, label = renumbered[sets.owner[mine]], sets.answer[mine], sets.label.take(pa.array(mine))
    first = np.ones(len(mine), bool)
    first[1:] = (np.diff(owner) != 0) | (np.diff(answer) != 0)
    sizes = np.bincount(owner[first], minlength=len(chosen))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    answers = label.filter(pa.array(first))
    hidden = ~gives_away(prompts, pa.ListArray.from_arrays(pa.array(offsets), answers).to_pylist())
    if inverse:
        hidden &= ~wording.lists(heads.objects)
    options.left_out[f"{form} left out: the question holds an answer"] += int((~hidden).sum())
    between = _separators(words, form, answers, owner[first], answer[first], sizes)
    pieces = pc.binary_join_element_wise(between, answers, "")
    lists = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), pieces), "")
    number = pa.array(sizes).cast(pa.string())
    if form == "count":
        completions = compose(words["answer"], number=number, list=lists)
        completions = pc.replace_substring_regex(completions, r"([.!?。！？])[.。]$", r"\1")  # a name may bring its own
        head = words["answer"].partition("{list}")[0].replace("{number}", "")
        before = pc.utf8_length(number).to_numpy(zero_copy_only=False) + len(head)
    else:
        completions, before = lists, np.zeros(len(chosen), np.int64)
    length = pc.utf8_length(pieces).to_numpy(zero_copy_only=False)
    gap = pc.utf8_length(between).to_numpy(zero_copy_only=False)
    end = np.cumsum(length)
    end -= np.repeat(np.concatenate([[0], end[offsets[1:-1] - 1]]), sizes) if len(sizes) else 0
    start = end - length + gap
    of = np.cumsum(first) - 1  # the answer of each fact
    spans = Spans(owner, rank_in_group(owner), "completion", before[owner] + start[of], before[owner] + end[of])
    asked = pc.utf8_length(prompts).to_numpy(zero_copy_only=False)
    question = Spans(owner, rank_in_group(owner), "prompt", np.zeros(len(owner), np.int64), asked[owner])
    rows = make_rows(
        family="closed-book",
        form=form,
        task="question-answering",
        prompts=prompts,
        completions=completions,
        facts=name_facts(wording.kb, given.rows[sets.facts[mine]], np.bincount(owner, minlength=len(chosen))),
        spans=mark_spans(len(chosen), spans, question),
        language=wording.language,
    )
    return rows.filter(pa.array(hidden))


def _separators(
    words: dict[str, str], form: str, labels: pa.Array, owner: Numbers, answer: Numbers, sizes: Numbers
) -> pa.Array:
    """Return what stands before each label of each list."""
    if form == "set":
        return pc.if_else(pa.array(answer == 0), words["bullet"], words["newline"])
    marks = pc.or_(pc.match_substring(labels, words["comma"]), pc.match_substring(labels, words["last"]))
    grouped_digits = pc.match_substring_regex(labels, r"\d,\d{3}").to_numpy(zero_copy_only=False)
    marks = pc.or_(marks, pa.array(grouped_digits & (sizes[owner] > 2)))  # "3,090, 3,990 and 4,000"
    apart = np.zeros(len(sizes), bool)
    apart[owner[marks.to_numpy(zero_copy_only=False)]] = True
    last = pc.if_else(pa.array(answer == sizes[owner] - 1), words["last"], words["comma"])
    return pc.if_else(pa.array(answer == 0), "", pc.if_else(pa.array(apart[owner]), words["apart"], last))
