"""A pipeline file → a run: the settings, the folder of artifacts, and what was opened or made in it so far."""

import contextlib
import datetime
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kaug.augmentation.corpus import read_corpus
from kaug.models.check import model_digest
from kaug.models.find import find_language_model, fitting_precision
from kaug.pipeline.inspect import machine, versions
from kaug.pipeline.settings import Pipeline, project_root, read_pipeline
from kaug.progress import Show, silent
from kaug.rdf.sources import Manifest, Source, read_manifest
from kaug.store import artifact
from kaug.store.artifact import Artifact, Draft
from kaug.version import __version__

__all__ = ["Run", "describe_run", "open_run", "open_sources"]


@dataclass
class Run:
    """One pipeline and the folder that its artifacts stand in.

    Attributes:
        pipeline: The settings.
        root: The folder that paths in the pipeline start from.
        out: The folder of the artifacts.
        rebuild: Make every stage anew, finished or not.
        show: Opens progress bars.
        command: What the user typed, for the report.
        done: The artifacts of this run, by folder name.
        opened: What the stages opened of them, so that it is opened once.
        writing: What holds the right to write while a stage does; nothing, if it is held all along.
    """

    pipeline: Pipeline
    root: Path
    out: Path
    rebuild: bool = False
    show: Show = silent
    command: str = ""
    done: dict[str, Artifact] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)
    writing: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext

    @cached_property
    def manifest(self) -> Manifest:
        """The list of sources."""
        return read_manifest(self.root / self.pipeline.knowledge.manifest)

    @property
    def language(self) -> str:
        """The first language: of the index, the exam and the texts."""
        return self.pipeline.knowledge.languages[0]

    @property
    def sources(self) -> list[Source]:
        """The sources that the pipeline names."""
        return self.manifest.select(self.pipeline.knowledge.sources)

    @cached_property
    def corpus(self) -> tuple[list[str], list[str]]:
        """Ids and texts of the user's texts."""
        patterns = self.pipeline.augmentation.texts
        return read_corpus(patterns, self.root) if patterns else ([], [])

    @cached_property
    def model_digest(self) -> str:
        """Digest of every file of the base model that decides what it gives."""
        return model_digest(find_language_model(self.pipeline.training.model))

    @property
    def trained(self) -> list[tuple[str, int]]:
        """The arms to train, with their seeds."""
        return [(arm, seed) for arm in self.pipeline.augmentation.arms for seed in self.pipeline.seeds]

    @property
    def examined(self) -> list[tuple[str, int]]:
        """The arms to examine, with their seeds; the untrained model answers alike under every seed."""
        asked = dict.fromkeys([*self.pipeline.evaluation.arms, *self.pipeline.augmentation.arms])
        seeds = self.pipeline.seeds
        return [(arm, seed) for arm in asked for seed in (seeds[:1] if arm.startswith("base") else seeds)]

    @contextlib.contextmanager
    def stage(self, name: str, stage: str, mark: str, inputs: dict[str, str]) -> Iterator[Draft | None]:
        """Open a draft for an artifact, or yield None if a finished one with the same fingerprint is there.

        Raises:
            ArtifactError: The finished one was altered since, or the draft cannot be written.
        """
        path = self.out / name
        if name in self.done:
            yield None
            return
        if not self.rebuild and artifact.promised_fingerprint(path) == mark:
            self.done[name] = artifact.load(path, stage=stage)
            yield None
            return
        with self.writing(), artifact.publish(path, stage=stage, fingerprint=mark, inputs=inputs) as draft:
            yield draft
        self.done[name] = artifact.load(path, stage=stage, verify=False)


def open_run(
    path: Path,
    *,
    out: Path | None = None,
    settings: Sequence[str] = (),
    rebuild: bool = False,
    show: Show = silent,
    command: str = "",
) -> Run:
    """Read a pipeline file and name the folder of its artifacts.

    Args:
        path: The pipeline file.
        out: The folder; `build/<name of the file>` in the project's folder if None.
        settings: Changes such as `training.tokens=5000`.
        rebuild: Make every stage anew.
        show: Opens progress bars.
        command: What the user typed.

    Raises:
        PipelineError: The file is missing or wrong.
    """
    pipeline = read_pipeline(path, settings)
    root = project_root(path)
    return Run(pipeline, root, out or root / "build" / Path(path).stem, rebuild, show, command)


def open_sources(
    sources: Sequence[Path], out: Path, lexicon: Path | None, settings: Sequence[str] = (), rebuild: bool = False
) -> Run:
    """Open a run over RDF sources without a pipeline file: for its knowledge base alone.

    Args:
        sources: RDF files, folders of them, or patterns.
        out: The folder of the artifacts.
        lexicon: How predicates are said.
        settings: Changes such as `knowledge.languages=["en","de"]`.
        rebuild: Make every stage anew.

    Raises:
        PipelineError: A setting is wrong.
    """
    named = json.dumps([str(source.resolve()) for source in sources])
    text = f'question = "What do these sources know?"\n[knowledge]\nsources = {named}\n[training]\ntokens = 1\n'
    run = Run(Pipeline.parse(text, "the sources named", settings), Path.cwd(), out, rebuild)
    run.__dict__["manifest"] = Manifest(Path.cwd() / "manifest.toml", {}, lexicon, None)
    return run


def describe_run(run: Run) -> dict[str, Any]:
    """Say how a run's result came about, for its report: command, seeds, machine, versions, counts, digests, settings."""
    training = {}
    for arm, seed in run.trained:
        name = arm if len(run.pipeline.seeds) == 1 else f"{arm}, seed {seed}"
        training[name] = dict(run.done[f"5-models/{arm}-seed{seed}"].details)
    return {
        "command": run.command,
        "seeds": list(run.pipeline.seeds),
        "model": run.pipeline.training.model,
        "encoder": run.pipeline.retrieval.encoder,
        "precision": fitting_precision(
            run.pipeline.training.precision, find_language_model(run.pipeline.training.model)
        ),
        "machine": machine(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"kaug": __version__, **versions()},
        "training": training,
        "counts": {name: dict(made.counts) for name, made in sorted(run.done.items()) if made.counts},
        "digests": {name: made.digest for name, made in sorted(run.done.items())},
        "settings": run.pipeline.model_dump(),
    }
