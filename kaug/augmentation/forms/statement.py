"""Facts → sentences that state them, subject first, by several templates."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import mix
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
    tables = []
    for predicate, manner, positions in wording.groups(facts.rows):
        part = facts.take(positions)
        templates = wording.templates(predicate, "statement", manner)
        for template in [t for t in templates if is_reversed(t) == reverse][: options.templates]:
            text = wording.fill(template, part.subjects, part.objects, predicate).text
            form = "reversed" if reverse else "statement"
            tables.append(single_fact_rows(part, wording, form=form, prompts=None, completions=text))
    return concat_rows(tables)


def one_statement_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """State each fact in one sentence, drawn from those of the forms statement and reversed.

    Each fact has its own draw, as in the biographies of Allen-Zhu & Li 2023 (arXiv 2309.14316, "single"), where the
    subject always comes first. The draw depends on the seed and the fact's id only.
    """
    draws = _draw(wording.kb.facts["fact"].take(pa.array(facts.rows)), options.seed)
    tables = []
    for predicate, manner, positions in wording.groups(facts.rows):
        templates = wording.templates(predicate, "statement", manner)
        each = [[t for t in templates if is_reversed(t) == order][: options.templates] for order in (False, True)]
        drawn = draws[positions] % max(1, len(each[0]) + len(each[1]))
        for variant, template in enumerate(each[0] + each[1]):
            part = facts.take(positions[drawn == variant])
            text = wording.fill(template, part.subjects, part.objects, predicate).text
            form = "reversed" if is_reversed(template) else "statement"
            tables.append(single_fact_rows(part, wording, form=form, prompts=None, completions=text))
    return concat_rows(tables)


def _draw(ids: pa.ChunkedArray, seed: int) -> NDArray[np.uint64]:
    # A fact's id is a digest, so it serves as a random number; SplitMix64 mixes it with the seed.
    numbers = np.frombuffer(b"".join(ids.to_pylist()), dtype="<u8")[::2].astype(np.uint64)
    return mix(numbers + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64))
