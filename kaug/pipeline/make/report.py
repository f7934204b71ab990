"""All answers → `6-report/`: `report.html`, `report.md`, `report.json`, and beside them a page of rows and the quality page."""

import datetime
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kaug.augmentation.inspect import describe_rows, draw_rows
from kaug.augmentation.shards import read_shards
from kaug.knowledge.knowledge_base import KnowledgeBase, load_kb
from kaug.pipeline.describe import machine, versions
from kaug.pipeline.make.answers import read_answers
from kaug.pipeline.make.exam import read_probes
from kaug.pipeline.settings import Pipeline
from kaug.pipeline.stage import Inputs, Job
from kaug.report.findings import build_report
from kaug.report.report import describe_facts, save_report
from kaug.report.rows import rows_page
from kaug.store.files import write_whole
from kaug.tables import ANSWERS, write_table
from kaug.version import __version__

__all__ = ["ReportSettings", "make_report"]

_ROWS = 300
"""The rows on the page of rows, of all arms together."""


@dataclass(frozen=True)
class ReportSettings:
    """The description of a run beside its artifacts: the pipeline, the command, and the precision.

    `command` is a function, which fingerprints ignore: another spelling of the command does not rebuild the report.
    """

    pipeline: Pipeline
    command: Callable[[], str]
    precision: Callable[[], str]


def make_report(job: Job) -> None:
    """Write the report, with the sentences and sources of all facts of probes and answers."""
    settings: ReportSettings = job.settings
    kb, probes = job.inputs.open("1-knowledge", load_kb), job.inputs.open("3-exam", read_probes)
    names = [name for name in job.stage.needs if name.startswith("6-answers/")]
    answers = pa.concat_tables([job.inputs.open(name, read_answers) for name in names])
    write_table(answers.cast(ANSWERS), job.draft.path / "answers.arrow")
    shutil.copyfile(job.inputs["1-quality"].path / "quality.html", job.draft.path / "quality.html")
    run = _describe(settings, job.inputs) | {"rows": _write_rows(job, kb)}
    sentences, provenance = describe_facts(kb, probes, answers, settings.pipeline.knowledge.languages[0])
    report = build_report(
        question=settings.pipeline.question,
        probes=probes,
        answers=answers,
        sentences=sentences,
        provenance=provenance,
        run=run,
        resamples=settings.pipeline.evaluation.resamples,
        arms=settings.pipeline.arms_by_name,
    )
    save_report(job.draft.path, report)


def _write_rows(job: Job, kb: KnowledgeBase) -> int:
    """Write the page of rows, drawn from those of each arm, and return their number; there is no page without rows."""
    arms = {
        name.removeprefix("4-shards/"): job.inputs[name].path
        for name in job.stage.needs
        if name.startswith("4-shards/")
    }
    rows = [
        row
        for arm, folder in arms.items()
        for row in describe_rows(draw_rows(read_shards(folder), kb, max(1, _ROWS // len(arms))), kb, arm)
    ]
    if rows:
        pipeline: Pipeline = job.settings.pipeline
        meanings = {arm: pipeline.arms_by_name[arm].meaning for arm in arms}
        title = "What the model was trained on"
        write_whole(job.draft.path / "rows.html", rows_page(rows, title=title, arms=meanings))
    return len(rows)


def _describe(settings: ReportSettings, inputs: Inputs) -> dict[str, Any]:
    """Describe the run: command, seeds, machine, versions, counts, digests, settings."""
    pipeline, made = settings.pipeline, inputs.artifacts
    trained = [dict(one.details) for one in made.values() if one.stage == "training"]
    return {
        "command": settings.command(),
        "seeds": list(pipeline.seeds),
        "model": pipeline.training.model,
        "encoder": pipeline.retrieval.encoder,
        "precision": settings.precision(),
        "machine": machine(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"kaug": __version__, **versions()},
        "training": {_name(one, pipeline.seeds): one for one in trained},
        "counts": {name: dict(one.counts) for name, one in sorted(made.items()) if one.counts},
        "digests": {name: one.digest for name, one in sorted(made.items())},
        "quality": dict(made["1-quality"].counts),
        "settings": pipeline.model_dump(),
    }


def _name(details: dict[str, Any], seeds: list[int]) -> str:
    arm, seed = details.pop("arm"), details.pop("seed")
    return str(arm) if len(seeds) == 1 else f"{arm}, seed {seed}"
