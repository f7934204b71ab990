"""A quality report → `quality.html` and `quality.json`: a page that loads nothing, with plots and tables."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from kaug.curation.quality.report import AREAS, SEVERITIES, assess
from kaug.html import page, svg
from kaug.knowledge.knowledge_base import KnowledgeBase, find_kb, load_kb
from kaug.store.artifact import load, verify_file
from kaug.store.files import write_whole

__all__ = ["load_quality", "quality_page", "write_quality"]

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
    by_area = {
        area: found for area in AREAS if (found := [part for part in report["findings"] if part["area"] == area])
    }
    worst = next((severity for severity in SEVERITIES if report["summary"][severity]), None)
    text = (
        page.environment("curation/quality")
        .get_template("page.html.j2")
        .render(
            report=report,
            areas=by_area,
            titles=_TITLES,
            marks=_MARKS,
            severities=SEVERITIES,
            plurals=_PLURALS,
            worst=worst,
            tone={"error": "down", "warning": "unclear", "info": "unclear", None: "up"}[worst],
            sources=_bars(
                [(row["source"], [row["taught"], row["facts"] - row["taught"]]) for row in report["sources"]],
                ("taught", "kept"),
            ),
            predicates=_bars(
                [(row["term"]["label"], [row["taught"], row["facts"] - row["taught"]]) for row in report["predicates"]],
                ("taught", "kept"),
            ),
            degrees=_bars([(_span(bin), [bin["count"]]) for bin in report["structure"]["degrees"]], ("entities",)),
            components=_bars(
                [(_span(bin), [bin["count"]]) for bin in report["structure"]["components"] if bin["count"]], ("parts",)
            ),
            coverage=[_covered(row) for row in report["coverage"]],
            shares=svg.axis(_SHARES, ["0%", "25%", "50%", "75%", "100%"]),
        )
    )
    return page.visible(text, limit=len(text))


_SHARES = [0.0, 0.25, 0.5, 0.75, 1.0]


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
    of = row["entities"]
    lines: list[dict[str, Any]] = []
    for name, many in [("any language", row["any"]), *row["languages"].items()]:
        share = many / of if of else 0.0
        title = f"{row['source'] or 'all sources'}, {name}: {many:,} of {of:,}"
        drawn: Markup = svg.bar_row([(share, "taught")], _SHARES, title)
        lines.append({"name": name, "svg": drawn, "value": f"{_floor(share)}", "many": many})
    return {"source": row["source"], "entities": of, "lines": lines}


def _floor(share: float) -> str:
    # Rounded down, so that only what is whole is called 100%.
    return f"{int(share * 1000) / 10:g}%"


def _span(part: Mapping[str, int]) -> str:
    return f"{part['from']:,}" if part["from"] == part["to"] else f"{part['from']:,}–{part['to']:,}"
