"""The words of a predicate's label → the frame of its sentences: a noun phrase, a clause, a yes or no."""

import re
from dataclasses import replace
from typing import Literal

from kaug.wording.frames import ByWork, Clause, Deed, Frame, Noun, Passive, Record, Truth, join
from kaug.words.english import (
    base_form,
    base_of_participle,
    head_noun,
    is_adjective,
    is_participle,
    is_plural,
    is_uncountable,
    is_verb,
    third_person,
    with_article,
)
from kaug.words.vocabulary import WORDS

__all__ = ["RECEIVED", "Values", "read_label", "starts_like_a_clause"]

RECEIVED = ("awarded", "granted")
"""Alone, they tell what the subject got; or whom it gave something, if the objects are persons."""

Values = Literal["thing", "truth", "date", "year", "time", "count", "text", "string"]
"""The kind of a predicate's objects: yes or no, dates, years, times of day, whole numbers, sentences, strings, or things."""

_ARTICLES = ("a", "an", "the")
_NOUNS_IN_TWO = (["add", "on"], ["check", "in"], ["log", "in"], ["drive", "in"])
_WHEN = {"date": "on", "year": "in", "time": "at"}
_BE, _HAVE = ("is", "are", "was", "were"), ("has", "have", "had")
_MODAL = ("can", "may", "must", "should", "will")
_GIVEN = ("awarded", "given", "named", "called", "granted", "elected", "appointed")
_HEADS_OF_MOMENTS = ("date", "year", "time", "day", "place", "location")
_OF_PARTS = ("includes", "contains", "comprises", "requires", "allows")
_MEASURES = ("feet", "inches", "kilometers", "kilometres", "meters", "metres", "miles", "pounds", "kilograms")
_NO_MOMENTS = ("required", "needed", "spent")
_BASE_FORMS = ("apply", "belong", "compete", "refer", "relate")
_ALONE_VERBS = ("allow", "consider", "contain", "employ", "enable", "govern", "include", "require")
_ADVERBS = ("always", "also", "mostly", "never", "often", "only")
_CONDITIONS_OF = {"if", "when", "whether", "while"}
_ONLY_VERBS = ("duce", "ify", "ize", "lude", "quire", "scribe", "tain", "ceive")
_NOUN_ENDING = re.compile("(?:ion|ment|er|or|itie|ing|age|ure|ence|ance|ist|ism|ee|ent|ant)s$")
_VERB_ENDINGS = (*_ONLY_VERBS, "ise", "body")
_OF_ALL = ("ence", "ance", "ity", "tion", "life")
_ENDS = {"starts": "start", "begins": "start", "ends": "end"}


def starts_like_a_clause(words: list[str]) -> bool:
    """Whether words begin with a verb, a preposition or a participle, so that a word before them is a prefix."""
    first = words[0]
    return is_verb(first) or first in WORDS.prepositions or (is_participle(first) and len(words) > 1)


