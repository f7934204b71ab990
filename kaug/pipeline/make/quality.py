"""A knowledge base → `1-quality/`: `quality.json` and `quality.html`."""

import json

from kaug.curation.quality import write_quality
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.make.knowledge import SHAPE_RESULTS
from kaug.pipeline.stage import Job

__all__ = ["make_quality"]


def make_quality(job: Job) -> None:
    """Write the quality report, with the results of SHACL if the sources were checked against shapes."""
    shapes = job.inputs["1-knowledge"].path / SHAPE_RESULTS
    results = json.loads(shapes.read_text(encoding="utf-8")) if shapes.exists() else None
    report = write_quality(job.inputs.open("1-knowledge", load_kb), job.draft.path, shapes=results)
    names = {"error": "errors", "warning": "warnings", "info": "notes"}
    job.draft.counts.update({names[severity]: count for severity, count in report["summary"].items()})
