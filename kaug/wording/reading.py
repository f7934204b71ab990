"""The words of a predicate's label → the frame of the sentence that says it: a noun phrase, a clause, a yes or no."""

from dataclasses import replace
from typing import Literal

from kaug.wording.frames import Asked, ByWork, Clause, Frame, Noun, Truth, join
from kaug.words.english import (
    base_form,
    head_noun,
    is_adjective,
    is_comparative,
    is_participle,
    is_past,
    is_plural,
    is_uncountable,
    is_verb,
    third_person,
    with_article,
)
from kaug.words.vocabulary import (
    ADJECTIVES_WITH_OF,
    BEFORE_DEEDS,
    DEEDS_OR_THINGS,
    GERUNDS,
    NO_ARTICLE,
    NOUN_AFTER,
    OF_RELATIONS,
    PARTICIPLES_OR_THINGS,
    PASTS,
    PEOPLE_DO,
    PLACED,
    PREPOSITIONS,
    SYMMETRIC,
    THE_ONE,
    TIMED,
    WAS,
)

__all__ = ["Values", "read_label", "starts_like_a_clause"]

Values = Literal["thing", "truth", "date", "year", "time", "count"]
"""What the objects of a predicate are: yes or no, dates, years, times of day, whole numbers, or anything else."""

_ARTICLES = ("a", "an", "the")
_NOUNS_IN_TWO = (["add", "on"], ["check", "in"], ["log", "in"], ["drive", "in"])
_WHEN = {"date": "on", "year": "in", "time": "at"}
_BE, _HAVE = ("is", "are", "was", "were"), ("has", "have", "had")
_MODAL = ("can", "may", "must", "should", "will")
_GIVEN = ("awarded", "given", "named", "called", "granted", "elected", "appointed")
_HEADS_OF_MOMENTS = ("date", "year", "time", "day", "place", "location")
_NO_MOMENTS = ("required", "needed", "spent")
_BASE_FORMS = ("apply", "belong", "compete", "refer", "relate")
_ONLY_VERBS = ("duce", "ify", "ize", "lude", "quire", "scribe", "tain", "ceive")
_OF_NOUNS = (
    "ions",
    "ments",
    "ers",
    "ors",
    "ities",
    "ings",
    "ages",
    "ures",
    "ences",
    "ances",
    "ists",
    "isms",
    "ees",
    "ents",
    "ants",
)
_ENDS = {"starts": "start", "begins": "start", "ends": "end"}


def starts_like_a_clause(words: list[str]) -> bool:
    """Tell whether words begin with a verb, a preposition or a participle: what stands before them is no part of it."""
    first = words[0]
    return is_verb(first) or first in PREPOSITIONS or (is_participle(first) and len(words) > 1)


def read_label(words: list[str], values: Values = "thing") -> Frame:
    """Read a label as the frame of a sentence.

    Args:
        words: The words of the label, at least one, in lower case but for names and abbreviations.
        values: What the objects of the predicate are.

    Returns:
        The frame; what no rule knows is a noun phrase.

    Examples:
        >>> read_label(["part", "of"])
        Clause(finite='is', auxiliary='is', rest='', tail='part of', noun='', asked='what', person=False)
        >>> read_label(["has", "capital"])
        Noun(name='capital', of='of', plural=None)
    """
    first, rest = words[0], words[1:]
    if values == "truth":
        return _truth(words)
    if first == "not" and rest:
        frame = read_label(rest, values)
        return _negated(frame) if isinstance(frame, Clause) else Noun(" ".join(words))
    if first in _BE:
        return _being(first, rest, values)
    if first in _HAVE:
        return _having(rest, values)
    if first in _MODAL and rest:
        verb = rest[0]
        if verb == "be" and not PREPOSITIONS.isdisjoint(rest):
            return Clause(f"{first} be", first, "be", *_after_being(rest[1:]))
        return Clause(f"{first} {verb}", first, verb, *_after_verb(rest[1:]))
    if first == "does" and rest[:1] == ["not"] and len(rest) > 1:
        return Clause(" ".join(words[:3]), "does", " ".join(rest[:2]), *_after_verb(rest[2:]))
    return _moment(words, values) or _deed(words, values) or _single(first, rest) or _rest(words, values)


