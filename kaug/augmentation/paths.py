"""Facts → questions over paths of facts, with their answers, the facts that give them, and SPARQL that returns them.

A path is a chain of one to three steps from a named thing ("the nationality of the spouse of the director of {film}"), or a star:
two or three conditions that a few things meet ("the film that {a} directed and that starred {b}").
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, grouped, pair_keys, unpair
from kaug.augmentation.rows import Facts, Options
from kaug.rdf.terms import write_terms
from kaug.wording.answers import gives_away, gives_in_parts
from kaug.wording.compose import (
    OFTEN,
    Chains,
    Graph,
    Hops,
    Stars,
    draw_chains,
    draw_stars,
    follow,
    follow_stars,
    make_graph,
    mine,
)
from kaug.wording.conditions import join_conditions
from kaug.wording.steps import numbered, refer, words_of_paths
from kaug.wording.wording import Wording, fill_each

__all__ = ["Paths", "Questions", "ask_chains", "ask_stars", "find_paths", "patterns"]

Mask = NDArray[np.bool_]
_WORDS_AFTER = 2
"""After a clause of so many words, a question goes on for one: "When was the film that Ada wrote released?"."""

_PART = 20_000
"""Chains and stars are followed so many at a time."""

_VARIABLES = ("?x", "?y")
_DOWN = 2
"""A step leads down from a thing to its parts if it has so many times as many ends as the way back."""
_NESTED = (
    r"\b(?:located located|born born|found found|based based|held held|situated situated|is is|are are)\b|"
    r"\b(?:that|does|do|did) the things? that\b"
)
"""A clause in a clause that nobody can read: "Where is the place where Ely is located located?"."""


@dataclass(frozen=True)
class Paths:
    """The paths over all facts that rows may state: found once, and asked block by block.

    Attributes:
        graph: The facts, in both directions.
        chains: Chains by their number of steps, each sorted by its first fact.
        apart: bool: whether a chain's pattern may lead back to where it began, which is then no answer; by the number of steps.
        first: int64: the row of the first fact of each chain, by the number of steps.
        stars: Stars of conditions, sorted by their first fact.
        first_of_star: int64: its row.
    """

    graph: Graph
    chains: dict[int, Chains]
    apart: dict[int, Mask]
    first: dict[int, Numbers]
    stars: Stars
    first_of_star: Numbers


class Questions(NamedTuple):
    """Questions over paths, in columns of equal length n, and their facts.

    Attributes:
        prompts: Strings.
        answers: The labels of the answers of each question, each once.
        queries: Strings: SPARQL that returns the answers.
        hops: The facts of each question.
    """

    prompts: pa.Array
    answers: list[list[str]]
    queries: pa.Array
    hops: Hops


def find_paths(facts: Facts, wording: Wording, options: Options) -> Paths:
    """Find the paths over all facts that rows about some facts may state; see `draw_chains`."""
    return options.once(("paths", wording.language), lambda: _find(facts, wording, options))


def _find(facts: Facts, wording: Wording, options: Options) -> Paths:
    given = options.all_facts(facts)
    known = [options.asked(wording, name, facts) for name in ("question", "inverseQuestion")]
    graph = make_graph(wording, given.rows, options.all_objects(wording.kb, facts), options.max_answers, *known)
    longer = draw_chains(graph, options.seed)
    alone = np.flatnonzero(graph.whole & graph.asks(np.arange(len(graph.sizes))) & graph.name[graph.named])
    alone = alone[(graph.step[alone] & 1 == 0) | graph.place[graph.named[alone]]]
    none = np.full(len(alone), -1)
    by_length = {1: Chains(alone, none, none), 2: longer.take(longer.third < 0), 3: longer.take(longer.third >= 0)}
    chains, apart, first, home = {}, {}, {}, np.zeros(0, np.uint64)
    for length, drawn in by_length.items():
        # "The parent of the child of Ada" may be Ada, so that nothing is asked of it.
        ways = ((graph.step[drawn.first], drawn.second), (drawn.second, drawn.third))
        lost = np.any([np.isin(pair_keys(*way), home) for way in ways], axis=0)
        some, returns, home = _to_ask(graph, drawn.take(~lost), options.max_answers)
        sizes = graph.sizes[some.first]
        _, place = expand(graph.starts[some.first], graph.starts[some.first] + sizes)
        head = np.minimum.reduceat(graph.rows[place], np.cumsum(sizes) - sizes) if len(sizes) else sizes
        order = np.argsort(head, kind="stable")
        chains[length], apart[length], first[length] = some.take(order), returns[order], head[order]
    return Paths(
        graph, chains, apart, first, *_stars_to_ask(graph, draw_stars(graph, options.seed), options.max_answers)
    )


def _stars_to_ask(graph: Graph, stars: Stars, most: int) -> tuple[Stars, Numbers]:
    """Keep the stars that can be asked, sorted by their first fact; return its row, too."""
    kept, heads = [stars.take(slice(0, 0))], [np.zeros(0, np.int64)]
    for low in range(0, len(stars.one), _PART):
        some, hops = follow_stars(graph, stars.take(slice(low, low + _PART)), most)
        head = np.full(len(some.one), np.iinfo(np.int64).max)
        np.minimum.at(head, hops.path, hops.row)
        kept.append(some)
        heads.append(head)
    head = np.concatenate(heads)
    order = np.argsort(head, kind="stable")
    return Stars(*(np.concatenate(columns) for columns in zip(*kept, strict=True))).take(order), head[order]


def _to_ask(graph: Graph, chains: Chains, most: int) -> tuple[Chains, Mask, NDArray[np.uint64]]:
    """Keep the chains that can be asked, and tell which may lead back to where they began.

    These are the chains that do, and those of a pattern of which many do: the children of one's parents are oneself and one's
    siblings, whatever the facts say. Chains on which something lacks its step are left out: "the anthem of the birth places of
    Ada" is not that of one of them.

    Returns:
        The chains, bool (n,), and the first two steps of such patterns, if both go the same way, in one number.
    """
    parts = [
        follow(graph, chains.take(slice(low, low + _PART)), most)[:3] for low in range(0, len(chains.first), _PART)
    ]
    if not parts:
        return chains, np.zeros(0, bool), np.zeros(0, np.uint64)
    good, partial, again = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    pattern = grouped(graph.step[chains.first], chains.second, chains.third).numbers
    often = np.bincount(pattern, again) >= OFTEN * np.bincount(pattern)
    returns = (again | often[pattern]) & (chains.second >= 0)
    # One asks for siblings, by the parent, but not for what else is a parent of the children.
    mean = np.bincount(graph.step, graph.sizes) / np.maximum(np.bincount(graph.step), 1)
    down = (chains.third < 0) & returns & (mean[graph.step[chains.first]] > _DOWN * mean[chains.second])
    kept = good & ~partial & ~down
    inverse = often[pattern] & (chains.second >= 0) & ((graph.step[chains.first] ^ chains.second) & 1 == 0)
    home = distinct(pair_keys(graph.step[chains.first], chains.second)[inverse])
    return chains.take(kept), returns[kept], home


def ask_chains(facts: Facts, wording: Wording, options: Options, length: int, phrasing: int = 0) -> Questions:
    """Ask the chains of so many steps whose first fact is among some facts, those that have so many phrasings before this one."""
    paths = find_paths(facts, wording, options)
    here = _among(paths.first[length], facts.rows)
    chains, apart = paths.chains[length].take(here), paths.apart[length][here]
    return _ask_chains(paths.graph, chains, apart, wording, options, phrasing)[0]


def _ask_chains(
    graph: Graph, chains: Chains, apart: Mask, wording: Wording, options: Options, phrasing: int = 0
) -> tuple[Questions, Chains]:
    """Ask good chains of one number of steps; return those that there are words for."""
    hops = follow(graph, chains, options.max_answers).hops
    length = int(hops.step.max(initial=0)) + 1
    steps = [graph.step[chains.first], chains.second, chains.third][:length]
    named = graph.named[chains.first]
    ends = _ends(hops, length - 1, named)
    answers = _labels(wording, ends, len(named))
    keys = pair_keys(hops.path, hops.end)
    reached = [unpair(distinct(keys[hops.step == step]))[0] for step in range(length)]
    many = [np.bincount(of, minlength=len(named)) > 1 for of in reached]
    many[-1] = np.array([len(some) > 1 for some in answers], dtype=bool)
    names = wording.phrases(named)
    inner, told, before = names, np.ones(len(named), bool), np.zeros(len(named), bool)
    after = np.zeros(len(named), np.int64)  # the number of words after the name in the reference so far
    for number, (step, several) in enumerate(zip(steps[:-1], many[:-1], strict=True)):
        references = graph.words.reference[step, several.astype(int), before.astype(int)]
        fits, tail = _fit(references, number)
        inner, told, before = refer(references, inner), told & fits & ((after == 0) | (tail == 0)), several
        after = np.maximum(after, tail)
    questions = graph.words.question[steps[-1], many[-1].astype(int), before.astype(int), phrasing]
    fits, tail = _fit(questions, length - 1)
    prompts, told = _ask(questions, inner), told & fits & (after * tail <= _WORDS_AFTER)
    prompts = _apart(prompts, names, apart, wording.language)
    queries = _chain_queries(graph, wording, named, steps, apart)
    counted = replace(options, left_out=Counter()) if phrasing else options  # most have no other phrasing
    asked, kept = _fair(Questions(prompts, answers, queries, hops), told, counted)
    return asked, chains.take(kept)


def ask_stars(facts: Facts, wording: Wording, options: Options) -> Questions:
    """Ask for what meets the stars of conditions whose first fact is among some facts."""
    paths = find_paths(facts, wording, options)
    graph, here = paths.graph, _among(paths.first_of_star, facts.rows)
    stars, hops = follow_stars(graph, paths.stars.take(here), options.max_answers)
    ends = distinct(pair_keys(hops.path, hops.end))
    answers = _labels(wording, ends, len(stars.one))
    several = np.array([len(some) > 1 for some in answers], bool)
    people = (np.bincount(hops.path, ~wording.persons(hops.end), minlength=len(several)) == 0).astype(np.int64)
    people[(people == 0) & wording.knows_persons] = -1
    prompts, told = _join(graph, wording, np.stack(stars), several, people)
    return _fair(Questions(prompts, answers, _star_queries(graph, wording, stars), hops), told, options)[0]


def _join(graph: Graph, wording: Wording, fans: Numbers, several: Mask, people: Numbers) -> tuple[pa.Array, Mask]:
    """Ask for the things, or the people, that meet the conditions of stars (3, n), and mask those that there are words for.

    `people` is 1 where all of these are persons, -1 where some are not, and 0 where nobody knows.
    """
    given = fans >= 0
    steps = np.where(given, graph.step[fans], -1)
    chance = ~(graph.identifies[steps] & given).any(axis=0)
    keys, which = np.unique(np.stack([*steps, several, people, chance]), axis=1, return_inverse=True)
    references, which = graph.words.reference[..., 0], which.ravel()
    joined = [
        join_conditions(
            [references[step, many] for step in some if step >= 0],
            wording.language,
            several=bool(many),
            people=persons > 0,
            things=persons < 0,
            chance=bool(by),
        )
        for *some, many, persons, by in keys.T.tolist()
    ]
    order = np.array([one.order if one else (0, 1, 2) for one in joined], np.int64).reshape(-1, 3)[which].T
    fans = np.take_along_axis(fans, order, axis=0)
    names = [pc.if_else(pa.array(some >= 0), wording.phrases(graph.named[some]), "") for some in fans]
    phrase, middle = (np.array([one[part] if one else "" for one in joined], object)[which] for part in (0, 1))
    inner = pc.binary_join_element_wise(refer(phrase, names[0]), refer(middle, names[1]), "")
    told = np.array([one is not None for one in joined], bool)[which]
    return fill_each([one.question if one else "{s}{o}" for one in joined], which, inner, names[2]).text, told


def _among(first: Numbers, rows: Numbers) -> Numbers:
    if not len(rows):
        return np.zeros(0, np.int64)
    low, high = np.searchsorted(first, [rows[0], rows[-1] + 1])
    return np.flatnonzero(np.isin(first[low:high], rows)).astype(np.int64) + int(low)


def _ends(hops: Hops, last: int, named: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the path and the answer in one number, each once."""
    return distinct(pair_keys(hops.path, hops.end)[(hops.step == last) & (hops.end != named[hops.path])])


