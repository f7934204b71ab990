"""The filters of texts and rows: a new one is a function and a line of `FILTERS`."""

import importlib.util
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import pyarrow as pa

from kaug.augmentation.hygiene.duplicates import find_duplicates, find_near_duplicates
from kaug.augmentation.hygiene.language import find_other_languages
from kaug.augmentation.hygiene.left_out import Found
from kaug.augmentation.hygiene.length import find_wrong_length
from kaug.augmentation.hygiene.masking import find_kinds
from kaug.augmentation.hygiene.profanity import find_profanity
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.errors import PipelineError

__all__ = ["FILTERS", "Filter", "What", "chosen_filters"]

What = Literal["text", "row"]


class Filter(NamedTuple):
    """A filter of texts, of rows, or of both.

    Attributes:
        find: From texts (n,), their ids (n,) and the settings to what is left out.
        chosen: Whether the settings ask for it, for texts or for rows.
        description: What it leaves out, for the docs.
        needs: The package that it needs, from the extra `hygiene`.
    """

    find: Callable[[pa.Array, pa.Array, HygieneSettings], Found]
    chosen: Callable[[HygieneSettings, What], bool]
    description: str
    needs: str | None = None


def _find_personal(texts: pa.Array, _ids: pa.Array, settings: HygieneSettings) -> Found:
    kinds = find_kinds(texts, settings)
    return Found(pa.array(["personal data" if kind else None for kind in kinds.to_pylist()], pa.string()), kinds)


FILTERS: dict[str, Filter] = {
    "length": Filter(
        find_wrong_length, lambda _, what: what == "text", "texts of too few or too many characters or words"
    ),
    "duplicates": Filter(
        find_duplicates, lambda own, what: what == "text" and own.duplicates == "drop", "texts equal to an earlier one"
    ),
    "language": Filter(
        find_other_languages,
        lambda own, what: what == "text" and bool(own.languages),
        "texts in other languages than those wanted",
        needs="py3langid",
    ),
    "profanity": Filter(
        find_profanity,
        lambda own, _: bool(own.profanity),
        "texts and rows with a word of a list of profanity and slurs",
        needs="badwords",
    ),
    "personal data": Filter(
        _find_personal,
        lambda own, what: (own.personal_data if what == "text" else own.personal_data_in_rows) == "drop",
        "texts and rows with an e-mail address, a bank account and the like",
    ),
    "near duplicates": Filter(
        find_near_duplicates,
        lambda own, what: what == "text" and own.near_duplicates < 1,
        "texts that share most of their words with an earlier one",
    ),
}
"""The filters by name, in the order in which they are asked; each sees what those before it kept."""


def chosen_filters(settings: HygieneSettings, what: What) -> Iterator[tuple[str, Filter]]:
    """Yield the filters that the settings ask for.

    Raises:
        PipelineError: The package that one needs is missing.
    """
    for name, one in FILTERS.items():
        if one.chosen(settings, what):
            if one.needs and importlib.util.find_spec(one.needs) is None:
                raise PipelineError(f"hygiene.{name}: needs {one.needs}. Get it with: pip install 'kaug[hygiene]'")
            yield name, one
