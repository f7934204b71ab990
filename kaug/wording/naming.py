"""A name → the terms that bear it."""

import pyarrow as pa
import pyarrow.compute as pc

from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

__all__ = ["find_terms"]


def find_terms(kb: KnowledgeBase, name: str) -> pa.Array:
    """Find the terms that have a name, in any case, or an IRI.

    Args:
        kb: The knowledge base.
        name: Any name that kaug shows for a term, in any language of the knowledge base: a label, a phrase, the name in an IRI,
            a value in words; or its IRI.

    Returns:
        uint32: term numbers; none if nothing has the name.

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :togo :chiefCity :lome .')
        >>> kb = build_kb([file])
        >>> [kb.terms["value"][term.as_py()].as_py() for term in find_terms(kb, "Chief city")]
        ['urn:x:chiefCity']
    """
    wanted = name.lower()
    labels = kb.labels
    by_label = pc.or_kleene(
        pc.equal(pc.utf8_lower(labels["text"]), wanted), pc.equal(pc.utf8_lower(labels["phrase"]), wanted)
    )
    found = [labels["term"].filter(by_label).combine_chunks()]
    shown = pc.equal(kb.terms["value"], name.removeprefix("<").removesuffix(">")).combine_chunks()
    for language in kb.languages:
        wording = Wording(kb, language)
        for words in (wording.labels(), wording.phrases()):
            shown = pc.or_(shown, pc.equal(pc.utf8_lower(words), wanted))
    return pc.unique(pa.concat_arrays([*found, pc.indices_nonzero(shown).cast(pa.uint32())]))
