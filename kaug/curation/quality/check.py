"""A check of a knowledge base: its id and severity, the words of a finding, and the function that finds the cases."""

import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import polars as pl

from kaug.curation.quality.graph import Graph

__all__ = ["SEVERITIES", "Cases", "Check", "counted", "fill", "ranked"]

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The severities, the most severe first."""

Cases = pl.DataFrame | tuple[pl.DataFrame, Mapping[str, Any]]
"""All cases, the most important first, and figures for the line of the finding.

Columns: `terms` (a list, the one at fault first), `count` (to rank by; 1 where it is missing), `facts` (a list of rows
that show the case), and any that the note names. The figure `count` is the number of cases where it is not that of rows.
"""


class Check(NamedTuple):
    """A check.

    Attributes:
        id: The name of its finding.
        severity: The severity of its finding.
        line: The template of the finding's line; see `fill`.
        advice: What to do.
        find: Returns the cases in a graph; without cases there is no finding.
        note: The template of a case's note. `{0}` is the label of its first term, `{last}` of its last one.
        examples: The facts shown for a case without facts: those `about` its first term, with axioms or without, or one
            about `each` of three terms.
        needs: Names of which the knowledge base must use at least one; otherwise the check is skipped.
    """

    id: str
    severity: Severity
    line: str
    advice: str
    find: Callable[[Graph], Cases]
    note: str = ""
    examples: Literal["", "about", "about with axioms", "each"] = ""
    needs: Sequence[str] = ()


class _Counts(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        return counted(value, one, many) if bar else str(super().format_field(value, format_spec))


def fill(template: str, *labels: str, **figures: Any) -> str:
    """Fill a template; `{count:class|classes}` formats a count with a noun.

    Examples:
        >>> fill("{count:class is|classes are} below “{0}”", "thing", count=1200)
        '1,200 classes are below “thing”'
    """
    return _Counts().vformat(template, labels, figures)


def counted(number: int, one: str, many: str) -> str:
    """Format a count with its noun, singular or plural.

    Examples:
        >>> counted(1, "class", "classes"), counted(1200, "class", "classes")
        ('1 class', '1,200 classes')
    """
    return f"{number:,} {one if number == 1 else many}"


def ranked(cases: pl.DataFrame, *ties: str) -> pl.DataFrame:
    """Sort cases by falling `count`, and by the columns of `ties` where it is equal."""
    return cases.sort("count", *ties, descending=[True, *(False for _ in ties)])
