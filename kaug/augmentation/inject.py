"""The user's texts and retrieved facts → open-book rows: facts before a text, or inline after a mention."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import pyarrow as pa

from kaug.augmentation.rows import concat_rows, make_rows
from kaug.wording.wording import Wording

__all__ = ["inject_facts", "text_rows"]

Position = Literal["before", "inline"]


def text_rows(texts: Sequence[str], text_ids: Sequence[str], language: str = "en") -> pa.Table:
    """Make rows of the unchanged texts."""
    return make_rows(
        family="text",
        form="text",
        task="language-modelling",
        prompts=None,
        completions=pa.array(texts, pa.string()),
        facts=[[] for _ in texts],
        spans=[[] for _ in texts],
        language=language,
        text_ids=text_ids,
    )


def inject_facts(
    wording: Wording,
    texts: Sequence[str],
    text_ids: Sequence[str],
    hits: pa.Table,
    *,
    position: Position = "before",
) -> tuple[pa.Table, dict[str, int]]:
    """Insert retrieved facts into texts.

    Args:
        wording: The wording of the facts.
        texts: The texts.
        text_ids: The id of each text.
        hits: The result of `Retriever.retrieve`: the columns text, row, fact, start, end, in the order to write each
            text's facts in.
        position: `before` puts all facts, as sentences, into the prompt; `inline` puts each fact that has a mention in the
            text in brackets behind that mention, in the completion.

    Returns:
        EXAMPLES of family `open-book`, and the number of texts left out, by reason. Removing the spans from a row's
        prompt and completion restores the text.
    """
    counts: Counter[str] = Counter()
    by_text: dict[int, list[dict[str, Any]]] = {}
    sentences = wording.sentences(hits["row"].to_numpy()).to_pylist()
    for hit, sentence in zip(hits.to_pylist(), sentences, strict=True):
        by_text.setdefault(hit["text"], []).append(hit | {"sentence": sentence})
    prompts, completions, facts, spans, ids = [], [], [], [], []
    for number, text in enumerate(texts):
        own = by_text.get(number, [])
        if position == "inline":
            own = [hit for hit in own if hit["start"] is not None]
        if not own:
            counts[f"texts left out of {position}: no matching facts"] += 1
            continue
        prompt, completion, marks = (_before if position == "before" else _inline)(text, own)
        prompts.append(prompt)
        completions.append(completion)
        facts.append([hit["fact"] for hit in own])
        spans.append(marks)
        ids.append(text_ids[number])
    table = make_rows(
        family="open-book",
        form=f"inject-{position}",
        task="language-modelling",
        prompts=pa.array(prompts, pa.string()),
        completions=pa.array(completions, pa.string()),
        facts=facts,
        spans=spans,
        language=wording.language,
        text_ids=ids,
    )
    return concat_rows([table]), dict(counts)


Mark = tuple[int, str, int, int]


def _before(text: str, hits: list[dict[str, Any]]) -> tuple[str, str, list[Mark]]:
    prompt, marks = "", []
    for order, hit in enumerate(hits):
        piece = hit["sentence"] + ("\n" if order == len(hits) - 1 else " ")
        marks.append((order, "prompt", len(prompt), len(prompt) + len(piece)))
        prompt += piece
    return prompt, text, marks


def _inline(text: str, hits: list[dict[str, Any]]) -> tuple[str, str, list[Mark]]:
    completion, marks, last = "", [], 0
    for order, hit in sorted(enumerate(hits), key=lambda item: (item[1]["end"], item[0])):
        completion += text[last : hit["end"]]
        last = hit["end"]
        piece = f" ({hit['sentence'].removesuffix('.')})"
        marks.append((order, "completion", len(completion), len(completion) + len(piece)))
        completion += piece
    return "", completion + text[last:], marks
