"""A knowledge base and the user's texts → `3-exam/`: the probes."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from kaug.exam.draw import draw_exam, exam_counts
from kaug.exam.settings import ExamSettings
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.stage import Job
from kaug.tables import read_table, write_table

__all__ = ["DrawSettings", "make_exam", "read_probes"]


@dataclass(frozen=True)
class DrawSettings:
    """The settings of the exam: the section, the texts, the language and the seed."""

    exam: ExamSettings
    texts: list[str]
    language: str
    seed: int


def make_exam(job: Job) -> None:
    """Draw the exam."""
    settings: DrawSettings = job.settings
    probes = draw_exam(
        job.inputs.open("1-knowledge", load_kb),
        settings.exam,
        texts=settings.texts,
        language=settings.language,
        seed=settings.seed,
    )
    write_table(probes, job.draft.path / "probes.arrow")
    job.draft.counts.update(exam_counts(probes))


def read_probes(folder: Path) -> pa.Table:
    """Read the probes of an artifact of this stage."""
    return read_table(folder / "probes.arrow", "probes")
