"""A project → the list of its stages: what is made of what, by which function, with which settings."""

from collections.abc import Mapping

from kaug.arms import Arm, is_base, trained_arm
from kaug.augmentation.arms import RECIPES
from kaug.pipeline.make.answers import AnswerSettings, make_answers
from kaug.pipeline.make.exam import DrawSettings, make_exam
from kaug.pipeline.make.index import IndexSettings, make_index
from kaug.pipeline.make.knowledge import BuildSettings, make_knowledge
from kaug.pipeline.make.model import ModelSettings, make_model
from kaug.pipeline.make.quality import make_quality
from kaug.pipeline.make.report import ReportSettings, make_report
from kaug.pipeline.make.shards import RowSettings, make_shards
from kaug.pipeline.make.source import digest_source, make_source
from kaug.pipeline.project import Project
from kaug.pipeline.stage import Stage
from kaug.store.digests import safe_name

__all__ = ["TARGETS", "plan", "targets"]

TARGETS: dict[str, tuple[str, ...]] = {
    "knowledge": ("knowledge", "quality"),
    "search": ("knowledge", "retrieval"),
    "build-kb": ("knowledge", "quality", "retrieval", "exam"),
    "augment": ("quality", "augmentation"),
    "train": ("quality", "training"),
    "evaluate": ("report",),
    "run": ("report",),
}
"""The kinds of stages that each command is for; what they need is made too."""


def plan(project: Project) -> list[Stage]:
    """List the stages of a project, each after those that it needs.

    Nothing is read yet but the pipeline file and the manifest; whether a stage is finished is for the executor to find out.
    """
    pipeline, language, seed = project.pipeline, project.language, project.pipeline.seeds[0]
    exam, training = pipeline.exam, pipeline.training
    sources = [
        Stage(f"0-sources/{safe_name(source.id)}", "source", f"reading {source.id}", make_source, (), source,
              digest_source(source, project.open_bar, project.rebuild))
        for source in project.sources
    ]  # fmt: skip
    knowledge = Stage(
        "1-knowledge", "knowledge", "the knowledge base", make_knowledge, tuple(one.name for one in sources),
        BuildSettings(pipeline.knowledge, project.sources, project.lexicon, project.shapes), project.vocabulary_marks,
    )  # fmt: skip
    quality = Stage("1-quality", "quality", "the quality report", make_quality, (knowledge.name,))
    index = Stage(
        "2-index", "retrieval", "the index", make_index, (knowledge.name,),
        IndexSettings(pipeline.retrieval.encoder, pipeline.retrieval.backend, pipeline.retrieval.recall, language),
        project.encoder_marks,
    )  # fmt: skip
    probes = Stage(
        "3-exam", "exam", "the exam", make_exam, (knowledge.name,),
        DrawSettings(exam, project.texts, language, seed),
    )  # fmt: skip
    stages = [*sources, knowledge, quality, index, probes]
    arms = project.arms
    for arm in project.trained:
        injects = pipeline.augmentation.inject and RECIPES[arm.rows or ""].finds
        needs = (knowledge.name, probes.name, *([index.name] if injects else []))
        rows = RowSettings(
            arm, pipeline.augmentation, pipeline.retrieval if injects else None, project.text_ids, project.texts,
            pipeline.knowledge.languages, seed, pipeline.question,
        )  # fmt: skip
        stages.append(Stage(f"4-shards/{arm.name}", "augmentation", f"rows: {arm.name}", make_shards, needs, rows))
    for count, (arm, number) in enumerate(project.trainings, start=1):
        start = _model_of(arm.starts_from, arms, number) if arm.starts_from else None
        base = None if start else project.base
        settings = ModelSettings(arm, training.for_arm(arm), pipeline.augmentation.replay, number, base)
        needs = (f"4-shards/{arm.name}", *([start] if start else []))
        title = f"training: {arm.name}, seed {number} ({count} of {len(project.trainings)})"
        stages.append(
            Stage(f"5-models/{arm.name}-seed{number}", "training", title, make_model, needs, settings,
                  project.model_marks, training.tokens)
        )  # fmt: skip
    answers = []
    for count, (arm, number) in enumerate(project.sittings, start=1):
        model = _model_of(arm.name, arms, number)
        ask = AnswerSettings(
            arm, pipeline.evaluation, pipeline.retrieval if arm.retrieval else None,
            pipeline.evaluation.base_template if is_base(arm.name, arms) else training.template,
            training.system, project.precision, language, number, None if model else project.base,
        )  # fmt: skip
        needs = (probes.name, *([model] if model else []), *([knowledge.name, index.name] if arm.retrieval else []))
        title = f"asking: {arm.name}, seed {number} ({count} of {len(project.sittings)})"
        marks = project.machine_marks if model else project.model_marks
        answers.append(
            Stage(f"6-answers/{arm.name}-seed{number}", "answers", title, make_answers, needs, ask, marks,
                  sum(exam.probes_per_kind.values()))
        )  # fmt: skip
    report = Stage(
        "6-report", "report", "the report", make_report,
        (knowledge.name, quality.name, probes.name, *(one.name for one in answers)),
        ReportSettings(pipeline, lambda: project.command, project.precision),
    )  # fmt: skip
    return [*stages, *answers, report]


def targets(stages: list[Stage], command: str) -> set[str]:
    """Return the names of the stages that a command is for."""
    return {stage.name for stage in stages if stage.kind in TARGETS[command]}


def _model_of(name: str, arms: Mapping[str, Arm], seed: int) -> str | None:
    """Return the stage whose model an arm is asked as: its own, or that of the arm it starts from; None is the base model."""
    trained = trained_arm(name, arms)
    return f"5-models/{trained}-seed{seed}" if trained else None
