"""The description of a run → the same without secrets and without folders of this machine."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

__all__ = ["publishable"]

_HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"(?:^|[._-])(?:token|secret|password|passwd|pwd|(?:api[._-]?|access[._-]?|private[._-]?)?key|credentials?|auth(?:orization)?)$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"\b(?:hf_|sk-|gh[pousr]_|github_pat_|xox[abp]-|AKIA)[A-Za-z0-9_-]{12,}")
_USER = re.compile(r"(?<=://)[^/\s@]+@")
_QUERY = re.compile(r"([?&;])([\w.-]+)=([^&;\s]*)")
_ROOT = r"(?:~?/|[A-Za-z]:[\\/]|\\\\)"
_PATH = re.compile(rf"{_ROOT}(?:.*[\\/])?([^\\/\n]+)[\\/]?")
_PATH_WITHIN = re.compile(rf"(?<=[\s\"'=\[(,]){_ROOT}(?:[^\s\"'\]),]*[\\/])?([^\s\"'\]),\\/]+)")


def publishable(value: Any, name: str = "") -> Any:
    """Remove secrets and the folders of absolute paths.

    Examples:
        >>> publishable({"model": "/home/me/models/tiny", "api_key": "x", "tokens": 9})
        {'model': '…/tiny', 'api_key': '***', 'tokens': 9}
        >>> publishable("kaug run a.toml --set training.model=/home/me/tiny --set asking.api_key=x", "command")
        'kaug run a.toml --set training.model=…/tiny --set asking.api_key=***'
    """
    if isinstance(value, Mapping):
        return {key: publishable(part, str(key)) for key, part in value.items()}
    if name == "command":
        return _command(value)
    if _SECRET_NAME.search(name) and value not in (None, ""):
        return _HIDDEN
    if isinstance(value, list | tuple):
        return [publishable(part) for part in value]
    if callable(value):  # a custom form or objective, whose text contains an address
        return str(getattr(value, "__qualname__", type(value).__qualname__))
    return _text(value) if isinstance(value, str) else value


def _command(command: Any) -> str:
    if isinstance(command, str):
        try:
            words = shlex.split(command)
        except ValueError:
            words = command.split()
    else:
        words = [str(word) for word in command]
    shown: list[str] = []
    for word in words:
        option, equals, value = word.partition("=")
        if equals and "://" not in option:
            shown.append(f"{option}={publishable(value, option)}")
        elif shown and shown[-1].startswith("--") and _SECRET_NAME.search(shown[-1]):
            shown.append(_HIDDEN)
        else:
            shown.append(_text(word))
    return " ".join(word if re.fullmatch(r"[\w@%+=:,./…*-]+", word) else shlex.quote(word) for word in shown)


def _text(text: str) -> str:
    text = _SECRET_VALUE.sub(_HIDDEN, _USER.sub(f"{_HIDDEN}@", text))
    text = _QUERY.sub(lambda part: f"{part[1]}{part[2]}={_HIDDEN if _SECRET_NAME.search(part[2]) else part[3]}", text)
    if whole := _PATH.fullmatch(text):
        return f"…/{whole[1]}"
    return _PATH_WITHIN.sub(r"…/\1", text)
