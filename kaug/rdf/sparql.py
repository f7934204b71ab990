r"""SPARQL: CONSTRUCT over quads in memory, and paged queries to endpoints.

`LIMIT` and `OFFSET` count solutions of the `WHERE` part, and a CONSTRUCT returns triples: several per solution, or none
if a variable is unbound. So a page's query adds one triple per solution, with a blank node and a special predicate:
their number is the number of solutions in the page.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.http import RequestError, plain, post, public_url, split_url

__all__ = ["MARK", "Triples", "ask", "check_endpoint", "construct", "paged"]

MARK = "urn:kaug:endpoint:solution"
"""The predicate of the triple that a page's query adds per solution."""

_DEPTH = 100  # the stack of the SPARQL parser grows with each level
_SYNTAX = {
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "text/plain": ox.RdfFormat.N_TRIPLES,
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/x-turtle": ox.RdfFormat.TURTLE,
}
_TOKEN = re.compile(
    r"""(?P<other>\#[^\n\r]*|\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'
        |<<|<[^<>"{}|^`\\\x00-\x20]*>|[\w.\-]*:(?:[\w.\-:%]|\\.)*)
        |(?P<variable>[?$]\w+)|(?P<word>[^\W\d]\w*)|(?P<brace>[{}])|.""",
    re.VERBOSE | re.DOTALL,
)


