"""A SPARQL endpoint and a CONSTRUCT → a file of N-Quads, fetched in pages; an interrupted fetch resumes."""

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import text_bytes
from kaug.errors import SourceError
from kaug.http import RequestError, public_url
from kaug.rdf.columns import read_columns
from kaug.rdf.compressed import whole_file
from kaug.rdf.sources import Source
from kaug.rdf.sparql import Triples, ask, check_endpoint, paged
from kaug.store.artifact import lock
from kaug.store.digests import fingerprint
from kaug.store.files import write_whole

__all__ = ["endpoint_file", "fetch_endpoint", "fetched_aside", "is_fetched"]

_MOST_BYTES = 256 << 20
_LONGEST_WAIT = 600.0
_FORMAT = 1
_FAR = 10**12
"""An offset beyond all solutions."""


def endpoint_file(url: str, query: str, file: Path, *, rebuild: bool = False, **options: Any) -> Path:
    """Return a file with an endpoint's answer to a query; fetch it if it is missing or has another answer.

    An answer of the same URL to the same query is reused, however old it is.

    Args:
        url: See `fetch_endpoint`.
        query: The CONSTRUCT.
        file: The file. The query and the url, without keys, are written beside it, with the ending `.json` added.
        rebuild: Fetch again though the file exists.
        options: Those of `fetch_endpoint`: `page`, `timeout`, `retries`, `headers`, `most_bytes`, `progress`.

    Raises:
        SourceError: See `fetch_endpoint`.
    """
    check_endpoint(url, query, public_url(url))
    file = Path(file)
    if rebuild or not _is_kept(file, url, query):
        about = file.with_name(f"{file.name}.json")
        about.unlink(missing_ok=True)  # an interruption leaves unknown content
        counts = fetch_endpoint(url, query, file, **options)
        note = {"endpoint": public_url(url), "query": query, "counts": counts}
        write_whole(about, json.dumps(note, indent=1, ensure_ascii=False) + "\n")
    return file


