"""A pipeline file, or RDF → a run: the commands that build, train and measure."""

import contextlib
import json
import shlex
import sys
from collections.abc import Iterator, Sequence
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
    listing,
    print_lines,
    set_logging,
)
from kaug.errors import PipelineError, nearest
from kaug.pipeline.check import PlannedStage, check, planned
from kaug.pipeline.estimate import duration, seconds_for
from kaug.pipeline.execute import Store
from kaug.pipeline.project import Project, open_project, project_of
from kaug.pipeline.run import load_report, run_project
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.stage import Inputs, Stage
from kaug.pipeline.starter import knowledge_only, starter_text
from kaug.progress import Show, bars, silent
from kaug.rdf.sources import source_of
from kaug.store.artifact import lock
from kaug.store.digests import safe_name
from kaug.store.files import write_whole

if TYPE_CHECKING:
    from kaug.importers import ImporterName


def _print_artifacts(inputs: Inputs, out: Path, as_json: bool) -> None:
    if as_json:
        made = {
            name: {
                "path": str(one.path),
                "digest": one.digest,
                "counts": dict(one.counts),
                "details": dict(one.details),
            }
            for name, one in inputs.artifacts.items()
        }
        print(json.dumps(made, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for name, one in inputs.artifacts.items():
        counts = ", ".join(f"{value:,} {what}" for what, value in one.counts.items())
        console.print(Text(str(out / name), "bold"), f" {one.digest[:12]} ", counts, markup=False, soft_wrap=True)


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


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Show]:
    with contextlib.nullcontext(silent) if quiet else bars() as show:
        yield show


def _run(project: Project, command: str, *, rebuild: bool, quiet: bool) -> Inputs:
    with lock(project.out), _progress(quiet) as show:
        project.show = show

        def announce(stage: Stage) -> None:
            seconds = None if quiet else seconds_for(stage, project)
            if seconds is not None and seconds >= 10:
                _say(f"{stage.title}: about {duration(seconds)}")

        return run_project(project, command, store=Store(project.out, rebuild, show, announce))


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _print_plan(project: Project, stages: Sequence[PlannedStage]) -> None:
    """Print on stderr what will be made, and how long it is expected to take."""
    total = 0.0
    names, titles = (
        max(map(len, column)) + 2 for column in ([s.stage.name for s in stages], [s.stage.title for s in stages])
    )
    for one in stages:
        seconds = seconds_for(one.stage, project) if one.state == "make" else 0.0
        total += seconds or 0.0
        expected = "finished" if one.state == "finished" else f"about {duration(seconds)}" if seconds else ""
        _say(f"  {one.stage.name:{names}}{one.stage.title:{titles}}{expected}".rstrip())
    _say(f"In all about {duration(total)} on this machine, in {project.out}." if total else f"In {project.out}.")


def _print_check(project: Project, command: str, as_json: bool) -> None:
    found = check(project, command)
    stages = planned(project, command)
    if as_json:
        print_lines({**found, "plan": {one.stage.name: one.state for one in stages}}, as_json)
        return
    print_lines(found, as_json)
    print("plan:")
    for one in stages:
        seconds = seconds_for(one.stage, project) if one.state == "make" else None
        expected = f", about {duration(seconds)}" if seconds else ""
        print(f"  {one.stage.name}: {one.state}{expected}")


def _settings(settings: list[str], seed: int | None, limit: int | None) -> list[str]:
    given = [f"seeds=[{seed}]"] if seed is not None else []
    return [*settings, *given, *([f"knowledge.limit={limit}"] if limit is not None else [])]


def _typed() -> str:
    return shlex.join(["kaug", *sys.argv[1:]])


def _pipeline_file(inputs: Sequence[Path]) -> Path | None:
    return inputs[0] if len(inputs) == 1 and inputs[0].suffix == ".toml" else None


Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="PIPELINE|RDF...", help="A pipeline file; or RDF files, folders of them or patterns in quotes."
    ),
]
Lexicon = Annotated[Path | None, typer.Option(help="How predicates are said, where no pipeline names it.")]


