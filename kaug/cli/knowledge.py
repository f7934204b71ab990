"""Knowledge of any origin → files and findings: the commands that need no pipeline's run."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from kaug.cli.options import Json, app, print_lines
from kaug.errors import PipelineError, nearest


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
    print_lines({"file": str(out), **counts}, as_json)


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
