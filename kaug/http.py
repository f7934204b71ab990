"""HTTP requests to servers that the user named, with limits on time and size.

All requests of kaug are sent here, except those for models from the Hugging Face hub. A proxy is used if the
environment names one (`https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`), but never for an address of this machine.
"""

import asyncio
import contextlib
import email.utils
import functools
import os
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    import httpx2

__all__ = ["Answer", "RequestError", "plain", "post", "public_url", "split_url"]

LOCAL = ("localhost", "127.0.0.1", "::1")
"""The names of this machine."""

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_ERROR_BYTES = 4096
_ERROR_SECONDS = 2.0
_SECRET = re.compile(r"key|token|secret|passw|pwd|auth|sig|credential|session", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """The body of a response with a 2xx status.

    Attributes:
        kind: Its media type in lower case, such as `text/turtle`, without parameters and control characters; followed by
            ` in gzip` or the like if it is compressed.
        body: Its bytes.
    """

    kind: str
    body: bytes


@dataclass(eq=False)
class RequestError(Exception):
    """A request failed.

    Attributes:
        reason: The reason, without control characters.
        status: The HTTP status, if the server sent one.
        transient: Whether the same request may succeed later.
        wait: The seconds to wait, if the server sent `Retry-After`.
        smaller: Whether a request for less data may succeed.
        location: The URL on another server of a redirect, which was not followed.
    """

    reason: str
    status: int | None = None
    transient: bool = False
    wait: float | None = None
    smaller: bool = False
    location: str = ""

    def __str__(self) -> str:
        return self.reason


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float, most_bytes: int) -> Answer:
    """Send a POST request and read the whole response.

    Args:
        url: The address. Redirects are followed within its scheme, host and port; no other server is contacted.
        body: The body of the request.
        headers: Its headers.
        timeout: The total seconds for the connection, the request, redirects and the whole response.
        most_bytes: The maximum size of the response body.

    Raises:
        RequestError: A timeout, a failed connection, a response that is too long, a status other than 2xx, a redirect
            to another server, or an invalid certificate.
    """

    def run() -> Answer:
        return asyncio.run(_post(url, body, headers, timeout, most_bytes))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    with ThreadPoolExecutor(1) as thread:  # in a notebook, this thread already runs a loop
        return thread.submit(run).result()


def public_url(url: str) -> str:
    """Remove possible secrets from a URL: user name, password, fragment, and parameters such as `key` and `token`.

    Examples:
        >>> public_url("https://me:pass@example.org:8080/sparql?default-graph-uri=urn:g&apikey=abc")
        'https://example.org:8080/sparql?default-graph-uri=urn:g'
    """
    head, _, query = url.partition("#")[0].partition("?")
    head = re.sub(r"^([a-zA-Z][a-zA-Z0-9+.\-]*:)?//[^/]*@", lambda match: f"{match[1] or ''}//", head)
    kept = [part for part in re.split("[&;]", query) if part and not _SECRET.search(part.partition("=")[0])]
    return head + ("?" + "&".join(kept) if kept else "")


def split_url(url: str) -> SplitResult | None:
    """Split an `http` or `https` URL; None if it is malformed or of another scheme.

    Examples:
        >>> split_url("http://[::1/x") is None, split_url("http://[::1]:80/x").hostname
        (True, '::1')
    """
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if right and not re.search(r"[\x00-\x20\x7f]", url) else None


def plain(text: str, most: int = 200) -> str:
    """Cut a server's text to one line without control, format or bidirectional characters.

    Examples:
        >>> plain(chr(27) + "[31mBad" + chr(0x202E) + " gateway")
        '[31mBad gateway'
    """
    return "".join(char for char in text[: 20 * most] if char.isprintable())[:most].strip()


@functools.cache
def _tls() -> ssl.SSLContext:
    """Load the trusted certificates once, since this takes longer than a request."""
    import httpx2

    return httpx2.create_ssl_context()


async def _hide_location(response: "httpx2.Response") -> None:
    # The library would check the target of a redirect even if it does not follow it.
    response.extensions["location"] = response.headers.pop("location", "")


