"""Facts with a number or a moment → questions for the greatest, smallest, latest or earliest of a few things that they name."""

import re
from collections.abc import Iterator
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, mix, positions, runs
from kaug.augmentation.forms.words import words_of_form
from kaug.augmentation.rows import Facts, Options, make_rows, mark_spans, name_facts, write
from kaug.knowledge.constraints import class_of_terms
from kaug.wording.compose import is_short
from kaug.wording.saying import Piece, compose, plain_templates, say
from kaug.wording.sets import definite, in_sentences
from kaug.wording.wording import Wording
from kaug.words.measures import MOMENT, NUMBER, measures
from kaug.words.terms import is_kind

__all__ = ["compare_rows", "superlative_rows"]

_IN_UNITS = re.compile(r"(?<=\{s\}) in [^{}]+$|(?<=\{s\})以[^{}]+计(?=的)")
"""The unit in a reference; the statements have it, too."""
_NO_MEASURES = frozenset(
    ["number", "integer", "decimal", "index", "identifier", "id", "code", "serial number", "编号", "序号"]
)
"""Names of predicates whose numbers measure nothing: to have a greater one means nothing."""
_UNCLEAR = re.compile(r"^(?:what|when|where|who|the one)\b")


class _Circle(NamedTuple):
    """The facts that can be compared, those of one predicate and unit side by side, in columns of equal length n.

    Attributes:
        rows: int64: rows of facts, those of things of one class next to each other.
        number: float64: what each measures.
        start: int64: where the facts begin that each can be compared with, of the same predicate and unit.
        size: int64: how many there are.
        moment: bool: whether they are moments.
    """

    rows: Numbers
    number: NDArray[np.float64]
    start: Numbers
    size: Numbers
    moment: NDArray[np.bool_]


def compare_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask which of two things has the greater, smaller, later or earlier value, once for each fact.

    The two facts have one predicate and one unit, each subject has one value, and the values differ. Numbers without a unit are
    compared only among things of one class and, if they name a unit, of one unit. The answer names the thing and states both
    facts.
    """
    yield from _rows(facts, wording, options, "compare")


def superlative_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask which of three or four things has the greatest, smallest, latest or earliest value; see `compare_rows`.

    The question names the things: of all things there may be others that the knowledge base does not have.
    """
    yield from _rows(facts, wording, options, "superlative")


def _rows(facts: Facts, wording: Wording, options: Options, form: str) -> Iterator[pa.Table]:
    words = words_of_form(form, wording.language)
    if not words:
        return
    circle = options.once(("circle", wording.language), lambda: _circle(facts, wording, options))
    here = np.flatnonzero(positions(facts.rows, circle.rows) >= 0)
    here = here[np.argsort(circle.rows[here])]
    draw = mix(circle.rows[here].astype(np.uint64) + np.uint64((options.seed << 40) + (len(form) << 36)))
    sizes = np.full(len(here), 2)
    if form == "superlative":
        sizes = np.clip(circle.size[here], 3, 3 + (draw >> np.uint64(8)).astype(np.int64) % 2)
    predicates = wording.kb.columns(circle.rows)[1]
    for size in np.unique(sizes).tolist():
        # Of a circle of just so many, each beginning would give the same.
        fits = (sizes == size) & (
            (circle.size[here] > size) | ((circle.size[here] == size) & (circle.start[here] == here))
        )
        group = here[fits, None] + np.arange(size)
        group = (
            circle.start[here[fits], None] + (group - circle.start[here[fits], None]) % circle.size[here[fits], None]
        )
        least = (draw[fits] & np.uint64(1)).astype(bool)
        number = np.where(least[:, None], -circle.number[group], circle.number[group])
        order = np.argsort(-number, axis=1, kind="stable")
        ranked = np.take_along_axis(number, order, 1)
        apart = ranked[:, 0] > ranked[:, 1]
        options.left_out[f"{form} left out: equal values"] += int((~apart).sum())
        group, order, least = group[apart], order[apart], least[apart]
        named = np.argsort(mix(draw[fits][apart][:, None] ^ group.astype(np.uint64)), axis=1, kind="stable")
        persons = wording.persons(wording.kb.columns()[0][circle.rows[group]]).all(axis=1)
        kind = predicates[group[:, 0]].astype(np.int64) * 8 + persons * 4 + circle.moment[group[:, 0]] * 2 + least
        for code in np.unique(kind).tolist():
            some = np.flatnonzero(kind == code)
            ranks, shown = (circle.rows[np.take_along_axis(group[some], by[some], 1)] for by in (order, named))
            more = words["moment" if code & 2 else "number"][code & 1]
            of_people = any(text.startswith("Whose ") for text in wording.templates(code >> 3, "inverseQuestion"))
            who = "who" if code & 4 or of_people else "which"
            yield from _write(ranks, shown, code >> 3, more, who, words, wording, options, facts, form)


