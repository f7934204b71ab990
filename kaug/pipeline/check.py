"""A project → what it would read and make, and how long that would take; nothing is written."""

from dataclasses import dataclass
from typing import Any

from kaug.exam.draw import draw_exam
from kaug.knowledge.build import build_kb
from kaug.models.check import check_encoder
from kaug.models.find import check_language_model, find_encoder
from kaug.pipeline.make.knowledge import shape_results
from kaug.pipeline.project import Project
from kaug.pipeline.stage import Stage, closure, mark
from kaug.pipeline.stages import plan, targets
from kaug.rdf.endpoint import fetched_aside, is_fetched
from kaug.rdf.sources import Source
from kaug.store.artifact import Artifact, load, promised_fingerprint

__all__ = ["PlannedStage", "check", "planned"]


@dataclass(frozen=True)
class PlannedStage:
    """A stage of a plan.

    Attributes:
        stage: The stage.
        state: `finished` if it is up to date, `make` if it is not, or hangs on one that is not.
    """

    stage: Stage
    state: str


def planned(project: Project, command: str) -> list[PlannedStage]:
    """Say of each stage that a command needs whether it is finished.

    Raises:
        ArtifactError: What is finished was altered.
    """
    stages = plan(project)
    artifacts: dict[str, Artifact] = {}
    found = []
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
        found.append(PlannedStage(stage, "finished" if finished else "make"))
    return found


def _must_fetch(stage: Stage) -> bool:
    """Whether to look at a stage would fetch what an endpoint has."""
    return isinstance(stage.settings, Source) and not is_fetched(stage.settings)


def check(project: Project, command: str) -> dict[str, Any]:
    """Check all that a command would read, and write nothing.

    Args:
        project: The project.
        command: See `kaug.pipeline.run.run_project`.

    Returns:
        What is there: counts of facts, texts and probes, the models' folders, and the plan.

    Raises:
        KaugError: Whatever the run itself would raise for its inputs.
    """
    pipeline, shapes = project.pipeline, project.shapes
    with fetched_aside(project.sources) as sources:
        kb = build_kb(
            sources,
            lexicon=project.lexicon,
            where="[knowledge] select",
            **pipeline.knowledge.content(),
        )
        if shapes:
            shape_results(sources, shapes)
    found: dict[str, Any] = {"question": pipeline.question, **kb.counts}
    stages = plan(project)
    kinds = {stage.kind for stage in closure(stages, targets(stages, command))}
    if "exam" in kinds:
        probes = draw_exam(
            kb,
            pipeline.exam,
            texts=project.texts,
            language=project.language,
            seed=pipeline.seeds[0],
        )
        found |= {"texts": len(project.texts), "probes": probes.num_rows}
    if kinds & {"training", "answers"}:
        model = project.base()
        check_language_model(model)
        found["model"] = str(model)
    if "retrieval" in kinds:
        encoder = find_encoder(pipeline.retrieval.encoder)
        check_encoder(encoder)
        found["encoder"] = str(encoder)
    found["artifacts"] = str(project.out)
    return found
