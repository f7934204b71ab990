"""The user's texts and retrieved facts → open-book rows, in which facts stand before, after or inside the texts."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from kaug.arrays import mix
from kaug.augmentation.openbook.positions import POSITIONS, Written
from kaug.augmentation.openbook.reading import Reading, readings
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.augmentation.rows import Facts, make_rows
from kaug.errors import PipelineError, nearest
from kaug.tables import EXAMPLES, content_digest
from kaug.text import as_list
from kaug.wording.wording import Wording

__all__ = ["inject_facts", "text_rows"]


def text_rows(texts: Sequence[str], text_ids: Sequence[str], language: str = "en") -> pa.Table:
    """Make rows of the unchanged texts."""
    return make_rows(
        family="text",
        form="text",
        task="language-modelling",
        prompts=None,
        completions=pa.array(texts, pa.string()),
        facts=[[] for _ in texts],
        spans=[[] for _ in texts],
        language=language,
        text_ids=text_ids,
    )


def inject_facts(
    wordings: Wording | Sequence[Wording],
    texts: Sequence[str],
    text_ids: Sequence[str],
    hits: pa.Table,
    *,
    position: str | Sequence[str] = "before",
    facts: Facts | None = None,
    settings: OpenBookSettings | None = None,
    seed: int = 0,
) -> tuple[pa.Table, dict[str, int]]:
    """Insert retrieved facts into texts.

    Args:
        wordings: A wording of the facts in each language; a text gets facts in its own language, or none.
        texts: The texts.
        text_ids: The id of each text.
        hits: The result of `Retriever.retrieve(…, about=True)`, the most relevant facts of each text first. Retrieve for
            `kaug.augmentation.openbook.protected.prose` of texts that hold code or markup.
        position: A key of `POSITIONS`, or several, each of which gives a row of its own.
        facts: The facts that may be shown, with the objects to state; all, and the true ones, if None.
        settings: `[augmentation.open_book]`; the defaults if None.
        seed: Seed of the draws of other facts, and of the order in a context.

    Returns:
        EXAMPLES of family `open-book`, and the number of texts and facts left out, by reason. Removing the spans from a row's
        prompt and completion restores the text.

    Raises:
        PipelineError: A position is unknown.
    """
    wordings = [wordings] if isinstance(wordings, Wording) else wordings
    names, settings, kb = as_list(position), settings or OpenBookSettings(), wordings[0].kb
    for name in names:
        if name not in POSITIONS:
            raise PipelineError(f"{name!r} is not a position of facts.{nearest(name, POSITIONS)}")
    every = np.arange(kb.facts.num_rows)
    facts = Facts(every, *kb.columns()) if facts is None else facts
    counts: Counter[str] = Counter()
    read = readings(wordings, texts, hits, facts, settings, seed, counts)
    tables = [EXAMPLES.empty_table()]
    for name in names:
        rows = [_rows(name, wording, read, text_ids, settings, seed) for wording in wordings]
        counts[f"texts left out of {name}: no matching facts"] += len(texts) - sum(table.num_rows for table in rows)
        tables += rows
    return pa.concat_tables(tables).combine_chunks(), {reason: count for reason, count in counts.items() if count}


def _rows(
    position: str,
    wording: Wording,
    read: Sequence[Reading],
    text_ids: Sequence[str],
    settings: OpenBookSettings,
    seed: int,
) -> pa.Table:
    """Write the rows of the texts in one language at one position."""
    own = [reading for reading in read if reading.text.language == wording.language]
    rows = [_write(position, reading, settings, seed) for reading in own]
    kept = [(reading, row) for reading, row in zip(own, rows, strict=True) if row]
    return make_rows(
        family="open-book",
        form=f"inject-{position}",
        task="language-modelling",
        prompts=pa.array([row.prompt for _, row in kept], pa.string()),
        completions=pa.array([row.completion for _, row in kept], pa.string()),
        facts=[wording.kb.hex_ids.take(pa.array(row.facts, pa.int64())).to_pylist() for _, row in kept],
        spans=[row.marks for _, row in kept],
        language=wording.language,
        text_ids=[text_ids[reading.number] for reading, _ in kept],
    )


def _write(position: str, reading: Reading, settings: OpenBookSettings, seed: int) -> Written | None:
    """Write the row of a text; its facts stand in a drawn order where others stand among them."""
    write, _, near = POSITIONS[position]
    facts = [*reading.facts, *(reading.near if near else [])]
    if near:
        start = int(content_digest(str(seed), reading.text.text, size=8), 16)
        order = mix(np.arange(len(facts), dtype=np.uint64) ^ np.uint64(start))
        facts = [facts[place] for place in np.argsort(order).tolist()]
    return write(reading.text, facts, settings)
