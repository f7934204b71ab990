"""What a check found, in numbers of terms and rows → plain JSON with IRIs, labels and example facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.arrays import Numbers
from kaug.curation.quality.columns import RDFS, Columns
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording
from kaug.words.terms import CLASS_OF

__all__ = ["AREAS", "FINDINGS", "SEVERITIES", "SHACL", "Finding", "Item", "Kind", "Names", "counted", "settle"]

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From what must be mended to what is good to know."""
AREAS = ("shapes", "logic", "values", "labels", "duplicates", "shape")
"""The sections of the report."""


SHACL: dict[str, Severity] = {"Violation": "error", "Warning": "warning", "Info": "info"}
"""The severities of SHACL's results as those of findings."""


class Kind(NamedTuple):
    """A kind of finding: its section, its severity, what it counts (`one|many`), the rest of its line, and what to do."""

    area: str
    severity: Severity
    counts: str
    what: str
    do: str


# fmt: off
FINDINGS = {
    **{
        f"shacl-{severity.lower()}": Kind("shapes", level, "result|results", f" of SHACL with the severity {severity}.",
            "Mend the node, or the shape if it asks too much.")
        for severity, level in SHACL.items()
    },
    "functional-conflict": Kind("logic", "error", "conflict|conflicts", ": more values than a functional property may have.",
        "Keep the right value, or say that the values are one thing (owl:sameAs), or drop the declaration."),
    "unsatisfiable-class": Kind("logic", "error", "class|classes",
        " can have no instance: below two classes said to be disjoint.",
        "Mend the superclass that is wrong, or take the disjointness back."),
    "disjoint-types": Kind("logic", "error", "entity is|entities are", " of two classes said to be disjoint.",
        "Remove the type that is wrong; if both are right, the disjointness is not."),
    "asymmetric-both-ways": Kind("logic", "error", "pair is|pairs are", " related both ways by an asymmetric property.",
        "Remove the direction that is wrong."),
    "irreflexive-to-itself": Kind("logic", "error", "entity is|entities are",
        " related to itself by an irreflexive or asymmetric property.", "Remove the fact."),
    "disjoint-properties": Kind("logic", "error", "pair is|pairs are", " related by two properties said to be disjoint.",
        "Remove the fact that is wrong."),
    "outside-domain": Kind("logic", "warning", "fact has|facts have", " a subject that is not of the declared domain.",
        "Give the subject the type, or correct the fact or the rdfs:domain."),
    "outside-range": Kind("logic", "warning", "fact has|facts have", " an object that is not of the declared range.",
        "Give the object the type, or correct the fact or the rdfs:range."),
    "looks-functional": Kind("logic", "warning", "subject has|subjects have",
        " several values of a predicate of which nearly all others have one ({predicates}).",
        "Look at each: a wrong value among right ones, or a predicate that may have several."),
    "invalid-literal": Kind("values", "error", "literal is|literals are", " not valid for the datatype.",
        "Correct the value or the datatype in the source."),
    "unknown-datatype": Kind("values", "error", "literal has|literals have", " a datatype that XML Schema does not have.",
        "Correct the datatype's name."),
    "mixes-things-and-values": Kind("values", "warning", "predicate has|predicates have", " both things and literals as objects.",
        "Make things of the literals, or split the predicate in two."),
    "mixes-datatypes": Kind("values", "warning", "predicate has|predicates have", " literals of several datatypes as objects.",
        "Bring the values to one datatype: usually the rare ones are slips."),
    "entity-without-label": Kind("labels", "warning", "entity has|entities have",
        " no label in any language kept, of {total:,} in facts.", "Add rdfs:label; until then the name below is taught."),
    "blank-node-without-label": Kind("labels", "warning", "blank node has|blank nodes have",
        " no label in any language kept, of {total:,} in facts.",
        "Give the node a label or an IRI with one, or leave its facts out of what is taught: its name is a digest."),
    "label-missing-in-language": Kind("labels", "info", "label is|labels are",
        " missing in a wanted language, of entities that have one in another.",
        "Add the labels, or take the language out of [knowledge] languages."),
    "shared-label": Kind("labels", "warning", "label is|labels are", " shared by several entities ({entities:,} in all).",
        "Merge those that are one thing; tell the others apart in their labels: a question cannot."),
    "several-preferred-labels": Kind("labels", "warning", "entity has|entities have",
        " several preferred labels in one language.",
        "Keep one; make the others skos:altLabel. Which one is said is otherwise settled by the alphabet."),
    "bad-language-tag": Kind("labels", "error", "label or value has|labels or values have", " a language tag that is not BCP 47.",
        "Correct the tag (ja, not jp; zh-Hant, not zh_TW): no wanted language matches it."),
    "empty-label": Kind("labels", "error", "label is|labels are", " empty.", "Remove the label, or write it."),
    "long-label": Kind("labels", "warning", "label is|labels are", " longer than {longest} characters.",
        "Give the thing a name, and keep the long text as rdfs:comment."),
    "predicate-without-lexicon": Kind("labels", "warning", "predicate has|predicates have",
        " no statement in the lexicon; {share:.0%} of the facts are said by rule.",
        "Read the sentences below; write kaug:statement and kaug:question for each predicate that reads badly."),
    "same-label-and-type": Kind("duplicates", "warning", "label is|labels are", " shared by entities of one type.",
        "Most likely one thing twice: merge them, or tell them apart in their labels."),
    "same-facts": Kind("duplicates", "info", "group|groups", " of entities of which exactly the same is said ({total:,} in all).",
        "Merge them if they are one thing; else say what tells them apart."),
    "same-as": Kind("duplicates", "info", "link|links", " of owl:sameAs.",
        "The facts of either are taught under its own name: merge them in the source if one name is enough."),
    "several-sources": Kind("duplicates", "info", "fact is|facts are", " stated by several sources, of {total:,}.",
        "Nothing: it is kept once. A large overlap may mean that one source is a copy of another."),
    "value-variants": Kind("duplicates", "warning", "group|groups",
        " of values that differ only in case, spaces or Unicode form.", "Settle on one way of writing, if they are meant alike."),
    "cycle": Kind("shape", "warning", "cycle|cycles", " in hierarchies.",
        "Remove the link that points the wrong way; a thing does not lie above itself."),
    "orphan": Kind("shape", "warning", "entity has|entities have", " a label but no fact.",
        "Say something of it, or leave it out: nothing is taught of it."),
    "unused-property": Kind("shape", "info", "property is|properties are", " declared and not used, of {total:,}.",
        "Nothing, if the vocabulary is another's; else a source may be missing."),
    "empty-class": Kind("shape", "info", "class has|classes have", " neither an instance nor a subclass, of {total:,}.",
        "Nothing, in an ontology without instances; else instances may be missing, or typed by another IRI."),
    "single-fact": Kind("shape", "info", "entity occurs|entities occur", " in one fact only, of {total:,}.",
        "Little can be asked of it: add facts where it matters."),
    "dangling": Kind("shape", "warning", "object is|objects are",
        " pointed at and not described, in namespaces that describe others.",
        "Look for a slip in the IRI, or describe the thing: label and type at least."),
    "foreign": Kind("shape", "info", "object lies|objects lie", " in {namespaces} of which no source says anything.",
        "Add a source that describes them, or labels at least."),
    "hub": Kind("shape", "info", "entity occurs|entities occur", " in {share:.0%} of the facts or more.",
        "See that such facts say something; else leave them out of what is taught: they crowd out others."),
    "islands": Kind("shape", "info", "",
        "The graph falls into {parts:,} parts; {outside} outside the largest, which has {largest:,}.",
        "Link them, if they belong together: no question of two hops crosses from one to another."),
}
# fmt: on
"""All kinds of findings by name. Figures in braces are those of `Finding.figures`."""

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
        id: Its name in `FINDINGS`.
        count: How many cases there are; `items` may be fewer. With none it is no finding.
        items: The most important cases.
        figures: Other figures of its line.
    """

    id: str
    count: int
    items: Sequence[Item] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """Its kind."""
        return FINDINGS[self.id]

    @property
    def what(self) -> str:
        """Its line, with the figures."""
        head = counted(self.count, *self.kind.counts.split("|")) if self.kind.counts else ""
        return head + self.kind.what.format(**self.figures)


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
        self._sentences = wording.sentences(np.arange(len(self._rows))).to_pylist()

    def label(self, term: int) -> str:
        """Return a term's label, or what it would be called without one."""
        return _cut(self._labels[int(np.searchsorted(self._terms, term))])

    def term(self, term: int) -> dict[str, Any]:
        """Return `kind`, `value` (the IRI, the lexical form) and `label`; of a literal `datatype` and `language` too."""
        row = self._table[int(np.searchsorted(self._terms, term))]
        named = {"kind": row["kind"], "value": _cut(row["value"]), "label": self.label(term)}
        return named | ({name: row[name] for name in ("datatype", "language")} if row["kind"] == "literal" else {})

    def fact(self, row: int) -> dict[str, Any]:
        """Return `fact` (the hex id), `text` (the sentence that says it), `triple` (three strings) and `sources`."""
        number = int(np.searchsorted(self._rows, row))
        fact = self._facts[number]
        triple = [_written(self._table[fact[name]]) for name in ("subject", "predicate", "object")]
        text = _cut(self._sentences[number])
        return {"fact": fact["fact"].hex(), "text": text, "triple": triple, "sources": fact["sources"]}


