"""Chunks of N-Quads → triples in columns: numbers into one sorted list of terms.

Every distinct term is matched with the canonical form of N-Quads. The strict parser reads other lines, so each line is
checked.
"""

import bisect
import itertools
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox
from numpy.typing import NDArray

from kaug.errors import SourceError
from kaug.rdf.blank import name_blank
from kaug.rdf.nquads import NO_ROWS, Codes, Part, canonical_lines, number_lines, parse_lines, write_lines
from kaug.rdf.parse import Errors

__all__ = ["Columns", "find_term", "find_triples", "keep_rows", "merge", "read_columns", "total_left_out"]

_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True)
class Columns:
    """Triples in columns.

    Attributes:
        terms: Strings: distinct terms in canonical N-Triples, sorted by bytes.
        triples: uint32 (n, 3): subject, predicate, object as positions in `terms`; sorted, each triple once.
        read: The number of triples read, including duplicates.
        left_out: What of the files was left out: the number by reason.
    """

    terms: pa.Array
    triples: Codes
    read: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_columns(
    chunks: Iterable[bytes],
    where: str,
    *,
    syntax: ox.RdfFormat | None = None,
    errors: Errors | None = None,
    progress: Callable[[int], None] | None = None,
) -> Columns:
    r"""Read the N-Quads of one file, ignoring graph names.

    Args:
        chunks: Its text, in chunks of whole lines.
        where: The file's name, for error messages.
        syntax: N-Triples or N-Quads, to check every line; None for the output of a serializer.
        errors: Gets the malformed lines, which are left out; None to raise the first.
        progress: Called with the number of triples read since the last call.

    Raises:
        SourceError: A line is malformed (the message has file, line and reason), or an error of `name_blank`.

    Examples:
        >>> columns = read_columns([b'<urn:b> <urn:p> "x"@en .\n<urn:a> <urn:p> <urn:b> .\n'], "a.nt")
        >>> columns.terms.to_pylist(), columns.triples.tolist()
        (['"x"@en', '<urn:a>', '<urn:b>', '<urn:p>'], [[1, 3, 2], [2, 3, 0]])
    """
    checked: list[Part] = []
    trusted: list[Part] = []
    order: pa.Array | None = None
    line = 1
    for part, odd, lines in _in_threads(number_lines, filter(None, chunks)):
        (checked if syntax else trusted).append(replace(part, lines=part.lines + line))
        read = len(part.codes)
        if odd:
            trusted.append(parse_lines(odd, lines + line, syntax, where, errors))
            read += len(trusted[-1].codes)
        line += len(part.codes) + len(lines)
        if progress:
            progress(read)
    if checked:
        terms, codes = _unify(checked)
        lines = np.concatenate([part.lines for part in checked])
        checked.clear()
        with ThreadPoolExecutor(1) as pool:
            sorted_terms = pool.submit(pc.sort_indices, terms)
            sure = canonical_lines(terms, codes, quads=syntax == ox.RdfFormat.N_QUADS)
            order = sorted_terms.result()
        trusted.insert(0, Part(terms, codes if sure.all() else codes[sure], NO_ROWS))
        if not sure.all():
            trusted.append(parse_lines(write_lines(terms, codes[~sure]), lines[~sure], syntax, where, errors))
    if len(trusted) == 1:
        terms, codes = trusted[0].terms, trusted[0].codes
    else:
        (terms, codes), order = _unify(trusted), None
    read = len(codes)
    terms, codes = _sort_terms(terms.cast(pa.string()), codes, order=order)
    triples = _unique(codes, len(terms))[0]
    if pc.any(pc.starts_with(terms, "_:")).as_py():
        terms, codes = _sort_terms(name_blank(terms, triples, where), triples)
        triples = _unique(codes, len(terms))[0]
    return Columns(terms, triples, read)


def merge(columns: Iterable[Columns], also: Iterable[str] = ()) -> tuple[Columns, list[NDArray[np.int64]]]:
    """Merge the columns of several sources.

    Args:
        columns: The sources' columns.
        also: Terms to include even if no triple has them.

    Returns:
        The merged columns, and for each source the rows of its triples.
    """
    first = Columns(pa.array(sorted(set(also)), pa.string()), np.zeros((0, 3), np.uint32), 0)
    given = [first, *columns]
    if len(given) == 2:
        return _with_terms(given[1], first.terms), [np.arange(len(given[1].triples), dtype=np.int64)]
    terms, codes = _unify([Part(one.terms, one.triples, NO_ROWS) for one in given])
    terms, codes = _sort_terms(terms, codes, keep=len(first.terms))
    triples, rows = _unique(codes, len(terms), rows=True)
    bounds = np.cumsum([len(one.triples) for one in given])
    parts = [rows[low:high] for low, high in itertools.pairwise(bounds)]
    return Columns(terms, triples, sum(one.read for one in given), total_left_out(given)), parts


def total_left_out(given: Iterable[Any]) -> Mapping[str, int]:
    """Add up `left_out` of columns or files."""
    total: Counter[str] = Counter()
    for one in given:
        total.update(one.left_out)
    return dict(sorted(total.items()))


