"""LoRA: two small matrices beside each linear layer, whose product is added to its weights (Hu et al. 2021, arXiv 2106.09685)."""

import warnings
from typing import Any

from pydantic import Field

from kaug.settings import Section
from kaug.training.adapters.adapter import Adapter

__all__ = ["LORA", "Lora"]


class Lora(Section):
    """`[training.lora]`: the settings of the adapter `lora`."""

    rank: int = Field(default=16, ge=1, le=10_000, description="rank of the matrices")
    alpha: int = Field(default=32, ge=1, le=10**6, description="what they add is scaled by alpha / rank")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="dropout of what they read")

    def __call__(self, model: Any) -> Any:
        """Freeze a model and add matrices to all linear layers except the output layer."""
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(
            task_type="CAUSAL_LM",
            target_modules="all-linear",
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
        )
        with warnings.catch_warnings(action="ignore"):  # peft asks transformers for what it has renamed
            return get_peft_model(model, config)


LORA = Adapter(Lora(), "low-rank matrices beside all linear layers, by peft", needs="peft")
