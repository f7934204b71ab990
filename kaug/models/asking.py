"""A language model, on this machine or behind an endpoint → a function from a prompt to its answer.

An endpoint is called by OpenAI's chat completions API, with `kaug.http.post`: no other server is contacted. A key is read from
an environment variable that the user named, and is sent over an encrypted connection, or to this machine.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import SplitResult

from kaug.errors import ModelError, PipelineError
from kaug.http import LOCAL, RequestError, plain, post, public_url, split_url

__all__ = ["Ask", "ask_endpoint", "ask_model"]

Ask = Callable[[str], str]
"""From a prompt to the model's answer."""

_LONGEST_ANSWER = 10_000_000  # bytes
_LONGEST_WAIT = 60.0  # seconds
_ADVICE: dict[int | None, str] = {
    401: "Is the key right? It is read from the variable that you named.",
    403: "Is the key right? It is read from the variable that you named.",
    404: "Is the address right, up to the part before /chat/completions, and the model's name?",
}


def ask_model(name: str, *, most_tokens: int = 600, begins: str = "", ends: Sequence[str] = ()) -> Ask:
    """Load a language model and return a function that prompts it, decoding greedily: equal prompts have equal answers.

    Args:
        name: See `kaug.models.find.find_language_model`.
        most_tokens: The maximum number of tokens of an answer.
        begins: The beginning of each answer, which keeps small models to a format.
        ends: Texts that end an answer; without them, the model decides.

    Returns:
        The function. It uses the model's chat template if there is one.

    Raises:
        ModelError: There is no model of that name.
    """
    import torch

    from kaug.models.find import find_language_model, load_language_model, load_tokenizer, quiet_transformers
    from kaug.models.prompts import encode_prompts, encode_texts

    folder = find_language_model(name)
    tokenizer: Any = load_tokenizer(folder)
    model: Any = load_language_model(folder)
    model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    def ask(prompt: str) -> str:
        if tokenizer.chat_template:
            (ids,) = encode_prompts([prompt], tokenizer)
            ids = ids + (encode_texts([begins], tokenizer)[0] if begins else [])
        else:
            (ids,) = encode_texts([prompt + begins], tokenizer)
        tokens = tokenizer.pad({"input_ids": [ids]}, return_tensors="pt").to(model.device)
        length = len(ids)
        with torch.inference_mode(), quiet_transformers():
            out = model.generate(
                **tokens,
                max_new_tokens=most_tokens,
                do_sample=False,
                stop_strings=list(ends) or None,
                tokenizer=tokenizer,
                temperature=None,
                top_p=None,
                top_k=None,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
        return begins + str(tokenizer.decode(out[0, length:], skip_special_tokens=True))

    return ask


def ask_endpoint(
    url: str,
    model: str,
    *,
    key_variable: str | None = None,
    timeout: float = 120.0,
    attempts: int = 5,
    most_tokens: int = 2000,
    seed: int | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Ask:
    """Return a function that prompts a chat endpoint with OpenAI's API, at temperature 0.

    Args:
        url: The address to which `/chat/completions` is added, such as `http://localhost:8000/v1`.
        model: The model's name, as the endpoint knows it.
        key_variable: The name of the environment variable that holds the key; None sends none.
        timeout: Seconds for the whole answer.
        attempts: The maximum number of attempts if the endpoint is busy (429), fails (5xx) or does not answer.
        most_tokens: The maximum number of tokens of an answer.
        seed: Sent along, so that equal prompts have equal answers; None sends none.
        wait: Called with the seconds to wait between attempts: 1, 2, 4, …, or those that the endpoint names, up to 60.

    Returns:
        The function. It raises ModelError if the endpoint refuses, redirects, or gives no answer of the right form.

    Raises:
        PipelineError: The address is not an http address, the variable is not set, or the key would be sent unencrypted.

    Examples:
        >>> ask_endpoint("ftp://example.org", "m")
        Traceback (most recent call last):
        kaug.errors.PipelineError: ftp://example.org: an endpoint's address begins with http:// or https://.
    """
    parts, shown = split_url(url), public_url(url)
    if parts is None:
        raise PipelineError(f"{shown}: an endpoint's address begins with http:// or https://.")
    if parts.username or parts.password:
        raise PipelineError(f"{shown}: an address should hold no password; name a variable that holds it.")
    address = url if parts.path.endswith("/chat/completions") else url.rstrip("/") + "/chat/completions"
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key_variable is not None:
        headers["Authorization"] = f"Bearer {_key(key_variable, shown, parts)}"

    def ask(prompt: str) -> str:
        content: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": prompt}]}
        content |= {"temperature": 0, "max_tokens": most_tokens} | ({} if seed is None else {"seed": seed})
        data = json.dumps(content).encode()
        reason = "no attempt was made"
        for attempt in range(attempts):
            try:
                answer = post(address, data, headers, timeout=timeout, most_bytes=_LONGEST_ANSWER)
            except RequestError as error:
                reason, pause = str(error), 2.0**attempt if error.wait is None else error.wait
                if error.location:
                    raise ModelError(
                        f"{shown}: the endpoint redirects to {error.location}, which was not named and was not contacted. "
                        "Name it yourself if you trust it."
                    ) from None
                if not error.transient:
                    raise ModelError(
                        f"{shown}: the endpoint refused: {reason}. {_ADVICE.get(error.status, '')}"
                    ) from None
                if attempt < attempts - 1:
                    wait(min(pause, _LONGEST_WAIT))
            else:
                return _answer(answer.body, shown)
        raise ModelError(f"{shown}: no answer after {attempts} attempts: {reason}. Ask again later.")

    return ask


def _key(variable: str, url: str, parts: SplitResult) -> str:
    key = os.environ.get(variable, "").strip()
    if not key:
        raise PipelineError(f"The environment variable {variable!r} should hold the endpoint's key, and is not set.")
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise PipelineError(f"{url}: the key would be sent unencrypted. Name an https address.")
    if not key.isascii() or not key.isprintable():
        raise PipelineError(
            f"The environment variable {variable!r} contains characters that are not allowed in an HTTP header."
        )
    return key


def _answer(data: bytes, url: str) -> str:
    try:
        content = json.loads(data)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        content = None
    if not isinstance(content, str):
        text = plain(data[:100].decode(errors="replace"))
        raise ModelError(f"{url}: this is no chat endpoint of OpenAI's form: it answered {text!r}.")
    return content
