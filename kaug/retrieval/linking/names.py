"""A knowledge base → the names of what its facts are about: labels, or what stands for one."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

__all__ = ["NAMES", "names_of"]

NAMES = pa.schema(
    [
        pa.field("term", pa.uint32(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.bool_(), nullable=False),
    ]
)
"""Names, sorted by term: `text` is a `label` of the term in a language, or what is shown of a term without one."""


def names_of(kb: KnowledgeBase) -> pa.Table:
    """Gather the names of all that is subject or object of a fact: every label, in all languages kept.

    Args:
        kb: The knowledge base.

    Returns:
        A table of the schema `NAMES`. A term without a label has a row for the name in its IRI; a literal one for its value
        in words, and one for the value as written, if that is another: "1,912" and "1912".

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Alan_Turing :born 'London' .")
        >>> names_of(build_kb([file]))["text"].to_pylist()
        ['London', 'Alan Turing']
    """
    wanted = np.zeros(kb.terms.num_rows, bool)
    subject, _, object_ = kb.columns()
    wanted[subject] = wanted[object_] = True
    labels = kb.labels.filter(pa.array(wanted[kb.labels["term"].to_numpy()]))
    labelled = labels["term"].to_numpy()
    wanted[labelled] = False
    rest = np.flatnonzero(wanted)
    said = Wording(kb).labels(rest).cast(pa.string())
    value = kb.terms["value"].take(pa.array(rest)).cast(pa.string())
    literal = pc.equal(kb.terms["kind"].take(pa.array(rest)).cast(pa.string()), "literal")
    written = np.flatnonzero(pc.and_(literal, pc.not_equal(value, said)).to_numpy())
    term = np.concatenate([labelled, rest, rest[written]]).astype(np.uint32)
    language = [*labels["language"].cast(pa.string()).chunks, pa.repeat(pa.scalar(""), len(term) - len(labelled))]
    text = [*labels["text"].cast(pa.string()).chunks, said, *value.take(pa.array(written)).chunks]
    label = np.arange(len(term)) < len(labelled)
    columns = [pa.array(term), pa.chunked_array(language), pa.chunked_array(text), pa.array(label)]
    order = pa.array(np.argsort(term, kind="stable"))
    return pa.table(columns, schema=NAMES).take(order).combine_chunks()
