"""WordNet, as WNDB files or as WN-LMF XML → quads: synsets with lemmas, definitions, examples and relations.

The relations are properties of the Global WordNet Association's vocabulary, whichever of the formats they come from.
"""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from kaug.importers.lines import ALTERNATIVE, LABEL, Quads
from kaug.importers.saying import Said, say
from kaug.importers.terms import iri, literal
from kaug.importers.wordnet_lmf import read_lmf
from kaug.importers.wordnet_wndb import read_wndb
from kaug.importers.wordnet_words import DEFINITION, EXAMPLE, OTHER_WORD, SENSE_OF, WORD, Row

__all__ = ["BASE", "RELATIONS", "WN", "import_wordnet"]

BASE = "https://w3id.org/kaug/wordnet/"
WN = "https://globalwordnet.github.io/schemas/wn#"

_TEXTS = {
    WORD: LABEL,
    OTHER_WORD: ALTERNATIVE,
    DEFINITION: "<http://www.w3.org/2004/02/skos/core#definition>",
    EXAMPLE: "<http://www.w3.org/2004/02/skos/core#example>",
}
_LINKS = {SENSE_OF: "<http://www.w3.org/ns/lemon/ontolex#isLexicalizedSenseOf>"}

RELATIONS = {
    "hypernym": Said("broader kind", "{s} is a kind of {o}.", "What is {s} a kind of?", "What is a kind of {o}?"),
    "hyponym": Said("kind", "One kind of {s} is {o}.", "What is one kind of {s}?", "What has {o} as one of its kinds?"),
    "instance_hypernym": Said(
        "class", "{s} is an instance of {o}.", "What is {s} an instance of?", "Name an instance of {o}."
    ),
    "instance_hyponym": Said(
        "instance", "One instance of {s} is {o}.", "Name an instance of {s}.", "What is {o} an instance of?"
    ),
    "mero_part": Said("part", "{o} is part of {s}.", "What is part of {s}?", "What is {o} part of?"),
    "holo_part": Said("part of", "{s} is part of {o}.", "What is {s} part of?", "What is part of {o}?"),
    "mero_member": Said("member", "{o} is a member of {s}.", "What is a member of {s}?", "What is {o} a member of?"),
    "holo_member": Said("member of", "{s} is a member of {o}.", "What is {s} a member of?", "What is a member of {o}?"),
    "mero_substance": Said("substance", "{s} is made of {o}.", "What is {s} made of?", "What is made of {o}?"),
    "holo_substance": Said("substance of", "{o} is made of {s}.", "What is made of {s}?", "What is {o} made of?"),
    "entails": Said("entails", "{s} entails {o}.", "What does {s} entail?", "What entails {o}?"),
    "causes": Said("causes", "{s} causes {o}.", "What does {s} cause?", "What causes {o}?"),
    "antonym": Said("opposite", "The opposite of {s} is {o}.", "What is the opposite of {s}?"),
    "similar": Said("similar to", "{s} is similar to {o}.", "What is {s} similar to?"),
    "derivation": Said("related form", "{s} and {o} are related words.", "Which word is related to {s}?"),
    "also": Said("related idea", "See also {o} for {s}.", "What is closely related to {s}?"),
    "attribute": Said("attribute", "{s} is to do with {o}.", "What is {s} to do with?"),
    "verb_group": Said("verb group", "{s} and {o} are verbs of one group.", "Which verb is of one group with {s}?"),
    "pertainym": Said("base word", "{s} pertains to {o}.", "What does {s} pertain to?", "What pertains to {o}?"),
    "participle": Said("participle of", "{s} is a participle of {o}.", "What is {s} a participle of?"),
    "domain_topic": Said("topic", "{s} belongs to the topic of {o}.", "What topic does {s} belong to?"),
    "has_domain_topic": Said("term", "{o} is a term of {s}.", "Name a term of {s}."),
    "domain_region": Said("region", "{s} belongs to the region of {o}.", "Which region does {s} belong to?"),
    "has_domain_region": Said("regional term", "{o} is a term of {s}.", "Name a term of {s}."),
    "exemplifies": Said("usage", "{s} is an example of {o}.", "What is {s} an example of?"),
    "is_exemplified_by": Said("example of usage", "{o} is an example of {s}.", "Name an example of {s}."),
}
"""The labels and templates of the relations of WordNet; others are called by their names."""


def import_wordnet(
    inputs: Sequence[Path], quads: Quads, base: str, progress: Callable[[int], None], *, batch: int = 1 << 15
) -> None:
    """Write a WordNet.

    Args:
        inputs: Folders with the files of WNDB (`data.noun` and so on), or files of WN-LMF XML.
        quads: Takes the columns.
        base: The beginning of the IRIs of synsets and senses; their ids in the file follow.
        progress: Called with the number of rows made since the last call.
        batch: Rows to write at a time.

    Raises:
        SourceError: A file is missing or malformed, or an XML file declares entities.
    """
    relations: set[str] = set()
    for path in inputs:
        rows = read_wndb(path, quads.left_out) if path.is_dir() else read_lmf(path, quads.left_out)
        while part := list(itertools.islice(rows, batch)):
            _write(part, quads, base, relations)
            progress(len(part))
    names = pa.array(sorted(relations), pa.string())
    say(quads, names, iri(WN, names), RELATIONS)


def _write(batch: list[Row], quads: Quads, base: str, relations: set[str]) -> None:
    kinds: dict[str, list[Row]] = {}
    for row in batch:
        kinds.setdefault(row[1], []).append(row)
    for kind, rows in kinds.items():
        subjects, _, objects, languages = (pa.array(column, pa.string()) for column in zip(*rows, strict=True))
        subject = iri(base, subjects)
        if kind in (WORD, OTHER_WORD):
            quads.labels(subject, literal(objects, languages), _TEXTS[kind])
        elif kind in _TEXTS:
            quads.facts(subject, _TEXTS[kind], literal(objects, languages))
        elif kind in _LINKS:
            quads.facts(subject, _LINKS[kind], iri(base, objects))
        else:
            relations.add(kind)
            quads.facts(subject, iri(WN, pa.array([kind]))[0].as_py(), iri(base, objects))