def read_label(words: list[str], values: Values = "thing") -> Frame:
    """Read a label as the frame of a sentence.

    Args:
        words: The words of the label, at least one, in lower case except names and abbreviations.
        values: The kind of the predicate's objects.

    Returns:
        The frame; a noun phrase if no rule matches.

    Examples:
        >>> read_label(["part", "of"])
        Clause(finite='is', auxiliary='is', rest='', tail='part of', noun='', asked='what', person=False)
        >>> read_label(["has", "capital"])
        Noun(name='capital', link='of', plural=None)
    """
    first, rest = words[0], words[1:]
    if values == "truth":
        return _truth(words)
    if not _CONDITIONS_OF.isdisjoint(words[1:]) or any(
        word[:-1] in WORDS.prepositions for word in words if word[-1] == ","
    ):
        return Record(" ".join(words))  # "in office while president", "causally upstream of, positive effect"
    if first == "this" and "is" in rest:
        return read_label(words[words.index("is") :], values)  # "this taxon is source of"
    if _is_adverb(first) and rest:
        deed = _deed(rest, values)
        if deed and deed.auxiliary == "does":
            return replace(deed, finite=join(first, deed.finite), rest=join(first, deed.rest))
        if rest[0] in WORDS.prepositions or words[-1] in WORDS.prepositions:
            return _being("is", words, values)
    if first == "not" and rest:
        return _negated(read_label(rest, values), words)
    if first in _BE:
        return _being(first, rest, values)
    if first in _HAVE:
        return _having(rest, values)
    if first in _MODAL and rest:
        verb = rest[0]
        is_state = verb == "be" and not WORDS.prepositions.isdisjoint(rest)
        return Clause(f"{first} {verb}", first, verb, *(_after_being if is_state else _after_verb)(rest[1:]))
    if first == "does" and rest[:1] == ["not"] and len(rest) > 1:
        return Clause(" ".join(words[:3]), "does", " ".join(rest[:2]), *_after_verb(rest[2:]))
    if values == "string" and not rest and (first in WORDS.intransitive or is_participle(first)):
        # "served" with "warm or cold" tells not who did what
        return _noun(words, values) if first in WORDS.participles_or_things else Record(first)
    frame: Frame | None = _moment(words, values) or _deed(words, values) or (None if rest else _single(first, values))
    if frame:
        return frame
    if len(words) > 2 and is_verb(words[1], alone=True) and words[-1] in WORDS.prepositions:
        return read_label(rest, values)  # "legislation ensures use of"
    if len(words) > 2 and not is_plural(first) and (rest[0] == "has" or _only_verb(rest[0])):
        return read_label(rest, values)  # "transaction embodies agreement": the subject is named by the domain
    if len(words) > 2 and rest[0] in _ENDS and rest[1] in WORDS.prepositions:
        # "existence starts with", but "route starts at", where the subject is the route
        return Deed(first, " ".join(rest)) if first.endswith(_OF_ALL) else read_label(rest, values)
    if _lacks_being(words):
        last = words[-1]
        return _being("was" if first in WORDS.was and last not in ("as", "for", "of", "with") else "is", words, values)
    return _related(words, values) or _noun(words, values)


def _only_verb(word: str) -> bool:
    """Whether a word is a third person, and no plural: "embodies", but not "feeds"."""
    base = base_form(word)
    return base.endswith(_VERB_ENDINGS) and word not in WORDS.not_verbs and third_person(base) == word


def _is_adverb(word: str) -> bool:
    return word in _ADVERBS or (
        word.endswith("ly") and len(word) > 4 and word not in ("family", "assembly", "supply", "reply")
    )


def _single(word: str, values: Values) -> Frame | None:
    """Read the label of one word as a verb or an adjective."""
    if word in WORDS.symmetric:
        return Clause("is", "is", "", f"{word} to")
    if (word.endswith(_ONLY_VERBS) or word in _ALONE_VERBS) and third_person(word):
        return Clause(third_person(word), "does", word)
    if word == "starring":
        return Clause("stars", "does", "star", asked="who or what")
    if word in WORDS.gerunds:
        return Clause(f"is {word}", "is", word)
    if word in RECEIVED:
        return Clause("was", "was", "", word)
    if word in WORDS.past_tenses or (word.endswith("ed") and is_participle(word)):
        return Clause(word, "did", base_form(word))
    if is_participle(word) and word not in WORDS.participles_or_things and values not in _WHEN:
        return Record(word)
    return None


