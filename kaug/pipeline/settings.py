"""A pipeline file (TOML) → checked settings, one frozen model per section."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from kaug.arms import ARMS, Arm, trained_arm
from kaug.augmentation.arms import RECIPES
from kaug.augmentation.hygiene.settings import HygieneSettings
from kaug.augmentation.settings import AugmentationSettings
from kaug.errors import PipelineError, SourceError, nearest
from kaug.evaluation.settings import EvaluationSettings
from kaug.exam.settings import ExamSettings
from kaug.files import parse_toml, read_text
from kaug.knowledge.settings import OF_TEXTS, KnowledgeSettings
from kaug.pipeline.execution import ExecutionSettings
from kaug.rdf.parse import is_rdf_name
from kaug.retrieval.settings import RetrievalSettings
from kaug.settings import Section, cut, explain, renamed_or_nearest
from kaug.training.adapters import known_adapter
from kaug.training.objectives import OBJECTIVES
from kaug.training.settings import TrainingSettings

__all__ = ["ArmSettings", "Pipeline", "read_pipeline"]

_MOST_BYTES, _MOST_DEPTH, _MOST_TEXT, _MOST_ERRORS = 1 << 20, 16, 100_000, 20


class ArmSettings(Section):
    """`[arms.NAME]`: a custom arm, for use in `augmentation.arms` or `evaluation.arms`."""

    meaning: str = Field(default="", max_length=400, description="what it is, in a few words, for the report")
    rows: str | None = Field(
        default=None, description="the recipe of its training rows; without it the arm is not trained"
    )
    starts_from: str | None = Field(
        default=None,
        description="the arm whose model it continues from, or uses; the base model if absent",
    )
    objective: str | None = Field(default=None, description="its training objective; the pipeline's if absent")
    adapter: Annotated[str | None, AfterValidator(known_adapter)] = Field(
        default=None, description="which of its weights are trained; the pipeline's if absent"
    )
    learning_rate: float | None = Field(default=None, gt=0, le=10, description="its peak; the pipeline's if absent")
    without: list[str] = Field(default=[], description="forms of rows that it lacks, of those of the pipeline")
    templates: int | None = Field(
        default=None, ge=1, le=1000, description="templates per predicate and form, at most; the pipeline's if absent"
    )
    replay: float | None = Field(
        default=None, ge=0, lt=1, description="fraction of its tokens that is plain text; the pipeline's if absent"
    )
    retrieval: bool = Field(default=False, description="put the facts that retrieval finds before the exam's questions")
    control: str = Field(default="", max_length=400, description="what a gain over this arm shows, if it is a control")


class Pipeline(Section):
    """The settings of a pipeline.

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
    seeds: list[int] = Field(
        default=[0], min_length=1, max_length=1000, description="one model is trained for each arm and seed"
    )
    knowledge: KnowledgeSettings
    retrieval: RetrievalSettings = RetrievalSettings()
    exam: ExamSettings = ExamSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    hygiene: HygieneSettings = HygieneSettings()
    training: TrainingSettings
    evaluation: EvaluationSettings = EvaluationSettings()
    execution: ExecutionSettings = ExecutionSettings()
    arms: dict[str, ArmSettings] = Field(default={}, description="arms of your own, by name")

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: list[int]) -> list[int]:
        if any(not 0 <= seed < 2**32 for seed in seeds):
            raise ValueError(f"a seed should be from 0 to 4,294,967,295; found {seeds}.")
        if len(set(seeds)) != len(seeds):
            raise ValueError(f"each seed should be listed once; found {seeds}.")
        return seeds

    @property
    def arms_by_name(self) -> dict[str, Arm]:
        """All known arms in the order of reports: those of kaug, then custom ones."""
        own = {name: Arm(name=name, **{"meaning": name} | _own(arm)) for name, arm in self.arms.items()}
        return {**ARMS, **own}

    @model_validator(mode="after")
    def _fitting_arms(self) -> Self:
        for key, message in self._wrong_arms():
            raise PydanticCustomError("arms", "{message}", {"key": key, "message": message})
        return self

    def _wrong_arms(self) -> Iterator[tuple[str, str]]:
        """Yield the key and the message of each mistake in the arms."""
        for name in self.arms:
            if not re.fullmatch(r"[a-z0-9][a-z0-9_+-]{0,62}", name):
                yield "arms", f"an arm's name should be up to 63 of a-z, 0-9, _, + and -; found {name[:80]!r}."
            if name in ARMS:
                yield f"arms.{name}", f"there is an arm {name!r} already; choose another name."
        if self.knowledge.teach == OF_TEXTS and not self.augmentation.texts:
            yield "knowledge.teach", f"{OF_TEXTS!r} needs texts; name them in augmentation.texts."
        arms, trained = self.arms_by_name, self.augmentation.arms
        for name, arm in arms.items():
            for key, value, known in (
                ("starts_from", arm.starts_from, arms),
                ("rows", arm.rows, RECIPES),
                ("objective", arm.objective, OBJECTIVES),
            ):
                if value is not None and value not in known:
                    yield f"arms.{name}.{key}", f"{value!r} is unknown.{nearest(value, known)}"
            for form in arm.without:
                if form not in self.augmentation.forms:
                    forms = [form for form in self.augmentation.forms if isinstance(form, str)]
                    yield f"arms.{name}.without", f"{form!r} is not among augmentation.forms.{nearest(form, forms)}"
            for key in ("objective", "adapter", "learning_rate", "without", "templates", "replay"):
                if getattr(arm, key) not in (None, ()) and not arm.rows:
                    yield f"arms.{name}.{key}", f"{key} needs rows to train on; set rows, too."
        for name in arms:
            chain = [name]
            while (start := arms[chain[-1]].starts_from) is not None:
                if start in chain:
                    circle = " → ".join([*chain, start])
                    yield f"arms.{name}.starts_from", f"arms start from one another in a circle: {circle}."
                    break
                chain.append(start)
        for key, names in (("augmentation.arms", trained), ("evaluation.arms", self.evaluation.arms)):
            for name in names:
                if name not in arms:
                    yield key, f"there is no arm {name!r}.{renamed_or_nearest(name, arms)}"
                if names.count(name) > 1:
                    yield key, f"each arm should be listed once; found {name!r} twice."
        for name in trained:
            if arms[name].rows is None:
                yield "augmentation.arms", f"the arm {name!r} has no rows to be trained on; name it in evaluation.arms."
            if arms[name].rows == "text" and not self.augmentation.texts:
                yield (
                    "augmentation",
                    f"the arm {name!r} is trained on your texts alone; name them in augmentation.texts.",
                )
            base = arms[name].starts_from and trained_arm(str(arms[name].starts_from), arms)
            if base and base not in trained:
                yield "augmentation.arms", f"the arm {name!r} starts from {base!r}, which is not trained; add it."
            elif base and trained.index(base) > trained.index(name):
                yield "augmentation.arms", f"the arm {name!r} starts from {base!r}, which should be listed before it."
        for name in self.evaluation.arms:
            base = trained_arm(name, arms)
            if base is not None and base not in trained:
                yield "evaluation.arms", f"the arm {name!r} is not trained; add {base!r} to augmentation.arms."

    @classmethod
    def parse(cls, text: str, where: str = "pipeline", settings: Sequence[str] = ()) -> Self:
        """Check a pipeline given as TOML.

        Args:
            text: The TOML.
            where: Its file, for error messages.
            settings: Changes such as `training.tokens=5000`; a value that is not TOML is a string.

        Returns:
            The pipeline.

        Raises:
            PipelineError: A mistake; the message has its line and key, and the nearest known key.
        """
        data = _read_toml(text.removeprefix("\ufeff"), where)
        for setting in settings:
            _set(data, setting)
        for key, value in _texts_in(data):
            if "\0" in value or len(value) > _MOST_TEXT or not _is_unicode(value):
                raise PipelineError(
                    f"{where}: {key[:80]!r}: should be a text of at most {_MOST_TEXT:,} characters, without U+0000 or halves "
                    f"of surrogate pairs; found {value[:40]!r}{'…' if len(value) > 40 else ''}."
                )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise PipelineError(_explain(cls, error, where, text, settings)) from None


