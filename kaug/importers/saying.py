"""How relations are said → labels and templates in the quads, for predicates whose names read badly.

The templates are the lexicon's (kaug:statement and so on): what a source says of a predicate is taken as if it stood in
the lexicon. A relation without an entry is called by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from kaug.importers.lines import Quads
from kaug.importers.terms import literal

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
        exam: As `question`, in words that are kept for the exam.
        inverse_exam: As `inverse`, likewise.
    """

    label: str
    statement: str = ""
    question: str = ""
    inverse: str = ""
    exam: str = ""
    inverse_exam: str = ""


def say(quads: Quads, relations: pa.Array, terms: pa.Array, said: Mapping[str, Said]) -> None:
    r"""Write the labels and templates of relations.

    Args:
        quads: What takes them.
        relations: Strings: the relations that occur, by name.
        terms: Their IRIs as terms, as many.
        said: How each is said; those that are not in it are labelled by their names, underscores as spaces.

    Examples:
        >>> import io
        >>> sink = io.BytesIO()
        >>> quads = Quads(sink, "urn:g")
        >>> say(quads, pa.array(["born_in"]), pa.array(["<urn:r:born_in>"]), {})
        >>> quads.flush()
        >>> sink.getvalue()
        b'<urn:r:born_in> <http://www.w3.org/2000/01/rdf-schema#label> "born in"@en <urn:g> .\n'
    """
    for relation, subject in zip(relations.to_pylist(), terms.to_pylist(), strict=True):
        entry = said.get(relation) or Said(relation.replace("_", " "))
        texts = {
            "statement": entry.statement,
            "question": entry.question,
            "inverseQuestion": entry.inverse,
            "exam": entry.exam,
            "inverseExam": entry.inverse_exam,
        }
        quads.labels(subject, literal(pa.array([entry.label]), "en"))
        for key, text in texts.items():
            if text:
                quads.template(subject, f"<{_KAUG}{key}>", literal(pa.array([text]), "en"))
