"""A drafted template → accepted, or the reason why not: slots, form, and whether the fact can be read back from it."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set

import pyarrow as pa

from kaug.curation.drafts.draft_prompt import EXAMPLE
from kaug.errors import SourceError
from kaug.knowledge.templates import PROPERTIES, check_template
from kaug.wording.wording import fill, is_reversed
from kaug.words.clean import clean_text

__all__ = ["accept", "completed", "gives_back", "normal", "why_not"]

_SHORTEST, _LONGEST = 5, 250
_TOKENS = re.compile(r"<\||\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|\x60{3}|^#+ ", re.IGNORECASE)
_ENDS = ".?!。？！"
_INSIDE = re.compile(rf"[{_ENDS}]+[\"'”’)]*(?:\s+\S|(?<=[。？！])\S)")
_ARTICLE = re.compile(r"\b(?:a|an|the) \{[so]\}|\{[so]\}['’]s\b", re.IGNORECASE)
_TRAINED = ("statement", "question", "inverseQuestion")
_SLOT = re.compile(r"\{([so])\}")


def why_not(name: str, template: str, language: str, facts: Sequence[tuple[str, str]]) -> str | None:
    """Return the reason, of a closed list, why a drafted template of a property is refused, or None.

    `facts` are the subjects and objects of some facts as phrases, to fill the template with.

    Examples:
        >>> why_not("statement", "{s} borders {o}.", "en", [("Togo", "Ghana")])
        >>> why_not("statement", "{s} borders Ghana.", "en", [("Togo", "Ghana")])
        'wrong slots'
        >>> why_not("statement", "{s} {o}.", "en", [("New York", "city")])
        'the fact cannot be read back'
    """
    try:
        check_template(name, template, "", "")
    except SourceError:
        return "wrong slots"
    if not _SHORTEST <= len(template) <= _LONGEST:
        return "too short or too long"
    if clean_text(pa.array([template]))[0].as_py() != template or _TOKENS.search(template):
        return "control characters or tokens"
    is_reference = name.endswith("eference")
    if (template[-1] in _ENDS) == is_reference or _INSIDE.search(_SLOT.sub("x", template)):
        return "not a phrase" if is_reference else "not one sentence"
    if language.split("-", maxsplit=1)[0] == "en" and _ARTICLE.search(template):
        return "an article before a slot, or 's after it"
    if not all(gives_back(template, subject, value) for subject, value in facts):
        return "the fact cannot be read back"
    return None


def gives_back(template: str, subject: str, value: str) -> bool:
    """Return whether only the fact is read back from its sentence: the template, as a pattern, matches the same slots.

    Examples:
        >>> gives_back("{s} is {o}.", "Togo", "a country"), gives_back("{s} is {o}.", "What is", "is what")
        (True, False)
    """
    sentence = fill(template, pa.array([subject]), pa.array([value]))
    text = sentence.text[0].as_py()
    spans = {"s": sentence.subject[0], "o": sentence.object[0]}
    wanted = {slot: text[slice(*spans[slot])] for slot in _SLOT.findall(template)}
    if not all(part.strip() for part in wanted.values()):
        return False
    # Slots match lazily, then greedily: if both agree, there is no other match.
    for some in (".+?", ".+"):
        pieces = [
            f"(?P<{piece}>{some})" if index % 2 else re.escape(piece)
            for index, piece in enumerate(_SLOT.split(template))
        ]
        own_stop = re.search(r"\}[”\"']?\.$", template)  # a fact may bring its own full stop
        pattern = "".join(pieces) + ("?" if own_stop else "")
        match = re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL)
        if match is None or any(match[slot].rstrip(".") != part.rstrip(".") for slot, part in wanted.items()):
            return False
    return True


def accept(
    drafts: Mapping[str, Sequence[str]],
    language: str,
    facts: Sequence[tuple[str, str]],
    rule: Mapping[str, Sequence[str]],
    of_others: Set[str],
) -> tuple[dict[str, list[str]], list[tuple[str, str, str]]]:
    """Accept the drafts of a predicate that pass all checks.

    Args:
        drafts: Templates by property of the lexicon.
        language: BCP 47 tag.
        facts: See `why_not`.
        rule: The templates by rule, which replace those not accepted: no question may be one of its exam.
        of_others: The statements of other predicates, in their normal form.

    Returns:
        The accepted templates by property; and the property, text and reason of each refused one.
    """
    accepted: dict[str, list[str]] = {}
    refused = []
    for name in PROPERTIES:
        for template in drafts.get(name, ()):
            reason = why_not(name, template, language, facts) or _clash(name, template, accepted, rule, of_others)
            if reason:
                refused.append((name, template, reason))
            else:
                accepted.setdefault(name, []).append(template)
    return accepted, refused


def completed(
    accepted: Mapping[str, Sequence[str]], rule: Mapping[str, Sequence[str]]
) -> tuple[dict[str, tuple[str, ...]], bool]:
    """Add templates by rule where no draft was accepted for a property, or for an order of subject and object.

    Returns:
        The templates by property; and whether any of them is by rule.
    """
    whole = {}
    by_rule = False
    for name in PROPERTIES:
        mine, added = tuple(accepted.get(name, ())), tuple(rule.get(name, ()))
        if mine and name == "statement":
            orders = {is_reversed(template) for template in mine}
            forms = {normal(one) for template in mine for one in (template, _swapped(template))}
            added = tuple(one for one in added if is_reversed(one) not in orders and normal(one) not in forms)
        elif mine:
            added = ()
        by_rule = by_rule or bool(added)
        if mine or added:
            whole[name] = mine + added
    return whole, by_rule


def normal(template: str) -> str:
    """Normalise a template for comparison: its words and slots, without case and punctuation.

    Examples:
        >>> normal("The capital of {s} is {o}.")
        'the capital of {s} is {o}'
    """
    return " ".join(re.findall(r"\{[so]\}|\w+", template.casefold()))


_COPIED = {normal(template) for texts in EXAMPLE.values() for template in texts}


def _clash(
    name: str,
    template: str,
    accepted: Mapping[str, Sequence[str]],
    rule: Mapping[str, Sequence[str]],
    of_others: Set[str],
) -> str | None:
    """Return the reason why a template clashes with the prompt's example, another predicate, or another template."""
    form = normal(template)
    if form in _COPIED:
        return "copied from the prompt's example"
    if name == "statement" and form in of_others:
        return "another predicate says the same"
    if any(form == normal(other) for others in accepted.values() for other in others):
        return "the same as another of the predicate"
    if name == "statement" and any(normal(_swapped(template)) == normal(other) for other in accepted.get(name, ())):
        return "says the fact in reverse as well"
    if name in ("exam", "inverseExam"):
        trained = [one for templates in (accepted, rule) for kind in _TRAINED for one in templates.get(kind, ())]
        return "an exam question that is trained" if any(_holds(other, [template]) for other in trained) else None
    exams = [*rule.get("exam", ()), *rule.get("inverseExam", ())]
    return "a question that the exam asks" if _holds(template, exams) else None


def _holds(template: str, exams: Iterable[str]) -> bool:
    """Return whether a trained template contains a question of the exam, word for word."""
    text = f" {normal(template)} "
    return any(f" {normal(exam)} " in text for exam in exams)


def _swapped(template: str) -> str:
    return _SLOT.sub(lambda slot: {"s": "{o}", "o": "{s}"}[slot[1]], template)
