"""Files of a format that people have → N-Quads, counts, and a table for the manifest."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, assert_never

from kaug.errors import SourceError, nearest
from kaug.importers.formats import ABOUT, OPTIONS, ImporterName
from kaug.importers.lines import Quads, quads_file
from kaug.importers.manifest_entry import Entry, add_entry, entry_text
from kaug.store.digests import file_digest

__all__ = ["import_files"]


def import_files(
    name: ImporterName,
    inputs: Sequence[Path],
    out: Path,
    *,
    progress: Callable[[int], None] | None = None,
    source: str | None = None,
    graph: str | None = None,
    manifest: Path | None = None,
    kind: Literal["domain", "commonsense"] | None = None,
    licence: str | None = None,
    origin: str | None = None,
    attribution: str | None = None,
    languages: Sequence[str] | None = None,
    base: str | None = None,
    mapping: Path | Mapping[str, Any] | None = None,
    **unknown: Any,
) -> dict[str, Any]:
    r"""Read files and write them as N-Quads in one named graph.

    Args:
        name: The format.
        inputs: Files, of which .gz, .bz2, .xz and .zst are unpacked, or folders (metaqa, wordnet).
        out: The file to write; its name ends in .nq or .nq.gz.
        progress: Called with the number of rows read since the last call.
        source: The source's id; None takes the name of `out` without ending.
        graph: The named graph; None makes https://w3id.org/kaug/source/ID.
        manifest: The manifest to add the source to.
        kind: `domain` or `commonsense`; None takes what the format mostly is.
        licence: What may be done with the data; None says what its publisher says, if known.
        origin: Where it comes from; None takes the format's name and the names of the files.
        attribution: The attribution that the licence asks for.
        languages: Of conceptnet: the languages kept; None keeps en.
        base: Of kgtk, wordnet and table: what the IRIs made of names start with.
        mapping: Of table: what its columns mean, as a TOML file or as `kaug.importers.mapping.mapping_of` takes it.
        unknown: None is taken.

    Returns:
        `facts`, `labels`, `weights`, and what was left out, by reason; `source`, `sha256` of the file, and `manifest`, the
        source's table as text.

    Raises:
        SourceError: An input is missing or malformed, an option is wrong, or there is no fact.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "kb.txt").write_text("Kismet|directed_by|William Dieterle\n")
        >>> counts = import_files("metaqa", [folder / "kb.txt"], folder / "films.nq")
        >>> counts["facts"], counts["source"]
        (1, 'films')
    """
    given = {"languages": languages, "base": base, "mapping": mapping}
    for option in unknown:
        known = (*OPTIONS, "source", "graph", "manifest", "kind", "licence", "origin", "attribution", "progress")
        raise SourceError(f"importer {name!r} has no option {option!r}.{nearest(option, known)}")
    for option, formats in OPTIONS.items():
        if given[option] is not None and name not in formats:
            raise SourceError(f"importer {name!r} has no option {option!r}; it is for {', '.join(formats)}.")
    if kind not in (None, "domain", "commonsense"):
        raise SourceError(f"kind is {kind!r}; it should be domain or commonsense.")
    if not inputs:
        raise SourceError(f"importer {name!r} needs the files to read.")
    for path in inputs:
        if path.resolve() == out.resolve():
            raise SourceError(f"{out}: would be written over while it is read; name another file to write.")
        if not path.exists():
            raise SourceError(f"{path}: there is no such file.")
        if path.is_dir() and name not in ("metaqa", "wordnet"):
            raise SourceError(f"{path}: is a folder; name the files in it.")
    source = source or out.name.removesuffix(".gz").removesuffix(".nq")
    with quads_file(out, graph or f"https://w3id.org/kaug/source/{_name(source)}", inputs) as quads:
        _read(name, inputs, quads, source, progress or (lambda _: None), given)
    usual = ABOUT[name]
    entry = Entry(
        path=os.path.relpath(out, manifest.parent if manifest else out.parent),
        kind=kind or usual[0],
        licence=usual[1] if licence is None else licence,
        origin=origin if origin is not None else f"{usual[2]}: {', '.join(path.name for path in inputs)}",
        attribution=usual[3] if attribution is None else attribution,
        sha256=file_digest(out),
    )
    if manifest is not None:
        add_entry(manifest, source, entry)
    return {**quads.counts, "source": source, "sha256": entry.sha256, "manifest": entry_text(source, entry)}


def _read(
    name: ImporterName,
    inputs: Sequence[Path],
    quads: Quads,
    source: str,
    progress: Callable[[int], None],
    given: Mapping[str, Any],
) -> None:
    base = given["base"]
    match name:
        case "conceptnet":
            from kaug.importers.conceptnet import import_conceptnet

            import_conceptnet(inputs, quads, given["languages"] or ("en",), progress)
        case "conceptnet-100k":
            from kaug.importers.conceptnet import import_conceptnet_100k

            import_conceptnet_100k(inputs, quads, progress)
        case "atomic":
            from kaug.importers.atomic import import_atomic

            import_atomic(inputs, quads, progress)
        case "kgtk":
            from kaug.importers.kgtk import BASE, import_kgtk

            import_kgtk(inputs, quads, base or BASE, progress)
        case "wordnet":
            from kaug.importers import wordnet

            wordnet.import_wordnet(inputs, quads, base or wordnet.BASE, progress)
        case "metaqa":
            from kaug.importers.metaqa import import_metaqa

            import_metaqa(inputs, quads, progress)
        case "pathquestion":
            from kaug.importers.pathquestion import import_pathquestion

            import_pathquestion(inputs, quads, progress)
        case "table":
            from kaug.importers.mapping import mapping_of, read_mapping
            from kaug.importers.table import import_table

            mapping = given["mapping"]
            if mapping is None:
                raise SourceError("importer 'table' needs a mapping: which column is the subject, and so on.")
            read = read_mapping(mapping) if isinstance(mapping, Path) else mapping_of(mapping)
            import_table(inputs, quads, read, base or f"https://w3id.org/kaug/{_name(source)}/", progress)
        case _:
            assert_never(name)


def _name(source: str) -> str:
    from urllib.parse import quote

    return quote(source, safe="")
