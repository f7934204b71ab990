"""Facts → questions over paths of facts, with their answers, the facts that give them, and SPARQL that returns them.

A path is a chain of one to three steps from a named thing ("the nationality of the spouse of the director of {film}"), or a star:
two or three conditions that a few things meet ("the film that {a} directed and that starred {b}"). Nothing on a chain lacks its
step, unless no other chain of its pattern is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, distinct, expand, grouped, mix, pair_keys, positions, rank_in_group, unpair
from kaug.augmentation.rows import Facts, Options
from kaug.knowledge.templates import SLOT
from kaug.rdf.terms import write_terms
from kaug.wording.answers import Holds, gives_in_parts
from kaug.wording.compose import (
    Chains,
    Graph,
    Hops,
    Stars,
    draw_chains,
    draw_stars,
    follow,
    follow_stars,
    leads_back,
    make_graph,
    mine,
)
from kaug.wording.conditions import join_conditions
from kaug.wording.sets import join_each
from kaug.wording.steps import PHRASINGS, refer, words_of_paths
from kaug.wording.wording import Wording, fill_each
from kaug.words.stems import Stemmed, with_stems

__all__ = ["Paths", "Questions", "ask_chains", "ask_stars", "find_paths", "patterns"]

Mask = NDArray[np.bool_]
_WORDS_AFTER = 2
"""After a clause of so many words, a question goes on for one: "When was the film that Ada wrote released?"."""

_PART = 10_000
"""Chains and stars are followed so many at a time."""

_TRIED, _LOOSE, _FIRSTS, _USES = 8, 2, 6, 16
"""Of a pattern that no other chain asks, so many are tried, and so many asked; a fan is the first of at most so many of these, a
fact in at most so many."""

_VARIABLES = ("?x", "?y")
_DOWN = 2
"""A step leads down from a thing to its parts if it has so many times as many ends as the way back."""
_NESTED = re.compile(r"\b(\w+) \1\b|\b(?:that|does|do|did|which \w+) the things? that\b")
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
    """Questions over paths, in columns of equal length n, and the m paths that they ask over.

    Attributes:
        prompts: Strings (n,).
        path: int64 (n,): the path that each asks over.
        answers: Strings (m,): the labels of the answers, each once, joined.
        queries: Strings (m,): SPARQL that returns the answers.
        hops: The facts of the paths.
    """

    prompts: pa.Array
    path: Numbers
    answers: pa.Array
    queries: pa.Array
    hops: Hops


def find_paths(facts: Facts, wording: Wording, options: Options) -> Paths:
    """Find the paths over all facts that rows about some facts may state; see `draw_chains`."""
    return options.once(("paths", wording.language), lambda: _find(facts, wording, options))


def _find(facts: Facts, wording: Wording, options: Options) -> Paths:
    given = options.all_facts(facts)
    known = [options.asked(wording, name, facts) for name in ("question", "inverseQuestion")]
    graph = make_graph(wording, given.rows, options.all_objects(wording.kb, facts), options.max_answers, *known)
    found = mine(graph, options.seed)
    witnesses = Chains(found.one, graph.step[found.two], np.full(len(found.one), -1))
    longer = draw_chains(graph, found, options.seed)
    alone = np.flatnonzero(graph.whole & graph.asks(np.arange(len(graph.sizes))) & graph.name[graph.named])
    alone = alone[(graph.step[alone] & 1 == 0) | graph.place[graph.named[alone]]]
    none = np.full(len(alone), -1)
    by_length = {1: Chains(alone, none, none), 2: longer.take(longer.third < 0), 3: longer.take(longer.third >= 0)}
    chains, apart, first, home = {}, {}, {}, np.zeros(0, np.uint64)
    for length, some in by_length.items():
        # "The parent of the child of Ada" may be Ada, so that nothing is asked of it.
        ways = ((graph.step[some.first], some.second), (some.second, some.third))
        lost = np.any([np.isin(pair_keys(*way), home) for way in ways], axis=0)
        drawn = _without(graph, some.take(~lost), options.held_out_patterns)
        kept, returns, home = _to_ask(graph, drawn, options.max_answers)
        if length == 2:
            tried = Chains(*map(np.append, drawn, _without(graph, witnesses, options.held_out_patterns)))
            rare, back = _ask_loosely(graph, tried, kept, options)
            kept, returns = Chains(*map(np.append, kept, rare)), np.append(returns, back)
        sizes = graph.sizes[kept.first]
        _, place = expand(graph.starts[kept.first], graph.starts[kept.first] + sizes)
        head = np.minimum.reduceat(graph.rows[place], np.cumsum(sizes) - sizes) if len(sizes) else sizes
        order = np.argsort(head, kind="stable")
        chains[length], apart[length], first[length] = kept.take(order), returns[order], head[order]
    stars = draw_stars(graph, options.seed)
    steps = np.where(np.stack(stars) >= 0, graph.step[np.stack(stars)], -1)
    stars = stars.take(~_joins_any(graph, steps, options.held_out_patterns))
    return Paths(graph, chains, apart, first, *_stars_to_ask(graph, stars, options.max_answers))


def _without(graph: Graph, chains: Chains, patterns: NDArray[np.uint64]) -> Chains:
    """Leave out the chains that join two facts of one of some pairs of predicates."""
    steps = np.stack([graph.step[chains.first], chains.second, chains.third])
    return chains.take(~_joins_any(graph, steps, patterns))


def _joins_any(graph: Graph, steps: Numbers, patterns: NDArray[np.uint64]) -> Mask:
    """Mask the paths, of steps (3, n), -1 where there is none, that join two facts of one of some pairs of predicates."""
    joined = np.zeros(steps.shape[1], bool)
    for one, two in combinations(steps, 2) if len(patterns) else ():
        pairs = pair_keys(graph.predicates[one >> 1], graph.predicates[two >> 1])
        joined |= (one >= 0) & (two >= 0) & np.isin(pairs, patterns)
    return joined


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

    Chains on which something lacks its step are left out: "the anthem of the birth places of Ada" is not that of one of them.

    Returns:
        The chains, bool (n,), and the first two steps of patterns that lead back, if both go the same way, in one number.
    """
    parts = [
        follow(graph, chains.take(slice(low, low + _PART)), most)[:3] for low in range(0, len(chains.first), _PART)
    ]
    if not parts:
        return chains, np.zeros(0, bool), np.zeros(0, np.uint64)
    good, partial, again = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    often = leads_back(graph, chains, again)
    returns = often | again & (chains.second >= 0)
    kept = good & ~partial & ~_goes_down(graph, chains, returns)
    inverse = often & ((graph.step[chains.first] ^ chains.second) & 1 == 0)
    home = distinct(_patterns(graph, chains)[inverse])
    return chains.take(kept), returns[kept], home


