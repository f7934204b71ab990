"""A run → what it would read, and what its index finds for a text; neither makes an artifact of its own."""

from typing import Any

import pyarrow as pa

from kaug.evaluation.exam import draw_exam
from kaug.knowledge.build import build_kb
from kaug.knowledge.lexicon.statements import statements
from kaug.models import find_encoder, find_language_model
from kaug.prepare import find_facts, knowledge_of
from kaug.run import Run

__all__ = ["check", "search"]


def search(run: Run, text: str, k: int) -> list[dict[str, Any]]:
    """Find the facts for one text.

    Args:
        run: The run; its index is built if it is not there.
        text: Any text.
        k: How many facts.

    Returns:
        For each hit `rank`, `fact`, `sentence`, `score` (cosine), `reason`, `mention`, `sources`.
    """
    hits = find_facts(run, [text], k)
    rows = hits["row"].to_numpy()
    said = statements(knowledge_of(run), rows, run.language).to_pylist()
    sources = knowledge_of(run).facts["sources"].take(pa.array(rows)).to_pylist()
    return [
        {
            "rank": hit["rank"],
            "fact": hit["fact"],
            "sentence": sentence,
            "score": round(hit["score"], 4),
            "reason": hit["reason"],
            "mention": None if hit["start"] is None else text[hit["start"] : hit["end"]],
            "sources": of,
        }
        for hit, sentence, of in zip(hits.to_pylist(), said, sources, strict=True)
    ]


def check(run: Run) -> dict[str, Any]:
    """Check all that a run reads, and write nothing.

    Returns:
        What was found: counts of facts, texts and probes, and the models' folders.

    Raises:
        KaugError: Whatever the run itself would raise for its inputs.
    """
    settings = run.pipeline.knowledge
    kb = build_kb(
        run.sources,
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
