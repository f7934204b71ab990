"""A SPARQL server on this machine, and one before it that fails as servers do: what is fetched is what was planted."""

import http.client
import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kaug
from kaug.errors import ArtifactError, SourceError
from kaug.rdf import endpoint as module
from kaug.rdf.endpoint import endpoint_file, fetch_endpoint, fetched_aside
from kaug.rdf.sources import read_manifest
from kaug.rdf.sparql import MARK, check_endpoint, paged

ALL = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
XSD = "http://www.w3.org/2001/XMLSchema#"
ODD = [
    '<urn:x:odd> <urn:x:says> "a \\"quoted\\"\\nline # {?x} \\\\"@en .',
    '<urn:x:odd> <urn:x:says> "a \\"quoted\\"\\nline # {?x} \\\\" .',
    f'<urn:x:odd> <urn:x:says> "1"^^<{XSD}integer> .',
    f'<urn:x:odd> <urn:x:says> "1"^^<{XSD}decimal> .',
    f'<urn:x:odd> <urn:x:says> "1"^^<{XSD}token> .',
    '<urn:x:odd> <urn:x:says> "1" .',
    '<urn:x:odd> <urn:x:says> "1"@de .',
    '<urn:x:odd> <urn:x:says> "🦃\\t" .',
    "<urn:x:odd> <urn:x:says> <urn:x:1> .",
    '<urn:x:odd> <urn:x:says> "urn:x:1" .',
]
DATA = sorted([*ODD, *(f"<urn:x:n{n}> <urn:x:next> <urn:x:n{n + 1}> ." for n in range(90))])


