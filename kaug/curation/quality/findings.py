"""A knowledge base → its quality report as JSON: findings with labels and example facts, and figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from kaug.curation.quality import duplicates, figures, labels, logic, shape, values, vocabulary
from kaug.curation.quality.check import SEVERITIES, Cases, Check, Severity, fill
from kaug.curation.quality.graph import Graph
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

__all__ = ["AREAS", "FINDINGS", "assess"]

_SHACL: dict[str, Severity] = {"Violation": "error", "Warning": "warning", "Info": "info"}
AREAS = {
    "logic": logic.CHECKS,
    "values": values.CHECKS,
    "labels": labels.CHECKS,
    "duplicates": duplicates.CHECKS,
    "shape": shape.CHECKS,
    "vocabulary": vocabulary.CHECKS,
}
"""The checks by the sections of the report; results of SHACL, the section `shapes`, come before them."""
_ENDS = ("subject", "predicate", "object")
_LONGEST = 200


def assess(kb: KnowledgeBase, *, shapes: Sequence[Mapping[str, str]] | None = None, most: int = 20) -> dict[str, Any]:
    """Assess the quality of a knowledge base.

    Args:
        kb: The knowledge base.
        shapes: The results of `kaug.rdf.validate.check_shapes`, reported as findings; None if it was not run.
        most: The maximum number of cases in a list; totals count all.

    Returns:
        Plain JSON, the same for the same knowledge base: `languages`; `counts`; `teaching`; `summary` (the number of
        findings of each severity); `findings` (`id`, `area`, `severity`, `what`, `do`, `count`, `items`), errors first;
        `sources`, `rules`, `predicates`, `coverage`, `structure`, which `docs/quality.md` describes.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . @prefix r: <http://www.w3.org/2000/01/rdf-schema#> .'
        ...     ':a r:subClassOf :b . :b r:subClassOf :a .')
        >>> report = assess(build_kb([file]))
        >>> [finding["what"] for finding in report["findings"] if finding["id"] == "cycle"]
        ['1 cycle in hierarchies.']
    """
    g = Graph(kb)
    findings = _find(g, _shape_checks(shapes or ()), most)
    shown = [(finding.check, case) for finding in findings for case in finding.cases]
    predicates, structure = figures.by_predicate(g), figures.structure(g, most)
    _add_examples(g, shown)
    teaching = figures.teaching(g, most)
    drawn = [teaching["taught"], *teaching["untaught"]]
    terms = {term for _, case in shown for term in case["terms"]}
    terms |= {row["predicate"] for row in predicates[:most]} | {hub["term"] for hub in structure["hubs"]}
    rows = {row for _, case in shown for row in case["facts"]} | {row for part in drawn for row in part["rows"]}
    names = _Names(kb, terms, rows)
    for part in drawn:
        part["facts"] = [names.fact(row) for row in part.pop("rows")]
    structure["hubs"] = [hub | {"term": names.term(hub["term"])} for hub in structure["hubs"]]
    severities = Counter(finding.check.severity for finding in findings)
    sources, rules = figures.by_source(g), figures.by_rule(g)
    return {
        "languages": list(kb.languages),
        "counts": {
            "facts": len(kb),
            "taught": len(kb.taught),
            "inferred": sum(rule["facts"] for rule in rules),
            "axioms": kb.axioms.num_rows,
            "terms": kb.terms.num_rows,
            "entities": len(g.entities),
            "predicates": len(predicates),
            "labels": kb.labels.num_rows,
            "templates": kb.lexicon.num_rows,
        },
        "teaching": teaching,
        "summary": {severity: severities[severity] for severity in SEVERITIES},
        "findings": [finding.settle(names) for finding in findings],
        "sources": sources[:most],
        "sources_total": len(sources),
        "rules": rules,
        "predicates": [{"term": names.term(row.pop("predicate"))} | row for row in predicates[:most]],
        "predicates_total": len(predicates),
        "coverage": figures.coverage(g)[: most + 1],
        "structure": structure,
        "shapes": None if shapes is None else len(shapes),
    }


class _Names:
    """The labels of those terms and the sentences of those rows that a report shows."""

    def __init__(self, kb: KnowledgeBase, terms: set[int], rows: set[int]) -> None:
        # Shown axioms get sentences like facts.
        shown, count = sorted(rows), len(kb)
        axioms = kb.axioms.take(pa.array([row - count for row in shown if row >= count], pa.int64()))
        kb = kb.with_tables(facts=pa.concat_tables([kb.facts, axioms]), axioms=kb.axioms.slice(0, 0))
        positions = [*(row for row in shown if row < count), *range(count, len(kb))]
        facts = kb.facts.take(pa.array(positions, pa.int64())).to_pylist()
        numbers = sorted(terms | {fact[end] for fact in facts for end in _ENDS})
        wording = Wording(kb, (kb.languages or ("en",))[0])
        # Sentences need the labels of all predicates; one call for all is faster.
        wording.labels(np.union1d(numbers, kb.facts["predicate"].to_numpy()).astype(np.int64))
        labels = wording.labels(np.array(numbers, dtype=np.int64)).to_pylist()
        self._labels = {term: _cut(label) for term, label in zip(numbers, labels, strict=True)}
        self._terms = dict(zip(numbers, kb.terms.take(pa.array(numbers, pa.int64())).to_pylist(), strict=True))
        self._facts = dict(zip(shown, facts, strict=True))
        self._sentences = dict(zip(shown, wording.sentences(positions).to_pylist(), strict=True))

    def label(self, term: int) -> str:
        """Return a term's label, or the name shown for a term without one."""
        return self._labels[term]

    def term(self, term: int) -> dict[str, Any]:
        """Return `kind`, `value` (the IRI, the lexical form) and `label`; of a literal `datatype` and `language` too."""
        row = self._terms[term]
        named = {"kind": row["kind"], "value": _cut(row["value"]), "label": self._labels[term]}
        return named | ({name: row[name] for name in ("datatype", "language")} if row["kind"] == "literal" else {})

    def fact(self, row: int) -> dict[str, Any]:
        """Return `fact` (the hex id), `text` (its sentence), `triple` (three strings) and `sources`."""
        fact = self._facts[row]
        triple = [_written(self._terms[fact[end]]) for end in _ENDS]
        text = _cut(self._sentences[row])
        return {"fact": fact["fact"].hex(), "text": text, "triple": triple, "sources": fact["sources"]}


