"""What all commands share: the app → options with their help, logging, and how results are printed."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from kaug.pipeline.sockets import list_entries
from kaug.text import visible

__all__ = ["app"]

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


def listing(*sockets: str) -> type[TyperCommand]:
    """Make a class of commands whose help ends with the entries of tables, as they are when it is shown."""

    class Command(TyperCommand):
        def format_help(self, ctx: Any, formatter: Any) -> None:
            self.help = f"{self.help}\n\n{list_entries(*sockets)}"
            super().format_help(ctx, formatter)

    return Command


def set_logging(verbose: bool) -> None:
    import logging
    import warnings

    if verbose:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("kaug").setLevel(logging.INFO)
    else:
        warnings.filterwarnings("ignore")
        logging.getLogger().setLevel(logging.ERROR)


def print_json(value: Any) -> None:
    """Print JSON in one line; what would steer a terminal is escaped, which is the same to a machine."""
    text = json.dumps(value, ensure_ascii=False)
    print(_STEERS.sub(lambda character: f"\\u{ord(character[0]):04x}", text))


_STEERS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def print_lines(values: dict[str, Any], as_json: bool) -> None:
    """Print a line for each value, or all as JSON."""
    if as_json:
        print_json(values)
    else:
        for name, value in values.items():
            print(visible(f"{name}: {value}", None))
