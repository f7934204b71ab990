"""A pipeline file, or RDF → a run: the commands that build, train and measure."""

import contextlib
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from kaug.cli.options import (
    Build,
    Json,
    Lexicon,
    PipelineFile,
    RunOptions,
    Sources,
    app,
    listing,
    print_lines,
    print_rich,
    say,
    takes_run_options,
)
from kaug.cli.show_plan import plan_content, plan_lines
from kaug.errors import PipelineError, nearest
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.ablate import AXES, ablate, idle_parts, parts_of, worth
from kaug.pipeline.check import PlannedStage, SourcesRead, check, planned, read_sources
from kaug.pipeline.estimate import seconds_for
from kaug.pipeline.execute import Store
from kaug.pipeline.plan import Plan, make_plan
from kaug.pipeline.project import Project, open_project, project_of
from kaug.pipeline.rewriting import RewriteCost, rewrite_cost
from kaug.pipeline.run import load_report, run_project
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.stage import Inputs, Stage
from kaug.pipeline.starter import choose_languages, knowledge_only, starter_text
from kaug.progress import Show, bars, silent
from kaug.rdf.read import load_files
from kaug.rdf.sources import source_of
from kaug.store.artifact import lock
from kaug.store.digests import safe_name
from kaug.store.files import write_whole
from kaug.text import duration

if TYPE_CHECKING:
    from kaug.importers import ImporterName


_MOST_NOTES = 20


@app.command("build-kb")
@takes_run_options
def build_kb(
    inputs: Sources,
    importer: Annotated[
        str | None, typer.Option("--import", help="Import a file in another format first: see `kaug import`.")
    ] = None,
    lexicon: Lexicon = None,
    *,
    options: RunOptions,
) -> None:
    """Read the sources of a pipeline, embed and index the facts, and draw the exam; or build RDF without a pipeline.

    `kaug build-kb facts.ttl -o build/facts` builds the knowledge base of a file, and the report on its quality.
    """
    file, folder = _pipeline_file(inputs), options.out
    if file and (importer or lexicon):
        raise PipelineError("--import and --lexicon are for sources without a pipeline file, which names its own.")
    if importer and options.check:
        raise PipelineError(
            "--check writes nothing, so it cannot import: `kaug import` first, then check the file it makes."
        )
    if file:
        _carry_out(_open(file, options), "build-kb", options)
        return
    if folder is None:
        raise PipelineError("Name the folder of the artifacts with --out, or a pipeline file.")
    sources = [_imported(importer, inputs, folder, options.quiet)] if importer else inputs
    names = [str(source.resolve()) for source in sources]
    project, read = _knowledge_project(names, folder, options.settings, options, lexicon)
    _carry_out(project, "knowledge", options, read)


_COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "augment": ("Write the training rows of every arm, as Arrow datasets.", ("forms", "recipes", "arms")),
    "train": (
        "Fine-tune a model for every arm and seed; an interrupted training goes on at its last checkpoint.",
        ("objectives", "adapters"),
    ),
    "evaluate": ("Ask every arm the exam's questions, and write the report.", ("kinds", "scorers")),
}
"""The commands' summaries, and the tables in their help."""


def _add_command(name: str, text: str, sockets: tuple[str, ...]) -> None:
    @app.command(name, help=text, cls=listing(*sockets))
    @takes_run_options
    def command(pipeline: PipelineFile, *, options: RunOptions) -> None:
        _carry_out(_open(pipeline, options), name, options)


for _name, (_text, _sockets) in _COMMANDS.items():
    _add_command(_name, _text, _sockets)


@app.command()
@takes_run_options
def plan(inputs: Sources, *, options: RunOptions) -> None:
    """Make knowledge, exam and rows, measure a few training steps, and tell what a run will show, and how long it takes.

    Nothing is trained; a later run uses what was made. Warnings name what will probably not be learnt, and the setting that mends
    it.
    """
    file = _pipeline_file(inputs)
    project, read = (_open(file, options), None) if file else _start(inputs, False, options)
    if options.check:
        _print_check(project, "plan", options.as_json, read)
        return
    with _working(project, options) as store:
        cost = _rewriting(project, store, opened := Inputs())
        # Rows that are not rewritten yet are as many and nearly as long: a plan pays for none.
        shown = project.unrewritten if cost else project
        made = replace(make_plan(shown, run_project(shown, "plan", store=store, inputs=opened)), rewriting=cost)
    print_lines(plan_content(made) if options.as_json else plan_lines(made), options.as_json)


