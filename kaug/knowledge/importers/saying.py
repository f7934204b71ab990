"""How relations are said → labels and templates in the quads, for predicates whose names read badly.

The templates are the lexicon's (kaug:statement and so on): what a source says of a predicate is taken as if it stood in
the lexicon. A relation without an entry is called by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from kaug.knowledge.importers.lines import Quads, literal, name

__all__ = ["Said", "say"]

_KAUG = "https://w3id.org/kaug/ns#"


@dataclass(frozen=True)
class Said:
    """One relation in English: its label and, where its name makes no good sentence, a template for each need.

    Attributes:
        label: What it is called.
        statement: A sentence with {s} and {o}.
        question: A question with {s}, whose answer is {o}.
        inverse: A question with {o}, whose answer is {s}.
    """

    label: str
    statement: str = ""
    question: str = ""
    inverse: str = ""


def say(quads: Quads, base: str, relations: pa.Array, said: Mapping[str, Said]) -> None:
    """Write the labels and templates of relations.

    Args:
        quads: What takes them.
        base: What the relations' IRIs start with.
        relations: Strings: the relations that occur, by name.
        said: How each is said; the name itself is the label of those that are not in it.

    Examples:
        >>> import io
        >>> sink = io.BytesIO()
        >>> quads = Quads(sink, "urn:g")
        >>> say(quads, "urn:r:", pa.array(["parents"]), {})
        >>> quads.flush()
        >>> sink.getvalue()
        b'<urn:r:parents> <http://www.w3.org/2000/01/rdf-schema#label> "parents"@en <urn:g> .\\n'
    """
    for relation, subject in zip(relations.to_pylist(), name(base, relations), strict=True):
        entry = said.get(relation, Said(relation))
        texts = {"": entry.label, "statement": entry.statement, "question": entry.question}
        texts["inverseQuestion"] = entry.inverse
        for key, text in texts.items():
            if text:
                value = literal(pa.array([text]), "en")
                quads.labels(pa.array([subject.as_py()]), value, *([f"<{_KAUG}{key}>"] if key else []))