def run_server(lines: list[str]) -> tuple[subprocess.Popen[bytes], str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sysconfig.get_path("scripts")) / "oxigraph"), "serve", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    body = "\n".join(lines).encode()
    request = urllib.request.Request(f"{url}/store?default", body, {"Content-Type": "application/n-triples"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        try:
            opener.open(request, timeout=10).close()
            return server, f"{url}/query"
        except OSError:
            assert server.poll() is None, "the server did not start"
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The url of a SPARQL server that holds DATA."""
    process, url = run_server(DATA)
    yield url
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def blank_server() -> Iterator[str]:
    """The url of a SPARQL server that holds blank nodes."""
    lines = [f'_:b{n} <urn:x:is> "{n}" .\n_:b{n} <urn:x:next> _:b{n + 1} .' for n in range(4)]
    process, url = run_server(lines)
    yield url
    process.kill()
    process.wait()


Fault = Callable[[http.server.BaseHTTPRequestHandler], None]


class Proxy:
    """Hands requests on to a server; before that, each fault of `faults` spoils one request."""

    def __init__(self, target: str) -> None:
        self.target, self.faults, self.queries, self.methods = target, list[Fault | None](), list[str](), list[str]()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.query = self.rfile.read(int(self.headers["Content-Length"]))
                proxy.queries.append(self.query.decode())
                proxy.methods.append(f"{self.command} {self.headers['Content-Type']}")
                fault = proxy.faults.pop(0) if proxy.faults else None
                (fault or hand_on)(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.target = target  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/query"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


def from_server(handler: http.server.BaseHTTPRequestHandler) -> tuple[bytes, str]:
    host = handler.server.target.split("/")[2]  # type: ignore[attr-defined]
    connection = http.client.HTTPConnection(host)
    headers = {"Content-Type": handler.headers["Content-Type"], "Accept": handler.headers["Accept"]}
    connection.request("POST", "/query", handler.query, headers)  # type: ignore[attr-defined]
    response = connection.getresponse()
    return response.read(), response.headers["Content-Type"]


def hand_on(handler: http.server.BaseHTTPRequestHandler) -> None:
    send(handler, 200, *from_server(handler))


def send(
    handler: http.server.BaseHTTPRequestHandler, status: int, body: bytes, kind: str, **headers: str | int
) -> None:
    handler.send_response(status)
    for name, value in {"Content_Type": kind, "Content_Length": len(body), **headers}.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int, body: bytes = b"", kind: str = "text/plain", **headers: str) -> Fault:
    return lambda handler: send(handler, code, body, kind, **headers)


def cut_off(handler: http.server.BaseHTTPRequestHandler) -> None:
    body, kind = from_server(handler)
    send(handler, 200, body[: len(body) // 2], kind, Content_Length=len(body))


def stall(handler: http.server.BaseHTTPRequestHandler) -> None:
    time.sleep(1.2)
    handler.close_connection = True


def trickle(handler: http.server.BaseHTTPRequestHandler) -> None:
    body, kind = from_server(handler)
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.end_headers()
    for n in range(20):
        handler.wfile.write(body[n : n + 1])
        handler.wfile.flush()
        time.sleep(0.1)


def drop(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@pytest.fixture
def proxy(server: str) -> Iterator[Proxy]:
    found = Proxy(server)
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a fetch would have waited."""
    found: list[float] = []

    class Clock:
        sleep = staticmethod(found.append)

    monkeypatch.setattr(module, "time", Clock)
    return found


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def lines(path: Path) -> list[str]:
    text = path.read_bytes().decode()
    assert text.endswith("\n") or not text
    return text.split("\n")[:-1]


def left(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


# ---------------------------------------------------------------- what is fetched


@pytest.mark.slow
@pytest.mark.parametrize("page", [1, 7, 50, 100, 101, 10_000])
def test_the_planted_triples_whatever_the_page(server: str, tmp_path: Path, page: int) -> None:
    out = tmp_path / "new" / "out.nq"
    told: list[int] = []
    counts = fetch_endpoint(server, ALL, out, page=page, progress=told.append)
    assert lines(out) == DATA
    pages = -(-100 // page) + 1  # the last has no solution: so it is known to be the last
    assert counts == {
        "pages": pages,
        "pages taken up": 0,
        "requests": pages,
        "retries": 0,
        "solutions": 100,
        "triples": 100,
        "triples in several pages": 0,
    }
    assert sum(told) == 100
    assert left(out.parent) == ["out.nq"]


def test_what_is_fetched_is_built_as_from_a_file(server: str, tmp_path: Path) -> None:
    (tmp_path / "file.nt").write_text("\n".join(DATA), encoding="utf-8")
    fetch_endpoint(server, ALL, tmp_path / "fetched.nq", page=30)
    one, two = kaug.build_kb([tmp_path / "file.nt"]), kaug.build_kb([tmp_path / "fetched.nq"])
    assert one.facts.num_rows == 100
    assert one.facts["fact"].equals(two.facts["fact"])


def test_solutions_are_paged_and_not_triples(server: str, tmp_path: Path) -> None:
    # Three triples a solution, of which two are in most pages; and most solutions lack ?says: those come first, with nothing.
    query = """CONSTRUCT { ?s <urn:x:said> ?says ; a <urn:x:Speaker> . <urn:x:one> <urn:x:speaks> ?says }
               WHERE { ?s ?p ?o OPTIONAL { ?s <urn:x:says> ?says FILTER(isIRI(?says)) } }"""
    counts = fetch_endpoint(server, query, tmp_path / "out.nq", page=20)
    speakers = {line.split()[0] for line in DATA}
    type_of = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert lines(tmp_path / "out.nq") == sorted(
        [
            "<urn:x:odd> <urn:x:said> <urn:x:1> .",
            "<urn:x:one> <urn:x:speaks> <urn:x:1> .",
            *(f"{name} {type_of} <urn:x:Speaker> ." for name in speakers),
        ]
    )
    assert (counts["solutions"], counts["triples"]) == (100, 93)


def test_pages_without_a_triple_do_not_end_the_fetch(server: str, tmp_path: Path) -> None:
    query = "CONSTRUCT { ?s <urn:x:said> ?o } WHERE { ?s ?p ?x OPTIONAL { ?s <urn:x:says> ?o FILTER(isIRI(?o)) } }"
    fetch_endpoint(server, query, tmp_path / "out.nq", page=5)
    assert lines(tmp_path / "out.nq") == ["<urn:x:odd> <urn:x:said> <urn:x:1> ."]


def test_triples_of_several_pages_stand_once(server: str, tmp_path: Path) -> None:
    query = "CONSTRUCT { ?s a <urn:x:T> } WHERE { ?s <urn:x:says> ?o }"
    counts = fetch_endpoint(server, query, tmp_path / "out.nq", page=4)
    assert len(lines(tmp_path / "out.nq")) == 1
    assert (counts["solutions"], counts["triples in several pages"]) == (10, 2)


def test_a_query_without_an_answer(server: str, tmp_path: Path) -> None:
    counts = fetch_endpoint(server, "CONSTRUCT WHERE { ?s <urn:none> ?o }", tmp_path / "out.nq")
    assert (tmp_path / "out.nq").read_bytes() == b""
    assert (counts["triples"], counts["requests"]) == (0, 1)


def test_a_limit_of_its_own_is_asked_once_and_as_it_is(proxy: Proxy, tmp_path: Path) -> None:
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 12"
    fetch_endpoint(proxy.url, query, tmp_path / "out.nq", page=5)
    assert proxy.queries == [query]
    assert len(lines(tmp_path / "out.nq")) == 12
    assert proxy.methods == ["POST application/sparql-query"]


def test_a_server_that_cuts_answers_short_is_asked_for_the_rest(proxy: Proxy, tmp_path: Path) -> None:
    def few(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.query = handler.query.replace(b"LIMIT 90", b"LIMIT 30")  # type: ignore[attr-defined]
        hand_on(handler)

    proxy.faults = [few] * 10
    counts = fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=90)
    assert lines(tmp_path / "out.nq") == DATA
    assert [query.split()[-1] for query in proxy.queries] == ["0", "30", "60", "90", "100"]
    assert counts["triples in several pages"] == 0


def test_a_server_that_ignores_the_limit_is_refused(proxy: Proxy, tmp_path: Path) -> None:
    def all_of_it(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.query = handler.query.split(b"LIMIT")[0]  # type: ignore[attr-defined]
        hand_on(handler)

    proxy.faults = [all_of_it]
    with pytest.raises(SourceError, match="100 solutions for LIMIT 10"):
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=10)


def test_a_server_that_ignores_the_offset_is_refused(proxy: Proxy, tmp_path: Path) -> None:
    def first(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.query = re.sub(rb"OFFSET \d+", b"OFFSET 0", handler.query)  # type: ignore[attr-defined]
        hand_on(handler)

    proxy.faults = [first] * 100
    with pytest.raises(
        SourceError, match=r"the page at OFFSET 10 repeats an earlier one, .* the endpoint ignores OFFSET"
    ):
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=10)
    assert len(proxy.queries) == 3
    assert left(tmp_path) == []


def test_pages_that_are_rightly_alike_are_no_fault(proxy: Proxy, tmp_path: Path) -> None:
    query = "CONSTRUCT { <urn:x:all> <urn:x:has> ?x } WHERE { VALUES ?x { 1 2 } ?s <urn:x:says> ?o } ORDER BY STR(?o)"
    counts = fetch_endpoint(proxy.url, query, tmp_path / "out.nq", page=4)
    assert len(lines(tmp_path / "out.nq")) == 2
    assert (counts["solutions"], counts["pages"], counts["requests"]) == (20, 6, 7)  # one asks beyond all solutions


def test_turtle_is_read_too(proxy: Proxy, tmp_path: Path) -> None:
    body = f'@prefix : <urn:x:> . :a :b "c"@en . [] <{MARK}> true .'.encode()
    proxy.faults = [status(200, body, "text/turtle; charset=utf-8")]
    fetch_endpoint(proxy.url, f"{ALL} OFFSET 0", tmp_path / "out.nq")
    assert lines(tmp_path / "out.nq") == ['<urn:x:a> <urn:x:b> "c"@en .']


# ---------------------------------------------------------------- blank nodes


def test_blank_nodes_of_one_page_are_named_by_what_is_said_of_them(blank_server: str, tmp_path: Path) -> None:
    fetch_endpoint(blank_server, ALL, tmp_path / "one.nq", page=100)
    fetch_endpoint(blank_server, f"{ALL} ORDER BY DESC(STR(?o))", tmp_path / "two.nq", page=8)
    assert (tmp_path / "one.nq").read_bytes() == (tmp_path / "two.nq").read_bytes()
    assert len(lines(tmp_path / "one.nq")) == 8
    assert kaug.build_kb([tmp_path / "one.nq"]).facts.num_rows == 8


def test_the_names_do_not_hang_on_the_servers_labels(proxy: Proxy, tmp_path: Path) -> None:
    found = []
    for first, second in (("a", "b"), ("z", "c")):
        body = f'_:{first} <urn:x:is> "1" .\n_:{first} <urn:x:next> _:{second} .\n_:{second} <urn:x:is> "2" .'
        proxy.faults = [status(200, body.encode(), "application/n-triples")]
        fetch_endpoint(proxy.url, f"{ALL} LIMIT 9", tmp_path / "out.nq")
        found.append(lines(tmp_path / "out.nq"))
    assert found[0] == found[1]
    assert len(found[0]) == 3


def test_blank_nodes_in_several_pages_are_refused(blank_server: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more pages than one: the triples of a blank node"):
        fetch_endpoint(blank_server, ALL, tmp_path / "out.nq", page=7)
    assert left(tmp_path) == []
    fetch_endpoint(blank_server, ALL, tmp_path / "out.nq", page=8)
    assert len(lines(tmp_path / "out.nq")) == 8


def test_blank_nodes_that_the_query_leaves_out_are_no_trouble(blank_server: str, tmp_path: Path) -> None:
    query = "CONSTRUCT { <urn:x:a> <urn:x:has> ?o } WHERE { ?s ?p ?o FILTER(!isBlank(?o)) }"
    fetch_endpoint(blank_server, query, tmp_path / "out.nq", page=1)
    assert lines(tmp_path / "out.nq") == [f'<urn:x:a> <urn:x:has> "{n}" .' for n in range(4)]


# ---------------------------------------------------------------- what may pass


def test_failures_that_pass_do_not_change_a_byte(proxy: Proxy, tmp_path: Path, waits: list[float]) -> None:
    proxy.faults = [
        status(503, b"busy"),
        None,
        status(429, Retry_After="7"),
        cut_off,
        drop,
        None,
        status(200, b"<urn:a> <urn:b> <urn:c> .\n<urn:a> java.lang.TimeoutException", "application/n-triples"),
    ]
    counts = fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=40)
    assert lines(tmp_path / "out.nq") == DATA
    assert waits == [1, 7, 2, 4, 1]
    assert (counts["retries"], counts["requests"]) == (5, 5 + counts["pages"])


def test_a_stalled_answer_is_asked_for_again_and_smaller(proxy: Proxy, tmp_path: Path, waits: list[float]) -> None:
    proxy.faults = [stall, stall, stall]
    counts = fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=80, timeout=0.5)
    assert lines(tmp_path / "out.nq") == DATA
    limits = [query.split("LIMIT ")[1].split()[0] for query in proxy.queries]
    assert limits == ["80", "80", "40", "20", "20", "20", "20", "20", "20"]
    assert waits == [1, 2, 4]
    assert counts["triples in several pages"] == 0


def test_the_time_is_of_the_whole_answer(proxy: Proxy, tmp_path: Path, waits: list[float]) -> None:
    proxy.faults = [trickle]
    fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", timeout=0.5)
    assert waits == [1]
    assert lines(tmp_path / "out.nq") == DATA


def test_an_answer_too_long_is_asked_for_in_smaller_pages(proxy: Proxy, tmp_path: Path, waits: list[float]) -> None:
    counts = fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=80, most_bytes=6000)
    assert lines(tmp_path / "out.nq") == DATA
    assert (waits, counts["retries"]) == ([1, 2, 4], 3)
    with pytest.raises(SourceError, match=r"the answer has more than 100 bytes \(tried 2 times\)"):
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", most_bytes=100, retries=1)


@pytest.mark.parametrize(("value", "wait"), [("3", 3), ("Fri, 06 Nov 2020 10:00:00 GMT", 0), ("soon", 1)])
def test_retry_after(proxy: Proxy, tmp_path: Path, waits: list[float], value: str, wait: float) -> None:
    proxy.faults = [status(503, Retry_After=value)]
    fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq")
    assert waits == [wait]


def test_a_wait_too_long_ends_the_fetch(proxy: Proxy, tmp_path: Path, waits: list[float]) -> None:
    proxy.faults = [status(429, b"come back later", Retry_After="86400")]
    with pytest.raises(SourceError, match=r"429 .*: come back later \(it asks to wait 86400 seconds\)"):
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq")
    assert waits == []


def test_what_does_not_pass_ends_the_fetch_and_keeps_its_pages(
    proxy: Proxy, tmp_path: Path, waits: list[float]
) -> None:
    proxy.faults = [None, None, *[status(500, b"<h1>Out of memory</h1>\nstack", "text/html")] * 4]
    with pytest.raises(SourceError) as caught:
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=30, retries=3)
    assert str(caught.value) == (
        f"{proxy.url}: status 500 Internal Server Error: <h1>Out of memory</h1> (tried 4 times). "
        "Pages fetched so far: 2; they are kept, and the next fetch resumes there."
    )
    assert waits == [1, 2, 4]
    assert not (tmp_path / "out.nq").exists()
    asked = len(proxy.queries)
    counts = fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", page=30)
    assert lines(tmp_path / "out.nq") == DATA
    assert (counts["pages taken up"], counts["pages"]) == (2, 3) == (2, len(proxy.queries) - asked)


def test_a_page_of_another_query_is_not_taken_up(proxy: Proxy, tmp_path: Path, waits: list[float]) -> None:
    other = "CONSTRUCT { ?s <urn:x:other> ?o } WHERE { ?s <urn:x:next> ?o }"
    proxy.faults = [None, status(404)]
    with pytest.raises(SourceError, match="404"):
        fetch_endpoint(proxy.url, other, tmp_path / "out.nq", page=30)
    assert fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq")["pages taken up"] == 0
    assert lines(tmp_path / "out.nq") == DATA


# ---------------------------------------------------------------- killed

CHILD = """
import sys, pathlib
from kaug.rdf.endpoint import fetch_endpoint
fetch_endpoint(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), page=10)
"""


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 6])
def test_a_killed_fetch_goes_on_where_it_stopped(proxy: Proxy, server: str, tmp_path: Path, at: int) -> None:
    out = tmp_path / "out.nq"
    reached, go_on = threading.Event(), threading.Event()

    def hold(handler: http.server.BaseHTTPRequestHandler) -> None:
        reached.set()
        go_on.wait(60)
        handler.close_connection = True

    proxy.faults = [*[None] * at, hold]
    environment = {**os.environ, "PYTHONPATH": str(Path(kaug.__file__).parent.parent)}
    child = subprocess.Popen([sys.executable, "-c", CHILD, proxy.url, ALL, str(out)], env=environment)
    assert reached.wait(60)
    with pytest.raises(ArtifactError, match="another kaug"):  # two fetches into one place are none
        fetch_endpoint(proxy.url, ALL, out, page=10)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    go_on.set()
    assert not out.exists()
    (folder,) = tmp_path.iterdir()
    (folder / ".half.nq.draft").write_text("<urn:half", encoding="utf-8")  # as a kill while writing leaves it
    asked = len(proxy.queries)
    counts = fetch_endpoint(proxy.url, ALL, out, page=10)
    fetch_endpoint(server, ALL, tmp_path / "undisturbed.nq")
    assert out.read_bytes() == (tmp_path / "undisturbed.nq").read_bytes()
    assert (counts["pages taken up"], counts["requests"], len(proxy.queries) - asked) == (at, 11 - at, 11 - at)
    assert left(tmp_path) == ["out.nq", "undisturbed.nq"]


