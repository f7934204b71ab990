"""Artifacts and this machine → what they hold: the commands that only look."""

import json
from pathlib import Path
from typing import Annotated

import typer

from kaug.artifact import lock
from kaug.cli.options import Json, Out, PipelineFile, Quiet, Set, app, print_lines, set_logging
from kaug.lookup import search as search_run
from kaug.progress import bars
from kaug.run import open_run


@app.command()
def search(
    pipeline: PipelineFile,
    text: Annotated[str, typer.Argument(help="Any text: a question, a sentence, a passage.")],
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="How many facts.")] = 10,
    out: Out = None,
    set_: Set = [],  # noqa: B006
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find the facts that a text is about, and say why each was found."""
    set_logging(False)
    one = open_run(pipeline, out=out, settings=set_)
    with lock(one.out), bars() as show:
        one.show = one.show if quiet else show
        hits = search_run(one, text, k)
    if as_json:
        print(json.dumps(hits, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("score", "why", "mention", "fact", "source", box=None)
    for hit in hits:
        table.add_row(
            f"{hit['score']:.2f}", hit["reason"], hit["mention"] or "", hit["sentence"], ", ".join(hit["sources"])
        )
    Console(highlight=False).print(table if hits else "No fact was found for this text.", markup=False)


@app.command()
def inspect(
    path: Annotated[Path, typer.Argument(help="An artifact's folder, a table (.arrow), or a row's dataset.")],
    rows: Annotated[int, typer.Option(help="How many rows to show.")] = 5,
    as_json: Json = False,
) -> None:
    """Show what an artifact holds: stage, digests, counts, and the first rows of its tables."""
    from kaug.inspect import describe

    found = describe(path, rows)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, default=str))
        return
    for title, lines in found.items():
        print(f"{title}:")
        for line in lines if isinstance(lines, list) else [lines]:
            print(f"  {json.dumps(line, ensure_ascii=False, default=str) if isinstance(line, dict) else line}")


@app.command()
def env(as_json: Json = False) -> None:
    """Say what this machine has: versions, models, cache, accelerator."""
    from kaug.inspect import environment

    print_lines(environment(), as_json)
