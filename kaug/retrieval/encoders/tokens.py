"""Texts → token ids → batches of one length, within a budget."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Prompts", "Tokens", "batches", "chunks", "prompts_of"]

# No tokenizer takes more characters into one token than this, in text that anyone would want found.
_CHARACTERS_PER_TOKEN = 64
# So much is tokenised at a time: a tokenizer holds over a hundred bytes a token.
_TEXTS, _CHARACTERS = 16_384, 4_000_000


@dataclass(frozen=True)
class Prompts:
    """What a model wants before a query and before a document; empty for most."""

    query: str = ""
    document: str = ""


def prompts_of(prompts: dict[str, str], default: str | None) -> Prompts:
    """Pick a model's prompts as sentence-transformers' `encode_query` and `encode_document` do.

    Args:
        prompts: The prompts by name, as in `config_sentence_transformers.json`.
        default: The name of the one that a model without prompts for queries and documents wants before both.

    Examples:
        >>> prompts_of({"query": "query: ", "passage": "passage: "}, None)
        Prompts(query='query: ', document='passage: ')
    """
    query = prompts.get("query") or ""
    document = next((prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), "")
    if query or document:
        return Prompts(query, document)
    both = prompts.get(default or "") or ""
    return Prompts(both, both)


def chunks(texts: Sequence[str], longest: int) -> Iterator[list[str]]:
    """Cut texts to what a model of `longest` tokens can see, and hand them on some thousands at a time, in order.

    Lone surrogates, legal in a str but not in UTF-8, become question marks.
    """
    most, some, size = longest * _CHARACTERS_PER_TOKEN, list[str](), 0
    for text in texts:
        some.append(text[:most].encode("utf-8", "replace").decode())
        size += len(some[-1])
        if len(some) == _TEXTS or size >= _CHARACTERS:
            yield some
            some, size = [], 0
    if some:
        yield some


class Tokens:
    """A tokenizer of the `tokenizers` library, with a model's prompts and maximal length.

    Attributes:
        longest: Of longer texts no more than so many tokens are seen.
        prompts: The model's prompts.
    """

    def __init__(self, tokenizer: Any, longest: int, prompts: Prompts) -> None:
        """Take over a `tokenizers.Tokenizer`, which is set to cut and not to pad."""
        tokenizer.enable_truncation(longest)
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self.longest = longest
        self.prompts = prompts

    def ids(self, texts: list[str], *, query: bool) -> list[NDArray[np.int64]]:
        """Tokenise texts, with the prompt for queries or documents; an empty text may have no token at all."""
        prompt = self.prompts.query if query else self.prompts.document
        found = self._tokenizer.encode_batch_fast([prompt + text for text in texts] if prompt else texts)
        return [np.array(one.ids, np.int64) for one in found]

    def to_json(self) -> str:
        """Return the tokenizer as `tokenizer.json` holds it."""
        return str(self._tokenizer.to_str())


def batches(lengths: NDArray[np.int64], budget: int) -> Iterator[NDArray[np.int64]]:
    """Group sequences of one length, so that nothing is padded.

    Args:
        lengths: The length of each sequence, int64 (n,).
        budget: The tokens that a batch may have; a longer sequence is a batch by itself.

    Yields:
        Row numbers, int64: each row once, those of length 0 not at all. Long sequences come first, so that memory fails
        early.

    Examples:
        >>> [rows.tolist() for rows in batches(np.array([3, 5, 3, 3]), 6)]
        [[1], [0, 2], [3]]
    """
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    for same in np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1):
        rows = max(1, budget // int(lengths[same[0]])) if len(same) else 1
        for start in range(0, len(same), rows):
            yield same[start : start + rows]
