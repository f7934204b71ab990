"""Inferred facts → their premises, then the conclusion, as sentences.

`inherit` has what members of a class, and the classes below it, have from it; `rule` has the other rules of inference, each
with the rule in words; `why` asks for the reasons.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import expand, grouped, mix, pair_keys, positions
from kaug.augmentation.forms.words import words_of_form
from kaug.augmentation.rows import Facts, Options, make_rows, mark_spans, name_facts, write
from kaug.wording.saying import Piece, inside, pieces, plain_templates, say
from kaug.wording.wording import Manner, Wording
from kaug.words.terms import CLASS_OF, is_kind

__all__ = ["inherit_rows", "rule_rows", "why_rows"]

_INHERIT = ("cax-sco", "scm-sco")
_READ = ("some-values-from", "has-value")
_NO_STEPS = ("eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o", *_READ)
"""The rules whose conclusions say the same in other names, or rest on axioms only."""

_EACH = 3
"""The facts of a class that a member is told to inherit, at most."""

_SAYS_NOTHING = re.compile(r"\{s\} (?:has a relation(?:ship)?|is related) to \{o\}\.")
"""What is above all other predicates: that two things have to do with each other follows from anything."""

_NAMES = ("X", "Y", "Z", "V", "W")


Rows = NDArray[np.int64]


class _Steps(NamedTuple):
    """Steps of reasoning with k premises, in columns of equal length n.

    Attributes:
        premises: int64 (k, n): rows of facts.
        conclusion: int64 (n,): the row of the fact that follows; of an inherited fact, the row of the one that the class has.
        subjects: uint32 (n,): the subject of the conclusion.
        rule: Strings (n,): the rule in words, and a space; empty where the premises say it.
        known: Whether the conclusion is a fact of the knowledge base.
    """

    premises: NDArray[np.int64]
    conclusion: NDArray[np.int64]
    subjects: NDArray[np.uint32]
    rule: pa.Array
    known: bool


def inherit_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """State what something is, what its class has or is, and so what it has or is itself.

    Members and lower classes are what the classes above are (the conclusions of the rules `cax-sco` and `scm-sco`), and have what
    an axiom says of all members of a class (`some-values-from`, `has-value`): at most three facts of each class.
    """
    for steps in (*_recorded(facts, wording, options, inherit=True), *_inherited(facts, wording, options)):
        yield from _write(steps, wording, options, facts, "inherit")


def rule_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """State the premises of an inferred fact, the rule in words, and the fact.

    These are the rules of inverse, symmetric and transitive properties, subproperties, property chains, domains, ranges and the
    like.
    """
    for steps in _recorded(facts, wording, options, inherit=False):
        yield from _write(steps, wording, options, facts, "rule")


def why_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask why an inferred fact is so; the answer is as in the forms `inherit` and `rule`."""
    for steps in (
        *_recorded(facts, wording, options, inherit=True),
        *_inherited(facts, wording, options),
        *_recorded(facts, wording, options, inherit=False),
    ):
        yield from _write(steps, wording, options, facts, "why")


def _recorded(facts: Facts, wording: Wording, options: Options, *, inherit: bool) -> Iterator[_Steps]:
    """Group the facts that rules inferred from facts, all of which rows may state, by the shape of the step."""
    kb, given = wording.kb, options.all_facts(facts)
    rules = kb.facts["rule"].take(pa.array(facts.rows)).cast(pa.string()).combine_chunks()
    wanted = pc.is_in(rules, pa.array(_INHERIT if inherit else [*_INHERIT, *_NO_STEPS]))
    chosen = wanted if inherit else pc.and_not(rules.is_valid(), wanted)
    rows = facts.rows[chosen.to_numpy(zero_copy_only=False)]
    if not len(rows):
        return
    of_facts, of_axioms = options.once(
        ("ids", wording.language), lambda: [_ids(table) for table in (kb.facts, kb.axioms)]
    )
    premises = kb.facts["premises"].take(pa.array(rows)).combine_chunks()
    of = np.repeat(np.arange(len(rows)), pc.list_value_length(premises).to_numpy(zero_copy_only=False))
    row = of_facts(premises.flatten())
    clear = ~_mixed(wording, rows, of, row)
    used = clear[of]
    rows, row, premises = rows[clear], row[used], premises.filter(pa.array(clear))
    of = (np.cumsum(clear) - 1)[of[used]]
    axioms = of_axioms(premises.flatten())
    ends = [(of[axioms >= 0], kb.axioms[end].to_numpy()[axioms[axioms >= 0]]) for end in ("subject", "object")]
    constants = np.unique(np.concatenate([pair_keys(*pair) for pair in ends]))
    allowed = (row < 0) | (positions(given.rows, row) >= 0)
    whole = np.bincount(of[allowed], minlength=len(rows)) == np.bincount(of, minlength=len(rows))
    of, row = of[row >= 0], row[row >= 0]
    count = np.bincount(of, minlength=len(rows))
    subjects = kb.columns()[0]
    for size in np.unique(count[whole & (count > inherit)]).tolist():
        some = np.flatnonzero(whole & (count == size))
        steps, conclusions = row[np.isin(of, some)].reshape(-1, size).T, rows[some]
        said = pa.repeat("", len(some)) if inherit else _rules(wording, steps, conclusions, some, constants)
        known = pa.array(np.flatnonzero(said.is_valid().to_numpy(zero_copy_only=False)))
        yield _Steps(steps[:, known], conclusions[known], subjects[conclusions[known]], said.take(known), True)


