"""The user's texts and retrieved facts → for each text the facts to show with it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from kaug.arrays import mix, positions
from kaug.augmentation.near import Near
from kaug.augmentation.openbook.names import inside, names_itself, places
from kaug.augmentation.openbook.positions import Shown, Text
from kaug.augmentation.openbook.protected import prose, protected
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.augmentation.rows import Facts
from kaug.tables import content_digest
from kaug.wording.wording import Wording
from kaug.words.language_of import language_of

__all__ = ["Reading", "readings"]


class Reading(NamedTuple):
    """A text, its number, and the facts to show with it, the most relevant first; `near` has others beside them."""

    number: int
    text: Text
    facts: list[Shown]
    near: list[Shown]


def readings(
    wordings: Sequence[Wording],
    texts: Sequence[str],
    hits: pa.Table,
    facts: Facts,
    settings: OpenBookSettings,
    seed: int,
    counts: Counter[str],
) -> list[Reading]:
    """Choose the facts to show with each text.

    A fact is left out if the text names its subject only within other names, if its ends have the same name ("Perth is named
    after Perth"), if its predicate has no words in the language of the text, or if it does not fit into the budget with those
    before.

    Args:
        wordings: A wording for each language; texts in other languages get no facts.
        texts: The texts.
        hits: A table of the schema `kaug.retrieval.retriever.RETRIEVED`.
        facts: The facts that may be shown, with the objects to state.
        settings: The budget, and how many other facts are drawn.
        seed: Seed of the draws.
        counts: The number of facts and texts left out, by reason; added to.

    Returns:
        The texts with facts, in their order.
    """
    place = positions(facts.rows, hits["row"].to_numpy())
    counts["facts left out of texts: not taught"] += int((place < 0).sum())
    found: dict[int, list[tuple[int, str]]] = {}
    columns = (hits[name].to_pylist() for name in ("text", "start", "end", "reason"))
    for at, number, start, end, reason in zip(place.tolist(), *columns, strict=True):
        if at >= 0:
            name = "" if start is None or reason == "partial" else texts[number][start:end]
            found.setdefault(number, []).append((at, name))
    tags = [wording.language for wording in wordings]
    read = {number: _read(texts[number], tags) for number in sorted(found)}
    near, chosen = Near(facts.subjects, facts.predicates), list[Reading]()
    for wording in wordings:
        own = [number for number, text in read.items() if text.language == wording.language]
        chosen += _in_language(wording, own, read, found, facts, near, settings, seed, counts)
    other = len(read) - sum(text.language in tags for text in read.values())
    counts["texts left out: in another language than the facts"] += other
    return sorted(chosen, key=lambda reading: reading.number)


def _read(text: str, languages: Sequence[str]) -> Text:
    spans = protected(text)
    plain = prose(text, spans)
    return Text(text, plain, spans, language_of(plain, languages))


def _in_language(
    wording: Wording,
    numbers: Sequence[int],
    read: dict[int, Text],
    found: dict[int, list[tuple[int, str]]],
    pool: Facts,
    near: Near,
    settings: OpenBookSettings,
    seed: int,
    counts: Counter[str],
) -> Iterator[Reading]:
    """Choose the facts for the texts in one language."""
    heads = np.array([found[number][0][0] for number in numbers], np.int64)
    ids = [int(content_digest(read[number].text, size=8), 16) for number in numbers]
    seeds = mix(np.array(ids, np.uint64) + np.uint64(seed))
    beside = near.draw(heads, seeds, 2 * settings.distractors)
    wanted = np.unique(np.concatenate([[at for number in numbers for at, _ in found[number]], beside[beside >= 0]]))
    some = pool.take(wanted.astype(np.int64))
    said = wording.sentences(some.rows, some.objects).to_pylist()
    names = _names(wording, some)
    alike = {at for at, one, other in zip(wanted.tolist(), *names[2:], strict=True) if one == other}
    shown = {
        at: Shown(int(pool.rows[at]), sentence, inside(sentence, ends, wording.language), "")
        for at, sentence, predicate, *ends in zip(wanted.tolist(), said, some.predicates.tolist(), *names, strict=True)
        if wording.says(predicate)
    }
    for number, others in zip(numbers, beside.tolist(), strict=True):
        text, taken = read[number], dict[str, Shown]()
        for at, name in found[number]:
            if at not in shown:
                counts["facts left out of texts: no words in the text's language"] += 1
            elif at in alike:
                counts["facts left out of texts: both ends have the same name"] += 1
            elif name and not _is_named(text, name):
                counts["facts left out of texts: named within another name only"] += 1
            elif not _fits([*taken, shown[at].sentence], settings.tokens):
                counts["facts left out of texts: more than the budget"] += 1
            else:
                taken.setdefault(shown[at].sentence, shown[at]._replace(name=name))
        facts, own = list(taken.values()), len(taken)
        for at in others:
            if (
                at in shown
                and len(taken) < own + settings.distractors
                and _fits([*taken, shown[at].sentence], settings.tokens)
            ):
                taken.setdefault(shown[at].sentence, shown[at])
        if facts:
            yield Reading(number, text, facts, list(taken.values())[own:])


def _names(wording: Wording, facts: Facts) -> list[list[str]]:
    """Return the phrases of the subjects and of the objects of facts, and the labels of both."""
    ends = (facts.subjects, facts.objects)
    return [find(end).to_pylist() for find in (wording.phrases, wording.labels) for end in ends]


def _is_named(text: Text, name: str) -> bool:
    """Whether half of the occurrences of a name or more are not part of a compound or another name."""
    found = [names_itself(text.prose, start, end, text.language) for start, end in places(text.prose, name)]
    return 2 * sum(found) >= max(len(found), 1)


def _fits(sentences: Sequence[str], tokens: int) -> bool:
    """Whether sentences fit into a budget, at four bytes a token."""
    return sum(-(-len(sentence.encode()) // 4) for sentence in sentences) <= tokens
