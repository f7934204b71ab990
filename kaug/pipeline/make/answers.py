"""A model and the exam → `6-answers/<arm>-seed<n>/`: its answers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from kaug.arms import Arm
from kaug.evaluation.answer import answer_probes, with_facts
from kaug.evaluation.settings import EvaluationSettings
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.make.exam import read_probes
from kaug.pipeline.make.index import find_facts
from kaug.pipeline.stage import Job
from kaug.retrieval.settings import RetrievalSettings
from kaug.tables import read_table, write_table

__all__ = ["AnswerSettings", "make_answers", "read_answers"]


@dataclass(frozen=True)
class AnswerSettings:
    """The settings of a stage of answers; `retrieval` is None if no facts are put before the questions.

    `base` returns the base model's folder; None to use the model of the stage's second need.
    """

    arm: Arm
    evaluation: EvaluationSettings
    retrieval: RetrievalSettings | None
    template: str
    system: str | None
    precision: Callable[[], str]
    language: str
    seed: int
    base: Callable[[], Path] | None


def make_answers(job: Job) -> None:
    """Answer the exam with a model."""
    settings: AnswerSettings = job.settings
    probes = job.inputs.open("3-exam", read_probes)
    prompts: list[str] = probes["prompt"].to_pylist()
    retrieved: list[list[str]] = [[] for _ in prompts]
    if settings.retrieval:
        kb = job.inputs.open("1-knowledge", load_kb)
        hits = find_facts(job.inputs, settings.retrieval, prompts, settings.language)
        prompts, retrieved = with_facts(kb, probes, hits, settings.language)
    folder = settings.base() if settings.base else job.inputs[job.stage.needs[1]].path
    with job.show(job.stage.title, probes.num_rows, "probes") as advance:
        table = answer_probes(
            probes,
            folder,
            settings.evaluation,
            prompts=prompts,
            retrieved=retrieved,
            arm=settings.arm.name,
            seed=settings.seed,
            template=settings.template,  # type: ignore[arg-type]
            system=settings.system,
            precision=settings.precision(),  # type: ignore[arg-type]
            progress=advance,
        )
    write_table(table, job.draft.path / "answers.arrow")
    job.draft.counts["answers"] = table.num_rows


def read_answers(folder: Path) -> pa.Table:
    """Read the answers of an artifact of this stage."""
    return read_table(folder / "answers.arrow", "answers")
