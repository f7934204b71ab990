"""The scorers of answered probes, by the names in the column `scorer` of PROBES.

A new scorer is a file in this folder and a line in `SCORERS`, or, from Python, a function of an `AnsweredProbe`.
"""

import inspect
from collections.abc import Iterable, Mapping

from kaug.errors import PipelineError, nearest
from kaug.evaluation.scorers import contains, continuation
from kaug.evaluation.scorers.scorer import AnsweredProbe, Score, Scorer

__all__ = ["SCORERS", "AnsweredProbe", "Score", "Scorer", "select_scorers"]

SCORERS: dict[str, Scorer] = {
    "contains": contains.SCORER,
    "continuation": continuation.SCORER,
}


def select_scorers(names: Iterable[str], scorers: Mapping[str, Scorer | Score] | None = None) -> dict[str, Scorer]:
    """Return scorers by name.

    Args:
        names: Names of scorers, such as the column `scorer` of PROBES.
        scorers: Scorers that extend or replace those of `SCORERS`. A plain function scores generated answers; its
            description is the first line of its docstring.

    Returns:
        The scorer of each name.

    Raises:
        PipelineError: A scorer is unknown.

    Examples:
        >>> select_scorers(["contains"])["contains"].generates
        True
    """
    given = {name: one if isinstance(one, Scorer) else _wrap(one) for name, one in (scorers or {}).items()}
    known = SCORERS | given
    for name in set(names) - known.keys():
        raise PipelineError(
            f"There is no scorer {name!r}.{nearest(name, known)} Pass a function of your own as "
            f"scorers={{{name!r}: function}}."
        )
    return {name: known[name] for name in names}


def _wrap(score: Score) -> Scorer:
    return Scorer(score, (inspect.getdoc(score) or "").partition("\n")[0])