def _goes_down(graph: Graph, chains: Chains, returns: Mask) -> Mask:
    """Mask the chains of two steps that go down and up again: one asks for siblings, but not for what else is above."""
    mean = np.bincount(graph.step, graph.sizes) / np.maximum(np.bincount(graph.step), 1)
    return returns & (chains.third < 0) & (mean[graph.step[chains.first]] > _DOWN * mean[chains.second])


def _ask_loosely(graph: Graph, chains: Chains, asked: Chains, options: Options) -> tuple[Chains, Mask]:
    """Choose a few chains of two steps of each pattern that no other asks, first those on which nothing lacks its step.

    Returns:
        The chains, and bool (n,): whether each may lead back to where it began.
    """
    chains = chains.take(~np.isin(_patterns(graph, chains), _patterns(graph, asked)))
    chains = chains.take(np.unique(pair_keys(chains.first, chains.second), return_index=True)[1])
    pattern = _patterns(graph, chains)
    draw = mix(graph.drawn(chains.first, options.seed) ^ pattern)
    order = np.lexsort((draw, pattern))
    order = order[rank_in_group(pattern[order]) < _TRIED]
    chains, draw, pattern = chains.take(order), draw[order], pattern[order]
    good, partial, again, _ = follow(graph, chains, options.max_answers, loose=True)
    returns = again | leads_back(graph, chains, again)
    order = np.lexsort((draw, partial, pattern))
    order = order[(good & ~_goes_down(graph, chains, returns))[order]]
    order = order[np.argsort(rank_in_group(pattern[order]), kind="stable")]  # one of each pattern first
    for keys, most in ((chains.first, _FIRSTS), (pattern, _LOOSE)):
        order = order[_few(keys[order], np.arange(len(order)), most)]
    hops = follow(graph, chains.take(order), options.max_answers, loose=True).hops
    order = order[_few(hops.row, hops.path, _USES)]
    return chains.take(order), returns[order]