def _mixed(wording: Wording, rows: Rows, of: Rows, premise: Rows) -> NDArray[np.bool_]:
    """Mask the literals that a thing has of one predicate by what it has of several below it: what they say is lost.

    That a country's area and the year of its census are "statistics" of it is no knowledge of either.

    Args:
        wording: The wording.
        rows: int64 (n,): rows of inferred facts.
        of: int64 (m,): the place in `rows` of each premise.
        premise: int64 (m,): the row of each premise; -1 for an axiom.
    """
    subjects, predicates, objects = wording.kb.columns(rows)
    own, below = of[premise >= 0], wording.kb.columns(premise[premise >= 0])[1]
    value = grouped(subjects, predicates)
    pairs = grouped(value.numbers[own], below)
    several = np.bincount(value.numbers[own][pairs.heads], minlength=len(value.sizes)) > 1
    mixed = several[value.numbers] & is_kind(wording.kb.terms, "literal")[objects]
    found = -1
    while found < (found := int(mixed.sum())):  # and what follows from it
        mixed[of[np.isin(premise, rows[mixed])]] = True
    return np.asarray(mixed)


def _rules(wording: Wording, steps: Rows, conclusions: Rows, numbers: Rows, constants: NDArray[np.uint64]) -> pa.Array:
    """Write the rule of each step in words; null where a fact is said in records only, or says nothing."""
    rows = np.vstack([steps, conclusions])
    shape, predicates = _shape(wording, rows, numbers, constants), wording.kb.columns()[1][rows]
    several = np.stack([wording.several(some) for some in rows])
    alike = grouped(*predicates, *shape, *several)
    texts = [_in_words(wording, rows[:, place], shape[:, place]) for place in alike.heads.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(alike.numbers))


def _ids(table: pa.Table) -> Callable[[pa.Array], Rows]:
    ids = table["fact"].combine_chunks()

    def find(wanted: pa.Array) -> Rows:
        return np.asarray(pc.fill_null(pc.index_in(wanted, ids), -1).to_numpy(zero_copy_only=False), np.int64)

    return find


def _shape(wording: Wording, rows: Rows, numbers: Rows, constants: NDArray[np.uint64]) -> Rows:
    """Say of each end of each fact which variable of the rule it is, by the first place of its term; -1 less the term if none.

    No variables are what an axiom of the step names, as the value of a restriction, what only the conclusion names, and the class
    that a thing is said to be of.

    Args:
        wording: The wording.
        rows: int64 (k + 1, n): rows of the premises and of the conclusion of each step.
        numbers: int64 (n,): the number of each step.
        constants: uint64: keys of the number of a step and a term of its axioms, sorted.
    """
    subjects, predicates, objects = (column[rows] for column in wording.kb.columns())
    ends = np.stack([subjects, objects], axis=1).reshape(2 * len(rows), -1).astype(np.int64)
    first = np.argmax(ends[:, None, :] == ends[None, :, :], axis=1)
    iris = wording.kb.terms["value"].take(pa.array(predicates.ravel()))
    of_class = pc.is_in(iris, pa.array(sorted(CLASS_OF))).to_numpy(zero_copy_only=False).reshape(predicates.shape)
    fixed = np.zeros(ends.shape, bool)
    fixed[1::2] = of_class
    fixed[-2:] |= first[-2:] >= len(ends) - 2
    fixed |= (
        positions(constants, pair_keys(np.broadcast_to(numbers, ends.shape), ends).ravel()).reshape(ends.shape) >= 0
    )
    return np.where(fixed, -1 - ends, first)


def _in_words(wording: Wording, rows: NDArray[np.int64], shape: NDArray[np.int64]) -> str | None:
    """Write a rule by the facts of one step: "If X borders Y, then Y borders X. "; None if they are said in records only."""
    words = words_of_form("reason", wording.language)
    names: dict[int, str] = {}
    for place in shape.tolist():
        if place >= 0:
            names.setdefault(place, _NAMES[min(len(names), len(_NAMES) - 1)])
        else:
            names[place] = wording.phrases(np.array([-1 - place]))[0].as_py()
    said = []
    several = wording.several(rows).tolist()
    for number, predicate in enumerate(wording.kb.columns(rows)[1].tolist()):
        templates = plain_templates(wording, predicate, Manner(several[number]))
        if not templates or _SAYS_NOTHING.fullmatch(templates[0]):
            return None
        subject, value = (names[place] for place in shape[2 * number : 2 * number + 2].tolist())
        text = inside(templates[0]).removesuffix(".").removesuffix("。")
        said.append(text.replace("{s}", subject).replace("{o}", value))
    if not words:
        return None
    rule: str = words["rule"].format(premises=words["and"].join(said[:-1]), conclusion=said[-1])
    return rule + str(words["space"])


