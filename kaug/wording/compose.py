"""Facts in columns → paths over them: chains of two or three steps, and stars of two or three conditions that a few things meet.

Nothing here is quadratic in a hub: the facts that meet in an entity are drawn before they are joined, so that each is in a few
paths, whatever it meets.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, grouped, mix, pair_keys, positions, rank_in_group, runs, unpair
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.answers import MEASURED, Asked, identifying
from kaug.wording.conditions import read_condition
from kaug.wording.steps import StepWords, step_words
from kaug.wording.wording import Wording

__all__ = [
    "OFTEN",
    "Chains",
    "Followed",
    "Graph",
    "Hops",
    "Patterns",
    "Stars",
    "draw_chains",
    "draw_stars",
    "follow",
    "follow_stars",
    "is_short",
    "leads_back",
    "make_graph",
    "meet",
    "mine",
]

_PAIRS = 3
"""A fan is the first of at most so many chains of two steps, and the second of so many."""

_LONGER = 2
"""A fan is the first of at most so many chains of three steps, and the third of so many."""

_WITNESSES = 4
"""So many chains of each pattern are drawn beside these, so that rare patterns are asked too. A fan is the first of at most so
many of these, and the second of at most twice as many."""

_MOST_FACTS = 8
"""A question rests on at most so many facts: more would be hard to follow."""

_CIRCLE = ((0, 1), (0, 1, 2), (0, 1, 3), (0, 2, 4))
"""Of the facts that meet in a thing, in a circle, each is a condition with those that come so many places after it."""

_MOST_MEMBERS = 64
"""All conditions but one are met by at most so many things each."""

OFTEN = 1 / 4
"""A pattern of which so many chains lead back to where they began does so by its meaning."""

_CHUNK = 1 << 16
"""Pairs are joined so many at a time."""

_LONG = r"^\s*\S+(\s+\S+){16}"
"""A text of more than 16 words: no name, and no reference that anybody could read."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Graph:
    """The facts of a knowledge base as fans: all that one step leads to from one term.

    A step is 2·p for the predicate p of `predicates` from subject to object, 2·p + 1 for the way back.

    Attributes:
        predicates: uint32 (p,): terms.
        words: How each step is said.
        named: uint32 (fans,): the term that each fan starts from, ascending.
        step: int64 (fans,): its step; ascending for one term.
        starts: int64 (fans,): where its facts begin in `rows`.
        sizes: int64 (fans,): the number of its facts.
        rows: int64 (2·facts,): rows of facts, by fan.
        values: uint32 (2·facts,): the ends that they lead to, ascending in each fan.
        alone: bool (fans,): whether the words that ask for the fan ask for nothing else.
        whole: bool (fans,): `alone`, with a few facts, which may all be stated.
        stated: bool (2·facts,): whether the fact may be stated.
        thing: bool (terms,): whether a term is no literal, so that a path may go through it.
        name: bool (terms,): whether a term can be named in a question: no long text, no list, no blank node.
        place: bool (terms,): whether one may ask for things by a term, as a value: no number or date.
        identifies: bool (steps,): whether a step back leads to what its value identifies, or the lexicon tells it as a deed.
    """

    predicates: NDArray[np.uint32]
    words: StepWords
    named: NDArray[np.uint32]
    step: Numbers
    starts: Numbers
    sizes: Numbers
    rows: Numbers
    values: NDArray[np.uint32]
    alone: Mask
    whole: Mask
    stated: Mask
    thing: Mask
    name: Mask
    place: Mask
    identifies: Mask

    @cached_property
    def keys(self) -> NDArray[np.uint64]:
        """The named term and the step of each fan in one number, ascending."""
        return pair_keys(self.named, self.step)

    @cached_property
    def members(self) -> NDArray[np.uint64]:
        """The fan and the value of each of its facts in one number, ascending."""
        return pair_keys(np.repeat(np.arange(len(self.sizes)), self.sizes), self.values)

    def drawn(self, fans: Numbers, seed: int) -> NDArray[np.uint64]:
        """Draw a number for each fan, by its first fact and its way."""
        number = 2 * self.rows[self.starts[fans]] + (self.step[fans] & 1)
        return mix(number.astype(np.uint64) + mix(np.array([seed], np.uint64)))

    def refers(self, fans: Numbers) -> Mask:
        """Mask the fans that can be referred to, as a part of a question."""
        step, several = self.step[fans], (self.sizes[fans] > 1).astype(np.int64)
        told = self.words.reference != ""
        return np.asarray(told[step, several, 0] & self.identifies[step], bool)

    def asks(self, fans: Numbers) -> Mask:
        """Mask the fans that a question can ask for."""
        told = (self.words.question != "").any(axis=(1, 2, 3))
        return np.asarray(told[self.step[fans]], bool)