def _few(keys: Numbers | NDArray[np.uint64], chains: Numbers, most: int) -> Mask:
    """Mask the chains each of whose keys is among the first `most` of its equals."""
    order = np.argsort(keys, kind="stable")
    few = np.ones(int(chains.max(initial=-1)) + 1, bool)
    few[chains[order][rank_in_group(keys[order]) >= most]] = False
    return few


def _patterns(graph: Graph, chains: Chains) -> NDArray[np.uint64]:
    """Return the first two steps of each chain in one number."""
    return pair_keys(graph.step[chains.first], chains.second)


def ask_chains(facts: Facts, wording: Wording, options: Options, length: int, phrasings: int = 1) -> Questions:
    """Ask the chains of so many steps whose first fact is among some facts: all in one phrasing, then in the next."""
    paths = find_paths(facts, wording, options)
    here = _among(paths.first[length], facts.rows)
    chains, apart = paths.chains[length].take(here), paths.apart[length][here]
    return _ask_chains(paths.graph, chains, apart, wording, options, phrasings)[0]


def _ask_chains(
    graph: Graph, chains: Chains, apart: Mask, wording: Wording, options: Options, phrasings: int = 1
) -> tuple[Questions, Chains]:
    """Ask good chains of one number of steps; return those that are asked, too."""
    _, partial, _, hops = follow(graph, chains, options.max_answers, loose=True)
    length = int(hops.step.max(initial=0)) + 1
    steps = [graph.step[chains.first], chains.second, chains.third][:length]
    named = graph.named[chains.first]
    answers = _find_answers(wording, _ends(hops, length - 1, named))
    keys = pair_keys(hops.path, hops.end)
    reached = [unpair(distinct(keys[hops.step == step]))[0] for step in range(length)]
    many = [np.bincount(of, minlength=len(named)) > 1 for of in reached]
    many[-1] = answers.several
    templates, which = _nest_words(graph, wording.language, steps, many, apart, partial, phrasings)
    told = np.array([bool(text) for text in templates], bool)[which]
    _count(options, ~told[0], "no words for their question")
    path, which = np.nonzero(told)[1], which[told]
    names = wording.stemmed(named, phrases=True)
    prompts = fill_each(templates, which, *[names.texts.take(pa.array(path))] * 2).text
    hold = Holds(names, answers.labels, answers.of).questions(templates, which, path, prompts)
    _count(options, hold[: int(told[0].sum())], "they hold an answer")
    prompts, path = prompts.filter(pa.array(~hold)), path[~hold]
    asked = distinct(path)
    queries = _chain_queries(graph, wording, named[asked], [step[asked] for step in steps], apart[asked])
    return _ask_of(asked, prompts, path, answers, queries, hops), chains.take(asked)


def _nest_words(
    graph: Graph,
    language: str,
    steps: Sequence[Numbers],
    many: Sequence[Mask],
    apart: Mask,
    partial: Mask,
    phrasings: int,
) -> tuple[list[str], Numbers]:
    """Put the words of all steps but the last into the question for that: "Who directed the film that {o} wrote?".

    Args:
        graph: The facts.
        language: The language of its words.
        steps: The steps of n chains.
        many: Whether each leads to several things that lead on.
        apart: bool (n,): whether the thing that the question names would be an answer, so that it asks for the others.
        partial: bool (n,): whether some of the things that the first of two steps leads to lack the second.
        phrasings: The number of phrasings.

    Returns:
        Templates, empty where there are no words, and int64 (phrasings, n): the number of that of each chain.
    """
    before = np.zeros(len(apart), bool)
    cells = []
    for number, (step, several) in enumerate(zip(steps, many, strict=True)):
        cells.append(4 * step + 2 * (several | (partial & (number + 1 < len(steps)))) + before)
        before = several
    alike = grouped(*cells, apart, partial)
    heads = [column[alike.heads].tolist() for column in (*cells, apart, partial)]
    references, questions = graph.words.reference.ravel(), graph.words.question.reshape(-1, PHRASINGS)
    words = words_of_paths(language)
    templates = []
    for phrasing in range(phrasings):
        for *some, last, other, lacks in zip(*heads, strict=True):
            before_names = words["some_of" if last & 1 else "one_of"] if lacks else ""
            inner = tuple(references[cell] and before_names + references[cell] for cell in some)
            text = _nest(inner, questions[last, phrasing], words["apart"] if other else "")
            templates.append(_as_known(text, words["known"]) if lacks and not phrasing else "" if lacks else text)
    return templates, alike.numbers + len(alike.heads) * np.arange(phrasings)[:, None]


