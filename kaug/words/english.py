"""An English word → what kind of word it is, and its forms: plural, verb, participle, article.

Short lists of what is frequent in the names of predicates and irregular, and rules by suffix for the rest. No word is
unknown: each function gives an answer for any string.
"""

import re

from kaug.words.vocabulary import (
    ACRONYMS,
    ADJECTIVES,
    COMPARATIVES,
    DEEDS_OR_THINGS,
    INTRANSITIVE,
    IRREGULAR_PASTS,
    NOT_ADJECTIVES,
    NOT_PARTICIPLES,
    NOT_VERBS,
    PARTICIPLES,
    PASTS,
    PLURALS,
    PREPOSITIONS,
    SINGULARS_IN_S,
    UNCOUNTABLE,
    VERBS,
)

__all__ = [
    "base_form",
    "head_noun",
    "is_adjective",
    "is_comparative",
    "is_participle",
    "is_past",
    "is_plural",
    "is_uncountable",
    "is_verb",
    "spelled",
    "third_person",
    "with_article",
]


_VERB_SUFFIXES = ("ifies", "izes", "ises", "lates", "vates", "cribes", "duces", "ceives", "tains", "plies", "poses")
_ADJECTIVE_SUFFIXES = ("able", "ible", "ous", "ful", "less", "ical", "ional", "ular", "lar", "ary", "ive", "ic", "ish")
_HARD_U = re.compile(r"(?:uni(?!n|m|d)|us[aeu]|ut[eio]|eu|ewe|one\b|once\b|ubi|ura|uri|ufo)")


def is_verb(word: str, *, alone: bool = False) -> bool:
    """Tell whether a word in -s is the third person of a verb rather than a plural.

    Args:
        word: One word in lower case.
        alone: Whether the word stands alone, where "results" and "tests" are things rather than deeds.

    Examples:
        >>> is_verb("teaches"), is_verb("albums"), is_verb("works"), is_verb("works", alone=True)
        (True, False, True, False)
    """
    if not word.endswith("s") or (alone and word in DEEDS_OR_THINGS):
        return False
    return base_form(word) in VERBS or (word.endswith(_VERB_SUFFIXES) and word not in NOT_VERBS)


def base_form(word: str) -> str:
    """Return the base form of a third person, or of a past tense of a verb without an object.

    Examples:
        >>> [base_form(word) for word in ("teaches", "applies", "causes", "has", "died", "lived", "went")]
        ['teach', 'apply', 'cause', 'have', 'die', 'live', 'go']
    """
    known = PASTS | {
        **{"has": "have", "had": "have", "does": "do", "goes": "go", "is": "be", "focuses": "focus", "lies": "lie"},
        **{IRREGULAR_PASTS[verb][0]: verb for verb in ("come", "fall", "fight", "go", "grow", "run")},
        **{"died": "die", "dies": "die", "rose": "rise"},
    }
    if word in known:
        return known[word]
    if word.endswith("ed"):
        stem = word[:-2]
        if stem.endswith("i"):
            return stem[:-1] + "y"
        e_is_lost = stem + "e" in VERBS or (stem.endswith(("at", "c", "v", "z", "s", "u")) and not stem.endswith("ss"))
        return stem + "e" if e_is_lost and stem not in VERBS else stem
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "oes")) and word[:-1] not in VERBS:
        return word[:-2]
    return word.removesuffix("s")


def third_person(word: str) -> str:
    """Return the third person of a verb's base form; the empty string if the word is no verb that is known.

    Examples:
        >>> [third_person(word) for word in ("teach", "apply", "belong", "stone")]
        ['teaches', 'applies', 'belongs', '']
    """
    if word not in VERBS:
        return ""
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("ch", "sh", "ss", "x", "o")) else "s")


def is_participle(word: str) -> bool:
    """Tell whether a word is the past participle of a verb ("directed", "born").

    Examples:
        >>> [is_participle(word) for word in ("directed", "born", "speed", "capital")]
        [True, True, False, False]
    """
    return word in PARTICIPLES or (len(word) > 3 and word.endswith("ed") and word not in NOT_PARTICIPLES)


def is_past(word: str) -> bool:
    """Tell whether a word is the past tense of a verb that takes no object ("died"), so that nobody "is died"."""
    return word in INTRANSITIVE


def is_plural(word: str) -> bool:
    """Tell whether a noun is a plural.

    Examples:
        >>> [is_plural(word) for word in ("parents", "children", "status", "physics", "capital", "IDs")]
        [True, True, False, False, False, True]
    """
    low = word.lower()
    if low in PLURALS:
        return True
    if low in SINGULARS_IN_S or (word.isupper() and len(word) > 1):
        return False
    return len(low) > 2 and low.endswith("s") and not low.endswith(("ss", "us", "is", "ics", "'s"))


def head_noun(name: str) -> str:
    """Return the noun that a noun phrase is about.

    Examples:
        >>> head_noun("date of birth"), head_noun("party roles"), head_noun("languages spoken, written or signed")
        ('date', 'roles', 'languages')
    """
    words = name.split()
    for place, word in enumerate(words):
        if place and (word in PREPOSITIONS or (word.endswith(",") and is_participle(word[:-1]))):
            return words[place - 1]
    return words[-1] if words else ""


def is_uncountable(word: str) -> bool:
    """Tell whether a noun takes no article ("music")."""
    return word.lower() in UNCOUNTABLE


def is_adjective(word: str) -> bool:
    """Tell whether a word is an adjective, by a short list and by suffix.

    Examples:
        >>> [is_adjective(word) for word in ("accessible", "adjacent", "similar", "capital", "part")]
        [True, True, True, False, False]
    """
    if word in ADJECTIVES or is_participle(word):
        return True
    return len(word) > 4 and word.endswith(_ADJECTIVE_SUFFIXES) and word not in NOT_ADJECTIVES


def is_comparative(word: str) -> bool:
    """Tell whether a word compares ("larger")."""
    return word in COMPARATIVES


def with_article(noun: str) -> str:
    """Put the indefinite article before a noun phrase, by sound; a plural or an uncountable noun takes none.

    Examples:
        >>> [with_article(noun) for noun in ("hour", "university", "MBA", "URL", "member", "music", "parents")]
        ['an hour', 'a university', 'an MBA', 'a URL', 'a member', 'music', 'parents']
    """
    words = noun.split(" ")
    first, last = words[0], words[-1]
    if is_plural(last) or is_uncountable(last):
        return noun
    low = first.lower()
    if len(first) > 1 and first[:2].isupper() and first != "UFO":
        vowel = first[0] in "AEFHILMNORSX"
    elif low.startswith(("hour", "honest", "honor", "honour", "heir")):
        vowel = True
    else:
        vowel = low[:1] in tuple("aeiou") and not _HARD_U.match(low)
    return f"{'an' if vowel else 'a'} {noun}"


def spelled(word: str) -> str:
    """Write an abbreviation as it is written ("isbn" is "ISBN"), and leave any other word as it is.

    Examples:
        >>> [spelled(word) for word in ("isbn", "gtin13", "capital", "min")]
        ['ISBN', 'GTIN13', 'capital', 'minimum']
    """
    if word.lower() == "imdb":
        return "IMDb"
    if word.lower().rstrip("0123456789") in ACRONYMS or word.lower() in ACRONYMS:
        return word[:-1].upper() + "s" if word.lower() in ("ids", "urls", "uris") else word.upper()
    return {"max": "maximum", "min": "minimum"}.get(word, word)