@app.command()
@takes_run_options
def run(
    inputs: Sources,
    init: Annotated[
        bool,
        typer.Option(
            "--init",
            help="For RDF: also write the pipeline file that is used, NAME.toml, to change it later. "
            "With --check, nothing else is written.",
        ),
    ] = False,
    lexicon: Lexicon = None,
    *,
    options: RunOptions,
) -> None:
    """Run all stages from the sources to the report; finished stages are reused.

    `kaug run pipelines/quickstart.toml` answers the question of a pipeline file. `kaug run facts.ttl` needs none: settings
    are chosen by the size of the knowledge and the machine, the plan is shown with its estimated time, and the report
    is written to `build/facts`. `--init` writes these settings to `facts.toml`; `--init --check` stops there.
    """
    file = _pipeline_file(inputs)
    if file:
        if init or lexicon:
            raise PipelineError("--init and --lexicon are for RDF without a pipeline file; this is one.")
        _carry_out(_open(file, options), "run", options)
        return
    # A lexicon is RDF: beside the facts, the pipeline file can name it.
    project, read = _start([*inputs, *([lexicon] if lexicon else [])], init, options)
    if not options.check and not options.quiet:
        say(project.pipeline.question)
        _print_plan(project, planned(project, "run"))
    _carry_out(project, "run", options, read)


@app.command(name="ablate")
@takes_run_options
def ablate_command(
    pipeline: PipelineFile,
    over: Annotated[str, typer.Option(help=f"What to leave out: {', '.join(AXES)}.")] = "forms",
    forms: Annotated[
        str, typer.Option(metavar="A,B", help="The parts to try. [default: all that the pipeline has]")
    ] = "",
    tokens: Annotated[int | None, typer.Option(help="Tokens for each training, instead of the pipeline's.")] = None,
    seeds: Annotated[str, typer.Option(metavar="0,1,2", help="Seeds, instead of the pipeline's.")] = "",
    *,
    options: RunOptions,
) -> None:
    """Tell what each form of rows is worth: train without each of them in turn, on as many tokens, and compare.

    It is a run whose arms are `augmented` and one without each form, in the same folder, so finished stages are reused. Its
    report is in `6-ablation/`.
    """
    own = [f"training.tokens={tokens}"] * (tokens is not None) + [f"seeds=[{seeds}]"] * bool(seeds)
    opened = _open(pipeline, replace(options, set_=[*options.set_, *own]))
    parts = parts_of(opened.pipeline, over, [form.strip() for form in forms.split(",") if form.strip()])
    if options.check:
        _print_check(ablate(opened, parts), "run", options.as_json, None)
        return
    from kaug.report.report import worth_table

    idle = idle_parts(_run(ablate(opened, parts), "augment", options), parts)
    for part in idle:
        say(f"{part}: without it the rows are the same, so it is left out of the comparison.")
    parts = {part: arm for part, arm in parts.items() if part not in idle}
    project = ablate(opened, parts)
    _run(project, "run", options)
    folder = project.out / project.report
    report = load_report(folder)
    found = worth(report["gains"], parts)
    if options.as_json:
        told = {"tokens": project.pipeline.training.tokens, "seeds": project.pipeline.seeds, "worth": found}
        print_lines({**told, "report": str(folder / "report.html")}, as_json=True)
        return
    print_rich(worth_table(found, report["words"]["titles"]))
    print_rich(f"Report: {folder / 'report.html'}", soft_wrap=True)


@app.command()
def report(folder: Build, as_json: Json = False) -> None:
    """Print the table of gains of a finished run, and the path of its report."""
    _print_report(load_report(folder), folder / "6-report" if (folder / "6-report").is_dir() else folder, as_json)


def _pipeline_file(inputs: Sequence[Path]) -> Path | None:
    return inputs[0] if len(inputs) == 1 and inputs[0].suffix == ".toml" else None


def _open(file: Path, options: RunOptions) -> Project:
    return open_project(file, out=options.out, settings=options.settings, command=_typed(), rebuild=options.rebuild)