@app.command("build-kb")
def build_kb(
    inputs: Sources,
    out: Out = None,
    importer: Annotated[
        str | None, typer.Option("--import", help="Import a file in another format first: see `kaug import`.")
    ] = None,
    lexicon: Lexicon = None,
    set_: Set = [],  # noqa: B006
    seed: Seed = None,
    limit: Limit = None,
    check: Check = False,
    rebuild: Rebuild = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the sources of a pipeline, embed and index the facts, and draw the exam; or build RDF without a pipeline.

    `kaug build-kb facts.ttl -o build/facts` builds the knowledge base of a file, and the report on its quality.
    """
    set_logging(verbose)
    file = _pipeline_file(inputs)
    if file and (importer or lexicon):
        raise PipelineError("--import and --lexicon are for sources without a pipeline file, which names its own.")
    if importer and check:
        raise PipelineError(
            "--check writes nothing, so it cannot import: `kaug import` first, then check the file it makes."
        )
    if not file and out is None:
        raise PipelineError("Name the folder of the artifacts with --out, or a pipeline file.")
    settings = _settings(set_, seed, limit)
    if file:
        project, command = open_project(file, out=out, settings=settings, command=_typed(), rebuild=rebuild), "build-kb"
    else:
        folder = cast("Path", out)
        sources = [_imported(importer, inputs, folder, quiet)] if importer else inputs
        pipeline = knowledge_only([str(source.resolve()) for source in sources], settings)
        project, command = project_of(pipeline, folder, lexicon=lexicon, rebuild=rebuild), "knowledge"
    if check:
        _print_check(project, command, as_json)
        return
    _print_artifacts(_run(project, command, rebuild=rebuild, quiet=quiet), project.out, as_json)


def _imported(importer: str, inputs: list[Path], out: Path, quiet: bool) -> Path:
    from kaug.importers import ImporterName, run_importer

    if importer not in get_args(ImporterName):
        raise PipelineError(f"There is no importer {importer!r}.{nearest(importer, get_args(ImporterName))}")
    file = out / f"{importer}.nq"
    with lock(out), _progress(quiet) as show, show(f"importing {importer}", None, "rows") as advance:
        run_importer(cast("ImporterName", importer), inputs, file, progress=advance)
    return file


_COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "augment": ("Write the training rows of every arm, as Arrow datasets.", ("forms", "recipes", "arms")),
    "train": (
        "Fine-tune a model for every arm and seed; an interrupted training goes on at its last checkpoint.",
        ("objectives", "adapters"),
    ),
    "evaluate": ("Have every arm sit the exam, and write the report.", ("kinds", "scorers")),
}
"""What each command does, and the tables that its help shows."""


def _add_command(name: str, text: str, sockets: tuple[str, ...]) -> None:
    @app.command(name, help=text, cls=listing(*sockets))
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
        project = open_project(pipeline, out=out, settings=settings, command=_typed(), rebuild=rebuild)
        _carry_out(project, name, check=check, rebuild=rebuild, as_json=as_json, quiet=quiet)


for _name, (_text, _sockets) in _COMMANDS.items():
    _add_command(_name, _text, _sockets)


def _carry_out(project: Project, command: str, *, check: bool, rebuild: bool, as_json: bool, quiet: bool) -> None:
    if check:
        _print_check(project, command, as_json)
        return
    inputs = _run(project, command, rebuild=rebuild, quiet=quiet)
    if "6-report" in inputs.artifacts:
        _print_report(load_report(project.out), project.out, as_json)
    else:
        _print_artifacts(inputs, project.out, as_json)


@app.command()
def run(
    inputs: Sources,
    out: Out = None,
    init: Annotated[
        bool,
        typer.Option(
            "--init", help="For RDF: also write the pipeline file that is used, NAME.toml, to change it later."
        ),
    ] = False,
    lexicon: Lexicon = None,
    set_: Set = [],  # noqa: B006
    seed: Seed = None,
    limit: Limit = None,
    check: Check = False,
    rebuild: Rebuild = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Do all of it, from the sources to the report; what is finished is used again.

    `kaug run pipelines/quickstart.toml` answers the question of a pipeline file. `kaug run facts.ttl` needs none: settings
    are chosen by the size of the knowledge and the machine, the plan is shown with the time it will take, and the report
    is written to `build/facts`. `--init` writes these settings to `facts.toml`.
    """
    set_logging(verbose)
    settings, file = _settings(set_, seed, limit), _pipeline_file(inputs)
    if file:
        if init or lexicon:
            raise PipelineError("--init and --lexicon are for RDF without a pipeline file; this is one.")
        project = open_project(file, out=out, settings=settings, command=_typed(), rebuild=rebuild)
    else:
        project = _started(inputs, out, init, lexicon, settings, check=check, rebuild=rebuild, quiet=quiet)
        if not check and not quiet:
            _say(f"{project.pipeline.question}")
            _print_plan(project, planned(project, "run"))
    _carry_out(project, "run", check=check, rebuild=rebuild, as_json=as_json, quiet=quiet)


def _started(
    inputs: list[Path],
    out: Path | None,
    init: bool,
    lexicon: Path | None,
    settings: list[str],
    *,
    check: bool,
    rebuild: bool,
    quiet: bool,
) -> Project:
    """Make a project of RDF without a pipeline file: build the knowledge base, and choose settings by what it holds."""
    import torch

    name = safe_name(source_of(inputs[0]).id)
    # A lexicon is RDF: beside the facts, the pipeline file can name it.
    inputs = [*inputs, *([lexicon] if lexicon else [])]
    file, folder = Path(f"{name}.toml"), out or Path("build") / name
    if init and check:
        raise PipelineError("--init writes a file, and --check writes none: give one of them.")
    if init and file.exists():
        raise PipelineError(f"{file}: is there already. Run it with `kaug run {file}`, or move it away.")
    alone = [one for one in settings if one.startswith("knowledge.") and not one.startswith("knowledge.limit=")]
    first = project_of(knowledge_only([str(one) for one in inputs], alone), folder)
    if check:
        from kaug.knowledge.build import build_kb as build

        count = len(build(first.sources, **first.pipeline.knowledge.content()).taught)
    else:
        count = _run(first, "knowledge", rebuild=rebuild, quiet=quiet)["1-knowledge"].counts["facts taught"]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    text = starter_text([str(one) for one in inputs], count, device=device)
    pipeline = Pipeline.parse(text, "the settings chosen", settings)
    if init:
        write_whole(file, text)
        again = shlex.join(["kaug", "run", str(file), *(word for one in settings for word in ("--set", one))])
        _say(f"The settings are in {file}; `{again}` runs them again.")
    return project_of(pipeline, folder, command=_typed(), rebuild=rebuild)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="BUILD", help="A run's folder, such as build/quickstart.")],
    as_json: Json = False,
) -> None:
    """Print the table of gains of a finished run, and where its report stands."""
    _print_report(load_report(folder), folder if (folder / "6-report").is_dir() else folder.parent, as_json)