def _labels(wording: Wording, ends: NDArray[np.uint64], count: int) -> list[list[str]]:
    of, terms = unpair(ends)
    labels = wording.labels(terms).to_pylist()
    cuts = np.searchsorted(of, np.arange(count + 1)).tolist()
    return [
        labels[low:high] if high - low == 1 else list(dict.fromkeys(labels[low:high])) for low, high in pairwise(cuts)
    ]


def _fit(templates: NDArray[Any], number: int) -> tuple[Mask, Numbers]:
    """Mask the templates that there are, and whose slot is not in quotation marks, where it does not hold a name.

    Also return the number of words after the slot: a clause in a clause ("what the thing that Ada likes likes") is hard to read.
    """
    known, index = numbered(templates)
    fits = np.array([bool(text) and not (number and "“{" in text) for text in known], dtype=bool)
    return fits[index], np.array(
        [len(re.findall(r"\w+", re.split("[?.]", text.partition("}")[2])[0])) for text in known], dtype=np.int64
    )[index]


def _ask(templates: NDArray[Any], inner: pa.Array) -> pa.Array:
    known, index = numbered(templates)
    return fill_each([template or "{s}" for template in known], index, inner, inner).text


def _apart(prompts: pa.Array, names: pa.Array, again: Mask, language: str) -> pa.Array:
    """Ask for the others, where the thing that a question names would be an answer."""
    head, tail = words_of_paths(language)["apart"].split("{}")
    first = pc.utf8_lower(pc.utf8_slice_codeunits(prompts, 0, 1))
    without = pc.binary_join_element_wise(head, names, tail, first, pc.utf8_slice_codeunits(prompts, 1), "")
    return pc.if_else(pa.array(again), without, prompts)


