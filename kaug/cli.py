"""The `kaug` command: parse, call, print."""

import contextlib
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from kaug import stages
from kaug.artifact import load, lock
from kaug.errors import KaugError, PipelineError, nearest
from kaug.lookup import check as check_run
from kaug.lookup import search as search_run
from kaug.progress import bars, silent
from kaug.run import open_run

app = typer.Typer(
    name="kaug",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Turn an RDF knowledge base into a language model that knows it, and prove it.

    A pipeline file asks one question. **kaug run** answers it: knowledge → index → exam → rows → models → answers →
    report. The other commands make one part of it, and take up what is finished.

    Start with `kaug run pipelines/quickstart.toml`.""",
)

PipelineFile = Annotated[
    Path, typer.Argument(metavar="PIPELINE", help="A pipeline file, such as pipelines/quickstart.toml.")
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder of the artifacts. [default: build/NAME-OF-THE-PIPELINE]")
]
Set = Annotated[list[str], typer.Option("--set", help="Change a setting: section.key=value. May be repeated.")]
Seed = Annotated[int | None, typer.Option(help="Use this one seed in place of the pipeline's.")]
Limit = Annotated[int | None, typer.Option(help="Teach at most so many facts: for a first try.")]
Check = Annotated[bool, typer.Option("--check", help="Read and check everything, write nothing.")]
Rebuild = Annotated[bool, typer.Option("--rebuild", help="Make every stage anew, even if it is finished.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, results only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what the libraries below say, too.")]


def main() -> NoReturn:
    """Run the command; errors that kaug raises on purpose become one message and an exit code."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app(standalone_mode=True)
    except KaugError as error:
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != 130:  # what typer makes of an interrupt
            raise
        _fail("Interrupted. The same command takes up where it stopped.", 130)
    sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    for line in message.split("\n"):
        print(f"kaug: {line}", file=sys.stderr)
    sys.exit(code)


def _logging(verbose: bool) -> None:
    import logging
    import warnings

    if verbose:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("kaug").setLevel(logging.INFO)
    else:
        warnings.filterwarnings("ignore")
        logging.getLogger().setLevel(logging.ERROR)


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


def _print_checks(checks: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(checks, ensure_ascii=False))
    else:
        for what, found in checks.items():
            print(f"{what}: {found}")


def _print_report(report: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    from rich.console import Console

    from kaug.evaluation.report import gains_table

    console = Console(highlight=False)
    console.print(gains_table(report))
    console.print(report["verdict"]["sentence"], markup=False)
    console.print(f"Report: {out / '6-report' / 'report.html'}", markup=False, soft_wrap=True)


_COMMANDS = {
    "build-kb": ("build-kb", "Read the sources, embed and index the facts, and draw the exam."),
    "augment": ("augment", "Write the training rows of every arm, as Arrow datasets."),
    "train": (
        "train",
        "Fine-tune a model for every arm and seed; an interrupted training is taken up at its last checkpoint.",
    ),
    "evaluate": ("report", "Have every arm sit the exam, and write the report."),
    "run": ("report", "Do all of it, from the sources to the report, taking up where it stopped."),
}


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
        _logging(verbose)
        settings = list(set_)
        if seed is not None:
            settings.append(f"seeds=[{seed}]")
        if limit is not None:
            settings.append(f"knowledge.limit={limit}")
        typed = shlex.join(["kaug", *sys.argv[1:]])
        run = open_run(pipeline, out=out, settings=settings, rebuild=rebuild, command=typed)
        if check:
            _print_checks(check_run(run), as_json)
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
    _logging(False)
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


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(help="What to import: world (GeoNames, CLDR) or elements (mendeleev).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The Turtle file to write.")],
    as_json: Json = False,
) -> None:
    """Make a Turtle file from a package of open data."""
    from kaug.knowledge.importers import run_importer

    if name not in ("world", "elements"):
        raise PipelineError(f"There is no importer {name!r}.{nearest(name, ['world', 'elements'])}")
    counts = run_importer(name, out)  # type: ignore[arg-type]
    _print_checks({"file": str(out), **counts}, as_json)


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="RDF files.")],
    shapes: Annotated[Path | None, typer.Option(help="SHACL shapes that all files together must satisfy.")] = None,
    as_json: Json = False,
) -> None:
    """Parse RDF files strictly; print a line for each. Exit code 3 if any is malformed or breaks a shape."""
    from kaug.knowledge.validate import check_shapes, validate_file

    lines = [validate_file(file) for file in files]
    for line in lines:
        if as_json:
            print(json.dumps(line, ensure_ascii=False))
        else:
            place = f"{line['file']}:{line['line']}" if line["line"] else line["file"]
            print(f"{place}: " + (f"{line['triples']:,} triples" if line["ok"] else line["error"]))
    broken = any(not line["ok"] for line in lines)
    if shapes and not broken:
        for result in check_shapes(files, shapes):
            print(
                json.dumps(result, ensure_ascii=False) if as_json else "{severity}: {focus}: {message}".format(**result)
            )
            broken |= result["severity"] == "Violation"
    if broken:
        sys.exit(3)


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

    _print_checks(environment(), as_json)


if __name__ == "__main__":
    main()