def _inherited(facts: Facts, wording: Wording, options: Options) -> Iterator[_Steps]:
    """Pair each fact that says the class of something with facts that an axiom says of all members of that class."""
    kb, given = wording.kb, options.all_facts(facts)
    read = options.once(("read", wording.language), lambda: _read_rows(wording, given))
    of_class = pc.is_in(kb.terms["value"].take(pa.array(facts.predicates)), pa.array(sorted(CLASS_OF)))
    below = facts.rows[of_class.to_numpy(zero_copy_only=False)]
    if not len(below) or not len(read):
        return
    subjects, predicates, objects = kb.columns()
    low, high = (np.searchsorted(subjects[read], objects[below], side) for side in ("left", "right"))
    turn, step = expand(np.zeros(len(below), np.int64), np.minimum(high - low, _EACH))
    start = mix(below.astype(np.uint64) + np.uint64(options.seed << 32))[turn] % (high - low)[turn].astype(np.uint64)
    has = read[low[turn] + (start.astype(np.int64) + step) % (high - low)[turn]]
    member = below[turn]
    if not len(member):
        return
    key = mix(pair_keys(subjects[member], objects[has])) ^ mix(predicates[has].astype(np.uint64) + np.uint64(1))
    known = options.once(
        ("triples", wording.language),
        lambda: np.sort(mix(pair_keys(subjects, objects)) ^ mix(predicates + np.uint64(1))),
    )
    new = (positions(known, key) < 0) & (subjects[member] != objects[has]) & ~_says_itself(wording, has)
    premises = np.stack([member, has])[:, new]
    none = pa.repeat("", premises.shape[1])
    yield _Steps(premises, premises[1], subjects[premises[0]], none, False)


def _says_itself(wording: Wording, rows: Rows) -> NDArray[np.bool_]:
    """Mask the facts whose object is named as their predicate: "The counterparty of a contract is a counterparty."."""
    _, predicates, objects = wording.kb.columns(rows)
    used, of = np.unique(predicates, return_inverse=True)
    names = pa.array([wording.predicate_name(p).removeprefix("has ") for p in used.tolist()], pa.string())
    same = pc.equal(pc.utf8_lower(names.take(pa.array(of))), pc.utf8_lower(wording.labels(objects)))
    return np.asarray(same.to_numpy(zero_copy_only=False), bool)


def _read_rows(wording: Wording, given: Facts) -> NDArray[np.int64]:
    rules = wording.kb.facts["rule"].take(pa.array(given.rows)).cast(pa.string())
    read: NDArray[np.int64] = given.rows[pc.is_in(rules, pa.array(_READ)).to_numpy(zero_copy_only=False)]
    return read


def _write(steps: _Steps, wording: Wording, options: Options, facts: Facts, form: str) -> Iterator[pa.Table]:
    words = words_of_form("reason", wording.language)
    if not words or not len(steps.conclusion):
        return
    objects = options.all_objects(wording.kb, facts)
    subjects = wording.kb.columns()[0]
    said = [say(wording, rows, subjects[rows], objects[rows]) for rows in steps.premises]
    rows = steps.conclusion
    so = say(wording, rows, steps.subjects, objects[rows], before=words["so"])
    bare = say(wording, rows, steps.subjects, objects[rows])
    itself = steps.known & (steps.subjects == objects[rows])
    kept = ~itself & np.logical_and.reduce([text.is_valid().to_numpy(zero_copy_only=False) for text in (*said, so)])
    for text in said:
        kept &= pc.fill_null(pc.not_equal(text, bare), False).to_numpy(zero_copy_only=False)
    for one in range(1, len(said)):
        kept &= pc.fill_null(pc.not_equal(said[one], said[one - 1]), False).to_numpy(zero_copy_only=False)
    options.left_out["steps of reasoning left out: two of their sentences are one, or none"] += int((~kept).sum())
    places = pa.array(np.flatnonzero(kept))
    if not len(places):
        return
    space, shift = words["space"], int(steps.known)
    parts: list[Piece] = []
    for number, text in enumerate(said):
        parts += [(text.take(places), number + shift), space]
    parts += [steps.rule.take(places)]
    parts += [(so.take(places), 0) if steps.known else so.take(places)]
    completions, spans = write("completion", *(part for part in parts if not isinstance(part, str) or part))
    named = steps.premises[:, kept] if not steps.known else np.vstack([rows, steps.premises])[:, kept]
    prompts = None
    if form == "why":
        asked = bare.take(places)
        prompts, more = write("prompt", *pieces(words["why"], conclusion=(asked, 0) if steps.known else asked))
        spans += more
    yield make_rows(
        family="closed-book",
        form=form,
        task="language-modelling" if prompts is None else "question-answering",
        prompts=prompts,
        completions=completions,
        facts=name_facts(wording.kb, named.T.ravel(), np.full(len(places), len(named))),
        spans=mark_spans(len(places), *spans),
        language=wording.language,
    )
