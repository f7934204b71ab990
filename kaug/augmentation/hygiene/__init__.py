"""The user's texts and training rows → those that are fit to train on, and a table of what was left out."""

from kaug.augmentation.hygiene.faithful import unfaithful_rows
from kaug.augmentation.hygiene.filters import FILTERS, Filter
from kaug.augmentation.hygiene.left_out import LEFT_OUT
from kaug.augmentation.hygiene.rows import clean_rows
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.augmentation.hygiene.texts import CleanTexts, clean_texts

__all__ = [
    "FILTERS",
    "LEFT_OUT",
    "CleanTexts",
    "Filter",
    "HygieneSettings",
    "clean_rows",
    "clean_texts",
    "unfaithful_rows",
]
