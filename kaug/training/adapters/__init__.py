"""The adapters; a new one is a file in this folder and a line in `ADAPTERS`. Without one, all weights are trained."""

import importlib.util

from kaug.errors import PipelineError, nearest
from kaug.training.adapters.adapter import Adapter, Wrap
from kaug.training.adapters.lora import LORA, Lora

__all__ = ["ADAPTERS", "Adapter", "Lora", "Wrap", "known_adapter"]

ADAPTERS: dict[str, Adapter] = {
    "lora": LORA,
}
"""The adapters that `[training] adapter` can name."""


def known_adapter(adapter: str | Wrap | None) -> str | Wrap | None:
    """Return an adapter unchanged after a check: a key of `ADAPTERS`, a function, or None.

    Raises:
        PipelineError: The key is unknown (the message has the nearest), or the package that it needs is missing.

    Examples:
        >>> known_adapter("lorra")
        Traceback (most recent call last):
        kaug.errors.PipelineError: There is no adapter 'lorra'. Did you mean 'lora'?
    """
    if isinstance(adapter, str):
        if adapter not in ADAPTERS:
            raise PipelineError(f"There is no adapter {adapter!r}.{nearest(adapter, ADAPTERS)}")
        package = ADAPTERS[adapter].needs
        if package and importlib.util.find_spec(package) is None:
            raise PipelineError(f"The adapter {adapter!r} needs {package}. Get it with: pip install 'kaug[{adapter}]'")
    return adapter