def _rest(words: list[str], values: Values) -> Frame:
    if len(words) > 2 and is_verb(words[1], alone=True) and words[-1] in PREPOSITIONS:  # "legislation ensures use of"
        return read_label(words[1:], values)
    if _lacks_being(words):
        return _being("was" if words[0] in WAS else "is", words, values)
    return _noun(words, values)


def _single(word: str, rest: list[str]) -> Frame | None:
    if rest:
        return None
    if word in SYMMETRIC:
        return Clause("is", "is", "", f"{word} to")
    if word.endswith(_ONLY_VERBS) and third_person(word):
        return Clause(third_person(word), "does", word)
    if word == "starring":
        return Clause("stars", "does", "star")
    if word in GERUNDS:
        return Clause(f"is {word}", "is", word)
    if word in PASTS or (word.endswith("ed") and is_participle(word)):
        return Clause(word, "did", base_form(word))
    return None


def _deed(words: list[str], values: Values) -> Clause | None:
    """What the subject does ("borders", "applies to payment method") or did ("died in")."""
    first, rest = words[0], words[1:]
    if is_past(first) or (first in PASTS and not is_participle(first)):
        finite, auxiliary = first, "did"
    elif len(words) == 2 and rest[0] in PREPOSITIONS and rest[0] != "of" and _may_be_verb(first):
        finite, auxiliary = first, "does"
    elif rest and first in _BASE_FORMS and rest[-1] in PREPOSITIONS:
        finite, auxiliary = third_person(first), "does"
    elif is_verb(first, alone=not rest) or (first in TIMED and values in _WHEN and not rest):
        if rest and (is_participle(rest[0]) or (rest[0] == "of" and len(rest) > 1)):
            return None  # "works written", "terms of service"
        finite, auxiliary = first, "does"
    else:
        return None
    tail, noun = _after_verb(rest)
    clause = Clause(finite, auxiliary, base_form(finite), tail, noun, person=finite in PEOPLE_DO)
    if noun:
        return clause
    if values in _WHEN and tail in ("in", "at", "on", "") and (tail or is_past(first) or finite in TIMED):
        return replace(clause, tail=_WHEN[values], asked="when")
    if tail in ("in", "at") and finite in PLACED:
        return replace(clause, asked="where")
    if finite in ("knows", "marries", "employs") or (finite, tail) == ("works", "for"):
        return replace(clause, asked="who or what")
    return clause


def _may_be_verb(word: str) -> bool:
    """Whether a word in -s before a preposition is rather a verb: "grows in", but not "changes in" or "stations at"."""
    return is_plural(word) and word.endswith("s") and word not in DEEDS_OR_THINGS and not word.endswith(_OF_NOUNS)


def _being(be: str, words: list[str], values: Values) -> Frame:
    """What the subject is ("part of", "north of") or undergoes ("directed by")."""
    if words[:1] == ["not"]:
        frame = _being(be, words[1:], values)
        return _negated(frame) if isinstance(frame, Clause) else Noun(" ".join(words))
    if not words:
        return Clause(be, be)
    before = words[-2] if len(words) > 1 else ""
    if words[-1] == "by" and before and before not in PREPOSITIONS and not any(map(is_participle, (words[0], before))):
        return ByWork(" ".join(words[:-1]))
    if PREPOSITIONS.isdisjoint(words):
        if words[0] in (*_ARTICLES, *_GIVEN):
            return Clause(be, be, "", " ".join(words))
        return _truth([be, *words]) if is_adjective(words[-1]) or words[0].endswith("ing") else _noun(words, values)
    if "than" in words:
        place = words.index("than")
        if not place or not (is_comparative(words[place - 1]) or words[0] in ("more", "less", "fuzzy")):
            return _having(words, values)  # "greater role than"
    said, noun = _after_being(words)
    person, link = words[0] in PEOPLE_DO, said.split(" ")[-1]
    if noun:
        return Clause(be, be, "", said, noun, person=person)
    done = said.removesuffix(link).strip()
    asked: Asked = "who or what" if link == "by" or words[0] == "married" else "what"
    if values in _WHEN and link in ("from", "until", "through", "since") and len(words) == 2:
        asked = "when"
    elif values in _WHEN and link in ("in", "at", "on"):
        asked, link = "when", _WHEN[values]
    elif link in ("in", "at") and words[0] in PLACED:
        asked = "where"
    if asked in ("when", "where"):
        return Clause(join(be, done), be, done, link, asked=asked, person=person)
    return Clause(be, be, "", said, asked=asked, person=person)


