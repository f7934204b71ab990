"""Name of an importer, its inputs → a file of RDF, and what is in it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from kaug.errors import SourceError, nearest
from kaug.importers.formats import ImporterName

__all__ = ["ImporterName", "run_importer"]


def run_importer(
    name: ImporterName,
    inputs: str | Path | Sequence[Path],
    out: Path,
    *,
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Write files of another format as one source.

    Args:
        name: The format of the inputs.
        inputs: The files or folders to read.
        out: The file of N-Quads to write; it is replaced whole or not at all.
        progress: Called with the number of rows read since the last call.
        options: See `kaug.importers.files.import_files`.

    Returns:
        The numbers of facts and labels written, and of rows left out, by reason; `manifest` is the source's table for a
        manifest, as text.

    Raises:
        SourceError: The importer is unknown, a file is missing or malformed, or an option is unknown.
    """
    if name not in get_args(ImporterName):
        raise SourceError(f"There is no importer {name!r}.{nearest(name, get_args(ImporterName))}")
    from kaug.importers.files import import_files

    return import_files(
        name, [Path(inputs)] if isinstance(inputs, str | Path) else list(inputs), out, progress=progress, **options
    )
