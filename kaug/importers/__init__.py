"""Files in other formats → one source in N-Quads, with its counts and its entry for a manifest."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from kaug.errors import SourceError, nearest
from kaug.importers.atomic import import_atomic
from kaug.importers.conceptnet import import_conceptnet, import_conceptnet_100k
from kaug.importers.kgtk import import_kgtk
from kaug.importers.manifest_entry import add_entry, entry_text
from kaug.importers.metaqa import import_metaqa
from kaug.importers.pathquestion import import_pathquestion
from kaug.importers.quads import quads_file
from kaug.importers.table import import_table
from kaug.importers.wordnet import import_wordnet
from kaug.store.digests import file_digest

__all__ = ["IMPORTERS", "Importer", "ImporterName", "run_importer"]

ImporterName = Literal["conceptnet", "conceptnet-100k", "atomic", "kgtk", "wordnet", "metaqa", "pathquestion", "table"]


@dataclass(frozen=True)
class Importer:
    """A format that can be imported.

    `read` reads files, writes quads, and yields the number of rows of each block. It raises `SourceError` for malformed
    rows.
    """

    read: Callable[..., Iterator[int]]
    title: str  # the format, in a sentence
    origin: str
    kind: str = "domain"  # the usual kind of such a source, or `commonsense`
    licence: str = ""  # the publisher's, if known
    attribution: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # of `read`, with defaults; {source} is the source's id
    folders: bool = False  # whether an input can be a folder


IMPORTERS: dict[ImporterName, Importer] = {
    "conceptnet": Importer(
        import_conceptnet,
        "ConceptNet 5: the dump of its assertions, a CSV file.",
        origin="ConceptNet 5 (https://conceptnet.io)",
        kind="commonsense",
        licence="CC-BY-SA-4.0",
        attribution="ConceptNet 5 (https://conceptnet.io), by Robyn Speer and others, CC BY-SA 4.0",
        options={"languages": ("en",)},
    ),
    "conceptnet-100k": Importer(
        import_conceptnet_100k,
        "ConceptNet-100k: files of relation, head, tail and confidence.",
        origin="ConceptNet-100k, a split of ConceptNet for knowledge base completion",
        kind="commonsense",
        licence="CC-BY-SA-4.0",
        attribution="ConceptNet (https://conceptnet.io), CC BY-SA 4.0",
    ),
    "atomic": Importer(
        import_atomic,
        "ATOMIC-2020: TSV files of head, relation and tail.",
        origin="ATOMIC-2020 (https://allenai.org/data/atomic-2020)",
        kind="commonsense",
        licence="CC-BY-4.0",
        attribution="ATOMIC-2020, Allen Institute for AI, CC BY 4.0",
    ),
    "kgtk": Importer(
        import_kgtk,
        "KGTK edges, such as CSKG and subsets of Wikidata: TSV files.",
        origin="KGTK edges",
        kind="commonsense",
        options={"base": "https://w3id.org/kaug/kgtk/"},
    ),
    "wordnet": Importer(
        import_wordnet,
        "WordNet: WN-LMF XML, or the folder of a WordNet database.",
        origin="WordNet",
        kind="commonsense",
        options={"base": "https://w3id.org/kaug/wordnet/"},
        folders=True,
    ),
    "metaqa": Importer(
        import_metaqa,
        "MetaQA: kb.txt, or the folder of its triples as ids.",
        origin="MetaQA (https://github.com/yuyuzhang/MetaQA)",
        licence="Creative Commons",
        attribution="MetaQA, from WikiMovies",
        folders=True,
    ),
    "pathquestion": Importer(
        import_pathquestion,
        "PathQuestion: files of head, relation and tail.",
        origin="PathQuestion (https://github.com/zmtkeke/IRN), from Freebase",
    ),
    "table": Importer(
        import_table,
        "Any CSV or TSV file, with a mapping of its columns.",
        origin="a table",
        options={"base": "https://w3id.org/kaug/{source}/", "mapping": None},
    ),
}
"""The importers by format."""


def run_importer(
    name: ImporterName,
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    progress: Callable[[int], None] | None = None,
    source: str | None = None,
    graph: str | None = None,
    manifest: Path | None = None,
    kind: Literal["domain", "commonsense"] | None = None,
    licence: str | None = None,
    origin: str | None = None,
    attribution: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    r"""Convert files of another format to N-Quads, as one source with one named graph.

    Args:
        name: The format; see `IMPORTERS`.
        inputs: Files, which can be compressed (.gz, .bz2, .xz, .zst), or folders (metaqa, wordnet).
        out: The file to write; its name ends in .nq or .nq.gz. The write is atomic.
        progress: Called with the number of rows read since the last call.
        source: The source's id; None takes the name of `out` without ending.
        graph: The named graph; None takes https://w3id.org/kaug/source/ID.
        manifest: The manifest to add the source to.
        kind: `domain` or `commonsense`; None takes the usual kind of the format.
        licence: The licence of the data; None takes its publisher's, if known.
        origin: The origin; None takes the format's name and the names of the files.
        attribution: The attribution that the licence asks for.
        options: For conceptnet, `languages`: the languages to keep, default `["en"]`. For kgtk, wordnet and table,
            `base`: the namespace of IRIs made from names. For table, `mapping`: the meaning of its columns, as a TOML
            file or an argument of `kaug.importers.mapping.mapping_of`.

    Returns:
        `facts`, `labels`, `weights`, and the numbers of rows left out, by reason; `source`; `sha256` of the file; and
        `manifest`, the source's entry for a manifest, as text.

    Raises:
        SourceError: The format is unknown, an input is missing or malformed, an option is wrong, or the inputs have no facts.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "kb.txt").write_text("Kismet|directed_by|William Dieterle\n")
        >>> counts = run_importer("metaqa", folder / "kb.txt", folder / "films.nq")
        >>> counts["facts"], counts["source"]
        (1, 'films')
    """
    if name not in IMPORTERS:
        raise SourceError(f"There is no importer {name!r}.{nearest(name, IMPORTERS)}")
    importer = IMPORTERS[name]
    paths = [Path(path) for path in ([inputs] if isinstance(inputs, str | Path) else inputs)]
    out = Path(out)
    if isinstance(options.get("languages"), str):
        options["languages"] = [options["languages"]]
    _check(name, paths, out, options, kind)
    source = source or out.name.removesuffix(".gz").removesuffix(".nq")
    encoded = quote(source, safe="")
    given = {key: value.format(source=encoded) if key == "base" else value for key, value in importer.options.items()}
    given |= {key: value for key, value in options.items() if value is not None}
    with quads_file(out, graph or f"https://w3id.org/kaug/source/{encoded}", paths) as quads:
        for rows in importer.read(paths, quads, **given):
            if progress is not None:
                progress(rows)
    entry = {
        "path": os.path.relpath(out, manifest.parent if manifest else out.parent),
        "kind": kind or importer.kind,
        "licence": importer.licence if licence is None else licence,
        "origin": f"{importer.origin}: {', '.join(path.name for path in paths)}" if origin is None else origin,
        "attribution": importer.attribution if attribution is None else attribution,
        "sha256": file_digest(out),
    }
    if manifest is not None:
        add_entry(manifest, source, entry)
    return {**quads.counts, "source": source, "sha256": entry["sha256"], "manifest": entry_text(source, entry)}


def _check(name: ImporterName, inputs: list[Path], out: Path, options: Mapping[str, Any], kind: str | None) -> None:
    shared = ("source", "graph", "manifest", "kind", "licence", "origin", "attribution", "progress")
    for option, value in options.items():
        formats = [other for other, importer in IMPORTERS.items() if option in importer.options]
        if not formats:
            known = {*shared, *(key for importer in IMPORTERS.values() for key in importer.options)}
            raise SourceError(f"importer {name!r} has no option {option!r}.{nearest(option, known)}")
        if value is not None and name not in formats:
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
        if path.is_dir() and not IMPORTERS[name].folders:
            raise SourceError(f"{path}: is a folder; name the files in it.")
