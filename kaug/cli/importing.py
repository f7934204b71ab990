"""A knowledge base that is not RDF → N-Quads: `kaug import`."""

import contextlib
from pathlib import Path
from typing import Annotated, get_args

import typer

from kaug.cli.options import Json, Quiet, app, print_lines
from kaug.errors import PipelineError, nearest
from kaug.progress import bars, silent


@app.command("import")
def import_(
    name: Annotated[
        str,
        typer.Argument(
            help="What to import: conceptnet, conceptnet-100k, atomic, kgtk, wordnet, metaqa, pathquestion or table, from "
            "files."
        ),
    ],
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IN...", help="The files or folders to read; .gz, .bz2, .xz and .zst are unpacked."),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .nq or .nq.gz.")],
    source: Annotated[str | None, typer.Option(help="The source's id. [default: the name of the file written]")] = None,
    manifest: Annotated[Path | None, typer.Option(help="Add the source to this manifest.")] = None,
    graph: Annotated[
        str | None, typer.Option(help="The named graph's IRI. [default: https://w3id.org/kaug/source/ID]")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="domain or commonsense. [default: what the format mostly is]")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="The licence of the data. [default: its publisher's, if known]")
    ] = None,
    origin: Annotated[
        str | None, typer.Option(help="Where the data comes from. [default: format and file names]")
    ] = None,
    attribution: Annotated[str | None, typer.Option(help="What the licence asks to be said.")] = None,
    languages: Annotated[
        str | None, typer.Option(help="conceptnet: the languages of both ends, such as en,zh. [default: en]")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="kgtk, wordnet, table: what the IRIs made of names start with.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="table: a TOML file that says what the columns mean.")] = None,
    subject: Annotated[str | None, typer.Option(help="table: the column of the subjects.")] = None,
    predicate: Annotated[str | None, typer.Option(help="table: the column of the predicates, a triple a row.")] = None,
    object_: Annotated[str | None, typer.Option("--object", help="table: the column of the objects, likewise.")] = None,
    label: Annotated[str | None, typer.Option(help="table: the column of the subjects' labels.")] = None,
    weight: Annotated[str | None, typer.Option(help="table: the column of weights.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="table: the class of all subjects.")] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="table: the character between cells. [default: by the ending]")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="table: NAME=iri, text, xsd:… or @LANGUAGE, then perhaps ,PROPERTY. May be repeated."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make RDF of a knowledge base that is not: a file of N-Quads, and its table for the manifest."""
    from kaug.importers import ImporterName, run_importer
    from kaug.importers.mapping import mapping_of_options

    if name not in get_args(ImporterName):
        raise PipelineError(f"There is no importer {name!r}.{nearest(name, get_args(ImporterName))}")
    columns = mapping_of_options(
        column or [],
        subject=subject,
        predicate=predicate,
        object=object_,
        label=label,
        weight=weight,
        type=type_,
        delimiter=delimiter,
    )
    if mapping and columns:
        raise PipelineError("Give the table's columns in a mapping file or in options, not in both.")
    options = {
        "source": source,
        "manifest": manifest,
        "graph": graph,
        "kind": kind,
        "licence": licence,
        "origin": origin,
        "attribution": attribution,
        "languages": languages.split(",") if languages else None,
        "base": base,
        "mapping": mapping or columns,
    }
    given = {key: value for key, value in options.items() if value is not None}
    with contextlib.nullcontext(silent) if quiet else bars() as show, show("import", None, "rows") as advance:
        counts = run_importer(name, inputs or [], out, progress=advance, **given)  # type: ignore[arg-type]
    entry = counts.pop("manifest", "")
    print_lines({"file": str(out), **counts, **({"manifest": entry} if as_json and entry else {})}, as_json)
    if entry and not as_json:
        print(f"\n{entry}", end="")
