"""Servers that drip, redirect, repeat and lie: there is one error of one line, in time, and no other server is asked."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaug.http import RequestError, plain, post, public_url, split_url

Reply = Callable[[socket.socket], None]


@contextmanager
def server(*replies: Reply) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each connection by the next reply, the last one again; yields its url and what it was sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def answer(connection: socket.socket, reply: Reply) -> None:
        with connection:
            data = b""
            while b"\r\n\r\n" not in data and (part := connection.recv(1 << 16)):
                data += part
            requests.append(data)
            try:
                reply(connection)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.2)
                while connection.recv(1 << 16):
                    pass
            except OSError:
                pass

    def serve() -> None:
        number = 0
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            reply = replies[min(number, len(replies) - 1)]
            threading.Thread(target=answer, args=(connection, reply), daemon=True).start()
            number += 1

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/query", requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def send(data: bytes) -> Reply:
    return lambda connection: connection.sendall(data)


def drip(head: bytes, piece: bytes) -> Reply:
    def reply(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(200):
            time.sleep(0.02)
            connection.sendall(piece)

    return reply


def ask(url: str, timeout: float = 5, most_bytes: int = 1000) -> tuple[str, bytes]:
    answer = post(url, b"question", {"Accept": "text/plain"}, timeout=timeout, most_bytes=most_bytes)
    return answer.kind, answer.body


def error(url: str, timeout: float = 5) -> RequestError:
    with pytest.raises(RequestError) as caught:
        ask(url, timeout)
    assert str(caught.value).isprintable()
    return caught.value


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/turtle\r\n\r\nhello"


def test_a_request_and_its_answer() -> None:
    with server(send(OK)) as (url, requests):
        assert ask(url) == ("text/turtle", b"hello")
        (request,) = requests
        assert request.startswith(b"POST /query HTTP/1.1\r\n")
        assert b"accept-encoding: identity\r\n" in request.lower()


def test_an_answer_in_a_notebook_whose_thread_runs_a_loop() -> None:
    async def cell() -> tuple[str, bytes]:
        return ask(url)

    with server(send(OK)) as (url, _):
        assert asyncio.run(cell()) == ("text/turtle", b"hello")


@pytest.mark.parametrize(
    "reply",
    [
        drip(b"", b"H"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"a"),
        drip(b"HTTP/1.1 403 No\r\nContent-Length: 900\r\n\r\n", b"a"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(b"", b""),
    ],
    ids=["status", "headers", "chunk size", "chunk extension", "trailers", "body", "error body", "continue", "nothing"],
)
def test_the_time_is_of_the_whole_answer(reply: Reply) -> None:
    with server(reply) as (url, _):
        start = time.monotonic()
        found = error(url, timeout=0.4)
        assert time.monotonic() - start < 2
        assert (str(found), found.transient) == ("no whole answer within 0.4 seconds", True)


@pytest.mark.parametrize(
    ("reply", "reason", "transient"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"a" * 2000,
            "the answer has more than 1,000 bytes",
            True,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "the connection failed: peer closed connection", True),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, "the connection failed: ", True),
        (b"nonsense\r\n\r\n", "the connection failed: ", True),
        (b"", "the connection failed: Server disconnected", True),
        (b"HTTP/1.1 204 \x1b[31m\xe2\x80\xaeNo\r\n\r\n", "", False),
        (b"HTTP/1.1 403 \xff\r\nContent-Length: 12\r\n\r\n\x1b[2Jno\nmore", "status 403: [2Jno", False),
        (b"HTTP/1.1 500 Down\r\nContent-Length: 0\r\n\r\n", "status 500 Down: (nothing)", True),
        (
            b"HTTP/1.1 307 Away\r\nLocation: http://[::1/x\r\n\r\n",
            "status 307 Away to 'http://[::1/x', which is no",
            False,
        ),
        (b"HTTP/1.1 307 Away\r\nLocation: http://\xe9.example/\r\n\r\n", "status 307 Away to 'http://", False),
        (b"HTTP/1.1 307 Away\r\nLocation: //user@127.0.0.1:PORT/\r\n\r\n", "status 307 Away to 'http://127", False),
        (b"HTTP/1.1 303 See\r\nLocation: /other\r\n\r\n", "status 303 See", False),
        (b"HTTP/1.1 300 Many\r\nContent-Length: 0\r\n\r\n", "status 300 Many", False),
    ],
)
def test_an_answer_that_is_none_is_one_line(reply: bytes, reason: str, transient: bool) -> None:
    port = b""

    def late(connection: socket.socket) -> None:
        connection.sendall(reply.replace(b"PORT", port))

    with server(late) as (url, _):
        port = url.split(":")[2].split("/")[0].encode()
        if not reason:
            assert ask(url) == ("text/plain", b"")
            return
        found = error(url)
        assert str(found).startswith(reason)
        assert found.transient == transient


def test_a_redirect_within_the_server_is_followed_whatever_its_letters() -> None:
    for location in (b"/\xe9", "/é".encode(), b"?a=b", b"../x"):
        with server(send(b"HTTP/1.1 307 Away\r\nLocation: " + location + b"\r\n\r\n"), send(OK)) as (url, requests):
            assert ask(url)[1] == b"hello"
            assert [request[:5] for request in requests] == [b"POST "] * 2


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:{}/", "//localhost:{}/", "http://x\\@127.0.0.1:{}/", "https://127.0.0.1:{}/"]
)
def test_another_server_is_not_asked(code: int, location: str) -> None:
    with server(send(OK)) as (other, asked):
        target = location.format(other.split(":")[2].split("/")[0])
        with server(send(f"HTTP/1.1 {code} Away\r\nLocation: {target}?key=secret\r\n\r\n".encode())) as (url, _):
            found = error(url)
        assert found.status == code
        assert "secret" not in str(found)
        assert asked == []


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("3", 3),
        ("²", None),
        ("٣", None),
        ("-1", None),
        ("soon", None),
        ("Fri, 06 Nov 2020 10:00:00 GMT", 0),
        ("9" * 400, float("inf")),
    ],
)
def test_how_long_to_wait(value: str, wait: float | None) -> None:
    reply = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + value.encode() + b"\r\n\r\n"
    with server(send(reply)) as (url, _):
        assert error(url).wait == wait


def test_an_address_that_is_none_is_an_error() -> None:
    for url in ("http://[::1/x", "http://a b/", "http://" + "x" * 70 + ".example/", "nonsense"):
        assert not error(url).transient or "failed" in str(error(url))


def test_the_environments_proxy_is_used_but_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with server(send(OK)) as (proxy, asked), server(send(OK)) as (url, direct):
        monkeypatch.setenv("http_proxy", proxy)
        assert ask(url)[1] == b"hello"
        assert (len(asked), len(direct)) == (0, 1)
        assert ask("http://server.example/query")[1] == b"hello"
        assert asked[0].startswith(b"POST http://server.example/query HTTP/1.1\r\n")
        monkeypatch.setenv("no_proxy", "server.example")
        assert "the connection failed" in str(error("http://server.example/query"))
        assert len(asked) == 1
    monkeypatch.setenv("http_proxy", "gopher://proxy.example")
    assert "the proxy that the environment names cannot be used" in str(error("http://other.example/"))


# ---------------------------------------------------------------- urls and texts


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://example.org/sparql", "https://example.org/sparql"),
        ("https://me:secret@example.org/sparql", "https://example.org/sparql"),
        ("https://example.org/?Api-Key=secret&graph=g&access_token=secret;sig=secret", "https://example.org/?graph=g"),
        ("https://example.org/?key=secret#secret", "https://example.org/"),
        ("//me:secret@example.org/", "//example.org/"),
        ("http://me:secret@[::1/x?token=secret", "http://[::1/x"),
        ("urn:a", "urn:a"),
    ],
)
def test_a_url_without_its_secrets(url: str, public: str) -> None:
    assert public_url(url) == public


@given(st.text())
def test_no_text_is_too_odd_for_a_url(text: str) -> None:
    assert public_url(public_url(text)) == public_url(text)
    split_url(text)
    assert plain(text).isprintable() or not plain(text)