def _written(row: dict[str, Any]) -> str:
    value = _cut(row["value"])
    if row["kind"] != "literal":
        return f"<{value}>" if row["kind"] == "iri" else f"_:{value}"
    short = (row["datatype"] or "").rpartition("#")[2]
    datatype = "" if short in ("", "string") else f"^^{short}"
    return f'"{value}"' + (f"@{row['language']}" if row["language"] else datatype)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class _Finding(NamedTuple):
    """A check with the cases that are shown, as rows of its table, and the figures of its line."""

    area: str
    check: Check
    cases: list[dict[str, Any]]
    figures: dict[str, Any]

    def settle(self, names: _Names) -> dict[str, Any]:
        """Write the finding as JSON."""
        items = []
        for case in self.cases:
            labels = [names.label(term) for term in case["terms"]]
            items.append(
                {
                    "terms": [names.term(term) for term in case["terms"]],
                    "note": fill(self.check.note, *labels, last=labels[-1] if labels else "", **case),
                    "count": case["count"],
                    "facts": [names.fact(row) for row in case["facts"]],
                }
            )
        return {
            "id": self.check.id,
            "area": self.area,
            "severity": self.check.severity,
            "what": fill(self.check.line, **self.figures),
            "do": self.check.advice,
            "count": self.figures["count"],
            "items": items,
        }


def _find(g: Graph, shapes: list[Check], most: int) -> list[_Finding]:
    """Run all checks; keep the `most` important cases of each. Errors first."""
    findings = []
    for area, checks in {"shapes": shapes, **AREAS}.items():
        for check in checks:
            if check.needs and not g.named(*check.needs):
                continue
            table, figures = result if isinstance(result := check.find(g), tuple) else (result, {})
            figures = {"count": len(table), **figures}
            if figures["count"]:
                cases = [{"count": 1, **case, "facts": case.get("facts") or []} for case in table.head(most).to_dicts()]
                findings.append(_Finding(area, check, cases, figures))
    areas = ["shapes", *AREAS]
    return sorted(findings, key=lambda one: (SEVERITIES.index(one.check.severity), areas.index(one.area), one.check.id))


def _add_examples(g: Graph, shown: list[tuple[Check, dict[str, Any]]]) -> None:
    """Add the examples that a check requires to cases without facts."""
    for axioms in (False, True):
        cases = [
            (check, case)
            for check, case in shown
            if (check.examples == "about with axioms") == axioms and check.examples
        ]
        wanted = [case.get("members", case["terms"])[: 3 if check.examples == "each" else 1] for check, case in cases]
        about = g.about([term for terms in wanted for term in terms], axioms=axioms)
        for (check, case), terms in zip(cases, wanted, strict=True):
            case["facts"] = [row for term in terms for row in about[term][: 1 if check.examples == "each" else None]]


def _shape_checks(shapes: Sequence[Mapping[str, str]]) -> list[Check]:
    """A check for each severity of SHACL's results."""
    return [
        Check(
            f"shacl-{name.lower()}",
            severity,
            f"{{count:result|results}} of SHACL with the severity {name}.",
            "Correct the node, or the shape if it is too strict.",
            partial(_broken_shapes, results=[result for result in shapes if result["severity"] == name]),
            "{note}",
            "each",
        )
        for name, severity in _SHACL.items()
    ]


def _broken_shapes(g: Graph, results: Sequence[Mapping[str, str]]) -> Cases:
    """The results of SHACL by message; nodes that the knowledge base lacks are named in the note."""
    groups: dict[str, set[str]] = {}
    for result in results:
        groups.setdefault(result["message"], set()).add(result["focus"])
    counts = Counter(result["message"] for result in results)
    focus = {message: sorted(nodes)[:3] for message, nodes in groups.items()}
    iris = pl.col("value").is_in([node for nodes in focus.values() for node in nodes])
    known = dict(g.terms.filter(pl.col("kind") == "iri", iris).select("value", "term").iter_rows())
    cases = []
    for message, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        lost = [node for node in focus[message] if node not in known]
        note = message + (f" ({', '.join(lost)})" if lost else "")
        cases.append(([known[node] for node in focus[message] if node in known], note, count))
    table = pl.DataFrame(
        cases, ["terms", "note", "count"], orient="row", schema_overrides={"terms": pl.List(pl.UInt32)}
    )
    return table, {"count": len(results)}


FINDINGS = {check.id: check for checks in (_shape_checks(()), *AREAS.values()) for check in checks}
"""All kinds of findings by name."""
