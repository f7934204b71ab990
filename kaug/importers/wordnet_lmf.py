"""A file of WN-LMF XML → rows of a WordNet, read as a stream; entities are refused, no DTD is fetched.

The format is the Global WordNet Association's, versions 1.0 to 1.4, in which Open English WordNet is published.

`wn.lmf.load` of the package `wn` is not used: it holds the whole file in memory, reads no compressed file, expands entities,
and names no line in its errors.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

from kaug.errors import SourceError
from kaug.importers.quads import ALTERNATIVE, DEFINITION, EXAMPLE, LABEL, SENSE_OF
from kaug.importers.terms import language_tag
from kaug.rdf.compressed import open_bytes

__all__ = ["Row", "read_lmf"]

Row = tuple[str, str, str, str]
"""Subject, predicate, object and the object's language, which is empty if the object is an id. Predicates are the terms of
`kaug.importers.quads`, or names of relations."""

_TEXTS = {"Definition": DEFINITION, "Example": EXAMPLE}
_LEFT_OUT = {
    "Form": "other form",
    "SyntacticBehaviour": "verb frame",
    "Count": "count",
    "Pronunciation": "pronunciation",
}
_LINE = "#line"  # no attribute of XML can have this name


def read_lmf(path: Path, left_out: Callable[[str, int], None], size: int = 1 << 20) -> Iterator[Row]:
    """Read a file of WN-LMF.

    Args:
        path: The XML file, which can be compressed.
        left_out: Counts elements that are left out, by reason.
        size: Bytes to read at a time.

    Yields:
        Rows, with the ids of the file. The lemmas of entries and senses are kept in memory.

    Raises:
        SourceError: The file is malformed, has an entity, or is no WN-LMF.
    """
    reader = _Reader(path, left_out)
    lexicons = 0
    for element in _elements(path, left_out, size):
        match element.tag:
            case "LexicalEntry":
                yield from reader.entry(element)
            case "Synset":
                yield from reader.synset(element)
            case _:
                yield from reader.related_senses()
                reader.language = language_tag(reader.required(element, "language"))
                lexicons += 1
    yield from reader.related_senses()
    if not lexicons:
        raise SourceError(f"{path}: has no Lexicon; it should be WN-LMF, as Open English WordNet is published in.")


def _elements(path: Path, left_out: Callable[[str, int], None], size: int) -> Iterator[ET.Element]:
    """Parse XML: yield lexicons without their content, and entries and synsets with it, each element with its line."""
    ready: list[ET.Element] = []
    builder: ET.TreeBuilder | None = None
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal builder
        if tag in _LEFT_OUT:
            left_out(_LEFT_OUT[tag], 1)
        attributes[_LINE] = str(parser.CurrentLineNumber)
        if tag in ("Lexicon", "LexiconExtension"):
            ready.append(ET.Element(tag, attributes))
        if tag in ("LexicalEntry", "Synset"):
            builder = ET.TreeBuilder()
        if builder is not None:
            builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal builder
        if builder is not None:
            builder.end(tag)
            if tag in ("LexicalEntry", "Synset"):
                ready.append(builder.close())
                builder = None

    def text(content: str) -> None:
        if builder is not None:
            builder.data(content)

    def refuse(name: object, *_: object) -> int:
        line = parser.CurrentLineNumber
        raise SourceError(f"{path}:{line}: uses the entity {name!r}; WN-LMF needs none but XML's own five.")

    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.EntityDeclHandler = parser.SkippedEntityHandler = parser.ExternalEntityRefHandler = refuse
    with open_bytes(path) as handle:
        try:
            while piece := handle.read(size):
                parser.Parse(piece, False)
                yield from ready
                ready.clear()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise SourceError(f"{path}:{error.lineno}: is no well-formed XML: {reason}.") from error


class _Reader:
    """The entries and senses of a file, which its synsets refer to."""

    def __init__(self, path: Path, left_out: Callable[[str, int], None]) -> None:
        self.language = "en"
        self._path, self._left_out = path, left_out
        self._lemmas: dict[str, str] = {}  # by entry
        self._senses: dict[str, tuple[str, str]] = {}  # the entry and the synset of each sense
        self._entries: dict[str, list[str]] = {}  # by synset, until the synset is read
        self._related: set[str] = set()  # the senses that have relations

    def required(self, element: ET.Element, name: str) -> str:
        if not element.get(name):
            raise SourceError(f"{self._path}:{element.get(_LINE)}: {element.tag} lacks the attribute {name!r}.")
        return element.attrib[name]

    def entry(self, element: ET.Element) -> Iterator[Row]:
        entry, sense = self.required(element, "id"), ""
        for part in element.iter():
            match part.tag:
                case "Lemma":
                    self._lemmas[entry] = self.required(part, "writtenForm")
                case "Sense":
                    sense, synset = self.required(part, "id"), self.required(part, "synset")
                    self._senses[sense] = entry, synset
                    self._entries.setdefault(synset, []).append(entry)
                case "SenseRelation":
                    target = self.required(part, "target")
                    self._related.update((sense, target))
                    yield sense, _relation(part), target, ""
                case "Example" if text := _text(part):
                    yield self._senses[sense][1], EXAMPLE, text, self.language

    def synset(self, element: ET.Element) -> Iterator[Row]:
        synset = self.required(element, "id")
        # Members are ids of entries or of senses.
        members = [self._senses.get(member, (member,))[0] for member in element.get("members", "").split()]
        entries = [entry for entry in (*members, *self._entries.pop(synset, [])) if entry in self._lemmas]
        for index, lemma in enumerate(dict.fromkeys(self._lemmas[entry] for entry in entries)):
            yield synset, ALTERNATIVE if index else LABEL, lemma, self.language
        if not entries:
            self._left_out("label of a synset without a lemma", 1)
        if element.get("ili") not in (None, "", "in"):
            self._left_out("link to the interlingual index", 1)
        for part in element:
            if part.tag == "SynsetRelation":
                yield synset, _relation(part), self.required(part, "target"), ""
            elif part.tag in _TEXTS and (text := _text(part)):
                yield synset, _TEXTS[part.tag], text, self.language
        if not any(map(_text, element.findall("Definition"))):
            for text in filter(None, map(_text, element.findall("ILIDefinition"))):
                yield synset, DEFINITION, text, "en"

    def related_senses(self) -> Iterator[Row]:
        for sense in sorted(self._related & self._senses.keys()):
            entry, synset = self._senses[sense]
            yield sense, LABEL, self._lemmas[entry], self.language
            yield sense, SENSE_OF, synset, ""
        self._related.clear()


def _relation(element: ET.Element) -> str:
    name = element.get("relType", "other")
    if name in ("", "other"):
        name = element.get("dc:type") or element.get("type") or "other"
    return name.replace(" ", "_")


def _text(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())
