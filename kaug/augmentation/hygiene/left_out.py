"""Reasons why texts or rows are left out → one table, to be read."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.hygiene.masking import mask_kinds
from kaug.augmentation.hygiene.personal import PERSONAL
from kaug.augmentation.hygiene.settings import HygieneSettings

__all__ = ["LEFT_OUT", "Found", "count_left_out", "left_out_table"]

LEFT_OUT = pa.schema(
    [
        pa.field(name, pa.string(), nullable=name == "detail")
        for name in ("what", "filter", "reason", "detail", "id", "excerpt")
    ]
)
"""What was left out: `text` or `row`; the filter; the reason, one of few; its detail; the id; the beginning of the text."""

_EXCERPT = 160


class Found(NamedTuple):
    """What a filter finds in texts, in columns of equal length n.

    Attributes:
        reasons: Strings: why a text is left out, in words that many share; null if it is kept.
        details: Strings: what is special about this one; null for nothing.
    """

    reasons: pa.Array
    details: pa.Array


def left_out_table(
    what: str,
    name: str,
    found: Found,
    ids: Sequence[str] | pa.Array,
    texts: pa.Array,
    settings: HygieneSettings | None = None,
) -> pa.Table:
    """List what a filter leaves out.

    Args:
        what: `text` or `row`.
        name: The filter.
        found: Its reasons, for all n texts.
        ids: The id of each text (n,).
        texts: Strings (n,).
        settings: `[hygiene]`, which may name kinds of presidio; the defaults if None.

    Returns:
        A table of the schema `LEFT_OUT`. In its excerpts personal data is masked: of all patterns, and of these kinds.
    """
    gone = found.reasons.is_valid()
    every = (settings or HygieneSettings()).model_copy(update={"personal_kinds": list(PERSONAL)})
    excerpts = mask_kinds(texts.filter(gone), every)[0]
    columns = {
        "what": pa.repeat(what, len(excerpts)),
        "filter": pa.repeat(name, len(excerpts)),
        "reason": found.reasons.filter(gone),
        "detail": found.details.filter(gone),
        "id": pa.array(ids, pa.string()).filter(gone),
        "excerpt": pc.utf8_slice_codeunits(excerpts, 0, _EXCERPT),
    }
    return pa.table(columns, schema=LEFT_OUT)


def count_left_out(left_out: pa.Table) -> Counter[str]:
    """Count what was left out by reason, in the words of the manifest's counts.

    Examples:
        >>> row = {"what": "text", "filter": "length", "reason": "too short", "detail": None, "id": "a", "excerpt": ""}
        >>> dict(count_left_out(pa.Table.from_pylist([row], schema=LEFT_OUT)))
        {'texts left out: too short': 1}
    """
    pairs = zip(left_out["what"].to_pylist(), left_out["reason"].to_pylist(), strict=True)
    return Counter(f"{what}s left out: {reason}" for what, reason in pairs)
