"""`[exam]` of a pipeline file."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from kaug.errors import nearest
from kaug.exam.kinds import KINDS
from kaug.settings import PatternText, Section

__all__ = ["ExamSettings"]


class ExamSettings(Section):
    """`[exam]`: the probes, and what they hold out of training."""

    not_content: ClassVar[frozenset[str]] = frozenset(["evaluations", "on_leak"])

    probes_per_kind: dict[str, Annotated[int, Field(ge=0, le=10**6)]] = Field(
        default=200,
        validate_default=True,
        description="at most so many probes of each kind; a table gives each its own, and none to what it leaves out; "
        f"kinds: {', '.join(KINDS)}",
    )
    held_out_entities: float = Field(
        default=0.5, gt=0, le=1, description="fraction of the taught entities about which no question is trained"
    )
    held_out_texts: float = Field(
        default=0.25, ge=0, le=1, description="fraction of the texts kept as passages to continue"
    )
    held_out_patterns: float = Field(
        default=0.25,
        gt=0,
        le=1,
        description="fraction of the pairs of predicates over which no composed question is trained, if there are probes of the "
        "kind `pattern`",
    )
    max_answers: int = Field(
        default=5, ge=1, le=1000, description="questions with more right answers are left out: a guess would do"
    )
    max_characters: int = Field(
        default=1000, ge=1, le=100_000, description="questions and answers that are longer are left out"
    )

    evaluations: PatternText = Field(
        default=[],
        description="files that you evaluate models with, which no training row may overlap: .jsonl or .txt files, as glob "
        "patterns",
    )
    on_leak: Literal["stop", "drop"] = Field(
        default="stop", description="a row that leaks the exam or an evaluation: `stop` the run, or `drop` the row"
    )

    @field_validator("probes_per_kind", mode="before")
    @classmethod
    def _each(cls, given: Any) -> Any:
        if isinstance(given, dict):
            for kind in given:
                if kind not in KINDS:
                    raise ValueError(f"{kind!r} is not a kind of probes.{nearest(str(kind), KINDS)}")
            if not any(given.values()):
                raise ValueError("should ask at least one probe of some kind.")
            return given
        if not isinstance(given, int) or isinstance(given, bool) or given < 1:
            raise ValueError(f"should be an integer, 1 or more, or a table of kind = integer; found {given!r}.")
        return {name: given for name, kind in KINDS.items() if kind.by_default}
