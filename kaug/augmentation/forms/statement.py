"""Facts → sentences that state them, in several phrasings, subject first (`statement`) or object first (`reversed`)."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.augmentation.rows import Facts, concat_rows, single_fact_rows
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.statements import fill, templates

__all__ = ["is_reversed", "one_statement_rows", "statement_rows"]


def is_reversed(template: str) -> bool:
    """Whether a statement names the object before the subject."""
    return template.index("{o}") < template.index("{s}")


def statement_rows(
    kb: KnowledgeBase, facts: Facts, *, reverse: bool, phrasings: int = 5, language: str = "en"
) -> pa.Table:
    """State each fact in up to `phrasings` sentences.

    Training on a fact in one order does not teach it in the other (Berglund et al. 2023, arXiv 2309.12288), and on one
    phrasing does not make it answerable (Allen-Zhu & Li 2023, arXiv 2309.14316); so both orders and several phrasings.

    Args:
        kb: The knowledge base.
        facts: The facts.
        reverse: Whether to take the templates that name the object first, or the others.
        phrasings: At most so many templates a predicate, the plainest first.
        language: BCP 47 tag; predicates without a template in it give no row.

    Returns:
        EXAMPLES with an empty prompt.
    """
    words = kb.phrase(language)
    tables = []
    for predicate in np.unique(facts.predicates):
        some = facts.take(np.flatnonzero(facts.predicates == predicate))
        found = [t for t in templates(kb, int(predicate), "statement", language) if is_reversed(t) == reverse]
        subjects, objects = words.take(pa.array(some.subjects)), words.take(pa.array(some.objects))
        for template in found[:phrasings]:
            tables.append(_say(kb, some, template, subjects, objects, language))
    return concat_rows(tables)


def one_statement_rows(
    kb: KnowledgeBase, facts: Facts, *, phrasings: int = 5, language: str = "en", seed: int = 0
) -> pa.Table:
    """State each fact in one sentence, drawn from those that `statement_rows` writes of it in either order.

    So a fact stands in a text that tells it once. Sentences are drawn anew for each fact, as for the biographies of
    Allen-Zhu & Li 2023 (arXiv 2309.14316, "single"); but there the subject always comes first.

    Args:
        kb: The knowledge base.
        facts: The facts.
        phrasings: At most so many templates a predicate and order, the plainest first.
        language: BCP 47 tag; predicates without a template in it give no row.
        seed: Decides the draw, together with the fact's id: other facts do not change it.

    Returns:
        EXAMPLES with an empty prompt, at most one row a fact.
    """
    words = kb.phrase(language)
    draws = _draw(kb.facts["fact"].take(pa.array(facts.rows)), seed)
    tables = []
    for predicate in np.unique(facts.predicates):
        places = np.flatnonzero(facts.predicates == predicate)
        said = templates(kb, int(predicate), "statement", language)
        found = [t for order in (False, True) for t in [t for t in said if is_reversed(t) == order][:phrasings]]
        drawn = draws[places] % max(1, len(found))
        for variant, template in enumerate(found):
            some = facts.take(places[drawn == variant])
            subjects, objects = words.take(pa.array(some.subjects)), words.take(pa.array(some.objects))
            tables.append(_say(kb, some, template, subjects, objects, language))
    return concat_rows(tables)


def _say(
    kb: KnowledgeBase, facts: Facts, template: str, subjects: pa.Array, objects: pa.Array, language: str
) -> pa.Table:
    text = fill(template, subjects, objects).text
    form = "reversed" if is_reversed(template) else "statement"
    return single_fact_rows(kb, facts, form=form, prompts=None, completions=text, language=language)


def _draw(ids: pa.ChunkedArray, seed: int) -> NDArray[np.uint64]:
    # A fact's id is a digest, and as good as a random number; SplitMix64 makes another of it for each seed.
    numbers = np.frombuffer(b"".join(ids.to_pylist()), dtype="<u8")[::2].astype(np.uint64)
    numbers = numbers + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