def _deed(words: list[str], values: Values) -> Clause | None:
    """Read an action of the subject ("borders", "applies to payment method", "died in")."""
    first, rest = words[0], words[1:]
    if first in WORDS.intransitive or (first in WORDS.past_tenses and not is_participle(first)):
        finite, auxiliary = first, "did"
    elif len(words) == 2 and rest[0] in WORDS.prepositions and rest[0] not in ("of", "by") and _may_be_verb(first):
        finite, auxiliary = first, "does"
    elif rest and first in _BASE_FORMS and rest[-1] in WORDS.prepositions:
        finite, auxiliary = third_person(first), "does"
    elif is_verb(first, alone=not rest) or (first in WORDS.timed and values in _WHEN and not rest):
        thing = len(rest) > 1 and not is_participle(rest[-1]) and WORDS.prepositions.isdisjoint(rest)
        described = thing and first not in WORDS.deeds_or_things  # "involves controlled thing"
        if rest and ((is_participle(rest[0]) and not described) or (rest[0] == "of" and len(rest) > 1)):
            return None  # "works written", "terms of service"
        finite, auxiliary = first, "does"
    else:
        return None
    tail, noun = _after_verb(rest)
    clause = Clause(finite, auxiliary, base_form(finite), tail, noun, person=finite in WORDS.people_do)
    if noun:
        return clause
    timed = tail or first in WORDS.intransitive or finite in WORDS.timed
    state, _, link = tail.rpartition(" ")
    if values in _WHEN and state and link in ("in", "on"):
        return replace(
            clause, finite=join(finite, state), rest=join(clause.rest, state), tail=_WHEN[values], asked="when"
        )
    if values in _WHEN and tail in ("in", "at", "on", "") and timed:
        return replace(clause, tail=_WHEN[values], asked="when")
    if tail in ("in", "at") and finite in WORDS.placed:
        return replace(clause, asked="where")
    if finite in ("knows", "marries", "employs") or (finite, tail) == ("works", "for"):
        return replace(clause, asked="who or what")
    return clause


def _may_be_verb(word: str) -> bool:
    """Whether a word in -s before a preposition may be a verb: "grows in", but not "changes in" or "stations at"."""
    return (
        is_plural(word) and word.endswith("s") and word not in WORDS.deeds_or_things and not _NOUN_ENDING.search(word)
    )


def _being(be: str, words: list[str], values: Values) -> Frame:
    """Read a state of the subject ("part of", "north of") or a passive ("directed by")."""
    if words[:1] == ["not"]:
        return _negated(_being(be, words[1:], values), words)
    if not words:
        return Clause(be, be)
    before = words[-2] if len(words) > 1 else ""
    if (
        words[-1] == "by"
        and before
        and before not in WORDS.prepositions
        and not any(map(is_participle, (words[0], before)))
    ):
        return ByWork(" ".join(words[:-1]))
    if WORDS.prepositions.isdisjoint(words):
        if words[0] in (*_ARTICLES, *_GIVEN):
            return Clause(be, be, "", " ".join(words))
        is_so = Clause(be, be, "", " ".join(words), person=words[0] in WORDS.people_do)
        if values in _WHEN and is_participle(words[-1]):
            return replace(is_so, finite=join(be, *words), rest=is_so.tail, tail=_WHEN[values], asked="when")
        if words in (["located"], ["situated"], ["based"]):
            return replace(is_so, finite=join(be, *words), rest=is_so.tail, tail="in", asked="where")
        if words[0].endswith("ing"):
            return is_so
        return Record(join(be, *words)) if is_adjective(words[-1]) else _noun(words, values)
    if "than" in words:
        compared = words[: words.index("than")]
        if not compared or not (compared[-1] in WORDS.comparatives or compared[0] in ("more", "less", "fuzzy")):
            return _having(words, values)  # "greater role than"
    if len(words) == 2 and words[1] == "by" and base_of_participle(words[0]):
        return Passive("was" if words[0] in WORDS.was else be, words[0])
    tail, noun = _after_being(words)
    clause = Clause(be, be, "", tail, noun, person=words[0] in WORDS.people_do)
    if noun and values in _WHEN and (noun[:1].isupper() or _is_whole(words[0], noun)):
        be = "was" if be == "is" else be  # "was selected by NASA"
        deed = " ".join(words)
        return replace(
            clause, finite=f"{be} {deed}", auxiliary=be, rest=deed, tail=_WHEN[values], noun="", asked="when"
        )
    if noun:
        return clause
    state, _, link = tail.rpartition(" ")
    if values in _WHEN and link in ("from", "until", "through", "since") and len(words) == 2:
        return replace(clause, finite=join(be, state), rest=state, tail=link, asked="when")
    if values in _WHEN and link in ("in", "at", "on"):
        return replace(clause, finite=join(be, state), rest=state, tail=_WHEN[values], asked="when")
    if link in ("in", "at") and words[0] in WORDS.placed:
        return replace(clause, finite=join(be, state), rest=state, tail=link, asked="where")
    return replace(clause, asked="who or what") if link == "by" or words[0] == "married" else clause


