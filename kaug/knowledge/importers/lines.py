"""Columns of terms → canonical N-Quads, written whole or not at all.

A term is written as N-Triples has it: `iri`, `name`, `literal` and `typed` make columns of such terms, `Quads` joins
them to lines. The canonical form (RDF 1.1 N-Triples, section 4) has one space between terms and no escape but those that
it needs, so that equal facts are equal bytes.
"""

import contextlib
import gzip
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyoxigraph as ox

from kaug.errors import SourceError

__all__ = ["ALTERNATIVE", "LABEL", "TYPE", "Column", "Quads", "absolute", "iri", "language_tag", "literal", "name", "quads_file", "statement_name", "term", "text_bytes"]

Column = pa.Array | str
"""A column of terms, or the one term that stands in every row."""

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
ALTERNATIVE = "<http://www.w3.org/2004/02/skos/core#altLabel>"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_REIFIES = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies>"
_WEIGHT = "<https://w3id.org/kaug/ns#weight>"
_DECIMAL = "^^<http://www.w3.org/2001/XMLSchema#decimal>"

# What RFC 3987 allows in an IRI outside its query, by code point.
_UCS = r"\x{A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}" + "".join(
    rf"\x{{{plane:X}{'1000' if plane == 14 else '0000'}}}-\x{{{plane:X}FFFD}}" for plane in range(1, 15)
)
_IN_NAME = r"A-Za-z0-9.~!$&'()*+,;=:@\-" + _UCS
_IN_PATH = _IN_NAME + "_/"
_IN_IRI = _IN_PATH + "?#%"
_IN_LITERAL = r"^\x00-\x1f\x7f\x22\x5c\x{FFFE}\x{FFFF}"
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

_KEPT = 1 << 20  # label lines remembered
_HELD = 1 << 18  # label lines held back, to look for known ones in one go


def name(base: str, texts: pa.Array) -> pa.Array:
    """Make IRIs of names: a space becomes `_`, what an IRI may not hold is percent-encoded, and so are `_ / ? # %`.

    Args:
        base: What the IRIs start with.
        texts: Strings.

    Returns:
        Terms in angle brackets; different names give different IRIs.

    Examples:
        >>> name("http://x.example/", pa.array(["ice cream", "AC/DC", "5%"])).to_pylist()
        ['<http://x.example/ice_cream>', '<http://x.example/AC%2FDC>', '<http://x.example/5%25>']
    """
    return _join(f"<{base}", _spell(texts, _IN_NAME, lambda c: "_" if c == " " else _percent(c), "%_", " "), ">")


def iri(base: str, paths: pa.Array) -> pa.Array:
    """Make IRIs of paths, whose `/` and `_` stay.

    Args:
        base: What the IRIs start with.
        paths: Strings, whose percent signs are percent signs and no escapes.

    Returns:
        Terms in angle brackets.

    Examples:
        >>> iri("http://api.conceptnet.io", pa.array(["/c/en/ice_cream", "/c/en/c#"])).to_pylist()
        ['<http://api.conceptnet.io/c/en/ice_cream>', '<http://api.conceptnet.io/c/en/c%23>']
    """
    return _join(f"<{base}", _spell(paths, _IN_PATH, _percent, "%"), ">")


def absolute(texts: pa.Array) -> pa.Array:
    """Write absolute IRIs as terms; what they may not hold is percent-encoded.

    Args:
        texts: Strings.

    Returns:
        Terms in angle brackets; null where the text is no absolute IRI.

    Examples:
        >>> absolute(pa.array(["http://x.example/a b?c", "urn:x:y", "no IRI"])).to_pylist()
        ['<http://x.example/a%20b?c>', '<urn:x:y>', None]
    """
    distinct = pc.dictionary_encode(_spell(texts, _IN_IRI, _percent))
    kept = pa.array([text if _is_iri(text) else None for text in distinct.dictionary.to_pylist()], pa.string())
    return _join("<", kept.take(distinct.indices), ">")


