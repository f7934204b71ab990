"""A pipeline file, or RDF alone → a project: the settings with their files, texts, models and arms."""

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from kaug.arms import Arm, is_base
from kaug.augmentation.corpus import read_corpus
from kaug.augmentation.hygiene.texts import CleanTexts, clean_texts
from kaug.errors import PipelineError, SourceError
from kaug.exam.leaks.evaluations import Evaluation, read_evaluations
from kaug.models.check import model_digest
from kaug.models.find import find_language_model, fitting_precision, load_tokenizer
from kaug.models.prompts import control_tokens
from kaug.pipeline.settings import Pipeline, project_root, read_pipeline
from kaug.progress import Show, silent
from kaug.rdf.sources import Manifest, Source, read_manifest, with_reading
from kaug.store.digests import file_digest

__all__ = ["Project", "open_project", "project_of"]


@dataclass
class Project:
    """A pipeline with the files, models and arms that it names.

    Attributes:
        pipeline: The settings.
        root: The folder of relative paths in the pipeline.
        out: The folder of the artifacts.
        manifest: The list of sources.
        sources: The sources that the pipeline names.
        command: The user's command, for the report.
        rebuild: Fetch again from endpoints.
        show: The display of progress.
        report: The folder of the report in `out`.
        pace: Measured seconds for each token of a training; None if not measured.
    """

    pipeline: Pipeline
    root: Path
    out: Path
    manifest: Manifest
    sources: list[Source]
    command: str = ""
    rebuild: bool = False
    show: Show = field(default=silent)
    report: str = "6-report"
    pace: float | None = None

    @property
    def language(self) -> str:
        """The first language: that of the index, the exam and the texts."""
        return self.pipeline.knowledge.languages[0]

    @property
    def lexicon(self) -> Path | None:
        """The path of the lexicon."""
        return self.manifest.lexicon

    @property
    def shapes(self) -> Path | None:
        """The path of the SHACL shapes, if the pipeline has the check."""
        if not self.pipeline.knowledge.shapes:
            return None
        if self.manifest.shapes is None:
            raise PipelineError(f"knowledge.shapes is true, but there are no `shapes` in {self.manifest.path}.")
        return self.manifest.shapes

    def vocabulary_marks(self) -> Mapping[str, str]:
        """Return the digests of lexicon and shapes, and the file names that origins mention."""
        files = {"lexicon": self.lexicon, "shapes": self.shapes}
        names = {f"path of {source.id}": source.path.name for source in self.sources}
        try:
            return {name: file_digest(file) for name, file in files.items() if file} | names
        except OSError as error:
            raise SourceError(f"{error.filename}: cannot be read: {error.strerror}.") from error

    @property
    def unrewritten(self) -> "Project":
        """The same project, whose rows no language model rewrites."""
        augmentation = self.pipeline.augmentation.unrewritten
        return replace(self, pipeline=self.pipeline.model_copy(update={"augmentation": augmentation}))

    @property
    def corpus(self) -> tuple[list[str], list[str]]:
        """The user's texts that are fit to train on: ids and texts."""
        return self.clean_texts.ids, self.clean_texts.texts

    @cached_property
    def clean_texts(self) -> CleanTexts:
        """The user's texts, cleaned as `[hygiene]` says, and what was left out."""
        patterns = self.pipeline.augmentation.texts
        ids, texts = read_corpus(patterns, self.root) if patterns else ([], [])
        return clean_texts(ids, texts, self.pipeline.hygiene, tokens=self.special_tokens)

    @cached_property
    def special_tokens(self) -> list[str]:
        """The special tokens of the models that `[hygiene]` names."""
        models = map(find_language_model, self.pipeline.hygiene.models)
        return sorted({token for model in models for token in control_tokens(load_tokenizer(model))})

    @cached_property
    def evaluations(self) -> list[Evaluation]:
        """What the user evaluates models with."""
        patterns = self.pipeline.exam.evaluations
        return read_evaluations(patterns, self.root) if patterns else []

    def base(self) -> Path:
        """Return the folder of the base model."""
        return find_language_model(self.pipeline.training.model)

    @cached_property
    def precision(self) -> str:
        """The precision of language models on this machine: `bf16` or `fp32`."""
        return fitting_precision(self.pipeline.training.precision, self.base())

    @cached_property
    def base_digest(self) -> str:
        """The digest of the base model's files."""
        return model_digest(self.base())

    def rewriter_marks(self) -> Mapping[str, str]:
        """Return the digest of the model on this machine that rewrites rows, if there is one."""
        rewrite = self.pipeline.augmentation.rewrite
        here = rewrite.model and not rewrite.endpoint
        return {"rewriter": model_digest(find_language_model(rewrite.model))} if here else {}

    @cached_property
    def arms(self) -> Mapping[str, Arm]:
        """The known arms by name."""
        return self.pipeline.arms_by_name

    @property
    def trained(self) -> list[Arm]:
        """The arms to train."""
        return [self.arms[name] for name in self.pipeline.augmentation.arms]

    @property
    def trainings(self) -> list[tuple[Arm, int]]:
        """The arms to train, with their seeds."""
        return [(arm, seed) for arm in self.trained for seed in self.pipeline.seeds]

    @property
    def sittings(self) -> list[tuple[Arm, int]]:
        """The arms to evaluate with their seeds: those of `[evaluation]`, then the trained ones.

        The base model is evaluated once, since its answers do not depend on seeds.
        """
        names = dict.fromkeys([*self.pipeline.evaluation.arms, *self.pipeline.augmentation.arms])
        seeds = self.pipeline.seeds
        return [
            (self.arms[name], seed) for name in names for seed in (seeds[:1] if is_base(name, self.arms) else seeds)
        ]


