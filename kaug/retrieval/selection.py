"""A knowledge base and texts → the same knowledge base, which teaches what the texts are about."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.knowledge.teach import LIMIT, NO_TEXT
from kaug.retrieval.linker import Linker

__all__ = ["teach_texts"]

_TEXTS = 10_000
"""The texts that are linked at a time, whose mentions would else take much memory."""


def teach_texts(kb: KnowledgeBase, texts: Sequence[str], limit: int | None = None) -> KnowledgeBase:
    """Leave out of teaching the facts whose subject no text names.

    Args:
        kb: The knowledge base.
        texts: The texts.
        limit: The maximum number of facts to teach: those with the smallest ids.

    Returns:
        A copy; its counts tell how many facts are taught, and how many are not, since no text names their subject.

    Examples:
        >>> import tempfile; from pathlib import Path; import kaug
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo :capital :Lome . :Peru :capital :Lima .")
        >>> chosen = teach_texts(kaug.build_kb([file]), ["It rains in Togo.", "Lima is large."])
        >>> chosen.columns(chosen.taught)[0] == chosen.columns()[0][chosen.taught]
        array([ True])
        >>> chosen.counts["facts taught"], chosen.counts["facts not taught: no text names its subject"]
        (1, 1)
    """
    named, linker = np.zeros(kb.terms.num_rows, bool), Linker(kb)
    for start in range(0, len(texts), _TEXTS):
        named[linker.link(texts[start : start + _TEXTS])["term"].to_numpy()] = True
    taught = kb.taught
    about = taught[named[kb.columns(taught)[0]]]
    kept = about
    if limit is not None and len(about) > limit:
        ids = np.array(kb.hex_ids.take(pa.array(about)).to_pylist())
        kept = np.sort(about[np.argsort(ids)[:limit]])
    reasons = kb.facts["untaught"].combine_chunks().cast(pa.string())
    for rows, reason in ((np.setdiff1d(taught, about), NO_TEXT), (np.setdiff1d(about, kept), LIMIT)):
        chosen = np.zeros(len(kb), bool)
        chosen[rows] = True
        reasons = pc.if_else(pa.array(chosen), reason, reasons)
    place = kb.facts.schema.get_field_index("untaught")
    column = reasons.dictionary_encode().cast(kb.facts.schema.field(place).type)
    changed = kb.with_tables(facts=kb.facts.set_column(place, kb.facts.schema.field(place), column))
    counts = {"facts taught": len(kept), f"facts not taught: {NO_TEXT}": len(taught) - len(about)}
    counts |= {f"facts not taught: {LIMIT}": len(about) - len(kept)} if len(about) > len(kept) else {}
    return changed.with_counts(**counts)
