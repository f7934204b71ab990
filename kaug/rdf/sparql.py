r"""A SPARQL CONSTRUCT → the queries for its pages, and an endpoint's answer to one query, checked.

`LIMIT` and `OFFSET` count solutions of the `WHERE` part, and a CONSTRUCT answers triples: several a solution, or none where
a variable is unbound. So a page's query asks for one more triple a solution, with a blank node and a predicate of its own:
how many of them come back is how many solutions the page had.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from kaug.errors import SourceError
from kaug.http import RequestError, plain, post, public_url, split_url

__all__ = ["MARK", "Triples", "ask", "check_endpoint", "paged"]

MARK = "urn:kaug:endpoint:solution"
"""The predicate of the triple that a page's query asks for beside those of the template, once a solution."""

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


def check_endpoint(url: str, query: str, where: str) -> None:
    """Refuse an endpoint's url and query that cannot be fetched; nothing is sent.

    Args:
        url: `http` or `https`, with a host and without a password.
        query: A SPARQL 1.1 CONSTRUCT without SERVICE and FROM.
        where: Their place, for error messages.

    Raises:
        SourceError: Saying what is wrong, and what would be right.

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
        ("SERVICE", "it would have the endpoint fetch from a server that the manifest does not name"),
        ("FROM", "it may have the endpoint fetch the graph; to choose among its graphs, write GRAPH <…> { … }"),
    ):
        # The parser is the judge: where the word is a keyword, the query is none without it; in names and strings it may be.
        without, count = re.subn(word, "x" * len(word), query, flags=re.IGNORECASE)
        if count and (error := _syntax_error(without)):
            raise SourceError(
                f"{where}: {word} is not allowed in an endpoint's query: {reason}. "
                f"Without the word this is no valid SPARQL: {error}"
            )
    try:
        results = ox.Store().query(query)
    except SyntaxError as error:
        raise SourceError(f"{where}: the query is no valid SPARQL: {error}") from error
    if not isinstance(results, ox.QueryTriples) or _template(query) is None:
        raise SourceError(f"{where}: the query must be a CONSTRUCT.")
    if not _parses(f"{query}\nVALUES ?kaug {{}}"):
        raise SourceError(f"{where}: VALUES after the query leaves no place for LIMIT; write it inside WHERE {{ … }}.")
    page = paged(query)
    if page and not _parses(page(0, 1)):
        raise SourceError(f"{where}: the query cannot be asked in pages; give it a LIMIT, and it is asked once.")


def paged(query: str) -> Callable[[int, int], str] | None:
    """Make the queries for the pages of a CONSTRUCT that `check_endpoint` has passed.

    Solutions are put in an order by the lexical form, datatype and language of every variable of the template: a total order
    of all solutions that differ in what they construct, blank nodes aside. An order of the query's own comes first.

    Args:
        query: The query.

    Returns:
        A function from offset and limit, in solutions, to the page's query; None if the query has a LIMIT or OFFSET of its
        own, which is to be asked once, as it is.

    Examples:
        >>> print(paged("CONSTRUCT { ?s <urn:p> ?o } WHERE { ?s <urn:q> ?o }")(200, 100))
        CONSTRUCT { [] <urn:kaug:endpoint:solution> true . ?s <urn:p> ?o } WHERE { ?s <urn:q> ?o }
        ORDER BY STR(?s) DATATYPE(?s) LANG(?s) STR(?o) DATATYPE(?o) LANG(?o)
        LIMIT 100 OFFSET 200
    """
    template = _template(query)
    if template is None or not _parses(f"{query}\nLIMIT 1 OFFSET 0"):
        return None
    head, pattern, tail, variables = template
    marked = f"{head}{{ [] <{MARK}> true .{pattern}}}{tail}"
    keys = " ".join(f"STR({name}) DATATYPE({name}) LANG({name})" for name in variables)
    if keys:
        ordered = f"{marked}\nORDER BY {keys}"
        marked = ordered if _parses(ordered) else f"{marked}\n{keys}"
    return lambda offset, limit: f"{marked}\nLIMIT {limit} OFFSET {offset}"


def _template(query: str) -> tuple[str, str, str, list[str]] | None:
    """Cut a CONSTRUCT around its template: before, template, after (the short form's pattern once more), variables."""
    construct = opening = None
    short, depth, variables = False, 0, []
    for found in _TOKEN.finditer(query):
        kind, text = found.lastgroup, found[0]
        if construct is None:
            construct = found.end() if kind == "word" and text.upper() == "CONSTRUCT" else None
        elif kind == "variable":
            variables.append(f"?{text[1:]}")
        elif kind == "word" and not depth:
            short = text.upper() == "WHERE"
        elif kind == "brace":
            opening = opening if opening is not None else found.start()
            depth += 1 if text == "{" else -1
            if depth == 0:
                tail = query[construct:] if short else query[found.end() :]
                return f"{query[:construct]} ", query[opening + 1 : found.start()], tail, list(dict.fromkeys(variables))
    return None


def _parses(query: str) -> bool:
    return _syntax_error(query) is None


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
        lines: Its triples as canonical N-Quads, sorted, each once, without line ends.
        solutions: The number of triples with the predicate `MARK`; `lines` is without them.
        blank: The number of `lines` that hold a blank node.
    """

    lines: list[bytes]
    solutions: int
    blank: int


def ask(url: str, query: str, *, timeout: float, most_bytes: int, headers: Mapping[str, str]) -> Triples:
    """Send one query by POST (`application/sparql-query`), and read the answer strictly.

    Args:
        url: The endpoint. It may redirect to another path of the same scheme, host and port.
        query: The query.
        timeout: Seconds that the answer may take as a whole.
        most_bytes: The most bytes that it may have.
        headers: Sent besides kaug's own, and in their place where they have the same name.

    Returns:
        The answer.

    Raises:
        RequestError: There is no answer, it has another media type, or it is malformed; see `kaug.http.post`.
    """
    own = {"Content-Type": "application/sparql-query", "Accept": "application/n-triples, text/turtle;q=0.5"}
    answer = post(url, query.encode(), {**own, **headers}, timeout=timeout, most_bytes=most_bytes)
    if answer.kind not in _SYNTAX or answer.coding != "identity":
        kind = answer.kind if answer.kind not in _SYNTAX else f"{answer.kind} in {answer.coding}"
        line = next(iter(answer.body[:4096].decode(errors="replace").strip().splitlines()), "(nothing)")
        raise RequestError(f"status 200, but {kind} in place of N-Triples or Turtle: {plain(line)}", status=200)
    return _parse(answer.body, _SYNTAX[answer.kind])


def _parse(body: bytes, syntax: ox.RdfFormat) -> Triples:
    kept, solutions, blank = [], 0, 0
    try:
        for quad in ox.parse(body, format=syntax):
            if quad.predicate.value == MARK:
                solutions += 1
                continue
            kept.append(quad)
            blank += isinstance(quad.subject, ox.BlankNode) or _holds_blank(quad.object)
    except SyntaxError as error:
        reason = f"line {error.lineno or 1} of the answer is malformed: {plain(error.msg)}"
        raise RequestError(reason, transient=True, smaller=True) from error
    data = ox.serialize(kept, format=ox.RdfFormat.N_QUADS) or b""
    return Triples(sorted(set(data.split(b"\n")) - {b""}), solutions, blank)


def _holds_blank(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> bool:
    if isinstance(term, ox.Triple):
        return isinstance(term.subject, ox.BlankNode) or _holds_blank(term.object)
    return isinstance(term, ox.BlankNode)
