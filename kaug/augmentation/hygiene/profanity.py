"""Texts → those with a word of a list of profanity and slurs.

badwords-py was chosen for its lists in 25 languages, which name their sources (among them LDNOOBW, CC BY 4.0), and its releases
in 2026. better-profanity knows English only and was last released in 2020; alt-profanity-check loads a pickle.
"""

from functools import cache
from typing import Any

import pyarrow as pa

from kaug.augmentation.hygiene.left_out import Found
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.errors import PipelineError

__all__ = ["find_profanity"]


def find_profanity(texts: pa.Array, _ids: pa.Array, settings: HygieneSettings) -> Found:
    """Find the texts with a whole word of the lists of some languages; the detail is the word.

    A list knows no meanings: "The cock crows." is found, too.

    Raises:
        PipelineError: There is no list for a language.
    """
    words = _filter(tuple(settings.profanity))
    details = [next((match.matched_text for match in words.find(text)), None) for text in texts.to_pylist()]
    reasons = [detail and "profanity" for detail in details]
    return Found(pa.array(reasons, pa.string()), pa.array(details, pa.string()))


@cache
def _filter(languages: tuple[str, ...]) -> Any:
    from badwords import NotSupportedLanguage, ProfanityFilter

    words = ProfanityFilter()
    try:
        words.init(languages=languages)
    except NotSupportedLanguage as error:
        raise PipelineError(f"hygiene.profanity: there is no word list for one of {', '.join(languages)}.") from error
    return words
