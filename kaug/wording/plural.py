"""A question in English for one thing → the same question for several, by rule."""

import re

from kaug.words.english import (
    base_form,
    head_noun,
    is_participle,
    is_plural,
    is_uncountable,
    is_verb,
    plural,
    third_person,
)
from kaug.words.vocabulary import WORDS

__all__ = ["in_plural", "in_singular", "subject_in_plural"]

_BE_OR_HAVE = {"is": "are", "was": "were", "has": "have"}
_MODALS = {"can", "could", "may", "might", "must", "should", "will", "would"}
_AUXILIARIES = {*_BE_OR_HAVE, *_BE_OR_HAVE.values(), *_MODALS, "do", "does", "did", "had"}

_NAMED = [
    re.compile(text)
    for text in (
        r"(?:.*\b[Ww]h(?:at|o) (?P<be>is|was)|Tell me|Give|Give me|State) the (?P<noun>[^{}?.]+).*",
        r"(?:.*\bwh(?:at|o) t|T)he (?P<noun>[^{}]+)\{s\} (?P<be>is|was)(?: what| who)?[?.]",
        r".*\b[Ww]hat (?:does )?\{s\} ha(?:s|ve) as (?:its|the) (?P<noun>[^{}?.]+)[?.]",
    )
]
_WHICH = re.compile(r"(?P<before>(?:.* )?)(?P<which>[Ww]hich|[Ww]hat) (?P<rest>[a-z].*?)(?P<mark>[?.]?)")
_CLAUSE = re.compile(r"(?P<noun>.+?)(?P<link> (?:whose|where|when|that|which|who)\b ?)(?P<clause>.*)")


def in_plural(question: str) -> str:
    """Put the noun that a question asks for into the plural, with its verb; the empty string if it is not found.

    Examples:
        >>> in_plural("What is the cause of death of {s}?"), in_plural("Do you know what the genre of {s} is?")
        ('What are the causes of death of {s}?', 'Do you know what the genres of {s} are?')
        >>> in_plural("Which film stars {o}?"), in_plural("Which film did {o} direct?")
        ('Which films star {o}?', 'Which films did {o} direct?')
        >>> in_plural("In which country is {s}?"), in_plural("Which country has {o} as its capital?")
        ('In which countries is {s}?', 'Which countries have {o} as their capital?')
        >>> in_plural("What borders {o}?"), in_plural("What is the music of {s}?")
        ('', '')
    """
    for pattern in _NAMED:
        if match := pattern.fullmatch(question):
            noun = _nouns(match["noun"])
            new = {"noun": noun} | ({"be": _BE_OR_HAVE[match["be"]]} if match.groupdict().get("be") else {})
            for name in sorted(new, key=match.start, reverse=True):
                question = question[: match.start(name)] + new[name] + question[match.end(name) :]
            return question if noun else ""
    match = _WHICH.fullmatch(question)
    return _which(**match.groupdict()) if match else ""


def _which(before: str, which: str, rest: str, mark: str) -> str:
    """Put "Which NOUN VERB …?" into the plural."""
    words = rest.split(" ")
    end = next((place for place in range(1, len(words)) if _begins_a_clause(words[place : place + 2])), len(words))
    if words[0] in ("the", "a", "an") or words[0] in _AUXILIARIES or (which.lower() == "what" and is_verb(words[0])):
        return ""  # "what has {o}", not a noun
    noun, clause = _nouns(" ".join(words[:end])), " ".join(words[end:])
    of_slot = clause.startswith("{")  # "Do you know which noun {s} has?", but not "Which team beat {o}?"
    if not noun or not (before or clause) or (of_slot and (not before or " " not in clause)):
        return ""
    if clause and not of_slot and not WORDS.prepositions.intersection(before.lower().split()[-1:]):
        clause = _agreeing(clause)
        if not clause:
            return ""
    return f"{before}{which} {' '.join(filter(None, (noun, clause)))}{mark}"


def _begins_a_clause(words: list[str]) -> bool:
    word, after = words[0], words[-1]
    if word.startswith("{") or word in _AUXILIARIES:
        return True
    return (is_verb(word) and after not in _AUXILIARIES) or is_participle(word) or word in WORDS.past_tenses


