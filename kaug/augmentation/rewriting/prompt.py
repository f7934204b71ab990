"""A text and a style → the prompt that asks for it in other words; a model's answer → the text in it."""

import re
import tomllib
from pathlib import Path

__all__ = ["MOST_TOKENS", "STYLES", "rewrite_prompt", "text_of"]

_WORDS = tomllib.loads(Path(__file__).with_name("prompt.toml").read_text(encoding="utf-8"))

STYLES: dict[str, str] = _WORDS["en"]["styles"]
"""The styles by name, and what the model is told."""

MOST_TOKENS = 256
"""The maximum number of tokens of a rewrite; passages have a few sentences."""


def rewrite_prompt(text: str, language: str, style: str, *, in_order: bool) -> str:
    """Write the prompt that asks for a text in other words.

    Args:
        text: The text.
        language: BCP 47 tag of the text.
        style: A key of `STYLES`.
        in_order: Whether the names must stay in their order.

    Examples:
        >>> prompt = rewrite_prompt("The capital of Togo is Lomé.", "en", "child", in_order=True)
        >>> prompt[-155:-47]
        'Write for a child, in short sentences. Mention the names in the same order. Answer with the new text alone, '
    """
    words = _WORDS.get(language.split("-", maxsplit=1)[0], _WORDS["en"])
    parts = [words["rules"], words["styles"][style], *([words["order"]] if in_order else []), words["answer"]]
    return f"{words['space'].join(parts)}\n\n{text}"


def text_of(answer: str) -> str:
    """Return the text of an answer, without spaces or quotation marks around it.

    Examples:
        >>> text_of(' "Lomé is the capital of Togo." ')
        'Lomé is the capital of Togo.'
    """
    text = answer.strip()
    quoted = re.fullmatch(r"[\"“”„«'‘]([^\"“”„«»]+)[\"“”»'’]", text)
    return quoted[1].strip() if quoted else text
