r"""A SPARQL CONSTRUCT → the queries for its pages, and an endpoint's answer to one query, checked.

`LIMIT` and `OFFSET` count solutions of the `WHERE` part, and a CONSTRUCT answers triples: several a solution, or none where
a variable is unbound. So a page's query asks for one more triple a solution, with a blank node and a predicate of its own:
how many of them come back is how many solutions the page had.
"""

import contextlib
import email.utils
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import pyoxigraph as ox

from kaug.errors import SourceError

__all__ = ["MARK", "Answer", "TransientError", "ask", "check_endpoint", "paged"]

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
_REDIRECTS = {301, 302, 307, 308}
_MOST_REDIRECTS = 5


def check_endpoint(url: str, query: str, where: str) -> None:
    """Refuse an endpoint's url and query that cannot be fetched; nothing is sent.

    Args:
        url: `http` or `https`, with a host and without a password.
        query: A SPARQL 1.1 CONSTRUCT without SERVICE and FROM.
        where: Where they stand, for error messages.

    Raises:
        SourceError: Saying what is wrong, and what would be right.

    Examples:
        >>> check_endpoint("https://example.org/sparql", "CONSTRUCT WHERE { ?s ?p ?o }", "manifest")
        >>> check_endpoint("https://example.org/sparql", "ASK {}", "manifest")
        Traceback (most recent call last):
        kaug.errors.SourceError: manifest: the query must be a CONSTRUCT.
    """
    _split(url, where)
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
class Answer:
    """What an endpoint answered to one query.

    Attributes:
        lines: Its triples as canonical N-Quads, sorted, each once, without line ends.
        solutions: How many triples with the predicate `MARK` there were; `lines` is without them.
        blank: How many of `lines` hold a blank node.
    """

    lines: list[bytes]
    solutions: int
    blank: int


class TransientError(Exception):
    """The endpoint failed in a way that may pass.

    Attributes:
        wait: The seconds that it asks to wait, if it does.
        smaller: Whether a smaller page may help.
    """

    def __init__(self, reason: str, *, wait: float | None = None, smaller: bool = True) -> None:
        super().__init__(reason)
        self.wait = wait
        self.smaller = smaller


def ask(url: str, query: str, *, timeout: float, most_bytes: int, headers: Mapping[str, str]) -> Answer:
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
        TransientError: A time-out, a broken connection, a malformed or overlong answer, or a status of 408, 429 or 5xx.
        SourceError: Any other status, a redirect elsewhere, a certificate that does not hold, or another kind of answer.
    """
    own = {"Content-Type": "application/sparql-query", "Accept": "application/n-triples, text/turtle;q=0.5"}
    sent = {"User-Agent": "kaug", **own, **headers}
    end = time.monotonic() + timeout
    place = url
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            request = urllib.request.Request(place, query.encode(), sent, method="POST")
            try:
                with _OPENER.open(request, timeout=timeout) as response:
                    body, kind = _read(response, end, most_bytes), response.headers.get_content_type()
                    coding = response.headers.get("Content-Encoding", "identity")
                break
            except urllib.error.HTTPError as error:
                with error:
                    place = _redirected(url, place, error)
        else:
            raise SourceError(f"{url}: more than {_MOST_REDIRECTS} redirects.")
    except TimeoutError:
        raise TransientError(f"no whole answer within {timeout:g} seconds") from None
    except (http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise SourceError(f"{url}: its certificate does not hold: {reason.verify_message}.") from error
        if isinstance(reason, TimeoutError):
            raise TransientError(f"no whole answer within {timeout:g} seconds") from None
        raise TransientError(f"the connection failed: {reason or type(error).__name__}", smaller=False) from error
    if kind not in _SYNTAX or coding != "identity":
        said = kind if kind not in _SYNTAX else f"{kind} in {coding}"
        raise SourceError(f"{url}: status 200, but {said} in place of N-Triples or Turtle: {_first_line(body)}")
    return _parse(body, _SYNTAX[kind])


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)


def _split(url: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        right = False
    if not right or re.search(r"[\x00-\x20\x7f]", url):
        raise SourceError(f"{where}: the endpoint {url!r} should be a url such as 'https://example.org/sparql'.")
    if parts.username is not None or parts.fragment:
        raise SourceError(f"{where}: an endpoint's url holds neither a user name nor a fragment ('@', '#').")
    return parts


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = _split(url, url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]


def _redirected(url: str, place: str, error: urllib.error.HTTPError) -> str:
    status = f"status {error.code} {error.reason}"
    if error.code in _REDIRECTS and (target := error.headers.get("Location")):
        target = urljoin(place, target)
        if _origin(target) == _origin(url):
            return target
        raise SourceError(
            f"{url}: {status} to {target!r}, which is another host, port or scheme; no other than the one named is asked. "
            "If that is meant, name it."
        )
    with contextlib.suppress(OSError, http.client.HTTPException):
        status += f": {_first_line(error.read1(4096))}"
    if error.code in (408, 429) or error.code >= 500:
        raise TransientError(status, wait=_retry_after(error.headers.get("Retry-After")), smaller=error.code != 429)
    raise SourceError(f"{url}: {status}")


def _retry_after(value: str | None) -> float | None:
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _read(response: http.client.HTTPResponse, end: float, most_bytes: int) -> bytes:
    body, promised = bytearray(), response.length
    while (promised is None or len(body) < promised) and (part := response.read1(1 << 16)):
        body += part
        if len(body) > most_bytes:
            raise TransientError(f"the answer has more than {most_bytes:,} bytes")
        if time.monotonic() > end:
            raise TimeoutError
    if promised is not None and len(body) < promised:  # reading in parts, the library does not tell
        raise TransientError(f"the answer is cut off after {len(body):,} of {promised:,} bytes")
    return bytes(body)


def _first_line(body: bytes) -> str:
    lines = body[:4096].decode(errors="replace").strip().splitlines() or ["(nothing)"]
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", lines[0])[:200].strip()


def _parse(body: bytes, syntax: ox.RdfFormat) -> Answer:
    kept, solutions, blank = [], 0, 0
    try:
        for quad in ox.parse(body, format=syntax):
            if quad.predicate.value == MARK:
                solutions += 1
                continue
            kept.append(quad)
            blank += isinstance(quad.subject, ox.BlankNode) or _holds_blank(quad.object)
    except SyntaxError as error:
        raise TransientError(f"line {error.lineno or 1} of the answer is malformed: {error.msg}") from error
    data = ox.serialize(kept, format=ox.RdfFormat.N_QUADS) or b""
    return Answer(sorted(set(data.split(b"\n")) - {b""}), solutions, blank)


def _holds_blank(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> bool:
    if isinstance(term, ox.Triple):
        return isinstance(term.subject, ox.BlankNode) or _holds_blank(term.object)
    return isinstance(term, ox.BlankNode)