def _fair(asked: Questions, told: Mask, options: Options) -> tuple[Questions, Mask]:
    """Leave out questions that there are no words for, and that hold one of their answers; tell which are left."""
    hidden = ~(gives_away(asked.prompts, asked.answers) | gives_in_parts(asked.prompts, asked.answers))
    told = told & ~pc.match_substring_regex(asked.prompts, _NESTED).to_numpy(zero_copy_only=False)
    for left_out, why in ((~told, "no words for their question"), (told & ~hidden, "they hold an answer")):
        if left_out.any():
            options.left_out[f"paths left out: {why}"] += int(left_out.sum())
    kept = told & hidden
    hops = asked.hops.take(kept[asked.hops.path])
    left = Questions(
        asked.prompts.filter(pa.array(kept)),
        [asked.answers[path] for path in np.flatnonzero(kept).tolist()],
        asked.queries.filter(pa.array(kept)),
        hops._replace(path=(np.cumsum(kept) - 1)[hops.path]),
    )
    return left, kept


def _chain_queries(
    graph: Graph, wording: Wording, named: NDArray[np.uint32], steps: list[Numbers], again: Mask
) -> pa.Array:
    start = _written(wording, named)
    nodes: list[pa.Array | str] = [start, *_VARIABLES[: len(steps) - 1], "?answer"]
    triples = [
        _triple(left, _written(wording, graph.predicates[step >> 1]), right, (step & 1).astype(bool))
        for left, step, right in zip(nodes, steps, nodes[1:], strict=False)
    ]
    other = pc.if_else(pa.array(again), pc.binary_join_element_wise(" FILTER(?answer != ", start, ")", ""), "")
    return pc.binary_join_element_wise("SELECT DISTINCT ?answer WHERE {", *triples, other, " }", "")


