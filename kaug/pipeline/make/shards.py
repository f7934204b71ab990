"""A knowledge base, the exam, the user's texts and their facts → `4-shards/<arm>/`: training rows."""

from dataclasses import dataclass

from kaug.arms import Arm
from kaug.augmentation.arms import arm_rows
from kaug.augmentation.settings import AugmentationSettings
from kaug.augmentation.shards import dataset_card, write_shards
from kaug.knowledge.knowledge_base import load_kb
from kaug.pipeline.make.exam import read_probes
from kaug.pipeline.make.index import find_facts
from kaug.pipeline.stage import Job
from kaug.retrieval.settings import RetrievalSettings

__all__ = ["RowSettings", "make_shards"]


@dataclass(frozen=True)
class RowSettings:
    """The settings of an arm's rows; `retrieval` is None if no facts are inserted into texts."""

    arm: Arm
    augmentation: AugmentationSettings
    retrieval: RetrievalSettings | None
    text_ids: list[str]
    texts: list[str]
    languages: list[str]
    seed: int
    max_answers: int


def make_shards(job: Job) -> None:
    """Write an arm's rows and check them for leaks."""
    settings: RowSettings = job.settings
    kb, probes = job.inputs.open("1-knowledge", load_kb), job.inputs.open("3-exam", read_probes)
    retrieval = settings.retrieval or RetrievalSettings()
    with job.show(job.stage.title, None, "rows") as advance:
        table, counts = arm_rows(
            kb,
            settings.arm,
            probes,
            settings.text_ids,
            settings.texts,
            settings.augmentation,
            find=lambda texts, allowed: find_facts(
                job.inputs, retrieval, texts, settings.languages[0], allowed=allowed, about=True
            ),
            languages=settings.languages,
            seed=settings.seed,
            max_answers=settings.max_answers,
        )
        advance(table.num_rows)
    job.draft.counts.update(counts)
    card = dataset_card(settings.arm.name, table, kb.origins)
    job.draft.counts.update(write_shards(table, job.draft.path, card=card))
