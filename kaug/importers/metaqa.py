"""MetaQA's knowledge base of films, as ids with texts or as `kb.txt` → quads."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.importers.delimited import Delimited, without_ending
from kaug.importers.quads import Quads, read_relations
from kaug.importers.terms import join, literal, name

__all__ = ["BASE", "RELATIONS", "import_metaqa"]

BASE = "https://w3id.org/kaug/metaqa/"
_TRIPLE = ("subject", "relation", "object")
_VALUES = {  # the film 1984 is not the year, 9/11 not the tag
    "release year": "year/",
    "in language": "language/",
    "has tags": "tag/",
    "has genre": "genre/",
    "has imdb votes": "votes/",
    "has imdb rating": "rating/",
}
RELATIONS = read_relations(__file__)
"""The entries of the relations of MetaQA."""


def import_metaqa(inputs: Sequence[Path], quads: Quads) -> Iterator[int]:
    """Write MetaQA's triples: from `kb.txt`, whose lines are `Kismet|directed_by|William Dieterle`, or from a folder.

    The folder has the triples as ids in `train.tsv`, `dev.tsv` and `test.tsv`, or some of them, and the texts of the ids in
    `entity2text.txt` and `relation2text.txt`.
    """
    seen = pa.array([], pa.string())
    for path in inputs:
        for rows, (subject, relation, value) in _read_folder(path, quads) if path.is_dir() else _read_kb(path):
            labels = pc.replace_substring(relation, "_", " ")
            for label in pc.unique(labels).to_pylist():
                films, values = (column.filter(pc.equal(labels, label)) for column in (subject, value))
                film, thing = name(BASE, films), name(BASE + _VALUES.get(label, ""), values)
                quads.facts(film, name(f"{BASE}r/", pa.array([label]))[0].as_py(), thing)
                quads.labels(film, literal(films, "en"))
                quads.labels(thing, literal(values, "en"))
            seen = pc.unique(pa.concat_arrays([seen, labels]))
            yield rows
    quads.relations(seen, name(f"{BASE}r/", seen), RELATIONS)


def _read_kb(path: Path) -> Iterator[tuple[int, list[pa.Array]]]:
    for block in Delimited(path, "|").blocks(_TRIPLE):
        for column, texts in block.columns.items():
            block.refuse(pc.equal(pc.utf8_trim_whitespace(texts), ""), "a text", column)
        yield block.rows, list(block.columns.values())


def _read_folder(folder: Path, quads: Quads) -> Iterator[tuple[int, list[pa.Array]]]:
    files = {without_ending(file): file for file in sorted(folder.iterdir())}
    for file in ("entity2text.txt", "relation2text.txt"):
        if file not in files:
            raise SourceError(f"{folder / file}: is missing; it should name the ids in the triples.")
    splits = [files[f"{split}.tsv"] for split in ("train", "dev", "test") if f"{split}.tsv" in files]
    if not splits:
        raise SourceError(f"{folder}: there is no train.tsv, dev.tsv or test.tsv here, with triples as ids.")
    entities, relations = (_columns([files[f"{kind}2text.txt"]], ("id", "text")) for kind in ("entity", "relation"))
    ids = _columns(splits, _TRIPLE)
    names = [
        texts.take(pc.index_in(column, value_set=keys))
        for column, (keys, texts) in zip(ids, (entities, relations, entities), strict=True)
    ]
    # The published files have no text for one of their ids.
    kept = quads.keep("id without a text", pc.is_valid(join(*names)))
    yield len(kept), [column.filter(kept) for column in names]


def _columns(files: list[Path], names: tuple[str, ...]) -> list[pa.Array]:
    blocks = [block.columns for file in files for block in Delimited(file).blocks(names)]
    return [pa.chunked_array([columns[name] for columns in blocks], pa.string()).combine_chunks() for name in names]