class Chains(NamedTuple):
    """Chains of steps, in columns of equal length n.

    Attributes:
        first: int64: the fan of the first step, whose named end the question names.
        second: int64: the step after it.
        third: int64: the step after that, -1 in chains of two.
    """

    first: Numbers
    second: Numbers
    third: Numbers

    def take(self, index: Numbers | Mask | slice) -> "Chains":
        """Return some chains."""
        return Chains(*(column[index] for column in self))


class Stars(NamedTuple):
    """Steps back that meet in a few things, in columns of equal length n: the fan of each.

    Attributes:
        one: int64.
        two: int64.
        three: int64: -1 in stars of two.
    """

    one: Numbers
    two: Numbers
    three: Numbers

    def take(self, index: Numbers | Mask | slice) -> "Stars":
        """Return some stars."""
        return Stars(*(column[index] for column in self))


class Hops(NamedTuple):
    """The facts of paths, in columns of equal length k, by path, then by step.

    Attributes:
        path: int64: the path.
        step: int64: the number of the step: 0, 1 or 2.
        row: int64: the fact's row.
        end: uint32: the term that the fact leads to.
        back: bool: whether it leads from object to subject.
    """

    path: Numbers
    step: Numbers
    row: Numbers
    end: NDArray[np.uint32]
    back: Mask

    def take(self, index: Numbers | Mask) -> "Hops":
        """Return some facts."""
        return Hops(*(column[index] for column in self))  # type: ignore[arg-type]


def is_short(names: pa.Array) -> Mask:
    """Mask the names that a question or its answer can hold, of at most 16 words."""
    return np.asarray(pc.invert(pc.match_substring_regex(names, _LONG)).to_numpy(zero_copy_only=False), bool)


def make_graph(
    wording: Wording,
    rows: Numbers,
    objects: NDArray[np.uint32],
    most: int,
    forward: Asked,
    back: Asked,
    *,
    exam: bool = False,
) -> Graph:
    """Make the fans of a knowledge base.

    Args:
        wording: The wording of its facts.
        rows: int64: rows of the facts that may be stated.
        objects: uint32 (facts,): the object of every fact, which is not the true one in the shuffled arm.
        most: The maximum number of facts of a whole fan.
        forward: All facts by the question that asks for their object.
        back: All facts by the question that asks for their subject.
        exam: Whether the exam asks, rather than training rows.
    """
    kb = wording.kb
    subjects, terms, _ = kb.columns()
    predicates, index = np.unique(terms, return_inverse=True)
    words = step_words(wording, predicates, *(("exam", "inverseExam") if exam else ("question", "inverseQuestion")))
    count = len(subjects)
    named, values = np.concatenate([subjects, objects]), np.concatenate([objects, subjects])
    step = np.concatenate([2 * index, 2 * index + 1]).astype(np.int64)
    order = np.lexsort((values, step, named))
    row = np.tile(np.arange(count), 2)[order]
    named, values, step = named[order], values[order], step[order]
    starts, sizes = runs(pair_keys(named, step))
    stated, alone = (
        np.zeros(count, bool),
        np.concatenate([_alone(forward, subjects, terms), _alone(back, objects, terms)]),
    )
    stated[rows] = True
    names = _names(wording)
    identified = np.repeat(np.isin(predicates, identifying(kb)), 2) | words.deed
    identified[::2] = True
    ends = named[starts]
    thing, place = _kinds(kb)
    fan_alone = np.logical_and.reduceat(alone[order], starts) if count else np.zeros(0, bool)
    fan_stated = np.logical_and.reduceat(stated[row] & names[values], starts) if count else np.zeros(0, bool)
    return Graph(
        predicates, words, ends, step[starts], starts, sizes, row, values, fan_alone, fan_alone & fan_stated & (sizes <= most),
        stated[row], thing, names, place, identified,
    )  # fmt: skip


