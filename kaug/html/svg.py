"""Values and an axis → rows of SVG for HTML: grids, axes, bars.

The rows have no view box: x is in percent of the width and y in pixels, so that they scale with the page while letters
keep their size. Colours come from the page's style sheet; words repeat what colours mean.
"""

import math
from collections.abc import Sequence

from markupsafe import Markup

__all__ = ["HEIGHT", "axis", "axis_ticks", "bar_row", "grid", "percent", "svg_row"]

HEIGHT = 26
_MIN_WIDTH = 0.2  # percent
_MARGIN = 3.0  # percent on either side, so that dots and tick labels at the ends are not cut


def axis(ticks: Sequence[float], labels: Sequence[str]) -> Markup:
    """Draw the tick labels of an axis, hidden from screen readers, since rows give the numbers."""
    texts = Markup("").join(
        Markup('<text x="{}%" y="14">{}</text>').format(percent(tick, ticks), label)
        for tick, label in zip(ticks, labels, strict=True)
    )
    return Markup('<svg class="axis" aria-hidden="true" height="20">{}</svg>').format(texts)


def bar_row(
    parts: Sequence[tuple[float, str]], ticks: Sequence[float], title: str, above: Markup | None = None
) -> Markup:
    """Draw a bar from zero, stacked from one or more parts.

    Args:
        parts: Length and CSS class of each part; parts of length zero are left out.
        ticks: The ticks of the axis, which includes zero.
        title: The description, with the numbers.
        above: SVG to draw over the bar.

    Returns:
        An SVG of full width; small parts have a visible minimum width.
    """
    body, start = grid(ticks), 0.0
    for length, name in parts:
        left, right = percent(start, ticks), percent(start + length, ticks)
        if length > 0:
            body += Markup('<rect class="bar {}" x="{}%" y="6" width="{}%" height="{}"/>').format(
                name, left, round(max(right - left, _MIN_WIDTH), 3), HEIGHT - 12
            )
        start += length
    return svg_row(title, body + (above or Markup()))


def svg_row(title: str, body: Markup) -> Markup:
    """Draw one row of full width; the title is its text for screen readers."""
    return Markup('<svg class="row" role="img" height="{}"><title>{}</title>{}</svg>').format(HEIGHT, title, body)


def grid(ticks: Sequence[float]) -> Markup:
    """Draw a vertical line at each tick, a stronger one at zero."""
    return Markup("").join(
        Markup('<line class="{}" x1="{x}%" x2="{x}%" y1="0" y2="{}"/>').format(
            "zero" if tick == 0 else "grid", HEIGHT, x=percent(tick, ticks)
        )
        for tick in ticks
    )


def percent(value: float, ticks: Sequence[float]) -> float:
    """Return the position of a value on an axis in percent of the width, clipped to the axis.

    Examples:
        >>> percent(0.5, [0.0, 1.0]), percent(-3.0, [0.0, 1.0])
        (50.0, 3.0)
    """
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return round(_MARGIN + (100 - 2 * _MARGIN) * min(1.0, max(0.0, share)), 3)


def axis_ticks(low: float, high: float, most: int) -> list[float]:
    """Choose ticks that cover a range, in steps of 1, 2, 2.5 or 5 times a power of ten.

    Args:
        low: The minimum.
        high: The maximum.
        most: The maximum number of steps.

    Returns:
        Ascending ticks; the first and last are the axis' ends.

    Examples:
        >>> axis_ticks(0, 4797, 4)
        [0.0, 2000.0, 4000.0, 6000.0]
    """
    # Steps of 1, 2, 2.5 or 5 times a power of ten, the smallest that needs at most `most` of them.
    span = max(high - low, 1e-3)
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in (power * factor for factor in (1, 2, 2.5, 5, 10, 20)):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= most and last > first:
            break
    return [round(i * step, 10) + 0.0 for i in range(first, max(last, first + 1) + 1)]
