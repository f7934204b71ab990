"""A text and the facts to show with it → the prompt and the completion of a row: a function for each position of the facts."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from kaug.augmentation.openbook.names import has_room, names_itself, places
from kaug.augmentation.openbook.protected import Span
from kaug.augmentation.openbook.settings import OpenBookSettings
from kaug.augmentation.openbook.words import words_of

__all__ = ["POSITIONS", "Position", "Shown", "Text", "Written"]

_IN_A_BRACKET = 2
"""The facts in a bracket at most."""


class Shown(NamedTuple):
    """A fact to show.

    Attributes:
        row: Its row.
        sentence: Its sentence.
        inside: Its sentence as it stands inside another, without a full stop.
        name: The name of its subject as the text has it; empty if it has none in full.
    """

    row: int
    sentence: str
    inside: str
    name: str


class Text(NamedTuple):
    """A text, its prose (see `kaug.augmentation.openbook.protected.prose`), its protected spans and its language."""

    text: str
    prose: str
    spans: Sequence[Span]
    language: str


class Written(NamedTuple):
    """A row: prompt and completion, the facts that it shows, and where: the fact's place among them, field, start, end."""

    prompt: str
    completion: str
    facts: list[int]
    marks: list[tuple[int, str, int, int]]


Write = Callable[[Text, Sequence[Shown], OpenBookSettings], Written | None]


class Position(NamedTuple):
    """A position of facts: the function that writes a row, None if no fact can stand there, and what it is.

    `near` says whether it gets other facts too, from which the model must tell the right ones.
    """

    write: Write
    description: str
    near: bool = False


def _joined(field: str, before: str, pieces: Sequence[str]) -> tuple[str, list[tuple[int, str, int, int]]]:
    """Append pieces, one for each fact, to a text; mark them."""
    marks: list[tuple[int, str, int, int]] = []
    for place, piece in enumerate(pieces):
        marks.append((place, field, len(before), len(before) + len(piece)))
        before += piece
    return before, marks


def _before(text: Text, facts: Sequence[Shown], settings: OpenBookSettings) -> Written:
    pieces = [f"{fact.sentence}{' ' if place + 1 < len(facts) else chr(10)}" for place, fact in enumerate(facts)]
    prompt, marks = _joined("prompt", "", pieces)
    return Written(prompt, text.text, [fact.row for fact in facts], marks)


def _after(text: Text, facts: Sequence[Shown], settings: OpenBookSettings) -> Written:
    pieces = [f"{' ' if place else chr(10)}{fact.sentence}" for place, fact in enumerate(facts)]
    completion, marks = _joined("completion", text.text, pieces)
    return Written("", completion, [fact.row for fact in facts], marks)


def _context(text: Text, facts: Sequence[Shown], settings: OpenBookSettings) -> Written:
    prompt, marks = _joined("prompt", "", [f"[{place}] {fact.sentence}\n" for place, fact in enumerate(facts, 1)])
    return Written(prompt, text.text, [fact.row for fact in facts], marks)


def _inline(text: Text, facts: Sequence[Shown], settings: OpenBookSettings) -> Written | None:
    """Put facts in brackets behind the first mention of their subject that has room for them; those stated already are not."""
    words, whole = words_of(text.language), text.text
    by_name: dict[str, list[Shown]] = {}
    for fact in facts:
        if fact.name and fact.sentence.rstrip(".。") not in whole:
            by_name.setdefault(fact.name, []).append(fact)
    behind = {end: some for name, some in by_name.items() if (end := _room(text, name)) is not None}
    completion, rows, marks, last = "", list[int](), list[tuple[int, str, int, int]](), 0
    for end in sorted(list(behind)[: settings.brackets]):
        completion += whole[last:end]
        some = behind[end][:_IN_A_BRACKET]
        for place, fact in enumerate(some):
            piece = (words.apart if place else words.brackets[0]) + fact.inside
            piece += words.brackets[1] if place + 1 == len(some) else ""
            marks.append((len(rows), "completion", len(completion), len(completion) + len(piece)))
            rows.append(fact.row)
            completion += piece
        last = end
    return Written("", completion + whole[last:], rows, marks) if rows else None


def _room(text: Text, name: str) -> int | None:
    """Return the end of the first mention that a bracket may follow."""
    for start, end in places(text.text, name):
        inside = any(span.start < end and start < span.end for span in text.spans)
        if (
            not inside
            and names_itself(text.text, start, end, text.language)
            and has_room(text.text, end, text.language)
        ):
            return end
    return None


POSITIONS: dict[str, Position] = {
    "before": Position(_before, "the facts, as sentences, in the prompt; the text is the completion"),
    "after": Position(_after, "the text, then the facts that it rests on, both in the completion"),
    "context": Position(_context, "the facts among others, numbered, in the prompt; the text is the completion", True),
    "inline": Position(_inline, "facts in brackets behind the name of their subject, in the completion"),
}
"""The positions of facts in the user's texts, which `[augmentation] inject` names."""