def keep_rows(columns: Columns, rows: NDArray[np.int64]) -> Columns:
    """Keep the triples of rows, int64 (n,) ascending, and their terms."""
    used = np.zeros(len(columns.terms), dtype=bool)
    used[columns.triples[rows].ravel()] = True
    number = (np.cumsum(used) - 1).astype(np.uint32)
    return Columns(columns.terms.filter(pa.array(used)), number[columns.triples[rows]], len(rows))


def _with_terms(columns: Columns, also: pa.Array) -> Columns:
    """Insert missing terms in order."""
    new = [text for text in also.to_pylist() if find_term(columns.terms, text) < 0]
    if not new:
        return columns
    after = np.array([_position(columns.terms, text) for text in new])
    order = np.insert(np.arange(len(columns.terms)), after, len(columns.terms) + np.arange(len(new)))
    terms = pa.concat_arrays([columns.terms, pa.array(new, pa.string())]).take(pa.array(order))
    shift = np.searchsorted(after, np.arange(len(columns.terms)), side="right").astype(np.uint32)
    return replace(columns, terms=terms, triples=columns.triples + shift[columns.triples])


def find_term(terms: pa.Array, text: str) -> int:
    """Return the position of a term in sorted terms, or -1."""
    position = _position(terms, text)
    return position if position < len(terms) and terms[position].as_py() == text else -1


def _position(terms: pa.Array, text: str) -> int:
    return bisect.bisect_left(range(len(terms)), text, key=lambda row: terms[row].as_py())


def find_triples(columns: Columns, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find triples.

    Args:
        columns: The triples to search.
        wanted: int64 (n, 3): positions of terms; negative ones match nothing.

    Returns:
        int64 (n,): the row of each triple, or -1.
    """
    count = len(columns.triples)
    known = (wanted >= 0).all(axis=1)
    both = np.concatenate([columns.triples, wanted[known].astype(np.uint32)])
    _, group = _unique(both, len(columns.terms), rows=True)
    row_of = np.full(len(both), -1, dtype=np.int64)
    row_of[group[:count]] = np.arange(count)
    rows = np.full(len(wanted), -1, dtype=np.int64)
    rows[known] = row_of[group[count:]]
    return rows


def _in_threads(work: Callable[[_A], _B], items: Iterable[_A]) -> Iterator[_B]:
    """Map in threads, a few items ahead; NumPy and Arrow release the GIL."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        waiting: deque[Future[_B]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _unify(parts: list[Part]) -> tuple[pa.Array, Codes]:
    """Number the terms of all parts in a common list."""
    if not parts:
        return pa.array([], pa.binary()), np.zeros((0, 3), np.uint32)
    try:
        coded = pa.chunked_array([part.terms for part in parts], parts[0].terms.type).dictionary_encode()
    except pa.ArrowCapacityError as error:
        raise SourceError(
            "The distinct terms of these sources have more than 2 GiB of text; build them apart."
        ) from error
    number = np.concatenate([np.zeros(0, np.uint32), *(chunk.indices.to_numpy() for chunk in coded.chunks)])
    first = np.cumsum([0, *(len(part.terms) for part in parts)])
    number = number.astype(np.uint32)
    codes = np.concatenate([number[low:][part.codes] for low, part in zip(first, parts, strict=False)])
    return coded.chunk(coded.num_chunks - 1).dictionary if coded.num_chunks else parts[0].terms, codes


def _sort_terms(
    terms: pa.Array, codes: Codes, *, keep: int = 0, order: pa.Array | None = None
) -> tuple[pa.Array, Codes]:
    """Sort the terms that are used, and the first `keep`, by their bytes."""
    codes = codes[:, :3]
    used = np.arange(len(terms)) < keep
    used[codes.ravel()] = True
    rows = (pc.sort_indices(terms) if order is None else order).to_numpy()
    rows = rows[used[rows]]
    rank = np.zeros(len(terms), dtype=np.uint32)
    rank[rows] = np.arange(len(rows), dtype=np.uint32)
    return terms.take(pa.array(rows)), rank[codes]


def _unique(codes: Codes, terms: int, *, rows: bool = False) -> tuple[Codes, NDArray[np.int64]]:
    """Sort and deduplicate triples; return them and, optionally, the row of each given triple."""
    used = np.zeros(terms, dtype=bool)
    used[codes[:, 1]] = True
    predicates, predicate = np.flatnonzero(used), (np.cumsum(used) - 1)[codes[:, 1]]
    wide, narrow = max(1, int(terms).bit_length()), max(1, len(predicates).bit_length())
    if 2 * wide + narrow > 64:
        unique, inverse = np.unique(codes, axis=0, return_inverse=True)
        return unique, inverse.ravel()
    key = codes[:, 0].astype(np.uint64) << np.uint64(wide + narrow)
    key |= predicate.astype(np.uint64) << np.uint64(wide) | codes[:, 2]
    if rows:
        keys, inverse = np.unique(key, return_inverse=True)
    else:
        key.sort()  # much faster than np.unique, which hashes first
        keys, inverse = key[np.diff(key, prepend=key[:1] + np.uint64(1)) != 0], NO_ROWS
    triples = np.empty((len(keys), 3), np.uint32)
    triples[:, 0] = keys >> np.uint64(wide + narrow)
    triples[:, 1] = predicates[keys >> np.uint64(wide) & np.uint64((1 << narrow) - 1)]
    triples[:, 2] = keys & np.uint64((1 << wide) - 1)
    return triples, inverse
