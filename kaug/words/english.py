"""An English word → its kind and forms: plural, verb, participle, article.

Short lists of words (`vocabulary.toml`), and rules by suffix for the rest: each function accepts any string.
"""

import re
from typing import Literal

from kaug.words.vocabulary import WORDS

__all__ = [
    "Nature",
    "base_form",
    "base_of_participle",
    "head_noun",
    "is_adjectival",
    "is_adjective",
    "is_participle",
    "is_plural",
    "is_quality_adjective",
    "is_uncountable",
    "is_verb",
    "participle",
    "past_tense",
    "plural",
    "spelled",
    "third_person",
    "with_article",
    "with_class_article",
]

Nature = Literal["", "substance", "process", "quality", "name", "datatype", "cased"]
"""What is known of a class by those above it, so far as its article depends on it."""

_VERB_SUFFIXES = ("ifies", "izes", "ises", "lates", "vates", "cribes", "duces", "ceives", "tains", "plies", "poses")
_ADJECTIVE_SUFFIXES = (
    "able",
    "ible",
    "ous",
    "ful",
    "less",
    "ical",
    "ional",
    "ular",
    "lar",
    "ary",
    "ive",
    "ic",
    "ish",
    "borne",
)
_NO_VOWEL = re.compile("(?!nth)[b-df-hj-np-tv-xz]{3,4}")
_HARD_U = re.compile(r"(?:uni(?!n|m|d)|unary\b|us[aeu]|ut[eio]|eu|ewe|one\b|once\b|ubi|ura|uri|ufo)")
_MIXED_CASE = {"youtube": "YouTube", "github": "GitHub", "imdb": "IMDb", "ids": "IDs", "urls": "URLs", "uris": "URIs"}
_BASE_FORMS = {
    pasts[0]: verb
    for verb, pasts in WORDS.irregular_pasts.items()
    if not (WORDS.past_tenses | WORDS.intransitive).isdisjoint(pasts[:1])
} | WORDS.base_forms


def is_verb(word: str, *, alone: bool = False) -> bool:
    """Whether a word in -s is the third person of a verb rather than a plural.

    Args:
        word: One word in lower case.
        alone: Whether it is the only word; then "results" and "tests" are nouns.

    Examples:
        >>> is_verb("teaches"), is_verb("albums"), is_verb("works"), is_verb("works", alone=True)
        (True, False, True, False)
    """
    if not word.endswith("s") or (alone and word in WORDS.deeds_or_things):
        return False
    return base_form(word) in WORDS.verbs or (word.endswith(_VERB_SUFFIXES) and word not in WORDS.not_verbs)


def base_form(word: str) -> str:
    """Return the base form of a third person, or of a past tense of a verb without an object.

    Examples:
        >>> [base_form(word) for word in ("teaches", "applies", "causes", "has", "died", "lived", "went")]
        ['teach', 'apply', 'cause', 'have', 'die', 'live', 'go']
    """
    if word in _BASE_FORMS:
        return _BASE_FORMS[word]
    if word.endswith(("ied", "ies")):
        return word[:-3] + "y"
    if word.endswith("ed"):
        stem = word[:-2]
        without_e = stem in WORDS.verbs or not (
            stem + "e" in WORDS.verbs or (stem.endswith(("at", "c", "v", "z", "s", "u")) and not stem.endswith("ss"))
        )
        return stem if without_e else stem + "e"
    if word.endswith(("ches", "shes", "sses", "xes", "oes")) and word[:-1] not in WORDS.verbs:
        return word[:-2]
    return word.removesuffix("s")


