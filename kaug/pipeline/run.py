"""A project and a command → its artifacts, and the report."""

import json
from pathlib import Path
from typing import Any

from kaug.errors import ArtifactError
from kaug.pipeline.execute import Executor, Store, execute_here
from kaug.pipeline.project import Project
from kaug.pipeline.stage import Inputs, closure
from kaug.pipeline.stages import list_stages, targets
from kaug.store.artifact import load

__all__ = ["load_report", "run_project"]


def run_project(
    project: Project,
    command: str = "run",
    *,
    store: Store | None = None,
    executor: Executor = execute_here,
    inputs: Inputs | None = None,
) -> Inputs:
    """Run the stages of a command, and those that they need.

    Args:
        project: The project.
        command: `knowledge`, `build-kb`, `augment`, `plan`, `train`, `evaluate` or `run`.
        store: The folder of the artifacts; the project's if None.
        executor: The executor of the stages.
        inputs: The result of another command of this project, whose artifacts are not looked at again.

    Returns:
        The artifacts by stage name, and the objects opened from them.

    Raises:
        KaugError: An error of a stage.
    """
    stages = list_stages(project)
    needed = closure(stages, targets(stages, command))
    if command == "plan" or any(stage.kind in ("training", "answers", "gaps") for stage in needed):
        project.base()  # first, so that a missing model fails early
    inputs = Inputs() if inputs is None else inputs
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
