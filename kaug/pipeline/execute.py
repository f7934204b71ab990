"""A list of stages and a folder → their artifacts; finished ones are reused."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kaug.errors import ArtifactError
from kaug.pipeline.stage import Inputs, Job, Stage, mark
from kaug.progress import Show, silent
from kaug.store import artifact
from kaug.store.artifact import Artifact

__all__ = ["Executor", "Store", "execute_here"]


@dataclass(frozen=True)
class Store:
    """The folder of a run's artifacts.

    Attributes:
        out: The folder.
        rebuild: Rebuild every stage, even if it is finished.
        show: The display of progress.
        announce: Called with a stage before it is made.
        write_lock: A context manager that locks the folder while a stage is made; does nothing if the lock is already held.
    """

    out: Path
    rebuild: bool = False
    show: Show = silent
    announce: Callable[[Stage], None] = lambda stage: None
    write_lock: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext

    def finished(self, stage: Stage, fingerprint: str) -> Artifact | None:
        """Return the stage's verified artifact if it has this fingerprint, else None."""
        path = self.out / stage.name
        if self.rebuild or artifact.promised_fingerprint(path) != fingerprint:
            return None
        made = artifact.load(path, stage=stage.kind)
        if artifact.leftovers(path):
            # Another process may be working there: then they belong to it.
            with contextlib.suppress(ArtifactError), self.write_lock():
                artifact.sweep(path)
        return made

    def make(self, stage: Stage, fingerprint: str, inputs: Inputs) -> Artifact:
        """Make a stage's artifact and return it."""
        path = self.out / stage.name
        digests = {name: inputs[name].digest for name in stage.needs}
        with (
            self.write_lock(),
            artifact.publish(
                path, stage=stage.kind, fingerprint=fingerprint, inputs=digests, fresh=self.rebuild
            ) as draft,
        ):
            stage.make(Job(stage, stage.settings, inputs, draft, self.show))
        return artifact.load(path, stage=stage.kind, verify=False)


class Executor(Protocol):
    """Runs stages, each after its needs; other executors can use processes or a cluster."""

    def __call__(self, stages: Sequence[Stage], store: Store, inputs: Inputs) -> None:
        """Make unfinished artifacts, and put all into `inputs.artifacts`."""
        ...


def execute_here(stages: Iterable[Stage], store: Store, inputs: Inputs) -> None:
    """Run stages in this process, one by one; skip those whose artifacts are in `inputs`.

    Raises:
        KaugError: An error of a stage; finished stages are kept.
    """
    for stage in stages:
        if stage.name in inputs.artifacts:
            continue
        fingerprint = mark(stage, inputs.artifacts)
        made = store.finished(stage, fingerprint)
        if made is None:
            store.announce(stage)
            made = store.make(stage, fingerprint, inputs)
        inputs.artifacts[stage.name] = made
