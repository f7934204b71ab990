"""A knowledge base and conditions → which of its facts may be retrieved."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import PipelineError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

__all__ = ["facts_where"]

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"


def facts_where(
    kb: KnowledgeBase,
    *,
    classes: str | Sequence[str] = (),
    predicates: str | Sequence[str] = (),
    sources: str | Sequence[str] = (),
    languages: str | Sequence[str] = (),
    min_weight: float | None = None,
) -> NDArray[np.bool_]:
    """Say which facts meet all conditions.

    Args:
        kb: The knowledge base. Where a list is wanted, one string stands for itself.
        classes: IRIs, or labels in any language, of classes: the fact's subject is an instance of one of them, or of one
            below.
        predicates: IRIs, or labels in any language: the fact's predicate is one of them.
        sources: Ids: one of them states the fact, or an inferred fact rests on it.
        languages: BCP 47 tags ("zh" takes "zh-Hant" too): both ends of the fact can be named in one of them. A literal
            without a language, such as a number, is at home in all.
        min_weight: The least weight; facts without a weight stay.

    Returns:
        bool (facts,).

    Raises:
        PipelineError: A class, predicate or source is not in the knowledge base.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text("@prefix : <urn:x:> . :Togo a :Country ; :capital :Lome . :Rex a :Dog .")
        >>> kb = build_kb([file])
        >>> facts_where(kb, classes=["urn:x:Country"], predicates=["capital"]).tolist()
        [False, False, True]
    """
    classes, predicates, sources, languages = (
        [names] if isinstance(names, str) else names for names in (classes, predicates, sources, languages)
    )
    subject, predicate, object_ = (column.astype(np.int64) for column in kb.columns())
    kept = np.ones(kb.facts.num_rows, bool)
    if predicates:
        kept &= _among(kb, predicates, np.unique(predicate), "predicate")[predicate]
    if classes:
        kept &= _instances(kb, classes)[subject]
    if sources:
        lists = kb.facts["sources"].combine_chunks()
        known = pc.unique(lists.flatten()).to_pylist()
        for name in sources:
            if name not in known:
                raise PipelineError(f"No fact has the source {name!r}.{nearest(name, known)}")
        named = pc.is_in(lists.flatten(), pa.array(list(sources), pa.string())).to_numpy(zero_copy_only=False)
        of = pc.list_parent_indices(lists).to_numpy()
        kept &= np.bincount(of[named], minlength=len(kept)) > 0
    if languages:
        said = _sayable(kb, languages)
        kept &= said[subject] & said[object_]
    if min_weight is not None:
        light = pc.fill_null(pc.less(kb.facts["weight"], pa.scalar(min_weight, pa.float32())), False)
        kept &= ~light.to_numpy().astype(bool)
    return kept


def _among(kb: KnowledgeBase, named: Sequence[str], terms: NDArray[np.int64], what: str) -> NDArray[np.bool_]:
    """Which terms have one of some IRIs or labels; each of those must be had by one of `terms`."""
    found = np.zeros(kb.terms.num_rows, bool)
    value, shown = kb.terms["value"].take(pa.array(terms)), Wording(kb).labels(terms)
    among = np.zeros(kb.terms.num_rows, bool)
    among[terms] = True
    labels = kb.labels.filter(pa.array(among[kb.labels["term"].to_numpy()]))
    # Each name with the term that bears it: its IRI, what is shown of it, its labels in all languages.
    bearer = np.concatenate([terms, terms, labels["term"].to_numpy()])
    names = pa.chunked_array([*value.chunks, shown, *labels["text"].cast(pa.string()).chunks], pa.string())
    folded = pc.utf8_lower(names)
    for name in named:
        same = pc.or_(pc.equal(names, name), pc.equal(folded, name.lower())).to_numpy()
        if not same.any():
            known = [*shown.to_pylist()[:5000], *labels["text"].to_pylist()[:5000], *value.to_pylist()[:5000]]
            raise PipelineError(f"No fact has the {what} {name!r}.{nearest(name, known)}")
        found[bearer[same]] = True
    return found


def _instances(kb: KnowledgeBase, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Which terms are instances of classes or of classes below them."""
    parts = [table.select(["subject", "predicate", "object"]) for table in (kb.facts, kb.axioms)]
    sides = [
        np.concatenate([part[name].to_numpy().astype(np.int64) for part in parts]) for name in parts[0].column_names
    ]
    subject, predicate, object_ = sides
    is_type, is_below = (
        pc.equal(kb.terms["value"], iri).to_numpy().astype(bool)[predicate] for iri in (_TYPE, _SUBCLASS)
    )
    candidates = np.unique(np.concatenate([object_[is_type | is_below], subject[is_below]]))
    below = _among(kb, classes, candidates, "class")
    low, high = subject[is_below], object_[is_below]
    while True:
        new = low[below[high] & ~below[low]]
        if not len(new):
            break
        below[new] = True
    found = np.zeros(kb.terms.num_rows, bool)
    found[subject[is_type & below[object_]]] = True
    return found


def _sayable(kb: KnowledgeBase, languages: Sequence[str]) -> NDArray[np.bool_]:
    """Which terms have a label, or are a literal, in one of some languages; plain literals are in all."""

    def speaks(tags: pa.ChunkedArray) -> NDArray[np.bool_]:
        tags = pc.utf8_lower(tags.cast(pa.string()))
        some = [pc.or_(pc.equal(tags, tag.lower()), pc.starts_with(tags, f"{tag.lower()}-")) for tag in languages]
        matches = some[0]
        for one in some[1:]:
            matches = pc.or_(matches, one)
        spoken: NDArray[np.bool_] = pc.fill_null(matches, False).to_numpy().astype(bool)
        return spoken

    literal = pc.equal(kb.terms["kind"].cast(pa.string()), "literal").to_numpy().astype(bool)
    untagged = pc.is_null(kb.terms["language"]).to_numpy().astype(bool)
    said: NDArray[np.bool_] = (literal & untagged) | (literal & speaks(kb.terms["language"]))
    said[kb.labels["term"].to_numpy()[speaks(kb.labels["language"])]] = True
    return said
