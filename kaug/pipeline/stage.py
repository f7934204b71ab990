"""A stage as a value: its name, needs, settings and `make` function."""

import dataclasses
import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from kaug.progress import Show, silent
from kaug.settings import Section
from kaug.store.artifact import Artifact, Draft
from kaug.store.digests import code_digest, fingerprint

__all__ = ["Inputs", "Job", "Stage", "closure", "mark"]

T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """One step of a pipeline.

    Attributes:
        name: Its artifact's folder below the run's folder, such as `4-shards/augmented`.
        kind: The kind of stage in manifests: `knowledge`, `retrieval`, `exam`, `augmentation`, `training`, …
        title: Its title in progress bars and plans.
        make: Makes the artifact; its module and all imports of it are part of the fingerprint.
        needs: The names of the stages whose artifacts it reads.
        settings: A dataclass or a section of the pipeline file, passed to `make`; part of the fingerprint, except
            paths, callables and the names in `not_content`.
        outside: Returns other inputs of the fingerprint by name: the digests of files and models, the precision.
        size: The amount of work, in the unit of its kind, if known.
    """

    name: str
    kind: str
    title: str
    make: Callable[["Job"], None]
    needs: tuple[str, ...] = ()
    settings: Any = None
    outside: Callable[[], Mapping[str, str]] = dict
    size: int | None = None


class Inputs:
    """The finished artifacts of a run, and a cache of the objects opened from them.

    Attributes:
        artifacts: The artifacts by the names of their stages.
    """

    def __init__(self) -> None:
        self.artifacts: dict[str, Artifact] = {}
        self._opened: dict[Hashable, Any] = {}

    def __getitem__(self, name: str) -> Artifact:
        return self.artifacts[name]

    def __getstate__(self) -> dict[str, Any]:
        """Send only the artifacts to another process: it opens them itself."""
        return {"artifacts": self.artifacts, "_opened": {}}

    def open(self, name: str, reader: Callable[[Path], T]) -> T:
        """Return `reader` of an artifact's folder, called once."""
        return self.once((name, reader), lambda: reader(self.artifacts[name].path))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result of `make`, called once per key."""
        if key not in self._opened:
            self._opened[key] = make()
        return cast("T", self._opened[key])


@dataclass(frozen=True)
class Job:
    """The argument of a stage's `make`.

    Attributes:
        stage: The stage.
        settings: Its settings.
        inputs: The artifacts made so far.
        draft: The artifact to write, with the one that it will replace and a scratch folder that is kept if the process
            is killed.
        show: The display of progress.
    """

    stage: Stage
    settings: Any
    inputs: Inputs
    draft: Draft
    show: Show = field(default=silent)


def closure(stages: list[Stage], wanted: set[str]) -> list[Stage]:
    """Return the requested stages and all that they need, in the order of the list."""
    by_name = {stage.name: stage for stage in stages}
    needed, waiting = set[str](), list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(by_name[name].needs)
    return [stage for stage in stages if stage.name in needed]


def mark(stage: Stage, artifacts: Mapping[str, Artifact]) -> str:
    """Return a stage's fingerprint: a digest of its settings, inputs and code."""
    return fingerprint(
        settings=_content(stage.settings),
        inputs={name: artifacts[name].digest for name in stage.needs},
        outside=dict(stage.outside()),
        code=_code(stage.make),
    )


def _code(make: Callable[[Job], None]) -> str:
    # For a stage outside kaug, only the function itself is known.
    return code_digest(make.__module__) if make.__module__.startswith("kaug.") else inspect.getsource(make)


def _content(settings: Any) -> Any:
    if isinstance(settings, Section):
        return settings.content()
    if dataclasses.is_dataclass(settings) and not isinstance(settings, type):
        values = {one.name: getattr(settings, one.name) for one in dataclasses.fields(settings)}
        # Paths are excluded; the digests of their contents are part of `outside`.
        return {
            name: _content(value)
            for name, value in values.items()
            if not isinstance(value, Path) and not callable(value) and name not in getattr(settings, "not_content", ())
        }
    if isinstance(settings, Mapping):
        return {str(key): _content(value) for key, value in settings.items()}
    if isinstance(settings, list | tuple):
        return [_content(value) for value in settings]
    return settings
