"""A project → the list of its stages, with their needs, functions and settings."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kaug.arms import Arm, trained_arm
from kaug.augmentation.arms import RECIPES
from kaug.exam.kinds import KINDS
from kaug.knowledge.settings import OF_TEXTS
from kaug.models.check import model_digest
from kaug.models.find import find_encoder
from kaug.pipeline.execution import ExecutionSettings
from kaug.pipeline.make.answers import AnswerSettings, make_answers
from kaug.pipeline.make.exam import DrawSettings, make_exam
from kaug.pipeline.make.gaps import GapSettings, make_gaps
from kaug.pipeline.make.index import IndexSettings, make_index
from kaug.pipeline.make.knowledge import BuildSettings, make_knowledge
from kaug.pipeline.make.model import ModelSettings, make_model
from kaug.pipeline.make.quality import make_quality
from kaug.pipeline.make.report import ReportSettings, make_report
from kaug.pipeline.make.shards import RowSettings, make_shards
from kaug.pipeline.make.source import digest_source, make_source
from kaug.pipeline.project import Project
from kaug.pipeline.sockets import entry_digests
from kaug.pipeline.stage import Stage
from kaug.retrieval.settings import RetrievalSettings
from kaug.store.digests import safe_name

__all__ = ["TARGETS", "build_settings", "index_stage", "list_stages", "targets"]

Marks = Callable[[], Mapping[str, str]]
"""Returns other inputs of a stage's fingerprint by name; see `Stage.outside`."""

TARGETS: dict[str, tuple[str, ...]] = {
    "sources": ("source",),
    "knowledge": ("knowledge", "quality"),
    "search": ("knowledge", "retrieval"),
    "build-kb": ("knowledge", "quality", "retrieval", "exam"),
    "augment": ("quality", "augmentation"),
    "plan": ("quality", "exam", "augmentation"),
    "train": ("quality", "training"),
    "evaluate": ("report",),
    "run": ("report",),
}
"""The kinds of stages of each command; their needs are made too."""


def list_stages(project: Project) -> list[Stage]:
    """List the stages of a project, each after those that it needs.

    Reads nothing beyond the pipeline file and the manifest; the executor checks which stages are finished.
    """
    pipeline = project.pipeline
    language, seed, kinds = project.language, pipeline.seeds[0], pipeline.exam.probes_per_kind
    scorers = [KINDS[kind].scorer for kind in kinds]
    sources = [
        Stage(f"0-sources/{safe_name(source.id)}", "source", f"reading {source.id}", make_source, (), source,
              digest_source(source, project.show, project.rebuild))
        for source in project.sources
    ]  # fmt: skip
    knowledge = Stage(
        "1-knowledge", "knowledge", "the knowledge base", make_knowledge, tuple(one.name for one in sources),
        build_settings(project), project.vocabulary_marks,
    )  # fmt: skip
    quality = Stage("1-quality", "quality", "the quality report", make_quality, (knowledge.name,))
    exam = Stage(
        "3-exam", "exam", "the exam", make_exam, (knowledge.name,),
        DrawSettings(pipeline.exam, project.corpus[1], language, seed), _marks(kinds=kinds),
    )  # fmt: skip
    gaps = [_gaps(project)] if pipeline.augmentation.gaps else []
    rows = [_rows(project, arm) for arm in project.trained]
    models = [_model(project, count, arm, number) for count, (arm, number) in enumerate(project.trainings, start=1)]
    answers = [
        _answers(project, count, arm, number, _marks(scorers=scorers))
        for count, (arm, number) in enumerate(project.sittings, start=1)
    ]
    report = Stage(
        project.report, "report", "the report", make_report,
        (knowledge.name, quality.name, exam.name, *(one.name for one in (*rows, *answers))),
        ReportSettings(pipeline, lambda: project.command, lambda: project.precision),
        _marks(arms=project.arms, kinds=kinds, scorers=scorers),
    )  # fmt: skip
    index = index_stage(pipeline.retrieval, language, pipeline.execution)
    return [*sources, knowledge, quality, index, exam, *gaps, *rows, *models, *answers, report]


def build_settings(project: Project) -> BuildSettings:
    """Return the settings of the knowledge base."""
    knowledge = project.pipeline.knowledge
    texts = project.corpus[1] if knowledge.teach == OF_TEXTS else []
    return BuildSettings(knowledge, project.sources, project.lexicon, project.shapes, texts)


