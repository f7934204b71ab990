"""MetaQA's film knowledge base, as ids with texts or as `kb.txt` → quads."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaug.errors import SourceError
from kaug.importers.columns import Block, Layout, read_columns, without_ending
from kaug.importers.lines import Quads
from kaug.importers.saying import Said, say
from kaug.importers.terms import literal, name

__all__ = ["BASE", "RELATIONS", "import_metaqa"]

BASE = "https://w3id.org/kaug/metaqa/"

RELATIONS = {
    "directed by": Said(
        "directed by",
        "{s} was directed by {o}.",
        "Who directed {s}?",
        "Which film did {o} direct?",
        "Name a director of {s}.",
        "Name a film made by {o} as its director.",
    ),
    "written by": Said(
        "written by",
        "{s} was written by {o}.",
        "Who wrote {s}?",
        "Which film did {o} write?",
        "Name an author of the script of {s}.",
        "Name a film with a script by {o}.",
    ),
    "starred actors": Said(
        "starred actors",
        "{s} starred {o}.",
        "Who starred in {s}?",
        "Which film starred {o}?",
        "Name an actor in {s}.",
        "Name a film in which {o} plays.",
    ),
    "release year": Said(
        "release year",
        "{s} was released in {o}.",
        "In which year was {s} released?",
        "Which film was released in {o}?",
        "When did {s} come out?",
        "Name a film that came out in {o}.",
    ),
    "in language": Said(
        "in language",
        "{s} is in {o}.",
        "In which language is {s}?",
        "Which film is in {o}?",
        "What do people speak in {s}?",
        "Name a film where people speak {o}.",
    ),
    "has tags": Said(
        "has tags",
        "{s} is tagged {o}.",
        "What is {s} tagged?",
        "Which film is tagged {o}?",
        "Which word describes {s}?",
        "Name a film that {o} describes.",
    ),
    "has genre": Said(
        "has genre",
        "The genre of {s} is {o}.",
        "What is the genre of {s}?",
        "Which film is of the genre {o}?",
        "What sort of film is {s}?",
        "Name a film of the sort {o}.",
    ),
    "has imdb votes": Said(
        "has imdb votes",
        "The votes for {s} on IMDb are {o}.",
        "What are the votes for {s} on IMDb?",
        "For which film are the votes on IMDb {o}?",
        "How well known do voters make {s}?",
        "Name a film whose number of voters is {o}.",
    ),
    "has imdb rating": Said(
        "has imdb rating",
        "The rating of {s} on IMDb is {o}.",
        "What is the rating of {s} on IMDb?",
        "The rating of which film on IMDb is {o}?",
        "How does IMDb judge {s}?",
        "Name a film that IMDb judges {o}.",
    ),
}
"""The labels and templates of the relations of MetaQA."""


def import_metaqa(inputs: Sequence[Path], quads: Quads, progress: Callable[[int], None]) -> None:
    """Write MetaQA's triples.

    Args:
        inputs: A folder with `entity2text.txt`, `relation2text.txt` and triples as ids in `train.tsv`, `dev.tsv` and
            `test.tsv` (those that are there); or `kb.txt`, whose lines are `Kismet|directed_by|William Dieterle`.
        quads: What takes the columns.
        progress: Called with the number of rows read since the last call.

    Raises:
        SourceError: A file is missing or a row is malformed.
    """
    relations: list[pa.Array] = []
    for path in inputs:
        tables = _read_folder(path, quads, progress) if path.is_dir() else _read_kb(path, progress)
        for subject, relation, value in tables:
            known = pc.replace_substring(relation, "_", " ")
            quads.facts(name(BASE, subject), name(f"{BASE}r/", known), name(BASE, value))
            quads.labels(name(BASE, subject), literal(subject, "en"))
            quads.labels(name(BASE, value), literal(value, "en"))
            relations.append(pc.unique(known))
    if relations:
        names = pc.unique(pa.concat_arrays(relations))
        say(quads, names, name(f"{BASE}r/", names), RELATIONS)


def _read_kb(path: Path, progress: Callable[[int], None]) -> list[tuple[pa.Array, pa.Array, pa.Array]]:
    tables = []
    for block in read_columns(path, ("subject", "relation", "object"), layout=Layout("|")):
        for column, texts in block.columns.items():
            block.refuse(pc.equal(pc.utf8_trim_whitespace(texts), ""), "a text", column)
        tables.append((block.columns["subject"], block.columns["relation"], block.columns["object"]))
        progress(block.rows)
    return tables


def _read_folder(
    path: Path, quads: Quads, progress: Callable[[int], None]
) -> list[tuple[pa.Array, pa.Array, pa.Array]]:
    files = {without_ending(file): file for file in sorted(path.iterdir())}
    entities, relations = (_texts(path, files, f"{what}2text.txt") for what in ("entity", "relation"))
    blocks: list[Block] = []
    splits = [files[f"{split}.tsv"] for split in ("train", "dev", "test") if f"{split}.tsv" in files]
    if not splits:
        raise SourceError(f"{path}: there is no train.tsv, dev.tsv or test.tsv here, with triples as ids.")
    for file in splits:
        for block in read_columns(file, ("subject", "relation", "object")):
            blocks.append(block)
            progress(block.rows)
    parts: list[pa.Array] = []
    for column, (ids, texts) in {"subject": entities, "relation": relations, "object": entities}.items():
        found = pc.index_in(pa.concat_arrays([block.columns[column] for block in blocks]), value_set=ids)
        parts.append(texts.take(found))
    # The published files name no text for one of their ids.
    whole = pc.and_(pc.and_(pc.is_valid(parts[0]), pc.is_valid(parts[1])), pc.is_valid(parts[2]))
    quads.left_out("id without a text", pc.sum(pc.invert(whole)).as_py() or 0)
    subject, relation, value = (part.filter(whole) for part in parts)
    return [(subject, relation, value)]


def _texts(folder: Path, files: dict[str, Path], file: str) -> tuple[pa.Array, pa.Array]:
    if file not in files:
        raise SourceError(f"{folder / file}: is missing; it should name the ids in the triples.")
    blocks = list(read_columns(files[file], ("id", "text")))
    return (
        pa.concat_arrays([block.columns["id"] for block in blocks]),
        pa.concat_arrays([block.columns["text"] for block in blocks]),
    )
