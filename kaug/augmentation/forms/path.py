"""Facts → questions over paths of two or three facts, whose answers write out every step."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, runs
from kaug.augmentation.paths import Questions, ask_chains, ask_stars
from kaug.augmentation.rows import Facts, Options, Spans, make_rows, mark_spans, name_facts
from kaug.augmentation.telling import first_of
from kaug.wording.sets import in_sentences
from kaug.wording.steps import PHRASINGS, words_of_paths
from kaug.wording.wording import Wording, is_reversed

__all__ = ["path_rows"]


def path_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask over chains of two and three facts, and for what meets two conditions; the answers state every fact on the way.

    The answer ends with `Answer: …`: models cannot combine learnt facts without writing them out (Allen-Zhu & Li 2023, arXiv
    2309.14402). Where a step leads to several things, all are followed, and the answer is the whole set, of up to
    `options.max_answers`. A pattern that no such chain asks may have more, or is asked as far as the knowledge base tells, where
    some of the things lack their step. Chains of two are asked in up to three phrasings. `query` returns the answers, over the
    facts as the arm has them. A fact is the first of a few chains in either direction, whatever it meets; see `draw_chains`.
    """
    phrasings = min(options.templates, PHRASINGS)
    for asked in (
        ask_chains(facts, wording, options, 2, phrasings),
        ask_chains(facts, wording, options, 3),
        ask_stars(facts, wording, options),
    ):
        if len(asked.prompts):
            yield _rows(asked, wording, options.all_objects(wording.kb, facts))


def _rows(asked: Questions, wording: Wording, objects: NDArray[np.uint32]) -> pa.Table:
    hops, count = asked.hops, len(asked.answers)
    sentences = _state(hops.row, hops.back, objects, wording)
    kept = np.flatnonzero(first_of(hops.path, sentences))  # things may have twins of their name
    hops, sentences = hops.take(kept), sentences.take(pa.array(kept))
    starts, sizes = runs(hops.path)
    offsets = np.append(starts, len(hops.path)).astype(np.int32)
    mark = words_of_paths(wording.language)["answer"]
    told = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), sentences), " ")
    lengths = pc.utf8_length(sentences).to_numpy(zero_copy_only=False).astype(np.int64)
    ends = np.cumsum(lengths + 1) - 1
    begins = ends - lengths
    before = np.repeat(begins[starts], sizes)
    places = np.arange(len(hops.path)) - np.repeat(starts, sizes)
    spans = mark_spans(count, Spans(hops.path, places, "completion", begins - before, ends - before))
    columns = (
        pc.binary_join_element_wise(told, mark, asked.answers, ""),
        name_facts(wording.kb, hops.row, sizes),
        spans,
        asked.queries,
    )
    completions, facts, spans, queries = (column.take(pa.array(asked.path)) for column in columns)
    return make_rows(
        family="closed-book",
        form="path",
        task="question-answering",
        prompts=asked.prompts,
        completions=completions,
        facts=facts,
        spans=spans,
        language=wording.language,
        queries=queries,
    )


def _state(rows: Numbers, back: NDArray[np.bool_], objects: NDArray[np.uint32], wording: Wording) -> pa.Array:
    """State facts in their plainest sentences; those that are told back with the object first, if there is such a template."""
    known, index = np.unique(rows * 2 + back, return_inverse=True)
    of, back = known >> 1, (known & 1).astype(bool)
    subjects, predicates, _ = wording.kb.columns(of)
    templates, which = list[str](), np.zeros(len(of), np.int64)
    for predicate, manner, places in wording.groups(of):
        found = in_sentences(wording.templates(predicate, "statement", manner), wording.language)
        which[places] = len(templates) + back[places]
        templates += [found[0], next(filter(is_reversed, found), found[0])]
    return wording.fill_each(templates, which, subjects, objects[of], predicates).text.take(pa.array(index))
