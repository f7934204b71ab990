"""A SPARQL endpoint and a CONSTRUCT → a file of N-Quads, fetched in pages and taken up where a killed fetch stopped."""

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

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.http import RequestError, public_url
from kaug.rdf.columns import read_columns
from kaug.rdf.sources import Source
from kaug.rdf.sparql import Triples, ask, check_endpoint, paged
from kaug.rdf.terms import text_bytes
from kaug.rdf.compressed import whole_file
from kaug.store.artifact import lock
from kaug.store.digests import fingerprint
from kaug.store.files import write_whole

__all__ = ["endpoint_file", "fetch_endpoint", "fetched_aside", "is_fetched"]

MOST_BYTES = 256 << 20
_LONGEST_WAIT = 600.0
_FORMAT = 1
_FAR = 10**12
"""An offset beyond all solutions."""


def endpoint_file(
    url: str,
    query: str,
    file: Path,
    *,
    rebuild: bool = False,
    page: int = 10_000,
    timeout: float = 60,
    retries: int = 5,
    headers: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Have what an endpoint answers to a query in a file; fetch it if the file is not there, or holds another answer.

    An answer to the same query of the same url is taken however old it is; the endpoint's data may have changed since.

    Args:
        url: See `fetch_endpoint`, as for the other arguments.
        query: The CONSTRUCT.
        file: The file. The query and the url, without keys, are written beside it, with the ending `.json` added.
        rebuild: Fetch again though the file is there.
        page: Solutions asked for at a time.
        timeout: Seconds an answer may take.
        retries: How often a failed request is sent again.
        headers: Sent with each request.
        progress: Called with the number of triples fetched since the last call.

    Returns:
        The file.

    Raises:
        SourceError: See `fetch_endpoint`.
    """
    check_endpoint(url, query, public_url(url))
    file = Path(file)
    if rebuild or not _is_kept(file, url, query):
        about = file.with_name(f"{file.name}.json")
        about.unlink(missing_ok=True)  # if this is killed, it is not known what the file holds
        counts = fetch_endpoint(
            url, query, file, page=page, timeout=timeout, retries=retries, headers=headers, progress=progress
        )
        asked = {"endpoint": public_url(url), "query": query, "counts": counts}
        write_whole(about, json.dumps(asked, indent=1, ensure_ascii=False) + "\n")
    return file


@contextlib.contextmanager
def fetched_aside(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Have the answers of endpoints that are not in their files yet go to a temporary folder, which is removed at the end.

    Args:
        sources: Any sources.

    Yields:
        The sources in the same order; reading them writes nothing beside the manifest.
    """
    with tempfile.TemporaryDirectory(prefix="kaug-") as folder:
        yield [
            source if is_fetched(source) else replace(source, path=Path(folder) / f"{number}.nq")
            for number, source in enumerate(sources)
        ]


def is_fetched(source: Source) -> bool:
    """Whether all that a source holds is in files already: whether to read it would fetch nothing."""
    return not source.endpoint or _is_kept(source.path, source.endpoint, source.query)


def _is_kept(file: Path, url: str, query: str) -> bool:
    """Whether a file holds what an endpoint answered to a query."""
    try:
        asked = json.loads(file.with_name(f"{file.name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    same = isinstance(asked, dict) and (asked.get("endpoint"), asked.get("query")) == (public_url(url), query)
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
    most_bytes: int = MOST_BYTES,
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Fetch what a CONSTRUCT answers into a file of canonical N-Quads: sorted lines, each once.

    Pages are kept in a folder beside `out` until all are there, so that a fetch that was killed goes on where it stopped. To
    put them together, all lines are held in memory once.
    See `kaug.rdf.sparql.paged` for how a query is made into pages.

    Args:
        url: The endpoint (SPARQL 1.1 Protocol), asked by POST. No other host is asked; a proxy that the environment names
            (`https_proxy`) is used.
        query: A SPARQL 1.1 CONSTRUCT without SERVICE and FROM. With a LIMIT or OFFSET of its own it is asked once.
        out: The file to write; it appears whole or not at all, and takes the place of an older one.
        page: Solutions asked for at a time, at least 1.
        timeout: Seconds that one answer may take as a whole.
        retries: How often in a row a request is sent again after a time-out, a broken connection, a malformed answer, or a
            status of 408, 429 or 5xx. The first wait is a second, each further one twice as long, or as long as
            `Retry-After` asks for. From the second failure on the page is halved each time, except after 429 and where no
            connection was made.
        headers: Sent with each request, such as `Authorization`; they are stored nowhere.
        most_bytes: The most bytes of one answer.
        progress: Called with the number of triples fetched since the last call.

    Returns:
        Counts: `triples`, `solutions`, `pages`, `pages taken up` (from an interrupted fetch), `requests`, `retries`,
        `triples in several pages`.

    Raises:
        SourceError: The url or the query is refused, the endpoint fails for good or ignores OFFSET, or blank nodes come in
            more pages than one: they have no name that holds from one answer to the next.
    """
    check_endpoint(url, query, public_url(url))
    if page < 1:
        raise SourceError(f"{public_url(url)}: a page of {page} solutions; it should be at least 1.")
    out = Path(out)
    server = _Server(url, retries, timeout, most_bytes, dict(headers or {}))
    counts = Counter(dict.fromkeys(("pages", "pages taken up", "requests", "retries", "solutions"), 0))
    mark = fingerprint(url=public_url(url), query=query, format=_FORMAT)[:16]
    store = out.parent / f".{out.name}.pages-{mark}"
    out.parent.mkdir(parents=True, exist_ok=True)
    with lock(store):
        pages = _fetch_pages(server, query, store, page, counts, progress)
        with whole_file(out) as handle:
            handle.write(_merge(pages, counts))
        shutil.rmtree(store)
    return dict(sorted(counts.items()))


@dataclass(frozen=True)
class _Server:
    url: str
    retries: int
    timeout: float
    most_bytes: int
    headers: dict[str, str]

    @property
    def name(self) -> str:
        """The url as it may be shown."""
        return public_url(self.url)


@dataclass(frozen=True)
class _Page:
    """A page in its file, whose name says where it begins, how many solutions it has, and its lines with blank nodes."""

    file: Path
    offset: int
    solutions: int
    blank: int


_PAGE = re.compile(r"(\d{12})-(\d+)-(\d+)\.nq")


def _stored(store: Path) -> dict[int, _Page]:
    found = [(file, _PAGE.fullmatch(file.name)) for file in sorted(store.iterdir())]
    pages = [_Page(file, *map(int, name.groups())) for file, name in found if name]
    return {page.offset: page for page in pages}


def _fetch_pages(
    server: _Server, query: str, store: Path, limit: int, counts: Counter[str], progress: Callable[[int], None] | None
) -> list[_Page]:
    """Fetch what is not stored yet, until a page has no solution."""
    text = paged(query)
    stored = _stored(store)
    pages: list[_Page] = []
    digests: set[bytes] | None = set()  # None once it is known that the endpoint honours OFFSET
    offset = 0
    while True:
        page = stored.get(offset)
        if page is None:
            answer, limit = _ask_patiently(server, text, query, offset, limit, store, counts)
            page = _Page(
                store / f"{offset:012}-{answer.solutions}-{answer.blank}.nq", offset, answer.solutions, answer.blank
            )
            with whole_file(page.file) as handle:
                handle.writelines(line + b"\n" for line in answer.lines)
            counts["pages"] += 1
            if progress:
                progress(len(answer.lines))
        else:
            counts["pages taken up"] += 1
        if page.solutions or text is None:
            pages.append(page)
        if len(pages) > 1 and (blank := sum(one.blank for one in pages)):
            shutil.rmtree(store)
            raise SourceError(
                f"{server.name}: {blank} triples with blank nodes, and more pages than one: what is said of a blank node "
                "cannot be put together from several answers. Ask for a page large enough for all, leave blank nodes out "
                "with FILTER(!isBlank(?x)), or make IRIs of them in the query."
            )
        if text is None or not page.solutions:
            return pages
        if digests is not None:
            digest = hashlib.sha256(page.file.read_bytes()).digest()
            if digest in digests:
                if _ask_patiently(server, text, query, _FAR, 1, store, counts)[0].solutions:
                    shutil.rmtree(store)
                    raise SourceError(
                        f"{server.name}: the page at OFFSET {offset} repeats an earlier one, and OFFSET {_FAR} is answered, "
                        "too: the endpoint ignores OFFSET. Give the query a LIMIT, and it is asked once."
                    )
                digests = None
            else:
                digests.add(digest)
        offset += page.solutions
        counts["solutions"] = offset


def _ask_patiently(
    server: _Server,
    text: Callable[[int, int], str] | None,
    query: str,
    offset: int,
    limit: int,
    store: Path,
    counts: Counter[str],
) -> tuple[Triples, int]:
    """Ask for a page until there is an answer; return it with the limit that led to it."""
    failures = 0
    while True:
        counts["requests"] += 1
        asked = text(offset, limit) if text else query
        try:
            answer = ask(
                server.url, asked, timeout=server.timeout, most_bytes=server.most_bytes, headers=server.headers
            )
        except RequestError as error:
            if not error.transient:
                raise SourceError(f"{server.name}: {error}") from error
            failures += 1
            wait = 2.0 ** (failures - 1) if error.wait is None else error.wait
            if failures > server.retries or wait > _LONGEST_WAIT:
                why = f"asked {failures} times" if failures > server.retries else f"it asks to wait {wait:.0f} seconds"
                raise SourceError(
                    f"{server.name}: {error} ({why}). Pages fetched so far: {len(_stored(store))}; they are kept, and the "
                    "next fetch goes on from there."
                ) from error
            if error.smaller and failures > 1:
                limit = max(1, limit // 2)
            counts["retries"] += 1
            time.sleep(wait)
            continue
        if text and answer.solutions > limit:
            raise SourceError(
                f"{server.name}: {answer.solutions} solutions where LIMIT {limit} was asked for: it cannot be asked in pages. "
                "Give the query a LIMIT, and it is asked once."
            )
        return answer, limit


def _merge(pages: list[_Page], counts: Counter[str]) -> bytes:
    """Put the lines of all pages together: sorted, each once."""
    if len(pages) == 1 and pages[0].blank:
        # One answer's blank nodes are named by what is said of them, so that the same data give the same bytes.
        named = read_columns([pages[0].file.read_bytes()], str(pages[0].file))
        parts = [named.terms.take(pa.array(part)) for part in named.triples.T]
        data = bytes(text_bytes(pc.binary_join_element_wise(*parts, ".\n", " ")))
    else:
        data = b"".join(page.file.read_bytes() for page in pages)
    lines = pa.array(data.split(b"\n")[:-1], pa.large_binary())
    once = pc.unique(lines)
    counts["triples in several pages"] = len(lines) - len(once)
    counts["triples"] = len(once)
    return b"".join(line + b"\n" for line in once.take(pc.array_sort_indices(once)).to_pylist())
