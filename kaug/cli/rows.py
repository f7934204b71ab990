"""The commands about the training rows of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kaug.cli.options import Json, app, listing, print_lines
from kaug.errors import PipelineError, nearest

if TYPE_CHECKING:
    from kaug.store.artifact import Artifact

Run = Annotated[Path, typer.Argument(metavar="BUILD", help="A run's folder, such as build/quickstart.")]
Arm = Annotated[str, typer.Option("--arm", metavar="ARM", help="The arm whose rows are meant.")]


@app.command("export-rows", cls=listing("exporters"))
def export_rows(
    build: Run,
    arm: Arm,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="File of one split, .parquet, .jsonl or .jsonl.gz; or a folder, whose name has no ending, of all splits.",
        ),
    ],
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="The columns; see below.")] = "examples",
    split: Annotated[
        str | None, typer.Option(help="The split. [default: train in a file, all in a folder]", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the training rows of an arm in a format that other trainers read.

    Example: `kaug export-rows build/quickstart --arm augmented --format messages -o rows.jsonl`
    """
    from kaug.augmentation.exporters import write_rows
    from kaug.augmentation.shards import read_shards, splits_of

    made = _rows_of(build, arm)
    chosen = [split or "train"] if out.suffix or split else splits_of(made.path)
    tables = {name: read_shards(made.path, name) for name in chosen}
    card = (made.path / "README.md").read_text(encoding="utf-8")
    written = write_rows(tables, out, format_, card)
    rows = {name: table.num_rows for name, table in tables.items()}
    print_lines({"file": str(out), "rows": written, **(rows if len(rows) > 1 else {})}, as_json)


@app.command()
def push(
    build: Run,
    arm: Arm,
    to: Annotated[str, typer.Option(metavar="USER/NAME", help="The dataset on the Hugging Face Hub.")],
    public: Annotated[
        bool, typer.Option("--public", help="Make a new dataset public, for all to read. [default: private]")
    ] = False,
    as_json: Json = False,
) -> None:
    """Upload the training rows of an arm, with their card, to the Hugging Face Hub.

    The token is that of `hf auth login`, or in HF_TOKEN. Nothing else that kaug does writes to the Hub.

    Example: `kaug push build/quickstart --arm augmented --to you/countries`
    """
    from kaug.augmentation.push import push_rows

    print_lines(push_rows(_rows_of(build, arm), to, public=public), as_json)


def _rows_of(build: Path, arm: str) -> "Artifact":
    from kaug.store.artifact import load

    arms = [path.name for path in (build / "4-shards").glob("[!.]*")]
    if arm not in arms:
        raise PipelineError(
            f"{build}: has no rows of an arm {arm!r}.{nearest(arm, arms) or ' `kaug augment` writes them.'}"
        )
    return load(build / "4-shards" / arm, stage="augmentation")
