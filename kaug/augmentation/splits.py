"""Rows and the exam → the splits of a dataset: `train`, `test`, and validation by entity and by phrasing.

`validation_entity` has facts that no other row states, `validation_phrasing` has facts that `train` teaches, in templates that
it lacks. No two validation rows of different splits share a fact.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import mix, pair_keys
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.templates import Property
from kaug.tables import EXAMPLES, content_digest
from kaug.wording.wording import PLAIN, Manner, Wording, groups, is_reversed

__all__ = ["PHRASED", "Templates", "by_entity", "exam_rows", "facts_kept_apart", "templates_kept_apart", "worded"]

PHRASED = ("statement", "reversed", "question")
"""The forms of `validation_phrasing`: those whose rows have one template each."""

Templates = frozenset[tuple[str, str, str]]
"""Templates: a language, a property of the lexicon, and the text."""

_ASKING: tuple[Property, ...] = ("question", "inverseQuestion")


def exam_rows(probes: pa.Table) -> pa.Table:
    """Write the exam in the columns of EXAMPLES: the first right answer is the completion, the kind of probe the form.

    Args:
        probes: PROBES.

    Returns:
        EXAMPLES, a row for each probe, with its id; its facts are named and have no spans.
    """
    passage = pc.equal(probes["scorer"], "continuation")
    count = probes.num_rows
    columns = {
        **{name: pa.nulls(count, EXAMPLES.field(name).type) for name in ("text_id", "query", "proof")},
        **{name: probes[name] for name in ("id", "prompt", "facts", "language")},
        "form": probes["kind"],
        "family": pc.if_else(passage, "text", "closed-book"),
        "task": pc.if_else(passage, "language-modelling", "question-answering"),
        "completion": pc.list_element(probes["answers"], 0),
        "spans": pa.array([[]] * count, EXAMPLES.field("spans").type),
    }
    return pa.table({name: columns[name] for name in EXAMPLES.names}, schema=EXAMPLES)


def facts_kept_apart(kb: KnowledgeBase, probes: pa.Table, share: float, seed: int) -> pa.Array:
    """Choose the facts of `validation_entity`: all taught facts about entities drawn at random.

    Entities that the exam asks about are not drawn, so that `train` teaches what it asks. A fact that says the same of the same
    two ends the other way round, as inverse properties do, is kept apart with it.

    Args:
        kb: The knowledge base.
        probes: PROBES.
        share: The fraction of the subjects of taught facts that is drawn.
        seed: The seed.

    Returns:
        The hex ids of the facts.
    """
    subjects, _, objects = kb.columns()
    asked = np.array([kb.row_of[fact] for facts in probes["facts"].to_pylist() for fact in facts], dtype=np.int64)
    names = np.unique(subjects[kb.taught])
    names = names[~np.isin(names, np.concatenate([subjects[asked], objects[asked]]))]
    draws = mix(mix(names.astype(np.uint64)) + np.uint64(seed % 2**64))
    drawn = names[draws < np.uint64(share * 2.0**64)]
    about = kb.taught[np.isin(subjects[kb.taught], drawn)]
    back = np.isin(pair_keys(objects, subjects), pair_keys(subjects[about], objects[about]))
    back[np.setdiff1d(np.arange(len(back)), kb.taught)] = False
    return kb.hex_ids.take(pa.array(np.union1d(about, np.flatnonzero(back))))


def by_entity(rows: pa.Table, apart: pa.Array, left_out: Counter[str]) -> Iterator[tuple[str, pa.Table]]:
    """Divide rows into `train` and `validation_entity`; rows with facts of both are left out and counted.

    Args:
        rows: EXAMPLES.
        apart: The hex ids of the facts of `validation_entity`.
        left_out: Where rows left out are counted.

    Yields:
        A split and its rows, if it has any.
    """
    facts = rows["facts"].combine_chunks()
    sizes = pc.list_value_length(facts).to_numpy(zero_copy_only=False)
    row = np.repeat(np.arange(len(sizes)), sizes)
    held = pc.is_in(facts.flatten(), apart).to_numpy(zero_copy_only=False)
    count = np.bincount(row[held], minlength=len(sizes))
    whole = (count == sizes) & (sizes > 0)
    if mixed := int(((count > 0) & ~whole).sum()):
        left_out["rows left out: facts of train and of validation_entity"] += mixed
    for split, chosen in (("train", count == 0), ("validation_entity", whole)):
        if chosen.any():
            yield split, rows.filter(pa.array(chosen))


def templates_kept_apart(wordings: Sequence[Wording], share: float, seed: int) -> Templates:
    """Choose the templates of `validation_phrasing`: a fraction of the statements and questions of the taught predicates.

    The plainest template of each predicate, order of subject and object, and manner stays in `train`.

    Args:
        wordings: The wordings that both splits share, one for each language.
        share: The fraction of the other templates that is drawn.
        seed: The seed.
    """
    first, others = set[tuple[str, str, str]](), set[tuple[str, str, str]]()
    for wording in wordings:
        for name, texts in _lists(wording):
            first.update((wording.language, name, text) for text in texts[:1])
            others.update((wording.language, name, text) for text in texts[1:])
    draws = {template: int(content_digest(str(seed), *template, size=8), 16) for template in others - first}
    return frozenset(template for template, draw in draws.items() if draw < share * 2**64)


def _lists(wording: Wording) -> Iterator[tuple[Property, list[str]]]:
    """Yield the templates among which a form chooses for a fact, the plainest first."""
    taught = wording.kb.taught
    for predicate, manner, _ in wording.groups(taught):
        texts = wording.templates(predicate, "statement", manner)
        yield from (("statement", [text for text in texts if is_reversed(text) == order]) for order in (False, True))
    for predicate, _ in groups(wording.kb.columns(taught)[1]):
        yield from ((name, wording.templates(predicate, name)) for name in _ASKING)


def worded(apart: Templates, *, of: bool) -> Callable[[KnowledgeBase, str], Wording]:
    """Return a maker of wordings that have the templates kept apart alone (`of`), or all others."""

    class Chosen(Wording):
        def templates(self, predicate: int, name: Property, manner: Manner = PLAIN) -> list[str]:
            texts = super().templates(predicate, name, manner)
            return [text for text in texts if ((self.language, name, text) in apart) == of]

    return Chosen
