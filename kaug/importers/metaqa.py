"""MetaQA's knowledge base of films, as ids with texts or as `kb.txt` → quads."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.importers.delimited import Delimited, without_ending
from kaug.importers.quads import Quads, Relation
from kaug.importers.terms import join, name

__all__ = ["BASE", "RELATIONS", "import_metaqa"]

BASE = "https://w3id.org/kaug/metaqa/"
_TRIPLE = ("subject", "relation", "object")
_TEMPLATES = {
    "directed by": ("{s} was directed by {o}.", "Who directed {s}?", "Which film did {o} direct?"),
    "written by": ("{s} was written by {o}.", "Who wrote {s}?", "Which film did {o} write?"),
    "starred actors": ("{s} starred {o}.", "Who starred in {s}?", "Which film starred {o}?"),
    "release year": ("{s} was released in {o}.", "In which year was {s} released?", "Which film was released in {o}?"),
    "in language": ("{s} is in {o}.", "In which language is {s}?", "Which film is in {o}?"),
    "has tags": ("{s} is tagged {o}.", "What is {s} tagged?", "Which film is tagged {o}?"),
    "has genre": ("The genre of {s} is {o}.", "What is the genre of {s}?", "Which film is of the genre {o}?"),
    "has imdb votes": (
        "The votes for {s} on IMDb are {o}.",
        "What are the votes for {s} on IMDb?",
        "For which film are the votes on IMDb {o}?",
    ),
    "has imdb rating": (
        "The rating of {s} on IMDb is {o}.",
        "What is the rating of {s} on IMDb?",
        "The rating of which film on IMDb is {o}?",
    ),
}
_EXAM = {
    "directed by": ("Name a director of {s}.", "Name a film made by {o} as its director."),
    "written by": ("Name an author of the script of {s}.", "Name a film with a script by {o}."),
    "starred actors": ("Name an actor in {s}.", "Name a film in which {o} plays."),
    "release year": ("When did {s} come out?", "Name a film that came out in {o}."),
    "in language": ("What do people speak in {s}?", "Name a film where people speak {o}."),
    "has tags": ("Which word describes {s}?", "Name a film that {o} describes."),
    "has genre": ("What sort of film is {s}?", "Name a film of the sort {o}."),
    "has imdb votes": ("How well known do voters make {s}?", "Name a film whose number of voters is {o}."),
    "has imdb rating": ("How does IMDb judge {s}?", "Name a film that IMDb judges {o}."),
}
RELATIONS: dict[str, Relation] = {label: (label, *texts, *_EXAM[label]) for label, texts in _TEMPLATES.items()}
"""The labels and templates of the relations of MetaQA."""


def import_metaqa(inputs: Sequence[Path], quads: Quads) -> Iterator[int]:
    """Write MetaQA's triples: from `kb.txt`, whose lines are `Kismet|directed_by|William Dieterle`, or from a folder.

    The folder has the triples as ids in `train.tsv`, `dev.tsv` and `test.tsv`, or some of them, and the texts of the ids in
    `entity2text.txt` and `relation2text.txt`.
    """
    seen = pa.array([], pa.string())
    for path in inputs:
        for rows, (subject, relation, value) in _read_folder(path, quads) if path.is_dir() else _read_kb(path):
            label = pc.replace_substring(relation, "_", " ")
            quads.named_facts(BASE, subject, name(f"{BASE}r/", label), value)
            seen = pc.unique(pa.concat_arrays([seen, label]))
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