def _own(arm: ArmSettings) -> dict[str, Any]:
    """Return what a section sets, lists as tuples, which have a hash."""
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in arm if value not in (None, "", [])
    }


def read_pipeline(path: Path, settings: Sequence[str] = ()) -> Pipeline:
    """Read and check a pipeline file; see `Pipeline.parse`."""
    if is_rdf_name(Path(path)):
        raise PipelineError(f"{path}: is RDF by its name; `kaug run {path} --init` writes a pipeline file for it.")
    try:
        text = read_text(Path(path), _MOST_BYTES)
    except SourceError as error:
        missing = f" {_what_to_do(Path(path))}" if isinstance(error.__cause__, FileNotFoundError) else ""
        raise PipelineError(f"{error}{missing}") from error
    return Pipeline.parse(text, str(path), settings)


def _what_to_do(path: Path) -> str:
    """Suggest what to do if a pipeline file is missing."""
    near = sorted([*path.parent.glob("*.toml"), *Path("pipelines").glob("*.toml")])[:5]
    if near:
        return f"Here are: {', '.join(map(str, near))}."
    return (
        "There is no pipeline file here. Any RDF makes a run (kaug run facts.ttl) or a knowledge base "
        "(kaug build-kb FILE -o OUT); kaug --help lists the rest."
    )


