"""Entities → all facts about them, as they are said."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kaug.arrays import join
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.wording.wording import Wording

__all__ = ["facts_about"]


def facts_about(kb: KnowledgeBase, entities: NDArray[np.uint32], language: str = "en") -> pa.Table:
    """Find all facts that have one of some entities as subject or object.

    Args:
        kb: The knowledge base.
        entities: uint32 (n,): term numbers.
        language: BCP 47 tag of the sentences.

    Returns:
        One row an entity and fact, in the order of `entities`, those with it as subject first: `entity` (uint32), `row`
        (int64: the fact's row in FACTS), `sentence` (string).

    Examples:
        >>> import tempfile; from pathlib import Path; from kaug.knowledge.build import build_kb
        >>> file = Path(tempfile.mkdtemp()) / "a.ttl"
        >>> _ = file.write_text('@prefix : <urn:x:> . :Togo :hasCapital :Lome . :Ghana :borders :Togo .')
        >>> kb = build_kb([file])
        >>> facts_about(kb, np.array([Wording(kb).labels().index("Togo").as_py()], np.uint32))["sentence"].to_pylist()
        ['The capital of Togo is Lome.', 'Ghana borders Togo.']
    """
    entities = np.asarray(entities, dtype=np.uint32)
    subjects, _, objects = kb.columns()
    asked = np.zeros(kb.terms.num_rows, dtype=bool)
    asked[entities] = True
    by_object = np.flatnonzero(asked[objects])
    by_object = by_object[np.argsort(objects[by_object], kind="stable")]
    (left, as_subject), (right, as_object) = join(entities, subjects), join(entities, objects[by_object])
    entity, rows = np.concatenate([left, right]), np.concatenate([as_subject, by_object[as_object]])
    itself = (np.arange(len(rows)) >= len(left)) & (subjects[rows] == objects[rows])  # was found as its subject
    order = np.argsort(entity[~itself], kind="stable")
    rows, entity = rows[~itself][order], entity[~itself][order]
    sentences = Wording(kb, language).sentences(rows)
    return pa.table({"entity": pa.array(entities[entity]), "row": pa.array(rows), "sentence": sentences})
