"""The tables that users extend: descriptions for `--help` and the docs, digests for fingerprints."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kaug.arms import ARMS
from kaug.augmentation.arms import RECIPES
from kaug.augmentation.exporters import EXPORTERS
from kaug.augmentation.forms import FORMS
from kaug.evaluation.scorers import SCORERS
from kaug.exam.kinds import KINDS
from kaug.store.digests import fingerprint
from kaug.training.adapters import ADAPTERS
from kaug.training.objectives import OBJECTIVES

__all__ = ["SOCKETS", "TABLES", "describe", "entry_digests", "list_entries"]

SOCKETS: dict[str, str] = {
    "arms": "the models to train, evaluate and compare",
    "recipes": "which rows an arm is trained on",
    "forms": "closed-book training rows",
    "kinds": "probes of the exam",
    "scorers": "how answers are scored",
    "objectives": "what training minimises",
    "adapters": "which weights are trained",
    "exporters": "how rows are written for other trainers",
}
"""The names of the tables, with a description of their entries."""

TABLES: dict[str, Mapping[str, Any]] = {
    "arms": ARMS,
    "recipes": RECIPES,
    "forms": FORMS,
    "kinds": KINDS,
    "scorers": SCORERS,
    "objectives": OBJECTIVES,
    "adapters": ADAPTERS,
    "exporters": EXPORTERS,
}
"""The tables themselves."""

_DESCRIPTIONS: dict[str, Callable[[Any], str]] = {
    "arms": lambda arm: arm.meaning,
    "recipes": lambda recipe: (recipe.pieces.__doc__ or "").strip().split("\n")[0],
    "kinds": lambda kind: kind.asks,
}


def describe(socket: str) -> dict[str, str]:
    """Return the entries of a table, each with its description, in the table's order.

    Examples:
        >>> describe("forms")["statement"]
        'sentences that state a fact, subject first'
    """
    description = _DESCRIPTIONS.get(socket, lambda entry: str(entry.description))
    return {name: description(entry) for name, entry in TABLES[socket].items()}


def list_entries(*sockets: str) -> str:
    """Write the entries of tables as Markdown lists, for the help of a command."""
    return "\n\n".join(
        f"{socket.capitalize()}, {SOCKETS[socket]}:\n\n"
        + "\n".join(f"- **{name}**: {text}" for name, text in describe(socket).items())
        for socket in sockets
    )


def entry_digests(socket: str, names: Iterable[Any]) -> dict[str, str]:
    """Digest entries of a table, which may be a script's functions; other names are left out."""
    table, known = TABLES[socket], [name for name in names if isinstance(name, str) and name in TABLES[socket]]
    return {f"{socket} {name}": fingerprint(entry=table[name]) for name in known}
