"""A quality report → lines for a terminal, two files, and a page that loads nothing."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from kaug.curation.quality.check import SEVERITIES, counted
from kaug.curation.quality.findings import assess
from kaug.html import page, svg
from kaug.knowledge.knowledge_base import KnowledgeBase, find_kb, load_kb
from kaug.store.artifact import load, verify_file
from kaug.store.files import write_whole

__all__ = ["load_quality", "quality_lines", "quality_page", "write_quality"]

_PLURALS = {"error": ("error", "errors"), "warning": ("warning", "warnings"), "info": ("note", "notes")}
_SHARES = [0.0, 0.25, 0.5, 0.75, 1.0]


def quality_lines(report: Mapping[str, Any]) -> list[str]:
    """Summarise a quality report for a terminal.

    Args:
        report: The report that `assess` returned.

    Returns:
        A line of figures, a line for each finding, errors first, and a line of totals.

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
    """Write a quality report as one self-contained HTML page.

    Args:
        report: The report that `assess` returned, or `quality.json` read back.

    Returns:
        The page. Every value is escaped; invisible and directional characters are made visible.
    """
    worst = next((severity for severity in SEVERITIES if report["summary"][severity]), None)
    text = (
        page.environment("curation/quality")
        .get_template("page.html.j2")
        .render(
            report=report,
            severities=SEVERITIES,
            plurals=_PLURALS,
            worst=worst,
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
    """Draw bars from zero: rows of name, SVG and figure, and the axis under them."""
    ticks = svg.axis_ticks(0, max((sum(parts) for _, parts in rows), default=1) or 1, 4)
    drawn = [
        {
            "name": name,
            "svg": svg.bar_row(
                list(zip(parts, names, strict=True)),
                ticks,
                f"{page.visible(name)}: "
                + ", ".join(f"{part:,} {noun}" for part, noun in zip(parts, names, strict=True)),
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
        # Rounded down, so that 100% means all.
        lines.append({"name": name, "svg": drawn, "value": f"{int(share * 1000) / 10:g}%", "many": many})
    return {"source": row["source"], "entities": total, "lines": lines}
