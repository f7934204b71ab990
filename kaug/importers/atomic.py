"""ATOMIC-2020's table of heads, relations and tails → quads, with templates for the relations."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError, nearest
from kaug.importers.columns import read_columns
from kaug.importers.lines import Quads
from kaug.importers.saying import Said, say
from kaug.importers.terms import literal, name

__all__ = ["BASE", "RELATIONS", "import_atomic"]

BASE = "https://w3id.org/kaug/atomic/"

_WHO = {"x": "PersonX", "o": "others"}
_EFFECT = {
    "Effect": ("effect on {who}", "When {s}, the effect on {who} is: {o}.", "When {s}, what is the effect on {who}?"),
    "React": ("reaction of {who}", "When {s}, {who} feel{end} {o}.", "When {s}, how do{es} {who} feel?"),
    "Want": ("wish of {who}", "When {s}, {who} then want{end} {o}.", "When {s}, what do{es} {who} then want?"),
}
RELATIONS = {
    "AtLocation": Said("location", "You find {s} at {o}.", "Where do you find {s}?", "What do you find at {o}?"),
    "CapableOf": Said("capability", "{s} can {o}.", "What can {s} do?", "Who or what can {o}?"),
    "Causes": Said("causes", "{s} causes {o}.", "What does {s} cause?", "What causes {o}?"),
    "Desires": Said("desires", "{s} wants {o}.", "What does {s} want?", "Who wants {o}?"),
    "HasProperty": Said("property", "{s} can be called {o}.", "How can you call {s}?", "What can be called {o}?"),
    "HasSubEvent": Said("subevent", "{s} includes {o}.", "What does {s} include?", "What includes {o}?"),
    "HinderedBy": Said("hindered by", "{s} is hindered if {o}.", "What hinders that {s}?", "What is hindered if {o}?"),
    "MadeUpOf": Said("made up of", "{s} is made up of {o}.", "What is {s} made up of?", "What is made up of {o}?"),
    "NotDesires": Said("aversion", "{s} does not want {o}.", "What does {s} not want?", "Who does not want {o}?"),
    "ObjectUse": Said("use", "{s} is used for {o}.", "What is {s} used for?", "What is used for {o}?"),
    "isAfter": Said("earlier event", "{s} happens after {o}.", "After what is it that {s}?", "What happens after {o}?"),
    "isBefore": Said(
        "later event", "{s} happens before {o}.", "Before what is it that {s}?", "What happens before {o}?"
    ),
    "isFilledBy": Said(
        "filled by", "The blank in {s} can be {o}.", "What can the blank in {s} be?", "In what can the blank be {o}?"
    ),
    "xAttr": Said(
        "character", "If {s}, PersonX is {o}.", "If {s}, how is PersonX?", "What does PersonX do who is {o}?"
    ),
    "xIntent": Said(
        "intention", "{s} because PersonX wanted {o}.", "Why is it that {s}?", "What does PersonX do who wanted {o}?"
    ),
    "xNeed": Said(
        "need",
        "Before {s}, PersonX needs {o}.",
        "What does PersonX need before {s}?",
        "For what does PersonX need {o}?",
    ),
    "xReason": Said("reason", "{s} because {o}.", "For what reason is it that {s}?", "What is so because {o}?"),
} | {
    side + key: Said(
        *(
            text.replace("{who}", who).replace("{end}", "s" * (side == "x")).replace("{es}", "es" * (side == "x"))
            for text in (*texts, "After what is it for {who}: {o}?")
        )
    )
    for side, who in _WHO.items()
    for key, texts in _EFFECT.items()
}
"""The labels and templates of the relations of ATOMIC-2020."""


def import_atomic(inputs: Sequence[Path], quads: Quads, progress: Callable[[int], None]) -> None:
    """Write the rows of ATOMIC-2020.

    Args:
        inputs: `train.tsv`, `dev.tsv`, `test.tsv`: head, relation, tail, parted by tabs. A tail `none` is left out.
        quads: What takes the columns.
        progress: Called with the number of rows read since the last call.

    Raises:
        SourceError: A row is malformed, or has a relation that ATOMIC-2020 does not.
    """
    known = pa.array(sorted(RELATIONS))
    seen = pa.array([], pa.string())
    for path in inputs:
        for block in read_columns(path, ("head", "relation", "tail")):
            columns = {key: pc.utf8_trim_whitespace(column) for key, column in block.columns.items()}
            block.refuse(pc.equal(columns["head"], ""), "an event or a thing", "head")
            strange = pc.invert(pc.is_in(columns["relation"], value_set=known))
            if pc.any(strange).as_py():
                row = pc.index(strange, True).as_py()
                relation = columns["relation"][row].as_py()
                raise SourceError(
                    f"{block.place(row)}: ATOMIC-2020 has no relation {relation!r}.{nearest(relation, RELATIONS)}"
                )
            kept = pc.invert(pc.is_in(pc.utf8_lower(columns["tail"]), value_set=pa.array(["", "none"])))
            quads.left_out("no tail", len(kept) - pc.sum(kept).as_py())
            head, relation, tail = (columns[key].filter(kept) for key in ("head", "relation", "tail"))
            quads.facts(name(BASE, head), name(f"{BASE}r/", relation), name(BASE, tail))
            quads.labels(name(BASE, head), literal(head, "en"))
            quads.labels(name(BASE, tail), literal(tail, "en"))
            seen = pc.unique(pa.concat_arrays([seen, relation]))
            progress(block.rows)
    say(quads, seen, name(f"{BASE}r/", seen), RELATIONS)
