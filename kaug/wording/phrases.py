"""The words in and after a verb ("part of", "payment method") → a phrase with its articles, and what it calls the object."""

from kaug.words.english import (
    is_adjective,
    is_comparative,
    is_participle,
    is_plural,
    is_uncountable,
    third_person,
    with_article,
)
from kaug.words.vocabulary import (
    ADJECTIVES_WITH_OF,
    BEFORE_DEEDS,
    NO_ARTICLE,
    NOUN_AFTER,
    OF_RELATIONS,
    PARTICIPLES_OR_THINGS,
    PREPOSITIONS,
    THE_ONE,
)

__all__ = ["ARTICLES", "after_being", "after_verb", "join", "lacks_being", "what_it_is"]

ARTICLES = ("a", "an", "the")
_NOUNS_IN_TWO = (["add", "on"], ["check", "in"], ["log", "in"], ["drive", "in"])


def lacks_being(words: list[str]) -> bool:
    """Tell whether a label says what its subject is or undergoes, and only lacks the word "is".

    Examples:
        >>> [lacks_being(label.split()) for label in ("part of", "in language", "valid for diet", "date of birth", "capital")]
        [True, True, True, False, False]
    """
    first, last = words[0], words[-1]
    if words[-2:] in _NOUNS_IN_TWO:
        return False
    if last in PREPOSITIONS or (len(words) > 1 and first in PREPOSITIONS and first not in NOUN_AFTER):
        return True
    if len(words) > 2 and words[1] in PREPOSITIONS:
        return first in OF_RELATIONS or (words[1] != "of" and is_adjective(first))
    return False


def after_being(words: list[str]) -> tuple[str, str]:
    """Part what follows "is" into what it says with the right articles, and what the object is called.

    Args:
        words: At least one of them a preposition.

    Examples:
        >>> [after_being(label.split()) for label in ("member of", "capital of", "available on device", "adjacent to")]
        [('a member of', ''), ('the capital of', ''), ('available on', 'device'), ('adjacent to', '')]
    """
    place = next(index for index, word in enumerate(words) if word in PREPOSITIONS)
    to_do = place and words[place] == "to" and place + 1 < len(words) and third_person(words[place + 1])
    if words[-1] in PREPOSITIONS or to_do:
        tail, noun = words, ""
    else:
        end = place + 1
        while end < len(words) - 1 and words[end] in (*PREPOSITIONS, *ARTICLES):
            end += 1
        tail = words[:place] + [word for word in words[place:end] if word not in ARTICLES]
        noun = " ".join(words[end:])
    return join(_complement(tail[:place], tail[place]), *tail[place:]), noun


def after_verb(words: list[str]) -> tuple[str, str]:
    """Part what follows a verb into what belongs to it, and what the object is called.

    Examples:
        >>> [after_verb(words.split()) for words in ("", "to", "to payment method", "cuisine", "border with", "risk of")]
        [('', ''), ('to', ''), ('to', 'payment method'), ('', 'cuisine'), ('a border with', ''), ('the risk of', '')]
    """
    if words and words[-1] in PREPOSITIONS:
        *thing, link = words
        if not thing or thing[0] in (*PREPOSITIONS, *ARTICLES, *NO_ARTICLE):
            return " ".join(words), ""
        text = " ".join(thing)
        return f"{f'the {text}' if link == 'of' else with_article(text)} {link}", ""
    count = 0
    while count < len(words) - 1 and words[count] in (*PREPOSITIONS, *ARTICLES):
        count += 1
    return join(*(word for word in words[:count] if word not in ARTICLES)), " ".join(words[count:])


def what_it_is(words: list[str]) -> str:
    """Say what something is or is not, with the article that a noun takes.

    Examples:
        >>> [what_it_is(words.split()) for words in ("gift", "family friendly", "accessible for free", "live broadcast")]
        ['a gift', 'family friendly', 'accessible for free', 'a live broadcast']
    """
    if not words:
        return ""
    text, first, last = " ".join(words), words[0], words[-1]
    if (
        first in ("not", *ARTICLES, *PREPOSITIONS)
        or first.endswith("ing")
        or last.endswith("ly")
        or is_uncountable(last)
    ):
        return text
    if (is_adjective(last) and last not in PARTICIPLES_OR_THINGS) or (is_adjective(first) and words[1] in PREPOSITIONS):
        return text
    return with_article(text)


def join(*words: str) -> str:
    """Join words with spaces, leaving out empty ones."""
    return " ".join(word for word in words if word)


def _complement(head: list[str], link: str) -> str:
    """Put an article before a noun ("a member of"), and none before an adjective ("adjacent to")."""
    text, last = " ".join(head), head[-1] if head else ""
    if not head or head[0] in ARTICLES or head == ["part"] or last == "due":
        return text
    if is_participle(last):
        before = head[-2] if len(head) > 1 else ""
        adverbial = is_adjective(head[0]) or head[0].endswith("ly") or before in BEFORE_DEEDS
        return text if not before or adverbial or is_uncountable(before) or is_plural(before) else with_article(text)
    if link == "than":
        return text if is_comparative(last) or head[0] in ("more", "less") else with_article(text)
    if is_adjective(last) and (link != "of" or last in ADJECTIVES_WITH_OF):
        return text
    if is_comparative(last) or (last.endswith("ing") and link != "of"):
        return text
    if is_plural(last):
        return f"one of the {text}"
    return f"the {text}" if last in THE_ONE and link == "of" else with_article(text)
