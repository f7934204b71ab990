"""A text and a mention → whether it names the thing itself, and whether a bracket may follow it; what stands in the bracket."""

import re
from collections.abc import Sequence

from kaug.augmentation.openbook.words import words_of
from kaug.words.english import is_adjective, is_participle, is_plural, is_verb
from kaug.words.vocabulary import WORDS

__all__ = ["has_room", "inside", "names_itself", "places"]

_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""A letter of a script without spaces between words: no word, and no name, ends visibly."""

_JOINED_LEFT = re.compile(r"(?:[\w\-‐‑/\\@#&_.'’]|[=+*<>|^~] ?)\Z")
_JOINED_RIGHT = re.compile(
    r"[\w\\@&_=]|[-‐‑/.]\w|['’](?!s\b)\w| ?[=+*<>|^~]|,? (?:Inc|Ltd|LLC|Corp|Co|GmbH|AG|Jr|Sr)\b"
)
_WORD_BEFORE = re.compile(r"(?<![\w.])([\w.'’-]+)[ \u00a0\n]\Z")
_WORD_AFTER = re.compile(r"[ \u00a0\n]([\w'’-]+)")
_OF = re.compile(
    r"([^\W\d_][\w.'’-]*)[ \u00a0](?:of|de|du|des|della|del|von|van|for)(?:[ \u00a0](?:the|la|le|los|las))?[ \u00a0]\Z"
)
_FIRST = re.compile(r"[^\W\d_]+")
_CLOSED = re.compile(r"\s*\Z|[.!?…]+(?=\s|\Z)|[,;:](?=\s|\Z)|[。，、；：！？،؛؟।]")
_PASTS = frozenset(form for verb, forms in WORDS.irregular_pasts.items() for form in forms or [verb])
_NEAR = 80
"""The characters that are looked at before a mention."""


def names_itself(text: str, start: int, end: int, language: str) -> bool:
    """Whether a mention is a name by itself, rather than part of a compound or of another thing's name.

    It is not in "Togo-based", "Lake Togo", "University of Togo", "Togo Airlines", "Apollo 11", "ancient Togo". Nor is a word in
    lower case before another noun, "pineapple juice", or an adjective, which are known in English. In scripts without spaces, a
    mention stands before punctuation or a word of `follow` in `words.toml`, and not behind a letter of `joined`: 日本的, but
    neither 日本豆腐 nor 古希腊的.

    Examples:
        >>> [names_itself(text, text.index("Togo"), text.index("Togo") + 4, "en") for text in
        ...     ("In Togo it rains.", "Togo's coast", "a Togo-based firm", "on Lake Togo", "Togo Airlines flies.")]
        [True, True, False, False, False]
    """
    mention, before, after = text[start:end], text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if not mention:
        return False
    if _UNSPACED.match(mention[-1]):
        words = words_of(language)
        return not words.follow or (before[-1:] not in words.joined and has_room(text, end, language))
    if _JOINED_LEFT.search(before) or _JOINED_RIGHT.match(after):
        return False
    words = words_of(language)
    right = _WORD_AFTER.match(after)
    if not mention[0].isupper():
        if _is_english(language) and is_adjective(mention) and not is_participle(mention):
            return False
        return not (right and _before_a_noun(mention, right[1], language))
    if right and (right[1][0].isupper() or right[1][0].isdigit()) and right[1] != "I":
        return False
    head = _OF.search(before)
    if head and head[1][0].isupper() and head[1].lower().rstrip(".") not in words.titles:
        return False
    left = _WORD_BEFORE.search(before)
    if left and left[1].lower() in words.joined:
        return False
    if not left or not left[1][0].isupper() or (left[1].endswith((".", "!", "?")) and len(left[1]) > 4):
        return True
    word = left[1].lower().rstrip(".")
    first = not before[: left.start()].strip() or before[: left.start()].rstrip()[-1] in ".!?:;…\n"
    return word in words.titles or (first and (word in words.open or not words.open))


def _before_a_noun(mention: str, word: str, language: str) -> bool:
    """Whether a word after a common noun is a noun, so that both are a compound: no other word, and no verb."""
    if not _is_english(language) or is_plural(mention) or not (word.isalpha() and word.islower()):
        return False
    other = word in words_of(language).follow | words_of(language).open | WORDS.prepositions or word in _PASTS
    return not other and not is_verb(word) and not word.endswith(("ed", "ing", "ly"))


def _is_english(language: str) -> bool:
    return language.split("-", maxsplit=1)[0] == "en"


def has_room(text: str, end: int, language: str) -> bool:
    """Whether a bracket may follow a mention: it ends a noun phrase, as far as the next word or mark tells.

    Examples:
        >>> [has_room(text, 4, "en") for text in ("Togo is hot.", "Togo, in Africa", "Togo's coast", "Togo football team")]
        [True, True, False, False]
    """
    after = text[end : end + _NEAR]
    if _CLOSED.match(after):
        return True
    follow = words_of(language).follow
    if after and _UNSPACED.match(after[0]):
        return after[0] in follow
    word = _WORD_AFTER.match(after)
    return word is not None and word[1] in follow


def inside(sentence: str, names: Sequence[str], language: str) -> str:
    """Return a sentence as it stands inside another: without its full stop, a name as it is, else a small word in lower case.

    Args:
        sentence: A sentence that states a fact.
        names: How the sentence may name the ends of the fact.
        language: BCP 47 tag; only words of `open` in its `words.toml` get lower case.

    Examples:
        >>> inside("The capital of Togo is Lomé.", ["Togo", "Lomé"], "en")
        'the capital of Togo is Lomé'
        >>> inside("The Who were founded in London.", ["The Who"], "en"), inside("A saw cuts.", ["a saw"], "en")
        ('The Who were founded in London', 'a saw cuts')
    """
    sentence = sentence.rstrip(".。")
    for name in names:
        start, rest = sentence[: len(name)], sentence[len(name) :]
        if name and start[1:] == name[1:] and start.casefold() == name.casefold() and not rest[:1].isalnum():
            return name + rest
    first = _FIRST.match(sentence)
    return sentence[:1].lower() + sentence[1:] if first and first[0].lower() in words_of(language).open else sentence


def places(text: str, name: str) -> list[tuple[int, int]]:
    """Find all occurrences of a name as written, as whole words.

    Examples:
        >>> places("Togo, Togoland, Togo", "Togo")
        [(0, 4), (16, 20)]
    """
    if not name:
        return []
    left, right = (
        "" if _UNSPACED.match(letter) else edge for letter, edge in ((name[0], r"(?<!\w)"), (name[-1], r"(?!\w)"))
    )
    return [match.span() for match in re.finditer(left + re.escape(name) + right, text)]