async def _post(url: str, body: bytes, headers: Mapping[str, str], timeout: float, most_bytes: int) -> Answer:
    import httpx2

    begun = False
    try:
        # The limit of the library applies to each read, so a slow server would never reach it.
        async with asyncio.timeout(timeout):
            first = target = httpx2.URL(url)
            sent = {"Accept-Encoding": "identity", "User-Agent": "kaug", **headers}
            hooks = {"response": [_hide_location]}
            environment = first.host not in LOCAL
            async with httpx2.AsyncClient(
                timeout=None, trust_env=environment, verify=_tls(), event_hooks=hooks
            ) as client:
                for _ in range(_MOST_REDIRECTS + 1):
                    async with client.stream("POST", target, content=body, headers=sent) as response:
                        begun = True
                        if response.status_code in _REDIRECTS and response.extensions["location"]:
                            target = _redirected(first, target, response)
                        else:
                            return await _read(response, most_bytes)
                raise RequestError(f"more than {_MOST_REDIRECTS} redirects")
    except TimeoutError:
        raise RequestError(f"no whole answer within {timeout:g} seconds", transient=True, smaller=True) from None
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise RequestError(f"not a valid url, or not a valid header ({plain(str(error))})") from error
    except (httpx2.HTTPError, OSError) as error:
        causes = list(_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise RequestError(f"its certificate is invalid: {plain(cause.verify_message)}") from error
        reason = next(filter(None, map(_system_message, causes)), "") or str(error)
        transient = not isinstance(error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol)
        raise RequestError(
            f"the connection failed: {plain(reason) or type(error).__name__}", transient=transient, smaller=begun
        ) from error
    except (ValueError, ImportError) as error:
        raise RequestError(f"the proxy that the environment names cannot be used: {plain(str(error))}") from error


async def _read(response: "httpx2.Response", most_bytes: int) -> Answer:
    import httpx2

    body = bytearray()
    if not response.is_success:
        with contextlib.suppress(httpx2.HTTPError, TimeoutError):  # the status says enough
            async with asyncio.timeout(_ERROR_SECONDS):
                async for part in response.aiter_raw():
                    body += part
                    if len(body) >= _ERROR_BYTES:
                        break
        raise _failure(response, bytes(body[:_ERROR_BYTES]))
    async for part in response.aiter_raw():
        body += part
        if len(body) > most_bytes:
            raise RequestError(f"the answer has more than {most_bytes:,} bytes", transient=True, smaller=True)
    kind = response.headers.get("content-type", "text/plain").partition(";")[0].strip()
    coding = response.headers.get("content-encoding", "identity")
    return Answer(plain(kind if coding == "identity" else f"{kind} in {coding}").lower(), bytes(body))


def _redirected(first: "httpx2.URL", before: "httpx2.URL", response: "httpx2.Response") -> "httpx2.URL":
    """Return the target of a redirect if it is on the same server."""
    import httpx2

    location = response.extensions["location"]
    try:
        target = before.join(location)
    except (httpx2.InvalidURL, ValueError) as error:
        reason = f"{_status(response)} to {plain(location)!r}, which is not a valid URL"
        raise RequestError(reason, status=response.status_code) from error
    if (target.scheme, target.host, target.port) != (first.scheme, first.host, first.port) or target.userinfo:
        shown = plain(public_url(str(target)))
        reason = f"{_status(response)} to {shown!r}, another host, port or scheme, which is not contacted. Name it if you mean it"
        raise RequestError(reason, status=response.status_code, location=shown)
    if response.status_code == 303:  # it asks for a GET
        raise _failure(response, b"")
    return target


def _failure(response: "httpx2.Response", body: bytes) -> RequestError:
    code = response.status_code
    lines = body.decode(errors="replace").strip().splitlines() or ["(nothing)"]
    return RequestError(
        f"{_status(response)}: {plain(lines[0])}",
        status=code,
        transient=code in (408, 429) or code >= 500,
        wait=_retry_after(response.headers.get("retry-after", "")),
        smaller=code != 429,
    )


def _status(response: "httpx2.Response") -> str:
    return f"status {response.status_code} {plain(response.reason_phrase)}".strip()


def _retry_after(value: str) -> float | None:
    if re.fullmatch(r"[0-9]+", value.strip()):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, LookupError, OverflowError, OSError):
        return None


def _system_message(error: BaseException) -> str:
    """Return the system's message, which asyncio replaces for refused connections."""
    if not isinstance(error, OSError):
        return ""
    named = error.errno and not isinstance(error, socket.gaierror | ssl.SSLError)
    return os.strerror(error.errno) if named and error.errno else error.strerror or ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, its causes, and the members of exception groups."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__