def _nouns(phrase: str) -> str:
    """Put a noun phrase, and the clause after it, into the plural; the empty string if there is no plural."""
    match = _CLAUSE.fullmatch(phrase)
    noun, link, clause = match.groups() if match else (phrase, "", "")
    words = noun.split(" ")
    head = head_noun(noun)
    place = len(words) - 1 - words[::-1].index(head) if head in words else 0
    while place and is_participle(words[place]):
        place -= 1  # "award received by"
    head = words[place]
    if head in ("one", "else", "it") or head in WORDS.prepositions or is_uncountable(head):
        return ""
    if re.search(r"'s\b|\b(?:or|and)\b", noun):
        return ""
    words[place] = head if is_plural(head) else plural(head)
    if clause and link.strip() in ("that", "which", "who"):
        clause = _agreeing(clause)
        if not clause:
            return ""
    return " ".join(words) + link + clause


def _agreeing(clause: str) -> str:
    """Put a verb, and what refers to its subject, into the plural, if the noun before it is the subject."""
    verb, _, rest = clause.partition(" ")
    other = re.match(r"\{[so]\}(?: (\w+))?", rest)  # "Which language is {s} in?", "Which film has {o} directed?"
    if other and (verb in ("is", "was") or (verb == "has" and is_participle(other[1] or ""))):
        return clause
    if verb in ("is", "was") and re.match(r"(?:an?|the|one|it)\b", rest):
        return ""  # "is the capital of {s}"
    many = _BE_OR_HAVE.get(verb) or (base_form(verb) if verb not in _AUXILIARIES and is_verb(verb) else "")
    return many + re.sub(r"\bits\b", "their", f" {rest}") if many else clause


def in_singular(phrase: str) -> str:
    """Put the noun of a phrase with the definite article into the singular; the empty string if it has none.

    Examples:
        >>> in_singular("the children of {s}"), in_singular("the main ingredients of {s}"), in_singular("the battles of {s}")
        ('the child of {s}', 'the main ingredient of {s}', 'the battle of {s}')
    """
    words = phrase.split(" ")
    end = next((place for place, word in enumerate(words) if word in WORDS.prepositions), 0)
    while end > 2 and is_participle(words[end - 1]):
        end -= 1  # "the tracks produced by {s}"
    head = words[end - 1] if end > 1 else ""
    endings = (("ies", "y"), ("es", "e"), ("es", ""), ("s", ""))
    by_rule = [head[: -len(old)] + new for old, new in endings if head.endswith(old)]
    known = [one for one, several in WORDS.irregular_plurals.items() if several == head]
    one = next((noun for noun in known + by_rule if noun and noun != head and plural(noun) == head), "")
    return " ".join([*words[: end - 1], one, *words[end:]]) if one and not is_plural(one) else ""


def subject_in_plural(template: str) -> str:
    """Let the verbs of a template agree with several things in its slot, if this is their subject.

    Examples:
        >>> subject_in_plural("Where was {s} born?"), subject_in_plural("the thing that {s} feeds")
        ('Where were {s} born?', 'the thing that {s} feed')
        >>> subject_in_plural("What does {s} have as its head?"), subject_in_plural("The head of {s} is who?")
        ('What do {s} have as their head?', 'The head of {s} is who?')
    """
    text = re.sub(
        r"\b([Ii]s|[Ww]as|[Hh]as|[Dd]oes)(?= \{[so]\}(?! (?:is|was|has)\b))",
        lambda verb: _MANY[verb[0].lower()].title() if verb[0][0].isupper() else _MANY[verb[0].lower()],
        template,
    )
    subject = re.search(r"(?:^|(?P<before>\w+) )(?P<slot>\{[so]\})(?: (?P<verb>[a-z]+))?", text)
    if subject and subject["before"] not in WORDS.prepositions:
        verb = subject["verb"] or ""
        base = base_form(verb) if verb and is_verb(verb) else ""
        many = _MANY.get(verb) or (base if base and third_person(base) == verb else "")
        if many:
            text = text[: subject.start("verb")] + many + text[subject.end("verb") :]
        if text != template:
            text = re.sub(r"\bits\b", "their", text)
    return text


_MANY = {**_BE_OR_HAVE, "does": "do"}
