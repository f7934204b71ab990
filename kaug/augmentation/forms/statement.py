"""Facts → sentences that state them, subject first, by several templates."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import Numbers, mix
from kaug.augmentation.rows import Facts, Options, concat_rows, single_fact_rows
from kaug.wording.wording import Wording, is_reversed

__all__ = ["one_statement_rows", "state", "statement_rows"]


def statement_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """State each fact, subject first, in up to `options.templates` sentences, the plainest first.

    Training on one template does not make a fact answerable (Allen-Zhu & Li 2023, arXiv 2309.14316).
    """
    return state(facts, wording, options, reverse=False)


def state(facts: Facts, wording: Wording, options: Options, *, reverse: bool) -> pa.Table:
    """State facts with templates that begin with the object, or with the subject."""
    told = [
        (template, positions)
        for predicate, manner, positions in wording.groups(facts.rows)
        for template in _ordered(wording.templates(predicate, "statement", manner), options, reverse=reverse)
    ]
    return _write(facts, told, wording, form="reversed" if reverse else "statement")


def one_statement_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """State each fact in one sentence, drawn from those of the forms statement and reversed.

    Each fact has its own draw, as in the biographies of Allen-Zhu & Li 2023 (arXiv 2309.14316, "single"), where the
    subject always comes first. The draw depends on the seed and the fact's id only.
    """
    draws = _draw(wording.kb.facts["fact"].take(pa.array(facts.rows)), options.seed)
    told: dict[bool, list[tuple[str, Numbers]]] = {False: [], True: []}
    for predicate, manner, positions in wording.groups(facts.rows):
        templates = wording.templates(predicate, "statement", manner)
        each = [template for order in told for template in _ordered(templates, options, reverse=order)]
        drawn = draws[positions] % max(1, len(each))
        for variant, template in enumerate(each):
            told[is_reversed(template)].append((template, positions[drawn == variant]))
    forms = {False: "statement", True: "reversed"}
    return concat_rows([_write(facts, told[order], wording, form=form) for order, form in forms.items()])


def _ordered(templates: list[str], options: Options, *, reverse: bool) -> list[str]:
    return [template for template in templates if is_reversed(template) == reverse][: options.templates]


def _write(facts: Facts, told: Sequence[tuple[str, Numbers]], wording: Wording, *, form: str) -> pa.Table:
    """State facts, given each template with the positions of the facts that it states."""
    part = facts.take(np.concatenate([np.zeros(0, np.int64), *(positions for _, positions in told)]))
    which = np.repeat(np.arange(len(told)), [len(positions) for _, positions in told])
    templates = [template for template, _ in told]
    text = wording.fill_each(templates, which, part.subjects, part.objects, part.predicates).text
    return single_fact_rows(part, wording, form=form, prompts=None, completions=text)


def _draw(ids: pa.ChunkedArray, seed: int) -> NDArray[np.uint64]:
    # A fact's id is a digest, so it serves as a random number; SplitMix64 mixes it with the seed.
    numbers = np.frombuffer(b"".join(ids.to_pylist()), dtype="<u8")[::2].astype(np.uint64)
    return mix(numbers + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64))
