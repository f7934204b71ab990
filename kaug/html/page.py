"""The environment of HTML templates, and the formats of text and numbers in them."""

import functools
import math
from collections.abc import Mapping
from typing import Any

import jinja2

from kaug.text import duration, visible

__all__ = ["PALETTE", "count", "duration", "environment", "interval", "listed", "number", "signed", "visible"]

PALETTE: dict[str, tuple[str, str]] = {
    "grey": ("#7c8795", "#7f8b99"),
    "teal": ("#3a8a84", "#59b5ae"),
    "olive": ("#687a2c", "#a9b665"),
    "amber": ("#8f6508", "#d9ac44"),
    "red": ("#c4583b", "#e07a5c"),
    "blue": ("#2463c4", "#6ba1f5"),
    "violet": ("#7652c8", "#a68bea"),
    "slate": ("#6c7684", "#8a95a3"),
}
"""Colours by name, for the light and the dark theme: a variable `--NAME` and a class `hue-NAME` of the style sheet.
Their contrast with the background is 3:1 or more."""


@functools.cache
def environment(folder: str) -> jinja2.Environment:
    """Make the Jinja environment for the templates in a folder of the package.

    Args:
        folder: A folder below `kaug`, such as `evaluation`. The style sheet of all pages is available as `page.css`.

    Returns:
        An environment that escapes every value, except in Markdown, and raises an error for undefined names. Its
        filters are the functions of this module.
    """
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("kaug", folder),
                jinja2.PackageLoader("kaug", "html"),
            ]
        ),
        autoescape=lambda name: name is None or not name.endswith(".md.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["palette"] = PALETTE
    made.filters |= {one.__name__: one for one in (count, duration, interval, listed, number, signed, visible)}
    return made


def count(value: Any) -> str:
    """Format an integer with thousands separators, None as a dash, other values unchanged."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def number(value: float | None) -> str:
    """Format a number with two decimals and the minus sign U+2212; a half is rounded the same whatever it was computed from.

    Examples:
        >>> number(-0.126), number(-0.001), number(None), number(0.025), number(0.0249999999)
        ('−0.13', '0.00', '–', '0.03', '0.03')
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{round(value, 6):.2f}"
    return text.replace("-", "" if float(text) == 0 else "−")


def percent(value: float) -> str:
    """Format a fraction as a percentage, which agrees with `number`.

    Examples:
        >>> percent(0.325), number(0.325)
        ('33%', '0.33')
    """
    return f"{float(number(value).replace('−', '-')):.0%}"


def signed(value: float) -> str:
    """Format a difference as `number`, with a plus sign if it is positive."""
    text = number(value)
    return f"+{text}" if not text.startswith("−") and text != "0.00" else text


def interval(part: Mapping[str, Any]) -> str:
    """Format the interval of a mean; an end that is not zero gets digits until it shows.

    Examples:
        >>> interval({"low": -0.04, "high": 0.5}), interval({"low": 0.0031, "high": 0.06})
        ('[−0.04, 0.50]', '[0.003, 0.06]')
    """
    return f"[{_end(part['low'])}, {_end(part['high'])}]"


def _end(value: float) -> str:
    text = number(value)
    if text != "0.00" or abs(value) < 1e-6:
        return text
    return f"{value:.{math.ceil(-math.log10(abs(value)))}f}".replace("-", "−")


def listed(value: Any) -> str:
    """Format a value of any JSON type on one line.

    Examples:
        >>> listed([0, 1]), listed({"cores": 2, "memory": "8 GB"}), listed("x")
        ('0, 1', 'cores: 2, memory: 8 GB', 'x')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {listed(part)}" for key, part in value.items())
    return ", ".join(map(listed, value)) if isinstance(value, list | tuple) else str(value)
