"""A run → what it would read, and what its index finds for a text; neither makes an artifact of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from kaug.exam.draw import draw_exam
from kaug.knowledge.build import build_kb
from kaug.models.find import find_encoder, find_language_model
from kaug.pipeline.prepare import find_facts, knowledge_of
from kaug.pipeline.run import Run
from kaug.rdf.endpoint import fetched_aside
from kaug.wording.statements import statements

__all__ = ["check", "search"]


def search(run: Run, texts: Sequence[str], k: int) -> list[list[dict[str, Any]]]:
    """Find the facts for texts.

    Args:
        run: The run; its index is built if it is not there.
        texts: Any texts.
        k: How many facts for each.

    Returns:
        For each text its hits: `rank`, `fact` (hex id), `sentence`, `score` (cosine), `relevance`, `reason`, `mention`,
        `start`, `end`, `via` (the sentences of the facts that lead from a named term to this one), `sources`.
    """
    kb, found = knowledge_of(run), find_facts(run, texts, k)
    rows = found["row"].to_numpy()
    said = statements(kb, rows, run.language).to_pylist()
    sources = kb.facts["sources"].take(pa.array(rows)).to_pylist()
    hits: list[list[dict[str, Any]]] = [[] for _ in texts]
    for hit, sentence, of in zip(found.to_pylist(), said, sources, strict=True):
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
                "via": statements(kb, np.array(hit["via"], np.int64), run.language).to_pylist(),
                "sources": of,
            }
        )
    return hits


def check(run: Run) -> dict[str, Any]:
    """Check all that a run reads, and write nothing.

    Returns:
        What was found: counts of facts, texts and probes, and the models' folders.

    Raises:
        KaugError: Whatever the run itself would raise for its inputs.
    """
    settings = run.pipeline.knowledge
    with fetched_aside(run.sources) as sources:
        kb = build_kb(
            sources,
            lexicon=run.manifest.lexicon,
            where="[knowledge] select",
            **settings.model_dump(exclude={"manifest", "sources", "shapes"}),
        )
    probes = draw_exam(
        kb,
        texts=run.corpus[1],
        **run.pipeline.exam.model_dump(),
        language=settings.languages[0],
        seed=run.pipeline.seeds[0],
    )
    return {
        "question": run.pipeline.question,
        **kb.counts,
        "texts": len(run.corpus[1]),
        "probes": probes.num_rows,
        "model": str(find_language_model(run.pipeline.training.model)),
        "encoder": str(find_encoder(run.pipeline.retrieval.encoder)),
        "artifacts": str(run.out),
    }