def _as_known(question: str, known: str) -> str:
    """Ask of the knowledge base, which may lack a step; "tell me" does not go with this."""
    return known.replace("{}", question[0].lower() + question[1:]) if re.search("[?？]", question) else ""


@lru_cache(maxsize=1 << 16)
def _nest(references: tuple[str, ...], question: str, apart: str) -> str:
    """Put each reference into the slot of the next, and the last into that of a question; return "" if that is hard to read.

    A slot in quotation marks holds a name. A clause in a clause is hard: "what the thing that Ada likes likes".
    """
    inner, after = "{s}", 0
    for number, text in enumerate((*references, question)):
        words = len(re.findall(r"\w+", re.split("[?.]", text.partition("}")[2])[0]))  # after the slot
        hard = after * words > _WORDS_AFTER if number == len(references) else after * words > 0
        if not text or hard or (number and "“{" in text):
            return ""
        inner, after = inner.join(SLOT.split(text)[::2]), max(after, words)
    if references and _NESTED.search(inner.replace("{s}", "—")):
        return ""
    return apart.replace("{}", "{s}") + inner[0].lower() + inner[1:] if apart else inner


def ask_stars(facts: Facts, wording: Wording, options: Options) -> Questions:
    """Ask for what meets the stars of conditions whose first fact is among some facts."""
    paths = find_paths(facts, wording, options)
    graph, here = paths.graph, _among(paths.first_of_star, facts.rows)
    stars, hops = follow_stars(graph, paths.stars.take(here), options.max_answers)
    answers = _find_answers(wording, distinct(pair_keys(hops.path, hops.end)))
    people = (np.bincount(hops.path, ~wording.persons(hops.end), minlength=len(stars.one)) == 0).astype(np.int64)
    people[(people == 0) & wording.knows_persons] = -1
    prompts, told = _join(graph, wording, np.stack(stars), answers.several, people)
    hold = Holds(with_stems(prompts), answers.labels, answers.of).names
    hold |= gives_in_parts(prompts, answers.labels.texts, answers.of)
    _count(options, ~told, "no words for their question")
    _count(options, told & hold, "they hold an answer")
    asked = np.flatnonzero(told & ~hold)
    queries = _star_queries(graph, wording, stars.take(asked))
    return _ask_of(asked, prompts.take(pa.array(asked)), asked, answers, queries, hops)


def _count(options: Options, left_out: Mask, why: str) -> None:
    if left_out.any():
        options.left_out[f"paths left out: {why}"] += int(left_out.sum())


class _Answers(NamedTuple):
    """The answers of paths: their labels, and the path of each; joined, and whether there are several, by path."""

    labels: Stemmed
    of: Numbers
    joined: pa.Array
    several: Mask


def _find_answers(wording: Wording, ends: NDArray[np.uint64]) -> _Answers:
    """Name the answers of paths, given each path and the term that it leads to in one number, ascending."""
    of, terms = unpair(ends)
    labels = wording.stemmed(terms)
    joined, starts = join_each(labels.texts, of, wording.language)
    return _Answers(labels, of, joined, np.bincount(of, starts, minlength=len(joined)) > 0)


def _ask_of(
    asked: Numbers, prompts: pa.Array, path: Numbers, answers: _Answers, queries: pa.Array, hops: Hops
) -> Questions:
    """Leave only what is asked, and number the paths anew."""
    place = positions(asked, hops.path)
    hops = hops.take(place >= 0)._replace(path=place[place >= 0])
    return Questions(prompts, positions(asked, path), answers.joined.take(pa.array(asked)), queries, hops)


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
    phrase, middle = ([getattr(one, part, "") for one in joined] for part in ("phrase", "middle"))
    inner = pc.binary_join_element_wise(refer(phrase, which, names[0]), refer(middle, which, names[1]), "")
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