def _alone(known: Asked, named: NDArray[np.uint32], predicates: NDArray[np.uint32]) -> Mask:
    """Mask the facts whose question asks for facts of one thing and one predicate only, and knows all answers."""
    heads, question = known.facts.heads, known.question
    alone = ~known.more
    for column in (named, predicates):
        others = np.bincount(question, column != column[heads][question], minlength=len(heads))
        alone = alone & (others == 0)
    return np.asarray(alone[question], bool)


def _names(wording: Wording) -> Mask:
    kb = wording.kb
    used = np.unique(np.concatenate(kb.columns()[::2])).astype(np.int64)
    kind = kb.terms["kind"].cast(pa.string()).take(pa.array(used))
    short = is_short(wording.phrases(used)) & ~wording.lists(used.astype(np.uint32))
    mask = np.zeros(kb.terms.num_rows, bool)
    mask[used] = short & pc.not_equal(kind, "blank").to_numpy(zero_copy_only=False)
    return mask


def _kinds(kb: KnowledgeBase) -> tuple[Mask, Mask]:
    """Mask the terms that are no literals, and those that are no numbers or dates."""
    thing = pc.not_equal(kb.terms["kind"].cast(pa.string()), "literal").to_numpy()
    measured = pc.match_substring_regex(kb.terms["value"], MEASURED).to_numpy()
    return thing, thing | ~measured


def draw_chains(graph: Graph, seed: int, *, longer: bool = True) -> Chains:
    """Draw chains of two and three steps.

    Chains of two steps are drawn twice: a few for each first fan, and a few of each pattern, so that rare patterns are asked too.
    Their facts meet in one member of the first fan, the one with the most facts: so a hub counts wherever it is met.

    Returns:
        The chains, sorted by first fan; some lead nowhere, or back: see `follow`.
    """
    firsts, seconds, lead, draws = _ends(graph, seed)
    drawn = meet(lead, draws[0], graph.named[seconds], draws[1], _PAIRS)
    rare = mine(graph, seed)
    few = _at_most(rare.one, _WITNESSES) & _at_most(rare.two, 2 * _WITNESSES)
    one, two = np.append(firsts[drawn[0]], rare.one[few]), np.append(seconds[drawn[1]], rare.two[few])
    once = np.unique(pair_keys(one, graph.step[two]), return_index=True)[1]
    one, two = one[once], two[once]
    chains = Chains(one, graph.step[two], np.full(len(one), -1))
    if not longer or not len(one):
        return chains
    several = [(graph.sizes[fans] > 1).astype(np.int64) for fans in (one, two)]
    end = _lead(graph, two)
    told = (graph.words.reference[graph.step[two], several[1], several[0]] != "") & np.isin(end, graph.named[seconds])
    draw = mix(graph.drawn(one, seed) + graph.drawn(two, seed))
    order = np.lexsort((draw, one))
    order = order[told[order].astype(bool)]
    order = order[rank_in_group(one[order]) < _LONGER]
    on, third = meet(end[order], draw[order], graph.named[seconds], draws[1], _LONGER)
    on, third = order[on], graph.step[seconds[third]]
    new = third != graph.step[two[on]] ^ 1
    longer_ones = Chains(one[on], graph.step[two[on]], third).take(new)
    both = Chains(*(np.concatenate(columns) for columns in zip(chains, longer_ones, strict=True)))
    return both.take(np.argsort(both.first, kind="stable"))