def third_person(word: str) -> str:
    """Return the third person of a verb's base form; the empty string if the word is not a known verb.

    Examples:
        >>> [third_person(word) for word in ("teach", "apply", "belong", "stone")]
        ['teaches', 'applies', 'belongs', '']
    """
    if word not in WORDS.verbs:
        return ""
    if re.search("[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("ch", "sh", "ss", "x", "o")) else "s")


def participle(verb: str) -> str:
    """Return the past participle of a verb's base form.

    Examples:
        >>> [participle(verb) for verb in ("feed", "govern", "identify", "precede", "map", "write")]
        ['fed', 'governed', 'identified', 'preceded', 'mapped', 'written']
    """
    if verb in WORDS.irregular_pasts:
        return (WORDS.irregular_pasts[verb] or [verb])[-1]
    return _with_ed(verb)


def past_tense(verb: str) -> str:
    """Return the past tense of a verb's base form.

    Examples:
        >>> [past_tense(verb) for verb in ("write", "direct", "compose")]
        ['wrote', 'directed', 'composed']
    """
    if verb in WORDS.irregular_pasts:
        return (WORDS.irregular_pasts[verb] or [verb])[0]
    return _with_ed(verb)


def base_of_participle(word: str) -> str:
    """Return the base form of a past participle; the empty string if no verb is known that has it.

    Examples:
        >>> [base_of_participle(word) for word in ("written", "directed", "fed", "composed", "mapped", "unborn")]
        ['write', 'direct', 'feed', 'compose', 'map', '']
    """
    if word in _OF_PARTICIPLES:
        return _OF_PARTICIPLES[word]
    if not word.endswith("ed"):
        return ""
    stems = [word[:-2], word[:-1], word[:-3] + "y" if word.endswith("ied") else "", word[:-3]]
    known = [stem for stem in stems if stem in WORDS.verbs]
    return known[0] if known else stems[-1] if re.search(r"([bdgmnpt])\1ed$", word) else base_form(word)


def _with_ed(verb: str) -> str:
    if re.search("[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    if re.fullmatch("[^aeiou]*[aeiou][bdgmnpt]", verb):
        return verb + verb[-1] + "ed"
    return verb + ("d" if verb.endswith("e") else "ed")


_OF_PARTICIPLES = {(pasts or [verb])[-1]: verb for verb, pasts in WORDS.irregular_pasts.items()}


def is_participle(word: str) -> bool:
    """Whether a word is the past participle of a verb ("directed", "born").

    Examples:
        >>> [is_participle(word) for word in ("directed", "born", "speed", "capital")]
        [True, True, False, False]
    """
    return word in WORDS.participles or (len(word) > 3 and word.endswith("ed") and word not in WORDS.not_participles)


def is_plural(word: str) -> bool:
    """Whether a noun is a plural.

    Examples:
        >>> [is_plural(word) for word in ("parents", "children", "status", "physics", "capital", "IDs")]
        [True, True, False, False, False, True]
    """
    low = word.lower()
    if low in WORDS.plurals:
        return True
    if low in WORDS.singulars_in_s or (word.isupper() and len(word) > 1):
        return False
    return len(low) > 2 and low.endswith("s") and not low.endswith(("ss", "us", "is", "ics", "'s"))


def plural(noun: str) -> str:
    """Return the plural of a noun; a plural, or a noun without one, stays.

    Examples:
        >>> [plural(noun) for noun in ("topping", "city", "bus", "child", "parents", "music", "ISBN", "aircraft")]
        ['toppings', 'cities', 'buses', 'children', 'parents', 'music', 'ISBNs', 'aircraft']
    """
    if is_plural(noun) or is_uncountable(noun):
        return noun
    if noun in WORDS.irregular_plurals:
        return WORDS.irregular_plurals[noun]
    if noun.endswith("is") and len(noun) > 4:
        return noun[:-2] + "es"
    if noun.endswith("man") and noun != "human":
        return noun[:-2] + "en"
    if re.search("[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    if noun.endswith(("species", "series", "headquarters", "means", "aircraft")):
        return noun
    return noun + ("es" if noun.endswith(("s", "x", "z", "ch", "sh")) else "s")


def head_noun(name: str) -> str:
    """Return the head noun of a noun phrase.

    Examples:
        >>> head_noun("date of birth"), head_noun("party roles"), head_noun("languages spoken, written or signed")
        ('date', 'roles', 'languages')
    """
    words = name.split()
    for index, word in enumerate(words[1:]):
        if word in WORDS.prepositions or (word.endswith(",") and is_participle(word[:-1])):
            return words[index]
    return words[-1] if words else ""


def is_uncountable(word: str) -> bool:
    """Whether a noun takes no article ("music")."""
    return word.lower() in WORDS.uncountable


def with_class_article(name: str, nature: Nature = "") -> str:
    """Put the indefinite article before the name of a class; processes, substances and fields take none.

    Args:
        name: The name of the class.
        nature: What the classes above it say of it: a substance ("olivine", below mineral), a process ("cell differentiation"), a
            quality, whose name may be an adjective ("nucleated"), a name of its own or a datatype, which stay as they are
            ("Metazoa", "Text"); or that its capital is meant ("Mus musculus protein").

    Examples:
        >>> names = ("dog", "cell death", "regulation of growth", "akaganeite", "website", "enumeration", "physics", "3-D shape")
        >>> [with_class_article(name) for name in names]  # doctest: +NORMALIZE_WHITESPACE
        ['a dog', 'cell death', 'regulation of growth', 'akaganeite', 'a website', 'an enumeration', 'physics', 'a 3-D shape']
        >>> with_class_article("cell division", "process"), with_class_article("olivine", "substance")
        ('cell division', 'olivine')
    """
    head = head_noun(re.sub(r" \w+ed (?:as|at|by|for|from|in|on|to|with) .*", "", name)).lower()
    if nature in ("name", "datatype") or is_uncountable(head) or is_plural(head) or head in WORDS.substances:
        return name
    if nature == "substance" and name.istitle():
        return name  # "Native Alum", of a mineral
    alone = " " not in re.sub(r" *\(.*", "", name)
    last = name.rsplit(maxsplit=1)[-1].lower()
    if re.fullmatch("[a-z]+ and [a-z]+", name):
        return name  # "cap and trade"
    if _END_OF.match(name):
        return f"the {name}"
    if nature == "quality" and (
        is_adjective(last) or (alone and _OF_QUALITY.search(last) and last not in WORDS.countable)
    ):
        return name
    deed = (_DEED if nature == "process" else _DEED_OF).search(head if nature == "process" else name)
    if nature == "process" and ((deed and head not in WORDS.counted_deeds) or (alone and is_adjective(last))):
        return name
    if head not in WORDS.countable:
        mass = _MASS.search(head) or (alone and (nature == "substance" or head.endswith(("ing", "ize", "ify"))))
        if mass or deed or _ABSTRACT.search(head):
            return name
    return f"the {name}" if _is_superlative(name.split(" ", maxsplit=1)[0].lower()) else with_article(name)


def _is_superlative(word: str) -> bool:
    return word.endswith("est") and f"{word[:-2]}r" in WORDS.comparatives


_MASS = re.compile(
    r"\w{2}(?:genesis|lysis|taxis|stasis|osis|itis|kinesis|poiesis|synthesis|ism|ness|ics|[a-z]logy|graphy|nomy|"
    r"metry|ogeny|emia|tropy|phagy|plasia|trophy|diversity|icity|[a-z]{2}ite|water|plasm|[a-z]{2}derm|enchyme|potency|[a-z]ility|[a-z]{2}ivity)$"
)
_ABSTRACT = re.compile(r"\w{2}(?:[a-z]{2}[st]ion|[a-z]{2}[ae]nce|[a-z]{2}ity|culture|chemistry)$|[a-z]{3}ing$")
"""Words that read well without an article whether they are counted or not: "validation", "a permission" is in the list."""
_DEED = re.compile(r"\w{2}(?:[tsx]ion|[a-z]{2}ing|[a-z]{2}ment|[a-z]{2}[ae]nce)$")
_DEED_OF = re.compile(r"^[^ ]*(?: [^ ]+)*?\w{2}(?:[aeiou]tion|[a-z]{2}ment) of ")
_ADJECTIVE_OF_QUALITY = re.compile(r"(?:ile|oid|ave|[^m]ent|ant|ow|al|ar)$")
_END_OF = re.compile("(?:beginning|start|middle|end) of ")
_OF_QUALITY = re.compile(_ADJECTIVE_OF_QUALITY.pattern + r"|(?:ity|oidy)$")


def is_quality_adjective(name: str) -> bool:
    """Whether the name of a quality is an adjective.

    Examples:
        >>> [is_quality_adjective(name) for name in ("multipotent", "concave", "shape", "contractility", "convex 3-D shape")]
        [True, True, False, False, False]
    """
    if not (name.isalpha() and name.islower()) or name in WORDS.countable or name in WORDS.participles_or_things:
        return False
    return is_adjective(name) or _ADJECTIVE_OF_QUALITY.search(name) is not None


def is_adjectival(name: str) -> bool:
    """Whether a name ends in an adjective, so that it stands for no thing: "carbon neutral", "non self governing".

    Nouns that look like adjectives are taken for one unless they are listed.

    Examples:
        >>> names = ("carbon neutral", "disputed", "non self governing", "subaerial", "hospital", "chemical", "watershed")
        >>> [is_adjectival(name) for name in names]
        [True, True, True, True, False, False, False]
        >>> [is_adjectival(name) for name in ("excavate", "windborne", "estimate", "plate")]
        [True, True, False, False]
    """
    words = name.lower().split()
    last = words[-1] if words else ""
    if not last.isalpha() or _NOUNS_LIKE_ADJECTIVES.search(last) or not WORDS.prepositions.isdisjoint(words[:-1]):
        return False
    if last in WORDS.countable | WORDS.substances | WORDS.participles_or_things | WORDS.uncountable:
        return False
    if (last.endswith("ing") and "self" in words[:-1]) or (
        len(last) > 5 and len(words) == 1 and (last.endswith(("ize", "ify")) or _is_only_a_verb(last))
    ):
        return True
    if is_adjective(last) or last in WORDS.comparatives:
        return True
    return len(last) > 4 and last.endswith(("al", "oid")) and last not in WORDS.not_adjectives


def _is_only_a_verb(word: str) -> bool:
    """Whether a word in -ate is a verb and no noun: "excavate"."""
    return word.endswith("ate") and word in WORDS.verbs and word not in _NOUNS_LIKE_VERBS


_NOUNS_LIKE_VERBS = frozenset(["aggregate", "estimate", "duplicate", "mandate", "associate", "graduate", "delegate"])
_NOUNS_LIKE_ADJECTIVES = re.compile(r"(?:bed|shed|[^aeiou]eed|fish|gical|wort|squared|cubed)$")


def is_adjective(word: str) -> bool:
    """Whether a word is an adjective.

    Examples:
        >>> [is_adjective(word) for word in ("accessible", "adjacent", "similar", "capital", "part")]
        [True, True, True, False, False]
    """
    if word in WORDS.adjectives or is_participle(word):
        return True
    return len(word) > 4 and word.endswith(_ADJECTIVE_SUFFIXES) and word not in WORDS.not_adjectives


def with_article(noun: str) -> str:
    """Put the indefinite article before a noun phrase, by sound; a plural or an uncountable noun takes none.

    Examples:
        >>> [with_article(noun) for noun in ("hour", "university", "MBA", "URL", "member", "music", "parents")]
        ['an hour', 'a university', 'an MBA', 'a URL', 'a member', 'music', 'parents']
    """
    first, head = noun.split(" ", maxsplit=1)[0], head_noun(noun)
    if is_plural(head) or is_uncountable(head):
        return noun
    low = first.lower()
    if low[:1].isdigit():
        vowel = re.match(r"8|1[18](?!\d)", low) is not None
    elif len(first) == 1:
        vowel = low in "aefhilmnorsx"
    elif first[:2].isupper() and first != "UFO":
        vowel = first[0] in "AEFHILMNORSX"
    else:
        vowel = low.startswith(("hour", "honest", "honor", "honour", "heir")) or (
            low.startswith(tuple("aeiou")) and not _HARD_U.match(low)
        )
    return f"{'an' if vowel else 'a'} {noun}"


def spelled(word: str) -> str:
    """Write an abbreviation in its usual case ("isbn" is "ISBN", as words without a vowel are); other words are unchanged.

    Examples:
        >>> [spelled(word) for word in ("isbn", "gtin13", "css", "capital", "min")]
        ['ISBN', 'GTIN13', 'CSS', 'capital', 'minimum']
    """
    low = word.lower()
    if low in _MIXED_CASE:
        return _MIXED_CASE[low]
    if low in WORDS.acronyms or low.rstrip("0123456789") in WORDS.acronyms:
        return word.upper()
    if _NO_VOWEL.fullmatch(word):
        return word.upper()
    if word in WORDS.proper:
        return word.capitalize()
    return {"max": "maximum", "min": "minimum"}.get(word, word)
