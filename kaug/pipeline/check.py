"""A project → the plan and the checked inputs of a run, without writing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kaug.exam.draw import draw_exam
from kaug.knowledge.knowledge_base import KnowledgeBase
from kaug.models.check import check_encoder
from kaug.models.find import check_language_model, find_encoder, find_language_model
from kaug.pipeline.make.knowledge import put_together, shape_results
from kaug.pipeline.project import Project
from kaug.pipeline.rewriting import rewrite_cost
from kaug.pipeline.stage import Stage, closure, mark
from kaug.pipeline.stages import build_settings, list_stages, targets
from kaug.rdf.columns import Columns
from kaug.rdf.endpoint import fetched_aside, is_fetched
from kaug.rdf.read import notes_on, read_files
from kaug.rdf.sources import Source, file_digests, verify_source
from kaug.store.artifact import Artifact, load, promised_fingerprint

__all__ = ["PlannedStage", "SourcesRead", "check", "planned", "read_sources"]


@dataclass(frozen=True)
class PlannedStage:
    """A stage of a plan.

    Attributes:
        stage: The stage.
        state: `finished` if it is up to date, else `make`.
    """

    stage: Stage
    state: str


def planned(project: Project, command: str) -> list[PlannedStage]:
    """Return the state of each stage that a command needs."""
    stages = list_stages(project)
    artifacts: dict[str, Artifact] = {}
    states = []
    for stage in closure(stages, targets(stages, command)):
        path = project.out / stage.name
        finished = (
            not project.rebuild
            and all(name in artifacts for name in stage.needs)
            and path.is_dir()
            and not _must_fetch(stage)
            and promised_fingerprint(path) == mark(stage, artifacts)
        )
        if finished:
            artifacts[stage.name] = load(path, stage=stage.kind, verify=False)
        states.append(PlannedStage(stage, "finished" if finished else "make"))
    return states


def _must_fetch(stage: Stage) -> bool:
    """Whether checking a stage would fetch from an endpoint."""
    return isinstance(stage.settings, Source) and not is_fetched(stage.settings)


@dataclass(frozen=True)
class SourcesRead:
    """Sources in memory: the digest and the columns of each, and lines about what was left out of their files."""

    digests: list[str]
    columns: list[Columns]
    notes: list[str]

    def assemble(self, project: Project) -> KnowledgeBase:
        """Build the knowledge base of a project from its sources."""
        return put_together(build_settings(project), self.digests, self.columns)


def read_sources(sources: Sequence[Source]) -> SourcesRead:
    """Verify and read sources, without writing."""
    files = [file_digests(source) for source in sources]
    digests = [verify_source(source, one) for source, one in zip(sources, files, strict=True)]
    read = [read_files(source, one) for source, one in zip(sources, files, strict=True)]
    return SourcesRead(digests, [one.columns for one in read], notes_on(sources, read))


def check(project: Project, command: str, read: SourcesRead | None = None) -> dict[str, Any]:
    """Check all inputs of a command, without writing; return counts and the folders of models.

    Sources already read can be passed. Errors are those of the run.
    """
    pipeline, shapes = project.pipeline, project.shapes
    with fetched_aside(project.sources) as sources:
        kb = (read or read_sources(sources)).assemble(project)
        if shapes:
            shape_results(sources, shapes)
    counts: dict[str, Any] = {"question": pipeline.question, **kb.counts}
    stages = list_stages(project)
    kinds = {stage.kind for stage in closure(stages, targets(stages, command))}
    if "exam" in kinds:
        probes = draw_exam(
            kb,
            pipeline.exam,
            texts=project.corpus[1],
            language=project.language,
            seed=pipeline.seeds[0],
        )
        counts |= {"texts": len(project.corpus[1]), "probes": probes.num_rows}
    if command == "plan" or kinds & {"training", "answers", "gaps"}:
        model = project.base()
        check_language_model(model)
        counts["model"] = str(model)
    if "retrieval" in kinds:
        encoder = find_encoder(pipeline.retrieval.encoder)
        check_encoder(encoder)
        counts["encoder"] = str(encoder)
    if "augmentation" in kinds and (cost := rewrite_cost(project, kb)):
        if not pipeline.augmentation.rewrite.endpoint:
            check_language_model(find_language_model(pipeline.augmentation.rewrite.model))
        counts |= cost.counts
    counts["artifacts"] = str(project.out)
    return counts