def _ends(graph: Graph, seed: int) -> tuple[Numbers, Numbers, NDArray[np.uint32], list[NDArray[np.uint64]]]:
    """Return the fans that may be the first of a chain, and those that may follow, where the first ones lead, and draws."""
    whole = np.flatnonzero(graph.whole)
    back = (graph.step[whole] & 1).astype(bool)
    known = graph.name[graph.named[whole]] & (~back | graph.place[graph.named[whole]])
    firsts = whole[known & graph.refers(whole)]
    seconds = whole[graph.thing[graph.named[whole]] & graph.asks(whole) & graph.identifies[graph.step[whole]]]
    return firsts, seconds, _lead(graph, firsts), [graph.drawn(fans, seed) for fans in (firsts, seconds)]


def _at_most(keys: Numbers, most: int) -> Mask:
    """Mask the first `most` of equal keys, from the last to the first, so that rare patterns come first."""
    order = np.argsort(keys[::-1], kind="stable")
    few = np.zeros(len(keys), bool)
    few[order[rank_in_group(keys[::-1][order]) < most]] = True
    return np.asarray(few[::-1], bool)


def _returns(graph: Graph, one: Numbers, two: Numbers) -> Mask:
    """Mask the chains whose second fan leads back to where they began, or where it begins, and nowhere else."""
    end = graph.values[graph.starts[two]]
    back: Mask = (graph.sizes[two] == 1) & ((end == graph.named[one]) | (end == graph.named[two]))
    return back


def _lead(graph: Graph, fans: Numbers) -> NDArray[np.uint32]:
    """Return the member of each fan with the most facts."""
    if not len(fans):
        return np.zeros(0, np.uint32)
    degree = np.bincount(graph.named, graph.sizes, minlength=len(graph.thing)).astype(np.int64)
    _, place = expand(graph.starts[fans], graph.starts[fans] + graph.sizes[fans])
    members = pair_keys(degree[graph.values[place]], graph.values[place])
    best = np.maximum.reduceat(members, np.cumsum(graph.sizes[fans]) - graph.sizes[fans])
    return unpair(best)[1].astype(np.uint32)


def meet(
    left: NDArray[np.uint32],
    left_draw: NDArray[np.uint64],
    right: NDArray[np.uint32],
    right_draw: NDArray[np.uint64],
    most: int,
) -> tuple[Numbers, Numbers]:
    """Pair equal keys so that each is in at most `most` pairs: in a circle of both, each takes those that come next.

    Args:
        left: uint32 (m,): keys.
        left_draw: uint64 (m,): their order in the circle.
        right: uint32 (n,): keys.
        right_draw: uint64 (n,): their order.
        most: The maximum number of pairs of a key's place.

    Returns:
        int64 (k,) and int64 (k,): positions in both.

    Examples:
        >>> left, draw = np.zeros(1000, np.uint32), np.arange(1000, dtype=np.uint64)
        >>> one, two = meet(left, draw, left[:10], draw[:10], 3)
        >>> len(one), np.bincount(two).tolist()
        (30, [3, 3, 3, 3, 3, 3, 3, 3, 3, 3])
    """
    left_order, right_order = np.lexsort((left_draw, left)), np.lexsort((right_draw, right))
    starts, sizes = runs(right[right_order])
    at = positions(right[right_order][starts], left[left_order])
    left_order, at = left_order[at >= 0], at[at >= 0]
    circle = np.maximum(sizes[at], np.bincount(at, minlength=len(sizes))[at])
    index, turn = expand(np.zeros(len(at), np.int64), np.minimum(circle, most))
    place = (rank_in_group(at)[index] + turn) % circle[index]
    index, place = index[place < sizes[at[index]]], place[place < sizes[at[index]]]
    return left_order[index], right_order[starts[at[index]] + place]


