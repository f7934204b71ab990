"""A stage as a value: its name, what it needs, its settings, and the function that makes it."""

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
        name: The folder of its artifact below the run's folder, such as `4-shards/augmented`.
        kind: The word for such steps in manifests: `knowledge`, `retrieval`, `exam`, `augmentation`, `training`, …
        title: What progress bars and plans call it.
        make: Makes the artifact; its module and all that this imports are part of the fingerprint.
        needs: The names of the stages whose artifacts it reads.
        settings: What it is set to, a dataclass or a section of the pipeline file: what `make` gets, and, but for paths,
            callables and what it lists as `not_content`, part of the fingerprint.
        outside: Returns what else decides its content, by name: the digests of files and models, what is computed in.
        size: How much there is to do, in the unit of its kind, where that is known before.
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
    """The finished artifacts of a run, and what stages opened of them, so that each is opened once.

    Attributes:
        artifacts: The artifacts by the names of their stages.
    """

    def __init__(self) -> None:
        self.artifacts: dict[str, Artifact] = {}
        self._opened: dict[Hashable, Any] = {}

    def __getitem__(self, name: str) -> Artifact:
        return self.artifacts[name]

    def open(self, name: str, reader: Callable[[Path], T]) -> T:
        """Return what `reader` makes of an artifact's folder; it is called once."""
        return self.once((name, reader), lambda: reader(self.artifacts[name].path))

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` makes; it is called once for a key."""
        if key not in self._opened:
            self._opened[key] = make()
        return cast("T", self._opened[key])


@dataclass(frozen=True)
class Job:
    """What a stage's `make` gets.

    Attributes:
        stage: The stage.
        settings: Its settings.
        inputs: The artifacts made so far.
        draft: The artifact in the making, with the one that it will replace and a scratch folder that survives a kill.
        show: Opens progress bars.
    """

    stage: Stage
    settings: Any
    inputs: Inputs
    draft: Draft
    show: Show = field(default=silent)


def closure(stages: list[Stage], wanted: set[str]) -> list[Stage]:
    """Return the stages wanted and all that they need, in the order of the list."""
    by_name = {stage.name: stage for stage in stages}
    needed, waiting = set[str](), list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(by_name[name].needs)
    return [stage for stage in stages if stage.name in needed]


def mark(stage: Stage, artifacts: Mapping[str, Artifact]) -> str:
    """Return a stage's fingerprint: of its settings, of what it reads, and of its code."""
    return fingerprint(
        settings=_content(stage.settings),
        inputs={name: artifacts[name].digest for name in stage.needs},
        outside=dict(stage.outside()),
        code=_code(stage.make),
    )


def _code(make: Callable[[Job], None]) -> str:
    # Of a stage that is not kaug's own, the function itself is all that is known.
    return code_digest(make.__module__) if make.__module__.startswith("kaug.") else inspect.getsource(make)


def _content(settings: Any) -> Any:
    if isinstance(settings, Section):
        return settings.content()
    if dataclasses.is_dataclass(settings) and not isinstance(settings, type):
        values = {one.name: getattr(settings, one.name) for one in dataclasses.fields(settings)}
        # A path says where a file stands; the digest of what it holds is part of `outside`.
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
