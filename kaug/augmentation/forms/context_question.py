"""Facts → questions with facts before them: those that answer them and others near them, or the others alone."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, mix, pair_keys, positions
from kaug.augmentation.forms.question import question_rows
from kaug.augmentation.near import Near
from kaug.augmentation.openbook.words import words_of
from kaug.augmentation.rows import Facts, Options, Spans, make_rows, mark_spans, name_facts
from kaug.augmentation.telling import first_of
from kaug.wording.sets import in_sentences
from kaug.wording.wording import Wording

__all__ = ["context_question_rows"]

_TEMPLATES = 2
"""The templates of a question at most: its rows are long."""

_SHARE = 0x5EED
"""Sets the draw of the rows without an answer apart from the draws of facts."""


def context_question_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask the questions of the form `question` with facts before them, as the exam does for arms with retrieval.

    The facts are sentences in a drawn order, then comes the question: those that answer it, and others with the same predicate
    or subject; none that is said in a record only. In a fraction of the rows the others stand alone, and the answer says that the
    context does not tell, so that a model learns to read what it is given (RAFT, arXiv 2403.10131).
    """
    pool, near = options.all_facts(facts), options.near(facts)
    records = options.once(("records", wording.language), lambda: _said_in_records(pool, wording))
    left_out: Counter[str] = Counter()
    some = replace(options, templates=min(options.templates, _TEMPLATES), left_out=left_out)
    for table in question_rows(facts, wording, some):
        if table.num_rows:
            yield _in_context(table, pool, near, records, wording, options)
    for reason, count in left_out.items():
        options.left_out[f"{reason} (in context)"] += count


def _said_in_records(facts: Facts, wording: Wording) -> NDArray[np.uint32]:
    """Return the predicates that have no sentence, whose facts read badly among sentences."""
    predicates = np.unique(facts.predicates)
    said = [bool(in_sentences(wording.templates(p, "statement"), wording.language)) for p in predicates.tolist()]
    records: NDArray[np.uint32] = predicates[~np.array(said, bool)]
    return records


def _in_context(
    table: pa.Table, pool: Facts, near: Near, records: NDArray[np.uint32], wording: Wording, options: Options
) -> pa.Table:
    """Put facts before the questions of one template; leave out those that would have no facts."""
    kb = wording.kb
    sizes = pc.list_value_length(table["facts"]).to_numpy().astype(np.int64)
    right = positions(pool.rows, np.array([kb.row_of[one] for one in pc.list_flatten(table["facts"]).to_pylist()]))
    question = np.repeat(np.arange(table.num_rows), sizes)
    heads = right[np.cumsum(sizes) - sizes]
    seeds = mix(np.array([int(one[:16], 16) for one in table["id"].to_pylist()], np.uint64) + np.uint64(options.seed))
    absent = (_draws(seeds) < options.open_book.without_answer) & bool(words_of(wording.language).absent)
    beside = near.draw(heads, seeds, 2 * options.open_book.distractors)
    inverse = table["form"][0].as_py() == "inverse-question"
    fits = _do_not_answer(beside, heads, absent, right, question, pool, wording, inverse=inverse)
    fits &= ~np.isin(pool.predicates[beside], records)
    fits &= np.cumsum(fits, axis=1) <= options.open_book.distractors
    row, turn = np.nonzero(fits)
    shown = ~absent[question]
    place, of = np.concatenate([right[shown], beside[row, turn]]), np.concatenate([question[shown], row])
    order = np.lexsort((mix(seeds[of] ^ mix(place.astype(np.uint64))), of))
    place, of = place[order], of[order]
    in_words = ~np.isin(pool.predicates[heads], records)
    kept = np.flatnonzero((np.bincount(of, minlength=table.num_rows) > 0) & in_words)
    some = np.isin(of, kept)
    place, of = place[some], of[some]
    options.left_out["questions in context left out: no other facts"] += table.num_rows - len(kept)
    if not len(kept):
        return table.slice(0, 0)
    number = positions(kept, of)
    return _write(table.take(pa.array(kept)), pool.take(place), number, absent[kept], wording)


def _do_not_answer(
    beside: Numbers,
    heads: Numbers,
    absent: NDArray[np.bool_],
    right: Numbers,
    question: Numbers,
    pool: Facts,
    wording: Wording,
    *,
    inverse: bool,
) -> NDArray[np.bool_]:
    """Mask the facts drawn that do not answer their question: by names, since a question knows its entity by its name.

    No other fact says of the entity what is asked, or names it together with an answer. Where the answer is absent, none names
    the entity together with anything that such an answer could be.
    """
    named, sought = (pool.objects, pool.subjects) if inverse else (pool.subjects, pool.objects)
    terms = np.unique(
        np.concatenate([column[places] for column in (named, sought) for places in (beside.ravel(), right)])
    )
    labels = pc.utf8_lower(wording.labels(terms)).dictionary_encode().indices.to_numpy().astype(np.int64)

    def name(column: NDArray[np.uint32], places: Numbers) -> Numbers:
        return np.asarray(labels[np.searchsorted(terms, column[places])])

    entity, predicate = name(named, heads)[:, None], pool.predicates[heads][:, None]
    row = np.broadcast_to(np.arange(len(heads))[:, None], beside.shape)
    answers, values = pair_keys(question, name(sought, right)), np.unique(pair_keys(pool.predicates, sought))
    told = (pool.predicates[beside] == predicate) & (name(named, beside) == entity)
    for one, other in ((named, sought), (sought, named)):
        answered = np.isin(pair_keys(row, name(other, beside)), answers)
        answered |= absent[:, None] & np.isin(pair_keys(predicate, other[beside]), values)
        told |= answered & (name(one, beside) == entity)
    return np.asarray((beside >= 0) & ~told)


def _write(table: pa.Table, facts: Facts, row: Numbers, absent: NDArray[np.bool_], wording: Wording) -> pa.Table:
    """Join the facts' sentences and the questions: facts of one question stand together, in their order."""
    sentences = wording.sentences(facts.rows, facts.objects)
    kept = np.flatnonzero(first_of(row, sentences))  # things may have twins of their name
    facts, row, sentences = facts.take(kept), row[kept], sentences.take(pa.array(kept))
    sizes = np.bincount(row, minlength=table.num_rows).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    context = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), sentences), " ")
    lengths = pc.utf8_length(sentences).to_numpy().astype(np.int64) + 1
    starts = np.cumsum(lengths) - lengths
    starts -= starts[offsets[:-1]][row]
    absent_ = pa.array(absent)
    completions = pc.if_else(absent_, words_of(wording.language).absent, table["completion"].combine_chunks())
    marks = [Spans(row, np.arange(len(row)) - offsets[:-1][row], "prompt", starts, starts + lengths)]
    return make_rows(
        family="open-book",
        form="context-question" if table["form"][0].as_py() == "question" else "inverse-context-question",
        task="question-answering",
        prompts=pc.binary_join_element_wise(context, table["prompt"].combine_chunks(), " "),
        completions=completions,
        facts=name_facts(wording.kb, facts.rows, sizes),
        spans=mark_spans(table.num_rows, *marks),
        language=wording.language,
    )


def _draws(seeds: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Draw a number from 0 to 1 for each seed."""
    return np.asarray(mix(seeds ^ np.uint64(_SHARE)) / np.float64(2**64))
