"""A knowledge base and conditions → a mask of the facts that may be retrieved."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kaug.arrays import Numbers, below
from kaug.errors import PipelineError, nearest
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.namespaces import RDF, RDFS
from kaug.retrieval.settings import FactFilter
from kaug.wording.wording import Wording

__all__ = ["facts_where"]

_TYPE = f"{RDF}type"
_SUBCLASS = f"{RDFS}subClassOf"


def facts_where(kb: KnowledgeBase, conditions: FactFilter) -> NDArray[np.bool_]:
    """Find the facts that meet all conditions of a filter.

    Args:
        kb: The knowledge base.
        conditions: The filter. Classes and predicates are IRIs, or labels in any language; instances of subclasses
            count too. A language includes its variants ("zh" also "zh-Hant"); a literal without a language, such as a
            number, matches any. Facts without a weight are kept.

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
    subject, predicate, object_ = kb.columns()
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
        named = np.asarray(pc.is_in(lists.flatten(), pa.array(conditions.sources, pa.string())))
        kept &= np.bincount(pc.list_parent_indices(lists).to_numpy()[named], minlength=len(kept)) > 0
    if conditions.languages:
        has_name = _named_in(kb, conditions.languages)
        kept &= has_name[subject] & has_name[object_]
    if conditions.min_weight is not None:
        light = pc.less(kb.facts["weight"], pa.scalar(conditions.min_weight, pa.float32()))
        kept &= ~pc.fill_null(light, False).to_numpy().astype(bool)
    return kept


def _among(kb: KnowledgeBase, names: Sequence[str], terms: Numbers, kind: str) -> NDArray[np.bool_]:
    """Mask the terms that have one of some IRIs or labels; each name must be one of `terms`."""
    selected, among = np.zeros((2, kb.terms.num_rows), bool)
    among[terms] = True
    value, shown = kb.terms["value"].take(terms), Wording(kb).labels(terms)
    labels = kb.labels.filter(among[kb.labels["term"].to_numpy()])
    # The names of each term: the IRI, the label shown, the labels in all languages.
    owner = np.concatenate([terms, terms, labels["term"].to_numpy()])
    known = pa.chunked_array([*value.chunks, shown, *labels["text"].cast(pa.string()).chunks], pa.string())
    folded = pc.utf8_lower(known)
    for name in names:
        same = pc.or_(pc.equal(known, name), pc.equal(folded, name.lower())).to_numpy()
        if not same.any():
            near = [*shown.to_pylist()[:5000], *labels["text"].to_pylist()[:5000], *value.to_pylist()[:5000]]
            raise PipelineError(f"No fact has the {kind} {name!r}.{nearest(name, near)}")
        selected[owner[same]] = True
    return np.asarray(selected)


def _instances(kb: KnowledgeBase, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Mask the instances of classes and of their subclasses."""
    subject, predicate, object_ = (
        np.concatenate([table[name].to_numpy().astype(np.int64) for table in (kb.facts, kb.axioms)])
        for name in ("subject", "predicate", "object")
    )
    is_type, is_below = (pc.equal(kb.terms["value"], iri).to_numpy()[predicate] for iri in (_TYPE, _SUBCLASS))
    candidates = np.unique(np.concatenate([object_[is_type | is_below], subject[is_below]]))
    members = np.flatnonzero(_among(kb, classes, candidates, "class"))
    low, _ = below(subject[is_below], object_[is_below], members, np.zeros_like(members))
    instances = np.zeros(kb.terms.num_rows, bool)
    instances[subject[is_type & np.isin(object_, low)]] = True
    return instances


def _named_in(kb: KnowledgeBase, languages: Sequence[str]) -> NDArray[np.bool_]:
    """Mask the terms with a label in one of some languages; a literal counts by its own language, in all if it has none."""
    tag = f"^(?:{'|'.join(map(re.escape, languages))})(?:-|$)"
    matches = (
        pc.fill_null(pc.match_substring_regex(tags.cast(pa.string()), tag, ignore_case=True), untagged).to_numpy()
        for tags, untagged in ((kb.terms["language"], True), (kb.labels["language"], False))
    )
    in_language, labelled = (column.astype(bool) for column in matches)
    named: NDArray[np.bool_] = (
        pc.equal(kb.terms["kind"].cast(pa.string()), "literal").to_numpy().astype(bool) & in_language
    )
    named[kb.labels["term"].to_numpy()[labelled]] = True
    return named
