"""ConceptNet 5 assertions, and the ConceptNet-100k split → quads with ConceptNet's own IRIs."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from kaug.arrays import text_bytes
from kaug.errors import SourceError
from kaug.importers.delimited import BLOCK, Block, Delimited
from kaug.importers.quads import Quads, read_relations
from kaug.importers.terms import decimals, iri, language_tag, literal, name

__all__ = ["RELATIONS", "import_conceptnet", "import_conceptnet_100k"]

RELATIONS = read_relations(__file__)
"""The entries of the relations of ConceptNet; others have no label or template."""

_API = "http://api.conceptnet.io"
_COLUMNS = ("assertion", "relation", "start", "end", "info")
_CONCEPT = r"^/c/(?P<language>[A-Za-z][A-Za-z0-9\-_]*)/(?P<text>[^/]+)"
_INFO = pajson.ParseOptions(
    explicit_schema=pa.schema([("weight", pa.float64())]), unexpected_field_behavior="ignore", newlines_in_values=False
)


def import_conceptnet(
    inputs: Sequence[Path], quads: Quads, *, languages: Sequence[str] = ("en",), size: int = BLOCK
) -> Iterator[int]:
    """Write the edges of ConceptNet 5 dumps whose two concepts are in the languages.

    `conceptnet-assertions-5.x.csv.gz` is tab-separated, with JSON in the last column. `size` bytes are read at a time.
    """
    tags = pa.array([language_tag(language).replace("-", "_") for language in languages])
    seen = pa.array([], pa.string())
    for path in inputs:
        for block in Delimited(path).blocks(_COLUMNS, only=_COLUMNS[1:], size=size):
            seen = pc.unique(pa.concat_arrays([seen, _write_edges(block, quads, tags)]))
            yield block.rows
    _write_relations(pc.replace_substring(seen, "/r/", ""), quads)


def _write_relations(names: pa.Array, quads: Quads) -> None:
    known = names.filter(pc.is_in(names, value_set=pa.array(list(RELATIONS))))
    quads.relations(known, iri(f"{_API}/r/", known), RELATIONS)


def _write_edges(block: Block, quads: Quads, languages: pa.Array) -> pa.Array:
    """Write the edges of a block between concepts in some languages; return their relations."""
    relation = block.columns["relation"]
    block.refuse(pc.invert(pc.starts_with(relation, "/r/")), "a relation such as /r/IsA", "relation")
    internal = quads.keep("external URL", pc.not_equal(relation, "/r/ExternalURL"))
    concepts = {side: pc.extract_regex(block.columns[side], _CONCEPT) for side in ("start", "end")}
    kept = internal
    for side, parts in concepts.items():
        block.refuse(pc.and_(pc.is_null(parts), internal), "a concept such as /c/en/cat", side)
        kept = pc.and_(kept, pc.is_in(pc.struct_field(parts, "language"), value_set=languages))
    quads.keep("other language", kept.filter(internal))
    relation = relation.filter(kept)
    if not len(relation):
        return relation
    start, end = (iri(_API, block.columns[key].filter(kept)) for key in ("start", "end"))
    quads.facts(start, iri(_API, relation), end, _weights(block, kept))
    for subject, parts in zip((start, end), concepts.values(), strict=True):
        text, language = (pc.struct_field(parts.filter(kept), key) for key in ("text", "language"))
        quads.labels(subject, literal(pc.replace_substring(text, "_", " "), pc.replace_substring(language, "_", "-")))
    return relation


def _weights(block: Block, kept: pa.Array) -> pa.Array:
    info = block.columns["info"].filter(kept)
    data = text_bytes(pc.binary_join_element_wise(info, "", "\n"))
    options = pajson.ReadOptions(use_threads=False, block_size=len(data))
    try:
        table = pajson.read_json(pa.BufferReader(data), options, _INFO)
        if len(table) != len(info):
            raise pa.ArrowInvalid("not one JSON object a row")
    except pa.ArrowInvalid as error:
        line = _first_malformed(block, kept, info)
        raise SourceError(f"{line}: info is not as expected: {error}.") from error
    return decimals(pc.cast(table["weight"].combine_chunks(), pa.string()))


def _first_malformed(block: Block, kept: pa.Array, info: pa.Array) -> str:
    """Find the first row that is not a JSON object with a number as weight."""
    for row, text in zip(pc.indices_nonzero(kept).to_pylist(), info.to_pylist(), strict=True):
        try:
            content = json.loads(text)
        except ValueError:
            return block.line(row)
        if not isinstance(content, dict) or not isinstance(content.get("weight"), int | float | None):
            return block.line(row)
    return str(block.file.path)


def import_conceptnet_100k(inputs: Sequence[Path], quads: Quads) -> Iterator[int]:
    """Write the triples of the ConceptNet-100k split: tab-separated files of relation, left and right.

    A fourth column is a truth value (0 or 1) or a weight: rows with 0 or less are left out, numbers other than 1 are
    weights.
    """
    seen = pa.array([], pa.string())
    for path in inputs:
        file = Delimited(path)
        names = ("relation", "left", "right", "score")[: max(3, len(file.first_row()))]
        for block in file.blocks(names):
            relation, left, right, *scores = map(pc.utf8_trim_whitespace, block.columns.values())
            for column, texts in zip(names, (relation, left, right), strict=False):
                block.refuse(pc.equal(texts, ""), "a text", column)
            weight = None
            if scores:
                weight = decimals(scores[0])
                block.refuse(pc.is_null(weight), "a number", "score")
                negative = pc.or_(pc.starts_with(weight, "-"), pc.equal(weight, "0.0"))
                kept = quads.keep("negative", pc.invert(negative))
                relation, left, right, weight = (part.filter(kept) for part in (relation, left, right, weight))
                weight = pc.if_else(pc.equal(weight, "1.0"), pa.scalar(None, pa.string()), weight)
            subject, value = (
                name(f"{_API}/c/en/", pc.utf8_lower(pc.replace_substring(side, "_", " "))) for side in (left, right)
            )
            quads.facts(subject, iri(f"{_API}/r/", relation), value, weight)
            quads.labels(subject, literal(left, "en"))
            quads.labels(value, literal(right, "en"))
            seen = pc.unique(pa.concat_arrays([seen, relation]))
            yield block.rows
    _write_relations(seen, quads)
