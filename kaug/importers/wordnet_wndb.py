"""A folder of WNDB files (data.noun and so on) → rows of a WordNet.

The format is that of the manual page wndb(5WN). A word of a synset becomes a sense if a pointer starts at it or leads to it.
The files are read twice: first for the targets of pointers.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from kaug.errors import SourceError
from kaug.importers.delimited import without_ending
from kaug.importers.quads import ALTERNATIVE, DEFINITION, EXAMPLE, LABEL, SENSE_OF
from kaug.importers.wordnet_lmf import Row
from kaug.rdf.compressed import open_bytes

__all__ = ["POINTERS", "read_wndb"]

_TABLE = r"""
! antonym         ;c domain_topic        #m holo_member     %m mero_member     ~  hyponym
@ hypernym        -c has_domain_topic    #s holo_substance  %s mero_substance  ~i instance_hyponym
= attribute       ;r domain_region       #p holo_part       %p mero_part       @i instance_hypernym
+ derivation      -r has_domain_region   *  entails         >  causes          ^  also
& similar         ;u exemplifies         -u is_exemplified_by                  $  verb_group
< participle      \  pertainym
"""
_CELLS = _TABLE.split()
POINTERS = dict(zip(_CELLS[::2], _CELLS[1::2], strict=True))
"""The relations by symbols of pointers."""

_FILES = ("data.noun", "data.verb", "data.adj", "data.adv")
_MARKER = re.compile(r"\((?:a|p|ip)\)$")
_EXAMPLE = re.compile(r';\s*"(.*?)"(?=\s*(?:;|$|-))|^"(.*?)"(?=\s*(?:;|$|-))')


def read_wndb(path: Path, left_out: Callable[[str, int], None]) -> Iterator[Row]:
    """Read the data files of a folder.

    Args:
        path: The folder. Each file can be compressed.
        left_out: Counts verb frames, which are left out.

    Yields:
        Rows. A synset's id is its offset with its part of speech, 02084071-n; a sense's ends in the word's number,
        02084071-n-1.

    Raises:
        SourceError: There is no data file, or a line is malformed.
    """
    files = {without_ending(file): file for file in sorted(path.iterdir())}
    data = [files[name] for name in _FILES if name in files]
    if not data:
        raise SourceError(f"{path}: holds none of {', '.join(_FILES)}; it should be the folder of a WordNet database.")
    rows = (row for file in data for row in _read(file, set(), lambda *_: None))
    targets = {target for _, _, target, language in rows if not language and target.count("-") == 2}
    for file in data:
        yield from _read(file, targets, left_out)


def _read(file: Path, targets: set[str], left_out: Callable[[str, int], None]) -> Iterator[Row]:
    with open_bytes(file) as handle:
        for number, line in enumerate(handle, 1):
            if line.startswith(b"  ") or not line.strip():
                continue  # the licence is indented
            try:
                yield from _read_synset(line.decode(), targets, left_out)
            except UnicodeDecodeError:
                raise SourceError(f"{file}:{number}: is not UTF-8.") from None
            except (ValueError, IndexError, KeyError) as error:
                raise SourceError(
                    f"{file}:{number}: expected a synset as in wndb(5WN): offset, file number, type, words, pointers, "
                    f"then | and the gloss ({type(error).__name__}: {error})."
                ) from error


def _read_synset(line: str, targets: set[str], left_out: Callable[[str, int], None]) -> Iterator[Row]:
    data, bar, gloss = line.partition("|")
    offset, _, kind, number, *fields = data.split()
    if not (bar and len(offset) == 8 and offset.isdigit() and kind in "nvasr"):
        raise ValueError(f"{offset} {kind}")
    synset = _id(offset, kind)
    end = 2 * int(number, 16)
    words = [_MARKER.sub("", word).replace("_", " ") for word in fields[:end:2]]
    if not words:
        raise ValueError("no word")
    count, fields = int(fields[end]), fields[end + 1 :]
    for rank, word in enumerate(words):
        yield synset, ALTERNATIVE if rank else LABEL, word, "en"
    senses = {sense for sense in range(1, len(words) + 1) if f"{synset}-{sense}" in targets}
    for pointer in range(count):
        symbol, target, part, ends = fields[4 * pointer : 4 * pointer + 4]
        source_word, target_word = int(ends[:2], 16), int(ends[2:], 16)
        if len(ends) != 4 or source_word > len(words):
            raise ValueError(ends)
        if source_word and target_word:
            senses.add(source_word)
            yield f"{synset}-{source_word}", POINTERS[symbol], f"{_id(target, part)}-{target_word}", ""
        else:
            yield synset, POINTERS[symbol], _id(target, part), ""
    for sense in sorted(senses):
        yield f"{synset}-{sense}", LABEL, words[sense - 1], "en"
        yield f"{synset}-{sense}", SENSE_OF, synset, ""
    frames = fields[4 * count :]
    left_out("verb frame", int(frames[0]) if frames else 0)
    gloss = gloss.strip()
    if definition := _EXAMPLE.sub("", gloss).strip(" ;"):
        yield synset, DEFINITION, definition, "en"
    for example in _EXAMPLE.findall(gloss):
        yield synset, EXAMPLE, "".join(example), "en"


def _id(offset: str, part: str) -> str:
    return f"{offset}-{'a' if part == 's' else part}"