# ---------------------------------------------------------------- what is refused


@pytest.fixture
def elsewhere() -> Iterator[Proxy]:
    """Another server of this machine, which must not be asked."""
    found = Proxy("http://127.0.0.1:1/")
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_elsewhere_is_refused(proxy: Proxy, elsewhere: Proxy, tmp_path: Path, code: int) -> None:
    for target in (elsewhere.url, proxy.url.replace("http:", "https:"), "file:///etc/passwd", "//localhost/query"):
        proxy.faults = [status(code, Location=target)]
        with pytest.raises(SourceError, match=f"status {code} .*|the endpoint 'file:"):
            fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq")
    assert elsewhere.queries == []
    assert not (tmp_path / "out.nq").exists()


def test_a_redirect_on_the_same_host_is_followed(proxy: Proxy, tmp_path: Path) -> None:
    proxy.faults = [status(307, Location="/sparql/")]
    fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq")
    assert proxy.queries[0] == proxy.queries[1]
    assert lines(tmp_path / "out.nq") == DATA


def test_redirects_in_a_ring_come_to_an_end(proxy: Proxy, tmp_path: Path) -> None:
    proxy.faults = [status(307, Location="/query")] * 20
    with pytest.raises(SourceError, match="more than 5 redirects"):
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            status(200, b"\n<!DOCTYPE html>\n<p>hello", "text/html"),
            "200, but text/html instead of .*: <!DOCTYPE html>",
        ),
        (status(200, b"", "text/html"), r"200, but text/html .*: \(nothing\)"),
        (status(200, b"x", "text/turtle", Content_Encoding="gzip"), "200, but text/turtle in gzip instead of"),
        (status(400, b"Virtuoso 37000 Error SP030: syntax\nmore"), "status 400 Bad Request: Virtuoso 37000 .* syntax$"),
        (status(403, b"\x1b[31mno\x1b[0m\n"), r"status 403 Forbidden: \[31mno\[0m$"),
        (status(404), r"status 404 Not Found: \(nothing\)$"),
        (status(303, Location="/other"), "status 303 See Other"),
    ],
)
def test_another_answer_is_shown(proxy: Proxy, tmp_path: Path, waits: list[float], fault: Fault, message: str) -> None:
    proxy.faults = [fault]
    with pytest.raises(SourceError, match=message):
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq")
    assert waits == []


