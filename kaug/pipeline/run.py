"""A project and a command → its artifacts, and the report: what the commands and the library do with a list of stages."""

import json
from pathlib import Path
from typing import Any

from kaug.errors import ArtifactError
from kaug.pipeline.execute import Executor, Store, execute_here
from kaug.pipeline.project import Project
from kaug.pipeline.stage import Inputs, closure
from kaug.pipeline.stages import plan, targets
from kaug.store.artifact import load

__all__ = ["load_report", "run_project"]


def run_project(
    project: Project, command: str = "run", *, store: Store | None = None, executor: Executor = execute_here
) -> Inputs:
    """Carry out the stages that a command is for, and those that they need.

    Args:
        project: The project.
        command: `knowledge`, `build-kb`, `augment`, `train`, `evaluate` or `run`.
        store: Where artifacts are kept; the project's folder if None.
        executor: What carries the stages out.

    Returns:
        The artifacts by the names of their stages, and what was opened of them.

    Raises:
        KaugError: Whatever a stage raises.
    """
    stages = plan(project)
    needed = closure(stages, targets(stages, command))
    if any(stage.kind in ("training", "answers") for stage in needed):
        project.base()  # first, so that a missing model shows before the work
    inputs = Inputs()
    executor(needed, store or Store(project.out, project.rebuild, project.show), inputs)
    return inputs


def load_report(folder: Path) -> dict[str, Any]:
    """Read the report of a run."""
    path = folder if (folder / "report.json").exists() else folder / "6-report"
    load(path, stage="report")
    try:
        report: dict[str, Any] = json.loads((path / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path / 'report.json'}: cannot be read: {error}.") from error
    return report
