"""Questions and a tokenizer → prompts as text and tokens, and the completions that follow.

Only the chat template's own markers become control tokens: a label `<|im_end|>` is encoded as plain characters, in
training and in the exam.
"""

import functools
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kaug.errors import ModelError
from kaug.models import render_chat

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = [
    "Frame",
    "Template",
    "chat_frame",
    "control_tokens",
    "encode_prompts",
    "encode_texts",
    "follow",
    "plain_prompt",
    "render_prompts",
]

Template = Literal["chat", "plain"]

LONGEST_TEMPLATE = 200_000
"""Maximum characters of a chat template; the longest of the hub have some 20,000."""

_LONGEST_WAIT = 300  # seconds of wall time; the process limits its own processor time
_QUESTION = "kaugquestion"
_EDGE = "\u2003"  # a space that templates do not write themselves; if it is missing, the template strips questions


class Frame(NamedTuple):
    """The text of a chat template around a question."""

    before: str
    after: str
    strips_left: bool
    strips_right: bool

    def around(self, question: str) -> str:
        """Put the frame around a question."""
        question = question.lstrip() if self.strips_left else question
        return f"{self.before}{question.rstrip() if self.strips_right else question}{self.after}"


def chat_frame(tokenizer: "PreTrainedTokenizerBase", system: str | None = None) -> Frame | None:
    """Return the frame of a tokenizer's chat template, rendered once and within limits; None without a template.

    The template never sees the questions, so it treats all alike.

    Raises:
        ModelError: The template fails, does not write the question exactly once, or exceeds a limit of
            `kaug.models.render_chat`.
    """
    if tokenizer.chat_template is None:
        return None
    where = f"{tokenizer.name_or_path or 'the tokenizer'}: its chat template"
    try:
        template: Any = tokenizer.get_chat_template()
    except ValueError as error:
        raise ModelError(
            f"{where} has no default: {_line(error)}. Set one, or set training.template = 'plain'."
        ) from None
    if not isinstance(template, str) or len(template) > LONGEST_TEMPLATE:
        raise ModelError(
            f"{where} is longer than {LONGEST_TEMPLATE:,} characters. Use the template that the model was trained with."
        )
    tokens = {name: token for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    frame, reason = _frame(template, json.dumps(tokens, sort_keys=True), system)
    if frame is None:
        raise ModelError(
            f"{where} cannot be used: {reason}. Mend it, or remove it and set training.template = 'plain'."
        )
    return frame


@functools.lru_cache(maxsize=64)
def _frame(template: str, tokens: str, system: str | None) -> tuple[Frame | None, str]:
    """Return a frame or an error message; each template is rendered once per process."""
    first = [] if system is None else [{"role": "system", "content": system}]
    messages = [*first, {"role": "user", "content": f"{_EDGE}{_QUESTION}{_EDGE}"}]
    given = {"chat_template": template, "add_generation_prompt": True, **json.loads(tokens)}
    try:
        done = subprocess.run(
            [sys.executable, "-P", render_chat.__file__],
            input=json.dumps({"messages": messages, "template": given}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_LONGEST_WAIT,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None, f"it did not end within {render_chat.SECONDS} seconds or {render_chat.MEMORY >> 20} MiB"
    if "error" in answer:
        return None, answer["error"]
    parts = answer["text"].split(_QUESTION)
    if len(parts) != 2:
        return None, f"it writes the question {len(parts) - 1} times instead of once"
    before, after = parts
    left, right = not before.endswith(_EDGE), not after.startswith(_EDGE)
    return Frame(before.removesuffix(_EDGE), after.removeprefix(_EDGE), left, right), ""


def render_prompts(
    prompts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", template: Template = "chat", system: str | None = None
) -> list[str]:
    """Render prompts for training and the exam; they end where the answer begins.

    `chat` uses the tokenizer's chat template if it has one, `plain` writes `Question: … Answer:`. A system message of None
    leaves it to the chat template, an empty one keeps prompts short. Raises the errors of `chat_frame`.
    """
    frame = chat_frame(tokenizer, system) if template == "chat" and prompts else None
    return [frame.around(prompt) if frame else plain_prompt(prompt) for prompt in prompts]


def plain_prompt(prompt: str) -> str:
    """Write a prompt in the plain template; `follow` writes what comes after it."""
    return f"Question: {prompt}\nAnswer:"


def follow(rendered: Sequence[str], completions: Sequence[str]) -> list[str]:
    """Prepare completions to follow rendered or empty prompts: a space comes after `Answer:`."""
    return [
        f" {text}" if prompt.endswith("Answer:") else text for prompt, text in zip(rendered, completions, strict=True)
    ]


def encode_prompts(
    prompts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", template: Template = "chat", system: str | None = None
) -> list[list[int]]:
    """Render and tokenise prompts; only the chat template's own markers become control tokens."""
    frame = chat_frame(tokenizer, system) if template == "chat" and prompts else None
    if frame is None:
        return encode_texts(render_prompts(prompts, tokenizer, "plain"), tokenizer)
    control = _control_tokens(tokenizer)

    def encode(texts: Sequence[str]) -> list[list[int]]:
        return list(tokenizer(list(texts), add_special_tokens=False)["input_ids"])

    before, after, empty = encode([frame.before, frame.after, frame.around(_QUESTION)])
    written = control.in_ids(empty, frame.before + frame.after)
    encoded = encode([frame.around(prompt) for prompt in prompts])
    for row, prompt in enumerate(prompts):
        if control.in_ids(encoded[row], frame.around(prompt)) != written:
            encoded[row] = [*before, *encode_texts([prompt], tokenizer)[0], *after]
    return encoded


def encode_texts(texts: Sequence[str], tokenizer: "PreTrainedTokenizerBase") -> list[list[int]]:
    """Tokenise texts without control tokens, whatever their content."""
    if not texts:
        return []
    control = _control_tokens(tokenizer)
    encoded: list[list[int]] = list(
        tokenizer(list(texts), add_special_tokens=False, split_special_tokens=True)["input_ids"]
    )
    for row, text in enumerate(texts):
        if control.in_ids(encoded[row], text):
            encoded[row] = _broken_up(text, tokenizer, control)
    return encoded


def control_tokens(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    """Return the control tokens of a tokenizer: special tokens, and others such as `<tool_call>`."""
    return sorted(_control_tokens(tokenizer).names.values())


class _Control(NamedTuple):
    """The control tokens of a tokenizer: special tokens, and others such as `<tool_call>`."""

    names: dict[int, str]
    unknown: int | None

    def in_ids(self, ids: list[int], text: str) -> list[int]:
        """Return the control tokens in a text's ids; the unknown token counts only if the text spells it."""
        return [token for token in ids if token in self.names and (token != self.unknown or self.names[token] in text)]


def _control_tokens(tokenizer: "PreTrainedTokenizerBase") -> _Control:
    added: dict[int, Any] = dict(tokenizer.added_tokens_decoder)  # words and runs of spaces among them
    names = {
        number: str(token.content)
        for number, token in added.items()
        if token.special or re.fullmatch(r"[<\[{].*[>\]}]", token.content, re.DOTALL)
    }
    names |= dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))
    return _Control({number: name for number, name in names.items() if name}, tokenizer.unk_token_id)


def _broken_up(text: str, tokenizer: "PreTrainedTokenizerBase", control: _Control) -> list[int]:
    """Encode a text in pieces, cut inside each control token: after its first character if possible."""
    names = "|".join(re.escape(name) for name in sorted(control.names.values(), key=len, reverse=True))
    cuts = [match.start() + 1 for match in re.finditer(f"(?=(?:{names}))", text)]
    for ends in (cuts, range(1, len(text))):
        pieces = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
        encoded = tokenizer(pieces, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        ids = [token for piece in encoded for token in piece]
        if not control.in_ids(ids, text):
            return ids
    return [token for token in ids if token not in control.names]  # a control token of one character


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