def _is_whole(first: str, noun: str) -> bool:
    """Whether a passive is whole without its date: "added to the register of places", but not "based on year"."""
    return is_participle(first) and head_noun(noun) not in (*_HEADS_OF_MOMENTS, "dates", "years", "times", "days")


def _having(words: list[str], values: Values) -> Frame:
    """Read a possession of the subject ("has part", "has been awarded", "has impact on")."""
    has = Clause("has", "does", "have")
    words = words[1:] if words and words[0] in _ARTICLES else words
    if not words:
        return has
    if words[0] in _BE and len(words) > 1:
        return _being(words[0], words[1:], values)
    if words[0] == "been":
        frame = _being("has", words[1:], values)
        if not isinstance(frame, Clause):
            return frame
        return Clause("has been", "has", "been", join(frame.rest, frame.tail), frame.noun)
    if len(words) == 1 and is_participle(words[0]):
        return Clause(f"has {words[0]}", "has", words[0])
    moment = _moment(words, values) if len(words) == 2 else None
    if moment:
        return moment
    if words[0] in WORDS.past_tenses and words[0] != "built" and is_participle(words[0]):
        return Clause(f"has {words[0]}", "has", words[0], *_after_verb(words[1:]))
    if words[0] in WORDS.prepositions:
        return replace(has, tail=" ".join(words))
    if words[-1] in WORDS.prepositions and words[-2] in WORDS.powers:
        return replace(has, tail=" ".join(words))
    if words[-1] in WORDS.prepositions:
        return replace(has, tail=f"{with_article(' '.join(words[:-1]))} {words[-1]}")
    if words[0] == "property":
        return replace(has, noun=" ".join(words))
    return _related(words, values) or _noun(words, values)


def _related(words: list[str], values: Values) -> Clause | None:
    """Read a relation to the object ("family relation")."""
    if values == "thing" and words[-1] in ("relation", "relationship") and WORDS.prepositions.isdisjoint(words):
        return Clause("has", "does", "have", f"{with_article(' '.join(words))} to")
    return None


def _moment(words: list[str], values: Values) -> Frame | None:
    """Read the time or place of an event: "date created", "place composed", "founded" with years."""
    *head, last = words
    if not is_participle(last) or last in _NO_MOMENTS or len(head) > 1:
        return None
    if head and values in _WHEN and (head[0] in ("first", "last") or head[0].endswith("ly")):
        return Clause(f"was {head[0]} {last}", "was", f"{head[0]} {last}", _WHEN[values], asked="when")
    if head == ["where"]:
        return Clause(f"is {last}", "is", last, "in", asked="where")
    if not (head[0] in _HEADS_OF_MOMENTS if head else values in _WHEN):
        return None
    person = last in WORDS.people_do
    if last in WORDS.intransitive:
        clause = Clause(last, "did", base_form(last), person=person)
    else:
        clause = Clause(f"was {last}", "was", last, person=person)
    if values in _WHEN:
        return replace(clause, tail=_WHEN[values], asked="when")
    if head[0] in ("place", "location"):
        return replace(clause, tail="in", asked="where")
    return replace(clause, tail="in" if head[0] == "year" else f"on the {head[0]}", asked="when")