def _having(words: list[str], values: Values) -> Frame:
    has = Clause("has", "does", "have")
    words = words[1:] if words and words[0] in _ARTICLES else words
    if not words:
        return has
    if words[0] == "been":
        frame = _being("has", words[1:], values)
        if not isinstance(frame, Clause):
            return frame
        return Clause("has been", "has", "been", join(frame.rest, frame.tail), frame.noun)
    if len(words) == 1 and is_participle(words[0]):
        return Clause(f"has {words[0]}", "has", words[0])
    if words[0] in PASTS and words[0] != "built" and is_participle(words[0]):
        tail, noun = _after_verb(words[1:])
        return Clause(f"has {words[0]}", "has", words[0], tail, noun)
    if words[0] in PREPOSITIONS:
        return replace(has, tail=" ".join(words))
    if words[-1] in PREPOSITIONS:
        return replace(has, tail=f"{with_article(' '.join(words[:-1]))} {words[-1]}")
    if words[0] == "property":
        return replace(has, noun=" ".join(words))
    return _noun(words, values)


def _moment(words: list[str], values: Values) -> Frame | None:
    """When or where something was done: "date created", "place composed", "founded" with years."""
    *head, last = words
    if not is_participle(last) or last in _NO_MOMENTS or len(head) > 1:
        return None
    person = last in PEOPLE_DO
    was = Clause(f"was {last}", "was", last, person=person)
    if is_past(last):
        was = Clause(last, "did", base_form(last), person=person)
    if head == ["where"]:
        return Clause(f"is {last}", "is", last, "in", asked="where")
    if not head or head[0] not in _HEADS_OF_MOMENTS:
        return replace(was, tail=_WHEN[values], asked="when") if values in _WHEN and not head else None
    if values in _WHEN:
        return replace(was, tail=_WHEN[values], asked="when")
    if head[0] in ("place", "location"):
        return replace(was, tail="in", asked="where")
    return replace(was, tail="in" if head[0] == "year" else f"on the {head[0]}", asked="when")


def _noun(words: list[str], values: Values) -> Frame:
    if words[0] == "num" and len(words) > 1:
        words = ["number", "of", *words[1:]]
    *head, last = words
    name, before = " ".join(words), head[-1] if head else ""
    counted = values == "count" or (values == "year" and last not in ("years", "dates"))
    if counted and is_plural(head_noun(name)):
        return Noun(f"number of {name}")
    if head and is_participle(last) and last not in PARTICIPLES_OR_THINGS and not is_adjective(before):
        # "award received", "languages spoken, written or signed"
        first = next(index for index, word in enumerate(words) if is_participle(word.strip(",")))
        noun = next((word for word in reversed(words[:first]) if word != "not"), before)
        several = is_plural(noun) and first > 0 and words[0] != "number"
        return Noun(name, "in" if last == "involved" else "by", several)
    if head and last in ("available", "possible"):
        return Noun(" ".join([last, *head]))
    if head and last in _ENDS:
        return Noun(f"{_ENDS[last]} of the {' '.join(head)}")
    if head and last != "covers" and is_verb(last, alone=True) and not is_plural(before) and not is_adjective(before):
        return Clause(last, "does", base_form(last))  # "legislation amends": what does it stands in the range
    return Noun(name)


def _truth(words: list[str]) -> Truth:
    """Whether something holds: "is open", "accepts reservations", "smoking allowed"."""
    first, rest = words[0], words[1:]
    if first in _BE:
        verb, said = first, _what_it_is(rest)
    elif first in _MODAL or (first == "does" and rest):
        verb, said = first, " ".join(rest)
    elif first in _HAVE:
        said = with_article(" ".join(rest)) if rest else ""
        return _yes_or_no("does", join("have", said), join("has", said))
    elif is_verb(first) and not (rest and is_participle(rest[0])):
        bare = not rest or rest[0] in PREPOSITIONS or rest[-1] in PREPOSITIONS
        said = " ".join(rest) if bare else with_article(" ".join(rest))
        return _yes_or_no("does", join(base_form(first), said), join(first, said))
    elif rest and is_participle(words[-1]) and not is_adjective(words[-2]):
        noun, be = " ".join(words[:-1]), "are" if is_plural(words[-2]) else "is"
        clause = f"{noun} {be} {words[-1]} for"
        return Truth(f"{be} {noun} {words[-1]} for {{s}}", f"{clause} {{s}}", f"{clause} it")
    elif (
        not rest or is_adjective(words[-1]) or _lacks_being(words) or (is_adjective(first) and rest[0] in PREPOSITIONS)
    ):
        verb, said = "is", " ".join(words)
    else:
        said = with_article(" ".join(words))
        return _yes_or_no("does", f"have {said}", f"has {said}")
    return _yes_or_no(verb, said, join(verb, said))


