"""A pipeline file (TOML) → checked settings, one frozen model a section."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kaug.errors import PipelineError, nearest
from kaug.models.find import Backend, Precision
from kaug.tables import ProbeKind

__all__ = ["Pipeline", "read_pipeline"]


class Section(BaseModel):
    """A table of a pipeline file: unknown keys are refused, values are not coerced, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Knowledge(Section):
    """`[knowledge]`: what is known, and what of it is taught."""

    manifest: str = Field("kb/manifest.toml", description="the list of sources, relative to the project's folder")
    sources: list[str] = Field(description="ids in the manifest; or RDF files, folders or patterns beside it")
    languages: list[str] = Field(["en"], min_length=1, description="languages of labels and rows, most wanted first")
    select: str | None = Field(None, description="a SPARQL CONSTRUCT: the facts it makes are taught; all if absent")
    inference: Literal["none", "rdfs", "owl"] = Field(
        "none", description="add what follows by the rules of RDFS or of OWL 2 RL, each fact with its reasons"
    )
    inference_limit: int = Field(1_000_000, ge=1, description="facts that each rule may add")
    min_weight: float | None = Field(None, description="leave out facts whose weight is less; those without one stay")
    shapes: bool = Field(
        False, description="check the sources against the manifest's SHACL shapes; a violation stops the run"
    )
    limit: int | None = Field(None, ge=1, description="teach at most so many facts")


class Only(Section):
    """`[retrieval.only]`: which facts may be found; all, if nothing is named."""

    classes: list[str] = Field([], description="IRIs or labels: the subject is an instance of one of these classes")
    predicates: list[str] = Field([], description="IRIs or labels of predicates")
    sources: list[str] = Field([], description="ids of sources")
    languages: list[str] = Field([], description="both ends of the fact have a name in one of these languages")
    min_weight: float | None = Field(None, description="leave out facts whose weight is less; those without one stay")


class Retrieval(Section):
    """`[retrieval]`: how facts are found for a text."""

    encoder: str = Field("all-MiniLM-L6-v2", description="a folder, an installed wheel's model, or a hub name")
    backend: Backend = Field(
        "auto", description="what runs the encoder; `auto`: the fastest here whose vectors agree with those of `torch`"
    )
    k: dict[Literal["domain", "commonsense"], Annotated[int, Field(ge=0)]] = Field(
        {"domain": 3, "commonsense": 2}, description="facts for each text, by kind of source"
    )
    floor: float = Field(0.5, ge=-1, le=2, description="relevance below which a fact is left out")
    hops: int = Field(
        1, ge=1, description="1: the facts of the terms named; 2: those of their neighbours too; and so on"
    )
    diversity: float = Field(0, ge=0, le=1, description="how much a fact loses for being like one taken before")
    budget: int | None = Field(None, ge=1, description="tokens of a text's facts together, at four bytes a token")
    only: Only = Only()  # type: ignore[call-arg]
    recall: float = Field(
        0.99, gt=0, le=1, description="of the ten nearest facts, the part that the index should find; 1 is exact"
    )


class Exam(Section):
    """`[exam]`: what is asked, and so kept out of training."""

    probes_per_kind: dict[ProbeKind, Annotated[int, Field(ge=0)]] = Field(
        200,
        validate_default=True,
        description="at most so many probes of each kind; a table gives each its own, and none to what it leaves out",
    )
    held_out_entities: float = Field(
        0.5, gt=0, le=1, description="part of the taught entities without any trained question"
    )
    held_out_texts: float = Field(0.25, ge=0, le=1, description="part of the texts kept for locality")

    @field_validator("probes_per_kind", mode="before")
    @classmethod
    def _each(cls, given: Any) -> Any:
        if isinstance(given, dict):
            if not any(given.values()):
                raise ValueError("should ask at least one probe of some kind.")
            return given
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise ValueError(f"should be an integer, 1 or more, or a table of kind = integer; found {given!r}.")
        return dict.fromkeys(get_args(ProbeKind), given)


class Augmentation(Section):
    """`[augmentation]`: what rows are written."""

    texts: str | list[str] = Field([], description="your texts: .jsonl or .txt files, as glob patterns")
    forms: list[Literal["statement", "reversed", "question", "passage", "multi-hop"]] = Field(
        ["statement", "reversed", "question", "passage", "multi-hop"], description="closed-book forms"
    )
    phrasings: int = Field(5, ge=1, description="templates a predicate and form, at most")
    inject: list[Literal["before", "inline"]] = Field([], description="open-book rows: the texts with facts in them")
    replay: float = Field(
        0.0, ge=0, lt=1, description="part of every arm's tokens that is plain text, so that it goes on reading prose"
    )
    arms: list[Literal["text", "repeated", "mismatched", "augmented"]] = Field(
        ["repeated", "mismatched", "augmented"], min_length=1, description="what is trained and compared"
    )

    @model_validator(mode="after")
    def _texts(self) -> Self:
        if "text" in self.arms and not self.texts:
            raise ValueError("the arm 'text' is trained on your texts alone; name them in augmentation.texts.")
        return self


class Training(Section):
    """`[training]`: how a model is fine-tuned."""

    model: str = Field("smollm2-135m", description="a folder, an installed wheel's model, or a hub name")
    tokens: int = Field(ge=1, description="token budget, the same for every arm")
    step_tokens: int = Field(256, ge=16, description="tokens in one optimizer step, give or take a row")
    learning_rate: float = Field(3e-4, gt=0, description="its peak; cosine decay")
    warmup: float = Field(0.05, ge=0, le=1, description="part of the steps over which it rises")
    weight_decay: float = Field(0.0, ge=0, description="AdamW's")
    precision: Precision = Field("auto", description="of training and exam; auto is bf16 where that is fast")
    template: Literal["chat", "plain"] = Field("chat", description="how questions are put to the model")
    system: str | None = Field(None, description="system message; the chat template's own if absent")
    max_length: int = Field(512, ge=16, description="longer rows are cut, in tokens")
    checkpoint_steps: int = Field(100, ge=1, description="steps between checkpoints")


class Evaluation(Section):
    """`[evaluation]`: who is examined, and how."""

    arms: list[str] = Field(["base", "base+retrieval"], description="arms examined beside those trained")
    max_new_tokens: int = Field(40, ge=1, description="answers are cut there")
    batch_size: int = Field(32, ge=1, description="questions answered together")
    base_template: Literal["chat", "plain"] = Field(
        "chat", description="how the untrained model is asked: as it knows best"
    )
    resamples: int = Field(10_000, ge=100, description="bootstrap resamples for the intervals")

    @field_validator("arms")
    @classmethod
    def _known(cls, arms: list[str]) -> list[str]:
        known = [
            name + end for name in ("base", "text", "repeated", "mismatched", "augmented") for end in ("", "+retrieval")
        ]
        for arm in arms:
            if arm not in known:
                raise ValueError(f"there is no arm {arm!r}.{nearest(arm, known)}")
        return arms


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
    knowledge: Knowledge
    retrieval: Retrieval = Retrieval()  # type: ignore[call-arg]
    exam: Exam = Exam()  # type: ignore[call-arg]
    augmentation: Augmentation = Augmentation()  # type: ignore[call-arg]
    training: Training
    evaluation: Evaluation = Evaluation()  # type: ignore[call-arg]

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
