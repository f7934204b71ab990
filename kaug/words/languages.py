"""Language tags → how well each serves the languages that are wanted."""

from collections.abc import Sequence

__all__ = ["OTHER", "language_rank"]

OTHER = 1 << 20
"""The rank of a language that is not wanted."""

_ANY = ("", "mul", "und", "zxx")
_STEPS = 16  # more than the parts of any tag


def language_rank(tag: str, wanted: Sequence[str]) -> int:
    """Rank a language tag by the languages that are wanted, as the lookup of RFC 4647 does; 0 is the best.

    A wanted language takes its own tag and longer ones (`en` takes `en-GB`), then shorter ones (`en-GB` takes `en`), then
    those of other regions. A text without a language, or of several, serves after all that are wanted.

    Args:
        tag: BCP 47 tag in lower case; empty for none.
        wanted: BCP 47 tags, the most wanted first.

    Returns:
        The rank; `OTHER` for a language that is not wanted.

    Examples:
        >>> tags = ("en", "en-us", "de", "mul", "fr")
        >>> [language_rank(tag, ["en-GB", "de"]) for tag in tags] == [1, 2, 16, 32, OTHER]
        True
    """
    for position, language in enumerate(wanted):
        parts = language.lower().split("-")
        for cut in range(len(parts)):
            shorter = "-".join(parts[: len(parts) - cut])
            if tag == shorter or (not cut and tag.startswith(shorter + "-")):
                return position * _STEPS + cut
        if tag.split("-", maxsplit=1)[0] == parts[0]:
            return position * _STEPS + len(parts)
    return len(wanted) * _STEPS if tag in _ANY else OTHER
