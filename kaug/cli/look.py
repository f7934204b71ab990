"""The read-only commands: search, describe, env."""

from pathlib import Path
from typing import Annotated, Any

import typer

from kaug.augmentation.corpus import read_corpus
from kaug.cli.options import Json, Out, Quiet, Set, app, print_json, print_lines, print_rich, set_logging
from kaug.pipeline.search import open_search, search
from kaug.progress import bars, silent
from kaug.retrieval.settings import MOST_FACTS

_AT_ONCE = 1024
"""Texts per search."""


@app.command("search")
def search_facts(
    pipeline: Annotated[
        Path,
        typer.Argument(metavar="PIPELINE|BUILD", help="A pipeline file; or a run's folder, such as build/quickstart."),
    ],
    text: Annotated[str | None, typer.Argument(help="Any text: a question, a sentence, a passage.")] = None,
    texts: Annotated[
        Path | None, typer.Option("--texts", help='Many texts: JSON lines with "text", or paragraphs of plain text.')
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=MOST_FACTS, help="How many facts for each text.")] = 10,
    hops: Annotated[
        int | None, typer.Option(min=1, help="How far from the terms named to look: 2 for their neighbours' facts too.")
    ] = None,
    out: Out = None,
    set_: Set = [],  # noqa: B006
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Retrieve the facts that texts are about, with the reason for each.

    With --json, one text gives a list of hits; a file of texts gives a line for each text, with its `id` and `hits`.
    The pipeline's [retrieval] sets filters, diversity and a budget of tokens; here they are set by
    `--set retrieval.filter.predicates='["capital"]'`, `--set retrieval.budget=100` and the like.

    Examples: `kaug search build/quickstart "Lomé"`, `kaug search pipelines/quickstart.toml "Lomé"`
    """
    if (text is None) == (texts is None):
        raise typer.BadParameter('Give one text, as in: kaug search BUILD "text"; or a file of them with --texts.')
    set_logging(False)
    settings = [*set_, *([] if hops is None else [f"retrieval.hops={hops}"])]
    with bars() as show:
        where = open_search(pipeline, out=out, settings=settings, show=silent if quiet else show)
        ids, searched = read_corpus(str(texts.resolve()), texts.parent) if texts else ([""], [text or ""])
        for start in range(0, len(searched), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            for name, one, hits in zip(ids[part], searched[part], search(where, searched[part], k), strict=True):
                if as_json:
                    print_json({"id": name, "hits": hits} if texts else hits)
                else:
                    _print_hits(name, one, hits)


def _print_hits(name: str, text: str, hits: list[dict[str, Any]]) -> None:
    """Print a text with its mentions underlined, and below it a line for each fact, the most relevant first."""
    from rich.table import Table
    from rich.text import Text

    marked = Text(text, overflow="fold")
    for hit in hits:
        if hit["start"] is not None:
            marked.stylize("bold underline", hit["start"], hit["end"])
    table = Table("", "relevance", "cosine", "why", "fact", "source", box=None, padding=(0, 2, 0, 0))
    for hit in hits:
        why = hit["reason"] if hit["mention"] is None else f"{hit['reason']}: {hit['mention']}"
        fact = Text(hit["sentence"])
        for step in hit["via"]:
            fact.append(f"\nvia {step}", "dim")
        figures = (f"{hit['relevance']:.2f}", f"{hit['score']:.2f}")
        table.add_row(str(hit["rank"]), *figures, Text(why), fact, Text(", ".join(hit["sources"])))
    print_rich(Text(f"{name}  ", "dim") + marked if name else marked)
    print_rich(table if hits else "No facts match this text.")
    print_rich()


@app.command("describe")
def describe_artifact(
    path: Annotated[Path, typer.Argument(help="An artifact's folder, a table (.arrow), or a run's folder.")],
    rows: Annotated[int, typer.Option(min=0, max=10_000, help="How many rows to show.")] = 5,
    as_json: Json = False,
) -> None:
    """Verify an artifact and show its stage, digests, counts, and the first rows of its tables."""
    from kaug.pipeline.describe import describe, readable

    about = describe(path, rows)
    print_lines(about if as_json else readable(about), as_json)


@app.command()
def env(as_json: Json = False) -> None:
    """Show this machine's versions, processor, accelerator, precision, models and cache."""
    from kaug.pipeline.describe import environment

    print_lines(environment(), as_json)
