"""Texts → the personal data in them, by patterns and, if the settings name kinds, by presidio."""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.hygiene.personal import mask_personal, personal_kind
from kaug.augmentation.hygiene.presidio import find_with_presidio, mask_with_presidio
from kaug.augmentation.hygiene.settings import HygieneSettings

__all__ = ["find_kinds", "mask_kinds"]


def mask_kinds(texts: pa.Array, settings: HygieneSettings) -> tuple[pa.Array, Counter[str]]:
    """Write the kind of personal data in its place, for all kinds that the settings name.

    Returns:
        Strings (n,), and how often each kind was found.

    Raises:
        PipelineError: presidio-analyzer or a model is not installed, or there is no such kind.
    """
    masked, counts = mask_personal(texts, settings.personal_kinds)
    if settings.presidio_kinds:
        masked, others = mask_with_presidio(masked, settings)
        counts += others
    return masked, counts


def find_kinds(texts: pa.Array, settings: HygieneSettings) -> pa.Array:
    """Return a kind of personal data that each text holds, of those that the settings name; null for none.

    Raises:
        PipelineError: presidio-analyzer or a model is not installed, or there is no such kind.
    """
    kinds = personal_kind(texts, settings.personal_kinds)
    return pc.coalesce(kinds, find_with_presidio(texts, settings)) if settings.presidio_kinds else kinds
