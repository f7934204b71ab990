"""A knowledge base → its quality report as plain JSON, and the report → lines for a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kaug.curation.quality import figures
from kaug.curation.quality.columns import Columns, gather
from kaug.curation.quality.duplicates import check_duplicates
from kaug.curation.quality.finding import Finding, Item, Names, Severity, counted, settle
from kaug.curation.quality.labels import check_labels, check_lexicon
from kaug.curation.quality.literals import check_literals, check_mixed
from kaug.curation.quality.logic import check_disjoint, check_functional, check_property_axioms
from kaug.curation.quality.ranges import check_ranges
from kaug.curation.quality.shape import check_cycles, check_ends, check_islands
from kaug.knowledge.knowledge_base import KnowledgeBase

__all__ = ["AREAS", "SEVERITIES", "assess", "quality_lines"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From what must be mended to what is good to know."""

_CHECKS = (
    check_functional,
    check_disjoint,
    check_property_axioms,
    check_ranges,
    check_literals,
    check_mixed,
    check_labels,
    check_lexicon,
    check_duplicates,
    check_cycles,
    check_ends,
    check_islands,
)
_SHACL: dict[str, Severity] = {"Violation": "error", "Warning": "warning", "Info": "info"}


def assess(kb: KnowledgeBase, *, shapes: Sequence[Mapping[str, str]] | None = None, most: int = 20) -> dict[str, Any]:
    """Assess the quality of a knowledge base.

    Args:
        kb: The knowledge base.
        shapes: What `kaug.rdf.validate.check_shapes` found, if it was asked; it becomes findings too.
        most: How many cases a list shows; the total stands beside it.

    Returns:
        Plain JSON, the same for the same knowledge base: `languages`; `counts`; `summary` (the number of
        findings of each severity); `findings` (`id`, `area`, `severity`, `what`, `do`, `count`, `items`), errors first;
        `sources`, `rules`, `predicates`, `coverage`, `structure`, of which `docs/quality.md` says what they hold.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . @prefix r: <http://www.w3.org/2000/01/rdf-schema#> .'
        ...     ':a r:subClassOf :b . :b r:subClassOf :a .')
        >>> report = assess(build_kb([file]))
        >>> [finding["what"] for finding in report["findings"] if finding["id"] == "cycle"]
        ['1 cycle in hierarchies.']
    """
    c = gather(kb)
    found = [finding for check in _CHECKS for finding in check(c, most)] + _of_shapes(c, shapes, most)
    found.sort(key=lambda finding: (SEVERITIES.index(finding.severity), AREAS.index(finding.area), finding.id))
    predicates, rows = figures.by_predicate(c)
    hubs, shape = figures.structure(c, most)
    items = [item for finding in found for item in finding.items]
    terms = {term for item in items for term in item.terms} | set(predicates[:most].tolist()) | set(hubs.tolist())
    names = Names(c, terms, {row for item in items for row in item.facts})
    shape["hubs"] = [
        {"term": names.term(int(term)), "facts": facts} for term, facts in zip(hubs, shape["hubs"], strict=True)
    ]
    number = Counter(finding.severity for finding in found)
    sources, rules = figures.by_source(c), figures.by_rule(c)
    return {
        "languages": list(kb.languages),
        "counts": {
            "facts": c.facts,
            "taught": len(kb.taught),
            "inferred": sum(rule["facts"] for rule in rules),
            "axioms": kb.axioms.num_rows,
            "terms": c.terms,
            "entities": len(c.entities),
            "predicates": len(predicates),
            "labels": kb.labels.num_rows,
            "templates": kb.lexicon.num_rows,
        },
        "summary": {severity: number[severity] for severity in SEVERITIES},
        "findings": settle(found, names),
        "sources": sources[:most],
        "sources_total": len(sources),
        "rules": rules,
        "predicates": [
            {"term": names.term(int(term))} | row for term, row in zip(predicates[:most], rows, strict=False)
        ],
        "predicates_total": len(predicates),
        "coverage": figures.coverage(c)[: most + 1],
        "structure": shape,
        "shapes": None if shapes is None else len(shapes),
    }


AREAS = ("shapes", "logic", "values", "labels", "duplicates", "shape")


def quality_lines(report: Mapping[str, Any]) -> list[str]:
    """Say a quality report in short, for a terminal.

    Args:
        report: What `assess` returned.

    Returns:
        A line of figures, a line for each finding, the errors first, and a line that sums up.

    Examples:
        >>> counts = {"facts": 2, "entities": 3, "predicates": 1}
        >>> summary = {"error": 0, "warning": 0, "info": 0}
        >>> quality_lines({"counts": counts, "findings": [], "summary": summary})
        ['2 facts, 3 entities, 1 predicate', 'no finding']
    """
    counts, summary = report["counts"], report["summary"]
    head = ", ".join(
        counted(counts[key], one, key)
        for key, one in (("facts", "fact"), ("entities", "entity"), ("predicates", "predicate"))
    )
    lines = [f"{finding['severity']:7} {finding['id']}: {finding['what']}" for finding in report["findings"]]
    many = {"error": "errors", "warning": "warnings", "info": "notes"}
    one = {"error": "error", "warning": "warning", "info": "note"}
    total = ", ".join(counted(summary[key], one[key], many[key]) for key in SEVERITIES if summary[key])
    return [head, *lines, total or "no finding"]


def _of_shapes(c: Columns, shapes: Sequence[Mapping[str, str]] | None, most: int) -> list[Finding]:
    found = []
    for name, severity in _SHACL.items():
        groups: dict[str, list[str]] = {}
        for result in shapes or ():
            if result["severity"] == name:
                groups.setdefault(result["message"], []).append(result["focus"])
        items = []
        for message, nodes in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:most]:
            focus = sorted(set(nodes))[:3]
            numbers = c.find(focus).tolist()
            known = [number for number in numbers if number >= 0]
            lost = [node for node, number in zip(focus, numbers, strict=True) if number < 0]
            tail = f" ({', '.join(lost)})" if lost else ""
            items.append(Item(known, (f"{message}{tail}",), len(nodes), [row for n in known for row in c.about(n)[:1]]))
        total = sum(len(nodes) for nodes in groups.values())
        if total:
            what = f"{counted(total, 'result', 'results')} of SHACL with the severity {name}."
            do = "Mend the node, or the shape if it asks too much."
            found.append(Finding(f"shacl-{name.lower()}", "shapes", severity, what, do, total, items))
    return found