def test_a_server_that_is_not_there(tmp_path: Path, waits: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(SourceError, match=r"the connection failed: .*refused \(tried 3 times\)"):
        fetch_endpoint(url, ALL, tmp_path / "out.nq", retries=2)
    assert waits == [1, 2]


def test_a_certificate_that_does_not_hold(tmp_path: Path, waits: list[float]) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate),
            *("-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    found = Proxy("http://127.0.0.1:1/")
    found.server.socket = context.wrap_socket(found.server.socket, server_side=True)
    with pytest.raises(SourceError, match="its certificate is invalid: self-signed certificate"):
        fetch_endpoint(found.url.replace("http:", "https:"), ALL, tmp_path / "out.nq")
    assert (found.queries, waits) == ([], [])
    found.server.shutdown()
    found.server.server_close()


def test_headers_are_sent_and_stored_nowhere(proxy: Proxy, tmp_path: Path) -> None:
    seen: list[str | None] = []

    def look(handler: http.server.BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        send(handler, 403, b"no", "text/plain")

    proxy.faults = [look]
    with pytest.raises(SourceError) as caught:
        fetch_endpoint(proxy.url, ALL, tmp_path / "out.nq", headers={"Authorization": "Bearer secret"})
    assert seen == ["Bearer secret"]
    assert "secret" not in str(caught.value)
    assert not any(b"secret" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://example.org/", "should be a url such as"),
        ("file:///etc/passwd", "should be a url such as"),
        ("example.org/sparql", "should be a url such as"),
        ("http://", "should be a url such as"),
        ("http://example.org:x/", "should be a url such as"),
        ("http://example.org/a b", "should be a url such as"),
        ("http://example.org/\r\nHost: x", "should be a url such as"),
        ("http://me:pass@example.org/", "neither a user name nor a fragment"),
        ("http://example.org/#a", "neither a user name nor a fragment"),
    ],
)
def test_a_url_that_is_none(url: str, message: str) -> None:
    with pytest.raises(SourceError, match=f"^manifest: .*{message}"):
        check_endpoint(url, ALL, "manifest")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * { ?s ?p ?o }", "the query must be a CONSTRUCT"),
        ("DESCRIBE <urn:a>", "the query must be a CONSTRUCT"),
        ("ASK {} # CONSTRUCT", "the query must be a CONSTRUCT"),
        ("CONSTRUCT { ?s ?p }", "not valid SPARQL"),
        ("CONSTRUCT { ?s wdt:P31 ?o } WHERE { ?s wdt:P31 ?o }", "not valid SPARQL"),
        ("DROP ALL", "not valid SPARQL"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SERVICE is not allowed"),
        ("CONSTRUCT { ?s ?p ?o } FROM <urn:g> WHERE { ?s ?p ?o }", "FROM is not allowed .* GRAPH"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } VALUES ?s { <urn:a> }", "write it inside WHERE"),
    ],
)
def test_a_query_that_cannot_be_asked(query: str, message: str) -> None:
    with pytest.raises(SourceError, match=f"^manifest: .*{message}"):
        check_endpoint("http://127.0.0.1:1/", query, "manifest")


