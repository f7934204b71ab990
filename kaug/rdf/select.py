"""A SPARQL CONSTRUCT and quads → the triples that it makes, without any network."""

import itertools
import re
from collections.abc import Iterable

import pyoxigraph as ox

from kaug.errors import SourceError

__all__ = ["construct"]

_QUERY_DEPTH = 100  # the stack of the SPARQL parser grows with each level


def construct(query: str, quads: Iterable[ox.Quad], where: str) -> set[str]:
    """Run a SPARQL CONSTRUCT over quads, without any network.

    Args:
        query: The query. `SERVICE` and `FROM` are refused, as keywords; updates are no queries.
        quads: What it is run over; named graphs are merged.
        where: The query's place, for error messages.

    Returns:
        The triples that it makes, as canonical N-Triples without the closing dot.

    Raises:
        SourceError: It is not a CONSTRUCT, is malformed, is nested too deep, or would use the network.
    """
    levels = itertools.accumulate((sign in "({[") - (sign in ")}]") for sign in query)
    if max(levels, default=0) > _QUERY_DEPTH:
        raise SourceError(f"{where}: the selection is nested more than {_QUERY_DEPTH} deep.")
    _refuse_network(query, where)
    store = ox.Store()
    store.extend(quads)
    try:
        results = store.query(query, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise SourceError(f"{where}: the selection is no valid SPARQL: {error}") from error
    if not isinstance(results, ox.QueryTriples):
        raise SourceError(f"{where}: the selection must be a CONSTRUCT query.")
    return {str(triple) for triple in results}


def _refuse_network(query: str, where: str) -> None:
    # The parser is the judge: where the word is a keyword, the query is none without it; in names and strings it may be.
    for word in ("SERVICE", "FROM"):
        without, count = re.subn(word, "x" * len(word), query, flags=re.IGNORECASE)
        if not count:
            continue
        try:
            ox.Store().query(without)
        except SyntaxError as error:
            raise SourceError(
                f"{where}: {word} is not allowed in a selection, which reads the sources alone and no network; "
                f"without the word this is no valid SPARQL: {error}"
            ) from error