def open_project(
    path: Path,
    *,
    out: Path | None = None,
    settings: Sequence[str] = (),
    command: str = "",
    rebuild: bool = False,
    show: Show = silent,
) -> Project:
    """Read a pipeline file and the manifest that it names.

    A pipeline whose sources are files beside it needs no manifest. If a manifest above it lacks one of them, and the
    pipeline does not name that manifest, paths are relative to the pipeline's folder.

    Args:
        path: The pipeline file.
        out: The folder of the artifacts; `build/<name of the file>` in the project's folder if None.
        settings: Changes such as `training.tokens=5000`.
        command: The user's command.
        rebuild: Fetch again from endpoints.
        show: The display of progress.

    Raises:
        PipelineError: The file is missing or wrong.
        SourceError: The manifest is wrong, or missing though a source is named by its id.
    """
    pipeline = read_pipeline(path, settings)
    root = project_root(path)
    file = root / pipeline.knowledge.manifest
    chosen = "manifest" in pipeline.knowledge.model_fields_set
    folder, names = Path(path).resolve().parent, pipeline.knowledge.sources
    manifest = read_manifest(file) if chosen or file.exists() else None
    known = manifest is not None and all(name in manifest.sources or _exists(file.parent, name) for name in names)
    if not chosen and not known and all(_exists(folder, name) for name in names):
        root, manifest = folder, Manifest(folder / "manifest.toml", {}, None, None)
    manifest = manifest or read_manifest(file)
    sources = _read_as(pipeline, manifest.select(pipeline.knowledge.sources), root)
    return Project(pipeline, root, out or root / "build" / Path(path).stem, manifest, sources, command, rebuild, show)


def _read_as(pipeline: Pipeline, sources: Sequence[Source], root: Path) -> list[Source]:
    contexts = {iri: root / Path(file).expanduser() for iri, file in pipeline.knowledge.contexts.items()}
    return with_reading(sources, pipeline.knowledge.skip_errors, contexts)


def _exists(folder: Path, source: str) -> bool:
    """Whether a source is a file, folder or matching pattern below a folder."""
    pattern = glob.has_magic(source) and any(glob.iglob(source, root_dir=folder, recursive=True))
    return (folder / source).exists() or pattern


def project_of(
    pipeline: Pipeline,
    out: Path,
    *,
    lexicon: Path | None = None,
    command: str = "",
    rebuild: bool = False,
    show: Show = silent,
) -> Project:
    """Make a project from settings whose sources are files, without a pipeline file or manifest."""
    manifest = Manifest(Path.cwd() / "manifest.toml", {}, lexicon, None)
    sources = _read_as(pipeline, manifest.select(pipeline.knowledge.sources), Path.cwd())
    return Project(pipeline, Path.cwd(), out, manifest, sources, command, rebuild, show)