def test_a_page_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a page of 0 solutions"):
        fetch_endpoint("http://127.0.0.1:1/", ALL, tmp_path / "out.nq", page=0)


# ---------------------------------------------------------------- the queries of pages

TAIL = "\nORDER BY STR(?s) DATATYPE(?s) LANG(?s)\nLIMIT 5 OFFSET 10"
HEAD = f"CONSTRUCT {{ [] <{MARK}> true ."


@pytest.mark.parametrize(
    ("query", "page"),
    [
        (
            "CONSTRUCT { ?s a <urn:T> } WHERE { ?s ?p ?o } # end",
            f"{HEAD} ?s a <urn:T> }} WHERE {{ ?s ?p ?o }} # end{TAIL}",
        ),
        (
            "construct where { $s a <urn:T> }",
            f"construct {{ [] <{MARK}> true . $s a <urn:T> }} where {{ $s a <urn:T> }}{TAIL}",
        ),
        ("CONSTRUCT {} WHERE { ?s a ?t }", f"{HEAD}}} WHERE {{ ?s a ?t }}\nLIMIT 5 OFFSET 10"),
        (
            "CONSTRUCT { ?s a <urn:T> } WHERE { ?s ?p ?o } ORDER BY ?o",
            f"{HEAD} ?s a <urn:T> }} WHERE {{ ?s ?p ?o }} ORDER BY ?o{TAIL.replace('ORDER BY ', '')}",
        ),
        (
            "# CONSTRUCT { ?no }\nPREFIX construct: <urn:CONSTRUCT?x>\n"
            "CONSTRUCT # { ?no }\n"
            "{ ?s a construct:q\\'b, \"}?no\", '''}'?no''' } WHERE { ?s ?p ?o }",
            "# CONSTRUCT { ?no }\nPREFIX construct: <urn:CONSTRUCT?x>\n"
            f"{HEAD} ?s a construct:q\\'b, \"}}?no\", '''}}'?no''' }} WHERE {{ ?s ?p ?o }}{TAIL}",
        ),
    ],
)
def test_the_query_of_a_page(query: str, page: str) -> None:
    make = paged(query)
    assert make is not None
    assert make(10, 5) == page
    check_endpoint("http://127.0.0.1:1/", page, "page")


