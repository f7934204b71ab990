"""The tables that are there to be extended → their entries with descriptions, for `--help` and the docs."""

from kaug.arms import ARMS
from kaug.augmentation.arms import RECIPES
from kaug.augmentation.exporters import EXPORTERS
from kaug.augmentation.forms import FORMS
from kaug.evaluation.scorers import SCORERS
from kaug.exam.kinds import KINDS
from kaug.training.adapters import ADAPTERS
from kaug.training.objectives import OBJECTIVES

__all__ = ["SOCKETS", "describe", "list_entries"]

SOCKETS: dict[str, str] = {
    "arms": "what is trained or asked, and compared",
    "recipes": "which rows an arm is trained on",
    "forms": "closed-book training rows",
    "kinds": "probes of the exam",
    "scorers": "how answers are scored",
    "objectives": "what training minimises",
    "adapters": "which weights are trained",
    "exporters": "how rows are written for other trainers",
}
"""The tables by the word for their entries."""


def describe(socket: str) -> dict[str, str]:
    """Return the entries of a table, each with what it is, in the table's order.

    Args:
        socket: A key of `SOCKETS`.

    Examples:
        >>> describe("forms")["statement"]
        'sentences that state a fact, subject first'
    """
    entries = {
        "arms": {name: arm.meaning for name, arm in ARMS.items()},
        "recipes": {name: _first_line(recipe.rows) for name, recipe in RECIPES.items()},
        "forms": {name: form.description for name, form in FORMS.items()},
        "kinds": {name: kind.asks for name, kind in KINDS.items()},
        "scorers": {name: scorer.description for name, scorer in SCORERS.items()},
        "objectives": {name: objective.description for name, objective in OBJECTIVES.items()},
        "adapters": {name: adapter.description for name, adapter in ADAPTERS.items()},
        "exporters": {name: exporter.description for name, exporter in EXPORTERS.items()},
    }
    return entries[socket]


def _first_line(function: object) -> str:
    return (function.__doc__ or "").strip().split("\n")[0]


def list_entries(*sockets: str) -> str:
    """Write the entries of tables as Markdown lists, for the help of a command."""
    return "\n\n".join(
        f"{socket.capitalize()}, {SOCKETS[socket]}:\n\n"
        + "\n".join(f"- **{name}**: {what}" for name, what in describe(socket).items())
        for socket in sockets
    )
