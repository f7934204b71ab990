"""WordNet, as WN-LMF XML or as WNDB files → quads: synsets with lemmas, definitions, examples and relations.

WN-LMF is the Global WordNet Association's format, in which Open English WordNet is published; the relations of both formats
are properties of its vocabulary. `wn.lmf.load` of the package `wn` is not used: it holds the whole file in memory, does
not read compressed files, expands entities, and its errors have no lines. WNDB is the format of the manual page
wndb(5WN).
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from xml.parsers import expat

import pyarrow as pa

from kaug.errors import SourceError
from kaug.importers.delimited import without_ending
from kaug.importers.quads import ALTERNATIVE, LABEL, Quads, read_relations
from kaug.importers.terms import iri, language_tag, literal
from kaug.rdf.compressed import open_bytes

__all__ = ["POINTERS", "RELATIONS", "WN", "import_wordnet", "read_lmf", "read_wndb"]

Row = tuple[str, str, str, str]
"""A subject, a property or relation, an object, and the object's language, which is empty if the object is an id."""

WN = "https://globalwordnet.github.io/schemas/wn#"
_PREDICATES = {  # those of other vocabularies
    "label": LABEL,
    "altLabel": ALTERNATIVE,
    "definition": "<http://www.w3.org/2004/02/skos/core#definition>",
    "example": "<http://www.w3.org/2004/02/skos/core#example>",
    "isLexicalizedSenseOf": "<http://www.w3.org/ns/lemon/ontolex#isLexicalizedSenseOf>",
}

RELATIONS = read_relations(__file__)
"""The entries of the relations of WordNet; the labels of other relations are their names."""


_LEFT_OUT = {
    "Form": "other form",
    "SyntacticBehaviour": "verb frame",
    "Count": "count",
    "Pronunciation": "pronunciation",
}

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


def import_wordnet(inputs: Sequence[Path], quads: Quads, *, base: str, batch: int = 1 << 15) -> Iterator[int]:
    """Write a WordNet, from files of WN-LMF XML or folders with the files of WNDB (`data.noun` and so on).

    The IRIs of synsets and senses are `base` and their ids in the file. `batch` rows are written at a time.
    """
    relations: set[str] = set()
    for path in inputs:
        rows = read_wndb(path, quads.left_out) if path.is_dir() else read_lmf(path, quads.left_out)
        while part := list(itertools.islice(rows, batch)):
            relations |= _write_rows(part, quads, base)
            yield len(part)
    names = sorted(relations)
    quads.relations(pa.array(names, pa.string()), pa.array(map(_predicate, names), pa.string()), RELATIONS)


def _predicate(name: str) -> str:
    return _PREDICATES.get(name) or iri(WN, pa.array([name]))[0].as_py()


def _write_rows(rows: list[Row], quads: Quads, base: str) -> set[str]:
    """Write rows, and return the names of the relations in them."""
    groups: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        groups.setdefault((row[1], bool(row[3])), []).append(row)
    relations = set()
    for (name, is_text), group in groups.items():
        subjects, _, objects, languages = (pa.array(column, pa.string()) for column in zip(*group, strict=True))
        subject = iri(base, subjects)
        value = literal(objects, languages) if is_text else iri(base, objects)
        if name in ("label", "altLabel"):
            quads.labels(subject, value, _predicate(name))
        else:
            quads.facts(subject, _predicate(name), value)
            relations.add(name)
    return relations