class Patterns(NamedTuple):
    """The patterns of chains of two steps: the steps and the number of chains of each (p,); and a few of its chains (w,).

    `one` and `two` are the fans of the first step, and of the second from the member where they meet.
    """

    first: Numbers
    second: Numbers
    chains: Numbers
    one: Numbers
    two: Numbers


def mine(graph: Graph, seed: int) -> Patterns:
    """Count the chains of each pattern, and draw a few of each; the most frequent patterns come first.

    Chains are counted by their first step and the member where they meet, never one by one; those that meet in several members
    count as often.
    """
    firsts, seconds, _, (draw, other) = _ends(graph, seed)
    steps = np.int64(2 * len(graph.predicates))
    member, place = expand(graph.starts[firsts], graph.starts[firsts] + graph.sizes[firsts])
    end, step = graph.values[place], graph.step[firsts[member]]
    order = np.lexsort((draw[member], step, end))
    key = pair_keys(end[order], step[order])
    rank = rank_in_group(key)
    sizes = runs(key)[1]
    counted = np.where(rank == 0, np.repeat(sizes, sizes), 0)
    few = rank < _WITNESSES
    heads, counted = order[few], counted[few]
    low, high = (np.searchsorted(graph.named[seconds], end[heads], side) for side in ("left", "right"))
    ends = np.cumsum(high - low)
    cuts = np.searchsorted(ends, np.arange(_CHUNK, ends[-1] if len(ends) else 0, _CHUNK))
    total, found = np.zeros((2, 0), np.int64), np.zeros((4, 0), np.uint64)
    for part in np.split(np.arange(len(heads)), np.unique(cuts)):
        index, two = expand(low[part], high[part])
        index = part[index]
        one = member[heads[index]]
        pattern = graph.step[firsts[one]] * steps + graph.step[seconds[two]]
        total = _sum(np.concatenate([total, [pattern, counted[index]]], axis=1))
        new = np.stack(
            [pattern.astype(np.uint64), mix(draw[one] ^ other[two]), one.astype(np.uint64), two.astype(np.uint64)]
        )
        found = np.concatenate([found, new[:, ~_returns(graph, firsts[one], seconds[two])]], axis=1)
        found = found[:, np.lexsort(found[1::-1])]  # by pattern, then by draw
        found = found[:, rank_in_group(found[0]) < _WITNESSES]
    by_count = np.argsort(-total[1], kind="stable")
    pattern, one, two = (found[row].astype(np.int64) for row in (0, 2, 3))
    place = np.argsort(by_count)[np.searchsorted(total[0], pattern)]
    order = np.argsort(place, kind="stable")
    pattern, count = total[:, by_count]
    return Patterns(pattern // steps, pattern % steps, count, firsts[one[order]], seconds[two[order]])


def _sum(counts: Numbers) -> Numbers:
    keys, index = np.unique(counts[0], return_inverse=True)
    return np.stack([keys, np.bincount(index, counts[1], minlength=len(keys)).astype(np.int64)])


class Followed(NamedTuple):
    """What chains lead to.

    Attributes:
        good: bool (n,): the chains that can be asked.
        partial: bool (n,): whether something on the way lacks its step.
        again: bool (n,): whether the chain comes back to where it began.
        hops: The facts of the good chains, which are numbered anew.
    """

    good: Mask
    partial: Mask
    again: Mask
    hops: Hops


def follow(graph: Graph, chains: Chains, most: int) -> Followed:
    """Follow chains to their answers: the facts of each step, from all that the step before leads to.

    A chain is not good if it leads nowhere, or to nothing new; if a step is no whole fan; if it comes back to what it has been to
    before its last step; if it rests on more than eight facts, or leads to more than `most` ends. An end at which the chain began
    is no answer.
    """
    count, start = len(chains.first), graph.named[chains.first]
    good, partial = np.ones(count, bool), np.zeros(count, bool)
    last = (chains.second >= 0).astype(np.int64) + (chains.third >= 0)
    path, fan, parts = np.arange(count), chains.first, []
    been, now = (np.zeros(0, np.uint64) for _ in range(2))
    for number, steps in enumerate((None, chains.second, chains.third)):
        if steps is not None:
            path, bridge = unpair(distinct(now))
            path, bridge = path[going := steps[path] >= 0], bridge[going]
            fan = positions(graph.keys, pair_keys(bridge, steps[path]))
        partial[path[fan < 0]] = True
        good[path[(fan >= 0) & ~graph.whole[fan]]] = False
        known = (fan >= 0) & graph.whole[fan]
        path, fan = path[known], fan[known]
        index, place = expand(graph.starts[fan], graph.starts[fan] + graph.sizes[fan])
        of, end = path[index], graph.values[place]
        now = pair_keys(of, end)
        good[of[((end == start[of]) | np.isin(now, been)) & (number < last[of])]] = False
        been = np.concatenate([been, now[number < last[of]]])
        back = (graph.step[fan][index] & 1).astype(bool)
        parts.append(Hops(of, np.full(len(of), number), graph.rows[place], end, back))
    hops = Hops(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    at_end, home = hops.step == last[hops.path], hops.end == start[hops.path]
    again = np.bincount(hops.path[at_end & home], minlength=count) > 0
    ends = distinct(pair_keys(hops.path, hops.end)[at_end & ~home])
    answers, new = (np.bincount(unpair(some)[0], minlength=count) for some in (ends, ends[~np.isin(ends, been)]))
    good &= (new > 0) & (answers <= most) & (np.bincount(hops.path, minlength=count) <= _MOST_FACTS)
    order = np.lexsort((hops.step, hops.path))
    order = order[good[hops.path[order]]]
    first = np.unique(pair_keys(hops.path[order], hops.row[order]), return_index=True)[1]  # a fact is stated once
    hops = hops.take(order[np.sort(first)])
    return Followed(good, partial, again, hops._replace(path=(np.cumsum(good) - 1)[hops.path]))


def draw_stars(graph: Graph, seed: int) -> Stars:
    """Draw stars of two and three steps back that meet in one thing: each of its facts with the next ones in a circle.

    Steps that questions can join as conditions are taken; a number or a date is a condition only by a reference of the lexicon.
    Three conditions are of three predicates.
    """
    fan = np.repeat(np.arange(len(graph.sizes)), graph.sizes)
    edges = np.flatnonzero(
        _conditions(graph)[fan] & graph.stated & graph.thing[graph.values] & graph.name[graph.values]
    )
    draw = mix(graph.rows[edges].astype(np.uint64) + mix(np.array([seed], np.uint64)))
    edges = edges[np.lexsort((draw, graph.values[edges]))]
    starts, sizes = runs(graph.values[edges])
    start, size = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    place = np.arange(len(edges)) - start
    found = []
    for turns in _CIRCLE:
        fans = fan[edges[start + (place + np.array(turns)[:, None]) % size]]
        small = np.sort(graph.sizes[fans], axis=0)[-2] <= _MOST_MEMBERS
        names = graph.step[fans] if len(turns) > len(_CIRCLE[0]) else fans
        fans = np.sort(fans[:, small & (np.diff(np.sort(names, axis=0), axis=0) != 0).all(axis=0)], axis=0)
        found.append(np.concatenate([fans, np.full((3 - len(turns), fans.shape[1]), -1)]))
    stars = Stars(*np.concatenate(found, axis=1))
    return stars.take(grouped(*stars).heads)


def _conditions(graph: Graph) -> Mask:
    """Mask the fans that are a condition: what several things meet, and a question can join to another."""
    joins = np.array([bool(read_condition(text)) for text in graph.words.reference[:, 0, 0]], bool)[graph.step]
    joins &= (graph.step & 1).astype(bool) & (graph.words.own[graph.step] | graph.place[graph.named])
    return np.asarray(joins & graph.alone & graph.name[graph.named] & (graph.sizes > 1))


def leads_back(graph: Graph, chains: Chains, again: Mask) -> Mask:
    """Mask the chains that come back to where they began, and those of a pattern of which many do: it may do so by its meaning.

    The children of one's parents are oneself and one's siblings, whatever the facts say.

    Args:
        graph: The facts.
        chains: Chains (n,).
        again: bool (n,): whether each comes back; see `follow`.
    """
    pattern = grouped(graph.step[chains.first], chains.second, chains.third).numbers
    often: Mask = np.bincount(pattern, again) >= OFTEN * np.bincount(pattern)
    return again | often[pattern]


def follow_stars(graph: Graph, stars: Stars, most: int) -> tuple[Stars, Hops]:
    """Find what meets all conditions of each star.

    Stars that more than `most` things meet, that rest on more than eight facts or on one that may not be stated, are left out; so
    are those of three conditions of which two would do.

    Returns:
        The stars that are left, and their facts: one of each condition for each thing.
    """
    fans, count = np.stack(stars), len(stars.one)
    order = np.argsort(np.where(fans >= 0, graph.sizes[fans], np.iinfo(np.int64).max), axis=0, kind="stable")
    small, middle, large = np.take_along_axis(fans, order, axis=0)
    three = stars.three >= 0
    index, *places = _meet(graph, small, middle)
    places.append(positions(graph.members, pair_keys(large[index], graph.values[places[0]])))
    fewest = np.bincount(index, minlength=count)
    for one in (small, middle):
        both = np.flatnonzero(three)
        met = both[_meet(graph, one[both], large[both])[0]]
        fewest = np.minimum(fewest, np.bincount(met, minlength=count), where=three, out=fewest)
    all_met = (places[2] >= 0) | ~three[index]
    index, place = index[all_met], np.stack(places)[:, all_met]
    answers = np.bincount(index, minlength=count)
    good = (answers <= most) & (answers * (2 + three) <= _MOST_FACTS) & (~three | (answers < fewest))
    good[index[~(graph.stated[place] | (place < 0)).all(axis=0)]] = False
    index, place = index[good[index]], place[:, good[index]]
    place = np.take_along_axis(place, np.argsort(order, axis=0)[:, index], axis=0)  # as the conditions were given
    path, step = np.tile(index, 3), np.repeat(np.arange(3), len(index))
    end, known = np.tile(graph.values[place[0]], 3), place.ravel() >= 0
    by_path = np.lexsort((step, end, path))
    by_path = by_path[known[by_path]]
    rows = graph.rows[place.ravel()[by_path]]
    path = (np.cumsum(good) - 1)[path[by_path]]
    return stars.take(good), Hops(path, step[by_path], rows, end[by_path], np.zeros(len(rows), bool))


def _meet(graph: Graph, one: Numbers, two: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Find the members that two fans have in common, of each pair: its number, and the places of the member in both."""
    ends = np.cumsum(graph.sizes[one])
    cuts = np.searchsorted(ends, np.arange(_CHUNK, ends[-1] if len(ends) else 0, _CHUNK))
    found = [np.zeros((3, 0), np.int64)]
    for part in np.split(np.arange(len(one)), np.unique(cuts)):
        index, place = expand(graph.starts[one[part]], graph.starts[one[part]] + graph.sizes[one[part]])
        other = positions(graph.members, pair_keys(two[part[index]], graph.values[place]))
        found.append(np.stack([part[index], place, other])[:, other >= 0])
    index, place, other = np.concatenate(found, axis=1)
    return index, place, other