def construct(query: str, quads: Iterable[ox.Quad], where: str) -> set[str]:
    """Run a SPARQL CONSTRUCT over quads, without any network.

    Args:
        query: The query, without `SERVICE` and `FROM`.
        quads: The data; named graphs are merged.
        where: The origin of the query, for error messages.

    Returns:
        The constructed triples, as canonical N-Triples without the closing dot.

    Raises:
        SourceError: The query is not a CONSTRUCT, is malformed, nested too deeply, or uses the network.
    """
    levels = itertools.accumulate((char in "({[") - (char in ")}]") for char in query)
    if max(levels, default=0) > _DEPTH:
        raise SourceError(f"{where}: the selection is nested more than {_DEPTH} deep.")
    for word in ("SERVICE", "FROM"):
        _refuse_keyword(query, word, where, "a selection, which reads the sources alone and no network")
    store = ox.Store()
    store.extend(quads)
    try:
        results = store.query(query, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise SourceError(f"{where}: the selection is not valid SPARQL: {error}") from error
    if not isinstance(results, ox.QueryTriples):
        raise SourceError(f"{where}: the selection must be a CONSTRUCT query.")
    return {str(triple) for triple in results}


def _refuse_keyword(query: str, word: str, where: str, reason: str) -> None:
    # The parser decides: without a keyword, the query is invalid; names and strings may contain the word.
    without, count = re.subn(word, "x" * len(word), query, flags=re.IGNORECASE)
    if count and (error := _syntax_error(without)):
        raise SourceError(
            f"{where}: {word} is not allowed in {reason}; without the word this is not valid SPARQL: {error}"
        ) from error


def check_endpoint(url: str, query: str, where: str) -> None:
    """Check an endpoint's URL and query, without sending anything.

    Args:
        url: `http` or `https`, with a host and without a password.
        query: A SPARQL 1.1 CONSTRUCT without SERVICE and FROM.
        where: Their origin, for error messages.

    Raises:
        SourceError: The URL or the query is not supported; the message has a correction.

    Examples:
        >>> check_endpoint("https://example.org/sparql", "CONSTRUCT WHERE { ?s ?p ?o }", "manifest")
        >>> check_endpoint("https://example.org/sparql", "ASK {}", "manifest")
        Traceback (most recent call last):
        kaug.errors.SourceError: manifest: the query must be a CONSTRUCT.
    """
    parts = split_url(url)
    if parts is None:
        raise SourceError(
            f"{where}: the endpoint {public_url(url)!r} should be a url such as 'https://example.org/sparql'."
        )
    if parts.username is not None or parts.fragment:
        raise SourceError(f"{where}: an endpoint's url holds neither a user name nor a fragment ('@', '#').")
    for word, reason in (
        ("SERVICE", "would have it fetch from a server that the manifest does not name"),
        ("FROM", "may have it fetch the graph; to choose among its graphs, write GRAPH <…> { … }"),
    ):
        _refuse_keyword(query, word, where, f"an endpoint's query, since that {reason}")
    if error := _syntax_error(query):
        raise SourceError(f"{where}: the query is not valid SPARQL: {error}") from error
    if not isinstance(ox.Store().query(query), ox.QueryTriples) or _template(query) is None:
        raise SourceError(f"{where}: the query must be a CONSTRUCT.")
    if _syntax_error(f"{query}\nVALUES ?kaug {{}}"):
        raise SourceError(f"{where}: VALUES after the query leaves no room for LIMIT; write it inside WHERE {{ … }}.")
    page = paged(query)
    if page and _syntax_error(page(0, 1)):
        raise SourceError(f"{where}: the query cannot be fetched in pages; add a LIMIT, and it is sent once.")


def paged(query: str) -> Callable[[int, int], str] | None:
    """Make the queries for the pages of a CONSTRUCT, after `check_endpoint`.

    Solutions are ordered by the lexical form, datatype and language of every variable of the template: a total order of
    all solutions with different triples, except for blank nodes. An order of the query's own comes first.

    Returns:
        A function from offset and limit, in solutions, to the page's query; None if the query has a LIMIT or OFFSET of its
        own: then it is sent once, unchanged.

    Examples:
        >>> print(paged("CONSTRUCT { ?s <urn:p> ?o } WHERE { ?s <urn:q> ?o }")(200, 100))
        CONSTRUCT { [] <urn:kaug:endpoint:solution> true . ?s <urn:p> ?o } WHERE { ?s <urn:q> ?o }
        ORDER BY STR(?s) DATATYPE(?s) LANG(?s) STR(?o) DATATYPE(?o) LANG(?o)
        LIMIT 100 OFFSET 200
    """
    template = _template(query)
    if template is None or _syntax_error(f"{query}\nLIMIT 1 OFFSET 0"):
        return None
    head, pattern, tail, variables = template
    marked = f"{head}{{ [] <{MARK}> true .{pattern}}}{tail}"
    keys = " ".join(f"STR({name}) DATATYPE({name}) LANG({name})" for name in variables)
    if keys:
        ordered = f"{marked}\nORDER BY {keys}"
        marked = f"{marked}\n{keys}" if _syntax_error(ordered) else ordered
    return lambda offset, limit: f"{marked}\nLIMIT {limit} OFFSET {offset}"


def _template(query: str) -> tuple[str, str, str, list[str]] | None:
    """Split a CONSTRUCT: before the template, template, after it (repeating the short form's pattern), variables."""
    construct = opening = None
    short, depth, variables = False, 0, []
    for token in _TOKEN.finditer(query):
        kind, text = token.lastgroup, token[0]
        if construct is None:
            construct = token.end() if kind == "word" and text.upper() == "CONSTRUCT" else None
        elif kind == "variable":
            variables.append(f"?{text[1:]}")
        elif kind == "word" and not depth:
            short = short or text.upper() == "WHERE"
        elif kind == "brace":
            opening = opening if opening is not None else token.start()
            depth += 1 if text == "{" else -1
            if depth == 0:
                tail = query[construct:] if short else query[token.end() :]
                return f"{query[:construct]} ", query[opening + 1 : token.start()], tail, list(dict.fromkeys(variables))
    return None


def _syntax_error(query: str) -> SyntaxError | None:
    try:
        ox.Store().query(query)
    except SyntaxError as error:
        return error
    return None


@dataclass(frozen=True)
class Triples:
    """An endpoint's answer to one query.

    Attributes:
        lines: Its triples as canonical N-Quads, sorted and distinct, without line ends.
        solutions: The number of triples with the predicate `MARK`, which are left out of `lines`.
        blank: The number of `lines` with a blank node.
    """

    lines: list[bytes]
    solutions: int
    blank: int


def ask(url: str, query: str, *, timeout: float, most_bytes: int, headers: Mapping[str, str]) -> Triples:
    """Send one query by POST (`application/sparql-query`), and read the answer strictly.

    Args:
        url: The endpoint.
        query: The query.
        timeout: See `kaug.http.post`.
        most_bytes: The maximum size of the answer.
        headers: Additional headers, which override kaug's own.

    Raises:
        RequestError: The request failed, or the answer has another media type or is malformed.
    """
    own = {"Content-Type": "application/sparql-query", "Accept": "application/n-triples, text/turtle;q=0.5"}
    answer = post(url, query.encode(), {**own, **headers}, timeout=timeout, most_bytes=most_bytes)
    if answer.kind not in _SYNTAX:
        line = next(iter(answer.body[:4096].decode(errors="replace").strip().splitlines()), "(nothing)")
        raise RequestError(f"status 200, but {answer.kind} instead of N-Triples or Turtle: {plain(line)}", status=200)
    try:
        quads = list(ox.parse(answer.body, format=_SYNTAX[answer.kind]))
    except SyntaxError as error:
        reason = f"line {error.lineno or 1} of the answer is malformed: {plain(error.msg)}"
        raise RequestError(reason, transient=True, smaller=True) from error
    kept = [quad for quad in quads if quad.predicate.value != MARK]
    data = ox.serialize(kept, format=ox.RdfFormat.N_QUADS) or b""
    blank = sum(_holds_blank(quad.triple) for quad in kept)
    return Triples(sorted(set(data.split(b"\n")) - {b""}), len(quads) - len(kept), blank)


def _holds_blank(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> bool:
    if isinstance(term, ox.Triple):
        return isinstance(term.subject, ox.BlankNode) or _holds_blank(term.object)
    return isinstance(term, ox.BlankNode)