def _chain_queries(
    graph: Graph, wording: Wording, named: NDArray[np.uint32], steps: list[Numbers], again: Mask
) -> pa.Array:
    start, *predicates = _written(wording, [named, *(graph.predicates[step >> 1] for step in steps)])
    nodes: list[pa.Array | str] = [start, *_VARIABLES[: len(steps) - 1], "?answer"]
    triples = [
        _triple(left, predicate, right, (step & 1).astype(bool))
        for left, predicate, step, right in zip(nodes, predicates, steps, nodes[1:], strict=False)
    ]
    other = pc.if_else(pa.array(again), pc.binary_join_element_wise(" FILTER(?answer != ", start, ")", ""), "")
    return pc.binary_join_element_wise("SELECT DISTINCT ?answer WHERE {", *triples, other, " }", "")


def _star_queries(graph: Graph, wording: Wording, stars: Stars) -> pa.Array:
    predicates, names = (
        [graph.predicates[graph.step[fans] >> 1] for fans in stars],
        [graph.named[fans] for fans in stars],
    )
    written = _written(wording, [*predicates, *names])
    triples = [
        pc.if_else(pa.array(fans >= 0), _triple("?answer", predicate, name), "")
        for fans, predicate, name in zip(stars, written[:3], written[3:], strict=True)
    ]
    return pc.binary_join_element_wise("SELECT DISTINCT ?answer WHERE {", *triples, " }", "")


def _triple(left: pa.Array | str, predicate: pa.Array, right: pa.Array | str, back: Mask | None = None) -> pa.Array:
    forth = pc.binary_join_element_wise(" ", left, " ", predicate, " ", right, " .", "")
    if back is None:
        return forth
    return pc.if_else(
        pa.array(back), pc.binary_join_element_wise(" ", right, " ", predicate, " ", left, " .", ""), forth
    )


def _written(wording: Wording, terms: Sequence[NDArray[np.uint32]]) -> list[pa.Array]:
    """Write columns of terms as SPARQL does."""
    known, index = np.unique(np.stack(terms), return_inverse=True)
    texts = write_terms(wording.kb.terms.take(pa.array(known)))
    return [texts.take(pa.array(some)) for some in index.reshape(len(terms), -1)]


def patterns(facts: Facts, wording: Wording, options: Options | None = None) -> pa.Table:
    """Count the patterns of two steps over facts: the most frequent first.

    Args:
        facts: The facts.
        wording: The wording of their knowledge base.
        options: Options of the rows; the defaults if None.

    Returns:
        `pattern`: the predicates as a SPARQL property path, by their last part; `count`: its chains, where each step leads to
        at most `options.max_answers` things; `example`: a question, null where none of a few of them can be asked.
    """
    options = options or Options()
    paths = find_paths(facts, wording, options)
    graph, found = paths.graph, mine(paths.graph, options.seed)
    iris = wording.kb.terms["value"].take(pa.array(graph.predicates)).to_pylist()
    names = ["^" * way + re.split("[/#:]", iri)[-1] for iri in iris for way in (0, 1)]
    pattern = _patterns(graph, paths.chains[2])
    order = np.argsort(pattern, kind="stable")
    few = order[rank_in_group(pattern[order]) < _TRIED]
    asked, kept = _ask_chains(graph, paths.chains[2].take(few), paths.apart[2][few], wording, options)
    of = kept.take(asked.path)
    steps = zip(graph.step[of.first].tolist(), of.second.tolist(), strict=True)
    examples = dict(reversed(list(zip(steps, asked.prompts.to_pylist(), strict=True))))
    whole = found.chains > 0
    pairs = list(zip(found.first[whole].tolist(), found.second[whole].tolist(), strict=True))
    columns = {
        "pattern": pa.array([f"{names[one]}/{names[two]}" for one, two in pairs], pa.string()),
        "count": pa.array(found.chains[whole], pa.int64()),
        "example": pa.array([examples.get(pair) for pair in pairs], pa.string()),
    }
    return pa.table(columns)
