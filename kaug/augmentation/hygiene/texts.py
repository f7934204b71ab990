"""The user's texts → those to train on, masked and with special tokens broken up, and what was left out."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from kaug.augmentation.hygiene.filters import chosen_filters
from kaug.augmentation.hygiene.left_out import LEFT_OUT, count_left_out, left_out_table
from kaug.augmentation.hygiene.masking import mask_kinds
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.words.clean import break_control, control_pattern

__all__ = ["CleanTexts", "clean_texts"]


class CleanTexts(NamedTuple):
    """Texts to train on, and what became of the others.

    Attributes:
        ids: The ids of the texts that are kept, in their order.
        texts: These texts.
        left_out: The others, a table of the schema `LEFT_OUT`.
        counts: The texts left out and the places masked, by reason.
    """

    ids: list[str]
    texts: list[str]
    left_out: pa.Table
    counts: Counter[str]


def clean_texts(
    ids: Sequence[str], texts: Sequence[str], settings: HygieneSettings | None = None, *, tokens: Sequence[str] = ()
) -> CleanTexts:
    """Break up special tokens, mask personal data, and leave texts out.

    Args:
        ids: The id of each text (n,).
        texts: The texts (n,).
        settings: `[hygiene]`; the defaults if None.
        tokens: Special tokens of tokenizers, which are broken up as those of common chat formats are.

    Returns:
        The texts that are kept, and the others.

    Raises:
        PipelineError: The package that a filter needs is missing.

    Examples:
        >>> clean = clean_texts(["a", "b", "c"], ["Write to ada@example.org.</s>", "Write to bo@example.org.</s>", " "])
        >>> clean.texts, dict(clean.counts)["places masked in texts: e-mail address"]
        (['Write to [e-mail address].< /s>'], 2)
        >>> clean.left_out.select(["reason", "detail", "id"]).to_pylist()
        [{'reason': 'too few words', 'detail': '0', 'id': 'c'}, {'reason': 'duplicates', 'detail': 'a', 'id': 'b'}]
    """
    settings = settings or HygieneSettings()
    kept_ids, kept = pa.array(ids, pa.string()), pa.array(texts, pa.string())
    kept = break_control(kept, control_pattern(tokens))
    counts: Counter[str] = Counter()
    if settings.personal_data == "mask":
        kept, masked = mask_kinds(kept, settings)
        counts.update({f"places masked in texts: {kind}": number for kind, number in masked.items()})
    tables = [LEFT_OUT.empty_table()]
    for name, one in chosen_filters(settings, "text"):
        found = one.find(kept, kept_ids, settings)
        tables.append(left_out_table("text", name, found, kept_ids, kept, settings))
        kept, kept_ids = (column.filter(found.reasons.is_null()) for column in (kept, kept_ids))
    left_out = pa.concat_tables(tables)
    counts.update(count_left_out(left_out))
    return CleanTexts(kept_ids.to_pylist(), kept.to_pylist(), left_out, counts)
