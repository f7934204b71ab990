"""Predicates → the label that the rule reads for each, so that no two of them say the same."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kaug.wording.frames import Frame, Record
from kaug.wording.rules import Values, frame_of
from kaug.words.values import words_of

__all__ = ["Named", "labels_apart"]

_PATH = re.compile(r"([A-Za-z](?:(?!__)\w)*)(?:__|\.)(?:(?!__)\w)+$")
"""A path of types, as in Freebase; its last type."""
_OF_A_NAME = re.compile(r"((?:\w+ )?(?!and |or )\w+) name")


@dataclass(frozen=True)
class Named:
    """A predicate with its name.

    Attributes:
        predicate: Its term number.
        iri: Its IRI.
        name: Its label, or the words of its IRI.
        values: The kind of its objects.
        foreign: Whether the name is in another language, and is said in records.
    """

    predicate: int
    iri: str
    name: str
    values: Values = "thing"
    foreign: bool = False


def labels_apart(predicates: Iterable[Named]) -> dict[int, str | Record]:
    """Choose the label of each predicate: its name, or a longer one if an earlier predicate says the same.

    The type before the name in a path of types is added ("book genre"). Where there is none, or that is taken too, the name
    stands in records, with its namespace if it is another's name.

    Args:
        predicates: The predicates, the most used first.

    Examples:
        >>> film, book = "http://x.org/film.genre", "http://x.org/book.genre"
        >>> labels_apart([Named(1, film, "genre"), Named(2, book, "genre"), Named(3, "http://y.org/leaderName", "leader name")])
        {1: 'genre', 2: 'book genre', 3: 'leader'}
    """
    all_of_them = list(predicates)
    names = {one.name for one in all_of_them}
    taken: set[Frame | str] = set()
    chosen: dict[int, str | Record] = {}
    for one in all_of_them:
        path, namespace = _PATH.search(one.iri), re.sub(r"^\w+://|[#/:][^#/:]*$", "", one.iri)
        longer = [f"{words_of(path[1])} {one.name}"] if path else []
        # "leader name" of things: the object is the leader, and no name.
        named = _OF_A_NAME.fullmatch(one.name) if one.values == "thing" else None
        shorter = [named[1]] if named and named[1] not in names else []
        records = [Record(text) for text in (one.name, f"{one.name} ({namespace})", one.iri)]
        labels: list[str | Record] = [*([] if one.foreign else [*shorter, one.name, *longer]), *records]
        for label in labels:
            frame: Frame | str = label if isinstance(label, Record) else frame_of(label, one.values)
            if frame not in taken:
                break
        taken.add(frame)
        chosen[one.predicate] = label
    return chosen
