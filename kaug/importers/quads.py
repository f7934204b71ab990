"""Columns of terms → canonical N-Quads: facts, labels, weights, and the templates of relations."""

import contextlib
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import text_bytes
from kaug.errors import SourceError
from kaug.importers.terms import Column, is_iri, join, literal, name
from kaug.namespaces import KAUG, RDF, RDFS, SKOS, XSD
from kaug.rdf.compressed import whole_file

__all__ = ["ALTERNATIVE", "LABEL", "TYPE", "Quads", "Relation", "quads_file", "read_relations", "statement_name"]

LABEL = f"<{RDFS}label>"
ALTERNATIVE = f"<{SKOS}altLabel>"
TYPE = f"<{RDF}type>"
_REIFIES = f"<{RDF}reifies>"
_DECIMAL = f"<{XSD}decimal>"


Relation: TypeAlias = Mapping[str, Any]
"""What an importer says of a relation: its English `label` (else it is the name), and lists of templates by property."""


class Quads:
    """A writer of quads. `counts` has the number of lines by kind, and of rows left out by reason."""

    def __init__(self, sink: BinaryIO, graph: str, *, held: int = 1 << 18, kept: int = 1 << 20) -> None:
        """Write to a stream; buffer at most `held` lines of labels to drop duplicates, and remember `kept`."""
        self.counts: Counter[str] = Counter(facts=0, labels=0, weights=0)
        self._sink, self._most_held, self._most_kept = sink, held, kept
        self._end = f" <{graph}> .\n"
        self._held: list[pa.Array] = []
        self._known = pa.array([], pa.string())

    def facts(self, subject: Column, predicate: Column, value: Column, weight: pa.Array | None = None) -> None:
        """Write facts with `value` as the object and `weight` a decimal or null; duplicates are left out and counted."""
        triples = join(subject, " ", predicate, " ", value)
        distinct = pc.unique(triples)
        self._write(join(distinct, self._end))
        self.counts["facts"] += len(distinct)
        self.left_out("repeated", len(triples) - len(distinct))
        if weight is not None and weight.null_count < len(weight):
            self._weights(triples.filter(pc.is_valid(weight)), weight.drop_null())

    def named_facts(self, base: str, subject: pa.Array, predicate: Column, value: pa.Array) -> None:
        """Write facts about names, with IRIs below `base` and English labels."""
        self.facts(name(base, subject), predicate, name(base, value))
        for names in (subject, value):
            self.labels(name(base, names), literal(names, "en"))

    def labels(self, subject: Column, text: Column, predicate: str = LABEL) -> None:
        """Write labels or other texts about subjects, without the duplicates that are remembered."""
        self._held.append(pc.unique(join(subject, " ", predicate, " ", text, self._end)))
        if sum(map(len, self._held)) > self._most_held:
            self.flush()

    def relations(self, names: pa.Array, terms: pa.Array, known: Mapping[str, Relation]) -> None:
        """Write the labels and templates of relations; the label of one not in `known` is its name."""
        for key, subject in zip(names.to_pylist(), terms.to_pylist(), strict=True):
            templates = {"label": key.replace("_", " "), **known.get(key, {})}
            self.labels(subject, literal(pa.array([templates.pop("label")]), "en"))
            for kind, texts in templates.items():
                self._write(join(subject, f" <{KAUG}{kind}> ", literal(pa.array(texts, pa.string()), "en"), self._end))
                self.counts["templates"] += len(texts)

    def left_out(self, reason: str, number: int = 1) -> None:
        """Count rows that are not written."""
        if number:
            self.counts[f"left out: {reason}"] += number

    def keep(self, reason: str, mask: pa.Array) -> pa.Array:
        """Return the mask of the rows to keep; count the others."""
        self.left_out(reason, len(mask) - (pc.sum(mask).as_py() or 0))
        return mask

    def flush(self) -> None:
        """Write the buffered labels, except those already written."""
        if self._held:
            lines = pc.unique(pa.concat_arrays(self._held))
            self._held = []
            lines = lines.filter(pc.invert(pc.is_in(lines, value_set=self._known)))
            known = [lines] if len(lines) + len(self._known) > self._most_kept else [self._known, lines]
            self._known = pa.concat_arrays(known)
            self._write(lines)
            self.counts["labels"] += len(lines)

    def _weights(self, triples: pa.Array, weight: pa.Array) -> None:
        weighed = pc.unique(join(triples, "\t", weight))
        pair = pc.split_pattern(weighed, "\t", reverse=True, max_splits=1)
        triples, weight = pc.list_element(pair, 0), pc.list_element(pair, 1)
        names = pa.array([statement_name(triple) for triple in triples.to_pylist()], pa.string())
        self._write(pc.unique(join(names, f" {_REIFIES} <<( ", triples, " )>>", self._end)))
        self._write(join(names, f' <{KAUG}weight> "', weight, f'"^^{_DECIMAL}', self._end))
        self.counts["weights"] += len(weighed)

    def _write(self, lines: pa.Array) -> None:
        self._sink.write(text_bytes(lines))


def read_relations(module: str) -> dict[str, Relation]:
    """Read the relations in the TOML file beside an importer.

    Args:
        module: The importer's `__file__`.

    Examples:
        >>> from kaug.importers import metaqa
        >>> read_relations(metaqa.__file__)["directed by"]["question"][0]
        'Who directed {s}?'
    """
    return tomllib.loads(Path(module).with_suffix(".toml").read_text(encoding="utf-8"))


def statement_name(triple: str) -> str:
    """Make the IRI of a statement from its fact id; the triple is in canonical N-Triples.

    Examples:
        >>> statement_name('<urn:a> <urn:b> "c"')
        '<urn:kaug:statement:864cac5e12b8f90db1a75419387b103a>'
    """
    return f"<urn:kaug:statement:{hashlib.blake2b(f'{triple} .'.encode(), digest_size=16).hexdigest()}>"


@contextlib.contextmanager
def quads_file(path: Path, graph: str, inputs: Sequence[Path] = ()) -> Iterator[Quads]:
    """Open an N-Quads file for writing, .nq or .nq.gz; it appears if the block ends without an error.

    Raises:
        SourceError: The file has another ending, the graph is not an IRI, the file cannot be written, or the inputs
            have no facts.
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
            read = ", ".join(map(str, inputs)) or str(path)
            reasons = [key.removeprefix("left out: ") for key in quads.counts if key.startswith("left out: ")]
            numbers = ", ".join(f"{quads.counts[f'left out: {reason}']:,} {reason}" for reason in reasons)
            raise SourceError(f"{read}: holds no fact to write{f' (left out: {numbers})' if numbers else ''}.")