def read_lmf(path: Path, left_out: Callable[[str, int], None], size: int = 1 << 20) -> Iterator[Row]:
    """Read a file of WN-LMF, `size` bytes at a time; `left_out` counts skipped elements by reason.

    Ids are those of the file. The lemmas of entries and senses are kept in memory.
    """
    reader = _LmfReader(path, left_out)
    with open_bytes(path) as handle:
        try:
            while piece := handle.read(size):
                reader.parser.Parse(piece, False)
                yield from reader.rows
                reader.rows.clear()
            reader.parser.Parse(b"", True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise SourceError(f"{path}:{error.lineno}: is not well-formed XML: {reason}.") from error
    if not reader.lexicons:
        raise SourceError(f"{path}: has no Lexicon; it should be WN-LMF, as Open English WordNet is published in.")


class _LmfReader:
    """The handlers of an XML parser; they append to `rows`."""

    def __init__(self, path: Path, left_out: Callable[[str, int], None]) -> None:
        self.rows: list[Row] = []
        self.lexicons = 0
        self._path, self._left_out = path, left_out
        self._language = "en"
        self._entry = self._sense = self._synset = self._interlingual = ""
        self._defined = False
        self._lemmas: dict[str, str] = {}  # by entry
        self._senses: dict[str, tuple[str, str]] = {}  # the entry and the synset of each sense
        self._entries: dict[str, list[str]] = {}  # by synset, until the synset is read
        self._related: set[str] = set()  # the senses that have relations
        self._open: list[str] = []  # the tags of the elements around
        self._text: list[str] = []
        self.parser = parser = expat.ParserCreate()
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text.append
        parser.EntityDeclHandler = parser.SkippedEntityHandler = parser.ExternalEntityRefHandler = self._refuse

    def _refuse(self, name: object, *_: object) -> int:
        location = f"{self._path}:{self.parser.CurrentLineNumber}"
        raise SourceError(f"{location}: uses the entity {name!r}; WN-LMF needs only the five of XML.")

    def _required(self, tag: str, attributes: dict[str, str], name: str) -> str:
        if not attributes.get(name):
            location = f"{self._path}:{self.parser.CurrentLineNumber}"
            raise SourceError(f"{location}: {tag} lacks the attribute {name!r}.")
        return attributes[name]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._open.append(tag)
        self._text.clear()
        if tag in _LEFT_OUT:
            self._left_out(_LEFT_OUT[tag], 1)
        elif tag in ("Lexicon", "LexiconExtension"):
            self.lexicons += 1
            self._language = language_tag(self._required(tag, attributes, "language"))
        elif tag == "LexicalEntry":
            self._entry = self._required(tag, attributes, "id")
        elif tag == "Lemma":
            self._lemmas[self._entry] = self._required(tag, attributes, "writtenForm")
        elif tag == "Sense":
            self._sense, synset = self._required(tag, attributes, "id"), self._required(tag, attributes, "synset")
            self._senses[self._sense] = self._entry, synset
            self._entries.setdefault(synset, []).append(self._entry)
        elif tag == "Synset":
            self._synset, self._defined, self._interlingual = self._required(tag, attributes, "id"), False, ""
            self._add_lemmas(attributes.get("members", "").split())
            if attributes.get("ili") not in (None, "", "in"):
                self._left_out("link to the interlingual index", 1)
        elif tag == "SynsetRelation":
            self.rows.append((self._synset, _relation(attributes), self._required(tag, attributes, "target"), ""))
        elif tag == "SenseRelation":
            self.rows.append((self._sense, _relation(attributes), self._required(tag, attributes, "target"), ""))
            self._related.update((self._sense, attributes["target"]))

    def _end(self, tag: str) -> None:
        self._open.pop()
        text = " ".join("".join(self._text).split()) if tag in ("Definition", "ILIDefinition", "Example") else ""
        self._text.clear()
        if tag == "Definition" and text:
            self._defined = True
            self.rows.append((self._synset, "definition", text, self._language))
        elif tag == "ILIDefinition":
            self._interlingual = text
        elif tag == "Example" and text:
            subject = self._synset if self._open[-1:] == ["Synset"] else self._senses[self._sense][1]
            self.rows.append((subject, "example", text, self._language))
        elif tag == "Synset" and self._interlingual and not self._defined:
            self.rows.append((self._synset, "definition", self._interlingual, "en"))
        elif tag in ("Lexicon", "LexiconExtension"):
            for sense in sorted(self._related & self._senses.keys()):
                entry, synset = self._senses[sense]
                self.rows.append((sense, "label", self._lemmas[entry], self._language))
                self.rows.append((sense, "isLexicalizedSenseOf", synset, ""))
            self._related.clear()

    def _add_lemmas(self, members: list[str]) -> None:
        """Add a synset's lemmas, in the order of its members, which are ids of entries or of senses."""
        entries = [self._senses.get(member, (member,))[0] for member in members] + self._entries.pop(self._synset, [])
        lemmas = dict.fromkeys(self._lemmas[entry] for entry in entries if entry in self._lemmas)
        for rank, lemma in enumerate(lemmas):
            self.rows.append((self._synset, "altLabel" if rank else "label", lemma, self._language))
        if not lemmas:
            self._left_out("label of a synset without a lemma", 1)


def _relation(attributes: dict[str, str]) -> str:
    name = attributes.get("relType", "other")
    if name in ("", "other"):
        name = attributes.get("dc:type") or attributes.get("type") or "other"
    return name.replace(" ", "_")


def read_wndb(path: Path, left_out: Callable[[str, int], None]) -> Iterator[Row]:
    """Read the data files of a folder; `left_out` counts verb frames, which are skipped.

    A synset's id is its offset with its part of speech, 02084071-n; a sense's ends in the word's number, 02084071-n-1.
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
                    f"then | and the gloss; found {line[:80].decode().rstrip()!r}."
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
        yield synset, "altLabel" if rank else "label", word, "en"
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
        yield f"{synset}-{sense}", "label", words[sense - 1], "en"
        yield f"{synset}-{sense}", "isLexicalizedSenseOf", synset, ""
    frames = fields[4 * count :]
    left_out("verb frame", int(frames[0]) if frames else 0)
    gloss = gloss.strip()
    if definition := _EXAMPLE.sub("", gloss).strip(" ;"):
        yield synset, "definition", definition, "en"
    for example in _EXAMPLE.findall(gloss):
        yield synset, "example", "".join(example), "en"


def _id(offset: str, part: str) -> str:
    return f"{offset}-{'a' if part == 's' else part}"
