"""A pipeline file → a run: the commands that build, train and measure."""

import contextlib
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from kaug.cli.options import (
    Check,
    Json,
    Limit,
    Out,
    PipelineFile,
    Quiet,
    Rebuild,
    Seed,
    Set,
    Verbose,
    app,
    print_lines,
    set_logging,
)
from kaug.errors import PipelineError, nearest
from kaug.pipeline import stages
from kaug.pipeline.lookup import check as check_run
from kaug.pipeline.prepare import build_knowledge
from kaug.pipeline.run import open_run, open_sources
from kaug.progress import Show, bars, silent
from kaug.store.artifact import load, lock

if TYPE_CHECKING:
    from kaug.importers import ImporterName


def _print_artifacts(run: Any, as_json: bool) -> None:
    if as_json:
        made = {
            name: {
                "path": str(one.path),
                "digest": one.digest,
                "counts": dict(one.counts),
                "details": dict(one.details),
            }
            for name, one in run.done.items()
        }
        print(json.dumps(made, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for name, one in run.done.items():
        counts = ", ".join(f"{value:,} {what}" for what, value in one.counts.items())
        console.print(Text(str(run.out / name), "bold"), f" {one.digest[:12]} ", counts, markup=False, soft_wrap=True)


def _print_report(report: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    from rich.console import Console

    from kaug.report.report import gains_table

    console = Console(highlight=False)
    console.print(gains_table(report))
    console.print(report["verdict"]["sentence"], markup=False)
    console.print(f"Report: {out / '6-report' / 'report.html'}", markup=False, soft_wrap=True)


_COMMANDS = {
    "augment": ("augment", "Write the training rows of every arm, as Arrow datasets."),
    "train": (
        "train",
        "Fine-tune a model for every arm and seed; an interrupted training is taken up at its last checkpoint.",
    ),
    "evaluate": ("report", "Have every arm sit the exam, and write the report."),
    "run": ("report", "Do all of it, from the sources to the report, taking up where it stopped."),
}


@app.command("build-kb")
def build_kb(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="PIPELINE|RDF...",
            help="A pipeline file; or RDF files, folders of them or patterns in quotes, to make a knowledge base of.",
        ),
    ],
    out: Out = None,
    importer: Annotated[
        str | None, typer.Option("--import", help="Import what is named first, which is no RDF: see `kaug import`.")
    ] = None,
    lexicon: Annotated[Path | None, typer.Option(help="How predicates are said, where no pipeline names it.")] = None,
    set_: Set = [],  # noqa: B006
    seed: Seed = None,
    limit: Limit = None,
    check: Check = False,
    rebuild: Rebuild = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the sources of a pipeline, embed and index the facts, and draw the exam; or build RDF without a pipeline."""
    set_logging(verbose)
    pipeline = inputs[0] if len(inputs) == 1 and inputs[0].suffix == ".toml" else None
    if pipeline and (importer or lexicon):
        raise PipelineError("--import and --lexicon are for sources without a pipeline file, which names its own.")
    if importer and check:
        raise PipelineError(
            "--check writes nothing, so it cannot import: `kaug import` first, then check the file it makes."
        )
    if not pipeline and out is None:
        raise PipelineError("Name the folder of the artifacts with --out, or a pipeline file.")
    with contextlib.nullcontext(silent) if quiet else bars() as show:
        if pipeline:
            run = open_run(pipeline, out=out, settings=_settings(set_, seed, limit), rebuild=rebuild, command=_typed())
        else:
            folder = cast("Path", out)
            sources = [_imported(importer, inputs, folder, show)] if importer else inputs
            run = open_sources(sources, folder, lexicon, _settings(set_, seed, limit), rebuild)
        if check:
            print_lines(check_run(run), as_json)
            return
        with lock(run.out):
            run.show = show
            (stages.STEPS["build-kb"] if pipeline else build_knowledge)(run)
    _print_artifacts(run, as_json)


def _imported(importer: str, inputs: list[Path], out: Path, show: Show) -> Path:
    from kaug.importers import ImporterName, run_importer

    if importer not in get_args(ImporterName):
        raise PipelineError(f"There is no importer {importer!r}.{nearest(importer, get_args(ImporterName))}")
    file = out / f"{importer}.nq"
    with lock(out), show(f"importing {importer}", None, "rows") as advance:
        run_importer(cast("ImporterName", importer), inputs, file, progress=advance)
    return file


def _settings(settings: list[str], seed: int | None, limit: int | None) -> list[str]:
    given = [f"seeds=[{seed}]"] if seed is not None else []
    return [*settings, *given, *([f"knowledge.limit={limit}"] if limit is not None else [])]


def _typed() -> str:
    return shlex.join(["kaug", *sys.argv[1:]])


def _add_command(name: str, wanted: str, text: str) -> None:
    @app.command(name, help=text)
    def command(
        pipeline: PipelineFile,
        out: Out = None,
        set_: Set = [],  # noqa: B006
        seed: Seed = None,
        limit: Limit = None,
        check: Check = False,
        rebuild: Rebuild = False,
        as_json: Json = False,
        quiet: Quiet = False,
        verbose: Verbose = False,
    ) -> None:
        set_logging(verbose)
        settings = _settings(set_, seed, limit)
        run = open_run(pipeline, out=out, settings=settings, rebuild=rebuild, command=_typed())
        if check:
            print_lines(check_run(run), as_json)
            return
        with lock(run.out), contextlib.nullcontext(silent) if quiet else bars() as show:
            run.show = show
            result = stages.STEPS[wanted](run)
        if wanted == "report":
            _print_report(result, run.out, as_json)
        else:
            _print_artifacts(run, as_json)


for _name, (_wanted, _text) in _COMMANDS.items():
    _add_command(_name, _wanted, _text)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="BUILD", help="A run's folder, such as build/quickstart.")],
    as_json: Json = False,
) -> None:
    """Print the table of gains of a finished run, and where its report stands."""
    place = folder if (folder / "report.json").exists() else folder / "6-report"
    load(place, stage="report")
    found = json.loads((place / "report.json").read_text(encoding="utf-8"))
    _print_report(found, place.parent, as_json)
