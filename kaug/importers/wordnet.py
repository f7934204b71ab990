"""WordNet, as WNDB files or as WN-LMF XML → quads: synsets with lemmas, definitions, examples and relations.

The relations are properties of the Global WordNet Association's vocabulary in both formats.
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from kaug.importers.quads import ALTERNATIVE, LABEL, SENSE_OF, Quads, Relation
from kaug.importers.terms import iri, literal
from kaug.importers.wordnet_lmf import Row, read_lmf
from kaug.importers.wordnet_wndb import read_wndb

__all__ = ["RELATIONS", "WN", "import_wordnet"]

WN = "https://globalwordnet.github.io/schemas/wn#"

RELATIONS: dict[str, Relation] = {
    "hypernym": ("broader kind", "{s} is a kind of {o}.", "What is {s} a kind of?", "What is a kind of {o}?"),
    "hyponym": ("kind", "One kind of {s} is {o}.", "What is one kind of {s}?", "What has {o} as one of its kinds?"),
    "instance_hypernym": (
        "class",
        "{s} is an instance of {o}.",
        "What is {s} an instance of?",
        "Name an instance of {o}.",
    ),
    "instance_hyponym": (
        "instance",
        "One instance of {s} is {o}.",
        "Name an instance of {s}.",
        "What is {o} an instance of?",
    ),
    "mero_part": ("part", "{o} is part of {s}.", "What is part of {s}?", "What is {o} part of?"),
    "holo_part": ("part of", "{s} is part of {o}.", "What is {s} part of?", "What is part of {o}?"),
    "mero_member": ("member", "{o} is a member of {s}.", "What is a member of {s}?", "What is {o} a member of?"),
    "holo_member": ("member of", "{s} is a member of {o}.", "What is {s} a member of?", "What is a member of {o}?"),
    "mero_substance": ("substance", "{s} is made of {o}.", "What is {s} made of?", "What is made of {o}?"),
    "holo_substance": ("substance of", "{o} is made of {s}.", "What is made of {s}?", "What is {o} made of?"),
    "entails": ("entails", "{s} entails {o}.", "What does {s} entail?", "What entails {o}?"),
    "causes": ("causes", "{s} causes {o}.", "What does {s} cause?", "What causes {o}?"),
    "antonym": ("opposite", "The opposite of {s} is {o}.", "What is the opposite of {s}?"),
    "similar": ("similar to", "{s} is similar to {o}.", "What is {s} similar to?"),
    "derivation": ("related form", "{s} and {o} are related words.", "Which word is related to {s}?"),
    "also": ("related idea", "See also {o} for {s}.", "What is closely related to {s}?"),
    "attribute": ("attribute", "{s} is to do with {o}.", "What is {s} to do with?"),
    "verb_group": ("verb group", "{s} and {o} are verbs of one group.", "Which verb is of one group with {s}?"),
    "pertainym": ("base word", "{s} pertains to {o}.", "What does {s} pertain to?", "What pertains to {o}?"),
    "participle": ("participle of", "{s} is a participle of {o}.", "What is {s} a participle of?"),
    "domain_topic": ("topic", "{s} belongs to the topic of {o}.", "What topic does {s} belong to?"),
    "has_domain_topic": ("term", "{o} is a term of {s}.", "Name a term of {s}."),
    "domain_region": ("region", "{s} belongs to the region of {o}.", "Which region does {s} belong to?"),
    "has_domain_region": ("regional term", "{o} is a term of {s}.", "Name a term of {s}."),
    "exemplifies": ("usage", "{s} is an example of {o}.", "What is {s} an example of?"),
    "is_exemplified_by": ("example of usage", "{o} is an example of {s}.", "Name an example of {s}."),
}
"""The labels and templates of the relations of WordNet; other relations are labelled by their names."""


def import_wordnet(inputs: Sequence[Path], quads: Quads, *, base: str, batch: int = 1 << 15) -> Iterator[int]:
    """Write a WordNet.

    Args:
        inputs: Folders with the files of WNDB (`data.noun` and so on), or files of WN-LMF XML.
        quads: The writer.
        base: The namespace of synsets and senses; their ids in the file follow.
        batch: The number of rows to write at a time.

    Yields:
        The number of rows of each batch.

    Raises:
        SourceError: A file is missing or malformed, or an XML file has entities.
    """
    relations: set[str] = set()
    for path in inputs:
        rows = read_wndb(path, quads.left_out) if path.is_dir() else read_lmf(path, quads.left_out)
        while part := list(itertools.islice(rows, batch)):
            relations |= _write_rows(part, quads, base)
            yield len(part)
    names = pa.array(sorted(relations), pa.string())
    quads.relations(names, iri(WN, names), RELATIONS)


def _write_rows(rows: list[Row], quads: Quads, base: str) -> set[str]:
    """Write rows, and return the names of the relations in them."""
    groups: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        groups.setdefault((row[1], bool(row[3])), []).append(row)
    relations = set()
    for (predicate, is_text), group in groups.items():
        subjects, _, objects, languages = (pa.array(column, pa.string()) for column in zip(*group, strict=True))
        subject = iri(base, subjects)
        if is_text and predicate in (LABEL, ALTERNATIVE):
            quads.labels(subject, literal(objects, languages), predicate)
        elif is_text:
            quads.facts(subject, predicate, literal(objects, languages))
        else:
            relations |= {predicate} - {SENSE_OF}
            term = SENSE_OF if predicate == SENSE_OF else iri(WN, pa.array([predicate]))[0].as_py()
            quads.facts(subject, term, iri(base, objects))
    return relations
