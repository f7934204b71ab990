"""Texts → their words, and those that are too short or too long."""

import pyarrow as pa
import pyarrow.compute as pc

from kaug.augmentation.hygiene.left_out import Found
from kaug.augmentation.hygiene.settings import HygieneSettings

__all__ = ["find_wrong_length", "split_words"]

# In a script without spaces, each character counts as a word.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
_BETWEEN = r"[^\p{L}\p{M}\p{N}]+"


def split_words(texts: pa.Array) -> pa.ListArray:
    """Split texts into lower-case words; a character of a script without spaces is a word.

    Examples:
        >>> split_words(pa.array(["(Lomé is)", "首都。"])).to_pylist()
        [['lomé', 'is'], ['首', '都']]
    """
    bare = pc.replace_substring_regex(pc.utf8_lower(texts), _UNSPACED, r" \1 ")
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, _BETWEEN, " "))
    words = pc.split_pattern(bare, " ")
    return pc.if_else(pc.equal(bare, ""), pa.scalar([], words.type), words)


def find_wrong_length(texts: pa.Array, _ids: pa.Array, settings: HygieneSettings) -> Found:
    """Find the texts that have too few or too many characters or words; the detail is the number.

    Examples:
        >>> from kaug.augmentation.hygiene.settings import HygieneSettings
        >>> texts = pa.array(["Lomé is a port.", "Lomé"])
        >>> find_wrong_length(texts, texts, HygieneSettings(min_words=2)).reasons.to_pylist()
        [None, 'too few words']
    """
    reasons, details = pa.nulls(len(texts), pa.string()), pa.nulls(len(texts), pa.string())
    words = pc.list_value_length(split_words(texts))
    for noun, sizes, least, most in (
        ("characters", pc.utf8_length(texts), settings.min_characters, settings.max_characters),
        ("words", words, settings.min_words, settings.max_words),
    ):
        for much, wrong in (("few", pc.less(sizes, least)), ("many", pc.greater(sizes, most))):
            reasons = pc.if_else(wrong, f"too {much} {noun}", reasons)
            details = pc.if_else(wrong, sizes.cast(pa.string()), details)
    return Found(reasons, details)
