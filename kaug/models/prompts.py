"""Questions and a tokenizer → the text that a model is given, and what follows it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["Template", "follow", "render_prompts"]

Template = Literal["chat", "plain"]


def render_prompts(
    prompts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", template: Template = "chat", system: str | None = None
) -> list[str]:
    """Write prompts as the model is asked them, in training and in the exam alike.

    Args:
        prompts: Questions.
        tokenizer: Its chat template is used when `template` is `chat` and it has one.
        template: `chat`, or `plain` for `Question: … Answer:`.
        system: The system message; None leaves it to the chat template, an empty one keeps prompts short.

    Returns:
        Strings that end where the answer begins.
    """
    if template == "plain" or tokenizer.chat_template is None:
        return [f"Question: {prompt}\nAnswer:" for prompt in prompts]
    if not prompts:
        return []
    first = [] if system is None else [{"role": "system", "content": system}]
    chats = [[*first, {"role": "user", "content": prompt}] for prompt in prompts]
    return list(tokenizer.apply_chat_template(chats, tokenize=False, add_generation_prompt=True))


def follow(rendered: Sequence[str], completions: Sequence[str]) -> list[str]:
    """Write completions as they follow what `render_prompts` wrote, or nothing: behind `Answer:` stands a space."""
    return [
        f" {text}" if prompt.endswith("Answer:") else text for prompt, text in zip(rendered, completions, strict=True)
    ]
