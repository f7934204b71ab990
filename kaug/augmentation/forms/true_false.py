"""Facts → statements to judge: each fact, and a statement like it that the ontology proves false."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import mix
from kaug.augmentation.forms.words import words_of_form
from kaug.augmentation.rows import Facts, Options, Spans, make_rows, mark_spans, name_facts, write
from kaug.wording.negatives import REASONS, Negatives, Refuter
from kaug.wording.saying import compose, pieces, say, says_part
from kaug.wording.wording import Wording

__all__ = ["refuter_of", "true_false_rows"]


def true_false_rows(facts: Facts, wording: Wording, options: Options) -> Iterator[pa.Table]:
    """Ask whether a statement is true, as often of a false one as of the fact that it is like.

    A false statement is proved false by axioms; `proof` says how. It stands in the prompt only, and the completion corrects it by
    the fact. A fact that the axioms give no false statement for is left out.
    """
    words = words_of_form("true-false", wording.language)
    if not words or not len(facts):
        return
    refuter = refuter_of(facts, wording, options)
    false = refuter.statements(facts.rows)
    options.left_out["statements left out: nothing like them is proved false"] += len(facts) - len(false.fact)
    # "One of the notes of X is Y" is not refuted by another note, though a thing has one note.
    part = np.array([p for p in np.unique(facts.predicates).tolist() if says_part(wording, p)], np.uint32)
    functional = false.reason == REASONS.index("functional")
    kept = np.flatnonzero(~(functional & np.isin(facts.predicates[false.fact], part)))
    columns = (column.take(pa.array(kept)) if isinstance(column, pa.Array) else column[kept] for column in false)
    false = Negatives._make(columns)
    draw = mix(facts.rows.astype(np.uint64) + np.uint64(options.seed << 32))
    like = facts.take(false.fact)
    asked = say(wording, like.rows, false.subject, false.object, variant=draw[false.fact])
    true = say(wording, like.rows, like.subjects, like.objects, variant=draw[false.fact])
    same = pc.equal(pc.utf8_lower(asked), pc.utf8_lower(true))
    kept = np.flatnonzero(pc.fill_null(pc.invert(same), False).to_numpy(zero_copy_only=False))
    if not len(kept):
        return
    like, asked, true = like.take(kept), asked.take(pa.array(kept)), true.take(pa.array(kept))
    prompts, spans = write("prompt", *pieces(words["ask"], statement=(true, 0)))
    yield _rows(like, wording, prompts, pa.array([words["yes"]] * len(kept), pa.string()), spans)
    proof, since, reason = (
        column.take(pa.array(kept)) for column in (false.proof, false.since, pa.array(false.reason))
    )
    said = say(wording, like.rows, like.subjects, like.objects)
    object_first = say(wording, like.rows, like.subjects, like.objects, reverse=True)
    fact = pc.if_else(pc.equal(reason, REASONS.index("inverse-functional")), object_first, said)
    alone, plain = pc.equal(reason, REASONS.index("irreflexive")), pc.equal(since, "")
    for template, chosen in (
        (words["no"], plain),
        (words["since"], alone),
        (words["since"] + words["fact"], pc.invert(pc.or_(plain, alone))),
    ):
        some = np.flatnonzero(chosen.to_numpy(zero_copy_only=False))
        if len(some):
            places = pa.array(some)
            slots = pieces(template, since=since.take(places), fact=(fact.take(places), 0))
            completions, spans = write("completion", *slots)
            prompts = compose(words["ask"], statement=asked.take(places))
            yield _rows(like.take(some), wording, prompts, completions, spans, proof.take(places))


def _rows(
    facts: Facts,
    wording: Wording,
    prompts: pa.Array,
    completions: pa.Array,
    spans: list[Spans],
    proofs: pa.Array | None = None,
) -> pa.Table:
    return make_rows(
        family="closed-book",
        form="true-false",
        task="question-answering",
        prompts=prompts,
        completions=completions,
        facts=name_facts(wording.kb, facts.rows),
        spans=mark_spans(len(facts), *spans),
        language=wording.language,
        proofs=proofs,
    )


def refuter_of(facts: Facts, wording: Wording, options: Options) -> Refuter:
    """Return what finds false statements, made once from all facts that rows may state."""

    def make() -> Refuter:
        given = options.all_facts(facts)
        return Refuter(wording, given.rows, options.all_objects(wording.kb, facts), options.seed)

    return options.once(("refuter", wording.language), make)
