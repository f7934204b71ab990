"""Facts → statements to judge: each fact, and a statement like it that the ontology proves false."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import mix
from kaug.augmentation.forms.words import words_of_form
from kaug.augmentation.rows import Facts, Options, make_rows, mark_spans, name_facts, write
from kaug.wording.negatives import REASONS, Refuter
from kaug.wording.saying import compose, pieces, say
from kaug.wording.wording import Wording

__all__ = ["refuter_of", "true_false_rows"]

_FIRST = ("inverse-functional",)
"""The reasons whose correction has the object first: "Lomé is the capital of Togo", not of Ghana."""


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
    draw = mix(facts.rows.astype(np.uint64) + np.uint64(options.seed << 32))
    like = facts.take(false.fact)
    asked = say(wording, like.rows, false.subject, false.object, variant=draw[false.fact])
    true = say(wording, like.rows, like.subjects, like.objects, variant=draw[false.fact])
    same = pc.equal(pc.utf8_lower(asked), pc.utf8_lower(true))
    kept = np.flatnonzero(pc.fill_null(pc.invert(same), False).to_numpy(zero_copy_only=False))
    if not len(kept):
        return
    like, asked, true = like.take(kept), asked.take(pa.array(kept)), true.take(pa.array(kept))
    columns = {
        "form": "true-false",
        "family": "closed-book",
        "task": "question-answering",
        "language": wording.language,
    }
    prompts, spans = write("prompt", *pieces(words["ask"], statement=(true, 0)))
    yield make_rows(
        prompts=prompts,
        completions=pa.array([words["yes"]] * len(kept), pa.string()),
        facts=name_facts(wording.kb, like.rows),
        spans=mark_spans(len(kept), *spans),
        **columns,
    )
    proof, since, reason = (
        column.take(pa.array(kept)) for column in (false.proof, false.since, pa.array(false.reason))
    )
    first = pc.is_in(reason, pa.array([REASONS.index(name) for name in _FIRST], pa.int8()))
    fact = pc.if_else(
        first,
        say(wording, like.rows, like.subjects, like.objects, reverse=True),
        say(wording, like.rows, like.subjects, like.objects),
    )
    irreflexive = pc.equal(reason, REASONS.index("irreflexive"))
    for said, alone in (
        (pc.equal(since, ""), False),
        (pc.and_not(pc.not_equal(since, ""), irreflexive), False),
        (irreflexive, True),
    ):
        some = np.flatnonzero(said.to_numpy(zero_copy_only=False))
        if not len(some):
            continue
        places = pa.array(some)
        because = pc.any(pc.not_equal(since.take(places), "")).as_py()
        template = words["since"] + ("" if alone else words["fact"]) if because else words["no"]
        slots = {"since": since.take(places), "fact": (fact.take(places), 0)}
        completions, spans = write("completion", *pieces(template, **slots))
        yield make_rows(
            prompts=compose(words["ask"], statement=asked.take(places)),
            completions=completions,
            facts=name_facts(wording.kb, like.rows[some]),
            spans=mark_spans(len(some), *spans),
            proofs=proof.take(places),
            **columns,
        )


def refuter_of(facts: Facts, wording: Wording, options: Options) -> Refuter:
    """Return what finds false statements, made once from all facts that rows may state."""

    def make() -> Refuter:
        given = options.all_facts(facts)
        return Refuter(wording, given.rows, options.objects_of_all(wording, facts), options.seed)

    return options.once(wording, "refuter", make)
