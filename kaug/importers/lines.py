"""Columns of terms → canonical N-Quads, written whole or not at all.

Terms are parted by one space, and equal facts are equal bytes.
"""

import contextlib
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.importers.terms import Column, is_iri, join
from kaug.rdf.compressed import whole_file
from kaug.rdf.terms import text_bytes

__all__ = ["ALTERNATIVE", "LABEL", "TYPE", "Quads", "quads_file", "statement_name"]

LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
ALTERNATIVE = "<http://www.w3.org/2004/02/skos/core#altLabel>"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_REIFIES = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies>"
_WEIGHT = "<https://w3id.org/kaug/ns#weight>"
_DECIMAL = "^^<http://www.w3.org/2001/XMLSchema#decimal>"


class Quads:
    """Columns of terms → lines; `counts` has the number of each kind, and of those left out by reason."""

    def __init__(self, sink: BinaryIO, graph: str, *, held: int = 1 << 18, kept: int = 1 << 20) -> None:
        """Open quads for writing.

        Args:
            sink: Where they are written to.
            graph: The named graph's IRI.
            held: The most lines of labels that are held back, to look for known ones in one go.
            kept: The most lines of labels that are remembered.
        """
        self.counts: Counter[str] = Counter(facts=0, labels=0, weights=0)
        self._sink, self._most_held, self._most_kept = sink, held, kept
        self._end = f"<{graph}> .\n"
        self._held: list[pa.Array] = []
        self._known = pa.array([], pa.string())

    def facts(self, subject: Column, predicate: Column, value: Column, weight: pa.Array | None = None) -> None:
        """Write facts, those that are twice in the columns once.

        Args:
            subject: Terms.
            predicate: Terms.
            value: Terms: the objects.
            weight: Strings such as 2.0, null where there is none; each is written about its fact.
        """
        triples = join(subject, " ", predicate, " ", value)
        once = pc.unique(triples)
        self._write(join(once, " ", self._end))
        self.counts["facts"] += len(once)
        self.left_out("said twice", len(triples) - len(once))
        if weight is not None and weight.null_count < len(weight):
            weighed = pc.is_valid(weight)
            self._weigh(triples.filter(weighed), weight.filter(weighed))

    def labels(self, subject: Column, text: Column, predicate: str = LABEL) -> None:
        """Write labels, or other texts about what the facts name. A line is written once, as long as it is remembered."""
        self._held.append(pc.unique(join(subject, " ", predicate, " ", text, " ", self._end)))
        if sum(map(len, self._held)) > self._most_held:
            self.flush()

    def template(self, subject: Column, predicate: str, text: Column) -> None:
        """Write templates of a predicate."""
        lines = join(subject, " ", predicate, " ", text, " ", self._end)
        self._write(lines)
        self.counts["templates"] += len(lines)

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
            known = [lines] if len(lines) + len(self._known) > self._most_kept else [self._known, lines]
            self._known = pa.concat_arrays(known)
            self._write(lines)
            self.counts["labels"] += len(lines)

    def _weigh(self, triples: pa.Array, weight: pa.Array) -> None:
        weighed = pc.unique(join(triples, "\t", weight))
        pair = pc.split_pattern(weighed, "\t", reverse=True, max_splits=1)
        triples, weight = pc.list_element(pair, 0), pc.list_element(pair, 1)
        names = pa.array([statement_name(triple) for triple in triples.to_pylist()], pa.string())
        self._write(pc.unique(join(names, f" {_REIFIES} <<( ", triples, " )>> ", self._end)))
        self._write(join(names, f' {_WEIGHT} "', weight, f'"{_DECIMAL} ', self._end))
        self.counts["weights"] += len(weighed)

    def _write(self, lines: pa.Array) -> None:
        self._sink.write(text_bytes(lines))


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
        inputs: The files that the facts are read from, for messages.

    Yields:
        What takes columns.

    Raises:
        SourceError: The name ends otherwise, the graph is not an IRI, the file cannot be written, or there is no fact.
    """
    if not path.name.endswith((".nq", ".nq.gz")):
        raise SourceError(f"{path}: the file to write should end in .nq or .nq.gz.")
    if not is_iri(graph):
        raise SourceError(f"{graph!r}: the named graph should be an absolute IRI, such as https://example.org/graph.")
    with whole_file(path, make_folder=True) as file:
        quads = Quads(file, graph)
        yield quads
        quads.flush()
        if not quads.counts["facts"]:
            out = ", ".join(
                f"{n:,} {key.removeprefix('left out: ')}" for key, n in quads.counts.items() if "left" in key
            )
            read = ", ".join(map(str, inputs)) or str(path)
            raise SourceError(f"{read}: holds no fact to write" + (f" (left out: {out})." if out else "."))
