"""ConceptNet 5 assertions, and the ConceptNet-100k split → quads with ConceptNet's own IRIs."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from kaug.errors import SourceError
from kaug.importers.columns import BLOCK, Block, Layout, decimals, first_row, read_columns
from kaug.importers.lines import Quads
from kaug.importers.terms import iri, language_tag, literal, name
from kaug.rdf.terms import text_bytes

__all__ = ["import_conceptnet", "import_conceptnet_100k"]

_API = "http://api.conceptnet.io"
_COLUMNS = ("assertion", "relation", "start", "end", "info")
_CONCEPT = r"^/c/(?P<language>[A-Za-z][A-Za-z0-9\-_]*)/(?P<text>[^/]+)"
_INFO = pajson.ParseOptions(
    explicit_schema=pa.schema([("weight", pa.float64())]), unexpected_field_behavior="ignore", newlines_in_values=False
)


def import_conceptnet(
    inputs: Sequence[Path],
    quads: Quads,
    languages: Sequence[str],
    progress: Callable[[int], None],
    *,
    block: int = BLOCK,
) -> None:
    """Write the assertions of a ConceptNet 5 dump.

    Args:
        inputs: `conceptnet-assertions-5.x.csv.gz`: five columns parted by tabs, the last of them JSON.
        quads: What takes the columns.
        languages: An edge is kept if both of its concepts are in these.
        progress: Called with the number of rows read since the last call.
        block: The most bytes of text that are read at a time.

    Raises:
        SourceError: A row is malformed.
    """
    wanted = pa.array([language_tag(language).replace("-", "_") for language in languages])
    for path in inputs:
        for rows in read_columns(path, _COLUMNS, only=_COLUMNS[1:], block=block):
            _edges(rows, quads, wanted)
            progress(rows.rows)


def _edges(block: Block, quads: Quads, wanted: pa.Array) -> None:
    columns = block.columns
    block.refuse(pc.invert(pc.starts_with(columns["relation"], "/r/")), "a relation such as /r/IsA", "relation")
    external = pc.equal(columns["relation"], "/r/ExternalURL")
    quads.left_out("external URL", pc.sum(external).as_py() or 0)
    start, end = (pc.extract_regex(columns[side], _CONCEPT) for side in ("start", "end"))
    for side, found in (("start", start), ("end", end)):
        block.refuse(pc.and_(pc.is_null(found), pc.invert(external)), "a concept such as /c/en/cat", side)
    spoken = pc.and_(*(pc.is_in(pc.struct_field(found, "language"), value_set=wanted) for found in (start, end)))
    kept = pc.and_(spoken, pc.invert(external))
    quads.left_out("other language", pc.sum(pc.invert(pc.or_(spoken, external))).as_py() or 0)
    rows = block.filter(kept)
    if not len(rows["relation"]):
        return
    subject, value = iri(_API, rows["start"]), iri(_API, rows["end"])
    quads.facts(subject, iri(_API, rows["relation"]), value, _weights(block, kept, rows["info"]))
    for concept, found in ((subject, start.filter(kept)), (value, end.filter(kept))):
        text = pc.replace_substring(pc.struct_field(found, "text"), "_", " ")
        quads.labels(concept, literal(text, pc.replace_substring(pc.struct_field(found, "language"), "_", "-")))


def _weights(block: Block, kept: pa.Array, info: pa.Array) -> pa.Array:
    data = bytes(text_bytes(pc.binary_join_element_wise(info, pa.scalar(""), "\n")))
    try:
        table = pajson.read_json(
            io.BytesIO(data), pajson.ReadOptions(use_threads=False, block_size=max(len(data), 1)), _INFO
        )
    except pa.ArrowInvalid as error:
        raise SourceError(f"{_place_of(block, kept, info)}: info is not as expected: {error}.") from error
    if len(table) != len(info):
        raise SourceError(f"{_place_of(block, kept, info)}: info should be one JSON object.")
    return decimals(pc.cast(table["weight"].combine_chunks(), pa.string()))


def _place_of(block: Block, kept: pa.Array, info: pa.Array) -> str:
    """Find the first row that is not a JSON object with a number as weight."""
    import json

    rows = pc.indices_nonzero(kept).to_pylist()
    for row, text in zip(rows, info.to_pylist(), strict=True):
        try:
            found = json.loads(text)
        except ValueError:
            return block.place(row)
        if not isinstance(found, dict) or not isinstance(found.get("weight", 1.0), int | float):
            return block.place(row)
    return str(block.path)


def import_conceptnet_100k(inputs: Sequence[Path], quads: Quads, progress: Callable[[int], None]) -> None:
    """Write the triples of the ConceptNet-100k split.

    Args:
        inputs: Files with the columns relation, left, right, parted by tabs. A fourth column says whether the triple
            holds (0 or 1), or how sure it is: what is not above 0 is left out, other numbers than 1 are weights.
        quads: What takes the columns.
        progress: Called with the number of rows read since the last call.

    Raises:
        SourceError: A row is malformed.
    """
    for path in inputs:
        known = ["relation", "left", "right", "score"][: max(3, len(first_row(path, Layout())))]
        for block in read_columns(path, known):
            columns = {key: pc.utf8_trim_whitespace(column) for key, column in block.columns.items()}
            for column in known[:3]:
                block.refuse(pc.equal(columns[column], ""), "a text", column)
            weight = None
            if "score" in columns:
                weight = decimals(columns["score"])
                block.refuse(pc.is_null(weight), "a number", "score")
                holds = pc.invert(pc.or_(pc.starts_with(weight, "-"), pc.equal(weight, "0.0")))
                quads.left_out("negative", len(holds) - pc.sum(holds).as_py())
                columns = {key: column.filter(holds) for key, column in columns.items()}
                weight = weight.filter(holds)
                weight = pc.if_else(pc.equal(weight, "1.0"), pa.scalar(None, pa.string()), weight)
            subject, value = (
                name(f"{_API}/c/en/", pc.utf8_lower(pc.replace_substring(columns[side], "_", " ")))
                for side in ("left", "right")
            )
            quads.facts(subject, iri(f"{_API}/r/", columns["relation"]), value, weight)
            quads.labels(subject, literal(columns["left"], "en"))
            quads.labels(value, literal(columns["right"], "en"))
            progress(block.rows)
