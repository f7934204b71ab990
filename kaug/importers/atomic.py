"""ATOMIC-2020's files of heads, relations and tails → quads, with templates for the relations."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError, nearest
from kaug.importers.delimited import Delimited
from kaug.importers.quads import Quads, Relation
from kaug.importers.terms import name

__all__ = ["BASE", "RELATIONS", "import_atomic"]

BASE = "https://w3id.org/kaug/atomic/"

_INVERSE = "After what is it for {who}: {o}?"
_REACTIONS = {  # of PersonX and of others: label, statement, question
    "Effect": ("effect on {who}", "When {s}, the effect on {who} is: {o}.", "When {s}, what is the effect on {who}?"),
    "React": ("reaction of {who}", "When {s}, {who} feel{end} {o}.", "When {s}, how do{es} {who} feel?"),
    "Want": ("wish of {who}", "When {s}, {who} then want{end} {o}.", "When {s}, what do{es} {who} then want?"),
}
RELATIONS: dict[str, Relation] = {
    "AtLocation": ("location", "You find {s} at {o}.", "Where do you find {s}?", "What do you find at {o}?"),
    "CapableOf": ("capability", "{s} can {o}.", "What can {s} do?", "Who or what can {o}?"),
    "Causes": ("causes", "{s} causes {o}.", "What does {s} cause?", "What causes {o}?"),
    "Desires": ("desires", "{s} wants {o}.", "What does {s} want?", "Who wants {o}?"),
    "HasProperty": ("property", "{s} can be called {o}.", "How can you call {s}?", "What can be called {o}?"),
    "HasSubEvent": ("subevent", "{s} includes {o}.", "What does {s} include?", "What includes {o}?"),
    "HinderedBy": ("hindered by", "{s} is hindered if {o}.", "What hinders that {s}?", "What is hindered if {o}?"),
    "MadeUpOf": ("made up of", "{s} is made up of {o}.", "What is {s} made up of?", "What is made up of {o}?"),
    "NotDesires": ("aversion", "{s} does not want {o}.", "What does {s} not want?", "Who does not want {o}?"),
    "ObjectUse": ("use", "{s} is used for {o}.", "What is {s} used for?", "What is used for {o}?"),
    "isAfter": ("earlier event", "{s} happens after {o}.", "After what is it that {s}?", "What happens after {o}?"),
    "isBefore": ("later event", "{s} happens before {o}.", "Before what is it that {s}?", "What happens before {o}?"),
    "isFilledBy": (
        "filled by",
        "The blank in {s} can be {o}.",
        "What can the blank in {s} be?",
        "In what can the blank be {o}?",
    ),
    "xAttr": ("character", "If {s}, PersonX is {o}.", "If {s}, how is PersonX?", "What does PersonX do who is {o}?"),
    "xIntent": (
        "intention",
        "{s} because PersonX wanted {o}.",
        "Why is it that {s}?",
        "What does PersonX do who wanted {o}?",
    ),
    "xNeed": (
        "need",
        "Before {s}, PersonX needs {o}.",
        "What does PersonX need before {s}?",
        "For what does PersonX need {o}?",
    ),
    "xReason": ("reason", "{s} because {o}.", "For what reason is it that {s}?", "What is so because {o}?"),
} | {
    key + relation: tuple(
        text.replace("{who}", who).replace("{end}", end).replace("{es}", es) for text in (*texts, _INVERSE)
    )
    for key, who, end, es in (("x", "PersonX", "s", "es"), ("o", "others", "", ""))
    for relation, texts in _REACTIONS.items()
}
"""The labels and templates of the relations of ATOMIC-2020."""


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