LITERALS = st.builds(
    ox.Literal, st.text(st.characters(codec="utf-8"), max_size=3), language=st.sampled_from(["en", "de"])
) | st.builds(
    ox.Literal,
    st.sampled_from(["1", "2", "a"]),
    datatype=st.sampled_from([ox.NamedNode(XSD + name) for name in ("integer", "decimal", "token")]),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(LITERALS | st.sampled_from([ox.NamedNode("urn:a"), ox.Literal("urn:a"), ox.Literal("1")]), unique=True),
    st.integers(1, 5),
)
def test_pages_hold_every_triple_once(values: list[ox.Literal], size: int) -> None:
    store = ox.Store()
    store.extend(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), value) for value in values)
    make = paged(ALL)
    assert make is not None
    found: list[str] = []
    while True:
        triples = [str(triple) for triple in store.query(make(len(found), size)) if triple.predicate.value != MARK]  # type: ignore[union-attr]
        found += triples
        if not triples:
            break
    assert sorted(found) == sorted(f"<urn:s> <urn:p> {value}" for value in values)


# ---------------------------------------------------------------- kept


def test_a_file_that_is_there_is_taken(proxy: Proxy, tmp_path: Path) -> None:
    file = tmp_path / ".fetched" / "a.nq"
    assert endpoint_file(proxy.url, ALL, file) == file
    asked = len(proxy.queries)
    assert lines(file) == DATA
    file.write_text("<urn:a> <urn:b> <urn:c> .\n", encoding="utf-8")
    endpoint_file(proxy.url, ALL, file)
    assert (len(lines(file)), len(proxy.queries)) == (1, asked)
    endpoint_file(proxy.url, ALL, file, rebuild=True)
    assert lines(file) == DATA
    other = "CONSTRUCT WHERE { ?s <urn:x:next> ?o }"
    assert len(lines(endpoint_file(proxy.url, other, file))) == 90
    asked = len(proxy.queries)
    assert len(lines(endpoint_file(proxy.url, other, file))) == 90
    assert len(proxy.queries) == asked
    about = json.loads((tmp_path / ".fetched" / "a.nq.json").read_text(encoding="utf-8"))
    assert (about["endpoint"], about["query"], about["counts"]["triples"]) == (proxy.url, other, 90)
    assert left(tmp_path / ".fetched") == ["a.nq", "a.nq.json"]