def settle(findings: Sequence[Finding], names: Names) -> list[dict[str, Any]]:
    """Write findings as JSON.

    Args:
        findings: What the checks found.
        names: Made for the terms and rows of all their items.

    Returns:
        A dict for each: `id`, `area`, `severity`, `what` (one line, with the figure), `do`, `count` and `items`; an item has
        `terms`, `note`, `count` and `facts`.
    """

    def written(item: Item) -> dict[str, Any]:
        note = [part if isinstance(part, str) else names.label(item.terms[part]) for part in item.note]
        return {
            "terms": [names.term(term) for term in item.terms],
            "note": "".join(note),
            "count": int(item.count),
            "facts": [names.fact(row) for row in item.facts],
        }

    return [
        {
            "id": finding.id,
            "area": finding.kind.area,
            "severity": finding.kind.severity,
            "what": finding.what,
            "do": finding.kind.do,
            "count": int(finding.count),
            "items": [written(item) for item in finding.items],
        }
        for finding in findings
    ]


def _excerpt(columns: Columns, terms: Numbers, rows: Numbers) -> tuple[KnowledgeBase, Numbers]:
    """A knowledge base of some terms and rows alone, and the numbers that its terms have in the whole one."""
    kb = columns.kb
    # A class stands in a sentence with an article: one fact more for each shows that it is one.
    stated = np.concatenate([columns.rows(predicate) for predicate in sorted(CLASS_OF)])
    over = columns.rows(RDFS + "subClassOf")
    classes, proof = np.concatenate([columns.object[stated], columns.subject[over]]), np.concatenate([stated, over])
    shown, first = np.unique(classes, return_index=True)
    taken = np.concatenate([rows, np.sort(proof[first[np.isin(shown, terms)]])])
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


def _renumbered(table: pa.Table, name: str, kept: Numbers) -> pa.Table:
    part = table.filter(pc.is_in(table[name], pa.array(kept, pa.uint32())))
    return _set(part, name, np.searchsorted(kept, part[name].to_numpy()))


def _set(table: pa.Table, name: str, numbers: Numbers) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), pa.array(numbers, pa.uint32()))


def _written(row: dict[str, Any]) -> str:
    value = _cut(row["value"])
    if row["kind"] != "literal":
        return f"<{value}>" if row["kind"] == "iri" else f"_:{value}"
    short = (row["datatype"] or "").rpartition("#")[2]
    datatype = "" if short in ("", "string") else f"^^{short}"
    return f'"{value}"' + (f"@{row['language']}" if row["language"] else datatype)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