def index_stage(retrieval: RetrievalSettings, language: str, execution: ExecutionSettings | None = None) -> Stage:
    """Return the stage that indexes the facts."""
    settings = IndexSettings(
        retrieval.encoder, retrieval.backend, retrieval.recall, language, execution or ExecutionSettings()
    )
    return Stage(
        "2-index", "retrieval", "the index", make_index, ("1-knowledge",), settings,
        lambda: {"encoder": model_digest(find_encoder(retrieval.encoder))},
    )  # fmt: skip


def _gaps(project: Project) -> Stage:
    """Return the stage that asks the base model for what is to be taught."""
    pipeline = project.pipeline
    settings = GapSettings(
        pipeline.evaluation, pipeline.evaluation.base_template, pipeline.training.system, lambda: project.precision,
        project.language, project.base,
    )  # fmt: skip
    return Stage(
        "4-gaps", "gaps", "asking what is known", make_gaps, ("1-knowledge",), settings,
        lambda: {"precision": project.precision, "model": project.base_digest},
    )  # fmt: skip


def _rows(project: Project, arm: Arm) -> Stage:
    """Return the stage that writes an arm's rows."""
    pipeline = project.pipeline
    injects = bool(pipeline.augmentation.inject) and RECIPES[arm.rows or ""].finds
    others = ["2-index"] * injects + ["4-gaps"] * pipeline.augmentation.gaps
    settings = RowSettings(
        arm, pipeline.augmentation, pipeline.retrieval if injects else None, *project.corpus,
        pipeline.knowledge.languages, pipeline.seeds[0], pipeline.exam.max_answers,
        project.evaluations, pipeline.exam.on_leak, pipeline.hygiene, project.special_tokens,
        project.clean_texts.left_out, pipeline.execution,
    )  # fmt: skip
    return Stage(
        f"4-shards/{arm.name}", "augmentation", f"rows: {arm.name}", make_shards,
        ("1-knowledge", "3-exam", *others), settings,
        _marks(project.rewriter_marks, recipes=[arm.rows], forms=pipeline.augmentation.forms),
    )  # fmt: skip


def _model(project: Project, count: int, arm: Arm, seed: int) -> Stage:
    """Return the stage that trains an arm's model with a seed; `count` is its number in the project."""
    training, augmentation = project.pipeline.training.for_arm(arm), project.pipeline.augmentation.for_arm(arm)
    start = _model_of(arm.starts_from, project.arms, seed) if arm.starts_from else None
    return Stage(
        f"5-models/{arm.name}-seed{seed}", "training",
        f"training: {arm.name}, seed {seed} ({count} of {len(project.trainings)})", make_model,
        (f"4-shards/{arm.name}", *([start] if start else [])),
        ModelSettings(arm, training, augmentation.replay, seed, None if start else project.base),
        _marks(
            lambda: {"precision": project.precision, "model": project.base_digest},
            objectives=[training.objective],
            adapters=[training.adapter],
        ),
        training.tokens,
    )  # fmt: skip


def _answers(project: Project, count: int, arm: Arm, seed: int, marks: Marks) -> Stage:
    """Return the stage in which an arm's model with a seed answers the exam; `count` is its number in the project."""
    pipeline, model = project.pipeline, _model_of(arm.name, project.arms, seed)
    settings = AnswerSettings(
        arm, pipeline.evaluation, pipeline.retrieval if arm.retrieval else None,
        pipeline.training.template if model else pipeline.evaluation.base_template, pipeline.training.system,
        lambda: project.precision, project.language, seed, None if model else project.base,
    )  # fmt: skip
    return Stage(
        f"6-answers/{arm.name}-seed{seed}", "answers",
        f"asking: {arm.name}, seed {seed} ({count} of {len(project.sittings)})", make_answers,
        ("3-exam", *([model] if model else []), *(["1-knowledge", "2-index"] if arm.retrieval else [])), settings,
        lambda: {**marks(), "precision": project.precision, **({} if model else {"model": project.base_digest})},
        sum(pipeline.exam.probes_per_kind.values()),
    )  # fmt: skip


def _marks(others: Marks = dict, **chosen: Iterable[Any]) -> Marks:
    """Return a function that returns the digests of chosen table entries, and others."""
    return lambda: (
        dict(others())
        | {name: digest for table, names in chosen.items() for name, digest in entry_digests(table, names).items()}
    )


def targets(stages: list[Stage], command: str) -> set[str]:
    """Return the names of a command's stages."""
    return {stage.name for stage in stages if stage.kind in TARGETS[command]}


def _model_of(name: str, arms: Mapping[str, Arm], seed: int) -> str | None:
    """Return the stage whose model an arm uses: its own, or that of the arm it starts from; None is the base model."""
    trained = trained_arm(name, arms)
    return f"5-models/{trained}-seed{seed}" if trained else None