def literal(texts: pa.Array, language: Column = "", datatype: str = "") -> pa.Array:
    """Write texts as literals.

    Args:
        texts: Strings.
        language: A language tag, or a column of them; empty for none.
        datatype: An IRI; empty for plain text.

    Returns:
        Terms in quotes, language tags in lower case.

    Raises:
        SourceError: What should be a language tag is none.

    Examples:
        >>> literal(pa.array(['say "ah"']), "en").to_pylist(), literal(pa.array(["1"]), datatype="urn:d").to_pylist()
        (['"say \\\\"ah\\\\""@en'], ['"1"^^<urn:d>'])
    """
    texts = _spell(texts, _IN_LITERAL, lambda c: _SHORT.get(c) or f"\\u{ord(c):04X}", "\\")
    if isinstance(language, str):
        return _join('"', texts, f'"@{language_tag(language)}' if language else f'"^^<{datatype}>' if datatype else '"')
    tags = pc.dictionary_encode(language)
    tags = pa.array([f"@{language_tag(tag)}" if tag else "" for tag in tags.dictionary.to_pylist()]).take(tags.indices)
    return _join('"', texts, '"', tags)


def term(text: str, language: str = "") -> str:
    """Write one text as a literal.

    Examples:
        >>> term("a dog", "en")
        '"a dog"@en'
    """
    return cast(str, literal(pa.array([text]), language)[0].as_py())


def language_tag(text: str) -> str:
    """Return a language tag in lower case; refuse what is none.

    Raises:
        SourceError: It is no BCP 47 tag.
    """
    try:
        return ox.Literal("", language=text).language or ""
    except ValueError as error:
        raise SourceError(f"{text!r} is not a language tag ({error}); it should be one such as en or zh-Hans.") from None


class Quads:
    """Takes columns of terms and writes lines; `counts` says how many of each kind, and what was left out."""

    def __init__(self, sink: BinaryIO, graph: str) -> None:
        """Takes the file to write to and the named graph's IRI."""
        self.counts: Counter[str] = Counter(facts=0, labels=0, weights=0)
        self._sink = sink
        self._end = f"<{graph}> .\n"
        self._held: list[pa.Array] = []
        self._known = pa.array([], pa.string())

    def facts(self, subject: Column, predicate: Column, value: Column, weight: pa.Array | None = None) -> None:
        """Write facts, those that are twice in the columns once.

        Args:
            subject: Terms.
            predicate: Terms.
            value: Terms: the objects.
            weight: Strings such as 2.0, null where there is none; each is written as said about its fact.
        """
        triples = _join(subject, " ", predicate, " ", value)
        once = pc.unique(triples)
        self._write(_join(once, " ", self._end))
        self.counts["facts"] += len(once)
        self.left_out("said twice", len(triples) - len(once))
        if weight is not None and weight.null_count < len(weight):
            weighed = pc.is_valid(weight)
            self._weigh(triples.filter(weighed), weight.filter(weighed))

    def labels(self, subject: Column, text: Column, predicate: str = LABEL) -> None:
        """Write labels, or other texts about what the facts name. A line is written once, as long as it is remembered."""
        self._held.append(pc.unique(_join(subject, " ", predicate, " ", text, " ", self._end)))
        if sum(map(len, self._held)) > _HELD:
            self.flush()

    def left_out(self, reason: str, number: int = 1) -> None:
        """Count what is not written."""
        if number:
            self.counts[f"left out: {reason}"] += number

    def flush(self) -> None:
        """Write the labels held back, but those already written."""
        if self._held:
            lines = pc.unique(pa.concat_arrays(self._held))
            self._held = []
            lines = lines.filter(pc.invert(pc.is_in(lines, value_set=self._known)))
            known = [lines] if len(lines) + len(self._known) > _KEPT else [self._known, lines]
            self._known = pa.concat_arrays(known)
            self._write(lines)
            self.counts["labels"] += len(lines)

    def _weigh(self, triples: pa.Array, weight: pa.Array) -> None:
        said = pc.unique(_join(triples, "\t", weight))
        pair = pc.split_pattern(said, "\t", reverse=True, max_splits=1)
        triples, weight = pc.list_element(pair, 0), pc.list_element(pair, 1)
        names = pa.array([statement_name(triple) for triple in triples.to_pylist()], pa.string())
        self._write(pc.unique(_join(names, f" {_REIFIES} <<( ", triples, " )>> ", self._end)))
        self._write(_join(names, f' {_WEIGHT} "', weight, f'"{_DECIMAL} ', self._end))
        self.counts["weights"] += len(said)

    def _write(self, lines: pa.Array) -> None:
        self._sink.write(text_bytes(lines))