def _yes_or_no(auxiliary: str, rest: str, finite: str) -> Truth:
    return Truth(join(auxiliary, "{s}", rest), f"{{s}} {finite}", f"it {finite}")


def _negated(clause: Clause) -> Clause:
    finite = join(clause.auxiliary, "not", clause.rest)
    return replace(clause, finite=finite, rest=join("not", clause.rest))


def _lacks_being(words: list[str]) -> bool:
    """Tell whether a label says what its subject is or undergoes, and only lacks the word "is".

    Examples:
        >>> [_lacks_being(label.split()) for label in ("part of", "in language", "valid for diet", "date of birth", "capital")]
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


def _after_being(words: list[str]) -> tuple[str, str]:
    """Part what follows "is" into what it says with the right articles, and what the object is called.

    Args:
        words: At least one of them a preposition.

    Examples:
        >>> [_after_being(label.split()) for label in ("member of", "capital of", "available on device", "adjacent to")]
        [('a member of', ''), ('the capital of', ''), ('available on', 'device'), ('adjacent to', '')]
    """
    place = next(index for index, word in enumerate(words) if word in PREPOSITIONS)
    to_do = place and words[place] == "to" and place + 1 < len(words) and third_person(words[place + 1])
    if words[-1] in PREPOSITIONS or to_do:
        tail, noun = words, ""
    else:
        end = place + 1
        while end < len(words) - 1 and words[end] in (*PREPOSITIONS, *_ARTICLES):
            end += 1
        tail = words[:place] + [word for word in words[place:end] if word not in _ARTICLES]
        noun = " ".join(words[end:])
    return join(_complement(tail[:place], tail[place]), *tail[place:]), noun


def _after_verb(words: list[str]) -> tuple[str, str]:
    """Part what follows a verb into what belongs to it, and what the object is called.

    Examples:
        >>> [_after_verb(words.split()) for words in ("", "to", "to payment method", "cuisine", "border with", "risk of")]
        [('', ''), ('to', ''), ('to', 'payment method'), ('', 'cuisine'), ('a border with', ''), ('the risk of', '')]
    """
    if words and words[-1] in PREPOSITIONS:
        *thing, link = words
        if not thing or thing[0] in (*PREPOSITIONS, *_ARTICLES, *NO_ARTICLE):
            return " ".join(words), ""
        text = " ".join(thing)
        return f"{f'the {text}' if link == 'of' else with_article(text)} {link}", ""
    count = 0
    while count < len(words) - 1 and words[count] in (*PREPOSITIONS, *_ARTICLES):
        count += 1
    return join(*(word for word in words[:count] if word not in _ARTICLES)), " ".join(words[count:])


def _what_it_is(words: list[str]) -> str:
    """Say what something is or is not, with the article that a noun takes.

    Examples:
        >>> [_what_it_is(words.split()) for words in ("gift", "family friendly", "accessible for free", "live broadcast")]
        ['a gift', 'family friendly', 'accessible for free', 'a live broadcast']
    """
    if not words:
        return ""
    text, first, last = " ".join(words), words[0], words[-1]
    if (
        first in ("not", *_ARTICLES, *PREPOSITIONS)
        or first.endswith("ing")
        or last.endswith("ly")
        or is_uncountable(last)
    ):
        return text
    if (is_adjective(last) and last not in PARTICIPLES_OR_THINGS) or (is_adjective(first) and words[1] in PREPOSITIONS):
        return text
    return with_article(text)


def _complement(head: list[str], link: str) -> str:
    """Put an article before a noun ("a member of"), and none before an adjective ("adjacent to")."""
    text, last = " ".join(head), head[-1] if head else ""
    if not head or head[0] in _ARTICLES or head == ["part"] or last == "due":
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
