"""A knowledge base and conditions → which of its facts may be retrieved."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.errors import PipelineError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.retrieval.settings import FactFilter
from kaug.wording.wording import Wording

__all__ = ["facts_where"]

_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"


def facts_where(kb: KnowledgeBase, conditions: FactFilter) -> NDArray[np.bool_]:
    """Find the facts that meet all conditions of a filter.

    Args:
        kb: The knowledge base.
        conditions: The filter. Classes and predicates are IRIs, or labels in any language; instances of classes below count
            too. A language takes in its variants ("zh" also "zh-Hant"); a literal without a language, such as a number,
            has all of them. Facts without a weight are kept.

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
        >>> facts_where(kb, FactFilter(classes=["urn:x:Country"], predicates=["capital"])).tolist()
        [False, False, True]
    """
    subject, predicate, object_ = (column.astype(np.int64) for column in kb.columns())
    kept = np.ones(kb.facts.num_rows, bool)
    if conditions.predicates:
        kept &= _among(kb, conditions.predicates, np.unique(predicate), "predicate")[predicate]
    if conditions.classes:
        kept &= _instances(kb, conditions.classes)[subject]
    if conditions.sources:
        lists = kb.facts["sources"].combine_chunks()
        known = pc.unique(lists.flatten()).to_pylist()
        for name in conditions.sources:
            if name not in known:
                raise PipelineError(f"No fact has the source {name!r}.{nearest(name, known)}")
        named = pc.is_in(lists.flatten(), pa.array(conditions.sources, pa.string())).to_numpy(zero_copy_only=False)
        fact = pc.list_parent_indices(lists).to_numpy()
        kept &= np.bincount(fact[named], minlength=len(kept)) > 0
    if conditions.languages:
        has_name = _named_in(kb, conditions.languages)
        kept &= has_name[subject] & has_name[object_]
    if conditions.min_weight is not None:
        light = pc.fill_null(pc.less(kb.facts["weight"], pa.scalar(conditions.min_weight, pa.float32())), False)
        kept &= ~light.to_numpy().astype(bool)
    return kept


def _among(kb: KnowledgeBase, names: Sequence[str], terms: NDArray[np.int64], kind: str) -> NDArray[np.bool_]:
    """Find the terms with one of some IRIs or labels, each of which one of `terms` must have."""
    found = np.zeros(kb.terms.num_rows, bool)
    value, shown = kb.terms["value"].take(pa.array(terms)), Wording(kb).labels(terms)
    among = np.zeros(kb.terms.num_rows, bool)
    among[terms] = True
    labels = kb.labels.filter(pa.array(among[kb.labels["term"].to_numpy()]))
    # Each name with the term that bears it: its IRI, what is shown of it, its labels in all languages.
    bearer = np.concatenate([terms, terms, labels["term"].to_numpy()])
    known_names = pa.chunked_array([*value.chunks, shown, *labels["text"].cast(pa.string()).chunks], pa.string())
    folded = pc.utf8_lower(known_names)
    for name in names:
        same = pc.or_(pc.equal(known_names, name), pc.equal(folded, name.lower())).to_numpy()
        if not same.any():
            known = [*shown.to_pylist()[:5000], *labels["text"].to_pylist()[:5000], *value.to_pylist()[:5000]]
            raise PipelineError(f"No fact has the {kind} {name!r}.{nearest(name, known)}")
        found[bearer[same]] = True
    return found


def _instances(kb: KnowledgeBase, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Find the instances of classes and of classes below them."""
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


def _named_in(kb: KnowledgeBase, languages: Sequence[str]) -> NDArray[np.bool_]:
    """Find the terms with a label in one of some languages; a literal counts by its own, and in all if it has none."""

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
    named: NDArray[np.bool_] = (literal & untagged) | (literal & speaks(kb.terms["language"]))
    named[kb.labels["term"].to_numpy()[speaks(kb.labels["language"])]] = True
    return named