@contextlib.contextmanager
def fetched_aside(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Fetch the answers of endpoints that are not stored yet into a temporary folder, which is removed at the end.

    Yields:
        The sources in the same order; reading them writes nothing beside the manifest.
    """
    with tempfile.TemporaryDirectory(prefix="kaug-") as folder:
        yield [
            source if is_fetched(source) else replace(source, path=Path(folder) / f"{number}.nq")
            for number, source in enumerate(sources)
        ]


def is_fetched(source: Source) -> bool:
    """Whether reading a source fetches nothing."""
    return not source.endpoint or _is_kept(source.path, source.endpoint, source.query)


def _is_kept(file: Path, url: str, query: str) -> bool:
    """Whether a file holds an endpoint's answer to a query."""
    try:
        note = json.loads(file.with_name(f"{file.name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    same = isinstance(note, dict) and (note.get("endpoint"), note.get("query")) == (public_url(url), query)
    return same and file.is_file()


def fetch_endpoint(
    url: str,
    query: str,
    out: Path,
    *,
    page: int = 10_000,
    timeout: float = 60,
    retries: int = 5,
    headers: Mapping[str, str] | None = None,
    most_bytes: int = _MOST_BYTES,
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Fetch the answer to a CONSTRUCT into a file of canonical N-Quads: sorted lines, each once.

    Pages are kept in a folder beside `out` until all are there, so that an interrupted fetch resumes. All
    lines are held in memory once to merge them. See `kaug.rdf.sparql.paged` for how a query is made into pages.

    Args:
        url: The endpoint (SPARQL 1.1 Protocol), queried by POST. No other host is contacted; a proxy that the environment
            names (`https_proxy`) is used.
        query: A SPARQL 1.1 CONSTRUCT without SERVICE and FROM. With a LIMIT or OFFSET of its own it is sent once.
        out: The file to write, atomically; it replaces an older one.
        page: Solutions per request, at least 1.
        timeout: Seconds for one answer as a whole.
        retries: Maximum consecutive retries after a timeout, a failed connection, a malformed answer, or a status of
            408, 429 or 5xx. The first wait is a second, and doubles each time, unless `Retry-After` is set. From the
            second failure on the page is halved, except after 429 and failed connections.
        headers: Sent with each request, such as `Authorization`; never stored.
        most_bytes: The maximum size of one answer.
        progress: Called with the number of triples fetched since the last call.

    Returns:
        Counts: `triples`, `solutions`, `pages`, `pages taken up` (from an interrupted fetch), `requests`, `retries`,
        `triples in several pages`.

    Raises:
        SourceError: The url or the query is refused, the endpoint keeps failing or ignores OFFSET, or several pages hold
            blank nodes, whose labels are not stable between answers.
    """
    check_endpoint(url, query, public_url(url))
    if page < 1:
        raise SourceError(f"{public_url(url)}: a page of {page} solutions; it should be at least 1.")
    out = Path(out)
    mark = fingerprint(url=public_url(url), query=query, format=_FORMAT)[:16]
    store = out.parent / f".{out.name}.pages-{mark}"
    out.parent.mkdir(parents=True, exist_ok=True)

    def send(text: str) -> Triples:
        return ask(url, text, timeout=timeout, most_bytes=most_bytes, headers=headers or {})

    with lock(store):
        fetch = _Fetch(public_url(url), query, send, retries, store, page)
        pages = fetch.pages(progress)
        with whole_file(out) as handle:
            handle.write(_merge(pages, fetch.counts))
        shutil.rmtree(store)
    return dict(sorted(fetch.counts.items()))


@dataclass(frozen=True)
class _Page:
    """A page's file, whose name has the offset, the number of solutions, and of lines with blank nodes."""

    file: Path
    offset: int
    solutions: int
    blank: int


_PAGE = re.compile(r"(\d{12})-(\d+)-(\d+)\.nq")


class _Fetch:
    """The pages of one query: those in `store`, and the others from the endpoint `name`."""

    def __init__(
        self, name: str, query: str, send: Callable[[str], Triples], retries: int, store: Path, limit: int
    ) -> None:
        self.name, self.query, self.send, self.retries, self.store, self.limit = (
            name,
            query,
            send,
            retries,
            store,
            limit,
        )
        self.page_query = paged(query)
        self.counts = Counter(dict.fromkeys(("pages", "pages taken up", "requests", "retries", "solutions"), 0))

    def stored(self) -> dict[int, _Page]:
        """Return the stored pages by offset."""
        names = [(file, _PAGE.fullmatch(file.name)) for file in sorted(self.store.iterdir())]
        pages = [_Page(file, *map(int, name.groups())) for file, name in names if name]
        return {page.offset: page for page in pages}

    def pages(self, progress: Callable[[int], None] | None) -> list[_Page]:
        """Fetch the pages that are not stored, until one has no solutions."""
        stored, pages = self.stored(), list[_Page]()
        digests: set[bytes] | None = set()  # None once it is known that the endpoint honours OFFSET
        offset = 0
        while True:
            page = stored.get(offset)
            if page is None:
                answer = self.ask(offset)
                file = self.store / f"{offset:012}-{answer.solutions}-{answer.blank}.nq"
                page = _Page(file, offset, answer.solutions, answer.blank)
                with whole_file(file) as handle:
                    handle.writelines(line + b"\n" for line in answer.lines)
                if progress:
                    progress(len(answer.lines))
            self.counts["pages taken up" if offset in stored else "pages"] += 1
            if page.solutions or self.page_query is None:
                pages.append(page)
            if len(pages) > 1 and (blank := sum(one.blank for one in pages)):
                self.give_up(
                    f"{blank} triples with blank nodes, and more pages than one: the triples of a blank node cannot be put "
                    "together from several answers. Ask for a page large enough for all, leave blank nodes out with "
                    "FILTER(!isBlank(?x)), or make IRIs of them in the query."
                )
            if self.page_query is None or not page.solutions:
                return pages
            if digests is not None:
                digest = hashlib.sha256(page.file.read_bytes()).digest()
                if digest in digests:
                    self.limit, limit = 1, self.limit
                    if self.ask(_FAR).solutions:
                        self.give_up(
                            f"the page at OFFSET {offset} repeats an earlier one, and OFFSET {_FAR} is answered, too: the "
                            "endpoint ignores OFFSET. Add a LIMIT to the query, and it is sent once."
                        )
                    self.limit, digests = limit, None
                else:
                    digests.add(digest)
            offset += page.solutions
            self.counts["solutions"] = offset

    def give_up(self, reason: str) -> None:
        """Drop the pages, which cannot be reused."""
        shutil.rmtree(self.store)
        raise SourceError(f"{self.name}: {reason}")

    def ask(self, offset: int) -> Triples:
        """Request a page until it is answered."""
        failures = 0
        while True:
            self.counts["requests"] += 1
            try:
                answer = self.send(self.page_query(offset, self.limit) if self.page_query else self.query)
            except RequestError as error:
                if not error.transient:
                    raise SourceError(f"{self.name}: {error}") from error
                failures += 1
                wait = 2.0 ** (failures - 1) if error.wait is None else error.wait
                if failures > self.retries or wait > _LONGEST_WAIT:
                    many = failures > self.retries
                    reason = f"tried {failures} times" if many else f"it asks to wait {wait:.0f} seconds"
                    raise SourceError(
                        f"{self.name}: {error} ({reason}). Pages fetched so far: {len(self.stored())}; they are kept, and "
                        "the next fetch resumes there."
                    ) from error
                if error.smaller and failures > 1:
                    self.limit = max(1, self.limit // 2)
                self.counts["retries"] += 1
                time.sleep(wait)
                continue
            if self.page_query and answer.solutions > self.limit:
                raise SourceError(
                    f"{self.name}: {answer.solutions} solutions for LIMIT {self.limit}: the query cannot be fetched "
                    "in pages. Add a LIMIT to it, and it is sent once."
                )
            return answer


def _merge(pages: list[_Page], counts: Counter[str]) -> bytes:
    """Merge the lines of all pages: sorted, each once."""
    if len(pages) == 1 and pages[0].blank:
        # Blank nodes are named by their triples, so that equal data give equal bytes.
        named = read_columns([pages[0].file.read_bytes()], str(pages[0].file))
        parts = [named.terms.take(pa.array(part)) for part in named.triples.T]
        data = bytes(text_bytes(pc.binary_join_element_wise(*parts, ".\n", " ")))
    else:
        data = b"".join(page.file.read_bytes() for page in pages)
    lines = data.split(b"\n")[:-1]
    unique = sorted(set(lines))
    counts["triples in several pages"] = len(lines) - len(unique)
    counts["triples"] = len(unique)
    return b"".join(line + b"\n" for line in unique)