def _write(
    ranks: NDArray[np.int64],
    shown: NDArray[np.int64],
    predicate: int,
    more: str,
    who: str,
    words: dict[str, Any],
    wording: Wording,
    options: Options,
    facts: Facts,
    form: str,
) -> Iterator[pa.Table]:
    """Write rows about facts of one predicate: `ranks` has their rows, the winner's first, `shown` as the question names them."""
    subjects, objects = wording.kb.columns()[0], options.all_objects(wording.kb, facts)
    reference = _reference(wording, predicate)
    names = [wording.phrases(subjects[column]) for column in shown.T]
    winner = wording.labels(subjects[ranks[:, 0]])
    question = _question(reference, who, words)
    if question:
        prompts = compose(question.replace("{more}", more), names=_joined(names, words))
    else:
        head, tail = reference.split("{s}")
        references = [pc.binary_join_element_wise(head, name, tail, "") for name in names]
        prompts = compose(words["refer"].replace("{more}", more), references=_joined(references, words))
        first = wording.phrases(subjects[ranks[:, 0]])
        winner = pc.binary_join_element_wise(head[:1].upper() + head[1:], first, tail, "")
    said: list[Piece] = []
    for number, column in enumerate(ranks.T):
        said += [words["space"]] if number and words["space"] else []
        said.append((say(wording, column, subjects[column], objects[column]), number))
    stop = words["stop"]
    winner = pc.replace_substring_regex(pc.binary_join_element_wise(winner, stop, ""), rf"([.!?。！？]){stop}$", r"\1")
    completions, spans = write("completion", winner, words["space"] or "", *said)
    yield make_rows(
        family="closed-book",
        form=form,
        task="question-answering",
        prompts=prompts,
        completions=completions,
        facts=name_facts(wording.kb, ranks.ravel(), np.full(len(ranks), ranks.shape[1])),
        spans=mark_spans(len(ranks), *spans),
        language=wording.language,
    )


def _question(reference: str, who: str, words: dict[str, Any]) -> str:
    """Return a question for the thing, by a reference to its value; empty if there is none, so that it asks for the value.

    Examples:
        >>> words = words_of_form("compare", "en")
        >>> _question("the number of members of {s}", "which", words), _question("the date when {s} was born", "who", words)
        ('Which has the {more} number of members, {names}?', 'Who was born {more}, {names}?')
        >>> _question("the power that {s} is raised to", "which", words), _question("the day when {s} left", "who", words)
        ('Which is raised to the {more} power, {names}?', '')
    """
    for pattern, asked in words.get("patterns", []):
        if match := re.fullmatch(pattern, reference):
            return str(words[who].replace("{has}", match.expand(asked)))
    return ""


def _joined(columns: list[pa.Array], words: dict[str, Any]) -> pa.Array:
    """Join columns of names; with semicolons where a name holds a comma or an "and"."""
    joined = []
    for comma, last in (("comma", "last"), ("apart", "last-apart")):
        parts = [columns[0]]
        for number, column in enumerate(columns[1:], start=2):
            parts += [pa.scalar(words.get(last if number == len(columns) else comma, words["last"])), column]
        joined.append(pc.binary_join_element_wise(*parts, ""))
    if len(columns) == 2:
        return joined[0]
    marks = [pc.match_substring(column, words[mark]) for column in columns for mark in ("comma", "last")]
    return pc.if_else(reduce(pc.or_, marks), joined[1], joined[0])


def _reference(wording: Wording, predicate: int) -> str:
    """Return how to refer to the value of a predicate ("the area of {s}"); empty if there is no clear way."""
    references = definite(in_sentences(wording.templates(predicate, "reference"), wording.language), wording.language)
    return next((_IN_UNITS.sub("", text) for text in references if not _UNCLEAR.search(text)), "")