def _read_toml(text: str, where: str) -> dict[str, Any]:
    try:
        return parse_toml(text, where, _MOST_BYTES)
    except SourceError as error:
        raise PipelineError(str(error)) from error.__cause__


def _texts_in(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text in parsed TOML, keys included, with its key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name, name
            yield from _texts_in(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner, key)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def project_root(path: Path) -> Path:
    """Return the folder of relative paths: the nearest one above the pipeline with `kb/manifest.toml`, else its own."""
    folder = Path(path).resolve().parent
    return next((above for above in [folder, *folder.parents] if (above / "kb" / "manifest.toml").is_file()), folder)


def _set(data: dict[str, Any], setting: str) -> None:
    _, equals, value = setting.partition("=")
    *parents, last = _key_of(setting)
    shown = repr(cut(setting))
    if not equals or not last:
        raise PipelineError(f"--set {shown}: should be section.key=value, for instance training.tokens=5000.")
    if len(parents) > _MOST_DEPTH:
        raise PipelineError(f"--set {shown}: nested more than {_MOST_DEPTH} deep; no setting is.")
    table = data
    for name in parents:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise PipelineError(f"--set {shown}: {name!r} is not a section.")
    try:
        read = _read_toml(f"v = {value}", f"--set {shown}")
    except PipelineError as error:
        # Values that are not TOML are strings; numbers that are too large are errors.
        if not isinstance(error.__cause__, tomllib.TOMLDecodeError) and re.match(r"\s*[][{}\d+-]", value):
            raise
        read = {}
    table[last] = read["v"] if read.keys() == {"v"} else value


def _key_of(setting: str) -> list[str]:
    return setting.partition("=")[0].strip().split(".")


def _explain(cls: type[Section], error: ValidationError, where: str, text: str, settings: Sequence[str]) -> str:
    """Explain each mistake in a pipeline, with the line of its key or the option that set it."""
    lines = []
    problems = list(explain(cls, error))
    for names, message in problems[:_MOST_ERRORS]:
        # The line of the key, or else of the section that it belongs to.
        numbers = (_line_of(text, names[:end]) for end in range(len(names), 0, -1))
        given = (one for one in reversed(settings) if names[: one.partition("=")[0].count(".") + 1] == _key_of(one))
        setting = next(given, None)
        lines.append(
            f"--set {cut(setting)!r}: {message}" if setting else f"{where}{next(filter(None, numbers), '')}: {message}"
        )
    if len(problems) > _MOST_ERRORS:
        lines.append(f"{where}: {len(problems) - _MOST_ERRORS:,} more mistakes.")
    return "\n".join(lines)


def _line_of(text: str, names: list[str]) -> str:
    section: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        table = re.match(r"\s*\[([^][]+)\]", line)
        section = re.findall(r"[\w+-]+", table[1]) if table else section
        key = re.match(r"\s*([\w-]+)\s*=", line)
        if (table and names == section) or (key and [*section, key[1]] == names[: len(section) + 1]):
            return f":{number}"
    return ""