def _typed() -> str:
    return shlex.join(["kaug", *sys.argv[1:]])


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Show]:
    with contextlib.nullcontext(silent) if quiet else bars() as show:
        yield show


def _imported(importer: str, inputs: list[Path], out: Path, quiet: bool) -> Path:
    """Import files in another format into an N-Quads file in the folder of the artifacts."""
    from kaug.importers import ImporterName, run_importer

    if importer not in get_args(ImporterName):
        raise PipelineError(f"There is no importer {importer!r}.{nearest(importer, get_args(ImporterName))}")
    file = out / f"{importer}.nq"
    with lock(out), _progress(quiet) as show, show(f"importing {importer}", None, "rows") as advance:
        run_importer(cast("ImporterName", importer), inputs, file, progress=advance)
    return file


def _start(inputs: list[Path], init: bool, options: RunOptions) -> tuple[Project, SourcesRead | None]:
    """Make a project from RDF without a pipeline file, with settings chosen by its content; see `_knowledge_project`."""
    import torch

    names, name = [str(one) for one in inputs], safe_name(source_of(inputs[0]).id)
    file, folder = Path(f"{name}.toml"), options.out or Path("build") / name
    alone = [one for one in options.settings if re.match(r"knowledge\.(?!limit\s*=)", one)]
    first, read = _knowledge_project(names, folder, alone, options)
    if read:
        count = len(read.assemble(first).taught)
    else:
        made = _run(first, "knowledge", options)["1-knowledge"]
        count = made.counts["facts taught"]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    text = starter_text(names, count, languages=first.pipeline.knowledge.languages, device=device)
    if init:
        if file.exists() and file.read_bytes() != text.encode():
            raise PipelineError(
                f"{file}: exists, with other settings. Run it with `kaug run {file}`, or move it away to write it again."
            )
        write_whole(file, text)
        sets = (word for one in options.settings for word in ("--set", one))
        say(f"The settings are in {file}; `{shlex.join(['kaug', 'run', str(file), *sets])}` runs them again.")
    pipeline = Pipeline.parse(text, "the settings chosen", options.settings)
    return project_of(pipeline, folder, command=_typed(), rebuild=options.rebuild), read


def _knowledge_project(
    names: list[str], folder: Path, settings: list[str], options: RunOptions, lexicon: Path | None = None
) -> tuple[Project, SourcesRead | None]:
    """Make a project of the knowledge base only, in the languages of its labels unless the settings name some.

    Returns:
        The project; and, in a dry run, the sources already read.
    """
    project = project_of(knowledge_only(names, settings), folder, lexicon=lexicon, rebuild=options.rebuild)
    read = read_sources(project.sources) if options.check else None
    if "languages" in project.pipeline.knowledge.model_fields_set:
        return project, read
    if read:
        columns = read.columns
    else:
        columns = [load_files(one.path).columns for one in _run(project, "sources", options).artifacts.values()]
    languages, line = choose_languages(columns)
    if line:
        say(line)
        pipeline = knowledge_only(names, [*settings, f"knowledge.languages={languages}"])
        project = project_of(pipeline, folder, lexicon=lexicon, rebuild=options.rebuild)
    return project, read


def _carry_out(project: Project, command: str, options: RunOptions, read: SourcesRead | None = None) -> None:
    """Run or check a command, and print the result."""
    if options.check:
        _print_check(project, command, options.as_json, read)
        return
    inputs = _run(project, command, options)
    for made in inputs.artifacts.values():
        _say_notes(made.details.get("notes", []))
    if project.report in inputs.artifacts:
        _print_report(load_report(project.out / project.report), project.out / project.report, options.as_json)
    else:
        _print_artifacts(inputs, project.out, options.as_json)


def _run(project: Project, command: str, options: RunOptions) -> Inputs:
    """Run the stages of a command; if it trains, tell the plan first."""
    inputs = Inputs()
    with _working(project, options) as store:
        if command in ("augment", "train", "evaluate", "run") and not options.quiet:
            cost = _rewriting(project, store, inputs)
            if cost:
                say(f"rewriting: {cost}")
        if command in ("train", "evaluate", "run") and not options.quiet:
            run_project(project, "plan", store=store, inputs=inputs)
            if any(one.stage.kind == "training" and one.state == "make" for one in planned(project, command)):
                _say_plan(project, make_plan(project, inputs))
        return run_project(project, command, store=store, inputs=inputs)