def _circle(facts: Facts, wording: Wording, options: Options) -> _Circle:
    """Find the facts that can be compared: measured, of a subject with one value, in words."""
    kb, given = wording.kb, options.all_facts(facts)
    terms = wording.written
    used = np.unique(given.objects)
    read = measures(terms["value"].take(pa.array(used)), terms["datatype"].take(pa.array(used)))
    number, unit = np.full(kb.terms.num_rows, np.nan), np.full(kb.terms.num_rows, -1, np.int64)
    units = read.unit.dictionary_encode()
    number[used], unit[used] = read.number, units.indices.to_numpy()
    measured = ~np.isnan(number[given.objects])
    known = options.asked(wording, "question", facts)
    single = known.answers[known.question[given.rows]] == 1
    options.left_out["facts not compared: several values"] += int((measured & ~single).sum())
    measured &= single
    named = np.unique(given.predicates[measured])
    clear = [
        wording.predicate_name(p).lower().removeprefix("has ") not in _NO_MEASURES
        and bool(_reference(wording, p) and plain_templates(wording, p))
        for p in named.tolist()
    ]
    measured &= np.isin(given.predicates, named[np.array(clear, bool)])
    places = np.flatnonzero(measured)
    places = places[is_short(wording.labels(given.subjects[places]))]
    told = _told(wording.labels(given.subjects[places]), wording.labels(given.objects[places]))
    options.left_out["facts not compared: the name tells the value"] += int(told.sum())
    places = places[~told]
    subjects, predicates, objects = given.subjects[places], given.predicates[places], given.objects[places]
    # Of things of one name the question asks once.
    names = wording.labels(subjects).dictionary_encode().indices.to_numpy()
    first = np.sort(np.unique(np.stack([predicates.astype(np.int64), names]), axis=1, return_index=True)[1])
    places, subjects, predicates, objects = places[first], subjects[first], predicates[first], objects[first]
    kind = _kinds(wording)[subjects]
    order = np.lexsort((mix(subjects.astype(np.uint64)), kind, unit[objects], predicates))
    subjects, predicates, objects, kind = subjects[order], predicates[order], objects[order], kind[order]
    bare = unit[objects] == pc.index(units.dictionary, NUMBER).as_py()
    start, size = runs(
        np.unique(
            np.stack([predicates, unit[objects], np.where(bare, kind, -1)]).astype(np.int64),
            axis=1,
            return_inverse=True,
        )[1].ravel()
    )
    moments = pc.starts_with(units.dictionary, MOMENT).to_numpy(zero_copy_only=False)
    moment = moments[unit[objects]] if len(objects) else np.zeros(0, bool)
    return _Circle(given.rows[places[order]], number[objects], np.repeat(start, size), np.repeat(size, size), moment)


def _told(names: pa.Array, values: pa.Array) -> NDArray[np.bool_]:
    """Mask the things whose names hold their values.

    Examples:
        >>> _told(pa.array(["5day", "1000mya", "15 days", "Togo"]), pa.array(["5", "1,000", "5", "5"])).tolist()
        [True, True, False, False]
    """
    plain = pc.replace_substring(values, ",", "").to_pylist()
    told = [
        value in name and re.search(rf"(?<!\d){re.escape(value)}(?!\d)", name) is not None
        for name, value in zip(names.to_pylist(), plain, strict=True)
    ]
    return np.array(told, bool)


def _kinds(wording: Wording) -> Numbers:
    """Number the kinds of all terms, of which numbers can be compared: those of one class, with one unit.

    What a node without a name is the value of stands for its class.
    """
    kb = wording.kb
    kind, unit = class_of_terms(kb), np.full(kb.terms.num_rows, -1, np.int64)
    subjects, predicates, objects = kb.columns()
    of_node = is_kind(kb.terms, "blank")[objects]
    kind[objects[of_node]] = kb.terms.num_rows + predicates[of_node].astype(np.int64)
    used = np.unique(predicates)
    of_unit = [wording.predicate_name(predicate).split(" ")[-1] == "unit" for predicate in used.tolist()]
    has_unit = np.isin(predicates, used[np.array(of_unit, bool)]) & is_kind(kb.terms, "iri")[objects]
    unit[subjects[has_unit]] = objects[has_unit]
    return np.asarray(np.unique(np.stack([kind, unit]), axis=1, return_inverse=True)[1].ravel(), np.int64)
