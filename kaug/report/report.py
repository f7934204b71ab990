"""The content of a report → `report.html`, `report.md`, `report.json`, and a table for the terminal.

The HTML is one self-contained file without scripts, fonts or images from elsewhere, which its content security policy
enforces. All data in it is escaped.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pyarrow as pa
from rich.table import Table
from rich.text import Text

from kaug.arms import order_arms
from kaug.errors import TableError
from kaug.evaluation.gain import reading
from kaug.html import page
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.report import plots
from kaug.report.findings import title
from kaug.store.files import write_whole
from kaug.wording.wording import Wording

__all__ = ["describe_facts", "gains_table", "render_html", "render_markdown", "save_report", "worth_table"]

_MARKS = {"up": "▲", "down": "▼", "unclear": "○"}
_STYLES = {"up": "green", "down": "red", "unclear": "dim"}
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})
_SHOWN_APART = {"command", "training", "counts", "digests", "quality", "rows", "versions"}


def save_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Write the result of `build_report` as `report.json`, `report.md` and `report.html`, replacing older ones."""
    write_whole(folder / "report.json", json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    write_whole(folder / "report.md", render_markdown(report))
    write_whole(folder / "report.html", render_html(report))


def describe_facts(
    kb: KnowledgeBase, probes: pa.Table, answers: pa.Table, language: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the sentences and sources of all facts in probes and answers, for `build_report`."""
    facts = {fact for column in (probes["facts"], answers["retrieved"]) for row in column.to_pylist() for fact in row}
    if unknown := sorted(fact for fact in facts if fact not in kb.row_of):
        raise TableError(f"The fact {unknown[0]!r} of the exam or the answers is not in this knowledge base.")
    rows = np.array(sorted(kb.row_of[fact] for fact in facts), np.int64)
    ids = kb.hex_ids.take(pa.array(rows)).to_pylist()
    sources = [",".join(names) for names in kb.facts["sources"].take(pa.array(rows)).to_pylist()]
    sentences = Wording(kb, language).sentences(rows).to_pylist()
    return dict(zip(ids, sentences, strict=True)), dict(zip(ids, sources, strict=True))


def render_html(report: Mapping[str, Any]) -> str:
    """Render a report as one self-contained HTML page."""
    return _rendered("report.html.j2", report)


def render_markdown(report: Mapping[str, Any]) -> str:
    """Render a short report as GitHub-flavoured Markdown."""
    return _rendered("report.md.j2", report)


def gains_table(report: Mapping[str, Any]) -> Table:
    """Make a table of a report's gains for a terminal of at least 58 columns.

    Examples:
        >>> gain = {"arm": "augmented", "against": "base", "n": 9, "clusters": 9, "mean": 0.5, "low": 0.2, "high": 0.8}
        >>> gains_table({"gains": {"recall": [gain]}}).row_count
        3
    """
    table = Table(
        title="Gains, with 95% intervals",
        caption="▲ above zero   ▼ below zero   ○ zero is in the interval",
        box=None,
        pad_edge=False,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("arm: against", overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("gain", justify="right", no_wrap=True)
    table.add_column("95% interval", justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    titles = report.get("words", {}).get("titles", {})
    for group, gains in report["gains"].items():
        table.add_row(Text(page.visible(titles.get(group) or title(group)), style="bold"))
        for i, gain in enumerate(gains):
            if i == 0 or gain["arm"] != gains[i - 1]["arm"]:
                table.add_row(Text(f" {page.visible(gain['arm'])}:"))
            sense = reading(gain)
            table.add_row(
                Text(f"   {page.visible(gain['against'])}"),
                Text(_MARKS[sense], style=_STYLES[sense]),
                Text(page.signed(gain["mean"]), style=_STYLES[sense]),
                Text(page.interval(gain)),
                Text(page.count(gain["n"])),
                end_section=gain is gains[-1],
            )
    return table


def worth_table(worth: Mapping[str, Mapping[str, Mapping[str, Any]]], titles: Mapping[str, str]) -> Table:
    """Make a table of what each part of the rows is worth, with a column for each kind of probe; see `kaug.pipeline.ablate`.

    Examples:
        >>> gain = {"mean": 0.5, "low": 0.2, "high": 0.8}
        >>> worth_table({"question": {"recall": gain}, "passage": {"recall": gain}}, {}).row_count
        2
    """
    table = Table(
        title="What each part is worth, with 95% intervals",
        caption="▲ above zero   ▼ below zero   ○ zero is in the interval",
        box=None,
        pad_edge=False,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("part", overflow="fold")
    kinds = list(dict.fromkeys(kind for gains in worth.values() for kind in gains))
    for kind in kinds:
        table.add_column(page.visible(titles.get(kind) or title(kind)), justify="right")
    for part, gains in worth.items():
        cells = [
            Text(
                f"{_MARKS[reading(gain)]} {page.signed(gain['mean'])} {page.interval(gain)}",
                style=_STYLES[reading(gain)],
            )
            for gain in (gains[kind] for kind in kinds)
        ]
        table.add_row(Text(page.visible(part)), *cells)
    return table


def _rendered(template: str, report: Mapping[str, Any]) -> str:
    text = _environment().get_template(template).render(_view(report), plots=plots)
    return page.visible(text, limit=len(text))


def _view(report: Mapping[str, Any]) -> dict[str, Any]:
    gains, headline, run = report["gains"], report["headline"], report["run"]
    pairs = list(dict.fromkeys((gain["arm"], gain["against"]) for part in gains.values() for gain in part))
    by_pair = {(gain["arm"], gain["against"], group): gain for group, part in gains.items() for gain in part}
    open_book = set(report["shown_facts"])
    shown = {
        kind: [gain for gain in part if gain["arm"] == headline or {gain["arm"], gain["against"]} <= open_book]
        for kind, part in gains.items()
    }
    shown = {kind: part for kind, part in shown.items() if part}
    training = run.get("training") or {}
    training = {arm: training[arm] for arm in order_arms(list(training), report["arms"])}
    sections = {
        "gains": f"Gains of {headline}" if shown else "",
        "scores": "How each arm scores",
        "pairs": "All gains" if pairs else "",
        "samples": "Sample answers" if report["samples"] else "",
        "reading": "How to read this",
        "limits": "What this does not show",
        "training": "How each arm was trained" if training else "",
        "rows": "The training rows" if run.get("rows") else "",
        "quality": "The knowledge base" if run.get("quality") else "",
        "run": "The run",
    }
    return {
        "report": report,
        "run": run,
        "titles": report["words"]["titles"],
        "facts_of_run": {key: value for key, value in run.items() if key not in _SHOWN_APART},
        "sections": {key: heading for key, heading in sections.items() if heading},
        "groups": list(report["exam"]),
        "headline": headline,
        "pairs": pairs,
        "by_pair": by_pair,
        "shown": shown,
        "axis": plots.gain_axis([gain for part in shown.values() for gain in part]),
        "training": training,
        "marks": _MARKS,
    }


@functools.cache
def _environment() -> jinja2.Environment:
    environment = page.environment("report")
    environment.filters |= {"arm_class": plots.arm_class, "md": _markdown, "reading": reading}
    return environment


def _markdown(value: object) -> str:
    """Escape a value for one line of Markdown, tables included."""
    return " ".join(page.visible(str(value)).split()).translate(_MARKDOWN).replace("](", "]\\(")