def test_a_file_is_not_taken_for_the_answer_to_a_question_that_failed(proxy: Proxy, tmp_path: Path) -> None:
    file = endpoint_file(proxy.url, ALL, tmp_path / "a.nq")
    other = "CONSTRUCT WHERE { ?s <urn:x:next> ?o }"
    proxy.faults = [status(404)]
    with pytest.raises(SourceError, match="404"):
        endpoint_file(proxy.url, other, file)
    asked = len(proxy.queries)
    endpoint_file(proxy.url, ALL, file)
    assert len(proxy.queries) > asked
    assert lines(file) == DATA


def test_a_broken_note_of_what_was_asked_counts_for_nothing(proxy: Proxy, tmp_path: Path) -> None:
    file = endpoint_file(proxy.url, ALL, tmp_path / "a.nq")
    (tmp_path / "a.nq.json").write_text("[", encoding="utf-8")
    asked = len(proxy.queries)
    endpoint_file(proxy.url, ALL, file)
    assert len(proxy.queries) > asked


# ---------------------------------------------------------------- in a manifest


def manifest_of(folder: Path, url: str, name: str = "n", more: str = "") -> Path:
    file = folder / "manifest.toml"
    file.write_text(f"[sources.{json.dumps(name)}]\nendpoint = '{url}'\nquery = '{ALL}'\n{more}", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "name", ["../../x", "/tmp/x", "a/b", "a\\b", "..", ".x", "", "a\u001b[31mb", "a\u202eb", "a\nb", "x" * 101]
)
def test_an_id_that_is_no_name_is_refused(server: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "deep").mkdir()
    with pytest.raises(SourceError, match=r"the source id .* should be a name of at most 100 characters") as caught:
        read_manifest(manifest_of(tmp_path / "deep", server, name))
    assert str(caught.value).isprintable()
    assert left(tmp_path) == ["deep"]
    assert left(tmp_path / "deep") == ["manifest.toml"]


