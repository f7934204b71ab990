"""The base model and the facts to teach → `4-gaps/`: what it answers, and which facts it knows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kaug.evaluation.gaps import ask_facts, questions_about
from kaug.evaluation.settings import EvaluationSettings
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.stage import Job
from kaug.tables import write_table

__all__ = ["GapSettings", "make_gaps"]


@dataclass(frozen=True)
class GapSettings:
    """The settings of the questions about taught facts; `base` returns the base model's folder."""

    evaluation: EvaluationSettings
    template: str
    system: str | None
    precision: Callable[[], str]
    language: str
    base: Callable[[], Path]


def make_gaps(job: Job) -> None:
    """Ask the base model for each taught fact."""
    settings: GapSettings = job.settings
    questions, held = questions_about(job.inputs.open("1-knowledge", load_kb), settings.language)
    with job.show(job.stage.title, len(questions["prompt"].unique()), "questions") as advance:
        gaps = ask_facts(
            questions,
            settings.base(),
            settings.evaluation,
            template=settings.template,  # type: ignore[arg-type]
            system=settings.system,
            precision=settings.precision(),  # type: ignore[arg-type]
            progress=advance,
        )
    write_table(gaps, job.draft.path / "gaps.arrow")
    known = sum(gaps["known"].to_pylist())
    job.draft.counts.update({"facts asked for": gaps.num_rows, "facts known": known})
    job.draft.counts["facts not asked for: the question holds the answer"] = held
