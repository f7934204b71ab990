"""The commands about the training rows of a run."""

from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kaug.cli.options import Json, app, listing, print_json, print_lines, print_rich
from kaug.errors import PipelineError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from kaug.store.artifact import Artifact

Run = Annotated[Path, typer.Argument(metavar="BUILD", help="A run's folder, such as build/quickstart.")]
Arm = Annotated[str, typer.Option("--arm", metavar="ARM", help="The arm whose rows are meant.")]


_COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red")
_IN_TERMINAL, _ON_PAGE = 10, 300
_LONGEST, _MOST_FACTS = 2_000, 20


@app.command()
def inspect(
    build: Run,
    arm: Arm,
    form: Annotated[str | None, typer.Option(help="Only rows of this form.")] = None,
    entity: Annotated[str | None, typer.Option(help="Only rows with a fact about it: a label or an IRI.")] = None,
    predicate: Annotated[str | None, typer.Option(help="Only rows with a fact of it: a label or an IRI.")] = None,
    source: Annotated[str | None, typer.Option(help="Only rows with a fact that this source states: its id.")] = None,
    text: Annotated[str | None, typer.Option(help="Only rows that hold this text, in any case.")] = None,
    split: Annotated[str, typer.Option(help="The split.")] = "train",
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help=f"How many rows. [default: {_IN_TERMINAL}, on a page {_ON_PAGE}]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other rows.")] = 0,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page of rows instead.")] = None,
    as_json: Json = False,
) -> None:
    """Show training rows of an arm, drawn at random, each with its facts and where those come from.

    With --json, a line for each row.

    Example: `kaug inspect build/quickstart --arm augmented --entity Togo`
    """
    from rich.console import Group

    from kaug.augmentation.inspect import Wanted, describe_rows, draw_rows
    from kaug.augmentation.shards import read_shards
    from kaug.knowledge.knowledge_base import load_kb
    from kaug.report.rows import rows_page
    from kaug.store.files import write_whole

    made, kb = _rows_of(build, arm), load_kb(build)
    wanted = Wanted(form, text, entity, predicate, source)
    limit = limit or (_ON_PAGE if html else _IN_TERMINAL)
    drawn = draw_rows(read_shards(made.path, split), kb, limit, seed=seed, wanted=wanted)
    rows = describe_rows(drawn, kb, arm)
    if html:
        write_whole(html, rows_page(rows, title=f"Rows of {arm}", arms={arm: _meaning(arm)}))
        print_lines({"file": str(html), "rows": len(rows)}, as_json)
        return
    for row in rows:
        print_json(row) if as_json else print_rich(Group(*_told(row)))
    if not rows and not as_json:
        print_lines(["No rows fit."])


def _meaning(arm: str) -> str:
    from kaug.arms import ARMS

    return ARMS[arm].meaning if arm in ARMS else "an arm of this pipeline"


def _told(row: dict[str, Any]) -> "Iterator[RenderableType]":
    """Tell a row: what it is; prompt ▸ completion, each fact in its colour; and its facts, with where they come from."""
    from rich.padding import Padding
    from rich.text import Text

    def below(text: Text, left: int) -> Padding:
        return Padding(text, (0, 0, 0, left), expand=False)

    from kaug.augmentation.inspect import cut_at_spans

    yield Text(" · ".join(filter(None, (row["form"], row["family"], row["language"], row["id"]))), "dim")
    colours = list(islice(cycle(_COLOURS), len(row["facts"])))
    said = Text()
    for field in ("prompt", "completion"):
        for piece, facts in cut_at_spans(row[field], [s for s in row["spans"] if s["field"] == field], _LONGEST):
            said.append(piece, f"underline {colours[facts[0]]}" if facts else None)
        said.append(" ▸ " if field == "prompt" and row[field] else "", "bold")
    yield said
    for name in ("query", "proof"):
        if row[name]:
            yield below(Text.assemble((f"{name} ", "dim"), row[name]), 2)
    for number, (fact, colour) in enumerate(zip(row["facts"][:_MOST_FACTS], colours, strict=False), start=1):
        yield below(Text.assemble((f"{number} ", "dim"), (fact["sentence"], colour)), 2)
        yield below(Text(_path(fact), "dim"), 4)
    if (more := len(row["facts"]) - _MOST_FACTS) > 0:
        yield below(Text(f"… {more:,} more facts", "dim"), 2)
    yield Text()


def _path(fact: dict[str, Any]) -> str:
    """Tell how a fact came into a row: source, triple, template."""
    sources = ", ".join(
        f"{one['id']} ({', '.join(filter(None, (one['file'], one['licence'])))})" for one in fact["sources"]
    )
    stated = f"inferred by {fact['rule']}" + (f" from {sources}" if sources else "") if fact["rule"] else sources
    templates = ", ".join(f"“{template}”" for template in fact["templates"])
    return " → ".join(filter(None, (stated, " ".join(fact["triple"]), templates))) + f" · {fact['id']}"


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
