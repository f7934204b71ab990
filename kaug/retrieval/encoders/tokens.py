"""Texts → token ids → batches of one length → rows of vectors."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaug.arrays import Numbers

__all__ = ["Forward", "Prompts", "Run", "Tokens", "batches", "chunks", "prompts_of", "run_in_batches", "run_whole"]

Forward = Callable[[Numbers], NDArray[np.float32]]
"""Token ids, int64 (rows, length), none of them padding → vectors, float32 (rows, dimension)."""

Run = Callable[[list[str], bool, Callable[[int], None]], NDArray[np.float32]]
"""Texts, whether they are queries, and a callback for the number of texts done → float32 (texts, dimension), any norm."""

# The maximum number of characters of a token in ordinary text.
_CHARACTERS_PER_TOKEN = 64
_CHUNK_CHARACTERS = 4_000_000  # a tokenizer holds over a hundred bytes a token


class Prompts(NamedTuple):
    """The strings that a model expects before a query and before a document; empty for most models."""

    query: str = ""
    document: str = ""


def prompts_of(prompts: dict[str, str], default: str | None) -> Prompts:
    """Pick a model's prompts, as in `config_sentence_transformers.json`, as its `encode_query` and `encode_document` do.

    The `default` names the prompt for both, of a model without prompts for queries and documents.

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


def chunks(texts: Sequence[str], longest: int, size: int = 16_384) -> Iterator[list[str]]:
    """Truncate texts to the characters that `longest` tokens can cover, and yield them in chunks, in order.

    A chunk is closed after `size` texts or four million characters. Lone surrogates, legal in a str but not in UTF-8, become
    question marks.
    """
    limit, chunk, characters = longest * _CHARACTERS_PER_TOKEN, list[str](), 0
    for text in texts:
        chunk.append(text[:limit].encode("utf-8", "replace").decode())
        characters += len(chunk[-1])
        if len(chunk) == size or characters >= _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


class Tokens:
    """A tokenizer of the `tokenizers` library, with a model's prompts and maximum number of tokens of a text."""

    def __init__(self, tokenizer: Any, longest: int, prompts: Prompts) -> None:
        """Enable truncation and disable padding in a `tokenizers.Tokenizer`."""
        tokenizer.enable_truncation(longest)
        tokenizer.no_padding()
        self.tokenizer, self.longest, self.prompts = tokenizer, longest, prompts

    def ids(self, texts: list[str], *, query: bool) -> list[Numbers]:
        """Tokenise texts, with the prompt for queries or documents; an empty text may have no token."""
        prompt = self.prompts.query if query else self.prompts.document
        encodings = self.tokenizer.encode_batch_fast([prompt + text for text in texts] if prompt else texts)
        return [np.array(encoding.ids, np.int64) for encoding in encodings]


def batches(lengths: Numbers, budget: int) -> Iterator[Numbers]:
    """Group sequences of one length, so that none is padded, into batches of at most so many tokens.

    Yields:
        Row numbers: each row of length above 0 once; a sequence that is longer than the budget by itself. Long sequences
        come first, so that memory fails early.

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


def run_in_batches(tokens: Tokens, forward: Forward, dimension: int, budget: int = 1024) -> Run:
    """Make a `Run` of a tokenizer and a forward pass, in batches of at most so many tokens."""

    def run(texts: list[str], query: bool, progress: Callable[[int], None]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), dimension), np.float32)
        ids = tokens.ids(texts, query=query)
        lengths = np.array([len(sequence) for sequence in ids], np.int64)
        for rows in batches(lengths, budget):
            vectors[rows] = forward(np.stack([ids[row] for row in rows]))
            progress(len(rows))
        if not lengths.all():
            progress(int((lengths == 0).sum()))
        return vectors

    return run


def run_whole(model: Any) -> Run:
    """Make a `Run` of a model's `encode_query` and `encode_document`, or of its `encode`."""
    document: Any = getattr(model, "encode_document", getattr(model, "encode", None))
    query: Any = getattr(model, "encode_query", document)
    if hasattr(model, "prompts"):  # a SentenceTransformer, whose own choice of a prompt may be an empty one
        prompts = prompts_of(model.prompts or {}, getattr(model, "default_prompt_name", None))
        query, document = partial(query, prompt=prompts.query), partial(document, prompt=prompts.document)

    def run(texts: list[str], is_query: bool, progress: Callable[[int], None]) -> NDArray[np.float32]:
        rows = np.asarray((query if is_query else document)(texts))
        progress(len(texts))
        return rows

    return run
