"""ATOMIC-2020's files of heads, relations and tails → quads, with templates for the relations."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError, nearest
from kaug.importers.delimited import Delimited
from kaug.importers.quads import Quads, read_relations
from kaug.importers.terms import name

__all__ = ["BASE", "RELATIONS", "import_atomic"]

BASE = "https://w3id.org/kaug/atomic/"

RELATIONS = read_relations(__file__)
"""The entries of the relations of ATOMIC-2020."""


def import_atomic(inputs: Sequence[Path], quads: Quads) -> Iterator[int]:
    """Write ATOMIC-2020: tab-separated files of head, relation and tail. Rows with the tail `none` are left out."""
    known, absent = pa.array(sorted(RELATIONS)), pa.array(["", "none"])
    seen = pa.array([], pa.string())
    for path in inputs:
        for block in Delimited(path).blocks(("head", "relation", "tail")):
            head, relation, tail = (pc.utf8_trim_whitespace(column) for column in block.columns.values())
            block.refuse(pc.equal(head, ""), "an event or a thing", "head")
            row = pc.index(pc.is_in(relation, value_set=known), False).as_py()
            if row >= 0:
                other = relation[row].as_py()
                raise SourceError(
                    f"{block.line(row)}: ATOMIC-2020 has no relation {other!r}.{nearest(other, RELATIONS)}"
                )
            kept = quads.keep("no tail", pc.invert(pc.is_in(pc.utf8_lower(tail), value_set=absent)))
            head, relation, tail = (column.filter(kept) for column in (head, relation, tail))
            quads.named_facts(BASE, head, name(f"{BASE}r/", relation), tail)
            seen = pc.unique(pa.concat_arrays([seen, relation]))
            yield block.rows
    quads.relations(seen, name(f"{BASE}r/", seen), RELATIONS)
