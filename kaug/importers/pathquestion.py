"""The knowledge bases of PathQuestion and PathQuestion-Large → quads."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.importers.delimited import Delimited
from kaug.importers.quads import Quads
from kaug.importers.terms import name

__all__ = ["BASE", "import_pathquestion", "relation_label"]

BASE = "https://w3id.org/kaug/pathquestion/"


def import_pathquestion(inputs: Sequence[Path], quads: Quads) -> Iterator[int]:
    """Write knowledge bases of PathQuestion: tab-separated files of subject, relation and object, with _ for spaces."""
    seen = pa.array([], pa.string())
    for path in inputs:
        for block in Delimited(path).blocks(("subject", "relation", "object")):
            for column, texts in block.columns.items():
                block.refuse(pc.equal(pc.utf8_trim(texts, " _"), ""), "a name", column)
            subject, relation, value = block.columns.values()
            questions = pc.and_(pc.match_substring(value, "#"), pc.match_substring(subject, " "))
            block.refuse(questions, "a name; this is a file of questions, and the facts are in the KB file", "object")
            quads.named_facts(BASE, _readable(subject), _relation(relation), _readable(value))
            seen = pc.unique(pa.concat_arrays([seen, relation]))
            yield block.rows
    quads.relations(seen, _relation(seen), {key: {"label": relation_label(key)} for key in seen.to_pylist()})


def relation_label(relation: str) -> str:
    """Make a label for a relation: the last part of a Freebase path, without the `_s` for "(s)".

    Examples:
        >>> relation_label("__people__ethnicity__languages_spoken"), relation_label("__people__person__spouse_s")
        ('languages spoken', 'spouse')
        >>> relation_label("place_of_birth")
        'place of birth'
    """
    last = re.split("_{2,}", relation.strip("_"))[-1]
    return "contained by" if last == "containedby" else last.removesuffix("_s").replace("_", " ")


def _relation(relations: pa.Array) -> pa.Array:
    # __people__person__gender and gender: /people/person/gender and gender.
    return name(f"{BASE}r/", pc.replace_substring(pc.replace_substring_regex(relations, "^_+", ""), "_", " "))


def _readable(names: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.replace_substring(names, "_", " "))