def _noun(words: list[str], values: Values) -> Frame:
    """Read a noun phrase: "award received", "number of employees", "availability starts"."""
    if words[0] == "num" and len(words) > 1:
        words = ["number", "of", *words[1:]]
    *head, last = words
    name, before = " ".join(words), head[-1] if head else ""
    if last in _MEASURES and len(words) > 1:
        return Noun(f"{' '.join(head)} in {last}" if before not in WORDS.prepositions else name)
    counted = values == "count" or (values == "year" and last not in ("years", "dates"))
    if counted and is_plural(head_noun(name)):
        return Noun(f"number of {name}")
    if not head:
        return Noun(name)
    if is_participle(last) and values in _WHEN and before not in _HEADS_OF_MOMENTS and not is_adjective(before):
        return Deed(" ".join(head), last, _WHEN[values])
    if is_participle(last) and before in _HEADS_OF_MOMENTS:
        return Noun(name)
    if is_participle(last) and last not in WORDS.participles_or_things and not is_adjective(before):
        # "award received", "languages spoken, written or signed"
        first = next(index for index, word in enumerate(words) if is_participle(word.strip(",")))
        noun = next((word for word in reversed(words[:first]) if word != "not"), before)
        several = is_plural(noun) and first > 0 and words[0] != "number"
        return Noun(name, "in" if last == "involved" else "by", several)
    if last in ("available", "possible"):
        return Noun(" ".join([last, *head]))
    if last in _ENDS:
        return Noun(f"{_ENDS[last]} of the {' '.join(head)}")
    if last in _OF_PARTS:
        return Deed(" ".join(head), last)
    if last != "covers" and is_verb(last, alone=True) and not is_plural(before) and not is_adjective(before):
        return Clause(last, "does", base_form(last))  # "legislation amends": the subject is named by the domain
    return Noun(name)


def _truth(words: list[str]) -> Truth:
    """Read a yes or no: "is open", "accepts reservations", "smoking allowed"."""
    first, rest = words[0], words[1:]
    if first in _BE:
        return _yes_or_no(first, _state(rest))
    if first in _MODAL or (first == "does" and rest):
        return _yes_or_no(first, " ".join(rest))
    if first in _HAVE:
        return _yes_or_no("does", with_article(" ".join(rest)) if rest else "", "have", "has")
    if is_verb(first) and not (rest and is_participle(rest[0])):
        bare = not rest or rest[0] in WORDS.prepositions or rest[-1] in WORDS.prepositions
        thing = " ".join(rest) if bare else with_article(" ".join(rest))
        return _yes_or_no("does", thing, base_form(first), first)
    if rest and is_participle(words[-1]) and not is_adjective(words[-2]):
        noun, be = " ".join(words[:-1]), "are" if is_plural(words[-2]) else "is"
        clause = f"{noun} {be} {words[-1]} for"
        return Truth(f"{be} {noun} {words[-1]} for {{s}}", f"{clause} {{s}}", f"{clause} it")
    starts_with_adjective = bool(rest) and is_adjective(first) and rest[0] in WORDS.prepositions
    if not rest or is_adjective(words[-1]) or _lacks_being(words) or starts_with_adjective:
        return _yes_or_no("is", " ".join(words))
    return _yes_or_no("does", with_article(" ".join(words)), "have", "has")


def _yes_or_no(auxiliary: str, tail: str, verb: str = "", finite: str = "") -> Truth:
    """Ask whether "{s} finite tail", as in "Does {s} verb tail?"; without a verb, the auxiliary is the finite verb."""
    predicate = join(finite or auxiliary, tail)
    return Truth(join(auxiliary, "{s}", verb, tail), f"{{s}} {predicate}", f"it {predicate}")


def _negated(frame: Frame, words: list[str]) -> Frame:
    """Negate a clause; the words of any other frame become a noun phrase."""
    if not isinstance(frame, Clause):
        return Noun(" ".join(words))
    rest = join("not", frame.rest)
    return replace(frame, finite=join(frame.auxiliary, rest), rest=rest)


def _lacks_being(words: list[str]) -> bool:
    """Whether a label only lacks the word "is".

    Examples:
        >>> [_lacks_being(label.split()) for label in ("part of", "in language", "valid for diet", "date of birth", "capital")]
        [True, True, True, False, False]
    """
    first, last = words[0], words[-1]
    if words[-2:] in _NOUNS_IN_TWO:
        return False
    if last in WORDS.prepositions or (len(words) > 1 and first in WORDS.prepositions and first not in WORDS.noun_after):
        return True
    if len(words) > 2 and words[1] in WORDS.prepositions:
        return first in WORDS.of_relations or (words[1] != "of" and is_adjective(first))
    return False


