"""A predicate and some of its facts → the prompt that asks for templates; the model's answer → the templates in it."""

import json
import re
from collections.abc import Sequence
from typing import Any

from kaug.knowledge.templates import PROPERTIES
from kaug.words.clean import break_control

__all__ = ["BEGINS", "ENDS", "EXAMPLE", "draft_prompt", "parse_answer"]

_WANTED = {
    "statement": "sentences that state the fact, with {s} and {o}; some with {o} before {s}",
    "question": "questions for the object, with {s}",
    "inverseQuestion": "questions for the subject, with {o}",
    "exam": "questions for the object, with {s}, in quite other words than question",
    "inverseExam": "questions for the subject, with {o}, in quite other words than inverseQuestion",
    "reference": "noun phrases for the object, with {s}, without a full stop",
    "inverseReference": "noun phrases for the subject, with {o}, without a full stop",
}

EXAMPLE: dict[str, list[str]] = {
    "statement": ["{s} keeps watch over {o}.", "{o} is watched over by {s}."],
    "question": ["What does {s} keep watch over?"],
    "inverseQuestion": ["Who keeps watch over {o}?"],
    "exam": ["Say what is under the protection of {s}."],
    "inverseExam": ["Name the guardian of {o}."],
    "reference": ["what {s} keeps watch over"],
    "inverseReference": ["the one that keeps watch over {o}"],
}
"""The answer that the prompt shows, for a predicate "guards"; a draft that copies it is refused."""

BEGINS, ENDS = '{"statement": ["', ("]}", "]\n}")
"""The beginning and the ends of an answer, for a model whose output can be constrained to them."""

_LONGEST_TEXT = 200
_LONGEST_ANSWER = 100_000


def draft_prompt(label: str, language: str, facts: Sequence[tuple[str, str]], description: str = "") -> str:
    r"""Write the prompt that asks for the templates of a predicate.

    Args:
        label: The predicate's label.
        language: BCP 47 tag of the templates.
        facts: The subject and object phrases of some facts.
        description: The predicate's meaning, if known.

    Examples:
        >>> prompt = draft_prompt("borders", "en", [("Togo", "Ghana")], "Shares a border.")
        >>> prompt.split("\n")[-4:-1]
        ['Predicate: borders', 'Meaning: Shares a border.', 'Fact: {s} = Togo; {o} = Ghana']
    """
    lines = [
        "Write templates of sentences that say the facts of a predicate. In a template, {s} stands for the subject of the "
        "fact and {o} for its object. Each brings its own article: write no article before it.",
        "Answer with a JSON object with these keys, each with a list of one to four templates:",
        *(f"- {name}: {what}" for name, what in _WANTED.items()),
        "Each template is one sentence. For example, for the predicate guards in English:",
        json.dumps(EXAMPLE, ensure_ascii=False),
        "",
        f"Now write them in the language {language!r} for this predicate.",
        f"Predicate: {_short(label)}",
        *([f"Meaning: {_short(description, 3)}"] if description else []),
        *(f"Fact: {{s}} = {_short(subject)}; {{o}} = {_short(value)}" for subject, value in facts),
        "Answer with the JSON object alone.",
    ]
    return "\n".join(lines)


def parse_answer(text: str) -> dict[str, list[str]]:
    """Extract the templates from a model's answer: a JSON object, with any text around it.

    Args:
        text: The answer.

    Returns:
        The templates by property, each once; other keys and values of another form are ignored.

    Examples:
        >>> parse_answer('Sure! {"statement": ["{s} borders {o}.",], "mood": 1} Anything else?')
        {'statement': ['{s} borders {o}.']}
    """
    text = re.sub(r",\s*([}\]])", r"\1", text[:_LONGEST_ANSWER])
    for brace in list(re.finditer(r"\{", text))[:200]:
        try:
            content, _ = json.JSONDecoder().raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict) and not PROPERTIES.keys().isdisjoint(content):
            drafts = {name: _strings(content.get(name)) for name in PROPERTIES}
            return {name: texts for name, texts in drafts.items() if texts}
    return {}


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(text.strip() for text in values if isinstance(text, str) and text.strip()))


def _short(text: str, times: int = 1) -> str:
    text = break_control(" ".join(text.split()))
    return text if len(text) <= _LONGEST_TEXT * times else text[: _LONGEST_TEXT * times - 1] + "…"
