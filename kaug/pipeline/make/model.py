"""Training rows and a model → `5-models/<arm>-seed<n>/`: a fine-tuned model."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from kaug.arms import Arm
from kaug.augmentation.shards import read_shards
from kaug.pipeline.stage import Job
from kaug.training.settings import TrainingSettings
from kaug.training.trainer import train_model

__all__ = ["ModelSettings", "make_model"]


@dataclass(frozen=True)
class ModelSettings:
    """The settings of a training: the arm, the section, the fraction of plain text, and the initial model.

    `base` returns the base model's folder; None to start from the model of the stage's second need.
    """

    arm: Arm
    training: TrainingSettings
    replay: float
    seed: int
    base: Callable[[], Path] | None


def make_model(job: Job) -> None:
    """Train a model; an interrupted training resumes from its last complete checkpoint."""
    settings: ModelSettings = job.settings
    shards, *start = job.stage.needs
    with job.show(job.stage.title, settings.training.tokens, "tokens") as advance:
        result = train_model(
            read_shards(job.inputs[shards].path),
            settings.base() if settings.base else job.inputs[start[0]].path,
            job.draft.path,
            settings.training,
            seed=settings.seed,
            replay=settings.replay,
            checkpoints=job.draft.work,
            progress=advance,
        )
    job.draft.details.update(asdict(result), arm=settings.arm.name, seed=settings.seed)
