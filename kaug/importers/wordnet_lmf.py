"""A file of WN-LMF XML → rows of a WordNet, read in pieces; no entity is declared, no DTD is fetched.

The format is the Global WordNet Association's, versions 1.0 to 1.4, as Open English WordNet is published in.

The reader of the package `wn` (`wn.lmf.load`) is not used: it holds the whole file in memory as objects, reads no compressed
file, expands entities, and names no line in its errors.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

from kaug.errors import SourceError
from kaug.importers.terms import language_tag
from kaug.importers.wordnet_words import DEFINITION, EXAMPLE, OTHER_WORD, SENSE_OF, WORD, Row
from kaug.rdf.compressed import open_bytes

__all__ = ["read_lmf"]

_DC_TYPE = ("dc:type", "type")
_NOT_TAKEN = {
    "Form": "other form",
    "SyntacticBehaviour": "verb frame",
    "Count": "count",
    "Pronunciation": "pronunciation",
}


def read_lmf(path: Path, left_out: Callable[[str, int], None], piece: int = 1 << 20) -> Iterator[Row]:
    """Read a file of WN-LMF.

    Args:
        path: The XML file, which may be compressed.
        left_out: Counts what is not taken, by reason.
        piece: Bytes to read at a time.

    Yields:
        The rows, with the ids of the file. What is kept in memory is the lemmas, by entry and by sense.

    Raises:
        SourceError: It is malformed, declares an entity, or is no WN-LMF.
    """
    reader = _Reader(path, left_out)
    with open_bytes(path) as handle:
        try:
            while text := handle.read(piece):
                reader.parser.Parse(text, False)
                yield from reader.taken()
            reader.parser.Parse(b"", True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise SourceError(f"{path}:{error.lineno}: is no well-formed XML: {reason}.") from error
        yield from reader.taken()
    if not reader.lexicons:
        raise SourceError(f"{path}: has no Lexicon; it should be WN-LMF, as Open English WordNet is published in.")


class _Reader:
    """What the parser calls; `taken` hands out the rows made since."""

    def __init__(self, path: Path, left_out: Callable[[str, int], None]) -> None:
        self.path = path
        self.lexicons = 0
        self._left_out = left_out
        self._rows: list[Row] = []
        self._language = "en"
        self._entry = self._sense = self._synset = self._lemma = ""
        self._of_entry: dict[str, str] = {}  # an entry's id → its lemma
        self._of_sense: dict[str, str] = {}  # a sense's id → its entry's id
        self._of_synset: dict[str, list[str]] = {}  # a synset's id → its entries' ids, until it is reached
        self._targets: set[str] = set()  # senses that relations lead to or start from
        self._places: dict[str, str] = {}  # a sense's id → its synset's id
        self._inside: list[str] = []
        self._text: list[str] = []
        self._interlingual = ""
        self._defined = False
        self.parser = expat.ParserCreate()
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._refuse_entity
        self.parser.SkippedEntityHandler = self._refuse_entity
        self.parser.ExternalEntityRefHandler = self._refuse_entity

    def taken(self) -> Iterator[Row]:
        rows, self._rows = self._rows, []
        yield from rows

    def _where(self) -> str:
        return f"{self.path}:{self.parser.CurrentLineNumber}"

    def _refuse_entity(self, name: object, *_: object) -> int:
        raise SourceError(f"{self._where()}: uses the entity {name!r}; WN-LMF needs none but XML's own five.")

    def _start(self, tag: str, given: dict[str, str]) -> None:
        self._inside.append(tag)
        self._text = []
        if reason := _NOT_TAKEN.get(tag):
            self._left_out(reason, 1)
        match tag:
            case "Lexicon" | "LexiconExtension":
                self.lexicons += 1
                self._language = language_tag(self._need(tag, given, "language"))
            case "LexicalEntry":
                self._entry = self._need(tag, given, "id")
            case "Lemma":
                self._of_entry[self._entry] = self._need(tag, given, "writtenForm")
            case "Sense":
                self._sense, synset = self._need(tag, given, "id"), self._need(tag, given, "synset")
                self._of_sense[self._sense], self._places[self._sense] = self._entry, synset
                self._of_synset.setdefault(synset, []).append(self._entry)
            case "Synset":
                self._synset, self._defined, self._interlingual = self._need(tag, given, "id"), False, ""
                self._words(given.get("members", "").split())
                if given.get("ili") not in (None, "", "in"):
                    self._left_out("link to the interlingual index", 1)
            case "SynsetRelation":
                self._rows.append((self._synset, _relation(given), self._need(tag, given, "target"), ""))
            case "SenseRelation":
                target = self._need(tag, given, "target")
                self._rows.append((self._sense, _relation(given), target, ""))
                self._targets.update((self._sense, target))

    def _end(self, tag: str) -> None:
        self._inside.pop()
        text = " ".join("".join(self._text).split())
        self._text = []
        parent = self._inside[-1] if self._inside else ""
        if tag == "Definition" and text:
            self._defined = True
            self._rows.append((self._synset, DEFINITION, text, self._language))
        elif tag == "ILIDefinition":
            self._interlingual = text
        elif tag == "Example" and text:
            subject = self._synset if parent == "Synset" else self._places[self._sense]
            self._rows.append((subject, EXAMPLE, text, self._language))
        elif tag == "Synset" and self._interlingual and not self._defined:
            self._rows.append((self._synset, DEFINITION, self._interlingual, "en"))
        elif tag in ("Lexicon", "LexiconExtension"):
            self._senses()

    def _characters(self, text: str) -> None:
        if self._inside and self._inside[-1] in ("Definition", "ILIDefinition", "Example"):
            self._text.append(text)

    def _need(self, tag: str, given: dict[str, str], name: str) -> str:
        if not given.get(name):
            raise SourceError(f"{self._where()}: {tag} lacks the attribute {name!r}.")
        return given[name]

    def _words(self, members: list[str]) -> None:
        """Write a synset's lemmas, in the order of its members, which are ids of entries or of senses."""
        entries = [self._of_sense.get(member, member) for member in members]
        entries = [entry for entry in entries if entry in self._of_entry]
        entries += self._of_synset.pop(self._synset, [])
        lemmas = list(dict.fromkeys(self._of_entry[entry] for entry in entries if entry in self._of_entry))
        for place, lemma in enumerate(lemmas):
            self._rows.append((self._synset, OTHER_WORD if place else WORD, lemma, self._language))
        if not lemmas:
            self._left_out("label of a synset without a lemma", 1)

    def _senses(self) -> None:
        for sense in sorted(self._targets):
            if sense in self._places:
                self._rows.append((sense, WORD, self._of_entry[self._of_sense[sense]], self._language))
                self._rows.append((sense, SENSE_OF, self._places[sense], ""))
        self._targets.clear()


def _relation(given: dict[str, str]) -> str:
    name = given.get("relType", "")
    if name in ("", "other"):
        name = next((given[key] for key in _DC_TYPE if given.get(key)), "other")
    return name.replace(" ", "_")
