"""A project and texts → the facts that its index has for them, in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.make.index import find_facts
from kaug.pipeline.project import Project
from kaug.pipeline.stage import Inputs
from kaug.wording.wording import Wording

__all__ = ["search"]


def search(project: Project, inputs: Inputs, texts: Sequence[str], k: int) -> list[list[dict[str, Any]]]:
    """Find the facts for texts.

    Args:
        project: The project.
        inputs: Its artifacts; `1-knowledge` and `2-index` are read.
        texts: Any texts.
        k: How many facts for each.

    Returns:
        For each text its hits: `rank`, `fact` (hex id), `sentence`, `score` (cosine), `relevance`, `reason`, `mention`,
        `start`, `end`, `via` (the sentences of the facts that lead from a named term to this one), `sources`.
    """
    kb, language = inputs.open("1-knowledge", load_kb), project.language
    table = find_facts(inputs, project.pipeline.retrieval, texts, language, k)
    rows = table["row"].to_numpy()
    wording = Wording(kb, language)
    sentences = wording.sentences(rows).to_pylist()
    sources = kb.facts["sources"].take(pa.array(rows)).to_pylist()
    hits: list[list[dict[str, Any]]] = [[] for _ in texts]
    for hit, sentence, ids in zip(table.to_pylist(), sentences, sources, strict=True):
        start, end = hit["start"], hit["end"]
        hits[hit["text"]].append(
            {
                "rank": hit["rank"],
                "fact": hit["fact"],
                "sentence": sentence,
                "score": round(hit["score"], 4),
                "relevance": round(hit["relevance"], 4),
                "reason": hit["reason"],
                "mention": None if start is None else texts[hit["text"]][start:end],
                "start": start,
                "end": end,
                "via": wording.sentences(np.array(hit["via"], np.int64)).to_pylist(),
                "sources": ids,
            }
        )
    return hits
