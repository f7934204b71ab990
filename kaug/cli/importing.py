"""A knowledge base that is not RDF → N-Quads: `kaug import`, with a sub-command for each format."""

import contextlib
import inspect
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kaug.cli.options import Json, Quiet, app, print_lines
from kaug.errors import PipelineError, nearest
from kaug.importers.formats import OPTIONS, TITLES, ImporterName
from kaug.progress import bars, silent

_MANIFEST = Path("kb/manifest.toml")
"""The manifest that a source is added to if none is named, where there is one."""

_Text = str | None
_SHARED: dict[str, Any] = {
    "inputs": Annotated[
        list[Path],
        typer.Argument(metavar="IN...", help="The files or folders to read; .gz, .bz2, .xz and .zst are unpacked."),
    ],
    "out": Annotated[Path, typer.Option("--out", "-o", help="The file to write: .nq or .nq.gz.")],
    "source": Annotated[_Text, typer.Option(help="The source's id. [default: the name of the file written]")],
    "manifest": Annotated[
        Path | None, typer.Option(help="Add the source to this manifest. [default: kb/manifest.toml, if it is there]")
    ],
    "no_manifest": Annotated[bool, typer.Option("--no-manifest", help="Add the source to no manifest.")],
    "graph": Annotated[_Text, typer.Option(help="The named graph's IRI. [default: https://w3id.org/kaug/source/ID]")],
    "kind": Annotated[_Text, typer.Option(help="domain or commonsense. [default: the usual kind of the format]")],
    "licence": Annotated[_Text, typer.Option(help="The licence of the data. [default: its publisher's, if known]")],
    "origin": Annotated[_Text, typer.Option(help="Where the data comes from. [default: format and file names]")],
    "attribution": Annotated[_Text, typer.Option(help="The attribution that the licence asks for.")],
    "as_json": Json,
    "quiet": Quiet,
}
_SPECIAL: dict[str, Any] = {
    "languages": Annotated[_Text, typer.Option(help="The languages of both ends, such as en,zh. [default: en]")],
    "base": Annotated[_Text, typer.Option(help="The beginning of IRIs that are made of names.")],
}
_COLUMNS: dict[str, Any] = {
    "mapping": Annotated[Path | None, typer.Option(help="A TOML file that says what the columns mean.")],
    "subject": Annotated[_Text, typer.Option(help="The column of the subjects.")],
    "predicate": Annotated[_Text, typer.Option(help="The column of the predicates, if each row is a triple.")],
    "object": Annotated[_Text, typer.Option(help="The column of the objects, likewise.")],
    "label": Annotated[_Text, typer.Option(help="The column of the subjects' labels.")],
    "weight": Annotated[_Text, typer.Option(help="The column of weights.")],
    "type": Annotated[_Text, typer.Option(help="The class of all subjects.")],
    "delimiter": Annotated[_Text, typer.Option(help="The character between cells. [default: by the file's ending]")],
    "column": Annotated[
        list[str], typer.Option(help="NAME=iri, text, xsd:… or @LANGUAGE, then perhaps ,PROPERTY. May be repeated.")
    ],
}
_DEFAULTS: dict[str, Any] = {
    "inputs": inspect.Parameter.empty,
    "out": inspect.Parameter.empty,
    "no_manifest": False,
    "as_json": False,
    "quiet": False,
    "column": [],
}


class _Formats(TyperGroup):
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a format; an unknown one is refused with the nearest name."""
        command = super().get_command(ctx, cmd_name)
        if command is None:
            raise PipelineError(f"There is no importer {cmd_name!r}.{nearest(cmd_name, TITLES)}")
        return command


_formats = typer.Typer(
    cls=_Formats,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""Make RDF of a knowledge base that is not: a file of N-Quads, which is added to the manifest if there is one.

    `kaug import FORMAT --help` shows the options of a format.""",
)
app.add_typer(_formats, name="import")


def _add_command(name: ImporterName) -> None:
    options = {**_SHARED, **{key: option for key, option in _SPECIAL.items() if name in OPTIONS[key]}}
    if name in OPTIONS["mapping"]:
        options |= _COLUMNS

    def command(**given: Any) -> None:
        _import(name, **given)

    command.__annotations__ = options
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(key), annotation=option)
            for key, option in options.items()
        ]
    )
    _formats.command(name, help=TITLES[name])(command)


for _name in TITLES:
    _add_command(_name)


def _import(
    name: ImporterName,
    inputs: list[Path],
    out: Path,
    manifest: Path | None,
    no_manifest: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    from kaug.importers import run_importer
    from kaug.importers.mapping import mapping_of_options

    if no_manifest and manifest:
        raise PipelineError("Give --manifest or --no-manifest, not both.")
    if manifest is None and not no_manifest and _MANIFEST.is_file():
        manifest = _MANIFEST
    if name in OPTIONS["mapping"]:
        file = given.pop("mapping")
        columns = {key: given.pop(key) for key in _COLUMNS if key not in ("mapping", "column")}
        mapping = mapping_of_options(given.pop("column"), **columns)
        if file and mapping:
            raise PipelineError("Give the table's columns in a mapping file or in options, not in both.")
        given["mapping"] = file or mapping
    if given.get("languages"):
        given["languages"] = given["languages"].split(",")
    given = {key: value for key, value in {**given, "manifest": manifest}.items() if value is not None}
    with contextlib.nullcontext(silent) if quiet else bars() as show, show("import", None, "rows") as advance:
        counts = run_importer(name, inputs, out, progress=advance, **given)
    entry = counts.pop("manifest")
    if as_json:
        print_lines({"file": str(out), **counts, "manifest": entry, "added_to": manifest and str(manifest)}, True)
        return
    print_lines({"file": str(out), **counts}, False)
    print(f"\n{entry}")
    if manifest:
        print(
            f"Added to {manifest}; a pipeline names it so: sources = [{json.dumps(counts['source'], ensure_ascii=False)}]"
        )
    elif not no_manifest:
        print("There is no manifest to add it to; --manifest FILE makes one, with the lines above.")
    print(f"Next: kaug run {out}")
