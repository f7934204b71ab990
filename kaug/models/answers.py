"""Prompts → a language model's answers, each asked for once: they stay on disk, so that later runs ask nobody."""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kaug.models.asking import ask_endpoint
from kaug.models.cache import cache_dir, writing_to_cache
from kaug.models.check import model_digest
from kaug.models.find import find_language_model
from kaug.tables import content_digest

__all__ = ["Answers", "AskAll", "answers_of"]

AskAll = Callable[[Sequence[str]], Iterator[str]]
"""From prompts to their answers, in order."""

_BATCH = 32  # prompts that a model on this machine answers together


@dataclass(frozen=True)
class Answers:
    """The answers of a model, kept on disk by its key and the prompt.

    Attributes:
        key: What decides the answers, such as a digest of the model's weights.
        open: Opens the model; called when an answer is missing.
    """

    key: str
    open: Callable[[], AskAll] = field(repr=False, compare=False)

    def __call__(self, prompts: Sequence[str]) -> Iterator[str]:
        """Yield the answers to prompts, in order. An answer is on disk before the next one is yielded.

        Raises:
            ModelError: The model cannot be opened or gives no answer, or the cache cannot be written.
        """
        known = self._read(prompts)
        missing = [prompt for prompt in dict.fromkeys(prompts) if prompt not in known]
        asked = zip(missing, self._ask(missing) if missing else (), strict=True)
        for prompt in prompts:
            while prompt not in known:
                other, answer = next(asked)
                known[other] = answer
                self._write(other, answer)
            yield known[prompt]

    def missing(self, prompts: Sequence[str]) -> list[str]:
        """Return the prompts, each once, whose answers are not on disk."""
        known = self._read(prompts)
        return [prompt for prompt in dict.fromkeys(prompts) if prompt not in known]

    @property
    def path(self) -> Path:
        """The file of the answers."""
        return cache_dir() / "answers" / f"{content_digest(self.key)}.sqlite"

    @cached_property
    def _ask(self) -> AskAll:
        return self.open()

    def _read(self, prompts: Sequence[str]) -> dict[str, str]:
        if not self.path.exists():
            return {}
        found: dict[str, str] = {}
        with writing_to_cache(), closing(self._connect()) as file:
            for prompt in dict.fromkeys(prompts):
                row = file.execute("SELECT answer FROM answers WHERE prompt = ?", (content_digest(prompt),)).fetchone()
                if row:
                    found[prompt] = row[0]
        return found

    def _write(self, prompt: str, answer: str) -> None:
        with writing_to_cache():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as file, file:
                file.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (content_digest(prompt), answer))

    def _connect(self) -> sqlite3.Connection:
        try:
            file = sqlite3.connect(self.path, timeout=60)
            file.execute("CREATE TABLE IF NOT EXISTS answers (prompt TEXT PRIMARY KEY, answer TEXT NOT NULL)")
        except sqlite3.Error as error:
            raise OSError(f"{self.path}: {error}") from error
        return file


def answers_of(
    model: str,
    *,
    endpoint: str = "",
    key_variable: str | None = None,
    parallel: int = 1,
    most_tokens: int = 600,
    seed: int = 0,
) -> Answers:
    """Return the answers of a language model on this machine, decoding greedily, or behind an endpoint, at temperature 0.

    Args:
        model: A model as in `kaug.models.find.find_language_model`, or its name at the endpoint.
        endpoint: The address of an endpoint; see `kaug.models.asking.ask_endpoint`. Empty for a model on this machine.
        key_variable: The name of the environment variable that holds the endpoint's key; None sends none.
        parallel: The requests to the endpoint at a time.
        most_tokens: The maximum number of tokens of an answer.
        seed: Sent to the endpoint.

    Raises:
        ModelError: There is no model of that name on this machine.
    """
    if endpoint:
        key = content_digest("endpoint", endpoint, model, str(most_tokens), str(seed))
        return Answers(key, lambda: _from_endpoint(endpoint, model, key_variable, parallel, most_tokens, seed))
    folder = find_language_model(model)
    return Answers(content_digest("model", model_digest(folder), str(most_tokens)), lambda: _here(folder, most_tokens))


def _from_endpoint(
    endpoint: str, model: str, key_variable: str | None, parallel: int, most_tokens: int, seed: int
) -> AskAll:
    ask = ask_endpoint(endpoint, model, key_variable=key_variable, most_tokens=most_tokens, seed=seed)

    def ask_all(prompts: Sequence[str]) -> Iterator[str]:
        with ThreadPoolExecutor(parallel) as pool:
            waiting = deque(pool.submit(ask, prompt) for prompt in prompts[:parallel])
            for number in range(parallel, parallel + len(prompts)):
                yield waiting.popleft().result()
                if number < len(prompts):
                    waiting.append(pool.submit(ask, prompts[number]))

    return ask_all


def _here(folder: Path, most_tokens: int) -> AskAll:
    import torch

    from kaug.models.find import load_language_model, load_tokenizer
    from kaug.models.generate import generate

    tokenizer, model = load_tokenizer(folder), load_language_model(folder)
    model.to("cuda" if torch.cuda.is_available() else "cpu")  # type: ignore[arg-type]

    def ask_all(prompts: Sequence[str]) -> Iterator[str]:
        for start in range(0, len(prompts), _BATCH):
            batch = prompts[start : start + _BATCH]
            yield from generate(model, tokenizer, batch, max_new_tokens=most_tokens, batch_size=_BATCH).texts

    return ask_all
