"""A knowledge base → its quality report as JSON, as lines for a terminal, and as a page that loads nothing."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from kaug.curation.quality import figures
from kaug.curation.quality.columns import Columns, gather
from kaug.curation.quality.duplicates import check_duplicates
from kaug.curation.quality.finding import AREAS, SEVERITIES, SHACL, Finding, Item, Names, counted, settle
from kaug.curation.quality.labels import check_labels, check_lexicon
from kaug.curation.quality.literals import check_literals, check_mixed
from kaug.curation.quality.logic import check_disjoint, check_functional, check_property_axioms, check_ranges
from kaug.curation.quality.shape import check_cycles, check_ends, check_islands
from kaug.html import page, svg
from kaug.knowledge.knowledge_base import KnowledgeBase, find_kb, load_kb
from kaug.store.artifact import load, verify_file
from kaug.store.files import write_whole

__all__ = ["assess", "load_quality", "quality_lines", "quality_page", "write_quality"]

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
_MARKS = {"error": "✗", "warning": "▲", "info": "○"}
_PLURALS = {"error": ("error", "errors"), "warning": ("warning", "warnings"), "info": ("note", "notes")}
_TITLES = {
    "shapes": "Shapes",
    "logic": "Contradictions with the vocabulary",
    "values": "Values and datatypes",
    "labels": "Names and sentences",
    "duplicates": "Duplicates",
    "shape": "The shape of the graph",
}
_SHARES = [0.0, 0.25, 0.5, 0.75, 1.0]


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
    findings = [finding for check in _CHECKS for finding in check(c, most) if finding.count]
    findings += _of_shapes(c, shapes or (), most)
    order = [(SEVERITIES.index(one.kind.severity), AREAS.index(one.kind.area), one.id) for one in findings]
    findings = [finding for _, finding in sorted(zip(order, findings, strict=True), key=lambda pair: pair[0])]
    predicates, rows = figures.by_predicate(c)
    hubs, shape = figures.structure(c, most)
    items = [item for finding in findings for item in finding.items]
    terms = {term for item in items for term in item.terms} | set(predicates[:most].tolist()) | set(hubs.tolist())
    names = Names(c, terms, {row for item in items for row in item.facts})
    shape["hubs"] = [
        {"term": names.term(term), "facts": number} for term, number in zip(hubs, shape["hubs"], strict=True)
    ]
    severities = Counter(finding.kind.severity for finding in findings)
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
        "summary": {severity: severities[severity] for severity in SEVERITIES},
        "findings": settle(findings, names),
        "sources": sources[:most],
        "sources_total": len(sources),
        "rules": rules,
        "predicates": [{"term": names.term(term)} | row for term, row in zip(predicates[:most], rows, strict=False)],
        "predicates_total": len(predicates),
        "coverage": figures.coverage(c)[: most + 1],
        "structure": shape,
        "shapes": None if shapes is None else len(shapes),
    }


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
    total = ", ".join(counted(summary[key], *_PLURALS[key]) for key in SEVERITIES if summary[key])
    return [head, *lines, total or "no finding"]


def write_quality(
    kb: KnowledgeBase, folder: Path, *, shapes: Sequence[Mapping[str, str]] | None = None, most: int = 20
) -> dict[str, Any]:
    """Assess a knowledge base and write the report.

    Args:
        kb: The knowledge base.
        folder: An existing folder for `quality.json` and `quality.html`; older ones in it are replaced.
        shapes: See `assess`.
        most: See `assess`.

    Returns:
        The content of `quality.json`.

    Examples:
        >>> import tempfile; from kaug.knowledge.build import build_kb
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.ttl").write_text('@prefix : <urn:x:> . :togo :capital :lome .')
        >>> report = write_quality(build_kb([folder / "a.ttl"]), folder)
        >>> sorted(file.name for file in folder.iterdir())
        ['a.ttl', 'quality.html', 'quality.json']
    """
    report = assess(kb, shapes=shapes, most=most)
    write_whole(folder / "quality.json", json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    write_whole(folder / "quality.html", quality_page(report))
    return report


def load_quality(build: Path) -> tuple[dict[str, Any], Path | None]:
    """Read the quality report of a built knowledge base, or assess it where there is none.

    Args:
        build: A run's folder with `1-quality` in it, or a knowledge base's own folder, such as `1-knowledge`.

    Returns:
        The report as `assess` returns it, and its page; None if the report was not written when the knowledge base was
        built, or is about an earlier one.

    Raises:
        ArtifactError: There is no knowledge base, or a file of it or of the report was altered.
    """
    knowledge = find_kb(build)
    folder = knowledge.path.parent / "1-quality"
    if folder.is_dir():
        written = load(folder, stage="quality", verify=False)
        if written.inputs.get(knowledge.path.name) == knowledge.digest:
            report = json.loads(verify_file(written, "quality.json").read_text(encoding="utf-8"))
            return report, verify_file(written, "quality.html")
    return assess(load_kb(knowledge.path)), None


def quality_page(report: Mapping[str, Any]) -> str:
    """Write a quality report as one HTML page that stands by itself.

    Args:
        report: What `assess` returned, or `quality.json` read back.

    Returns:
        The page. Every value in it is escaped, and what would not show or would turn the text about is made visible.
    """
    by_area = {area: [finding for finding in report["findings"] if finding["area"] == area] for area in AREAS}
    worst = next((severity for severity in SEVERITIES if report["summary"][severity]), None)
    text = (
        page.environment("curation/quality")
        .get_template("page.html.j2")
        .render(
            report=report,
            areas={area: findings for area, findings in by_area.items() if findings},
            titles=_TITLES,
            marks=_MARKS,
            severities=SEVERITIES,
            plurals=_PLURALS,
            worst=worst,
            tone={"error": "down", "warning": "unclear", "info": "unclear", None: "up"}[worst],
            sources=_taught([(row["source"], row) for row in report["sources"]]),
            predicates=_taught([(row["term"]["label"], row) for row in report["predicates"]]),
            degrees=_binned(report["structure"]["degrees"], "entities"),
            components=_binned([bin for bin in report["structure"]["components"] if bin["count"]], "parts"),
            coverage=[_covered(row) for row in report["coverage"]],
            shares=svg.axis(_SHARES, ["0%", "25%", "50%", "75%", "100%"]),
        )
    )
    return page.visible(text, limit=len(text))


def _taught(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    parts = [(name, [row["taught"], row["facts"] - row["taught"]]) for name, row in rows]
    return _bars(parts, ("taught", "kept"))


def _binned(bins: Sequence[Mapping[str, int]], name: str) -> dict[str, Any]:
    spans = [f"{bin['from']:,}" + (f"–{bin['to']:,}" if bin["to"] > bin["from"] else "") for bin in bins]
    return _bars([(span, [bin["count"]]) for span, bin in zip(spans, bins, strict=True)], (name,))


def _bars(rows: Sequence[tuple[str, list[int]]], names: Sequence[str]) -> dict[str, Any]:
    """A plot of bars from zero: rows of name, SVG and figure, and the axis under them."""
    ticks = svg.axis_ticks(0, max((sum(parts) for _, parts in rows), default=1) or 1, 4)
    drawn = [
        {
            "name": name,
            "svg": svg.bar_row(
                list(zip(parts, names, strict=True)),
                ticks,
                f"{page.visible(name)}: "
                + ", ".join(f"{part:,} {what}" for part, what in zip(parts, names, strict=True)),
            ),
            "value": sum(parts),
        }
        for name, parts in rows
    ]
    return {"rows": drawn, "axis": svg.axis(ticks, [f"{tick:,.10g}" for tick in ticks])}


def _covered(row: Mapping[str, Any]) -> dict[str, Any]:
    total = row["entities"]
    lines = []
    for name, many in [("any language", row["any"]), *row["languages"].items()]:
        share = many / total if total else 0.0
        title = f"{row['source'] or 'all sources'}, {name}: {many:,} of {total:,}"
        drawn: Markup = svg.bar_row([(share, "taught")], _SHARES, title)
        # Rounded down, so that only what is whole is called 100%.
        lines.append({"name": name, "svg": drawn, "value": f"{int(share * 1000) / 10:g}%", "many": many})
    return {"source": row["source"], "entities": total, "lines": lines}


def _of_shapes(c: Columns, shapes: Sequence[Mapping[str, str]], most: int) -> Iterator[Finding]:
    for severity in SHACL:
        groups: dict[str, list[str]] = {}
        for result in shapes:
            if result["severity"] == severity:
                groups.setdefault(result["message"], []).append(result["focus"])
        items = []
        for message, nodes in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))[:most]:
            focus = sorted(set(nodes))[:3]
            numbers = c.find(focus).tolist()
            known = [number for number in numbers if number >= 0]
            lost = [node for node, number in zip(focus, numbers, strict=True) if number < 0]
            note = message + (f" ({', '.join(lost)})" if lost else "")
            items.append(Item(known, (note,), len(nodes), c.example_of(known)))
        if groups:
            yield Finding(f"shacl-{severity.lower()}", sum(map(len, groups.values())), items)