def _rewriting(project: Project, store: Store, inputs: Inputs) -> RewriteCost | None:
    """Make the knowledge base, and return what it takes to rewrite the rows; None if they are finished, or none are."""
    stages = planned(project, "augment") if project.pipeline.augmentation.rewrite.model else []
    if not any(one.stage.kind == "augmentation" and one.state == "make" for one in stages):
        return None
    run_project(project, "knowledge", store=store, inputs=inputs)
    return rewrite_cost(project, inputs.open("1-knowledge", load_kb), measure=True)


@contextlib.contextmanager
def _working(project: Project, options: RunOptions) -> Iterator[Store]:
    """Lock a project's folder, and yield its store, which announces stages that take long."""
    with lock(project.out), _progress(options.quiet) as show:
        project.show = show

        def announce(stage: Stage) -> None:
            seconds = None if options.quiet else seconds_for(stage, project)
            if seconds is not None and seconds >= 10:
                say(f"{stage.title}: about {duration(seconds, about=True)}")

        yield Store(project.out, options.rebuild, show, announce)


def _say_plan(project: Project, plan: Plan) -> None:
    """Print a plan on stderr, and estimate trainings by its measured pace from now on."""
    project.pace = plan.pace.per_token
    for line in plan_lines(plan):
        say(line)


def _print_check(project: Project, command: str, as_json: bool, read: SourcesRead | None) -> None:
    """Print counts and the plan."""
    read = read or (read_sources(project.sources) if not any(one.endpoint for one in project.sources) else None)
    _say_notes(read.notes if read else [])
    counts, stages = check(project, command, read), planned(project, command)
    if as_json:
        print_lines({**counts, "plan": {one.stage.name: one.state for one in stages}}, as_json)
        return
    expected = [_expected(one, project) for one in stages]
    about = [f", about {duration(seconds, about=True)}" if seconds else "" for seconds in expected]
    lines = [f"  {one.stage.name}: {one.state}{text}" for one, text in zip(stages, about, strict=True)]
    print_lines([*(f"{name}: {value}" for name, value in counts.items()), "plan:", *lines])


def _print_plan(project: Project, stages: Sequence[PlannedStage]) -> None:
    """Print the stages to run and their estimated time on stderr."""
    names = max(len(one.stage.name) for one in stages) + 2
    titles = max(len(one.stage.title) for one in stages) + 2
    total = 0.0
    for one in stages:
        seconds = _expected(one, project)
        total += seconds
        about = f"about {duration(seconds, about=True)}" if seconds else ""
        state = "finished" if one.state == "finished" else about
        say(f"  {one.stage.name:{names}}{one.stage.title:{titles}}{state}".rstrip())
    about = f"In all about {duration(total, about=True)} on this machine, in" if total else "In"
    say(f"{about} {project.out}.")


def _expected(one: PlannedStage, project: Project) -> float:
    """Return the estimated seconds of a stage; 0 if it is finished or fast."""
    return (seconds_for(one.stage, project) or 0.0) if one.state == "make" else 0.0


def _say_notes(notes: Sequence[str]) -> None:
    for note in notes[:_MOST_NOTES]:
        say(note)
    if len(notes) > _MOST_NOTES:
        say(f"… and {len(notes) - _MOST_NOTES:,} more lines like these.")


def _print_artifacts(inputs: Inputs, out: Path, as_json: bool) -> None:
    from rich.text import Text

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
        print_lines(made, as_json)
        return
    for folder, one in inputs.artifacts.items():
        counts = ", ".join(f"{count:,} {name}" for name, count in one.counts.items() if count)
        print_rich(Text(str(out / folder), "bold"), f" {one.digest[:12]} ", counts, soft_wrap=True)


def _print_report(report: dict[str, Any], folder: Path, as_json: bool) -> None:
    from kaug.report.report import gains_table

    if as_json:
        print_lines(report, as_json)
        return
    print_rich(gains_table(report))
    print_rich(report["verdict"]["sentence"])
    print_rich(f"Report: {folder / 'report.html'}", soft_wrap=True)
