"""What a check found, in numbers of terms and rows → plain JSON with IRIs, labels and example facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers as Ints
from kaug.curation.quality.columns import RDFS, Columns
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording
from kaug.words.terms import CLASS_OF

__all__ = ["Finding", "Item", "Severity", "counted", "settle"]

Severity = Literal["error", "warning", "info"]

_LONGEST = 200


@dataclass(frozen=True)
class Item:
    """One case of a finding.

    Attributes:
        terms: Numbers of the terms it is about, the one at fault first.
        note: What is the matter, in parts; a number stands for the label of that one of `terms`.
        count: A figure to rank by, and to show.
        facts: Up to three rows that show it.
    """

    terms: Sequence[int]
    note: Sequence[str | int] = ()
    count: int = 1
    facts: Sequence[int] = ()


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        id: Its name, in kebab-case.
        area: The section of the report.
        severity: `error`, `warning` or `info`.
        what: One line, with the figure.
        do: What to do about it.
        count: How many cases there are; `items` may be fewer.
        items: The most important cases.
    """

    id: str
    area: str
    severity: Severity
    what: str
    do: str
    count: int
    items: Sequence[Item] = field(default=())


def counted(number: int, one: str, many: str) -> str:
    """Say a number of things.

    Examples:
        >>> counted(1, "class", "classes"), counted(1200, "class", "classes")
        ('1 class', '1,200 classes')
    """
    return f"{number:,} {one if number == 1 else many}"


class Names:
    """The names of those terms and facts that a report shows; nothing is looked up for the others."""

    def __init__(self, columns: Columns, terms: Iterable[int], rows: Iterable[int]) -> None:
        self._rows = np.unique(np.array(list(rows), dtype=np.int64))
        ends = [getattr(columns, name)[self._rows] for name in ("subject", "predicate", "object")]
        self._terms = np.unique(np.concatenate([np.array(list(terms), dtype=np.int64), *ends]))
        language = (columns.kb.languages or ("en",))[0]
        part, self._terms = _excerpt(columns, self._terms, self._rows)
        self._table = part.terms.to_pylist()
        wording = Wording(part, language)
        self._labels = wording.labels().to_pylist()
        self._facts = part.facts.slice(0, len(self._rows)).to_pylist()
        self._said = wording.sentences(np.arange(len(self._rows))).to_pylist()

    def label(self, term: int) -> str:
        """Return a term's label, or what it would be called without one."""
        return _cut(self._labels[int(np.searchsorted(self._terms, term))])

    def term(self, term: int) -> dict[str, Any]:
        """Return `kind`, `value` (the IRI, the lexical form) and `label`; of a literal `datatype` and `language` too."""
        row = self._table[int(np.searchsorted(self._terms, term))]
        found = {"kind": row["kind"], "value": _cut(row["value"]), "label": self.label(term)}
        if row["kind"] == "literal":
            found |= {"datatype": row["datatype"], "language": row["language"]}
        return found

    def fact(self, row: int) -> dict[str, Any]:
        """Return `fact` (the hex id), `text` (the sentence that says it), `triple` (three strings) and `sources`."""
        place = int(np.searchsorted(self._rows, row))
        fact = self._facts[place]
        triple = [_written(self._table[fact[name]]) for name in ("subject", "predicate", "object")]
        text = _cut(self._said[place])
        return {"fact": fact["fact"].hex(), "text": text, "triple": triple, "sources": fact["sources"]}


def settle(findings: Sequence[Finding], names: Names) -> list[dict[str, Any]]:
    """Write findings as JSON.

    Args:
        findings: What the checks found.
        names: Made for the terms and rows of all their items.

    Returns:
        A dict for each, with the attributes of `Finding` as keys; an item has `terms`, `note`, `count` and `facts`.
    """
    return [
        {
            "id": finding.id,
            "area": finding.area,
            "severity": finding.severity,
            "what": finding.what,
            "do": finding.do,
            "count": finding.count,
            "items": [
                {
                    "terms": [names.term(term) for term in item.terms],
                    "note": "".join(
                        part if isinstance(part, str) else names.label(item.terms[part]) for part in item.note
                    ),
                    "count": int(item.count),
                    "facts": [names.fact(row) for row in item.facts],
                }
                for item in finding.items
            ],
        }
        for finding in findings
    ]


def _excerpt(columns: Columns, terms: Ints, rows: Ints) -> tuple[KnowledgeBase, Ints]:
    """A knowledge base of some terms and rows alone, and the numbers that its terms have in the whole one."""
    kb = columns.kb
    # A class stands in a sentence with an article: one fact more for each shows that it is one.
    stated = np.concatenate([columns.rows(predicate) for predicate in sorted(CLASS_OF)])
    over = columns.rows(RDFS + "subClassOf")
    classes, proof = np.concatenate([columns.object[stated], columns.subject[over]]), np.concatenate([stated, over])
    found, first = np.unique(classes, return_index=True)
    taken = np.concatenate([rows, np.sort(proof[first[np.isin(found, terms)]])])
    ends = {name: getattr(columns, name)[taken] for name in ("subject", "predicate", "object")}
    kept = np.unique(np.concatenate([terms, *ends.values()]))
    facts = pa.concat_tables([kb.facts, kb.axioms]).take(pa.array(taken, pa.int64()))
    for name, column in ends.items():
        facts = _set(facts, name, np.searchsorted(kept, column))
    tables = {
        "terms": kb.terms.take(pa.array(kept, pa.int64())),
        "labels": _renumbered(kb.labels, "term", kept),
        "facts": facts,
        "axioms": facts.slice(0, 0),
        "lexicon": _renumbered(kb.lexicon, "predicate", kept),
    }
    return replace(kb, tables=tables), kept


def _renumbered(table: pa.Table, name: str, kept: Ints) -> pa.Table:
    part = table.filter(pc.is_in(table[name], pa.array(kept, pa.uint32())))
    return _set(part, name, np.searchsorted(kept, part[name].to_numpy()))


def _set(table: pa.Table, name: str, numbers: Ints) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), pa.array(numbers, pa.uint32()))


def _written(row: dict[str, Any]) -> str:
    value = _cut(row["value"])
    if row["kind"] == "iri":
        return f"<{value}>"
    if row["kind"] == "blank":
        return f"_:{value}"
    tail = f"@{row['language']}" if row["language"] else ""
    short = (row["datatype"] or "").rpartition("#")[2]
    return f'"{value}"{tail or ("" if short in ("", "string") else f"^^{short}")}'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
