"""The knowledge bases of PathQuestion and PathQuestion-Large → quads."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.importers.columns import read_columns
from kaug.importers.lines import Quads
from kaug.importers.saying import Said, say
from kaug.importers.terms import literal, name

__all__ = ["BASE", "import_pathquestion", "relation_label", "wording_of"]

BASE = "https://w3id.org/kaug/pathquestion/"
_RUN_TOGETHER = {"containedby": "contained by"}


def import_pathquestion(inputs: Sequence[Path], quads: Quads, progress: Callable[[int], None]) -> None:
    """Write the triples of a knowledge base of PathQuestion.

    Args:
        inputs: `2H-kb.txt`, `PQL2-KB.txt` or the like: subject, relation, object, parted by tabs, with underscores for
            spaces.
        quads: What takes the columns.
        progress: Called with the number of rows read since the last call.

    Raises:
        SourceError: A row is malformed; a file of questions is one.
    """
    relations = pa.array([], pa.string())
    for path in inputs:
        for block in read_columns(path, ("subject", "relation", "object")):
            for column, texts in block.columns.items():
                block.refuse(pc.equal(pc.utf8_trim(texts, " _"), ""), "a name", column)
            questions = pc.match_substring(block.columns["object"], "#")
            questions = pc.and_(questions, pc.match_substring(block.columns["subject"], " "))
            block.refuse(questions, "a name; this is a file of questions, and the facts are in the KB file", "object")
            subject, value = (_readable(block.columns[side]) for side in ("subject", "object"))
            quads.facts(name(BASE, subject), _relation(block.columns["relation"]), name(BASE, value))
            quads.labels(name(BASE, subject), literal(subject, "en"))
            quads.labels(name(BASE, value), literal(value, "en"))
            relations = pc.unique(pa.concat_arrays([relations, block.columns["relation"]]))
            progress(block.rows)
    say(quads, relations, _relation(relations), {key: wording_of(relation_label(key)) for key in relations.to_pylist()})


def relation_label(relation: str) -> str:
    """Make a label of a relation: of a path of Freebase, the last part.

    Args:
        relation: As the file has it.

    Returns:
        Words; the `_s` that Freebase writes for "(s)" is left off.

    Examples:
        >>> relation_label("__people__ethnicity__languages_spoken"), relation_label("__people__person__spouse_s")
        ('languages spoken', 'spouse')
        >>> relation_label("place_of_birth")
        'place of birth'
    """
    last = re.split("_{2,}", relation.strip("_"))[-1]
    return _RUN_TOGETHER.get(last) or last.removesuffix("_s").replace("_", " ")


def wording_of(label: str) -> Said:
    """Say a relation by its label; one of several things has templates of its own."""
    # By the lexicon's rule one word in -s would be a verb: "Ada parents Byron".
    if " " in label or not label.endswith("s") or label.endswith(("ss", "us", "is", "ics")):
        return Said(label)
    return Said(
        label,
        f"The {label} of {{s}} include {{o}}.",
        f"What are the {label} of {{s}}?",
        f"What has {{o}} among its {label}?",
        f"Name one of the {label} of {{s}}.",
        f"Give something that counts {{o}} among its {label}.",
    )


def _relation(relations: pa.Array) -> pa.Array:
    # __people__person__gender and gender: /people/person/gender and gender.
    return name(f"{BASE}r/", pc.replace_substring(pc.replace_substring_regex(relations, "^_+", ""), "_", " "))


def _readable(names: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.replace_substring(names, "_", " "))
