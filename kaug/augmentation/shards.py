"""An arm's rows → Arrow shards that `datasets` reads without kaug, with a dataset card."""

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from kaug.store.files import write_whole
from kaug.tables import check_table, content_digest

__all__ = ["dataset_card", "read_shards", "write_shards"]

ROWS_PER_SHARD = 100_000


def write_shards(table: pa.Table, folder: Path, *, card: str) -> dict[str, int]:
    """Write EXAMPLES as a dataset on disk.

    Args:
        table: EXAMPLES.
        folder: The folder to write into; `datasets.load_from_disk(folder)` reads it.
        card: The dataset card (Markdown), written as README.md.

    Returns:
        Number of rows by family and form.
    """
    import datasets

    was_shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        # A fingerprint of the content, where datasets would take one that differs from run to run.
        mark = content_digest(*table["id"].to_pylist(), size=8)
        data = datasets.Dataset(check_table(table, "examples"), fingerprint=mark)
        data.save_to_disk(str(folder), num_shards=max(1, -(-table.num_rows // ROWS_PER_SHARD)))
    finally:
        if was_shown:
            datasets.enable_progress_bars()
    write_whole(folder / "README.md", card)
    return count_rows(table)


def dataset_card(question: str, arm: str, table: pa.Table, origins: Mapping[str, Mapping[str, str]]) -> str:
    """Write the dataset card of an arm: what the rows are, how many, from which sources under which licences."""
    lines = [
        "---",
        f"pretty_name: {json.dumps(f'kaug: {arm}')}",
        "task_categories: [text-generation, question-answering]",
    ]
    lines += ["---", "", f"# Training rows of the arm `{arm}`", "", question, "", "| rows | number |", "|---|---|"]
    lines += [f"| {name.removeprefix('rows ')} | {count:,} |" for name, count in count_rows(table).items()]
    lines += [
        "",
        "Every row names its facts (`facts`) and where it says them (`spans`: field, start, end in characters).",
    ]
    lines += [
        "The loss falls on `completion`; `prompt` may be empty.",
        "",
        "| source | licence | origin | attribution |",
    ]
    lines += ["|---|---|---|---|"]
    lines += [
        f"| {key} | {of['licence']} | {of['origin']} | {of['attribution']} |" for key, of in sorted(origins.items())
    ]
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