def test_an_id_of_other_letters_is_kept_in_a_plain_file(server: str, tmp_path: Path) -> None:
    (source,) = read_manifest(manifest_of(tmp_path, server, "中" * 100)).sources.values()
    kaug.build_kb([source])
    assert re.fullmatch(r"[0-9a-f]{32}\.nq", source.path.name)
    assert lines(source.path) == DATA


def test_keys_in_a_url_are_sent_and_never_shown(proxy: Proxy, tmp_path: Path) -> None:
    url = f"{proxy.url}?apikey=secret&graph=g"
    (source,) = read_manifest(manifest_of(tmp_path, url)).sources.values()
    assert source.origin == f"{proxy.url}?graph=g"
    kb = kaug.build_kb([source])
    assert lines(source.path) == DATA
    assert "secret" not in str(kb.origins)
    proxy.faults = [status(404), status(500), status(200, b"", "text/html")]
    for _ in range(3):
        with pytest.raises(SourceError) as caught:
            fetch_endpoint(url, ALL, tmp_path / "b.nq", retries=0)
        assert "secret" not in str(caught.value)
    assert not any(b"secret" in file.read_bytes() for file in (tmp_path / ".fetched").iterdir())
    other = f"{proxy.url}?apikey=another&graph=g"
    asked = len(proxy.queries)
    endpoint_file(other, ALL, source.path)  # the key says who asks and not what is asked
    assert len(proxy.queries) == asked


def test_answers_fetched_aside_leave_nothing(server: str, tmp_path: Path) -> None:
    sources = list(read_manifest(manifest_of(tmp_path, server)).sources.values())
    with fetched_aside(sources) as aside:
        assert kaug.build_kb(aside).facts.num_rows == 100
        (one,) = aside
        assert (one.id, one.path.exists()) == ("n", True)
    assert not one.path.exists()
    assert left(tmp_path) == ["manifest.toml"]
    kaug.build_kb(sources)
    with fetched_aside(sources) as aside:
        assert aside == sources
