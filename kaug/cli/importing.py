"""A knowledge base in another format → N-Quads: `kaug import`, with a command for each importer."""

import contextlib
import inspect
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kaug.cli.options import Json, Quiet, app, print_lines
from kaug.errors import PipelineError, nearest
from kaug.importers import IMPORTERS, ImporterName, run_importer
from kaug.importers.mapping import mapping_of_options
from kaug.progress import bars, silent

_MANIFEST = Path("kb/manifest.toml")
"""The manifest to add the source to by default, if there is one."""


def _option(help: str, *names: str, kind: Any = str | None, default: Any = None) -> tuple[Any, Any]:
    return Annotated[kind, typer.Option(*names, help=help)], default


_Parameters = dict[str, tuple[Any, Any]]  # the annotation and the default of each

_SHARED: _Parameters = {
    "inputs": (
        Annotated[
            list[Path],
            typer.Argument(metavar="IN...", help="The files or folders to read; .gz, .bz2, .xz and .zst are unpacked."),
        ],
        inspect.Parameter.empty,
    ),
    "out": _option("The file to write: .nq or .nq.gz.", "--out", "-o", kind=Path, default=inspect.Parameter.empty),
    "source": _option("The source's id. [default: the name of the file written]"),
    "manifest": _option(
        "Add the source to this manifest. [default: kb/manifest.toml, if it is there]", kind=Path | None
    ),
    "no_manifest": _option("Add the source to no manifest.", "--no-manifest", kind=bool, default=False),
    "graph": _option("The named graph's IRI. [default: https://w3id.org/kaug/source/ID]"),
    "kind": _option("domain or commonsense. [default: the usual kind of the format]"),
    "licence": _option("The licence of the data. [default: its publisher's, if known]"),
    "origin": _option("Where the data comes from. [default: format and file names]"),
    "attribution": _option("The attribution that the licence asks for."),
    "as_json": (Json, False),
    "quiet": (Quiet, False),
}
_COLUMNS: _Parameters = {
    "subject": _option("The column of the subjects."),
    "predicate": _option("The column of the predicates, if each row is a triple."),
    "object": _option("The column of the objects, likewise."),
    "label": _option("The column of the subjects' labels."),
    "weight": _option("The column of weights."),
    "type": _option("The class of all subjects."),
    "delimiter": _option("The character between cells. [default: by the file's ending]"),
}
_OWN: dict[str, _Parameters] = {  # by the importer's option
    "languages": {"languages": _option("The languages of both ends, such as en,zh. [default: en]")},
    "base": {"base": _option("The namespace of IRIs made from names.")},
    "mapping": {
        "mapping": _option("A TOML file with the meaning of the columns.", kind=Path | None),
        **_COLUMNS,
        "column": _option(
            "NAME=iri, text, xsd:… or @LANGUAGE, optionally followed by ,PROPERTY. May be repeated.",
            kind=list[str],
            default=[],
        ),
    },
}


class _Formats(TyperGroup):
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a format; an unknown one is refused with the nearest name."""
        command = super().get_command(ctx, cmd_name)
        if command is None:
            raise PipelineError(f"There is no importer {cmd_name!r}.{nearest(cmd_name, IMPORTERS)}")
        return command


_formats = typer.Typer(
    cls=_Formats,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""Convert a knowledge base in another format to N-Quads, and add it to the manifest if there is one.

    `kaug import FORMAT --help` shows the options of a format.""",
)
app.add_typer(_formats, name="import")


def _add_command(name: ImporterName) -> None:
    def command(**given: Any) -> None:
        _import(name, **given)

    parameters = dict(_SHARED)
    for option in IMPORTERS[name].options:
        parameters |= _OWN[option]
    command.__annotations__ = {key: annotation for key, (annotation, _) in parameters.items()}
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for key, (annotation, default) in parameters.items()
        ]
    )
    _formats.command(name, help=IMPORTERS[name].title)(command)


for _name in IMPORTERS:
    _add_command(_name)


def _import(
    name: ImporterName,
    inputs: list[Path],
    out: Path,
    manifest: Path | None,
    no_manifest: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    if no_manifest and manifest:
        raise PipelineError("Give --manifest or --no-manifest, not both.")
    if manifest is None and not no_manifest and _MANIFEST.is_file():
        manifest = _MANIFEST
    if "mapping" in options:
        mapping = mapping_of_options(options.pop("column"), **{key: options.pop(key) for key in _COLUMNS})
        if options["mapping"] and mapping:
            raise PipelineError("Give the table's columns in a mapping file or in options, not in both.")
        options["mapping"] = options["mapping"] or mapping
    if options.get("languages"):
        options["languages"] = options["languages"].split(",")
    with contextlib.nullcontext(silent) if quiet else bars() as show, show("import", None, "rows") as advance:
        counts = run_importer(name, inputs, out, progress=advance, manifest=manifest, **options)
    entry = counts.pop("manifest")
    if as_json:
        print_lines({"file": str(out), **counts, "manifest": entry, "added_to": manifest and str(manifest)}, True)
        return
    print_lines({"file": str(out), **counts}, False)
    print_lines(["", *entry.split("\n")])
    if manifest:
        source = json.dumps(counts["source"], ensure_ascii=False)
        print_lines([f"Added to {manifest}; in a pipeline: sources = [{source}]"])
    elif not no_manifest:
        print_lines(["There is no manifest to add it to; --manifest FILE makes one, with the lines above."])
    print_lines([f"Next: kaug run {out}"])
