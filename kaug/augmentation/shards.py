"""An arm's rows → Arrow shards that `datasets` reads without kaug, with a dataset card."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from kaug.html.markdown import markdown_line
from kaug.store.files import write_whole
from kaug.tables import check_table, content_digest

__all__ = ["dataset_card", "read_shards", "write_shards"]

_HUB_LICENCES = (
    "cc0-1.0 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 pddl odc-by odbl gfdl mit apache-2.0 "
    "bsd-2-clause bsd-3-clause gpl-3.0 unlicense wtfpl"
)
"""Licence identifiers of the Hugging Face Hub; all others are "other"."""

_SIZES = {
    "n<1K": 10**3,
    "1K<n<10K": 10**4,
    "10K<n<100K": 10**5,
    "100K<n<1M": 10**6,
    "1M<n<10M": 10**7,
    "n>10M": math.inf,
}


def write_shards(table: pa.Table, folder: Path, *, card: str, rows_per_shard: int = 100_000) -> dict[str, int]:
    """Write EXAMPLES as a dataset on disk."""
    import datasets

    was_shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        # A fingerprint of the content; that of datasets differs between runs.
        mark = content_digest(*table["id"].to_pylist(), size=8)
        data = datasets.Dataset(check_table(table, "examples"), fingerprint=mark)
        data.save_to_disk(str(folder), num_shards=max(1, -(-table.num_rows // rows_per_shard)))
    finally:
        if was_shown:
            datasets.enable_progress_bars()
    write_whole(folder / "README.md", card)
    return count_rows(table)


def dataset_card(arm: str, table: pa.Table, origins: Mapping[str, Mapping[str, str]]) -> str:
    """Write the dataset card of an arm: description, row counts, sources and licences."""
    given = {source["licence"].lower() for source in origins.values()}
    licences = sorted({licence if licence in _HUB_LICENCES.split() else "other" for licence in given})
    header = {
        "pretty_name": f"kaug: {arm}",
        "license": licences[0] if len(licences) == 1 else licences,
        "language": sorted(set(table["language"].to_pylist())),
        "size_categories": [next(name for name, most in _SIZES.items() if table.num_rows < most)],
        "task_categories": ["text-generation", "question-answering"],
        "configs": [{"config_name": "default", "data_files": "*.arrow"}],
    }
    lines = ["---", *(f"{key}: {json.dumps(value)}" for key, value in header.items() if value), "---", ""]
    lines += [f"# Training rows of the arm {markdown_line(arm)}", "", "| rows | number |", "|---|---|"]
    lines += [
        f"| {markdown_line(name.removeprefix('rows '))} | {count:,} |" for name, count in count_rows(table).items()
    ]
    lines += [
        "",
        "Every row names its facts (`facts`) and where it says them (`spans`: field, start, end in characters).",
        "The loss falls on `completion`; `prompt` may be empty.",
        "",
        "| source | licence | origin | attribution |",
        "|---|---|---|---|",
    ]
    for key, source in sorted(origins.items()):
        cells = (key, *(source[name] for name in ("licence", "origin", "attribution")))
        lines.append(f"| {' | '.join(map(markdown_line, cells))} |")
    return "\n".join(lines) + "\n"


def count_rows(table: pa.Table) -> dict[str, int]:
    """Count EXAMPLES by family and form."""
    groups = table.group_by(["family", "form"]).aggregate([([], "count_all")]).to_pylist()
    return {
        f"rows {g['family']} {g['form']}": g["count_all"]
        for g in sorted(groups, key=lambda g: (g["family"], g["form"]))
    }


def read_shards(folder: Path) -> pa.Table:
    """Read the EXAMPLES that `write_shards` wrote."""
    import datasets

    return check_table(datasets.load_from_disk(str(folder)).data.table, "examples")
