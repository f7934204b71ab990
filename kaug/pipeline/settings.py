"""A pipeline file (TOML) → checked settings, one frozen model a section."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import PipelineError, nearest
from kaug.evaluation.settings import EvaluationSettings
from kaug.exam.settings import ExamSettings
from kaug.knowledge.settings import KnowledgeSettings
from kaug.retrieval.settings import RetrievalSettings
from kaug.settings import Section
from kaug.training.settings import TrainingSettings

__all__ = ["Pipeline", "read_pipeline"]


class Pipeline(Section):
    """One question, and all that is needed to answer it.

    Examples:
        >>> pipeline = Pipeline.parse('''
        ... question = "Does it learn?"
        ... [knowledge]
        ... sources = ["world"]
        ... [training]
        ... tokens = 1000
        ... ''')
        >>> pipeline.retrieval.encoder
        'all-MiniLM-L6-v2'
    """

    question: str = Field(description="the question that the run answers, in plain words")
    seeds: list[int] = Field([0], min_length=1, description="one model is trained for each arm and seed")
    knowledge: KnowledgeSettings
    retrieval: RetrievalSettings = RetrievalSettings()  # type: ignore[call-arg]
    exam: ExamSettings = ExamSettings()  # type: ignore[call-arg]
    augmentation: AugmentationSettings = AugmentationSettings()  # type: ignore[call-arg]
    training: TrainingSettings
    evaluation: EvaluationSettings = EvaluationSettings()  # type: ignore[call-arg]

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: list[int]) -> list[int]:
        if any(not 0 <= seed < 2**32 for seed in seeds):
            raise ValueError(f"a seed should lie in 0 … 4,294,967,295; found {seeds}.")
        if len(set(seeds)) != len(seeds):
            raise ValueError(f"each seed should stand there once; found {seeds}.")
        return seeds

    @model_validator(mode="after")
    def _trained(self) -> Self:
        for arm in self.evaluation.arms:
            plain = arm.removesuffix("+retrieval")
            if plain not in ("base", *self.augmentation.arms):
                raise ValueError(f"the arm {arm!r} is not trained; add {plain!r} to augmentation.arms.")
        return self

    @classmethod
    def parse(cls, text: str, where: str = "pipeline", settings: Sequence[str] = ()) -> Self:
        """Check a pipeline given as TOML.

        Args:
            text: The TOML.
            where: Where it stands, for error messages.
            settings: Changes such as `training.tokens=5000`; a value that is no TOML is taken as a string.

        Returns:
            The pipeline.

        Raises:
            PipelineError: Naming the line and key, and the nearest known key.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PipelineError(f"{where}: not valid TOML: {error}") from error
        for setting in settings:
            _set(data, setting)
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise PipelineError(_explain(cls, error, where, text, settings)) from None


def read_pipeline(path: Path, settings: Sequence[str] = ()) -> Pipeline:
    """Read and check a pipeline file; see `Pipeline.parse`.

    Raises:
        PipelineError: It is missing, or not what a pipeline should be.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PipelineError(
            f"{path}: cannot be read: {error}. Name a pipeline file such as pipelines/quickstart.toml."
        ) from error
    return Pipeline.parse(text, str(path), settings)


def project_root(path: Path) -> Path:
    """Return the folder that a pipeline's paths start from: the nearest one above it with `kb/manifest.toml`, else its own."""
    folder = Path(path).resolve().parent
    return next((above for above in [folder, *folder.parents] if (above / "kb" / "manifest.toml").is_file()), folder)


def _set(data: dict[str, Any], setting: str) -> None:
    _, equals, value = setting.partition("=")
    *parents, last = _key_of(setting)
    if not equals or not last:
        raise PipelineError(f"--set {setting!r}: should be section.key=value, for instance training.tokens=5000.")
    table = data
    for name in parents:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise PipelineError(f"--set {setting!r}: {name!r} is no section.")
    try:
        read = tomllib.loads(f"v = {value}")
    except tomllib.TOMLDecodeError:
        read = {}
    table[last] = read["v"] if read.keys() == {"v"} else value


def _key_of(setting: str) -> list[str]:
    return setting.partition("=")[0].strip().split(".")


def _explain(cls: type[BaseModel], error: ValidationError, where: str, text: str, settings: Sequence[str]) -> str:
    lines = []
    for problem in error.errors():
        # The one check of the whole pipeline is of the arms examined.
        names = [str(part) for part in problem["loc"] if part != "[key]"] or ["evaluation", "arms"]
        key = ".".join(names)
        # The line of the key, or else of the section that it belongs to.
        lines_of = (_line_of(text, names[:end]) for end in range(len(names), 0, -1))
        place = next(filter(None, lines_of), "")
        if problem["type"] == "extra_forbidden":
            known = _fields(cls, names[:-1])
            what = f"unknown key {key!r}.{nearest(names[-1], known)}"
        elif problem["type"] == "missing":
            what = f"the key {key!r} is missing: {_description(cls, names)}"
        elif problem["type"] == "value_error":
            what = f"{key!r}: {problem['msg'].removeprefix('Value error, ')}"
        else:
            what = f"{key!r}: {problem['msg']}; found {problem['input']!r}."
        given = (s for s in reversed(settings) if names[: s.partition("=")[0].count(".") + 1] == _key_of(s))
        setting = next(given, None)
        lines.append(f"--set {setting!r}: {what}" if setting else f"{where}{place}: {what}")
    return "\n".join(lines)


def _line_of(text: str, names: list[str]) -> str:
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        table = re.match(r"\s*\[([\w.]+)\]", line)
        section = table[1] if table else section
        key = re.match(r"\s*([\w-]+)\s*=", line)
        if (table and names == [table[1]]) or (
            key and [*filter(None, section.split(".")), key[1]] == names[: section.count(".") + 2]
        ):
            return f":{number}"
    return ""


def _fields(cls: type[BaseModel], names: Sequence[str]) -> Mapping[str, Any]:
    for name in names:
        inner = cls.model_fields[name].annotation if name in cls.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return {}
        cls = inner
    return cls.model_fields


def _description(cls: type[BaseModel], names: Sequence[str]) -> str:
    field = _fields(cls, names[:-1]).get(names[-1])
    return (field.description or "") if field else ""
