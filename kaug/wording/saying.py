"""Statements that are not as the knowledge base has them, true or false → their sentences."""

import re
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.wording.sets import in_sentences
from kaug.wording.wording import PLAIN, Manner, Wording, is_reversed

__all__ = ["Piece", "compose", "inside", "pieces", "plain_templates", "say", "says_part"]

Piece: TypeAlias = str | pa.Array | tuple[pa.Array, int]
"""A text, a column of texts, or a column with the position of the fact that it states."""

_TOLD = re.compile(
    r"\bsomeone (?:asks|wants)\b|\bknow[ns]?\b|\banswer\b|\bexample\b|\bAmong other\b|\brecords say\b|[:—]|据|已知|问|例如"
)
"""A statement of what is known or asked: whether it is true is another matter than whether the fact is."""
_PART = re.compile(r"\b(?:[Oo]ne of|[Oo]ne thing that|[Aa]mong|includes?)\b|之一|包括")
"""A statement that leaves room for others: that another value is right does not refute it."""


def plain_templates(wording: Wording, predicate: int, manner: Manner = PLAIN) -> list[str]:
    """Return the sentences that state a fact and nothing else, the plainest first; none if it is said in records only.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :hasCapital :lome .')
        >>> wording = Wording(build_kb([file]))
        >>> plain_templates(wording, int(wording.kb.columns()[1][0]))[:2]
        ['The capital of {s} is {o}.', '{s} has {o} as its capital.']
    """
    told = in_sentences(wording.templates(predicate, "statement", manner), wording.language)
    return [text for text in told if text.endswith((".", "。")) and not _TOLD.search(text)]


def says_part(wording: Wording, predicate: int) -> bool:
    """Whether each plain sentence of a predicate says of its object that it is one of several."""
    return all(map(_PART.search, plain_templates(wording, predicate)))


def say(
    wording: Wording,
    rows: NDArray[np.int64],
    subjects: NDArray[np.uint32],
    objects: NDArray[np.uint32],
    *,
    reverse: bool = False,
    variant: NDArray[np.uint64] | None = None,
    before: str = "",
) -> pa.Array:
    """Write statements like some facts, with other subjects or objects.

    Args:
        wording: The wording.
        rows: int64 (n,): rows of facts, which decide predicate and template.
        subjects: uint32 (n,): what is said instead of their subjects.
        objects: uint32 (n,): what is said instead of their objects.
        reverse: Prefer a sentence with the object first.
        variant: uint64 (n,): the sentence of each, modulo the number of plain ones, instead of the plainest. Those that say that
            the object is one of several do not count, if there are others.
        before: Words that begin the sentences, such as "So ".

    Returns:
        Strings (n,); null for a predicate that is said in records only, and for objects that are lists or prose.
    """
    texts, which = [""], np.zeros(len(rows), np.int64)
    for predicate, manner, places in wording.groups(rows):
        templates = [] if manner.listed else plain_templates(wording, predicate, manner)
        if variant is None:
            templates = sorted(templates, key=lambda text: is_reversed(text) != reverse)[:1]
        else:
            templates = [text for text in templates if not _PART.search(text)] or templates
        if templates:
            of = np.zeros(len(places), np.int64) if variant is None else variant[places] % np.uint64(len(templates))
            which[places] = len(texts) + of.astype(np.int64)
            texts += [before + inside(template) if before else template for template in templates]
    written = wording.fill_each(texts, which, subjects, objects, wording.kb.columns(rows)[1]).text
    unsaid = pa.array((which == 0) | wording.lists(objects))
    return pc.if_else(unsaid, pa.scalar(None, pa.string()), written)


def inside(template: str) -> str:
    """Write a template as it stands inside a sentence.

    Examples:
        >>> inside("The capital of {s} is {o}."), inside("{s} borders {o}.")
        ('the capital of {s} is {o}.', '{s} borders {o}.')
    """
    return template[:1].lower() + template[1:]


def pieces(template: str, **columns: Piece) -> list[Piece]:
    """Cut a template at its slots and put columns in their place, for `kaug.augmentation.rows.write`.

    Examples:
        >>> pieces("{a} and {b}.", a=pa.array(["tea"]), b="rye")[1:]
        [' and ', 'rye', '.']
    """
    parts = re.split(r"\{(\w+)\}", template)
    cut = [columns[part] if place % 2 else part for place, part in enumerate(parts)]
    return [part for part in cut if not isinstance(part, str) or part]


def compose(template: str, **columns: pa.Array | str) -> pa.Array:
    """Fill the slots of a template with columns of strings.

    Examples:
        >>> compose("{a} and {b}.", a=pa.array(["tea", "rye"]), b="salt").to_pylist()
        ['tea and salt.', 'rye and salt.']
    """
    count = next(len(column) for column in columns.values() if not isinstance(column, str))
    parts = [pa.repeat(part, count) if isinstance(part, str) else part for part in pieces(template, **columns)]
    return pc.binary_join_element_wise(*parts, "")