def _after_being(words: list[str]) -> tuple[str, str]:
    """Split what follows "is" into the tail of the clause, with the right articles, and the noun for the object.

    Args:
        words: At least one of them a preposition.

    Examples:
        >>> [_after_being(label.split()) for label in ("member of", "capital of", "available on device", "adjacent to")]
        [('a member of', ''), ('the capital of', ''), ('available on', 'device'), ('adjacent to', '')]
    """
    index = next(index for index, word in enumerate(words) if word in WORDS.prepositions)
    head, links = words[:index], words[index:]
    to_do = head and links[0] == "to" and links[1:] and third_person(links[1])  # "used to diagnose"
    tail, noun = (" ".join(links), "") if words[-1] in WORDS.prepositions or to_do else _after_verb(links)
    return join(_complement(head, links[0]), tail), noun


def _after_verb(words: list[str]) -> tuple[str, str]:
    """Split what follows a verb into the tail of the clause and the noun for the object.

    Examples:
        >>> [_after_verb(words.split()) for words in ("", "to", "to payment method", "cuisine", "border with", "risk of")]
        [('', ''), ('to', ''), ('to', 'payment method'), ('', 'cuisine'), ('a border with', ''), ('the risk of', '')]
    """
    if words and words[-1] in WORDS.prepositions:
        *thing, link = words
        if not thing or thing[0] in (*WORDS.prepositions, *_ARTICLES, *WORDS.no_article):
            return " ".join(words), ""
        text = " ".join(thing)
        return f"{f'the {text}' if link == 'of' else with_article(text)} {link}", ""
    count = 0
    while count < len(words) - 1 and words[count] in (*WORDS.prepositions, *_ARTICLES, "or", "next"):
        count += 1
    return join(*(word for word in words[:count] if word not in _ARTICLES)), " ".join(words[count:])


def _state(words: list[str]) -> str:
    """Write the words after "is" in a yes-or-no question, with the article of a noun.

    Examples:
        >>> [_state(words.split()) for words in ("gift", "family friendly", "accessible for free", "live broadcast")]
        ['a gift', 'family friendly', 'accessible for free', 'a live broadcast']
    """
    if not words:
        return ""
    first, last = words[0], words[-1]
    bare = (
        first in ("not", *_ARTICLES, *WORDS.prepositions)
        or first.endswith("ing")
        or last.endswith("ly")
        or is_uncountable(last)
        or (is_adjective(last) and last not in WORDS.participles_or_things)
        or (is_adjective(first) and words[1:2] and words[1] in WORDS.prepositions)
    )
    return " ".join(words) if bare else with_article(" ".join(words))


def _complement(head: list[str], link: str) -> str:
    """Put an article before a noun ("a member of"), and none before an adjective ("adjacent to")."""
    text, last = " ".join(head), head[-1] if head else ""
    if not head or head[0] in (*_ARTICLES, *_GIVEN) or head == ["part"] or last == "due":
        return text
    if is_participle(last):
        before = head[-2] if len(head) > 1 else ""
        adverbial = is_adjective(head[0]) or head[0].endswith("ly") or before in WORDS.before_deeds
        return text if not before or adverbial or is_uncountable(before) or is_plural(before) else with_article(text)
    if _is_adverb(head[0]) or (is_participle(head[0]) and _is_adverb(last)):
        return text  # "only", "causally upstream", "composed primarily"
    if link == "than":
        return text if last in WORDS.comparatives or head[0] in ("more", "less") else with_article(text)
    if is_adjective(last) and (link != "of" or last in WORDS.adjectives_with_of):
        return text
    if last in WORDS.comparatives or (last.endswith("ing") and link != "of"):
        return text
    if is_plural(last):
        return f"one of the {text}"
    return f"the {text}" if last in WORDS.the_one and link == "of" else with_article(text)