def text_bytes(texts: pa.Array) -> memoryview:
    """Return the texts of a column, one after the other, as UTF-8: a view of the column's buffer, no copy.

    Examples:
        >>> bytes(text_bytes(pa.array(["a", "b", "c"])[1:]))
        b'bc'
    """
    if not len(texts):
        return memoryview(b"")
    offsets = memoryview(texts.buffers()[1]).cast("i")
    return memoryview(texts.buffers()[2])[offsets[texts.offset] : offsets[texts.offset + len(texts)]]


def statement_name(triple: str) -> str:
    """Name the statement that a triple makes, by the id of its fact.

    Args:
        triple: Subject, predicate and object in canonical N-Triples, a space between them.

    Returns:
        The IRI as a term.

    Examples:
        >>> statement_name('<urn:a> <urn:b> "c"')
        '<urn:kaug:statement:864cac5e12b8f90db1a75419387b103a>'
    """
    return f"<urn:kaug:statement:{hashlib.blake2b(f'{triple} .'.encode(), digest_size=16).hexdigest()}>"


@contextlib.contextmanager
def quads_file(path: Path, graph: str, inputs: Sequence[Path] = ()) -> Iterator[Quads]:
    """Open an N-Quads file; it appears when the block ends well, and has facts.

    Args:
        path: The file; its name ends in .nq or .nq.gz.
        graph: The IRI of the named graph.
        inputs: What the facts are read from, for messages.

    Yields:
        What takes columns.

    Raises:
        SourceError: The name ends otherwise, the graph is no IRI, the file cannot be written, or no fact was found.
    """
    if not path.name.endswith((".nq", ".nq.gz")):
        raise SourceError(f"{path}: the file to write should end in .nq or .nq.gz.")
    if not _is_iri(graph):
        raise SourceError(f"{graph!r}: the named graph should be an absolute IRI, such as https://example.org/graph.")
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as handle:
            with contextlib.ExitStack() as stack:
                sink: BinaryIO = handle
                if path.name.endswith(".gz"):
                    file = gzip.GzipFile("", "wb", compresslevel=6, fileobj=handle, mtime=0)  # the same bytes each time
                    sink = cast(BinaryIO, stack.enter_context(file))
                quads = Quads(sink, graph)
                yield quads
                quads.flush()
            handle.flush()
            os.fsync(handle.fileno())
        if not quads.counts["facts"]:
            out = ", ".join(f"{n:,} {key.removeprefix('left out: ')}" for key, n in quads.counts.items() if "left" in key)
            read = ", ".join(map(str, inputs)) or str(path)
            raise SourceError(f"{read}: holds no fact to write" + (f" (left out: {out})." if out else "."))
        draft.replace(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _spell(texts: pa.Array, allowed: str, write: Callable[[str], str], first: str = "", last: str = "") -> pa.Array:
    """Write each character outside of a class as `write` has it: those in `first` before others, `last` after them."""
    outside = f"[{allowed[1:]}]" if allowed.startswith("^") else f"[^{allowed}]"
    hit = pc.match_substring_regex(texts, outside)
    if not pc.any(hit).as_py():
        return texts
    rows = texts.filter(hit)
    found = set("".join(pc.unique(pc.replace_substring_regex(rows, f"[{allowed}]+", "")).to_pylist()))
    for char in sorted(found, key=lambda char: (char in last, char not in first, first.find(char), char)):
        rows = pc.replace_substring(rows, char, write(char))
    return pc.replace_with_mask(texts, hit, rows)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def _join(*parts: Column) -> pa.Array:
    columns = [pa.scalar(part) if isinstance(part, str) else part for part in parts]
    joined = pc.binary_join_element_wise(*columns, "")
    return joined if isinstance(joined, pa.Array) else pa.array([joined.as_py()], pa.string())
