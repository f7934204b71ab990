"""Facts → statements with a blank for one end, to be filled in."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.rows import Facts, Options, concat_rows
from kaug.augmentation.telling import (
    CARD,
    draw,
    fixed_words,
    has_one_answer,
    has_short_ends,
    keep,
    keep_said,
    recall_rows,
    tell,
)
from kaug.knowledge.templates import Property
from kaug.wording.wording import Wording

__all__ = ["cloze_rows"]

BLANK = "___"


def cloze_rows(facts: Facts, wording: Wording, options: Options) -> pa.Table:
    """Blank out the object and the subject of each fact in a statement each, where it is the one right answer.

    The article of a name stays before the blank: "The ___ is the currency of Togo." ▸ "CFA franc". Facts with a long value are
    left out, as are languages without fixed words; both are counted.
    """
    words = fixed_words(wording.language)
    if not words:
        options.left_out[f"cloze: facts left out: no words in {wording.language}"] += len(facts)
        return concat_rows([])
    facts = keep_said(facts, wording, options, "cloze")
    facts = keep(facts, has_short_ends(facts, wording, CARD), options, "cloze: facts left out: a long name or value")
    ends: tuple[tuple[Property, int], ...] = (("question", 0), ("inverseQuestion", 1))
    tables = []
    for name, turn in ends:
        some = facts.take(np.flatnonzero(has_one_answer(facts, wording, options, name)))
        told = tell(some, wording, draw(options.seed, some.rows) + np.uint64(turn))
        span, answers = (
            (told.subject, wording.labels(some.subjects)) if turn else (told.object, wording.labels(some.objects))
        )
        texts = [
            _blanked(*each) for each in zip(told.text.to_pylist(), span.tolist(), answers.to_pylist(), strict=True)
        ]
        prompts = pc.binary_join_element_wise(words["cloze"], pa.array(texts, pa.string()), "")
        tables.append(recall_rows(some, prompts, answers, answers, wording, options, "cloze"))
    return concat_rows(tables)


def _blanked(text: str, span: list[int], label: str) -> str:
    """Put the blank for a name, after its article if the label has none."""
    start, end = span
    article = _ARTICLE.match(text, start, end)
    kept = article.end() if article and not label.lower().startswith(article[0].lower()) else start
    stop = "." if end == len(text) and text.rstrip("”")[-1:] in (".", "?", "!") else ""  # of "Acme Inc." and "Oliver!"
    return text[:kept] + BLANK + text[end:] + stop


_ARTICLE = re.compile(r"(?:[Aa]n?|[Tt]he) ")
