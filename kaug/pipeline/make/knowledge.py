"""The columns of the sources → `1-knowledge/`: terms, labels, facts, axioms, lexicon."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kaug.errors import SourceError
from kaug.knowledge.build import assemble
from kaug.knowledge.knowledge_base import KnowledgeBase, save_kb
from kaug.knowledge.settings import OF_TEXTS, KnowledgeSettings
from kaug.pipeline.stage import Job
from kaug.rdf.columns import Columns
from kaug.rdf.read import lean_memory, load_files
from kaug.rdf.sources import Source
from kaug.rdf.validate import check_shapes
from kaug.retrieval.selection import teach_texts

__all__ = ["SHAPE_RESULTS", "BuildSettings", "make_knowledge", "put_together", "shape_results"]

SHAPE_RESULTS = "shapes.json"
"""The file of this stage's artifact with the results of SHACL, if the pipeline has the check."""


@dataclass(frozen=True)
class BuildSettings:
    """The sources and settings of a knowledge base; `texts` are those that decide what is taught, if they do."""

    knowledge: KnowledgeSettings
    sources: list[Source]
    lexicon: Path | None
    shapes: Path | None
    texts: list[str]


def make_knowledge(job: Job) -> None:
    """Build the knowledge base; if the pipeline has the check, a violation of the manifest's shapes is an error."""
    settings: BuildSettings = job.settings
    read = [job.inputs[name] for name in job.stage.needs]
    results = None
    if settings.shapes:
        with job.show("checking shapes", None, "results") as advance:
            results = shape_results(settings.sources, settings.shapes)
            advance(len(results))
    with job.show("putting the knowledge base together", None, "facts") as advance, lean_memory():
        kb = put_together(
            settings, [one.details["sha256"] for one in read], [load_files(one.path).columns for one in read]
        )
        advance(kb.facts.num_rows)
    save_kb(kb, job.draft.path)
    job.draft.counts.update(kb.counts)
    if results is not None:
        (job.draft.path / SHAPE_RESULTS).write_text(json.dumps(results, ensure_ascii=False), encoding="utf-8")


def put_together(settings: BuildSettings, digests: Sequence[str], columns: Sequence[Columns]) -> KnowledgeBase:
    """Build the knowledge base from the digest and the columns of each source."""
    chosen = settings.knowledge.content()
    of_texts = chosen["teach"] == OF_TEXTS
    if of_texts:
        chosen |= {"teach": "knowledge", "limit": None}
    kb = assemble(settings.sources, digests, columns, lexicon=settings.lexicon, where="[knowledge] select", **chosen)
    return teach_texts(kb, settings.texts, settings.knowledge.limit) if of_texts else kb


def shape_results(sources: Sequence[Source], shapes: Path) -> list[dict[str, str]]:
    """Check sources against SHACL shapes."""
    results = list(check_shapes(sources, shapes))
    broken = [f"{one['focus']}: {one['message']}" for one in results if one["severity"] == "Violation"]
    if broken:
        more = f"\n… and {len(broken) - 10} more" if len(broken) > 10 else ""
        lines = "\n".join(broken[:10])
        raise SourceError(
            f"{shapes}: the sources violate {len(broken)} shapes; mend them, or set knowledge.shapes = false.\n{lines}{more}"
        )
    return results
