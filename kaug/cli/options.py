"""Shared parts of the commands: the app, options with their help, logging, output."""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from kaug.errors import PipelineError
from kaug.pipeline.sockets import list_entries
from kaug.text import visible

__all__ = [
    "RunOptions",
    "app",
    "print_json",
    "print_lines",
    "print_rich",
    "read_contexts",
    "say",
    "set_logging",
    "takes_run_options",
]

app = typer.Typer(
    name="kaug",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Turn an RDF knowledge base into a language model that knows it, and prove it.

    A pipeline file asks one question. **kaug run** answers it: knowledge → index → exam → rows → models → answers →
    report. The other commands make a part of it; finished parts are reused.

    Start with `kaug run pipelines/quickstart.toml`.""",
)

PipelineFile = Annotated[
    Path, typer.Argument(metavar="PIPELINE", help="A pipeline file, such as pipelines/quickstart.toml.")
]
Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="PIPELINE|RDF...", help="A pipeline file; or RDF files, folders of them or patterns in quotes."
    ),
]
Build = Annotated[
    Path, typer.Argument(metavar="BUILD", help="A run's folder, such as build/quickstart, or its 1-knowledge/.")
]
Lexicon = Annotated[Path | None, typer.Option(help="Templates for predicates, where no pipeline names a lexicon.")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder of the artifacts. [default: build/NAME-OF-THE-PIPELINE]")
]
Set = Annotated[list[str], typer.Option("--set", help="Change a setting: section.key=value. May be repeated.")]
Context = Annotated[
    list[str],
    typer.Option(
        "--context", metavar="IRI=FILE", help="The file of a JSON-LD context, which is not fetched. May be repeated."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, results only.")]


@dataclass(frozen=True)
class RunOptions:
    """The options of the commands that run stages."""

    out: Out = None
    set_: Set = field(default_factory=list)
    seed: Annotated[int | None, typer.Option(help="Use this seed instead of the pipeline's.")] = None
    limit: Annotated[int | None, typer.Option(help="Maximum facts to teach, for a first try.")] = None
    skip_errors: Annotated[
        bool,
        typer.Option("--skip-errors", help="Leave out malformed lines and files of the sources; count and list them."),
    ] = False
    context: Context = field(default_factory=list)
    check: Annotated[bool, typer.Option("--check", help="Read and check everything, write nothing.")] = False
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Rebuild every stage, even if it is finished.")] = False
    as_json: Json = False
    quiet: Quiet = False
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also print messages of the libraries that kaug uses.")
    ] = False

    @property
    def settings(self) -> list[str]:
        """All changes of settings, in the form of `--set`."""
        seeds = [f"seeds=[{self.seed}]"] if self.seed is not None else []
        skip = ["knowledge.skip_errors=true"] if self.skip_errors else []
        files = ", ".join(
            f"{json.dumps(iri)} = {json.dumps(str(file))}" for iri, file in read_contexts(self.context).items()
        )
        contexts = [f"knowledge.contexts={{ {files} }}"] if files else []
        return [
            *self.set_,
            *seeds,
            *skip,
            *contexts,
            *([f"knowledge.limit={self.limit}"] if self.limit is not None else []),
        ]


def read_contexts(options: Sequence[str]) -> dict[str, Path]:
    """Read the values of `--context`."""
    contexts = {}
    for option in options:
        iri, _, file = option.rpartition("=")
        if not iri or not file:
            raise PipelineError(f"--context {option!r}: should be IRI=FILE, as in https://example.org/c=c.jsonld.")
        contexts[iri] = Path(file).expanduser().absolute()
    return contexts


def takes_run_options(function: Callable[..., None]) -> Callable[..., None]:
    """Replace a function's last parameter, `options: RunOptions`, by a parameter for each option."""
    *own, _ = inspect.signature(function).parameters.values()
    shared = [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=[] if one.default is MISSING else one.default,
            annotation=one.type,
        )
        for one in fields(RunOptions)
    ]

    def command(**values: Any) -> None:
        options = RunOptions(**{one.name: values.pop(one.name) for one in shared})
        set_logging(options.verbose)
        function(**values, options=options)

    command.__name__, command.__doc__ = function.__name__, function.__doc__
    command.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in (*own, *shared)}
    return command


def listing(*sockets: str) -> type[TyperCommand]:
    """Make a class of commands whose help ends with the current entries of tables."""

    class Command(TyperCommand):
        def format_help(self, ctx: Any, formatter: Any) -> None:
            self.help = f"{self.help}\n\n{list_entries(*sockets)}"
            super().format_help(ctx, formatter)

    return Command


def set_logging(verbose: bool) -> None:
    """Show the log messages of libraries, or only errors."""
    import logging
    import warnings

    if verbose:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("kaug").setLevel(logging.INFO)
    else:
        warnings.filterwarnings("ignore")
        logging.getLogger().setLevel(logging.ERROR)


# Everything that a command prints goes through the functions below, which leave no control or directional character of
# the data to act on a terminal.


def print_json(value: Any) -> None:
    """Print JSON on one line, with control and directional characters escaped."""
    text = json.dumps(value, ensure_ascii=False)
    print(_STEERS.sub(lambda character: f"\\u{ord(character[0]):04x}", text))


_STEERS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def print_lines(lines: Any, as_json: bool = False) -> None:
    """Print lines, a mapping as lines `name: value`, or anything as JSON."""
    if as_json:
        print_json(lines)
        return
    for line in (f"{name}: {value}" for name, value in lines.items()) if isinstance(lines, Mapping) else lines:
        print(visible(line, None))


def print_rich(*renderables: Any, soft_wrap: bool = False) -> None:
    """Print tables and styled text with rich."""
    from rich.console import Console
    from rich.segment import Segment

    class Visible(Console):
        def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
            for segment in super().render(*arguments, **options):
                yield segment if segment.control else Segment(visible(segment.text, None), segment.style)

    Visible(highlight=False, markup=False, emoji=False).print(*renderables, soft_wrap=soft_wrap)


def say(line: str) -> None:
    """Print a line on stderr."""
    print(visible(line, None), file=sys.stderr)
