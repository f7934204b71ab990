"""A folder of WNDB files (data.noun and so on) → rows of a WordNet.

The format is that of the manual page wndb(5WN). A word of a synset is a sense of its own where a pointer starts at it or
leads to it. The files are read twice: first for what the pointers lead to.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from kaug.errors import SourceError
from kaug.importers.columns import without_ending
from kaug.importers.wordnet_words import DEFINITION, EXAMPLE, OTHER_WORD, SENSE_OF, WORD, Row
from kaug.rdf.compressed import open_bytes

__all__ = ["POINTERS", "read_wndb"]

POINTERS = {
    "!": "antonym",
    "@": "hypernym",
    "@i": "instance_hypernym",
    "~": "hyponym",
    "~i": "instance_hyponym",
    "#m": "holo_member",
    "#s": "holo_substance",
    "#p": "holo_part",
    "%m": "mero_member",
    "%s": "mero_substance",
    "%p": "mero_part",
    "=": "attribute",
    "+": "derivation",
    ";c": "domain_topic",
    "-c": "has_domain_topic",
    ";r": "domain_region",
    "-r": "has_domain_region",
    ";u": "exemplifies",
    "-u": "is_exemplified_by",
    "*": "entails",
    ">": "causes",
    "^": "also",
    "$": "verb_group",
    "&": "similar",
    "<": "participle",
    "\\": "pertainym",
}
"""The symbols of pointers, and the relations they are."""

_FILES = ("data.noun", "data.verb", "data.adj", "data.adv")
_MARKER = re.compile(r"\((?:a|p|ip)\)$")
_EXAMPLE = re.compile(r';\s*"(.*?)"(?=\s*(?:;|$|-))|^"(.*?)"(?=\s*(?:;|$|-))')
_LANGUAGE = "en"


def read_wndb(path: Path, left_out: Callable[[str, int], None]) -> Iterator[Row]:
    """Read the data files of a folder.

    Args:
        path: The folder. Each file may be compressed.
        left_out: Counts what is not taken, by reason.

    Yields:
        The rows. A synset's id is its offset with its part of speech, 02084071-n; a sense's ends in the word's number,
        02084071-n-1.

    Raises:
        SourceError: There is no data file, or a line is malformed.
    """
    files = {without_ending(file): file for file in sorted(path.iterdir())}
    data = [files[name] for name in _FILES if name in files]
    if not data:
        raise SourceError(f"{path}: holds none of {', '.join(_FILES)}; it should be the folder of a WordNet database.")
    rows = (row for file in data for row in _synsets(file, set(), lambda *_: None))
    targets = {target for _, kind, target, _ in rows if target.count("-") == 2 and kind in POINTERS.values()}
    for file in data:
        yield from _synsets(file, targets, left_out)


def _synsets(file: Path, targets: set[str], left_out: Callable[[str, int], None]) -> Iterator[Row]:
    for number, line in _lines(file):
        try:
            yield from _synset(line, targets, left_out)
        except (ValueError, IndexError, KeyError) as error:
            raise SourceError(
                f"{file}:{number}: expected a synset as in wndb(5WN): offset, file number, type, words, pointers, "
                f"then | and the gloss ({type(error).__name__}: {error})."
            ) from error


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not of the licence, which are indented."""
    with open_bytes(file) as handle:
        for number, line in enumerate(handle, 1):
            if not line.startswith(b"  ") and line.strip():
                try:
                    yield number, line.decode().rstrip("\r\n")
                except UnicodeDecodeError:
                    raise SourceError(f"{file}:{number}: is not UTF-8.") from None


def _synset(line: str, targets: set[str], left_out: Callable[[str, int], None]) -> Iterator[Row]:
    fields, bar, gloss = line.partition("|")
    if not bar:
        raise ValueError("no |")
    parts = iter(fields.split())
    offset, _, kind = _take(parts), _take(parts), _take(parts)
    if not (len(offset) == 8 and offset.isdigit() and kind in "nvasr"):
        raise ValueError(f"{offset} {kind}")
    part = "a" if kind == "s" else kind
    synset = f"{offset}-{part}"
    words = [(_MARKER.sub("", _take(parts)), _take(parts))[0] for _ in range(int(_take(parts), 16))]
    if not words:
        raise ValueError("no word")
    yield synset, WORD, words[0].replace("_", " "), _LANGUAGE
    for word in words[1:]:
        yield synset, OTHER_WORD, word.replace("_", " "), _LANGUAGE
    named = {place for place in range(1, len(words) + 1) if f"{synset}-{place}" in targets}
    for _ in range(int(_take(parts), 10)):
        symbol, target, other, places = (_take(parts) for _ in range(4))
        relation = POINTERS[symbol]
        start, end = int(places[:2], 16), int(places[2:], 16)
        if len(places) != 4 or start > len(words):
            raise ValueError(places)
        to = f"{target}-{'a' if other == 's' else other}"
        if start and end:
            yield f"{synset}-{start}", relation, f"{to}-{end}", ""
            named.add(start)
        else:
            yield synset, relation, to, ""
    for place in sorted(named):
        yield f"{synset}-{place}", WORD, words[place - 1].replace("_", " "), _LANGUAGE
        yield f"{synset}-{place}", SENSE_OF, synset, ""
    frames = list(parts)
    left_out("verb frame", int(frames[0]) if frames else 0)
    examples = [first or second for first, second in _EXAMPLE.findall(gloss.strip())]
    definition = _EXAMPLE.sub("", gloss.strip()).strip(" ;")
    if definition:
        yield synset, DEFINITION, definition, _LANGUAGE
    for example in examples:
        yield synset, EXAMPLE, example, _LANGUAGE


def _take(parts: Iterator[str]) -> str:
    for part in parts:
        return part
    raise ValueError("too few fields")