def _star_queries(graph: Graph, wording: Wording, stars: Stars) -> pa.Array:
    triples = []
    for fans in stars:
        predicates, named = (
            _written(wording, terms) for terms in (graph.predicates[graph.step[fans] >> 1], graph.named[fans])
        )
        triples.append(pc.if_else(pa.array(fans >= 0), _triple("?answer", predicates, named), ""))
    return pc.binary_join_element_wise("SELECT DISTINCT ?answer WHERE {", *triples, " }", "")


def _triple(left: pa.Array | str, predicate: pa.Array, right: pa.Array | str, back: Mask | None = None) -> pa.Array:
    forth = pc.binary_join_element_wise(" ", left, " ", predicate, " ", right, " .", "")
    if back is None:
        return forth
    return pc.if_else(
        pa.array(back), pc.binary_join_element_wise(" ", right, " ", predicate, " ", left, " .", ""), forth
    )


def _written(wording: Wording, terms: NDArray[np.uint32]) -> pa.Array:
    """Write terms as SPARQL does."""
    known, index = np.unique(terms, return_inverse=True)
    return write_terms(wording.kb.terms.take(pa.array(known))).take(pa.array(index))


def patterns(facts: Facts, wording: Wording, options: Options | None = None) -> pa.Table:
    """Count the patterns of two steps over facts: the most frequent first.

    Args:
        facts: The facts.
        wording: The wording of their knowledge base.
        options: Options of the rows; the defaults if None.

    Returns:
        `pattern`: the predicates as a SPARQL property path, by their last part; `count`: its chains; `example`: a question, null
        where none of the few chains that are drawn can be asked.
    """
    options = options or Options()
    graph = find_paths(facts, wording, options).graph
    found = mine(graph, options.seed)
    iris = wording.kb.terms["value"].take(pa.array(graph.predicates)).to_pylist()
    names = ["^" * way + re.split("[/#:]", iri)[-1] for iri in iris for way in (0, 1)]
    drawn = Chains(found.one, graph.step[found.two], np.full(len(found.one), -1))
    asked, kept = _ask_chains(graph, *_to_ask(graph, drawn, options.max_answers)[:2], wording, options)
    steps = zip(graph.step[kept.first].tolist(), kept.second.tolist(), strict=True)
    examples = dict(reversed(list(zip(steps, asked.prompts.to_pylist(), strict=True))))
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    columns = {
        "pattern": pa.array([f"{names[one]}/{names[two]}" for one, two in pairs], pa.string()),
        "count": pa.array(found.chains, pa.int64()),
        "example": pa.array([examples.get(pair) for pair in pairs], pa.string()),
    }
    return pa.table(columns)
